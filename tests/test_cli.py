"""`build`, `--help`, `--version`, and the command line without the course's subject."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from autograder import __version__
from autograder.base.messages import COURSE_LANGUAGES
from autograder.cli import app
from tests import authored
from tests.commands import QUICK, ROOT, call, clean_environment


def test_build_says_what_it_wrote_and_check_what_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["build", *arguments])  # nbformat takes seconds to import
        return result.exit_code, result.output

    monkeypatch.chdir(tmp_path)
    authored.write_course(tmp_path / "solutions")
    files = {
        f"assignments/{lang}/relu/relu{ending}"
        for lang in COURSE_LANGUAGES
        for ending in (".py", ".ipynb", ".visible.npz")
    }
    status, text = build("--check")
    assert (status, set(text.splitlines())) == (1, {f"out of date: {file}" for file in files})
    assert not (tmp_path / "assignments").exists() and not (tmp_path / "keys").exists()
    status, text = build()
    wrote = {f"wrote: {file}" for file in files | {"keys/relu.hidden.npz"}}
    assert (status, set(text.splitlines())) == (0, wrote)
    assert build("--check") == build() == (0, "up to date\n")
    assert build("--new-keys") == (0, "wrote: keys/relu.hidden.npz\n")
    source = tmp_path / "solutions" / "relu" / "notebook.py"
    source.write_text(source.read_text(encoding="utf-8") + "\nmore = 1\n", encoding="utf-8")
    status, text = build()
    assert status == 0 and text.splitlines()[-2:] == [
        "wrote: keys/relu.hidden.npz",
        "hidden key of relu drawn anew: its sources changed; everything handed in for it will be graded "
        "again",
    ]
    (tmp_path / "assignments/zh/relu/relu.py").write_text("old")
    assert build("--check", "--lang", "zh") == (1, "需要更新：assignments/zh/relu/relu.py\n")


def test_the_version_is_told() -> None:
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output) == (0, f"autograder {__version__}\n")


HELP = """
import contextlib, io, sys
from autograder.cli import app
with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
    app(sys.argv[1:], prog_name="autograder")
assert "Usage: autograder" in shown.getvalue(), shown.getvalue()
print(*sys.modules)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("grade", "--help"),
        ("check", "--help"),
        ("start", "--help"),
        ("watch", "--help"),
        ("build", "--help"),
    ],
)
def test_help_loads_nothing_heavy(arguments: Sequence[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", HELP, *arguments],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=True,
    )
    heavy = {
        "typer",
        "jinja2",
        "pydantic",
        "numpy",
        "rich",
        "watchfiles",
        "asyncio",
        "jupytext",
        "nbformat",
        "sympy",
        "multiprocessing",
        "sqlite3",
    }
    loaded = set(result.stdout.split())
    assert heavy & loaded == set()
    modules = {name for name in loaded if name.startswith(("autograder.cli.", "autograder.cnn.commands."))}
    called = {f"autograder.cli.{arguments[0]}"} if len(arguments) == 2 else set()
    assert modules - {"autograder.cli.common"} == called


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(app, info_name="autograder")
    assert len(app.commands) == 15
    for name, listed in app.commands.items():
        own = listed.make_context(name, [], context, resilient_parsing=True).command
        assert (own.name, own.help) == (name, listed.help)


def test_without_the_subject_its_commands_are_absent_and_the_others_work(course: Path) -> None:
    path = os.pathsep.join([str(ROOT / "tests" / "without_cnn"), clean_environment()["PYTHONPATH"]])
    subject = ("derive", "formula", "check-derivation", "models", "explore")

    def without(*arguments: str) -> subprocess.CompletedProcess[str]:
        called = call(course, *arguments, PYTHONPATH=path)
        assert "Traceback" not in called.stderr
        return called

    listed = {line.split()[0] for line in without("--help").stdout.split("Commands:")[1].splitlines() if line}
    assert listed == set(app.commands) - set(subject)
    for name in subject:
        refused = without(name, "--help")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"No such command '{name}'" in refused.stderr
    for name in listed:
        assert without(name, "--help").returncode == 0
    assert without("build").returncode == 0
    right = course / "assignments" / "en" / "relu" / "relu.py"
    right.write_text(authored.RIGHT, encoding="utf-8")
    checked = without("check", str(right), "--json")
    assert checked.returncode == 0, checked.stderr
    assert without("grade", "submitted", *QUICK).returncode == 0
    assert without("report").returncode == 0
