"""Sandboxes for the tests: both isolations (bubblewrap is skipped where it may not work), small limits."""

import contextlib
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from autograder.base.messages import TextError
from autograder.sandbox import client
from autograder.sandbox.client import Sandbox, require
from autograder.sandbox.limits import Limits, MiB
from autograder.sandbox.records import Call, Outcome, Run

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux's mechanisms")

LIMITS = Limits(cpu_seconds=0.4, loading_seconds=0.4, submission_seconds=8.0, memory=256 * MiB)
CALLS = [Call("f", (3.0,), "first"), Call("f", (4.0,), "first"), Call("g", (5.0,), "second")]
HONEST_G = "def g(x):\n    return x\n"


@cache
def bubblewrap_trouble() -> str:
    """Why bubblewrap cannot be tested here; empty where it can."""
    try:
        require("bubblewrap", Limits())
    except TextError as error:
        return str(error)
    return ""


def failing_bubblewrap(folder: Path, works: int, turns: int = 1000) -> str:
    """A PATH with a bwrap that starts `works` times, each for `turns` messages, and whose real command fails
    then."""
    fake, through = folder / "bin" / "bwrap", folder / "through.py"
    fake.parent.mkdir()
    through.write_text(_THROUGH.format(bwrap=shutil.which("bwrap"), turns=turns))
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *" true") exit 0;; esac\necho >> {folder}/started\n'
        f'[ $(wc -l < {folder}/started) -le {works} ] && exec {sys.executable} {through} "$@"\n'
        'echo "no room" >&2\nexit 1\n'
    )
    fake.chmod(0o755)
    return f"{fake.parent}:{os.environ['PATH']}"


_THROUGH = """
import os, subprocess, sys, threading
inner = subprocess.Popen([{bwrap!r}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
turns, answered = 0, True
def back():
    global answered
    while data := os.read(inner.stdout.fileno(), 1 << 16):
        answered = True
        os.write(1, data)
    os._exit(1)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 1 << 16):
    turns, answered = turns + answered, False
    if turns > {turns}:
        break
    inner.stdin.write(data)
    inner.stdin.flush()
inner.kill()
os._exit(1)
"""


needs_bubblewrap = pytest.mark.skipif(bool(bubblewrap_trouble()), reason=bubblewrap_trouble())
BUBBLEWRAP = pytest.param("bubblewrap", marks=needs_bubblewrap)
ISOLATIONS = [BUBBLEWRAP, "process"]


@pytest.fixture(params=ISOLATIONS, scope="module")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """One sandbox for `CALLS`, shared by the tests: each proves that those before it left no trace."""
    with Sandbox(CALLS, LIMITS, request.param) as shared:
        yield shared


@pytest.fixture(params=ISOLATIONS)
def isolation(request: pytest.FixtureRequest) -> client.Isolation:
    return request.param


def run(sandbox: Sandbox, source: str) -> Run:
    """Run `source` as one statement, followed by a right `g` where it defines none."""
    statements = [(textwrap.dedent(source), "a.py", 1)]
    if "def g(" not in source:
        statements.append((HONEST_G, "a.py", 1000))
    return sandbox.run(statements)


def statuses(run: Run) -> list[str]:
    return [outcome.status for outcome in run.outcomes]


def one_call(
    isolation: client.Isolation, source: str, *args: object, limits: Limits = LIMITS, **more: object
) -> Outcome:
    """Call `f(*args)` of `source` in a sandbox of its own."""
    with Sandbox([Call("f", args, "only", **more)], limits, isolation) as sandbox:
        return run(sandbox, source).outcomes[0]


def tree(root: int) -> dict[int, str]:
    """The processes below `root`, with their state: "R", "S", "Z" …"""
    parents, states = {}, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
                states[int(entry)], parents[int(entry)] = fields[0], int(fields[1])
    below = {root}
    for _ in range(20):
        below |= {process for process, parent in parents.items() if parent in below}
    return {process: states[process] for process in sorted(below - {root}) if process in states}


def runs(process: int) -> bool:
    """Is it there, and more than a zombie that waits for the machine's own process 1?"""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def settled(root: int) -> dict[int, str]:
    """The tree below `root` when nothing has come or gone for a while; waiting counts as sleeping."""
    before, now = None, tree(root)
    while before is None or before.keys() != now.keys():
        time.sleep(0.1)
        before, now = now, tree(root)
    return {process: "Z" if state == "Z" else "S" for process, state in now.items()}


def eventually(condition: Callable[[], bool], seconds: float = 3.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()
