"""Worker pools that grade: processes of this machine, or the workers of a Dask cluster.

The command opens one and `grade_class` uses it. Both kinds wrap a `concurrent.futures` executor, so that
there is one code path. Submissions travel as bytes. A hidden key is read from disk by local processes, and
sent once to each worker of a cluster; nothing else may leave this machine.
"""

import contextlib
import errno
import functools
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autograder.base.messages import Message, Text, TextError, joined, say
from autograder.grading.engine import engine, introduce
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation

_Answer = TypeVar("_Answer")
Engines = Collection[tuple[str, Isolation, Limits]]


class ClusterError(TextError):
    """A cluster that cannot be used, or processes that cannot be started."""


@dataclass(frozen=True)
class WorkerPool:
    """An executor, and what `grade_class` must know of it.

    Attributes
    ----------
    size : function () -> int
        How many submissions it can grade at a time, now; a cluster may grow and shrink.
    deliver : function (Path) -> Any
        Prepares a hidden key for `executor.submit`: returns what `grade_one` is to be given as its key.
    check : function ()
        Raises BrokenExecutor where what was submitted cannot come back any more.
    doubt : function ()
        Told that a worker could not grade a submission.
    settle : function ()
        Waits until it is known which workers can grade.
    tried : bool
        Whether its workers are known to be able to isolate; else one tries before it grades.
    """

    executor: Executor
    size: Callable[[], int]
    deliver: Callable[[Path], Any]
    check: Callable[[], None] = lambda: None
    doubt: Callable[[], None] = lambda: None
    settle: Callable[[], None] = lambda: None
    tried: bool = True


@contextlib.contextmanager
def processes(count: int) -> Iterator[WorkerPool]:
    """`count` processes of this machine; they end with the context, whatever they are doing.

    Raises
    ------
    ClusterError
        The system gives no semaphores, as without a writable /dev/shm.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    class Pool(ProcessPoolExecutor):
        def submit(self, *task: Any, **options: Any) -> Any:
            with _undisturbed():  # a worker may be started here
                future = super().submit(*task, **options)
            # They end with the pool; Python 3.11 cannot end one with a cancelled future without a traceback.
            future.cancel = lambda: False  # type: ignore[method-assign]
            return future

    try:
        executor = Pool(count, multiprocessing.get_context("spawn"), _start_worker)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise
        raise ClusterError(say("grade.no_semaphores", error=error.strerror)) from error
    try:
        yield WorkerPool(executor, lambda: count, Path.resolve, tried=False)
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let what would end this process wait for the end of the block, in which no child hears of Ctrl-C.

    A child that is half started, or gets Ctrl-C before it can ignore it, prints a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    ends = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda number, frame: came.append(number)) for number in ends]
    try:
        yield
    finally:
        for number, handler in zip(ends, handlers, strict=True):
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if came:
            signal.raise_signal(came[0])


def _start_worker() -> None:
    """Ignore Ctrl-C, which the main process handles by ending the workers; exit when that process is gone.

    A worker holds the writing end of its own pipe of tasks, so it would wait forever for the next one.
    """
    import multiprocessing
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # see `_undisturbed`
    main = multiprocessing.parent_process()
    if main is None:
        return

    def end_with_main() -> None:
        wait([main.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_main, daemon=True).start()


@contextlib.contextmanager
def cluster(
    address: str, count: int, engines: Engines, tell: Callable[[Text], None] = lambda text: None
) -> Iterator[WorkerPool]:
    """The workers of the Dask scheduler at `address`; "local" starts one here, with `count` workers.

    A submission whose worker dies is given to another worker. A worker gets work when it has answered that
    its engine is ours and that it can isolate a submission, also one that joins later.

    Parameters
    ----------
    engines : collection of (str, Isolation, Limits)
        What `engine.engine` is given for each key.
    tell : function
        Called with a sentence about workers that get no work.

    Raises
    ------
    ClusterError
        `distributed` is not installed, no scheduler answers at the address, or no worker gets work.
    ClusterLost
        In the course of the work. Nothing waits longer than `_PATIENCE_SECONDS` for it.
    """
    try:
        import cryptography  # noqa: F401  # the certificates of a cluster on this machine
        import dask
        import distributed
    except ImportError:
        raise ClusterError(say("cluster.not_installed")) from None
    for name in ("asyncio", "distributed", "distributed.client", "tornado", "tornado.application"):
        # What is lost is told in one sentence, where it matters.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # The same in its child processes.
    os.environ.setdefault("DASK_DISTRIBUTED__LOGGING__DISTRIBUTED", "critical")
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 10}))
        if address == "local":
            where: Any = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=count,
                    threads_per_worker=1,
                    dashboard_address=None,
                    security=True,  # else every account of this machine could run code on the workers
                    silence_logs=logging.CRITICAL,
                )
            )
        else:
            where = address
        try:
            client = stack.enter_context(distributed.Client(where, timeout="10s"))
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(say("cluster.no_scheduler", address=address, error=error)) from error
        workers = _Workers(client, address, engines, tell)
        workers.wait()
        yield WorkerPool(workers, workers.size, workers.deliver, workers.check, workers.doubt, workers.settle)


class ClusterLost(ClusterError, BrokenExecutor):
    """A cluster that was used and cannot be used any more."""


_PATIENCE_SECONDS = 30.0
"""How long a scheduler may be silent, or no worker fit for work."""
_NAMED = 5


class _Workers(Executor):
    """Gives work to those workers of a cluster whose engine is ours and who can isolate a submission."""

    def __init__(self, client: Any, address: str, engines: Engines, tell: Callable[[Text], None]) -> None:
        self._client, self._address, self._tell = client, address, tell
        self._executor = client.get_executor(pure=False)
        self._engines = list(engines)
        self._expected = [engine(*each) for each in engines]
        self._asked: dict[str, Future[Any]] = {}
        self._threads: dict[str, int] = {}
        self._fit: dict[str, bool] = {}
        self._looked = 0.0

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        if not any(self._fit.values()):  # Dask would take no name for any
            self.check()
        workers = sorted(worker for worker, fit in self._fit.items() if fit)
        return self._reach(lambda: self._executor.submit(function, *arguments, workers=workers))

    def deliver(self, path: Path) -> Any:
        """Send a key to those who get work, and to nobody else."""
        workers = [worker for worker, fit in self._fit.items() if fit]
        content, send = path.read_bytes(), self._client.scatter
        return self._reach(lambda: send(content, workers=workers, broadcast=True, hash=False))

    def size(self) -> int:
        if time.monotonic() > self._looked + 1:
            self._look()
        return max(1, sum(self._threads[worker] for worker, fit in self._fit.items() if fit))

    def wait(self) -> None:
        """Wait until every worker has answered, and at least one is fit for work.

        Raises
        ------
        ClusterError
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        self._look()
        while self._asked or not self._fit:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
            self._look()
        if not any(self._fit.values()):
            told = "cluster.none_fit" if self._fit else "cluster.no_workers"
            raise ClusterError(Message(told, {"address": self._address, "seconds": f"{_PATIENCE_SECONDS:g}"}))

    def check(self) -> None:
        """Raise `ClusterLost` where nothing that was submitted can come back any more."""
        self._look()
        if not any(self._fit.values()):
            raise ClusterLost(say("cluster.workers_gone", address=self._address))

    def doubt(self) -> None:
        """Ask all workers again: one of them could not grade."""
        self._look(again=not self._asked)

    def settle(self) -> None:
        """Ask all workers again and wait for what they answer.

        A worker that fails does so at once, so that it would be given all work until its answer is known.
        """
        self._look(again=True)
        self.wait()

    def _look(self, *, again: bool = False) -> None:
        """Ask workers that are new, hear those that have answered, forget those that have gone."""
        seconds = f"{_PATIENCE_SECONDS:g}s"
        self._threads = self._reach(lambda: self._client.nthreads(callback_timeout=seconds))
        self._looked = time.monotonic()
        for worker in {*self._asked, *self._fit} - self._threads.keys():
            self._fit.pop(worker, None)
            if worker in self._asked:
                self._asked.pop(worker).cancel()
        for worker in self._threads:
            if worker not in self._asked and (again or worker not in self._fit):
                self._asked[worker] = self._reach(functools.partial(self._ask, worker))
        unfit: dict[Text, list[str]] = {}
        for worker in [worker for worker, answer in self._asked.items() if answer.done()]:
            trouble = self._trouble(self._asked.pop(worker))
            if trouble is not None and self._fit.get(worker, True):  # said once
                unfit.setdefault(trouble, []).append(worker)
            self._fit[worker] = trouble is None
        for trouble, workers in unfit.items():
            names = joined([*workers[:_NAMED], *(["…"] if len(workers) > _NAMED else [])])
            self._tell(say("cluster.unfit", workers=names, why=trouble))

    def _ask(self, worker: str) -> "Future[Any]":
        answer: Future[Any] = self._executor.submit(introduce, self._engines, workers=[worker])
        return answer

    def _trouble(self, answer: "Future[Any]") -> Text | None:
        """Why a worker that has answered so gets no work."""
        try:
            engines, trouble = answer.result()
        except CancelledError:
            raise self._lost() from None
        except Exception as error:  # such as an engine that cannot even be asked
            return say("cluster.worker_mute", error=f"{type(error).__name__}: {error}"[:300])
        for theirs, ours in zip(engines, self._expected, strict=True):
            if theirs != ours:
                pairs = ((name, getattr(theirs, name), getattr(ours, name)) for name in ours.__match_args__)
                differs = [f"{name} {their} ≠ {our}" for name, their, our in pairs if their != our]
                return say("cluster.worker_differs", what=joined(differs))
        found: Text | None = trouble
        return found

    def _reach(self, call: Callable[[], _Answer]) -> _Answer:
        """The result of what needs the scheduler.

        Raises
        ------
        ClusterLost
        """
        try:
            if self._client.status == "running":
                return call()
        except Exception as error:  # of many kinds, by how far the connection was
            raise self._lost() from error
        raise self._lost()

    def _lost(self) -> "ClusterLost":
        return ClusterLost(say("cluster.scheduler_gone", address=self._address))
