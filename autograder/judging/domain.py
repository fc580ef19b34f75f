"""What a course's subject adds to the engine: one record of plain data and functions.

An answer key names its domain, and `find` gives the record: the `DOMAIN` in `autograder/<name>/domain.py`.
Everything has a default: a course needs no domain. Judging, authoring and feedback ask the record; nothing in
the engine imports a subject's package, and none of these registers anything when it is imported.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.judging.comparison import Comparators
from autograder.judging.diagnosis import cells, changes
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.numbers import Relation
from autograder.judging.diagnosis.places import Features
from autograder.judging.diagnosis.shapes import Margin


@dataclass(frozen=True)
class Domain:
    """A subject.

    Attributes
    ----------
    comparators : mapping
        Its own comparators, by their names in an answer key.
    facts : type
        What diagnosis reads off a call's arguments.
    features : Features
        What cases are told apart by: "only where …".
    relations : tuple of relations
        What wrong numbers may have to do with the right ones.
    margins : tuple of margins
        What a result may be too large or too small by.
    words : mapping
        Ids of the engine's messages ↦ ids of its own that say the same for this subject.
    illustrate : function, optional
        Further pictures of a mistake: `student.feedback.card.Illustrate`.
    formula : str
        The command that shows which formula a function computes: `autograder <command> FILE FUNCTION`.
    requires : tuple of str
        Distributions that judging needs, besides NumPy.
    apart : tuple of str
        Modules and packages of the subject's that judging does not need.
    """

    comparators: Comparators = field(default_factory=dict)
    facts: type[Facts] = Facts
    features: Features = field(default_factory=Features)
    relations: tuple[Relation, ...] = (*changes.relations(), *cells.relations())
    margins: tuple[Margin, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    illustrate: Callable[..., Any] | None = None
    formula: str = ""
    requires: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    def id(self, message: str) -> str:
        """The id of what this subject says in place of a message of the engine's."""
        return self.words.get(message, message)


def find(name: str) -> Domain:
    """The domain that a key names; "" is none.

    Raises
    ------
    UnknownDomain
    """
    if not name:
        return Domain()
    # A key is data, and may be a stranger's: it must not be able to import anything but a subject of ours.
    if not (name.isascii() and name.isidentifier()):
        raise UnknownDomain(f"{name[:40]!r} is not the name of a package")
    try:
        domain: Domain = importlib.import_module(f"autograder.{name}.domain").DOMAIN
    except (ImportError, AttributeError) as error:
        raise UnknownDomain(str(error)) from error
    return domain


class UnknownDomain(Exception):
    """A domain that is not there, or cannot be imported; the message finishes a sentence."""
