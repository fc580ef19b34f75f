"""`autograder gradescope`: the zip that grades an assignment on Gradescope."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import LangOption, fail, language


def gradescope(
    assignment: Annotated[str, typer.Argument(help="The assignment's name, such as pooling.")],
    keys: Annotated[Path, typer.Option(help="Where the hidden answer keys are.")] = Path("keys"),
    out: Annotated[
        Path | None, typer.Option(help="The zip to write: <assignment>.gradescope.zip unless said otherwise.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Make the zip that grades an assignment on Gradescope. It holds the hidden key: never publish it."""
    from autograder.grading import grade_class
    from autograder.integrations.gradescope import bundle
    from autograder.judging.answer_key import HIDDEN, KeyFileError, load

    known = sorted(grade_class.known_assignments(keys))
    if assignment not in known and known:
        fail(f"{keys} holds no hidden key of {assignment}; there are keys of {', '.join(known)}.")
    key = keys / (assignment + HIDDEN)
    target = out or Path(f"{assignment}.gradescope.zip")
    try:
        load(key, assignment)
        bundle.write(key, language(lang), target)
    except KeyFileError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or target}: {error.strerror or error}.")
    typer.echo(
        f"wrote {target}: upload it on Gradescope (Configure Autograder), and show it to no student: "
        "it holds the hidden key."
    )
