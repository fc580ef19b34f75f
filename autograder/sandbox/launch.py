"""Start the warden: its command line, inside bubblewrap or without it, and the process.

`client` calls `start`. A command that is about to check one file calls `ahead` before it imports anything
else, so that the warden loads NumPy while the command loads its own modules. This module must not import
NumPy.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from autograder.sandbox import bubblewrap, cgroup
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation


class Warden(subprocess.Popen[bytes]):
    """The process, and its control group where it has one of its own."""

    group: Path | None = None


ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LANG": "C.UTF-8"}


def start(isolation: Isolation, limits: Limits) -> Warden:
    """Start a warden; it waits for its first message.

    Raises
    ------
    OSError, bubblewrap.BubblewrapMissing
    """
    command = _command(isolation, limits)
    group = cgroup.create(limits)
    warden = Warden(
        cgroup.entering(group, command) if group else command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        bufsize=0,
        start_new_session=True,
    )
    warden.group = group
    return warden


@contextlib.contextmanager
def ahead() -> Iterator[Warden | None]:
    """A warden without bubblewrap, to hand to `Sandbox`; None where none starts: `Sandbox` reports it."""
    try:
        warden = start("process", Limits())
    except OSError:
        yield None
        return
    try:
        yield warden
    finally:
        end(warden)


def kill(warden: Warden) -> None:
    """End the process and everything inside, and wait for it; what it has written can still be read."""
    if warden.returncode is None:
        try:
            os.killpg(warden.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            warden.kill()
        warden.wait()


def end(warden: Warden) -> None:
    """The same, and close its pipes and its group."""
    kill(warden)
    if warden.group is not None:
        cgroup.remove(warden.group)
    for pipe in (warden.stdin, warden.stdout, warden.stderr):
        if pipe is not None:
            pipe.close()


def _command(isolation: Isolation, limits: Limits) -> list[str]:
    numpy, seen = bubblewrap.numpy_folders()[0]
    if isolation != "bubblewrap":
        return program(bubblewrap.interpreter(), str(Path(__file__).parents[2]), numpy)
    environment = {**ENVIRONMENT, "LD_LIBRARY_PATH": bubblewrap.library_folders(limits.modules)}
    inside = program(bubblewrap.interpreter(), bubblewrap.ENGINE, seen)
    return bubblewrap.command(limits, environment, inside)


_PROGRAM = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("numpy", {numpy!r} + "/__init__.py")
sys.modules["numpy"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["numpy"])
sys.path.insert(0, {engine!r})
from autograder.sandbox.warden import main
main({engine!r})
"""


def program(python: str, engine: str, numpy: str) -> list[str]:
    """The warden's own command line: no site, environment, bytecode files, nor the current folder.

    NumPy is loaded from its own folder: students must not find the packages beside it.
    """
    return [python, "-I", "-S", "-B", "-c", _PROGRAM.format(engine=engine, numpy=numpy)]
