"""The sandbox runs honest submissions: right values come back, and every run starts from the same state."""

import os
import platform

import numpy as np
import pytest

from autograder.sandbox.client import Sandbox
from autograder.sandbox.records import Call
from autograder.sandbox.values import Formula, dumps
from tests.sandboxes import HONEST_G, LIMITS, one_call, run, statuses

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


def test_nobody_can_change_what_the_next_student_answers(isolation):
    """Equal answers are read once; what could be changed is read anew for each student."""
    values = [*VALUES, (np.ones(2), [np.ones(2)]), {"dw": np.ones(2), "db": [1]}, ((np.ones(2), 1.5),)]
    with Sandbox([Call("f", (value,), "g") for value in values], LIMITS, isolation) as sandbox:
        spoilt = [spoil(outcome.value) for outcome in run(sandbox, "def f(x):\n    return x").outcomes]
        again = run(sandbox, "def f(x):\n    return x").outcomes
    assert any(spoilt)
    assert [dumps(outcome.value) for outcome in again] == [dumps(value) for value in values]


def spoil(value):
    """Change all that can be changed in a value, and tell whether there was any; no array can be."""
    if isinstance(value, np.ndarray):
        with pytest.raises(ValueError, match="read-only"):
            value[...] = 7
    parts = list(value.values()) if isinstance(value, dict) else value
    found = [spoil(part) for part in parts] if isinstance(value, dict | list | tuple) else []
    if isinstance(value, dict | list):
        value.clear()
        return True
    return any(found)


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


def test_a_source_that_is_not_text_is_no_failure_of_the_sandbox(sandbox):
    statements = [("x = '\ud800'", "\ud800", 1), (HONEST_G, "a.py", 1)]
    assert statuses(sandbox.run(statements)) == ["missing", "missing", "returned"]
