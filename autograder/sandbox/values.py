"""Encode and decode the values that cross the sandbox: plain Python values and numeric arrays.

The grader sends arguments with it and reads answers with it, and answer keys are stored with it. The other
side is hostile: `loads` accepts plain data only, checks every size against the bytes that are really there
before it allocates, and raises `ValuesError` for anything else. It must never use pickle.

A message is a JSON skeleton followed by the bytes of its arrays::

    b"CV1" · uint32 length of the skeleton · skeleton (UTF-8 JSON) · array 0 · array 1 · …

In the skeleton None, bool, int, float and str stand for themselves, and a JSON object for a dict whose
keys are all names; everything else is a JSON list whose first entry is a tag: `["l", …]` list, `["t", …]`
tuple, `["d", [key, value], …]` any other dict, `["f", "nan"]` a float that JSON lacks, `["x", source]` a
`Formula`, and `["a", dtype, shape]` the next array in row-major, little-endian order.
"""

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAGIC = b"CV1"
MAX_DEPTH = 32
MAX_NODES = 1_000_000
MAX_BYTES = 64 * 2**20
MAX_SKELETON = 16 * 2**20  # of these bytes: a hostile skeleton takes up to 25 times its size when parsed
MAX_DIGITS = 1000  # of a number, and in a row in a text: Python refuses to write numbers a little larger
MAX_KEYS = 1000  # of one dict: integers can be chosen so that all of them have the same hash

# The dtypes of encoded arrays; what a student returns is converted to one of them or refused.
DTYPES = {
    np.dtype(code).newbyteorder("<").str: np.dtype(code).newbyteorder("<")
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}

_ATOMS: frozenset[type] = frozenset({bool, type(None), str, int})
"""What most tables consist of: passed unchanged and unchecked, in both directions."""
_CONTAINERS = (dict, list, tuple)
_NAMES: frozenset[type] = frozenset({str})
_SAME_DIGITS = bytes.maketrans(b"123456789", b"000000000")

TakeArray = Callable[[np.dtype, list[int]], np.ndarray]

_HEADER = struct.Struct("<3sI")


class ValuesError(ValueError):
    """A value that cannot be encoded, or bytes that are not a message.

    Attributes
    ----------
    what : str
        The type or dtype that cannot be encoded, as "type Fraction" or "dtype object"; "" for other errors.
    """

    def __init__(self, why: str, what: str = "") -> None:
        super().__init__(why)
        self.what = what


@dataclass(frozen=True)
class Formula:
    """A scalar function of one array, given by a NumPy expression in `x`.

    Exercises such as `numerical_gradient(f, x)` take a function as an argument. It is sent as the text of its
    expression and compiled only where it is called: by its author's side or inside the sandbox. The grader
    never calls one that it has read from a submission.

    Examples
    --------
    >>> Formula("np.sum(x ** 2)")(np.array([3.0, 4.0]))
    25.0
    """

    source: str

    def __call__(self, x: np.ndarray) -> float:
        return float(eval(self.source, {"np": np, "x": x}))


def dumps(value: Any) -> bytes:
    """Encode `value`.

    Raises
    ------
    ValuesError
        Of another type (an arbitrary object, an object array, a set …), too deep, or too large.
    """
    head, arrays = flatten(value)
    if len(head) + sum(array.nbytes for array in arrays) > MAX_BYTES:
        raise ValuesError(f"more than {MAX_BYTES} bytes")
    return b"".join([_HEADER.pack(MAGIC, len(head)), head, *(array.tobytes() for array in arrays)])


def loads(message: bytes | memoryview, *, writable: bool = True) -> Any:
    """Decode a message made by `dumps`.

    Arrays come back C-ordered and owning their memory; read-only where they are not to be `writable`.

    Raises
    ------
    ValuesError
        `message` is not exactly one well-formed message.
    """
    view = memoryview(message)
    if len(view) > MAX_BYTES + _HEADER.size:
        raise ValuesError(f"more than {MAX_BYTES} bytes")
    if len(view) < _HEADER.size:
        raise ValuesError("truncated header")
    magic, length = _HEADER.unpack_from(view)
    end = _HEADER.size + length
    if magic != MAGIC or end > len(view):
        raise ValuesError("not a message")
    body = _Body(view[end:], writable)
    value = unflatten(bytes(view[_HEADER.size : end]), body.take)
    if body.offset != len(body.view):
        raise ValuesError("bytes left over")
    return value


def is_constant(value: Any) -> bool:
    """Whether nobody can change `value`: it is no list, dict or writable array, and holds none."""
    if isinstance(value, tuple):
        return all(map(is_constant, value))
    return not (value.flags.writeable if isinstance(value, np.ndarray) else isinstance(value, list | dict))


def flatten(value: Any) -> tuple[bytes, list[np.ndarray]]:
    """The JSON skeleton of `value`, and its arrays in the order of the skeleton."""
    if type(value) is np.ndarray:  # most answers
        array = as_plain_array(value)
        return f'["a","{array.dtype.str}",[{",".join(map(str, array.shape))}]]'.encode(), [array]
    writer = _Writer()
    try:
        head = _spell(writer.node(value, 0)).encode()
    except ValuesError:
        raise
    except ValueError as error:  # half a surrogate pair, or more digits than Python writes
        raise ValuesError(str(error)) from None
    _check_size(head)
    return head, writer.arrays


def unflatten(skeleton: bytes, take_array: TakeArray) -> Any:
    """The value with this JSON skeleton; `take_array(dtype, shape)` returns its next array."""
    _check_size(skeleton)
    try:
        node = _DECODER.decode(skeleton.decode())
        if b"\\u" in skeleton:  # perhaps half a surrogate pair, which nothing could store or print
            _spell(node).encode()
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise ValuesError(f"skeleton: {error}") from None
    return _Reader(take_array).value(node, 0)


def _check_size(skeleton: bytes) -> None:
    if len(skeleton) > MAX_SKELETON:
        raise ValuesError(f"more than {MAX_SKELETON} bytes outside arrays")
    if b"0" * (MAX_DIGITS + 1) in skeleton.translate(_SAME_DIGITS):
        raise ValuesError(f"more than {MAX_DIGITS} digits")


class _Writer:
    """Rewrites a value as the JSON-ready nodes of its skeleton, and collects its arrays in order."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []

    def node(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is not tuple and kind is not list and not isinstance(value, _CONTAINERS):
            return self._leaf(value)
        if value and depth == MAX_DEPTH:
            raise ValuesError(f"nested more than {MAX_DEPTH} deep")
        depth += 1
        if isinstance(value, dict):
            return self._dict(value, depth)
        tag = "l" if isinstance(value, list) else "t"
        if _ATOMS.issuperset(map(type, value)):
            return [tag, *value]
        return [tag, *[self.node(part, depth) for part in value]]

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        if len(value) > MAX_KEYS:
            raise ValuesError(f"a dict of more than {MAX_KEYS} entries")
        if not _NAMES.issuperset(map(type, value)):
            return ["d", *[[self.node(key, depth), self.node(item, depth)] for key, item in value.items()]]
        if _ATOMS.issuperset(map(type, value.values())):
            return value
        return {key: item if type(item) in _ATOMS else self.node(item, depth) for key, item in value.items()}

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            array = as_plain_array(value)
            self.arrays.append(array)
            return ["a", array.dtype.str, list(array.shape)]
        kind = type(value)
        if kind in _ATOMS or (kind is float and math.isfinite(value)):
            return value
        if isinstance(value, np.generic):
            if value.dtype.kind == "f":
                return self._leaf(float(value))  # `item()` of a long double is a long double
            if value.dtype.kind in ("b", "i", "u"):
                return self._leaf(value.item())
            return self._leaf(np.asarray(value))
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            real = float(value)
            return real if math.isfinite(real) else ["f", repr(real)]
        if isinstance(value, complex):
            return self._leaf(np.asarray(complex(value)))
        if isinstance(value, str):
            return str(value)
        if isinstance(value, Formula):
            return ["x", value.source]
        raise ValuesError(f"a value of type {(name := type(value).__name__)}", f"type {name}")


def as_plain_array(array: np.ndarray) -> np.ndarray:
    """`array` as a base-class, row-major, little-endian array of a dtype in `DTYPES`.

    A subclass loses its behaviour, extended precision becomes float64.

    Raises
    ------
    ValuesError
        Object, string, structured, date and other non-numeric dtypes.
    """
    plain = np.asarray(array)
    dtype = DTYPES.get(plain.dtype.str)
    if dtype is None:  # extended precision or foreign byte order, or not numeric at all
        if plain.dtype.kind == "f" and plain.dtype.itemsize > 8:
            plain = plain.astype(np.float64)
        if plain.dtype.kind == "c" and plain.dtype.itemsize > 16:
            plain = plain.astype(np.complex128)
        dtype = DTYPES.get(plain.dtype.newbyteorder("<").str)
    if dtype is None:
        raise ValuesError(f"an array of dtype {plain.dtype}", f"dtype {plain.dtype}")
    if plain.ndim > MAX_DEPTH:
        raise ValuesError(f"an array of more than {MAX_DEPTH} axes")
    return np.asarray(plain, dtype=dtype, order="C")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_spell = json.JSONEncoder(check_circular=False, ensure_ascii=False, separators=(",", ":")).encode
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


class _Body:
    """The bytes after a message's skeleton, taken array by array."""

    def __init__(self, view: memoryview, writable: bool) -> None:
        self.view = view
        self.writable = writable
        self.offset = 0

    def take(self, dtype: np.dtype, shape: list[int]) -> np.ndarray:
        nbytes = math.prod(shape) * dtype.itemsize
        if nbytes > len(self.view) - self.offset:
            raise ValuesError("an array longer than the message")
        part = self.view[self.offset : self.offset + nbytes]
        self.offset += nbytes
        if dtype.kind == "b" and np.frombuffer(part, np.uint8).max(initial=0) > 1:
            raise ValuesError("a bool that is neither 0 nor 1")
        try:
            array = np.ndarray(shape, dtype, part).copy()
        except ValueError:  # an empty array whose other axes are beyond NumPy's limits
            raise ValuesError("a malformed shape") from None
        array.flags.writeable = self.writable
        return array


class _Reader:
    """Rebuilds one value from its skeleton, node by node."""

    def __init__(self, take_array: TakeArray) -> None:
        self.take_array = take_array
        self.nodes = 0

    def value(self, node: Any, depth: int) -> Any:
        kind = type(node)  # JSON gives no subclasses
        if kind is dict:
            return self._record(node, depth + 1)
        if kind is list and node:
            if node[0] == "l":
                return self._parts(node, depth + 1)
            return tuple(self._parts(node, depth + 1)) if node[0] == "t" else self._tagged(node, depth + 1)
        if kind in _ATOMS:
            return node
        if kind is float:
            if not math.isfinite(node):
                raise ValuesError("a float out of range")
            return node
        raise ValuesError("a node without a tag")

    def _count(self, nodes: int, depth: int) -> None:
        self.nodes += nodes
        if (nodes and depth > MAX_DEPTH) or self.nodes > MAX_NODES:
            raise ValuesError("nested too deep or too many parts")

    def _parts(self, node: list[Any], depth: int) -> list[Any]:
        """The values after a tag."""
        parts = node[1:]
        self._count(len(parts), depth)
        if _ATOMS.issuperset(map(type, parts)):
            return parts
        return [self.value(part, depth) for part in parts]

    def _record(self, record: dict[str, Any], depth: int) -> dict[str, Any]:
        """A dict whose keys are all strings: JSON's own, with its values decoded in place."""
        if len(record) > MAX_KEYS:
            raise ValuesError(f"a dict of more than {MAX_KEYS} entries")
        self._count(len(record), depth)
        if not _ATOMS.issuperset(map(type, record.values())):
            for key, item in record.items():
                if type(item) not in _ATOMS:
                    record[key] = self.value(item, depth)
        return record

    def _tagged(self, node: list[Any], depth: int) -> Any:
        match node:
            case ["a", str(dtype), list(shape)]:
                return self._array(dtype, shape)
            case ["d", *pairs]:
                return self._dict(pairs, depth)
            case ["f", ("nan" | "inf" | "-inf") as name]:
                return float(name)
            case ["x", str(source)]:
                return Formula(source)
        raise ValuesError("an unknown tag")

    def _dict(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        if len(pairs) > MAX_KEYS:
            raise ValuesError(f"a dict of more than {MAX_KEYS} entries")
        self._count(2 * len(pairs), depth)
        result = {}
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2:
                raise ValuesError("a dict entry that is not a pair")
            key = self.value(pair[0], depth)
            try:
                hash(key)
            except TypeError:
                raise ValuesError("a dict key that cannot be hashed") from None
            result[key] = self.value(pair[1], depth)
        return result

    def _array(self, code: str, shape: list[Any]) -> np.ndarray:
        dtype = DTYPES.get(code)
        if dtype is None or len(shape) > MAX_DEPTH:
            raise ValuesError("an array of unknown dtype or too many axes")
        if not all(type(length) is int and 0 <= length <= MAX_BYTES for length in shape):
            raise ValuesError("a malformed shape")
        return self.take_array(dtype, shape)
