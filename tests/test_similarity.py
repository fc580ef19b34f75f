"""Copies are found whatever was done to hide them; honest work that shares a stub and idioms is not."""

import ast
import csv
import inspect
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli import app
from autograder.judging import answer_key
from autograder.reports import similarity as reports
from autograder.submissions import class_folder
from autograder.submissions.similarity import Code, Line, Pair, rank, read, released

pytest.importorskip("copydetect")
COURSE = Path(__file__).parent.parent
ASSIGNMENT = "pooling"
STUBS = [
    released(path.name, path.read_bytes())
    for path in sorted((COURSE / "assignments").glob(f"*/{ASSIGNMENT}/{ASSIGNMENT}.*"))
    if path.suffix in (".py", ".ipynb")
]


def example_class() -> list[Code]:
    """Everybody of the example class who has handed in something that can be read."""
    key = answer_key.load(COURSE / "assignments" / "en" / ASSIGNMENT / f"{ASSIGNMENT}.visible.npz")
    known = {ASSIGNMENT: tuple(exercise.name for exercise in key.exercises)}
    files = class_folder.find(COURSE / "examples" / "submitted", ASSIGNMENT, known).files
    return [code for file in files if (code := read(file, STUBS)) is not None]


def as_code(student: str, text: str) -> Code:
    return Code(student, "x.py", tuple(Line("x.py", n, line) for n, line in enumerate(text.splitlines(), 1)))


# ---- What people do to hide a copy -------------------------------------------------------------------------


class _Rename(ast.NodeTransformer):
    """Other names for every argument and variable, function by function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        own = {argument.arg for argument in node.args.args}
        own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in own:
                inner.id = f"my_{inner.id[::-1]}"
            if isinstance(inner, ast.arg) and inner.arg in own:
                inner.arg = f"my_{inner.arg[::-1]}"
        return node


def renamed(text: str) -> str:
    """Comments are gone as well, and the layout is another."""
    return ast.unparse(_Rename().visit(ast.parse(text)))


def reordered(text: str) -> str:
    tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    others = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    return ast.unparse(ast.Module([*others, *functions[::-1]], []))


def commented(text: str) -> str:
    lines = []
    for number, line in enumerate(text.splitlines()):
        indent = " " * (len(line) - len(line.lstrip()))
        lines += [line, *([f"{indent}# my own thought {number}"] if line.endswith(":") else [])]
    return "\n".join(lines)


def added_to(text: str) -> str:
    """Twice as much, different for every text."""
    rng = random.Random(text)
    lines = text.splitlines()
    for number in range(len(lines) // 2):
        parts = [f"x {rng.choice('+-*/%&|^')} {rng.randrange(1, 9999)}" for _ in range(rng.randrange(1, 6))]
        lines += [f"def extra_{number}(x):", f"    return [{', '.join(parts)}]"]
    return "\n".join(lines)


def all_of_it(text: str) -> str:
    return added_to(renamed(reordered(text)))


@pytest.fixture(scope="module")
def honest() -> list[Code]:
    return example_class()


@pytest.mark.parametrize("hide", [renamed, commented, all_of_it])
def test_planted_copies_come_first_and_far_above_everybody_honest(
    honest: list[Code], hide: Callable[[str], str]
) -> None:
    copied = [code for code in honest if code.student in ("anna", "li_na")]
    copies = [as_code(f"copy of {code.student}", hide(code.text)) for code in copied]
    pairs = rank(ASSIGNMENT, [*honest, *copies], STUBS, 50, 0.0)
    planted = {frozenset((code.student, f"copy of {code.student}")) for code in copied}
    assert {frozenset((pair.left.student, pair.right.student)) for pair in pairs[:2]} == planted
    assert pairs[1].similarity > 2 * pairs[2].similarity
    for pair in pairs[:2]:
        assert pair.lines > 30
    assert pairs == sorted(pairs, key=lambda pair: -pair.similarity)


def test_what_everybody_was_given_and_short_idioms_are_no_copy(honest: list[Code]) -> None:
    """Two who fill in the stub with different code and the same few idiomatic lines."""
    idiom = (
        "\n\ndef shape_of(x):\n    n, c, h, w = x.shape\n    out = np.zeros((n, c, h, w))\n    return out\n"
    )
    given = STUBS[0]
    one = as_code("one", given + idiom + "\ndef a(x):\n    return np.max(x, axis=(2, 3)) + 1\n")
    two = as_code("two", given + idiom + "\ndef b(y):\n    for row in y:\n        yield sorted(row)[0] * 2\n")
    pairs = rank(ASSIGNMENT, [*honest, one, two], STUBS, 1000, 0.0)
    (between,) = [pair for pair in pairs if {pair.left.student, pair.right.student} == {"one", "two"}]
    assert between.similarity < 0.3
    without = rank(ASSIGNMENT, [*honest, one, two], [], 1, 0.0)[0]
    assert without.similarity > between.similarity, "the stub is what is taken out"
    untouched = [as_code("three", given), as_code("four", given)]
    assert rank(ASSIGNMENT, untouched, STUBS, 10, 0.0) == []


def test_the_numbers_are_the_same_in_every_process() -> None:
    """Python hashes texts in another way in each."""
    program = f"""
from autograder.submissions.similarity import Code, Line, rank
ASSIGNMENT, STUBS = {ASSIGNMENT!r}, {STUBS!r}
{inspect.getsource(as_code)}
text = STUBS[0]
one = as_code("one", text + "def a(x):\\n    return [row for row in x if row.max() > 0 and row.min() < 1]")
two = as_code("two", text + "def b(y):\\n    return [line for line in y if line.max() > 0]")
print(rank(ASSIGNMENT, [one, two], [], 1, 0.0)[0].similarity)
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=COURSE,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(said) == 1


def test_a_notebook_and_a_script_of_the_same_code_are_alike(tmp_path: Path) -> None:
    text = (COURSE / "examples/submitted/wang_fang/pooling").glob("*")
    (path,) = text
    code = read(class_folder.SubmittedFile("a", ASSIGNMENT, path.name, path), STUBS)
    assert code is not None
    cells = [{"cell_type": "code", "source": code.text, "outputs": [], "metadata": {}}]
    notebook = tmp_path / "x.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    other = read(class_folder.SubmittedFile("b", ASSIGNMENT, "x.ipynb", notebook), STUBS)
    assert other is not None
    (pair,) = rank(ASSIGNMENT, [code, other], STUBS, 10, 0.0)
    assert pair.left_share == pair.right_share == pytest.approx(1)
    for lang, cell in (("en", "cell 1"), ("zh", "单元 1")):
        page = io.StringIO()
        reports.write_page([pair], lang, page)
        assert f"{cell} · " in page.getvalue()


def test_passages_are_where_the_same_code_stands(honest: list[Code]) -> None:
    """Every line of a verbatim copy that was moved down lies in a passage beside its original."""
    (code,) = [code for code in honest if code.student == "anna"]
    added = 7
    moved = as_code("copy", "x = 1\n" * added + code.text)
    pair = rank(ASSIGNMENT, [code, moved], STUBS, 1, 0.0)[0]
    assert pair.passages
    for passage in pair.passages:
        (first, last), (there, _) = passage.left, passage.right
        assert there - first == added
        assert code.lines[first].text == moved.lines[there].text
        assert 0 <= first <= last < len(code.lines)


@pytest.mark.parametrize(
    "texts", [[], ["x = 1"], ["", ""], ["x = 1", "x = 1"], ["'" * 3, "é" * 100, "\t\f\n"]]
)
def test_classes_with_next_to_nothing_in_them(texts: Sequence[str]) -> None:
    codes = [as_code(str(number), text) for number, text in enumerate(texts)]
    assert rank(ASSIGNMENT, codes, [], 10, 0.0) == []


# ---- Reports -----------------------------------------------------------------------------------------------

HOSTILE = (
    "</pre></span><script>document.title = 'stolen'</script><img src=x onerror=alert(1)> {{ 7 * 7 }} &amp;"
)


def hostile_pair() -> Pair:
    rng = random.Random(0)
    body = "\n".join(f"    v{n} = [{rng.random()}, {n!r}] + sorted(range({n}))" for n in range(40))
    text = f"TEXT = {HOSTILE!r}\ndef f(x):\n{body}\n    return TEXT\n"
    codes = [Code(HOSTILE, f"{HOSTILE}.py", as_code("", text).lines), as_code("=1+1", text)]
    (pair,) = rank(ASSIGNMENT, codes, [], 10, 0.0)
    return pair


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attributes}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_shows_hostile_names_and_code_as_text(lang: str) -> None:
    stream = io.StringIO()
    reports.write_page([hostile_pair()], lang, stream)
    page = Page(stream.getvalue())
    assert page.text.count(HOSTILE) >= 5, "names, files and both sides' code"
    assert not {"script", "img", "iframe", "object"} & {*page.tags}
    assert page.tags.count("link") == 1 and 'href="data:,"' in stream.getvalue()  # the page's own icon: none
    assert not {name for name in page.names if name.startswith("on") or name in ("src", "style")}
    assert page.tags.count("pre") == 2 and "default-src 'none'" in stream.getvalue()


def test_csv_and_json_say_the_same_and_hold_no_formula() -> None:
    pair = hostile_pair()
    text, document = io.StringIO(), io.StringIO()
    reports.write_csv([pair], text)
    reports.write_json([pair], document)
    (row,) = csv.DictReader(io.StringIO(text.getvalue()))
    (entry,) = json.loads(document.getvalue())["pairs"]
    assert float(row["similarity"]) == entry["similarity"] == round(pair.similarity, 4)
    assert entry["left"]["student"] == row["student"] == HOSTILE
    assert entry["right"]["student"] == "=1+1" and row["other"] == "'=1+1"
    assert entry["passages"][0]["left"][0]["where"] == "x.py"


# ---- The command -------------------------------------------------------------------------------------------


def test_the_command_writes_its_reports_and_counts_who_cannot_be_read_as_nobody(tmp_path: Path) -> None:
    hand_ins = tmp_path / "class"
    shutil.copytree(COURSE / "examples" / "submitted" / "anna" / ASSIGNMENT, hand_ins / "anna" / ASSIGNMENT)
    shutil.copytree(hand_ins / "anna", hand_ins / "bo")
    (hand_ins / "chi" / ASSIGNMENT).mkdir(parents=True)
    (hand_ins / "chi" / ASSIGNMENT / "broken.ipynb").write_text("{")
    released_folder = str(COURSE / "assignments")
    arguments = [
        "similar",
        str(hand_ins),
        "--out",
        str(tmp_path / "out"),
        "--released",
        released_folder,
        "--lang",
        "en",
    ]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "3 submissions, 1 similar pair\n" in done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "similar.csv",
        "similar.html",
        "similar.json",
    ]
    assert "anna" in (tmp_path / "out" / "similar.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_a_class_that_is_none_is_one_sentence(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["similar", path])
    assert done.exit_code == 2 and done.output.count("\n") == 1
    assert not (tmp_path / "similar").exists()


def test_that_nothing_was_given_out_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for student in ("an", "bo"):
        for name in ("pooling", "training"):
            (tmp_path / "class" / student / name).mkdir(parents=True)
            (tmp_path / "class" / student / name / f"{name}.py").write_text("x = 1\n")
    done = CliRunner().invoke(app, ["similar", "class", "--lang", "en"])
    assert done.exit_code == 0
    assert done.stderr == (
        "autograder: assignments holds nothing of pooling, training, so what all students were given counts "
        "as alike; name its folder with --released.\n"
    )
    assert "4 submissions, 0 similar pairs\n" in done.stdout
