"""Compare typed with correct terms, and describe each difference in a sentence.

`lines`, `answers` and `documents` call `explain` for a formula that they found wrong. The comparison is
exact; where a surplus term was clearly meant for a missing one, one sentence covers both.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from autograder.base.messages import Text, joined, say
from autograder.cnn.derivations.checking.slips import Slip, find_slips
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.terms import Factor, Monomial, Terms, write_factor, write_term
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.write import left_side
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, LayerName

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
        wanted, given = right.get(monomial, Fraction(0)), typed.get(monomial, Fraction(0))
        if wanted and given and wanted != given:
            found.append(_coefficient(monomial, wanted, given))
        elif wanted and not given:
            missing[monomial] = wanted
        elif given and not wanted:
            extra[monomial] = given
    for wanted_term, typed_term, kind in _pairs(missing, extra):
        found.append(
            _meant(wanted_term, typed_term, kind, missing.pop(wanted_term), extra.pop(typed_term), formulas)
        )
    for monomial, value in extra.items():
        shown = write_term(monomial, value)
        absent = _absent(monomial, formulas)
        sentence = (
            say("cnn.term.foreign_no_element", term=shown, element=absent)
            if absent
            else say("cnn.term.foreign", term=shown)
        )
        found.append(TermFault("extra", "", shown, sentence))
    for monomial, value in missing.items():
        shown = write_term(monomial, value)
        found.append(TermFault("missing", shown, "", say("cnn.term.missing", term=shown)))
    return tuple(found)


def _coefficient(monomial: Monomial, wanted: Fraction, given: Fraction) -> TermFault:
    wanted_term, typed_term = write_term(monomial, wanted), write_term(monomial, given)
    if wanted == -given:
        return TermFault("sign", wanted_term, typed_term, say("cnn.term.wrong_sign", term=typed_term))
    sentence = say("cnn.term.wrong_coefficient", typed=typed_term, wanted=wanted_term)
    return TermFault("coefficient", wanted_term, typed_term, sentence)


_MEANT: dict[FaultKind, str] = {
    "index": "cnn.term.wrong_index",
    "layer": "cnn.term.wrong_layer",
    "letter": "cnn.term.wrong_quantity",
    "factor_missing": "cnn.term.factor_missing",
    "factor_extra": "cnn.term.factor_surplus",
}


def _meant(
    wanted: Monomial,
    typed: Monomial,
    kind: FaultKind,
    value: Fraction,
    given: Fraction,
    formulas: LayerFormulas,
) -> TermFault:
    """The fault of a typed term that was meant for another."""
    wanted_term, typed_term = write_term(wanted, value), write_term(typed, given)
    sentence = _MEANT[kind]
    return TermFault(kind, wanted_term, typed_term, say(sentence, wanted=wanted_term, typed=typed_term))


def _pairs(
    missing: Iterable[Monomial], extra: Iterable[Monomial]
) -> list[tuple[Monomial, Monomial, FaultKind]]:
    """Which surplus term was meant for which missing one: the nearest pairs first."""
    wanted, typed = list(missing), list(extra)
    if len(wanted) > MAX_PAIRED or len(typed) > MAX_PAIRED:
        return []
    near = sorted(
        (
            (found[0], i, j, found[1])
            for i, missing_term in enumerate(wanted)
            for j, extra_term in enumerate(typed)
            if (found := _distance(missing_term, extra_term)) is not None
        ),
        key=lambda pair: pair[:3],
    )
    pairs: list[tuple[Monomial, Monomial, FaultKind]] = []
    taken: set[tuple[str, int]] = set()
    for _, i, j, kind in near:
        if ("w", i) not in taken and ("t", j) not in taken:
            taken |= {("w", i), ("t", j)}
            pairs.append((wanted[i], typed[j], kind))
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
        if not isinstance(factor, Atom) or factor.layer not in _LAYERS.get(factor.letter, ()):
            continue
        if not formulas.exists(factor):
            return write_factor(factor)
    return ""


_LAYERS: dict[str, tuple[LayerName, ...]] = {
    **{"a": (BEFORE,), "dsigma": (BEFORE,), "w": (CURRENT,)},
    **{"z": (CURRENT, BEFORE), "delta": (CURRENT, BEFORE)},
}
"""The layers whose elements can be looked up."""
