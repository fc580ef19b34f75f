"""A control group (version 2) for each warden: the kernel counts its memory, processes and processor time.

`launch` calls `create` before it starts a warden, and `remove` after its end. As root, groups are made at the
top; otherwise below the grader's own group, where systemd has delegated that to it. Where neither is possible
there is none, and the other limits have to do. Must never move a process that is not the grader's.
"""

import contextlib
import os
import secrets
import time
from pathlib import Path

from autograder.sandbox.limits import Limits, MiB

TOP = Path("/sys/fs/cgroup")
_NAME = "autograder"
_CONTROLLERS = ("cpu", "memory", "pids")


def create(limits: Limits, top: Path = TOP) -> Path | None:
    """A new, empty group with the limits of a warden; None where none can be made."""
    group = None
    # Beyond what a run may use: Python, NumPy and modules, the kernel's memory, bubblewrap's processes.
    memory = limits.memory + limits.disk + limits.answers + (1024 if limits.modules else 256) * MiB
    try:
        parent = top if os.geteuid() == 0 else _delegated(top)
        if not set(_CONTROLLERS) <= set((parent / "cgroup.subtree_control").read_text().split()):
            _write(parent / "cgroup.subtree_control", " ".join(f"+{name}" for name in _CONTROLLERS))
        for left in parent.glob(f"{_NAME}-*-*"):  # by a grader that was killed
            if not Path("/proc", left.name.split("-")[1]).exists():
                remove(left)
        group = parent / f"{_NAME}-{os.getpid()}-{secrets.token_hex(4)}"
        group.mkdir()
        for name, value in (("memory.max", memory), ("pids.max", limits.threads + 16), ("cpu.weight", 100)):
            _write(group / name, str(value))
        with contextlib.suppress(FileNotFoundError):  # a kernel without swap
            _write(group / "memory.swap.max", "0")
    except OSError:
        if group is not None:
            remove(group)
        return None
    return group


def entering(group: Path, command: list[str]) -> list[str]:
    """The command that runs `command` in `group`: itself goes there, so that nothing starts outside of it."""
    return ["/bin/sh", "-c", 'echo 0 > "$0/cgroup.procs" && exec "$@"', str(group), *command]


def remove(group: Path) -> None:
    """End what is left in `group`, and remove it."""
    with contextlib.suppress(OSError):
        _write(group / "cgroup.kill", "1")
    for _ in range(50):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # processes that end are still there
            time.sleep(0.01)


def _delegated(top: Path) -> Path:
    """The grader's own group. Its processes are moved to a group below it, for only leaves may hold some."""
    own = top / Path("/proc/self/cgroup").read_text().rpartition("0::/")[2].strip()
    if own.name == _NAME:
        return own.parent
    if os.getxattr(own, "user.delegate") != b"1":
        raise PermissionError(own)
    (own / _NAME).mkdir(exist_ok=True)
    for process in (own / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):  # it has ended
            _write(own / _NAME / "cgroup.procs", process)
    return own


def _write(file: Path, text: str) -> None:
    """Write to a file of the kernel's, which has to be there."""
    with open(os.open(file, os.O_WRONLY), "w") as control:
        control.write(text)
