"""Plain `pytest` in an assignment's folder: the visible cases; for an instructor the hidden ones, too."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from autograder.authoring import assignment
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey
from tests import authored
from tests.draws import draw_hidden
from tests.sandboxes import BUBBLEWRAP
from tests.work_folders import notebook

pytest_plugins = ["pytester"]
COURSE = Path(__file__).parent.parent
VISIBLE = ["relu.py::relu_backward::signs[1]", "relu.ipynb::relu_backward::signs[1]"]

# As the entry point does where the package is installed.
PLUGIN = ("-p", "autograder.student.pytest_plugin", "-p", "no:cacheprovider")


@pytest.fixture
def folder(pytester: pytest.Pytester, visible_key: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(pytester.path / ".state"))
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    shutil.copy(visible_key, pytester.path)
    return pytester.path


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AnswerKey]:
    """A folder with a hidden key, and the key."""
    one = assignment.load(authored.write_course(tmp_path_factory.mktemp("course")))
    key = draw_hidden(one.name, one.exercises, domain=one.domain)
    path = tmp_path_factory.mktemp("keys")
    answer_key.save(key, path / "relu.hidden.npz")
    return path, key


def run(pytester: pytest.Pytester, *arguments: str | Path) -> pytest.RunResult:
    return pytester.runpytest(*PLUGIN, *arguments)


def items(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line and " " not in line]


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        (authored.RIGHT, {"passed": 1}),
        (authored.TYPICAL, {"failed": 1}),
        (authored.CRASH, {"failed": 1}),
        (authored.BROKEN, {"failed": 1}),
        (authored.UNTOUCHED, {"skipped": 1}),
        ("", {"failed": 1}),
    ],
)
def test_plain_pytest_runs_the_visible_cases(
    pytester: pytest.Pytester, folder: Path, text: str, outcomes: dict[str, int]
) -> None:
    (folder / "relu.py").write_text(text)
    result = run(pytester, "-rs")
    result.assert_outcomes(**outcomes)
    if "skipped" in outcomes:
        result.stdout.fnmatch_lines(["SKIPPED*relu.py:1: *is not started yet."])
    assert "pytest_plugin.py" not in result.stdout.str()  # no traceback of ours


def test_a_notebook_runs_too_and_of_two_files_the_newer_one(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "relu.ipynb").write_text(notebook(authored.RIGHT))
    assert items(run(pytester, "--collect-only", "-q")) == VISIBLE[1:]
    (folder / "relu.py").write_text(authored.RIGHT)
    shutil.copystat(COURSE / "pyproject.toml", folder / "relu.ipynb")
    assert items(run(pytester, "--collect-only", "-q")) == VISIBLE[:1]
    assert items(run(pytester, "--collect-only", "-q", "relu.ipynb")) == VISIBLE[1:]  # what is named counts
    run(pytester, VISIBLE[0]).assert_outcomes(passed=1)


def test_a_failure_shows_the_symptom_then_the_idea(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "relu.py").write_text(authored.TYPICAL + "print('hello')\n")
    first, second = run(pytester).stdout.str(), run(pytester).stdout.str()
    idea = "the residual from above was left out"
    assert idea not in first and idea in second
    assert "relu_backward: signs[1]" in first and "hello" not in first  # demos do not run
    assert "Error" not in first


def test_what_the_file_printed_is_shown_beside_a_failure(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "relu.py").write_text(
        "def relu_backward(delta, z):\n    print('look', z.shape)\n    return z\n"
    )
    run(pytester).stdout.fnmatch_lines(["*Captured stdout*", "look (3, 4)"])


def test_groups_can_be_selected(pytester: pytest.Pytester) -> None:
    shutil.copytree(COURSE / "assignments" / "en" / "pooling", pytester.path / "pooling")
    key = answer_key.load(pytester.path / "pooling" / "pooling.visible.npz")
    expected = sum(
        len(group.cases)
        for exercise in key.exercises
        for group in exercise.groups
        if group.name == "overlap" and "backward" in exercise.name
    )
    found = items(run(pytester, "--collect-only", "-q", "-k", "overlap and backward"))
    assert len(found) == expected > 0
    assert all(re.search(r"::\w+_backward::overlap\[\d\]$", item) for item in found)


@pytest.mark.parametrize(
    "arguments", [(), ("relu.py",), ("-o", "python_files=*.py"), ("relu.py", "-o", "python_files=r*")]
)
def test_pytest_itself_never_imports_a_students_file(
    pytester: pytest.Pytester, folder: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    mark = tmp_path / "imported"
    text = f"open({str(mark)!r}, 'w').close()\ndef test_other():\n    pass\n" + authored.RIGHT
    (folder / "relu.py").write_text(text)
    run(pytester, *arguments).assert_outcomes(passed=1)
    assert not mark.exists()


def test_the_file_runs_once_for_all_of_its_items(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.sandbox.client import Sandbox

    runs = []
    real = Sandbox.run
    monkeypatch.setattr(Sandbox, "run", lambda self, statements: runs.append(1) or real(self, statements))
    shutil.copytree(COURSE / "assignments" / "en" / "pooling", pytester.path / "pooling")
    result = pytester.runpytest_inprocess(*PLUGIN, "-q")
    assert result.parseoutcomes()["skipped"] > 20
    assert len(runs) == 1


# ---- The instructor ----------------------------------------------------------------------------------------

GIVE_AWAY = """
def relu_backward(delta, z):
    print(delta, z)
    raise ValueError(f"{delta.tolist()} {z.tolist()}")
"""


def numbers(value: object) -> set[str]:
    return set(re.findall(r"\d+\.\d{4,}", repr(value)))


@pytest.mark.parametrize("isolation", ["process", BUBBLEWRAP])
def test_an_instructor_sees_the_hidden_cases_and_nothing_that_is_in_them(
    pytester: pytest.Pytester, folder: Path, hidden: tuple[Path, AnswerKey], isolation: str
) -> None:
    keys, key = hidden
    options = (f"--hidden-keys={keys}", "--autograder-isolation", isolation)
    (folder / "relu.py").write_text(authored.PARTLY)
    result = run(pytester, *options, "-rA")
    result.assert_outcomes(passed=2, failed=1)  # signs, hidden-signs; not hidden-batch
    result.stdout.fnmatch_lines(["FAILED relu.py::relu_backward::hidden-batch?1?*"])
    (folder / "relu.py").write_text(GIVE_AWAY)
    shown = run(pytester, *options, "-k", "hidden-", "-vv", "--showlocals")
    shown.assert_outcomes(failed=2, deselected=1)
    secrets = set().union(*(numbers(case.args[0].tolist()) for e in key.exercises for case in e.cases))
    assert len(secrets) > 20
    assert not secrets & numbers(shown.stdout.str() + shown.stderr.str())


def test_a_submission_without_its_visible_key_is_run_where_the_hidden_one_is_at_hand(
    pytester: pytest.Pytester, hidden: tuple[Path, AnswerKey]
) -> None:
    work = pytester.path / "submitted" / "an" / "relu" / "relu.py"
    work.parent.mkdir(parents=True)
    work.write_text(authored.RIGHT)
    options = (f"--hidden-keys={hidden[0]}", "--autograder-isolation", "process")
    run(pytester, *options).assert_outcomes(passed=2)
    assert run(pytester).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_junit_xml_is_pytests_own(
    pytester: pytest.Pytester, folder: Path, hidden: tuple[Path, AnswerKey]
) -> None:
    (folder / "relu.py").write_text(authored.TYPICAL)
    options = (f"--hidden-keys={hidden[0]}", "--autograder-isolation", "process")
    run(pytester, *options, "--junitxml=out.xml")
    cases = ElementTree.parse(folder / "out.xml").findall(".//testcase")
    assert [case.get("name") for case in cases] == ["signs[1]", "hidden-signs[1]", "hidden-batch[1]"]
    assert {case.get("classname") for case in cases} == {"relu.relu_backward"}
    assert all("left out" in (case.find("failure").text or "") for case in cases[1:])  # type: ignore[union-attr]


def test_a_mistake_in_the_call_is_one_sentence(
    pytester: pytest.Pytester, folder: Path, tmp_path: Path
) -> None:
    (folder / "relu.py").write_text(authored.RIGHT)
    result = run(pytester, "--hidden-keys", tmp_path)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "hidden.npz" in result.stderr.str() and "Traceback" not in result.stderr.str()
    (folder / "relu.visible.npz").write_bytes(b"PK")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    assert "relu.visible.npz" in result.stdout.str() and "Traceback" not in result.stdout.str()


# ---- Everybody else ----------------------------------------------------------------------------------------

OTHERS = """
import sys, pytest
status = pytest.main(["-q", "-p", "autograder.student.pytest_plugin", "-p", "no:cacheprovider"])
own = ("base.messages", "judging.answer_key")
heavy = {"numpy", "rich", "click", "sympy"} | {f"autograder.{name}" for name in own}
assert status == 0 and not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_the_plugin_does_not_affect_other_test_suites(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_it():\n    pass\n")
    (tmp_path / "relu.py").write_text("raise SystemExit(1)\n")  # no answer key beside it
    (tmp_path / "notes.ipynb").write_text("{}")
    environment = {"PYTHONPATH": str(COURSE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": ""}
    result = subprocess.run(
        [sys.executable, "-c", OTHERS],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout


def test_an_unreadable_key_takes_no_file_but_of_its_name(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "relu.visible.npz").rename(folder / "other.visible.npz").write_bytes(b"")
    (folder / "test_other.py").write_text("def test_it():\n    pass\n")
    run(pytester).assert_outcomes(passed=1)


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    import tomllib

    project = tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # Named as the module, so that `-p` and the entry point are one plugin, not two.
    assert project["entry-points"]["pytest11"] == {
        "autograder.student.pytest_plugin": "autograder.student.pytest_plugin"
    }
