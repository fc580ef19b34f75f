"""Rules about the repository as a whole: who imports whom, translations, what text may name."""

import io
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

COURSE = Path(__file__).parent.parent
LOCALE = COURSE / "autograder" / "base" / "locale" / "zh" / "LC_MESSAGES"


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


# ---- The catalogue -----------------------------------------------------------------------------------------


def in_the_code() -> set[str]:
    """Every message that the engine says, as pybabel finds them."""
    found = extract_from_dir(
        COURSE / "autograder",
        method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2")],
        options_map={"**/templates/**.html": {"trimmed": "true", "silent": "false"}},
        keywords={"_": None, "say": None},
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def catalogue() -> Catalog:
    with (LOCALE / "autograder.po").open("rb") as file:
        return read_po(file, locale="zh")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def translations() -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue() if message.id}


def test_every_message_has_a_chinese_translation_and_none_is_left_over() -> None:
    assert in_the_code() == set(translations()), "run pybabel, see babel.cfg"
    for english, chinese in translations().items():
        assert re.search("[\u4e00-\u9fff]", chinese), english
    assert [message.id for message in catalogue() if message.id and message.fuzzy] == []


def test_translations_hold_the_same_placeholders() -> None:
    for english, chinese in translations().items():
        assert placeholders(chinese) == placeholders(english)


def test_the_compiled_catalogue_is_up_to_date() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue())
    assert compiled.getvalue() == (LOCALE / "autograder.mo").read_bytes(), "run pybabel compile"


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
            name.endswith((".py", ".md", ".toml", ".po"))
            and text
            and not name.startswith(("examples/", "tests/"))
        ):
            assert "\r" not in text and text.endswith("\n"), name
