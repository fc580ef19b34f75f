"""The warm parent inside the sandbox: forks a fresh process for each run and enforces the limits.

Started by `client.py`, spoken to through stdin and stdout. It decodes the inputs of an answer key
once; every run is a fork of it. It executes no student code and decodes nothing that a student's
process wrote: answers pass through as bytes, and only as long as they follow the order in which an
honest runner writes them. What belongs to one submission (its source, its answers, its output) lies in
`_Buffer`s alone, which the next fork does not inherit: freed memory could be read by it.

Messages (uint32 length · values message · bytes)::

    grader → warden   {"calls", "limits", "places"}                          once, first
    warden → grader   {"reusable", "numpy"}                                  ready
    grader → warden   {"wanted", "seconds", "source"} · source               a run, how long it may take
    warden → grader   {"end", "call", "frames", "output"} · frames · output  what came of it

"source", "frames" and "output" say how many bytes follow; the source is itself a values message, which
only the runner reads: {"labels", "statements"}, each statement [text, number of its label, line].
`places` is {"readable", "devices", "scratch", "inside"}: what a runner may read, and where it may write;
`inside` tells whether all of this is inside bubblewrap; `user`, where there is one, whose process a run is.
`end` is "finished", or why the run was stopped: "time" (this call), "wall" (the submission), "output",
"answers" (too much printed, returned), "died" (or wrote nonsense), or "not started" (our fault).
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

from autograder.sandbox import confinement, runner
from autograder.sandbox.limits import Limits
from autograder.sandbox.values import dumps, loads

LENGTH = struct.Struct("<I")
CHUNK = 64 * 1024
BREATH = 0.002
"""Seconds between two looks at what a run has written: waking up for every call would cost more."""
KEPT_OUTPUT = 64 * 1024
MAX_SOURCE = 17 * 2**20
LOADING = -1
MAX_NOTE = 8 * 1024
ANSWERS = 3
"""The file descriptor of the answers' pipe in the runner; the warden's own channel has it in the warden."""

LINUX = sys.platform == "linux"


def main(engine: str) -> None:
    """Serve until stdin closes. `engine` is the path entry that students must not import from."""
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
    os.environ.clear()
    os.environ["TMPDIR"] = setup["places"]["scratch"]
    world = _World(setup)
    compile(ast.parse("0"), "", "exec")  # the parser sets itself up when it is first used
    gc.collect()
    gc.freeze()
    _write(channel_out, {"reusable": world.reusable, "numpy": np.__version__})
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
    """The streams that a submission finds; each run has its own files behind the numbers 1 and 2."""
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
    """Memory for what belongs to one submission. It is read and written in place, never copied.

    Parameters
    ----------
    inherited : bool
        Whether a fork has it. One that no fork has is kept from them by the kernel; the other must be
        cleared behind the fork that it was meant for.
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
        """Append what one system call gives, at most `most` bytes; their number, 0 at the end."""
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
        """Give the memory back; it is all zeros when it is used again."""
        self.used = 0
        if LINUX:
            self.memory.madvise(mmap.MADV_DONTNEED)


class _World:
    """What all runs share: the inputs, the limits, and what this machine offers to confine a run."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.calls: list[dict[str, Any]] = setup["calls"]
        self.limits = Limits(**setup["limits"])
        self.places: dict[str, Any] = setup["places"]
        self.user: int | None = self.places.get("user")
        # A user namespace would know no other user.
        self.nested = LINUX and self.user is None and confinement.namespaces_work(self.limits, self.scratch)
        self.own = -1
        if self.nested:
            confinement.enter_namespaces()
            self.own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.size = os.open("/proc/self/statm", os.O_RDONLY) if LINUX else -1
        # Where nothing counts them, there are none: a bomb of threads takes away other sandboxes' processes.
        threads = LINUX and confinement.threads_are_limited(self.user)
        self.filter = confinement.system_call_filter(threads=threads) if LINUX else None
        if self.nested:
            confinement.hide_processes()
        if LINUX:
            confinement.be_private()
        self.inbox = _Buffer(MAX_SOURCE, inherited=True)
        self.frames = _Buffer(self.limits.answers + CHUNK, inherited=False)
        self.output = _Buffer(KEPT_OUTPUT + CHUNK, inherited=False)

    @property
    def scratch(self) -> str:
        return str(self.places["scratch"])

    @property
    def reusable(self) -> bool:
        """Can a run neither see the warden nor leave anything behind?"""
        return self.nested and self.filter is not None

    @property
    def disk(self) -> int:
        """Bytes that a file may have: none where nothing would bound how many files there are."""
        return self.limits.disk if self.nested else 0

    def address_space(self) -> int:
        """Bytes of address space that this process takes, or a generous guess where Linux cannot be asked."""
        if self.size < 0:
            return 2**30
        return int(os.pread(self.size, 64, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def fork(self) -> int:
        """Start a run's process; 0 in it."""
        if self.nested:
            confinement.new_process_namespace(self.own)
        return os.fork()


class _Run:
    """One fork: starts it, watches its clock and its pipes, ends it."""

    def __init__(self, world: _World, job: dict[str, Any]) -> None:
        self.limits = world.limits
        self.frames, self.output = world.frames, world.output
        self.seen = 0
        """How far `frames` has been parsed."""
        self.expected = _order(job["wanted"])
        """The frames that are still to come."""
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
                runner.run(_statements(world.inbox), world.calls, job["wanted"], ANSWERS)
            finally:
                os._exit(0)
        world.inbox.clear()
        os.close(answers_in)
        os.close(printed_in)
        self.watched = [self.answers, self.printer]
        self.started = time.monotonic()
        self.last_moment = self.started + min(job["seconds"], self.limits.wall_seconds)
        self._begin(LOADING)

    def result(self) -> dict[str, Any]:
        """What came of it. Nothing of the run goes on afterwards."""
        end = self._watch()
        os.kill(self.runner, signal.SIGKILL)  # process 1 of its namespace: all that it started goes with it
        self._drain_output()
        self.frames.used = self.seen  # what follows did not make sense
        return {
            "end": end if self.confined else "not started",
            "call": self.call,
            "frames": self.frames.used,
            "output": self.output.used,
        }

    def end(self) -> None:
        """Forget it, and wait for the runner's last moments; the grader need not."""
        self.frames.clear()
        self.output.clear()
        for pipe in (self.answers, self.printer):
            os.close(pipe)
        os.waitpid(self.runner, 0)

    def _watch(self) -> str:
        """Read until the run ends; the word for how it ended."""
        while True:
            over = self._time_over()
            if over:
                return over
            ready, _, _ = select.select(self.watched, [], [], self._patience())
            if self.answers in ready:
                if self.frames.read(self.answers, CHUNK) == 0:
                    return "died"
                end = self._parse()
                if end:
                    return end
                if self.frames.used > self.limits.answers:
                    return "answers"
                time.sleep(BREATH)
            if self.printer in ready and not self._read_output():
                return "output"

    def _parse(self) -> str:
        """Follow the frames as they come: "finished" behind the last, "died" at the first odd one."""
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
        """Type, length and call of the next frame, or None where they have not come yet."""
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
        """Would an honest runner write this frame now?"""
        if kind == b"N":
            loading = self.confined and self.call == LOADING
            return loading and self.notes < runner.MAX_NOTES and length <= MAX_NOTE
        exact = {b"S": 0, b"B": LENGTH.size, b"E": 0}.get(kind, length)
        return (kind, index) == self.expected[-1] and length == exact

    def _begin(self, call: int) -> None:
        self.call = call
        self.call_cpu = self._cpu()
        self.call_started = time.monotonic()

    def _cpu(self) -> float:
        """Processor seconds of the runner: Linux's clock of another process, by its id."""
        try:
            return time.clock_gettime((~self.runner << 3) | 2)
        except OSError:
            return 0.0

    def _time_over(self) -> str:
        now = time.monotonic()
        if now > self.last_moment:
            return "wall"
        if now - self.call_started > self.limits.call_wall_seconds:
            return "time"
        return "time" if self._cpu() - self.call_cpu > self.limits.cpu_seconds else ""

    def _patience(self) -> float:
        left = self.limits.cpu_seconds - (self._cpu() - self.call_cpu)
        return min(max(left, 0.005), 0.25)

    def _read_output(self) -> bool:
        """Take what was printed, and keep its beginning; False when it is too much."""
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
    """Type and call of the frames of a run, notes left out; the last one comes first."""
    frames = [(b"S", LOADING)]
    for index in wanted:
        frames += [(b"B", index), (b"R", index)]
    return [*frames, (b"E", LOADING)][::-1]


def _statements(source: _Buffer) -> list[runner.Statement]:
    """The submission, for the runner that executes it."""
    message = loads(source.content())
    return [(text, message["labels"][label], line) for text, label, line in message["statements"]]


def _confine(world: _World, warden: int, answers: int, printed: int) -> None:
    """The runner's trusted steps: pipes in place, everything else closed, rights given up."""
    if LINUX:
        confinement.die_with_parent(0 if world.nested else warden)
    if world.nested:
        confinement.unshare_mounts()
        if not world.places["inside"]:
            confinement.read_only()
        confinement.fresh_scratch(world.limits, world.scratch)
    address_space = world.address_space()
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
