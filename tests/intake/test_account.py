"""Nothing vanishes: any tree of files is accounted for; and who is in the class, by its roster."""

import csv
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.base.messages import TextError
from autograder.cli import app
from autograder.submissions import class_folder, layouts, roster
from tests import authored
from tests.intake.trees import DONE, KNOWN, NAMES, STUB, Tree, notebook, saved, written, zipped

# ---- Any tree ----------------------------------------------------------------------------------------------

PARTS = st.sampled_from(
    [
        *("li", "bo", "2021001_李娜", "pooling", "Pooling-1", "作业3", "convolution", "__MACOSX", ".git"),
        *("Li_12_assignsubmission_file", "Team 3_4_assignsubmission_file_", "submission_7", "pooling-li"),
        *("1-2 - Li - Nov 4, 2022", "Li, Na(li)", "Submission attachment(s)", "team_5", " ", "a\x1bb"),
    ]
)
FILES = st.sampled_from(
    [
        *(
            "pooling.py",
            "work.ipynb",
            "x.ipynb.txt",
            "notes.pdf",
            "grades.csv",
            ".DS_Store",
            "Thumbs.db",
            "README",
        ),
        *("li_1_2_p.py", "pooling_li_attempt_2022-11-04-10-41-01_w.py", "2021001_李娜.py", "timestamp.txt"),
        *("submission_metadata.yml", "w.zip", "w.7z", "w.tar.gz", "w.rar", "李娜-2021001-作业3.ipynb"),
    ]
)
CONTENTS = st.sampled_from(
    [DONE, STUB, notebook(DONE), "", "{", zipped({"p.py": DONE, "x/.DS_Store": ""}), None]
)
TREES = st.dictionaries(
    st.tuples(st.lists(PARTS, max_size=4), FILES).map(lambda path: "/".join([*path[0], path[1]])),
    CONTENTS,
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(TREES, st.sampled_from([None, "pooling"]), st.booleans())
def test_everything_in_any_tree_is_accounted_for_on_disk_and_in_a_zip(
    tree: Tree, assignment: str | None, is_zip: bool
) -> None:
    files = [name for name in tree if not any(other.startswith(name + "/") for other in tree)]
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: tree[name] for name in files}
        place = Path(folder, "c")
        path = saved(place.with_suffix(".zip"), zipped(kept)) if is_zip else written(place, kept)
        try:
            taken = class_folder.find(path, assignment, KNOWN, NAMES)
        except TextError:  # one sentence: the assignment has to be named, or nothing is a hand-in
            return
        told = [line.path for line in taken.account]
        for name in files:
            shown = name.replace("\x1b", "\ufffd").strip("/")
            assert any(
                line in (shown, f"{shown}/")
                or shown.startswith(line if line.endswith("/") else line + "/")
                or line.startswith(shown + "/")
                for line in told
            ), name
        chosen = {file.name for file in taken.files if file.name}
        graded = {line.path for line in taken.account if line.fate == "graded"}
        assert graded <= chosen
        unread = {line.path for line in taken.account if line.fate in ("nothing", "not_understood")}
        assert chosen - graded <= unread
        for file in taken.files:
            assert not file.name or file.read() is not None
        assert all((line.why is None) == (line.fate == "graded") for line in taken.account)


def test_a_large_class_is_looked_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the files, twice the work: each path is compared a fixed number of times with the layouts."""
    compared: list[int] = []
    read = layouts.Reader.__call__
    monkeypatch.setattr(layouts.Reader, "__call__", lambda *a, **k: compared.append(1) or read(*a, **k))
    numbers = []
    for size in (50, 100):
        compared.clear()
        class_folder.find(
            written(tmp_path / str(size), {f"s{n}/pooling/p.py": DONE for n in range(size)}), None, KNOWN
        )
        numbers.append(len(compared))
    assert numbers[1] <= 2 * numbers[0]


# ---- The roster --------------------------------------------------------------------------------------------

PEOPLE = """\
学号,姓名,邮箱,班级,小组
2021001,李娜,lina@x.cn,1,A
2021002,王芳,wf@x.cn,1,A
2021003,王芳,wf2@x.cn,2,
"""
ROSTERS = {
    "UTF-8": PEOPLE.encode(),
    "with a mark": PEOPLE.encode("utf-8-sig"),
    "GBK, from Excel": PEOPLE.encode("gbk"),
    "UTF-16 with tabs": PEOPLE.replace(",", "\t").encode("utf-16"),
    "semicolons": PEOPLE.replace(",", ";").encode(),
    "UTF-16 without a mark": PEOPLE.replace(",", "\t").encode("utf-16-le"),
    "a title above": ("计算机1班名单,,,,\n,,,,\n" + PEOPLE).encode("gbk"),
    "a mark of Excel's, and a total": ("sep=,\n" + PEOPLE + "合计,3\n").encode(),
    "numbers as text": re.sub(r"^(\d+)", r'="\1"', PEOPLE, flags=re.MULTILINE).encode(),
    "numbers as numbers": re.sub(r"^(\d+)", r"\1.0", PEOPLE, flags=re.MULTILINE).encode(),
    "longer headings": PEOPLE.replace("学号", "学号（必填）").replace("邮箱", "电子邮箱").encode(),
    "English": b"id,name,email,section,group\n" + PEOPLE.partition("\n")[2].encode(),
}


def people(folder: Path, data: bytes = ROSTERS["UTF-8"]) -> roster.Roster:
    return roster.read(saved(folder / "roster.csv", data))


@pytest.mark.parametrize("form", ROSTERS)
def test_a_roster_is_read_in_every_form(tmp_path: Path, form: str) -> None:
    read = people(tmp_path, ROSTERS[form]).people
    assert [(who.id, who.name, who.group) for who in read] == [
        ("2021001", "李娜", "A"),
        ("2021002", "王芳", "A"),
        ("2021003", "王芳", ""),
    ]


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (
            'Student,ID,SIS User ID,SIS Login ID,Section\nPoints Possible,,,,\n"Li, Na",340934,S77,lina,1\n',
            "S77 Li, Na",
        ),
        ("First name,Surname,ID number,Email address,Groups\nNa,Li,S77,lina@x.edu,G1\n", "S77 Na Li"),
        ("First Name,Last Name,SID,Email,Sections\nNa,Li,S77,lina@x.edu,1\n", "S77 Na Li"),
        ('"Last Name","First Name","Username","Student ID"\n"Li","Na","lina","S77"\n', "S77 Na Li"),
        ('"identifier","github_username","name"\n"S77","lina","Na Li"\n', "S77 Na Li"),
    ],
    ids=["Canvas", "Moodle", "Gradescope", "Blackboard", "GitHub Classroom"],
)
def test_exports_of_platforms_are_rosters(tmp_path: Path, data: str, label: str) -> None:
    read = people(tmp_path, data.encode())
    assert [who.label for who in read.people] == [label]
    for name in ("S77", "lina", "Na Li", "S77_Na Li"):
        found = read.claimed(layouts.Handed("", name, "", ""))
        assert [who.label for who in found] == [label] or (name == "lina" and "sername" not in data)


@pytest.mark.parametrize("data", ["a,b\n1,2\n", "", "姓名\n李娜\n"])
def test_a_roster_without_ids_or_names_is_one_sentence(tmp_path: Path, data: str) -> None:
    with pytest.raises(TextError, match="needs columns"):
        people(tmp_path, data.encode())


def test_numbers_that_excel_has_rounded_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"rounded a number to 2\.02E\+11"):
        people(tmp_path, "学号,姓名\n2.02E+11,李娜\n".encode())


def test_two_people_of_one_number_are_kept(tmp_path: Path) -> None:
    read = people(tmp_path, "学号,姓名\n2021001,李娜\n2021001,王芳\n2021001,李娜\n".encode())
    assert [who.name for who in read.people] == ["李娜", "王芳"]
    assert read.claimed(layouts.Handed("", "2021001_王芳", "", "")) == [read.people[1]]


CLASSES: dict[str, tuple[Tree, dict[str, str]]] = {
    "ids and names": (
        {"2021001_李娜.py": DONE, "2021003-王芳.py": STUB},
        {
            "2021001 李娜": "2021001_李娜.py",
            "2021002 王芳": "2021001_李娜.py",
            "2021003 王芳": "2021003-王芳.py",
        },
    ),
    "two spellings": (
        {"2021003_王芳.py": DONE, "王芳2021003.py": STUB},
        {"2021001 李娜": "", "2021002 王芳": "", "2021003 王芳": "2021003_王芳.py"},
    ),
    "an e-mail address": (
        {"wf2.py": DONE},
        {"2021001 李娜": "", "2021002 王芳": "", "2021003 王芳": "wf2.py"},
    ),
    "a team's folder": (
        {"A/x.py": DONE},
        {"2021001 李娜": "A/x.py", "2021002 王芳": "A/x.py", "2021003 王芳": ""},
    ),
    "a team's folder in other words": (
        {"第A组/x.py": DONE, "group b.py": DONE},
        {
            "2021001 李娜": "第A组/x.py",
            "2021002 王芳": "第A组/x.py",
            "2021003 王芳": "",
            "group b": "group b.py",
        },
    ),
    "a name of two people": (
        {"王芳.py": DONE},
        {
            "2021001 李娜": ""
        },  # refused: it may be either's, so that neither is told to have handed in nothing
    ),
    "somebody else": (
        {"zhao.py": DONE},
        {"2021001 李娜": "", "2021002 王芳": "", "2021003 王芳": "", "zhao": "zhao.py"},
    ),
}


@pytest.mark.parametrize("case", CLASSES)
def test_a_roster_says_who_is_who(tmp_path: Path, case: str) -> None:
    tree, expected = CLASSES[case]
    path = written(tmp_path / "class", tree)
    taken = class_folder.find(path, "pooling", KNOWN, NAMES, None, people(tmp_path))
    assert {file.student: file.name for file in taken.files} == expected
    absent = {line.student for line in taken.account if line.path == ""}
    assert absent == {student for student, name in expected.items() if not name}
    assert taken.strangers == sorted(name for name in expected if not name[0].isdigit())
    (teams,) = {
        file.team
        for file in taken.files
        if file.name and expected[file.student] in ("A/x.py", "第A组/x.py", "2021001_李娜.py")
    } or {"A"}
    assert teams == "A"


@pytest.mark.parametrize(
    ("folder", "groups", "members"),
    [
        ("Team 3", ("3", "13"), {"1001 Yi", "1002 Er"}),
        ("Team 13", ("3", "13"), {"1003 San"}),
        ("Group 03", ("小组 3", "1"), {"1001 Yi", "1002 Er"}),
        ("第3组", ("G3", "G4"), {"1001 Yi", "1002 Er"}),
        ("Team 3", ("Team 3", "Group 3"), {"1001 Yi", "1002 Er"}),
        ("第3组", ("Team 3", "Group 3"), {"第3组"}),  # two of that number, and neither is guessed
        ("Team 4", ("3", "13"), {"Team 4"}),
    ],
)
def test_a_platforms_team_is_the_rosters_group_of_its_number(
    tmp_path: Path, folder: str, groups: tuple[str, str], members: set[str]
) -> None:
    tree = {f"{folder}_9_assignsubmission_file/p.py": DONE, "Li Si_13_assignsubmission_file/p.py": DONE}
    first, second = groups
    lines = f"id,name,group\n1001,Yi,{first}\n1002,Er,{first}\n1003,San,{second}\n"
    who = people(tmp_path, lines.encode())
    taken = class_folder.find(written(tmp_path / "class", tree), "pooling", KNOWN, NAMES, None, who)
    assert {file.student for file in taken.files if file.name} == members | {"Li Si (13)"}


def test_moodles_numbers_stay_with_a_roster(tmp_path: Path) -> None:
    tree = {"李娜_12_assignsubmission_file/p.py": DONE, "Li Si_13_assignsubmission_file/p.py": DONE}
    who = people(tmp_path, "id,name\n2021001,李娜\n2021009,赵敏\n".encode())
    taken = class_folder.find(written(tmp_path / "class", tree), "pooling", KNOWN, NAMES, None, who)
    assert {file.student for file in taken.files} == {"李娜 (12)", "Li Si (13)", "2021009 赵敏"}


# ---- The commands ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("intake")
    authored.write_course(folder / "solutions")
    authored.draw_keys(folder / "solutions", folder / "keys")
    return folder / "keys"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--lang", "en"])


CLASS_LIST = "学号,姓名\n2021001,李娜\n2021002,王芳\n2021003,王芳\n2021004,赵敏\n"
UNTOUCHED, RIGHT = authored.UNTOUCHED, authored.RIGHT
HAND_INS: Tree = {
    "2021001_李娜/relu.py": UNTOUCHED,
    "2021001_李娜/relu (1).ipynb": notebook(RIGHT),
    "2021002_王芳.zip": zipped({"own/relu.py": authored.TYPICAL, "__MACOSX/._relu.py": "x"}),
    "2021003_王芳/读我.pdf": "x",
    "2021003_王芳/locked.zip": zipped({"relu.py": RIGHT}, password=True),
    ".DS_Store": "x",
}


def test_a_class_is_graded_with_its_account(tmp_path: Path, keys: Path) -> None:
    path = written(tmp_path / "class", HAND_INS)
    who = saved(
        tmp_path / "r.csv",
        CLASS_LIST.encode("gbk"),
    )
    common = ("--assignment", "relu", "--keys", keys, "--roster", who, "--out", tmp_path / "out")
    listed = run("grade", path, *common, "--dry-run")
    assert listed.exit_code == 3 and not (tmp_path / "out").exists()
    assert "not understood" in listed.output and "encrypted" in listed.output
    done = run("grade", path, *common, "--isolation", "process", "--jobs", "1")
    assert done.exit_code == 3, done.output
    assert "2 graded, 2 with nothing to grade, 1 not chosen, 2 ignored, 1 not understood" in done.output
    assert "locked.zip/relu.py: it is encrypted" in done.output
    document = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    points = {line["student"]: line["points"] for line in document["submissions"]}
    assert points == {"2021001 李娜": 10, "2021002 王芳": 0, "2021003 王芳": 0, "2021004 赵敏": 0}
    assert {line["path"]: line["decision"] for line in document["account"] if line["path"]} == {
        ".DS_Store": "ignored",
        "2021001_李娜/relu (1).ipynb": "graded",
        "2021001_李娜/relu.py": "not_chosen",
        "2021002_王芳.zip/__MACOSX/._relu.py": "ignored",
        "2021002_王芳.zip/own/relu.py": "graded",
        "2021003_王芳/locked.zip/relu.py": "not_understood",
        "2021003_王芳/读我.pdf": "nothing",
    }
    table = (tmp_path / "out" / "grades.csv").read_bytes()
    assert table.startswith(b"\xef\xbb\xbf")  # else Excel takes it for its locale's encoding
    rows = list(csv.DictReader(table.decode("utf-8-sig").splitlines()))
    assert [row["student"] for row in rows] == [*points]
    for line in document["submissions"]:
        assert line["points"] or any(exercise["symptom"] for exercise in line["exercises"]) or line["notes"]


@pytest.mark.slow
def test_points_and_reasons_are_the_same_by_every_route(tmp_path: Path, keys: Path) -> None:
    """One class, in four layouts: students, points, verdicts and sentences are equal."""
    hand_ins = {
        "an": {"relu.py": UNTOUCHED, "relu-Copy1.ipynb": notebook(RIGHT)},
        "bo": {"relu.py": authored.TYPICAL, "helper.py": "x = 1\n"},
        "chi": {"relu.ipynb": notebook(authored.PARTLY), "relu.py": UNTOUCHED},
    }
    named = [(who, name, text) for who, files in hand_ins.items() for name, text in files.items()]
    classes: dict[str, Tree] = {
        "nested": {f"{who}/relu/{name}": text for who, name, text in named},
        "zips": {f"{who}.zip": zipped(files) for who, files in hand_ins.items()},
        "Moodle": {f"{who}_12_assignsubmission_file/{name}": text for who, name, text in named},
        "Canvas": {f"{who}_12_{100 + n}_{name}": text for n, (who, name, text) in enumerate(named)},
    }
    told = []
    for layout, tree in classes.items():
        out = tmp_path / layout / "out"
        path = saved(tmp_path / layout / "class.zip", zipped(tree))
        common = (
            "--assignment",
            "relu",
            "--keys",
            keys,
            "--out",
            out,
            "--isolation",
            "process",
            "--jobs",
            "1",
        )
        done = run("grade", path, *common)
        assert done.exit_code == 0, done.output
        lines = json.loads((out / "results.json").read_text(encoding="utf-8"))["submissions"]
        told.append(
            [
                (
                    line["student"].split()[0],
                    line["points"],
                    [(e["verdict"], e["symptom"]) for e in line["exercises"]],
                )
                for line in lines
            ]
        )
    assert all(one == told[0] for one in told)
    assert [(who, points) for who, points, _ in told[0]] == [("an", 10), ("bo", 0), ("chi", 8)]


def test_similar_names_what_it_cannot_read_and_says_identical(tmp_path: Path) -> None:
    text = "def relu_backward(delta, z):\n" + "".join(
        f"    v{n} = delta[{n}] * z[{n}] + {n}\n" for n in range(40)
    )
    tree = {"an/relu/relu.py": text, "bo/relu/relu.py": text, "chi/relu/relu.ipynb": "{", "dai/relu": None}
    tree["e/relu/relu.py"] = text.replace("v7 =", "v7 = (")  # an open bracket hides nothing
    path = written(tmp_path / "class", tree)
    given = saved(tmp_path / "given/en/relu/relu.py", UNTOUCHED.encode()).parents[2]
    done = run("similar", path, "--released", given, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "identical" in done.output
    assert "not compared, because nothing in it can be read: chi/relu/relu.ipynb" in done.output
    pairs = json.loads((tmp_path / "out/similar.json").read_text(encoding="utf-8"))["pairs"]
    assert {frozenset((pair["left"]["student"], pair["right"]["student"])) for pair in pairs} == {
        *map(frozenset, (("an", "bo"), ("an", "e"), ("bo", "e")))
    }


def test_a_team_is_no_copy(tmp_path: Path) -> None:
    text = "def relu_backward(delta, z):\n" + "".join(
        f"    v{n} = delta[{n}] * z[{n}] + {n}\n" for n in range(40)
    )
    path = written(tmp_path / "class", {"A/relu.py": text})
    who = saved(tmp_path / "r.csv", b"id,name,group\n2021001,An,A\n2021002,Bo,A\n")
    given = saved(tmp_path / "given/en/relu/relu.py", UNTOUCHED.encode()).parents[2]
    common = ("--released", given, "--assignment", "relu", "--roster", who, "--out", tmp_path / "out")
    done = run("similar", path, *common)
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "out/similar.json").read_text(encoding="utf-8"))["pairs"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_nbgraders_route_b_reads_a_notebook_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    gradebook = pytest.importorskip("autograder.integrations.nbgrader.gradebook")
    text = json.dumps(json.loads(notebook("x = 1  # 池化层的残差，反向传播")), ensure_ascii=False)
    path = saved(tmp_path / "w.ipynb", text.encode(encoding))
    file = class_folder.SubmittedFile("li", "pooling", "w.ipynb", path)
    for name in ("w.ipynb", "w.ipynb.txt", "w.py"):  # by its content, as everywhere
        (cell,) = gradebook._submitted_notebook(replace(file, name=name))["cells"]
        assert "".join(cell["source"]).endswith("池化层的残差，反向传播")
