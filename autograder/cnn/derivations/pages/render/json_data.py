"""Pages as plain data, for the format "json"; `render` calls it."""

from typing import Any

from autograder.base.messages import Text
from autograder.cnn.derivations.pages.records import (
    Aligned,
    Equation,
    Grid,
    Largest,
    Page,
    Product,
    Prose,
    Recipe,
    Section,
    Slope,
    Sum,
)
from autograder.cnn.derivations.pages.render.latex import LatexWriter
from autograder.cnn.derivations.pages.render.text import TextWriter, Written


def data(shown: Written, lang: str) -> Any:
    """A record as plain data: quantities by their symbols' names, coefficients as exact fractions."""
    text, latex = TextWriter(lang, True), LatexWriter(lang, True)

    def plain(part: Any) -> Any:
        match part:
            case bool() | None:
                return part
            case tuple():
                return [*map(plain, part)]
            case Page():
                return {"title": text.prose(part.title), "sections": plain(part.sections)}
            case Section():
                blocks = plain(part.blocks)
                return {"title": text.prose(part.title), "level": part.level, "blocks": blocks}
            case Prose():
                return {"kind": "prose", "text": text.prose(part)}
            case Aligned():
                return {"kind": "equations", "equations": plain(part.equations)}
            case Equation():
                is_words = isinstance(part.left, Text)
                return {
                    "left": text.left(part) if is_words else str(part.left),
                    "sides": [*map(side, part.sides)],
                    "text": text.aligned([part]),
                    "latex": latex.aligned([part]),
                }
            case Sum() | Product():
                return {name: plain(value) for name, value in vars(part).items()}
            case Grid():
                return plain(part.rows)
            case Recipe():
                named = {"times" if name == "slope" else name: plain(one) for name, one in vars(part).items()}
                return {"kind": "closed form", **named}
        return str(part)

    def side(part: Any) -> Any:
        match part:
            case Slope():
                return {"derivative": {"of": plain(part.of.terms), "by": str(part.by)}}
            case Largest():
                return {"largest": plain(part.of)}
            case Sum():
                return plain(part)
        return plain(Sum((Product((part,)),)))

    return plain(shown)
