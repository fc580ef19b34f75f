"""The tests of the tests, tested: each hole in a course is found, and named."""

import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from autograder.authoring import verification
from autograder.authoring.exercise import AuthoringError
from autograder.cli import app
from autograder.reports import verification_table
from tests.authored import HIDDEN, NOTEBOOK, write_course


def verified(folder: Path, draws: int = 3) -> verification.Report:
    return verification.verify_exercise(folder, "relu_backward", draws, "a seed")


def test_a_sound_course_is_sound(tmp_path: Path) -> None:
    report = verified(write_course(tmp_path))
    assert report.sound and verification.sound([report])
    assert (report.stub, report.reference, report.missed, report.misnamed) == ([], [], {}, {})
    assert (report.misconceptions, report.calls, report.draws) == (1, 2, 3)
    assert report.mutants > 5 and not report.survivors


ALTERNATIVES = """
import numpy as np

def by_where(delta, z):
    return np.where(z > 0, delta, 0.0)

ALTERNATIVES = {"relu_backward": [by_where, lambda delta, z: delta]}
"""


def test_a_wrong_alternative_is_found_and_a_right_one_counted(tmp_path: Path) -> None:
    folder = write_course(tmp_path)
    (folder / "alternatives.py").write_text(ALTERNATIVES)
    report = verified(folder)
    assert report.alternatives == 2 and list(report.rejected) == ["<lambda>"]
    assert not verification.sound([report])


HOLES = {
    "a misconception that is right": (
        'exercise.add_misconception("right", instead(lambda delta, z: delta * (z > 0)), zh="对", en="right")',
        lambda report: report.missed == {"right": 3},
    ),
    "two names of one mistake": (
        'exercise.add_misconception("same", instead(lambda delta, z: 1.0 * (z > 0)), zh="同", en="same")',
        lambda report: report.misnamed == {"same": "slope_only"},
    ),
    "an excuse for nothing": (
        'exercise.equivalent("z > 0 → z < 0", because="it is not")',
        lambda report: report.stale == ["z > 0 → z < 0"],
    ),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_found(hole: str, tmp_path: Path) -> None:
    more, found = HOLES[hole]
    report = verified(write_course(tmp_path, hidden=f"{HIDDEN}\n{more}\n"))
    assert found(report), report
    assert not verification.sound([report])


SEEDED = HIDDEN.replace(
    "yield rng.normal(size=(3", "rng = np.random.default_rng(1)\n    yield rng.normal(size=(3"
)


def test_a_group_that_is_the_same_in_every_draw_is_told_unless_it_is_meant(tmp_path: Path) -> None:
    report = verified(write_course(tmp_path / "a", hidden=SEEDED))
    assert (report.never_drawn, report.sound) == (["signs"], True)
    shown = io.StringIO()
    console = Console(file=shown, width=300)
    verification_table.show([report], "en", console)
    assert "relu_backward: group signs: the same cases in each of 3 draws" in shown.getvalue()
    assert verified(write_course(tmp_path / "b", hidden=SEEDED), draws=1).never_drawn == []
    meant = SEEDED.replace("points=8", "points=8, fixed=True")
    assert verified(write_course(tmp_path / "c", hidden=meant)).never_drawn == []


def test_a_question_without_arguments_is_the_same_in_every_draw(tmp_path: Path) -> None:
    hidden = HIDDEN.replace(
        "yield rng.normal(size=(3, 4)), rng.permutation(12).reshape(3, 4) - 6.0", "yield ()"
    )
    hidden = hidden[: hidden.index('@exercise.group("batch')].replace("points=10", "points=8")
    folder = write_course(tmp_path, hidden=hidden)
    notebook = (folder / "notebook.py").read_text(encoding="utf-8")
    notebook = notebook.replace("(delta, z)", "()").replace("delta * (z > 0)", "3")
    (folder / "notebook.py").write_text(notebook, encoding="utf-8")
    assert verified(folder).never_drawn == []


WITHOUT_ZERO = HIDDEN.replace("- 6.0", "- 6.5").replace("- 12.0", "- 12.5")


def test_a_mutant_that_the_cases_do_not_tell_from_the_reference_survives(tmp_path: Path) -> None:
    """z > 0 and z ≥ 0 differ at zero alone, and here no case holds a zero."""
    report = verified(write_course(tmp_path, hidden=WITHOUT_ZERO))
    assert report.survivors["z > 0 → z >= 0"] == 3
    assert not report.sound


def test_a_declared_equivalent_is_listed_with_its_reason(tmp_path: Path) -> None:
    open_course = verified(write_course(tmp_path / "open", hidden=WITHOUT_ZERO))
    excuses = "".join(
        f"exercise.equivalent({change!r}, because='no residual is asked for at zero')\n"
        for change in open_course.survivors
    )
    report = verified(write_course(tmp_path / "closed", hidden=f"{WITHOUT_ZERO}\n{excuses}"))
    assert report.sound and set(report.equivalents) == set(open_course.survivors)


def test_a_mutant_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "SECONDS", 0.05)
    folder = write_course(tmp_path)
    endless = NOTEBOOK.replace(
        "    return delta * (z > 0)\n",
        "    n = 3\n    while n > 0:\n        n -= 1\n    return delta * (z > 0)\n",
    )
    (folder / "notebook.py").write_text(endless, encoding="utf-8")
    report = verified(folder, draws=1)
    assert not {change for change in report.survivors if "n -= 1" in change}


def test_a_stub_that_earns_something_is_told(tmp_path: Path) -> None:
    folder = write_course(tmp_path)
    given_away = NOTEBOOK.replace("    ###", "    if z.ndim < 4:\n        return (z > 0) * delta\n    ###", 1)
    (folder / "notebook.py").write_text(given_away, encoding="utf-8")
    report = verified(folder, draws=1)
    assert [fault.in_language("en")[:2] for fault in report.stub] == ["zh", "en"]


def test_command(tmp_path: Path) -> None:
    write_course(tmp_path)
    run = CliRunner().invoke(app, ["verify", "--solutions", str(tmp_path), "--draws", "2", "--lang", "en"])
    assert run.exit_code == 0, run.output
    assert "relu_backward" in run.stdout and "1/1" in run.stdout
    run = CliRunner().invoke(app, ["verify", "relu", "--solutions", str(tmp_path), "--draws", "2", "--json"])
    data = json.loads(run.stdout)
    assert "--seed " in run.stderr
    assert data["sound"] and data["exercises"][0]["exercise"] == "relu_backward"


@pytest.mark.parametrize(("lang", "sentence"), [("en", "survives"), ("zh", "变异体")])
def test_command_that_finds_a_hole(lang: str, sentence: str, tmp_path: Path) -> None:
    write_course(tmp_path, hidden=WITHOUT_ZERO)
    arguments = ["verify", "--solutions", str(tmp_path), "--draws", "1", "--jobs", "1", "--lang", lang]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 1
    assert sentence in run.stdout and "z > 0 → z >= 0" in run.stdout


def test_a_rejected_alternative_is_told_in_the_readers_language_and_as_data(tmp_path: Path) -> None:
    folder = write_course(tmp_path)
    (folder / "alternatives.py").write_text(ALTERNATIVES)
    report = verified(folder, draws=1)
    shown = {lang: report.rejected["<lambda>"].in_language(lang) for lang in ("zh", "en")}
    assert "分，WA" in shown["zh"] and " points, WA" in shown["en"]
    (entry,) = verification.to_data([report], "zh")["exercises"]
    told = entry["rejected"]["<lambda>"]
    assert (told["id"], told["text"]) == ("verify.fault_because", shown["zh"])
    assert told["values"]["fault"]["values"]["verdict"] == "WA"
    json.dumps(entry)


def test_a_wrong_call_is_one_sentence(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["verify", "nothing", "--solutions", str(write_course(tmp_path).parent)])
    assert (run.exit_code, run.stderr.count("\n")) == (2, 1)
    assert "relu" in run.stderr
    run = CliRunner().invoke(app, ["verify", "--solutions", str(tmp_path / "not there"), "--lang", "zh"])
    assert "不是文件夹" in run.stderr
    with pytest.raises(AuthoringError):
        verification.chosen(tmp_path / "not there", [])


def test_the_example_of_the_documentation_is_sound(tmp_path: Path) -> None:
    """As it stands there, in every draw of a key."""
    text = (Path(__file__).parent.parent / "docs" / "authoring.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:python|toml)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (tmp_path / "relu").mkdir()
    files = ("notebook.py", "hidden.py", "texts.toml", "alternatives.py", "../course.toml")
    for name, block in zip(files, blocks, strict=True):
        # That module need not be installed here.
        block = block.replace('modules = ["scipy", "scipy.signal"]', 'modules = ["json"]')
        (tmp_path / "relu" / name).write_text(block, encoding="utf-8")
    assert sum(1 for block in blocks[1:3] for line in block.splitlines() if line.strip()) < 30
    run = CliRunner().invoke(app, ["verify", "--solutions", str(tmp_path), "--jobs", "1", "--lang", "en"])
    assert run.exit_code == 0, run.output


def test_one_exercise_can_be_verified_alone(tmp_path: Path) -> None:
    write_course(tmp_path)
    assert verification.chosen(tmp_path, ["relu"], ["relu_backward"]) == [
        (tmp_path / "relu", "relu_backward")
    ]
    arguments = ["verify", "--solutions", str(tmp_path), "--exercise", "relu_backwards", "--lang", "en"]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 2 and "did you mean 'relu_backward'?" in run.stderr
