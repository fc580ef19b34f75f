"""The grader's end of the sandbox: start one for an answer key's inputs, run submissions in it.

    with Sandbox(calls, limits, "bubblewrap") as sandbox:
        run = sandbox.run(statements)

A `Sandbox` keeps one warm process. It survives anything that a submission does: where the process
inside is stopped or leaves early, the calls that it did not answer are taken up again in a fresh
one, except those of the group that stopped it, which count as stopped too.
"""

import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from autograder.sandbox import bubblewrap
from autograder.sandbox.limits import Limits
from autograder.values import ValuesError, dumps, loads

Isolation = Literal["bubblewrap", "process"]
Status = Literal[
    "returned", "raised", "missing", "forbidden", "unsendable", "time", "output", "died", "unanswered"
]

_LENGTH = struct.Struct("<I")
_FRAME = struct.Struct("<cI")
_LOADING = 0xFFFFFFFF
_START_SECONDS = 60.0
_GRACE_SECONDS = 15.0
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
}


@dataclass(frozen=True)
class Call:
    """What the student's process is asked to do; inputs only."""

    function: str
    args: tuple[Any, ...]
    group: str
    """Calls of one group are worth points together: when one is stopped, the others are not tried."""
    layout: str = "C"
    fresh: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of one call. Everything here but `status` "time", "output" and "died" is the student's own word."""

    status: Status
    value: Any = None
    seconds: float = 0.0
    changed: tuple[int, ...] = ()
    shares: bool = False
    exception: str = ""
    text: str = ""
    where: str = ""
    line: int = 0


@dataclass(frozen=True)
class LoadNote:
    """A statement of the submission that failed while it was loaded."""

    where: str
    line: int
    exception: str
    text: str


@dataclass(frozen=True)
class Run:
    """A submission's outcomes, one a call in the order of the calls."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[LoadNote, ...] = ()
    output: str = ""


class SandboxError(Exception):
    """The sandbox itself failed; never the student's fault."""


@dataclass
class _Progress:
    """What is known of a run so far."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    notes: list[LoadNote] = field(default_factory=list)
    output: str = ""


class Sandbox:
    """One warm process for the calls of one answer key. Use it as a context manager, from one thread.

    Raises
    ------
    bubblewrap.BubblewrapMissing
        With isolation "bubblewrap" where it is not installed.
    SandboxError
        The process does not start.
    """

    def __init__(self, calls: Sequence[Call], limits: Limits, isolation: Isolation) -> None:
        self.calls = tuple(calls)
        self.limits = limits
        self.isolation = isolation
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._reusable = True
        self._setup = dumps(
            {
                "limits": limits.to_data(),
                "calls": [
                    {"function": c.function, "args": c.args, "layout": c.layout, "fresh": c.fresh}
                    for c in self.calls
                ],
            }
        )
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and everything inside."""
        process, self._process = self._process, None
        if process is not None:
            _kill(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def run(self, statements: Sequence[tuple[str, str, int]]) -> Run:
        """Load a submission, given as (source, where, line) statements, and make every call.

        Raises
        ------
        SandboxError
            The sandbox could not do its work, twice in a row.
        """
        progress = _Progress()
        deadline = time.monotonic() + self.limits.wall_seconds
        failures = 0
        while wanted := [i for i in range(len(self.calls)) if i not in progress.outcomes]:
            if time.monotonic() > deadline:
                self._stopped(progress, wanted, "time")
                break
            try:
                reply = self._ask({"statements": [list(s) for s in statements], "wanted": wanted})
                if reply["end"] == "not started":
                    raise SandboxError("the sandbox could not confine a process")
            except (SandboxError, OSError, ValuesError) as error:
                failures += 1
                self.close()
                if failures > 1:
                    raise SandboxError(str(error)) from error
                continue
            failures = 0
            _take(progress, reply, set(wanted), first=not progress.outcomes)
            self._account_for_end(progress, reply, wanted)
        return Run(
            tuple(progress.outcomes[index] for index in range(len(self.calls))),
            tuple(progress.notes),
            progress.output,
        )

    def _account_for_end(self, progress: _Progress, reply: dict[str, Any], wanted: list[int]) -> None:
        """Decide what the end of a run means for the calls that it did not answer."""
        open_calls = [index for index in wanted if index not in progress.outcomes]
        status: Status
        match reply["end"]:
            case "finished":
                self._stopped(progress, open_calls, "unanswered")
                return
            case "time" | "wall":
                status = "time"
            case "output" | "answers":
                status = "output"
            case _:
                status = "died"
        current = reply["call"]
        if reply["end"] == "wall" or current == -1 or current not in open_calls:
            # Loading stopped it, or the whole submission's time is over, or its reports make no sense.
            self._stopped(progress, open_calls, status)
        else:
            group = self.calls[current].group
            self._stopped(progress, [i for i in open_calls if self.calls[i].group == group], status)

    @staticmethod
    def _stopped(progress: _Progress, calls: list[int], status: Status) -> None:
        for index in calls:
            progress.outcomes[index] = Outcome(status)

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """One round trip; a sandbox that cannot be used again is replaced before it."""
        if self._process is None or not self._reusable:
            self.close()
            self._start()
        assert self._process is not None
        self._send(dumps(job))
        reply = self._receive(self.limits.wall_seconds + _GRACE_SECONDS)
        self._reusable = self._nested
        return reply

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            bufsize=0,
            start_new_session=True,
        )
        try:
            self._send(self._setup)
            ready = self._receive(_START_SECONDS)
        except (SandboxError, OSError, ValuesError) as error:
            complaint = self._complaint()
            self.close()
            raise SandboxError(f"the sandbox does not start: {complaint or error}") from error
        self._nested = bool(ready["nested"])
        self._reusable = True

    def _command(self) -> list[str]:
        if self.isolation == "bubblewrap":
            program = _program(bubblewrap.interpreter(), bubblewrap.ENGINE, bubblewrap.PACKAGES)
            environment = [w for name, value in _ENVIRONMENT.items() for w in ("--setenv", name, value)]
            command = bubblewrap.command(self.limits, program)
            return [command[0], *environment, *command[1:]]
        self._folder = tempfile.TemporaryDirectory(prefix="autograder-")
        for source, target in bubblewrap.numpy_folders():
            os.symlink(source, Path(self._folder.name) / Path(target).name)
        engine = str(Path(__file__).parent.parent.parent)
        return _program(bubblewrap.interpreter(), engine, self._folder.name)

    def _complaint(self) -> str:
        """What the process that did not start wrote to stderr: its last line."""
        process = self._process
        if process is None or process.stderr is None:
            return ""
        _kill(process)
        lines = process.stderr.read(4096).decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _send(self, message: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        view = memoryview(_LENGTH.pack(len(message)) + message)
        while view:
            view = view[os.write(self._process.stdin.fileno(), view) :]

    def _receive(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if length > self.limits.answers + 2**21:
            raise SandboxError("a message from the sandbox is too large")
        reply = loads(self._read(length, deadline))
        if not isinstance(reply, dict):
            raise SandboxError("a message from the sandbox makes no sense")
        return reply

    def _read(self, length: int, deadline: float) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        source = self._process.stdout.fileno()
        data = bytearray()
        while len(data) < length:
            if not select.select([source], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise SandboxError("the sandbox does not answer")
            part = os.read(source, min(length - len(data), 1 << 20))
            if not part:
                raise SandboxError("the sandbox has ended")
            data += part
        return bytes(data)


def _program(python: str, engine: str, packages: str) -> list[str]:
    """The warden's command line: no site, no environment, no bytecode files, nothing of the current folder."""
    start = (
        f"import sys; sys.path[:0] = [{engine!r}, {packages!r}]; "
        f"from autograder.sandbox.warden import main; main({engine!r})"
    )
    return [python, "-I", "-S", "-B", "-c", start]


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()


def _take(progress: _Progress, reply: dict[str, Any], wanted: set[int], *, first: bool) -> None:
    """Read the frames of a run. They are the student's word: whatever does not parse is dropped."""
    frames = memoryview(reply["frames"].tobytes())
    offset = 0
    while offset + _FRAME.size <= len(frames):
        kind, length = _FRAME.unpack_from(frames, offset)
        payload = frames[offset + _FRAME.size : offset + _FRAME.size + length]
        offset += _FRAME.size + length
        if len(payload) < length:
            break
        if kind == b"R":
            index, outcome = _parse_outcome(payload)
            if outcome is not None and index in wanted:
                progress.outcomes.setdefault(index, outcome)
        elif kind == b"N" and first and len(progress.notes) < 20:
            progress.notes += _parse_note(payload)
    if first:
        progress.output = reply["output"]


def outcome_of(payload: bytes | memoryview) -> Outcome:
    """The outcome that `runner.message` wrote; "unanswered" where it makes no sense."""
    return _parse_outcome(payload)[1] or Outcome("unanswered")


def _parse_outcome(payload: bytes | memoryview) -> tuple[int, Outcome | None]:
    try:
        data = loads(payload)
    except ValuesError:
        return -1, None
    if not isinstance(data, dict):
        return -1, None
    index, status = data.get("call"), data.get("status")
    if type(index) is not int or status not in ("returned", "raised", "missing", "forbidden", "unsendable"):
        return -1, None
    changed = data.get("changed")
    seconds = data.get("seconds")
    return index, Outcome(
        status,
        data.get("value"),
        float(seconds) if type(seconds) is float else 0.0,
        tuple(i for i in changed if type(i) is int) if isinstance(changed, list) else (),
        data.get("shares") is True,
        _text(data, "exception"),
        _text(data, "text"),
        _text(data, "where"),
        _line(data.get("line")),
    )


def _parse_note(payload: memoryview) -> list[LoadNote]:
    """The note as a list of one, or of none where it makes no sense."""
    try:
        data = loads(payload)
    except ValuesError:
        return []
    if not isinstance(data, dict):
        return []
    at = data.get("at")
    where, line = at if isinstance(at, list) and len(at) == 2 else ("", 0)
    if _text(data, "where"):
        where, line = data["where"], data.get("line")
    return [LoadNote(str(where)[:200], _line(line), _text(data, "exception"), _text(data, "text"))]


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value[:500] if isinstance(value, str) else ""


def _line(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 10**7 else 0


def available_isolation() -> Isolation:
    """The strongest isolation of this machine, for a student who checks their own code."""
    return "bubblewrap" if sys.platform == "linux" and shutil.which("bwrap") else "process"
