"""The warm parent inside the sandbox: fork a fresh process for each run and enforce the limits.

Started by `launch`, controlled by `client` through stdin and stdout. It decodes the inputs of an answer key
once; every run is a fork of it. It must execute no student code and decode nothing that a student's process
wrote: answers are forwarded as bytes, and only while they follow the order in which an honest runner writes
them. The data of a submission (source, answers, output) are kept in `_Buffer`s only, which the next fork does
not inherit: it could read them in freed memory.

Messages (uint32 length · values message · bytes)::

    grader → warden   {"calls", "limits", "places"}                          once, first
    warden → grader   {"reusable", "numpy", "missing"}                       ready
    grader → warden   {"wanted", "groups", "seconds", "source"} · source     a run, how long it may take
    warden → grader   {"end", "call", "statement", "own", "frames", "output"} · frames · output    its outcome

"source", "frames" and "output" are the numbers of bytes that follow; the source is itself a values message,
which only the runner reads: {"labels", "statements"}, each statement [text, number of its label, line].
"groups" has the number of a group for each of the calls "wanted", "own" is the run's own time (`clock`).
`places` is {"readable", "modules", "devices", "scratch", "inside"}: what a runner may read and import, and
where it may write; `inside` tells whether all of this is inside bubblewrap; "user", if present, is the user
that a run becomes. "missing" are modules that the limits name and that cannot be imported.
`end` is "finished", or why the run was stopped: "time" (of this call or its group), "total" (the submission's
time), "wall" (the machine was too busy to say), "output", "answers" (too much printed, returned), "died" (or
wrote nonsense), or "not started" (our fault).
"""

import ast
import gc
import mmap
import os
import select
import signal
import struct
import sys
import time
from typing import Any

import numpy as np

from autograder.sandbox import confinement, modules, runner
from autograder.sandbox.clock import Clock
from autograder.sandbox.limits import Limits
from autograder.sandbox.values import dumps, loads

LENGTH = struct.Struct("<I")
CHUNK = 64 * 1024
POLL_SECONDS = 0.002
"""Pause between two reads of what a run has written: waking up for every call would cost more."""
KEPT_OUTPUT = 64 * 1024
MAX_SOURCE = 17 * 2**20
LOADING = -1
MAX_NOTE = 8 * 1024
ANSWERS = 3
"""The file descriptor of the answers' pipe in the runner."""

LINUX = sys.platform == "linux"


def main(engine: str) -> None:
    """Serve until stdin closes. `engine` is the entry of `sys.path` that students must not import from."""
    sys.path.remove(engine)
    sys.argv = [""]
    channel_in, channel_out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    _prepare_streams()
    if LINUX:
        confinement.die_with_parent(os.getppid())
    setup = _read(channel_in)
    if setup is None:
        return
    allowed = setup["limits"]["modules"]
    for name in [name for name in os.environ if not (allowed and name.endswith("_NUM_THREADS"))]:
        del os.environ[name]  # the others keep libraries from starting threads
    os.environ["TMPDIR"] = setup["places"]["scratch"]
    missing = modules.load(allowed, setup["places"]["modules"])
    world = _World(setup)
    compile(ast.parse("0"), "", "exec")  # the parser initialises itself on first use
    gc.collect()
    gc.freeze()
    _write(channel_out, {"reusable": world.reusable, "numpy": np.__version__, "missing": missing})
    warm = False
    while (job := _read(channel_in)) is not None:
        world.inbox.fill(channel_in, job["source"])
        run = _Run(world, job)
        result = run.result()
        _write(channel_out, result, world.frames.content(), world.output.content())
        run.end()
        if world.reusable and not warm:
            warm = True
            runner.warm_up(world.calls)
            gc.freeze()


def _prepare_streams() -> None:
    """Set up the streams that a submission sees; each run has its own files at the descriptors 1 and 2."""
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)  # noqa: SIM115


def _read(channel: int) -> Any:
    head = _read_exactly(channel, LENGTH.size)
    return None if head is None else loads(_read_exactly(channel, LENGTH.unpack(head)[0]) or b"")


def _read_exactly(channel: int, length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        part = os.read(channel, length - len(data))
        if not part:
            return None
        data += part
    return bytes(data)


def _write(channel: int, value: Any, *more: memoryview) -> None:
    message = dumps(value)
    for view in (memoryview(LENGTH.pack(len(message)) + message), *more):
        while view:
            view = view[os.write(channel, view) :]


class _Buffer:
    """Memory for the data of one submission, which is read and written in place, never copied.

    Parameters
    ----------
    inherited : bool
        Whether forks inherit it. If not, the kernel keeps it from them; if so, it must be cleared after the
        fork that it was meant for.
    """

    def __init__(self, size: int, *, inherited: bool) -> None:
        self.memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.view = memoryview(self.memory)
        self.used = 0
        if LINUX and not inherited:
            self.memory.madvise(mmap.MADV_DONTFORK)

    def content(self) -> memoryview:
        return self.view[: self.used]

    def read(self, source: int, most: int) -> int:
        """Append what one system call reads, `most` bytes at the most; return their number, 0 at the end."""
        count = os.readv(source, [self.view[self.used : self.used + most]])
        self.used += count
        return count

    def fill(self, source: int, size: int) -> None:
        """Append exactly `size` bytes."""
        while size > 0:
            count = self.read(source, size)
            if count == 0:
                raise EOFError
            size -= count

    def clear(self) -> None:
        """Give the memory back to the kernel, which hands out zeros when it is used again."""
        self.used = 0
        if LINUX:
            self.memory.madvise(mmap.MADV_DONTNEED)


class _World:
    """What all runs share: the inputs, the limits, and this machine's means to confine a run."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.calls: list[dict[str, Any]] = setup["calls"]
        self.limits = Limits(**setup["limits"])
        self.places: dict[str, Any] = setup["places"]
        self.user: int | None = self.places.get("user")
        # In a user namespace there is no other user to become.
        self.nested = LINUX and self.user is None and confinement.namespaces_work(self.limits, self.scratch)
        self.own = -1
        if self.nested:
            confinement.enter_namespaces()
            self.own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.size = os.open("/proc/self/statm", os.O_RDONLY) if LINUX else -1
        self.processes = os.open("/proc", os.O_RDONLY) if LINUX else -1
        # No threads where the kernel does not limit them: they would use up other sandboxes' processes.
        threads = LINUX and confinement.threads_are_limited(self.user)
        self.filter = confinement.system_call_filter(threads=threads) if LINUX else None
        if self.nested:
            confinement.hide_processes()
        if LINUX:
            confinement.be_private()
        self.inbox = _Buffer(MAX_SOURCE, inherited=True)
        self.frames = _Buffer(self.limits.answers + CHUNK, inherited=False)
        self.progress = mmap.mmap(-1, mmap.PAGESIZE)  # shared with a run, which writes to it
        self.output = _Buffer(KEPT_OUTPUT + CHUNK, inherited=False)

    @property
    def scratch(self) -> str:
        return str(self.places["scratch"])

    @property
    def reusable(self) -> bool:
        """Whether a run can neither see the warden nor leave anything behind."""
        return self.nested and self.filter is not None

    @property
    def disk(self) -> int:
        """The largest file in bytes; 0 where nothing would limit the number of files."""
        return self.limits.disk if self.nested else 0

    def address_space(self) -> int:
        """Bytes of address space that this process uses; a generous guess where there is no Linux to ask."""
        if self.size < 0:
            return 2**30
        return int(os.pread(self.size, 64, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def fork(self) -> int:
        """Fork a run's process; returns 0 in it."""
        if self.nested:
            confinement.new_process_namespace(self.own)
        return os.fork()


class _Run:
    """One run: start its process, watch its time and its pipes, end it."""

    def __init__(self, world: _World, job: dict[str, Any]) -> None:
        self.limits, self.progress = world.limits, world.progress
        self.progress[:] = bytes(len(self.progress))  # nothing passes from one submission to the next
        self.frames, self.output = world.frames, world.output
        self.seen = 0
        """How far `frames` has been parsed."""
        self.expected = _order(job["wanted"])
        """The frames that are still missing, the last one first."""
        self.groups: dict[int, int] = dict(zip(job["wanted"], job["groups"], strict=True))
        self.notes = 0
        self.printed = 0
        self.confined = False
        """Whether the runner has got as far as the student's code."""
        self.call = LOADING
        self.answers, answers_in = os.pipe()
        self.printer, printed_in = os.pipe()
        os.set_blocking(self.printer, False)
        warden = os.getpid()
        self.runner = world.fork()
        if self.runner == 0:
            try:
                _confine(world, warden, answers_in, printed_in)
                runner.run(_statements(world.inbox), world.calls, job["wanted"], ANSWERS, world.progress)
            finally:
                os._exit(0)
        world.inbox.clear()
        os.close(answers_in)
        os.close(printed_in)
        self.watched = [self.answers, self.printer]
        self.seconds: float = job["seconds"]
        self.clock = Clock(self.runner, world.processes)
        self.group_began = 0.0
        self._begin(LOADING)

    def result(self) -> dict[str, Any]:
        """The outcome. Nothing of the run is alive afterwards."""
        end = self._watch()
        statement = self._stopped_statement(end)
        os.kill(self.runner, signal.SIGKILL)  # process 1 of its namespace: ends all that it started
        self._drain_output()
        self.frames.used = self.seen  # the rest is malformed or incomplete
        return {
            "end": end if self.confined else "not started",
            "call": self.call,
            "statement": statement,
            "own": max(self.clock.own, self.clock.processor()),
            "frames": self.frames.used,
            "output": self.output.used,
        }

    def _stopped_statement(self, end: str) -> int:
        """The statement, from 0, to which loading owes its end; -1 for none. The run itself says so."""
        number, began, longest, most = runner.PROGRESS.unpack_from(self.progress)
        # What was printed is read later: the statement that printed it may be over.
        if (end == "output" or self._processor_left() < 0) and most > self.clock.processor() - began:
            number = longest
        return number - 1 if self.call == LOADING else -1

    def end(self) -> None:
        """Clear the run's data, and wait for its process to end; meanwhile the grader has the result."""
        self.frames.clear()
        self.output.clear()
        for pipe in (self.answers, self.printer):
            os.close(pipe)
        os.waitpid(self.runner, 0)

    def _watch(self) -> str:
        """Read until the run ends; returns how it ended."""
        while True:
            if over := self._time_over():
                return over
            ready, _, _ = select.select(self.watched, [], [], self._seconds_to_next_check())
            if self.printer in ready and not self._read_output():  # first: what came before the answers
                return "output"
            if self.answers in ready:
                if self.frames.read(self.answers, CHUNK) == 0:
                    return "died"
                if end := self._parse():
                    return end
                if self.frames.used > self.limits.answers:
                    return "answers"
                time.sleep(POLL_SECONDS)

    def _parse(self) -> str:
        """Check the frames read so far: "finished" after the last, "died" at the first unexpected one."""
        while (head := self._head()) is not None:
            kind, length, index = head
            if not self._is_next(kind, length, index):
                return "died"
            end = self.seen + runner.FRAME.size + length
            if self.frames.used < end:
                return ""
            self.seen = end
            if kind == b"N":
                self.notes += 1
                continue
            self.expected.pop()
            self.confined = True
            if kind == b"B":
                self._begin(index)
            if kind == b"E":
                return "finished"
        return ""

    def _head(self) -> tuple[bytes, int, int] | None:
        """Type, length and call of the next frame, or None where they have not arrived yet."""
        start = self.seen + runner.FRAME.size
        if self.frames.used < start:
            return None
        kind, length = runner.FRAME.unpack_from(self.frames.view, self.seen)
        if kind not in (b"B", b"R"):
            return kind, length, LOADING
        if length < LENGTH.size:
            return b"?", 0, LOADING
        if self.frames.used < start + LENGTH.size:
            return None
        return kind, length, LENGTH.unpack_from(self.frames.view, start)[0]

    def _is_next(self, kind: bytes, length: int, index: int) -> bool:
        """Whether an honest runner would write this frame now."""
        if kind == b"N":
            loading = self.confined and self.call == LOADING
            return loading and self.notes < runner.MAX_NOTES and length <= MAX_NOTE
        exact = {b"S": 0, b"B": LENGTH.size, b"E": 0}.get(kind, length)
        return (kind, index) == self.expected[-1] and length == exact

    def _begin(self, call: int) -> None:
        if self.groups.get(call) != self.groups.get(self.call):
            self.group_began = self.clock.own
        self.call = call
        self.call_cpu = self.clock.processor()
        self.call_began = self.clock.own

    def _time_over(self) -> str:
        wall, limits = self.clock.look(), self.limits
        own = self.clock.own
        if self._processor_left() < 0 or own - self.call_began > limits.own_seconds(self._processor_limit()):
            return "time"
        if self.call != LOADING and own - self.group_began > limits.group_seconds:
            return "time"
        if own > self.seconds:
            return "total"
        return "wall" if wall > limits.wall_seconds else ""

    def _processor_left(self) -> float:
        """Processor seconds that the present call, or loading, may still use."""
        return self._processor_limit() - (self.clock.processor() - self.call_cpu)

    def _processor_limit(self) -> float:
        return self.limits.loading_seconds if self.call == LOADING else self.limits.cpu_seconds

    def _seconds_to_next_check(self) -> float:
        return min(max(self._processor_left(), 0.005), 0.25)

    def _read_output(self) -> bool:
        """Read what was printed, and keep its beginning; False when it is too much."""
        try:
            count = self.output.read(self.printer, CHUNK)
        except BlockingIOError:
            return True
        if count == 0:
            self.watched = [self.answers]
        self.output.used = min(self.output.used, KEPT_OUTPUT)
        self.printed += count
        return self.printed <= self.limits.output

    def _drain_output(self) -> None:
        while select.select([self.printer], [], [], 0)[0]:
            before = self.printed
            if not self._read_output() or self.printed == before:
                return


def _order(wanted: list[int]) -> list[tuple[bytes, int]]:
    """Type and call of the frames of a run without notes, the last one first."""
    frames = [(b"S", LOADING)]
    for index in wanted:
        frames += [(b"B", index), (b"R", index)]
    return [*frames, (b"E", LOADING)][::-1]


def _statements(source: _Buffer) -> list[runner.Statement]:
    """The submission, for the runner that executes it."""
    message = loads(source.content())
    return [(text, message["labels"][label], line) for text, label, line in message["statements"]]


def _confine(world: _World, warden: int, answers: int, printed: int) -> None:
    """The runner's trusted steps: set up pipes, close everything else, give up rights."""
    if LINUX:
        confinement.die_with_parent(0 if world.nested else warden)
    if world.nested:
        confinement.unshare_mounts()
        if not world.places["inside"]:
            confinement.read_only()
        confinement.fresh_scratch(world.limits, world.scratch)
    address_space = world.address_space()
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)  # the warden's own has flags that the next run would see
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.dup2(answers, ANSWERS)
    os.closerange(ANSWERS + 1, 1024)
    os.chdir(world.scratch if world.nested else "/")
    if LINUX and not (world.nested and world.places["inside"]):
        writable = [world.scratch] if world.nested else []
        confinement.restrict_files(world.places["readable"], world.places["devices"], writable)
    if world.user is not None:
        confinement.become(world.user)
        confinement.die_with_parent(warden)  # becoming another user has cleared it
    if LINUX:
        confinement.drop_capabilities()
    confinement.set_limits(world.limits, address_space, world.disk)
    if world.filter is not None:
        confinement.filter_system_calls(world.filter)
    os.write(ANSWERS, runner.FRAME.pack(b"S", 0))
