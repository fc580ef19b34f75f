"""What a course's subject adds to the engine: a record of plain data and functions.

An answer key names its domain, and `find` returns the `DOMAIN` of `autograder/<name>/domain.py`, or what an
installed distribution registers under that name as an entry point of the group `autograder.domains`. Every
entry has a default, so a course needs no domain. Judging, authoring and feedback use the record; nothing in
the engine imports a subject's package directly, and importing one registers nothing.
"""

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.base.messages import TextError, say
from autograder.judging.comparison import Comparators
from autograder.judging.diagnosis.knowledge import Knowledge

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True)
class Domain(Knowledge):
    """The entries of a subject, with those of `Knowledge`; every one is optional.

    Attributes
    ----------
    comparators : mapping
        Further comparators, by their names in an answer key.
    next_steps : mapping
        From ids of this subject's symptoms to ids of messages that say what to work out by hand.
    illustrate : function, optional
        Further pictures of a mistake: `student.feedback.card.Illustrate`.
    formula : function, optional
        (file, function, language) -> the formula that the function computes, as plain text. It may run for
        long, and raises a `TextError` where there is none.
    requires : tuple of str
        Distributions that judging needs besides NumPy; one that is registered by an entry point says so in
        its own metadata.
    not_for_judging : tuple of str
        Modules and packages of the subject that judging does not need.
    """

    comparators: Comparators = field(default_factory=dict)
    next_steps: Mapping[str, str] = field(default_factory=dict)
    illustrate: Callable[..., Any] | None = None
    formula: Callable[[Path, str, str], str] | None = None
    requires: tuple[str, ...] = ()
    not_for_judging: tuple[str, ...] = ()


@functools.cache
def find(name: str) -> Domain:
    """The domain that a key names; without a name, one with the defaults.

    Raises
    ------
    UnknownDomain
    """
    return Domain() if name == "" else _found(name)[0]


@functools.cache
def registered(name: str) -> "EntryPoint | None":
    """The entry point of a domain that can be found; None where it is the engine's own or has no name."""
    return _found(name)[1] if name else None


def _found(name: str) -> "tuple[Domain, EntryPoint | None]":
    # A key is data and may come from a stranger: it must import nothing but `autograder.<name>.domain`, and
    # what was installed here for this very purpose.
    if not (name.isascii() and name.isidentifier()):
        raise UnknownDomain(say("error.domain_name", name=repr(name[:40])))
    try:
        return importlib.import_module(f"autograder.{name}.domain").DOMAIN, None
    except (ImportError, AttributeError) as error:
        from importlib import metadata  # a check has time for it only where it is needed

        point = next(iter(metadata.entry_points(group="autograder.domains", name=name)), None)
        if point is None:
            raise UnknownDomain(say("error.domain_missing", error=error)) from error
    try:
        domain = point.load()
    except Exception as error:
        raise UnknownDomain(f"{point.value}: {type(error).__name__}: {error}") from error
    if not isinstance(domain, Domain):
        raise UnknownDomain(say("error.domain_type", value=point.value, type=type(domain).__name__))
    return domain, point


class UnknownDomain(TextError):
    """A domain that does not exist or cannot be imported; the message completes a sentence."""
