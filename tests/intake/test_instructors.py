"""What instructors met who tried the intake: classes as they come, what becomes of each path and why."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from autograder.base.messages import TextError
from autograder.cli import app
from autograder.submissions import class_folder, roster
from tests import authored
from tests.intake.trees import (
    BEGUN,
    DONE,
    HELPER,
    KNOWN,
    NAMES,
    NOTES,
    OTHER,
    STUB,
    Tree,
    notebook,
    saved,
    written,
    zipped,
)

WORK, UNTOUCHED = notebook(DONE), notebook(STUB)
RENAMED = DONE.replace("max_pool", "maxpool").replace("mean_pool", "meanpool")
CALLS = "from pooling import max_pool\n\ndef test():\n    assert max_pool(1)\n"
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
BINARY = b"\x00\x01\x02\xff\xfe\x80" * 40
PEOPLE = "学号,姓名,班级,小组\n2021001,李娜,1班,\n2021002,王芳,1班,\n2021003,赵敏,2班,第1组\n"
PEOPLE += "2021004,钱多,2班,第1组\n2021005,王芳,2班,\n"
NAMED = "id,name,login\n1,Anna Smith,asmith\n2,Bo Lee,blee\n3,Chi Kim,ckim\n"
NAMED += "4,Anna Maria Kim,akim\n5,Maria Lopez,maria\n"
TWO = {"2021001 李娜", "2021003 赵敏", "2021004 钱多"}
ALL = TWO | {"2021002 王芳", "2021005 王芳"}

CLASSES: dict[str, tuple[Tree, str | None, str, set[str], dict[str, tuple[str, str]]]] = {
    # Nobody's: name, files, --assignment, roster, students with a row, fates with words of the reason.
    "a script beside files named by the assignment": (
        {"anna_pooling.py": DONE, "bo_pooling.py": DONE, "exp.py": "import numpy\nprint(1)\n"},
        "pooling",
        "",
        {"anna", "bo"},
        {"exp.py": ("not_chosen", "none of the exercises")},
    ),
    "a module beside files named by the assignment": (
        {"anna_pooling.py": DONE, "bo_pooling.py": DONE, "helper.py": HELPER},
        "pooling",
        "",
        {"anna", "bo"},
        {"helper.py": ("not_chosen", "none of the exercises")},
    ),
    "tests beside them, which could be a hand-in": (
        {"anna_pooling.py": DONE, "bo_pooling.py": DONE, "tests.py": CALLS},
        "pooling",
        "",
        {"anna", "bo"},
        {"tests.py": ("not_understood", "move it away")},
    ),
    "a script beside files named by students": (
        {"anna.py": DONE, "bo.ipynb": WORK, "exp.py": NOTES, "plots.ipynb": notebook("x = 1")},
        "pooling",
        "",
        {"anna", "bo"},
        {"exp.py": ("not_chosen", "none of the"), "plots.ipynb": ("not_chosen", "none of the")},
    ),
    "functions of other names, which could be a hand-in": (
        {"anna.py": DONE, "bo.py": RENAMED},
        "pooling",
        "",
        {"anna"},
        {"bo.py": ("not_understood", "move it away, or put the student's number into its name")},
    ),
    "the same of a student with a number": (
        {"2021001_李娜.py": DONE, "2021002_王芳.py": RENAMED, "exp.py": HELPER},
        "pooling",
        "",
        {"2021001_李娜", "2021002_王芳"},
        {"2021002_王芳.py": ("graded", ""), "exp.py": ("not_chosen", "none of the exercises")},
    ),
    "the same of a student in the roster": (
        {"李娜.py": RENAMED, "赵敏.py": DONE},
        "pooling",
        PEOPLE,
        ALL,
        {"李娜.py": ("graded", "")},
    ),
    "a helper in the assignment's folder": (
        {"pooling/anna.py": DONE, "pooling/bo.ipynb": WORK, "pooling/util.py": NOTES},
        None,
        "",
        {"anna", "bo"},
        {"pooling/util.py": ("not_chosen", "none of the exercises")},
    ),
    "a helper beside folders of assignments": (
        {"anna/pooling/p.py": DONE, "bo/pooling/p.py": DONE, "run_all.py": HELPER},
        None,
        "",
        {"anna", "bo"},
        {"run_all.py": ("not_chosen", "none of the exercises")},
    ),
    # What cannot be read.
    "a flat folder with all that is damaged": (
        {
            "anna.py": DONE,
            "bo.py": BINARY,
            "chi.ipynb": "{",
            "dai.py": PDF,
            "e.ipynb": "<html>Sign in</html>",
            "fei.py": "function y = f(x)\nend\n",
            "gu.zip": b"PK\3\4",
            "hu.py": "",
        },
        "pooling",
        "",
        {"anna", "bo", "chi", "dai", "e", "fei", "hu"},
        {
            "bo.py": ("not_understood", "not a text file"),
            "chi.ipynb": ("not_understood", "not a readable notebook"),
            "dai.py": ("not_understood", "neither a notebook"),
            "e.ipynb": ("not_understood", "not a readable notebook"),
            "fei.py": ("not_understood", "no Python code"),
            "gu.zip": ("not_understood", "gu.zip cannot be read as an archive"),
            "hu.py": ("nothing", "is empty"),
        },
    ),
    "a damaged notebook beside an untouched file": (
        {"anna/pooling.py": STUB, "anna/pooling (1).ipynb": "{", "bo/p.py": DONE, "bo/p.ipynb": "{"},
        "pooling",
        "",
        {"anna", "bo"},
        {
            "anna/pooling (1).ipynb": ("not_understood", "not a readable notebook"),
            "bo/p.ipynb": ("not_chosen", "not a readable notebook"),
        },
    ),
    "a half-written file beside damaged and empty ones": (
        {"anna/p.py": BEGUN, "anna/q.ipynb": "{", "anna/r.py": "", "bo/p.py": DONE},
        "pooling",
        "",
        {"anna", "bo"},
        {
            "anna/q.ipynb": ("not_understood", "not a readable notebook"),
            "anna/r.py": ("not_chosen", "is empty"),
        },
    ),
    "the wrong assignment's file": (
        {"anna.py": DONE, "bo.py": OTHER},
        "pooling",
        "",
        {"anna", "bo"},
        {"bo.py": ("nothing", "it looks like convolution")},
    ),
    "downloads that have not ended": (
        {
            "2021001_李娜.ipynb.crdownload": "x",
            "2021002_王芳.ipynb.baiduyun.p.downloading": "x",
            "赵敏.py": DONE,
        },
        "pooling",
        PEOPLE,
        ALL,
        {
            "2021001_李娜.ipynb.crdownload": ("not_understood", "neither a notebook"),
            "2021002_王芳.ipynb.baiduyun.p.downloading": ("not_understood", "neither a notebook"),
        },
    ),
    "code in a text file under a student's number": (
        {"李娜_2021001_pooling.ipynb": WORK, "赵敏_2021003_新建文本文档.txt": DONE},
        "pooling",
        PEOPLE,
        ALL,
        {"赵敏_2021003_新建文本文档.txt": ("graded", "")},
    ),
    # Layouts.
    "repositories of two assignments, files named by them": (
        {
            f"{its}-{who}/{its}.ipynb": notebook(text)
            for its, text in (("pooling", DONE), ("convolution", OTHER))
            for who in ("jsmith", "ann")
        },
        None,
        "",
        {"jsmith", "ann"},
        {"pooling-ann/pooling.ipynb": ("graded", "")},
    ),
    "repositories with a folder of the assignment's": (
        {"pooling-jsmith/pooling/p.py": DONE, "convolution-jsmith/convolution/c.py": OTHER},
        None,
        "",
        {"jsmith"},
        {},
    ),
    "the template beside the repositories": (
        {
            "pooling-ann/pooling.ipynb": WORK,
            "pooling-bo/pooling.ipynb": WORK,
            "pooling/pooling.ipynb": UNTOUCHED,
        },
        None,
        "",
        {"ann", "bo"},
        {"pooling/pooling.ipynb": ("not_understood", "tells no student")},
    ),
    "a file beside the students' folders": (
        {
            "pooling/work.ipynb": WORK,
            "pooling/exp2.py": DONE,
            "pooling/lina/p.py": DONE,
            "pooling/bo/p.py": DONE,
        }
        | {f"pooling/{who}/p.py": DONE for who in ("chi", "dai")},
        None,
        "",
        {"lina", "bo", "chi", "dai"},
        {
            "pooling/work.ipynb": ("not_understood", "tells no student"),
            "pooling/exp2.py": ("not_understood", "tells no student"),
        },
    ),
    "the same with --assignment": (
        {"pooling/work.ipynb": WORK, "pooling/lina/p.py": DONE, "pooling/bo/p.py": DONE},
        "pooling",
        "",
        {"lina", "bo"},
        {"pooling/work.ipynb": ("not_understood", "tells no student")},
    ),
    "files that nobody has named": (
        {"anna.ipynb": WORK, "bo.ipynb": WORK, "Untitled1.ipynb": WORK, "未命名.ipynb": WORK, "答案.py": DONE}
        | {"my_solution.zip": zipped({"p.py": DONE})},
        "pooling",
        "",
        {"anna", "bo"},
        {
            name: ("not_understood", "tells no student")
            for name in ("Untitled1.ipynb", "未命名.ipynb", "答案.py")
        },
    ),
    "the same in students' folders": (
        {"anna/Untitled.ipynb": WORK, "bo/未命名.ipynb": WORK},
        "pooling",
        "",
        {"anna", "bo"},
        {},
    ),
    "copies that Colab has made of students' files": (
        {
            "Copy of bo pooling.ipynb": WORK,
            "anna_Copy of pooling.ipynb": WORK,
            "chi - Copy of pooling.ipynb": WORK,
        },
        "pooling",
        "",
        {"anna", "bo", "chi"},
        {},
    ),
    "Autolab's versions": (
        {
            "anna@x.edu_1_p.py": STUB,
            "anna@x.edu_10_p.py": DONE,
            "anna@x.edu_9_p.py": DONE,
            "bo@x.edu_1_p.py": DONE,
        },
        "pooling",
        "",
        {"anna@x.edu", "bo@x.edu"},
        {"anna@x.edu_10_p.py": ("graded", ""), "anna@x.edu_1_p.py": ("not_chosen", "counts")},
    ),
    "folders of attempts with their times": (
        {
            "1001_2020-01-01T101010Z/p.py": STUB,
            "1001_2020-01-02T101010Z/p.py": DONE,
            "1002_2020-01-01T1010/p.py": DONE,
        },
        "pooling",
        "",
        {"1001", "1002"},
        {"1001_2020-01-02T101010Z/p.py": ("graded", "")},
    ),
    "archives with their times": (
        {
            f"{who}_2022-11-04-10-41-01.zip": zipped({"pooling.ipynb": WORK})
            for who in ("Li_Na_10001", "Bo_10002")
        },
        "pooling",
        "",
        {"Li_Na_10001", "Bo_10002"},
        {},
    ),
    # Several people.
    "two names of the roster": (
        {"李娜_王芳2021002.py": DONE, "2021003_赵敏.py": DONE},
        "pooling",
        PEOPLE,
        {"2021003 赵敏", "2021004 钱多", "2021005 王芳"},
        {"李娜_王芳2021002.py": ("not_understood", "2021001 李娜, 2021002 王芳")},
    ),
    "two numbers": (
        {"2021001_2021002.py": DONE, "2021003_赵敏.py": DONE},
        "pooling",
        PEOPLE,
        {"2021003 赵敏", "2021004 钱多", "2021005 王芳"},
        {"2021001_2021002.py": ("not_understood", "2021001 李娜, 2021002 王芳")},
    ),
    "the number of one and the name of another": (
        {"2021001_赵敏.py": DONE, "2021002.py": DONE},
        "pooling",
        PEOPLE,
        {"2021002 王芳", "2021004 钱多", "2021005 王芳"},
        {"2021001_赵敏.py": ("not_understood", "2021001 李娜, 2021003 赵敏")},
    ),
    "a pair in the folder of one, who has handed in too": (
        {"2021001李娜2021002王芳/p.py": DONE, "2021001李娜.py": STUB},
        "pooling",
        PEOPLE,
        {"2021001 李娜", "2021003 赵敏", "2021004 钱多", "2021005 王芳"},
        {
            "2021001李娜2021002王芳/p.py": ("not_understood", "2021001 李娜, 2021002 王芳"),
            "2021001李娜.py": ("graded", ""),
        },
    ),
    "two of one team": (
        {"2021003赵敏_2021004钱多.py": DONE, "2021001李娜.py": DONE},
        "pooling",
        PEOPLE,
        {"2021001 李娜", "2021002 王芳", "2021003 赵敏", "2021004 钱多", "2021005 王芳"},
        {"2021003赵敏_2021004钱多.py": ("graded", "")},
    ),
    "two names that are written as one": (
        {"李娜赵敏.py": DONE, "王芳2021002.py": DONE},
        "pooling",
        PEOPLE,
        {"2021002 王芳", "2021004 钱多", "2021005 王芳"},
        {"李娜赵敏.py": ("not_understood", "2021001 李娜, 2021003 赵敏")},
    ),
    "two of one team that are written as one": (
        {"赵敏钱多.py": DONE, "2021001李娜.py": DONE},
        "pooling",
        PEOPLE,
        {"2021001 李娜", "2021002 王芳", "2021003 赵敏", "2021004 钱多", "2021005 王芳"},
        {"赵敏钱多.py": ("graded", "")},
    ),
    "a name that two people have": (
        {"王芳.py": DONE, "李娜.py": DONE},
        "pooling",
        PEOPLE,
        TWO,
        {"王芳.py": ("not_understood", "2021002 王芳, 2021005 王芳")},
    ),
    "two names of several words": (
        {"Anna Smith and Bo Lee.ipynb": WORK, "Chi Kim.ipynb": WORK},
        "pooling",
        NAMED,
        {"3 Chi Kim", "4 Anna Maria Kim", "5 Maria Lopez"},
        {"Anna Smith and Bo Lee.ipynb": ("not_understood", "1 Anna Smith, 2 Bo Lee")},
    ),
    "a login that is a part of another's name": (
        {"Anna Maria Kim.ipynb": WORK, "maria.ipynb": WORK},
        "pooling",
        NAMED,
        {"1 Anna Smith", "2 Bo Lee", "3 Chi Kim", "4 Anna Maria Kim", "5 Maria Lopez"},
        {"Anna Maria Kim.ipynb": ("graded", ""), "maria.ipynb": ("graded", "")},
    ),
}


@pytest.mark.parametrize("case", CLASSES)
def test_classes_as_they_come(tmp_path: Path, case: str) -> None:
    tree, assignment, people, students, fates = CLASSES[case]
    who = roster.read(saved(tmp_path / "r.csv", people.encode("gbk"))) if people else None
    taken = class_folder.find(written(tmp_path / "class", tree), assignment, KNOWN, NAMES, None, who)
    with_row = {file.student for file in taken.files}  # with a roster, of who is absent, too
    assert with_row == students
    told = {line.path: line for line in taken.account}
    for path, (fate, why) in fates.items():
        said = told[path].why
        assert (told[path].fate, why in (said.in_language("en") if said else "")) == (fate, True), (
            path,
            said,
        )
    refused = [path for path, (fate, _) in fates.items() if fate == "not_understood"]
    assert [
        line.path for line in taken.account if line.fate == "not_understood" and "zip" not in line.path
    ] == [path for path in sorted(refused) if "zip" not in path]
    for path in refused:
        assert (
            not re.search("holds several people", str(told[path].why)) or told[path].student not in with_row
        )
    assert all(
        file.read() for file in taken.files if told.get(file.name) and told[file.name].fate == "graded"
    )


def test_who_may_have_handed_in_is_not_told_to_have_handed_in_nothing(tmp_path: Path) -> None:
    who = roster.read(saved(tmp_path / "r.csv", PEOPLE.encode()))
    tree = {"2021001李娜_2021002王芳.py": DONE, "2021003.py": DONE}
    taken = class_folder.find(written(tmp_path / "class", tree), "pooling", KNOWN, NAMES, None, who)
    assert {file.student for file in taken.files} == {"2021003 赵敏", "2021004 钱多", "2021005 王芳"}
    assert taken.strangers == []


DOCUMENTS = ("work.pdf", "notes.md", "work.docx", "onlinetext.html", "photo.jpg")
FOLDERS: dict[str, Callable[[str], str]] = {
    "Moodle": "Li Na_12_assignsubmission_file/{}".format,
    "D2L": "123-4 - Li Na - Nov 4, 2022 1041 AM/{}".format,
    "Canvas": "lina_12_100_{}".format,
    "own": "lina/{}".format,
}


@pytest.mark.parametrize("layout", FOLDERS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_of_who_hands_in_no_code_it_is_said_what(tmp_path: Path, layout: str, document: str) -> None:
    others = {
        FOLDERS[layout]("p.py").replace("Li Na", who).replace("lina", who): DONE for who in ("Bo", "Chi")
    }
    tree = {name.replace("12", "13"): text for name, text in others.items()} | {
        FOLDERS[layout](document): "x"
    }
    taken = class_folder.find(written(tmp_path, tree), "pooling", KNOWN)
    (file,) = [file for file in taken.files if not file.name]
    assert file.unread is not None
    assert file.unread.in_language("en").endswith(f"Handed in: {document}")
    assert document in file.unread.in_language("zh")


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"lina/作业3/p.py": DONE, "bo/作业3/p.py": DONE}, "there are: 作业3."),
        ({"作业3/lina/p.py": DONE, "作业3/bo/p.py": DONE}, "there are: 作业3."),
        ({"lina/hw3/p.py": DONE, "bo/hw3/p.py": DONE}, "there are: hw3."),
        ({"lina/pooling/p.py": DONE, "bo/作业3/p.py": DONE}, "of some files in"),
        ({"lina.py": DONE, "bo.py": DONE}, "of some files in"),
    ],
)
def test_where_no_name_is_an_assignments_the_sentence_is_true_and_says_what_to_do(
    tmp_path: Path, tree: Tree, said: str
) -> None:
    with pytest.raises(TextError) as raised:
        class_folder.find(written(tmp_path, tree), None, KNOWN)
    told = str(raised.value)
    assert said in told and "--assignment" in told and ("course's settings" in told) == ("there are" in said)


# ---- The command -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instructors")
    authored.write_course(folder / "solutions")
    authored.draw_keys(folder / "solutions", folder / "keys")
    return folder / "keys"


def grade(keys: Path, folder: Path, tree: Tree, lang: str = "en") -> Result:
    path = written(folder / "class", tree)
    options = (
        "--keys",
        keys,
        "--out",
        folder / "out",
        "--isolation",
        "process",
        "--jobs",
        "1",
        "--lang",
        lang,
    )
    return CliRunner().invoke(app, ["grade", str(path), "--assignment", "relu", *map(str, options)])


@pytest.mark.parametrize(
    ("tree", "status", "said"),
    [
        (
            {"an.py": authored.RIGHT, "exp.py": "import numpy\n"},
            0,
            "1 graded, 0 with nothing to grade, 1 not chosen",
        ),
        ({"an.py": authored.RIGHT, "bo.py": BINARY}, 3, "1 graded, 0 with nothing to grade"),
        ({"an.py": authored.RIGHT, "bo.zip": b"PK\3\4"}, 3, "1 graded, 0 with nothing to grade"),
        ({"an.py": authored.RIGHT, "bo.rar": b"Rar!\x1a\x07\x00x"}, 3, "1 graded, 0 with nothing to grade"),
        ({"an.py": authored.RIGHT, "bo.py": ""}, 0, "1 graded, 1 with nothing to grade"),
    ],
)
def test_only_what_was_graded_counts(tmp_path: Path, keys: Path, tree: Tree, status: int, said: str) -> None:
    done = grade(keys, tmp_path, tree)
    assert (done.exit_code, said in done.output) == (status, True), done.output
    assert "(null)" not in done.output


def test_equal_files_of_a_first_run_are_not_from_before(tmp_path: Path, keys: Path) -> None:
    tree: Tree = {f"{who}/relu.py": "" for who in ("an", "bo", "chi")}
    assert "kept from before: 0, graded now: 3" in grade(keys, tmp_path, tree).output
    again = grade(keys, tmp_path, {"dai/relu.py": authored.RIGHT})
    assert "kept from before: 3, graded now: 1" in again.output


@pytest.mark.parametrize(("lang", "words"), [("en", "not written yet: "), ("zh", "尚未完成：")])
def test_the_table_has_words_in_place_of_codes(tmp_path: Path, keys: Path, lang: str, words: str) -> None:
    done = grade(keys, tmp_path, {"an.py": authored.PARTLY, "bo.py": authored.UNTOUCHED}, lang)
    assert not re.search(r"\b(?:NI|WA|RTE|MISSING)\b", done.output), done.output
    assert words.strip(": ：") in done.output


def test_help_tells_every_exit_status() -> None:
    told = " ".join(CliRunner().invoke(app, ["grade", "--help"]).output.split())
    assert all(
        re.search(rf"\b{status}\b", told.partition("Exit status")[2][:400]) for status in (0, 1, 2, 3, 130)
    )
