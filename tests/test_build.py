"""What students get: nothing of the solution, one language, files that work, and the same files each time."""

import ast
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring import assignment, build
from autograder.authoring.assignment import Assignment
from autograder.base.messages import COURSE_LANGUAGES, say
from autograder.integrations.nbgrader.errors import ReleaseError
from autograder.integrations.nbgrader.release import complaint, releasing
from autograder.judging import answer_key
from tests import authored
from tests.course_keys import assignments

COURSE = Path(__file__).parent.parent
ASSIGNMENTS = [*assignments().values()]
of_each_assignment = pytest.mark.parametrize("one", ASSIGNMENTS, ids=[one.name for one in ASSIGNMENTS])
in_each_language = pytest.mark.parametrize("lang", COURSE_LANGUAGES)


def released(one: Assignment, lang: str, suffix: str) -> Path:
    return COURSE / "assignments" / lang / one.name / f"{one.name}{suffix}"


def solution_lines(one: Assignment) -> tuple[set[str], set[str]]:
    """The lines of a notebook inside the solution regions, and those outside."""
    inside: set[str] = set()
    outside: set[str] = set()
    current = outside
    for line in one.notebook.read_text(encoding="utf-8").splitlines():
        if line.strip() == "### BEGIN SOLUTION":
            current = inside
        elif line.strip() == "### END SOLUTION":
            current = outside
        elif line.strip():
            current.add(line.strip())
    return inside, outside


def texts(one: Assignment, lang: str) -> Iterator[str]:
    """The text of the student's script and of each cell of the notebook."""
    yield released(one, lang, ".py").read_text(encoding="utf-8")
    for cell in json.loads(released(one, lang, ".ipynb").read_text(encoding="utf-8"))["cells"]:
        yield "".join(cell["source"])


# ---- The repository's own files ----------------------------------------------------------------------------


def test_the_repositorys_students_files_are_up_to_date() -> None:
    with releasing() as released_text:
        stale = [
            file.path.name
            for one in ASSIGNMENTS
            for file in build.release(one, COURSE / "assignments", released_text, dry_run=True)
            if file.changed
        ]
    assert stale == [], "run: autograder build"


def test_every_released_assignment_has_its_sources() -> None:
    for lang in COURSE_LANGUAGES:
        folders = {path.name for path in (COURSE / "assignments" / lang).iterdir()}
        assert folders == {one.name for one in ASSIGNMENTS}


@of_each_assignment
@in_each_language
def test_no_line_of_a_solution_gets_into_students_files(one: Assignment, lang: str) -> None:
    inside, outside = solution_lines(one)
    secret = inside - outside
    assert len(secret) > len(one.exercises)
    for text in texts(one, lang):
        assert secret & {line.strip() for line in text.splitlines()} == set()
        assert "SOLUTION" not in text


@of_each_assignment
@in_each_language
def test_a_stub_holds_nothing_but_its_docstring_and_a_place_to_write(one: Assignment, lang: str) -> None:
    tree = ast.parse(released(one, lang, ".py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for exercise in one.exercises:
        docstring, *body = functions[exercise.name].body
        assert isinstance(docstring, ast.Expr)
        assert [ast.unparse(statement) for statement in body] == ["raise NotImplementedError()"]


@of_each_assignment
def test_the_text_of_the_other_language_is_left_out(one: Assignment) -> None:
    """Every line that is marked for one language is in that language's files only."""
    notebook = one.notebook.read_text(encoding="utf-8")
    chinese = re.compile("[\u4e00-\u9fff]")
    for text in texts(one, "en"):
        assert [line for line in text.splitlines() if chinese.search(line)] == []
    together = {lang: "\n".join(texts(one, lang)) for lang in COURSE_LANGUAGES}
    for lang, other in (("zh", "en"), ("en", "zh")):
        for line in re.findall(rf"^ *{lang}: (.*)$", notebook, re.MULTILINE):
            assert line in together[lang]
            assert not re.search(rf"^ *{re.escape(line)}$", together[other], re.MULTILINE), line
        assert not re.search(r"^ *(zh|en): ", together[lang], re.MULTILINE)


@of_each_assignment
def test_text_cells_come_in_pairs(one: Assignment) -> None:
    notebook = one.notebook.read_text(encoding="utf-8")
    languages = re.findall(r'^# %% \[markdown\](?: lang="(\w+)")?', notebook, re.MULTILINE)
    assert languages and languages[0::2] == ["zh"] * (len(languages) // 2)
    assert languages[1::2] == ["en"] * (len(languages) // 2)


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"student_{path.parent.parent.name}_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@of_each_assignment
@in_each_language
def test_the_script_is_a_module_with_every_exercise_to_be_written(
    one: Assignment, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = imported(released(one, lang, ".py"))
    for exercise in one.exercises:
        stub = getattr(module, exercise.name)
        assert inspect.signature(stub) == inspect.signature(exercise.reference)
        assert stub.__doc__ and "Returns" in stub.__doc__
        with pytest.raises(NotImplementedError):
            stub(*[None] * len(exercise.parameters))


@of_each_assignment
@in_each_language
def test_the_notebook_is_valid_has_no_outputs_and_a_check_behind_each_exercise(
    one: Assignment, lang: str
) -> None:
    notebook = nbformat.read(released(one, lang, ".ipynb"), as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.nbformat == 4
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert len({cell["id"] for cell in notebook.cells}) == len(notebook.cells)
    sources = [cell.source for cell in code]
    assert sources.count("from autograder import check") == 1
    for exercise in one.exercises:
        (defined,) = [i for i, source in enumerate(sources) if f"def {exercise.name}(" in source]
        assert f'check({exercise.name}, lang="{lang}")' in sources[defined + 1 : defined + 4]
        assert sources.index("from autograder import check") < defined + 1


@of_each_assignment
def test_both_languages_hold_the_same_code(one: Assignment) -> None:
    """Docstrings, comments and texts of several lines aside."""

    def code(lang: str) -> list[str]:
        tree = ast.parse(released(one, lang, ".py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
                node.body = node.body[1:]
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
                node.value = "text"
        return [ast.unparse(statement) for statement in tree.body]

    assert code("zh") == code("en")


@of_each_assignment
@in_each_language
def test_the_visible_key_holds_no_case_of_a_hidden_group(one: Assignment, lang: str) -> None:
    key = answer_key.load(released(one, lang, ".visible.npz"))
    assert key.visible and key.assignment == one.name and key.source == ""
    for exercise, of_key in zip(one.exercises, key.exercises, strict=True):
        assert of_key.name == exercise.name
        assert [group.name for group in of_key.groups] == [g.name for g in exercise.groups if g.visible]


def test_hidden_keys_and_grades_are_ignored_by_git() -> None:
    ignored = (COURSE / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/keys/", "/grades/", "/submitted/", "/course/", "/similar/", "*.gradescope.zip"} <= set(ignored)


# ---- Building ----------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Assignment:
    return assignment.load(authored.write_course(tmp_path / "solutions"))


def as_it_is(one: Assignment, lang: str) -> str:
    """In the place of nbgrader, which takes a second."""
    return f"{one.name} in {lang}"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_releasing_twice_changes_nothing(small: Assignment, tmp_path: Path) -> None:
    first = build.release(small, tmp_path / "out", as_it_is)
    before = contents(tmp_path / "out")
    assert all(file.changed for file in first) and len(before) == len(first)
    again = build.release(small, tmp_path / "out", as_it_is)
    assert [file.path for file in again] == [file.path for file in first]
    assert not any(file.changed for file in again)
    assert contents(tmp_path / "out") == before
    build.release(small, tmp_path / "elsewhere", as_it_is)
    assert contents(tmp_path / "elsewhere") == before


def test_a_dry_run_tells_what_would_change_and_writes_nothing(small: Assignment, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert all(file.changed for file in build.release(small, out, as_it_is, dry_run=True))
    assert not out.exists()
    build.release(small, out, as_it_is)
    assert not any(file.changed for file in build.release(small, out, as_it_is, dry_run=True))
    for path in [file.path for file in build.release(small, out, as_it_is)]:
        good = path.read_bytes()
        path.write_bytes(b"stale")
        before = contents(out)
        assert [f.path for f in build.release(small, out, as_it_is, dry_run=True) if f.changed] == [path]
        assert contents(out) == before
        path.write_bytes(good)


def test_a_key_of_an_older_schema_is_drawn_anew(
    small: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(answer_key, "SCHEMA", answer_key.SCHEMA - 1)
        build.draw_keys(small, tmp_path)
        build.release(small, tmp_path, as_it_is)
    assert build.draw_keys(small, tmp_path).changed
    stale = {
        file.path.name for file in build.release(small, tmp_path, as_it_is, dry_run=True) if file.changed
    }
    assert stale == {"relu.visible.npz"}


def test_what_nbgrader_refuses_is_told_in_its_own_words(tmp_path: Path) -> None:
    folder = authored.write_course(tmp_path / "solutions")
    translation = '\n# %% [markdown] lang="zh"\n# 为什么？\n'
    question = f'{translation}\n# %% [markdown] lang="en" answer="why" points=3\n# Why?\n'
    with (folder / "notebook.py").open("a", encoding="utf-8") as file:
        file.write(question * 2)
    with releasing() as released_text, pytest.raises(ReleaseError) as refused:
        released_text(assignment.load(folder), "en")
    assert re.fullmatch(
        r"nbgrader cannot release relu: \S+Error: Duplicate grade id: why", str(refused.value)
    )


def test_a_complaint_without_a_traceback_is_its_last_line() -> None:
    assert complaint("[INFO] so far\n[ERROR] no such folder\n\n", "") == "[ERROR] no such folder"
    assert complaint("", "") == say("nbgrader.no_reason")
    assert complaint("Traceback (most recent call last):", "") == "Traceback (most recent call last):"


# ---- The two steps on text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("x = 1", "x = 1", "x = 1"),
        ("    zh: 残差\n    en: residual", "    残差", "    residual"),
        ("x = 1\n# zh: 核\n# en: kernel\ny = 2", "x = 1\n# 核\ny = 2", "x = 1\n# kernel\ny = 2"),
        ("zh: 冒号: 在内", "冒号: 在内", ""),
        ("size: zh: 5", "size: zh: 5", "size: zh: 5"),
        ("zh:no space", "zh:no space", "zh:no space"),
        ("", "", ""),
        ("zh: 一\nzh: 二\nen: one\n", "一\n二\n", "one\n"),
    ],
)
def test_lines_of_one_language_are_kept_for_it_alone(source: str, zh: str, en: str) -> None:
    assert build.in_language(source, "zh") == zh
    assert build.in_language(source, "en") == en


@given(st.lists(st.tuples(st.sampled_from(["zh", "en", ""]), st.text("卷积ab :#", max_size=8))))
def test_every_line_goes_where_its_tag_says(tagged: list[tuple[str, str]]) -> None:
    lines = [(tag, f"| {text}") for tag, text in tagged]
    source = "\n".join(f"{tag}: {text}" if tag else text for tag, text in lines)
    for lang in COURSE_LANGUAGES:
        kept = [text for tag, text in lines if tag in ("", lang)]
        assert build.in_language(source, lang) == "\n".join(kept)


def test_each_solution_becomes_one_stub_at_its_own_indentation() -> None:
    source = """\
def f(x):
    '''Twice x.'''
    y = 2
    ### BEGIN SOLUTION
    for i in x:
        y = secret(i)
    ### END SOLUTION
    return y


### BEGIN SOLUTION
TABLE = secret()
### END SOLUTION"""
    assert (
        build.without_solutions(source)
        == """\
def f(x):
    '''Twice x.'''
    y = 2
    # YOUR CODE HERE
    raise NotImplementedError()
    return y


# YOUR CODE HERE
raise NotImplementedError()"""
    )


def test_text_without_solutions_stays_as_it_is() -> None:
    assert build.without_solutions(authored.RIGHT) == authored.RIGHT
