"""Helpers shared by the engine's commands, besides `base.command_line`."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.base.command_line import PATH, complain, fail
from autograder.base.messages import joined, say

if TYPE_CHECKING:
    from autograder.authoring.build import Built


solutions_argument = click.argument(
    "solutions",
    type=PATH,
    default="solutions",
    help="The folder of the assignments' sources.  [default: solutions]",
)


def intake_options(command: Any) -> Any:
    """`--pattern` and `--roster`, for the commands that take in a class."""
    pattern = click.option(
        "--pattern",
        help="The class's own layout: a regular expression for the path of a file, such as "
        r"(?P<student>\d+)_(?P<name>.+)/(?P<file>.+); docs/handing_in.md has examples.",
    )
    roster = click.option(
        "--roster",
        type=PATH,
        help="Who is in the class, as CSV with columns such as id, name, group .",
    )
    return pattern(roster(command))


@contextlib.contextmanager
def for_instructors() -> Iterator[None]:
    """Report a missing package of the instructors' extra as one sentence; also a decorator."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _FOR_INSTRUCTORS:
            raise
        fail(say("error.needs_package", package=error.name))


_FOR_INSTRUCTORS = {"copydetect", "jupytext", "nbformat", "nbgrader", "traitlets"}


def warn_of_exposed(keys: Iterable[Path]) -> None:
    """Say on stderr which hidden keys others can read, or git would add."""
    from autograder.judging.exposure import exposed

    for sentence in exposed(keys):
        complain(sentence)


def told(file: "Built", lang: str) -> str:
    """A line about a file that a build wrote or kept; about a hidden key also the consequence."""
    if file.kept:
        return say("file.kept", file=file.path).in_language(lang)
    lines = [say("file.wrote", file=file.path)]
    if file.note:
        lines.append(file.note)
    return joined(lines, "list.lines").in_language(lang)
