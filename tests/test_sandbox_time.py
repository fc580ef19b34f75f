"""Time limits: what a submission uses itself counts, never what the machine does meanwhile."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from autograder.base.messages import Text
from autograder.sandbox import clock
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call
from tests.sandboxes import LIMITS, linux_only, run, statuses, tree

BURN = """
import time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
"""


@contextlib.contextmanager
def busy_loops(number: int) -> Iterator[None]:
    """So many processes that do nothing but work, each in a session of its own, as other users' would be."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(number)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def calls(*names: str, groups: int = 1, cases: int = 1) -> list[Call]:
    return [
        Call(name, (case,), f"{name}/{group}")
        for name in names
        for group in range(groups)
        for case in range(cases)
    ]


def test_an_endless_function_costs_its_own_groups_alone():
    """Its groups would use up the time of the whole submission, were they run before the others."""
    limits = Limits(cpu_seconds=0.2, submission_seconds=1.3)
    source = "def f(i):\n    while True: pass\ndef g(i):\n    return i\nh = g"
    with Sandbox(calls("f", "g", "h", groups=6, cases=2), limits, "process") as sandbox:
        done = statuses(run(sandbox, source))
    assert done[12:] == ["returned"] * 24
    assert done[:2] == ["time", "not made"]
    assert set(done[:12]) == {"time", "not made"}


def test_a_call_that_was_never_made_is_never_too_slow():
    limits = Limits(cpu_seconds=0.2, submission_seconds=0.9)
    with Sandbox(calls("f", groups=12), limits, "process") as sandbox:
        outcomes = run(sandbox, "def f(i):\n    while True: pass").outcomes
    made = [outcome for outcome in outcomes if outcome.status == "time"]
    assert 3 <= len(made) <= 5
    assert {(o.status, o.text) for o in outcomes} == {("time", ""), ("not made", "total")}


def test_a_statement_that_never_ends_costs_itself_alone(isolation):
    with Sandbox(calls("f", "g"), LIMITS, isolation) as sandbox:
        done = run(sandbox, "while True: pass")
    assert statuses(done) == ["missing", "returned"]
    assert [(note.where, note.line, note.text) for note in done.notes] == [("a.py", 1, "time")]
    assert done.left_out == (("a.py", 1),)


def test_what_a_stopped_statement_left_half_made_is_discarded(isolation):
    fills = "def fill():\n    while True:\n        L.append(sum(range(99)))\nx = fill()"
    source = [("L = []", "a.py", 1), (fills.partition("\nx")[0], "a.py", 2), ("x = fill()", "a.py", 5)]
    with Sandbox(calls("f"), LIMITS, isolation) as sandbox:
        done = sandbox.run([*source, ("def f(i):\n    return len(L)", "a.py", 6)])
    assert (done.outcomes[0].value, done.left_out) == (0, (("a.py", 5),))


def test_of_statements_that_take_too_long_together_the_longest_is_left_out(isolation):
    burns = [(f"x{n} = burn({seconds})", "a.py", n) for n, seconds in enumerate((0.05, 0.25, 0.2), 9)]
    source = [(BURN.strip().partition("\n")[0], "a.py", 1), (BURN.partition("time\n")[2], "a.py", 2), *burns]
    with Sandbox(calls("f"), LIMITS, isolation) as sandbox, busy_loops(3):
        done = sandbox.run([*source, ("def f(i):\n    return i", "a.py", 20)])
    assert (done.outcomes[0].value, done.left_out) == (0, (("a.py", 10),))


@pytest.mark.parametrize("more", [1, 100, 60_000])
def test_the_statement_that_printed_is_left_out_though_it_is_over(isolation, more):
    prints = f"import os\nfor part in (64000,) * {LIMITS.output // 64000} + (64000 + {more},):\n"
    source = [("x = 1", "a.py", 1), (f"{prints}    os.write(1, bytes(part))", "a.py", 2)]
    source += [(f"def f(i):\n    return i + {n}", "a.py", n) for n in range(9, 5, -1)]
    with Sandbox(calls("f"), LIMITS, isolation) as sandbox:
        done = sandbox.run(source)
    assert (done.outcomes[0].value, done.left_out) == (6, (("a.py", 2),))


def test_loading_in_vain_takes_half_of_the_submissions_time_at_the_most():
    limits = replace(LIMITS, loading_seconds=0.2, submission_seconds=4.0)
    source = [("import time", "a.py", 1)] + [("time.sleep(60)", "a.py", line) for line in range(2, 40)]
    source.append(("def f(i):\n    return i", "a.py", 50))
    with Sandbox(calls("f"), limits, "process") as sandbox:
        done = sandbox.run(source)
    assert 1 <= len(done.left_out) <= 2 and done.outcomes[0].status == "not made"


def test_of_many_endless_experiments_the_functions_are_still_run(isolation):
    source = [("def burn():\n    while True: pass", "a.py", 1), ("K = 3", "a.py", 3)]
    source += [(f"x{n} = burn()", "a.py", n) for n in range(10, 30)]
    with Sandbox(calls("f"), LIMITS, isolation) as sandbox:
        done = sandbox.run([*source, ("def f(i):\n    return i + K", "a.py", 40)])
    assert (done.outcomes[0].value, len(done.left_out), len(done.notes)) == (3, 20, 20)


def test_a_file_that_ends_every_run_while_it_is_loaded_is_not_tried_for_ever(isolation):
    ends = "class end:\n    def __getattr__(self, name):\n        import os\n        os._exit(0)"
    source = [(f"@lambda kind: kind()\n{ends}", "a.py", 1)]
    source += [("x = end.now", "a.py", line) for line in range(6, 99)]
    with Sandbox(calls("f"), LIMITS, isolation) as sandbox:
        done = sandbox.run([*source, ("def f(i):\n    return i + x", "a.py", 99)])
    assert (statuses(done), len(done.notes)) == (["died"], 10)


@pytest.mark.parametrize(
    "sleep", ["time.sleep(1000)", "threading.Event().wait()", "os.read(os.pipe()[0], 1)"]
)
def test_a_call_that_waits_for_nothing_is_too_slow(isolation, sleep):
    source = f"import os, time, threading\ndef f(i):\n    {sleep}\ndef g(i):\n    return i"
    with Sandbox(calls("f", "g", cases=2), replace(LIMITS, cpu_seconds=0.1), isolation) as sandbox:
        assert statuses(run(sandbox, source)) == ["time", "not made", "returned", "returned"]


def test_short_sleeps_are_no_crime(isolation):
    with Sandbox(calls("f", groups=8), LIMITS, isolation) as sandbox:
        done = run(sandbox, "import time\ndef f(i):\n    time.sleep(0.1)\n    return i")
    assert statuses(done) == ["returned"] * 8


@linux_only
@pytest.mark.parametrize("threaded", [False, True])
def test_a_busy_machine_changes_no_verdict(isolation, threaded):
    """Each call gets so small a share of a processor that by the clock it would have taken far too long."""
    body = "    burn(0.06)\n"
    if threaded and os.geteuid() == 0:
        pytest.skip("root's runs start no threads")
    if threaded:
        body = "    t = threading.Thread(target=burn, args=(0.06,))\n    t.start()\n    t.join()\n"
    source = BURN + f"import threading\ndef f(i):\n{body}    return i\ndef g(i):\n    while True: pass"
    limits = replace(LIMITS, cpu_seconds=0.15, submission_seconds=3.0)
    with Sandbox(calls("f", "g", groups=2), limits, isolation) as sandbox, busy_loops(8):
        assert statuses(run(sandbox, source)) == ["returned"] * 2 + ["time"] * 2


@linux_only
def test_a_sleeper_is_stopped_on_a_busy_machine_too(isolation):
    source = "import time\ndef f(i):\n    time.sleep(1000)\ndef g(i):\n    return i"
    with Sandbox(calls("f", "g"), replace(LIMITS, cpu_seconds=0.1), isolation) as sandbox, busy_loops(8):
        assert statuses(run(sandbox, source)) == ["time", "returned"]


@linux_only
def test_a_pause_of_all_processes_changes_no_verdict(isolation):
    """As when a container is frozen, for longer than any limit."""
    source = BURN + "def f(i):\n    burn(0.1)\n    return i"
    limits = replace(LIMITS, cpu_seconds=0.2, submission_seconds=2.0)
    with Sandbox(calls("f", groups=6), limits, isolation) as sandbox:
        done = []
        running = threading.Thread(target=lambda: done.append(run(sandbox, source)))
        sandbox.renew()
        running.start()
        time.sleep(0.3)
        paused = tree(os.getpid())
        for process in paused:
            os.kill(process, signal.SIGSTOP)
        time.sleep(4.0)
        for process in paused:
            os.kill(process, signal.SIGCONT)
        running.join()
    assert statuses(done[0]) == ["returned"] * 6


@linux_only
def test_where_the_wall_clock_ends_first_nothing_is_said_about_the_submission():
    limits = replace(LIMITS, wall_seconds=0.5)
    with Sandbox(calls("f"), limits, "process") as sandbox, pytest.raises(SandboxError) as error:
        run(sandbox, "import time\ndef f(i):\n    time.sleep(1)")
    assert isinstance(error.value.text, Text) and "busy" in error.value.text.in_language("en")


CROWD = """
import threading, time
def crowd(i):
    until = time.monotonic() + 1
    def spin():
        while time.monotonic() < until: pass
    threads = []
    for _ in range(23):
        try:
            threads.append(threading.Thread(target=spin))
            threads[-1].start()
        except RuntimeError:
            threads.pop()
            break
    spin()
    for thread in threads:
        thread.join()
    return i
"""


@linux_only
def test_neighbours_with_many_threads_in_every_call_take_nothing_from_others(isolation):
    """Three of them at a time, so that a fair share a session (autogroup) is not what decides."""
    crowded, honest = calls("crowd", cases=4), calls("f", cases=3)
    limits = replace(LIMITS, cpu_seconds=1.0)
    ended = threading.Event()

    def crowd() -> None:
        with Sandbox(crowded, limits, isolation) as sandbox:
            while not ended.is_set():
                run(sandbox, CROWD)

    neighbours = [threading.Thread(target=crowd) for _ in range(3)]
    for neighbour in neighbours:
        neighbour.start()
    try:
        with Sandbox(honest, limits, isolation) as sandbox:
            source = BURN + "def f(i):\n    burn(0.3)\n    return i"
            assert statuses(run(sandbox, source)) == ["returned"] * 3
    finally:
        ended.set()
        for neighbour in neighbours:
            neighbour.join()


@pytest.mark.parametrize(
    ("looks", "own"),
    [
        ([(0.25, 0, 0)] * 40, 10.0),  # it sleeps
        ([(0.25, 0.25, 0)] * 40, 10.0),  # it works
        ([(0.25, 0.5, 0)] * 40, 20.0),  # two threads of it work
        ([(0.25, 0.05, 0.2)] * 40, 2.0),  # it mostly waits for a processor
        ([*[(0.25, 0, 0)] * 39, (0.25, 0.01, 9.99)], 0.01),  # and is told so when it gets one
        ([(0.25, 0, 0), (0.25, 0.01, 0.49)] * 20, 0.2),
        (
            [(0.25, 0, 0)] * 20 + [(0.25, 0.01, 0.1)] + [(0.25, 0, 0)] * 20,
            10.15,
        ),  # sleeps, and waits a little
        ([(5.0, 0, 0)] * 20, 10.0),  # the warden was paused as well: half a second counts
        ([(0.25, 0.01, 8.0)] * 20 + [(0.25, 0, 0)] * 40, 9.7),  # threads that wait together buy no long sleep
    ],
)
def test_what_is_waited_for_a_processor_is_not_a_runs_own(monkeypatch, looks, own):
    """Each look: seconds since the last one, processor seconds, seconds in the queue that became known."""
    now = used = queued = 0.0
    monkeypatch.setattr(clock.time, "monotonic", lambda: now)
    made = clock.Clock(1, -1)
    monkeypatch.setattr(made, "processor", lambda: used)
    monkeypatch.setattr(made, "_seconds_in_queue", lambda: queued)
    for passed, worked, waited in looks:
        now, used, queued = now + passed, used + worked, queued + waited
        made.look()
    assert made.own == pytest.approx(own)
