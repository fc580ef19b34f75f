"""`autograder nbgrader`: courses that nbgrader's own commands work on."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import LangOption, fail, for_instructors, language, told

app = typer.Typer(no_args_is_help=True, help="Courses that nbgrader's own commands work on.")


@app.command("init")
@for_instructors()
def init(
    folder: Annotated[Path, typer.Argument(help="The course folder to make or refresh.")],
    assignments: Annotated[
        list[str] | None, typer.Argument(help="Which assignments; all unless said otherwise.")
    ] = None,
    solutions: Annotated[Path, typer.Option(help="The folder of the assignments' sources.")] = Path(
        "solutions"
    ),
    force: Annotated[
        bool, typer.Option("--force", help="Write source notebooks anew that somebody has changed, too.")
    ] = False,
    lang: LangOption = None,
) -> None:
    """Make an nbgrader course: config, source notebooks, hidden keys."""
    from autograder.authoring import assignment
    from autograder.authoring.exercise import AuthoringError
    from autograder.integrations.nbgrader import course

    try:
        chosen = [assignment.load(solutions / name) for name in assignments or []]
        files = course.init(folder, chosen or assignment.load_all(solutions), language(lang), force=force)
    except AuthoringError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or folder}: {error.strerror or error}.")
    for file in files:
        if file.changed or file.kept:
            typer.echo(told(file))
    typer.echo(
        f"next, in {folder}: nbgrader generate_assignment {' | '.join(one.name for one in chosen) or '…'}"
    )


@app.callback()
def _group() -> None:
    """Keeps `init` a subcommand."""
