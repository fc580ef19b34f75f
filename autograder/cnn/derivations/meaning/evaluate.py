"""The value of a formula in a layer: indices filled in, sums written out, derivatives formed, as `Terms`.

`checking` and `documents` make an `Evaluator` for each layer. A formula is untrusted input, so there is
a budget; what has no value here raises `NotCovered` or `Meaningless`.
"""

import itertools
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np

from autograder.base.messages import say
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, Pooling
from autograder.cnn.derivations.meaning import arrays, indices
from autograder.cnn.derivations.meaning.convention import LECTURE, Convention
from autograder.cnn.derivations.meaning.indices import (
    SizeName,
    Values,
    entries,
    entry_value,
    size_of,
    unexplained,
)
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import layer_of
from autograder.cnn.derivations.meaning.pooling import Windows, block, reduced, uncovered
from autograder.cnn.derivations.meaning.terms import (
    ONE,
    ZERO,
    Factor,
    Foreign,
    Meaningless,
    NotCovered,
    Terms,
    negative,
    plus,
    times,
    write_factor,
)
from autograder.cnn.derivations.notation import nodes
from autograder.cnn.derivations.notation.nodes import IndexEntry, Loss, NamedQuantity, Node, walk
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative, LayerName

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
        self.windows = Windows(formulas)
        self._known: dict[int, tuple[Node, Any]] = {}
        """What no index letter changes, by a node's id; the node is kept, so that the id is its own."""

    def value(self, node: Node, values: Values) -> arrays.Value:
        """`as_written`, or an array of terms where letters without indices stand for whole maps."""
        self._spend(1)
        match node:
            case nodes.Number(value=number):
                return _constant(number)
            case nodes.Variable(name=name):
                size = None if name == "s" else size_of(name, self.formulas.layer)
                found = values.get(name, size)  # s is the stride within an index only
                if found is None:
                    raise unexplained(name)
                return _constant(Fraction(found))
            case NamedQuantity() if self.is_array(node):
                return self._array(node, values)
            case NamedQuantity():
                atom = self.element(node, values)
                return ZERO if atom is None else {(atom,): Fraction(1)}
            case nodes.Call(function="rot180", arguments=(part,)):
                return arrays.rotated(self.value(part, values))
            case nodes.Call(function="sigma" | "dsigma" as function, arguments=(part,)):
                of = self.value(part, values)
                if not isinstance(part, NamedQuantity):
                    of = arrays.each(lambda terms: self._sought(self.carried_out(terms)), of)
                return arrays.each(partial(_applied, function), of)
            case nodes.Call(function="sum" | "avg" | "mean" | "max", index=None):
                return reduced(node.function, self._listed(node, values))
            case nodes.Call(function="upsample", arguments=(part,), index=None):
                return self._upsampled(part, values)
            case nodes.Call(function="pool", arguments=(NamedQuantity(letter="a") as part,), index=None):
                self.windows.of("pool")
                if not self.is_array(part) or layer_of(part) == CURRENT:
                    raise NotCovered(say("cnn.uncovered.shapes"))
                z = replace(part, letter="z", layer=nodes.LayerLabel("l", 0))
                return arrays.each(self.carried_out, self._array(z, values))
            case nodes.Call():
                raise uncovered(node.function)
            case nodes.PartialDerivative(of=Loss(), by=NamedQuantity() as by):
                return arrays.each(_of_loss, self.value(by, values))
            case nodes.PartialDerivative(of=of, by=NamedQuantity() as by):
                return self._partial_derivative(of, by, values)
            case nodes.PartialDerivative():
                raise NotCovered(say("cnn.uncovered.derivative_by_expression"))
            case nodes.Transposed(base=base):
                return arrays.transposed(self.value(base, values))
            case nodes.Product(factors=factors, stars=stars):
                parts = [self.value(factor, values) for factor in factors]
                kernels = [bool(stars) and any(_is(each, "w") for each in walk(factor)) for factor in factors]
                mode = self.convention.star, self.shape
                return arrays.product(parts, stars, kernels, mode, self._times)
            case nodes.Sum(terms=terms):
                return arrays.total([(sign, self.value(part, values)) for sign, part in terms])
            case nodes.Summation(body=body, function="max" | "mean" as function):
                return reduced(function, [self.as_written(body, some) for some in self._summed(node, values)])
            case nodes.Summation(body=body):
                return arrays.total([(1, self.value(body, chosen)) for chosen in self._summed(node, values)])
            case nodes.Quotient(above=above, below=below):
                reciprocal = self._reciprocal(below, values)
                return arrays.each(lambda terms: self._times(terms, reciprocal), self.value(above, values))
            case nodes.Matrix(rows=rows):
                return arrays.matrix([[self.value(cell, values) for cell in row] for row in rows])
            case nodes.Power(base=base, exponent=exponent):
                raised, once = ONE, self.as_written(base, values)
                for _ in range(exponent):
                    raised = self._times(raised, once)
                return raised
            case nodes.Indicator(sides=sides):
                return self.windows.indicator(
                    [self.carried_out(self.as_written(side, values)) for side in sides]
                )
            case nodes.Cases(rows=rows):
                return self._cases(rows, values)
            case Loss():
                raise NotCovered(say("cnn.uncovered.cost_alone"))

    def _listed(self, node: nodes.Call, values: Values) -> list[Terms]:
        """What max(…) and the like are of."""
        match node.arguments:
            case (nodes.Call(function="sum", index=None) as inner,):  # avg(sum(…)), as the lecture writes
                return self._listed(inner, values)
        listed = [self.as_written(argument, values) for argument in node.arguments]
        found = block(listed) if node.dots else listed
        self._spend(len(found))
        return found

    def _upsampled(self, part: Node, values: Values) -> arrays.Value:
        """Every residual in its window, or what the element has of it of which the equation speaks."""
        windows, copies = self.windows, self.convention.copies
        named = part.by if isinstance(part, nodes.PartialDerivative) and isinstance(part.of, Loss) else part
        if not isinstance(named, NamedQuantity) or named.letter not in ("delta", "z"):
            raise uncovered("upsample")
        windows.of("upsample")
        if layer_of(named) != CURRENT or (named is part) != (named.letter == "delta"):
            raise NotCovered(say("cnn.uncovered.shapes"))
        if not self.is_array(named):
            z = self.element(replace(named, letter="z"), values)
            if windows.before is None or z is None or z != windows.z:
                raise uncovered("upsample")
            return windows.handed_out(windows.before, copies)
        fixed = self._index(named, values)
        extent = self.formulas.extent("a", BEFORE)[len(fixed) :]
        found = np.empty(extent, object)
        for place in np.ndindex(extent):
            self._spend(1)
            found[place] = windows.handed_out(Atom("a", (*fixed, *(n + 1 for n in place)), BEFORE), copies)
        return found

    def _cases(self, rows: tuple[tuple[Node, nodes.Indicator | None], ...], values: Values) -> Terms:
        parts, left = [], ONE
        for part, when in rows:
            holds = ONE if when is None else self.as_written(when, values)
            parts.append(self._times(self._times(left, holds), self.as_written(part, values)))
            left = self._times(left, plus([ONE, negative(holds)]))
        if left:  # not all cases are told
            raise uncovered("cases")
        return plus(parts)

    def is_array(self, node: NamedQuantity) -> bool:
        """Whether it has fewer indices than its elements."""
        return self._entries(node)[1]

    def _entries(self, node: NamedQuantity) -> tuple[tuple[IndexEntry, ...], bool, bool]:
        """Its indices, whether its elements have more, and whether there are letters in them."""
        if id(node) not in self._known:
            found = entries(node, self.formulas, self.convention)
            fewer = len(found) < self.formulas.rank(node.letter, layer_of(node))
            self._known[id(node)] = node, (found, fewer, any(entry.variables for entry in found))
        return self._known[id(node)][1]  # type: ignore[no-any-return]

    def _array(self, node: NamedQuantity, values: Values) -> arrays.Value:
        """All elements of a map whose number is written, or of everything; a dense vector is a column."""
        where, fixed = layer_of(node), self._index(node, values)
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

    def _sought(self, written_out: Terms) -> Terms:
        """z, where a formula is z written out: σ(w·a + b) is σ(z)."""
        for z in self.formulas.forward:
            if self.carried_out({(z,): Fraction(1)}) == written_out:
                return {(z,): Fraction(1)}
        raise NotCovered(say("cnn.meaning.sigma_argument"))

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
        done = self._replaced(read, self._value)
        if self.windows.wins is not None:
            done = self._replaced(done, self.windows.decided)
        plain = self.convention.slope and not self.convention.sigmoid
        return done if plain else self._replaced(done, self._slope_value)

    def _replaced(self, terms: Terms, value: Callable[[Factor], Terms | None]) -> Terms:
        """Every factor replaced by its value, unless that is None."""
        parts: list[Terms] = []
        for monomial, coefficient in terms.items():
            found = {factor: value(factor) for factor in monomial}
            kept = tuple(factor for factor in monomial if found[factor] is None)
            part: Terms = {kept: coefficient}
            for factor in monomial:
                if (of := found[factor]) is not None:
                    part = self._times(part, of)
            self._spend(1)
            parts.append(part)
        return plus(parts)

    def _value(self, factor: Factor) -> Terms | None:
        found = None if isinstance(factor, Foreign) else self.formulas.value(factor)
        if self.convention.mean and isinstance(factor, Derivative) and factor.of == "J" and found is not None:
            return self._times(found, _constant(Fraction(1, self.formulas.samples)))
        if found is None or self.convention.bias or not _is(factor, "z"):
            return found
        return {monomial: n for monomial, n in found.items() if not any(_is(x, "b") for x in monomial)}

    def _slope_value(self, factor: Factor) -> Terms | None:
        """σ′ without an activation, or of the sigmoid."""
        if not isinstance(factor, Atom) or factor.letter != "dsigma":
            return None
        a = Atom("a", factor.index, factor.layer)
        return {(a,): Fraction(1), (a, a): Fraction(-1)} if self.convention.sigmoid else ONE

    def _index(self, node: NamedQuantity, values: Values) -> list[int]:
        """The indices that are written, counted from 1."""
        shift, layer = 1 - self.convention.base, self.formulas.layer
        return [entry_value(entry, values, layer) + shift for entry in self._entries(node)[0]]

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
        _, fewer, variable = self._entries(node)
        if fewer:
            raise NotCovered(say("cnn.uncovered.vectors"))
        layer, spread = layer_of(node), variable and self.convention.spread
        index = self._in_the_layer(node.letter, self._index(node, values), layer, spread=spread)
        atom = Atom(node.letter, index, layer)
        return None if variable and not self.formulas.exists(atom) else atom

    def _summed(self, node: nodes.Summation, values: Values) -> Iterator[Values]:
        """The values of all index letters within a Σ."""
        if node.ranges[0].window is not None:
            yield from self._through_the_window(node.ranges, node.ranges[0].window, values)
            return
        if id(node) not in self._known:
            whole = {summed.variable for summed in node.ranges if (summed.low, summed.high) == (None, None)}
            for part in walk(node.body) if isinstance(self.formulas.layer, Pooling) else ():
                if isinstance(part, NamedQuantity) and layer_of(part) == BEFORE:
                    for entry in part.index.entries:
                        if entry.bare in whole:  # of the window, or of the whole map?
                            raise unexplained(entry.bare)
            self._known[id(node)] = (
                node,
                [
                    indices.span(summed, node.body, self.formulas, self.convention, self.sizes)
                    for summed in node.ranges
                ],
            )
        names = [summed.variable for summed in node.ranges]
        for chosen in itertools.product(*self._known[id(node)][1]):
            yield {**values, **dict(zip(names, chosen, strict=True))}

    def _through_the_window(
        self, ranges: tuple[nodes.Range, ...], place: nodes.Index, values: Values
    ) -> Iterator[Values]:
        """The rows and columns of the window R_{p,q}; of R alone, of the one that the equation is about."""
        layer, z = self.windows.of("R"), self.windows.z
        if place.entries:
            shift = 1 - self.convention.base
            at = (entry_value(entry, values, layer) + shift for entry in place.entries[-2:])
            maps = (1,) if layer.numbered else ()
            z = Atom("z", (*maps, *at), CURRENT)
            z = z if self.formulas.exists(z) else None
        if z is None:
            raise unexplained("R")
        shift = self.convention.base - 1
        names = [summed.variable for summed in ranges]
        for cell in layer.cells(z):
            yield {**values, **dict(zip(names, (n + shift for n in cell.index[-2:]), strict=True))}

    def _partial_derivative(self, of: Node, by: NamedQuantity, values: Values) -> Terms:
        variable = self.element(by, values)
        if isinstance(of, NamedQuantity):
            atom = self.element(of, values)
            return ZERO if atom is None or variable is None else {(Derivative(atom, variable),): Fraction(1)}
        return ZERO if variable is None else self._slope(self.as_written(of, values), variable)

    def _slope(self, of: Terms, by: Atom) -> Terms:
        """The product rule."""
        parts: list[Terms] = []
        for monomial, value in of.items():
            for place, each in enumerate(monomial):
                factor = self.windows.z_of.get(each, each)  # ∂max(…)/∂a is ∂z/∂a
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


def instances(equation: nodes.Equation, evaluator: Evaluator) -> Iterator[Values]:
    """All values of the index letters on the left-hand side for which its elements exist; one empty choice
    where there are none.

    Raises
    ------
    NotCovered
        A variable stands on the right only, and no Σ binds it.
    """
    left = equation.sides[0]
    free = sorted(indices.free_variables(left))
    layer, spread = evaluator.formulas.layer, evaluator.convention.spread
    letters = frozenset[str]().union(*map(indices.free_variables, equation.sides[1:])) - set(free)
    loose = {name for name in letters if size_of(name, layer) is None}
    places = _of_a_window(equation, loose) if isinstance(layer, Pooling) else {}
    if loose - places.keys():
        raise unexplained(", ".join(sorted(loose - places.keys())))
    named = [node for node in walk(left) if isinstance(node, NamedQuantity)]
    margin = max(layer.kernel) - 1 if spread and isinstance(layer, Layer) else 0  # z of the full map
    spans = [
        indices.span(nodes.Range(name), left, evaluator.formulas, evaluator.convention, evaluator.sizes)
        for name in free
    ]
    spans = [range(evaluator.convention.base, span.stop + margin) for span in spans]
    for chosen in itertools.product(*spans):
        values = dict(zip(free, chosen, strict=True))
        elements = [evaluator.element(node, values) for node in named if not evaluator.is_array(node)]
        if None in elements:
            continue
        if isinstance(layer, Pooling):
            windows = evaluator.windows
            windows.look_around(elements)
            both = {node.layer for node in named if not evaluator.is_array(node)}
            told = any(isinstance(node, nodes.Cases | nodes.Indicator) for node in equation.nodes())
            if windows.apart and (places or (len(both) == 2 and not told)):
                continue  # p and q name the window that holds the element
            if places and windows.z is not None:
                windows.loose |= {*places}
                first = evaluator.convention.base - 1
                values |= {name: windows.z.index[place] + first for name, place in places.items()}
        yield values


def _of_a_window(equation: nodes.Equation, letters: AbstractSet[str]) -> dict[str, int]:
    """Letters that are indices of z or δ on a right-hand side, each with its place from the end."""
    return {
        entry.bare: place - len(node.index.entries)
        for node in equation.nodes()
        if isinstance(node, NamedQuantity) and layer_of(node) == CURRENT
        for place, entry in enumerate(node.index.entries)
        if entry.bare is not None and entry.bare in letters
    }


_COMPUTED = ("sigma", "dsigma", "sum", "avg", "mean", "rot180")
_OF_POOLING = ("max", "upsample", "pool")


def require_covered(equation: nodes.Equation, layer: AnyLayer) -> None:
    """Refuse what is never checked, before anything else about an equation is found fault with.

    Raises
    ------
    NotCovered
        min(…) and the like; where nothing is pooled, max(…) and upsample(…) too.
    """
    pooled = isinstance(layer, Pooling)
    for node in equation.nodes():
        known = isinstance(node, nodes.Call) and node.function in _COMPUTED and (pooled or not node.dots)
        if isinstance(node, nodes.Call) and not known and not (pooled and node.function in _OF_POOLING):
            raise uncovered(node.function)


def _is(factor: object, letter: str) -> bool:
    return isinstance(factor, Atom | NamedQuantity) and factor.letter == letter


def _constant(value: Fraction) -> Terms:
    return {(): value} if value else ZERO


def _atom(of: Terms) -> Atom:
    """The element that a quantity comes to."""
    ((atom,),) = of
    assert isinstance(atom, Atom)
    return atom


def _applied(function: Literal["sigma", "dsigma"], of: Terms) -> Terms:
    """σ or σ′ of an element, or of nothing outside of the map."""
    if not of:
        return ZERO
    atom = _atom(of)
    if atom.letter != "z":
        return {(Foreign(function, (atom,)),): Fraction(1)}
    return {(Atom("a" if function == "sigma" else "dsigma", atom.index, atom.layer),): Fraction(1)}


def _of_loss(by: Terms) -> Terms:
    """∂J/∂ of an element."""
    if not by:
        return ZERO
    atom = _atom(by)
    if atom.letter == "z" and atom.layer == CURRENT:
        return {(Atom("delta", atom.index, atom.layer),): Fraction(1)}
    return {(Derivative("J", atom),): Fraction(1)}
