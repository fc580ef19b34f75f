"""A course in one language is shown in that language only, whoever reads; its order and titles are shown."""

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

import autograder
from autograder.authoring.assignment import Assignment
from autograder.cli import app
from autograder.grading.store import Store
from autograder.integrations.gradescope import bundle
from autograder.integrations.nbgrader import cells, release
from autograder.integrations.nbgrader.source import source_notebook
from autograder.reports import gradescope, moodle_file
from autograder.student.checking import Checker
from autograder.student.watch import screen
from autograder.student.watch.progress import Work
from autograder.student.workspace import Place, course_order
from tests import authored

OTHER = {"zh": "en", "en": "zh"}
TITLES = {"zh": "激活函数", "en": "Activations"}
ENGLISH = json.loads((Path(autograder.__file__).parent / "base" / "locale" / "en.json").read_bytes())
STUDENTS = {"an": authored.TYPICAL, "bo": authored.PARTLY, "chi": authored.CRASH, "dai": authored.BROKEN}


def of_one_language(text: str, lang: str) -> str:
    """The sources of an assignment without the other language."""
    other = OTHER[lang]
    text = re.sub(rf'# %% \[markdown\] lang="{other}"\n(?:#.*\n)+', "", text)
    text = re.sub(rf"\n *{other}: .*", "", text)
    return re.sub(rf', {other}="[^"]*"|\b{other}="[^"]*", ', "", text)


def run(*words: str) -> str:
    done = CliRunner().invoke(app, words)
    assert done.exit_code in (0, 1) and not done.stderr.startswith("autograder:"), done.output
    return done.stdout


def write_course(folder: Path, lang: str, settings: str = "", names: tuple[str, ...] = ("relu",)) -> None:
    for name in names:
        source = authored.write_course(folder / "solutions", name)
        for path in source.iterdir():
            path.write_text(of_one_language(path.read_text("utf-8"), lang), "utf-8")
    (folder / "solutions" / "course.toml").write_text(settings, "utf-8")


def grade(folder: Path, lang: str) -> str:
    there = [f"--{name}={folder / name}" for name in ("assignments", "keys")]
    run("build", str(folder / "solutions"), *there)
    keys, grades = f"--keys={folder / 'keys'}", f"--out={folder / 'grades'}"
    return run("grade", str(folder / "submitted"), keys, grades, "--isolation=process", f"--lang={lang}")


def hand_in(folder: Path, student: str, assignment: str, text: str) -> None:
    path = folder / "submitted" / student / assignment / f"{assignment}.py"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def as_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def as_source(item: Assignment, lang: str) -> str:
    return as_json(source_notebook(item, lang))


@pytest.fixture(autouse=True, scope="module")
def without_nbgrader() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "releasing", lambda: contextlib.nullcontext(as_source))
        yield


@pytest.fixture(scope="module", params=OTHER)
def pages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, str]]:
    """The course's language, and all that a reader of the other language is shown."""
    lang, folder = request.param, tmp_path_factory.mktemp(request.param)
    other, titled = OTHER[lang], f'[assignments.relu]\ntitle = {{ {lang} = "{TITLES[lang]}" }}\n'
    write_course(folder, lang, f'languages = ["{lang}"]\n{titled}')
    for student, text in STUDENTS.items():
        hand_in(folder, student, "relu", text)
    grade(folder, other)
    assert [path.name for path in (folder / "assignments").iterdir() if path.is_dir()] == [lang]
    place = Place(folder / "assignments" / lang / "relu", "relu")
    shown = {path.name: path.read_text("utf-8") for path in place.files}
    for form in ("html", "json"):
        run("report", str(folder / "grades"), f"--format={form}", f"--lang={other}")
    for path in (folder / "grades" / "report").rglob("*.[hj]*"):
        shown[f"report/{path.name}"] = path.read_text("utf-8")
    bundle.write(folder / "keys" / "relu.hidden.npz", other, folder / "relu.zip")
    with zipfile.ZipFile(folder / "relu.zip") as zipped:
        assert zipped.read("run_autograder").decode().endswith(f" {lang}\n")
    about = {"nbgrader": cells.metadata("test_relu_backward", points=1)}
    notebook = {"cells": [{"cell_type": "code", "metadata": about}]}
    with Store(folder / "grades" / "results.sqlite") as store:
        for result in store.graded_class():
            cells.fill_in(notebook, result, other)
            shown[f"nbgrader/{result.student}"] = as_json(notebook)
            shown[f"moodle/{result.student}"] = moodle_file.comment(result, other)
            shown[f"gradescope/{result.student}"] = as_json(gradescope.to_gradescope(result, other))
    for student, text in STUDENTS.items():
        (place.folder / "relu.py").write_text(text, encoding="utf-8")
        told = run("check", str(place.folder / "relu.py"), "--hint", "--html", f"--lang={other}")
        shown[f"check/{student}"] = told.replace(str(folder), "")
        shown[f"check.html/{student}"] = (place.folder / "relu.check.html").read_text("utf-8")
    return lang, shown


def foreign(text: str, lang: str) -> list[str]:
    """What in `text` is of another language than `lang`."""
    if lang == "en":
        return re.findall(r"[\u3400-\u9fff]+", text)
    said = [re.sub(r"\{.*", "", known).strip() for known in ENGLISH.values()]
    assert len(said) > 500
    return [part for part in said if len(part.split()) > 2 and part in text]


def test_a_page_is_in_the_language_of_the_course_only(pages: tuple[str, dict[str, str]]) -> None:
    lang, shown = pages
    assert len(shown) > 20
    found = {name: foreign(text, lang) for name, text in shown.items()}
    assert {name: words for name, words in found.items() if words} == {}
    for name, text in shown.items():
        assert 'class="in ' not in text and "lang-zh" not in text and "lang-en" not in text, name
        if "html" in name:
            assert ("zh-CN" in text[:40]) == (lang == "zh") and TITLES[lang] in text


# ---- The order and the titles of course.toml ---------------------------------------------------------------

IN_ORDER = {"zz": "First things", "mm": "In the middle", "aa": "The last one"}


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A graded course whose assignments come in another order than by name, and what `grade` printed."""
    folder = tmp_path_factory.mktemp("ordered")
    tables = [f'[assignments.{name}]\ntitle = {{ en = "{title}" }}\n' for name, title in IN_ORDER.items()]
    write_course(folder, "en", "\n".join(['languages = ["en"]', *tables]), tuple(IN_ORDER))
    for student in ("an", "bo"):
        for name in IN_ORDER:
            hand_in(folder, student, name, STUDENTS[student])
    return folder, grade(folder, "en")


def order_in(text: str, names: list[str]) -> list[str]:
    assert all(name in text for name in names), text
    return sorted(names, key=text.index)


TITLED = list(IN_ORDER.values())
REPORTS = {"html": TITLED, "csv": list(IN_ORDER), "canvas": TITLED, "json": TITLED, "junit": list(IN_ORDER)}
"""What a report calls the assignments: a file for programs their names."""


@pytest.mark.parametrize("form", REPORTS)
def test_reports_follow_the_order_of_the_course(form: str, ordered: tuple[Path, str], tmp_path: Path) -> None:
    run("report", str(ordered[0] / "grades"), f"--format={form}", f"--out={tmp_path}", "--lang=en")
    written = [path for path in tmp_path.rglob("*.*") if not path.name.startswith(".")]
    assert len(written) == (3 if form == "html" else 1)
    for path in written:
        assert order_in(path.read_text("utf-8"), REPORTS[form]) == REPORTS[form]


def test_the_table_of_grade_watch_and_check_follow_it_too(ordered: tuple[Path, str]) -> None:
    folder, table = ordered
    assert order_in(" ".join(table.split()), TITLED) == TITLED
    places = [Place(folder / "assignments" / "en" / name, name) for name in sorted(IN_ORDER)]
    checkers = [Checker(place.key) for place in places]
    keys = sorted((checker.key for checker in checkers), key=course_order)
    works = [Work(place, key) for place, key in zip(places, keys, strict=True)]
    console = Console(file=io.StringIO(), width=80)
    console.print(*screen.overview(works, works[0], 0, "en"))
    assert order_in(console.file.getvalue(), TITLED) == TITLED  # type: ignore[attr-defined]
    for place in places:
        assert IN_ORDER[place.name] in run("check", str(place.folder), "--lang=en")
    for checker in checkers:
        checker.close()


def test_build_removes_what_it_wrote_of_a_language_that_is_dropped(tmp_path: Path) -> None:
    """And nothing else: neither files of somebody else's, nor those that somebody has changed."""
    authored.write_course(tmp_path / "solutions")
    there = [str(tmp_path / "solutions"), f"--assignments={tmp_path / 'out'}", f"--keys={tmp_path / 'keys'}"]
    run("build", *there)
    folder = tmp_path / "out" / "zh" / "relu"
    (folder / "notes.txt").write_text("mine")
    (folder / "relu.py").write_text("# mine")
    (tmp_path / "solutions" / "course.toml").write_text('languages = ["en"]', "utf-8")
    run("build", *there, "--check")
    assert len([*folder.iterdir()]) == 4
    lines = run("build", *there, "--lang=en").splitlines()
    assert {path.name for path in folder.iterdir()} == {"notes.txt", "relu.py"}
    assert f"removed: {folder / 'relu.ipynb'}" in lines and any("kept" in line for line in lines)
    assert len([*(tmp_path / "out" / "en" / "relu").iterdir()]) == 3


def test_grade_says_how_many_results_it_kept(ordered: tuple[Path, str]) -> None:
    folder, _ = ordered
    keys, grades = f"--keys={folder / 'keys'}", f"--out={folder / 'grades'}"
    (folder / "submitted" / "bo" / "mm" / "mm.py").write_text(authored.RIGHT)
    told = run("grade", str(folder / "submitted"), keys, grades, "--isolation=process", "--lang=en")
    assert "kept from before: 5, graded now: 1" in told
