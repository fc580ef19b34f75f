"""Which sandbox keeps a student's process from the grader's files and memory, found out by trying.

`harness` asks before it runs a submission. Kernels, seccomp profiles and users differ from one container
host to the next, so nothing is concluded from what should hold: a sandbox is good when, inside it, every
attempt to open what is secret fails.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.base.messages import TextError
from autograder.sandbox import bubblewrap
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call, Isolation


class NothingHolds(TextError):
    """No sandbox here keeps the secrets; the text says what was tried and what came of it."""


def strongest(secrets: Iterable[Path], limits: Limits) -> Isolation:
    """The strongest isolation in which none of `secrets` can be opened.

    Parameters
    ----------
    secrets : iterable of Path
        Files that this process can read, or folders that it can write to: the answer key, the results. The
        memory of this process, of its parent and of process 1 is added.

    Raises
    ------
    NothingHolds
    """
    paths = [*map(str, secrets), *(f"/proc/{process}/mem" for process in {os.getpid(), os.getppid(), 1})]
    failures = []
    for isolation in _candidates():
        try:
            opened = _opened(paths, isolation, limits)
        except (bubblewrap.BubblewrapMissing, SandboxError, OSError) as error:
            failures.append(f"{isolation}: {error}")
            continue
        if not opened:
            return isolation
        failures.append(f"{isolation}: a submission could open {', '.join(opened)}")
    raise NothingHolds("; ".join(failures))


def _candidates() -> Sequence[Isolation]:
    """From the strongest to the weakest; only root can make a run another user's."""
    return ("bubblewrap", *(("user",) if os.geteuid() == 0 else ()), "process")


_TRIAL = """
def opened(path):
    import os
    for way in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT):
        try:
            os.close(os.open(os.path.join(path, "probe") if os.path.isdir(path) else path, way, 0o600))
            return True
        except OSError:
            pass
    return False
"""


def _opened(paths: Sequence[str], isolation: Isolation, limits: Limits) -> list[str]:
    """Those of `paths` that a submission could open, or all where it does not answer."""
    calls = [Call("opened", (path,), path) for path in paths]
    with Sandbox(calls, limits, isolation) as sandbox:
        outcomes = sandbox.run([(_TRIAL, "trial", 1)]).outcomes
    return [path for path, outcome in zip(paths, outcomes, strict=True) if outcome.value is not False]
