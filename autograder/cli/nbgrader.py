"""`autograder nbgrader`: make courses that nbgrader's own commands work on."""

from pathlib import Path

import click

from autograder.base.command_line import PATH, language_option
from autograder.base.messages import say
from autograder.cli.common import for_instructors, told, warn_of_exposed


@click.group()
def nbgrader() -> None:
    """Courses that nbgrader's own commands work on."""


@nbgrader.command()
@click.argument("folder", type=PATH, help="The course folder to make or refresh.")
@click.argument("assignments", nargs=-1, help="Which assignments. Default: all.")
@click.option("--solutions", type=PATH, default="solutions", help="The folder of the assignments' sources.")
@click.option("--force", is_flag=True, help="Write source notebooks anew that somebody has changed, too.")
@language_option
@for_instructors()
def init(folder: Path, assignments: tuple[str, ...], solutions: Path, force: bool, lang: str) -> None:
    """Make an nbgrader course: config, source notebooks, hidden keys."""
    from autograder.authoring import assignment
    from autograder.integrations.nbgrader import course
    from autograder.judging.answer_key import HIDDEN

    chosen = [assignment.load(solutions / name) for name in assignments]
    files = course.init(folder, chosen or assignment.load_all(solutions), lang, force=force)
    for file in files:
        if file.changed or file.kept:
            click.echo(told(file, lang))
    warn_of_exposed(sorted((folder / "keys").glob("*" + HIDDEN)))
    names = " | ".join(item.name for item in chosen) or "…"
    click.echo(say("nbgrader.next", folder=folder, names=names).in_language(lang))
