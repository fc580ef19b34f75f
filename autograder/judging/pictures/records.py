"""The records of a picture: plain data in no language, which the store keeps with a result.

`layout` makes them; `text` and the template `picture.html` render them.
"""

from dataclasses import dataclass
from typing import NamedTuple

from autograder.base.messages import Text

Step = str | int
"""Leads from a result to one of its parts: a key of a dict, or an index (from 0)."""


class Cell(NamedTuple):
    """A number; `tint` is its ratio to the largest absolute value shown, from -1 to 1."""

    text: str
    tint: float = 0.0
    wrong: bool = False


@dataclass(frozen=True)
class Panel:
    """A part of one map: `index` is the map's index on the axes before rows and columns, `of` its size."""

    index: tuple[int, ...]
    rows: range
    columns: range
    of: tuple[int, int]
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def cut(self) -> bool:
        return (len(self.rows), len(self.columns)) != self.of


@dataclass(frozen=True)
class Drawing:
    """A value as panels, or, where it is no array of numbers, as lines, each with whether it is wrong.

    Attributes
    ----------
    shape : tuple of int or None
        Of an array; None for anything else.
    left_out : int
        Panels or lines that are not shown.
    """

    panels: tuple[Panel, ...] = ()
    lines: tuple[tuple[str, bool], ...] = ()
    shape: tuple[int, ...] | None = None
    left_out: int = 0


@dataclass(frozen=True)
class Part:
    """A wrong part of a result: what was returned beside what was expected.

    Attributes
    ----------
    path : tuple
        Leads from the whole result to this part; empty for the whole.
    differing : (int, int) or None
        How many numbers differ, of how many.
    """

    path: tuple[Step, ...]
    got: Drawing
    expected: Drawing
    differing: tuple[int, int] | None = None


@dataclass(frozen=True)
class Picture:
    """A wrong case.

    Attributes
    ----------
    expected : Text
        The title of that side.
    returned : bool
        Whether the call returned anything; else the parts' own `got` is not shown.
    more : int
        Further wrong parts.
    right : tuple of paths
        Parts that are right, where they are few.
    script : tuple of str
        The steps of a class's script, as lines of Python.
    """

    heading: Text
    expected: Text
    arguments: tuple[tuple[str, Drawing], ...]
    returned: bool
    parts: tuple[Part, ...]
    more: int = 0
    right: tuple[tuple[Step, ...], ...] = ()
    script: tuple[str, ...] = ()
