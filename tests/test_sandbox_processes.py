"""The sandbox's own processes and files: none is left, and one that dies is replaced or told of."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.sandbox import bubblewrap, client, confinement, launch
from autograder.sandbox.client import Cancelled, Sandbox, SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call
from tests.sandboxes import CALLS, HONEST_G, LIMITS, eventually, linux_only, run, runs, settled, tree

RUNAWAYS = [
    "import threading\ndef f(x):\n    threading.Thread(target=lambda: list(iter(int, 1))).start()\n",
    "def f(x):\n    while True: pass\n",
    "import os\ndef f(x):\n    os._exit(0)\n",
    "import os\ndef f(x):\n    os.close(3)\n    while True: pass\n",
    "import ctypes\ndef f(x):\n    while True: ctypes.CDLL(None).syscall(56, 0x11, 0, 0, 0, 0)\n",
]


@linux_only
@pytest.mark.parametrize("source", RUNAWAYS)
def test_nothing_runs_on_after_a_run(sandbox, source):
    run(sandbox, "")
    warden = sandbox._process
    idle = settled(warden.pid)
    run(sandbox, source)
    assert sandbox._process is warden
    assert settled(warden.pid) == idle


@linux_only
def test_nothing_runs_on_after_close(isolation):
    before = set(tree(os.getpid()))
    sandbox = Sandbox(CALLS, LIMITS, isolation)
    run(sandbox, "")
    inside = set(tree(os.getpid())) - before
    assert inside
    sandbox.close()
    sandbox.close()
    assert eventually(lambda: not any(map(runs, inside)))
    assert run(sandbox, "").outcomes[2].value == 5.0  # a closed one starts again
    sandbox.close()


@linux_only
def test_nothing_runs_on_after_the_grader_is_killed(isolation):
    program = f"""
import time
from autograder.sandbox.client import *
from autograder.sandbox.limits import Limits
sandbox = Sandbox([Call("f", (1,), "g")], Limits(cpu_seconds=100), {isolation!r})
sandbox.renew()
print("ready", flush=True)
sandbox.run([("def f(x):\\n    while True: pass", "a", 1)])
"""
    grader = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert grader.stdout is not None
    assert grader.stdout.readline() == b"ready\n"
    time.sleep(0.2)
    inside = set(tree(grader.pid))
    assert len(inside) >= 2
    grader.kill()
    grader.wait()
    grader.stdout.close()
    assert eventually(lambda: not any(map(runs, inside)))


@linux_only
def test_many_runs_leak_neither_files_nor_processes(sandbox):
    run(sandbox, "")
    files, processes = len(os.listdir("/proc/self/fd")), settled(os.getpid())
    for source in [HONEST_G, "import os\nos._exit(0)", "import os\nos.close(3)"] * 5:
        run(sandbox, source)
    assert len(os.listdir("/proc/self/fd")) == files
    assert settled(os.getpid()) == processes
    assert "Z" not in processes.values()


@linux_only
@pytest.mark.parametrize("what", ["outermost", "innermost"])
def test_a_killed_warden_is_replaced(isolation, what):
    with Sandbox([Call("f", (1,), "g")], Limits(), isolation) as sandbox:
        sandbox.renew()
        assert sandbox._process is not None
        first = sandbox._process.pid
        warden = max(tree(first), default=first) if what == "innermost" else first
        killer = threading.Timer(0.2, os.kill, (warden, signal.SIGKILL))
        killer.start()
        result = run(sandbox, "import time\ndef f(x):\n    time.sleep(0.5)\n    return x")
        assert result.outcomes[0].value == 1
        assert sandbox._process.pid != first


@linux_only
def test_a_warden_killed_twice_is_the_sandboxs_failure(isolation, monkeypatch):
    with Sandbox([Call("f", (1,), "g")], Limits(), isolation) as sandbox:
        ask = Sandbox._ask

        def ask_and_kill(self, *job):
            self._process or self._start()
            threading.Timer(0.1, self._process.kill).start()
            return ask(self, *job)

        monkeypatch.setattr(Sandbox, "_ask", ask_and_kill)
        with pytest.raises(SandboxError):
            run(sandbox, "import time\ndef f(x):\n    time.sleep(0.5)")


def test_an_interrupted_run_does_not_answer_for_the_next(monkeypatch):
    with Sandbox(CALLS, LIMITS, "process") as sandbox:

        def interrupted(self, seconds):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Sandbox, "_receive", interrupted)
            with pytest.raises(KeyboardInterrupt):
                run(sandbox, "def f(x):\n    return 1.0\n")
        assert run(sandbox, "def f(x):\n    return 2.0\n").outcomes[0].value == 2.0


@pytest.mark.parametrize("moment", ["before", "before the start", "after the start", "starting"])
def test_a_run_is_cancelled_at_any_time(isolation, monkeypatch, moment):
    endless = "def f(x):\n    while True: pass\n"
    with Sandbox(CALLS, replace(LIMITS, cpu_seconds=100, submission_seconds=100), isolation) as sandbox:
        start, send = launch.start, Sandbox._send

        def starting(*args):
            if moment == "before the start":
                sandbox.cancel()
            warden = start(*args)
            if moment == "after the start":
                sandbox.cancel()
            return warden

        def sending(self, message, more=b""):
            if moment == "starting":
                sandbox.cancel()
            send(self, message, more)

        with monkeypatch.context() as patched:
            patched.setattr(launch, "start", starting)
            patched.setattr(Sandbox, "_send", sending)
            if moment == "before":
                sandbox.cancel()
            with pytest.raises(Cancelled):
                run(sandbox, endless)
        assert run(sandbox, "def f(x):\n    return 2.0\n").outcomes[0].value == 2.0


def test_a_sandbox_that_cannot_start_says_so(isolation, monkeypatch):
    monkeypatch.setattr(bubblewrap, "interpreter", lambda: "/nowhere/python3")
    with pytest.raises(SandboxError, match=r"does not start.*nowhere"):
        Sandbox(CALLS, LIMITS, isolation).renew()


def test_missing_bubblewrap_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(bubblewrap.BubblewrapMissing, match="apt-get install bubblewrap"):
        Sandbox(CALLS, LIMITS, "bubblewrap").renew()


# ---- The filter and ordinary users -------------------------------------------------------------------------

HEADERS = {
    0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    1: Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("column", HEADERS)
def test_system_call_numbers_are_those_of_the_kernels_headers(column):
    if not HEADERS[column].exists():
        pytest.skip("the kernel's headers are not installed")
    known = {"newfstatat": 79} if column else {}  # fstatat there
    for line in HEADERS[column].read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[1].startswith("__NR") and words[2].isdigit():
            known.setdefault(words[1].removeprefix("__NR3264_").removeprefix("__NR_"), int(words[2]))
    ours = confinement.allowed_calls(column) | {"clone3": confinement._CLONE3}
    ours |= {name: entry[column] for name, entry in confinement._ALLOWED_VALUES.items()}
    assert {name: known.get(name) for name in ours} == ours


def _ordinary_python() -> str | None:
    """A Python with NumPy that every user of this machine can start."""
    for python in (os.environ.get("AUTOGRADER_TEST_PYTHON"), shutil.which("python3", path="/usr/bin")):
        if python and os.geteuid() == 0:
            trial = subprocess.run(
                [python, "-c", "import numpy"], user=65534, group=65534, cwd="/", capture_output=True
            )
            if trial.returncode == 0:
                return python
    return None


@linux_only
@pytest.mark.skipif(
    not _ordinary_python(), reason="needs root, and a Python with NumPy that everybody can read"
)
def test_an_ordinary_user_can_grade(isolation, tmp_path):
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from autograder.sandbox.client import *
from autograder.sandbox.limits import Limits
with Sandbox([Call("f", (1,), "g")], Limits(), {isolation!r}) as sandbox:
    print(sandbox.run([("def f(x):\\n    return x + 1", "a", 1)]).outcomes[0].value)
"""
    os.chmod(tmp_path, 0o755)
    for folder in tmp_path.parents[:2]:
        os.chmod(folder, 0o755)
    shutil.copytree(Path(client.__file__).parent.parent, tmp_path / "autograder")
    command = [_ordinary_python(), "-c", program]
    done = subprocess.run(command, user=65534, group=65534, cwd="/", capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_a_forked_grader_has_a_sandbox_of_its_own(sandbox):
    run(sandbox, "")
    warden = sandbox._process
    child = os.fork()
    if child == 0:
        value = run(sandbox, "def f(x): return 1.0").outcomes[0].value
        other = sandbox._process is not warden
        sandbox.close()
        os._exit(0 if value == 1.0 and other else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert run(sandbox, "def f(x): return 2.0").outcomes[0].value == 2.0
    assert sandbox._process is warden
