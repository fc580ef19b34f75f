"""The sandbox's mechanism: right values come back, and whatever a submission does is lost with its group.

The tests run under both isolations; those of bubblewrap are skipped where it may not work.
"""

import contextlib
import gc
import os
import platform
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import bubblewrap, client, confinement, launch, runner
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.limits import Limits, MiB
from autograder.sandbox.quotable import Quotable
from autograder.sandbox.records import Call, Outcome, Run
from autograder.sandbox.values import Formula, dumps

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux's mechanisms")

LIMITS = Limits(cpu_seconds=0.3, wall_seconds=8.0, memory=256 * MiB)
CALLS = [Call("f", (3.0,), "first"), Call("f", (4.0,), "first"), Call("g", (5.0,), "second")]
HONEST_G = "def g(x):\n    return x\n"


def bubblewrap_trouble() -> str:
    """Why bubblewrap cannot be tested here; empty where it can."""
    try:
        bubblewrap.require()
    except bubblewrap.BubblewrapMissing as error:
        return str(error)
    return ""


needs_bubblewrap = pytest.mark.skipif(bool(bubblewrap_trouble()), reason=bubblewrap_trouble())
ISOLATIONS = [pytest.param("bubblewrap", marks=needs_bubblewrap), "process"]


@pytest.fixture(params=ISOLATIONS, scope="module")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """One sandbox for `CALLS`, shared by the tests: each proves that those before it left no trace."""
    with Sandbox(CALLS, LIMITS, request.param) as one:
        yield one


@pytest.fixture(params=ISOLATIONS)
def isolation(request: pytest.FixtureRequest) -> client.Isolation:
    return request.param


def run(sandbox: Sandbox, source: str) -> Run:
    """Run `source` as one statement, and behind it a right `g` where it defines none."""
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


# ---- Honest submissions ------------------------------------------------------------------------------------

VALUES = [
    *(None, True, 3, -(2**70), 2.5, float("inf"), "残差", [1, [2.0]], (1, "a"), {"a": 1, 2: [None]}),
    *(np.arange(6.0).reshape(2, 3), np.zeros((0, 3)), np.array(2.0), np.array([True, False])),
    *(np.arange(4, dtype=np.int8), np.ones(3, np.float32), np.ones(2, complex)),
]


def test_values_come_back_as_they_went_in(isolation):
    with Sandbox([Call("f", (value,), "g") for value in VALUES], LIMITS, isolation) as sandbox:
        outcomes = run(sandbox, "def f(x):\n    return x").outcomes
    for value, outcome in zip(VALUES, outcomes, strict=True):
        assert outcome.status == "returned"
        assert type(outcome.value) is type(value)
        np.testing.assert_array_equal(np.asarray(outcome.value, object), np.asarray(value, object))


@pytest.mark.parametrize(
    "layout, expected",
    [
        ("C", (True, False, True)),
        ("fortran", (False, True, True)),
        ("strided", (False, False, True)),
        ("readonly", (True, False, False)),
    ],
)
def test_arrays_lie_in_memory_as_the_case_says(isolation, layout, expected):
    source = """
        def f(x):
            return x.flags.c_contiguous, x.flags.f_contiguous, x.flags.writeable, x
    """
    x = np.arange(12.0).reshape(3, 4)
    outcome = one_call(isolation, source, x, layout=layout)
    assert outcome.value[:3] == expected
    np.testing.assert_array_equal(outcome.value[3], x)


def test_a_changed_argument_and_shared_memory_are_told(isolation):
    x = np.ones((2, 2))
    assert one_call(isolation, "def f(x, y):\n    y += 1\n    return 0", x, x).changed == (1,)
    assert one_call(isolation, "def f(x):\n    x[0] += 1e-13\n    return 0", x).changed == ()
    for nested, code in (
        ([1, 2], "x[0] = np.array([1, 2])"),
        ([[1], [2]], "x[0] = 1"),
        ({"a": {"b": 1}}, "x['a'] = [1]"),
        ({"a": (1, 2)}, "x['a'] = [1, 2]"),
        ({"a": 1}, "del x['a']"),
    ):
        code = f"import numpy as np\ndef f(x):\n    {code}\n    return 0"
        assert one_call(isolation, code, nested).changed == (0,)
    assert one_call(isolation, "def f(x):\n    x[0] = 1.0\n    return 0", [1, "a"]).changed == ()
    assert one_call(isolation, "def f(x):\n    return x.T", x, fresh=True).shares
    assert not one_call(isolation, "def f(x):\n    return x.T.copy()", x, fresh=True).shares


def test_a_formula_is_an_argument_that_can_be_called(isolation):
    source = "def f(h, x):\n    return h(x), h(x + 1)"
    outcome = one_call(isolation, source, Formula("np.sum(x ** 2)"), np.array([3.0, 4.0]))
    assert outcome.value == (25.0, 41.0)


def test_a_statement_that_fails_costs_only_itself(sandbox):
    result = sandbox.run(
        [
            ("def f(x):\n    return 2 * x", "cell 1", 1),
            ("y = 1 / 0", "cell 2", 7),
            ("import torch", "cell 2", 8),
            ("z = torch.ones(3)", "cell 2", 9),
            ("def g(x):\n    return torch.relu(x)", "cell 3", 1),
        ]
    )
    assert [outcome.value for outcome in result.outcomes[:2]] == [6.0, 8.0]
    assert (result.outcomes[2].status, result.outcomes[2].text) == ("forbidden", "torch")
    assert [(note.where, note.line, note.exception) for note in result.notes] == [
        ("cell 2", 7, "ZeroDivisionError"),
        ("cell 2", 8, "ModuleNotFoundError"),
        ("cell 2", 9, "NameError"),
    ]


def test_an_exception_is_told_with_its_place(sandbox):
    result = run(sandbox, "def f(x):\n    if x > 3:\n        return [][1]\n    return undefined\n")
    first, second, third = result.outcomes
    assert (first.status, first.exception, first.where, first.line) == ("raised", "NameError", "a.py", 4)
    assert (second.exception, second.line, second.text) == ("IndexError", 3, "list index out of range")
    assert third.value == 5.0


def test_what_is_printed_is_captured(sandbox):
    source = "import sys\nprint('hé 残差')\nsys.stderr.write('warning\\n')\ndef f(x): print('f'); return x\n"
    result = run(sandbox, source)
    assert statuses(result) == ["returned"] * 3
    assert sorted(result.output.split()) == ["f", "f", "hé", "warning", "残差"]


def test_every_run_starts_from_the_same_state(sandbox):
    first = """
        import numpy as np, builtins, sys, json, os, random
        builtins.len = np.sum = json.dumps = None
        sys.modules["leftover"] = os.environ["LEFT"] = "x"
        np.random.seed(1)
        np.seterr(all="raise")
        open("left", "w").write("x")
        def f(x): return x
        def g(x): return np.random.random()
    """
    second = """
        import numpy as np, sys, os
        def f(x):
            return len([np.sum([1])]), "leftover" in sys.modules, os.listdir("."), os.environ.get("LEFT")
        def g(x): return np.random.random()
    """
    seeded = run(sandbox, first).outcomes[2].value
    result = run(sandbox, second)
    assert result.outcomes[0].value == (1, False, [], None)
    assert result.outcomes[2].value != seeded


def test_the_environment_tells_nothing(sandbox):
    source = "import os, sys\ndef f(x): return sorted(os.environ), sys.argv, os.getcwd()\n"
    names, argv, folder = run(sandbox, source).outcomes[0].value
    assert names == ["TMPDIR"]
    assert argv == [""]
    assert folder in ("/tmp", "/var/tmp")


def test_temporary_files_work(sandbox):
    source = """
        import tempfile
        def f(x):
            with tempfile.TemporaryFile() as file:
                file.write(b"abc")
                return file.tell()
    """
    assert run(sandbox, source).outcomes[0].value == 3


def test_threads_are_allowed_up_to_a_limit(sandbox):
    source = """
        import threading
        def f(x):
            done = []
            threads = [threading.Thread(target=done.append, args=(i,)) for i in range(8)]
            [t.start() for t in threads]
            [t.join() for t in threads]
            return len(done)
        def g(x):
            for i in range(5000):
                threading.Thread(target=lambda: threading.Event().wait()).start()
    """
    result = run(sandbox, source)
    if os.geteuid() == 0:  # nobody counts root's threads
        assert (result.outcomes[0].status, result.outcomes[0].exception) == ("raised", "RuntimeError")
    else:
        assert result.outcomes[0].value == 8
    assert (result.outcomes[2].status, result.outcomes[2].exception) == ("raised", "RuntimeError")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="has the machine's own code in it")
def test_threads_without_a_stack_are_no_way_around_the_limit(isolation):
    """Python's threads need memory for their stacks, which is limited, too; these do not."""
    source = """
        import ctypes, mmap
        FLAGS = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000  # all shared: a thread
        def f():
            pause = bytes([0xB8, 34, 0, 0, 0, 0x0F, 0x05, 0xEB, 0xF7])
            clone = bytes([0xB8, 56, 0, 0, 0, 0x31, 0xD2, 0x4D, 0x31, 0xD2, 0x4D, 0x31, 0xC0, 0x0F, 0x05])
            code = clone + bytes([0x85, 0xC0, 0x74, 0x01, 0xC3]) + pause
            memory = mmap.mmap(-1, 4096, prot=7)
            memory.write(code)
            start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            call = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_ulong, ctypes.c_ulong)(start)
            return sum(call(FLAGS, start + 4000) > 0 for _ in range(100))
    """
    assert one_call(isolation, source).value in range(LIMITS.threads + 1)


# ---- Trouble costs the group that makes it, and nothing else -----------------------------------------------

TROUBLE = {
    "endless loop": ("while True: pass", "time"),
    "loop ignoring signals": (
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, lambda *_: None)\n"
        "    except (OSError, ValueError): pass\nwhile True:\n    try:\n        while True: pass\n"
        "    except BaseException: pass",
        "time",
    ),
    "sleep": ("import time\nwhile True: time.sleep(1)", "time"),
    "wait for ever in C": ("import os\nos.read(os.pipe()[0], 1)", "time"),
    "loop in C": ("10 ** 10 ** 9", "time"),
    "os._exit": ("import os\nos._exit(0)", "died"),
    "abort": ("import os\nos.abort()", "died"),
    "null pointer": ("import ctypes\nctypes.string_at(0)", "died"),
    "endless recursion in C": (
        "import sys\nsys.setrecursionlimit(10**9)\nx = ()\nfor _ in range(3 * 10**5): x = (x,)\nhash(x)",
        "died",
    ),
    "sys.exit": ("import sys\nsys.exit(0)", "SystemExit"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "recursion": ("return f(x)", "RecursionError"),
    "a large list": ("return [0] * 2**30", "MemoryError"),
    "a large array": ("import numpy as np\nreturn np.ones(10**9)", "MemoryError"),
    "bytes": ("return bytes(2**40)", "MemoryError"),
    "mmap": ("import mmap\nreturn len(mmap.mmap(-1, 2**30))", "OSError"),
    "a full disk": (
        "import os\nn = 0\nwhile True:\n    n += 1\n    with open(f'f{n}', 'wb', 0) as file:\n"
        "        for _ in range(4): file.write(bytes(2**20))",
        "OSError",
    ),
    "files without end": ("n = 0\nwhile True:\n    n += 1\n    open(f'f{n}', 'w').close()", "OSError"),
    "endless output": ("while True: print('x' * 1000)", "output"),
    "a 20 MB print": ("print('x' * 20 * 2**20)", "output"),
    "a print beyond all memory": ("print('x' * 300 * 2**20)", "MemoryError"),
    "endless stderr": ("import os\nwhile True: os.write(2, bytes(2**16))", "output"),
    "a large answer": ("import numpy as np\nreturn np.zeros(17 * 2**20, np.uint8)", "output"),
    "a hostile answer": ("class A(list):\n    __iter__ = None\nreturn A()", "unsendable"),
    "an object": ("return object()", "unsendable"),
    "a list that holds itself": ("l = []\nl.append(l)\nreturn l", "unsendable"),
    "answers' pipe closed": ("import os\nos.close(3)\nreturn x", "died"),
    "everything closed": ("import os\nos.closerange(0, 100)\nreturn x", "died"),
    "answers' pipe replaced": ("import os\nos.dup2(1, 3)\nreturn x", "died"),
    "garbage for answers": ("import os\nos.write(3, b'garbage' * 99)\nreturn x", "died"),
    "gigabytes of answers": ("import os\nwhile True: os.write(3, bytes(2**20))", "died"),
    "a process": ("import os\nos.fork()", "PermissionError"),
    "a command": ("import subprocess\nsubprocess.run(['/bin/sh'])", "PermissionError"),
    "another program": ("import os, sys\nos.execv(sys.executable, ['python'])", "PermissionError"),
    "posix_spawn": ("import os, sys\nos.posix_spawn(sys.executable, ['p'], {})", "PermissionError"),
    "multiprocessing": ("import multiprocessing as m\nm.Process(target=print).start()", "PermissionError"),
    "a socket": ("import socket\nsocket.socket()", "PermissionError"),
    "a pair of sockets": ("import socket\nsocket.socketpair()", "PermissionError"),
    "kill everybody": ("import os\nos.kill(-1, 9)", "PermissionError"),
    "kill the parent": ("import os\nos.kill(os.getppid(), 9)", "PermissionError"),
    "a session of its own": ("import os\nos.setsid()", "PermissionError"),
    "signal by file": ("import fcntl\nfcntl.fcntl(1, fcntl.F_SETOWN, 1)", "PermissionError"),
    "limits of another": ("import resource as r\nr.prlimit(2, r.RLIMIT_CPU, (0, 0))", "PermissionError"),
    "survive the parent": (
        "import ctypes\nif ctypes.CDLL(None, use_errno=True).prctl(1, 0): raise PermissionError",
        "PermissionError",
    ),
    "trace": (
        "import ctypes\nif ctypes.CDLL(None).ptrace(16, 2, 0, 0): raise PermissionError",
        "PermissionError",
    ),
}
LINUX_TROUBLE = set(list(TROUBLE)[list(TROUBLE).index("a process") :]) | {"a full disk", "files without end"}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_costs_its_group_alone(sandbox, name):
    if name in LINUX_TROUBLE and sys.platform != "linux":
        pytest.skip("Linux's mechanisms")
    body, expected = TROUBLE[name]
    result = run(sandbox, f"def f(x):\n{textwrap.indent(body, '    ')}\n")
    for outcome in result.outcomes[:2]:
        assert expected in (outcome.status, outcome.exception), outcome
    assert result.outcomes[2].value == 5.0


@pytest.mark.parametrize(
    "body, status",
    [
        ("while True: pass", "time"),
        ("import os\nos._exit(0)", "died"),
        ("while True: print('x' * 1000)", "output"),
        ("import os\nos.close(3)", "died"),
        ("import sys\nsys.exit()", "returned"),
        ("import atexit\natexit.register(lambda: 1 / 0)", "returned"),
        ("import gc\ngc.disable()\nraise SystemExit('bye')", "returned"),
    ],
)
def test_trouble_while_loading(sandbox, body, status):
    source = [("def f(x):\n    return x", "a.py", 1), (body, "a.py", 3), (HONEST_G, "a.py", 9)]
    assert statuses(sandbox.run(source)) == [status] * 3


def test_time_is_counted_for_each_call_and_for_the_submission():
    limits = Limits(cpu_seconds=0.2, wall_seconds=1.3)
    calls = [Call("f", (i,), str(i)) for i in range(12)]
    with Sandbox(calls, limits, "process") as sandbox:
        slow = run(sandbox, "import time\ndef f(i):\n    time.sleep(0.1)\n    return i")
        start = time.monotonic()
        busy = run(sandbox, "def f(i):\n    while True: pass")
        taken = time.monotonic() - start
    assert statuses(slow) == ["returned"] * 12
    assert statuses(busy) == ["time"] * 12
    assert taken < 2.3


def test_memory_that_is_given_back_is_there_again(isolation):
    source = "import numpy as np\ndef f(n):\n    return float(np.ones(n)[-1])"
    calls = [Call("f", (n,), str(i)) for i, n in enumerate([10**9, 10**7, 10**9, 10**7])]
    with Sandbox(calls, replace(LIMITS, cpu_seconds=3.0), isolation) as sandbox:
        outcomes = run(sandbox, source).outcomes
    assert [outcome.exception or outcome.value for outcome in outcomes] == ["MemoryError", 1.0] * 2


# ---- A process that lies -----------------------------------------------------------------------------------

FORGE = """
import json, os, struct
def message(value):
    head = json.dumps(value).encode()
    return b"CV1" + struct.pack("<I", len(head)) + head
def frame(kind, payload=b"", length=None):
    return struct.pack("<cI", kind, len(payload) if length is None else length) + payload
def outcome(call, told, seconds=0.0):
    return frame(b"R", struct.pack("<Id", call, seconds) + told)
def mishap(call, data, seconds=0.0):
    return outcome(call, b"M" + message(data), seconds)
def answer(call, value=6.0, shares=0, changed=b"", more=b"", seconds=0.0):
    return outcome(call, b"A" + bytes((shares, len(changed))) + changed + message(value) + more, seconds)
def begin(call):
    return frame(b"B", struct.pack("<I", call))
def send(data):
    while data: data = data[os.write(3, data):]
"""

LIES = {
    "an early end": ("send(frame(b'E'))", "died"),
    "an answer twice": ("send(answer(0) + answer(0))", 6.0),
    "an answer, then the end": ("send(answer(0) + frame(b'E'))", 6.0),
    "an answer to a later call": ("send(answer(2))", "died"),
    "an answer to no call": ("send(answer(10**6))", "died"),
    "an answer with something behind it": ("send(answer(0, 6.0, more=b'AC'))", "died"),
    "more changes than bytes": ("send(outcome(0, b'A' + bytes((0, 200)) + message(6.0)))", "died"),
    "half an answer": ("send(outcome(0, b'A'))", "died"),
    "another word": ("send(outcome(0, b'X' + message(6.0)))", "died"),
    "a negative length": ("send(frame(b'R', b'', 2**32 - 1) + bytes(2**10))\nwhile True: pass", "time"),
    "a long length": (
        "send(frame(b'R', struct.pack('<I', 0), 2**31))\nwhile True: send(bytes(2**16))",
        "output",
    ),
    "a frame without its call": ("send(frame(b'R', b'ab'))", "died"),
    "an unknown frame": ("send(frame(b'X', b'ab'))", "died"),
    "confined again": ("send(frame(b'S'))", "died"),
    "a late note": ("send(frame(b'N', message(['d'])))", "died"),
    "the next call begins": ("send(begin(1))", "died"),
    "the clock set back": ("while True: send(begin(0))", "died"),
    "no message": ("send(frame(b'R', struct.pack('<Id', 0, 0.0) + b'nonsense'))", "died"),
    "half a time": ("send(frame(b'R', struct.pack('<I', 0) + b'half'))", "died"),
    "a message that is no dict": ("send(mishap(0, [1]))", "died"),
    "no status": ("send(mishap(0, ['d']))", "died"),
    "an answer told as a mishap": (
        "send(mishap(0, ['d', ['status', 'returned'], ['value', 6.0]]))",
        "died",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_gives_nothing_but_its_own_values(sandbox, name):
    body, expected = LIES[name]
    source = f"{FORGE}\ndef f(x):\n{textwrap.indent(body, '    ')}\n    return 7.0\n"
    result = run(sandbox, source)
    first, second, third = result.outcomes
    assert expected in (first.status, first.value)
    assert second.status in ("died", "time", "output")
    assert third.value == 5.0 or (third.status == "died" and expected == 6.0)


def test_a_lie_while_loading_gives_nothing(sandbox):
    for lie in ("begin(0) + answer(0) + begin(1) + answer(1)", "frame(b'E')", "frame(b'N', bytes(10**6))"):
        assert statuses(run(sandbox, f"{FORGE}\nsend({lie})\n")) in (
            ["died"] * 3,
            ["returned"] * 2 + ["died"],
        )
    assert statuses(run(sandbox, f"{FORGE}\nfor _ in range(1000): send(frame(b'N', b'x'))")) == ["died"] * 3


@pytest.mark.parametrize("seed", range(4))
def test_garbage_among_the_answers_gives_nothing(sandbox, seed):
    source = f"""{FORGE}
import random
rng = random.Random({seed})
def f(x):
    data = bytearray(answer(0, 6.0))
    for _ in range(rng.randrange(1, 9)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    send(bytes(data))
    return 7.0
"""
    result = run(sandbox, source)
    assert all(outcome.value is None or type(outcome.value) is float for outcome in result.outcomes)
    assert result.outcomes[1].status in ("died", "time", "output")


HOSTILE_REPORTS = [
    ("answer(0, 6.0, 255, bytes((9, 255)), seconds=SECONDS)", Outcome("returned", 6.0, shares=True)),
    (
        "mishap(0, ['d', ['status', 'raised'], ['exception', ['l']], ['text', 3], ['where', ['d']], "
        "['line', -5]], SECONDS)",
        Outcome("raised"),
    ),
]


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "1e7"])
@pytest.mark.parametrize("report, expected", HOSTILE_REPORTS)
def test_hostile_details_of_a_report_are_dropped(sandbox, report, expected, seconds):
    lie = f"""{FORGE}
def f(x):
    SECONDS = float({seconds!r})
    send({report})
    os._exit(0)
"""
    assert run(sandbox, lie).outcomes[0] == expected


@pytest.mark.parametrize(
    "value",
    [np.ones(2), np.array([]), {1: 2}, [[]], ("returned",), -1, 10**400, float("nan"), True, None, "x"],
)
def test_every_part_of_a_report_may_be_anything(value):
    honest = {"status": "raised", "exception": "E", "text": "t", "where": "w", "line": 1}
    honest |= {"at": ["a", 1]}
    quotable = Quotable([("source", "w", 1)])
    for name in honest:
        for data in (honest | {name: value}, {name: value}, value):
            outcome = client.outcome_of(runner.SECONDS.pack(0.5) + b"M" + dumps(data))
            assert type(outcome.status) is type(outcome.text) is type(outcome.where) is str
            assert 0 <= outcome.seconds < 1e6 and all(i >= 0 for i in outcome.changed)
            quotable.vet(outcome, 1)
            for note in client._parse_note(dumps(data)):
                assert type(quotable.vet_note(note).where) is str
    for at in (value, [value, 1], ["a", value], [value, value, value]):
        client._parse_note(dumps({"at": at}))


def test_what_a_process_says_cannot_carry_an_input_out(sandbox):
    """The names, places and reasons that feedback quotes come from the source or from Python."""
    source = """
        class Honest(Exception): pass
        def f(x):
            if x == 3.0: raise type(f"Input{x!r}", (Exception,), {})
            raise Honest(x)
        def g(x):
            return type(f"Input{x!r}", (), {})()
    """
    first, second, third = run(sandbox, source).outcomes
    assert (first.exception, second.exception) == ("Exception", "Honest")
    assert (third.status, third.text) == ("unsendable", "")
    lie = f"""{FORGE}
def f(x):
    data = ["d", ["status", "forbidden"], ["text", "3.0"], ["where", "3.0"], ["line", 3]]
    send(mishap(0, data))
def g(x):
    exec(compile("import numpy.nothing" + str(x)[0], "secret 5.0", "exec"))
"""
    first, _, third = run(sandbox, lie).outcomes
    assert (first.text, first.where, first.line) == ("?", "", 0)
    assert (third.status, third.text, third.where) == ("forbidden", "numpy", "a.py")


BOMBS = {
    "lists": "b'[\"l\"' + b',[\"l\"]' * (2 * 2**20) + b']'",
    "bare lists": "b'[' + b'[],' * (5 * 2**20) + b'0]'",
    "depth": "b'[\"l\",' * 10**6 + b']' * 10**6",
    "numbers": "b'[\"l\"' + b',1e5' * (3 * 2**20) + b']'",
    "a long number": "b'9' * 10**7",
    "wide strings": "b'\"' + '\\U0001f600'.encode() * (3 * 2**20) + b'\"'",
    "keys alike": "b'[\"d\"' + b''.join(b',[[\"i\",\"%s\"],0]' % hex(k * (2**61 - 1)).encode() "
    "for k in range(10**5)) + b']'",
    "an array that is not there": 'b\'["a","<f8",[67108864]]\'',
    "empty arrays": "b'[\"l\"' + b',[\"a\",\"<f8\",[67108864,0,67108864]]' * 3 * 10**5 + b']'",
}


@pytest.mark.parametrize("name", BOMBS)
def test_the_graders_memory_and_time_stay_bounded(name):
    source = f"""{FORGE}
def f(x):
    head = {BOMBS[name]}
    payload = struct.pack("<Id", 0, 0.0) + b"A" + bytes(2) + b"CV1" + struct.pack("<I", len(head)) + head
    send(frame(b"R", payload))
"""
    with Sandbox(CALLS, Limits(), "process") as sandbox:
        before = time.process_time()
        tracemalloc.start()
        try:
            result = run(sandbox, source)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert result.outcomes[0].status in ("died", "output", "returned")
    assert peak < 200 * MiB
    assert time.process_time() - before < 10


# ---- Nothing to steal, nothing to break --------------------------------------------------------------------


@pytest.mark.parametrize(
    "patch",
    [
        "import os\nos.write = os.read = os._exit = None",
        "import builtins\nfor n in dir(builtins): n.startswith('_') or setattr(builtins, n, None)",
        "import ast\nast.parse = ast.walk = ast.increment_lineno = lambda *a, **k: None",
        "import builtins\nbuiltins.compile = builtins.exec = lambda *a, **k: None",
        "import json, struct\njson.dumps = lambda *a, **k: '[]'\nstruct.pack = lambda *a: b'R'",
        "import time\ntime.process_time = time.monotonic = lambda: -1e9",
        "import sys\nsys.modules.clear()",
        "import sys\nclass Out:\n    def __getattr__(self, name): raise SystemExit\n"
        "sys.stdout = sys.stderr = Out()",
        "import sys\nsys.settrace(lambda *a: 1 / 0)\nsys.setprofile(lambda *a: 1 / 0)",
        "import numpy as np\nnp.ndarray = np.frombuffer = np.asarray = lambda *a, **k: None",
        "import numpy as np\nnp.testing = np.allclose = np.array_equal = lambda *a, **k: True",
        "import warnings, numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')",
        "import sys, autograder.sandbox.values as v\nv.dumps = v._flatten = lambda *a: b''",
        "import sys\nr = sys.modules['autograder.sandbox.runner']\nr.message = lambda *a: b''\nr.np = None",
    ],
)
def test_patched_tools_never_make_a_wrong_answer_right(sandbox, patch):
    body = f"{patch}\ndef f(x):\n    return 7.0\n"
    for outcome in sandbox.run([(body, "a.py", 1), (HONEST_G, "a.py", 9)]).outcomes:
        assert outcome.status != "returned" or outcome.value in (7.0, 5.0)


def test_hostile_objects_are_read_as_what_they_are(sandbox):
    source = """
        import numpy as np
        class Equal:
            def __eq__(self, other): return True
            __hash__ = __array__ = __float__ = __len__ = None
            def __repr__(self): raise SystemExit
            __str__ = __repr__
            def __del__(self): 1 / 0
        class Array(np.ndarray):
            shape = property(lambda self: (1,))
            dtype = property(lambda self: np.dtype(float))
            def __array_function__(self, *a, **k): return True
            def __array_ufunc__(self, *a, **k): return True
            def __eq__(self, other): return True
            def tobytes(self, *a): return bytes(8)
        class Bad(Exception):
            def __str__(self): raise self
            __class__ = property(lambda self: 1 / 0)
        def f(x):
            if x == 3: return Equal()
            raise Bad
        def g(x):
            return np.array([[x, 2.0], [3.0, 4.0]]).view(Array)
    """
    first, second, third = run(sandbox, source).outcomes
    assert first.status == "unsendable"
    assert second.status in ("raised", "died")
    if third.status == "returned":
        np.testing.assert_array_equal(third.value, [[5.0, 2.0], [3.0, 4.0]])


SENTINEL = 1234567.8901234


def test_no_expected_value_ever_reaches_the_sandbox(isolation, monkeypatch):
    from autograder.judging import judge
    from autograder.judging.answer_key import AnswerKey, KeyCase, KeyExercise, KeyGroup, Wrong
    from autograder.judging.comparison import Close

    case = KeyCase((3.0,), SENTINEL, Close(), "C", False, {"m": Wrong(-SENTINEL)})
    group = KeyGroup("g", "g", "g", 1, (case, case))
    key = AnswerKey("a", False, (KeyExercise("f", ("x",), "1", (group,), ()),))
    sent = bytearray()
    send = Sandbox._send
    monkeypatch.setattr(
        Sandbox, "_send", lambda self, *data: (sent.extend(b"".join(data)), send(self, *data))[1]
    )
    source = """
        import gc, sys, inspect
        def found(value, depth=0):
            if type(value) is float: return abs(value) * 2 == 2469135.7802468
            return False
        def f(x):
            frame, seen = sys._getframe(), []
            while frame:
                seen += list(frame.f_locals.values()) + list(frame.f_globals.values())
                frame = frame.f_back
            for thing in gc.get_objects() + seen:
                for part in gc.get_referents(thing):
                    if found(part): return part
            return 0.0
    """
    with Sandbox(judge.calls(key), LIMITS, isolation) as sandbox:
        result = run(sandbox, source)
    assert [outcome.value for outcome in result.outcomes] == [0.0, 0.0]
    assert str(SENTINEL).encode() not in sent
    assert struct.pack("<d", SENTINEL) not in sent


WALK = """
import os
def f(top, allowed):
    odd = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in allowed]
        for name in files:
            path = os.path.join(folder, name)
            if path in allowed: continue
            try: open(path, "rb").close()
            except OSError: continue
            odd.append(path)
    return odd
"""


@needs_bubblewrap
def test_nothing_of_the_disk_can_be_seen_inside_bubblewrap():
    allowed = [*bubblewrap.python_files(), bubblewrap.PACKAGES, "/dev/null", "/dev/zero", "/dev/urandom"]
    engine = f"{bubblewrap.ENGINE}/autograder"
    outcome = one_call("bubblewrap", WALK, "/", allowed, limits=Limits(cpu_seconds=10))
    assert outcome.status == "returned", outcome
    assert {str(Path(path).parent) for path in outcome.value} <= {
        engine,
        f"{engine}/sandbox",
        f"{engine}/__pycache__",
        f"{engine}/sandbox/__pycache__",
    }
    names = {Path(path).name for path in outcome.value if path.endswith(".py")}
    assert names <= {"__init__.py", "values.py", *os.listdir(Path(client.__file__).parent)}


@needs_bubblewrap
def test_bubblewrap_hides_other_packages_processes_and_the_network():
    source = """
        import os, importlib.util as u
        def f(names):
            visible = [n for n in names if u.find_spec(n)]
            site = [p for p in __import__("sys").path if "site-packages" in p or "dist-packages" in p]
            return visible, site, os.listdir("/proc"), os.path.exists("/sys"), os.path.exists("/dev/shm"), \\
                os.path.exists("/etc"), os.path.exists("/home"), os.path.exists("/proc/self/mem")
    """
    names = ["pytest", "sympy", "scipy", "pip", "numpy"]
    outcome = one_call("bubblewrap", source, names)
    assert outcome.value == (["numpy"], [], [], False, False, False, False, False)


@needs_bubblewrap
def test_bubblewrap_has_no_network_even_without_the_filter():
    program = [bubblewrap.interpreter(), "-I", "-S", "-c"]
    program += [
        "import socket\nprint([name for _, name in socket.if_nameindex()])\n"
        "try: socket.create_connection(('1.1.1.1', 53), 1)\n"
        "except OSError as error: print(type(error).__name__)\n"
    ]
    command = bubblewrap.command(LIMITS, {"LD_LIBRARY_PATH": bubblewrap.library_folders()}, program)
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    assert printed[:2] == ["['lo']", "OSError"]


@linux_only
def test_nothing_outside_can_be_written(sandbox, tmp_path):
    target = tmp_path / "gradebook"
    target.write_text("precious")
    places = [
        str(target),
        str(tmp_path / "new"),
        "/new",
        "/etc/new",
        "/dev/shm/new",
        os.path.expanduser("~/new"),
    ]
    places += [str(Path(client.__file__)), str(Path(np.__file__)), bubblewrap.interpreter()]
    source = f"""
        import os
        def f(x):
            written = []
            for path in {places!r}:
                for action in (lambda: open(path, "a").close(), lambda: os.mkdir(path),
                               lambda: os.unlink(path), lambda: os.symlink("/", path),
                               lambda: os.mkfifo(path)):
                    try: action()
                    except OSError: continue
                    written.append(path)
            return written
    """
    if sandbox.isolation == "process" and not confinement.landlock_version():
        pytest.skip("this kernel has no Landlock")
    assert run(sandbox, source).outcomes[0].value == []
    assert target.read_text() == "precious"


@linux_only
def test_without_landlock_everything_is_read_only(tmp_path):
    """The second line: what the mounts of a run of its own allow, for root too."""
    program = f"""
import os
from autograder.sandbox import confinement
from autograder.sandbox.limits import Limits
if not confinement.namespaces_work(Limits(), "/var/tmp"):
    print("no namespaces")
    os._exit(0)
confinement.enter_namespaces()
confinement.unshare_mounts()
confinement.read_only()
confinement.fresh_scratch(Limits(), "/var/tmp")
open("/var/tmp/allowed", "w").close()
open("/dev/null", "w").close()
try:
    open({str(tmp_path / "new")!r}, "w")
except OSError as error:
    print(error.strerror, flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    if "no namespaces" in done.stdout:
        pytest.skip("this machine forbids namespaces")
    assert (done.stdout, done.stderr) == ("Read-only file system\n", "")


@linux_only
def test_nothing_private_can_be_read(sandbox, tmp_path):
    secret = tmp_path / "assignment.hidden.npz"
    secret.write_text("secret")
    places = [str(secret), "/etc/passwd", f"/proc/{os.getpid()}/environ", f"/proc/{os.getpid()}/cmdline"]
    places += ["/proc/self/mem", "/proc/1/environ", str(Path(__file__))]
    source = f"""
        def f(x):
            read = []
            for path in {places!r}:
                try: open(path, "rb").close()
                except OSError: continue
                read.append(path)
            return read
    """
    if sandbox.isolation == "process" and not confinement.landlock_version():
        pytest.skip("this kernel has no Landlock")
    assert run(sandbox, source).outcomes[0].value == []


SECRET = "Zq7" + "vW3kP" * 3
SCAN = """
import ctypes, os
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
libc.sbrk.restype = ctypes.c_void_p
out, into = os.pipe()
def memory():
    "What lies in the heap, and around objects and arrays, page by page."
    pages, places = set(), [libc.sbrk(0), id(object()), id([0] * 9), np.ones(10**5).ctypes.data, id(np)]
    for place in places:
        pages |= set(range((place >> 12) - 6000, (place >> 12) + 6000))
    for page in sorted(pages):
        if libc.write(into, ctypes.c_void_p(page << 12), 4096) == 4096:
            yield os.read(out, 4096)
def holds(page, first, second):  # what is sought is nowhere in one piece, not even in a copy of a page
    at = page.find(first)
    while at >= 0 and not page.startswith(second, at + len(first)):
        at = page.find(first, at + 1)
    return at >= 0
def f(x):
    return sum(holds(page, FIRST, SECOND) for page in memory())
""".replace("FIRST", repr(SECRET.encode()[:9])).replace("SECOND", repr(SECRET.encode()[9:]))


@linux_only
def test_no_run_finds_what_another_one_said_in_its_memory(isolation):
    """Not even in freed memory: source, answers and output of a right submission are worth copying."""
    secret = f"""
        import sys
        def f(x):
            print({SECRET!r} * 500)
            return [{SECRET!r}] * 20
        def g(x):
            import numpy as np
            return np.frombuffer({SECRET.encode()!r} * 2000, np.uint8)
    """
    with Sandbox(CALLS, Limits(), isolation) as sandbox:
        assert sandbox._serves_many
        for source in (secret, textwrap.dedent(secret) + "x = 1\n" * 3000, secret):
            assert statuses(run(sandbox, source)) == ["returned"] * 3
        own = SCAN + f"\nheld = [{SECRET!r} + str(i) for i in range(9)]\n"
        assert run(sandbox, own).outcomes[0].value > 0, "the scan finds nothing at all"
        assert run(sandbox, SCAN).outcomes[0].value == 0


@linux_only
def test_nothing_is_left_for_the_next_run(sandbox):
    leave = """
        import ctypes, os
        libc = ctypes.CDLL(None)
        def f(x):
            open("left", "w").close()
            return [libc.shmget(4711, 4096, 0o1666) >= 0, libc.msgget(4711, 0o1666) >= 0,
                    libc.semget(4711, 1, 0o1666) >= 0, libc.mq_open(b"/left", 66, 0o666, None) >= 0,
                    libc.shm_open(b"/left", 66, 0o666) >= 0, libc.memfd_create(b"left", 0) >= 0]
    """
    assert run(sandbox, leave).outcomes[0].value == [False] * 6
    assert run(sandbox, "import os\ndef f(x): return os.listdir()\n").outcomes[0].value == []


# ---- Processes and files of the grader ---------------------------------------------------------------------


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
    """The tree below `root` when nothing has come or gone for a while; whether one waits or sleeps is one."""
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


def test_a_sandbox_that_cannot_start_says_so(isolation, monkeypatch):
    monkeypatch.setattr(bubblewrap, "interpreter", lambda: "/nowhere/python3")
    with pytest.raises(SandboxError, match=r"does not start.*nowhere"):
        Sandbox(CALLS, LIMITS, isolation)


def test_missing_bubblewrap_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(bubblewrap.BubblewrapMissing, match="apt-get install bubblewrap"):
        Sandbox(CALLS, LIMITS, "bubblewrap")


def test_a_source_that_is_not_text_is_no_failure_of_the_sandbox(sandbox):
    statements = [("x = '\ud800'", "\ud800", 1), (HONEST_G, "a.py", 1)]
    assert statuses(sandbox.run(statements)) == ["missing", "missing", "returned"]


# ---- Machines that forbid nested namespaces ----------------------------------------------------------------


@pytest.fixture
def without_nesting(isolation, monkeypatch):
    """User namespaces end at the warden, by bubblewrap's own option."""
    if bubblewrap_trouble():
        pytest.skip("simulated by bubblewrap")
    if isolation == "bubblewrap":
        command = bubblewrap.command
        monkeypatch.setattr(
            bubblewrap,
            "command",
            lambda *args: [(c := command(*args))[0], "--unshare-user", "--disable-userns", *c[1:]],
        )
    else:
        program = launch.program
        wrapper = [shutil.which("bwrap"), "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--"]
        monkeypatch.setattr(launch, "program", lambda *args: [*wrapper, *program(*args)])


@linux_only
def test_without_nested_namespaces_every_submission_has_a_warden_of_its_own(isolation, without_nesting):
    leave = """
        import os
        try:
            os.makedirs("left")
            open("left/file", "w").write("x")
        except OSError: pass
        def f(x): return x
    """
    with Sandbox(CALLS, LIMITS, isolation) as sandbox:
        assert not sandbox._serves_many
        wardens = set()
        for source in (leave, "import os\ndef f(x): return os.listdir(os.environ['TMPDIR'])\n"):
            result = run(sandbox, source)
            wardens.add(sandbox._process.pid)
            assert result.outcomes[2].value == 5.0
        assert result.outcomes[0].value is None or "left" not in result.outcomes[0].value
        assert len(wardens) == 2


@linux_only
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("endless loop", "os._exit", "a full disk", "files without end", "kill everybody", "a process"),
        *("signal by file", "limits of another", "gigabytes of answers", "a 20 MB print"),
    ],
)
def test_trouble_without_nested_namespaces(isolation, without_nesting, name):
    body, expected = TROUBLE[name]
    if name == "files without end" and isolation == "process" and not confinement.landlock_version():
        pytest.skip("nothing but Landlock refuses this")
    with Sandbox(CALLS, LIMITS, isolation) as sandbox:
        result = run(sandbox, f"def f(x):\n{textwrap.indent(body, '    ')}\n")
    for outcome in result.outcomes[:2]:
        assert expected in (outcome.status, outcome.exception) or outcome.exception == "PermissionError"
    assert result.outcomes[2].value == 5.0


@linux_only
def test_without_nested_namespaces_the_warden_cannot_be_touched(isolation, without_nesting):
    source = """
        import os, signal
        def f(x):
            reached = []
            for process in [os.getppid(), 1, 2, 3]:
                for name in ("mem", "environ", "fd/0", "cwd/x", "root/tmp"):
                    try: os.open(f"/proc/{process}/{name}", os.O_RDONLY)
                    except OSError: continue
                    reached.append((process, name))
                for attempt in (lambda: os.kill(process, 0), lambda: os.kill(process, 9),
                                lambda: __import__("resource").prlimit(process, 0, (0, 0))):
                    try: attempt()
                    except OSError: continue
                    reached.append(process)
            return reached
    """
    with Sandbox(CALLS, LIMITS, isolation) as sandbox:
        assert run(sandbox, source).outcomes[0].value == []


# ---- The filter and ordinary users -------------------------------------------------------------------------

HEADERS = {
    0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    1: Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("column", HEADERS)
def test_system_call_numbers_are_those_of_the_kernels_headers(column):
    if not HEADERS[column].exists():
        pytest.skip("the kernel's headers are not installed")
    known = {}
    for line in HEADERS[column].read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[1].startswith("__NR"):
            known[words[1].removeprefix("__NR3264_").removeprefix("__NR_")] = words[2]
    ours = dict(confinement._REFUSED) | confinement._ONESELF
    ours |= {name: numbers for name, (numbers, _, _) in confinement._REFUSED_VALUES.items()}
    ours |= {"clone": confinement._CLONE, "clone3": confinement._CLONE3}
    for name, numbers in ours.items():
        if name in known or numbers[column] is not None:
            assert known.get(name) in (str(numbers[column]), "__NR3264_fcntl"), name


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


def test_limits_leave_no_room_for_more_than_they_say(isolation):
    """The process's own limits, seen from inside."""
    source = """
        import resource as r
        KINDS = r.RLIMIT_CPU, r.RLIMIT_NOFILE, r.RLIMIT_CORE, r.RLIMIT_NPROC
        def f(): return [r.getrlimit(kind)[1] for kind in KINDS]
    """
    assert one_call(isolation, source).value == [int(LIMITS.wall_seconds) + 1, 64, 0, LIMITS.threads]


def test_the_grader_stays_small_over_many_hostile_runs(sandbox):
    source = f"{FORGE}\ndef f(x):\n    send(frame(b'R', struct.pack('<I', 0), 2**24) + bytes(2**25))\n"
    run(sandbox, source)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        run(sandbox, source)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024


def test_a_long_label_for_many_statements_is_no_failure_of_the_sandbox(sandbox):
    statements = [("a=1", "残" * 80, line) for line in range(65_000)]
    assert statuses(sandbox.run([*statements, (HONEST_G, "b", 1)]))[2] in ("returned", "time")


def test_a_submission_beyond_all_bounds_is_no_failure_of_the_sandbox(sandbox):
    assert statuses(sandbox.run([("#" * 2**24, "a.py", 1)])) == ["unanswered"] * 3


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


def test_output_cannot_write_on_the_readers_terminal(sandbox):
    result = run(
        sandbox, "def f(x):\n    print('\\x1b]52;c;AAAA\\x07ok\\n')\n    raise ValueError('\\x1b[2J')"
    )
    assert result.output == "\ufffd]52;c;AAAA\ufffdok\n\n" * 2
    assert result.outcomes[0].text == "\ufffd[2J"


def test_closed_output_does_not_keep_the_warden_busy(sandbox):
    assert statuses(
        run(sandbox, "import os, time\ndef f(x):\n    os.close(1)\n    os.close(2)\n    time.sleep(0.2)")
    )[0]


def test_random_submissions_never_break_the_sandbox(sandbox):
    """Broken text of every kind is a note or a missing function, never an exception of the sandbox."""
    rng = random.Random(0)
    parts = [
        "def f(x):",
        "\n",
        "    return x",
        "import os",
        "(",
        "'",
        "\\",
        "\x00",
        "é",
        "lambda:",
        "*",
        "=",
        "1",
    ]
    statements = [("".join(rng.choices(parts, k=rng.randrange(1, 9))), "a.py", i) for i in range(60)]
    assert len(sandbox.run(statements).outcomes) == 3


def test_dumps_is_what_the_forged_frames_above_imitate():
    assert dumps({"value": 6.0}) == b"CV1" + struct.pack("<I", 13) + b'{"value":6.0}'
