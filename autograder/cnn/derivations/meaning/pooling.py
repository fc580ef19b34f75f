"""What a formula says of a pooling layer: the windows that it speaks of, and who wins them.

Each `Evaluator` has a `Windows`, which is asked for max(…), upsample(…), indicators and index letters that
name the window of an element. Of max pooling nothing is known but which elements compete: ∂z/∂a is a factor
like any other, unless it is assumed that the element in question wins or does not.
"""

import itertools
from collections.abc import Sequence
from fractions import Fraction

from autograder.base.messages import say
from autograder.cnn.derivations.layer import Pooling
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas, largest
from autograder.cnn.derivations.meaning.terms import (
    ONE,
    ZERO,
    Factor,
    Foreign,
    NotCovered,
    Terms,
    plus,
    times,
)
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative


class Windows:
    """The windows of a layer, and the element and the window of which a left-hand side speaks.

    Attributes
    ----------
    before, z : Atom or None
        The element of the layer before, as a; the z that is named, or in whose window that element is.
    loose : set of str
        Index letters that were read as those of that z.
    wins : bool or None
        In max pooling, what is assumed of the element, if anything is.
    """

    def __init__(self, formulas: LayerFormulas) -> None:
        self.formulas = formulas
        self.before: Atom | None = None
        self.z: Atom | None = None
        self.loose: set[str] = set()
        self.wins: bool | None = None
        routed = formulas.forward.items() if formulas.routed else ()
        self.z_of: dict[Factor, Atom] = {next(iter(terms))[0]: z for z, terms in routed}
        """The largest of a window ↦ its z."""

    def of(self, function: str) -> Pooling:
        """The layer, which must be one of pooling."""
        if not isinstance(self.formulas.layer, Pooling):
            raise uncovered(function)
        return self.formulas.layer

    def look_around(self, elements: Sequence[Atom | None]) -> None:
        """Note of which element and of which window the left-hand side speaks."""
        self.before = self.z = None
        for atom in elements:
            if atom and atom.layer == BEFORE:
                self.before = Atom("a", atom.index, BEFORE)
            elif atom:
                self.z = Atom("z", atom.index, CURRENT)
        if self.z is None and self.before is not None:
            held = self._holding(self.before)
            self.z = held[0] if len(held) == 1 else None

    def _holding(self, a: Atom) -> list[Atom]:
        layer = self.of("upsample")
        return [z for z in layer.atoms("z") if a in layer.cells(z)]

    def assume_of(self, side: Terms) -> None:
        """Of z itself: that the element wins that is said to be z."""
        named = only_factor(side)
        if self.before is None and isinstance(named, Atom) and self.z is not None:
            self.before = named if self.z in self._holding(named) else None

    @property
    def apart(self) -> bool:
        """Whether the element is in no window, or in another."""
        return self.z is None or (self.before is not None and self.z not in self._holding(self.before))

    def handed_out(self, a: Atom, copies: bool) -> Terms:
        """The residual that upsample(δ) has at an element: copied, or as ∂z/∂a hands it out."""
        slopes = [(z, ONE if copies else self.formulas.slope(z, a)) for z in self._holding(a)]
        return plus([times({(Atom("delta", z.index, CURRENT),): Fraction(1)}, slope) for z, slope in slopes])

    def indicator(self, sides: Sequence[Terms]) -> Terms:
        """∂z/∂a: 1 where a is the largest of the window of z. Of no sides, the element in question."""
        z, a = self.z, self.before
        if sides:
            factors = [only_factor(terms) for terms in sides]
            z = next((self.z_of[factor] for factor in factors if factor in self.z_of), None)
            a = next((factor for factor in factors if isinstance(factor, Atom)), None)
        if z is None or a is None or self.formulas.routed is None:
            raise uncovered("1")
        return self.formulas.slope(z, a)

    def decided(self, factor: Factor) -> Terms | None:
        """∂z/∂a and the maximum, if the element in question wins its window or does not."""
        if isinstance(factor, Derivative) and factor.of == self.z:
            this = factor.by == self.before
            return (ONE if this else ZERO) if self.wins else (ZERO if this else None)
        if self.wins and self.before is not None and self.z is not None and self.z_of.get(factor) == self.z:
            return {(self.before,): Fraction(1)}
        return None


def reduced(function: str, parts: Sequence[Terms]) -> Terms:
    """The sum, the mean or the largest of some terms."""
    if function == "max":
        atoms = [factor for terms in parts if isinstance(factor := only_factor(terms), Atom)]
        if not atoms or len(atoms) < len(parts):
            raise uncovered(function)
        return {(largest(atoms),): Fraction(1)}
    share = Fraction(1, len(parts)) if function != "sum" and parts else Fraction(1)
    return {monomial: share * value for monomial, value in plus(parts).items()}


def block(listed: Sequence[Terms]) -> list[Terms]:
    """All elements between the first and the last, row by row and column by column: what "…" leaves out."""
    match [only_factor(terms) for terms in listed]:
        case [Atom() as first, *others] if isinstance(last := [first, *others][-1], Atom):
            if len(first.index) == len(last.index):
                sides = [range(low, high + 1) for low, high in zip(first.index, last.index, strict=True)]
                places = itertools.islice(itertools.product(*sides), 1_000)
                atoms = (Atom(first.letter, each, first.layer) for each in places)
                found: list[Terms] = [{(atom,): Fraction(1)} for atom in atoms]
                if all(terms in found for terms in listed):
                    return found
    raise uncovered("…")


def only_factor(terms: Terms) -> Atom | Foreign | None:
    """The element, or the largest of some, that terms come to, if they do."""
    match [*terms.items()]:
        case [((Atom() | Foreign() as factor,), Fraction(numerator=1, denominator=1))]:
            return factor
    return None


def uncovered(function: str) -> NotCovered:
    """A function that is not checked here."""
    return NotCovered(say("cnn.uncovered.function", function=function))
