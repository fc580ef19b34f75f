"""What a course's subject adds to the engine: a record of plain data and functions.

An answer key names its domain, and `find` returns the `DOMAIN` of `autograder/<name>/domain.py`. Every entry
has a default, so a course needs no domain. Judging, authoring and feedback use the record; nothing in the
engine imports a subject's package directly, and importing one registers nothing.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.base.messages import TextError, say
from autograder.judging.comparison import Comparators
from autograder.judging.diagnosis.knowledge import Knowledge


@dataclass(frozen=True)
class Domain(Knowledge):
    """The entries of a subject, with those of `Knowledge`; every one is optional.

    Attributes
    ----------
    comparators : mapping
        Further comparators, by their names in an answer key.
    message_overrides : mapping
        From ids of the engine's messages to ids of messages in this subject's words.
    next_steps : mapping
        From ids of this subject's symptoms to ids of messages that say what to work out by hand.
    illustrate : function, optional
        Further pictures of a mistake: `student.feedback.card.Illustrate`.
    formula : function, optional
        (file, function, language) -> the formula that the function computes, as plain text. It may run for
        long, and raises a `TextError` where there is none.
    requires : tuple of str
        Distributions that judging needs besides NumPy.
    not_for_judging : tuple of str
        Modules and packages of the subject that judging does not need.
    """

    comparators: Comparators = field(default_factory=dict)
    message_overrides: Mapping[str, str] = field(default_factory=dict)
    next_steps: Mapping[str, str] = field(default_factory=dict)
    illustrate: Callable[..., Any] | None = None
    formula: Callable[[Path, str, str], str] | None = None
    requires: tuple[str, ...] = ()
    not_for_judging: tuple[str, ...] = ()

    def message_id(self, message: str) -> str:
        """The id of this subject's message in place of `message`, one of the engine's."""
        return self.message_overrides.get(message, message)


def find(name: str) -> Domain:
    """The domain that a key names; without a name, one with the defaults.

    Raises
    ------
    UnknownDomain
    """
    if name == "":
        return Domain()
    # A key is data and may come from a stranger: it must not import anything but `autograder.<name>.domain`.
    if not (name.isascii() and name.isidentifier()):
        raise UnknownDomain(say("error.domain_name", name=repr(name[:40])))
    try:
        domain: Domain = importlib.import_module(f"autograder.{name}.domain").DOMAIN
    except (ImportError, AttributeError) as error:
        raise UnknownDomain(str(error)) from error
    return domain


class UnknownDomain(TextError):
    """A domain that does not exist or cannot be imported; the message completes a sentence."""
