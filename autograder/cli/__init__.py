"""The command line, `autograder`: thin. It reads options, calls a package, prints, and sets the exit status.

One module a command, or a few that belong together; the commands about the course's subject stand in
`autograder.cnn`, and are absent where that cannot be imported. A mistake in the call is one sentence on
stderr and status 2. A command's module is imported when the command is called, and imports what it works
with when it runs: `autograder --help` answers at once.
"""

import importlib
import sys
from collections.abc import Mapping
from typing import Any

import click

from autograder import __version__

_ENGINE = {
    "grade": ("grade:grade", "Grade a class of submissions against the hidden answer keys."),
    "report": ("report:report", "Write a report of the class that was graded last."),
    "start": (
        "start:start",
        "Copy the assignments into a folder and say what to do first. Keeps what you have changed.",
    ),
    "check": (
        "check:check",
        "Check your own work against the visible cases: 0 when all pass, 1 when not.",
    ),
    "watch": ("watch:watch", "Check again on every save; keys: h hint, f formula, l list, q quit."),
    "build": ("build:build", "Make students' files and the hidden answer keys from the sources."),
    "verify": (
        "verify:verify",
        "Test the tests: is everything wrong rejected and named, everything right accepted? 1 when not.",
    ),
    "gradescope": (
        "gradescope:gradescope",
        "Make the zip that grades an assignment on Gradescope. It holds the hidden key: never publish it.",
    ),
    "similar": (
        "similar:similar",
        "Show which submissions of a class are suspiciously alike, side by side. Nothing is run.",
    ),
    "nbgrader": ("nbgrader:nbgrader", "Courses that nbgrader's own commands work on."),
}
"""Of each command its module and attribute, and what it does."""


class _Lazy(click.Command):
    """A command known by its name and help; its module is imported when it is called."""

    def __init__(self, name: str, where: str, help: str) -> None:
        super().__init__(name, help=help)
        self.where = where

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        module, _, attribute = self.where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command.make_context(*arguments, **more)


class _Commands(click.Group):
    """The commands in the order of their tables."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # Click would say "Aborted!" and exit with 1
            from autograder.base.command_line import EXIT_INTERRUPTED

            raise click.exceptions.Exit(EXIT_INTERRUPTED) from None
        except Exception as error:
            from autograder.base.messages import TextError

            if not isinstance(error, TextError):
                raise
            from autograder.base.command_line import fail

            fail(error.text)


def _lazy(package: str, table: Mapping[str, tuple[str, str]]) -> dict[str, click.Command]:
    return {name: _Lazy(name, f"{package}.{where}", help) for name, (where, help) in table.items()}


def _subject() -> dict[str, click.Command]:
    """The commands about the course's subject, where it is installed."""
    try:
        from autograder.cnn import commands
    except ModuleNotFoundError:
        return {}
    return _lazy(commands.__name__, commands.COMMANDS)


@click.group(
    cls=_Commands,
    commands=_lazy(__name__, _ENGINE) | _subject(),
    context_settings={"show_default": True},
    help="An auto-graded course on back-propagation in convolutional networks. "
    "卷积神经网络反向传播课程的自动评分。",
)
@click.version_option(
    __version__, prog_name="autograder", message="%(prog)s %(version)s", help="Print the version."
)
def app() -> None:
    """What holds for no single command."""


def main() -> None:
    """Entry point of the `autograder` command."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    app()
