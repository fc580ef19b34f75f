"""Compare typed with correct terms, and describe each difference in a sentence.

`lines`, `answers` and `documents` call `explain` for a formula that they found wrong. The comparison is
exact; where a surplus term was clearly meant for a missing one, one sentence covers both. A side that only
repeats the question, or leaves derivatives to be formed, may be true but is no answer.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from autograder.base.messages import Text, joined, say
from autograder.cnn.derivations.checking.slips import Slip, find_slips
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.terms import Factor, Monomial, Terms, write_factor, write_term
from autograder.cnn.derivations.notation import nodes, write
from autograder.cnn.derivations.notation.nodes import NamedQuantity, Node, PartialDerivative
from autograder.cnn.derivations.notation.write import left_side
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative

MAX_PAIRED = 80
"""Missing and surplus terms up to which they are paired."""
SHOWN = 6
"""Terms that an explanation lists."""
FaultKind = Literal[
    "missing", "extra", "index", "layer", "letter", "coefficient", "sign", "factor_missing", "factor_extra"
]


@dataclass(frozen=True)
class TermFault:
    """One wrong term.

    Parameters
    ----------
    kind : str
        "missing" or "extra"; "index", "layer", "letter" (another quantity), "factor_missing" and
        "factor_extra" where a typed term was clearly meant for a missing one; "coefficient", "sign".
    wanted, typed : str
        The two terms in Unicode; "" where there is none.
    text : Text
        One sentence.
    """

    kind: FaultKind
    wanted: str
    typed: str
    text: Text

    @property
    def which(self) -> Text:
        """The wrong term, without what would be right."""
        first, _, rest = self.wanted.partition("·")
        if self.kind == "missing":
            return say("cnn.which.missing", factor=first) if rest else counted([self])
        id = _WHICH.get(self.kind)
        return say(id, term=self.typed) if id else self.text


def counted(faults: Iterable[TermFault]) -> Text:
    """How many terms are missing, wrong and too many."""
    kinds = Counter(fault.kind if fault.kind in ("missing", "extra") else "wrong" for fault in faults)
    return joined(
        [say(id, count=kinds[kind]) for kind, id in _COUNTED.items() if kinds[kind]], "list.sentences"
    )


_COUNTED = {
    "missing": "cnn.which.count_missing",
    "wrong": "cnn.which.count_wrong",
    "extra": "cnn.which.count_extra",
}
_WHICH = {
    "coefficient": "cnn.which.coefficient",
    "index": "cnn.which.index",
    "layer": "cnn.which.layer",
    "letter": "cnn.which.letter",
    "factor_missing": "cnn.which.factor_missing",
    "factor_extra": "cnn.which.factor_extra",
}


def explain(
    typed: Terms, right: Terms, left: Atom | None, formulas: LayerFormulas
) -> tuple[Text, tuple[TermFault, ...], tuple[Slip, ...]]:
    """Why a formula is wrong: a sentence, the terms, and the slips that lead to it.

    Parameters
    ----------
    left : Atom or None
        The element that the formula is for, as `expand` keys it (w for ∂J/∂w); None for other equations.
    """
    found = compare_terms(typed, right, formulas)
    named: tuple[Slip, ...] = ()
    if left is not None and isinstance(formulas.layer, Layer):
        named = find_slips(formulas.layer, left, right, typed)
    sentences = [slip.text for slip in named]
    if not named and left is not None:
        sentences = _idea(typed, right, left, formulas)
    listed = [fault.text for fault in found[:SHOWN]]
    if len(found) > SHOWN:
        listed.append(say("note.and_more", count=len(found) - SHOWN))
    return joined([*sentences, *listed], "list.sentences"), found, named


def _idea(typed: Terms, right: Terms, left: Atom, formulas: LayerFormulas) -> list[Text]:
    """A remark on the whole formula, if there is one."""
    if typed and typed.items() < right.items() and left.letter in ("delta", "a", "w", "b"):
        return [say("cnn.equation.z_forgotten", variable=_variable(left))]
    for element, formula in formulas.asked(left.letter).items():
        if element != left and formula == typed:
            return [say("cnn.equation.of_another_element", element=left_side(element))]
    return []


def _variable(left: Atom) -> str:
    """What the element is differentiated by: δ₁₂ of the layer before goes through a₁₂."""
    return write.quantity(Atom("a", left.index, BEFORE) if left.letter == "delta" else left)


# ---- Term by term -----------------------------------------------------------------------------------------


def compare_terms(typed: Terms, right: Terms, formulas: LayerFormulas) -> tuple[TermFault, ...]:
    """The wrong terms of a formula; none if and only if it is right."""
    found: list[TermFault] = []
    missing: dict[Monomial, Fraction] = {}
    extra: dict[Monomial, Fraction] = {}
    for monomial in {**right, **typed}:
        wanted, given = right.get(monomial), typed.get(monomial)
        if wanted and given and wanted != given:
            kind: FaultKind = "sign" if wanted == -given else "coefficient"
            found.append(_fault(kind, write_term(monomial, wanted), write_term(monomial, given)))
        elif wanted and not given:
            missing[monomial] = wanted
        elif given and not wanted:
            extra[monomial] = given
    for meant, instead, kind in _pairs(missing, extra):
        wanted_term, typed_term = (
            write_term(meant, missing.pop(meant)),
            write_term(instead, extra.pop(instead)),
        )
        found.append(_fault(kind, wanted_term, typed_term))
    for monomial, value in extra.items():
        fault = _fault("extra", "", write_term(monomial, value))
        if absent := _absent(monomial, formulas):
            fault = replace(fault, text=say("cnn.term.foreign_no_element", term=fault.typed, element=absent))
        found.append(fault)
    return (*found, *(_fault("missing", write_term(*item), "") for item in missing.items()))


_SAID: dict[FaultKind, str] = {
    "missing": "cnn.term.missing",
    "extra": "cnn.term.foreign",
    "sign": "cnn.term.wrong_sign",
    "coefficient": "cnn.term.wrong_coefficient",
    "index": "cnn.term.wrong_index",
    "layer": "cnn.term.wrong_layer",
    "letter": "cnn.term.wrong_quantity",
    "factor_missing": "cnn.term.factor_missing",
    "factor_extra": "cnn.term.factor_surplus",
}


def _fault(kind: FaultKind, wanted: str, typed: str) -> TermFault:
    id = _SAID[kind]
    alone = kind in ("missing", "extra", "sign")
    text = say(id, term=typed or wanted) if alone else say(id, wanted=wanted, typed=typed)
    return TermFault(kind, wanted, typed, text)


def _pairs(
    missing: Iterable[Monomial], extra: Iterable[Monomial]
) -> list[tuple[Monomial, Monomial, FaultKind]]:
    """Which surplus term was meant for which missing one: the nearest pairs first."""
    wanted, typed = list(missing), list(extra)
    if len(wanted) > MAX_PAIRED or len(typed) > MAX_PAIRED:
        return []
    near = sorted(
        (found[0], i, j, found[1])
        for i, missing_term in enumerate(wanted)
        for j, extra_term in enumerate(typed)
        if (found := _distance(missing_term, extra_term)) is not None
    )
    pairs: list[tuple[Monomial, Monomial, FaultKind]] = []
    while near:
        _, i, j, kind = near[0]
        pairs.append((wanted[i], typed[j], kind))
        near = [pair for pair in near if pair[1] != i and pair[2] != j]
    return pairs


def _distance(wanted: Monomial, typed: Monomial) -> tuple[int, FaultKind] | None:
    """How far two products differ, and in what; None for too far."""
    lacking = list((Counter(wanted) - Counter(typed)).elements())
    surplus = list((Counter(typed) - Counter(wanted)).elements())
    match lacking, surplus:
        case [_], [] if typed:
            return 2, "factor_missing"
        case [], [_]:
            return 2, "factor_extra"
        case [first], [second]:
            return _factor_distance(first, second)
        case [first, second], [third, fourth] if len(wanted) > 2:
            # Two of three factors, each the same quantity at another place.
            for pairs in (((first, third), (second, fourth)), ((first, fourth), (second, third))):
                found = [_factor_distance(*pair) for pair in pairs]
                if all(kind == "index" for _, kind in found):
                    return 6, "index"
    return None


def _factor_distance(wanted: Factor, typed: Factor) -> tuple[int, FaultKind]:
    if isinstance(wanted, Atom) and isinstance(typed, Atom):
        if (wanted.letter, wanted.layer) == (typed.letter, typed.layer):
            return 1, "index"
        if (wanted.letter, wanted.index) == (typed.letter, typed.index):
            return 1, "layer"
        if wanted.letter == typed.letter:
            return 3, "layer"
        return (3 if wanted.index == typed.index else 5), "letter"
    return 5, "letter"


def _absent(monomial: Monomial, formulas: LayerFormulas) -> str:
    """An element in a product that the layer does not have; "" if there is none."""
    for factor in monomial:
        looked_up = isinstance(factor, Atom) and (factor.letter, factor.layer) in _LOOKED_UP
        if looked_up and not formulas.exists(factor):  # type: ignore[arg-type]
            return write_factor(factor)
    return ""


_LOOKED_UP = {
    *(("a", BEFORE), ("dsigma", BEFORE), ("w", CURRENT)),
    *((letter, layer) for letter in ("z", "delta") for layer in (CURRENT, BEFORE)),
}
"""The quantities whose elements can be looked up."""


# ---- The sides of an equation ----------------------------------------------------------------------------


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
    for node in nodes.walk(side):
        match node:
            case PartialDerivative(of=nodes.Loss(), by=NamedQuantity(letter="z", layer=layer)) if (
                layer is not None and layer.offset == 0
            ):
                continue
            case PartialDerivative():
                return True
    return False


def has_sum(side: Node) -> bool:
    """Whether a Σ is left to be written out."""
    return any(isinstance(node, nodes.Summation) for node in nodes.walk(side))


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
