"""Whose a file is: every layout in every container, and what becomes of all that does not fit."""

import gzip
import itertools
import shutil
import struct
import tarfile
import zlib
from pathlib import Path

import pytest

from autograder.base.messages import TextError
from autograder.grading.grade_class import content_of
from autograder.submissions import class_folder, layouts, roster
from autograder.submissions.class_folder import Intake
from tests.intake.trees import (
    CONTAINERS,
    DONE,
    HALF,
    KNOWN,
    NAMES,
    STUB,
    Tree,
    around,
    notebook,
    saved,
    sevenzipped,
    tarred,
    written,
    zipped,
)

WORK = notebook(DONE)
YAML = """---
submission_7:
  :submitters:
  - :name: Li Na
    :sid: '2021001'
    :email: lina@example.edu
  :created_at: 2022-11-04 10:41:01
submission_8:
  :submitters:
  - :name: Bo Li
    :sid: '2021002'
  - :name: 王芳
    :sid: '2021003'
"""

LAYOUTS: dict[str, tuple[Tree, str | None, set[str]]] = {
    "student/assignment": ({"li/pooling/p.py": DONE, "bo/convolution/c.py": DONE}, None, {"li", "bo"}),
    "assignment/student": ({"pooling/li/p.py": DONE, "convolution/bo/c.py": DONE}, None, {"li", "bo"}),
    "assignment/student.ipynb": (
        {f"{its}/{who}": WORK for its in KNOWN for who in ("li.ipynb", "bo.py")},
        None,
        {"li", "bo"},
    ),
    "a known student's file beside the others' folders": (
        {"pooling/li/p.py": DONE, "pooling/2021002_bo.ipynb": WORK, "convolution/li/x.py": DONE},
        None,
        {"li", "2021002_bo"},
    ),
    "flat": ({"li.ipynb": WORK, "bo.py": DONE}, "pooling", {"li", "bo"}),
    "a folder each": ({"li/p.py": DONE, "bo/x/y.ipynb": WORK, "chi": None}, "pooling", {"li", "bo", "chi"}),
    "a zip each": (
        {"li.zip": zipped({"a.py": DONE}), "bo.zip": zipped({"x/b.py": DONE})},
        "pooling",
        {"li", "bo"},
    ),
    "a file, a folder and a zip": (
        {"li.py": DONE, "bo/b.py": DONE, "chi.zip": zipped({"c.py": DONE})},
        "pooling",
        {"li", "bo", "chi"},
    ),
    "学号_姓名/": (
        {"2021001_李娜/p.ipynb": WORK, "2021002_王芳/w.py": DONE},
        "pooling",
        {"2021001_李娜", "2021002_王芳"},
    ),
    "学号_姓名.ipynb": (
        {"2021001_李娜.ipynb": WORK, "2021002_王芳.py": DONE},
        "pooling",
        {"2021001_李娜", "2021002_王芳"},
    ),
    "姓名-学号-作业3.ipynb": (
        {"李娜-2021001-作业3.ipynb": WORK, "王芳-2021002-作业3.py": DONE},
        None,
        {"李娜-2021001", "王芳-2021002"},
    ),
    "作业3_学号_姓名.ipynb": (
        {"作业3_2021001_李娜.ipynb": WORK, "hw3-2021002-王芳.py": DONE},
        None,
        {"2021001_李娜", "2021002-王芳"},
    ),
    "学号_姓名/作业3/": (
        {"2021001_李娜/作业3/x.py": DONE, "2021002_王芳/hw3/x.py": DONE},
        None,
        {"2021001_李娜", "2021002_王芳"},
    ),
    "one student, two spellings": (
        {"2021001_李娜.ipynb": WORK, "李娜-2021001.py": STUB, "bo.py": DONE},
        "pooling",
        {"2021001_李娜", "bo"},
    ),
    "tolerant folder names": (
        {
            "a/Pooling/x.py": DONE,
            "b/pooling-1/x.py": DONE,
            "c/pooling /x.py": DONE,
            "d/POOLING (2)/x.py": DONE,
        },
        None,
        {"a", "b", "c", "d"},
    ),
    "names of the settings": (
        {"a/作业3/x.py": DONE, "b/HW3/x.py": DONE, "c/hw3-2/x.py": DONE, "d/HW-03/x.py": DONE},
        None,
        {"a", "b", "c", "d"},
    ),
    "a file in the student's folder": (
        {"li/pooling/p.py": DONE, "bo/pooling.ipynb": WORK},
        None,
        {"li", "bo"},
    ),
    "a file of any name in it": ({"li/pooling/p.py": DONE, "bo/my.ipynb": WORK}, "pooling", {"li", "bo"}),
    "Moodle": (
        {"Li Na_12_assignsubmission_file/p.py": DONE, "Bo_13_assignsubmission_file_/p.ipynb": WORK},
        "pooling",
        {"Li Na (12)", "Bo (13)"},
    ),
    "Moodle without folders": (
        {"Li Na_12_assignsubmission_file_p.py": DONE, "Bo_13_assignsubmission_file_x.ipynb": WORK},
        "pooling",
        {"Li Na (12)", "Bo (13)"},
    ),
    "Moodle, in two folders": (
        {
            "c/PHY1-pooling-45/Li_12_assignsubmission_file/p.py": DONE,
            "c/PHY1-pooling-45/Bo_13_assignsubmission_file/q.py": DONE,
        },
        "pooling",
        {"Li (12)", "Bo (13)"},
    ),
    "Moodle, teams": (
        {
            "Team 3_45_assignsubmission_file_/p.py": DONE,
            "第4组_46_assignsubmission_file/p.py": DONE,
            "Default group_assignsubmission_file/p.py": DONE,
        },
        "pooling",
        {"Team 3", "第4组", "Default group"},
    ),
    "Moodle, online text": (
        {"Li_12_assignsubmission_onlinetext/onlinetext.html": "x", "Bo_13_assignsubmission_file/p.py": DONE},
        "pooling",
        {"Li (12)", "Bo (13)"},
    ),
    "Moodle, equal names": (
        {"Li_12_assignsubmission_file/p.py": DONE, "Li_13_assignsubmission_file/p.py": DONE},
        "pooling",
        {"Li (12)", "Li (13)"},
    ),
    "Canvas": (
        {
            "lina_LATE_123_456_pooling-1.ipynb": WORK,
            "lina_123_400_pooling.ipynb": WORK,
            "bo_124_457_x.py": DONE,
        },
        "pooling",
        {"lina (123)", "bo (124)"},
    ),
    "Canvas, a zip handed in": (
        {"lina_123_456_work.zip": zipped({"w/p.py": DONE}), "bo_124_457_x.py": DONE},
        "pooling",
        {"lina (123)", "bo (124)"},
    ),
    "Canvas, anonymous": (
        {"anon_x7_456_p.py": DONE, "anon_y8_457_x.py": DONE},
        "pooling",
        {"anon_x7", "anon_y8"},
    ),
    "Blackboard": (
        {
            "pooling_li_na_attempt_2022-11-04-10-41-01_work.ipynb": WORK,
            "pooling_li_na_attempt_2022-11-05-10-41-01_work.ipynb": notebook(HALF),
            "pooling_li_na_attempt_2022-11-04-10-41-01.txt": "Name: Li Na",
            "pooling_bo_attempt_2022-11-04-10-41-01_b.py": DONE,
        },
        "pooling",
        {"li_na", "bo"},
    ),
    "D2L": (
        {
            "123-456 - Li Na - Nov 4, 2022 1041 AM/p.py": DONE,
            "124-456 - Bo Li - Nov 4, 2022 1141 AM/p.py": DONE,
        },
        "pooling",
        {"Li Na (123)", "Bo Li (124)"},
    ),
    "Sakai": (
        {
            "Pooling/Li, Na(lina)/Submission attachment(s)/p.py": DONE,
            "Pooling/Li, Bo(bo)/timestamp.txt": "x",
            "Pooling/grades.csv": "x",
        },
        "pooling",
        {"Li, Na (lina)", "Li, Bo (bo)"},
    ),
    "ILIAS": (
        {
            "Li_Na_lina_4711/20221104104101_p.py": DONE,
            "Li_Bo_bo_4712/20221104104101_q.py": DONE,
            "Team_5/x.py": DONE,
        },
        "pooling",
        {"Li_Na (lina_4711)", "Li_Bo (bo_4712)", "Team_5"},
    ),
    "Gradescope": (
        {"submission_metadata.yml": YAML, "submission_7/p.py": DONE, "submission_8/p.py": DONE},
        "pooling",
        {"Li Na (2021001)", "Bo Li (2021002)", "王芳 (2021003)"},
    ),
    "GitHub Classroom": (
        {"pooling-lina/p.py": DONE, "pooling-bo-li/src/q.py": DONE},
        None,
        {"lina", "bo-li"},
    ),
    "GitHub Classroom, cloned": (
        {"pooling-submissions/pooling-lina/p.py": DONE, "pooling-submissions/pooling-bo/q.py": DONE},
        None,
        {"lina", "bo"},
    ),
    "GitHub Classroom, archives of a branch": (
        {
            "pooling-lina-main.zip": zipped({"pooling-lina-main/p.py": DONE}),
            "pooling-bo-li-master.zip": zipped({"pooling-bo-li-master/p.py": DONE}),
        },
        None,
        {"lina", "bo-li"},
    ),
    "Teams": (
        {f"Submitted files/{who}/pooling/Version {n}/p.py": DONE for who in ("Li Na", "Bo") for n in (1, 2)},
        None,
        {"Li Na", "Bo"},
    ),
    "Moodle, anonymous": (
        {f"Participant {n}_{n}_assignsubmission_file_/p.py": DONE for n in (1001, 1002)},
        "pooling",
        {"Participant 1001 (1001)", "Participant 1002 (1002)"},
    ),
    "ILIAS, in two folders": (
        {f"Exercise 3/Task 1/{who}/p.py": DONE for who in ("Li_Na_lina_4711", "Li_Bo_bo_4712")},
        "pooling",
        {"Li_Na (lina_4711)", "Li_Bo (bo_4712)"},
    ),
    "Sakai in Chinese": (
        {f"pooling/{who}/提交附件/p.py": DONE for who in ("李, 娜(2021001)", "王, 芳(2021002)")},
        None,
        {"李, 娜 (2021001)", "王, 芳 (2021002)"},
    ),
    "names without numbers": (
        {"李娜-作业3.ipynb": WORK, "hw3_bo.py": DONE, "chi hw03.py": DONE},
        None,
        {*["李娜", "bo", "chi"]},
    ),
    "with and without the assignment": (
        {"李娜-作业3.ipynb": WORK, "bo_pooling.py": DONE, "2021003_赵敏.py": DONE},
        "pooling",
        {"李娜", "bo", "2021003_赵敏"},
    ),
    "a form's file names": (
        {"序号1_李娜_2021001_pooling.ipynb": WORK, "序号2_王芳_2021002_pooling (1).ipynb": WORK},
        None,
        {"序号1_李娜_2021001", "序号2_王芳_2021002"},
    ),
    "学号姓名, with and without a folder": (
        {"2021001李娜/作业3/a.py": DONE, "2021002 王芳/作业3.py": DONE, "2021003/hw3.py": DONE},
        None,
        {"2021001李娜", "2021002 王芳", "2021003"},
    ),
    "more assignments than students": (
        {f"{who}/{its}/{its}.py": DONE for who in ("li", "bo") for its in ("pooling", "convolution", "hw3")},
        None,
        {"li", "bo"},
    ),
    "学号姓名, copies": (
        {
            "2021001李娜.py": STUB,
            "2021001李娜 - 副本.py": DONE,
            "王芳（2021002）.ipynb": WORK,
            "王芳(2021002) (1).ipynb": WORK,
        },
        "pooling",
        {"2021001李娜", "王芳(2021002) (1)"},
    ),
    "equal names without numbers": ({"王芳.py": DONE, "王芳 (2).py": DONE}, "pooling", {"王芳", "王芳 (2)"}),
    "作业三": ({"李娜/作业三/p.py": DONE, "王芳/作业 三/p.py": DONE}, None, {"李娜", "王芳"}),
    "a folder for each class": (
        {
            "计算机1班/2021001-李娜/pooling.py": DONE,
            "计算机1班/2021002-赵敏/新建文件夹/p.py": DONE,
            "计算机2班/2021003-王芳.ipynb": WORK,
            "计算机2班/名单.xlsx": "x",
        },
        "pooling",
        {"2021001-李娜", "2021002-赵敏", "2021003-王芳"},
    ),
    "a folder for each class in the assignment's": (
        {"pooling/1班/2021001_李娜/p.py": DONE, "pooling/1班/2021002_王芳/p.py": DONE},
        None,
        {"2021001_李娜", "2021002_王芳"},
    ),
    "who is late": (
        {"on time/li.py": DONE, "on time/bo.py": DONE, "late/chi.py": DONE},
        "pooling",
        {*["li", "bo", "chi"]},
    ),
    "who is late, beside the others": (
        {
            "2021001_李娜.py": DONE,
            "2021002_王/p.py": DONE,
            "补交/2021003_赵敏.py": DONE,
            "late/chi/p.py": DONE,
        },
        "pooling",
        {"2021001_李娜", "2021002_王", "2021003_赵敏", "chi"},
    ),
    "who is late, in folders of assignments": (
        {"li/pooling/p.py": DONE, "bo/pooling/p.py": DONE, "late/chi/pooling/p.py": DONE},
        None,
        {"li", "bo", "chi"},
    ),
    "who is late, in the assignment's folder": (
        {"pooling/li/p.py": DONE, "pooling/bo/p.py": DONE, "pooling/补交/chi/p.py": DONE},
        None,
        {"li", "bo", "chi"},
    ),
    "Moodle, and what came late": (
        {"Li_12_assignsubmission_file_/p.py": DONE, "late/Bo_13_assignsubmission_file_/p.py": DONE},
        "pooling",
        {"Li (12)", "Bo (13)"},
    ),
    "a folder for each class, named by its number": (
        {"2101班/2021001_李娜/p.py": DONE, "2102班/2021002_王芳.py": DONE},
        "pooling",
        {"2021001_李娜", "2021002_王芳"},
    ),
    "files named by the assignment in the student's folder": (
        {f"{who}/{its}.py": DONE for who in ("li", "bo") for its in ("pooling", "convolution")},
        None,
        {"li", "bo"},
    ),
    "zips in a folder in a zip": (
        {
            "作业.zip": zipped(
                {f"作业/{who}.zip": zipped({"p.py": DONE}) for who in ("2021001_李娜", "2021002_王芳")}
            )
        },
        "pooling",
        {"2021001_李娜", "2021002_王芳"},
    ),
    "D2L without folders": (
        {
            "123-456 - Li Na - Nov 4, 2022 1041 AM - p.py": DONE,
            "124-456 - Bo - 5 November, 2022 1141 - p - 2.py": DONE,
            "index.html": "x",
        },
        "pooling",
        {"Li Na (123)", "Bo (124)"},
    ),
    "Google Classroom": (
        {"Li Na - pooling.ipynb": WORK, "Bo Wang - Copy of pooling.ipynb": WORK},
        None,
        {"Li Na", "Bo Wang"},
    ),
    "nbgrader's exchange": (
        {
            "li+pooling+2022-11-04 10:41:01 UTC/p.py": STUB,
            "li+pooling+2022-11-05 10:41:01.123 UTC+x7/p.py": DONE,
            "bo+pooling+2022-11-04 10:41:01 UTC/p.py": DONE,
        },
        None,
        {"li", "bo"},
    ),
    "a copy in Canvas": (
        {"li_12_100_a-1.b.py": STUB, "li_12_200_a-2.b.py": DONE, "bo_13_300_b.py": DONE},
        "pooling",
        {"li (12)", "bo (13)"},
    ),
    "composed and decomposed": ({"Jose\u0301/p.py": STUB, "Zoë/p.py": DONE}, "pooling", {"José", "Zoë"}),
    "nbgrader, with its course": (
        {"submitted/li/pooling/p.py": DONE, "submitted/bo/pooling/p.py": DONE},
        None,
        {"li", "bo"},
    ),
}


def fates(taken: Intake) -> dict[str, str]:
    return {line.path: line.fate for line in taken.account}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_students_are_found_in_every_layout_and_container(tmp_path: Path, layout: str) -> None:
    tree, assignment, students = LAYOUTS[layout]
    for container, make in CONTAINERS.items():
        if container in ("folder", "zip", "tar.gz") or layout not in WRAPPED:
            path = make(tmp_path / container, tree)
            taken = class_folder.find(path, assignment, KNOWN, NAMES)
            assert {file.student for file in taken.files} == students, container
            assert "not_understood" not in fates(taken).values()
            for file in taken.files:
                assert not file.name or b"max_pool" in file.read() or file.assignment != "pooling"


WRAPPED = (
    *(
        "assignment/student.ipynb",
        "a known student's file beside the others' folders",
        "Moodle, in two folders",
        "ILIAS, in two folders",
    ),
    "zips in a folder in a zip",
)
"""A third folder around a platform's is none; a folder around `pooling/bo.ipynb` reads as a student; archives
may lie three deep."""


def with_names_in(encoding: str, tree: Tree) -> bytes:
    """A zip as old programs make it: the names' bytes, and no word about their encoding."""
    marks = {f"{n:03}".ljust(len(name.encode(encoding)), "@"): name for n, name in enumerate(tree)}
    data = zipped({mark: tree[name] for mark, name in marks.items()})
    for mark, name in marks.items():
        data = data.replace(mark.encode(), name.encode(encoding))
    return data


@pytest.mark.parametrize(
    ("encoding", "students"),
    [
        ("gbk", ["2021001_李娜", "2021002_王芳"]),
        ("gbk", ["2021001_朱镕", "2021002_王喆"]),
        ("utf-8", ["2021001_李娜", "2021002_王芳"]),
        ("big5", ["2021001_李小明", "2021002_王美芳"]),
        ("cp437", ["José Müller", "Zoë"]),
    ],
)
def test_names_in_a_zip_are_read_in_their_encoding(
    tmp_path: Path, encoding: str, students: list[str]
) -> None:
    data = with_names_in(encoding, {f"{who}/pooling.py": DONE for who in students})
    taken = class_folder.find(saved(tmp_path / "c.zip", data), "pooling", KNOWN)
    assert [file.student for file in taken.files] == sorted(students)


OTHERS = ("2021002_王芳.py", "2021003_赵敏.py", "2021004_钱.py")


SECTIONS: dict[str, tuple[Tree, str | None]] = {
    "<section>/<student>/<file>": (
        {
            f"{day}/{n}_李/p.py": DONE
            for day, n in (("monday", 2021001), ("monday", 2021002), ("friday", 2021003))
        },
        "pooling",
    ),
    "<section>/<student>/<assignment>/<file>": (
        {f"section {n}/{who}/pooling/p.py": DONE for n, who in ((1, "li"), (1, "bo"), (2, "chi"))},
        None,
    ),
    "<section>/<assignment>/<student>/<file>": ({f"pooling/1班/{who}/p.py": DONE for who in "ab"}, None),
    "<student>.ipynb, <student>/<file>": ({"x/2021001_李.py": DONE, "y/2021002_王.py": DONE}, "pooling"),
}


@pytest.mark.parametrize("layout", SECTIONS)
def test_the_layout_that_is_printed_names_the_folders_of_sections(tmp_path: Path, layout: str) -> None:
    tree, assignment = SECTIONS[layout]
    assert class_folder.find(written(tmp_path, tree), assignment, KNOWN).layout == layout


FOLDERS, FILES = {"wang/p.py": DONE, "zhao/p.py": DONE}, {"wang.py": DONE}
LABELLED = {"wang/2021002_王芳.py": DONE, "zhao/2021003_赵敏.py": DONE, "sun/2021005_孙.py": DONE}
FOR_OTHERS: dict[str, tuple[Tree, Tree]] = {
    "a folder of others' names": (FOLDERS, {f"lina/{name}": DONE for name in OTHERS}),
    "an archive called like who is late": (FILES, {"late.zip": zipped(dict.fromkeys(OTHERS, DONE))}),
    "more files than the class has": (FOLDERS, {f"lina/{who}/pooling/p.py": DONE for who in "abcdefgh"}),
    "where others' files have their numbers": (LABELLED, {f"lina/{name}": DONE for name in OTHERS}),
    "where others' files have their names": (
        {f"{who}/{who}_pooling.py": DONE for who in ("wang", "zhao", "sun")},
        {f"lina/{who}_pooling.py": DONE for who in ("wang", "zhao", "sun", "li", "qian")},
    ),
    "under the assignment": (around(FOLDERS, "pooling"), {f"pooling/lina/{name}": DONE for name in OTHERS}),
}


@pytest.mark.parametrize("case", FOR_OTHERS)
def test_nobody_hands_in_for_others(tmp_path: Path, case: str) -> None:
    """A student's folder or archive is no group's, whatever it holds and is called."""
    folders, own = FOR_OTHERS[case]
    taken = class_folder.find(written(tmp_path, {**folders, **own}), "pooling", KNOWN)
    assert len(taken.files) == len(folders) + 1
    assert not any(file.student.startswith("2021") for file in taken.files)


def test_a_windows_zip_has_backslashes(tmp_path: Path) -> None:
    data = zipped({"2021001_李娜\\作业3\\p.py": DONE, "2021002_王芳\\作业3\\p.py": DONE})
    taken = class_folder.find(saved(tmp_path / "c.zip", data), None, KNOWN, NAMES)
    assert [file.student for file in taken.files] == ["2021001_李娜", "2021002_王芳"]


def test_an_nbgrader_course_is_named_as_one(tmp_path: Path) -> None:
    tree = {"submitted/li/pooling/p.py": DONE, "source/pooling/p.py": DONE, "release/pooling/p.py": STUB}
    with pytest.raises(TextError, match="--nbgrader"):
        class_folder.find(written(tmp_path, tree), None, KNOWN)


def test_a_roster_tells_folders_of_groups_from_those_of_students(tmp_path: Path) -> None:
    tree = {"monday/lina.py": DONE, "monday/bowang.py": DONE, "tuesday/zhao/p.py": DONE}
    names = ("lina", "bowang", "zhao")
    people = roster.Roster(tuple(roster.Person(str(n), name) for n, name in enumerate(names)))
    taken = class_folder.find(written(tmp_path, tree), "pooling", KNOWN, roster=people)
    assert {file.student for file in taken.files if file.name} == {"0 lina", "1 bowang", "2 zhao"}


@pytest.mark.parametrize(
    "name", ["2021003_赵敏.pdf", "赵敏2021003.jpg", "2021003_赵敏.docx", "2021003_赵敏.zip", "2021003.pdf"]
)
@pytest.mark.parametrize("others", [{"2021001_李娜.py": DONE}, {"2021001_李娜/p.py": DONE}, {}])
def test_a_document_with_a_students_number_is_a_row_and_not_understood(
    tmp_path: Path, name: str, others: Tree
) -> None:
    taken = class_folder.find(written(tmp_path, {**others, name: "x"}), "pooling", KNOWN)
    (file,) = [file for file in taken.files if "2021003" in file.student]
    assert not file.name and file.unread is not None and name in file.unread.in_language("zh")
    assert fates(taken)[name] == "not_understood"
    assert [f.student for f in taken.files if f is not file] == ["2021001_李娜"] * len(others)


def test_of_blackboards_attempts_the_last_of_equal_ones_counts(tmp_path: Path) -> None:
    names = [f"hw_li_attempt_2022-11-0{day}-10-41-01_w.py" for day in (5, 4)]
    (file,) = class_folder.find(written(tmp_path, dict.fromkeys(names, DONE)), "pooling", KNOWN).files
    assert file.name == names[0]


def test_a_teams_number_is_no_participants_and_its_work_is_the_teams(tmp_path: Path) -> None:
    (file,) = class_folder.find(
        written(tmp_path, {"Team 3_45_assignsubmission_file_/p.py": DONE}), "pooling", KNOWN
    ).files
    assert (file.student, file.team) == ("Team 3", "Team 3")


RAR = bytes.fromhex("526172211a0700cf907300000d00000000000000")
"""The start of a RAR 4 archive; a stored file follows."""


def rar(name: str, content: bytes) -> bytes:
    import struct
    import zlib

    fields = (len(content), len(content), 3, zlib.crc32(content), 0x5A21_0000, 20, 0x30, len(name), 0o100644)
    body = (
        struct.pack("<BHH", 0x74, 0x8000, 32 + len(name)) + struct.pack("<IIBIIBBHI", *fields) + name.encode()
    )
    return RAR + struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body + content


# ---- What does not fit -------------------------------------------------------------------------------------

CANVAS = {f"s{n}_1{n}_2{n}_p.py": DONE for n in range(3)}
NESTED = {"li/pooling/p.py": DONE, "bo/pooling/p.py": DONE}

LEFT: dict[str, tuple[Tree, str | None, dict[str, str]]] = {
    "a stray own file in Canvas's download": (
        CANVAS | {"solution.py": DONE},
        "pooling",
        {"solution.py": "not_understood"},
    ),
    "a bare notebook beside folders": (NESTED | {"work.ipynb": WORK}, None, {"work.ipynb": "not_understood"}),
    "a misspelt folder": (NESTED | {"chi/poolnig/x.py": DONE}, None, {"chi/poolnig/x.py": "not_understood"}),
    "a zip beside folders": (
        NESTED | {"chi.zip": zipped({"x.py": DONE})},
        None,
        {"chi.zip/x.py": "not_understood"},
    ),
    "copies that Colab has named": (
        {
            "lina.ipynb": WORK,
            "bo.ipynb": WORK,
            "Copy of pooling.ipynb": WORK,
            "Copy of pooling (1).ipynb": WORK,
        },
        "pooling",
        {"Copy of pooling.ipynb": "not_understood", "Copy of pooling (1).ipynb": "not_understood"},
    ),
    "a copy in Chinese, and the assignment's own name": (
        {"lina.ipynb": WORK, "bo.ipynb": WORK, "“pooling.ipynb”的副本.ipynb": WORK, "pooling.ipynb": WORK},
        "pooling",
        {"“pooling.ipynb”的副本.ipynb": "not_understood", "pooling.ipynb": "not_understood"},
    ),
    "a student's PDF": (NESTED | {"chi/work.pdf": "x"}, None, {"chi/work.pdf": "not_understood"}),
    "a PDF in the folder": (
        NESTED | {"chi/pooling/work.pdf": "x"},
        None,
        {"chi/pooling/work.pdf": "nothing"},
    ),
    "an empty folder": (NESTED | {"chi/pooling": None}, None, {"chi/pooling/": "nothing"}),
    "an empty student's folder": (NESTED | {"chi": None}, None, {"chi/": "nothing"}),
    "another assignment": (
        NESTED | {"li/convolution/c.py": DONE},
        "pooling",
        {"li/convolution/c.py": "not_chosen"},
    ),
    "a helper": (NESTED | {"li/pooling/helper.py": "x = 1"}, None, {"li/pooling/helper.py": "not_chosen"}),
    "a list of grades": (
        NESTED | {"grades.csv": "x", "README.md": "x"},
        None,
        {"grades.csv": "ignored", "README.md": "ignored"},
    ),
    "a checkpoint": (
        NESTED | {"li/pooling/.ipynb_checkpoints/p-checkpoint.ipynb": WORK},
        None,
        {"li/pooling/.ipynb_checkpoints/": "ignored"},
    ),
    "what systems leave": (
        NESTED
        | {
            ".DS_Store": "x",
            "Thumbs.db": "x",
            "desktop.ini": "x",
            "li/._p.py": "x",
            "__MACOSX/li/._p.py": "x",
            ".git/config": "x",
        },
        None,
        dict.fromkeys(
            (".DS_Store", "Thumbs.db", "desktop.ini", "li/._p.py", "__MACOSX/", ".git/"), "ignored"
        ),
    ),
    "an encrypted zip": (
        NESTED | {"chi/pooling/w.zip": zipped({"w.py": DONE}, True)},
        None,
        {"chi/pooling/w.zip/w.py": "not_understood"},
    ),
    "a damaged zip": (
        NESTED | {"chi/pooling/w.zip": b"PK\3\4"},
        None,
        {"chi/pooling/w.zip": "not_understood"},
    ),
    "a damaged tar": (
        NESTED | {"chi/pooling/w.tar.gz": b"\x1f\x8b"},
        None,
        {"chi/pooling/w.tar.gz": "not_understood"},
    ),
    "a damaged 7z": (
        NESTED | {"chi/pooling/w.7z": b"7z\xbc\xaf\x27\x1c"},
        None,
        {"chi/pooling/w.7z": "not_understood"},
    ),
    "what calls itself a rar": (
        NESTED | {"chi/pooling/w.rar": b"Rar!\x1a\x07\x00x"},
        None,
        {"chi/pooling/w.rar": "not_understood"},
    ),
    "documents beside the students' files": (
        {"li.py": DONE, "bo.ipynb": WORK, "chi.pdf": "x", "dai.txt": DONE},
        "pooling",
        {"chi.pdf": "not_understood", "dai.txt": "not_understood"},
    ),
    "a document with a student's name beside folders": (
        {"2021001_li/p.py": DONE, "2021002_bo/p.py": DONE, "2021003_chi.pdf": "x", "tasks.pdf": "x"},
        "pooling",
        {"2021003_chi.pdf": "not_understood", "tasks.pdf": "not_understood"},
    ),
    "documents that may be anybody's, in every kind of class": (
        {"li/p.py": DONE, "bo/p.py": DONE, "chi.docx": "x", "dai.html": "<p>max_pool", "index.html": "x"},
        "pooling",
        {"chi.docx": "not_understood", "dai.html": "not_understood", "index.html": "ignored"},
    ),
    "a document beside folders of assignments": (
        NESTED | {"chi.pdf": "x", "README.txt": "x"},
        None,
        {"chi.pdf": "not_understood", "README.txt": "ignored"},
    ),
    "a student's document in a class's folder": (
        {"2101班/2021001_李娜/p.py": DONE, "2102班/2021002_王芳.py": DONE, "2102班/2021003_赵敏.pdf": "x"},
        "pooling",
        {"2102班/2021003_赵敏.pdf": "not_understood"},
    ),
    "a document beside a platform's": (CANVAS | {"chi.pdf": "x"}, "pooling", {"chi.pdf": "not_understood"}),
    "a second text": (
        {"li/a.txt": HALF, "li/b.txt": DONE, "li/c.txt": "x", "bo/p.py": DONE, "bo/d.txt": DONE},
        "pooling",
        {"li/a.txt": "ignored", "li/b.txt": "graded", "li/c.txt": "ignored", "bo/d.txt": "ignored"},
    ),
    "an encrypted 7z": (
        NESTED | {"chi/pooling/w.7z": sevenzipped({"w.py": DONE}, "x")},
        None,
        {"chi/pooling/w.7z": "not_understood"},
    ),
    "a damaged rar": (
        NESTED | {"chi/pooling/w.rar": rar("p.py", DONE.encode())[:-20]},
        None,
        {"chi/pooling/w.rar": "not_understood"},
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_is_not_graded_is_named_with_the_reason(tmp_path: Path, case: str) -> None:
    tree, assignment, expected = LEFT[case]
    taken = class_folder.find(written(tmp_path, tree), assignment, KNOWN, NAMES)
    assert {path: fate for path, fate in fates(taken).items() if path in expected} == expected
    for line in taken.account:
        assert (line.why is None) == (line.fate == "graded")
    assert sum(1 for line in taken.account if line.fate == "graded") >= 2


@pytest.mark.parametrize(
    ("of_chi", "fate", "said"),
    [
        ({"work.pdf": "x"}, "nothing", "No notebook and no .py file was handed in."),
        ({"w.zip": zipped({"w.py": DONE}, True)}, "not_understood", "w.py was not graded: it is encrypted"),
        (
            {"w.7z": sevenzipped({"w.py": DONE}, "x")},
            "not_understood",
            "w.7z was not graded: it is encrypted",
        ),
        ({"w.zip": b"PK\3\4"}, "not_understood", "w.zip was not graded: chi/w.zip"),
        ({"work.txt": DONE}, "graded", None),
        ({"w.zip": zipped({"work": WORK})}, "graded", None),
        ({"own/zuo ye.ipynb": WORK}, "graded", None),
        ({"helper.txt": "import x"}, "nothing", "No notebook and no .py file was handed in."),
    ],
)
@pytest.mark.parametrize("called", ["pooling", "work"])
def test_what_lies_in_a_students_folder_is_the_students(
    tmp_path: Path, called: str, of_chi: Tree, fate: str, said: str | None
) -> None:
    """However the others call their files: one called like the assignment suggests another layout."""
    tree = {f"{who}/{called}.py": DONE for who in ("li", "bo")} | around(of_chi, "chi")
    taken = class_folder.find(written(tmp_path, tree), "pooling", KNOWN, NAMES)
    assert [file.student for file in taken.files] == ["bo", "chi", "li"]
    (decision,) = [line for line in taken.account if line.path.startswith("chi/")]
    assert (decision.student, decision.fate) == ("chi", fate)
    told = content_of(taken.files[1])[1]
    assert (told and told.in_language("en").startswith(str(said))) == (said and True)


@pytest.mark.parametrize("kind", ["7z", "rar"])
def test_a_class_may_be_a_7z_or_a_rar(tmp_path: Path, kind: str) -> None:
    if kind == "rar" and not shutil.which("bsdtar"):
        pytest.skip("nothing reads rar here")
    data = rar("li/pooling/p.py", DONE.encode()) if kind == "rar" else sevenzipped(NESTED)
    taken = class_folder.find(saved(tmp_path / f"class.{kind}", data), None, KNOWN)
    assert [file.student for file in taken.files] == (["li"] if kind == "rar" else ["bo", "li"])
    assert all(file.read().decode() == DONE for file in taken.files)


@pytest.mark.parametrize(
    "data",
    [
        zipped({"w/p.py": DONE}),
        zipped({"w.zip": zipped({"p.py": DONE})}),
        tarred({"w/p.py": DONE}),
        sevenzipped({"w/p.py": DONE}),
    ],
    ids=["zip", "zip in zip", "tar.gz", "7z"],
)
def test_a_students_archive_is_read(tmp_path: Path, data: bytes) -> None:
    for name in ("w.zip", "w.7z", "w.tgz"):  # by its content: the ending says only that it is an archive
        taken = class_folder.find(saved(tmp_path / name / "li/pooling" / name, data).parents[2], None, KNOWN)
        assert [file.read().decode() for file in taken.files] == [DONE]


def test_a_rar_is_read_where_bsdtar_is_installed_else_a_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "li/pooling/w.rar", rar("p.py", DONE.encode())).parents[2]
    if shutil.which("bsdtar"):
        (file,) = class_folder.find(path, None, KNOWN).files
        assert file.read().decode() == DONE
    monkeypatch.setenv("PATH", str(tmp_path))
    taken = class_folder.find(path, None, KNOWN)
    (line,) = [line for line in taken.account if line.fate == "not_understood"]
    assert line.why is not None and "bsdtar" in line.why.in_language("en")


def test_nothing_leaves_an_archive_and_no_link_is_followed(tmp_path: Path) -> None:
    import io
    import tarfile

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind in (("../../evil.py", b"0"), ("li/pooling/p.py", b"2"), ("/li/pooling/q.py", b"0")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            info.size = len(DONE) if kind == b"0" else 0
            archive.addfile(info, io.BytesIO(DONE.encode()))
    taken = class_folder.find(saved(tmp_path / "in" / "c.tar", stream.getvalue()), None, KNOWN)
    assert [file.name for file in taken.files] == ["li/pooling/q.py"]
    assert fates(taken) == {
        "../../evil.py": "not_understood",
        "li/pooling/p.py": "not_understood",
        "li/pooling/q.py": "graded",
    }
    assert {path.name for path in tmp_path.rglob("*")} == {"in", "c.tar"}


def test_a_bomb_costs_its_own_student_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.submissions import archives

    monkeypatch.setattr(archives, "_MOST_BYTES", 400_000)
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 400)
    deep = {"p.py": DONE}
    for _ in range(5):
        deep = {"w.zip": zipped(deep)}
    tree = NESTED | {
        "chi/pooling/large.zip": zipped({f"{n}.py": "x" * 60_000 for n in range(9)}),
        "dai/pooling/many.zip": zipped({f"{n}.py": "" for n in range(500)}),
        "e/pooling/deep.zip": zipped(deep),
    }
    taken = class_folder.find(written(tmp_path, tree), None, KNOWN)
    assert {"li", "bo"} < {file.student for file in taken.files}
    left = [path for path, fate in fates(taken).items() if fate == "not_understood"]
    assert "chi/pooling/large.zip" in left and "dai/pooling/many.zip" in left
    assert any(path.startswith("e/pooling/deep.zip") for path in left)


def raw_tar(kind: bytes, size: int) -> bytes:
    """A header that announces `size` bytes, as of a compressed tar that holds them."""
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, size
    return header.tobuf(tarfile.USTAR_FORMAT) + bytes(4096)


def directory_of(count: int) -> bytes:
    """A zip that is nothing but its list of members."""
    one = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 4, 33, 0, 0, 0, 1, *[0] * 6) + b"a"
    return one * count + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, len(one) * count, 0, 0)


def members_of_7z(count: int) -> bytes:
    """A 7z whose header promises `count` files."""
    header = b"\x01\x05\xff" + struct.pack("<Q", count) + bytes(2)
    start = struct.pack("<QQL", 0, len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start + header


BOMBS: dict[str, dict[str, bytes | str]] = {
    "archives by the dozen": {
        "w.zip": zipped({f"{n}.zip": zipped({"p.py": "#" * 60_000}) for n in range(40)})
    },
    "folders without end": {"w.zip": zipped({"a/" * 5000 + "pooling.py": DONE})},
    "a name without end": {"w.zip": zipped({"a" * 60_000 + ".py": DONE})},
    "a list of members": {"w.zip": zipped({"x.zip": directory_of(10_000)})},
    "GNU's long name": {"w.tar": raw_tar(b"L", 2**32)},
    "POSIX's long header": {"w.tar.gz": gzip.compress(raw_tar(b"x", 2**32))},
    "a 7z of millions": {"w.7z": members_of_7z(8_000_000)},
    "a global header in a zip": {"w.zip": zipped({"w.tar": raw_tar(b"g", 2**32)})},
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("container", ["folder", "zip"])
def test_a_small_archive_that_means_much_costs_itself(
    name: str, container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.submissions import archives

    monkeypatch.setattr(archives, "_MOST_BYTES", 4_000_000)
    monkeypatch.setattr(archives, "_LARGEST_DIRECTORY", 100_000)
    tree = NESTED | {f"chi/pooling/{file}": content for file, content in BOMBS[name].items()}
    where = written(tmp_path, tree)
    if container == "zip":
        where = tmp_path / "class.zip"
        where.write_bytes(zipped(tree))
    kept: list[int] = []
    keep = archives._Unpacked.keep
    monkeypatch.setattr(
        archives._Unpacked,
        "keep",
        lambda self, content: kept.append(len(content)) or keep(self, content),  # type: ignore[func-returns-value]
    )
    taken = class_folder.find(where, None, KNOWN)
    assert {"li", "bo"} <= {file.student for file in taken.files if file.name}
    assert [path for path, fate in fates(taken).items() if fate == "not_understood" and "chi/" in path]
    assert sum(kept) <= 1_200_000 and max(map(len, fates(taken))) < 1500


def test_bombs_do_not_end_the_zip_of_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.submissions import archives

    monkeypatch.setattr(archives, "_MOST_BYTES", 400_000)
    bomb = zipped({f"{n}.py": "x" * 60_000 for n in range(9)})
    tree = {f"a{n}/pooling/w.zip": bomb for n in range(40)} | NESTED
    (tmp_path / "class.zip").write_bytes(zipped(tree))
    taken = class_folder.find(tmp_path / "class.zip", None, KNOWN)
    assert {"li", "bo"} <= {file.student for file in taken.files if file.name}


@pytest.mark.parametrize("size", [254, 255, 1000])
def test_names_that_fit_many_patterns_a_little_are_read(size: int) -> None:
    """Each was a minute's work, or would be where a part of a pattern may give back what it took."""
    pieces = ("-", "_", " ", "-1", "2021a-", "_ - ", "max ", "_1_assignsubmission_a", "(1)", "第1组_1", "a_")
    names = {"max pooling": "pooling", "作业3": "pooling"}
    for layout, known, piece in itertools.product(layouts.layouts(), (names, {}), pieces):
        name = (piece * size)[: size - 1] + "!"
        assert layouts.Reader(layout, known)([name, name, name]) is None or size <= 255


@pytest.mark.parametrize("around", ["", "assignment_1_export/"])
def test_no_submission_says_who_has_handed_in_another(tmp_path: Path, around: str) -> None:
    tree = {
        "submission_metadata.yml": "submission_1:\n  - :name: Lina\n    :sid: '1'\n"
        + "submission_2:\n  - :name: Mal\n"
        + "\n" * 50_000,
        "submission_1/pooling.py": DONE,
        "submission_2/pooling.py": STUB,
        "submission_2/submission_metadata.yml": "submission_1:\n  - :name: Mal\n    :sid: '2'\n",
    }
    taken = class_folder.find(
        written(tmp_path, {around + name: text for name, text in tree.items()}), "pooling", KNOWN
    )
    assert [(file.student, file.team) for file in taken.files] == [("Lina (1)", ""), ("Mal", "")]


MOODLES_WORK = "_assignsubmission_file_work.py"
CLAIMS: dict[str, tuple[list[str], set[str]]] = {
    "a name that holds another's number": (["Lina_1234567", "Mal_1234567_assignsubmission_x_1234569"], set()),
    "a name that holds another's name and number": (
        ["Lina_1234567", "Lina_1234567_assignsubmission_x_1234570"],
        set(),
    ),
    "a name that holds an absent one's": (["Lina_1234567_assignsubmission_x_1234570"], set()),
    "an own file handed in again": (
        ["Lina_1234567", "Lina_1234567_assignsubmission_file_Lina_1234567"],
        {"Lina (1234567)"},
    ),
}


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("with_roster", [False, True])
def test_two_that_claim_one_participant_are_refused_together(
    name: str, with_roster: bool, tmp_path: Path
) -> None:
    names, graded = CLAIMS[name]
    people = (
        roster.Roster((roster.Person("1", "Lina"), roster.Person("2", "Bo Wang"))) if with_roster else None
    )
    where = written(tmp_path, {f"{each}{MOODLES_WORK}": DONE for each in (*names, "Bo Wang_1234568")})
    taken = class_folder.find(where, "pooling", KNOWN, roster=people)
    assert {file.student for file in taken.files} == {"Bo Wang (1234568)"} | graded
    refused = [line for line in taken.account if line.fate == "not_understood"]
    assert [line.path for line in refused] == ([] if graded else [f"{each}{MOODLES_WORK}" for each in names])
    assert all("1234567" in str(line.why) for line in refused)


def test_where_all_are_refused_the_account_says_so(tmp_path: Path) -> None:
    where = written(tmp_path, {f"{each}{MOODLES_WORK}": DONE for each in ("Lina_1234567", "Bo_1234567")})
    taken = class_folder.find(where, "pooling", KNOWN)
    assert (taken.files, set(fates(taken).values())) == ([], {"not_understood"})


# ---- A layout of the class's own ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "paths", "students"),
    [
        (
            r"(?P<student>\d+)_(?P<name>.+)/(?P<file>.+)",
            ["17_李娜/a.py", "18_王芳/b.py"],
            {"李娜 (17)", "王芳 (18)"},
        ),
        (
            r"ASSIGNMENT/group_\w/(?P<student>\w+)CODE",
            ["Pooling/group_a/li.py", "pooling/group_b/bo.py"],
            {"li", "bo"},
        ),
        (r"(?P<team>t\d)/(?P<file>.*)", ["t1/a.py", "t2/x/b.py"], {"t1", "t2"}),
    ],
)
def test_a_pattern_describes_a_layout(
    tmp_path: Path, pattern: str, paths: list[str], students: set[str]
) -> None:
    tree = dict.fromkeys(paths, DONE) | {"stray.py": DONE}
    taken = class_folder.find(written(tmp_path, tree), "pooling", KNOWN, NAMES, pattern)
    assert {file.student for file in taken.files} == students
    assert fates(taken)["stray.py"] == "not_understood"


@pytest.mark.parametrize("pattern", ["(", r"(?P<file>.*)"])
def test_a_wrong_pattern_is_one_sentence(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(TextError, match="--pattern"):
        class_folder.find(written(tmp_path, NESTED), "pooling", KNOWN, NAMES, pattern)
