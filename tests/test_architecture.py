"""Rules about the repository as a whole: who imports whom, messages, what text may name."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import jinja2
import pytest
from jinja2 import nodes

from autograder.base.messages import COURSE_LANGUAGES
from autograder.cnn.derivations.checking.slips import SLIPS
from autograder.cnn.domain import DOMAIN
from autograder.cnn.explorer import page as explorer

COURSE = Path(__file__).parent.parent


def test_lower_floors_never_import_higher_ones() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=COURSE, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


INSIDE = ("warden", "runner", "confinement", "limits")


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
"""Those with a catalogue: ids that begin with a package's name stand there, all others in `base`."""

PUT_TOGETHER = {
    "cnn.slip.": {slip.id for slip in SLIPS},
    "cnn.explorer.page.": explorer.texts().keys() - {"sentences", "tag"},
}
"""How ids begin that the code puts together, and how they may go on."""

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

    `ids`: all that its first argument may be; none where that is a name, for what was chosen before: then it
    is one of the ids that the module holds and does not say itself. A mapping's values are not known.
    """

    file: Path
    line: int
    ids: set[str]
    values: set[str]
    from_mapping: bool


def spoken(file: Path) -> Iterator[Call]:
    """The calls of `say`, of what `translator` gave, called `_`, and of `sentence`."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") in ("say", "_", "sentence")
            and node.args
        ):
            constants = (one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant))
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
    for file in {call.file for call in calls() if not call.ids}:
        own = [call for call in calls() if call.file == file]
        given = [call.values for call in own if not call.ids]
        for id in (constants(file) & asked.keys()) - {id for call in own for id in call.ids}:
            assert asked[id] in given, (file, id)
    for id, own_id in DOMAIN.words.items():
        assert asked[id] == asked[own_id]


def test_a_sentence_stands_in_its_package_in_every_language_with_the_same_placeholders() -> None:
    for package in PACKAGES:
        english = catalogue(package, "en")
        assert all((id.partition(".")[0] == package) == (package != "base") for id in english)
        for lang in COURSE_LANGUAGES:
            own = catalogue(package, lang)
            assert list(own) == sorted(english), (package, lang)
            assert {id: placeholders(text) for id, text in own.items()} == {
                id: placeholders(text) for id, text in english.items()
            }


def test_chinese_sentences_are_chinese_and_english_ones_are_not() -> None:
    for id, text in sentences("zh").items():
        bare = re.sub(r"\{.*?\}|\s", "", text)
        assert CHINESE.search(text) or not bare or id in SAME_IN_ALL_LANGUAGES, id
    assert [id for id, text in sentences("en").items() if CHINESE.search(text)] == []


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")

HOLD_CHINESE = {
    "cli/__init__.py",  # `--help` says in both languages what the program is
    *("cnn/derivations/documents/check.py", "cnn/derivations/documents/settings.py"),  # they read texts
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
