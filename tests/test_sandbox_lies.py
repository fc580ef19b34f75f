"""A process that lies to the grader, in frames and in objects, gives nothing but its own values."""

import gc
import resource
import struct
import textwrap
import time
import tracemalloc

import numpy as np
import pytest

from autograder.sandbox import client, runner
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits, MiB
from autograder.sandbox.quotable import Quotable
from autograder.sandbox.records import Outcome
from autograder.sandbox.values import dumps
from tests.sandboxes import CALLS, run

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
    assert second.status in ("died", "time", "output", "not made")
    assert third.value == 5.0 or (third.status == "died" and expected == 6.0)


@pytest.mark.parametrize(
    "lie",
    [
        "send(begin(0) + answer(0) + begin(1) + answer(1))",
        "send(frame(b'E'))",
        "send(frame(b'N', bytes(10**6)))",
        "for _ in range(1000): send(frame(b'N', b'x'))",
    ],
)
def test_a_lie_while_loading_costs_the_statement_that_lies(sandbox, lie):
    result = run(sandbox, f"{FORGE}\n{lie}\n")
    *lied, honest = result.outcomes
    assert all(outcome.status in ("missing", "died") or outcome.value == 6.0 for outcome in lied)
    # The lie is read a little later, when a later statement of the liar's, or none, may be at work.
    assert honest.value in (5.0, None) and set(result.left_out) <= {("a.py", 1), ("a.py", 1000)}


def test_no_submission_says_that_a_statement_was_stopped(sandbox):
    """Of a note without an exception the grader says so; an exception may have no name."""
    (note,) = run(sandbox, "raise type('', (Exception,), {})('time')").notes
    assert (note.exception, note.text) == ("Exception", "time")
    (note,) = client.parse_note(dumps({"status": "raised", "where": "a.py", "line": 7, "text": "time"}))
    assert note.exception == "Exception"


def test_a_forged_page_of_progress_blames_own_statements_only(sandbox):
    """It lies in the run's own memory; what it says of another run, or of no statement, is nothing."""
    source = """
        import os, struct, sys
        number = struct.pack("<IdId", {number}, 0.0, {number}, {seconds})
        sys._getframe(1).f_locals["progress"][:24] = number
        os._exit(0)
    """
    for number, seconds in ((2, "1e300"), (10**9, "float('inf')"), (0, "float('nan')")):
        result = run(sandbox, source.format(number=number, seconds=seconds))
        assert [outcome.value for outcome in result.outcomes] == [None] * 3
        assert len(result.left_out) <= 2
        assert run(sandbox, "def f(x): return 6.0").outcomes[2].value == 5.0


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
    assert result.outcomes[1].status in ("died", "time", "output", "not made")


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
    quotable = Quotable([("source", "w", 1)])
    for name in honest:
        for data in (honest | {name: value}, {name: value}, value):
            outcome = client.outcome_of(runner.SECONDS.pack(0.5) + b"M" + dumps(data))
            assert type(outcome.status) is type(outcome.text) is type(outcome.where) is str
            assert 0 <= outcome.seconds < 1e6 and all(i >= 0 for i in outcome.changed)
            quotable.vet(outcome, 1)
            for note in client.parse_note(dumps(data)):
                assert type(quotable.vet_note(note).where) is str


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
    assert (third.status, third.exception, third.where) == ("raised", "ModuleNotFoundError", "a.py")


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


def test_the_grader_stays_small_over_many_hostile_runs(sandbox):
    source = f"{FORGE}\ndef f(x):\n    send(frame(b'R', struct.pack('<I', 0), 2**24) + bytes(2**25))\n"
    run(sandbox, source)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        run(sandbox, source)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024


def test_dumps_is_what_the_forged_frames_above_imitate():
    assert dumps({"value": 6.0}) == b"CV1" + struct.pack("<I", 13) + b'{"value":6.0}'
