"""The codec that crosses the sandbox: what goes in comes out, and no bytes do harm."""

import json
import struct
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox.values import (
    DTYPES,
    MAGIC,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_KEYS,
    MAX_NODES,
    MAX_SKELETON,
    Formula,
    ValuesError,
    dumps,
    loads,
)

PLAIN = (type(None), bool, int, float, str, list, tuple, dict, np.ndarray, Formula)


def message(skeleton: Any, body: bytes = b"") -> bytes:
    """A message with any skeleton: JSON bytes, or what is to become JSON."""
    head = skeleton if isinstance(skeleton, bytes) else json.dumps(skeleton).encode()
    return MAGIC + struct.pack("<I", len(head)) + head + body


def same(left: Any, right: Any) -> bool:
    """Equal in type, shape, dtype and value, NaN like NaN, 0.0 unlike -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes())
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, float):
        return repr(left) == repr(right)
    return bool(left == right)


def decoded(data: bytes) -> Any:
    """What `loads` makes of hostile bytes, or None where it refuses them; nothing else may happen."""
    try:
        value = loads(data)
    except ValuesError:
        return None
    stack = [value]
    while stack:
        part = stack.pop()
        assert type(part) in PLAIN
        if isinstance(part, list | tuple):
            stack.extend(part)
        elif isinstance(part, dict):
            stack.extend([*part.keys(), *part.values()])
        elif isinstance(part, np.ndarray):
            assert part.dtype in DTYPES.values() and part.flags.owndata and part.flags.writeable
        elif isinstance(part, str):
            part.encode()
    return value


@contextmanager
def few_resources(megabytes: float = 1, seconds: float = 1) -> Iterator[None]:
    tracemalloc.start()
    started = time.process_time()
    try:
        yield
        assert time.process_time() - started < seconds
        assert tracemalloc.get_traced_memory()[1] < megabytes * 2**20
    finally:
        tracemalloc.stop()


# ---- Round trips -------------------------------------------------------------------------------------------

ARRAYS = st.sampled_from(list(DTYPES.values())).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | st.text(max_size=8)
KEYS = SCALARS | st.tuples(SCALARS, SCALARS)
VALUES = st.recursive(
    SCALARS | ARRAYS | st.builds(Formula, st.text(max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(value=VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert same(loads(dumps(value)), value)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0, 3), (1,) * MAX_DEPTH, (0, 2**26)])
def test_an_array_of_every_dtype_and_shape_comes_back_as_it_was(
    dtype: np.dtype, shape: tuple[int, ...]
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    assert same(loads(dumps(array)), array)


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6.0).reshape(2, 3)),
        (np.arange(6.0).reshape(2, 3).T, np.array([[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]])),
        (np.arange(6)[::-2], np.array([5, 3, 1])),
        (np.broadcast_to(1.0, (2, 2)), np.ones((2, 2))),
        (np.arange(3, dtype=">i4"), np.arange(3, dtype="<i4")),
        (np.array(1 + 2j, dtype=">c16"), np.array(1 + 2j)),
        (np.ones(2, np.longdouble), np.ones(2)),
        (np.ones(2, np.clongdouble), np.ones(2, complex)),
        (np.ma.masked_array([1.0, 2.0], [True, False]), np.array([1.0, 2.0])),
        (np.float32(0.5), 0.5),
        (np.float16("nan"), float("nan")),
        (np.longdouble(0.5), 0.5),
        (np.int8(-1), -1),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (1 + 2j, np.array(1 + 2j)),
        (np.complex64(1), np.array(1, np.complex64)),
        (np.clongdouble(1), np.array(1 + 0j)),
        (-0.0, -0.0),
        (2**64, 2**64),
        (1 - 10**MAX_DIGITS, 1 - 10**MAX_DIGITS),
        ("卷积\0\u2028😀\\ud800", "卷积\0\u2028😀\\ud800"),
        ([(), [], {}, ""], [(), [], {}, ""]),
        (["l", 1, ["a", "<f8", [1]]], ["l", 1, ["a", "<f8", [1]]]),
        ({"a": {"b": [1, (2, "x")]}, "": None}, {"a": {"b": [1, (2, "x")]}, "": None}),
        ({"a": 2**64, "b": {"c": [1, -(2**64)]}}, {"a": 2**64, "b": {"c": [1, -(2**64)]}}),
        ([1, "\\u" * 3, {"\\ud800": 10**999}], [1, "\\u" * 3, {"\\ud800": 10**999}]),
        ({(1, ("a",)): (1,), None: [1], 2.5: {}}, {(1, ("a",)): (1,), None: [1], 2.5: {}}),
        (dict.fromkeys(range(MAX_KEYS)), dict.fromkeys(range(MAX_KEYS))),
    ],
)
def test_a_special_value_arrives_as_its_plain_form(sent: Any, received: Any) -> None:
    assert same(loads(dumps(sent)), received)


def test_subclasses_arrive_as_their_base_class() -> None:
    class Text(str):
        __slots__ = ()

    class Number(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class Array(np.ndarray):
        def __array_ufunc__(self, *args: Any, **kwargs: Any) -> bool:
            return True

    sent = [Text("a"), Number(3), np.arange(2).view(Array)]
    assert same(loads(dumps(sent)), ["a", 3, np.arange(2)])


def test_every_array_comes_back_writable_and_with_memory_of_its_own() -> None:
    data = bytearray(dumps([np.zeros(2), np.zeros(2)]))
    first, second = loads(memoryview(data))
    data[:] = b"\xff" * len(data)
    first += 1
    assert first.flags.c_contiguous and same([first, second], [np.ones(2), np.zeros(2)])


# ---- What may not cross ------------------------------------------------------------------------------------


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def cyclic() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value",
    [
        np.array([None]),
        np.array([[1], [1, 2]], dtype=object),
        np.array(["a"]),
        np.array([b"a"]),
        np.array(["2000-01-01"], dtype="M8[D]"),
        np.timedelta64(1, "s"),
        np.zeros(1, dtype=[("x", float)]),
        *([np.zeros((1,) * (MAX_DEPTH + 1))] if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else []),
        np.str_("a"),
        np.bytes_(b"a"),
        np.void(b"a"),
        {1, 2},
        frozenset(),
        b"bytes",
        bytearray(),
        range(3),
        iter([]),
        object(),
        int,
        len,
        lambda x: x,
        ...,
        NotImplemented,
        "\ud800",
        {"\udfff": 1},
        Formula("\ud800"),
        [{"deep": (1, {2})}],
        10**MAX_DIGITS,
        [-(10**4300)],
        nested(MAX_DEPTH + 1),
        nested(10_000),
        cyclic(),
        dict.fromkeys(range(MAX_KEYS + 1)),
        "x" * MAX_SKELETON,
        np.broadcast_to(np.uint8(0), MAX_BYTES),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_bounded_data_is_refused(value: Any) -> None:
    with pytest.raises(ValuesError):
        dumps(value)


# ---- Hostile bytes -----------------------------------------------------------------------------------------

REAL = dumps(
    {
        "call": 3,
        ("δ", 1): [np.arange(4.0).reshape(2, 2), np.array([True, False]), np.zeros((0, 3), "<c8")],
        "text": ("残差", None, True, -1.5, float("inf"), 2**100, Formula("np.sum(x)")),
    }
)


def test_every_truncation_of_a_message_is_refused() -> None:
    for end in range(len(REAL)):
        with pytest.raises(ValuesError):
            loads(REAL[:end])


def test_every_flipped_bit_is_refused_or_gives_plain_data() -> None:
    for bit in range(len(REAL) * 8):
        data = bytearray(REAL)
        data[bit // 8] ^= 1 << bit % 8
        decoded(bytes(data))


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_give_plain_data(data: bytes) -> None:
    decoded(data)
    decoded(message(data))
    decoded(message(["l", ["a", "<f8", [2]], ["a", "|b1", [3]]], data))


TAGS = st.sampled_from(["l", "t", "d", "f", "i", "x", "a", "<f8", "|b1", "nan", "0x1", "-0x_1", "\ud800", ""])
NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TAGS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=10,
)


@settings(deadline=None, max_examples=200)
@given(skeleton=NODES, body=st.binary(max_size=40))
def test_arbitrary_skeletons_are_refused_or_give_plain_data(skeleton: Any, body: bytes) -> None:
    decoded(message(skeleton, body))
    decoded(message(["l", ["d", [skeleton, skeleton]], skeleton], body))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        b"CV0" + REAL[3:],
        REAL + b"\0",
        REAL + REAL,
        message(None, b"left over"),
        MAGIC + b"\xff\xff\xff\xff",
        MAGIC + b"\xff\xff\xff\xff" + b"null",
        message(b""),
        message(b"nul"),
        message(b"null null"),
        message(b"\xff"),
        message(b"\xef\xbb\xbfnull"),
        message("null".encode("utf-16")),
        message(b"NaN"),
        message(b"-Infinity"),
        message(b"1e999"),
        message(b"1" * 2000),
        message(b"1" * 100_000),
        message(b'"\\ud800"'),
        message(b'["x","\\udc00"]'),
        message(b'["d",["\\ud800",1]]'),
        message(b'"\xed\xa0\x80"'),
        message(b'{"\\ud800":1}'),
        message(b'{"a":"\\ud800"}'),
        message(b'{"a":1e999}'),
        message(b'{"a":' + b"1" * 2000 + b"}"),
        message({"a": [1]}),
        message({"a": {"b": ["?"]}}),
        message([]),
        message([1]),
        message([["l"]]),
        message(["?"]),
        message(["L", 1]),
        message(["f", "1e5"]),
        message(["f", 1.0]),
        message(["f", "nan", "nan"]),
        message(["i", "0xff"]),
        message(["x", 1]),
        message(["d", 1]),
        message(["d", [1]]),
        message(["d", [1, 2, 3]]),
        message(["d", [["l"], 1]]),
        message(["d", [["d"], 1]]),
        message(["d", [["t", ["l"]], 1]]),
        message(["d", [["a", "|u1", []], 1]], b"\0"),
        message(["a"]),
        message(["a", "<f8", 1], b"\0" * 8),
        message(["a", ">f8", [1]], b"\0" * 8),
        message(["a", "|O", [1]], b"\0" * 8),
        message(["a", "|S8", [1]], b"\0" * 8),
        message(["a", "<M8[s]", [1]], b"\0" * 8),
        message(["a", "float64", [1]], b"\0" * 8),
        message(["a", "<f8", [True]], b"\0" * 8),
        message(["a", "<f8", [1.0]], b"\0" * 8),
        message(["a", "<f8", ["1"]], b"\0" * 8),
        message(["a", "<f8", [None]], b"\0" * 8),
        message(["a", "<f8", [-1]], b"\0" * 8),
        message(["a", "<f8", [-1, -1]], b"\0" * 8),
        message(["a", "<f8", [2]], b"\0" * 15),
        message(["a", "<f8", [1] * 1000], b"\0" * 8),
        message(["a", "<f8", [0] + [2**26] * 31]),
        message(["a", "|b1", [2]], b"\0\2"),
        message(["l", ["a", "<f8", [1]], ["a", "<f8", [1]]], b"\0" * 8),
    ],
)
def test_a_malformed_message_is_refused(data: bytes) -> None:
    with pytest.raises(ValuesError):
        loads(data)


@pytest.mark.parametrize(
    "shape",
    [[2**40], [2**20, 2**20], [2**26] * 8, [2**26] * MAX_DEPTH, [10**4000], [2**63], [2**64], [2**31, 2**33]],
    ids=lambda shape: f"{len(shape)} axes",
)
@pytest.mark.parametrize("code", ["|u1", "<c16"])
def test_a_claimed_shape_allocates_nothing(code: str, shape: list[int]) -> None:
    data = message(["a", code, shape], b"\0" * 64)
    with few_resources(), pytest.raises(ValuesError):
        loads(data)


@pytest.mark.parametrize(
    "skeleton",
    [
        b"[" * 100_000,
        b'["l",' * 100_000 + b"1" + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'["d",[' * 50_000,
        b'["l",' * (MAX_DEPTH + 1) + b"1" + b"]" * (MAX_DEPTH + 1),
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    ],
    ids=["brackets", "lists", "objects", "dicts", "just too deep", "objects, just too deep"],
)
def test_depth_bombs_are_refused(skeleton: bytes) -> None:
    data = message(skeleton)
    with few_resources(megabytes=8), pytest.raises(ValuesError):
        loads(data)


def test_a_skeleton_too_long_is_refused_before_it_is_parsed() -> None:
    data = message(b'["l"' + b",[]" * (MAX_SKELETON // 3) + b"]")
    with few_resources(megabytes=17), pytest.raises(ValuesError, match="outside arrays"):
        loads(data)


@pytest.mark.parametrize("record", [b",1", b',{"a":1}', b',["l",1]'])
def test_too_many_parts_are_refused(record: bytes) -> None:
    data = message(b'["l"' + record * (MAX_NODES + 1) + b"]")
    with pytest.raises(ValuesError, match="too many parts"):
        loads(data)


def test_too_many_names_are_refused() -> None:
    names = [f"n{number}" for number in range(MAX_KEYS + 1)]
    assert len(loads(message(dict.fromkeys(names[1:], 1)))) == MAX_KEYS
    for skeleton in (dict.fromkeys(names, 1), {"a": ["l", dict.fromkeys(names, 1)]}):
        with pytest.raises(ValuesError, match="entries"):
            loads(message(skeleton))


def test_keys_that_all_have_one_hash_cost_little() -> None:
    colliding = [number * (2**61 - 1) for number in range(1, 20_000)]
    assert len(set(map(hash, colliding))) == 1
    one_dict = message(["d", *([number, 0] for number in colliding)])
    many = [["d", *([number, 0] for number in colliding[:MAX_KEYS])] for _ in range(10)]
    started = time.process_time()
    with pytest.raises(ValuesError, match="entries"):
        loads(one_dict)
    loads(message(["l", *many]))
    assert time.process_time() - started < 3


def test_decoding_never_calls_a_formula() -> None:
    received = loads(message(["x", "1/0"]))
    assert received == Formula("1/0")
    with pytest.raises(ZeroDivisionError):
        received(np.zeros(1))
