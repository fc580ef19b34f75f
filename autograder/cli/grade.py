"""`autograder grade`: a class, against the hidden answer keys."""

import os
import signal
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.common import (
    EXIT_INTERRUPTED,
    EXIT_JUDGE_ERROR,
    IsolationChoice,
    LangOption,
    fail,
    language,
)

if TYPE_CHECKING:
    from autograder.answer_key import AnswerKey
    from autograder.class_folder import SubmittedFile
    from autograder.grading import Graded, Settings
    from autograder.nbgrader_plugin.course import Course
    from autograder.nbgrader_plugin.gradebook import Books
    from autograder.store import Store


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

    from autograder import class_folder, grading
    from autograder.answer_key import KeyFileError
    from autograder.nbgrader_plugin.errors import CourseError
    from autograder.reports import output
    from autograder.sandbox import bubblewrap
    from autograder.sandbox.limits import Limits
    from autograder.store import Store, StoreError

    if (path is None) == (nbgrader is None):
        fail("name either a folder of submissions or, with --nbgrader, a course.")
    limits = Limits(cpu_seconds=cpu_seconds, wall_seconds=wall_seconds, memory=memory_mib * 2**20)
    settings = grading.Settings(isolation.value, limits)
    try:
        if isolation is IsolationChoice.bubblewrap:
            bubblewrap.require()
        course = _course(nbgrader)
        if course is not None:
            path, keys, out = course.submitted, keys or course.keys, out or course.root / "grades"
        path, keys, out = path or Path(), keys or Path("keys"), out or Path("grades")
        files = class_folder.find(path, assignment, grading.known_assignments(keys))
        if noted := sum(1 for file in files if file.notes):
            typer.echo(
                f"autograder: {noted} of {len(files)} students were late or handed in several files, of "
                "which the newest counts; results.json has a note on each.",
                err=True,
            )
        answer_keys = grading.load_keys(keys, sorted({file.assignment for file in files}))
        with Store(out / "results.sqlite") as store, _open_books(course) as books:
            workers = jobs or os.cpu_count() or 1
            graded = _grade_with_progress(files, answer_keys, settings, store, workers, books)
            failed = output.write(
                lambda: (grading.result_of(one, store) for one in graded),
                [exercise.name for _, key in answer_keys.values() for exercise in key.exercises],
                out,
                language(lang),
                as_json=json,
            )
    except (
        bubblewrap.BubblewrapMissing,
        class_folder.ClassFolderError,
        CourseError,
        KeyFileError,
        StoreError,
    ) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}.")
    except BrokenExecutor:
        typer.echo(
            "autograder: a worker process was killed; what is graded is kept, and the same command goes on "
            "from there.",
            err=True,
        )
        raise typer.Exit(EXIT_JUDGE_ERROR) from None
    except KeyboardInterrupt:
        typer.echo(
            "autograder: interrupted; what is graded is kept, and the same command goes on from there.",
            err=True,
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    for one in books.failed if books else ():
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
    jobs: int,
    books: "Books | None",
) -> "list[Graded]":
    """Grade in worker processes, with a progress bar and the time left on stderr."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from autograder import grading

    workers = max(1, min(jobs, len(files)))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _ignore_interrupts)
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("grading", total=len(files))

            def on_graded(one: "Graded", anew: bool) -> None:
                if books is not None:
                    books.write(one.file, grading.result_of(one, store))
                progress.advance(task)

            return grading.grade_class(
                files,
                answer_keys,
                settings,
                store,
                executor,
                workers,
                on_graded,
            )
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _course(root: Path | None) -> "Course | None":
    """The nbgrader course in `root`, if one is named."""
    if root is None:
        return None
    from autograder.nbgrader_plugin import course

    return course.load(root)


def _open_books(course: "Course | None") -> "AbstractContextManager[Books | None]":
    """The gradebook of a course, or nothing where there is no course."""
    if course is None:
        return nullcontext()
    from autograder.nbgrader_plugin.gradebook import Books

    return Books(course)


def _ignore_interrupts() -> None:
    """Ctrl-C is for the main process, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
