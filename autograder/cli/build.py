"""`autograder build`: students' files and the hidden answer keys."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import EXIT_NOT_PASSED, fail, for_instructors, told


@for_instructors()
def build(
    solutions: Annotated[Path, typer.Argument(help="The folder of the assignments' sources.")] = Path(
        "solutions"
    ),
    assignments: Annotated[Path, typer.Option(help="Where students' files go.")] = Path("assignments"),
    keys: Annotated[Path, typer.Option(help="Where the hidden answer keys go; never publish it.")] = Path(
        "keys"
    ),
    new_keys: Annotated[bool, typer.Option("--new-keys", help="Draw all hidden keys anew.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if students' files are out of date.")
    ] = False,
) -> None:
    """Make students' files and the hidden answer keys from the sources."""
    from autograder.authoring import assignment
    from autograder.authoring import build as building
    from autograder.authoring.exercise import AuthoringError
    from autograder.integrations.nbgrader.errors import ReleaseError

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
                        typer.echo(f"out of date: {file.path}" if check else told(file))
    except (AuthoringError, ReleaseError) as error:
        fail(str(error))
    except OSError as error:
        # What is written here has a name; what nbgrader writes on its way may have none.
        fail(f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}.")
    if check and changed:
        raise typer.Exit(EXIT_NOT_PASSED)
    if not changed:
        typer.echo("up to date")
