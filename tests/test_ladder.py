"""The hint ladder: the symptom first, the idea when asked again, and no harm from what it remembers."""

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from autograder.base.messages import Authored
from autograder.cli import app
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict
from autograder.student import hints
from autograder.student.hints import climb
from tests import authored
from tests.test_checking import folder, visible_key, work  # noqa: F401

TEXT = Authored("中", "en")


def checked(**verdicts: Verdict) -> SubmissionResult:
    exercises = tuple(
        ExerciseResult(name, verdict, None, TEXT, TEXT, ()) for name, verdict in verdicts.items()
    )
    return SubmissionResult("", "relu", "a.py", "process", 0.0, exercises)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "autograder" / "failed.json"


WA, AC, NI, RTE = Verdict.WA, Verdict.AC, Verdict.NI, Verdict.RTE


def test_only_who_fails_again_climbs(state: Path, tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    assert climb(place, checked(f=WA, g=WA, h=AC)) == set()
    assert climb(place, checked(f=RTE, g=AC, h=WA)) == {"f"}
    assert climb(place, checked(f=WA, g=WA, h=WA)) == {"f", "h"}
    assert climb(place, checked(f=AC)) == set()  # a notebook checks one function
    assert climb(place, checked(g=WA)) == {"g"}
    assert climb(place, checked(f=WA)) == set()


def test_what_is_not_written_has_not_failed(state: Path, tmp_path: Path) -> None:
    untried = (Verdict.NI, Verdict.MISSING, Verdict.FORBIDDEN)
    for verdict in untried:
        assert climb(tmp_path, checked(f=verdict)) == set()
    assert not state.exists()
    assert climb(tmp_path, checked(f=WA)) == set()


def test_every_file_has_a_ladder_of_its_own_under_whatever_name(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    monkeypatch.chdir(tmp_path)
    assert climb(Path("a.py"), checked(f=WA)) == set()
    assert climb(tmp_path / "b.py", checked(f=WA)) == set()
    assert climb(tmp_path / "link.py", checked(f=WA)) == {"f"}


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ).map(lambda value: json.dumps(value).encode())
)
def test_a_damaged_memory_is_an_empty_one(content: bytes) -> None:
    path = Path(os.environ["XDG_STATE_HOME"]) / "autograder" / "failed.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert climb(Path("/nowhere/a.py"), checked(f=WA)) == set()
    assert climb(Path("/nowhere/a.py"), checked(f=WA)) == {"f"}


def test_where_nothing_can_be_written_nothing_happens(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for base in (tmp_path / "file", Path("/proc/nowhere")):
        monkeypatch.setenv("XDG_STATE_HOME", str(base))
        assert climb(tmp_path, checked(f=WA)) == climb(tmp_path, checked(f=WA)) == set()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    state.mkdir(parents=True)  # a folder where the file should be
    assert climb(tmp_path, checked(f=WA)) == climb(tmp_path, checked(f=WA)) == set()
    assert list(state.parent.iterdir()) == [state]
    assert capfd.readouterr() == ("", "")


def test_a_relative_state_folder_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    climb(tmp_path, checked(f=WA))
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert written.relative_to(tmp_path) == Path("home/.local/state/autograder/failed.json")
    monkeypatch.setenv("HOME", "nowhere")  # not absolute either
    assert climb(tmp_path, checked(f=WA)) == climb(tmp_path, checked(f=WA)) == set()


def test_the_memory_is_bounded_and_forgets_what_passed(state: Path, tmp_path: Path) -> None:
    for number in range(2 * hints._PLACES):
        climb(tmp_path / f"{number}.py", checked(f=WA))
    kept = json.loads(state.read_bytes())
    assert list(kept) == [str(tmp_path / f"{n}.py") for n in range(hints._PLACES, 2 * hints._PLACES)]
    for name in kept:
        climb(Path(name), checked(f=AC))
    assert json.loads(state.read_bytes()) == {}
    assert stat.S_ISREG(state.stat().st_mode)


# ---- What a student reads ------------------------------------------------------------------------------

IDEA = {"en": "the residual from above was left out", "zh": "没有乘以上游的残差"}
ASK = {"en": "There is a hint for", "zh": "另有提示"}


def check(path: Path, *options: str) -> str:
    return CliRunner().invoke(app, ["check", str(path), *options]).output


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_check_tells_the_symptom_then_the_idea_and_begins_anew_after_success(
    state: Path,
    folder: Path,  # noqa: F811
    lang: str,
) -> None:
    path = work(folder, authored.TYPICAL)
    for _ in range(2):
        first = check(path, "--lang", lang)
        assert "✗" in first and IDEA[lang] not in first
        assert ASK[lang] in first and "relu_backward" in first and "--hint" in first
        for _ in range(2):
            again = check(path, "--lang", lang)
            assert IDEA[lang] in again and ASK[lang] not in again
            assert again.splitlines()[0] == first.splitlines()[0]  # the symptom stays
        work(folder, authored.RIGHT)
        assert "✗" not in check(path)
        work(folder, authored.TYPICAL)


def test_the_idea_can_be_had_at_once(state: Path, folder: Path) -> None:  # noqa: F811
    assert IDEA["en"] in check(work(folder, authored.TYPICAL), "--hint", "--lang", "en")


def test_no_hint_is_promised_where_there_is_none(state: Path, folder: Path) -> None:  # noqa: F811
    for text in (authored.CRASH, authored.UNTOUCHED, authored.RIGHT):
        assert ASK["en"] not in check(work(folder, text), "--lang", "en")


def test_json_holds_everything_and_leaves_the_ladder_alone(state: Path, folder: Path) -> None:  # noqa: F811
    path = work(folder, authored.TYPICAL)
    (exercise,) = json.loads(check(path, "--json", "--lang", "en"))["submissions"][0]["exercises"]
    assert IDEA["en"] in exercise["diagnosis"]["text"]
    assert exercise["symptom"]["text"] not in ("", exercise["diagnosis"]["text"])
    assert not state.exists()
