"""Nothing to steal and nothing to break: what a submission can see, change or leave behind."""

import os
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import bubblewrap, client, confinement
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from tests.sandboxes import CALLS, HONEST_G, LIMITS, linux_only, needs_bubblewrap, one_call, run, statuses


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
    key = AnswerKey("a", False, (KeyExercise("f", ("x",), "1", (), (group,)),))
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
        sandbox.renew()
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


def test_flags_of_open_files_tell_the_next_run_nothing(sandbox):
    flags = "import fcntl\ndef f(x): return [fcntl.fcntl(n, fcntl.F_GETFL) for n in range(3)]\n"
    fresh = run(sandbox, flags).outcomes[0].value
    leave = "for n in range(4): fcntl.fcntl(n, fcntl.F_SETFL, 0o16000 | fcntl.fcntl(n, fcntl.F_GETFL))\n"
    assert run(sandbox, flags + leave).notes == ()
    assert run(sandbox, flags).outcomes[0].value == fresh


def test_memory_that_a_run_shares_with_the_warden_is_empty_for_the_next_one(sandbox):
    shared = "import gc, mmap\nmaps = [each for each in gc.get_objects() if isinstance(each, mmap.mmap)]\n"
    leave = shared + "def f(x):\n    for each in maps: each[64:70] = b'secret'\n    return len(maps)\n"
    find = shared + "def f(x): return sum(b'secret' in each[:4096] for each in maps)\n"
    run(sandbox, leave)
    assert run(sandbox, find).outcomes[0].value == 0


def test_output_cannot_write_on_the_readers_terminal(sandbox):
    result = run(
        sandbox, "def f(x):\n    print('\\x1b]52;c;AAAA\\x07ok\\n')\n    raise ValueError('\\x1b[2J')"
    )
    assert result.output == "\ufffd]52;c;AAAA\ufffdok\n\n" * 2
    assert result.outcomes[0].text == "\ufffd[2J"
