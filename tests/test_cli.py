"""`build`, `--help`, `--version`, and the command line without the course's subject."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from autograder import __version__
from autograder.authoring.assignment import Assignment
from autograder.base.messages import COURSE_LANGUAGES
from autograder.cli import app
from autograder.integrations.nbgrader import release
from tests import authored
from tests.commands import QUICK, ROOT, clean_environment


@pytest.fixture
def released_once() -> Iterator[Callable[[Assignment, str], str]]:
    """What nbgrader makes of each notebook, asked once: it takes seconds."""
    with release.releasing() as released_text:
        known: dict[tuple[str, str], str] = {}

        def released(one: Assignment, lang: str) -> str:
            asked = one.notebook.read_text(encoding="utf-8"), lang
            if asked not in known:
                known[asked] = released_text(one, lang)
            return known[asked]

        yield released


def test_build_says_what_it_wrote_and_check_what_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, released_once: Callable[[Assignment, str], str]
) -> None:
    def build(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["build", *arguments])  # nbformat takes seconds to import
        return result.exit_code, result.output

    monkeypatch.setattr(release, "releasing", lambda: contextlib.nullcontext(released_once))
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
    assert status == 0 and text.splitlines()[-1].startswith("wrote: assignments/")
    hidden = tmp_path / "solutions" / "relu" / "hidden.py"
    hidden.write_text(hidden.read_text(encoding="utf-8").replace("a batch", "some samples"), encoding="utf-8")
    for name in [name for name in sys.modules if name.startswith("_course_")]:
        monkeypatch.delitem(sys.modules, name)  # as in a new process
    assert build() == (
        0,
        "wrote: keys/relu.hidden.npz\n"
        "hidden key of relu computed again on the same inputs; nothing is graded again\n",
    )
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
    assert modules - {"autograder.cli.common", "autograder.cli.terminal"} == called


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(app, info_name="autograder")
    assert len(app.commands) == 17
    for name, listed in app.commands.items():
        own = listed.make_context(name, [], context, resilient_parsing=True).command
        assert (own.name, own.help) == (name, listed.help)


IN_ONE_PROCESS = """
import json, sys
from click.testing import CliRunner
from autograder.cli import app
def ask(arguments):
    answer = CliRunner().invoke(app, arguments, prog_name="autograder")
    unforeseen = answer.exception and not isinstance(answer.exception, SystemExit)
    return [answer.exit_code, answer.stdout, answer.stderr, repr(answer.exception) if unforeseen else ""]
if __name__ == "__main__":
    print(json.dumps([ask(arguments) for arguments in json.loads(sys.argv[1])]))
"""


def test_without_the_subject_its_commands_are_absent_and_the_others_work(
    course: Path, visible_key: Path
) -> None:
    path = os.pathsep.join([str(ROOT / "tests" / "without_cnn"), clean_environment()["PYTHONPATH"]])
    subject = ("derive", "formula", "check-derivation", "models", "explore")
    others = sorted(set(app.commands) - set(subject))
    (course / "right").mkdir()
    (course / "right" / "relu.py").write_text(authored.RIGHT, encoding="utf-8")
    shutil.copy(visible_key, course / "right")
    (course / "ask.py").write_text(IN_ONE_PROCESS)
    calls = [["--help"], *([name, "--help"] for name in (*subject, *others)), ["build"]]
    calls += [["check", "right/relu.py", "--json"], ["grade", "submitted", *QUICK], ["report"]]
    done = subprocess.run(
        [sys.executable, "ask.py", json.dumps(calls)],
        cwd=course,
        env=clean_environment() | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    (_, listed, *_), *answers = json.loads(done.stdout)
    assert sorted(line.split()[0] for line in listed.split("Commands:")[1].splitlines() if line) == others
    for name, (status, shown, refusal, _) in zip(subject, answers, strict=False):
        assert (status, shown) == (2, "") and f"No such command '{name}'" in refusal
    for call, (status, _, errors, unforeseen) in list(zip(calls[1:], answers, strict=True))[len(subject) :]:
        assert (status, unforeseen) == (0, ""), (call, errors)
