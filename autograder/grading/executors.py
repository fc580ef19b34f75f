"""Who grades: processes of this machine, or the workers of a Dask cluster.

Both are a `Team` around a `concurrent.futures` executor, so that `grading.grade_class` has one code path.
Submissions travel as bytes. A hidden key is read from the disk by the processes of this machine, and sent
once to each worker of a cluster; nothing else leaves this machine.
"""

import contextlib
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
    """A cluster that cannot be used."""


@dataclass(frozen=True)
class Team:
    """An executor, and what `grading` must know of it.

    Attributes
    ----------
    size : function () -> int
        How many submissions it can grade at a time, now; a cluster may grow and shrink.
    deliver : function (Path) -> Any
        Prepares a hidden key for `executor.submit`: what `grading.grade_one` is to be given of it.
    """

    executor: Executor
    size: Callable[[], int]
    deliver: Callable[[Path], Any]


@contextlib.contextmanager
def processes(count: int) -> Iterator[Team]:
    """`count` processes of this machine; they are ended with the context, whatever they do."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    executor = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin)
    try:
        yield Team(executor, lambda: count, Path.resolve)
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _begin() -> None:
    """How a worker begins: Ctrl-C is for the main process, which ends the workers, and without it they end.

    A pool's worker waits for work on a pipe that it could write to itself, and so would wait for ever.
    """
    import multiprocessing
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main = multiprocessing.parent_process()
    if main is None:
        return

    def end_with_main() -> None:
        wait([main.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_main, daemon=True).start()


@contextlib.contextmanager
def cluster(address: str, count: int) -> Iterator[Team]:
    """The workers of the Dask scheduler at `address`; "local" starts one here, with `count` workers.

    A submission whose worker dies goes to another one.

    Raises
    ------
    ClusterError
        `distributed` is not installed, or nobody answers at the address.
    """
    try:
        import dask
        import distributed
    except ImportError:
        raise ClusterError(say("cluster.not_installed")) from None
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # a lost worker is the scheduler's business
    os.environ.setdefault("DASK_DISTRIBUTED__LOGGING__DISTRIBUTED", "critical")  # and that of its children
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
        yield Team(
            client.get_executor(pure=False),
            lambda: max(1, sum(client.nthreads().values())),
            lambda path: client.scatter(path.read_bytes(), broadcast=True, hash=False),
        )
