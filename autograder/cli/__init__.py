"""The command line, `autograder`: thin. It reads options, calls a room, prints, and sets the exit status.

One module a command, or a few that belong together. A mistake in the call is one sentence on stderr and
status 2. Heavy modules are imported by the command that needs them: `autograder --help` answers at once.
"""

import sys
from typing import Annotated

import typer

from autograder import __version__
from autograder.cli import (
    build,
    check,
    grade,
    gradescope,
    nbgrader,
    report,
    similar,
    start,
    verify,
    watch,
)
from autograder.cnn.commands import explore, formulas, models

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="An auto-graded course on back-propagation in convolutional networks. "
    "卷积神经网络反向传播课程的自动评分。",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"autograder {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What holds for no single command."""


app.command()(grade.grade)
app.command()(report.report)
app.command()(start.start)
app.command()(check.check)
app.command()(watch.watch)
app.command()(build.build)
app.command()(verify.verify)
app.command()(gradescope.gradescope)
app.command()(similar.similar)
app.add_typer(nbgrader.app, name="nbgrader")
app.command()(formulas.derive)
app.command()(formulas.formula)
app.command("check-derivation")(formulas.check_derivation)
app.command()(models.models)
app.command()(explore.explore)


def main() -> None:
    """Entry point of the `autograder` command."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    app()
