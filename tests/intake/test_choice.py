"""Which of a student's files counts: a table of what people hand in, the same by every route."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from autograder.authoring.draw import draw_key
from autograder.authoring.exercise import Exercise
from autograder.cli import app
from autograder.grading.grade_class import content_of
from autograder.judging import answer_key
from autograder.student.workspace import ENDING, Place, current_files, key_beside
from autograder.submissions import choice, class_folder, source
from tests.intake.trees import (
    BEGUN,
    BROKEN,
    DONE,
    GIVEN,
    HALF,
    HELPER,
    KNOWN,
    LEFT,
    NAMES,
    NOTES,
    OTHER,
    ROUTES,
    STUB,
    Tree,
    content,
    notebook,
    written,
)

pytest_plugins = ["pytester"]
STUBS = {"pooling.ipynb": notebook(STUB), "pooling.py": STUB}


def beside_a_stub(name: str) -> Tree:
    """A worked file of this name, and an untouched script that is newer."""
    return {name: notebook(DONE) if name.endswith("ipynb") else DONE, "pooling.py": STUB}


CASES: dict[str, tuple[Tree, str]] = {
    "the untouched script beside 学号_姓名": (beside_a_stub("2021001_李娜.ipynb"), "2021001_李娜.ipynb"),
    "a browser's copy": (beside_a_stub("pooling (1).ipynb"), "pooling (1).ipynb"),
    "Jupyter's copy": (beside_a_stub("pooling-Copy1.ipynb"), "pooling-Copy1.ipynb"),
    "Colab's copy": (beside_a_stub("Copy of pooling.ipynb"), "Copy of pooling.ipynb"),
    "Colab's copy in Chinese": (beside_a_stub("“pooling.ipynb”的副本.ipynb"), "“pooling.ipynb”的副本.ipynb"),
    "nbgitpuller's copy": (beside_a_stub("pooling__20221104104101.ipynb"), "pooling__20221104104101.ipynb"),
    "final_v2": (beside_a_stub("pooling_final_v2.py"), "pooling_final_v2.py"),
    "the worked notebook and the stub": (
        {"pooling.ipynb": notebook(DONE), "pooling.py": STUB},
        "pooling.ipynb",
    ),
    "the worked script and the stub": ({"pooling.py": DONE, "pooling.ipynb": notebook(STUB)}, "pooling.py"),
    "half done and older, complete and newer": ({"pooling.py": HALF, "work.py": DONE}, "work.py"),
    "complete and older, half done and newer": ({"work.py": DONE, "pooling.py": HALF}, "work.py"),
    "two complete files": ({"a.py": DONE, "b.py": DONE + "x = 1\n"}, "b.py"),
    "two complete files, the older has the name": ({"pooling.py": DONE, "b.py": DONE + "x = 1\n"}, "b.py"),
    "a newer helper": ({"pooling.py": DONE, "helper.py": HELPER}, "pooling.py"),
    "newer plots": ({"pooling.py": DONE, "plots.ipynb": notebook(HELPER)}, "pooling.py"),
    "newer notes": ({"pooling.py": DONE, "notes.py": NOTES}, "pooling.py"),
    "a helper beside a stub": ({"pooling.py": STUB, "helper.py": HELPER}, "pooling.py"),
    "a raise left behind code": ({"pooling.ipynb": notebook(LEFT), "pooling.py": STUB}, "pooling.ipynb"),
    "begun, and a newer stub": ({"work.py": BEGUN, "pooling.py": STUB}, "work.py"),
    "code that was given, and the same worked on, older": (
        {"work.py": GIVEN.replace("raise NotImplementedError()", "return h", 1), "pooling.py": GIVEN},
        "work.py",
    ),
    "begun, and half done": ({"pooling.py": HALF, "work.py": BEGUN}, "pooling.py"),
    "a file that does not parse, and a newer stub": ({"work.py": BROKEN, "pooling.py": STUB}, "work.py"),
    "a cell turned into Markdown, and a newer stub": (
        {"work.ipynb": notebook(DONE, cell="markdown"), "pooling.py": STUB},
        "work.ipynb",
    ),
    "the wrong assignment, newer": ({"pooling.py": HALF, "convolution.py": OTHER}, "pooling.py"),
    "a script in GBK": ({"work.py": ("# 池化\n" + DONE).encode("gbk"), "pooling.py": STUB}, "work.py"),
    "a script in UTF-16": ({"work.py": DONE.encode("utf-16"), "pooling.py": STUB}, "work.py"),
    "a script with carriage returns": ({"work.py": DONE.replace("\n", "\r"), "pooling.py": STUB}, "work.py"),
    "a notebook called .py": ({"work.py": notebook(DONE), "pooling.ipynb": notebook(STUB)}, "work.py"),
    "a script called .ipynb": ({"work.ipynb": DONE, "pooling.py": STUB}, "work.ipynb"),
    "a notebook called .ipynb.txt": (
        {"work.ipynb.txt": notebook(DONE), "pooling.py": STUB},
        "work.ipynb.txt",
    ),
    "a notebook called .ipynb.json": ({"w.ipynb.json": notebook(DONE), "pooling.py": STUB}, "w.ipynb.json"),
    "a large notebook": ({"w.ipynb": notebook(DONE, outputs=6_000_000), "pooling.py": STUB}, "w.ipynb"),
    "untouched, twice": (STUBS, "pooling.py"),
    "a damaged notebook, newer": ({"pooling.py": DONE, "pooling.ipynb": "{"}, "pooling.py"),
    "an empty file, newer": ({"work.py": DONE, "pooling.py": ""}, "work.py"),
    "a checkpoint": ({"pooling.py": HALF, ".ipynb_checkpoints": DONE}, "pooling.py"),
    "a picture and a PDF": ({"work.py": DONE, "graph.png": "x", "text.pdf": "x"}, "work.py"),
}


STUDENTS = {f"s{number:02}": case for number, case in enumerate(CASES)}


@pytest.mark.parametrize("route", ROUTES)
def test_the_same_file_counts_by_every_route(tmp_path: Path, route: str) -> None:
    """A class in which every case is a student."""
    make, assignment = ROUTES[route]
    tree = {
        name: value for who, case in STUDENTS.items() for name, value in make(who, CASES[case][0]).items()
    }
    taken = class_folder.find(written(tmp_path, tree), assignment, KNOWN, NAMES)
    assert [file.student[:3] for file in taken.files] == [*STUDENTS]
    for file, case in zip(taken.files, CASES, strict=True):
        files, counts = CASES[case]
        assert file.assignment == "pooling"
        assert file.name.endswith(counts), case
        assert file.read() == content(files[counts]), case
    assert not [line for line in taken.account if line.fate == "not_understood"]


@pytest.mark.parametrize("case", CASES)
def test_gradescope_and_nbgrader_choose_the_same(tmp_path: Path, case: str) -> None:
    files, counts = CASES[case]
    file = class_folder.of_one_student(written(tmp_path, files), "", "pooling", KNOWN["pooling"])
    assert file.name == counts


OF_TEXT = ("a notebook called .ipynb.txt", "a notebook called .ipynb.json")
"""pytest takes files of Python's and Jupyter's own endings only."""


@pytest.fixture(scope="module")
def visible_key() -> bytes:
    def mean_pool(x: np.ndarray) -> np.ndarray:
        return x.mean()

    def max_pool(x: np.ndarray) -> np.ndarray:
        return x.max()

    made = [Exercise(function, points=1, lecture="1") for function in (max_pool, mean_pool)]
    for each in made:
        each.group("some", points=1, zh="一些", en="some")(lambda rng: [(rng.normal(size=(2, 3)),)])
    return answer_key.to_bytes(draw_key("pooling", made, "0", visible=True))


def test_check_watch_and_pytest_choose_the_same(
    pytester: pytest.Pytester, visible_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    students = {who: CASES[case] for who, case in STUDENTS.items()}
    students["deep"] = {"pooling.py": STUB, "old/work.ipynb": notebook(DONE)}, "work.ipynb"
    for who, (files, counts) in students.items():
        folder = written(pytester.path / who, files)
        (folder / f"pooling{ENDING}").write_bytes(visible_key)
        place = Place(folder, "pooling")
        assert place.files[0].name == counts, who
        assert key_beside(place.files[0]) == place.key
        assert current_files(folder) == place.files
    ran = pytester.runpytest("-p", "autograder.student.pytest_plugin", "--collect-only", "-q")
    taken = {line.partition("::")[0] for line in ran.outlines if "::" in line}
    wanted = {who: "old/work.ipynb" if who == "deep" else files[1] for who, files in students.items()}
    texts = {who for who, case in STUDENTS.items() if case in OF_TEXT}
    assert taken == {f"{who}/{name}" for who, name in wanted.items() if who not in texts}


def test_check_says_which_file_it_has_taken_and_which_not(tmp_path: Path, visible_key: bytes) -> None:
    folder = written(tmp_path, {"pooling.py": STUB, "sub/pooling (1).py": DONE, "helper.py": HELPER})
    (folder / f"pooling{ENDING}").write_bytes(visible_key)
    done = CliRunner().invoke(app, ["check", str(folder), "--lang", "en"])
    first, second, *_ = done.output.splitlines()
    assert first == "sub/pooling (1).py" and second.endswith("counts: pooling.py.")


def test_the_wrong_assignments_notebook_says_which_it_looks_like(tmp_path: Path) -> None:
    files = {"lina/pooling/pooling.ipynb": notebook(OTHER), "bo/pooling/notes.py": NOTES}
    (bo, lina) = class_folder.find(written(tmp_path, files), None, KNOWN).files
    said = "pooling.ipynb defines no exercise of pooling; it looks like convolution."
    why = content_of(lina)[1]  # the reason that the student reads, once
    assert why is not None and why.in_language("en") == said and not lina.notes
    assert bo.name and not bo.notes and content_of(bo)[1] is None


RELEASED = sorted(Path(__file__).parents[2].glob(f"assignments/*/*/*{ENDING}"))


@pytest.mark.parametrize("key", RELEASED, ids=lambda key: "-".join(key.parts[-3:-1]))
def test_no_released_file_looks_worked_on_by_its_key_alone(key: Path) -> None:
    """So nothing but the keys is needed to tell an untouched file."""
    names = [exercise.name for exercise in answer_key.newest(key).exercises]
    files = [file for file in key.parent.iterdir() if file.suffix in (".py", ".ipynb")]
    for file in files:
        assert choice.content(file.name, file.read_bytes(), names) == dict.fromkeys(names, source.STUB)
    assert files


def test_many_copies_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    looked = choice.content
    monkeypatch.setattr(choice, "content", lambda name, *rest: read.append(name) or looked(name, *rest))
    files = {f"lina/pooling/copy{n}.py": STUB for n in range(300)} | {"lina/pooling/a.py": DONE}
    (file,) = class_folder.find(written(tmp_path, files), None, KNOWN).files
    assert file.name.endswith("a.py")
    assert len(read) == 2
