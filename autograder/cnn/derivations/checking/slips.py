"""Typical wrong derivations, as formulas: each slip turns the right formula into the one that it leads to.

`faults` holds what a person typed against them, exactly, term by term: a slip is named only when it gives
precisely the typed formula. Like a misconception of an exercise, a slip is a function; its sentence points
to the idea. A slip never decides whether an answer is right.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeGuard

from autograder.base.messages import Text, say
from autograder.cnn.derivations.layer import Layer, LayerError
from autograder.cnn.derivations.meaning.layer_formulas import formulas_of
from autograder.cnn.derivations.meaning.terms import Factor, Foreign, Monomial, Terms, order
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, LayerName

Wrong = Callable[[Layer, Atom, Terms], Iterable[Terms]]
"""(layer, element, its right formula) ↦ the wrong formulas that this slip may lead to."""


@dataclass(frozen=True)
class Slip:
    """A named mistake.

    Parameters
    ----------
    id : str
        Stable; the class report counts by it.
    of : tuple of str
        The letters of the elements whose formulas it concerns, as in `expand`: "z", "delta" (of the layer
        before), "a", "w", "b" (∂J/∂ each).
    wrong : function
        See `Wrong`.
    """

    id: str
    of: tuple[str, ...]
    wrong: Wrong

    @property
    def text(self) -> Text:
        """What went wrong, one sentence."""
        return say(f"cnn.slip.{self.id}")


def find_slips(layer: Layer, left: Atom, right: Terms, typed: Terms) -> tuple[Slip, ...]:
    """The slip, or the two slips together, that lead exactly to what was typed; none if none fits."""
    concerned = [slip for slip in SLIPS if left.letter in slip.of]
    for slip in concerned:
        if any(formula == typed != right for formula in slip.wrong(layer, left, right)):
            return (slip,)
    for first in concerned:
        for halfway in first.wrong(layer, left, right):
            for second in concerned:
                if halfway != right and any(
                    formula == typed and formula not in (halfway, right)
                    for formula in second.wrong(layer, left, halfway)
                ):
                    return (first, second)
    return ()


# ---- Tools ------------------------------------------------------------------------------------------------


def _each(terms: Terms, rename: Callable[[Factor, Monomial], Factor | None]) -> Terms:
    """Every factor replaced by another, or left out where `rename` gives None."""
    found: dict[Monomial, Fraction] = {}
    for monomial, value in terms.items():
        factors = [new for factor in monomial if (new := rename(factor, monomial)) is not None]
        key = tuple(sorted(factors, key=order))
        found[key] = found.get(key, Fraction(0)) + value
    return found


def _is(factor: Factor, letter: str, layer: str | None = None) -> TypeGuard[Atom]:
    return isinstance(factor, Atom) and factor.letter == letter and layer in (None, factor.layer)


def _moved(letter: str, where: Callable[[Layer, tuple[int, ...]], tuple[int, ...]]) -> Wrong:
    """All elements of one letter at other places."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        def rename(factor: Factor, _: Monomial) -> Factor:
            if isinstance(factor, Atom) and factor.letter == letter:
                return replace(factor, index=where(layer, factor.index))
            return factor

        yield _each(right, rename)

    return wrong


def _relabelled(letter: str, layer_before: str, to: Callable[[Atom, Monomial, Atom], Factor | None]) -> Wrong:
    """All elements of one letter of one layer replaced; `to` also sees the product and the left-hand side."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        def rename(factor: Factor, monomial: Monomial) -> Factor | None:
            if isinstance(factor, Atom) and factor.letter == letter and factor.layer == layer_before:
                return to(factor, monomial, left)
            return factor

        yield _each(right, rename)

    return wrong


def _either(*several: Wrong) -> Wrong:
    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        for one in several:
            yield from one(layer, left, right)

    return wrong


def _of_several_terms(*several: Wrong) -> Wrong:
    """Either of several, where the formula has more than one term: by one w alone nothing is known."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        if len(right) > 1:
            yield from _either(*several)(layer, left, right)

    return wrong


def _flipped_both(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    *maps, m, n = index
    return (*maps, layer.kernel[0] + 1 - m, layer.kernel[1] + 1 - n)


def _flipped_rows(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    *maps, m, n = index
    return (*maps, layer.kernel[0] + 1 - m, n)


def _flipped_columns(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    *maps, m, n = index
    return (*maps, m, layer.kernel[1] + 1 - n)


def _transposed(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    *maps, m, n = index
    return (*maps, n, m)


def _residual_flipped(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    *maps, p, q = index
    return (*maps, layer.output[0] + 1 - p, layer.output[1] + 1 - q)


def _maps_swapped(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    return (index[1], index[0], *index[2:]) if len(index) == 4 else index


def _of_element(where: Callable[[Layer, tuple[int, ...]], tuple[int, ...]]) -> Wrong:
    """The right formula of an element at another place."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        other = replace(left, index=where(layer, left.index))
        formula = _right(layer, other)
        if formula is not None:
            yield formula

    return wrong


def _right(layer: Layer, left: Atom) -> Terms | None:
    """The formula for the left-hand side `left`, in `expand`'s reading of it."""
    return formulas_of(layer).asked(left.letter).get(left)


def _as_if(**sizes: int) -> Wrong:
    """The formula of a layer with other sizes, as far as its elements exist in this one."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        if all(getattr(layer, name) == value for name, value in sizes.items()):
            return
        try:
            other = replace(layer, **sizes)  # type: ignore[arg-type]
        except LayerError:
            return
        formula = _right(other, left)
        if formula is not None:
            here = formulas_of(layer)
            yield {
                monomial: value
                for monomial, value in formula.items()
                if all(here.exists(factor) for factor in monomial if isinstance(factor, Atom))
            }

    return wrong


# ---- The wrong formulas -----------------------------------------------------------------------------------


def _slope_missing(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
    yield _each(right, lambda factor, _: None if _is(factor, "dsigma") else factor)


def _slope_of_this_layer(factor: Atom, monomial: Monomial, left: Atom) -> Factor:
    return replace(factor, layer=CURRENT)


def _index_of_residual(monomial: Monomial) -> tuple[int, ...] | None:
    return next((f.index for f in monomial if isinstance(f, Atom) and f.letter == "delta"), None)


def _slope_at_the_residual(layer_name: LayerName) -> Wrong:
    def to(factor: Atom, monomial: Monomial, left: Atom) -> Factor:
        index = _index_of_residual(monomial)
        return Atom("dsigma", index if index is not None else factor.index, layer_name)

    return _relabelled("dsigma", BEFORE, to)


def _slope_of_a(factor: Atom, monomial: Monomial, left: Atom) -> Factor:
    return Foreign("dsigma", Atom("a", factor.index, BEFORE))


def _slope_added(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
    places: tuple[tuple[str, LayerName], ...] = (("a", BEFORE), ("delta", CURRENT))
    for of, where in places:
        found: dict[Monomial, Fraction] = {}
        for monomial, value in right.items():
            slopes = [Atom("dsigma", f.index, where) for f in monomial if _is(f, of)]
            found[tuple(sorted((*monomial, *slopes), key=order))] = value
        yield found


def _mean(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
    height, width = layer.output
    for count in {height * width, len(right)} - {0}:
        yield {monomial: value / count for monomial, value in right.items()}


def _bias_missing(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
    yield {monomial: value for monomial, value in right.items() if not any(_is(f, "b") for f in monomial)}


def _bias_with_every_product(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
    count = len(right) - 1
    yield {m: v * count if any(_is(f, "b") for f in m) else v for m, v in right.items()}


def _one_map(letter: str) -> Wrong:
    """Only the products with one of the maps."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        if not layer.numbered:
            return
        count = layer.kernels if letter == "delta" else layer.channels
        for number in range(1, count + 1):
            yield {
                monomial: value
                for monomial, value in right.items()
                if all(factor.index[0] == number for factor in monomial if _named(factor, letter))
            }

    return wrong


def _other_map(letter: str) -> Wrong:
    """The same formula with another map's elements, or with all maps' added up."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        if not layer.numbered:
            return
        count = layer.kernels if letter == "delta" else layer.channels
        each = []
        for number in range(1, count + 1):

            def rename(factor: Factor, _: Monomial, number: int = number) -> Factor:
                if _named(factor, letter):
                    return replace(factor, index=(number, *factor.index[1:]))
                return factor

            each.append(_each(right, rename))
        yield from each
        yield {monomial: value for one in each for monomial, value in one.items()}

    return wrong


def _named(factor: Factor, letter: str) -> TypeGuard[Atom]:
    return _is(factor, letter, CURRENT if letter == "delta" else BEFORE)


# ---- The list: the first that fits is named ---------------------------------------------------------------

SLIPS: tuple[Slip, ...] = (
    Slip("dsigma_missing", ("delta",), _slope_missing),
    Slip("kernel_not_rotated", ("delta", "a"), _moved("w", _flipped_both)),
    Slip(
        "dsigma_of_this_layer",
        ("delta",),
        _either(_relabelled("dsigma", BEFORE, _slope_of_this_layer), _slope_at_the_residual(CURRENT)),
    ),
    Slip("dsigma_of_another_element", ("delta",), _slope_at_the_residual(BEFORE)),
    Slip("dsigma_of_a", ("delta",), _relabelled("dsigma", BEFORE, _slope_of_a)),
    Slip(
        "residual_of_the_layer_before",
        ("delta", "a", "w", "b"),
        _relabelled("delta", CURRENT, lambda factor, monomial, left: replace(factor, layer=BEFORE)),
    ),
    Slip(
        "z_for_a",
        ("w", "z"),
        _either(
            _relabelled(
                "a", BEFORE, lambda factor, monomial, left: replace(factor, letter="z", layer=CURRENT)
            ),
            _relabelled("a", BEFORE, lambda factor, monomial, left: replace(factor, letter="z")),
        ),
    ),
    Slip(
        "a_of_this_layer",
        ("w", "z"),
        _relabelled("a", BEFORE, lambda factor, monomial, left: replace(factor, layer=CURRENT)),
    ),
    Slip("true_convolution", ("z",), _moved("w", _flipped_both)),
    Slip("gradient_rotated", ("w",), _of_element(_flipped_both)),
    Slip("residual_rotated", ("w",), _moved("delta", _residual_flipped)),
    Slip(
        "kernel_rotated_along_one_axis",
        ("delta", "a"),
        _of_several_terms(_moved("w", _flipped_columns), _moved("w", _flipped_rows)),
    ),
    Slip("kernel_transposed", ("delta", "a", "z"), _of_several_terms(_moved("w", _transposed))),
    Slip("rows_and_columns_swapped", ("delta", "a", "w", "z"), _of_element(_transposed)),
    Slip("dsigma_too_much", ("w", "b"), _slope_added),
    Slip("mean_for_sum", ("w", "b"), _mean),
    Slip("bias_missing", ("z",), _bias_missing),
    Slip("bias_with_every_product", ("z",), _bias_with_every_product),
    Slip("stride_ignored", ("z", "delta", "a", "w"), _as_if(stride=1)),
    Slip("padding_ignored", ("z", "delta", "a", "w"), _as_if(padding=0)),
    Slip("one_kernel_only", ("delta", "a"), _one_map("delta")),
    Slip("one_channel_only", ("z",), _one_map("a")),
    Slip("wrong_channel", ("w",), _other_map("a")),
    Slip("wrong_map", ("w", "b"), _other_map("delta")),
    Slip("kernel_and_channel_swapped", ("delta", "a", "z"), _moved("w", _maps_swapped)),
)
