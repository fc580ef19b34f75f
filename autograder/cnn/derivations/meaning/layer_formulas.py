"""What is true in a layer: its elements, and the formulas of z, δ and every derivative.

`evaluate` carries formulas out with it, `checking` compares with it. Everything comes from first principles
(`expand` writes z out and differentiates it); no closed form is used.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import cache, cached_property, lru_cache

from autograder.base.messages import say
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.layer import AnyLayer, Dense, Pooling
from autograder.cnn.derivations.meaning.terms import (
    ONE,
    ZERO,
    Foreign,
    Meaningless,
    NotCovered,
    Terms,
    plus,
    times,
)
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative, LayerName, Quantity, terms


class LayerFormulas:
    """A layer's formulas from first principles, each found when it is first asked for.

    Parameters
    ----------
    layer : Layer, Pooling or Dense
        Of max pooling nothing is said here of which element wins: z is the largest of its window, and ∂z/∂a
        a factor like any other.
    """

    def __init__(self, layer: AnyLayer) -> None:
        self.layer = layer
        self.extent = cache(self._extent)

    @cached_property
    def _written(self) -> expand.Formulas:
        return expand.forward(self.layer)

    @cached_property
    def forward(self) -> dict[Atom, Terms]:
        """z ↦ its formula."""
        if self.routed is not None:
            return {z: {(largest(self.routed.cells(z)),): Fraction(1)} for z in self.routed.atoms("z")}
        return _as_terms(self._written)

    @property
    def samples(self) -> int:
        """How many inputs are processed together."""
        return 1 if isinstance(self.layer, Dense) else self.layer.samples

    @property
    def routed(self) -> Pooling | None:
        """The layer, if its elements compete."""
        return self.layer if isinstance(self.layer, Pooling) and self.layer.kind == "max" else None

    @cached_property
    def residual_before(self) -> dict[Atom, Terms]:
        """δ^(l−1) ↦ its formula, with σ′."""
        if self.routed is not None:
            slopes: dict[Atom, Terms]
            slopes = {a: {(Atom("dsigma", a.index, BEFORE),): Fraction(1)} for a in self.gradients}
            return {
                Atom("delta", a.index, BEFORE): times(found, slopes[a]) for a, found in self.gradients.items()
            }
        return _as_terms(expand.delta_before(self.layer, written=self._written))

    @cached_property
    def gradients(self) -> dict[Atom, Terms]:
        """a, w, b ↦ ∂J/∂ each of them."""
        if (layer := self.routed) is not None:
            return {
                a: plus(
                    [
                        {(Derivative(z, a), Atom("delta", z.index, CURRENT)): Fraction(1)}
                        for z in layer.atoms("z")
                        if a in layer.cells(z)
                    ]
                )
                for a in layer.atoms("a")
            }
        found = _as_terms(expand.input_gradient(self.layer, written=self._written))
        if not isinstance(self.layer, Pooling):
            found |= _as_terms(expand.weight_gradient(self.layer, written=self._written))
            found |= _as_terms(expand.bias_gradient(self.layer, written=self._written))
        return found

    def _extent(self, letter: str, layer: LayerName) -> tuple[int, ...]:
        """The largest value of each index of a quantity."""
        if isinstance(self.layer, Pooling) and letter in ("w", "b"):
            raise NotCovered(say("cnn.meaning.pooling_without_weights"))
        shape = self.layer.shape(letter, layer)  # type: ignore[arg-type]
        return self.layer.named(letter, tuple(side - 1 for side in shape))  # type: ignore[arg-type]

    def rank(self, letter: str, layer: LayerName) -> int:
        """How many indices a quantity has."""
        return len(self.extent(letter, layer))

    def exists(self, atom: Atom) -> bool:
        """Whether the layer has this element."""
        extent = self.extent(atom.letter, atom.layer)
        return len(extent) == len(atom.index) and all(map(_within, atom.index, extent))

    def asked(self, letter: str) -> dict[Atom, Terms]:
        """What a derivation may ask for by this letter: z, δ of the layer before, or ∂J/∂a, ∂J/∂w, ∂J/∂b."""
        if letter == "z":
            return self.forward
        if letter == "delta":
            return self.residual_before
        return {atom: terms for atom, terms in self.gradients.items() if atom.letter == letter}

    # ---- First principles

    def value(self, quantity: Quantity) -> Terms | None:
        """A quantity in terms of a, σ′ of the layer before and w, b, δ of this one.

        z is written out, δ^(l−1) and every derivative are carried out; the others are what they are (None),
        and so is an element that the layer does not have.
        """
        if isinstance(quantity, Derivative):
            if quantity.of == "J":
                return self._of_loss(quantity.by)
            return self.slope(quantity.of, quantity.by)
        if quantity.letter in ("upsample", "rot180", "pad_residual", "insert_zeros"):
            raise NotCovered(say("cnn.uncovered.intermediate_maps"))
        if (quantity.letter, quantity.layer) == ("z", CURRENT):
            return self.forward.get(quantity)
        if (quantity.letter, quantity.layer) == ("a", CURRENT) and isinstance(self.layer, Pooling):
            return self.forward.get(Atom("z", quantity.index, CURRENT))  # pooling has no activation
        if (quantity.letter, quantity.layer) == ("delta", BEFORE):
            return self.residual_before.get(quantity)
        return None

    def _of_loss(self, by: Atom) -> Terms:
        """∂J/∂by. ∂J/∂z is δ, by definition."""
        if by.letter == "z":
            delta = Atom("delta", by.index, by.layer)
            return self.value(delta) or {(delta,): Fraction(1)}
        self._require(by)
        if by in self.gradients:
            return self.gradients[by]
        raise NotCovered(say("cnn.uncovered.cost_derivative", by=write.quantity(by)))

    def slope(self, of: Atom, by: Atom) -> Terms:
        """∂of/∂by."""
        self._require(of)
        self._require(by)
        if of == by:
            return ONE
        match (of.letter, of.layer):
            case ("z", "l"):
                if by.letter == "z" and by.layer == BEFORE:
                    inner = self.slope(of, Atom("a", by.index, BEFORE))
                    return times(inner, {(Atom("dsigma", by.index, BEFORE),): Fraction(1)})
                if self.routed is not None and (by.letter, by.layer) == ("a", BEFORE):
                    return {(Derivative(of, by),): Fraction(1)} if by in self.routed.cells(of) else ZERO
                if (by.letter, by.layer) in (("a", BEFORE), ("w", CURRENT), ("b", CURRENT)):
                    holding = {term: value for term, value in self.forward[of].items() if by in term}
                    return {tuple(each for each in term if each != by): holding[term] for term in holding}
                if (by.letter, by.layer) == ("z", CURRENT):
                    return ZERO
            case ("a", _):
                if by.letter == "z" and by.layer == of.layer:
                    dsigma = Atom("dsigma", of.index, of.layer)
                    return {(dsigma,): Fraction(1)} if of.index == by.index else ZERO
                if of.layer == BEFORE and by.letter in ("a", "w", "b") and by.layer in (BEFORE, CURRENT):
                    return ZERO
            case ("w" | "b", "l"):
                if by.letter in ("a", "w", "b") or (by.letter == "z" and by.layer == BEFORE):
                    return ZERO
        raise NotCovered(say("cnn.uncovered.derivative", of=write.quantity(of), by=write.quantity(by)))

    def _require(self, atom: Atom) -> None:
        if not self.exists(atom):
            raise Meaningless(say("cnn.meaning.no_such_element", element=write.quantity(atom)))


def largest(cells: Iterable[Atom]) -> Foreign | Atom:
    """The largest of some elements."""
    first, *others = dict.fromkeys(sorted(cells))
    return Foreign("max", (first, *others)) if others else first


@lru_cache(maxsize=32)
def formulas_of(layer: AnyLayer) -> LayerFormulas:
    """The formulas of a layer, shared by all who ask while they are in the cache."""
    return LayerFormulas(layer)


def _as_terms(formulas: expand.Formulas) -> dict[Atom, Terms]:
    return {atom: dict(terms(formula).items()) for atom, formula in formulas.items()}


def _within(index: int, most: int) -> bool:
    return 1 <= index <= most
