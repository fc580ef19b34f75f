"""Worker pools that grade: processes of this machine, or the workers of a Dask cluster.

The command opens one and `grade_class` uses it. Both kinds wrap a `concurrent.futures` executor, so that
there is one code path. Submissions travel as bytes. A hidden key is read from disk by local processes, and
sent once to each worker of a cluster; nothing else may leave this machine.
"""

import contextlib
import errno
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.base.messages import TextError, say


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
    """

    executor: Executor
    size: Callable[[], int]
    deliver: Callable[[Path], Any]


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
                return super().submit(*task, **options)

    try:
        executor = Pool(count, multiprocessing.get_context("spawn"), _start_worker)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise
        raise ClusterError(say("grade.no_semaphores", error=error.strerror)) from error
    try:
        yield WorkerPool(executor, lambda: count, Path.resolve)
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
def cluster(address: str, count: int) -> Iterator[WorkerPool]:
    """The workers of the Dask scheduler at `address`; "local" starts one here, with `count` workers.

    A submission whose worker dies is given to another worker.

    Raises
    ------
    ClusterError
        `distributed` is not installed, or no scheduler answers at the address.
    """
    try:
        import dask
        import distributed
    except ImportError:
        raise ClusterError(say("cluster.not_installed")) from None
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the scheduler copes with a lost worker
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
                    silence_logs=logging.CRITICAL,
                )
            )
        else:
            where = address
        try:
            client = stack.enter_context(distributed.Client(where, timeout="10s"))
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(say("cluster.no_scheduler", address=address, error=error)) from error
        yield WorkerPool(
            client.get_executor(pure=False),
            lambda: max(1, sum(client.nthreads().values())),
            lambda path: client.scatter(path.read_bytes(), broadcast=True, hash=False),
        )
