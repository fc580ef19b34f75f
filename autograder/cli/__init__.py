"""The command line, `autograder`: reads options, calls a package, prints, and sets the exit status.

One module for each command; the commands about the course's subject are in `autograder.cnn`, and are absent
where that cannot be imported. A user's error is one sentence on stderr and status 2. A command's module is
imported when the command is called, and imports its packages when it runs, to keep `autograder --help` fast.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from autograder import __version__
from autograder.cli import terminal

_ENGINE = {
    "grade": "Grade a class of submissions against the hidden answer keys.",
    "report": "Write a report of the class that was graded last.",
    "start": "Copy the assignments into a folder and say what to do first. Keeps what you have changed.",
    "check": "Check your own work against the visible cases: 0 when all pass, 1 when not.",
    "watch": "Check again on every save; keys: h hint, f formula, l list, q quit.",
    "pytest": "Run pytest on students' files as data: no conftest.py, settings or cache of theirs is used.",
    "build": "Make students' files and the hidden answer keys from the sources.",
    "verify": "Test the tests: is everything wrong rejected and named, everything right accepted? "
    "1 when not.",
    "course": "The course's settings and sources.",
    "gradescope": "Make the zip that grades an assignment on Gradescope. It holds the hidden key: "
    "never publish it.",
    "similar": "Show which submissions of a class are suspiciously alike, side by side. Nothing is run.",
    "nbgrader": "Courses that nbgrader's own commands work on.",
}
"""The help of each command; its module has its name, too."""


class _Lazy(click.Command):
    """A command whose module is imported when it is called."""

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
        ctx.call_on_close(terminal.complain_of_lost_output)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # Click would say "Aborted!" and exit with 1
            from autograder.base.command_line import EXIT_INTERRUPTED

            raise click.exceptions.Exit(EXIT_INTERRUPTED) from None
        except Exception as error:
            from autograder.base.command_line import fail, fail_with
            from autograder.base.messages import TextError

            if isinstance(error, OSError):
                fail_with(error, ctx.invoked_subcommand or "")
            if not isinstance(error, TextError):
                raise
            fail(*getattr(error, "mistakes", [error.text]))


def _lazy(package: str, table: Mapping[str, tuple[str, str]]) -> dict[str, click.Command]:
    return {name: _Lazy(name, f"{package}.{where}", help) for name, (where, help) in table.items()}


def _subject() -> tuple[str, dict[str, click.Command]]:
    """The title of the program and the commands about the course's subject, where it is installed."""
    try:
        from autograder.cnn import commands
    except ModuleNotFoundError:
        return "Auto-graded courses. 课程作业的自动评分。", {}
    return commands.TITLE, _lazy(commands.__name__, commands.COMMANDS)


_TITLE, _SUBJECT = _subject()


@click.group(
    cls=_Commands,
    commands=_lazy(__name__, {name: (f"{name}:{name}", help) for name, help in _ENGINE.items()}) | _SUBJECT,
    context_settings={"show_default": True},
    help=_TITLE,
)
@click.version_option(
    __version__, prog_name="autograder", message="%(prog)s %(version)s", help="Print the version."
)
def app() -> None:
    """The group of all commands."""


def main() -> None:
    """Entry point of the `autograder` command."""
    terminal.run(app)
