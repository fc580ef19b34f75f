"""Parsing the names in Moodle's and Canvas's bulk downloads, and grading classes that were downloaded so."""

import json
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from autograder.cli import app
from autograder.submissions import class_folder, layouts
from autograder.submissions.class_folder import ClassFolderError, SubmittedFile
from tests import authored
from tests.submission_files import find

KNOWN = {"pooling", "convolution"}

MOODLE = [
    ("Li Na 李娜_1234567_assignsubmission_file/work.ipynb", "Li Na 李娜", "1234567", "work.ipynb"),
    ("Li Na_1234567_assignsubmission_file_/work.ipynb", "Li Na", "1234567", "work.ipynb"),
    ("Li Na_1234567_assignsubmission_file_/code/work.py", "Li Na", "1234567", "code/work.py"),
    ("PHY1-pooling-45/Li Na_12_assignsubmission_file/work.py", "Li Na", "12", "work.py"),
    ("Li Na_1234567_assignsubmission_file_work.ipynb", "Li Na", "1234567", "work.ipynb"),
    ("Li Na_12_assignsubmission_onlinetext/onlinetext.html", "Li Na", "12", "onlinetext.html"),
    ("Li Na_12_assignsubmission_onlinetext_onlinetext.html", "Li Na", "12", "onlinetext.html"),
    ("参与者_77_assignsubmission_file/x.py", "参与者", "77", "x.py"),
    ("Team 3_45_assignsubmission_file/x.py", "Team 3", "", "x.py"),  # the number is the team's
    ("Default group_assignsubmission_file_/x.py", "Default group", "", "x.py"),
    ("Ann O'Neil-Ray (she)_9_assignsubmission_file/x.py", "Ann O'Neil-Ray (she)", "9", "x.py"),
    ("A_1_assignsubmission_file_B_2_assignsubmission_file_x.py", "A", "1", "B_2_assignsubmission_file_x.py"),
]
CANVAS = [
    ("lina_340934_208490284_work.ipynb", "lina", "340934", "work.ipynb", False, 208490284),
    ("lina_LATE_340934_208490284_work-1.ipynb", "lina", "340934", "work-1.ipynb", True, 208490284),
    ("李娜_340934_208_我的 作业.ipynb", "李娜", "340934", "我的 作业.ipynb", False, 208),
    ("submissions/lina_34_208_work.py", "lina", "34", "work.py", False, 208),
    ("anon_x7Ba2_208_work.py", "anon_x7Ba2", "", "work.py", False, 208),
    ("LATE_anon_x7Ba2_208_work.py", "anon_x7Ba2", "", "work.py", True, 208),
    ("lina_340934_text.html", "lina", "340934", "text.html", False, 0),
    ("lina_LATE_340934_link.html", "lina", "340934", "link.html", True, 0),
    ("a_b_34_208_work.py", "a_b", "34", "work.py", False, 208),
    ("lina_34_208_bo_35_209_work.py", "lina", "34", "bo_35_209_work.py", False, 208),
]


def moodle(path: str) -> layouts.Handed | None:
    return read(0, path)


def canvas(path: str) -> layouts.Handed | None:
    return read(1, path)


def read(layout: int, path: str) -> layouts.Handed | None:
    """What a path says, with the folders that may lie around a download."""
    reader, parts = layouts.Reader(layouts.layouts()[layout], {}), PurePosixPath(path).parts
    return next((found for depth in range(2) if (found := reader(parts[depth:])) is not None), None)


@pytest.mark.parametrize(("path", "name", "number", "file"), MOODLE)
def test_moodles_names(path: str, name: str, number: str, file: str) -> None:
    team = name in ("Team 3", "Default group")
    assert moodle(path) == layouts.Handed("Moodle", name, number, file, team=team)
    assert canvas(path) is None or "_" in file


@pytest.mark.parametrize(("path", "name", "number", "file", "late", "order"), CANVAS)
def test_canvass_names(path: str, name: str, number: str, file: str, late: bool, order: int) -> None:
    assert canvas(path) == layouts.Handed("Canvas", name, number, file, late, order)
    assert moodle(path) is None


@pytest.mark.parametrize(
    "path", ["an.py", "an_pooling.py", "an/pooling/pooling.ipynb", "1_2.py", "a b_1_2_x.py"]
)
def test_other_names_are_nobodys(path: str) -> None:
    assert moodle(path) is None
    assert canvas(path) is None


@given(st.text(max_size=60))
def test_any_name_is_read_or_not_and_nothing_is_raised(name: str) -> None:
    for layout in layouts.layouts():
        handed = layouts.Reader(layout, {"pooling": "pooling"})(name.replace("\0", "").split("/"))
        assert handed is None or isinstance(handed.student, str)


def test_names_that_no_system_writes_are_not_searched_for_long() -> None:
    """A regular expression that tries every way to part 60,000 characters would not come back."""
    for part in ("a_", "_1", "late_", "anon_", "1_2_", "_assignsubmission", "anon_1_"):
        for name in (part * 160, part * 10_000):
            assert canvas(name) is None or len(name) < 1001
            assert moodle(name) is None


# ---- A class -----------------------------------------------------------------------------------------------


def zipped(path: Path, names: Iterable[str], content: str | None = None) -> Path:
    """Each file is a day older than the one before and holds its own name."""
    with zipfile.ZipFile(path, "w") as archive:
        for age, name in enumerate(names):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 28 - age % 28, 0, 0, 0)), content or name)
    return path


def unzipped(path: Path) -> Path:
    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            archive.extract(info, folder)
            os.utime(folder / info.filename, (info.date_time[2], info.date_time[2]))
    return folder


def rows(files: Iterable[SubmittedFile]) -> dict[str, str]:
    return {file.student: file.read().decode() if file.name else "" for file in files}


def notes(files: Iterable[SubmittedFile]) -> dict[str, str]:
    told = {file.student: [*([file.unread] if file.unread else []), *file.notes] for file in files}
    return {student: " ".join(note.in_language("en") for note in its) for student, its in told.items() if its}


MOODLE_CLASS = [
    "Bo Li_2_assignsubmission_file/second.ipynb",
    "Bo Li_2_assignsubmission_file/first.ipynb",
    "Bo Li_3_assignsubmission_file/pooling.py",  # another student of the same name
    "Bo Li_3_assignsubmission_onlinetext/onlinetext.html",
    "李娜_4_assignsubmission_file/notes.pdf",
    "An_5_assignsubmission_file/my_pooling.ipynb",
    "An_5_assignsubmission_file/helper.py",
    "__MACOSX/An_5_assignsubmission_file/._helper.py",
]
CANVAS_CLASS = [
    "lina_LATE_4_101_pooling-1.ipynb",
    "lina_4_100_pooling.ipynb",
    "boli_5_90_letter.docx",
    "boli_5_91_pooling.py",
    "anne_6_text.html",
]


def test_moodles_zip_and_its_folder(tmp_path: Path) -> None:
    path = zipped(tmp_path / "moodle.zip", MOODLE_CLASS)
    for source in (path, unzipped(path)):
        files = find(source, "pooling", KNOWN)
        assert rows(files) == {
            "An (5)": "An_5_assignsubmission_file/my_pooling.ipynb",
            "Bo Li (2)": "Bo Li_2_assignsubmission_file/second.ipynb",
            "Bo Li (3)": "Bo Li_3_assignsubmission_file/pooling.py",
            "李娜 (4)": "",
        }
        assert {file.assignment for file in files} == {"pooling"}
        assert notes(files) == {
            "An (5)": "my_pooling.ipynb counts; also handed in: helper.py.",
            "Bo Li (2)": "second.ipynb counts; also handed in: first.ipynb.",
            "Bo Li (3)": "pooling.py counts; also handed in: onlinetext.html.",
            "李娜 (4)": "No notebook and no .py file was handed in. Handed in: notes.pdf",
        }


def test_canvass_zip_and_its_folder(tmp_path: Path) -> None:
    for order in (CANVAS_CLASS, CANVAS_CLASS[::-1]):  # Canvas's numbers tell the newest, not the files' dates
        path = zipped(tmp_path / f"{len(list(tmp_path.iterdir()))}.zip", order)
        for source in (path, unzipped(path)):
            files = find(source, "pooling", KNOWN)
            assert rows(files) == {
                "anne (6)": "",
                "boli (5)": "boli_5_91_pooling.py",
                "lina (4)": "lina_LATE_4_101_pooling-1.ipynb",
            }
            assert notes(files) == {
                "anne (6)": "No notebook and no .py file was handed in. Handed in: text.html",
                "boli (5)": "pooling.py counts; also handed in: letter.docx.",
                "lina (4)": "Handed in late, says Canvas. pooling-1.ipynb counts; "
                "also handed in: pooling.ipynb.",
            }


def test_an_older_late_file_does_not_make_the_newest_late(tmp_path: Path) -> None:
    path = zipped(tmp_path / "canvas.zip", ["lina_LATE_4_100_pooling.py", "lina_4_101_pooling-1.py"])
    (file,) = find(path, "pooling", KNOWN)
    assert not any("late" in note.in_language("en") for note in file.notes)


@pytest.mark.parametrize(("names", "system"), [(MOODLE_CLASS, "Moodle"), (CANVAS_CLASS, "Canvas")])
def test_the_assignment_has_to_be_named(tmp_path: Path, names: list[str], system: str) -> None:
    with pytest.raises(ClassFolderError, match=f"{system}'s download.*--assignment.*convolution, pooling"):
        find(zipped(tmp_path / "class.zip", names), None, KNOWN)


def test_a_flat_folder_with_one_odd_name_stays_a_flat_folder(tmp_path: Path) -> None:
    files = find(zipped(tmp_path / "class.zip", ["an.py", "bo_1_2_x.py"]), "pooling", KNOWN)
    assert {file.student for file in files} == {"an", "bo_1_2_x"}


NBGRADER_CLASS = [f"{student}/pooling/pooling.ipynb" for student in ("an", "bo", "chi")]
FORGED = [
    "an/pooling/x_assignsubmission_a",
    "an/pooling/Bob_1234567_assignsubmission_file_work.py",
    "an/pooling/Bob_1234567_assignsubmission_file/work.py",
    "an/x_assignsubmission_a",
    "an/Bob_1234567_assignsubmission_file_work.py",
]


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("assignment", [None, "pooling"])
def test_a_students_file_cannot_make_a_class_moodles(
    tmp_path: Path, forged: str, assignment: str | None
) -> None:
    names = [*NBGRADER_CLASS, forged, "dai/pooling/x_assignsubmission_a.txt"]
    path = zipped(tmp_path / "class.zip", names)
    whole = zipped(tmp_path / "whole.zip", [f"submitted/{name}" for name in names])
    for source, top in ((path, ""), (unzipped(path), ""), (whole, "submitted/")):
        files = find(source, assignment, KNOWN)
        assert {file.student: file.name for file in files} == {
            **{name.split("/")[0]: top + name for name in NBGRADER_CLASS},
            "dai": "",
        }


def test_a_class_that_handed_in_nothing_to_grade_is_not_moodles_either(tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip", ["an/x_assignsubmission_a", "an/pooling/notes.pdf", "bo/pooling/"])
    assert rows(find(path, "pooling", KNOWN)) == {"an": "", "bo": ""}


@pytest.mark.parametrize(
    ("names", "strays"),
    [
        ([*MOODLE_CLASS, "helper.py"], ["helper.py"]),
        ([*MOODLE_CLASS, *NBGRADER_CLASS], NBGRADER_CLASS),
        ([*MOODLE_CLASS, "bo/pooling/x.txt"], ["bo/pooling/x.txt"]),
        ([*NBGRADER_CLASS, "Bo_2_assignsubmission_file/notes.pdf"], ["Bo_2_assignsubmission_file/notes.pdf"]),
    ],
)
def test_what_belongs_to_no_student_of_the_layout_is_named(
    tmp_path: Path, names: list[str], strays: list[str]
) -> None:
    path = zipped(tmp_path / "class.zip", names, "import numpy\n")
    for source in (path, unzipped(path)):
        taken = class_folder.find(source, "pooling", KNOWN)
        left = [line.path for line in taken.account if line.fate == "not_understood"]
        assert left == sorted(strays)


def test_a_flat_folder_with_one_of_moodles_names_forgets_nobody_and_says_so(tmp_path: Path) -> None:
    odd = "Bob_1_assignsubmission_file_x.py"
    path = zipped(tmp_path / "class.zip", ["an.py", odd, "x_assignsubmission_a"])
    whole = zipped(tmp_path / "whole.zip", ["hand-ins/an.py", f"hand-ins/{odd}"])
    for source in (path, unzipped(path), whole):
        files = find(source, "pooling", KNOWN)
        assert {file.student for file in files} == {"an", "Bob_1_assignsubmission_file_x"}
        assert notes(files).keys() == {"Bob_1_assignsubmission_file_x"}
        assert "like one of Moodle's" in notes(files)["Bob_1_assignsubmission_file_x"]


def test_moodles_download_may_lie_in_a_folder_and_hold_folders_named_after_assignments(
    tmp_path: Path,
) -> None:
    names = ["An_5_assignsubmission_file/pooling/pooling.py", "Bo_6_assignsubmission_file/work.py"]
    for top in ("", "PHY1-pooling-45/"):
        path = zipped(tmp_path / f"{len(top)}.zip", [top + name for name in names])
        assert rows(find(path, "pooling", KNOWN)) == {"An (5)": top + names[0], "Bo (6)": top + names[1]}


def test_a_moodle_class_of_pdfs_has_its_rows(tmp_path: Path) -> None:
    names = [f"{student}_assignsubmission_file/notes.pdf" for student in ("An_5", "Bo_6")]
    assert rows(find(zipped(tmp_path / "m.zip", names), "pooling", KNOWN)) == {"An (5)": "", "Bo (6)": ""}


def test_many_and_long_names_are_cut_in_a_note(tmp_path: Path) -> None:
    names = [f"A_1_assignsubmission_file/{'long' * 40}{i}.py" for i in range(300)]
    (file,) = find(zipped(tmp_path / "moodle.zip", names), "pooling", KNOWN)
    assert all(len(note.in_language("en")) < 700 for note in file.notes)


def test_grading_a_download_just_works(tmp_path: Path) -> None:
    authored.write_course(tmp_path / "solutions")
    authored.draw_keys(tmp_path / "solutions", tmp_path / "keys")
    names = [
        "李娜_4_assignsubmission_file/relu.py",
        "An_5_assignsubmission_file/a.py",
        "An_5_assignsubmission_file/b.py",
    ]
    path = zipped(tmp_path / "moodle.zip", names, authored.RIGHT)
    arguments = [
        "grade",
        path,
        "--assignment",
        "relu",
        "--keys",
        tmp_path / "keys",
        "--out",
        tmp_path / "out",
    ]
    for _ in range(2):  # graded, and read back from the store
        done = CliRunner().invoke(app, [*map(str, arguments), "--isolation", "process", "--jobs", "1"])
        assert done.exit_code == 0, done.output
        assert "1 of 2 submissions" in done.output
        results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))["submissions"]
        assert [(result["student"], result["points"]) for result in results] == [
            ("An (5)", 10),
            ("李娜 (4)", 10),
        ]
        assert len(results[0]["notes"]) == 1 and "a.py" in results[0]["notes"][0]["text"]
        assert results[1]["notes"] == []
