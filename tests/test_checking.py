"""A student's own check: from the command line and in a notebook."""

import inspect
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from autograder.base.messages import preferred_language
from autograder.cli import app
from autograder.judging import judge
from autograder.judging.answer_key import KeyCase
from autograder.judging.diagnosis import Judged
from autograder.judging.results import SubmissionResult, Verdict
from autograder.sandbox.records import Outcome
from autograder.student.checking import CheckError, check_file, check_function, key_for
from autograder.student.notebook import check
from tests import authored
from tests.work_folders import notebook, work

COURSE = Path(__file__).parent.parent
NAMES = sorted(path.name for path in (COURSE / "assignments" / "en").iterdir())


# ---- A file ------------------------------------------------------------------------------------------------

CASES = [
    (authored.RIGHT, Verdict.AC, 8, 0, "✓"),
    (authored.PARTLY, Verdict.AC, 8, 0, "✓"),  # the hidden group is not in the visible key
    (authored.TYPICAL, Verdict.WA, 0, 1, "the residual from above was left out"),
    (authored.UNTOUCHED, Verdict.NI, 0, 1, "is not started yet"),
    (authored.CRASH, Verdict.RTE, 0, 1, "IndexError in relu.py, line 2"),
    (authored.BROKEN, Verdict.RTE, 0, 1, "SyntaxError in relu.py, line 1"),
    (
        "import torch\n\n\ndef relu_backward(d, z):\n    return torch.relu(z)\n",
        Verdict.FORBIDDEN,
        0,
        1,
        "torch",
    ),
    ("def relu_back(delta, z):\n    pass\n", Verdict.MISSING, 0, 1, "the nearest name is relu_back "),
    ("x = 1\n", Verdict.MISSING, 0, 1, "no function called relu_backward"),
    ("", Verdict.MISSING, 0, 1, "relu.py is empty"),
]


@pytest.mark.parametrize(("text", "verdict", "points", "status", "part"), CASES)
def test_a_file_gets_marks_and_reasons(
    folder: Path, text: str, verdict: Verdict, points: float, status: int, part: str
) -> None:
    path = work(folder, text)
    result = check_file(path).result
    assert (result.exercises[0].verdict, result.points, result.max_points) == (verdict, points, 8)
    assert (result.assignment, result.isolation) == ("relu", "process")
    shown = CliRunner().invoke(app, ["check", str(path), "--lang", "en", "--hint"])
    assert (shown.exit_code, part in shown.output) == (status, True), shown.output
    assert f"{points} / 8" in shown.output


def test_a_notebook_is_checked_like_a_script(folder: Path) -> None:
    path = work(folder, notebook("%matplotlib inline", authored.RIGHT, "check(relu_backward)"), "relu.ipynb")
    assert check_file(path).result.points == 8


def test_the_output_is_in_the_chosen_language_and_json_on_request(folder: Path) -> None:
    path = work(folder, authored.TYPICAL)
    chinese = CliRunner().invoke(app, ["check", str(path), "--lang", "zh", "--hint"])
    assert "没有乘以上游的残差" in chinese.output and "公开用例得分" in chinese.output
    data = json.loads(CliRunner().invoke(app, ["check", str(path), "--lang", "zh", "--json"]).output)
    (exercise,) = data["submissions"][0]["exercises"]
    assert exercise["misconception"] == "slope_only" and "没有乘以上游的残差" in exercise["diagnosis"]["text"]


@pytest.mark.parametrize("name", NAMES)
def test_the_courses_own_stubs_are_not_written_yet(name: str) -> None:
    for suffix in (".py", ".ipynb"):
        result = check_file(COURSE / "assignments" / "zh" / name / f"{name}{suffix}").result
        assert {exercise.verdict for exercise in result.exercises} == {Verdict.NI}
        assert result.points == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_courses_own_references_pass(name: str, tmp_path: Path) -> None:
    shutil.copy(COURSE / "assignments" / "en" / name / f"{name}.visible.npz", tmp_path)
    shutil.copy(COURSE / "solutions" / name / "notebook.py", tmp_path)
    shown = CliRunner().invoke(app, ["check", str(tmp_path / "notebook.py"), "--lang", "en"])
    assert shown.exit_code == 0
    assert "✗" not in shown.output and "All visible cases pass" in shown.output


def two_keys(folder: Path) -> None:
    shutil.copy(folder / "relu.visible.npz", folder / "other.visible.npz")


def no_key(folder: Path) -> None:
    (folder / "relu.visible.npz").unlink()


def damaged_key(folder: Path) -> None:
    (folder / "relu.visible.npz").write_bytes(b"PK")


def no_file(folder: Path) -> None:
    (folder / "work.py").unlink()


@pytest.mark.parametrize("mistake", [two_keys, no_key, damaged_key, no_file])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_check_that_cannot_be_made_is_one_sentence_and_status_2(
    folder: Path, mistake: Callable[[Path], None], lang: str
) -> None:
    path = work(folder, authored.RIGHT, "work.py")
    mistake(folder)
    result = CliRunner().invoke(app, ["check", str(path), "--lang", lang])
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("autograder: ") and str(folder) in line
    assert any("\u4e00" <= character <= "\u9fff" for character in line) == (lang == "zh")


def test_among_several_keys_that_of_the_files_name_counts(folder: Path) -> None:
    two_keys(folder)
    assert check_file(work(folder, authored.RIGHT)).result.points == 8


# ---- A function --------------------------------------------------------------------------------------------


def relu_backward(delta: np.ndarray, z: np.ndarray) -> np.ndarray:
    return delta * (z > 0)


def result_of(function: Callable[..., np.ndarray], folder: Path) -> SubmissionResult:
    return check_function(key_for(function, folder), function).result


def test_a_function_is_checked_in_this_process_like_a_file(folder: Path) -> None:
    assert result_of(relu_backward, folder).points == 8

    def wrong(delta: np.ndarray, z: np.ndarray) -> np.ndarray:
        return 1.0 * (z > 0)

    wrong.__name__ = "relu_backward"
    result = result_of(wrong, folder)
    assert (result.points, result.exercises[0].misconception) == (0, "slope_only")


def test_an_exercise_that_no_key_knows_is_one_sentence_in_both_languages(folder: Path) -> None:
    for function in (check_file, relu_backward, 3, np.zeros((2, 2)), None):
        with pytest.raises(CheckError) as raised:
            result_of(function, folder if function is not relu_backward else folder.parent)  # type: ignore[arg-type]
        assert raised.value.text.in_language("en") == str(raised.value) != raised.value.text.in_language("zh")
    with pytest.raises(CheckError, match=r"write check\(relu_backward\)"):
        result_of(relu_backward(np.ones(2), np.ones(2)), folder)  # type: ignore[arg-type]


def test_a_crash_in_a_notebook_is_told_with_its_line(folder: Path) -> None:
    code = compile(authored.CRASH, "/tmp/ipykernel_1/2.py", "exec")
    module: dict[str, Callable[..., np.ndarray]] = {}
    exec(code, module)
    (exercise,) = result_of(module["relu_backward"], folder).exercises
    assert exercise.symptom is not None and exercise.symptom.in_language("en").startswith(
        "IndexError in relu_backward, line 2"
    )


def test_what_newer_versions_change_is_passed_on_from_numpys_warnings(folder: Path) -> None:
    def old(delta: np.ndarray, z: np.ndarray) -> np.ndarray:
        warnings.warn("Conversion of an array is deprecated", DeprecationWarning, stacklevel=2)
        warnings.warn("of no concern", UserWarning, stacklevel=2)
        return delta * (z > 0)

    old.__name__ = "relu_backward"
    result = result_of(old, folder)
    (note,) = result.notes
    assert result.points == 8 and "Conversion of an array is deprecated" in note.in_language("en")


def test_a_function_is_stale_if_the_newest_cell_that_defines_it_did_not_run(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, broken = inspect.getsource(relu_backward), "def relu_backward(delta, z):\n    return (delta"
    monkeypatch.chdir(folder)
    for cells, stale in (([good, "1"], False), ([good, broken, "check()"], True), ([broken, good], False)):
        shell = SimpleNamespace(user_ns={"In": cells})
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell))
        check(relu_backward, lang="en")
        assert ("relu_backward that was checked is an older one" in capsys.readouterr().out) == stale


# ---- A page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_check_can_be_written_as_a_page(folder: Path, lang: str) -> None:
    path = work(folder, authored.TYPICAL)
    before = path.read_bytes()
    result = CliRunner().invoke(app, ["check", str(path), "--html", "--hint", "--lang", lang])
    page = folder / "relu.check.html"
    assert result.exit_code == 1 and str(page) in result.output.replace("\n", "")
    shown = page.read_text(encoding="utf-8")
    idea = {"zh": "没有乘以上游的残差", "en": "the residual from above was left out"}[lang]
    for part in ("<!DOCTYPE html>", "<code>relu_backward</code>", idea, 'class="ag-x"'):
        assert part in shown
    assert path.read_bytes() == before
    assert sorted(one.name for one in folder.iterdir()) == ["relu.check.html", "relu.py", "relu.visible.npz"]


def test_a_page_goes_to_the_output_option_and_never_overwrites_work(folder: Path) -> None:
    path = work(folder, authored.RIGHT)
    page = folder / "mine.html"
    assert CliRunner().invoke(app, ["check", str(path), "-o", str(page)]).exit_code == 0
    assert "✓" in page.read_text(encoding="utf-8")
    for wanted in (path, folder / "nowhere" / "a.html"):
        result = CliRunner().invoke(app, ["check", str(path), "-o", str(wanted), "--lang", "en"])
        assert result.exit_code == 2 and result.stderr.startswith("autograder: ")
    assert path.read_text() == authored.RIGHT


def test_a_page_says_what_could_not_be_parsed_or_run(folder: Path) -> None:
    for text, said in (
        (authored.BROKEN, "SyntaxError"),
        (authored.UNTOUCHED, "is not started yet"),
        ("x = 1\n", "There is no function"),
        ("\0", "is not a text file"),
    ):
        path = work(folder, text)
        assert CliRunner().invoke(app, ["check", str(path), "--html", "--lang", "en"]).exit_code == 1
        shown = (folder / "relu.check.html").read_text(encoding="utf-8")
        assert said in shown and "Next: relu_backward" in shown and 'class="ag-case"' not in shown


def test_an_interrupted_check_is_interrupted(folder: Path) -> None:
    def interrupted(delta: np.ndarray, z: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    interrupted.__name__ = "relu_backward"
    with pytest.raises(KeyboardInterrupt):
        result_of(interrupted, folder)


IN_A_NOTEBOOK = """
from autograder import check
{source}
check(relu_backward)
check(relu_backward, lang="{other}")
check(relu_backward, hint=True)
check(print)
"""


@pytest.mark.parametrize(
    ("source", "lang", "other", "parts"),
    [
        (
            authored.RIGHT,
            "en_US.UTF-8",
            "zh",
            ["✓ relu_backward", "points on the visible cases", "公开用例得分"],
        ),
        (
            authored.TYPICAL,
            "zh_CN.UTF-8",
            "en",
            ["✗ relu_backward", "hint=True", "没有乘以上游的残差", "the residual from above"],
        ),
        (authored.UNTOUCHED, "en_US.UTF-8", "zh", ["· relu_backward", "is not started yet", "还没有开始"]),
    ],
)
def test_check_in_a_notebook_prints_marks_and_reasons_in_the_students_language(
    folder: Path, source: str, lang: str, other: str, parts: list[str]
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    path = os.pathsep.join(filter(None, (str(COURSE), os.environ.get("PYTHONPATH"))))
    environment |= {"LANG": lang, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "COLUMNS": "500"}
    shown = subprocess.run(
        [sys.executable, "-c", IN_A_NOTEBOOK.format(source=source, other=other)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    for part in parts:
        assert part in shown.stdout
    unknown = shown.stdout.splitlines()[-1]
    assert "print" in unknown and ("练习" in unknown) == lang.startswith("zh")
    assert shown.stderr == ""


# ---- The language ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_ALL": "zh_CN", "LC_MESSAGES": "en_US"}, "zh"),
        ({"LANG": "", "LC_ALL": ""}, "en"),
    ],
)
def test_the_locale_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], lang: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert preferred_language() == lang


def test_importing_check_does_no_work() -> None:
    loaded = "{'numpy', 'rich', 'autograder.student.checking'} & set(sys.modules)"
    code = f"import sys, autograder; assert not {loaded}"
    subprocess.run([sys.executable, "-c", code], cwd=COURSE, check=True)
    assert callable(__import__("autograder").check)
    with pytest.raises(AttributeError):
        __import__("autograder").nothing  # noqa: B018


def test_a_failing_check_in_a_notebook_judges_each_case_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The picture of the mistake is drawn from what the judge has found."""
    compared: Counter[int] = Counter()
    original = judge._judge_case

    def counted(group: str, case: KeyCase, outcome: Outcome) -> Judged:
        compared[id(case)] += 1
        return original(group, case, outcome)

    monkeypatch.setattr(judge, "_judge_case", counted)
    shutil.copy(next((COURSE / "assignments" / "en" / "conv_residual").glob("*.visible.npz")), tmp_path)
    monkeypatch.chdir(tmp_path)

    def rotate180(w: np.ndarray) -> np.ndarray:
        return w

    assert check(rotate180, "en") == 0
    assert compared and set(compared.values()) == {1}


@pytest.mark.parametrize(("option", "loaded"), [(["--json"], True), ([], False)])
def test_msgspec_is_loaded_for_json_alone(option: list[str], loaded: bool, tmp_path: Path) -> None:
    shutil.copytree(COURSE / "assignments" / "en" / "pooling", tmp_path / "pooling")
    code = (
        "import sys\n"
        "from autograder.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print('msgspec' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(tmp_path / "pooling"), *option],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == str(loaded), done.stderr
