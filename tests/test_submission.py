"""What `submission.read` keeps, leaves out and survives."""

import ast
import codecs
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

from autograder.submissions.source import MAX_BYTES, MAX_SOURCE, Submission, SubmissionError, read


def code(source: Any, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source} | more


def notebook(*cells: Any, **more: Any) -> bytes:
    """An `.ipynb` file; a string stands for a code cell."""
    listed = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed} | more).encode()


def kept(text: str) -> list[str]:
    """The statements read from one text, the same from a `.py` and from a notebook's cell."""
    script = read("a.py", text.encode())
    cell = read("a.ipynb", notebook(text))
    assert [s.source for s in script.statements] == [s.source for s in cell.statements]
    assert [(n.line, n.kind, n.text) for n in script.notes] == [(n.line, n.kind, n.text) for n in cell.notes]
    return [statement.source for statement in script.statements]


def sources(submission: Submission) -> list[str]:
    return [statement.source for statement in submission.statements]


def notes(submission: Submission) -> list[tuple[str, int, str]]:
    return [(note.where, note.line, note.kind) for note in submission.notes]


# ---- What is kept ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np",
        "from numpy import (\n    array,\n    zeros,\n)",
        "from __future__ import annotations",
        "def f(x):\n    return x",
        "async def f(x):\n    return x",
        "class A:\n    x = 1",
        "@decorated\n# why\n@twice(\n    1)\ndef f():\n    pass",
        "@(\n    # @not_this_line\n    decorated\n)\nclass A:\n    pass",
        "x = 1",
        "x = y = np.arange(3)",
        "x: int = 1",
        "x: int",
        "x += 1",
        "x = (\n    1\n)",
        "x = '''\n%matplotlib inline\n!ls\n'''",
        "x = 1 + \\\n    2",
        "损失 = '卷积'",
        "def 卷积(核):\n    # 翻转\n    return 核",
        "f = lambda: check(1)",
        "x = [y := 1, y]",
        "checked = 1",
        "try:\n    import torch\nexcept ImportError:\n    torch = None",
        "try:\n    import torch\nexcept ImportError:\n    pass\nelse:\n    has = True\nfinally:\n    'done'",
        "try:\n    x = 1\nexcept* ValueError:\n    x = 2",
        "if True:\n    def f(): pass\nelif False:\n    f = None\nelse:\n    try: import g\n    finally: ...",
        "def f():\n\treturn 1",
        "x = b'\\d' + b'\\ud800'",
    ],
)
def test_definitions_are_kept_as_they_were_written(text: str) -> None:
    with_surroundings = f"print(1)\n\n{text}  # a comment\nprint(2)\n"
    assert kept(with_surroundings) == [text]
    assert read("a.py", with_surroundings.encode()).statements[0].line == 3


@pytest.mark.parametrize(
    "text",
    [
        "print(conv(x))",
        "check(conv)",
        "result = check(conv)",
        "result: bool = check(conv)",
        "results = [check(f) for f in (a, b)]",
        "x += int(input())",
        "shell = get_ipython().getoutput('ls')",
        "'a docstring'",
        "(x := 1)",
        "assert True",
        "del x",
        "pass",
        "global x",
        "raise NotImplementedError()",
        "for x in range(3):\n    print(x)",
        "while True:\n    break",
        "with plt.xkcd():\n    plt.plot([1])",
        "if x:\n    print(1)\nelse:\n    assert x",
        "try:\n    f(x)\nexcept ValueError:\n    pass\nelse:\n    print(1)",
        "for f in (g, h):\n    result = check(f)",
        "if __name__ == '__main__':\n    x = main()",
        "if '__main__' == __name__ and True:\n    x = main()\nelse:\n    y = 1",
        "# only a comment",
        "",
    ],
)
def test_demos_are_left_out_without_a_note(text: str) -> None:
    assert kept(text) == []
    assert read("a.py", text.encode()).notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "for i in range(3):\n    TABLE.append(i)",
        "for i in range(3):\n    if i:\n        TABLE[i] = i",
        "while x:\n    x = 0",
        "with open('x') as f:\n    x = f.read()",
        "match x:\n    case 1: y = 1",
        "if x:\n    print(1)\n    y = 1",
        "if check(x):\n    y = 1",
        "try:\n    import torch\nexcept ImportError:\n    print('no torch')",
        "try:\n    print(1)\nexcept ValueError:\n    x = 1",
        "if x:\n    y = 1\nelse:\n    for i in x: pass",
        "TABLE.append(1)",
        "SEEN.update({1: 2})",
    ],
)
def test_what_functions_may_miss_is_left_out_with_a_note(text: str) -> None:
    assert kept(f"\n{text}") == []
    assert [(note.line, note.kind, note.text) for note in read("a.py", f"\n{text}".encode()).notes] == [
        (2, "left out", text.split("\n")[0])
    ]


def test_statements_that_share_a_line_are_cut_apart_even_behind_wide_characters() -> None:
    assert kept("名 = '卷积核'; print(名); import os; y = '残差' ; z = 1;") == [
        "名 = '卷积核'",
        "import os",
        "y = '残差'",
        "z = 1",
    ]


def test_every_definition_is_kept_in_order_so_that_the_later_one_wins() -> None:
    assert kept("def f(): return 1\nx = f()\ndef f(): return 2") == [
        "def f(): return 1",
        "x = f()",
        "def f(): return 2",
    ]


# ---- Magics ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%matplotlib inline\nx = 1", ["x = 1"]),
        ("!pip install numpy\nx = 1", ["x = 1"]),
        ("!echo it's \"unbalanced (\nx = 1", ["x = 1"]),
        ("!pip install \\\n   numpy\nx = 1", ["x = 1"]),
        ("?np.sum\nnp.sum?\nx = 1\nx??", ["x = 1"]),
        ("y = %timeit -o f()\nfiles = !ls\nx = 1", ["x = 1"]),
        ("def f():\n    %time g()\n    return 1", ["def f():\n    pass\n    return 1"]),
        ("def f():\n\t!ls\nx = 1", ["def f():\n\tpass", "x = 1"]),
        ("%pip list\nx = '''\n% kept\n! kept\n'''", ["x = '''\n% kept\n! kept\n'''"]),
        ('%pip list\nx = """a \\""" b\n%kept"""', ['x = """a \\""" b\n%kept"""']),
        ("%pip list\nx = (7\n  % 3)", ["x = (7\n  % 3)"]),
        ("%pip list\nx = 7 \\\n  % 3", ["x = 7 \\\n  % 3"]),
        ("%pip list\nx = 'a\\\n%kept'", ["x = 'a\\\n%kept'"]),
        ("%pip list\nx = '%d' % 3  # 100 %, why?", ["x = '%d' % 3"]),
        ("x = 7\nx %= 3", ["x = 7", "x %= 3"]),
        ("%pip list\nx %= 3\ny = x != 3", ["x %= 3", "y = x != 3"]),
    ],
)
def test_line_magics_are_taken_out_but_never_out_of_strings_or_expressions(
    text: str, expected: list[str]
) -> None:
    assert kept(text) == expected


def test_lines_keep_their_numbers_when_magics_are_taken_out() -> None:
    submission = read("a.ipynb", notebook("%pip list\n!a \\\n b\nx = 1\n%pip list\ndef f(): pass"))
    assert [statement.line for statement in submission.statements] == [4, 6]


def test_magics_that_would_define_a_name_are_noted_and_others_are_not() -> None:
    submission = read("a.ipynb", notebook("%pip list\nx = !ls\n%run helpers.py\n%env A=1\n!A=1 ls\nf?"))
    assert [(note.line, note.text) for note in submission.notes] == [(2, "x = !ls"), (3, "%run helpers.py")]


@pytest.mark.parametrize(
    "magic", ["%%time", "%%timeit -n 3", "%%capture out", "%%prun", "\n%%time\n%%capture"]
)
def test_the_body_below_a_measuring_cell_magic_counts(magic: str) -> None:
    submission = read("a.ipynb", notebook(f"{magic}\n%pip list\nx = 1"))
    assert sources(submission) == ["x = 1"]
    assert submission.statements[0].line == magic.count("\n") + 3


@pytest.mark.parametrize(
    "magic", ["%%html", "%%bash", "%%writefile a.py", "%%timeits", "%%time\n%%javascript"]
)
def test_any_other_cell_magic_leaves_out_its_cell(magic: str) -> None:
    submission = read("a.ipynb", notebook(f"{magic}\nx = 1", "y = 1"))
    assert sources(submission) == ["y = 1"]
    assert notes(submission) == [("cell 1", magic.count("\n") + 1, "left out")]


# ---- Honest notebooks --------------------------------------------------------------------------------------


def test_a_broken_cell_costs_only_itself() -> None:
    submission = read("a.ipynb", notebook("x = 1", "y = 1\nfor in", "z = 1"))
    assert sources(submission) == ["x = 1", "z = 1"]
    assert notes(submission) == [("cell 2", 2, "syntax error")]


def test_cells_are_counted_as_jupyter_counts_them_after_run_all() -> None:
    cells = ["a = 1", "", {"cell_type": "markdown", "source": "# 题目"}, " \n", "# only a comment", "b = 1"]
    submission = read("a.ipynb", notebook(*cells))
    assert [(s.where, s.line) for s in submission.statements] == [("cell 1", 1), ("cell 3", 1)]


@pytest.mark.parametrize(
    "cell",
    [
        code(["x = 1\n", "y = 2"]),
        code("x = 1\ny = 2"),
        code("x = 1\r\ny = 2\r\n"),
        code("x = 1\ry = 2\r"),
        code("\ufeffx = 1\ny = 2"),
        code("\x0cx = 1\n\x0cy = 2"),
        code("    x = 1\n    y = 2"),
        code("\n\t%pip list\n\tx = 1\n\ty = 2"),
        code("x = 1\ny = 2", outputs={"any": ["shape", None]}),
        code("x = 1\ny = 2", outputs=[{"output_type": "error", "traceback": None}, 7, None]),
        code("x = 1\ny = 2", metadata=None, execution_count="7", id="same"),
        code(["x = 1\n", None, 7, "y = 2"]),
        {"cell_type": "code", "source": "x = 1\ny = 2"},
        {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "language": "python"},
    ],
)
def test_the_code_of_an_unusual_cell_is_read(cell: Any) -> None:
    assert sources(read("a.ipynb", notebook(cell, cell))) == ["x = 1", "y = 2"] * 2


@pytest.mark.parametrize(
    "cell",
    [
        None,
        7,
        [],
        {},
        {"cell_type": "code"},
        code(None),
        code({"x": 1}),
        {"cell_type": "raw", "source": "x = 1"},
        {"cell_type": "heading", "level": 1, "source": "x = 1"},
        {"cell_type": "no such type", "source": "x = 1"},
        {"cell_type": ["code"], "source": "x = 1"},
        {"source": "x = 1"},
    ],
)
def test_what_is_not_a_code_cell_with_code_is_passed_over(cell: Any) -> None:
    submission = read("a.ipynb", notebook(cell, "y = 1"))
    assert [(s.source, s.where) for s in submission.statements] == [("y = 1", "cell 1")]
    assert submission.notes == ()


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"cells": [code("x = 1")]}).encode(),
        json.dumps({"cells": [code("x = 1")], "metadata": {"kernelspec": {"name": "我的"}}}).encode(),
        json.dumps(
            {"nbformat": 3, "worksheets": [None, {}, {"cells": [code("x = 1")]}, {"cells": 7}]}
        ).encode(),
        codecs.BOM_UTF8 + notebook("x = 1"),
        notebook("x = 1").decode().encode("utf-16"),
        notebook("x = 1").decode().encode("utf-16-le"),
        notebook("x = 1", extra=float("nan")),
    ],
)
def test_an_unusual_notebook_is_read(content: bytes) -> None:
    assert sources(read("a.ipynb", content)) == ["x = 1"]


@pytest.mark.parametrize("name", ["A.IPYNB", "a.b.ipynb", "dir/a.ipynb", "C:\\dir\\a.ipynb", "卷积.ipynb"])
def test_the_extension_alone_says_what_a_file_is(name: str) -> None:
    assert sources(read(name, notebook("x = 1"))) == ["x = 1"]


# ---- Honest scripts ----------------------------------------------------------------------------------------


TEXT = "# 卷积\nx = '残差'\nprint(x)\nif x:\n\ty = 1\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.encode("utf-8-sig"),
        ("# -*- coding: gbk -*-\n" + TEXT).encode("utf-8-sig"),  # the mark is right, the comment is left over
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        ("# -*- coding: gbk -*-\n" + TEXT).encode("gbk"),
        ("# 作业 coding=GB18030\r\n" + TEXT).encode("gb18030"),
        ("# 作业\n# vim: set fileencoding=gb2312 :\n" + TEXT).encode("gb2312"),
        ("\n# -*- coding: utf-8-unix -*-\n" + TEXT).encode(),
        ("# -*- coding: gbk-dos -*-\r" + TEXT.replace("\n", "\r")).encode("gbk"),
    ],
)
def test_a_script_is_read_in_the_encoding_that_it_is_written_in(content: bytes) -> None:
    x, y = read("作业.py", content).statements
    assert (x.source, y.source) == ("x = '残差'", "if x:\n\ty = 1")
    assert (y.where, y.line - x.line) == ("作业.py", 2)


def test_an_encoding_is_declared_on_the_first_two_lines_only() -> None:
    assert kept("x = 1\n# coding: gbk\ny = '卷积'") == ["x = 1", "y = '卷积'"]
    assert kept("#\n#\n# coding: gbk\ny = '卷积'") == ["y = '卷积'"]


def test_a_script_with_a_syntax_error_defines_nothing_and_says_where() -> None:
    submission = read("a.py", b"x = 1\n\nfor in")
    assert (submission.statements, notes(submission)) == ((), [("a.py", 3, "syntax error")])


@pytest.mark.parametrize("separator", ["# %%", "#%%", "# %% a title", "# %%%", "# In[3]:", "# In[ ]:"])
def test_a_percent_script_with_a_syntax_error_is_read_cell_by_cell(separator: str) -> None:
    cells = ["x = 1\n", "\nfor in\n", "\n%%time\n# %%time\ny = 1\n# %% [markdown]\n题目\n", "\nz = 1"]
    submission = read("a.py", separator.join(cells).encode())
    assert [(s.source, s.where, s.line) for s in submission.statements] == [
        ("x = 1", "a.py", 1),
        ("y = 1", "a.py", 7),
        ("z = 1", "a.py", 11),
    ]
    assert notes(submission) == [("a.py", 3, "syntax error")]


def test_a_separator_inside_a_string_splits_nothing() -> None:
    assert kept("x = '''\n# %%\n'''\n") == ["x = '''\n# %%\n'''"]


# ---- Files that cannot be read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", b"x = 1", "neither a notebook"),
        ("a", b"x = 1", "neither a notebook"),
        ("", b"", "neither a notebook"),
        (".py", b"x = 1", "neither a notebook"),
        ("a.ipynb", b"", "line 1"),
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
        ("a.ipynb", b" " * (MAX_BYTES + 1), "larger than 5 MiB"),
        ("a.py", b" " * (MAX_BYTES + 1), "larger than 5 MiB"),
        ("a.py", b"#" * (MAX_SOURCE + 1), "characters"),
        ("a.py", b"x = 1\0", "not a text file"),
        ("a.py", "x = '卷积'".encode("gbk"), "encoding utf-8"),
        ("a.py", "x = 1".encode("utf-16-le"), "not a text file"),
        ("a.py", codecs.BOM_UTF16_LE + b"x", "encoding utf-16"),
        ("a.py", codecs.BOM_UTF8 + b"\xff", "encoding utf-8"),
        ("a.py", "# coding: ascii\nx = '卷积'".encode(), "encoding ascii"),
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
    "encoding",
    ["no-such", "..", "zip", "rot13", "hex", "idna", "punycode", "unicode_escape", "utf-16", "mbcs"],
)
def test_a_declared_encoding_that_no_editor_writes_is_refused_by_the_name_given(encoding: str) -> None:
    with pytest.raises(SubmissionError, match=f"not text in the encoding {encoding};"):
        read("a.py", f"# coding: {encoding}\nx = 1 ".encode())


@pytest.mark.parametrize("name", ["a" * 5_000_000, "utf-8-" + "x" * 100])
def test_a_declared_encoding_is_quoted_in_part_and_not_asked_for(name: str) -> None:
    with pytest.raises(SubmissionError) as raised:
        read("a.py", f"# coding: {name}\nx = 1".encode())
    assert f"encoding {name[:40]}…; save" in raised.value.text.in_language("en")
    assert len(raised.value.text.in_language("en")) < 150 and len(raised.value.text.in_language("zh")) < 150
    assert not any(name.replace("-", "_") in asked for asked in encodings._cache)  # type: ignore[attr-defined]


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
    assert all(len(note.text) <= 200 for note in submission.notes)


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
    read("a.py", source.encode())
    read("a.ipynb", notebook(source))
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


@fuzz
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
