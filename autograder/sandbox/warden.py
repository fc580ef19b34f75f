"""The warm parent inside the sandbox: forks a fresh process for each run and enforces the limits.

Started by `client.py`, spoken to through stdin and stdout. It decodes the inputs of an answer key
once; every run is a fork of it, so no run sees what another left behind. It executes no student code
and decodes nothing that a student's process wrote: answers pass through as bytes, and only as long as
they follow the order in which an honest runner writes them.

Messages (uint32 length · values message)::

    grader → warden   {"calls", "limits", "places"}          once, first
    warden → grader   {"reusable", "numpy"}                  ready
    grader → warden   {"statements", "wanted", "seconds"}    a run, and how long it may take
    warden → grader   {"frames", "end", "call", "output"}    what came of it

`places` is {"readable", "devices", "scratch", "inside"}: what a runner may read, and where it may write;
`inside` tells whether all of this is inside bubblewrap. `end` is "finished", or why the run was
stopped: "time" (this call), "wall" (the submission), "output", "answers" (too much printed,
returned), "died" (or wrote nonsense), or "not started" (our fault).
"""

import ast
import gc
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
from autograder.values import dumps, loads

LENGTH = struct.Struct("<I")
KEPT_OUTPUT = 64 * 1024
LOADING = -1
MAX_NOTE = 8 * 1024
ANSWERS = 3
"""The file descriptor of the answers' pipe in the runner; the warden's own channel has it in the warden."""

LINUX = sys.platform == "linux"


def main(engine: str) -> None:
    """Serve until stdin closes. `engine` is the path entry that students must not import from."""
    sys.path.remove(engine)
    channel_in, channel_out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    if LINUX:
        confinement.die_with_parent(os.getppid())
    setup = _read(channel_in)
    if setup is None:
        return
    world = _World(setup)
    compile(ast.parse("0"), "", "exec")  # the parser sets itself up when it is first used
    gc.collect()
    gc.freeze()
    _write(channel_out, {"reusable": world.reusable, "numpy": np.__version__})
    while (job := _read(channel_in)) is not None:
        run = _Run(world, job)
        _write(channel_out, run.result())
        run.end()


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


def _write(channel: int, value: Any) -> None:
    message = dumps(value)
    view = memoryview(LENGTH.pack(len(message)) + message)
    while view:
        view = view[os.write(channel, view) :]


class _World:
    """What all runs share: the inputs, the limits, and what this machine offers to confine a run."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.calls: list[dict[str, Any]] = setup["calls"]
        self.limits = Limits(**setup["limits"])
        self.places: dict[str, Any] = setup["places"]
        self.nested = LINUX and confinement.namespaces_work(self.limits, self.scratch)
        self.filter = confinement.system_call_filter() if LINUX else None
        self.own = -1
        if self.nested:
            confinement.enter_namespaces()
            self.own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.size = os.open("/proc/self/statm", os.O_RDONLY) if LINUX else -1
        if self.nested:
            confinement.hide_processes()
        if LINUX:
            confinement.be_private()

    @property
    def scratch(self) -> str:
        return str(self.places["scratch"])

    @property
    def reusable(self) -> bool:
        """Can a run neither see the warden nor leave anything behind?"""
        return self.nested and self.filter is not None

    @property
    def disk(self) -> int:
        """Bytes that a file may have: none where nothing bounds how many files there are."""
        return self.limits.disk if self.nested or self.places["inside"] else 0

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
        self.frames = bytearray()
        self.seen = 0
        """How far `frames` has been parsed."""
        self.expected = _order(job["wanted"])
        """The frames that are still to come."""
        self.notes = 0
        self.output = bytearray()
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
                runner.run(job["statements"], world.calls, job["wanted"], ANSWERS)
            finally:
                os._exit(0)
        os.close(answers_in)
        os.close(printed_in)
        self.started = time.monotonic()
        self.last_moment = self.started + min(job["seconds"], self.limits.wall_seconds)
        self._begin(LOADING)

    def result(self) -> dict[str, Any]:
        """What came of it. Nothing of the run goes on afterwards."""
        end = self._watch()
        os.kill(self.runner, signal.SIGKILL)  # process 1 of its namespace: all that it started goes with it
        self._drain_output()
        return {
            "frames": np.frombuffer(bytes(self.frames[: self.seen]), np.uint8),
            "end": end if self.confined else "not started",
            "call": self.call,
            "output": bytes(self.output).decode(errors="replace"),
        }

    def end(self) -> None:
        """Wait for the runner's last moments; the grader need not."""
        for pipe in (self.answers, self.printer):
            os.close(pipe)
        os.waitpid(self.runner, 0)

    def _watch(self) -> str:
        """Read until the run ends; the word for how it ended."""
        while True:
            over = self._time_over()
            if over:
                return over
            ready, _, _ = select.select([self.answers, self.printer], [], [], self._patience())
            if self.answers in ready:
                part = os.read(self.answers, 1 << 16)
                if not part:
                    return "died"
                self.frames += part
                end = self._parse()
                if end:
                    return end
                if len(self.frames) > self.limits.answers:
                    return "answers"
            if self.printer in ready and not self._read_output():
                return "output"

    def _parse(self) -> str:
        """Follow the frames as far as they have come; "finished" behind the last one, "died" where they make no sense."""
        size = runner.FRAME.size
        while len(self.frames) >= self.seen + size:
            kind, length = runner.FRAME.unpack_from(self.frames, self.seen)
            start = self.seen + size
            if kind == b"N" and self.confined and self.call == LOADING and self.notes < runner.MAX_NOTES:
                self.notes += 1
                if length > MAX_NOTE:
                    return "died"
                call = None
            elif not self.expected or kind != self.expected[-1][0]:
                return "died"
            else:
                call = self.expected[-1][1]
            if kind in (b"B", b"R"):
                if length < LENGTH.size or (kind == b"B" and length != LENGTH.size):
                    return "died"
            ...
        return ""
