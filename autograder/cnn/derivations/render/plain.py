"""Pages as plain data, for the format "json"."""

from typing import Any

from autograder.base.messages import Text
from autograder.cnn.derivations.page import (
    Aligned,
    Equation,
    Grid,
    Largest,
    Page,
    Product,
    Prose,
    Recipe,
    Section,
    Side,
    Slope,
    Sum,
)
from autograder.cnn.derivations.render.latex import LatexWriter
from autograder.cnn.derivations.render.text import TextWriter
from autograder.cnn.derivations.render.writer import Written


def data(shown: Written, lang: str) -> dict[str, Any]:
    """A record as plain data: quantities by their symbols' names, coefficients as exact fractions."""
    text = TextWriter(lang, True)
    match shown:
        case Page():
            sections = [data(section, lang) for section in shown.sections]
            return {"title": text.prose(shown.title), "sections": sections}
        case Section():
            blocks = [data(block, lang) for block in shown.blocks]
            return {"title": text.prose(shown.title), "level": shown.level, "blocks": blocks}
        case Prose():
            return {"kind": "prose", "text": text.prose(shown)}
        case Aligned():
            return {"kind": "equations", "equations": [_equation(one, text) for one in shown.equations]}
        case Equation():
            return _equation(shown, text)
        case Recipe():
            return _recipe(shown)


def _equation(equation: Equation, text: TextWriter) -> dict[str, Any]:
    latex = LatexWriter(text.lang, True)
    return {
        "left": text.left(equation) if isinstance(equation.left, Text) else str(equation.left),
        "sides": [_side(side) for side in equation.sides],
        "text": text.aligned([equation]),
        "latex": latex.aligned([equation]),
    }


def _side(side: Side) -> dict[str, Any]:
    match side:
        case Sum():
            return {"terms": _terms(side)}
        case Slope():
            return {"derivative": {"of": _terms(side.of), "by": str(side.by)}}
        case Largest():
            return {"largest": [str(atom) for atom in side.of]}
        case _:
            return {"terms": [_term(Product((side,)))]}


def _terms(total: Sum) -> list[dict[str, Any]]:
    return [_term(term) for term in total.terms]


def _term(term: Product) -> dict[str, Any]:
    factors = [str(factor) for factor in term.factors]
    return {"coefficient": str(term.coefficient), "factors": factors, "marked": term.marked}


def _recipe(recipe: Recipe) -> dict[str, Any]:
    def cells(grid: Grid) -> list[list[str]]:
        return [[str(cell) for cell in row] for row in grid.rows]

    return {
        "kind": "closed form",
        "result": cells(recipe.result),
        "operator": recipe.operator,
        "pairs": [[*map(cells, pair)] for pair in recipe.pairs],
        "scale": str(recipe.scale),
        "times": cells(recipe.slope) if recipe.slope is not None else None,
    }
