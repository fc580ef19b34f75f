"""What a submission may use: time, memory, output, disk, modules; read by both sides of the sandbox."""

from dataclasses import dataclass
from typing import Any

MiB = 2**20

Asked = tuple[tuple[str, Any], ...]
"""Fields of `Limits` that take the place of others."""

UNITS = {
    "cpu_seconds": ("cpu_seconds", 1.0),
    "loading_seconds": ("loading_seconds", 1.0),
    "submission_seconds": ("submission_seconds", 1.0),
    "memory_mib": ("memory", MiB),
    "output_mib": ("output", MiB),
    "answers_mib": ("answers", MiB),
    "disk_mib": ("disk", MiB),
    "threads": ("threads", 1),
}
"""What people write for a limit: the field of `Limits`, and its unit."""


@dataclass(frozen=True)
class Limits:
    """Limits, by default far above what any honest solution needs.

    Parameters
    ----------
    cpu_seconds : float
        Processor time for one call.
    loading_seconds : float
        Processor time for the submission's own statements, all together: a statement for which it does not
        suffice is left out, and the rest is loaded again without it (`client`).
    submission_seconds : float
        The submission's own time (`clock`), restarts included: what it waits for a processor does not count.
        Loading in vain (`client`) may take half as much, besides.
    wall_seconds : float
        Wall-clock time for a whole submission. Where it ends first, the machine is to blame, and the
        submission is not graded.
    memory : int
        Bytes of address space beyond what Python and NumPy take.
    output : int
        Bytes of stdout and stderr; a submission that prints more is stopped.
    answers : int
        Bytes of all returned values together.
    disk : int
        Bytes of its own temporary file system.
    threads : int
        Number of threads; none are allowed where the grader runs as root, whose threads the kernel does not
        count. Processes are never allowed.
    modules : tuple of str
        What may be imported besides NumPy and the standard library, such as "scipy", with what it needs; each
        is loaded ahead of the submission, a submodule only where it is named: "scipy.signal".
    """

    cpu_seconds: float = 3.0
    loading_seconds: float = 3.0
    submission_seconds: float = 60.0
    wall_seconds: float = 900.0
    memory: int = 512 * MiB
    output: int = 8 * MiB
    answers: int = 16 * MiB
    disk: int = 16 * MiB
    threads: int = 32
    modules: tuple[str, ...] = ()

    @property
    def call_seconds(self) -> float:
        """Own time of one call."""
        return self.own_seconds(self.cpu_seconds)

    def own_seconds(self, processor: float) -> float:
        """Own time where so much processor time is allowed: what sleeps uses no processor."""
        return 5 * processor

    @property
    def group_seconds(self) -> float:
        """Own time of the calls of one group."""
        return 10 * self.cpu_seconds


def asked_for(**limits: float | None) -> Asked:
    """Limits as people write them (`UNITS`), as fields of `Limits`; None is not asked for."""
    fields = ((UNITS[name], number) for name, number in limits.items() if number is not None)
    return tuple((name, type(unit)(number * unit)) for (name, unit), number in fields)
