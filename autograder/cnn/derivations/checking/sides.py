"""The sides of an equation: what the left one asks for, and whether the right one answers it.

`lines`, `answers` and `documents` call this. A side that only repeats the question, or leaves derivatives to
be formed, may be true but is no answer.
"""

from autograder.cnn.derivations.meaning.terms import Terms, write_term
from autograder.cnn.derivations.notation.nodes import (
    Loss,
    NamedQuantity,
    Node,
    PartialDerivative,
    Summation,
    walk,
)
from autograder.cnn.derivations.symbols import Atom, Derivative


def asked_for(side: Terms) -> Atom | None:
    """What a left-hand side asks for, as `expand` keys it: the element, and w for ∂J/∂w."""
    if len(side) != 1:
        return None
    ((monomial, value),) = side.items()
    if value != 1 or len(monomial) != 1:
        return None
    match monomial[0]:
        case Atom(letter="z" | "delta") as atom:
            return atom
        case Derivative(of="J", by=Atom(letter="z") as by):
            return Atom("delta", by.index, by.layer)
        case Derivative(of="J", by=by):
            return by
    return None


def is_undone(side: Node) -> bool:
    """Whether a derivative is left to be carried out. ∂J/∂z^(l) is not: it is another name of δ^(l)."""
    for node in walk(side):
        match node:
            case PartialDerivative(of=Loss(), by=NamedQuantity(letter="z", layer=layer)) if (
                layer is not None and layer.offset == 0
            ):
                continue
            case PartialDerivative():
                return True
    return False


def has_sum(side: Node) -> bool:
    """Whether a Σ is left to be written out."""
    return any(isinstance(node, Summation) for node in walk(side))


def repeats(side: Terms, left: Terms) -> bool:
    """Whether a side holds the left-hand side itself."""
    asked = {factor for monomial in left for factor in monomial}
    return any(asked.intersection(monomial) for monomial in side)


def as_typed(read: Terms, carried_out: Terms) -> Terms:
    """The terms to explain: those that were typed, unless derivatives among them are still to be formed."""
    undone = any(isinstance(factor, Derivative) for monomial in read for factor in monomial)
    return carried_out if undone else read


def written(side: Terms) -> str:
    """A side in Unicode."""
    return " + ".join(write_term(monomial, value) for monomial, value in side.items()) or "0"
