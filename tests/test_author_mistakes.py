"""What an author does wrong is told in a sentence, by `build` and by `verify`, and nothing is written."""

import contextlib
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from autograder.authoring import assignment, mistakes
from autograder.authoring.draw import draw_hidden
from autograder.base.messages import Text, in_language
from autograder.cli import app
from autograder.integrations.nbgrader import release
from autograder.sandbox.limits import Limits
from tests import authored

ROOT = Path(__file__).parent.parent

Change = Callable[[Path], None]
"""Makes a mistake in the assignment of this folder."""


def notebook(old: str, new: str, times: int = 1) -> Change:
    return lambda folder: replaced(folder / "notebook.py", old, new, times)


def hidden(old: str, new: str) -> Change:
    return lambda folder: replaced(folder / "hidden.py", old, new)


def replaced(path: Path, old: str, new: str, times: int = 1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, times), encoding="utf-8")


def more(text: str) -> Change:
    """Add lines to `hidden.py`."""

    def change(folder: Path) -> None:
        with (folder / "hidden.py").open("a", encoding="utf-8") as file:
            file.write("from autograder.authoring.transforms import *\n" + text + "\n")

    return change


def wrong(transform: str, options: str = "") -> Change:
    """Add a misconception called `odd`."""
    return more(f'exercise.add_misconception("odd", {transform}, zh="怪", en="odd"{options})')


def cells(text: str) -> Change:
    """Add cells to `notebook.py`."""

    def change(folder: Path) -> None:
        with (folder / "notebook.py").open("a", encoding="utf-8") as file:
            file.write("\n" + textwrap.dedent(text))

    return change


def write(name: str, text: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")

    return change


def texts(own: str) -> Change:
    """Texts in a file, in place of those in `hidden.py`."""

    def change(folder: Path) -> None:
        hidden(', zh="正负输入", en="positive and negative inputs"', "")(folder)
        write("texts.toml", own)(folder)

    return change


def all_of(*changes: Change) -> Change:
    return lambda folder: [change(folder) for change in changes] and None


def removed(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"
BODY = "    return delta * (z > 0)\n"
REGION = BEGIN + BODY + END

SOON = write("../course.toml", "[limits]\ncpu_seconds = 0.02\n")
YIELD = "    yield rng.normal(size=(3, 4)), rng.permutation(12).reshape(3, 4) - 6.0\n"
ENDLESS = "def endless(delta, z):\n    while True:\n        pass\n"
BARE = f"class Relu:\n    def forward(self, x):\n    {BODY}"
CLASS = f"""class Relu:
    def __init__(self, z):
        self.z = z

    def forward(self, x):
{BEGIN}        return x * (self.z > 0)
{END}
    def shape(self):  # given
        return self.z.shape

    def backward(self, delta):
        return delta * (self.z > 0) * 1.0
""".replace("    ###", "        ###")
AS_CLASS = (
    hidden("import relu_backward", "import Relu, relu_backward"),
    hidden("import Exercise", "import Case, Exercise"),
    more(
        'other = Exercise(Relu, points=1, lecture="")\n'
        '@other.group("all", points=1, zh="全", en="all")\ndef cases(rng):\n'
        '    yield Case((rng.normal(size=3),), script=[("forward", rng.normal(size=3))])\n'
    ),
)

SECOND = "def second(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n"
AS_SECOND = (
    hidden("import relu_backward", "import relu_backward, second"),
    more(
        'other = Exercise(second, points=1, lecture="")\n'
        '@other.group("all", points=1, zh="全", en="all")\ndef cases(rng):\n    yield (1.0,)\n'
    ),
)

MISTAKES: dict[str, tuple[Change, str]] = {
    # a stub that still holds its reference
    "no markers": (
        notebook(REGION, BODY),
        "line 12 (cell 4, “def relu_backward(delta, z):”): no solution is",
    ),
    "a marker in the plural": (
        notebook("BEGIN SOLUTION", "BEGIN SOLUTIONS"),
        "“### BEGIN SOLUTIONS” looks like",
    ),
    "two hashes": (notebook("### BEGIN", "## BEGIN"), "line 17 (cell 4"),
    "one hash": (notebook("### END", "# END"), "write exactly ### END SOLUTION"),
    "small letters": (notebook("BEGIN SOLUTION", "begin solution"), "looks like a marker but is none"),
    "capitals only at the start": (notebook("END SOLUTION", "End of the solution"), "looks like a marker"),
    "a typing error": (notebook("BEGIN SOLUTION", "BEGIN SOLUTOIN"), "looks like a marker"),
    "a marker behind code": (
        notebook("(z > 0)\n" + END, "(z > 0)  ### END SOLUTION\n"),
        "on a line of its own",
    ),
    "another word": (notebook("BEGIN SOLUTION", "START ANSWER"), "this marker has no counterpart"),
    "no end": (
        notebook(END, ""),
        "line 17 (cell 4, “def relu_backward(delta, z):”): this marker has no counterpart",
    ),
    "no beginning": (notebook(BEGIN, ""), "this marker has no counterpart"),
    "nested": (
        notebook(BODY, BEGIN + BODY),
        "line 18 (cell 4, “def relu_backward(delta, z):”): this marker has no counterpart",
    ),
    "the wrong way round": (notebook(REGION, END + BODY + BEGIN), "this marker has no counterpart"),
    "nothing between": (notebook(REGION, BEGIN + END + BODY), "no solution as deep as the marker"),
    "only pass between": (
        notebook(REGION, BEGIN + "    pass\n" + END + BODY),
        "no solution as deep as the marker",
    ),
    "around the function": (
        all_of(notebook(BEGIN, ""), notebook("def relu", "### BEGIN SOLUTION\ndef relu")),
        "no solution is marked in relu_backward",
    ),
    "at the margin": (notebook(BEGIN, "### BEGIN SOLUTION\n"), "no solution as deep as the marker"),
    "a branch only": (
        notebook(BEGIN, "    if z.ndim < 4:\n        return (z > 0) * delta\n" + BEGIN),
        "the stub of relu_backward already earns 8 points (zh)",
    ),
    "the solution again, in a cell": (
        cells("# %%\ndef again(delta, z):\n    return delta * (z > 0)\n"),
        "the solution that begins in line 17 stands here once more",
    ),
    "the solution again, in a comment above": (
        cells("# %%\n# answer: delta*(z > 0)  # and so on, as in np.where(z)\n"),
        "the solution that begins in line 17 stands here once more",
    ),
    "the solution again, printed": (
        cells("# %%\nshow = lambda delta, z: print(delta * (z > 0))\n"),
        "the solution that begins in line 17 stands here once more",
    ),
    "the solution again, in a text": (
        cells("# %% [markdown]\n# Write\n#\n#     return delta * (z > 0)\n"),
        "line 24: the solution that begins in line 17 stands here once more",
    ),
    "a mark scheme in small letters": (
        cells(
            '# %% [markdown] answer="why" points=1\n# ### begin mark scheme\n# So.\n# ### end mark scheme\n'
        ),
        "write exactly ### BEGIN MARK SCHEME",
    ),
    "a mark scheme without an end": (
        cells('# %% [markdown] answer="why" points=1\n# ### BEGIN MARK SCHEME\n# Because.\n'),
        "this marker has no counterpart",
    ),
    "a method without markers": (
        all_of(notebook("def relu_backward", CLASS + "\n\ndef relu_backward"), *AS_CLASS),
        "(cell 4, “class Relu:”): no solution is marked in the method backward, so it would be",
    ),
    "a class without markers": (
        all_of(notebook("def relu_backward", f"{BARE}\n\ndef relu_backward"), *AS_CLASS),
        "no solution is marked in Relu, so it would be",
    ),
    "a written question without points": (
        cells('# %% [markdown] answer="why"\n# Why?\n'),
        "(cell 5, “# Why?”): the written question has no number of points",
    ),
    "a written question with negative points": (
        cells('# %% [markdown] answer="why" points=-1\n# Why?\n'),
        "the written question has no number of points",
    ),
    "left out without a section": (
        all_of(
            cells("# %%\n" + SECOND),
            *AS_SECOND,
            write("../course.toml", '[assignments.relu]\nleft_out = ["second"]\n'),
        ),
        "'second' cannot be left out, because no heading in each language says <<points second>>",
    ),
    "everything left out": (
        write("../course.toml", '[assignments.relu]\nleft_out = ["relu_backward"]\n'),
        "assignments.relu.left_out: no exercise would be left",
    ),
    # cells and exercises
    "a region outside": (
        cells("# %%\ndef helper(x):\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"),
        "line 23 (cell 5, “def helper(x):”): a solution outside of every exercise",
    ),
    "a region in a text": (
        cells("# %% [markdown]\n# ### BEGIN SOLUTION\n# 3\n"),
        "(SOLUTION in code, MARK SCHEME in",
    ),
    "no cell": (
        all_of(
            write("shared.py", "def relu(delta, z):\n    return delta * (z > 0)\n"),
            hidden("from .notebook import relu_backward", "from .shared import relu"),
            hidden("Exercise(relu_backward", "Exercise(relu"),
        ),
        "no code cell defines the exercise relu;",
    ),
    "defined twice": (
        cells(f"# %%\ndef relu_backward(delta, z):\n{REGION}"),
        "(cell 5, “def relu_backward(delta, z):”): relu_backward is",
    ),
    "two exercises in a cell": (
        all_of(cells(SECOND), *AS_SECOND),
        "the cell defines several exercises, relu_backward, second",
    ),
    "half a statement": (cells("# %%\nif True:\n\n# %%\n    x = 1\n"), "no Python by itself"),
    # languages
    "a text in one language": (
        notebook('# %% [markdown] lang="en"\n# ## The residual of a ReLU (lecture 4)\n', ""),
        "line 1 (cell 1, “# ## ReLU 的残差（讲义 4）”): its translation is missing; add the cell in en",
    ),
    "twice the same language": (notebook('lang="en"', 'lang="zh"'), "add the cell in en beside it"),
    "no such language": (notebook('lang="en"', 'lang="zn"'), 'lang="zn" is not known'),
    "points in words": (
        cells("".join(f'# %% [markdown] lang="{it}" answer="a" points=five\n# a\n' for it in ("zh", "en"))),
        "the written question has no number of points; write points=2",
    ),
    "a language without quotation marks": (notebook('lang="en"', "lang=en"), "lang=en is not known"),
    "a language in braces": (notebook('lang="en"', '{"lang": "en"}'), 'lang": "en"} is not known'),
    "a language with a colon": (notebook('lang="en"', 'lang:"en"'), 'lang:"en" is not known'),
    "a language that is open": (notebook('lang="en"', 'lang="en'), 'lang="en is not known'),
    "no such option": (notebook('lang="en"', 'language="en"'), 'language="en" is not known'),
    "a misspelt option": (cells('# %% [markdown] anwser="why" points=1\n# .\n'), 'anwser="why" is not known'),
    "no such kind": (
        notebook('[markdown] lang="en"', '[mardkown] lang="en"'),
        "[mardkown] is not known in a cell",
    ),
    "a docstring without en": (
        notebook("    en: residual of the layer before\n", ""),
        "missing in en; add lines",
    ),
    "a docstring without zh": (notebook("    zh: 前一层残差\n", ""), "missing in zh; add lines"),
    "a misspelt tag": (notebook("zh: 前", "zn: 前"), "missing in zh; add lines"),
    "a misspelt second tag": (
        notebook("en: res", "em: res"),
        "missing in en; add lines",
    ),
    "a tag in capitals": (notebook("en: res", "EN: res"), "looks like a line for one language"),
    "a Chinese colon": (notebook("zh: 前", "zh：前"), "looks like a line for one language"),
    "no picture": (
        cells("# %% [markdown]\n# ![](attachment:no.png)\n"),
        "shows the picture no.png, but there is no",
    ),
    "a text in one language, in place": (
        hidden(', en="positive and negative inputs"', ""),
        "language en is missing",
    ),
    "a text that is a number": (
        texts('[groups]\nsigns = { zh = "正负", en = 3 }\n'),
        "its text in the language en is of type int",
    ),
    "a text in a language that is misspelt": (
        texts('[groups]\nsigns = { zn = "正负", en = "signs" }\n'),
        "'zn' is no",
    ),
    "a text without an entry": (texts(""), "has no text for [relu_backward.groups.signs]; add it"),
    "a misspelt entry": (
        texts('[groups]\nsings = { zh = "正负", en = "signs" }\n'),
        "no text for [relu_backward.groups.signs]; nothing uses [groups.sings], so correct its name",
    ),
    "an entry of a misspelt kind": (
        texts('[relu_backward.group]\nsigns = { zh = "正负", en = "signs" }\n'),
        "nothing uses [relu_backward.group.signs], so correct its name",
    ),
    # folders
    "no hidden.py": (removed("hidden.py"), "relu has no hidden.py"),
    "a misspelt hidden.py": (
        lambda folder: (folder / "hidden.py").rename(folder / "hiden.py") and None,
        "no hidden.py",
    ),
    "no notebook.py": (removed("notebook.py"), "relu has no notebook.py"),
    "another folder without hidden.py": (write("../extra/notebook.py", "# %%\n"), "extra has no hidden.py"),
    "a folder with texts alone": (write("../extra/texts.toml", ""), "extra has no notebook.py"),
    # misconceptions
    "too few arguments": (
        wrong("instead(lambda delta: delta)"),
        "'odd': it is (delta), but is called like",
    ),
    "too many arguments": (
        wrong("instead(lambda delta, z, w: delta)"),
        "the reference, (delta, z); give it the same",
    ),
    "no function": (wrong("instead(3)"), "'odd': it is int, but is called like"),
    "no transform": (wrong("3"), "'odd': what it is given is no transform (TypeError: 'int' object is not"),
    "a function as it is": (
        wrong("lambda delta, z: delta"),
        "hidden.py, line 19: relu_backward, misconception 'odd': what it is given is no transform",
    ),
    "the same text twice": (
        more(
            'exercise.add_misconception("odd", times(2), zh="怪", en="the residual from above was left out")'
        ),
        "'odd': its text in the language en is the same as that of 'slope_only'",
    ),
    "a misconception without an end": (
        all_of(SOON, more(ENDLESS), wrong("instead(endless)")),
        "misconception 'odd': it has not ended after 0.1 s of processor time",
    ),
    "an unknown argument": (
        wrong('changed("w", rotated)'),
        "it raises AttributeError: 'types.SimpleNamespace' object has no attribute 'w'",
    ),
    "an unknown argument of the call": (wrong("given(z=lambda c: c.w)"), "it raises AttributeError"),
    "an unknown name": (
        wrong("instead(lambda delta, z: nothing)"),
        "it raises NameError: name 'nothing' is not defined",
    ),
    "an unknown name in one case": (
        wrong("instead(lambda delta, z: delta if z.ndim == 2 else nothing)"),
        'declare crashes="odd"',
    ),
    "always another exception": (
        wrong("afterwards(lambda dz: dz[99])"),
        "it raises IndexError",
    ),
    "an answer that nobody can give": (
        wrong("afterwards(lambda dz: {1, 2})"),
        "it raises ValuesError",
    ),
    "right in every case": (wrong("afterwards(lambda dz: dz + 0)"), "it equals the reference in every case"),
    "nothing returned": (wrong("instead(lambda delta, z: None)"), "it returns None in every case"),
    "the same twice": (
        wrong("instead(lambda delta, z: 1.0 * (z > 0))"),
        "it equals 'slope_only' in every case",
    ),
    "an id with a plus": (hidden('"slope_only"', '"slope+only"'), "'slope+only' is no id of a misconception"),
    "an id with a hyphen": (hidden('"slope_only"', '"slope-only"'), "use letters, digits and _ only"),
    "frequent, but not there": (
        more('exercise.add_misconceptions(frequent="no")'),
        "'no' stands in frequent=…",
    ),
    "crashes, but is not there": (
        more('exercise.add_misconceptions(crashes="no")'),
        "'no' stands in crashes=…",
    ),
    # exercises
    "a reference without an end": (
        all_of(SOON, notebook(BODY, "    while True:\n        pass\n")),
        "relu_backward, group 'signs': it has not ended after 0.1 s of processor time",
    ),
    "cases without an end": (
        all_of(SOON, hidden(YIELD, "    while True:\n        pass\n" + YIELD)),
        "relu_backward, group 'signs': it has not ended",
    ),
    "an array as a case": (
        hidden(YIELD, "    yield rng.normal(size=(2, 3))\n"),
        "group 'signs': it yields ndarray; yield a tuple of the arguments",
    ),
    "an import of what is not there": (
        hidden("from .notebook", "from .notbook"),
        "ModuleNotFoundError: No module named 'relu.notbook'",
    ),
    "negative points": (hidden("points=8", "points=-8"), "relu_backward: -8 is no number of points"),
    "points that are no number": (
        hidden("points=10", 'points="10"'),
        "relu_backward: '10' is no number of points",
    ),
    "points of NaN": (hidden("points=8", 'points=float("nan")'), "nan is no number of points"),
    "no groups": (
        lambda folder: (folder / "hidden.py").write_text(authored.HIDDEN.partition("@exercise")[0]) and None,
        "no group of cases gives its 10 points",
    ),
    "a section as a number": (hidden('lecture="4"', "lecture=4"), "lecture=4 is no text"),
    "a comparator that is not called": (
        hidden(
            'lecture="4"',
            'lecture="4", accept=__import__("autograder.judging.comparison").judging.comparison.Exact',
        ),
        "accept=Exact is no comparator",
    ),
    "cases without rng": (
        hidden("def signs(rng)", "def signs()"),
        "group 'signs': its cases are no function of rng",
    ),
    "no reference": (hidden("Exercise(relu_backward", "Exercise(3"), "the reference 3 is no function"),
    "a parameter twice": (notebook("(delta, z)", "(delta, z, z)"), "notebook.py, line 12: SyntaxError"),
    "a domain that is no text": (more("DOMAIN = 5"), "its type is int, not str"),
    # alternatives
    "an alternative that raises": (
        write("alternatives.py", "1 / 0\n"),
        "alternatives.py, line 1: ZeroDivisionError",
    ),
    "the reference as an alternative": (
        write(
            "alternatives.py",
            'from .notebook import relu_backward\nALTERNATIVES = {"relu_backward": [relu_backward]}\n',
        ),
        "it is the reference itself",
    ),
    "an alternative with other parameters": (
        write("alternatives.py", 'def by(delta):\n    pass\nALTERNATIVES = {"relu_backward": [by]}\n'),
        "alternative 'by': it is (delta), but is called like the reference, (delta, z)",
    ),
    "an alternative that is no list": (
        write("alternatives.py", 'ALTERNATIVES = {"relu_backward": abs}\n'),
        "alternatives of relu_backward are no list",
    ),
}


@pytest.fixture(autouse=True)
def without_nbgrader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "releasing", lambda: contextlib.nullcontext(lambda item, lang: item.name))


def run(command: str, folder: Path, lang: str = "en") -> Result:
    out = ["--assignments", str(folder / "out"), "--keys", str(folder / "keys")]
    options = {"build": [str(folder / "course"), *out], "verify": ["--solutions", str(folder / "course")]}
    return CliRunner().invoke(app, [command, *options[command], "--lang", lang])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_and_nothing_written(name: str, tmp_path: Path) -> None:
    change, part = MISTAKES[name]
    change(authored.write_course(tmp_path / "course"))
    found = run("build", tmp_path)
    assert (found.exit_code, found.stdout) == (2, ""), found.output
    lines = found.stderr.splitlines()
    assert all(line.startswith("autograder: ") for line in lines)
    assert any(part in line for line in lines), lines
    assert not (tmp_path / "out").exists() and not (tmp_path / "keys").exists()
    listed = authored.mistakes(tmp_path / "course")
    assert [f"autograder: {in_language(text, 'en')}" for text in listed] == lines
    for text in listed:
        assert re.search("[\u4e00-\u9fff]", in_language(text, "zh")) and isinstance(text, Text)


def test_all_mistakes_of_a_course_are_told_at_once(tmp_path: Path) -> None:
    for name, change in (("one", MISTAKES["no markers"][0]), ("two", MISTAKES["points of NaN"][0])):
        change(authored.write_course(tmp_path / "course", name))
        hidden('lecture="4"', "lecture=4")(tmp_path / "course" / name)
    for command in ("build", "verify"):
        found = run(command, tmp_path)
        assert (found.exit_code, found.stdout) == (2, "")
        told = found.stderr.splitlines()
        assert len(told) == 4 and "no solution is marked" in told[1] and "nan" in told[3]
        assert "course/one: relu_backward" in told[0] and "course/two: relu_backward" in told[3]


def test_verify_tells_a_misconception_that_is_none_and_ends_with_2(tmp_path: Path) -> None:
    MISTAKES["an unknown name"][0](authored.write_course(tmp_path / "course"))
    found = CliRunner().invoke(
        app,
        ["verify", "--solutions", str(tmp_path / "course"), "--draws", "1", "--jobs", "1", "--lang", "en"],
    )
    assert found.exit_code == 2 and "NameError: name 'nothing' is not defined" in found.stderr
    assert "relu_backward" in found.stdout


CRASHES = """
exercise.add_misconceptions(crashes="indexed", indexed=afterwards(lambda dz: dz[99]))
exercise.add_misconception(
    "wrong_shape", given(delta=lambda c: c.delta if c.z.ndim == 2 else c.delta[0, 0, 0, 0]),
    zh="形", en="shape",
)
"""


def test_a_misconception_may_raise_in_some_cases_and_in_all_if_that_is_declared(tmp_path: Path) -> None:
    folder = authored.write_course(tmp_path / "course")
    more(CRASHES)(folder)
    write("texts.toml", '[misconceptions.indexed]\nzh = "下标"\nen = "the index"\n')(folder)
    assert authored.mistakes(tmp_path / "course") == []
    assert run("build", tmp_path).exit_code == 0


def test_a_misconception_that_its_author_adds_later_is_looked_at_too(tmp_path: Path) -> None:
    """Where a hidden key is there already; and what was built before is still there."""
    folder = authored.write_course(tmp_path / "course")
    assert run("build", tmp_path).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.suffix in (".npz", ".ipynb")}
    MISTAKES["right in every case"][0](folder)
    for name in [name for name in sys.modules if name.startswith("_course_")]:
        del sys.modules[name]  # as in another process
    assert run("build", tmp_path).exit_code == 2
    assert before and {path: path.read_bytes() for path in before} == before


def test_options_of_jupytext_are_let_alone(tmp_path: Path) -> None:
    cells('# %% tags=["demo"] editable=false\nx = 1\n')(authored.write_course(tmp_path / "course"))
    assert authored.mistakes(tmp_path / "course") == []


def test_folders_that_are_no_assignments_are_let_alone(tmp_path: Path) -> None:
    authored.write_course(tmp_path / "course")
    for name in ("drawing/__init__.py", "data/numbers.csv", ".hidden/notebook.py", "__pycache__/hidden.py"):
        write(f"../{name}", "")(tmp_path / "course" / "relu")
    assert authored.mistakes(tmp_path / "course") == []


@pytest.mark.parametrize(("share", "told"), [(1.2, (1, 0)), (0.6, (0, 1)), (0.4, (0, 0))])
def test_a_reference_is_measured_against_the_limits_of_grade(
    share: float, told: tuple[int, int], tmp_path: Path
) -> None:
    (exercise,) = assignment.load(authored.write_course(tmp_path)).exercises
    too_slow, near = mistakes.slow(exercise, {"relu_backward": share * Limits().cpu_seconds})
    assert (len(too_slow), len(near)) == told


def test_a_function_without_an_end_is_too_slow(tmp_path: Path) -> None:
    folder = authored.write_course(tmp_path / "course")
    write(
        "alternatives.py",
        'def by(delta, z):\n    while True:\n        pass\nALTERNATIVES = {"relu_backward": [by]}\n',
    )(folder)
    (exercise,) = assignment.load(folder).exercises
    exercise = replace(exercise, limits=Limits(cpu_seconds=0.02))
    seconds = mistakes.call_seconds(exercise, draw_hidden("relu", (exercise,)))
    ((text,), _) = mistakes.slow(exercise, {"by": seconds["by"]})
    assert "by needs" in text.in_language("en") and "stops a call after 0.02 s" in text.in_language("en")


def test_nothing_is_said_about_a_sound_course() -> None:
    assert authored.mistakes(ROOT / "tests" / "other_course") == []
    assert mistakes.in_cases(assignment.load(ROOT / "solutions" / "convolution")) == []
