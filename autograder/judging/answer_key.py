"""Answer keys: the tests of an assignment as data, never as code.

A key holds, for each case, the arguments, the expected value and what each misconception returns.
`authoring.draw` computes it from the authored exercises, once; `save` and `load` keep it in one `.npz` file
(`allow_pickle=False`: a JSON skeleton, and the numbers of all arrays, one behind the other, a member for
each dtype). The visible key is shipped to students; the hidden key never leaves the instructor.
"""

import functools
import hashlib
import io
import json
import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from autograder.base import atomic
from autograder.base.messages import Authored, Text, TextError, say
from autograder.judging import comparison
from autograder.judging.comparison import Comparator, Comparators
from autograder.sandbox.values import TakeArray, dumps, flatten, unflatten

SCHEMA = 3

Layout = Literal["C", "fortran", "strided", "readonly"]
"""How the array arguments of a call lie in memory."""

HIDDEN = ".hidden.npz"
"""How the file of a hidden key ends, behind the assignment's name."""


@dataclass(frozen=True)
class Wrong:
    """What a misconception gives where it differs from the reference: a value or an exception's name."""

    value: Any = None
    raises: str | None = None


@dataclass(frozen=True)
class KeyCase:
    """One call and its expected value. `wrong` maps misconception ids to what they give where they differ."""

    args: tuple[Any, ...]
    expected: Any
    accept: Comparator
    layout: Layout
    fresh: bool
    wrong: dict[str, Wrong]

    @cached_property
    def accepted(self) -> list[Any]:
        """Answers found right, for `judge`: a key serves a whole class, which gives the same ones."""
        return []


@dataclass(frozen=True)
class KeyGroup:
    """Cases that are worth points together."""

    name: str
    zh: str
    en: str
    points: float
    cases: tuple[KeyCase, ...]

    @property
    def title(self) -> Text:
        """What the cases are about."""
        return Authored(self.zh, self.en)


@dataclass(frozen=True)
class Hint:
    """A misconception as a key knows it: its id and what to tell the student."""

    id: str
    zh: str
    en: str

    @property
    def text(self) -> Text:
        return Authored(self.zh, self.en)


@dataclass(frozen=True)
class KeyExercise:
    """One function: its groups of cases and the misconceptions that are known about it."""

    name: str
    parameters: tuple[str, ...]
    lecture: str
    groups: tuple[KeyGroup, ...]
    misconceptions: tuple[Hint, ...]
    defaults: tuple[Any, ...] = ()
    """Default values of the last parameters."""
    worth: float = 0.0
    """Points of the whole exercise; those of the groups here are fewer where some are hidden."""

    @property
    def points(self) -> float:
        return sum(group.points for group in self.groups)

    def left_out(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The default values of the parameters that a call leaves out."""
        missing = len(self.parameters) - len(args)
        return self.defaults[-missing:] if 0 < missing <= len(self.defaults) else ()

    @property
    def cases(self) -> tuple[KeyCase, ...]:
        return tuple(case for group in self.groups for case in group.cases)


@dataclass(frozen=True)
class AnswerKey:
    """Everything that judging an assignment needs.

    Attributes
    ----------
    source : str
        Identifies the authored files that a hidden key was drawn from; empty for a visible key.
    digest : str
        Identifies the key's content.
    domain : str
        The name of what adds its subject's knowledge to the engine (`judging.domain`); "" where nothing does.
    """

    assignment: str
    visible: bool
    exercises: tuple[KeyExercise, ...]
    source: str = ""
    digest: str = ""
    domain: str = ""

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)


def save(key: AnswerKey, path: Path) -> None:
    """Write `key` to `path`; the same key gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, to_bytes(key))


def to_bytes(key: AnswerKey) -> bytes:
    """The `.npz` file of `key`."""
    skeleton, arrays = flatten(_to_data(key))
    numbers: dict[str, list[np.ndarray]] = {}
    for array in arrays:
        numbers.setdefault(array.dtype.name, []).append(array.ravel())
    members = {name: np.concatenate(parts) for name, parts in sorted(numbers.items())}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, skeleton=np.frombuffer(skeleton, np.uint8), **members)  # type: ignore[arg-type]
    return buffer.getvalue()


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


def from_bytes(content: bytes, name: str = "the answer key") -> AnswerKey:
    """The key in the content of its file; the inverse of `to_bytes`.

    Raises
    ------
    KeyFileError
        It is damaged or of another version; it is called `name` in the sentence that says so.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            data = unflatten(file["skeleton"].tobytes(), _arrays_of(file))
        if data["schema"] != SCHEMA:
            told = say("error.key_of_another_version", file=name, its=data["schema"], ours=SCHEMA)
            raise KeyFileError(told)
        return with_digest(_from_data(data, _comparators(data["domain"], name)))
    except KeyFileError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy know a dozen ways to say that a file is damaged
        raise KeyFileError(say("error.key_broken", file=name)) from error


def same_up_to_rounding(one: AnswerKey, other: AnswerKey) -> bool:
    """Equal, except for the last digits in which two machines may differ."""
    (text, arrays), (other_text, other_arrays) = flatten(_to_data(one)), flatten(_to_data(other))
    return _rounded(text) == _rounded(other_text) and all(
        np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(arrays, other_arrays, strict=True)
    )


def _rounded(skeleton: bytes) -> Any:
    return json.loads(skeleton, parse_float=lambda text: f"{float(text):.9g}")


class KeyFileError(TextError):
    """An answer key that cannot be read."""


class DomainMissing(KeyFileError):
    """The key is good, but its subject's package is not here."""

    def __init__(self, file: str, package: str, error: Exception) -> None:
        super().__init__(say("error.key_needs_package", file=file, package=package, error=error))


def _arrays_of(file: Any) -> TakeArray:
    """What gives out a key's arrays, in the order in which the skeleton names them."""
    numbers: dict[str, np.ndarray] = {name: file[name] for name in file.files if name != "skeleton"}
    used = dict.fromkeys(numbers, 0)
    named = functools.cache(lambda dtype: dtype.name)  # NumPy works a name out each time

    def take(dtype: np.dtype, shape: list[int]) -> np.ndarray:
        name = named(dtype)
        start = used[name]
        used[name] += math.prod(shape)
        return numbers[name][start : used[name]].reshape(shape).copy()

    return take


def with_digest(key: AnswerKey) -> AnswerKey:
    digest = hashlib.sha256(dumps(_to_data(key))).hexdigest()
    return replace(key, digest=digest)


def _to_data(key: AnswerKey) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "assignment": key.assignment,
        "visible": key.visible,
        "source": key.source,
        "domain": key.domain,
        "exercises": [
            {
                "name": exercise.name,
                "parameters": list(exercise.parameters),
                "defaults": exercise.defaults,
                "worth": exercise.worth,
                "lecture": exercise.lecture,
                "misconceptions": [[hint.id, hint.zh, hint.en] for hint in exercise.misconceptions],
                "groups": [
                    {
                        "name": group.name,
                        "zh": group.zh,
                        "en": group.en,
                        "points": group.points,
                        "cases": [_case_to_data(case) for case in group.cases],
                    }
                    for group in exercise.groups
                ],
            }
            for exercise in key.exercises
        ],
    }


def _case_to_data(case: KeyCase) -> dict[str, Any]:
    return {
        "args": case.args,
        "expected": case.expected,
        "accept": comparison.to_data(case.accept),
        "layout": case.layout,
        "fresh": case.fresh,
        "wrong": {id: [wrong.value, wrong.raises] for id, wrong in case.wrong.items()},
    }


def _from_data(data: dict[str, Any], comparators: Comparators) -> AnswerKey:
    exercises = tuple(_exercise_from_data(one, comparators) for one in data["exercises"])
    return AnswerKey(data["assignment"], data["visible"], exercises, data["source"], domain=data["domain"])


def _comparators(domain: str, file: str) -> Comparators:
    from autograder.judging.domain import UnknownDomain, find  # which speaks of keys itself

    try:
        return find(domain).comparators
    except UnknownDomain as error:
        raise DomainMissing(file, f"autograder.{domain[:40]}", error) from error


def _exercise_from_data(data: dict[str, Any], comparators: Comparators) -> KeyExercise:
    return KeyExercise(
        data["name"],
        tuple(data["parameters"]),
        data["lecture"],
        tuple(_group_from_data(group, comparators) for group in data["groups"]),
        tuple(Hint(*hint) for hint in data["misconceptions"]),
        data["defaults"],
        data["worth"],
    )


def _group_from_data(data: dict[str, Any], comparators: Comparators) -> KeyGroup:
    cases = tuple(
        KeyCase(
            case["args"],
            case["expected"],
            comparison.from_data(case["accept"], comparators),
            case["layout"],
            case["fresh"],
            {id: Wrong(*wrong) for id, wrong in case["wrong"].items()},
        )
        for case in data["cases"]
    )
    return KeyGroup(data["name"], data["zh"], data["en"], data["points"], cases)
