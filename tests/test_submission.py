"""Reading what is handed in: what is kept of honest scripts and notebooks."""

import codecs
import json
from typing import Any

import pytest

from autograder.submissions.source import read
from tests.submission_files import code, kept, notebook, notes, sources

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


def test_a_broken_line_of_a_cell_costs_only_itself() -> None:
    submission = read("a.ipynb", notebook("x = 1", "y = 1\nfor in", "z = 1"))
    assert sources(submission) == ["x = 1", "y = 1", "z = 1"]
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
def test_a_notebook_is_read_by_whatever_name(name: str) -> None:
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


def test_a_syntax_error_costs_its_own_block_and_says_where() -> None:
    submission = read("a.py", b"x = 1\n\nfor in\n\ny = 2")
    assert (sources(submission), notes(submission)) == (["x = 1", "y = 2"], [("a.py", 3, "syntax error")])


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
