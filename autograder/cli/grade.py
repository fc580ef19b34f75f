"""`autograder grade`: a class, against the hidden answer keys."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from autograder.cli.common import (
    EXIT_INTERRUPTED,
    EXIT_JUDGE_ERROR,
    IsolationChoice,
    LangOption,
    fail,
    for_instructors,
    language,
)

if TYPE_CHECKING:
    from autograder.grading.executors import Team
    from autograder.grading.grade_class import Graded, Settings
    from autograder.grading.store import Store
    from autograder.integrations.nbgrader.course import Course
    from autograder.integrations.nbgrader.gradebook import Books, NotWritten
    from autograder.judging.answer_key import AnswerKey
    from autograder.judging.results import SubmissionResult
    from autograder.submissions.class_folder import SubmittedFile


@for_instructors()
def grade(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="submitted/<student>/<assignment>/<file>, a flat folder, a zip of either, Moodle's or "
            "Canvas's zip, or a file."
        ),
    ] = None,
    nbgrader: Annotated[
        Path | None,
        typer.Option(help="An nbgrader course: grade its submitted/ into its gradebook and autograded/."),
    ] = None,
    assignment: Annotated[
        str | None, typer.Option(help="Grade this assignment only; a flat folder needs it.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="Where the hidden answer keys are: keys, or the course's own keys.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where grades.csv, results.json and the store go: grades, or the course's own grades."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Submissions at a time; 0 means one a core.", min=0)] = 0,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Grade on the workers of a Dask scheduler, such as tcp://host:8786; local starts one."
        ),
    ] = None,
    isolation: Annotated[
        IsolationChoice, typer.Option(help="bubblewrap, or process (weaker, needs nothing installed).")
    ] = IsolationChoice.bubblewrap,
    cpu_seconds: Annotated[float, typer.Option(help="Processor seconds a call may take.", min=0.1)] = 2.0,
    wall_seconds: Annotated[float, typer.Option(help="Seconds a submission may take.", min=1.0)] = 60.0,
    memory_mib: Annotated[int, typer.Option("--memory-mib", help="MiB a submission may take.", min=16)] = 512,
    lang: LangOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print results.json in place of the table.")] = False,
) -> None:
    """Grade a class of submissions against the hidden answer keys."""
    from concurrent.futures import BrokenExecutor

    from autograder.cli.afterwards import Afterwards
    from autograder.grading import executors, grade_class
    from autograder.grading.store import Store, StoreError
    from autograder.integrations.nbgrader.errors import CourseError
    from autograder.judging.answer_key import KeyFileError
    from autograder.reports import output
    from autograder.sandbox import bubblewrap
    from autograder.sandbox.limits import Limits
    from autograder.submissions import class_folder

    if (path is None) == (nbgrader is None):
        fail("name either a folder of submissions or, with --nbgrader, a course.")
    limits = Limits(cpu_seconds=cpu_seconds, wall_seconds=wall_seconds, memory=memory_mib * 2**20)
    settings = grade_class.Settings(isolation.value, limits)
    try:
        if isolation is IsolationChoice.bubblewrap and cluster in (None, "local"):
            bubblewrap.require()
        course = _course(nbgrader)
        if course is not None:
            path, keys, out = course.submitted, keys or course.keys, out or course.root / "grades"
        path, keys, out = path or Path(), keys or Path("keys"), out or Path("grades")
        known = grade_class.known_assignments(keys)
        files, strays = class_folder.without_strays(class_folder.find(path, assignment, known), known)
        for stray in strays:
            typer.echo(
                f"autograder: {stray.student}/{stray.assignment} is not graded: there is no answer key of "
                f"{stray.assignment}, only of {', '.join(sorted(known))}; rename the folder and grade again.",
                err=True,
            )
        if noted := sum(1 for file in files if file.notes):
            typer.echo(
                f"autograder: {noted} of {len(files)} students were late, handed in several files or have "
                "unclear names; results.json has a note on each.",
                err=True,
            )
        answer_keys = grade_class.load_keys(keys, sorted({file.assignment for file in files}))
        with Store(out / "results.sqlite") as store, _Books(course) as books:
            workers = min(jobs or os.cpu_count() or 1, len(files))
            _grade_with_progress(
                files,
                answer_keys,
                settings,
                store,
                lambda: executors.cluster(cluster, workers) if cluster else executors.processes(workers),
                books,
            )
            afterwards = Afterwards(out)
            failed = output.write(
                afterwards.passing(grade_class.class_results(store)),
                list(
                    dict.fromkeys(
                        exercise.name for _, key in answer_keys.values() for exercise in key.exercises
                    )
                ),
                out,
                language(lang),
                as_json=json,
            )
    except (
        bubblewrap.BubblewrapMissing,
        class_folder.ClassFolderError,
        executors.ClusterError,
        CourseError,
        KeyFileError,
        StoreError,
    ) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}.")
    except BrokenExecutor:
        typer.echo(
            "autograder: worker processes are killed again and again; what is graded is kept, and the same "
            "command goes on from there.",
            err=True,
        )
        raise typer.Exit(EXIT_JUDGE_ERROR) from None
    except KeyboardInterrupt:
        typer.echo(
            "autograder: interrupted; what is graded is kept, and the same command goes on from there.",
            err=True,
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    failed |= bool(strays)
    for sentence in afterwards.sentences(files):
        typer.echo(f"autograder: {sentence}", err=True)
    for one in books.failed:
        why = one.why.in_language(language(lang))
        typer.echo(f"autograder: {one.student}, {one.assignment}: {why}", err=True)
        failed = True
    if failed:
        raise typer.Exit(EXIT_JUDGE_ERROR)


def _grade_with_progress(
    files: "list[SubmittedFile]",
    answer_keys: "dict[str, tuple[Path, AnswerKey]]",
    settings: "Settings",
    store: "Store",
    team: "Callable[[], AbstractContextManager[Team]]",
    books: "_Books",
) -> None:
    """Grade in workers, with a progress bar and the time left on stderr.

    Where a worker was killed, a new team takes up what is left, twice at most.
    """
    from concurrent.futures import BrokenExecutor

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from autograder.grading import grade_class

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("grading", total=len(files))

        def on_graded(one: "Graded", result: "SubmissionResult | None") -> None:
            if books.course is not None:
                books.write(one.file, result or grade_class.result_of(one, store))
            progress.advance(task)

        for teams_left in reversed(range(_TEAMS)):
            try:
                with team() as workers:
                    grade_class.grade_class(files, answer_keys, settings, store, workers, on_graded)
                return
            except BrokenExecutor:
                if not teams_left:
                    raise
                progress.reset(task)


_TEAMS = 3


def _course(root: Path | None) -> "Course | None":
    """The nbgrader course in `root`, if one is named."""
    if root is None:
        return None
    from autograder.integrations.nbgrader import course

    return course.load(root)


class _Books:
    """The gradebook of a course, opened when the first result is there: meanwhile workers grade.

    nbgrader takes longer to import than a worker to start.
    """

    def __init__(self, course: "Course | None") -> None:
        self.course = course
        self._opened: Books | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._opened is not None:
            self._opened.__exit__(*error)

    @property
    def failed(self) -> "list[NotWritten]":
        return self._opened.failed if self._opened else []

    def write(self, file: "SubmittedFile", result: "SubmissionResult") -> None:
        if self._opened is None:
            from autograder.integrations.nbgrader import notebooks  # noqa: F401  # nbformat, before nbgrader does
            from autograder.integrations.nbgrader.gradebook import Books

            assert self.course is not None
            self._opened = Books(self.course)
        self._opened.write(file, result)
