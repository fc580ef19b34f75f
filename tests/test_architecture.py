"""Rules about the repository as a whole: imports, messages, names in text."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple, get_args

import jinja2
import pytest
from jinja2 import nodes

from autograder.base.messages import COURSE_LANGUAGES
from autograder.cnn.derivations.checking.slips import SLIPS
from autograder.cnn.derivations.documents.conventions import FLAGS
from autograder.cnn.domain import DOMAIN
from autograder.cnn.explorer import page as explorer
from autograder.student.feedback import advice
from autograder.submissions import content, source
from autograder.submissions.class_folder import Fate
from autograder.submissions.records import Kind

COURSE = Path(__file__).parent.parent


def test_lower_layers_never_import_higher_ones() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=COURSE, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


INSIDE = ("warden", "runner", "confinement", "clock", "limits", "modules")


@pytest.mark.parametrize("module", INSIDE)
def test_what_runs_inside_the_sandbox_imports_the_standard_library_numpy_and_values_only(module: str) -> None:
    code = f"import sys, numpy; before = {{*sys.modules}}; import autograder.sandbox.{module}; "
    shown = subprocess.run(
        [sys.executable, "-c", code + "print(*{*sys.modules} - before)"],
        cwd=COURSE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    own = {name for name in shown if name.startswith("autograder.")}
    assert own <= {
        "autograder.sandbox",
        "autograder.sandbox.values",
        *(f"autograder.sandbox.{name}" for name in INSIDE),
    }
    others = {name.partition(".")[0] for name in shown} - {"autograder"}
    assert others <= sys.stdlib_module_names


# ---- Messages ----------------------------------------------------------------------------------------------

ENGINE = COURSE / "autograder"
PACKAGES = sorted(place.parents[1].name for place in ENGINE.glob("*/locale/en.json"))
"""Packages with a catalogue: it holds the ids that begin with the package's name; `base` holds all others."""

PUT_TOGETHER = {
    "cnn.slip.": {slip.id for slip in SLIPS},
    "account.fate_": {*get_args(Fate)},
    "note.kind_": {kind.replace(" ", "_") for kind in get_args(Kind) if kind != "read"},
    "note.stopped_": {"time", "output", "died", "others"},
    "cnn.convention.": {
        *("base", "dense", "correlation", "convolution", "star_correlation", "star_convolution"),
        *(no + name for name in FLAGS if name != "flipped" for no in ("", "no_")),
    },
    "cnn.explorer.page.": explorer.texts().keys() - {"sentences", "tag"},
}
"""Prefixes of ids that the code composes, and the possible rests."""

SAME_IN_ALL_LANGUAGES = {"list.lines", "list.sentences", "symptom.names_and_more"}
"""Sentences without words. A sentence in Chinese holds a Chinese character or Chinese punctuation."""


@cache
def catalogue(package: str, lang: str) -> dict[str, str]:
    sentences: dict[str, str] = json.loads((ENGINE / package / "locale" / f"{lang}.json").read_text("utf-8"))
    return sentences


@cache
def sentences(lang: str) -> dict[str, str]:
    return {id: text for package in PACKAGES for id, text in catalogue(package, lang).items()}


class Call(NamedTuple):
    """A message in the code.

    `ids`: all possible values of its first argument; empty where that is a variable, which then holds one of
    the other ids in the module. With `from_mapping`, not all of its values are known.
    """

    file: Path
    line: int
    ids: set[str]
    values: set[str]
    from_mapping: bool


def spoken(file: Path) -> Iterator[Call]:
    """The calls of `say`, of `_` (the result of `translator`), and of `sentence`."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") in ("say", "_", "sentence")
            and node.args
        ):
            constants = (part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))
            ids = {value for value in constants if isinstance(value, str) and "." in value}
            names = {keyword.arg for keyword in node.keywords}
            assert ids or isinstance(node.args[0], ast.Name), f"{file}:{node.lineno}: an id put together"
            yield Call(file, node.lineno, ids, {name for name in names if name}, None in names)


def spoken_in_template(file: Path) -> Iterator[Call]:
    for node in jinja2.Environment().parse(file.read_text("utf-8")).find_all(nodes.Call):
        if isinstance(node.node, nodes.Name) and node.node.name in ("say", "sentence"):
            assert isinstance(node.args[0], nodes.Const), f"{file.name}:{node.lineno}"
            values = {keyword.key for keyword in node.kwargs}
            yield Call(file, node.lineno, {node.args[0].value}, values, False)


@cache
def calls() -> list[Call]:
    files = {*ENGINE.rglob("*.py")} - {ENGINE / "base" / "messages.py"}
    found = [call for file in sorted(files) for call in spoken(file)]
    return found + [
        call for file in sorted(ENGINE.rglob("templates/*.html")) for call in spoken_in_template(file)
    ]


def constants(file: Path) -> set[Any]:
    return {
        node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)
    }


def test_every_message_that_is_said_has_a_sentence() -> None:
    known = sentences("en").keys() | PUT_TOGETHER.keys()
    assert [call for call in calls() if call.ids - known] == []
    for start, ends in PUT_TOGETHER.items():
        assert {id.removeprefix(start) for id in sentences("en") if id.startswith(start)} == ends


def test_no_sentence_is_left_over() -> None:
    said = {id for call in calls() for id in call.ids}
    said |= {text for file in ENGINE.rglob("*.py") for text in constants(file)}  # chosen first, said later
    left = {id for id in sentences("en").keys() - said if not id.startswith((*PUT_TOGETHER,))}
    assert left == set()


def test_every_value_that_a_sentence_shows_is_given_by_who_says_it() -> None:
    asked = {id: placeholders(text) for id, text in sentences("en").items()}
    for call in calls():
        for id in call.ids & asked.keys():
            assert call.from_mapping or asked[id] == call.values, (call, id)
    said_by_name = {id for call in calls() for id in call.ids}
    for file in {call.file for call in calls() if not call.ids}:
        given = [call.values for call in calls() if call.file == file and not call.ids]
        for id in (constants(file) & asked.keys()) - said_by_name:
            assert asked[id] in given, (file, id)
    for symptom, example in DOMAIN.next_steps.items():
        assert symptom in asked and asked[example] == set()
    for pattern, known in ((advice._ABOUT_FORM, 17), (advice._ABOUT_ENTRIES, 13), (advice._ABOUT_CLASS, 5)):
        assert sum(bool(pattern.fullmatch(id)) for id in asked) == known, pattern


def test_whatever_makes_a_file_unreadable_is_warned_about() -> None:
    texts = (Path(module.__file__ or "").read_text("utf-8") for module in (source, content))
    said = {id for text in texts for id in re.findall(r'SubmissionError\(say\("([^"]+)"', text)}
    no_content = {"note.no_file_in_folder", "note.file_unreadable"}
    of_intake = {"note.not_read", "note.looks_like", "note.no_code_handed_in"}  # class_folder's
    assert {*said} | no_content | of_intake == source.UNREADABLE
    assert no_content < {id for call in calls() if call.file.name == "grade_class.py" for id in call.ids}


def test_a_sentence_stands_in_its_package_in_every_language_with_the_same_placeholders() -> None:
    for package in PACKAGES:
        english = catalogue(package, "en")
        assert all((id.partition(".")[0] == package) == (package != "base") for id in english)
        for lang in (file.stem for file in (ENGINE / package / "locale").glob("*.json")):
            own = catalogue(package, lang)
            lacking = set() if lang in COURSE_LANGUAGES else english.keys() - own.keys()
            assert list(own) == sorted(english.keys() - lacking), (package, lang)
            for id, text in own.items():
                assert placeholders(text) == placeholders(english[id]), (package, lang, id)


def test_chinese_sentences_are_chinese_and_english_ones_are_not() -> None:
    for id, text in sentences("zh").items():
        bare = re.sub(r"\{.*?\}|\s", "", text)
        assert CHINESE.search(text) or not bare or id in SAME_IN_ALL_LANGUAGES, id
    assert [id for id, text in sentences("en").items() if CHINESE.search(text)] == []


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")

HOLD_CHINESE = {
    *("cli/__init__.py", "cnn/commands/__init__.py"),  # `--help` says in both languages what the program is
    *("cnn/derivations/documents/check.py", "cnn/derivations/documents/settings.py"),  # they read texts
    *("cnn/derivations/documents/conventions.py", "cnn/derivations/notation/spelling.py"),  # so do these
}


def test_no_sentence_stands_in_the_code() -> None:
    found = {}
    for file in sorted(ENGINE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        chinese = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
            and re.search("[\u4e00-\u9fff]", node.value)
        ]
        if chinese:
            found[str(file.relative_to(ENGINE))] = chinese
    assert found.keys() == HOLD_CHINESE, found


ENGLISH = re.compile(r"(?:\b[A-Za-z']{2,}[,:;]? ){2,}[A-Za-z']{2,}")
"""Three words in a row."""

NOT_SHOWN = {
    "# YOUR CODE HERE": "what stubs hold, and people look for",
    "# A course for nbgrader": "a file of nbgrader's",
    "# The hidden answer keys": "the .gitignore of a course",
    "Traceback (most recent call last)": "what Python writes",
    "check({name}": "code of a notebook",
    "from autograder import check": "code of a notebook",
    "import numpy as np": "code that a submission may leave out",
    "\ndef opened(path)": "code that tries the isolation",
    "\nimport ": "code of a process that is started",
    "SIS ": "columns of Canvas",
    "Grade can be changed": "a column of Moodle",
    "{} is no quantity of the lecture": "a mistake in the engine's own code",
    "{} is no polynomial": "a mistake in the engine's own code",
    "An auto-graded course": "the title of `--help`, in both languages",
    "module {} has no attribute": "what Python says",
    "there is no message {}": "a mistake in the engine's own code",
    "values are missing of {}": "a record of another version, which is made anew",
    "nothing of a hidden answer key": "a mistake in the engine's own code",
}
"""How strings begin that hold three English words, and why they are no messages."""

WITHOUT_MESSAGES = {
    "sandbox/values.py": "runs inside the sandbox, too, where there are none",
    "sandbox/confinement.py": "runs inside the sandbox",
}


def english(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The strings that a user may see: no docstrings, help of commands, patterns, SQL, asserts, types."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        unseen: list[ast.AST | None] = []
        match node:
            case ast.Expr(value=ast.Constant()):
                unseen = [node.value]
            case ast.keyword(arg="help" | "epilog") | ast.Assert():
                unseen = [node]
            case ast.Call(func=ast.Attribute(attr="compile" | "execute" | "executemany" | "getgroup")):
                unseen = [*node.args]
            case ast.FunctionDef():
                unseen = [node.returns]
            case ast.Assign(targets=[ast.Name(id="_ENGINE" | "COMMANDS")]):  # the commands' help
                unseen = [node]
        passed |= {id(part) for root in unseen if root for part in ast.walk(root)}
        if id(node) in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in node.values if isinstance(part, ast.Constant)}
            texts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(map(str, texts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_no_english_sentence_stands_in_the_code() -> None:
    used = set()
    for file in sorted(ENGINE.rglob("*.py")):
        if (name := file.relative_to(ENGINE).as_posix()) in WITHOUT_MESSAGES:
            continue
        for line, text in english(ast.parse(file.read_text("utf-8"))):
            if ENGLISH.search(text):
                start = next((start for start in NOT_SHOWN if text.startswith(start)), None)
                assert start is not None, f"{name}:{line}: {text!r} is no message"
                used.add(start)
    assert used == NOT_SHOWN.keys()


# ---- Text --------------------------------------------------------------------------------------------------


def tracked_text() -> dict[str, str]:
    """The files that git knows, or would add, and that are text."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, cwd=COURSE, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("not a git repository")
    files = {}
    for name in filter(None, found.stdout.split("\0")):
        try:
            files[name] = (COURSE / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return files


def test_nothing_names_a_path_of_the_machine_that_it_was_written_on() -> None:
    named = [re.escape(str(COURSE)), r"\bshared[/]", "/work[/]", "/Users[/]"]
    if sys.prefix != sys.base_prefix:
        named.append(re.escape(sys.prefix))
    paths = re.compile("|".join(named))
    places = [
        f"{name}: {match[0]}" for name, text in tracked_text().items() for match in paths.finditer(text)
    ]
    assert places == []


def test_every_file_is_utf8_with_line_feeds_and_ends_in_one() -> None:
    for name, text in tracked_text().items():
        if (
            name.endswith((".py", ".md", ".toml", ".json"))
            and text
            and not name.startswith(("examples/", "tests/"))
        ):
            assert "\r" not in text and text.endswith("\n"), name


def test_both_readmes_give_the_same_commands_and_lead_to_the_same_pages() -> None:
    def essence(name: str) -> tuple[list[str], set[str], int]:
        text = (COURSE / name).read_text(encoding="utf-8")
        blocks = re.findall(r"^```sh$(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        lines = [line.split("#")[0] for line in "".join(blocks).splitlines()]
        commands = [re.sub(r"<\S+?>| --lang \w+", "", line).strip() for line in lines]
        links = set(re.findall(r"\]\(([\w/]+(?:\.\w+)?)\)", text)) - {"README.md", "README.zh.md"}
        return [line for line in commands if line], links, text.count("\n## ")

    assert essence("README.md") == essence("README.zh.md")


# ---- Tests -------------------------------------------------------------------------------------------------


def test_no_test_module_imports_from_another() -> None:
    """What several of them share stands in a module that holds no tests."""
    imports = re.compile(r"(?:from|import) tests(?:\.| import )(?:test_|conftest)")
    found = [
        name for name, text in tracked_text().items() if name.startswith("tests/") and imports.search(text)
    ]
    assert found == []


def test_no_test_module_is_longer_than_600_lines() -> None:
    lengths = {path.name: path.read_text("utf-8").count("\n") for path in COURSE.glob("tests/*.py")}
    assert {name: length for name, length in lengths.items() if length > 600} == {}
