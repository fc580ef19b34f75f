"""What a typed formula means in a layer: its layers settled, its indices filled in, its terms.

`compare` and `documents` use it. A formula becomes `Terms`, a sum of products with exact coefficients; two
formulas say the same if and only if their terms, carried out, are equal. Everything that a derivative means
is taken from `expand`, which writes z and differentiates it; nothing is simplified, and nothing is guessed:
what is outside of that is `NotCovered`.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache

import sympy

from autograder.base.messages import Text, say
from autograder.cnn.derivations import expand, symbols
from autograder.cnn.derivations.layer import AnyLayer, Layer, Pooling
from autograder.cnn.derivations.notation import write as notation_write
from autograder.cnn.derivations.notation.parse import (
    Applied,
    Derived,
    Equation,
    Index,
    LayerSaid,
    Loss,
    Named,
    Node,
    Number,
    Place,
    Power,
    Product,
    Quotient,
    Range,
    Summation,
    Total,
    Transposed,
    Variable,
    children,
    walk,
)
from autograder.cnn.derivations.symbols import (
    BEFORE,
    CURRENT,
    Atom,
    Derivative,
    LayerName,
    Quantity,
    reading_order,
)

MAX_STEPS = 150_000
"""Parts visited and products formed for one equation: about half a second. A line of a 28×28 takes 2,000."""
MAX_TERMS = 2_000
MAX_BITS = 2_000
MAX_DEGREE = 16
"""Factors of one product; the lecture's have three."""


class NotCovered(ValueError):
    """A formula that was read but is outside of what is checked: why, in one sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class Meaningless(ValueError):
    """A formula that says nothing in this layer, such as a with three indices: why, in one sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Foreign:
    """A factor that no formula of the lecture holds, such as σ′(a₁₂): it equals nothing but itself."""

    function: str
    of: Atom

    def __str__(self) -> str:
        return f"{ {'sigma': 'σ', 'dsigma': 'σ′'}[self.function] }({notation_write.quantity(self.of)})"


Factor = Quantity | Foreign
Monomial = tuple[Factor, ...]
Terms = Mapping[Monomial, Fraction]
Values = Mapping[str, int]

ONE: Terms = {(): Fraction(1)}
ZERO: Terms = {}


@lru_cache(maxsize=2**16)
def order(factor: Factor) -> tuple[object, ...]:
    """Sorts the factors of a product as the lecture writes them, foreign ones last."""
    return (1, str(factor)) if isinstance(factor, Foreign) else (0, reading_order(factor))


def write_factor(factor: Factor) -> str:
    """A factor in Unicode."""
    return str(factor) if isinstance(factor, Foreign) else notation_write.quantity(factor)


def write_term(monomial: Monomial, coefficient: Fraction = Fraction(1)) -> str:
    """A term in Unicode."""
    return notation_write.term([write_factor(one) for one in monomial], coefficient)


# ---- Layers ------------------------------------------------------------------------------------------------


def settled(equation: Equation, left_before: bool = False) -> Equation:
    """The same equation with a layer, l or l−1, at every quantity.

    Written layers come first: in an equation that speaks of l+1 and l, or of (3) and (2), the higher one is
    this layer (lecture 2.1 and 3.2 number them so). Where none is written,

    - w and b are of layer l, a of layer l−1, as in the whole lecture;
    - z is of layer l, but of l−1 inside σ(z) and σ′(z), and of a's layer in ∂a/∂z;
    - δ, and ∂J/∂z, are of layer l; of l−1 only when they are the left-hand side and the right-hand side holds
      w, σ′ or another residual: δ₁₂ = δ₁₁·w₁₂·σ′(z₁₂) + … speaks of the layer before on its left.

    Parameters
    ----------
    left_before : bool
        A residual on the left-hand side is of layer l−1 in any case, for that is what was asked for.

    Raises
    ------
    NotCovered
        More than two layers, or layers both by number and by letter.
    """
    shift, base = _top(equation)
    first, *others = equation.sides
    before = left_before or any(_speaks_of_this_layer(side) for side in others)
    default = -1 if _is_residual(first) and before and not equation.continued else 0
    sides = [
        _settle(side, shift, base, default if place == 0 or _is_undone_residual(side) else 0)
        for place, side in enumerate(equation.sides)
    ]
    return replace(equation, sides=tuple(sides))


def _top(equation: Equation) -> tuple[int, str]:
    """The highest layer that is written, and whether layers are named or numbered."""
    said = {node.layer for side in equation.sides for node in walk(side) if isinstance(node, Named | Applied)}
    written = {layer for layer in said if layer is not None}
    if not written:
        return 0, "l"
    if len({layer.base for layer in written}) > 1:
        raise NotCovered(say("cnn.meaning.layers_mixed"))
    base = next(iter(written)).base
    offsets = [layer.offset for layer in written]
    # Alone, l−1 is the layer before, and nothing else.
    top = max(offsets) if base == "" else max(*offsets, 0)
    if top - min(offsets) > 1:
        raise NotCovered(say("cnn.uncovered.more_layers"))
    return top, base


def _is_residual(node: Node) -> bool:
    return (isinstance(node, Named) and node.letter == "delta") or _is_undone_residual(node)


def _is_undone_residual(node: Node) -> bool:
    match node:
        case Derived(of=Loss(), by=Named(letter="z")):
            return True
    return False


def _speaks_of_this_layer(side: Node) -> bool:
    if _is_undone_residual(side):
        return False
    return any(
        (isinstance(node, Named) and node.letter in ("w", "delta", "a"))
        or isinstance(node, Derived)
        or (isinstance(node, Applied) and node.function == "dsigma")
        for node in walk(side)
    )


def _settle(node: Node, shift: int, base: str, residual: int, inside: int | None = None) -> Node:
    """One side; `residual` is the layer of δ, `inside` that of z where something around it decides."""

    def again(part: Node, inside: int | None = inside) -> Node:
        return _settle(part, shift, base, residual, inside)

    def of(said: LayerSaid | None, usual: int) -> LayerSaid:
        return LayerSaid("l", usual if said is None else said.offset - shift)

    match node:
        case Named(letter=letter, layer=said):
            usual = {"w": 0, "b": 0, "a": -1, "delta": residual, "z": 0 if inside is None else inside}[letter]
            return replace(node, layer=of(said, usual))
        case Applied(function=function, arguments=arguments):
            within = -1 if function in ("sigma", "dsigma") else inside
            return replace(
                node,
                arguments=tuple(again(one, within) for one in arguments),
                layer=None if node.layer is None else of(node.layer, 0),
            )
        case Derived(of=Loss(), by=Named(letter="z") as by):
            return replace(node, by=again(by, residual))
        case Derived(of=Named(letter="a") as above, by=Named(letter="z") as by):
            a = again(above)
            assert isinstance(a, Named) and a.layer is not None
            return Derived(a, again(by, a.layer.offset))
        case Derived(of=above, by=by):
            return Derived(again(above), again(by))
        case Power(base=part):
            return replace(node, base=again(part))
        case Transposed(base=part):
            return Transposed(again(part))
        case Quotient(above=above, below=below):
            return Quotient(again(above), again(below))
        case Product(factors=factors):
            return Product(tuple(map(again, factors)))
        case Total(terms=parts):
            return Total(tuple((sign, again(part)) for sign, part in parts))
        case Summation(body=body):
            return replace(node, body=again(body))
    return node


# ---- What is known of a layer ------------------------------------------------------------------------------


class Known:
    """A layer's formulas from first principles, each found when it is first asked for.

    Parameters
    ----------
    layer : Layer, Pooling or Dense
    """

    def __init__(self, layer: AnyLayer) -> None:
        self.layer = layer
        self._elements: dict[tuple[str, LayerName], frozenset[Atom]] = {}

    @cached_property
    def _written(self) -> expand.Formulas:
        return expand.forward(self.layer)

    @cached_property
    def forward(self) -> dict[Atom, Terms]:
        """z ↦ its formula."""
        return _as_terms(self._written)

    @cached_property
    def residual_before(self) -> dict[Atom, Terms]:
        """δ^(l−1) ↦ its formula, with σ′."""
        return _as_terms(expand.delta_before(self.layer, written=self._written))

    @cached_property
    def gradients(self) -> dict[Atom, Terms]:
        """a, w, b ↦ ∂J/∂ each of them."""
        found = _as_terms(expand.input_gradient(self.layer, written=self._written))
        if not isinstance(self.layer, Pooling):
            found |= _as_terms(expand.weight_gradient(self.layer, written=self._written))
            found |= _as_terms(expand.bias_gradient(self.layer, written=self._written))
        return found

    def elements(self, letter: str, layer: LayerName) -> frozenset[Atom]:
        """All elements of a quantity."""
        found = self._elements.get((letter, layer))
        if found is None:
            if isinstance(self.layer, Pooling) and letter in ("w", "b"):
                raise NotCovered(say("cnn.meaning.pooling_without_weights"))
            atoms = self.layer.atoms(letter, layer)  # type: ignore[arg-type]
            found = self._elements[letter, layer] = frozenset(atoms)
        return found

    def rank(self, letter: str, layer: LayerName) -> int:
        """How many indices a quantity has."""
        return len(next(iter(self.elements(letter, layer))).index)

    def extent(self, letter: str, layer: LayerName) -> tuple[int, ...]:
        """The largest value of each index of a quantity."""
        return tuple(map(max, zip(*(atom.index for atom in self.elements(letter, layer)), strict=True)))

    def exists(self, atom: Atom) -> bool:
        """Whether the layer has this element."""
        return atom in self.elements(atom.letter, atom.layer)

    # ---- First principles

    def value(self, quantity: Quantity) -> Terms:
        """A quantity in terms of a, σ′ of the layer before and w, b, δ of this one.

        z is written out, δ^(l−1) and every derivative are carried out; the others are what they are, and so
        is an element that the layer does not have.
        """
        if isinstance(quantity, Derivative):
            if quantity.of == "J":
                return self._of_loss(quantity.by)
            return self.slope(quantity.of, quantity.by)
        if quantity.letter == "z" and quantity.layer == CURRENT:
            return self.forward.get(quantity, {(quantity,): Fraction(1)})
        if quantity.letter == "delta" and quantity.layer == BEFORE:
            return self.residual_before.get(quantity, {(quantity,): Fraction(1)})
        if quantity.letter in ("upsample", "rot180", "pad_residual", "insert_zeros"):
            raise NotCovered(say("cnn.uncovered.intermediate_maps"))
        return {(quantity,): Fraction(1)}

    def _of_loss(self, by: Atom) -> Terms:
        """∂J/∂by. ∂J/∂z is δ, by definition."""
        if by.letter == "z":
            return self.value(Atom("delta", by.index, by.layer))
        self._require(by)
        if by in self.gradients:
            return self.gradients[by]
        raise NotCovered(say("cnn.uncovered.cost_derivative", by=notation_write.quantity(by)))

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
                if (by.letter, by.layer) in (("a", BEFORE), ("w", CURRENT), ("b", CURRENT)):
                    return _partial(self.forward[of], by)
                if (by.letter, by.layer) == ("z", CURRENT):
                    return ZERO
            case ("a", _):
                if by.letter == "z" and by.layer == of.layer:
                    dsigma: Monomial = (Atom("dsigma", of.index, of.layer),)
                    return {dsigma: Fraction(1)} if of.index == by.index else ZERO
                if of.layer == BEFORE and by.letter in ("a", "w", "b") and by.layer in (BEFORE, CURRENT):
                    return ZERO
            case ("w" | "b", "l"):
                if by.letter in ("a", "w", "b") or (by.letter == "z" and by.layer == BEFORE):
                    return ZERO
        raise NotCovered(
            say("cnn.uncovered.derivative", of=notation_write.quantity(of), by=notation_write.quantity(by))
        )

    def _require(self, atom: Atom) -> None:
        if not self.exists(atom):
            raise Meaningless(say("cnn.meaning.no_such_element", element=notation_write.quantity(atom)))


def _as_terms(formulas: expand.Formulas) -> dict[Atom, Terms]:
    return {atom: terms_of(formula) for atom, formula in formulas.items()}


def terms_of(formula: sympy.Expr) -> Terms:
    """The terms of an expression of `expand`."""
    return {monomial: value for monomial, value in symbols.terms(formula).items()}


def _partial(of: Terms, by: Atom) -> Terms:
    """The derivative of a sum of products by one of its quantities."""
    found: dict[Monomial, Fraction] = {}
    for monomial, value in of.items():
        power = monomial.count(by)
        if power:
            rest = list(monomial)
            rest.remove(by)
            found[tuple(rest)] = found.get(tuple(rest), Fraction(0)) + value * power
    return found


# ---- Terms -------------------------------------------------------------------------------------------------


def times(first: Terms, second: Terms) -> Terms:
    """The product, multiplied out."""
    found: dict[Monomial, Fraction] = {}
    for some, m in first.items():
        for more, n in second.items():
            key = tuple(sorted(some + more, key=order)) if some and more else some or more
            found[key] = found.get(key, Fraction(0)) + m * n
    return {monomial: value for monomial, value in found.items() if value}


def plus(parts: Sequence[Terms]) -> Terms:
    """The sum, like terms collected."""
    found: dict[Monomial, Fraction] = {}
    for part in parts:
        for monomial, value in part.items():
            found[monomial] = found.get(monomial, Fraction(0)) + value
    return {monomial: value for monomial, value in found.items() if value}


# ---- From a formula to terms -------------------------------------------------------------------------------


class Reader:
    """Formulas to terms in one layer.

    Parameters
    ----------
    known : Known
    rotated : bool
        Read w with variable indices as the kernel rotated by 180°, and δ^(l) with variable indices as the
        residual with kernel − 1 rows and columns of zeros around it: the lecture's general formula for δ of
        the layer before (3.2) says so in words.
    steps : int
        What it may do in all before it gives up; the rest is left in the attribute.
    """

    def __init__(self, known: Known, rotated: bool = False, steps: int = MAX_STEPS) -> None:
        self.known = known
        self.rotated = rotated and isinstance(known.layer, Layer)
        self.steps = steps

    def raw(self, node: Node, values: Values | None = None) -> Terms:
        """The terms as they are written: z stays z, ∂J/∂w₁₁ stays an undone derivative.

        Two things are read as what they are by definition: ∂J/∂z^(l) as δ^(l), and σ(z) as a. A derivative of
        a written-out formula, ∂(a₁₁·w₁₁)/∂a₁₁, is formed at once.

        Parameters
        ----------
        node : Node
            With its layers settled.
        values : mapping, optional
            What index variables stand for.

        Raises
        ------
        NotCovered, Meaningless
        """
        values = values or {}
        self._spend(1)
        match node:
            case Number(value=value):
                return {(): value} if value else ZERO
            case Variable(name=name):
                if name not in values:  # s is the stride within an index only.
                    raise _unexplained(name)
                return {(): Fraction(values[name])} if values[name] else ZERO
            case Named():
                atom = self.atom(node, values)
                return ZERO if atom is None else {(atom,): Fraction(1)}
            case Applied():
                return self._applied(node, values)
            case Derived():
                return self._derived(node, values)
            case Power(base=base, exponent=exponent):
                power, part = ONE, self.raw(base, values)
                for _ in range(exponent):
                    power = self._times(power, part)
                return power
            case Quotient(above=above, below=below):
                return self._times(self.raw(above, values), self._reciprocal(below, values))
            case Product(factors=factors):
                product = ONE
                for factor in factors:
                    product = self._times(product, self.raw(factor, values))
                return product
            case Total(terms=parts):
                signed = [(sign, self.raw(part, values)) for sign, part in parts]
                return plus([_negative(part) if sign < 0 else part for sign, part in signed])
            case Summation(ranges=ranges, body=body):
                spans = [self._span(one, body) for one in ranges]
                names = [one.variable for one in ranges]
                return plus(
                    [
                        self.raw(body, {**values, **dict(zip(names, chosen, strict=True))})
                        for chosen in itertools.product(*spans)
                    ]
                )
            case Transposed():
                raise NotCovered(say("cnn.uncovered.vectors"))
            case Loss():
                raise NotCovered(say("cnn.uncovered.cost_alone"))

    def carried_out(self, read: Terms) -> Terms:
        """Terms with z written out, δ^(l−1) and every derivative replaced by what they are."""
        if all(_is_basic(factor) for monomial in read for factor in monomial):
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
        return {(factor,): Fraction(1)} if isinstance(factor, Foreign) else self.known.value(factor)

    # ---- Elements

    def atom(self, node: Named, values: Values) -> Atom | None:
        """The element that is named; None where a variable index leaves the map, for there is 0."""
        assert node.layer is not None
        self._spend(1)
        layer: LayerName = CURRENT if node.layer.offset == 0 else BEFORE
        places = self.places(node.letter, layer, node.index)
        index = [self._number(place, values) for place in places]
        variable = any(place.variables for place in places)
        if self.rotated and variable and isinstance(self.known.layer, Layer):
            kh, kw = self.known.layer.kernel
            if node.letter == "w":
                index[-2:] = [kh + 1 - index[-2], kw + 1 - index[-1]]
            elif node.letter == "delta" and layer == CURRENT:
                index[-2:] = [index[-2] - (kh - 1), index[-1] - (kw - 1)]
        atom = Atom(node.letter, tuple(index), layer)
        return None if variable and not self.known.exists(atom) else atom

    def places(self, letter: str, layer: LayerName, index: Index) -> tuple[Place, ...]:
        """The indices of a quantity, as many as it has in this layer.

        Raises
        ------
        Meaningless
            There are too many or too few.
        """
        rank = self.known.rank(letter, layer)
        if len(index.places) == rank:
            return index.places
        if rank == 1 and index.run.isdigit():
            return (Place(((int(index.run), ()),)),)
        if rank == 0 and index.run == "1":
            return ()
        name = "δ" if letter == "delta" else letter
        raise Meaningless(
            say(
                "cnn.meaning.number_of_indices",
                name=name,
                wanted=rank,
                found=len(index.places),
            )
        )

    def _number(self, place: Place, values: Values) -> int:
        total = 0
        for value, names in place.terms:
            for name in names:
                value *= self._variable(name, values)
            total += value
        return total

    def _variable(self, name: str, values: Values) -> int:
        if name in values:
            return values[name]
        if name == "s" and isinstance(self.known.layer, Layer):
            return self.known.layer.stride
        raise _unexplained(name)

    # ---- Parts

    def _applied(self, node: Applied, values: Values) -> Terms:
        if node.function in ("sigma", "dsigma") and len(node.arguments) == 1:
            argument = node.arguments[0]
            if not isinstance(argument, Named):
                raise NotCovered(say("cnn.meaning.sigma_argument"))
            atom = self.atom(argument, values)
            if atom is None:
                return ZERO
            if atom.letter != "z":
                return {(Foreign(node.function, atom),): Fraction(1)}
            letter = "a" if node.function == "sigma" else "dsigma"
            return {(Atom(letter, atom.index, atom.layer),): Fraction(1)}  # type: ignore[arg-type]
        if node.function in ("sum", "avg", "mean") and not node.dots and node.index is None:
            parts = [self.raw(one, values) for one in node.arguments]
            count = len(parts) if node.function != "sum" else 1
            return self._times(plus(parts), {(): Fraction(1, count)})
        raise NotCovered(say("cnn.uncovered.function", function=node.function))

    def _derived(self, node: Derived, values: Values) -> Terms:
        if not isinstance(node.by, Named):
            raise NotCovered(say("cnn.uncovered.derivative_by_expression"))
        by = self.atom(node.by, values)
        match node.of:
            case Loss():
                if by is None:
                    return ZERO
                if by.letter == "z" and by.layer == CURRENT:
                    return {(Atom("delta", by.index, by.layer),): Fraction(1)}
                return {(Derivative("J", by),): Fraction(1)}
            case Named():
                of = self.atom(node.of, values)
                return ZERO if of is None or by is None else {(Derivative(of, by),): Fraction(1)}
        return ZERO if by is None else self._slope(self.raw(node.of, values), by)

    def _slope(self, of: Terms, by: Atom) -> Terms:
        """The product rule."""
        parts: list[Terms] = []
        for monomial, value in of.items():
            for place, factor in enumerate(monomial):
                if not isinstance(factor, Atom):
                    raise NotCovered(say("cnn.uncovered.derivative_of_expression", what=write_factor(factor)))
                rest: Terms = {monomial[:place] + monomial[place + 1 :]: value}
                parts.append(self._times(rest, self.known.slope(factor, by)))
        return plus(parts)

    def _reciprocal(self, node: Node, values: Values) -> Terms:
        below = self.raw(node, values)
        if not below:
            raise Meaningless(say("cnn.meaning.division_by_zero"))
        if set(below) != {()}:
            raise NotCovered(say("cnn.uncovered.division"))
        return {(): 1 / below[()]}

    def _span(self, one: Range, body: Node) -> range:
        """From where to where a variable of Σ runs: as written, else wherever the elements exist."""
        if one.low is not None and one.low != 1:
            raise NotCovered(say("cnn.uncovered.sum_start"))
        if isinstance(one.high, int):
            return range(1, min(one.high, 1_000) + 1)
        return range(1, self.reach(one.variable, body) + 1)

    def reach(self, variable: str, body: Node) -> int:
        """The largest value of a variable that stands alone as an index; of all indices, if none is."""
        sizes, largest = [], 1
        for node in walk(body):
            if isinstance(node, Named) and node.index.places:
                assert node.layer is not None
                layer: LayerName = CURRENT if node.layer.offset == 0 else BEFORE
                extent = self.known.extent(node.letter, layer)
                largest = max(largest, *extent, 1)
                places = self.places(node.letter, layer, node.index)
                sizes += [side for place, side in zip(places, extent, strict=True) if place.bare == variable]
        return min(sizes, default=largest)

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


def _unexplained(name: str) -> NotCovered:
    return NotCovered(say("cnn.meaning.index_unexplained", name=name))


def _is_basic(factor: Factor) -> bool:
    """Whether there is nothing to carry out in it, whatever the layer."""
    return isinstance(factor, Atom) and (
        factor.letter in ("a", "w", "b", "dsigma") or (factor.letter == "delta" and factor.layer == CURRENT)
    )


def _negative(part: Terms) -> Terms:
    return {monomial: -value for monomial, value in part.items()}


def require_covered(equation: Equation) -> None:
    """Refuse what is never checked, before anything else about an equation is found fault with.

    Raises
    ------
    NotCovered
        max(…), upsample(…) and the like; vectors and matrices.
    """
    for side in equation.sides:
        for node in walk(side):
            if isinstance(node, Applied) and (node.dots or node.function not in _COMPUTED):
                raise NotCovered(
                    say(
                        "cnn.uncovered.function",
                        function=node.function,
                    )
                )
            if isinstance(node, Transposed):
                raise NotCovered(say("cnn.uncovered.vectors"))


_COMPUTED = ("sigma", "dsigma", "sum", "avg", "mean")


# ---- Index variables ---------------------------------------------------------------------------------------


def variables(node: Node) -> frozenset[str]:
    """The index variables of a formula that no Σ in it binds."""
    match node:
        case Named(index=index):
            return frozenset(name for place in index.places for name in place.variables)
        case Variable(name=name):
            return frozenset((name,))
        case Summation(ranges=ranges, body=body):
            return variables(body) - {one.variable for one in ranges}
    return frozenset[str]().union(*map(variables, children(node)))


def instances(equation: Equation, reader: Reader) -> Iterator[Values]:
    """All values of the index variables on the left-hand side for which its elements exist; one empty choice
    where there are none.

    Raises
    ------
    NotCovered
        A variable stands on the right only, and no Σ binds it.
    """
    left = equation.sides[0]
    free = sorted(variables(left))
    bound_to_stride = {"s"} if isinstance(reader.known.layer, Layer) else set()
    for side in equation.sides[1:]:
        loose = variables(side) - set(free) - bound_to_stride
        if loose:
            raise _unexplained(", ".join(sorted(loose)))
    named = [node for node in walk(left) if isinstance(node, Named)]
    spans = [range(1, reader.reach(name, left) + 1) for name in free]
    for chosen in itertools.product(*spans):
        values = dict(zip(free, chosen, strict=True))
        if all(reader.atom(node, values) is not None for node in named):
            yield values
