"""What real files hold: bytes, broken code, functions that are not there.

Each case is graded as it should be, by every route alike, and no exercise without points is without its true
reason. A case is a file, the points of its two exercises, and what is said: of an exercise, or in a note.
"""

import contextlib
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pytest
from rich.console import Console

from autograder.authoring.draw import draw_key
from autograder.authoring.exercise import Exercise
from autograder.grading.grade_class import content_of
from autograder.integrations.gradescope import harness, isolation
from autograder.integrations.nbgrader import cells, restore
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey
from autograder.judging.evaluate import Evaluation, evaluate, unreadable
from autograder.judging.judge import calls
from autograder.judging.results import SubmissionResult, Verdict
from autograder.reports import csv_file, gradescope, moodle_file, terminal
from autograder.sandbox import client
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.student import pytest_plugin, workspace
from autograder.student.checking import Checker
from autograder.student.watch import progress
from autograder.student.watch import screen as watch_screen
from autograder.submissions import class_folder, content, records, source
from tests.intake.trees import Tree, written, zipped
from tests.submission_files import code, notebook


def max_pool(a: np.ndarray) -> np.ndarray:
    return a.max(axis=0)


def avg_pool(a: np.ndarray) -> np.ndarray:
    return a.mean(axis=0)


HEAD = "import numpy as np\n\n"
MAX = "def max_pool(a):\n    '''最大池化'''\n    return np.max(a, axis=0)\n\n\n"
AVG = "def avg_pool(a):\n    return a.mean(axis=0)\n\n\n"
STUB = "def max_pool(a):\n    '''最大池化'''\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
MARKDOWN = {"cell_type": "markdown", "metadata": {}}


@dataclass(frozen=True)
class Case:
    """`earned`: the points of max_pool and avg_pool, of 4 and 6."""

    content: bytes
    earned: tuple[int, int] = (4, 6)
    said: str = ""
    note: str = ""
    file: str = "pooling.py"


def script(text: str, *about: Any, **more: Any) -> Case:
    return Case((HEAD + text).encode(), *about, **more)


def cells_of(*listed: Any, **more: Any) -> Case:
    return Case(notebook(HEAD, *listed), file=more.pop("file", "pooling.ipynb"), **more)


def sheets(version: int) -> bytes:
    found = [
        {"cell_type": "code", "language": "python", "input": text, "outputs": []} for text in (HEAD, MAX, AVG)
    ]
    return json.dumps(
        {"nbformat": version, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": found}]}
    ).encode()


BOTH = HEAD + "# 残差与卷积核\n" + MAX + AVG
ACCENTS = HEAD + "# für die Übung, déjà vu\n" + MAX.replace("最大池化", "größte") + AVG
PHOTO = code(MAX + AVG, outputs=[{"output_type": "display_data", "data": {"image/png": "iVBORw0K" * 2**20}}])
ENDLESS = "def burn():\n    while True:\n        pass\n\n"

CASES: dict[str, Case] = {
    # ---- bytes ----
    "GBK": Case(BOTH.encode("gbk"), note="read as GB18030"),
    "GB18030": Case(BOTH.replace("残差", "残差𠮷").encode("gb18030"), note="read as GB18030"),
    "GBK, declared": Case(("# -*- coding: gbk -*-\n" + BOTH).encode("gbk")),
    "GBK, declared UTF-8": Case(("# -*- coding: utf-8 -*-\n" + BOTH).encode("gbk"), note="not UTF-8"),
    "UTF-16": Case(BOTH.encode("utf-16"), note="read as UTF-16"),
    "UTF-16 without a mark": Case((HEAD + AVG + MAX.replace("最大池化", "max")).encode("utf-16-le")),
    "UTF-8 with a mark": Case(BOTH.encode("utf-8-sig")),
    "Latin-1": Case(ACCENTS.encode("latin-1"), note="read as Windows-1252"),
    "CR only": Case(BOTH.replace("\n", "\r").encode()),
    "CR only, GBK": Case(BOTH.replace("\n", "\r").encode("gbk")),
    "CRLF": Case(BOTH.replace("\n", "\r\n").encode()),
    "Big5": Case((HEAD + "# 卷積神經網路的反向傳播，殘差\n" + MAX + AVG).encode("big5", "ignore")),
    "a notebook as .py": Case(notebook(BOTH), note="holds a notebook", file="pooling.py"),
    "a script as .ipynb": Case(BOTH.encode(), note="holds a Python script", file="pooling.ipynb"),
    ".ipynb.txt": Case(notebook(BOTH), file="pooling.ipynb.txt"),
    ".ipynb.json": Case(notebook(BOTH), file="pooling.ipynb.json"),
    ".py.txt": Case(BOTH.encode(), file="pooling.py.txt"),
    "a notebook in UTF-16": Case(notebook(BOTH).decode().encode("utf-16"), file="pooling.ipynb"),
    "a notebook in GBK": Case(
        json.dumps(json.loads(notebook(BOTH)), ensure_ascii=False).encode("gbk"), file="pooling.ipynb"
    ),
    "8 MiB of outputs": Case(notebook(HEAD, PHOTO), file="pooling.ipynb"),
    "8 MiB of pasted photographs": cells_of(
        {**MARKDOWN, "source": "", "attachments": {"a.png": {"image/png": "iVBORw0K" * 2**20}}}, MAX, AVG
    ),
    "nbformat 2": Case(sheets(2), file="pooling.ipynb"),
    "nbformat 3": Case(sheets(3), file="pooling.ipynb"),
    "nbformat 4.0": Case(notebook(BOTH, nbformat_minor=0), file="pooling.ipynb"),
    "nothing": Case(b"", (0, 0), "is empty: it holds no code"),
    "an empty notebook": Case(b" \n", (0, 0), "is empty: it holds no code", file="pooling.ipynb"),
    "a page of the web": Case(b"<!DOCTYPE html><html></html>", (0, 0), "holds no Python code"),
    "MATLAB": Case(b"function y = max_pool(a)\n  y = max(a);\nend\n", (0, 0), "holds no Python code"),
    "R": Case(notebook("max_pool <- function(a) { a }"), (0, 0), "holds no Python code", file="p.ipynb"),
    "only text cells": Case(
        notebook({**MARKDOWN, "source": "# 作业"}), (0, 0), "holds no code", file="p.ipynb"
    ),
    "a PDF as .py": Case(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)), (0, 0), "neither a notebook"),
    "a notebook cut off": Case(notebook(BOTH)[:-40], (0, 0), "not a readable notebook", file="pooling.ipynb"),
    # ---- own statements ----
    "endless training": script(
        ENDLESS + MAX + AVG + "x = burn()\n", note="line 16: this statement was left out"
    ),
    "training in a comprehension": script(
        MAX + AVG + "losses = [sum(range(10**6)) for _ in range(2000)]\n", note="it takes too long"
    ),
    "100 MB printed": script(
        MAX + AVG + "x = [print('x' * 10**6) for _ in range(100)]\n", note="prints too much"
    ),
    "an early end": script("import os\nx = os._exit(0)\n" + MAX + AVG, note="it ends the program"),
    "sys.exit": script("import sys\nx = sys.exit()\n" + MAX + AVG, note="SystemExit"),
    "input": script("n = int(input())\nsys.exit()\nwhile True: pass\nplt.show()\n" + MAX + AVG),
    "a sleep": script("import time\ntime.sleep(20)\n" + MAX + AVG),
    "a decorator that never ends": script(
        ENDLESS + "def slow(f):\n    burn()\n\n@slow\n" + MAX + AVG, (0, 6), "never ends or takes too long"
    ),
    # ---- syntax ----
    "a full-width comma": script(
        AVG + MAX.replace("a, axis", "a， axis"), (0, 6), "SyntaxError in pooling.py, line 9"
    ),
    "a full-width colon": script(MAX.replace("(a):", "(a)：") + AVG, (0, 6), "SyntaxError"),
    "an open bracket": script(MAX.replace("axis=0)", "axis=0") + AVG, (0, 6), "'(' was never closed"),
    "an open bracket above": script("x = (1, 2\n\n" + MAX + AVG),
    "a string that is open on a line further down": script(
        AVG + MAX.replace("    return", "    print('abc)\n    return"), (0, 6), "detected at line 9"
    ),
    "no body, further down": script(AVG + "def max_pool(a):\n\nx = 1\n", (0, 6), "definition on line 7"),
    "a space of no width": script(
        MAX.replace("    return", "\u200b    return") + AVG, (0, 6), "non-printable character U+200B"
    ),
    "an open string": script(MAX.replace("化'''", "化") + AVG, (0, 6), "SyntaxError"),
    "tabs and spaces": script(
        "def max_pool(a):\n        b = a\n\treturn b.max(axis=0)\n\n" + AVG, (0, 6), "SyntaxError"
    ),
    "no body": script("def max_pool(a):\n\n" + AVG, (0, 6), "expected an indented block"),
    "magics in a script": script("%matplotlib inline\n!pip install numpy\nnp.max?\n" + MAX + AVG),
    "a merge conflict inside": script(
        MAX.replace("    return", "<<<<<<< HEAD\n    return")
        + "=======\n    return 0\n>>>>>>> theirs\n"
        + AVG,
        (0, 6),
        "SyntaxError",
    ),
    "a merge conflict around": script("<<<<<<< HEAD\n" + MAX + "=======\n" + AVG + ">>>>>>> theirs\n"),
    "Python 3.12's f-string": script(
        MAX.replace("return", "print(f'{a['x']}')\n    return") + AVG, (0, 6), "Python 3.12 or newer"
    ),
    "Python 3.12's generics": script(MAX.replace("pool(", "pool[T](") + AVG, (0, 6), "Python 3.12 or newer"),
    "a broken cell": cells_of(MAX.replace("(a):", "(a)"), AVG, earned=(0, 6), said="cell 2, line 1"),
    "prose between": script("这里是我的解答\n\n" + MAX + AVG),
    "a prompt pasted": script(
        ">>> " + MAX.replace("\n    ", "\n...     ") + AVG, (0, 6), "line 3 (invalid syntax)"
    ),
    "numbers of lines pasted": script("1 " + MAX + AVG, (0, 6), "line 3 (invalid syntax)"),
    "Def": script(MAX.replace("def", "Def") + AVG, (0, 6), "line 3 (invalid syntax)"),
    "an answer of a chat": script("好的，下面是代码：\n\n```python\n" + MAX + "```\n\n说明：……\n\n" + AVG),
    "spaces of a word processor": script(
        MAX.replace("    return", "\u00a0   return") + AVG, (0, 6), "non-printable character U+00A0"
    ),
    # ---- where the function is ----
    "never defined": script(AVG, (0, 6), "There is no function called max_pool"),
    "another name": script(
        MAX.replace("max_pool", "maxPooling") + AVG, (0, 6), "the nearest name is maxPooling"
    ),
    "a text cell": cells_of({**MARKDOWN, "source": MAX}, AVG, earned=(0, 6), said="is in a text cell"),
    "a raw cell": cells_of(
        {**MARKDOWN, "cell_type": "raw", "source": MAX}, AVG, earned=(0, 6), said="text cell"
    ),
    "%%writefile": cells_of(
        "%%writefile a.py\n" + MAX, AVG, earned=(0, 6), said="begins with %%writefile a.py"
    ),
    "numba": script("from numba import njit\n\n@njit\n" + MAX + AVG, (0, 6), "numba cannot be imported"),
    "an annotation": script(
        "try:\n    import torch\nexcept ImportError:\n    pass\n"
        + MAX.replace("(a)", "(a: torch.Tensor)")
        + AVG,
        (0, 6),
        "use torch, and torch cannot be imported",
    ),
    "a decorator that fails": script("@1\n" + MAX + AVG, (0, 6), "while it was being defined"),
    "in a class": script(
        "class Pool:\n    " + MAX.replace("\n", "\n    ") + "\n" + AVG, (0, 6), "line 3: class Pool:"
    ),
    "in a function": script(
        "def main():\n    " + MAX.replace("\n", "\n    ") + "\n" + AVG, (0, 6), "line 3: def main():"
    ),
    "under main": script(
        AVG + "if __name__ == '__main__':\n    " + MAX.replace("\n", "\n    "),
        (0, 6),
        "only inside another statement (pooling.py, line 8: if __name__",
    ),
    "in a loop": script(
        AVG + "for i in range(1):\n    " + MAX.replace("\n", "\n    "), (0, 6), "for i in range(1):"
    ),
    "overwritten": script(
        MAX + AVG + "max_pool = max_pool(np.ones((2, 2)))\n", (0, 6), "line 12 makes it something else"
    ),
    "a lambda that is none": script("max_pool = jit(lambda a: a)\n" + AVG, (0, 6), "or raises an exception"),
    "a later stub": script(MAX + AVG + STUB, note="left out: this unfinished max_pool"),
    "a later stub in a notebook": cells_of(MAX, AVG, STUB, note="what counts is max_pool in cell 2, line 1"),
    "a later pass": script(MAX + AVG + "def max_pool(a):\n    pass\n", note="unfinished max_pool"),
    "an earlier stub": script(STUB + MAX + AVG),
    "a raise left behind": script(MAX.rstrip() + "\n    raise NotImplementedError()\n" + AVG),
    "a raise left in front": script(
        MAX.replace("    return", "    raise NotImplementedError()\n    return") + AVG,
        (0, 6),
        "comes to its raise",
    ),
    "an untouched stub": script(STUB + AVG, (0, 6), "max_pool is not started yet"),
    "a call of a stub": script(
        STUB + "def avg_pool(a):\n    return max_pool(a)\n",
        (0, 0),
        "avg_pool calls max_pool, which is not written",
    ),
    # ---- names and modules that are not there ----
    "a module not installed": script(
        "import torch\nx = torch.ones(1)\n" + MAX.replace("np.max(", "torch.max(") + AVG, (0, 6), "torch"
    ),
    "a helper's file": script(
        "from helper import most\n" + MAX.replace("np.max(a, axis=0)", "most(a)") + AVG, (0, 6), "helper"
    ),
    "numpy under another name": Case(("import numpy\n" + MAX + AVG).encode(), (0, 6), "np"),
    "a name from what was stopped": script(
        "W = [sum(range(10**6)) for _ in range(2000)]\n" + MAX.replace("np.max(a", "np.max(a * W") + AVG,
        (0, 6),
    ),
    "a name from what raises": script("W = 1 / 0\n" + MAX.replace("np.max(a", "np.max(a * W") + AVG, (0, 6)),
    "a name that a hidden input could have chosen": script(
        "v0 = v1 = 1 / 0\n"
        + MAX.replace(
            "    return",
            "    raise NameError(f\"name 'v{len(a) % 2}' is not defined\")\n    v0, v1\n    return",
        )
        + AVG,
        (0, 6),
    ),
    "a name from a module not installed": script(
        "import torch\nW = torch.ones(1)\n" + MAX.replace("np.max(a", "np.max(a * W") + AVG, (0, 6)
    ),
    "a typing error": script(MAX.replace("(a, axis", "(aa, axis") + AVG, (0, 6), "aa"),
    "a module that no exercise needs": script("import torch\nnet = torch.nn.Linear(1, 2)\n" + MAX + AVG),
    # ---- names that NumPy has removed ----
    "np.float": script(
        MAX + AVG.replace("a.mean", "a.astype(np.float).mean"), (4, 0), "np.float (now float)"
    ),
    "np.int": script(MAX.replace("np.max(a", "np.max(a.astype(np.int)") + AVG, (0, 6), "np.int (now int)"),
    "np.float of a default value": script(
        MAX.replace("(a):", "(a, kind=np.float):") + AVG,
        (0, 6),
        "np.float (now float)",
    ),
    "np.int above": script(
        "I = np.int\n" + MAX.replace("np.max(a", "np.max(a * I(1)") + AVG, (0, 6), "np.int"
    ),
    "np.Inf": script(MAX.replace("np.max(a", "np.max(a + 0 / np.Inf") + AVG, (4, 6)),
    "np.product": script(AVG.replace("return", "n = np.product(a.shape)\n    return") + MAX, (4, 6)),
    "from numpy": script(
        "from numpy import float_, max\n" + AVG + MAX.replace("np.max(a", "np.max(a + float_(0)")
    ),
}
"""Case by case. Of NumPy's names those are worth nothing that the installed NumPy has not: `settled`."""


def settled(name: str) -> Case:
    case = CASES[name]
    said = {
        "np.Inf": ("Inf", (0, 6), "np.Inf (now np.inf)"),
        "np.product": ("product", (4, 0), "np.product (now np.prod)"),
        "from numpy": ("float_", (0, 6), "np.float_ (now np.float64)"),
    }.get(name)
    return Case(case.content, said[1], said[2]) if said and not hasattr(np, said[0]) else case


def exercises() -> tuple[Exercise, Exercise]:
    made = Exercise(max_pool, points=4, lecture="1"), Exercise(avg_pool, points=6, lecture="2")
    for each in made:
        each.group("some", points=each.points, zh="一些", en="some")(
            lambda rng: [(rng.normal(size=(3, 4)),), (rng.normal(size=(5, 2)),)]
        )
    return made


LIMITS = Limits(cpu_seconds=0.5, loading_seconds=0.4)


@pytest.fixture(scope="module")
def key() -> AnswerKey:
    return draw_key("pooling", exercises(), "0", visible=False)


@pytest.fixture(scope="module")
def sandbox(key: AnswerKey) -> Iterator[Sandbox]:
    with Sandbox(calls(key), LIMITS, "process") as warm:
        yield warm


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    path = tmp_path_factory.mktemp("visible") / "pooling.visible.npz"
    answer_key.save(draw_key("pooling", exercises(), "0", visible=True), path)
    with Checker(path) as warm:
        warm._sandbox.limits = LIMITS
        yield warm


BY_THE_FILE = {
    "a module not installed": "It uses torch, and torch cannot be imported here.",
    "a helper's file": "It uses most, and helper cannot be imported here.",
    "numpy under another name": "It uses names that are not defined: np; define or import",
    "a typing error": "It uses names that are not defined: aa; define or import",
    "a name from what was stopped": "It uses W, to which statements of this file give a value",
    "a name that a hidden input could have chosen": "It uses v0, v1, to which",
    "a name from what raises": "It uses W, to which statements of this file give a value",
    "a name from a module not installed": "It uses torch, and torch cannot be imported here.",
}
"""What is said of hidden cases by the file's text alone: of visible ones that is what was raised; all else is
the same of both."""


def test_a_module_that_no_exercise_needs_is_not_noted(key: AnswerKey, sandbox: Sandbox) -> None:
    done = evaluate("p.py", CASES["a module that no exercise needs"].content, key, sandbox.run)
    assert not done.notes


# ---- Every route -------------------------------------------------------------------------------------------

Heard = tuple[tuple[float, ...], tuple[str, ...], str]
"""What a route tells: the points and the reason of each exercise ("" where it is right), and the rest."""


def case_told(evaluated: pytest_plugin._Evaluated, at: tuple[str, str, int]) -> str:
    """What pytest reports of a case; "" where it passes."""
    item: Any = SimpleNamespace(evaluated=evaluated, at=at, add_report_section=lambda *given: None)
    try:
        pytest_plugin.Case.runtest(item)
    except pytest.skip.Exception as skipped:
        return str(skipped)
    except pytest_plugin.NotRight as error:
        notes = "".join(note.in_language("en") + "\n" for note in evaluated._results[0].notes)
        return evaluated.message(error.result).removeprefix(notes).split("\n")[0]
    return ""


class Routes:
    """Every route that a single file may take, in this process: the hidden key's, and the visible key's."""

    def __init__(self, key: AnswerKey, sandbox: Sandbox, checker: Checker, folder: Path) -> None:
        self.key, self.sandbox, self.checker, self.folder = key, sandbox, checker, folder
        for name in ("source", "submission", "results", "work"):
            (folder / name).mkdir()
        answer_key.save(key, folder / "source" / f"pooling{answer_key.HIDDEN}")
        answer_key.save(checker.key, folder / "work" / f"pooling{workspace.ENDING}")

    def handed_in(self, folder: str, case: Case) -> Path:
        for earlier in (self.folder / folder).glob("*.ipynb*"), (self.folder / folder).glob("*.py*"):
            for path in earlier:
                path.unlink()
        path = self.folder / folder / case.file
        path.write_bytes(case.content)
        return path

    def grade(self, case: Case) -> Heard:
        done = evaluate(case.file, case.content, self.key, self.sandbox.run)
        reasons = [each.symptom.in_language("en") if each.symptom else "" for each in done.exercises]
        said = [*done.notes, *(each.symptom for each in done.exercises if each.symptom)]
        assert all(re.search("[一-鿿]", text.in_language("zh")) for text in said)
        rest = "\n".join(note.in_language("en") for note in done.notes)
        return tuple(each.points for each in done.exercises), tuple(reasons), rest

    def gradescope(self, case: Case) -> Heard:
        self.handed_in("submission", case)
        asked = tuple((name, getattr(LIMITS, name)) for name in ("cpu_seconds", "loading_seconds"))
        harness.grade(self.folder, "en", asked)
        document = json.loads((self.folder / "results" / "results.json").read_bytes())
        *tests, _instructors = [test for test in document["tests"] if test["visibility"] != "after_due_date"]
        lines = [str(test["output"]).split("\n")[0] for test in tests]
        if document["output"] and not document["score"] and lines[0] == "missing":  # said once
            lines = [document["output"].split("\n")[0]] * len(lines)
        assert document["score"] == sum(test["score"] for test in tests)
        return tuple(test["score"] for test in tests), tuple(lines), document["output"]

    def nbgrader(self, case: Case) -> Heard | None:
        """The notebook as nbgrader hands it over: converted to format 4, its cells restored."""
        try:
            document = json.loads(case.content)
        except ValueError:
            return None  # nbgrader refuses it
        if case.file != "pooling.ipynb" or not isinstance(document, dict) or "nbformat" not in document:
            return None
        if document["nbformat"] != 4:
            document = json.loads(nbformat.writes(nbformat.convert(nbformat.from_dict(document), 4)))
        content = cells.without_tests(restore.restored(document, {}))
        done = evaluate(case.file, content, self.key, self.sandbox.run)
        told = [cells.feedback(each, each.max_points, "en") for each in done.exercises]
        wrong = [
            "" if each.verdict is Verdict.AC else said.sentences[-1]
            for each, said in zip(done.exercises, told, strict=True)
        ]
        return tuple(each.points or 0 for each in told), tuple(wrong), ""

    def check(self, case: Case) -> Heard:
        path = self.handed_in("work", case)
        assert workspace.current_files(path.parent) == [path] and workspace.key_beside(path)
        self.checked = self.checker.check(path)
        result = self.checked.result
        screen = Console(width=10_000, file=io.StringIO())
        terminal.check_list(self.checked, "en", screen, frozenset(), "--hint")
        shown = screen.file.getvalue()
        reasons = [each.symptom.in_language("en") if each.symptom else "" for each in result.exercises]
        assert all(reason in shown for reason in reasons)
        return tuple(each.points for each in result.exercises), tuple(reasons), shown

    def watch(self, case: Case) -> Heard:
        """What its screen shows of the check before, each exercise being the one that was saved last."""
        place = workspace.Place(self.folder / "work", "pooling")
        points, reasons = [], []
        for each in self.checked.result.exercises:
            work = progress.Work(
                place, self.checker.key, place.files[0], self.checked.result, edited=each.name
            )
            shown = Console(width=10_000, file=io.StringIO())
            shown.print(*watch_screen.next_step([work], work, 0, "en"))
            lines = [line.strip() for line in shown.file.getvalue().split("\n")]
            found = re.search(rf"{each.name}  ([0-9.]+)/", "\n".join(lines))
            points.append(float(found[1]) if found else each.max_points)  # all are right
            at = next((n for n, line in enumerate(lines) if line.startswith(f"{each.name}  ")), None)
            reasons.append("" if at is None else lines[at + 2][2:])
            assert ("Write it in place" in "".join(lines)) == ("is not started" in "".join(lines))
        return tuple(points), tuple(reasons), ""

    def pytest(self, case: Case) -> Heard:
        place = workspace.Place(self.folder / "work", "pooling")
        points, reasons = [], []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "Sandbox", lambda *a: contextlib.nullcontext(self.checker._sandbox))
            evaluated = pytest_plugin._Evaluated(place.files[0], self.checker.key, "process")
            for exercise in self.checker.key.exercises:
                (group,) = exercise.groups
                told = [case_told(evaluated, (exercise.name, group.name, n)) for n in range(len(group.cases))]
                points.append(0 if any(told) else group.points)
                reasons.append(told[0])
        return tuple(points), tuple(reasons), ""


@pytest.fixture(scope="module")
def routes(
    key: AnswerKey, sandbox: Sandbox, checker: Checker, tmp_path_factory: pytest.TempPathFactory
) -> Routes:
    return Routes(key, sandbox, checker, tmp_path_factory.mktemp("routes"))


@pytest.mark.parametrize("name", CASES)
def test_every_route_gives_the_same_points_and_reasons(
    routes: Routes, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setattr(isolation, "strongest", lambda secrets, limits: "process")
    case = settled(name)
    hidden = [routes.grade(case), routes.gradescope(case), routes.nbgrader(case)]
    visible = [routes.check(case), routes.watch(case), routes.pytest(case)]
    assert case.note in hidden[0][2]
    assert ("no function called" in str((*hidden, *visible))) == (name == "never defined")
    for family in (hidden, visible):
        for points, reasons, _ in filter(None, family):
            assert points == case.earned
            assert case.said in " ".join(reasons)
            assert reasons == family[0][1]
            assert all(bool(reason) == (not earned) for earned, reason in zip(points, reasons, strict=True))
    told = hidden[0][1]
    assert told[0].startswith(BY_THE_FILE[name]) if name in BY_THE_FILE else told == visible[0][1]


UNREAD = [name for name, case in CASES.items() if case.earned == (0, 0) and name != "a call of a stub"]


@pytest.mark.parametrize("name", UNREAD)
def test_what_could_not_be_read_is_said_once_in_each_report(
    key: AnswerKey, sandbox: Sandbox, name: str
) -> None:
    case = CASES[name]
    assert_said_once(evaluate(case.file, case.content, key, sandbox.run), case.file)


def assert_said_once(done: Evaluation, file: str) -> None:
    result = SubmissionResult("an", "pooling", file, "process", 0.1, done.exercises, done.notes)
    assert result.unread is not None and {each.verdict for each in done.exercises} == {Verdict.MISSING}
    said = result.unread.in_language("en")
    table = io.StringIO()
    list(csv_file.through([result], ["max_pool", "avg_pool"], table, "en"))
    document = json.dumps(gradescope.to_gradescope(result, "en", instructor=False))
    for report in (table.getvalue(), document, moodle_file.comment(result, "en")):
        assert report.count(said) == 1 and "no function" not in report


NOTHING: dict[str, Tree] = {
    "a PDF": {"li/work.pdf": "x", "bo/p.py": BOTH},
    "an empty folder": {"li": None, "bo/p.py": BOTH},
    "pictures only": {"li/a.jpg": "x", "li/b.png": "x", "bo/p.py": BOTH},
    "an online text": {
        "li_12_assignsubmission_onlinetext/onlinetext.html": "max_pool: see below",
        "bo_13_assignsubmission_file/p.py": BOTH,
    },
    "a text typed in Canvas": {"li_12_text.html": "<p>max_pool", "bo_13_101_p.py": BOTH},
    "Blackboard's text only": {
        "hw_li_attempt_2022-11-04-10-41-01.txt": "Name: li",
        "hw_bo_attempt_2022-11-04-10-41-01_p.py": BOTH,
    },
    "an encrypted zip": {"li/w.zip": zipped({"p.py": BOTH}, password=True), "bo/p.py": BOTH},
    "the wrong assignment": {"li/p.py": "def conv(x):\n    return x\n", "bo/p.py": BOTH},
}


@pytest.mark.parametrize("name", NOTHING)
def test_that_nothing_was_handed_in_is_said_once_in_each_report(
    key: AnswerKey, tmp_path: Path, name: str
) -> None:
    known = {"pooling": ("max_pool", "avg_pool"), "convolution": ("conv",)}
    taken = class_folder.find(written(tmp_path, NOTHING[name]), "pooling", known)
    (file,) = [file for file in taken.files if file.student.startswith("li")]
    problem = content_of(file)[1]
    assert problem is not None
    assert_said_once(unreadable(key, problem), file.name)


@pytest.mark.parametrize("widgets", [{"application/vnd.jupyter.widget-state+json": {"abc": {}}}, [7]])
def test_widgets_that_colab_saves_do_not_come_back(widgets: Any) -> None:
    """Without a "state", which Jupyter has there, nbconvert would make no feedback of them."""
    colab = {"cells": [], "metadata": {"widgets": widgets}}
    restored = nbformat.from_dict(restore.restored(colab, {}))
    nbformat.validate(restored)
    assert "widgets" not in restored.metadata


def test_the_kind_of_a_file_is_in_its_bytes() -> None:
    kinds = {content.kind_of(case.content) for case in CASES.values() if case.file.endswith(".ipynb.txt")}
    assert kinds == {"notebook"}
    assert content.kind_of(BOTH.encode("utf-16")) == content.kind_of(b"from numpy import *") == "script"
    assert content.kind_of(b"dear teacher, import taxes are due") is None
    assert content.kind_of(bytes(range(256))) is content.kind_of(b"") is content.kind_of(b"{}") is None


@pytest.mark.slow
def test_grading_a_class_says_the_same(tmp_path: Path, key: AnswerKey) -> None:
    cases = {name: settled(name) for name in CASES if CASES[name].file in ("pooling.py", "pooling.ipynb")}
    for number, case in enumerate(cases.values()):
        write(tmp_path, f"s{number:02}", case.file, case.content)
    graded = graded_class(tmp_path, key)
    assert len(graded) == len(cases)
    for case, submission in zip(cases.values(), graded, strict=True):
        found = submission["exercises"]
        assert tuple(each["points"] for each in found) == case.earned, case
        assert case.said in " ".join(each["symptom"]["text"] for each in found if each["symptom"])
        assert case.note in " ".join(note["text"] for note in submission["notes"])


def write(folder: Path, student: str, file: str, content: bytes) -> None:
    path = folder / "class" / student / "pooling" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def graded_class(folder: Path, key: AnswerKey) -> list[dict[str, Any]]:
    """What `grade` writes of the class in `folder`, in the order of its students."""
    from click.testing import CliRunner

    from autograder.cli import app

    (folder / "keys").mkdir()
    answer_key.save(key, folder / "keys" / f"pooling{answer_key.HIDDEN}")
    places = ["--keys", folder / "keys", "--out", folder / "out"]
    run = ["grade", folder / "class", *places, "--isolation", "process", "--lang", "en"]
    done = CliRunner().invoke(app, list(map(str, run)))
    assert done.exit_code in (0, 3), done.output
    found = json.loads((folder / "out" / "results.json").read_bytes())["submissions"]
    return sorted(found, key=lambda submission: submission["student"])


# ---- Mutated hand-ins --------------------------------------------------------------------------------------

STRAY = (
    "，",
    "（",
    "：",
    "“",
    "(",
    "]",
    "'''",
    "\t",
    "%",
    "!ls",
    "\\",
    "\u3000",
    "é",
    "=",
    "raise NotImplementedError()",
)
SWAPS = (
    ("max_pool", "maxpool"),
    ("def avg_pool", "class Pool:\n  def avg_pool"),
    ("np.max", "np.Max"),
    ("np", "numpy"),
    ("return", "pass"),
    ("return", "yield"),
    ("import numpy", "import torch"),
    ("def ", "async def "),
    ("a.mean", "a.astype(np.float).mean"),
    ("\n", "\r"),
    ("def max_pool", "@jit\ndef max_pool"),
    ("(a)", "(a: Tensor)"),
    ("(a)", "(a, b)"),
)


def mutated(chance: random.Random) -> tuple[str, bytes]:
    """A hand-in with up to four of the accidents that happen to files."""
    text = BOTH + chance.choice(("", STUB, "x = [i for i in range(9)]\n", "check(max_pool)\n"))
    for _ in range(chance.randint(1, 4)):
        lines, at = text.split("\n"), chance.randrange(len(text))
        match chance.randrange(7):
            case 0:
                text = text[:at] + chance.choice(STRAY) + text[at:]
            case 1:
                text = text[:at] + text[at + chance.randint(1, 9) :]
            case 2:
                text = text.replace(*chance.choice(SWAPS), chance.choice((1, -1)))
            case 3:
                del lines[chance.randrange(len(lines)) :][: chance.randint(1, 3)]
                lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines or [""]))
                text = "\n".join(lines)
            case 4:
                index = chance.randrange(len(lines))
                lines[index] = chance.choice((" ", "\t", "    ", "# ")) + lines[index].lstrip()
                text = "\n".join(lines)
            case 5:
                text = "\n".join(lines[: chance.randint(1, len(lines))])
            case 6:
                text = "\n".join(chance.sample(lines, len(lines))) if chance.random() < 0.2 else text
        text = text or "\n"
    if chance.random() < 0.5:
        parts = re.split(r"\n\n\n", text)
        listed = [part if chance.random() < 0.9 else {**MARKDOWN, "source": part} for part in parts]
        content = notebook(*listed)
        if chance.random() < 0.1:
            content = content[: chance.randrange(len(content))]
        return chance.choice(("pooling.ipynb", "pooling.py")), content
    encoding = chance.choice(("utf-8", "utf-8", "gb18030", "utf-16", "utf-8-sig"))
    return chance.choice(("pooling.py", "pooling.py", "pooling.ipynb")), text.encode(encoding)


def assert_true(file: str, content: bytes, done: Evaluation) -> None:
    """Every exercise without points has a reason, and what it says about the text is so."""
    try:
        read = source.read(file, content)
    except records.SubmissionError:
        assert all(each.symptom == done.exercises[0].symptom for each in done.exercises)
        return
    everything = "\n".join(s.source for s in read.statements)
    for each in done.exercises:
        assert each.verdict is not Verdict.JE
        if each.verdict is Verdict.AC:
            continue
        assert each.symptom and each.symptom.in_language("zh") and each.symptom.in_language("en")
        id, values = each.symptom.id, each.symptom.values  # type: ignore[attr-defined]
        written = re.search(rf"^(?:async )?def {each.name}\b", everything, re.MULTILINE)
        match id:
            case "symptom.function_missing" | "symptom.missing_renamed":
                assert not written and each.name not in {lost.name for lost in read.lost}
                assert id == "symptom.function_missing" or f"{values['other']}" in everything
            case "symptom.not_started":
                assert written and "NotImplementedError" in everything
            case "symptom.missing_import":
                assert written and not re.match("numpy|np", values["module"])
            case "symptom.not_parsed":
                assert not written
            case "symptom.numpy_names_removed":
                assert "np.float" in everything


def mutate_and_grade(key: AnswerKey, sandbox: Sandbox, number: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(number):
        file, content = mutated(chance)
        try:
            assert_true(file, content, evaluate(file, content, key, sandbox.run))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {file} {content!r}") from error


def test_a_mutated_hand_in_is_graded_and_has_true_reasons(key: AnswerKey, sandbox: Sandbox) -> None:
    mutate_and_grade(key, sandbox, 60, random.randrange(10**6))


@pytest.mark.slow
def test_two_thousand_mutated_hand_ins_are_graded(tmp_path: Path, key: AnswerKey, sandbox: Sandbox) -> None:
    mutate_and_grade(key, sandbox, 1800, 18)  # in one warm sandbox; a class of the others by the command
    chance = random.Random(19)
    for number in range(200):
        write(tmp_path, f"s{number}", *mutated(chance))
    graded = graded_class(tmp_path, key)
    assert len(graded) == 200
    for each in (exercise for submission in graded for exercise in submission["exercises"]):
        assert each["points"] or each["symptom"]["text"], each
