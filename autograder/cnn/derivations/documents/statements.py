r"""What a text states: sizes (k = 3), values (a_{11} = 1) and definitions (f(x) = \max(0, x)).

`check` asks it about every equation before it is read; in a statement nothing is right or wrong.
"""

import re
from collections.abc import Mapping

from autograder.cnn.derivations.notation.letters import in_letters, names_in

_NUMBER = r"[-+]?\s*(?:\d+(?:\.\d+)?(?:\s*/\s*\d+)?|\\frac\s*\{\d+\}\s*\{\d+\})"
_VALUES = re.compile(
    rf"\s*{_NUMBER}(?:\s*(?:,|，|、|\\times|\*|⊛|\\dots|\\cdots|\\ldots|\.\.\.)\s*{_NUMBER}?)*\s*[.,;]?\s*"
)
_DERIVATIVE = re.compile(r"\\partial|∂|\\frac|(?<![A-Za-z])d\w+\s*/\s*d")
_FUNCTION = re.compile(r"\s*σ\s*'?\s*\(\s*\w+\s*\)\s*")
_LOSS = re.compile(r"\s*J(?:\s*\([^()]*\)|[_^]\{?\w+\}?)*\s*")
_MATRIX = re.compile(r"\s*⟦[-\d.\s⁏⁞]*⟧\s*")


def is_value(text: str) -> bool:
    """Whether a `plain` equation gives something its value: k = 3, b = 0, a_{11} = 1."""
    left, equals, right = text.partition("=")
    if not equals or _DERIVATIVE.search(left):
        return False
    return bool(_VALUES.fullmatch(right) or _MATRIX.fullmatch(right))


def is_statement(text: str, letters: Mapping[str, str]) -> bool:
    """Whether a `plain` equation is a size, a value or a definition.

    Parameters
    ----------
    letters : mapping
        The text's letters, as `documents.conventions.letters_of` finds them.
    """
    if is_value(text):
        return True
    left, equals, right = text.partition("=")
    if not equals or _DERIVATIVE.search(left) or re.search(r"[^\W\d_]", left) is None:
        return False
    known = in_letters(left, letters)
    if _FUNCTION.fullmatch(known) or _LOSS.fullmatch(known):
        return True
    return not any(name in letters for side in (left, right) for name in names_in(side))
