"""A mistake in the call is one sentence and exit status 2."""

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli import app
from autograder.integrations.nbgrader import release
from tests import authored
from tests.commands import QUICK, call, clean_environment, hand_in

MISTAKES: list[tuple[Sequence[str], str]] = [
    (("grade", "nowhere"), "There is no nowhere"),
    (("grade", "solutions"), "--assignment (relu)"),
    (("grade", "keys/relu.hidden.npz"), "is no folder, archive, .ipynb or .py"),
    (("grade", "damaged.zip"), "cannot be read as an archive"),
    (("grade", "submitted", "--keys", "nowhere"), "autograder build"),
    (("grade", "submitted", "--keys", "damaged"), "relu.hidden.npz"),
    (("grade", "flat"), "--assignment (relu)"),
    (("grade", "flat", "--assignment", "nothing"), "nothing.hidden.npz"),
    (("grade", "flat/an.py"), "--assignment (relu)"),
    (("grade", "submitted", "--assignment", "nothing"), "holds no submissions"),
    (("grade", "submitted", "--out", "damaged.zip"), "a file is in the way"),
    (("build", "nowhere"), "is not a folder"),
    (("build", "submitted"), "holds no assignments"),
    (("build", "broken_course"), "hidden.py, line 2: ZeroDivisionError"),
    (("build", "--keys", "damaged.zip"), "damaged.zip"),
    (("check", "nowhere.py"), "There is no file nowhere.py"),
    (("check", "flat/an.py"), "answer key"),
]


@pytest.fixture(scope="module")
def with_mistakes(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes") / "course"
    shutil.copytree(built, folder)
    hand_in(folder, "an", authored.RIGHT)
    for name, content in (
        ("damaged.zip", "PK"),
        ("damaged/relu.hidden.npz", "PK"),
        ("flat/an.py", authored.RIGHT),
        ("broken_course/relu/notebook.py", authored.NOTEBOOK),
        ("broken_course/relu/hidden.py", "\n1 / 0\n"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("arguments", "part"), MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES]
)
def test_a_mistake_in_the_call_is_one_clear_sentence_and_exit_status_2(
    with_mistakes: Path, arguments: Sequence[str], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, for speed; the tests below start processes."""
    isolation = ("--isolation", "process") if arguments[0] == "grade" else ()
    monkeypatch.chdir(with_mistakes)
    monkeypatch.setattr(release, "releasing", lambda: contextlib.nullcontext(lambda one, lang: one.name))
    result = CliRunner().invoke(app, [*arguments, *isolation], env={"LC_ALL": "C.UTF-8"})
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("autograder: ") and part in line


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("grade", "submitted", "--jobs", "x"),
        ("grade", "x", "--isolation", "no"),
    ],
    ids=" ".join,
)
def test_a_call_that_makes_no_sense_shows_the_usage_and_no_traceback(
    with_mistakes: Path, arguments: Sequence[str]
) -> None:
    result = call(with_mistakes, *arguments)
    assert result.returncode == 2
    assert "Usage:" in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_without_bubblewrap_grade_refuses_and_names_the_package_and_the_way_out(
    with_mistakes: Path, tmp_path: Path
) -> None:
    result = call(with_mistakes, "grade", "submitted", PATH=str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "apt-get install bubblewrap" in line and "--isolation process" in line
    assert not (with_mistakes / "grades").exists()
    assert call(with_mistakes, "grade", "submitted", *QUICK, PATH=str(tmp_path)).returncode == 0


def test_a_key_under_another_assignments_name_grades_nothing(course: Path) -> None:
    shutil.move(course / "keys" / "relu.hidden.npz", course / "keys" / "pooling.hidden.npz")
    shutil.move(course / "submitted" / "bo" / "relu", course / "submitted" / "bo" / "pooling")
    for arguments in (("grade", "submitted", "--assignment", "pooling"), ("gradescope", "pooling")):
        called = call(course, *arguments)
        assert (called.returncode, called.stderr) == (
            2,
            f"autograder: {Path('keys/pooling.hidden.npz')} is the answer key of relu, not of pooling; build "
            "it again, or give it its own name back.\n",
        )
    assert not (course / "grades").exists() and not list(course.glob("*.zip"))


AS_A_STUDENT = """
import sys
missing = {"copydetect", "distributed", "jupytext", "nbformat", "nbgrader", "traitlets"}
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nothing())
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("build",),
        ("nbgrader", "init", "c"),
        ("similar", "submitted"),
        ("grade", "--nbgrader", "."),
        ("grade", "submitted", "--isolation", "process", "--cluster", "local"),
    ],
)
def test_a_missing_instructors_package_is_one_sentence(course: Path, arguments: Sequence[str]) -> None:
    """After a plain `pip install .`."""
    (course / "plain").mkdir()
    (course / "plain" / "sitecustomize.py").write_text(AS_A_STUDENT)
    path = os.pathsep.join([str(course / "plain"), clean_environment()["PYTHONPATH"]])
    called = call(course, *arguments, PYTHONPATH=path)
    assert (called.returncode, called.stdout) == (2, "")
    assert called.stderr.strip().startswith("autograder: ") and called.stderr.strip().count("\n") == 0
    assert "In a clone of this repository: pip install '.[" in called.stderr
