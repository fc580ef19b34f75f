"""Grade a whole class: submissions × hidden keys → results, in the store.

`grade_class` hands each submission's bytes to a worker pool (`executors`), which calls `grade_one` in a
worker. A worker keeps one warm sandbox for each answer key. Nothing in a submission may stop a run. Each
result is stored as soon as it is there, and an interrupted run continues from the stored results.
"""

import contextlib
import functools
import gc
import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder import __version__
from autograder.base.messages import Text, say
from autograder.grading.executors import WorkerPool
from autograder.grading.store import Member, Store, StoreKey
from autograder.judging import answer_key
from autograder.judging.evaluate import Evaluation, evaluate, unreadable
from autograder.judging.judge import calls, judge_error
from autograder.judging.results import SubmissionResult
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Asked
from autograder.sandbox.records import Isolation
from autograder.submissions.class_folder import SubmittedFile

_IN_FLIGHT = 4
"""Submissions submitted ahead per worker: enough to keep it busy, too few to fill the memory."""


@dataclass(frozen=True)
class Settings:
    """How submissions are run.

    Attributes
    ----------
    limits : Asked
        Those that take the place of the key's own.
    """

    isolation: Isolation = "bubblewrap"
    limits: Asked = ()

    @property
    def engine(self) -> str:
        """Identifies everything about the engine that a result depends on."""
        return f"{__version__} {self.isolation} {self.limits}"


@dataclass(frozen=True)
class Task:
    """What a worker gets besides the hidden key."""

    student: str
    assignment: str
    name: str
    content: bytes
    key_digest: str
    settings: Settings


@dataclass(frozen=True)
class Graded:
    """A submitted file, and where its result is in the store."""

    file: SubmittedFile
    key: StoreKey


def load_keys(folder: Path, assignments: Iterable[str]) -> dict[str, tuple[Path, answer_key.AnswerKey]]:
    """The hidden keys of `assignments`, in the course's order.

    Raises
    ------
    answer_key.KeyFileError
        Also where a file is named after one assignment and holds the key of another.
    """
    paths = {name: folder / (name + answer_key.HIDDEN) for name in assignments}
    keys = [(path, answer_key.load(path, name)) for name, path in paths.items()]
    keys.sort(key=lambda pair: (pair[1].settings.position, pair[1].assignment))
    return {key.assignment: (path, key) for path, key in keys}


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


def known_names(folder: Path) -> dict[str, str]:
    """What hand-ins may call the assignments with a hidden key in `folder`; see `answer_key.names_in`."""
    keys = []
    for path in folder.glob("*" + answer_key.HIDDEN):
        with contextlib.suppress(answer_key.KeyFileError):  # it is reported where it is needed
            keys.append(newest_key(path))
    return answer_key.names_in(keys)


def grade_class(
    files: Sequence[SubmittedFile],
    keys: dict[str, tuple[Path, answer_key.AnswerKey]],
    settings: Settings,
    store: Store,
    pool: WorkerPool,
    on_graded: Callable[[Graded, SubmissionResult | None], None] = lambda graded, result: None,
) -> list[Graded]:
    """Grade `files` and return where their results are, in the order of `files`.

    A submission with a judge error is graded once more after all others, one at a time, so that the error
    cannot come from what another submission did to the machine. In the end the store remembers `files` as the
    class that was graded last; see `class_results`.

    Parameters
    ----------
    on_graded : function (Graded, SubmissionResult or None)
        Called for each submission when its result is stored; with the result, if it was graded now.

    Raises
    ------
    concurrent.futures.BrokenExecutor
        The executor cannot go on; what is graded is stored.
    """
    run = _ClassRun(keys, settings, store, pool, on_graded)
    try:
        graded = [run.begin(file) for file in files]
        run.wait()
        run.grade_failed_again()
    except BaseException:
        run.cancel()
        raise
    store.keep_class(map(_member, graded))
    return graded


class _ClassRun:
    """The submissions of one `grade_class` that are with the workers, and those that failed there."""

    def __init__(
        self,
        keys: dict[str, tuple[Path, answer_key.AnswerKey]],
        settings: Settings,
        store: Store,
        pool: WorkerPool,
        on_graded: Callable[[Graded, SubmissionResult | None], None],
    ) -> None:
        self._keys = {name: key for name, (_, key) in keys.items()}
        self._deciding = {name: answer_key.deciding(key) for name, key in self._keys.items()}
        self._delivered = {name: pool.deliver(path) for name, (path, _) in keys.items()}
        self._settings = settings
        self._store = store
        self._pool = pool
        self._on_graded = on_graded
        self._running: dict[Future[SubmissionResult], Graded] = {}
        self._failed: list[Graded] = []

    def begin(self, file: SubmittedFile) -> Graded:
        """Hand one file to the workers, unless its result is known; wait while they have enough."""
        key = self._keys[file.assignment]
        content, problem = content_of(file)
        deciding = self._deciding[file.assignment]
        graded = Graded(file, StoreKey(_digest(file, content, problem), deciding, self._settings.engine))
        if self._store.is_final(graded.key):
            self._on_graded(graded, None)
        elif problem is not None:
            result = _result(file, self._settings, 0.0, unreadable(key, problem), key)
            self._store.put(graded.key, result)
            self._on_graded(graded, result)
        else:
            self._submit(graded, content)
            if len(self._running) >= _IN_FLIGHT * self._pool.size():
                self._collect(FIRST_COMPLETED)
        return graded

    def wait(self) -> None:
        while self._running:
            self._collect(FIRST_COMPLETED)

    def grade_failed_again(self) -> None:
        for graded in self._failed:
            content, problem = content_of(graded.file)
            if _digest(graded.file, content, problem) == graded.key.submission:
                self._submit(graded, content)
                self._collect(ALL_COMPLETED, last=True)
            else:  # replaced by a newer submission in the meantime, which the next run grades
                self._on_graded(graded, None)

    def cancel(self) -> None:
        for future in self._running:
            future.cancel()

    def _submit(self, graded: Graded, content: bytes) -> None:
        file, digest = graded.file, self._keys[graded.file.assignment].digest
        task = Task(file.student, file.assignment, file.name, content, digest, self._settings)
        future = self._pool.executor.submit(grade_one, task, self._delivered[file.assignment])
        self._running[future] = graded

    def _collect(self, until: str, *, last: bool = False) -> None:
        for future in wait(self._running, return_when=until).done:
            graded = self._running.pop(future)
            result = _finished(future, graded.file, self._keys[graded.file.assignment], self._settings)
            self._store.put(graded.key, result)
            if result.has_judge_error and not last:
                self._failed.append(graded)
            else:
                self._on_graded(graded, result)


def _finished(
    future: Future[SubmissionResult], file: SubmittedFile, key: answer_key.AnswerKey, settings: Settings
) -> SubmissionResult:
    """What a worker returned; a judge error where it could not, such as when it was killed too often."""
    try:
        return future.result()
    except (BrokenExecutor, answer_key.KeyFileError):
        raise
    except Exception as error:
        why = say("note.grader_failed", error=f"{type(error).__name__}: {error}")
        return _result(file, settings, 0.0, Evaluation(judge_error(key), (why,)), key)


def result_of(graded: Graded, store: Store) -> SubmissionResult:
    """Read one result back, with this student's name on it."""
    result = store.get(graded.key)
    assert result is not None, "graded but not stored"
    return _member(graded).named(result)


def _member(graded: Graded) -> Member:
    file = graded.file
    return Member(file.student, file.assignment, file.name, graded.key, file.notes)


def class_results(store: Store) -> Iterator[SubmissionResult]:
    """The results of the class that was graded last, in one pass through the store."""
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
    """Of the content and the file's own name, which feedback quotes; else of why there is no content."""
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
    done = evaluate(task.name, task.content, loaded, lambda statements: _sandbox(task, key).run(statements))
    seconds = round(time.perf_counter() - start, 4)
    return _result(task, task.settings, seconds, done, loaded)


def _result(
    submitted: SubmittedFile | Task,
    settings: Settings,
    seconds: float,
    done: Evaluation,
    key: answer_key.AnswerKey,
) -> SubmissionResult:
    return SubmissionResult(
        submitted.student,
        submitted.assignment,
        submitted.name,
        settings.isolation,
        seconds,
        done.exercises,
        done.notes,
        done.output,
        key.by_hand,
    )


@functools.lru_cache(maxsize=16)
def _load_key(key: Path | bytes, digest: str) -> answer_key.AnswerKey:
    """A worker reads each key once; the digest makes sure that it is the expected one."""
    loaded = answer_key.load(key) if isinstance(key, Path) else answer_key.from_bytes(key)
    if loaded.digest != digest:
        raise answer_key.KeyFileError(say("error.key_changed"))
    return loaded


def _sandbox(task: Task, key: Path | bytes) -> Sandbox:
    return _open_sandbox(key, task.key_digest, task.settings, threading.get_ident())


@functools.lru_cache(maxsize=16)
def _open_sandbox(key: Path | bytes, digest: str, settings: Settings, thread: int) -> Sandbox:
    """A worker keeps a warm sandbox for each key and each of its threads; it ends with the worker."""
    loaded = _load_key(key, digest)
    limits = replace(loaded.limits, **dict(settings.limits))
    sandbox = Sandbox(calls(loaded), limits, settings.isolation)
    gc.freeze()  # the key stays: no garbage collection need traverse it again for every submission
    return sandbox
