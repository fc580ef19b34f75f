r"""A longer text cut into equations: rows of `aligned`, lines, and what `;`, `,` or `\quad` keep apart.

`documents` calls it for whole formulas, `checking` for an answer of several lines. It recognises where an
equation begins, goes on and ends; whether it is one, `parse` finds out.
"""

import re
from dataclasses import dataclass

from autograder.cnn.derivations.notation.spelling import unified


@dataclass(frozen=True, slots=True)
class Row:
    """One equation of a longer text, and where it begins there."""

    text: str
    at: int


_ENVIRONMENT = re.compile(
    r"\\(begin|end)\s*\{(equation|displaymath|math|split|multline|eqnarray|(fl)?align(ed|at)?|gather(ed)?)\*?\}"
    r"(\s*\{\d\})?|\\tag\*?\{[^{}]*\}|\\label\{[^{}]*\}|\$\$?|\\[\[\]()]"
)
_SEPARATORS = r"\\\\(?:\[[^\]]{0,9}\])?|(?<!(?<!\\)\\)[;；]|[,，]\s|\\q?quad(?![A-Za-z])"
_FACTOR = re.compile(r"\\,?\\?(?:sigma|left|big)|\\[dt]?frac\s*\{\s*\\partial\s*[za]|σ|d?sigma(?![a-z])")
"""What begins a line that can only be a further factor of the line before: no left-hand side begins so."""
RELATION = re.compile(r"[=＝∼]|\\sim(?![A-Za-z])")


def split_rows(text: str, newline_separates: bool = True) -> list[Row]:
    r"""The equations of a text: rows of `aligned`, lines, and what `;`, `,` or `\quad` keep apart.

    A row that begins with "=" or an operator, or follows a row that ends in one, goes on with that row; a
    comma or a `\quad` separates only where an "=" stands on both sides.

    Parameters
    ----------
    newline_separates : bool
        False in LaTeX's display formulas, where a line break means nothing.
    """
    bare = _ENVIRONMENT.sub(lambda match: " " * len(match[0]), text)
    separators = re.compile(_SEPARATORS + (r"|\r?\n" if newline_separates else ""))
    cuts = _outside_brackets(unified(bare), list(separators.finditer(bare)))
    found: list[Row] = []
    start, before = 0, "\n"
    for end, following, separator in [
        *((c.start(), c.end(), c[0]) for c in cuts),
        (len(bare), len(bare), ""),
    ]:
        piece = bare[start:end]
        if found and _goes_on(found[-1].text, piece, before):
            # What separated the two is blanked out, so that places stay.
            gap = start - found[-1].at - len(found[-1].text)
            found[-1] = Row(found[-1].text + _blank(bare[start - gap : start]) + piece, found[-1].at)
        elif piece.strip():
            found.append(Row(piece.lstrip(), start + len(piece) - len(piece.lstrip())))
        start, before = following, separator
    return [Row(text, row.at) for row in found if (text := row.text.rstrip(" \t\r\n.,;。，；\\"))]


def _blank(separator: str) -> str:
    return "".join(c if c in "\r\n," else " " for c in separator)


def _goes_on(before: str, piece: str, separator: str) -> bool:
    start, end = unified(piece).strip(), unified(before).rstrip(" \t\r\n&\\")
    if not start:
        return False
    first = start.lstrip("& ")
    if separator[:1] in (";", "；"):
        return first[:1] in "=+*·/×∼＝" or (first[:1] in "-−" and not RELATION.search(piece))
    if separator.strip(" \t\r\n") and not separator.startswith("\\\\"):  # A comma or a \quad.
        return not (RELATION.search(before) and RELATION.search(piece))
    if first[:1] in "=+*·/×∼＝" or first.startswith(("\\cdot", "\\times", "\\sim")):
        return True
    if not RELATION.search(piece) and (first[:1] in "-−" or _FACTOR.match(first)):
        return True
    return end[-1:] in "=+-−*·/×" or end.endswith(("\\cdot", "\\times"))


def _outside_brackets(text: str, cuts: list[re.Match[str]]) -> list[re.Match[str]]:
    """The cuts where no bracket is open. One that is never closed spoils its own line, not those below it."""
    depth, place, found = 0, 0, []
    for cut in cuts:
        for bracket in re.findall(r"[(\[{)\]}]", text[place : cut.start()]):
            depth = max(0, depth + (1 if bracket in "([{" else -1))
        place = cut.start()
        if depth and cut[0].endswith("\n") and _begins_an_equation(text, cut.end()):
            depth = 0
        if not depth:
            found.append(cut)
    return found


def _begins_an_equation(text: str, at: int) -> bool:
    """Whether the line that begins there has a left-hand side of its own."""
    line = text[at : at + 300].partition("\n")[0]
    for _ in range(4):
        line = re.sub(r"\([^(){}\[\]]*\)|\{[^(){}\[\]]*\}|\[[^(){}\[\]]*\]", "", line)
    return re.match(r"[^=(){}\[\]]*[^\W_][^=(){}\[\]]*=", line) is not None
