"""Typical mistakes in derivations: each slip is a function from the right formula to the wrong one.

`faults` compares what a person typed with the results, exactly, term by term, and names a slip only when it
gives precisely the typed formula. A slip must never decide whether an answer is right.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeGuard

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


# ---- Building blocks --------------------------------------------------------------------------------------

Replace = Callable[[Layer, Atom, Monomial], Factor | None]
"""(layer, element, the product that it is in) ↦ what stands in its place; None leaves it out."""
Place = Callable[[Layer, tuple[int, ...]], tuple[int, ...]]
"""(layer, index) ↦ the index of another element."""


def _is(factor: Factor, letter: str, where: LayerName | None = None) -> TypeGuard[Atom]:
    return isinstance(factor, Atom) and factor.letter == letter and where in (None, factor.layer)


def _replacing(letter: str, where: LayerName | None, *replacements: Replace, least: int = 0) -> Wrong:
    """Every element of one quantity replaced, for each replacement; `where` None means of either layer.

    A formula must have `least` terms: a single w, for example, does not tell how it was moved.
    """

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        for replacement in replacements if len(right) >= least else ():
            found: dict[Monomial, Fraction] = {}
            for monomial, value in right.items():
                factors = [
                    replacement(layer, factor, monomial) if _is(factor, letter, where) else factor
                    for factor in monomial
                ]
                key = tuple(sorted((factor for factor in factors if factor is not None), key=order))
                found[key] = found.get(key, Fraction(0)) + value
            yield found

    return wrong


def _moved(letter: str, *places: Place, least: int = 0) -> Wrong:
    """All elements of one letter at other places; one wrong formula for each kind of place."""
    return _replacing(letter, None, *map(_at, places), least=least)


def _at(place: Place) -> Replace:
    return lambda layer, factor, _: replace(factor, index=place(layer, factor.index))


def _mirrored(of: Literal["kernel", "output"], *, rows: bool = True, columns: bool = True) -> Place:
    """The place of an element in a map of that size when the map is flipped."""

    def place(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
        *maps, row, column = index
        height, width = getattr(layer, of)
        return (*maps, height + 1 - row if rows else row, width + 1 - column if columns else column)

    return place


def _transposed(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    *maps, row, column = index
    return (*maps, column, row)


def _maps_swapped(layer: Layer, index: tuple[int, ...]) -> tuple[int, ...]:
    return (index[1], index[0], *index[2:]) if len(index) == 4 else index


def _of_element(place: Place) -> Wrong:
    """The right formula of an element at another place."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterable[Terms]:
        moved = replace(left, index=place(layer, left.index))
        formula = formulas_of(layer).asked(left.letter).get(moved)
        return () if formula is None else (formula,)

    return wrong


def _as_if(**sizes: int) -> Wrong:
    """The formula of a layer with other sizes, as far as its elements exist in this one."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        try:
            resized = replace(layer, **sizes)  # type: ignore[arg-type]
        except LayerError:
            return
        formula = formulas_of(resized).asked(left.letter).get(left)
        if formula is not None and resized != layer:
            yield {
                monomial: value
                for monomial, value in formula.items()
                if all(formulas_of(layer).exists(factor) for factor in monomial if isinstance(factor, Atom))
            }

    return wrong


# ---- The wrong formulas -----------------------------------------------------------------------------------


def _slope_at_the_residual(where: LayerName) -> Replace:
    def slope(layer: Layer, factor: Atom, monomial: Monomial) -> Atom:
        index = next((part.index for part in monomial if _is(part, "delta")), factor.index)
        return Atom("dsigma", index, where)

    return slope


def _slope_added(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
    places: tuple[tuple[str, LayerName], ...] = (("a", BEFORE), ("delta", CURRENT))
    for of, where in places:
        found: dict[Monomial, Fraction] = {}
        for monomial, value in right.items():
            slopes = [Atom("dsigma", factor.index, where) for factor in monomial if _is(factor, of)]
            found[tuple(sorted((*monomial, *slopes), key=order))] = value
        yield found


def _mean(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
    height, width = layer.output
    for count in {height * width, len(right)} - {0}:
        yield {monomial: value / count for monomial, value in right.items()}


def _bias_taken(times: Callable[[int], int]) -> Wrong:
    """The bias as often as this function of the number of products says."""

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        found = {
            monomial: value * times(len(right) - 1) if any(_is(each, "b") for each in monomial) else value
            for monomial, value in right.items()
        }
        yield {monomial: value for monomial, value in found.items() if value}

    return wrong


def _map_numbers(layer: Layer, letter: str) -> range:
    """The numbers of the maps of δ or a; none where they are not written."""
    count = layer.kernels if letter == "delta" else layer.channels
    return range(1, count + 1) if layer.numbered else range(0)


def _one_map(letter: Literal["a", "delta"]) -> Wrong:
    """Only the products with one of the maps."""
    where = CURRENT if letter == "delta" else BEFORE

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        for number in _map_numbers(layer, letter):
            yield {
                monomial: value
                for monomial, value in right.items()
                if all(factor.index[0] == number for factor in monomial if _is(factor, letter, where))
            }

    return wrong


def _other_map(letter: Literal["a", "delta"]) -> Wrong:
    """The same formula with another map's elements, or with those of all maps added up."""
    where = CURRENT if letter == "delta" else BEFORE

    def wrong(layer: Layer, left: Atom, right: Terms) -> Iterator[Terms]:
        sums: dict[Monomial, Fraction] = {}
        for number in _map_numbers(layer, letter):
            place = _at(lambda _, index, number=number: (number, *index[1:]))  # type: ignore[misc]
            for formula in _replacing(letter, where, place)(layer, left, right):
                sums |= formula
                yield formula
        if sums:
            yield sums

    return wrong


# ---- The list: the first that fits is named ---------------------------------------------------------------

SLIPS: tuple[Slip, ...] = (
    Slip("dsigma_missing", ("delta",), _replacing("dsigma", None, lambda *_: None)),
    Slip("kernel_not_rotated", ("delta", "a"), _moved("w", _mirrored("kernel"))),
    Slip(
        "dsigma_of_this_layer",
        ("delta",),
        _replacing(
            "dsigma",
            BEFORE,
            lambda _, slope, __: replace(slope, layer=CURRENT),
            _slope_at_the_residual(CURRENT),
        ),
    ),
    Slip(
        "dsigma_of_another_element", ("delta",), _replacing("dsigma", BEFORE, _slope_at_the_residual(BEFORE))
    ),
    Slip(
        "dsigma_of_a",
        ("delta",),
        _replacing(
            "dsigma", BEFORE, lambda _, slope, __: Foreign("dsigma", (Atom("a", slope.index, BEFORE),))
        ),
    ),
    Slip(
        "residual_of_the_layer_before",
        ("delta", "a", "w", "b"),
        _replacing("delta", CURRENT, lambda _, delta, __: replace(delta, layer=BEFORE)),
    ),
    Slip(
        "z_for_a",
        ("w", "z"),
        _replacing(
            "a",
            BEFORE,
            lambda _, a, __: replace(a, letter="z", layer=CURRENT),
            lambda _, a, __: replace(a, letter="z"),
        ),
    ),
    Slip("a_of_this_layer", ("w", "z"), _replacing("a", BEFORE, lambda _, a, __: replace(a, layer=CURRENT))),
    Slip("true_convolution", ("z",), _moved("w", _mirrored("kernel"))),
    Slip("gradient_rotated", ("w",), _of_element(_mirrored("kernel"))),
    Slip("residual_rotated", ("w",), _moved("delta", _mirrored("output"))),
    Slip(
        "kernel_rotated_along_one_axis",
        ("delta", "a"),
        _moved("w", _mirrored("kernel", rows=False), _mirrored("kernel", columns=False), least=2),
    ),
    Slip("kernel_transposed", ("delta", "a", "z"), _moved("w", _transposed, least=2)),
    Slip("rows_and_columns_swapped", ("delta", "a", "w", "z"), _of_element(_transposed)),
    Slip("dsigma_too_much", ("w", "b"), _slope_added),
    Slip("mean_for_sum", ("w", "b"), _mean),
    Slip("bias_missing", ("z",), _bias_taken(lambda count: 0)),
    Slip("bias_with_every_product", ("z",), _bias_taken(lambda count: count)),
    Slip("stride_ignored", ("z", "delta", "a", "w"), _as_if(stride=1)),
    Slip("padding_ignored", ("z", "delta", "a", "w"), _as_if(padding=0)),
    Slip("one_kernel_only", ("delta", "a"), _one_map("delta")),
    Slip("one_channel_only", ("z",), _one_map("a")),
    Slip("wrong_channel", ("w",), _other_map("a")),
    Slip("wrong_map", ("w", "b"), _other_map("delta")),
    Slip("kernel_and_channel_swapped", ("delta", "a", "z"), _moved("w", _maps_swapped)),
)
