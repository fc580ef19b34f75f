"""`autograder grade`: grade a class against the hidden answer keys."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.base.command_line import (
    EXIT_INTERRUPTED,
    EXIT_JUDGE_ERROR,
    ISOLATION,
    PATH,
    complain,
    fail,
    fail_with,
    language_option,
    leave,
)
from autograder.base.messages import Text, joined, say
from autograder.cli.common import for_instructors, intake_options, warn_of_exposed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from autograder.grading.engine import Settings
    from autograder.grading.executors import WorkerPool
    from autograder.grading.grade_class import Graded
    from autograder.grading.last_run import LastRun
    from autograder.grading.store import Store
    from autograder.integrations.nbgrader.course import Course
    from autograder.integrations.nbgrader.gradebook import Books, NotWritten
    from autograder.judging.answer_key import AnswerKey
    from autograder.judging.results import SubmissionResult
    from autograder.sandbox.records import Isolation
    from autograder.submissions.class_folder import Intake, SubmittedFile


def _limit(name: str, kind: "click.ParamType[Any]", default: int, help: str) -> "Callable[[Any], Any]":
    return click.option(f"--{name}", type=kind, help=f"{help}; else what the course says, or {default}.")


@click.command(
    epilog="Exit status: 0 when everything was graded, whatever the points (1 is never used); 2 at a mistake "
    "in the call; 3 when something that could be a hand-in was not graded: it is named; 130 when interrupted."
)
@click.argument(
    "path",
    type=PATH,
    required=False,
    help="A folder or an archive of hand-ins in any layout of docs/handing_in.md, such as a platform's "
    "download, or a file.",
)
@click.option(
    "--nbgrader",
    type=PATH,
    help="An nbgrader course: grade its submitted/ into its gradebook and autograded/.",
)
@click.option("--assignment", help="Grade this assignment only; a flat folder needs it.")
@intake_options
@click.option(
    "--regrade",
    multiple=True,
    metavar="NAME",
    help="A student or an assignment to be graded again although it is stored; all: everybody.",
)
@click.option("--dry-run", is_flag=True, help="Only list every path and what would become of it.")
@click.option("--keys", type=PATH, help="Where the hidden answer keys are: keys, or the course's own keys.")
@click.option(
    "--out",
    type=PATH,
    help="Where grades.csv, results.json and the store go: grades, or the course's own grades.",
)
@click.option(
    "--jobs", type=click.IntRange(min=0), default=0, help="Submissions at a time; 0 means one a core."
)
@click.option(
    "--cluster", help="Grade on the workers of a Dask scheduler, such as tls://host:8786; local starts one."
)
@click.option(
    "--insecure", is_flag=True, help="Use a Dask scheduler without TLS, on a network that is your own."
)
@click.option(
    "--isolation",
    type=ISOLATION,
    default="bubblewrap",
    help="bubblewrap, or process (weaker, needs nothing installed).",
)
@_limit("cpu-seconds", click.FloatRange(min=0.1), 3, help="Processor seconds a call may take")
@_limit("submission-seconds", click.FloatRange(min=1), 60, help="Processor seconds a submission may take")
@_limit("memory-mib", click.IntRange(min=16), 512, help="MiB a submission may take")
@language_option
@click.option("--json", is_flag=True, help="Print results.json in place of the table.")
@for_instructors()
def grade(
    path: Path | None,
    nbgrader: Path | None,
    assignment: str | None,
    pattern: str | None,
    roster: Path | None,
    regrade: tuple[str, ...],
    dry_run: bool,
    keys: Path | None,
    out: Path | None,
    jobs: int,
    cluster: str | None,
    insecure: bool,
    isolation: "Isolation",
    cpu_seconds: float | None,
    submission_seconds: float | None,
    memory_mib: int | None,
    lang: str,
    json: bool,
) -> None:
    """Grade a class of submissions against the hidden answer keys."""
    from autograder.cli.run_warnings import RunWarnings
    from autograder.grading import executors, grade_class, last_run
    from autograder.grading.engine import Settings, engine
    from autograder.grading.store import Store
    from autograder.reports import account, output
    from autograder.sandbox import bubblewrap
    from autograder.sandbox.limits import asked_for

    if (path is None) == (nbgrader is None):
        fail(say("grade.folder_or_course"))
    if nbgrader is not None and (pattern or roster):
        fail(say("grade.no_roster_in_course"))
    if cluster not in (None, "local") and not insecure and not cluster.startswith(("tls://", "wss://")):
        fail(say("cluster.insecure", address=cluster))
    limits = asked_for(cpu_seconds=cpu_seconds, submission_seconds=submission_seconds, memory_mib=memory_mib)
    settings = Settings(isolation, limits)
    with _complaining(out or (nbgrader or Path()) / "grades"):
        course = None
        if nbgrader is not None:
            from autograder.integrations.nbgrader.course import load

            course = load(nbgrader)
            path, keys, out = course.submitted, keys or course.keys, out or course.root / "grades"
        path, keys, out = path or Path(), keys or Path("keys"), out or Path("grades")
        asked = (path, assignment, pattern, lang, json, settings)
        seen = None if course or dry_run else last_run.seen(path, keys, roster, asked)
        if not regrade and (last := last_run.find(out, seen)) is not None:
            _end(last, last.shown, out, lang, json, graded=0)
            return
        intake, warned = _taken_in(path, keys, assignment, pattern, roster)
        files = intake.files
        if dry_run:
            _show(intake, lang, json)
        if dry_run or not files:
            _account(account.summary(intake), list(account.left(intake)), lang, json)
            return
        known = {"all"}.union(*((file.student, file.assignment) for file in files))
        if unknown := set(regrade) - known:
            fail(say("grade.regrade_unknown", names=joined(sorted(unknown))))
        again = {file for file in files if {"all", file.student, file.assignment} & {*regrade}}
        answer_keys = grade_class.load_keys(keys, {file.assignment for file in files})
        files = grade_class.in_course_order(files, answer_keys)
        if cluster in (None, "local"):
            _require_modules(answer_keys)
            if isolation == "bubblewrap":
                bubblewrap.executable()
        with Store(out / "results.sqlite") as store, _only_run(out), _Books(course) as books:
            if store.older:
                complain(say("store.older", file=store.path))
            workers = min(jobs or os.cpu_count() or 1, len(files))
            engines = [(key.domain, isolation, settings.limits_of(key)) for _, key in answer_keys.values()]

            def pool() -> "AbstractContextManager[WorkerPool]":
                if cluster:
                    return executors.cluster(cluster, workers, engines, complain)
                return executors.processes(workers)

            graded = _grade_with_progress(files, answer_keys, settings, store, pool, books, again)
            warnings = RunWarnings(out)
            passing = warnings.passing(store.graded_class())
            names = dict.fromkeys(each.name for _, key in answer_keys.values() for each in key.exercises)
            told = account.to_data(intake, lang)
            failed, shown = output.write(passing, [*names], out, lang, as_json=json, account=told)
            written = (out / "results.json").stat()
    sentences = list(warnings.sentences())
    for failure in books.failed:
        about = {"student": failure.student, "assignment": failure.assignment, "why": failure.why}
        sentences.append(say("grade.not_written", **about))
    last = last_run.LastRun(
        len(files),
        tuple(line for line in shown if isinstance(line, str)),
        (*warned, *sentences),
        account.summary(intake),
        tuple(account.left(intake)),
        tuple(str(path) for path, _ in answer_keys.values()),
        tuple((*each, engine(*each).id) for each in engines),
    )
    is_lasting = not failed and warnings.would_last and len(last.shown) == len(shown)
    if seen and is_lasting and os.path.samestat(written, (out / "results.json").stat()):
        last_run.keep(out, seen, last)
    _end(replace(last, warnings=tuple(sentences)), shown, out, lang, json, graded=graded)
    if failed or books.failed:
        leave(EXIT_JUDGE_ERROR)


def _require_modules(answer_keys: "dict[str, tuple[Path, AnswerKey]]") -> None:
    """Fail where a module that the course allows is not installed: all would be judge errors."""
    from autograder.sandbox import modules

    for path, key in answer_keys.values():
        for name in key.limits.modules:
            if not modules.is_installed(name):
                fail(say("course.no_module", where=path, name=name))


def _taken_in(
    path: Path, keys: Path, assignment: str | None, pattern: str | None, roster: Path | None
) -> "tuple[Intake, list[Text]]":
    """The files to grade and the account of all others; and what was complained of."""
    from autograder.grading import grade_class
    from autograder.submissions import class_folder
    from autograder.submissions import roster as rosters

    known, names = grade_class.known_assignments(keys)
    people = rosters.read(roster) if roster else None
    intake = class_folder.find(path, assignment, known, names, pattern, people)
    warned = []
    if intake.strangers:
        warned.append(say("roster.unknown", names=joined(intake.strangers)))
    if noted := sum(1 for file in intake.files if file.notes):
        warned.append(say("grade.noted", noted=noted, count=len(intake.files)))
    for sentence in warned:
        complain(sentence)
    return intake, warned


def _show(intake: "Intake", lang: str, as_json: bool) -> None:
    """Print what becomes of every path."""
    from rich.console import Console

    from autograder.judging.result_json import encode
    from autograder.reports import account

    if as_json:
        click.echo(encode(account.to_data(intake, lang)))
    else:
        account.table(intake, lang, Console(emoji=False, highlight=False))


def _end(
    run: "LastRun", shown: "Iterable[RenderableType]", out: Path, lang: str, as_json: bool, *, graded: int
) -> None:
    """Show a class that was written, and what is to be known about it."""
    from autograder.reports import output

    output.show(shown, out, lang, as_json=as_json)
    if not as_json:
        told = say("grade.counted", kept=run.files - graded, graded=graded)
        click.echo(told.in_language(lang))
    warn_of_exposed(map(Path, run.keys))
    for sentence in run.warnings:
        complain(sentence)
    _account(run.summary, run.left, lang, as_json)


def _account(summary: Text, left: Sequence[Text], lang: str, as_json: bool) -> None:
    """Say how many paths were treated how, and what is not understood; leave where anything is not."""
    if not as_json:
        click.echo(summary.in_language(lang))
    for sentence in left:
        complain(sentence)
    if left:
        leave(EXIT_JUDGE_ERROR)


@contextlib.contextmanager
def _complaining(out: Path) -> Iterator[None]:
    """Report the expected errors of a run as one sentence and an exit status."""
    from concurrent.futures import BrokenExecutor

    from autograder.base.messages import TextError

    try:
        yield
    except OSError as error:
        fail_with(error, out)
    except BrokenExecutor as error:
        told = say("grade.goes_on", why=error.text) if isinstance(error, TextError) else None
        complain(told or say("grade.workers_killed"))
        leave(EXIT_JUDGE_ERROR)
    except KeyboardInterrupt:
        complain(say("grade.interrupted"))
        leave(EXIT_INTERRUPTED)


@contextlib.contextmanager
def _only_run(out: Path) -> Iterator[None]:
    """Keep other runs out of the folder: each would write the other's class into its grades.csv."""
    import fcntl

    folder = os.open(out, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a network's file system that locks no folders
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fail(say("grade.another_run", folder=out))
        yield
    finally:
        os.close(folder)


def _grade_with_progress(
    files: "list[SubmittedFile]",
    answer_keys: "dict[str, tuple[Path, AnswerKey]]",
    settings: "Settings",
    store: "Store",
    open_pool: "Callable[[], AbstractContextManager[WorkerPool]]",
    books: "_Books",
    again: "set[SubmittedFile]",
) -> int:
    """Grade in workers, with a progress bar and the time left on stderr; return how many were not kept.

    Where a worker was killed or a cluster lost, a new pool takes up what is left, twice at most.
    """
    from concurrent.futures import BrokenExecutor

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from autograder.grading import grade_class
    from autograder.grading.executors import ClusterError, ClusterLost

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("grading", total=len(files))

        anew: set[SubmittedFile] = set()
        now = set()

        def on_graded(graded: "Graded", result: "SubmissionResult | None") -> None:
            if result is not None or graded.key in now:  # or it equals a file of this run
                anew.add(graded.file)
                now.add(graded.key)
            if books.course is not None:
                books.write(graded.file, result or grade_class.result_of(graded, store))
            progress.advance(task)

        for pools_left in reversed(range(_MAX_POOLS)):
            try:
                with open_pool() as pool:
                    grade_class.grade_class(
                        files, answer_keys, settings, store, pool, on_graded, again - anew
                    )
                break
            except BrokenExecutor:
                if not pools_left:
                    raise
                progress.reset(task)
            except ClusterError as error:
                if pools_left == _MAX_POOLS - 1:
                    raise
                raise ClusterLost(error.text) from error
    return len(anew)


_MAX_POOLS = 3


class _Books(contextlib.ExitStack):
    """A course's gradebook, opened with the first result: nbgrader's slow import overlaps with grading."""

    def __init__(self, course: "Course | None") -> None:
        super().__init__()
        self.course = course
        self._opened: Books | None = None

    @property
    def failed(self) -> "list[NotWritten]":
        return self._opened.failed if self._opened else []

    def write(self, file: "SubmittedFile", result: "SubmissionResult") -> None:
        if self._opened is None:
            from autograder.integrations.nbgrader import notebooks  # noqa: F401  # nbformat, before nbgrader does
            from autograder.integrations.nbgrader.gradebook import Books

            assert self.course is not None
            self._opened = self.enter_context(Books(self.course))
        self._opened.write(file, result)
