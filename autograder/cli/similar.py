"""`autograder similar`: find the submissions of a class that are suspiciously alike."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import PATH, complain, fail, fail_with, language_option
from autograder.base.messages import joined, printable_name, say
from autograder.cli.common import for_instructors, intake_options

if TYPE_CHECKING:
    from autograder.submissions.class_folder import SubmittedFile
    from autograder.submissions.similarity import Pair


@click.command()
@click.argument(
    "path", type=PATH, help="The class, as for grade: a folder, an archive, a platform's download."
)
@intake_options
@click.option("--assignment", help="Compare this assignment only; a flat folder needs it.")
@click.option(
    "--released",
    type=PATH,
    default="assignments",
    help="What students were given: assignments/<lang>/<assignment>/; it does not count.",
)
@click.option(
    "--out", type=PATH, default="similar", help="Where similar.html, similar.csv and similar.json go."
)
@click.option("--most", type=click.IntRange(min=1), default=50, help="Pairs of an assignment that are shown.")
@click.option("--least", type=click.FloatRange(0, 1), default=0.3, help="Minimum similarity, 0–1.")
@language_option
@for_instructors()
def similar(
    path: Path,
    pattern: str | None,
    roster: Path | None,
    assignment: str | None,
    released: Path,
    out: Path,
    most: int,
    least: float,
    lang: str,
) -> None:
    """Show which submissions of a class are suspiciously alike, side by side. Nothing is run."""
    import importlib.util

    from rich.console import Console

    from autograder.base.atomic import replacing
    from autograder.judging import answer_key
    from autograder.reports import account, similarity
    from autograder.student.workspace import ENDING
    from autograder.submissions import class_folder
    from autograder.submissions import roster as rosters

    if importlib.util.find_spec("copydetect") is None:
        fail(say("error.needs_package", package="copydetect"))
    known: dict[str, tuple[str, ...]] = {
        folder.name: () for folder in released.glob("*/*") if folder.is_dir()
    }
    try:
        keys = [answer_key.load(key) for key in released.glob("*/*/*" + ENDING)]
        known |= {key.assignment: tuple(exercise.name for exercise in key.exercises) for key in keys}
        people = rosters.read(roster) if roster else None
        names_known = answer_key.names_in(keys)
        try:
            intake = class_folder.find(path, assignment, known, names_known, pattern, people)
        except class_folder.ClassFolderError:
            if assignment:
                raise
            intake = class_folder.find(path, None, {}, {}, pattern, people)  # none of them was released here
        for sentence in account.left(intake):
            complain(sentence)
        files = _without_twins(intake.files)
        names = sorted({file.assignment for file in files})
        if unknown := [name for name in names if not _given(released, name)]:
            complain(say("similar.released_missing", folder=released, names=", ".join(unknown)))
        pairs: list[Pair] = []
        for name in names:
            pairs += _pairs(name, [file for file in files if file.assignment == name], released, most, least)
        out.mkdir(parents=True, exist_ok=True)
        with replacing(out / "similar.csv") as stream:
            similarity.write_csv(pairs, stream)
        with replacing(out / "similar.json") as stream:
            similarity.write_json(pairs, stream)
        with replacing(out / "similar.html") as stream:
            similarity.write_page(pairs, lang, stream)
    except OSError as error:
        fail_with(error, out)
    console = Console(emoji=False, highlight=False)
    if pairs:
        similarity.table(pairs, lang, console)
    similarity.summary(len(files), len(pairs), out, lang, console)


def _without_twins(files: "list[SubmittedFile]") -> "list[SubmittedFile]":
    """Of a team's submissions the first; without those who handed in nothing."""
    seen = {(file.assignment, file.source, file.member): file for file in reversed(files) if file.name}
    return list(seen.values())[::-1]


def _given(released: Path, assignment: str) -> list[Path]:
    """The notebooks and scripts that all students were given."""
    files = sorted(released.glob(f"*/{assignment}/{assignment}.*"))
    return [file for file in files if file.suffix in (".py", ".ipynb")]


def _pairs(
    assignment: str, files: "list[SubmittedFile]", released: Path, most: int, least: float
) -> "list[Pair]":
    """The similar pairs of one assignment, with a progress bar on stderr."""
    from rich.console import Console
    from rich.progress import Progress

    from autograder.submissions import similarity

    stubs = [similarity.released(file.name, file.read_bytes()) for file in _given(released, assignment)]
    read = [(file, similarity.read(file, stubs)) for file in files]
    if unread := [printable_name(file.name) for file, code in read if code is None]:
        complain(say("similar.unread", names=joined(unread)))
    codes = [code for _, code in read if code is not None]
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"comparing {assignment}", total=len(codes))
        return similarity.rank(assignment, codes, stubs, most, least, lambda: progress.advance(task))
