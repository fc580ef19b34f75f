"""Formulas back to text, to show what was understood: Unicode, one line, ASCII-safe indices.

`checking` and `documents` write their sentences with it. It writes what a person typed (the tree of `nodes`)
and single terms; whole derivations are written by `pages.render`.
"""

from collections.abc import Sequence
from fractions import Fraction

from autograder.cnn.derivations.notation import nodes
from autograder.cnn.derivations.notation.nodes import (
    Equation,
    Index,
    IndexEntry,
    LayerLabel,
    NamedQuantity,
    Node,
    Sum,
)
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_HIGH = str.maketrans("0123456789+-()l", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡ")
_FUNCTIONS = {"dsigma": "σ′", "sigma": "σ"}


def equation(shown: Equation) -> str:
    """A chain of equalities on one line."""
    parts = [] if shown.continued else [formula(shown.sides[0])]
    rest = shown.sides if shown.continued else shown.sides[1:]
    for relation, side in zip(shown.relations, rest, strict=True):
        parts += [relation, formula(side)]
    return " ".join(parts)


def formula(node: Node) -> str:
    """A formula, with brackets only where they are needed."""
    match node:
        case nodes.Number(value=value):
            return number(value)
        case nodes.Variable(name=name):
            return name
        case nodes.Loss():
            return "J"
        case NamedQuantity():
            letter = "δ" if node.letter == "delta" else node.letter
            return letter + _index(node.index) + _layer(node.layer)
        case nodes.Call():
            name = _FUNCTIONS.get(node.function, node.function)
            arguments = [*map(formula, node.arguments), *(["…"] if node.dots else [])]
            place = _index(node.index) if node.index else ""
            return f"{name}({', '.join(arguments)})" + place + _layer(node.layer)
        case nodes.PartialDerivative(of=of, by=by):
            return f"∂{_single(of)}/∂{_single(by)}"
        case nodes.Power(base=base, exponent=exponent):
            return _single(base) + str(exponent).translate(_HIGH)
        case nodes.Transposed(base=base):
            return _single(base) + "ᵀ"
        case nodes.Quotient(above=above, below=below):
            return f"{_single(above)}/{_single(below)}"
        case nodes.Product(factors=factors, stars=stars):
            parts = [_part(factor, last=place == len(factors) - 1) for place, factor in enumerate(factors)]
            return "".join(
                ("" if not place else " ∗ " if place in stars else "·") + part
                for place, part in enumerate(parts)
            )
        case nodes.Matrix(rows=rows):
            return "[" + "; ".join(", ".join(map(formula, row)) for row in rows) + "]"
        case nodes.Summation(ranges=ranges, body=body):
            written = formula(body)
            written = f"({written})" if isinstance(body, Sum) else written
            return f"{''.join(_range(each, node.function) for each in ranges)} {written}"
        case nodes.Indicator(sides=sides):
            return f"[{' = '.join(map(formula, sides)) or 'max'}]"
        case nodes.Cases(rows=rows):
            parts = [formula(part) + (", " + formula(when) if when else "") for part, when in rows]
            return "{" + "; ".join(parts) + "}"
        case Sum(terms=terms):
            written = ""
            for sign, term in terms:
                operator = " − " if sign < 0 else " + " if written else ""
                text = f"({formula(term)})" if isinstance(term, Sum) else formula(term)
                written += (operator if written else operator.strip()) + text
            return written


def _part(node: Node, last: bool = False) -> str:
    """A formula within a product: sums in brackets, a Σ too unless it ends the product."""
    bare = formula(node)
    match node:
        case Sum() | nodes.Product() | nodes.Quotient():
            return f"({bare})"
        case nodes.Summation():
            return bare if last else f"({bare})"
        case nodes.Number(value=value):
            return bare if value.denominator == 1 else f"({bare})"
    return bare


def _single(node: Node) -> str:
    """A formula on which an operator works: anything but one quantity or number in brackets."""
    bare = formula(node)
    if isinstance(node, NamedQuantity | nodes.Call | nodes.Loss | nodes.Variable):
        return bare
    return bare if isinstance(node, nodes.Number) and node.value.denominator == 1 else f"({bare})"


def _range(summed: nodes.Range, function: str) -> str:
    low = "" if summed.low is None else f"={summed.low}"
    if summed.window is not None:
        low = f"∈R{_index(summed.window)}"
    name = "Σ" if function == "sum" else function
    return f"{name}_{{{summed.variable}{low}}}" + ("" if summed.high is None else f"^{{{summed.high}}}")


def _index(index: Index) -> str:
    if not index.entries:
        return ""
    if index.run.isdigit():
        return index.run.translate(_LOW)
    entries = [_entry(entry) for entry in index.entries]
    if all(entry.isdigit() for entry in entries):
        plain = len(entries) == 1 or (len(entries) <= 2 and all(len(entry) == 1 for entry in entries))
        return ("" if plain else ",").join(entries).translate(_LOW)
    return f"_{{{','.join(entries)}}}"


def _entry(shown: IndexEntry) -> str:
    """One index, such as u+p−1."""
    written = ""
    for value, names in shown.terms:
        factors = "·".join(names)
        size = "" if abs(value) == 1 and names else str(abs(value))
        sign = "−" if value < 0 else "+" if written else ""
        written += sign + size + factors
    return written


def _layer(said: LayerLabel | None) -> str:
    if said is None:
        return ""
    if said.base == "":
        return f"({said.offset})".translate(_HIGH)
    return f"(l{said.offset:+d})".translate(_HIGH) if said.offset else "⁽ˡ⁾"


# ---- Terms ------------------------------------------------------------------------------------------------


def quantity(shown: Atom | Derivative) -> str:
    """An element or an undone derivative. The layer is written where it is not the one that goes without
    saying: l−1 for a, l for z, δ, w, b; of σ′(z) always."""
    return formula(_as_node(shown))


def _as_node(shown: Atom | Derivative) -> Node:
    if isinstance(shown, Derivative):
        return nodes.PartialDerivative(
            nodes.Loss() if shown.of == "J" else _as_node(shown.of), _as_node(shown.by)
        )
    usual = {"a": BEFORE, "sigma": None, "dsigma": None}.get(shown.letter, CURRENT)
    layer = LayerLabel("l", 0 if shown.layer == CURRENT else -1) if shown.layer != usual else None
    index = Index(tuple(IndexEntry(((number, ()),)) for number in shown.index))
    if shown.letter in _FUNCTIONS:
        return nodes.Call(shown.letter, (NamedQuantity("z", index, layer),))  # type: ignore[arg-type]
    return NamedQuantity(shown.letter, index, layer)  # type: ignore[arg-type]


def left_side(atom: Atom) -> str:
    """How the left-hand side of a wanted line is written: a, w and b stand for ∂J/∂a, ∂J/∂w and ∂J/∂b."""
    written = quantity(atom)
    return f"∂J/∂{written}" if atom.letter in ("a", "w", "b") else written


def term(factors: Sequence[str], coefficient: Fraction = Fraction(1)) -> str:
    """A product of written factors."""
    sign = "−" if coefficient < 0 else ""
    size = [] if abs(coefficient) == 1 and factors else [number(abs(coefficient))]
    return sign + "·".join([*size, *factors])


def number(value: Fraction) -> str:
    """A fraction as such, a decimal where it would be too long."""
    return str(value) if max(abs(value.numerator), value.denominator) < 10**9 else f"{float(value):.6g}"
