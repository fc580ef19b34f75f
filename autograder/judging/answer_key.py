"""Answer keys as files: the tests of an assignment as data, never as code.

A key holds, for each case, the arguments, the expected value and what each misconception returns.
`authoring.draw` computes it from the authored exercises, once; `save` and `load` keep it in one `.npz` file
(`allow_pickle=False`: a JSON skeleton with the fields of the records, and the numbers of all arrays, one
behind the other, a member for each dtype). The visible key is shipped to students; the hidden key never
leaves the instructor.
"""

import functools
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.base import atomic, records
from autograder.base.messages import Text, TextError, say
from autograder.judging.comparison import OWN, Comparator, Comparators
from autograder.judging.domain import UnknownDomain, find, registered
from autograder.judging.key_records import (
    AnswerKey,
    Hint,
    KeyCase,
    KeyExercise,
    KeyGroup,
    KeySettings,
    Layout,
    Wrong,
)
from autograder.sandbox.values import TakeArray, dumps, flatten, unflatten

__all__ = ["AnswerKey", "Hint", "KeyCase", "KeyExercise", "KeyGroup", "KeySettings", "Layout", "Wrong"]
__all__ += ["HIDDEN", "SCHEMA", "DomainMissing", "KeyFileError"]
__all__ += ["deciding", "from_bytes", "load", "names_in", "newest", "same_up_to_rounding", "same_values"]
__all__ += ["save", "to_bytes", "what_decides", "with_digest"]

SCHEMA = 4

HIDDEN = ".hidden.npz"
"""How the file of a hidden key ends, behind the assignment's name."""


def save(key: AnswerKey, path: Path) -> None:
    """Write `key` to `path`, a hidden one for its owner alone; the same key gives the same bytes."""
    path.parent.mkdir(mode=0o777 if key.visible else 0o700, parents=True, exist_ok=True)
    atomic.write(path, to_bytes(key), private=not key.visible)


def to_bytes(key: AnswerKey) -> bytes:
    """The `.npz` file of `key`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **_members(key))  # type: ignore[arg-type]
    return buffer.getvalue()


def _members(key: AnswerKey) -> dict[str, np.ndarray]:
    """The arrays of the file of `key`."""
    skeleton, arrays = flatten(_to_data(key))
    numbers: dict[str, list[np.ndarray]] = {}
    for array in arrays:
        numbers.setdefault(array.dtype.name, []).append(array.ravel())
    members = {name: np.concatenate(parts) for name, parts in numbers.items()}
    return {_SKELETON: np.frombuffer(skeleton, np.uint8), **members}


_SKELETON = "skeleton"


def _digest(members: Mapping[str, np.ndarray]) -> str:
    """Identifies what a file says, whatever has compressed it."""
    digest = hashlib.sha256()
    for name, member in sorted(members.items()):
        digest.update(f"{name} {member.dtype.str} {member.size} ".encode() + member.tobytes())
    return digest.hexdigest()


def load(path: Path, assignment: str | None = None) -> AnswerKey:
    """Read a key; that of `assignment`, where its name is given.

    Raises
    ------
    KeyFileError
        One sentence: the file is missing, damaged, of another version or of another assignment.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise KeyFileError(say("error.key_missing", file=path)) from None
    except OSError as error:
        raise KeyFileError(say("error.file_unreadable", file=path, error=error.strerror or error)) from error
    key = from_bytes(content, str(path))
    if assignment is not None and key.assignment != assignment:
        raise KeyFileError(say("error.key_of_another", file=path, its=key.assignment, assignment=assignment))
    return key


def newest(path: Path) -> AnswerKey:
    """The key at `path`, read again only when the file has changed.

    Raises
    ------
    KeyFileError
    """
    try:
        return _read_at(path, path.stat().st_mtime_ns)
    except OSError:
        return load(path)  # says what is wrong


@functools.lru_cache(maxsize=16)
def _read_at(path: Path, changed: int) -> AnswerKey:
    return load(path)


def from_bytes(content: bytes, name: str = "") -> AnswerKey:
    """The key in the content of its file; the inverse of `to_bytes`.

    Raises
    ------
    KeyFileError
        It is damaged or of another version; it is called `name` in the sentence that says so.
    """
    shown = name or say("error.the_key")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            members = {name: file[name] for name in file.files}
        digest = _digest(members)
        data = unflatten(members.pop(_SKELETON).tobytes(), _arrays_of(members))
        if data["schema"] != SCHEMA:
            id = "error.key_older" if data["schema"] < SCHEMA else "error.key_newer"
            raise KeyFileError(say(id, file=shown, its=data["schema"], ours=SCHEMA))
        del data["schema"]
        variants = {Comparator: {**_comparators(data["domain"], shown), **OWN}}
        return replace(records.from_data(AnswerKey, data, variants), digest=digest)
    except KeyFileError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy know a dozen ways to say that a file is damaged
        raise KeyFileError(say("error.key_broken", file=shown)) from error


def same_up_to_rounding(built: AnswerKey, kept: AnswerKey) -> bool:
    """Equal, except for the last digits in which two machines may differ."""
    return same_values(_to_data(built), _to_data(kept))


def same_values(built: Any, kept: Any) -> bool:
    """The same for plain values and arrays."""
    (text, arrays), (kept_text, kept_arrays) = flatten(built), flatten(kept)
    return _rounded(text) == _rounded(kept_text) and all(
        np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(arrays, kept_arrays, strict=True)
    )


def _rounded(skeleton: bytes) -> Any:
    return json.loads(skeleton, parse_float=lambda text: f"{float(text):.9g}")


class KeyFileError(TextError):
    """An answer key that cannot be read."""


class DomainMissing(KeyFileError):
    """The key is good, but its subject's package is not here."""

    def __init__(self, file: Text | str, package: str, error: Exception) -> None:
        super().__init__(say("error.key_needs_package", file=file, package=package, error=error))


def _arrays_of(numbers: Mapping[str, np.ndarray]) -> TakeArray:
    """What gives out a key's arrays, in the order in which the skeleton names them."""
    used = dict.fromkeys(numbers, 0)
    named = functools.cache(lambda dtype: dtype.name)  # NumPy works a name out each time

    def take(dtype: np.dtype, shape: list[int]) -> np.ndarray:
        name = named(dtype)
        start = used[name]
        used[name] += math.prod(shape)
        return numbers[name][start : used[name]].reshape(shape).copy()

    return take


def names_in(keys: Iterable[AnswerKey]) -> dict[str, str]:
    """What hand-ins may call the assignments of `keys` besides their names, in lower case, to these names."""
    return {name.casefold(): key.assignment for key in keys for name in key.settings.names}


def with_digest(key: AnswerKey) -> AnswerKey:
    return replace(key, digest=_digest(_members(key)))


def deciding(key: AnswerKey) -> str:
    """The digest of what decides points: not of texts, misconceptions, siblings or names of parameters."""
    exercises = [
        [each.name, [[g.name, g.points, [what_decides(case) for case in g.cases]] for g in each.groups]]
        for each in key.exercises
    ]
    limits = sorted(key.settings.limits.items())
    point = registered(key.domain)
    version = point.dist.version if point and point.dist else ""
    about = [key.assignment, key.domain, version, limits, key.by_hand]
    return hashlib.sha256(dumps([about, exercises])).hexdigest()


def what_decides(case: KeyCase) -> dict[str, Any]:
    """A case as plain values, without its misconceptions."""
    return records.to_data(replace(case, wrong={}))


def _to_data(key: AnswerKey) -> dict[str, Any]:
    data = {"schema": SCHEMA, **records.to_data(key)}
    del data["digest"]
    for group in (group for exercise in data["exercises"] for group in exercise["groups"]):
        if not group["siblings"]:  # a visible key has none
            del group["siblings"]
    return data


def _comparators(domain: str, file: Text | str) -> Comparators:
    try:
        return find(domain).comparators
    except UnknownDomain as error:
        raise DomainMissing(file, f"autograder.{domain[:40]}", error) from error
