"""Find, by trial, a sandbox that keeps a student's process from the grader's files and memory.

`harness` calls this before it runs a submission. Kernels, seccomp profiles and users differ between container
hosts, so nothing is assumed: a sandbox is accepted when every attempt, inside it, to open a secret fails.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.base.messages import Text, TextError, joined, say
from autograder.sandbox import bubblewrap
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call, Isolation


class NothingHolds(TextError):
    """No sandbox here protects the secrets; the text says what was tried with which result."""


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
    failures: list[Text] = []
    for isolation in _candidates():
        try:
            opened = _opened(paths, isolation, limits)
        except (bubblewrap.BubblewrapMissing, SandboxError, OSError) as error:
            failures.append(say("gradescope.isolation_fails", isolation=isolation, error=error))
            continue
        if not opened:
            return isolation
        failures.append(say("gradescope.isolation_open", isolation=isolation, paths=joined(opened)))
    raise NothingHolds(joined(failures, "list.groups"))


def _candidates() -> Sequence[Isolation]:
    """From the strongest to the weakest; only root can run a process as another user."""
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
    """Those of `paths` that a submission could open, and those for which the trial gave no answer."""
    calls = [Call("opened", (path,), path) for path in paths]
    with Sandbox(calls, limits, isolation) as sandbox:
        outcomes = sandbox.run([(_TRIAL, "trial", 1)]).outcomes
    return [path for path, outcome in zip(paths, outcomes, strict=True) if outcome.value is not False]
