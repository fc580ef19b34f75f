"""`autograder course`: say what is wrong with a course's settings and sources."""

from pathlib import Path

import click

from autograder.base.command_line import language_option
from autograder.base.messages import say
from autograder.cli.common import solutions_argument


@click.group()
def course() -> None:
    """The course's settings and sources."""


@course.command()
@solutions_argument
@language_option
def check(solutions: Path, lang: str) -> None:
    """Say what is wrong with the settings and the sources, a sentence each: 2 where anything is."""
    from autograder.authoring import assignment, mistakes

    loaded = assignment.load_all(solutions)
    mistakes.check_release(loaded)
    total = {
        "assignments": len(loaded),
        "exercises": sum(len(item.exercises) for item in loaded),
        "written": sum(len(item.written) for item in loaded),
        "points": f"{sum(sum(item.worth.values()) for item in loaded):g}",
    }
    click.echo(say("course.fine", course=solutions, **total).in_language(lang))
