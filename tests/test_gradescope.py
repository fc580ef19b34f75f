"""Gradescope: the zip that an instructor uploads, unpacked and run as Gradescope runs it."""

import ast
import ctypes
import errno
import json
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder.cli import app
from autograder.integrations.gradescope import bundle as making
from autograder.judging.answer_key import load
from autograder.sandbox.confinement import landlock_version
from tests import authored
from tests.sandboxes import needs_bubblewrap

COURSE = Path(__file__).parent.parent
LINUX = sys.platform == "linux"
pytestmark = pytest.mark.skipif(not LINUX, reason="Gradescope's containers run Linux")


class Container:
    """The folders of Gradescope's container, with an unpacked autograder."""

    def __init__(self, root: Path, bundle: Path) -> None:
        self.root = root
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        (root / "submission_metadata.json").write_text("{}")
        subprocess.run([sys.executable, "-m", "zipfile", "-e", bundle, root / "source"], check=True)
        with zipfile.ZipFile(bundle) as archive:
            for info in archive.infolist():
                (root / "source" / info.filename).chmod(info.external_attr >> 16 & 0o777)

    @property
    def key(self) -> Path:
        (key,) = (self.root / "source").glob("*.hidden.npz")
        return key

    def hand_in(self, text: str, name: str = "relu.py") -> None:
        shutil.rmtree(self.root / "submission")
        (self.root / "submission").mkdir()
        (self.root / "submission" / name).write_text(text, encoding="utf-8")

    def run(self, *, engine: Path = COURSE, like: Callable[[], None] | None = None) -> dict[str, Any]:
        """What `run_autograder` writes, `like` having taken away what some hosts do not give."""
        (self.root / "results" / "results.json").unlink(missing_ok=True)
        self.process = subprocess.run(
            ["sh", self.root / "source" / "run_autograder"],
            cwd=self.root,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(engine),
                "AUTOGRADER_VENV": sys.prefix,
                "AUTOGRADER_ROOT": str(self.root),
            },
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            preexec_fn=like,
        )
        document: dict[str, Any] = json.loads((self.root / "results" / "results.json").read_bytes())
        check_specification(document)
        return document


def check_specification(document: dict[str, Any]) -> None:
    """https://gradescope-autograders.readthedocs.io/en/latest/specs/: names, types and values."""
    visibilities = {"hidden", "after_due_date", "after_published", "visible"}
    formats = {"text", "html", "simple_format", "md", "ansi"}
    top: dict[str, Any] = {
        "score": (int, float),
        "output": str,
        "output_format": formats,
        "test_output_format": formats,
        "test_name_format": formats,
        "visibility": visibilities,
        "stdout_visibility": visibilities,
        "extra_data": dict,
        "tests": list,
    }
    test: dict[str, Any] = {
        "score": (int, float),
        "max_score": (int, float),
        "status": {"passed", "failed"},
        "name": str,
        "name_format": formats,
        "number": str,
        "output": str,
        "output_format": formats,
        "tags": list,
        "visibility": visibilities,
        "extra_data": dict,
    }
    for value, known in [(document, top), *((one, test) for one in document["tests"])]:
        for name, content in value.items():
            right = (
                content in known[name] if isinstance(known[name], set) else isinstance(content, known[name])
            )
            assert right, (name, content)
    # Of what was not graded there is no score: Gradescope would count a 0.
    assert ("score" in document) != ("Not graded" in document["output"])


def shown_to_students(document: dict[str, Any]) -> str:
    tests = [test for test in document["tests"] if test["visibility"] != "hidden"]
    return json.dumps([document["output"], document.get("extra_data"), tests], ensure_ascii=False)


def for_instructor(document: dict[str, Any]) -> str:
    (test,) = [test for test in document["tests"] if test["visibility"] == "hidden"]
    return str(test["output"])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    authored.write_course(folder / "solutions")
    authored.draw_keys(folder / "solutions", folder / "keys")
    target = folder / "relu.zip"
    arguments = ["gradescope", "relu", "--keys", folder / "keys", "--out", target, "--lang", "en"]
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    return target


@pytest.fixture
def container(bundle: Path, tmp_path: Path) -> Container:
    return Container(tmp_path / "autograder", bundle)


# ---- Hosts -------------------------------------------------------------------------------------------------

REFUSED = {"unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "open_tree": 428}
LANDLOCK, SETRESUID, CLONE, CLONE3 = {"landlock": 444}, {"setresuid": 117}, 56, 435


def docker(more: dict[str, int]) -> Callable[[], None]:
    """Docker's default seccomp profile as far as it matters here: no namespaces, nor what `more` names."""

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("<HBBI", code, yes, no, value)

    refuse, allow = step(6, 0x50000 | errno.EPERM), step(6, 0x7FFF0000)
    steps = [step(0x20, 0)]
    for number in (REFUSED | more).values():
        steps += [step(0x15, number, 0, 1), refuse]
    steps += [step(0x15, CLONE3, 0, 1), step(6, 0x50000 | errno.ENOSYS)]
    steps += [step(0x15, CLONE, 0, 3), step(0x20, 16), step(0x45, 0x7E020000, 0, 1), refuse, allow]
    code = b"".join(steps)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    program, libc = Program(len(code) // 8, code), ctypes.CDLL(None, use_errno=True)

    def install() -> None:
        if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(program), 0, 0):
            os._exit(99)

    return install


IN_DOCKER = pytest.mark.skipif(
    platform.machine() != "x86_64" or not LINUX or os.geteuid() != 0,
    reason="plays Docker's rules for root on x86-64",
)
HOSTS = [
    pytest.param(
        None,
        "bubblewrap",
        id="namespaces",
        marks=needs_bubblewrap,
    ),
    pytest.param(docker({}), "user", id="docker", marks=IN_DOCKER),
    pytest.param(docker(LANDLOCK), "user", id="docker-on-an-old-kernel", marks=IN_DOCKER),
    pytest.param(
        docker(SETRESUID),
        "process",
        id="docker-with-one-user",
        marks=[IN_DOCKER, pytest.mark.skipif(LINUX and not landlock_version(), reason="no Landlock here")],
    ),
]

STEAL = """
import os
KEY, ROOT = {key!r}, {root!r}
found = []
def take(path, flags=os.O_RDONLY):
    try:
        os.close(os.open(path, flags | os.O_NONBLOCK))
        found.append(path)
    except OSError:
        pass
def look():
    for path in (KEY, KEY.replace("/source/", "/submission/../source/"), "/proc/self/root" + KEY):
        take(path)
    take(ROOT + "/submission_metadata.json")
    for process in (1, os.getppid(), *graders()):
        for name in ("mem", "environ", "root" + KEY, "cwd/source/" + os.path.basename(KEY), "fd/0"):
            take(f"/proc/{{process}}/{{name}}")
    take(ROOT + "/results/results.json", os.O_WRONLY | os.O_CREAT)
    take(ROOT + "/source/run_autograder", os.O_WRONLY)
def graders():
    for name in range(2, os.getpid()):
        try:
            with open(f"/proc/{{name}}/cmdline") as file:  # whoever may not list /proc can guess
                if ROOT in file.read():
                    yield name
        except OSError:
            pass
def report():
    try:
        look()
    except BaseException as error:
        print("stopped by", repr(error))
    print("FOUND", found)
reported = report()
"""
"""Opens what it can and reads nothing: where it is let, it must do no harm to other people's processes."""


@pytest.mark.parametrize(("like", "isolation"), HOSTS)
def test_on_every_host_right_answers_earn_their_points_and_the_key_cannot_be_opened(
    container: Container, like: Callable[[], None] | None, isolation: str
) -> None:
    container.hand_in(authored.RIGHT + STEAL.format(key=str(container.key), root=str(container.root)))
    document = container.run(like=like)
    assert container.process.returncode == 0
    assert (document["score"], document["extra_data"]["isolation"]) == (10, isolation)
    assert "FOUND []" in for_instructor(document), for_instructor(document)
    assert "stopped by" not in for_instructor(document)
    assert "FOUND" not in shown_to_students(document)


def test_points_feedback_and_what_cannot_be_read(container: Container) -> None:
    container.hand_in(authored.RIGHT)
    scored = [
        (test["name"], test["score"], test["max_score"])
        for test in container.run()["tests"]
        if "score" in test
    ]
    assert scored == [("relu_backward: signs", 8, 8), ("relu_backward: batch", 2, 2)]

    container.hand_in(authored.RIGHT, "mine.py")
    (container.root / "submission" / "untouched.py").write_text(authored.UNTOUCHED)
    both = container.run()
    assert both["score"] == 10 and "mine.py" in both["output"] and "untouched.py" in both["output"]

    container.hand_in(authored.TYPICAL)
    wrong = container.run()
    assert wrong["score"] == 0
    tests = {test["name"]: test for test in wrong["tests"]}
    assert tests["relu_backward: signs"]["output"] and tests["relu_backward: signs"]["status"] == "failed"
    idea = tests["relu_backward: the idea behind it"]
    assert "left out" in idea["output"] and idea["visibility"] == "after_due_date"

    container.hand_in("{", "relu.ipynb")
    unreadable = container.run()
    assert unreadable["score"] == 0 and "relu.ipynb is not a readable notebook" in unreadable["output"]


@IN_DOCKER
def test_the_attack_works_without_isolation(container: Container) -> None:
    """Else the test above would prove nothing."""
    code = STEAL.format(key=str(container.key), root=str(container.root))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "stopped by" not in done.stdout
    for path in (str(container.key), f"/proc/{os.getpid()}/mem", "results.json", "run_autograder"):
        assert path in done.stdout


@IN_DOCKER
def test_without_a_sandbox_that_protects_the_key_nothing_is_run(container: Container) -> None:
    container.hand_in(f"open({str(container.root / 'ran')!r}, 'w')\n" + authored.RIGHT)
    document = container.run(like=docker(LANDLOCK | SETRESUID))
    assert container.process.returncode == 0, "or Gradescope would show a message of its own"
    assert "score" not in document and "not your fault" in document["output"]
    assert f"process: a submission could open {container.key}" in for_instructor(document)
    assert "not graded: bubblewrap" in container.process.stdout
    assert str(container.key) not in document["output"]
    assert not (container.root / "ran").exists()


def test_nothing_handed_in_a_link_to_the_key_and_a_missing_key_are_told(container: Container) -> None:
    container.hand_in("", "letter.txt")
    (container.root / "submission" / "relu.py").symlink_to(container.key)
    empty = container.run()
    assert empty["score"] == 0 and "No notebook and no .py file" in empty["output"]
    container.key.unlink()
    refused = container.run()
    assert "not your fault" in refused["output"] and "0 hidden keys" in for_instructor(refused)


def test_students_see_nothing_that_a_submission_says_about_hidden_inputs(container: Container) -> None:
    """Statements fail while they are loaded, calls print and raise: all of it holds the inputs.

    Of a case like it they see all, and nothing in that run knows a hidden input: neither its arguments nor
    what a submission finds in the memory.
    """
    hidden = load(container.key)
    numbers = [case.args[0].flat[0] for group in hidden.exercises[0].groups for case in group.cases]
    container.hand_in(
        "import sys\n"
        "def relu_backward(delta, z):\n"
        "    print('LEAKED', z.shape)\n"
        "    frame, found = sys._getframe(), []\n"
        "    while frame is not None:\n"
        "        found += [repr(call['args'][0].flat[0]) for call in frame.f_locals.get('calls', [])]\n"
        "        frame = frame.f_back\n"
        "    raise ValueError('FOUND ' + ' '.join(number[-9:] for number in found))\n"
        "import gc\n"
        "raise ValueError(f'LEAKED {len(gc.get_objects())}')\n"
    )
    document = container.run()
    ends = [repr(number)[-9:].rstrip(")") for number in numbers]
    assert "LEAKED" in for_instructor(document) and ends[0] in for_instructor(document)
    shown = shown_to_students(document)
    assert "LEAKED" not in shown and "FOUND" in shown
    assert not any(end in shown for end in ends)


# ---- The zip -----------------------------------------------------------------------------------------------


def test_the_zip_holds_two_scripts_one_key_and_the_engine(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    (wheel,) = [name for name in modes if name.endswith(".whl")]
    assert modes == {"setup.sh": 0o755, "run_autograder": 0o755, "relu.hidden.npz": 0o600, wheel: 0o644}


def in_one_line(text: str) -> str:
    """However deep it was indented."""
    return " ".join(text.split())


def statements(path: Path) -> set[str]:
    """Every line of code below a `def` that says enough to be recognised."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    parts = [
        in_one_line(ast.unparse(node))
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Return, ast.For))
    ]
    return {part for part in parts if len(part) > 45}


def test_no_reference_and_no_misconceptions_code_is_in_the_zip(tmp_path: Path) -> None:
    """The visible key stands in for a hidden one: the same format, and nothing has to be drawn."""
    target, key = tmp_path / "bundle.zip", COURSE / "assignments" / "en" / "pooling" / "pooling.visible.npz"
    making.write(key, "en", target)
    text = unpacked(target)
    sources = [*(COURSE / "solutions").glob("*/notebook.py"), *(COURSE / "solutions").glob("*/hidden.py")]
    sources += (COURSE / "solutions").glob("*/alternatives.py")
    secret = set[str]().union(*map(statements, sources))
    assert len(secret) > 500
    assert [part for part in secret if part in text] == []
    engine = statements(COURSE / "autograder" / "judging" / "judge.py")
    assert engine and all(part in text for part in engine), "this search finds what is there"
    inside = members(target)
    assert not [name for name in inside if "solutions" in name or name.endswith(("hidden.py", "texts.toml"))]
    apart = ("autograder/cnn/models", "autograder/cnn/recovery")
    assert "autograder/cnn/domain.py" in inside and not [name for name in inside if name.startswith(apart)]
    assert {*re.findall(r"Requires-Dist: ([\w-]+)", text)} == {"numpy", "charset-normalizer", "lark", "sympy"}


def members(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as outer:
        names = outer.namelist()
        (wheel,) = [name for name in names if name.endswith(".whl")]
        with outer.open(wheel) as file, zipfile.ZipFile(file) as inner:
            return [*names, *inner.namelist()]


def unpacked(path: Path) -> str:
    """Everything in the zip and its wheel, the key too: Python also as `ast` writes it."""
    parts = []
    with zipfile.ZipFile(path) as outer:
        (wheel,) = [name for name in outer.namelist() if name.endswith(".whl")]
        (key,) = [name for name in outer.namelist() if name.endswith(".npz")]
        parts += [outer.read(name).decode() for name in ("setup.sh", "run_autograder")]
        with outer.open(key) as file, zipfile.ZipFile(file) as inner:
            parts += [inner.read(name).decode("latin-1") for name in inner.namelist()]
        with outer.open(wheel) as file, zipfile.ZipFile(file) as inner:
            for name in inner.namelist():
                text = inner.read(name).decode("utf-8", "replace")
                parts += [text, ast.unparse(ast.parse(text))] if name.endswith(".py") else [text]
    return in_one_line("\n".join(parts))


def test_pip_installs_the_wheel_and_it_grades(container: Container, tmp_path: Path) -> None:
    (wheel,) = (container.root / "source").glob("*.whl")
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", target, wheel]
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    if "No module named pip" in installed.stderr:
        pytest.skip("no pip here")
    assert installed.returncode == 0, installed.stderr
    container.hand_in(authored.PARTLY)
    assert container.run(engine=target)["score"] == 8
    needed = (next(target.glob("*.dist-info")) / "METADATA").read_text()
    assert set(re.findall(r"Requires-Dist: ([\w-]+)", needed)) == {"numpy", "charset-normalizer"}
    loaded = "{name.partition('.')[0] for name in sys.modules}"
    code = f"import autograder.integrations.gradescope.harness, sys; print(*{loaded})"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # A venv's own start-up files are none of its needs.
    bare = subprocess.run(
        [sys.executable, "-c", code.replace("autograder.integrations.gradescope.harness, ", "")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    others = {*loaded.split()} - {*bare.split()} - sys.stdlib_module_names
    assert {name for name in others if "cython" not in name} == {"autograder", "numpy"}


def test_the_same_key_makes_the_same_zip(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        key = Path(archive.extract("relu.hidden.npz", tmp_path))
    assert load(key).assignment == "relu"
    making.write(key, "en", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_the_scripts_are_valid_shell(container: Container) -> None:
    for shell, name in (("bash", "setup.sh"), ("sh", "run_autograder")):
        subprocess.run([shell, "-n", container.root / "source" / name], check=True)


def test_an_assignment_without_a_key_is_one_sentence(tmp_path: Path) -> None:
    for known in ((), ("relu",)):
        for name in known:
            authored.write_course(tmp_path / "solutions", name)
            authored.draw_keys(tmp_path / "solutions", tmp_path / "keys")
        done = CliRunner().invoke(app, ["gradescope", "pool", "--keys", str(tmp_path / "keys")])
        assert done.exit_code == 2 and done.output.count("\n") == 1
        assert not (tmp_path / "pool.gradescope.zip").exists()
