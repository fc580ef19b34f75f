"""From nothing to the first check: `autograder start`, and `check` that finds the file itself."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from autograder.cli import app
from autograder.judging import answer_key
from autograder.student import handout, workspace
from autograder.student.workspace import CheckError
from tests import authored
from tests.work_folders import work

COURSE = Path(__file__).parent.parent
HANDED_OUT = COURSE / "assignments"


def start(target: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["start", str(target), *options])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- start -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_start_copies_the_files_of_a_language_and_says_what_to_do_first(tmp_path: Path, lang: str) -> None:
    result = start(tmp_path / "mine", "--lang", lang)
    assert result.exit_code == 0
    assert contents(tmp_path / "mine") == contents(HANDED_OUT / lang)
    lines = [line.strip() for line in result.output.splitlines()]
    assert "autograder watch" in lines
    assert ("首先" in result.output) == (lang == "zh")


def test_the_first_steps_work_as_they_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`cd` as it says, then into the first assignment that it names, then check."""
    monkeypatch.chdir(tmp_path)
    shown = start(Path("my work"), "--lang", "en").output.splitlines()
    (cd,) = [line.strip() for line in shown if line.strip().startswith("cd ")]
    first = next(line.split()[1] for line in shown if line.strip().startswith("1 "))
    script = f'{cd}/{first} && "$0" -m autograder check --lang en'
    environment = os.environ | {"PYTHONPATH": str(COURSE)}
    checked = subprocess.run(
        ["sh", "-c", script, sys.executable], capture_output=True, text=True, env=environment, check=False
    )
    assert checked.returncode == 1, checked.stderr
    assert checked.stdout.splitlines()[0] in (f"{first}.py", f"{first}.ipynb")
    assert "is not started yet" in checked.stdout


def test_the_order_is_that_of_the_lecture() -> None:
    keys = [answer_key.load(path) for path in HANDED_OUT.glob("en/*/*.visible.npz")]
    names = [key.assignment for key in sorted(keys, key=workspace.course_order)]
    assert names == ["convolution", "pooling", "conv_residual", "kernel_gradients", "training", "models"]


def test_files_a_student_changed_are_kept_and_listed(tmp_path: Path) -> None:
    start(tmp_path, "--lang", "en")
    changed = tmp_path / "pooling" / "pooling.py"
    changed.write_text(authored.RIGHT)
    (tmp_path / "pooling" / "mine.txt").write_text("notes")
    (tmp_path / "models" / "models.ipynb").unlink()
    (tmp_path / "training" / "training.visible.npz").write_bytes(b"old")
    for lang in ("en", "zh", "zh"):  # what nobody has changed follows the language
        result = start(tmp_path, "--lang", lang)
        assert result.exit_code == 0
        expected = contents(HANDED_OUT / lang) | {
            "pooling/pooling.py": authored.RIGHT.encode(),
            "pooling/mine.txt": b"notes",
        }
        assert contents(tmp_path) == expected
        kept = [line for line in result.output.splitlines() if "pooling/pooling.py" in line]
        assert len(kept) == 1


def test_another_course_is_copied_from_where_it_lies(tmp_path: Path, visible_key: Path) -> None:
    handed_out = tmp_path / "course" / "en" / "relu"
    handed_out.mkdir(parents=True)
    shutil.copy(visible_key, handed_out)
    (handed_out / "relu.py").write_text(authored.UNTOUCHED)
    assert start(tmp_path / "mine", "--from", str(tmp_path / "course"), "--lang", "en").exit_code == 0
    assert contents(tmp_path / "mine") == contents(tmp_path / "course" / "en")


@pytest.mark.parametrize("named", ["../../..", "/", "other", "relu/../../x"])
def test_files_go_to_the_folders_name_not_the_keys_assignment(
    tmp_path: Path,
    visible_key: Path,
    named: str,
) -> None:
    course = tmp_path / "a" / "b" / "course"
    handed_out = course / "en" / "week1"
    handed_out.mkdir(parents=True)
    answer_key.save(replace(answer_key.load(visible_key), assignment=named), handed_out / "relu.visible.npz")
    (handed_out / "relu.py").write_text(authored.UNTOUCHED)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    target = tmp_path / "c" / "d" / "mine"
    assert start(target, "--from", str(course), "--lang", "en").exit_code == 0
    assert contents(target) == contents(course / "en")
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert new == {target / "week1" / "relu.py", target / "week1" / "relu.visible.npz"}


def a_file(target: Path) -> Sequence[str]:
    target.write_text("in the way")
    return ()


def no_course(target: Path) -> Sequence[str]:
    return ("--from", str(target.parent / "nowhere"))


@pytest.mark.parametrize("mistake", [a_file, no_course])
def test_a_failing_start_is_one_sentence_and_status_2(tmp_path: Path, mistake: object) -> None:
    options = mistake(tmp_path / "mine")  # type: ignore[operator]
    result = start(tmp_path / "mine", "--lang", "en", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("autograder: ")


def test_an_installation_without_the_files_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(handout, "__file__", str(tmp_path / "autograder" / "handout.py"))
    result = start(tmp_path / "mine", "--lang", "en")
    assert result.exit_code == 2 and "--from" in result.stderr


@pytest.mark.slow
def test_an_installed_package_brings_the_students_files_along(tmp_path: Path) -> None:
    """As `pip install .` makes it, called from anywhere."""
    source, wheels, site = tmp_path / "source", tmp_path / "wheels", tmp_path / "site"
    for name in ("autograder", "assignments"):
        shutil.copytree(COURSE / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(COURSE / name, source)
    for left in ("__pycache__/pooling.pyc", ".ipynb_checkpoints/pooling-checkpoint.ipynb"):
        (source / "assignments" / "en" / "pooling" / left).parent.mkdir()
        (source / "assignments" / "en" / "pooling" / left).write_bytes(b"")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    wheels.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-c", build, str(wheels)],
        cwd=source,
        env=environment,
        capture_output=True,
        check=True,
    )
    (wheel,) = wheels.iterdir()
    zipfile.ZipFile(wheel).extractall(site)
    call = [sys.executable, "-m", "autograder", "start", "mine", "--lang", "zh"]
    subprocess.run(call, cwd=tmp_path, env=environment | {"PYTHONPATH": str(site)}, check=True)
    assert contents(tmp_path / "mine") == contents(HANDED_OUT / "zh")
    assert contents(site / "autograder" / "assignments") == contents(HANDED_OUT)


# ---- check without a file ----------------------------------------------------------------------------------


def age(path: Path, seconds: int) -> None:
    """Make it look as if it had been changed so long ago."""
    os.utime(path, (2e9 - seconds, 2e9 - seconds))


def test_check_takes_the_newest_file_of_the_assignment(folder: Path) -> None:
    script, copy = work(folder, authored.RIGHT), work(folder, authored.RIGHT, "relu (1).py")
    work(folder, "", "scratch.py")
    for older, newer in ((script, copy), (copy, script)):
        age(older, 100)
        age(newer, 50)
        assert workspace.current_files(folder) == [newer, older]
    copy.unlink()
    assert workspace.current_files(folder) == [script]


def test_check_says_which_file_it_has_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work(folder, authored.RIGHT)
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["check", "--lang", "en"])
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "relu.py" and "8 / 8" in result.output
    assert CliRunner().invoke(app, ["check", "--json"]).output.startswith("{")
    assert CliRunner().invoke(app, ["check", str(folder), "--lang", "en"]).output == result.output


def test_a_single_file_under_another_name_is_taken(folder: Path) -> None:
    path = work(folder, authored.RIGHT, "my_relu.py")
    work(folder, "", "scratch.py")
    assert workspace.current_files(folder) == [path]
    work(folder, "", "my_relu.py")
    with pytest.raises(CheckError, match=r"my_relu\.py, scratch\.py"):
        workspace.current_files(folder)


def test_check_says_where_to_go_above_several_assignments_and_beside_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for lang, word in (("en", "autograder start"), ("zh", "没有作业")):
        result = CliRunner().invoke(app, ["check", "--lang", lang])
        assert result.exit_code == 2 and word in result.stderr and len(result.stderr.splitlines()) == 1
    start(tmp_path, "--lang", "en")
    result = CliRunner().invoke(app, ["check", "--lang", "en"])
    assert result.exit_code == 2 and "pooling" in result.stderr and "autograder watch" in result.stderr
