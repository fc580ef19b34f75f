"""Started in or on a student's folder, nothing imports or obeys what lies there, whatever it is called."""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.authoring import assignment
from autograder.judging import answer_key
from tests import authored
from tests.draws import draw_hidden

BIN = Path(sys.executable).parent
NOT_SHADOWED = {"autograder", "importlib", "collections", "keyword", "operator", "reprlib", "functools"}
NOT_SHADOWED |= {"contextlib", "types", "warnings", "runpy", "pkgutil", "weakref", "_weakrefset", "abc"}
"""What Python itself imports for `python -m autograder` before a line of ours runs."""
OTHERS = (
    "numpy click rich msgspec jinja2 lark sympy pytest _pytest pluggy conftest sitecustomize usercustomize"
)
OTHERS += (
    " autograder autograder_cnn nbgrader nbformat nbconvert traitlets dask distributed tornado evil tests"
)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture
def folder(tmp_path: Path, mark: Path) -> Path:
    """A student's folder of modules that have others' names, and tell when they are imported."""
    folder = tmp_path / "submitted" / "an" / "relu"
    folder.mkdir(parents=True)
    for name in {*sys.stdlib_module_names, *OTHERS.split()}:
        (folder / f"{name}.py").write_text(tell(mark, name))
    return folder


def tell(mark: Path, name: str) -> str:
    return (
        f"import posix\nfile = posix.open({str(mark)!r}, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT)\n"
        f"posix.write(file, {name.encode()!r} + b' ')\nposix.close(file)\nraise ImportError('hostile')\n"
    )


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = assignment.load(authored.write_course(tmp_path_factory.mktemp("course")))
    path = tmp_path_factory.mktemp("keys")
    answer_key.save(draw_hidden(own.name, own.exercises, domain=own.domain), path / f"{own.name}.hidden.npz")
    return path


def called(folder: Path, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "LANG": "en_US.UTF-8", "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def imported(mark: Path) -> set[str]:
    return set(mark.read_text().split()) if mark.exists() else set()


STARTS = {"script": [BIN / "autograder"], "safe": [sys.executable, "-P", "-m", "autograder"]}


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("call", ["--help", "check", "grade", "grade-jobs", "similar", "pytest"])
def test_no_command_imports_from_the_current_folder(
    start: str, call: str, folder: Path, mark: Path, keys: Path, visible_key: Path, tmp_path: Path
) -> None:
    (folder / "relu.py").write_text(authored.RIGHT)
    shutil.copy(visible_key, folder)
    out = tmp_path / "out"
    arguments: list[str | Path] = {
        "--help": ["--help"],
        "check": ["check", "relu.py"],
        "grade": ["grade", tmp_path / "submitted", "--keys", keys, "--out", out, "--isolation", "process"],
        "grade-jobs": [
            *("grade", tmp_path / "submitted", "--keys", keys, "--out", out),
            *("--isolation", "process", "--jobs", "2"),
        ],
        "similar": ["similar", tmp_path / "submitted", "--out", out],
        "pytest": ["pytest", f"--hidden-keys={keys}", "--autograder-isolation=process", "-q", "."],
    }[call]
    result = called(folder, *STARTS[start], *arguments)
    assert imported(mark) == set(), result
    assert "Traceback" not in result.stderr, result
    assert result.returncode == 0, result


@pytest.mark.slow
def test_no_worker_of_dask_imports_from_the_current_folder(
    folder: Path, mark: Path, keys: Path, tmp_path: Path
) -> None:
    (folder / "relu.py").write_text(authored.RIGHT)
    arguments = ("grade", tmp_path / "submitted", "--keys", keys, "--out", tmp_path / "out")
    result = called(
        folder, BIN / "autograder", *arguments, "--isolation", "process", "--cluster", "local", "--jobs", "1"
    )
    assert (result.returncode, imported(mark)) == (0, set()), result


def test_started_as_a_module_it_imports_nothing_more_than_python_itself(folder: Path, mark: Path) -> None:
    (folder / "relu.py").write_text(authored.RIGHT)
    for name in NOT_SHADOWED:
        (folder / f"{name}.py").unlink(missing_ok=True)
    result = called(folder, sys.executable, "-m", "autograder", "--help")
    assert (result.returncode, imported(mark)) == (0, set()), result


# ---- pytest with hidden keys -------------------------------------------------------------------------------

SETTINGS = {
    "pytest.ini": "[pytest]\n",
    ".pytest.ini": "[pytest]\n",
    "tox.ini": "[pytest]\n",
    "setup.cfg": "[tool:pytest]\n",
    "pyproject.toml": "[tool.pytest.ini_options]\n",
}
ADDED = "pythonpath = {q}.{q}\naddopts = {q}-p evil --doctest-modules{q}\n"


@pytest.mark.parametrize(
    ("settings", "place"), zip(SETTINGS, itertools.cycle([".", "relu.py", "submitted"]), strict=False)
)
def test_pytest_obeys_no_settings_of_a_student(
    settings: str, place: str, folder: Path, mark: Path, keys: Path, tmp_path: Path
) -> None:
    (folder / "relu.py").write_text(authored.RIGHT)
    quote = '"' if settings.endswith(".toml") else ""
    (folder / settings).write_text(SETTINGS[settings] + ADDED.format(q=quote))
    (folder / "__init__.py").write_text(tell(mark, "__init__"))
    (folder / "test_x.py").write_text(tell(mark, "test_x"))
    (folder / "sub").mkdir()
    (folder / "sub" / "conftest.py").write_text(tell(mark, "sub/conftest"))
    (folder / ".pytest_cache").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere").mkdir()
    start, named = (folder, place) if place != "submitted" else (tmp_path, place)
    options = (f"--hidden-keys={keys}", "--autograder-isolation=process", "-q", named)
    result = called(start, BIN / "autograder", "pytest", *options)
    assert "2 passed" in result.stdout and result.returncode == 0, result
    assert imported(mark) == set() and not [*(tmp_path / "elsewhere").iterdir()]
    assert not [*tmp_path.rglob("__pycache__")]


@pytest.mark.parametrize(
    ("what", "start"),
    zip(
        ("conftest.py", "test_x.py", "__init__.py", "numpy.py", "relu_test.py"),
        itertools.cycle(["inside", "above", "on the file"]),
        strict=False,
    ),
)
def test_plain_pytest_with_hidden_keys_leaves_a_students_modules_alone(
    what: str, start: str, folder: Path, mark: Path, keys: Path, tmp_path: Path
) -> None:
    for other in folder.iterdir():
        other.unlink()
    (folder / "relu.py").write_text(authored.RIGHT)
    (folder / what).write_text(tell(mark, what))
    (folder / "test_sub").mkdir()
    (folder / "test_sub" / "conftest.py").write_text(tell(mark, "test_sub/conftest"))
    above = {"above": "submitted", "on the file": "submitted/an/relu/relu.py"}
    at, named = (tmp_path, above[start]) if start in above else (folder, ".")
    options = (f"--hidden-keys={keys}", "--autograder-isolation=process", "-q", named)
    result = called(at, BIN / "pytest", *options)
    assert "2 passed" in result.stdout and imported(mark) == set(), result


def test_plain_pytest_with_hidden_keys_refuses_settings_that_it_has_found(folder: Path, keys: Path) -> None:
    (folder / "relu.py").write_text(authored.RIGHT)
    (folder / "pytest.ini").write_text("[pytest]\n")
    result = called(folder.parent, BIN / "pytest", f"--hidden-keys={keys}", "relu")
    assert (
        result.returncode == 4 and "autograder pytest" in result.stderr and "Traceback" not in result.stderr
    )


def test_pytest_follows_no_link_and_waits_for_no_pipe(
    folder: Path, mark: Path, keys: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "elsewhere" / "relu.py"
    secret.parent.mkdir()
    secret.write_text(authored.RIGHT)
    (folder / "relu.py").symlink_to(secret)
    os.mkfifo(folder / "relu.ipynb")
    (folder.parent / "linked").symlink_to(secret.parent, target_is_directory=True)
    options = (f"--hidden-keys={keys}", "--autograder-isolation=process", "-q", "submitted")
    result = called(tmp_path, BIN / "autograder", "pytest", *options)
    assert result.returncode == pytest.ExitCode.NO_TESTS_COLLECTED and imported(mark) == set(), result
