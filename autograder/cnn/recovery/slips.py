"""Name what all formulas of a function that differ have in common, in the words of `check-derivation`.

`recover` asks it for its page. It must never decide whether a formula is right.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TypeGuard

import sympy

from autograder.base.messages import Text, say
from autograder.cnn.derivations.checking.slips import Slip, find_slips
from autograder.cnn.derivations.layer import AnyLayer, Layer
from autograder.cnn.derivations.meaning.terms import Factor, Terms
from autograder.cnn.derivations.symbols import Atom, Derivative, Quantity, terms

COMPARED = 4
"""Elements whose slips are looked for; those with the most terms tell most."""


def named(
    layer: AnyLayer, code: Mapping[Quantity, sympy.Expr], lecture: Mapping[Quantity, sympy.Expr]
) -> list[Text]:
    """What all formulas that differ have in common, in the words of `check-derivation`."""
    both: dict[Quantity, tuple[Terms, Terms]]
    both = {left: (_terms(code[left]), _terms(lecture[left])) for left in lecture if left in code}
    both = {left: pair for left, pair in both.items() if pair[0] != pair[1]}
    factors = {_factor(*pair) for pair in both.values()}
    if len(factors) == 1 and (factor := factors.pop()):
        of = next(iter(both))
        if isinstance(of, Derivative) and factor.numerator == 1:
            return [say("cnn.slip.mean_for_sum")]
        return [say("cnn.formula.scaled", factor=str(factor))]
    if not isinstance(layer, Layer):
        return []
    chosen = sorted(both, key=lambda left: -len(both[left][1]))[:COMPARED]
    found = [_slips(layer, left, *both[left]) for left in chosen]
    return [slip.text for slip in found[0] if all(slip in each for each in found)] if found else []


def _terms(formula: sympy.Expr) -> Terms:
    return dict(terms(formula).items())


def _factor(code: Terms, lecture: Terms) -> Fraction:
    """By what the lecture's terms are multiplied; 0 where there is no such number."""
    quotients = {code[term] / value for term, value in lecture.items() if term in code}
    return quotients.pop() if len(quotients) == 1 and code.keys() == lecture.keys() else Fraction(0)


def _slips(layer: Layer, left: Quantity, code: Terms, lecture: Terms) -> tuple[Slip, ...]:
    """The slips of one element; of several samples in the first, or in the element's own."""
    atom = left.by if isinstance(left, Derivative) else left
    if layer.samples > 1:
        sample = 1
        if _sampled(atom):
            sample, atom = atom.index[0], replace(atom, index=atom.index[1:])
        code, lecture = (_of_sample(each, sample) for each in (code, lecture))
    return find_slips(replace(layer, samples=1), atom, lecture, code)


def _of_sample(parts: Terms, sample: int) -> Terms:
    """The terms of one sample, its number left out."""
    return {
        tuple(replace(each, index=each.index[1:]) if _sampled(each) else each for each in monomial): value
        for monomial, value in parts.items()
        if {each.index[0] for each in monomial if _sampled(each)} <= {sample}
    }


def _sampled(factor: Factor) -> TypeGuard[Atom]:
    """Whether every sample has its own of it."""
    return isinstance(factor, Atom) and factor.letter in ("a", "z", "delta", "dsigma")
