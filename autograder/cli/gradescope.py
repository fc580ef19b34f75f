"""`autograder gradescope`: make the zip that grades an assignment on Gradescope."""

from pathlib import Path

import click

from autograder.base.command_line import PATH, fail, language_option
from autograder.base.messages import say
from autograder.cli.common import warn_of_exposed


@click.command()
@click.argument("assignment", help="The assignment's name, such as pooling.")
@click.option("--keys", type=PATH, default="keys", help="Where the hidden answer keys are.")
@click.option("--out", type=PATH, help="The zip to write. Default: <assignment>.gradescope.zip.")
@language_option
def gradescope(assignment: str, keys: Path, out: Path | None, lang: str) -> None:
    """Make the zip that grades an assignment on Gradescope. It holds the hidden key: never publish it."""
    from autograder.grading import grade_class
    from autograder.integrations.gradescope import bundle
    from autograder.judging.answer_key import HIDDEN, load

    known = sorted(grade_class.known_assignments(keys)[0])
    if assignment not in known and known:
        fail(say("gradescope.no_such_key", folder=keys, assignment=assignment, known=", ".join(known)))
    key = keys / (assignment + HIDDEN)
    target = out or Path(f"{assignment}.gradescope.zip")
    load(key, assignment)
    bundle.write(key, lang, target)
    warn_of_exposed([key, target])
    click.echo(say("gradescope.zip_written", file=target).in_language(lang))
