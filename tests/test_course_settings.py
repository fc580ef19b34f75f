"""Course settings: `course.toml` beside the assignments, and where each of its entries takes effect."""

import importlib.util
import json
import os
import re
import shutil
import tomllib
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import pytest

from autograder.authoring import assignment, build, course, verification
from autograder.authoring.assignment import Assignment
from autograder.authoring.draw import draw_visible
from autograder.authoring.exercise import collected
from autograder.base.messages import Authored, Text, in_language
from autograder.grading import grade_class
from autograder.integrations.nbgrader.source import source_notebook
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey, KeySettings
from autograder.judging.evaluate import evaluate
from autograder.judging.judge import calls
from autograder.judging.results import Verdict
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.limits import UNITS, Limits, MiB, asked_for
from autograder.sandbox.records import Isolation
from autograder.student import handout
from autograder.student.checking import Checker
from autograder.submissions import class_folder
from tests import authored
from tests.commands import QUICK, call, hand_in
from tests.draws import draw_hidden
from tests.sandboxes import ISOLATIONS

SOLUTIONS = Path(__file__).parent.parent / "solutions"


def written(folder: Path, toml: str = "", **files: str) -> Path:
    """A course of the assignment `relu`, with these settings."""
    authored.write_course(folder)
    (folder / "course.toml").write_text(toml, encoding="utf-8")
    for name, text in files.items():
        (folder / "relu" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def sentences(folder: Path, lang: str = "en") -> list[str]:
    found: list[Text | str] = []
    with collected(found):
        assignment.load_all(folder)
    return [in_language(text, lang) for text in found]


def with_toml(folder: Path, toml: str) -> Assignment:
    """The assignment `pooling` of this project's course, in a course with these settings."""
    for path in ("pooling", "texts.toml", "windows.py", "catalogue.py"):
        copy = shutil.copytree if (SOLUTIONS / path).is_dir() else shutil.copy
        folder.mkdir(exist_ok=True)
        copy(SOLUTIONS / path, folder / path)
    (folder / "course.toml").write_text(toml, encoding="utf-8")
    return assignment.load(folder / "pooling")


# ---- The file ----------------------------------------------------------------------------------------------

NOT_INSTALLED = "is not installed here; install it, or take it out."
IN_RELU = "[assignments.relu]\n"

MISTAKES = {
    'titel = "x"': ": there is no 'titel'; did you mean 'title'?",
    'title = "x"': ", title must be a table.",
    'title = { zh = "x" }': ", title: its text in the language en is missing.",
    'title = { zh = "x", en = " " }': ", title.en must be a text between quotation marks.",
    'languages = ["zh", "de"]': ", languages: there is no 'de'; there are: en, zh.",
    "languages = []": ', languages must be a list of texts, such as ["a", "b"].',
    'modules = "json"': ', modules must be a list of texts, such as ["a", "b"].',
    'modules = ["no_such_module"]': f", modules: the module 'no_such_module' {NOT_INSTALLED}",
    'modules = ["autograder"]': f", modules: the module 'autograder' {NOT_INSTALLED}",
    'modules = ["json.nothing"]': f", modules: the module 'json.nothing' {NOT_INSTALLED}",
    "[limits]\ncpu_second = 3": ", limits: there is no 'cpu_second'; did you mean 'cpu_seconds'?",
    "[limits]\nmemory_mib = 0": ", limits.memory_mib must be a number above 0.",
    "[limits]\nmemory_mib = true": ", limits.memory_mib must be a number above 0.",
    "[assignments.rulu]": ", assignments: there is no 'rulu'; did you mean 'relu'?",
    "[assignments]\nrelu = 1": ", assignments.relu must be a table.",
    f"{IN_RELU}point = {{}}": ", assignments.relu: there is no 'point'; did you mean 'points'?",
    f"{IN_RELU}points = {{ relu_backward = -1 }}": ".points.relu_backward must be a number above 0.",
    f"{IN_RELU}points = {{ relu_backwards = 1 }}": ".points: there is no 'relu_backwards'; did you mean "
    "'relu_backward'?",
    f'{IN_RELU}left_out = ["max"]': ".left_out: there is no 'max'; there are: relu_backward.",
    f'{IN_RELU}left_out = ["relu_backward"]': ".left_out: no exercise would be left; keep one",
    "= 1": "course.toml: Invalid",
}


@pytest.mark.parametrize("toml", MISTAKES)
def test_a_mistake_is_one_sentence(toml: str, tmp_path: Path) -> None:
    (sentence,) = sentences(written(tmp_path, toml))
    assert MISTAKES[toml] in sentence
    assert str(tmp_path) in sentence
    (in_chinese,) = sentences(tmp_path, "zh")
    assert in_chinese != sentence or "Invalid" in sentence


@pytest.mark.parametrize("toml", ["modules = [", 'languages = ["fr"]\n'])
def test_nothing_is_said_of_texts_whose_languages_are_not_known(toml: str, tmp_path: Path) -> None:
    notebook = written(tmp_path, toml) / "relu" / "notebook.py"
    notebook.write_text(re.sub(r"\n *zh: .*", "", notebook.read_text("utf-8")), encoding="utf-8")
    assert len(sentences(tmp_path)) == 1


def test_all_mistakes_are_said_at_once_by_every_command(tmp_path: Path) -> None:
    written(
        tmp_path / "solutions",
        'titel = "x"\nlanguages = ["zh", "fr"]\nmodules = ["no_such"]\n'
        "[assignments.rulu]\n[assignments.relu]\npoints = { x = 0, relu_backwards = 3 }\n",
    )
    (tmp_path / "solutions" / "half").mkdir()
    (tmp_path / "solutions" / "half" / "notebook.py").write_text("")
    (tmp_path / "solutions" / "data").mkdir()  # no assignment
    done = call(tmp_path, "course", "check")
    expected = ["'titel'", "'fr'", "'rulu'", "points.x", "'no_such'", "relu_backwards", "has no hidden.py"]
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert sorted(expected) == sorted(next(words for words in expected if words in line) for line in lines), (
        done.stderr
    )
    for command in ("build", "verify"):
        other = call(tmp_path, command)
        assert (other.returncode, other.stderr) == (2, done.stderr)


def test_a_course_without_mistakes_is_one_line(tmp_path: Path) -> None:
    written(tmp_path / "solutions")
    done = call(tmp_path, "course", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "solutions: nothing is wrong. Assignments: 1, exercises: 1, written questions: 0, points: 10.\n"
    )


def test_the_example_of_the_documentation_is_the_whole_file(tmp_path: Path) -> None:
    text = (SOLUTIONS.parent / "docs" / "authoring.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(title = .*?)^```$", text, re.DOTALL | re.MULTILINE)
    (tmp_path / "course.toml").write_text(example, encoding="utf-8")
    settings = course.read(tmp_path)
    assert settings.mistakes == ()
    of_course = {field.name for field in fields(course.Course)} - {"path", "mistakes"}
    assert tomllib.loads(example).keys() == of_course
    of_relu = {field.name for field in fields(course.AssignmentSettings)}
    assert tomllib.loads(example)["assignments"]["relu"].keys() == of_relu
    assert tomllib.loads(example)["limits"].keys() == UNITS.keys()
    in_force = replace(Limits(), **settings.limits)
    assert in_force == Limits(), "the example shows the defaults"


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    authored.write_course(tmp_path)
    assert course.read(tmp_path) == course.Course(tmp_path / "course.toml")
    loaded = assignment.load(tmp_path / "relu")
    assert loaded.settings == KeySettings()
    assert draw_visible("relu", loaded.exercises).limits == Limits()
    assert draw_visible("relu", loaded.exercises).about.title.in_language("zh") == "relu"


def test_assignments_come_in_the_order_of_the_file_and_the_others_by_name(tmp_path: Path) -> None:
    for name in "abcd":
        authored.write_course(tmp_path, name)
    (tmp_path / "course.toml").write_text("[assignments.c]\n[assignments.b]\n")
    loaded = assignment.load_all(tmp_path)
    assert [(each.name, each.settings.position) for each in loaded] == [
        ("c", 1),
        ("b", 2),
        ("a", 3),
        ("d", 3),
    ]


def test_the_order_and_the_titles_reach_those_who_start(tmp_path: Path) -> None:
    for name in "ab":
        authored.write_course(tmp_path / "solutions", name)
    title = '[assignments.b]\ntitle = { zh = "乙", en = "Second" }\n'
    (tmp_path / "solutions" / "course.toml").write_text(title, encoding="utf-8")
    for each in assignment.load_all(tmp_path / "solutions"):
        build.release(each, tmp_path / "assignments", lambda one, lang: json.dumps([one.name, lang]))
    copied = handout.copy(tmp_path / "assignments", "zh", tmp_path / "mine")
    assert copied.assignments == ("b", "a")
    shown = call(tmp_path, "start", "mine", "--from", "assignments", "--lang", "en").stdout
    assert "  1  b  Second\n  2  a\n" in shown


# ---- Points and left-out exercises -------------------------------------------------------------------------


def test_a_point_more_changes_heading_table_and_total_in_both_languages(tmp_path: Path) -> None:
    loaded = with_toml(tmp_path / "s", "[assignments.pooling]\npoints = { max_pool = 8, avg_pool = 1 }\n")
    for lang, heading, one, total in (
        ("zh", "最大池化层的前向传播 `max_pool`（8 分）", "`avg_pool`（1 分）", "**合计** | | **97** |"),
        ("en", "a max-pooling layer `max_pool` (8 points)", "`avg_pool` (1 point)", "**total** | | **97** |"),
    ):
        cells = source_notebook(loaded, lang).cells
        for text in (build.stub(loaded, lang), "\n".join(cell.source for cell in cells)):
            assert heading in text
            assert one in text
            assert total in text
            (row,) = (line for line in text.splitlines() if "| `max_pool` |" in line)
            assert row.endswith("| 8 |")
            assert "<<" not in text
        marked = [cell.metadata.nbgrader for cell in cells if "nbgrader" in cell.metadata]
        assert sum(each.get("points", 0) for each in marked) == 97
    key = draw_hidden("pooling", loaded.exercises, domain="cnn")
    points = {exercise.name: exercise.points for exercise in key.exercises}
    assert (points["max_pool"], points["avg_pool"], key.points) == (8, 1, 97)


@pytest.mark.parametrize("points", [1, 3, 7.5, 10, 12, 100])
def test_the_groups_keep_their_shares_and_add_up(points: float, tmp_path: Path) -> None:
    written(tmp_path, f"[assignments.relu]\npoints = {{ relu_backward = {points} }}\n")
    (exercise,) = assignment.load(tmp_path / "relu").exercises
    assert exercise.mistakes() == []
    assert sum(group.points for group in exercise.groups) == pytest.approx(points, abs=1e-9)
    assert [group.points for group in exercise.groups] == pytest.approx(
        [0.8 * points, 0.2 * points], abs=0.01
    )


def test_points_of_a_written_question(tmp_path: Path) -> None:
    cells = "".join(
        f'\n# %% [markdown] lang="{lang}"\n# ## (<<points why>> of <<points>>)\n'
        f'\n# %% [markdown] lang="{lang}" answer="why" points=5\n# …\n'
        for lang in ("zh", "en")
    )
    written(tmp_path, "[assignments.relu]\npoints = { why = 2.5 }\n", notebook=authored.NOTEBOOK + cells)
    loaded = assignment.load(tmp_path / "relu")
    assert loaded.worth == {"relu_backward": 10, "why": 2.5}
    assert "## (2.5 points of 12.5 points)" in build.stub(loaded, "en")
    cells = source_notebook(loaded, "en").cells
    (answer,) = (cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "why")
    assert answer.metadata.nbgrader.points == 2.5


def test_an_exercise_that_is_left_out_is_nowhere(tmp_path: Path) -> None:
    loaded = with_toml(tmp_path / "s", '[assignments.pooling]\nleft_out = ["avg_pool"]\n')
    assert "avg_pool" not in [exercise.name for exercise in loaded.exercises]
    assert loaded.points == 94
    for lang in ("zh", "en"):
        whole = build.stub(assignment.load(SOLUTIONS / "pooling"), lang)
        text = build.stub(loaded, lang)
        assert "def avg_pool(" not in text
        assert "`avg_pool`" not in text
        assert "def avg_pool2d(" in text
        assert "**94**" in text
        gone = [line for line in whole.splitlines() if line not in text.splitlines()]
        start = next(index for index, line in enumerate(whole.splitlines()) if "# ## 2 " in line)
        end = next(index for index, line in enumerate(whole.splitlines()) if "# ## 3 " in line)
        section = whole.splitlines()[start:end]
        assert [line for line in gone if line not in section] == [
            line for line in whole.splitlines() if "| `avg_pool` |" in line or "**100**" in line
        ]
        assert not any("check(avg_pool," in cell.source for cell in source_notebook(loaded, lang).cells)


TWO = """
# %% [markdown] lang="zh"
# ## 二
# %% [markdown] lang="en"
# ## 2
# %%
def twice(delta, z):
    ### BEGIN SOLUTION
    return 2 * relu_backward(delta, z)
    ### END SOLUTION
"""
ITS_TEST = """
from .notebook import twice
other = Exercise(twice, points=1, lecture="")
@other.group("any", points=1, zh="任意", en="any")
def anything(rng):
    yield rng.normal(size=3), rng.normal(size=3)
"""


def test_what_others_need_cannot_be_left_out(tmp_path: Path) -> None:
    notebook = authored.NOTEBOOK
    for text in ("（讲义 4）", " (lecture 4)"):
        notebook = notebook.replace(text, " <<points relu_backward>>")
    toml = '[assignments.relu]\nleft_out = ["relu_backward"]\n'
    course_folder = written(tmp_path, toml, notebook=notebook + TWO, hidden=authored.HIDDEN + ITS_TEST)
    (sentence,) = sentences(course_folder)
    assert sentence.endswith(
        "notebook.py: 'relu_backward' goes with a section that is left out, but 'twice' uses it."
    )


def test_a_misspelt_placeholder_is_a_mistake(tmp_path: Path) -> None:
    notebook = authored.NOTEBOOK.replace("（讲义 4）", "（<<point relu_backward>>，<<points relu>>，1<<2）")
    found = sentences(written(tmp_path, notebook=notebook))
    assert len(found) == 2
    assert "<<point relu_backward>>" in found[0]
    assert "<<points relu>>" in found[1]


# ---- One language ------------------------------------------------------------------------------------------

CELL = re.compile(r'# %% \[markdown\] lang="(\w+)"\n# .*\n\n')


def without(lang: str, text: str) -> str:
    """An author's file without one of its languages."""
    text = CELL.sub(lambda cell: "" if cell[1] == lang else cell[0], text)
    text = re.sub(rf"^ +{lang}: .*\n", "", text, flags=re.MULTILINE)
    return re.sub(rf',?\s*\b{lang}="[^"]*"', "", text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_course_in_one_language_is_built_verified_graded_and_reported(lang: str, tmp_path: Path) -> None:
    other = "en" if lang == "zh" else "zh"
    notebook, hidden = without(other, authored.NOTEBOOK), without(other, authored.HIDDEN)
    assert (notebook, hidden) != (authored.NOTEBOOK, authored.HIDDEN)
    title = f'title = {{ {lang} = "R" }}'
    toml = f'languages = ["{lang}"]\n{title}\n[assignments.relu]\n{title}\n'
    written(tmp_path / "solutions", toml, notebook=notebook, hidden=hidden)
    assert sentences(tmp_path / "solutions") == []
    done = call(tmp_path, "build")
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in (tmp_path / "assignments").glob("[!.]*")] == [lang]
    report = verification.verify_exercise(tmp_path / "solutions" / "relu", "relu_backward", 1, "a seed")
    assert (report.stub, report.reference, report.missed, report.misnamed) == ([], [], {}, {})
    hand_in(tmp_path, "an", authored.RIGHT)
    hand_in(tmp_path, "bo", authored.TYPICAL)
    idea = "没有乘以上游的残差" if lang == "zh" else "the residual from above was left out"
    for reader in ("zh", "en"):
        graded = call(tmp_path, "grade", "submitted", *QUICK, "--lang", reader, "--json")
        assert graded.returncode == 0, graded.stderr
        an, bo = json.loads(graded.stdout)["submissions"]
        assert (an["points"], bo["points"]) == (10, 0)
        assert idea in json.dumps(bo, ensure_ascii=False)
        started = call(tmp_path, "start", f"mine_{reader}", "--from", "assignments", "--lang", reader)
        assert started.returncode == 0, started.stderr
        assert "  1  relu  R\n" in started.stdout


def test_what_is_written_in_one_language_is_shown_to_all() -> None:
    assert [Authored("甲", "").in_language(lang) for lang in ("zh", "en", "fr")] == ["甲"] * 3
    assert [Authored("", "a").in_language(lang) for lang in ("zh", "en", "fr")] == ["a"] * 3
    assert [Authored("甲", "a").in_language(lang) for lang in ("zh", "en", "fr")] == ["甲", "a", "a"]


# ---- Names -------------------------------------------------------------------------------------------------

NAMES = {"作业3": "relu", "hw3": "relu"}
ROUTES = {
    "a folder": ["an/作业3/x.py", "bo/HW3/relu.py"],
    "files named after it": ["an/relu/hw3.py", "an/relu/other.py", "bo/hw3/hw3.py"],
    "a zip with a folder around it": ["class/an/hw3/x.py", "class/bo/relu/x.py"],
    "Moodle's download": [
        "an_12_assignsubmission_file/hw3.py",
        "bo_13_assignsubmission_file/Hw3.py",
        "bo_13_assignsubmission_file/z.py",
    ],
}


@pytest.mark.parametrize("route", ROUTES)
def test_hand_ins_may_use_the_names_of_the_settings(route: str, tmp_path: Path) -> None:
    paths = ROUTES[route]
    if "zip" in route:
        with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
            for path in paths:
                archive.writestr(path, authored.RIGHT)
        where = tmp_path / "class.zip"
    else:
        where = tmp_path / "class"
        for age, path in enumerate(paths):
            (where / path).parent.mkdir(parents=True, exist_ok=True)
            (where / path).write_text(authored.RIGHT)
            os.utime(where / path, (1e9 - age, 1e9 - age))  # of files that hold as much, the newest counts
    wanted = "relu" if "Moodle" in route else None
    found = class_folder.find(where, wanted, {"relu"}, NAMES).files
    assert [(file.student[:2], file.assignment) for file in found] == [("an", "relu"), ("bo", "relu")]
    assert all(file.read() for file in found)
    if route == "files named after it":
        assert found[0].name == "an/relu/hw3.py"
        (note,) = found[0].notes
        assert "hw3.py" in note.in_language("en")
    if "Moodle" in route:
        assert found[1].name.endswith("Hw3.py")


def test_a_class_is_graded_by_these_names(tmp_path: Path) -> None:
    written(tmp_path / "solutions", '[assignments.relu]\nnames = ["作业3"]\n')
    loaded = assignment.load(tmp_path / "solutions" / "relu")
    build.draw_keys(loaded, tmp_path / "keys")
    path = tmp_path / "submitted" / "an" / "作业3" / "作业3.py"
    path.parent.mkdir(parents=True)
    path.write_text(authored.RIGHT, encoding="utf-8")
    done = call(tmp_path, "grade", "submitted", *QUICK, "--json")
    (result,) = json.loads(done.stdout)["submissions"]
    assert (result["student"], result["assignment"], result["points"]) == ("an", "relu", 10)
    single = call(tmp_path, "grade", str(path), *QUICK, "--json", "--out", "other")
    assert json.loads(single.stdout)["submissions"][0]["points"] == 10


def test_two_assignments_never_share_a_name(tmp_path: Path) -> None:
    for name in "ab":
        authored.write_course(tmp_path, name)
    toml = '[assignments.a]\nnames = ["hw1", "b"]\n[assignments.b]\nnames = ["HW1"]\n'
    (tmp_path / "course.toml").write_text(toml)
    found = sentences(tmp_path)
    assert [sentence.partition(", ")[2] for sentence in found] == [
        "assignments.a.names: 'b' already means the assignment 'b'.",
        "assignments.b.names: 'HW1' already means the assignment 'a'.",
    ]


# ---- Limits ------------------------------------------------------------------------------------------------

SLOW = """
import time
def relu_backward(delta, z):
    end = time.process_time() + 0.7
    while time.process_time() < end:
        pass
    return delta * (z > 0)
"""


def key_with(tmp_path: Path, toml: str, *, visible: bool = False) -> AnswerKey:
    written(tmp_path / "solutions", toml)
    loaded = assignment.load(tmp_path / "solutions" / "relu")
    drawn = draw_visible("relu", loaded.exercises) if visible else draw_hidden("relu", loaded.exercises)
    return loaded.with_settings(drawn)


def test_limits_of_an_assignment_take_the_place_of_the_courses(tmp_path: Path) -> None:
    own = "[assignments.relu]\nlimits = { cpu_seconds = 3, threads = 1 }\n"
    toml = f"[limits]\ncpu_seconds = 1\nmemory_mib = 128\n{own}"
    key = key_with(tmp_path, toml)
    assert key.limits == Limits(cpu_seconds=3.0, memory=128 * MiB, threads=1)
    assert answer_key.from_bytes(answer_key.to_bytes(key)).limits == key.limits


@pytest.mark.parametrize(
    ("toml", "asked", "verdict"),
    [
        ("", (), Verdict.AC),
        ("[limits]\ncpu_seconds = 0.3\n", (), Verdict.TLE),
        ("[limits]\ncpu_seconds = 0.3\n", asked_for(cpu_seconds=5), Verdict.AC),
    ],
)
def test_a_grader_keeps_the_keys_limits_unless_others_are_asked_for(
    toml: str, asked: tuple[tuple[str, float], ...], verdict: Verdict, tmp_path: Path
) -> None:
    key = key_with(tmp_path, toml)
    path = tmp_path / "relu.hidden.npz"
    answer_key.save(key, path)
    settings = grade_class.Settings("process", asked)
    task = grade_class.Task("an", "relu", "relu.py", SLOW.encode(), key.digest, settings)
    assert grade_class.grade_one(task, path).exercises[0].verdict is verdict


def test_a_check_keeps_them_too(tmp_path: Path) -> None:
    key = key_with(tmp_path, "[limits]\ncpu_seconds = 0.3\n", visible=True)
    answer_key.save(key, tmp_path / "relu.visible.npz")
    (tmp_path / "relu.py").write_text(SLOW)
    with Checker(tmp_path / "relu.visible.npz") as checker:
        assert checker.check(tmp_path / "relu.py").result.exercises[0].verdict is Verdict.TLE


# ---- Modules -----------------------------------------------------------------------------------------------

WITH_MODULE = """
import jinja2
def relu_backward(delta, z):
    assert jinja2.Template("{{ 1 + 1 }}").render() == "2"
    return delta * (z > 0)
"""
"""jinja2 is a dependency of this project; it needs markupsafe, which is compiled."""


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_module_works_where_it_is_allowed(isolation: Isolation, tmp_path: Path) -> None:
    key = key_with(tmp_path, 'modules = ["jinja2"]\n')
    with Sandbox(calls(key), key.limits, isolation) as sandbox:
        (result,) = evaluate("relu.py", WITH_MODULE.encode(), key, sandbox.run).exercises
        assert result.verdict is Verdict.AC
        for other in ("click", "sympy", "lark"):  # installed beside it
            source = WITH_MODULE.replace("    assert", f"    import {other}\n    assert")
            (result,) = evaluate("relu.py", source.encode(), key, sandbox.run).exercises
            assert result.verdict is Verdict.FORBIDDEN
            assert result.detail is not None
            sentence = result.detail.in_language("en")
            assert sentence.startswith(f"{other} cannot be imported here (needed in relu.py, line 4): only ")
            assert sentence.endswith("only NumPy, jinja2 and Python's standard library can.")
        source = WITH_MODULE.replace("    assert", "    import jinja2.nothing\n    assert")
        (result,) = evaluate("relu.py", source.encode(), key, sandbox.run).exercises
        assert result.verdict is Verdict.RTE  # a mistake inside of what is allowed


def test_it_gets_a_fair_sentence_where_it_is_not(tmp_path: Path) -> None:
    key = key_with(tmp_path, "")
    with Sandbox(calls(key), key.limits, "process") as sandbox:
        (result,) = evaluate("relu.py", WITH_MODULE.encode(), key, sandbox.run).exercises
    assert (result.verdict, result.points) == (Verdict.FORBIDDEN, 0)
    assert result.symptom is not None
    assert result.symptom.in_language("en") == "It uses jinja2, and jinja2 cannot be imported here."


WITH_SCIPY = """
import numpy as np
from scipy.linalg import solve
from scipy.signal import convolve2d
def relu_backward(delta, z):
    flat = delta.reshape(-1, delta.shape[-1])
    return solve(np.eye(len(flat)), convolve2d(flat, [[1.0]])).reshape(delta.shape) * (z > 0)
"""


@pytest.mark.skipif(importlib.util.find_spec("scipy") is None, reason="SciPy is not installed")
@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("allowed", [("scipy",), ("scipy", "scipy.signal")])
def test_scipy_works(allowed: tuple[str, ...], isolation: Isolation, tmp_path: Path) -> None:
    key = key_with(tmp_path, f"modules = {list(allowed)}\n[limits]\ncpu_seconds = 10\n")
    with Sandbox(calls(key), key.limits, isolation) as sandbox:
        done = evaluate("relu.py", WITH_SCIPY.encode(), key, sandbox.run)
    assert (done.exercises[0].verdict, done.notes) == (Verdict.AC, ())


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_nothing_beside_a_module_is_open(isolation: Isolation, tmp_path: Path) -> None:
    package = str(importlib.util.find_spec("jinja2").submodule_search_locations[0])  # type: ignore[union-attr, index]
    source = f"""
import os
def relu_backward(delta, z):
    opened = []
    for folder in ({package!r}, "/packages/jinja2"):
        for path in ("../lark/__init__.py", "../lark", "../autograder", {str(tmp_path)!r}, "/etc/passwd"):
            path = os.path.join(folder, path)
            try: opened.append(os.listdir(path) if os.path.isdir(path) else open(path).read())
            except OSError: pass
        for path in (folder + "/new", folder + "/__init__.py"):
            try: os.close(os.open(path, os.O_WRONLY | os.O_CREAT)); opened.append(path)
            except OSError: pass
    assert not opened, opened
    return delta * (z > 0)
"""
    key = key_with(tmp_path, 'modules = ["jinja2"]\n')
    with Sandbox(calls(key), key.limits, isolation) as sandbox:
        done = evaluate("relu.py", source.encode(), replace(key, visible=True), sandbox.run)
    assert done.exercises[0].verdict is Verdict.AC, done.exercises[0].symptom


def test_a_module_that_is_gone_is_no_grade(tmp_path: Path) -> None:
    key = key_with(tmp_path, "")
    limits = replace(key.limits, modules=("no_such_module",))
    with (
        Sandbox(calls(key), limits, "process") as sandbox,
        pytest.raises(SandboxError, match="modules that cannot be imported here: no_such_module"),
    ):
        sandbox.run([(authored.RIGHT, "relu.py", 1)])


def test_a_class_is_not_graded_without_a_module_that_its_key_allows(tmp_path: Path) -> None:
    key = key_with(tmp_path, "")
    settings = replace(key.settings, limits={"modules": ("no_such_module",)})
    answer_key.save(
        answer_key.with_digest(replace(key, settings=settings)), tmp_path / "keys" / "relu.hidden.npz"
    )
    hand_in(tmp_path, "an", authored.RIGHT)
    done = call(tmp_path, "grade", "submitted", *QUICK)
    assert done.returncode == 2
    assert done.stderr == (
        "autograder: keys/relu.hidden.npz: the module 'no_such_module' is not installed here; install it, or "
        "take it out.\n"
    )
