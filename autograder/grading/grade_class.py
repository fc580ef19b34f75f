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
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.base.messages import Text, say
from autograder.grading.engine import Settings
from autograder.grading.executors import WorkerPool
from autograder.grading.store import Member, Store, StoreKey
from autograder.judging import answer_key, siblings
from autograder.judging.evaluate import Evaluation, Statements, evaluate, unreadable
from autograder.judging.judge import calls, judge_error
from autograder.judging.results import SubmissionResult
from autograder.sandbox.client import Sandbox, trial
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Run
from autograder.submissions.class_folder import SubmittedFile

_LOOK_SECONDS = 2.0
"""Where nothing is finished for so long, the pool is asked whether it still works."""
_IN_FLIGHT = 4
"""Submissions submitted ahead per worker: enough to keep it busy, too few to fill the memory."""


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


def in_course_order(files: Sequence[SubmittedFile], keys: Iterable[str]) -> list[SubmittedFile]:
    """The files of each student, who come in their order, in that of their assignments' `keys`."""
    names, students = list(keys), list(dict.fromkeys(file.student for file in files))
    places = {student: place for place, student in enumerate(students)}
    return sorted(files, key=lambda file: (places[file.student], names.index(file.assignment)))


def known_assignments(folder: Path) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The assignments with a hidden key in `folder`, with their exercises; and `answer_key.names_in`."""
    exercises: dict[str, tuple[str, ...]] = {}
    keys = []
    for path in sorted(folder.glob("*" + answer_key.HIDDEN)):
        name = path.name.removesuffix(answer_key.HIDDEN)
        exercises[name] = ()
        with contextlib.suppress(answer_key.KeyFileError):  # it is reported where it is needed
            keys.append(answer_key.newest(path))
            exercises[name] = tuple(exercise.name for exercise in keys[-1].exercises)
    return exercises, answer_key.names_in(keys)


def grade_class(
    files: Sequence[SubmittedFile],
    keys: dict[str, tuple[Path, answer_key.AnswerKey]],
    settings: Settings,
    store: Store,
    pool: WorkerPool,
    on_graded: Callable[[Graded, SubmissionResult | None], None] = lambda graded, result: None,
    again: Collection[SubmittedFile] = (),
) -> list[Graded]:
    """Grade `files` and return where their results are, in the order of `files`.

    A submission with a judge error is graded once more after all others, one at a time, so that the error
    cannot come from what another submission did to the machine. In the end the store remembers `files` as the
    class that was graded last; see `Store.graded_class`.

    Parameters
    ----------
    on_graded : function (Graded, SubmissionResult or None)
        Called for each submission when its result is stored; with the result, if it was graded now.
    again : collection of SubmittedFile
        Those to be graded although a result is stored, which no judge error replaces.

    Raises
    ------
    concurrent.futures.BrokenExecutor
        The executor cannot go on; what is graded is stored.
    TextError
        No sandbox works here.
    """
    run = _ClassRun(keys, settings, store, pool, on_graded, again)
    try:
        graded = [run.begin(file) for file in files]
        run.wait()
        run.grade_failed_again()
    except BaseException:
        run.cancel()
        raise
    store.keep_class(map(_member, graded), {name: key.about for name, (_, key) in keys.items()})
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
        again: Collection[SubmittedFile],
    ) -> None:
        self._keys = {name: key for name, (_, key) in keys.items()}
        self._deciding = {name: answer_key.deciding(key) for name, key in self._keys.items()}
        self._delivered = {name: pool.deliver(path) for name, (path, _) in keys.items()}
        self._settings = settings
        self._store = store
        self._pool = pool
        self._on_graded = on_graded
        self._again = again
        self._running: dict[Future[SubmissionResult], Graded] = {}
        self._failed: list[Graded] = []
        self._tried: set[Limits] = set()

    def begin(self, file: SubmittedFile) -> Graded:
        """Hand one file to the workers, unless its result is known; wait while they have enough."""
        key = self._keys[file.assignment]
        content, problem = content_of(file)
        about = (self._deciding[file.assignment], self._settings.engine(key).id)
        graded = Graded(file, StoreKey(_digest(file, content, problem), *about))
        if file not in self._again and self._store.is_final(graded.key):
            self._on_graded(graded, None)
        elif problem is not None:
            result = _result(file, self._settings, 0.0, unreadable(key, problem), key)
            self._store.put(graded.key, result)
            self._on_graded(graded, result)
        else:
            self._submit(graded, content)
            if len(self._running) >= _IN_FLIGHT * self._pool.size():
                self._collect()
        return graded

    def wait(self) -> None:
        while self._running:
            self._collect()

    def grade_failed_again(self) -> None:
        if self._failed:
            self._pool.settle()
        for graded in self._failed:
            content, problem = content_of(graded.file)
            if _digest(graded.file, content, problem) == graded.key.submission:
                self._submit(graded, content)
                while self._running:
                    self._collect(last=True)
            else:  # replaced by a newer submission in the meantime, which the next run grades
                self._on_graded(graded, None)

    def cancel(self) -> None:
        for future in self._running:
            future.cancel()

    def _submit(self, graded: Graded, content: bytes) -> None:
        file, digest = graded.file, self._keys[graded.file.assignment].digest
        task = Task(file.student, file.assignment, file.name, content, digest, self._settings)
        delivered = self._delivered[file.assignment]
        limits = self._settings.limits_of(self._keys[file.assignment])
        if not self._pool.tried and limits not in self._tried:
            self._tried.add(limits)
            self._pool.executor.submit(try_out, task, delivered).result()
        future = self._pool.executor.submit(grade_one, task, delivered)
        self._running[future] = graded

    def _collect(self, *, last: bool = False) -> None:
        done = wait(self._running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED).done
        if not done:
            self._pool.check()
        for future in done:
            graded = self._running.pop(future)
            key = self._keys[graded.file.assignment]
            if future.cancelled():
                self._pool.check()  # it knows more
                raise BrokenExecutor
            result = _finished(future, graded.file, key, self._settings)
            is_kept = result.has_judge_error and self._store.is_final(graded.key)
            if not is_kept:
                self._store.put(graded.key, result)
            if result.has_judge_error and not last:
                self._pool.doubt()
                self._failed.append(graded)
            else:
                self._on_graded(graded, None if is_kept else result)


def _finished(
    future: Future[SubmissionResult], file: SubmittedFile, key: answer_key.AnswerKey, settings: Settings
) -> SubmissionResult:
    """What a worker returned; a judge error where it could not, such as when it was killed too often, or
    where its engine is not ours."""
    try:
        result = future.result()
        if result.engine == settings.engine(key):
            return result
        failure: object = say("note.another_engine")
    except (BrokenExecutor, answer_key.KeyFileError):
        raise
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    why = say("note.grader_failed", error=failure)
    return _result(file, settings, 0.0, Evaluation(judge_error(key), (why,)), key)


def result_of(graded: Graded, store: Store) -> SubmissionResult:
    """Read one result back, with this student's name on it."""
    result = store.get(graded.key)
    assert result is not None, "graded but not stored"
    return _member(graded).named(result)


def _member(graded: Graded) -> Member:
    file = graded.file
    return Member(file.student, file.assignment, file.name, graded.key, file.notes)


def content_of(file: SubmittedFile) -> tuple[bytes, Text | None]:
    """The bytes of a submission, or why there are none."""
    if file.unread or not file.name:
        return b"", file.unread or say("note.no_file_in_folder")
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
    isolation: str = task.settings.isolation

    def run(statements: Statements) -> Run:
        nonlocal isolation
        sandbox = _sandbox(task, key)
        ran = sandbox.run(statements)
        isolation = sandbox.isolation_record
        return ran

    done = evaluate(
        task.name,
        task.content,
        loaded,
        run,
        lambda statements, asked: _sibling_sandbox(task, key).run(statements, asked, siblings.SECONDS),
    )
    seconds = round(time.perf_counter() - start, 4)
    return replace(_result(task, task.settings, seconds, done, loaded), isolation=isolation)


def try_out(task: Task, key: Path | bytes) -> None:
    """Run nothing, in the sandbox that is going to grade. Called in a worker before anything is graded.

    Raises
    ------
    TextError
        What keeps it from working, and what to do.
    """
    trial(_sandbox(task, key))


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
        settings.engine(key),
        about=key.about,
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


def _sibling_sandbox(task: Task, key: Path | bytes) -> Sandbox:
    """A sandbox of its own: what is quoted to students, a submission may have found anywhere inside of it."""
    return _open_sandbox(key, task.key_digest, task.settings, threading.get_ident(), of_siblings=True)


@functools.lru_cache(maxsize=32)
def _open_sandbox(
    key: Path | bytes, digest: str, settings: Settings, thread: int, *, of_siblings: bool = False
) -> Sandbox:
    """A worker keeps a warm sandbox for each key and each of its threads; it ends with the worker."""
    loaded = _load_key(key, digest)
    asked = calls(loaded.siblings if of_siblings else loaded)
    sandbox = Sandbox(asked, settings.limits_of(loaded), settings.isolation)
    gc.freeze()  # the key stays: no garbage collection need traverse it again for every submission
    return sandbox
