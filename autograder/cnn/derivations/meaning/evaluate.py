"""The value of a formula in a layer: indices filled in, sums written out, derivatives formed, as `Terms`.

`checking` and `documents` make an `Evaluator` for each layer. A formula is untrusted input, so there is
a budget; what has no value here raises `NotCovered` or `Meaningless`.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from autograder.base.messages import say
from autograder.cnn.derivations.layer import Dense, Layer
from autograder.cnn.derivations.meaning import arrays
from autograder.cnn.derivations.meaning.convention import LECTURE, Convention
from autograder.cnn.derivations.meaning.errors import Meaningless, NotCovered
from autograder.cnn.derivations.meaning.indices import (
    SizeName,
    Values,
    entries,
    entry_value,
    free_variables,
    reach,
    span,
    unexplained,
)
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import layer_of
from autograder.cnn.derivations.meaning.terms import (
    ONE,
    ZERO,
    Factor,
    Foreign,
    Terms,
    plus,
    times,
    write_factor,
)
from autograder.cnn.derivations.notation.nodes import (
    Call,
    Equation,
    Loss,
    Matrix,
    NamedQuantity,
    Node,
    Number,
    PartialDerivative,
    Power,
    Product,
    Quotient,
    Sum,
    Summation,
    Transposed,
    Variable,
    walk,
)
from autograder.cnn.derivations.symbols import CURRENT, Atom, Derivative, LayerName

MAX_STEPS = 150_000
"""Parts visited and products formed for one equation: about half a second. A line of a 28×28 takes 2,000."""
MAX_TERMS = 2_000
MAX_BITS = 2_000
MAX_DEGREE = 16
"""Factors of one product; the lecture's have three."""


class Evaluator:
    """Formulas to terms in one layer.

    Parameters
    ----------
    formulas : LayerFormulas
    convention : Convention
    steps : int
        What it may do in all before it gives up; the rest is left in the attribute.
    """

    def __init__(
        self, formulas: LayerFormulas, convention: Convention = LECTURE, steps: int = MAX_STEPS
    ) -> None:
        self.formulas = formulas
        self.convention = convention
        self.steps = steps
        self.shape: tuple[int, ...] = ()
        self.sizes: set[SizeName] = set()

    @property
    def margin(self) -> int:
        """How far an index may lie beyond a map's size: z of the full map is numbered on."""
        layer = self.formulas.layer
        return max(layer.kernel) - 1 if self.convention.spread and isinstance(layer, Layer) else 0

    def value(self, node: Node, values: Values) -> arrays.Value:
        """`as_written`, or an array of terms where letters without indices stand for whole maps."""
        self._spend(1)
        match node:
            case Number(value=number):
                return {(): number} if number else ZERO
            case Variable(name=name):
                if name not in values:  # s is the stride within an index only.
                    raise unexplained(name)
                return {(): Fraction(values[name])} if values[name] else ZERO
            case NamedQuantity() if self.is_array(node):
                return self._array(node, values)
            case NamedQuantity():
                atom = self.element(node, values)
                return ZERO if atom is None else {(atom,): Fraction(1)}
            case Call(function="rot180", arguments=(part,)):
                return arrays.rotated(self.value(part, values))
            case Call(function="sigma" | "dsigma" as function, arguments=(NamedQuantity() as part,)) if (
                self.is_array(part)
            ):
                return arrays.each(
                    lambda terms: self._slope_or_value(function, terms), self._array(part, values)
                )
            case Call(function="sigma" | "dsigma" as function, arguments=(Sum() | Product() as part,)):
                return arrays.each(
                    lambda terms: self._slope_or_value(function, self._sought(terms)),
                    self.finished(self.value(part, values)),
                )
            case PartialDerivative(of=Loss(), by=NamedQuantity() as by) if self.is_array(by):
                return arrays.each(lambda terms: _derivative(next(iter(terms))[0]), self._array(by, values))
            case Transposed(base=base):
                return arrays.transposed(self.value(base, values))
            case Product(factors=factors, stars=stars):
                parts = [self.value(factor, values) for factor in factors]
                kernels = [any(_is(each, "w") for each in walk(factor)) for factor in factors]
                mode = self.convention.star, self.shape
                return arrays.product(parts, stars, kernels, mode, self._times)
            case Sum(terms=terms):
                return arrays.total([(sign, self.value(part, values)) for sign, part in terms])
            case Summation(body=body):
                return arrays.total([(1, self.value(body, chosen)) for chosen in self._summed(node, values)])
            case Quotient(above=above, below=below):
                below_terms = self._reciprocal(below, values)
                return arrays.each(lambda terms: self._times(terms, below_terms), self.value(above, values))
            case Matrix(rows=rows):
                cells = [[self.value(cell, values) for cell in row] for row in rows]
                return arrays.matrix(cells)
            case Call():
                return self._call(node, values)
            case PartialDerivative():
                return self._partial_derivative(node, values)
            case Power(base=base, exponent=exponent):
                raised, once = ONE, self.as_written(base, values)
                for _ in range(exponent):
                    raised = self._times(raised, once)
                return raised
            case Loss():
                raise NotCovered(say("cnn.uncovered.cost_alone"))

    def is_array(self, node: NamedQuantity) -> bool:
        """Whether it has fewer indices than its elements."""
        found = entries(node, self.formulas, self.convention)
        return len(found) < self.formulas.rank(node.letter, layer_of(node))

    def _array(self, node: NamedQuantity, values: Values) -> arrays.Value:
        """All elements of a map whose number is written, or of everything; a dense vector is a column."""
        where = layer_of(node)
        fixed = [
            entry_value(entry, values, self.formulas.layer) + 1 - self.convention.base
            for entry in entries(node, self.formulas, self.convention)
        ]
        extent = self.formulas.extent(node.letter, where)[len(fixed) :]
        found = np.empty(extent, object)
        for place in np.ndindex(extent):
            index = self._in_the_layer(node.letter, [*fixed, *(n + 1 for n in place)], where, spread=False)
            self._spend(1)
            found[place] = {(Atom(node.letter, index, where),): Fraction(1)}
        if self.convention.channel_first and node.letter == "w" and isinstance(self.formulas.layer, Dense):
            found = found.T
        if found.ndim > 1 or fixed:
            return found
        return found.reshape((1, -1) if self.convention.rows else (-1, 1))

    def _slope_or_value(self, function: str, terms: Terms) -> Terms:
        (atom,) = next(iter(terms))
        if not isinstance(atom, Atom) or atom.letter != "z":
            return {(Foreign(function, atom),): Fraction(1)}  # type: ignore[arg-type]
        letter = "a" if function == "sigma" else "dsigma"
        return {(Atom(letter, atom.index, atom.layer),): Fraction(1)}  # type: ignore[arg-type]

    def _sought(self, written_out: Terms) -> Terms:
        """z, where a formula is z written out: σ(w·a + b) is σ(z)."""
        for z in self.formulas.forward:
            if self._value(z) == written_out:
                return {(z,): Fraction(1)}
        raise NotCovered(say("cnn.meaning.sigma_argument"))

    def finished(self, value: arrays.Value) -> arrays.Value:
        """`carried_out`, of each element."""
        return arrays.each(self.carried_out, value)

    def as_written(self, node: Node, values: Values | None = None) -> Terms:
        """The terms as they are written: z stays z, ∂J/∂w₁₁ stays an undone derivative.

        Two things are read as what they are by definition: ∂J/∂z^(l) as δ^(l), and σ(z) as a. A derivative of
        a written-out formula, ∂(a₁₁·w₁₁)/∂a₁₁, is formed at once.

        Parameters
        ----------
        node : Node
            With a layer at every quantity (`settle_layers`).
        values : mapping, optional
            What index letters stand for.

        Raises
        ------
        NotCovered, Meaningless
        """
        found = self.value(node, values or {})
        if isinstance(found, np.ndarray):
            raise NotCovered(say("cnn.uncovered.vectors"))
        terms: Terms = found
        return terms

    def carried_out(self, read: Terms) -> Terms:
        """Terms with z written out, δ^(l−1) and every derivative replaced by what they are."""
        plain = self.convention.slope and not self.convention.sigmoid
        if plain and all(_is_basic(factor) for monomial in read for factor in monomial):
            self._spend(len(read))
            return read
        parts: list[Terms] = []
        for monomial, value in read.items():
            product: Terms = {(): value}
            for factor in monomial:
                product = self._times(product, self._value(factor))
            parts.append(product)
        return plus(parts)

    def _value(self, factor: Factor) -> Terms:
        if isinstance(factor, Foreign):
            return {(factor,): Fraction(1)}
        found = self.formulas.value(factor)
        if not self.convention.bias and _is(factor, "z"):
            found = {monomial: n for monomial, n in found.items() if not any(_is(x, "b") for x in monomial)}
        if not self.convention.slope and _is(factor, "delta"):  # of the layer before: its slopes go, too
            found = {tuple(x for x in monomial if not _is(x, "dsigma")): n for monomial, n in found.items()}
        if (
            self.convention.sigmoid
            and any(_is(x, "dsigma") for monomial in found for x in monomial)
            and (found != {(factor,): 1})
        ):
            return self.carried_out(found)
        if not self.convention.slope and _is(factor, "dsigma"):
            return ONE
        if self.convention.sigmoid and _is(factor, "dsigma"):
            a = Atom("a", factor.index, factor.layer)  # type: ignore[union-attr]
            return {(a,): Fraction(1), (a, a): Fraction(-1)}
        return found

    def _in_the_layer(
        self, letter: str, index: list[int], layer: LayerName, *, spread: bool
    ) -> tuple[int, ...]:
        """An index of the text, counted from 1, as the layer's own."""
        if isinstance(self.formulas.layer, Layer):
            kh, kw = self.formulas.layer.kernel
            if letter == "w" and self.convention.flipped:
                index[-2:] = [kh + 1 - index[-2], kw + 1 - index[-1]]
            elif letter in ("delta", "z") and layer == CURRENT and spread:
                index[-2:] = [index[-2] - (kh - 1), index[-1] - (kw - 1)]
        return tuple(index)

    def element(self, node: NamedQuantity, values: Values) -> Atom | None:
        """The element that is named; None where a variable index leaves the map, for there is 0."""
        self._spend(1)
        layer, indices = layer_of(node), entries(node, self.formulas, self.convention)
        if len(indices) < self.formulas.rank(node.letter, layer):
            raise NotCovered(say("cnn.uncovered.vectors"))
        shift = 1 - self.convention.base
        index = [entry_value(entry, values, self.formulas.layer) + shift for entry in indices]
        variable = any(entry.variables for entry in indices)
        atom = Atom(
            node.letter,
            self._in_the_layer(node.letter, index, layer, spread=variable and self.convention.spread),
            layer,
        )
        return None if variable and not self.formulas.exists(atom) else atom

    def _summed(self, node: Summation, values: Values) -> Iterator[Values]:
        """The values of all index letters within a Σ."""
        spans = [
            span(summed, node.body, self.formulas, self.convention, self.sizes) for summed in node.ranges
        ]
        names = [summed.variable for summed in node.ranges]
        for chosen in itertools.product(*spans):
            yield {**values, **dict(zip(names, chosen, strict=True))}

    def _call(self, node: Call, values: Values) -> Terms:
        if node.function in ("sigma", "dsigma") and len(node.arguments) == 1:
            argument = node.arguments[0]
            if not isinstance(argument, NamedQuantity):
                raise NotCovered(say("cnn.meaning.sigma_argument"))
            atom = self.element(argument, values)
            if atom is None:
                return ZERO
            if atom.letter != "z":
                return {(Foreign(node.function, atom),): Fraction(1)}
            letter = "a" if node.function == "sigma" else "dsigma"
            return {(Atom(letter, atom.index, atom.layer),): Fraction(1)}  # type: ignore[arg-type]
        if node.function in ("sum", "avg", "mean") and not node.dots and node.index is None:
            parts = [self.as_written(argument, values) for argument in node.arguments]
            count = len(parts) if node.function != "sum" else 1
            return self._times(plus(parts), {(): Fraction(1, count)})
        raise NotCovered(say("cnn.uncovered.function", function=node.function))

    def _partial_derivative(self, node: PartialDerivative, values: Values) -> Terms:
        if not isinstance(node.by, NamedQuantity):
            raise NotCovered(say("cnn.uncovered.derivative_by_expression"))
        by = self.element(node.by, values)
        match node.of:
            case Loss():
                if by is None:
                    return ZERO
                return _derivative(by)
            case NamedQuantity():
                of = self.element(node.of, values)
                return ZERO if of is None or by is None else {(Derivative(of, by),): Fraction(1)}
        return ZERO if by is None else self._slope(self.as_written(node.of, values), by)

    def _slope(self, of: Terms, by: Atom) -> Terms:
        """The product rule."""
        parts: list[Terms] = []
        for monomial, value in of.items():
            for place, factor in enumerate(monomial):
                if not isinstance(factor, Atom):
                    raise NotCovered(say("cnn.uncovered.derivative_of_expression", what=write_factor(factor)))
                rest: Terms = {monomial[:place] + monomial[place + 1 :]: value}
                parts.append(self._times(rest, self.formulas.slope(factor, by)))
        return plus(parts)

    def _reciprocal(self, node: Node, values: Values) -> Terms:
        below = self.as_written(node, values)
        if not below:
            raise Meaningless(say("cnn.meaning.division_by_zero"))
        if set(below) != {()}:
            raise NotCovered(say("cnn.uncovered.division"))
        return {(): 1 / below[()]}

    def _times(self, first: Terms, second: Terms) -> Terms:
        self._spend(1 + len(first) * len(second))
        product = times(first, second)
        if len(product) > MAX_TERMS:
            raise NotCovered(say("cnn.meaning.too_long"))
        for monomial, value in product.items():
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
                raise NotCovered(say("cnn.meaning.numbers_too_large"))
            if len(monomial) > MAX_DEGREE:
                raise NotCovered(say("cnn.uncovered.long_product", limit=MAX_DEGREE))
        return product

    def _spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise NotCovered(say("cnn.meaning.too_long"))


def _is_basic(factor: Factor) -> bool:
    """Whether there is nothing to carry out in it, whatever the layer."""
    return isinstance(factor, Atom) and (
        factor.letter in ("a", "w", "b", "dsigma") or (factor.letter == "delta" and factor.layer == CURRENT)
    )


def instances(equation: Equation, evaluator: Evaluator) -> Iterator[Values]:
    """All values of the index letters on the left-hand side for which its elements exist; one empty choice
    where there are none.

    Raises
    ------
    NotCovered
        A variable stands on the right only, and no Σ binds it.
    """
    left = equation.sides[0]
    free = sorted(free_variables(left))
    bound_to_stride = {"s"} if isinstance(evaluator.formulas.layer, Layer) else set()
    for side in equation.sides[1:]:
        loose = free_variables(side) - set(free) - bound_to_stride
        if loose:
            raise unexplained(", ".join(sorted(loose)))
    named = [node for node in walk(left) if isinstance(node, NamedQuantity)]
    first, convention = evaluator.convention.base, evaluator.convention
    spans = [
        range(first, reach(name, left, evaluator.formulas, convention) + first + evaluator.margin)
        for name in free
    ]
    for chosen in itertools.product(*spans):
        values = dict(zip(free, chosen, strict=True))
        if all(evaluator.is_array(node) or evaluator.element(node, values) is not None for node in named):
            yield values


_COMPUTED = ("sigma", "dsigma", "sum", "avg", "mean", "rot180")


def require_covered(equation: Equation) -> None:
    """Refuse what is never checked, before anything else about an equation is found fault with.

    Raises
    ------
    NotCovered
        max(…), upsample(…) and the like.
    """
    for node in equation.nodes():
        if isinstance(node, Call) and (node.dots or node.function not in _COMPUTED):
            raise NotCovered(say("cnn.uncovered.function", function=node.function))


def _is(factor: object, letter: str) -> bool:
    return isinstance(factor, Atom | NamedQuantity) and factor.letter == letter


def _derivative(by: object) -> Terms:
    assert isinstance(by, Atom)
    if by.letter == "z" and by.layer == CURRENT:
        return {(Atom("delta", by.index, by.layer),): Fraction(1)}
    return {(Derivative("J", by),): Fraction(1)}
