"""The grader's end of the sandbox: start one for an answer key's inputs, run submissions in it.

    with Sandbox(calls, limits, "bubblewrap") as sandbox:
        run = sandbox.run(statements)

A `Sandbox` keeps one warm process, for `grading` and `student`. It survives anything that a submission does:
where the runner is stopped or leaves early, the calls that it did not answer are made in a fresh one, except
those of the group that stopped it. Where a statement of the submission's own is stopped while it is loaded,
what it has left half-made is discarded: the rest is loaded in a fresh runner without it. Functions that were
stopped come last from then on, so that one that never ends uses up no other's time. It must never trust what
it receives.
"""

import math
import os
import re
import select
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from autograder.base.messages import TextError, joined, printable, say
from autograder.sandbox import bubblewrap, launch
from autograder.sandbox.limits import Limits
from autograder.sandbox.quotable import Quotable
from autograder.sandbox.records import Call, Isolation, LoadNote, Outcome, Run, Status
from autograder.sandbox.values import MAGIC, ValuesError, dumps, is_constant, loads

_FAILURES: tuple[Status, ...] = ("raised", "missing", "forbidden", "unsendable")
"""Statuses that a run may report of a call without an answer; the others are observed from outside."""

_STOPPED: dict[str, Status] = {"time": "time", "output": "output", "answers": "output", "died": "died"}
"""How a run was ended from outside, as the status of what it was doing."""
_MOST_STOPPED = 5
"""After so many statements that were stopped, only imports, definitions and what calls nothing is loaded."""
_CALLS = re.compile(r"(?!@|(?:async|def|class|import|from)\b|\w+ *= *lambda\b).*\(", re.DOTALL)
"""A statement that may call something and is neither an import nor a definition."""

_LENGTH = struct.Struct("<I")
_FRAME = struct.Struct("<cI")
_SECONDS = struct.Struct("<d")
_START_SECONDS = 60.0
_GRACE_SECONDS = 15.0
_MAX_PARTS = 400_000
"""Commas in all answers of a run: parsed, each part takes up to a hundred bytes of the grader's memory."""
_SHORT = 2048
"""Answers of up to so many bytes are not searched for commas."""
_CACHES = ((_SHORT, 2048), (2**16, 16))
"""(bytes of an answer at the most, cached answers): most of a class gives the same right answers. This halves
the grading process's time for a right submission (`benchmarks/overhead.py`)."""


@dataclass(frozen=True)
class _Reply:
    """The warden's report on a run; see `warden.py`."""

    end: str
    call: int
    statement: int
    own: float
    frames: bytes
    output: bytes


class SandboxError(TextError):
    """The sandbox itself failed, which is never the student's fault."""


def require(isolation: Isolation, limits: Limits, instead: str = "--isolation process") -> None:
    """Start a sandbox as grading does and run something in it.

    Parameters
    ----------
    instead : str
        The option by which the user can choose weaker isolation, for the error message.

    Raises
    ------
    bubblewrap.BubblewrapMissing, SandboxError
        The text says what to do.
    """
    with Sandbox([Call("works", (), "trial")], limits, isolation) as sandbox:
        trial(sandbox, instead)


def trial(sandbox: "Sandbox", instead: str = "--isolation process") -> None:
    """The same with this one; it can be used further."""
    try:
        sandbox.run([("def works(): return True", "trial", 1)])
    except bubblewrap.BubblewrapMissing:
        raise bubblewrap.BubblewrapMissing(say("bubblewrap.missing", instead=instead)) from None
    except SandboxError as error:
        if sandbox.isolation == "bubblewrap":
            raise SandboxError(say("bubblewrap.refused", reason=error, instead=instead)) from error
        raise SandboxError(say("sandbox.refused", isolation=sandbox.isolation, reason=error)) from error


class Cancelled(Exception):
    """`Sandbox.cancel` was called."""


@dataclass
class _Progress:
    """The outcomes, notes and output of a run so far."""

    statements: list[tuple[str, str, int]]
    quotable: Quotable
    seconds: float
    """What is left of the submission's own time."""
    loading: float
    """What is left of it for loading in vain, which costs the calls nothing."""
    loads: int = 0
    """How often it was loaded in vain."""
    stops: list[LoadNote] = field(default_factory=list)
    left_out: list[tuple[str, int]] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    """Functions that did not come to their end."""
    parts: int = 0
    notes: list[LoadNote] = field(default_factory=list)
    output: str = ""

    def leave_out(self, reply: _Reply) -> bool:
        """Leave out the statement that was stopped while loading; False where that cannot help any more."""
        status = _STOPPED.get(reply.end)
        self.loading -= reply.own
        self.loads += 1
        if status is None or self.loading < 0 or self.loads > 2 * _MOST_STOPPED:
            return False
        if not 0 <= reply.statement < len(self.statements):
            return False
        _, where, line = self.statements.pop(reply.statement)
        self.stops.append(LoadNote(where, line, "", status))
        self.left_out.append((where, line))
        if self.loads >= _MOST_STOPPED:  # all of its experiments may be like this
            others = [(where, line) for source, where, line in self.statements if _CALLS.match(source)]
            self.statements = [each for each in self.statements if not _CALLS.match(each[0])]
            self.stops += [LoadNote(*at, "", "not made") for at in others]
            self.left_out += others
        return True


class Sandbox:
    """One warm process for the calls of one answer key. Use it as a context manager.

    It belongs to the process that created it (a fork starts its own) and ends with the thread that created
    it; its methods may be called from one thread at a time.

    Parameters
    ----------
    launched : Warden, optional
        A process that was started earlier (`launch.ahead`), with the same isolation. Without one, `renew` or
        the first run starts it.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        limits: Limits,
        isolation: Isolation,
        launched: launch.Warden | None = None,
    ) -> None:
        self.calls = tuple(calls)
        groups = {group: number for number, group in enumerate(dict.fromkeys(call.group for call in calls))}
        self._groups = [groups[call.group] for call in calls]
        self.limits = limits
        self.isolation = isolation
        self._process: launch.Warden | None = None
        self._reusable = self._serves_many = False
        self._cancelled = False
        self._owner = os.getpid()
        self._caches = [(size, lru_cache(count)(_parse_constant)) for size, count in _CACHES]
        self._launched = launched

    @property
    def isolation_record(self) -> str:
        """The isolation, for results; "bubblewrap+cgroup" where the process has a group of its own."""
        process = self._process
        return f"{self.isolation}+cgroup" if process is not None and process.group else self.isolation

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
            launch.end(process)

    def renew(self) -> None:
        """Start a new process unless the present one can serve the next run.

        Raises
        ------
        bubblewrap.BubblewrapMissing
            With isolation "bubblewrap" where it is not installed.
        SandboxError
            The process does not start.
        """
        if self._owner != os.getpid():  # a fork must leave its parent's sandbox alone
            self._process, self._owner = None, os.getpid()
        if self._process is None or not self._reusable:
            self.close()
            self._start()

    def cancel(self) -> None:
        """End the run in another thread, also one whose process just starts; `Cancelled` is raised there.

        If that run is over at this moment, the next run is cancelled instead.
        """
        self._cancelled = True
        process = self._process
        if process is not None:
            launch.kill(process)

    def run(
        self,
        statements: Sequence[tuple[str, str, int]],
        asked: Sequence[int] | None = None,
        seconds: float = math.inf,
    ) -> Run:
        """Load a submission, given as (source, where, line) statements, and make calls.

        Parameters
        ----------
        asked : sequence of int, optional
            Which of the calls, in the order of the outcomes; by default all.
        seconds : float, optional
            The submission's own time for this run, where it is less than the limits'.

        Raises
        ------
        SandboxError
            The sandbox could not do its work, twice in a row, or the machine was too busy.
        Cancelled
        """
        asked = range(len(self.calls)) if asked is None else asked
        own = min(seconds, self.limits.submission_seconds)
        progress = _Progress(list(statements), Quotable(statements), own, own / 2)
        try:
            source = _source_message(statements)
        except ValuesError:  # far longer than anything that `source.read` lets through
            return Run(tuple(Outcome("unanswered") for _ in asked))
        deadline = time.monotonic() + self.limits.wall_seconds
        failures = 0
        while wanted := [i for i in asked if i not in progress.outcomes]:
            wanted.sort(key=lambda i: self.calls[i].function in progress.stopped)
            if time.monotonic() > deadline:
                raise SandboxError(say("sandbox.machine_busy"))
            try:
                reply = self._ask(wanted, progress.seconds, source)
                if reply.end == "not started":
                    raise SandboxError(say("sandbox.not_confined"))
            except (SandboxError, OSError, ValuesError) as error:
                failures += 1
                self.close()
                if self._cancelled:
                    self._cancelled = False
                    raise Cancelled from None
                if failures > 1:
                    if isinstance(error, SandboxError):
                        raise
                    raise SandboxError(str(error)) from error
                continue
            if reply.end == "wall":
                raise SandboxError(say("sandbox.machine_busy"))
            failures = 0
            if reply.call not in wanted and progress.leave_out(reply):
                source = _source_message(progress.statements)
                continue
            progress.seconds -= reply.own
            self._take(progress, reply)
            self._account_for_end(progress, reply, wanted)
        return Run(
            tuple(progress.outcomes[index] for index in asked),
            (*progress.stops, *progress.notes),
            progress.output,
            tuple(progress.left_out),
        )

    def _take(self, progress: _Progress, reply: _Reply) -> None:
        """Read the frames of a run, which the student's process wrote. Whatever does not parse is dropped."""
        first = not progress.outcomes
        if first:
            progress.output = printable(reply.output.decode(errors="replace"))
        for kind, payload in _frames(reply.frames):
            if len(payload) > _SHORT:
                progress.parts += _parts(payload, _values_start(payload) if kind == b"R" else 0)
                if progress.parts > _MAX_PARTS:
                    return
            if kind == b"R":
                (index,) = _LENGTH.unpack_from(payload)
                outcome = self._parse(payload[_LENGTH.size :])
                if outcome is not None and index < len(self.calls) and index not in progress.outcomes:
                    progress.outcomes[index] = progress.quotable.vet(outcome, len(self.calls[index].args))
            elif kind == b"N" and first:
                progress.notes += [progress.quotable.vet_note(note) for note in parse_note(payload)]

    def _parse(self, payload: bytes) -> Outcome | None:
        parse = next((cached for size, cached in self._caches if len(payload) <= size), _parse_timeless)
        return _parse_outcome(payload, parse) or _parse_outcome(payload, _parse_timeless)

    def _account_for_end(self, progress: _Progress, reply: _Reply, wanted: list[int]) -> None:
        """Give the calls that a run did not answer the status that follows from how it ended."""
        open_calls = [index for index in wanted if index not in progress.outcomes]
        if reply.end in ("finished", "total"):
            rest = Outcome("unanswered") if reply.end == "finished" else Outcome("not made", text="total")
            progress.outcomes.update(dict.fromkeys(open_calls, rest))
            return
        status = _STOPPED.get(reply.end, "died")
        if reply.call not in wanted:
            never_made = Outcome("not made", text="loading") if status == "time" else Outcome(status)
            progress.outcomes.update(dict.fromkeys(open_calls, never_made))
            return
        stopped = self.calls[reply.call]
        progress.stopped.add(stopped.function)
        of_group = [index for index in open_calls if self.calls[index].group == stopped.group]
        for index in of_group:
            progress.outcomes[index] = Outcome("not made", text="group")
        if of_group:
            progress.outcomes[of_group[0]] = Outcome(status)

    def _ask(self, wanted: list[int], seconds: float, source: bytes) -> _Reply:
        """One round trip to a warden: a new one where the last cannot serve again."""
        self.renew()
        if self._cancelled:  # before there was a process to end
            raise SandboxError(say("sandbox.ended"))
        self._reusable = False  # until the reply is complete: an interrupt would leave a part in the pipe
        groups = [self._groups[index] for index in wanted]
        job = {"wanted": wanted, "groups": groups, "seconds": seconds, "source": len(source)}
        self._send(dumps(job), source)
        deadline = time.monotonic() + self.limits.wall_seconds + _GRACE_SECONDS
        head = self._receive(deadline)
        frames, output = head["frames"], head["output"]
        if frames + output > self.limits.answers + 2**20:
            raise SandboxError(say("sandbox.message_too_large"))
        about = head["end"], head["call"], head["statement"], head["own"]
        reply = _Reply(*about, self._read(frames, deadline), self._read(output, deadline))
        self._reusable = self._serves_many
        return reply

    def _start(self) -> None:
        launched, self._launched = self._launched, None
        try:
            self._process = launched or launch.start(self.isolation, self.limits)
            places = bubblewrap.places(self.isolation, self.limits.modules)
            asked = [call.to_data() for call in self.calls]
            self._send(dumps({"limits": asdict(self.limits), "calls": asked, "places": places}))
            ready = self._receive(time.monotonic() + _START_SECONDS)
            if ready["missing"]:  # a submission that uses it must not pay for that
                raise SandboxError(say("sandbox.module_missing", names=joined(ready["missing"])))
        except (SandboxError, OSError, ValuesError) as error:
            complaint = self._complaint()
            self.close()
            raise SandboxError(say("sandbox.not_started", error=complaint or error)) from error
        except BaseException:
            self.close()
            raise
        self._serves_many = bool(ready["reusable"])
        self._reusable = True

    def _complaint(self) -> str:
        """The last line that the process which did not start wrote to stderr."""
        process = self._process
        if process is None or process.stderr is None:
            return ""
        launch.kill(process)
        lines = process.stderr.read(4096).decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _send(self, message: bytes, more: bytes = b"") -> None:
        assert self._process is not None and self._process.stdin is not None
        view = memoryview(_LENGTH.pack(len(message)) + message + more)
        while view:
            view = view[os.write(self._process.stdin.fileno(), view) :]

    def _receive(self, deadline: float) -> dict[str, Any]:
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if length > 2**16:
            raise SandboxError(say("sandbox.message_too_large"))
        reply = loads(self._read(length, deadline))
        if not isinstance(reply, dict):
            raise SandboxError(say("sandbox.message_senseless"))
        return reply

    def _read(self, length: int, deadline: float) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        source = self._process.stdout.fileno()
        poll = select.poll()  # unlike select, takes any number of open files
        poll.register(source, select.POLLIN)
        data = bytearray()
        while len(data) < length:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise SandboxError(say("sandbox.no_answer"))
            part = os.read(source, min(length - len(data), 1 << 20))
            if not part:
                raise SandboxError(say("sandbox.ended"))
            data += part
        return bytes(data)


def _frames(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of the frames of a run; the warden has checked their lengths."""
    offset = 0
    while offset < len(data):
        kind, length = _FRAME.unpack_from(data, offset)
        offset += _FRAME.size + length
        yield kind, data[offset - length : offset]


def _parts(payload: bytes, start: int) -> int:
    """About how many parts the skeleton of the message at `start` has, without the bytes of its arrays."""
    length = start + len(MAGIC)
    skeleton = length + _LENGTH.size
    return payload.count(b",", skeleton, skeleton + int.from_bytes(payload[length:skeleton], "little"))


def _values_start(payload: bytes) -> int:
    """Where the values message begins in an outcome with its index."""
    kind = _LENGTH.size + _SECONDS.size
    is_answer = payload[kind : kind + 1] == b"A"
    return kind + 3 + payload[kind + 2] if is_answer else kind + 1


def outcome_of(payload: bytes) -> Outcome:
    """The outcome that `runner.message` wrote; "unanswered" where it is malformed."""
    return _parse_outcome(payload, _parse_timeless) or Outcome("unanswered")


def _parse_outcome(payload: bytes, parse: Callable[[bytes], Outcome | None]) -> Outcome | None:
    """`parse` reads what follows the seconds."""
    if len(payload) < _SECONDS.size or (outcome := parse(payload[_SECONDS.size :])) is None:
        return None
    # As `replace` does, which takes a tenth of the grader's time for a right submission.
    timed = object.__new__(Outcome)
    vars(timed).update(vars(outcome), seconds=_seconds(_SECONDS.unpack_from(payload)[0]))
    return timed


def _parse_constant(data: bytes) -> Outcome | None:
    """`_parse_timeless` of what students may share; None where a list or a dict could be changed."""
    outcome = _parse_timeless(data)
    return outcome if outcome is not None and is_constant(outcome.value) else None


def _parse_timeless(data: bytes) -> Outcome | None:
    """The outcome of a call without its seconds; None where it is malformed. See `runner.message`."""
    try:
        if data[:1] == b"M":
            return _failure(loads(memoryview(data)[1:]))
        if data[:1] != b"A" or len(data) < 3:
            return None
        shares, changed = data[1], tuple(data[3 : 3 + data[2]])
        value = loads(memoryview(data)[3 + len(changed) :], writable=False)
        return Outcome("returned", value, changed=changed, shares=bool(shares))
    except ValuesError:
        return None


def _failure(data: Any) -> Outcome | None:
    told = data.get("status") if isinstance(data, dict) else None
    status = next((known for known in _FAILURES if type(told) is str and known == told), None)
    if status is None:
        return None
    return Outcome(
        status,
        exception=_text(data, "exception"),
        text=_text(data, "text"),
        where=_text(data, "where"),
        line=_line(data.get("line")),
        step=_line(data.get("step")),
    )


def parse_note(payload: bytes) -> list[LoadNote]:
    """A list of the one note, empty where it is malformed."""
    try:
        failure = _failure(loads(payload))
    except ValuesError:
        return []
    return [LoadNote(f.where, f.line, f.exception or "Exception", f.text) for f in (failure,) if f]


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return printable(value[:500]) if isinstance(value, str) else ""


def _seconds(value: Any) -> float:
    return value if type(value) is float and 0 <= value < 1e6 else 0.0


def _line(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 10**7 else 0


def _source_message(statements: Sequence[tuple[str, str, int]]) -> bytes:
    """The submission for the runner; see `warden.py`. A label, which may be long, is sent once."""
    labels = list(dict.fromkeys(where for _, where, _ in statements))
    numbers = {label: number for number, label in enumerate(labels)}
    parts = [(_valid(text), numbers[where], line) for text, where, line in statements]
    return dumps({"labels": [_valid(label) for label in labels], "statements": parts})


def _valid(text: str) -> str:
    """`text` with halves of surrogate pairs replaced, which cannot be sent."""
    return text.encode("utf-8", "replace").decode()
