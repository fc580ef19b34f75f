"""Grades a whole class: submissions × hidden keys → results, in the store.

`grade_class` hands each submission's bytes to the executor of a team (`executors`), which calls
`grade_one` in a worker; there is one code path, whoever the workers are. A worker keeps one warm sandbox
for each answer key. Nothing in a submission can stop a run; what is graded is stored at once, and a
run that was interrupted goes on from there.
"""

import functools
import gc
import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder import __version__
from autograder.base.messages import Text, say
from autograder.grading.executors import Team
from autograder.grading.store import Member, Store, StoreKey
from autograder.judging import answer_key
from autograder.judging.evaluate import Attempt, attempt, unreadable
from autograder.judging.judge import calls, judge_error
from autograder.judging.results import SubmissionResult
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation
from autograder.submissions.class_folder import SubmittedFile

_IN_FLIGHT = 4
"""Submissions handed out ahead, a worker: enough to keep it busy, too few to fill the memory."""


@dataclass(frozen=True)
class Settings:
    """How submissions are run."""

    isolation: Isolation = "bubblewrap"
    limits: Limits = field(default_factory=Limits)

    @property
    def engine(self) -> str:
        """Identifies, with the version, everything about the engine that a result depends on."""
        return f"{__version__} {self.isolation} {self.limits}"


@dataclass(frozen=True)
class Task:
    """What a worker gets, beside the hidden key: the submission's bytes."""

    student: str
    assignment: str
    file: str
    content: bytes
    key_digest: str
    settings: Settings


@dataclass(frozen=True)
class Graded:
    """One line of a class: whose file, and where its result is in the store."""

    file: SubmittedFile
    key: StoreKey


def load_keys(folder: Path, assignments: Iterable[str]) -> dict[str, tuple[Path, answer_key.AnswerKey]]:
    """The hidden keys of `assignments`.

    Raises
    ------
    answer_key.KeyFileError
        Also where a file is named after one assignment and holds the key of another.
    """
    paths = {name: folder / (name + answer_key.HIDDEN) for name in assignments}
    return {name: (path, answer_key.load(path, name)) for name, path in paths.items()}


def newest_key(path: Path) -> answer_key.AnswerKey:
    """The key at `path`, read again only when the file has changed.

    Raises
    ------
    answer_key.KeyFileError
    """
    try:
        return _key_of(path, path.stat().st_mtime_ns)
    except OSError:
        return answer_key.load(path)  # says what is wrong


@functools.lru_cache(maxsize=16)
def _key_of(path: Path, changed: int) -> answer_key.AnswerKey:
    return answer_key.load(path)


def known_assignments(folder: Path) -> set[str]:
    """The assignments that `folder` holds a hidden key for."""
    return {path.name.removesuffix(answer_key.HIDDEN) for path in folder.glob("*" + answer_key.HIDDEN)}


def grade_class(
    files: Sequence[SubmittedFile],
    keys: dict[str, tuple[Path, answer_key.AnswerKey]],
    settings: Settings,
    store: Store,
    team: Team,
    on_graded: Callable[[Graded, SubmissionResult | None], None] = lambda graded, result: None,
) -> list[Graded]:
    """Grade `files` and return where their results are, in the order of `files`.

    What ends in a judge error is graded once more when all else is over, one at a time: nothing that another
    submission does to the machine then counts as our fault, which costs no points. In the end the store
    remembers them as the class that was graded last; see `class_results`.

    Parameters
    ----------
    on_graded : function (Graded, SubmissionResult or None)
        Called for each submission when its result is stored; with the result, if it was graded anew.

    Raises
    ------
    concurrent.futures.BrokenExecutor
        The executor cannot go on; what is graded is stored.
    """
    delivered = {name: team.deliver(path) for name, (path, _) in keys.items()}
    graded: dict[int, Graded] = {}
    running: dict[Future[SubmissionResult], tuple[int, Graded]] = {}

    failed: list[tuple[int, Graded]] = []

    def hand_out(index: int, one: Graded, content: bytes) -> None:
        name = one.file.assignment
        task = Task(one.file.student, name, one.file.name, content, keys[name][1].digest, settings)
        running[team.executor.submit(grade_one, task, delivered[name])] = (index, one)

    def collect(futures: Iterable[Future[SubmissionResult]], *, last: bool = False) -> None:
        for future in futures:
            index, one = running.pop(future)
            result = _finished(future, one.file, keys[one.file.assignment][1], settings)
            store.put(one.key, result)
            if result.has_judge_error and not last:
                failed.append((index, one))
                continue
            graded[index] = one
            on_graded(one, result)

    try:
        for index, file in enumerate(files):
            _, key = keys[file.assignment]
            content, problem = content_of(file)
            one = Graded(file, StoreKey(_digest(file, content, problem), key.digest, settings.engine))
            if store.is_final(one.key):
                graded[index] = one
                on_graded(one, None)
                continue
            if problem is not None:
                result = _result(
                    file.student, file.assignment, file.name, settings, 0.0, unreadable(key, problem)
                )
                store.put(one.key, result)
                graded[index] = one
                on_graded(one, result)
                continue
            hand_out(index, one, content)
            if len(running) >= _IN_FLIGHT * team.size():
                collect(wait(running, return_when=FIRST_COMPLETED).done)
        while running:
            collect(wait(running, return_when=FIRST_COMPLETED).done)
        for index, one in failed:
            content, problem = content_of(one.file)
            if _digest(one.file, content, problem) == one.key.submission:
                hand_out(index, one, content)
                collect(wait(running).done, last=True)
            else:  # handed in anew in the meantime: the next run grades that
                graded[index] = one
                on_graded(one, None)
    except BaseException:
        for future in running:
            future.cancel()
        raise
    store.keep_class(_member(graded[index]) for index in range(len(files)))
    return [graded[index] for index in range(len(files))]


def _finished(
    future: Future[SubmissionResult], file: SubmittedFile, key: answer_key.AnswerKey, settings: Settings
) -> SubmissionResult:
    """What a worker answered; a judge error where it could not, such as when it was killed too often."""
    try:
        return future.result()
    except (BrokenExecutor, answer_key.KeyFileError):
        raise
    except Exception as error:
        why = say("note.grader_failed", error=f"{type(error).__name__}: {error}")
        done = Attempt(judge_error(key), (why,))
        return _result(file.student, file.assignment, file.name, settings, 0.0, done)


def result_of(graded: Graded, store: Store) -> SubmissionResult:
    """Read one result back, with this student's name on it."""
    result = store.get(graded.key)
    assert result is not None, "graded but not stored"
    return _member(graded).named(result)


def _member(graded: Graded) -> Member:
    file = graded.file
    return Member(file.student, file.assignment, file.name, graded.key, file.notes)


def class_results(store: Store) -> Iterator[SubmissionResult]:
    """The class that was graded last, one result after the other, in one pass through the store."""
    return store.graded_class()


def content_of(file: SubmittedFile) -> tuple[bytes, Text | None]:
    """The bytes of a submission, or why there are none."""
    if not file.name:
        return b"", say("note.no_file_in_folder")
    try:
        return file.read(), None
    except Exception as error:
        return b"", say("note.file_unreadable", error=getattr(error, "strerror", None) or error)


def _digest(file: SubmittedFile, content: bytes, problem: Text | None) -> str:
    """The content decides, with the file's own name, which feedback quotes, or with why there is none."""
    name = PurePosixPath(file.name).name if problem is None else repr(problem)
    return hashlib.sha256(name.encode() + b"\0" + content).hexdigest()


def grade_one(task: Task, key: Path | bytes) -> SubmissionResult:
    """Grade one submission. Called in a worker; raises nothing that a submission could cause.

    Parameters
    ----------
    key : Path or bytes
        The hidden key's file, or its content.
    """
    start = time.perf_counter()
    loaded = _load_key(key, task.key_digest)
    done = attempt(task.file, task.content, loaded, lambda statements: _sandbox(task, key).run(statements))
    seconds = round(time.perf_counter() - start, 4)
    return _result(task.student, task.assignment, task.file, task.settings, seconds, done)


def _result(
    student: str, assignment: str, file: str, settings: Settings, seconds: float, done: Attempt
) -> SubmissionResult:
    return SubmissionResult(
        student, assignment, file, settings.isolation, seconds, done.exercises, done.notes, done.output
    )


@functools.lru_cache(maxsize=16)
def _load_key(key: Path | bytes, digest: str) -> answer_key.AnswerKey:
    """One worker reads a key once; the digest makes sure that it is the one that was meant."""
    loaded = answer_key.load(key) if isinstance(key, Path) else answer_key.from_bytes(key)
    if loaded.digest != digest:
        raise answer_key.KeyFileError(say("error.key_changed"))
    return loaded


def _sandbox(task: Task, key: Path | bytes) -> Sandbox:
    return _open_sandbox(key, task.key_digest, task.settings, threading.get_ident())


@functools.lru_cache(maxsize=16)
def _open_sandbox(key: Path | bytes, digest: str, settings: Settings, thread: int) -> Sandbox:
    """One worker keeps one warm sandbox a key, and for each of its threads; it ends with the worker."""
    sandbox = Sandbox(calls(_load_key(key, digest)), settings.limits, settings.isolation)
    gc.freeze()  # the key is here to stay: no collection need go through it for every submission
    return sandbox
