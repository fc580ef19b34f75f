"""The lecture's shortcuts: a rotated kernel over a padded residual, a residual over the input, upsampling.

They are built as the lecture draws them, from maps whose cells are elements, zeros and ones. `steps` shows
them beside the derivation after `agrees` has compared them with `expand`, term by term; no result may come
from here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from autograder.cnn.derivations.expand import Formulas
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, Pooling, Size, positions
from autograder.cnn.derivations.pages.records import Grid, Recipe
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Derivative, LayerName, Letter, terms

Cells = np.ndarray
"""A map of elements, zeros and ones; dtype object."""
Pairs = list[tuple[Cells, Cells]]
"""What slides over what; the results are added."""
Products = Iterable[tuple[Any, ...]]
"""Each a tuple of cells."""


@dataclass(frozen=True)
class ClosedForm:
    """Formulas by a shortcut, and one drawing of it for each map of the result."""

    formulas: Formulas
    recipes: tuple[Recipe, ...]


def agrees(closed: ClosedForm, formulas: Formulas) -> bool:
    """Whether a closed form and an expansion have the same terms, element by element."""
    return closed.formulas.keys() == formulas.keys() and all(
        terms(closed.formulas[left]) == terms(formula) for left, formula in formulas.items()
    )


def delta_before(layer: AnyLayer) -> ClosedForm | None:
    """The residual of the layer before (lecture 3.1, 3.2). None where the lecture has no shortcut for it:
    for pooling windows that overlap or leave gaps."""
    match layer:
        case Layer():
            return _rotated_kernel_over_padded_residual(layer)
        case Dense():
            return _transposed_weights(layer)
        case Pooling():
            return _upsampled(layer) if layer.steps == layer.window else None


def weight_gradient(layer: Layer) -> ClosedForm:
    """The residual, zeros inserted, over the padded input (lecture 3.3); a remainder of it is cropped."""
    formulas: Formulas = {}
    recipes = []
    for k, c in positions((layer.kernels, layer.channels)):
        pairs: Pairs = []
        for n in range(layer.samples):
            spread = insert_zeros(_map(layer, "delta", CURRENT, n, k), layer.stride)
            pairs.append((spread, pad(_map(layer, "a", BEFORE, n, c), *[layer.padding] * 4)))
        w = _map(layer, "w", CURRENT, k, c)
        formulas |= {w[at]: _formula(products) for at, products in _slid(pairs, layer.kernel)}
        gradients = np.reshape([Derivative("J", element) for element in w.flat], w.shape)
        recipes.append(Recipe(_grid(gradients), "∗", _drawn(pairs)))
    return ClosedForm(formulas, tuple(recipes))


# ---- The lecture's steps, on cells -------------------------------------------------------------------------


def rotate180(cells: Cells) -> Cells:
    """Step 1: the kernel upside down and left to right."""
    return np.asarray(cells, object)[::-1, ::-1]


def insert_zeros(cells: Cells, stride: int) -> Cells:
    """For a stride: s − 1 zeros between neighbours."""
    height, width = np.shape(cells)
    spread = np.zeros(((height - 1) * stride + 1, (width - 1) * stride + 1), object)
    spread[::stride, ::stride] = cells
    return spread


def pad(cells: Cells, top: int, bottom: int, left: int, right: int) -> Cells:
    """Step 2: zeros around."""
    height, width = np.shape(cells)
    padded = np.zeros((top + height + bottom, left + width + right), object)
    padded[top : top + height, left : left + width] = cells
    return padded


def _slid(pairs: Pairs, shape: Size) -> Iterator[tuple[Size, Products]]:
    """Step 3: the first map of each pair over the second, at every place; which cells meet there."""
    for u, v in positions(shape):
        met: list[tuple[Any, ...]] = []
        for over, under in pairs:
            height, width = over.shape
            met += zip(over.flat, under[u : u + height, v : v + width].flat, strict=True)
        yield (u, v), met


def _formula(products: Products, scale: sympy.Expr = sympy.S.One) -> sympy.Expr:
    """A sum of products of cells; a 0 leaves no product, and a 1 no factor."""
    return sympy.Add(
        *(sympy.Mul(scale, *(cell.symbol for cell in cells if cell != 1)) for cells in products if all(cells))
    )


def _map(layer: AnyLayer, letter: Letter, where: LayerName, *numbers: int) -> Cells:
    """One map of a quantity, chosen by its first indices: (sample, map), or (kernel, channel) for w."""
    found = np.empty(layer.shape(letter, where)[len(numbers) :], object)
    for place in positions(found.shape):
        found[place] = layer.atom(letter, where, (*numbers, *place))
    return found


def _grid(cells: Cells) -> Grid:
    """Cells as a page draws them."""
    return Grid(tuple(map(tuple, cells.tolist())))


def _drawn(pairs: Pairs) -> tuple[tuple[Grid, ...], ...]:
    return tuple((_grid(over), _grid(under)) for over, under in pairs)


# ---- The shortcuts -----------------------------------------------------------------------------------------


def _rotated_kernel_over_padded_residual(layer: Layer) -> ClosedForm:
    """δ^(l−1)[n,c] = Σ_k rot180(w[k,c]) ∗ pad(insert_zeros(δ[n,k])), cropped by the padding, times σ′."""
    formulas: Formulas = {}
    recipes = []
    p = layer.padding
    sides = zip(layer.input, layer.kernel, strict=True)
    around = [n for side, k in sides for n in (k - 1, k - 1 + (side + 2 * p - k) % layer.stride)]
    for n, c in positions((layer.samples, layer.channels)):
        pairs: Pairs = []
        for k in range(layer.kernels):
            padded = pad(insert_zeros(_map(layer, "delta", CURRENT, n, k), layer.stride), *around)
            # Padding's own residual is not wanted: drop the rows and columns that only it would need.
            height, width = padded.shape
            crop = padded[p : height - p, p : width - p]
            pairs.append((rotate180(_map(layer, "w", CURRENT, k, c)), crop))
        before, slope = _map(layer, "delta", BEFORE, n, c), _map(layer, "dsigma", BEFORE, n, c)
        for at, products in _slid(pairs, layer.input):
            formulas[before[at]] = _formula((*cells, slope[at]) for cells in products)
        recipes.append(Recipe(_grid(before), "∗", _drawn(pairs), slope=_grid(slope)))
    return ClosedForm(formulas, tuple(recipes))


def _upsampled(layer: Pooling) -> ClosedForm:
    """δ^(l−1) = upsample(δ) ⊙ (1/(m·n), or 1 where a won and 0 elsewhere) ⊙ σ′."""
    formulas: Formulas = {}
    recipes = []
    (m, n), (height, width) = layer.window, layer.input
    share = Fraction(1) if layer.kind == "max" else Fraction(1, m * n)
    winners = set(layer.winners.values())
    for sample, c in positions((layer.samples, layer.channels)):
        before, slope, a = (_map(layer, letter, BEFORE, sample, c) for letter in ("delta", "dsigma", "a"))
        upsampled = np.zeros(layer.input, object)
        copies = _map(layer, "delta", CURRENT, sample, c).repeat(m, 0).repeat(n, 1)
        upsampled[: copies.shape[0], : copies.shape[1]] = copies
        factors = [upsampled]
        if layer.kind == "max":  # ∂z/∂a
            factors.append(np.reshape([int(element in winners) for element in a.flat], a.shape))
        for at in positions((height, width)):
            cells = (*(factor[at] for factor in factors), slope[at])
            formulas[before[at]] = _formula([cells], sympy.Rational(share.numerator, share.denominator))
        recipes.append(Recipe(_grid(before), "⊙", (tuple(map(_grid, factors)),), share, _grid(slope)))
    return ClosedForm(formulas, tuple(recipes))


def _transposed_weights(layer: Dense) -> ClosedForm:
    """δ^(l−1) = (wᵀ · δ) ⊙ σ′."""
    w, delta = _map(layer, "w", CURRENT).T, _map(layer, "delta", CURRENT)
    before, slope = _map(layer, "delta", BEFORE), _map(layer, "dsigma", BEFORE)
    formulas = {
        left: _formula((*cells, own) for cells in zip(row, delta, strict=True))
        for left, row, own in zip(before, w, slope, strict=True)
    }
    result, right, slopes = (_grid(column[:, None]) for column in (before, delta, slope))
    return ClosedForm(formulas, (Recipe(result, "·", ((_grid(w), right),), slope=slopes),))
