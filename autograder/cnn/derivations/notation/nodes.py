"""The tree of a typed formula: frozen records that say what was written, and nothing of what it means.

`parse` builds it, `meaning` gives it a value, `write` turns it back into text. A node knows no sizes and no
layer's formulas.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

Letter = Literal["z", "a", "w", "b", "delta"]
FunctionName = Literal[
    "sigma", "dsigma", "max", "min", "avg", "mean", "sum", "upsample", "pool", "rot180", "pad", "insert"
]
Relation = Literal["=", "∼"]


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One index, such as u+p−1: a sum of products of letters.

    Parameters
    ----------
    terms : tuple of (coefficient, letters)
        Here (1, u), (1, p) and (−1, no letter).
    """

    terms: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(name for _, names in self.terms for name in names)

    @property
    def bare(self) -> str | None:
        """The letter, where the index is a letter and nothing else."""
        match self.terms:
            case ((1, (name,)),):
                return name
        return None


@dataclass(frozen=True, slots=True)
class Index:
    """The indices of a quantity.

    Parameters
    ----------
    entries : tuple of IndexEntry
        Those between commas; of 12 and pq, which have none, each character.
    run : str
        12, pq: what was typed without commas, else "". `meaning` knows how many indices a quantity has:
        a₁₂ is in row 1 of a map, but unit 12 of a dense layer.
    """

    entries: tuple[IndexEntry, ...] = ()
    run: str = ""


@dataclass(frozen=True, slots=True)
class LayerLabel:
    """The layer that was written: l, l−1, l+1 (base "l" and an offset), or a number (base "")."""

    base: Literal["l", ""]
    offset: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number: 2, 0.5."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Variable:
    """A size or an index as a factor: m and n in 1/(m·n)."""

    name: str


@dataclass(frozen=True, slots=True)
class Loss:
    """J."""


@dataclass(frozen=True, slots=True)
class NamedQuantity:
    """One of the lecture's quantities. `layer` is None where none was written."""

    letter: Letter
    index: Index = Index()
    layer: LayerLabel | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function of something: σ(z₁₂), σ′(z₁₂), max(a₁₁, …), upsample(δ₁₁), or an element rot180(w)₁₁.

    `dots` tells whether the arguments go on with "…".
    """

    function: FunctionName
    arguments: tuple["Node", ...]
    index: Index | None = None
    layer: LayerLabel | None = None
    dots: bool = False


@dataclass(frozen=True, slots=True)
class PartialDerivative:
    """∂of/∂by, not carried out."""

    of: "Node"
    by: "Node"


@dataclass(frozen=True, slots=True)
class Power:
    """base^exponent."""

    base: "Node"
    exponent: int


@dataclass(frozen=True, slots=True)
class Transposed:
    """baseᵀ."""

    base: "Node"


@dataclass(frozen=True, slots=True)
class Quotient:
    """above / below."""

    above: "Node"
    below: "Node"


@dataclass(frozen=True, slots=True)
class Product:
    """Factors in the order in which they were written.

    `stars` tells before which of them a star stood: between maps it is a convolution.
    """

    factors: tuple["Node", ...]
    stars: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix that is written out."""

    rows: tuple[tuple["Node", ...], ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum: its terms, each with 1 or −1."""

    terms: tuple[tuple[int, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A variable of a Σ, and from where to where it runs, as far as that was written.

    `window` are the indices of a pooling window R that it runs through, as in Σ_{(i,j)∈R_{p,q}}; none are
    written where R stands alone.
    """

    variable: str
    low: "Bound | None" = None
    high: "Bound | None" = None
    window: Index | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a Σ begins or ends: a number, or a size by its name and what is added to it, as in k − 1."""

    name: str
    offset: int

    def __str__(self) -> str:
        return f"{self.name}{self.offset:+d}".removesuffix("+0") if self.name else str(self.offset)


@dataclass(frozen=True, slots=True)
class Summation:
    """Σ over index letters; also the largest, or the mean, of what they run through."""

    ranges: tuple[Range, ...]
    body: "Node"
    function: Literal["sum", "max", "mean"] = "sum"


@dataclass(frozen=True, slots=True)
class Indicator:
    """1 where two formulas are equal, else 0: [a = max(…)]. Without formulas: where the element that the
    equation is about is the largest of its window."""

    sides: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True)
class Cases:
    """Formulas, each with the `Indicator` of when it holds; the last may have none, for all other cases."""

    rows: "tuple[tuple[Node, Indicator | None], ...]"


Node = (
    Number
    | Variable
    | Loss
    | NamedQuantity
    | Call
    | PartialDerivative
    | Power
    | Transposed
    | Quotient
    | Product
    | Matrix
    | Sum
    | Summation
    | Indicator
    | Cases
)


@dataclass(frozen=True, slots=True)
class Equation:
    """A chain of equalities, side = side = …; a formula alone has one side and no relation.

    `continued` tells that it begins with "=" and goes on from the row before.
    """

    sides: tuple[Node, ...]
    relations: tuple[Relation, ...]
    continued: bool = False

    def nodes(self) -> Iterator[Node]:
        """Its sides and everything in them."""
        for side in self.sides:
            yield from walk(side)


def children(node: Node) -> tuple[Node, ...]:
    """The formulas that a formula is made of."""
    match node:
        case Call(arguments=parts) | Product(factors=parts) | Indicator(sides=parts):
            return parts
        case Cases(rows=rows):
            return tuple(part for row in rows for part in row if part is not None)
        case Matrix(rows=rows):
            return tuple(cell for row in rows for cell in row)
        case Sum(terms=terms):
            return tuple(term for _, term in terms)
        case PartialDerivative(of=first, by=second) | Quotient(above=first, below=second):
            return (first, second)
        case Power(base=part) | Transposed(base=part) | Summation(body=part):
            return (part,)
    return ()


def with_children(node: Node, changed: Callable[[Node], Node]) -> Node:
    """The same formula with each of those that it is made of changed."""
    match node:
        case Call(arguments=parts):
            return replace(node, arguments=tuple(map(changed, parts)))
        case Product(factors=parts):
            return replace(node, factors=tuple(map(changed, parts)))
        case Indicator(sides=parts):
            return Indicator(tuple(map(changed, parts)))
        case Cases(rows=rows):
            return Cases(tuple((changed(part), when and changed(when)) for part, when in rows))  # type: ignore[misc]
        case Matrix(rows=rows):
            return Matrix(tuple(tuple(map(changed, row)) for row in rows))
        case Sum(terms=terms):
            return Sum(tuple((sign, changed(term)) for sign, term in terms))
        case PartialDerivative(of=first, by=second) | Quotient(above=first, below=second):
            return type(node)(changed(first), changed(second))
        case Power(base=part) | Transposed(base=part):
            return replace(node, base=changed(part))
        case Summation(body=part):
            return replace(node, body=changed(part))
    return node


def walk(node: Node) -> Iterator[Node]:
    """A formula and everything in it."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(children(top))
