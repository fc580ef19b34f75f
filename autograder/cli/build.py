"""`autograder build`: students' files and the hidden answer keys."""

import tempfile
from pathlib import Path

import click

from autograder.base.command_line import EXIT_NOT_PASSED, PATH, fail, leave
from autograder.cli.common import for_instructors, told


@click.command()
@click.argument(
    "solutions",
    type=PATH,
    default="solutions",
    help="The folder of the assignments' sources.  [default: solutions]",
)
@click.option("--assignments", type=PATH, default="assignments", help="Where students' files go.")
@click.option("--keys", type=PATH, default="keys", help="Where the hidden answer keys go; never publish it.")
@click.option("--new-keys", is_flag=True, help="Draw all hidden keys anew.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if students' files are out of date.")
@for_instructors()
def build(solutions: Path, assignments: Path, keys: Path, new_keys: bool, check: bool) -> None:
    """Make students' files and the hidden answer keys from the sources."""
    from autograder.authoring import assignment
    from autograder.authoring import build as building

    changed = False
    try:
        course = assignment.load_all(solutions)
        from autograder.integrations.nbgrader.release import releasing

        with releasing() as released_text:
            for one in course:
                files = building.release(one, assignments, released_text, dry_run=check)
                if not check:
                    files.append(building.draw_keys(one, keys, fresh=new_keys))
                for file in files:
                    changed |= file.changed
                    if file.changed:
                        click.echo(f"out of date: {file.path}" if check else told(file))
    except OSError as error:
        # What is written here has a name; what nbgrader writes on its way may have none.
        fail(f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}.")
    if check and changed:
        leave(EXIT_NOT_PASSED)
    if not changed:
        click.echo("up to date")
