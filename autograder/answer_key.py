"""Answer keys: the tests of an assignment as data, never as code.

A key holds, for each case, the arguments, the expected value and what each misconception returns.
`draw` computes it from the authored exercises, once; `save` and `load` keep it in one `.npz` file
(`allow_pickle=False`: a JSON skeleton, and the numbers of all arrays, one behind the other, a member for
each dtype). The visible key of a course is drawn from a
fixed seed and shipped to students; the hidden key is drawn from the operating system's randomness
and never leaves the instructor.
"""

import copy
import functools
import hashlib
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder import comparison, whole
from autograder.comparison import Comparator
from autograder.exercise import AuthoringError, Case, Exercise, Group, Layout, Misconception
from autograder.values import TakeArray, ValuesError, dumps, flatten, loads, unflatten

if TYPE_CHECKING:  # naming it would load numpy.random, which a student's check does not need
    from numpy.random import Generator

SCHEMA = 2

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
    def spelling(self) -> str | None:
        """`comparison.spelling` of what is expected: a key serves a whole class."""
        return comparison.spelling(self.expected)


@dataclass(frozen=True)
class KeyGroup:
    """Cases that are worth points together."""

    name: str
    zh: str
    en: str
    points: float
    cases: tuple[KeyCase, ...]


@dataclass(frozen=True)
class Hint:
    """A misconception as a key knows it: its id and what to tell the student."""

    id: str
    zh: str
    en: str


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
    """

    assignment: str
    visible: bool
    exercises: tuple[KeyExercise, ...]
    source: str = ""
    digest: str = ""

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)


def draw_hidden(name: str, exercises: tuple[Exercise, ...], source: str = "") -> AnswerKey:
    """A new hidden key; no two are alike and none can be guessed from this repository."""
    import secrets  # a student's check draws nothing and need not wait for it

    rng = np.random.default_rng(secrets.randbits(256))
    return _with_digest(replace(draw(name, exercises, rng, visible=False), source=source))


def draw_visible(name: str, exercises: tuple[Exercise, ...]) -> AnswerKey:
    """The visible key: the same on every machine, for every course."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return draw(name, exercises, np.random.default_rng(seed), visible=True)


def draw(name: str, exercises: tuple[Exercise, ...], rng: "Generator", *, visible: bool) -> AnswerKey:
    """Draw every case of an assignment and compute what the reference and the misconceptions give.

    Raises
    ------
    AuthoringError
        A group draws no cases or fails to; the reference raises, changes its arguments, or returns what
        cannot be stored.
    """
    key = AnswerKey(name, visible, tuple(_draw_exercise(exercise, rng, visible) for exercise in exercises))
    return _with_digest(key)


def _draw_exercise(exercise: Exercise, rng: "Generator", visible: bool) -> KeyExercise:
    known = (*exercise.misconceptions, *exercise.pairs())
    groups = tuple(
        KeyGroup(
            group.name,
            group.zh,
            group.en,
            group.points,
            tuple(_key_case(exercise, group, case, known) for case in _cases(exercise, group, rng, visible)),
        )
        for group in exercise.groups
        if group.visible or not visible
    )
    hints = tuple(Hint(m.id, m.zh, m.en) for m in known)
    drawn = KeyExercise(
        exercise.name,
        exercise.parameters,
        exercise.lecture,
        groups,
        hints,
        exercise.defaults,
        exercise.points,
    )
    return _without_needless_pairs(drawn, {pair.id for pair in exercise.pairs()})


def _without_needless_pairs(exercise: KeyExercise, pairs: set[str]) -> KeyExercise:
    """Drop the pairs that change nothing, or that one misconception explains just as well."""
    singles = [hint.id for hint in exercise.misconceptions if hint.id not in pairs]
    needless = {
        pair
        for pair in pairs
        if not any(pair in case.wrong for case in exercise.cases)
        or any(
            all(_same_wrong(case.wrong.get(pair), case.wrong.get(single)) for case in exercise.cases)
            for single in singles
        )
    }
    groups = tuple(
        replace(group, cases=tuple(_without(case, needless) for case in group.cases))
        for group in exercise.groups
    )
    hints = tuple(hint for hint in exercise.misconceptions if hint.id not in needless)
    return replace(exercise, groups=groups, misconceptions=hints)


def _without(case: KeyCase, ids: set[str]) -> KeyCase:
    return replace(case, wrong={id: wrong for id, wrong in case.wrong.items() if id not in ids})


def _same_wrong(one: Wrong | None, other: Wrong | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.raises or other.raises:
        return bool(one.raises) == bool(other.raises)
    return comparison.agrees(comparison.Close(), one.value, other.value)


def _cases(exercise: Exercise, group: Group, rng: "Generator", visible: bool) -> list[Case]:
    where = f"{exercise.name}, group {group.name!r}"
    try:
        cases = group.cases(rng, for_students=visible)
    except Exception as error:
        raise AuthoringError(f"{where}: drawing its cases raised {_told(error)}") from error
    if not cases:
        raise AuthoringError(f"{where}: it yields no cases, so its points would be free.")
    return cases


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _key_case(exercise: Exercise, group: Group, case: Case, known: Sequence[Misconception]) -> KeyCase:
    where = f"{exercise.name}, group {group.name!r}"
    accept = case.accept or exercise.accept
    try:
        sent = dumps(case.args)
        args, given = loads(sent), loads(sent)
        expected = comparison.essence(accept, loads(dumps(exercise.reference(*given))))
        unchanged = dumps(given) == sent
    except ValuesError as error:
        raise AuthoringError(f"{where}: {error} cannot be stored in an answer key.") from error
    except Exception as error:
        raise AuthoringError(f"{where}: the reference raised {_told(error)}") from error
    if not unchanged:
        raise AuthoringError(f"{where}: the reference changes its arguments.")
    if not comparison.acceptable(accept, expected):
        raise AuthoringError(f"{where}: the reference's own answer is not acceptable ({accept}).")
    wrong = {m.id: _run_wrong(m.run, args, accept) for m in known}
    differing = {
        id: outcome
        for id, outcome in wrong.items()
        if outcome.raises or not comparison.same_kept(accept, outcome.value, expected)
    }
    return KeyCase(args, expected, accept, case.layout, case.fresh, differing)


def _run_wrong(run: Callable[..., Any], args: tuple[Any, ...], accept: Comparator) -> Wrong:
    with np.errstate(all="ignore"):
        try:
            return Wrong(value=comparison.essence(accept, loads(dumps(run(*copy.deepcopy(args))))))
        except Exception as error:  # a misconception may well crash; that is how it shows
            return Wrong(raises=type(error).__name__)


def save(key: AnswerKey, path: Path) -> None:
    """Write `key` to `path`; the same key gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.write(path, to_bytes(key))


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
        raise KeyFileError(f"There is no answer key {path}; make one with: autograder build") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    key = from_bytes(content, str(path))
    if assignment is not None and key.assignment != assignment:
        raise KeyFileError(
            f"{path} is the answer key of {key.assignment}, not of {assignment}; build it again, or give it "
            "its own name back."
        )
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
            raise KeyFileError(
                f"{name} is an answer key of schema {data['schema']}, this version reads {SCHEMA}; build it "
                "again."
            )
        return _with_digest(_from_data(data))
    except KeyFileError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy know a dozen ways to say that a file is damaged
        raise KeyFileError(f"{name} is not an answer key or is damaged; build it again.") from error


def same_up_to_rounding(one: AnswerKey, other: AnswerKey) -> bool:
    """Equal, except for the last digits in which two machines may differ."""
    (text, arrays), (other_text, other_arrays) = flatten(_to_data(one)), flatten(_to_data(other))
    return _rounded(text) == _rounded(other_text) and all(
        np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(arrays, other_arrays, strict=True)
    )


def _rounded(skeleton: bytes) -> Any:
    return json.loads(skeleton, parse_float=lambda text: f"{float(text):.9g}")


class KeyFileError(Exception):
    """An answer key that cannot be read, told in one sentence."""


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


def _with_digest(key: AnswerKey) -> AnswerKey:
    digest = hashlib.sha256(dumps(_to_data(key))).hexdigest()
    return replace(key, digest=digest)


def _to_data(key: AnswerKey) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "assignment": key.assignment,
        "visible": key.visible,
        "source": key.source,
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


def _from_data(data: dict[str, Any]) -> AnswerKey:
    exercises = tuple(map(_exercise_from_data, data["exercises"]))
    return AnswerKey(data["assignment"], data["visible"], exercises, data["source"])


def _exercise_from_data(data: dict[str, Any]) -> KeyExercise:
    return KeyExercise(
        data["name"],
        tuple(data["parameters"]),
        data["lecture"],
        tuple(_group_from_data(group) for group in data["groups"]),
        tuple(Hint(*hint) for hint in data["misconceptions"]),
        data["defaults"],
        data["worth"],
    )


def _group_from_data(data: dict[str, Any]) -> KeyGroup:
    cases = tuple(
        KeyCase(
            case["args"],
            case["expected"],
            comparison.from_data(case["accept"]),
            case["layout"],
            case["fresh"],
            {id: Wrong(*wrong) for id, wrong in case["wrong"].items()},
        )
        for case in data["cases"]
    )
    return KeyGroup(data["name"], data["zh"], data["en"], data["points"], cases)
