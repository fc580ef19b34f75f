"""Reading what is handed in: unreadable, hostile and random files cost one sentence and little time."""

import ast
import contextlib
import encodings
import json
import subprocess
import sys
import time
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.base.messages import in_language
from autograder.submissions.content import MAX_SOURCE
from autograder.submissions.records import Submission, SubmissionError
from autograder.submissions.source import MAX_BYTES, read
from tests.submission_files import code, kept, notebook, notes, sources

# ---- Files that cannot be read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", b"x = 1", "neither a notebook"),
        ("a", b"x = 1", "neither a notebook"),
        ("", b"", "neither a notebook"),
        (".py", b"x = 1", "neither a notebook"),
        ("a.ipynb", b"", "is empty"),
        ("a.ipynb", b" \r\n", "is empty"),
        ("a.py", b"<!DOCTYPE html><html></html>", "no Python code"),
        ("a.ipynb", notebook({"cell_type": "markdown", "source": "x"}), "no code"),
        ("a.py", b" \r\n", "no code"),
        ("a.ipynb", b"x = 1", "line 1"),
        ("a.ipynb", b'{"cells": [],}', "line 1"),
        ("a.ipynb", b'{\n"cells": [', "line 2"),
        ("a.ipynb", b"\xff" * 9, "not a readable notebook"),
        ("a.ipynb", b"[" * 100_000, "not a readable notebook"),
        ("a.ipynb", b'{"a":' * 100_000, "not a readable notebook"),
        ("a.ipynb", b"1" * 100_000, "not a readable notebook"),
        ("a.ipynb", b"[]", "no list of cells"),
        ("a.ipynb", b'{"cells": {}}', "no list of cells"),
        ("a.ipynb", b'{"worksheets": 1e999}', "no list of cells"),
        ("a.ipynb", b" " * (MAX_BYTES + 1), "larger than 32 MiB"),
        ("a.py", b" " * (MAX_BYTES + 1), "larger than 32 MiB"),
        ("a.ipynb", b'{"cells": [' + b"{}," * 2**21, "not a readable notebook"),
        ("a.py", b"#" * (MAX_SOURCE + 1), "characters"),
        ("a.py", b"x = 1\0", "not a text file"),
        ("a.py", b"%PDF-1.4\n\xe2\xe3\xcf\xd3\n" + bytes(range(256)), "neither a notebook"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(name: str, content: bytes, told: str) -> None:
    with pytest.raises(SubmissionError) as raised:
        read(name, content)
    sentence = str(raised.value)
    assert told in sentence.replace("_", "-")
    assert (
        sentence.startswith(name) and sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200
    )


@pytest.mark.parametrize(
    "declared",
    [
        *("no-such", "..", "zip", "rot13", "hex", "idna", "punycode", "unicode_escape", "utf-16", "mbcs"),
        *("ascii", "a" * 50_000, "utf-8-" + "x" * 100),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_declared_encoding_that_the_file_is_not_in_does_not_matter(declared: str, encoding: str) -> None:
    content = f"# coding: {declared}\nx = '卷积' ".encode(encoding)
    assert sources(read("a.py", content)) == ["x = '卷积'"]
    assert not any(declared.replace("-", "_")[:41] in asked for asked in encodings._cache if len(asked) > 40)  # type: ignore[attr-defined]


def test_a_file_name_cannot_steer_a_terminal_or_break_an_encoding() -> None:
    (statement,) = read("\udcff\x1b[2J.py", b"x = 1").statements
    assert statement.where == "\ufffd\ufffd[2J.py"
    (statement,) = read("名" * 10_000 + ".py", b"x = 1").statements
    assert statement.where == "名" * 77 + ".py"


# ---- Hostile sources ---------------------------------------------------------------------------------------


HOSTILE = {
    "brackets": "x = " + "(" * 20_000,
    "closed brackets": "x = " + "(" * 20_000 + ")" * 20_000,
    "unary minuses": "x = " + "-" * 20_000 + "1",
    "a long sum": "x = " + "1+" * 50_000 + "1",
    "attributes": "x = a" + ".a" * 50_000,
    "calls": "x = a" + "()" * 50_000,
    "lambdas": "x = " + "lambda:" * 15_000 + "1",
    "conditions": "x = " + "1 if 1 else " * 10_000 + "1",
    "elif": "if a: x = 1\n" + "elif a: x = 1\n" * 9_000,
    "blocks": "".join(" " * depth + "if 1:\n" for depth in range(200)),
    "f-strings": "x = f'{" + "-" * 20_000 + "1}'",
    "a gigantic integer": "x = " + "9" * 100_000,
    "null characters": "x = 1\0",
    "a lone surrogate": "x = '\ud800'",
    "too long": "x = 1\n" * 30_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_cell_becomes_one_note_and_costs_only_itself(source: str) -> None:
    submission = read("a.ipynb", notebook(source, "x = 1"))
    assert sources(submission) == ["x = 1"]
    assert [note.where for note in submission.notes] == ["cell 1"]
    assert all(len(in_language(note.text, "en")) <= 200 for note in submission.notes)


WIDE = {
    "one sum below the limit of depth": "x = " + "1+" * 500 + "1",
    "one comparison": "x = " + "a<" * 20_000 + "a",
    "one list": "x = [" + "check," * 20_000 + "]",
    "one line of statements": ";".join(["x = 1"] * 10_000),
    "decorators": "@a\n" * 15_000 + "def f(): pass",
    "a decorator far from its mark": "@(\n" + "\n" * 100_000 + "a)\ndef f(): pass",
    "implicit concatenation": "x = " + "'a' " * 30_000,
    "names assigned": "x = " * 30_000 + "1",
    "magics": "%a\n" * 15_000,
    "cell magics": "%%time\n" * 18_000,
    "blanks before a magic": " " * 130_000 + "%a",
    "blanks before an error": "\t" * 130_000 + "$",
    "blank lines before an error": " \n" * 65_000 + "$",
    "help": "? " * 65_000,
    "quotes": '"' * 130_000 + "\n$",
    "separators": "# %%\n$\n" * 7_000,
}


@pytest.mark.parametrize("source", WIDE.values(), ids=WIDE)
def test_a_long_source_is_read_in_linear_time(source: str) -> None:
    started = time.process_time()
    for name, content in (("a.py", source.encode()), ("a.ipynb", notebook(source))):
        with contextlib.suppress(SubmissionError):
            read(name, content)
    assert time.process_time() - started < 5


def test_the_limit_of_code_counts_all_cells_and_lets_small_ones_pass() -> None:
    half = "#" * (MAX_SOURCE // 2)
    submission = read("a.ipynb", notebook(half, half + "#", "x = 1"))
    assert sources(submission) == ["x = 1"]
    assert notes(submission) == [("cell 2", 1, "too complex")]


def test_notes_hold_nothing_that_could_steer_a_terminal() -> None:
    (note,) = read("a.py", b"for i in '\x1b[2J': x = i").notes
    assert note.text == "for i in '\ufffd[2J': x = i"


def test_warnings_about_the_students_source_stay_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kept("x = '\\d'\ny = 1 is 1") == ["x = '\\d'", "y = 1 is 1"]


def test_reading_imports_only_the_standard_library() -> None:
    script = (
        "import sys, autograder.submissions.source\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(names & {'numpy', 'nbformat', 'IPython', 'sympy'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- Fuzzing -----------------------------------------------------------------------------------------------


REAL = notebook(
    {"cell_type": "markdown", "metadata": {}, "source": ["# 卷积神经网络\n", "$$\\delta^{(l)}$$"]},
    "%matplotlib inline\nimport numpy as np\nfrom autograder import check",
    "@np.vectorize\ndef sigmoid(z):\n    '''σ(z)'''\n    return 1 / (1 + np.exp(-z))\n\ncheck(sigmoid)",
    "%%time\ntry:\n    import torch\nexcept ImportError:\n    torch = None\nw = np.ones(2); print(w % 3)",
    code(
        ["for i in range(3):\n", "    print(f'{i:>{3}}')"],
        outputs=[{"output_type": "stream", "text": ["0\n"]}],
    ),
)


def assert_sound(name: str, content: bytes) -> None:
    """Either a refusal, or statements each of which is, alone, the one statement that it was cut from."""
    try:
        submission = read(name, content)
    except SubmissionError:
        return
    for statement in submission.statements:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (node,) = ast.parse(statement.source).body
            with contextlib.suppress(SyntaxError):  # such as a `return` outside a function
                compile(statement.source, statement.where, "exec", dont_inherit=True)
        assert not isinstance(node, ast.Expr | ast.For | ast.While | ast.With | ast.Delete)
        assert statement.line >= 1
        statement.source.encode()
    for note in submission.notes:
        assert note.line >= 1
        f"{note.where} {note.text}".encode()


fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

LINES = st.sampled_from(
    [
        *(
            "x = 1",
            "import os",
            "def f(x):",
            "class 卷积:",
            "    return '残差'",
            "    pass",
            "\t@g",
            "@g",
            "",
            "# 注",
        ),
        *(
            "%matplotlib inline",
            "!ls 'x",
            "y = %time f(",
            "z?",
            "%%time",
            "%%html",
            "# %%",
            "# In[1]:",
            "\x0cx = 2",
        ),
        *(
            "try:",
            "except E:",
            "finally:",
            "else:",
            "if __name__ == '__main__':",
            "if x: y = 1; z = 2",
            "x = '''",
        ),
        *(
            "'''",
            '"',
            "(",
            ")",
            "\\",
            "a = 1; b = '核'; check(a); c = 3",
            "x = check(1)",
            "x = f'{x!r:>{3}}' 'y'",
        ),
        *(
            "\ufeff",
            "\0",
            "\ud800",
            "x = \\",
            "with a as b:",
            "for i in x: y = i",
            "async def g(): await h",
            "\r",
        ),
    ]
)
PROGRAMS = st.lists(LINES, max_size=12).map("\n".join)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | PROGRAMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "input", "worksheets", "metadata", "outputs"]),
            inner | st.just("code"),
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "line", ["from autograder import check", "import autograder", "import autograder.student.notebook"]
)
def test_the_import_of_the_checker_is_no_part_of_a_submission(line: str) -> None:
    assert read("a.py", line.encode()) == Submission((), ())


def test_the_real_notebook_that_is_mutilated_below_is_read_in_full() -> None:
    submission = read("a.ipynb", REAL)
    assert len(submission.statements) == 4
    assert submission.notes == ()
    assert_sound("a.ipynb", REAL)


@fuzz
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.py", "a.ipynb"]))
def test_arbitrary_bytes_never_crash_the_reader(content: bytes, name: str) -> None:
    assert_sound(name, content)


def test_a_truncated_notebook_never_crashes_the_reader() -> None:
    for end in range(len(REAL)):
        assert_sound("a.ipynb", REAL[:end])
        assert_sound("a.py", REAL[:end])


@fuzz
@given(flips=st.lists(st.integers(0, len(REAL) * 8 - 1), min_size=1, max_size=4))
def test_flipped_bits_never_crash_the_reader(flips: list[int]) -> None:
    content = bytearray(REAL)
    for flip in flips:
        content[flip // 8] ^= 1 << flip % 8
    assert_sound("a.ipynb", bytes(content))


@settings(fuzz, max_examples=50)
@given(tree=TREES)
def test_arbitrary_json_never_crashes_the_reader(tree: Any) -> None:
    assert_sound("a.ipynb", json.dumps(tree).encode())
    assert_sound("a.ipynb", json.dumps({"cells": [tree, code(tree)]}).encode())


@fuzz
@given(program=PROGRAMS | st.text(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gbk"]))
def test_arbitrary_text_never_crashes_the_reader(program: str, encoding: str) -> None:
    assert_sound("a.py", program.encode(encoding, "ignore"))
    assert_sound("a.ipynb", notebook(program))
    assert_sound("a.ipynb", notebook(code(program.splitlines(keepends=True))))


@fuzz
@given(declared=st.from_regex(r"[-\w.]{1,20}", fullmatch=True))
def test_no_declared_encoding_crashes_the_reader(declared: str) -> None:
    assert_sound("a.py", f"# coding: {declared}\nx = 1\n".encode())
