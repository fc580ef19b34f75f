"""Records ↔ plain values: a dataclass is the dict of its fields, in their order, a `NamedTuple` a row.

`answer_key` calls it, where msgspec, which does the same for results, would have to be installed and loaded
for every check, and knows no array. What is declared as `Any`, such as a call's arguments, stays as it is.
"""

import functools
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

_Record = TypeVar("_Record")
_Form = tuple[str, Any] | None
Variants = Mapping[Any, Mapping[str, Any]]
"""For a class of which only subclasses are kept, with plain values: these, by name in small letters."""


def to_data(record: Any) -> dict[str, Any]:
    """The fields of a dataclass."""
    kind: Any = type(record)
    return {name: _written(getattr(record, name), form) for name, form in _forms(kind).items()}


def from_data(kind: type[_Record], data: Mapping[str, Any], variants: Variants) -> _Record:
    """The inverse of `to_data`."""
    made: Any = kind
    if kind in variants:
        made, values = variants[kind][data["name"]], {name: data[name] for name in data if name != "name"}
    else:
        values = {name: _read(value, _forms(made)[name], variants) for name, value in data.items()}
    record: _Record = made(**values)
    return record


@functools.cache
def _forms(kind: type) -> dict[str, _Form]:
    hints = get_type_hints(kind)
    return {field.name: _form(hints[field.name]) for field in fields(kind)}


def _form(hint: Any) -> _Form:
    """How a value with this type hint is written; None where it stays as it is."""
    inner = get_args(hint)
    if is_dataclass(hint) or hasattr(hint, "_fields"):
        return ("record" if is_dataclass(hint) else "row"), hint
    if get_origin(hint) is tuple and inner[0] is not Any:
        return "list", _form(inner[0])
    return ("dict", _form(inner[1])) if get_origin(hint) is dict else None


def _written(value: Any, form: _Form) -> Any:
    match form:
        case ("record", kind) if type(value) is kind:
            return to_data(value)
        case ("record", _):
            named = {"name": type(value).__name__.lower()}
            return named | {field.name: getattr(value, field.name) for field in fields(value)}
        case ("row", _):
            return list(value)
        case ("list", inner):
            return [_written(each, inner) for each in value]
        case ("dict", inner):
            return {name: _written(each, inner) for name, each in value.items()}
    return value


def _read(value: Any, form: _Form, variants: Variants) -> Any:
    match form:
        case ("record", kind):
            return from_data(kind, value, variants)
        case ("row", kind):
            return kind(*value)
        case ("list", inner):
            return tuple(_read(each, inner, variants) for each in value)
        case ("dict", inner):
            return {name: _read(each, inner, variants) for name, each in value.items()}
    return value
