"""Values that cross the sandbox: plain Python values and numeric arrays, to bytes and back.

The grader sends arguments with it and reads answers with it, and an answer key is stored with it.
The other side is hostile: `loads` accepts nothing but plain data, checks every claim against the
bytes that are really there before it allocates, and raises `ValuesError` for anything else. Never
pickle.

A message is a JSON skeleton followed by the bytes of its arrays::

    b"CV1" · uint32 length of the skeleton · skeleton (UTF-8 JSON) · array 0 · array 1 · …

In the skeleton None, bool, int, float and str stand for themselves; everything else is a JSON list
whose first entry is a tag: `["l", …]` list, `["t", …]` tuple, `["d", [key, value], …]` dict,
`["f", "nan"]` a float that JSON lacks, `["i", "0x…"]` a big int, `["x", source]` a `Formula`, and
`["a", dtype, shape]` the next array in row-major, little-endian order.
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
MAX_SKELETON = 16 * 2**20  # of these bytes: a hostile skeleton, parsed, takes up to 25 times its size
MAX_KEYS = 1000  # in one dict: integers can be chosen so that all of them have the same hash
MAX_INT_BITS = 4096

# The dtypes that an array may have on the way; what a student returns is converted to one of them or refused.
DTYPES = {
    np.dtype(code).newbyteorder("<").str: np.dtype(code).newbyteorder("<")
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}

TakeArray = Callable[[np.dtype, list[int]], np.ndarray]

_HEADER = struct.Struct("<3sI")


class ValuesError(ValueError):
    """A value that cannot be sent, or bytes that are not a message."""


@dataclass(frozen=True)
class Formula:
    """A scalar function of one array, given by a NumPy expression in `x`.

    Exercises such as `numerical_gradient(f, x)` take a function as an argument. It travels as the text of
    its expression and is compiled only where it is called, by the side that authored it or inside the
    sandbox; the grader never calls one that it has read from a submission.

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
        A type that may not cross (an arbitrary object, an object array, a set …), too deep, or too large.
    """
    head, arrays = flatten(value)
    if len(head) + sum(array.nbytes for array in arrays) > MAX_BYTES:
        raise ValuesError(f"more than {MAX_BYTES} bytes")
    return b"".join([_HEADER.pack(MAGIC, len(head)), head, *(array.tobytes() for array in arrays)])


def loads(message: bytes | memoryview) -> Any:
    """Decode a message made by `dumps`.

    Arrays come back C-ordered, writable and owning their memory.

    Raises
    ------
    ValuesError
        Anything but one whole, well-formed message.
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
    body = _Body(view[end:])
    value = unflatten(bytes(view[_HEADER.size : end]), body.take)
    if body.offset != len(body.view):
        raise ValuesError("bytes left over")
    return value


def flatten(value: Any) -> tuple[bytes, list[np.ndarray]]:
    """The JSON skeleton of `value` and its arrays in the order in which the skeleton names them."""
    arrays: list[np.ndarray] = []
    skeleton = _ENCODER.encode(_flatten(value, arrays, 0))
    try:
        head = skeleton.encode()
    except UnicodeEncodeError:
        raise ValuesError("a string that is not valid Unicode") from None
    if len(head) > MAX_SKELETON:
        raise ValuesError(f"more than {MAX_SKELETON} bytes outside arrays")
    return head, arrays


def unflatten(skeleton: bytes, take_array: TakeArray) -> Any:
    """The value of a JSON skeleton; `take_array(dtype, shape)` returns its next array."""
    if len(skeleton) > MAX_SKELETON:
        raise ValuesError(f"more than {MAX_SKELETON} bytes outside arrays")
    try:
        node = _DECODER.decode(skeleton.decode())
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise ValuesError(f"skeleton: {error}") from None
    return _Reader(take_array).value(node, 0)


def _flatten(value: Any, arrays: list[np.ndarray], depth: int) -> Any:
    """The skeleton of `value`; its arrays are appended to `arrays` in order."""
    if depth > MAX_DEPTH:
        raise ValuesError(f"nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if value is None or kind is bool or kind is str or (kind is float and math.isfinite(value)):
        return value
    if isinstance(value, np.ndarray):
        array = as_plain_array(value)
        arrays.append(array)
        return ["a", array.dtype.str, list(array.shape)]
    if isinstance(value, np.generic):
        if value.dtype.kind == "f":
            return _flatten(float(value), arrays, depth)  # `item()` of a long double is a long double
        if value.dtype.kind in ("b", "i", "u"):
            return _flatten(value.item(), arrays, depth)
        return _flatten(np.asarray(value), arrays, depth)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        number = int(value)
        if number.bit_length() > MAX_INT_BITS:
            raise ValuesError("an integer too large")
        return number if number.bit_length() <= 64 else ["i", hex(number)]
    if isinstance(value, float):
        real = float(value)
        return real if math.isfinite(real) else ["f", repr(real)]
    if isinstance(value, complex):
        return _flatten(np.asarray(complex(value)), arrays, depth)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Formula):
        return ["x", value.source]
    if isinstance(value, list | tuple):
        tag = "l" if isinstance(value, list) else "t"
        return [tag, *(_flatten(item, arrays, depth + 1) for item in value)]
    if isinstance(value, dict):
        if len(value) > MAX_KEYS:
            raise ValuesError(f"a dict of more than {MAX_KEYS} entries")
        pairs = [
            [_flatten(key, arrays, depth + 1), _flatten(item, arrays, depth + 1)]
            for key, item in value.items()
        ]
        return ["d", *pairs]
    raise ValuesError(f"a value of type {type(value).__name__}")


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
        raise ValuesError(f"an array of dtype {plain.dtype}")
    if plain.ndim > MAX_DEPTH:
        raise ValuesError(f"an array of more than {MAX_DEPTH} axes")
    return np.asarray(plain, dtype=dtype, order="C")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


class _Body:
    """The bytes behind a message's skeleton, given out array by array."""

    def __init__(self, view: memoryview) -> None:
        self.view = view
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
            return np.ndarray(shape, dtype, part).copy()
        except ValueError:  # an empty array whose other axes are beyond NumPy's limits
            raise ValuesError("a malformed shape") from None


class _Reader:
    """Rebuilds one value from its skeleton, node by node."""

    def __init__(self, take_array: TakeArray) -> None:
        self.take_array = take_array
        self.nodes = 0

    def value(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise ValuesError("nested too deep or too many parts")
        kind = type(node)  # JSON knows no subclasses
        if kind is list and node:
            return self._tagged(node, depth)
        if kind is str:
            return self._text(node)
        if node is None or kind is bool:
            return node
        if kind is int:
            if node.bit_length() > MAX_INT_BITS:
                raise ValuesError("an integer too large")
            return node
        if kind is float:
            if not math.isfinite(node):
                raise ValuesError("a float out of range")
            return node
        raise ValuesError("a node without a tag")

    def _tagged(self, node: list[Any], depth: int) -> Any:
        match node:
            case ["a", str(dtype), list(shape)]:
                return self._array(dtype, shape)
            case ["t", *parts]:
                return tuple([self.value(part, depth + 1) for part in parts])
            case ["l", *parts]:
                return [self.value(part, depth + 1) for part in parts]
            case ["d", *pairs]:
                return self._dict(pairs, depth)
            case ["f", ("nan" | "inf" | "-inf") as name]:
                return float(name)
            case ["i", str(digits)] if len(digits) < MAX_INT_BITS // 4 + 4:
                return self._int(digits)
            case ["x", str(source)]:
                return Formula(self._text(source))
        raise ValuesError("an unknown tag")

    def _text(self, text: str) -> str:
        try:
            if not text.isascii():
                text.encode()
        except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which nothing could store or print
            raise ValuesError("a string that is not valid Unicode") from None
        return text

    def _dict(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        if len(pairs) > MAX_KEYS:
            raise ValuesError(f"a dict of more than {MAX_KEYS} entries")
        result = {}
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2:
                raise ValuesError("a dict entry that is not a pair")
            key = self.value(pair[0], depth + 1)
            try:
                hash(key)
            except TypeError:
                raise ValuesError("a dict key that cannot be one") from None
            result[key] = self.value(pair[1], depth + 1)
        return result

    def _int(self, digits: str) -> int:
        try:
            return int(digits, 16)
        except ValueError:
            raise ValuesError("a malformed integer") from None

    def _array(self, code: str, shape: list[Any]) -> np.ndarray:
        dtype = DTYPES.get(code)
        if dtype is None or len(shape) > MAX_DEPTH:
            raise ValuesError("an array of unknown dtype or too many axes")
        if not all(type(length) is int and 0 <= length <= MAX_BYTES for length in shape):
            raise ValuesError("a malformed shape")
        return self.take_array(dtype, shape)
