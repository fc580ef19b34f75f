"""Results ↔ JSON: as a store keeps them, and as `results.json` shows them (docs/results.md, schema 3).

A store holds the fields of the records, texts by their ids and values; sentences are made where results are
shown. msgspec is loaded by what needs it: a student's check has no time for it, and Gradescope has it not.
"""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any, TypeVar

from autograder.base.messages import Text, from_data
from autograder.judging.results import ExerciseResult, SubmissionResult

SCHEMA = 3

_Kept = TypeVar("_Kept")


def encode(kept: object) -> bytes:
    """A record, or several, as JSON."""
    import msgspec

    return msgspec.json.encode(kept, enc_hook=_plain)


def decode(data: bytes, kind: type[_Kept]) -> _Kept:
    """The inverse of `encode`.

    Raises
    ------
    ValueError
        It is no such record, or another version's.
    """
    import msgspec

    decoder: msgspec.json.Decoder[_Kept] = _decoder(kind)  # type: ignore[arg-type]
    with _refusing():
        return decoder.decode(data)


def to_data(kept: object) -> Any:
    """A record in dicts and lists, for a larger document."""
    import msgspec

    return msgspec.to_builtins(kept, enc_hook=_plain)


def from_builtins(data: Any, kind: type[_Kept]) -> _Kept:
    """The inverse of `to_data`; it raises as `decode` does."""
    import msgspec

    with _refusing():
        return msgspec.convert(data, kind, dec_hook=_text)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    import msgspec

    try:
        yield
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no record: {error}") from error


def shown(result: SubmissionResult, lang: str) -> bytes:
    """One entry of `submissions` in `results.json`: the record with points, and sentences in `lang`."""
    lang = result.about.language(lang)
    data = to_data(result) | _points(result) | {"notes": [with_sentence(note, lang) for note in result.notes]}
    data["about"]["title"] = with_sentence(result.title, lang)
    for exercise, entry in zip(result.exercises, data["exercises"], strict=True):
        texts = ("symptom", "diagnosis", "detail")
        told = {name: with_sentence(getattr(exercise, name), lang) for name in texts}
        entry |= _points(exercise) | told
        if exercise.sibling is not None:
            entry["sibling"]["symptom"] = with_sentence(exercise.sibling.symptom, lang)
        if exercise.earned is None:
            entry["groups"] = [group | {"points": None} for group in entry["groups"]]
    return encode(data)


def _points(result: SubmissionResult | ExerciseResult) -> dict[str, float | None]:
    return {"points": result.earned, "max_points": result.max_points}


def with_sentence(text: Text | None, lang: str) -> dict[str, Any] | None:
    """A text by its ids and values, and the sentence that it is in `lang`."""
    return None if text is None else to_data(text) | {"text": text.in_language(lang)}


@functools.cache
def _decoder(kind: Any) -> Any:
    import msgspec

    return msgspec.json.Decoder(kind, dec_hook=_text)


def _plain(value: Any) -> Any:
    if isinstance(value, range):  # rows and columns of a picture
        return value.start, value.stop
    raise NotImplementedError(type(value).__name__)


def _text(kind: type, data: Any) -> Any:
    return range(*data) if kind is range else from_data(data)
