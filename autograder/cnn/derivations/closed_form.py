"""The lecture's shortcuts: a rotated kernel over a padded residual, a residual over the input, upsampling.

They are built here as the lecture draws them, from grids of cells, and never used to find a result: `steps`
shows them beside the derivation, and `agrees` holds them against `expand`, term by term.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from autograder.cnn.derivations.expand import Formulas
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, Pooling, positions
from autograder.cnn.derivations.page import Grid, Recipe
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative, Letter, Quantity, terms

Cells = list[list[Quantity | int]]


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
    height, width = layer.kernel
    for k, c in positions((layer.kernels, layer.channels)):
        pairs = [
            (
                insert_zeros(_residual(layer, n, k), layer.stride),
                pad(_input(layer, n, c), *[layer.padding] * 4),
            )
            for n in range(layer.samples)
        ]
        found = _sum([_slide(over, under) for over, under in pairs])
        w = [[layer.atom("w", CURRENT, (k, c, i, j)) for j in range(width)] for i in range(height)]
        for i, j in positions(layer.kernel):
            formulas[w[i][j]] = found[i][j]
        gradients = [[Derivative("J", element) for element in row] for row in w]
        recipes.append(
            Recipe(grid(gradients), "∗", tuple((grid(over), grid(under)) for over, under in pairs))
        )
    return ClosedForm(formulas, tuple(recipes))


# ---- The lecture's steps, on cells -------------------------------------------------------------------------


def rotate180(cells: Cells) -> Cells:
    """Step 1: the kernel upside down and left to right."""
    return [row[::-1] for row in cells[::-1]]


def insert_zeros(cells: Cells, stride: int) -> Cells:
    """For a stride: s − 1 zeros between neighbours."""
    height, width = (len(cells) - 1) * stride + 1, (len(cells[0]) - 1) * stride + 1
    return [
        [0 if u % stride or v % stride else cells[u // stride][v // stride] for v in range(width)]
        for u in range(height)
    ]


def pad(cells: Cells, top: int, bottom: int, left: int, right: int) -> Cells:
    """Step 2: zeros around."""
    width = left + len(cells[0]) + right
    empty: list[Quantity | int] = [0] * width
    middle: Cells = [[*[0] * left, *row, *[0] * right] for row in cells]
    return [*([*empty] for _ in range(top)), *middle, *([*empty] for _ in range(bottom))]


def grid(cells: Sequence[Sequence[Quantity | int]]) -> Grid:
    """Cells as a page draws them."""
    return Grid(tuple(tuple(row) for row in cells))


def _slide(over: Cells, under: Cells) -> list[list[sympy.Expr]]:
    """Step 3: the correlation of two maps wherever the first fits into the second."""
    height, width = len(over), len(over[0])
    return [
        [
            sympy.Add(
                *(
                    sympy.Mul(_value(over[i][j]), _value(under[u + i][v + j]))
                    for i, j in positions((height, width))
                    if over[i][j] != 0 and under[u + i][v + j] != 0
                )
            )
            for v in range(len(under[0]) - width + 1)
        ]
        for u in range(len(under) - height + 1)
    ]


def _value(cell: Quantity | int) -> sympy.Expr:
    return sympy.Integer(cell) if isinstance(cell, int) else cell.symbol


def _sum(maps: list[list[list[sympy.Expr]]]) -> list[list[sympy.Expr]]:
    rows = zip(*maps, strict=True)
    return [[sympy.Add(*cells) for cells in zip(*row, strict=True)] for row in rows]


# ---- The shortcuts -----------------------------------------------------------------------------------------


def _rotated_kernel_over_padded_residual(layer: Layer) -> ClosedForm:
    """δ^(l−1)[n,c] = Σ_k rot180(w[k,c]) ∗ pad(insert_zeros(δ[n,k])), cropped by the padding, times σ′."""
    formulas: Formulas = {}
    recipes = []
    (kh, kw), (height, width), p = layer.kernel, layer.input, layer.padding
    rest_h, rest_w = ((side + 2 * p - k) % layer.stride for side, k in ((height, kh), (width, kw)))
    for n, c in positions((layer.samples, layer.channels)):
        pairs = []
        for k in range(layer.kernels):
            w: Cells = [[layer.atom("w", CURRENT, (k, c, i, j)) for j in range(kw)] for i in range(kh)]
            spread = insert_zeros(_residual(layer, n, k), layer.stride)
            padded = pad(spread, kh - 1, kh - 1 + rest_h, kw - 1, kw - 1 + rest_w)
            # Padding's own residual is not wanted: drop the rows and columns that only it would need.
            crop = [row[p : len(row) - p] for row in padded[p : len(padded) - p]]
            pairs.append((rotate180(w), crop))
        found = _sum([_slide(over, under) for over, under in pairs])
        delta, slope = _times_slope(layer, n, c, found, formulas)
        drawn = tuple((grid(over), grid(under)) for over, under in pairs)
        recipes.append(Recipe(delta, "∗", drawn, slope=slope))
    return ClosedForm(formulas, tuple(recipes))


def _upsampled(layer: Pooling) -> ClosedForm:
    """δ^(l−1) = upsample(δ) ⊙ (1/(m·n), or 1 where a won and 0 elsewhere) ⊙ σ′."""
    formulas: Formulas = {}
    recipes = []
    (height, width), (m, n) = layer.input, layer.window
    share = Fraction(1) if layer.kind == "max" else Fraction(1, m * n)
    scale = [sympy.Rational(share.numerator, share.denominator)]
    winners = set(layer.winners.values())
    for sample, c in positions((layer.samples, layer.channels)):
        delta = _residual(layer, sample, c)
        reached = [
            [u // m < len(delta) and v // n < len(delta[0]) for v in range(width)] for u in range(height)
        ]
        upsampled: Cells = [
            [delta[u // m][v // n] if reached[u][v] else 0 for v in range(width)] for u in range(height)
        ]
        factors = [upsampled]
        if layer.kind == "max":  # ∂z/∂a
            factors.append([[int(a in winners) for a in row] for row in _input(layer, sample, c)])
        found = [
            [sympy.Mul(*scale, *(_value(factor[u][v]) for factor in factors)) for v in range(width)]
            for u in range(height)
        ]
        result, slope = _times_slope(layer, sample, c, found, formulas)
        recipes.append(Recipe(result, "⊙", (tuple(map(grid, factors)),), share, slope))
    return ClosedForm(formulas, tuple(recipes))


def _transposed_weights(layer: Dense) -> ClosedForm:
    """δ^(l−1) = (wᵀ · δ) ⊙ σ′."""
    w: Cells = [[layer.atom("w", CURRENT, (i, j)) for i in range(layer.outputs)] for j in range(layer.inputs)]
    delta: Cells = [[layer.atom("delta", CURRENT, (i,))] for i in range(layer.outputs)]
    product = sympy.Matrix([[_value(cell) for cell in row] for row in w]) * sympy.Matrix(
        [[_value(cell) for cell in row] for row in delta]
    )
    slopes = layer.atoms("dsigma")
    before = [Atom("delta", slope.index, BEFORE) for slope in slopes]
    formulas = {
        left: sympy.expand(product[j] * slope.symbol)
        for j, (left, slope) in enumerate(zip(before, slopes, strict=True))
    }
    recipe = Recipe(
        grid([[left] for left in before]),
        "·",
        ((grid(w), grid(delta)),),
        slope=grid([[slope] for slope in slopes]),
    )
    return ClosedForm(formulas, (recipe,))


def _residual(layer: Layer | Pooling, n: int, k: int) -> Cells:
    """One map of δ of this layer."""
    height, width = layer.output
    return [[layer.atom("delta", CURRENT, (n, k, u, v)) for v in range(width)] for u in range(height)]


def _input(layer: Layer | Pooling, n: int, c: int) -> Cells:
    """One map of a of the layer before."""
    height, width = layer.input
    return [[layer.atom("a", BEFORE, (n, c, u, v)) for v in range(width)] for u in range(height)]


def _times_slope(
    layer: Layer | Pooling, n: int, c: int, found: list[list[sympy.Expr]], formulas: Formulas
) -> tuple[Grid, Grid]:
    """Multiply a map by σ′, enter the result under δ^(l−1), and give both as grids."""
    height, width = layer.input

    def named(letter: Letter) -> Cells:
        return [[layer.atom(letter, BEFORE, (n, c, u, v)) for v in range(width)] for u in range(height)]

    delta, slope = named("delta"), named("dsigma")
    for u, v in positions(layer.input):
        products = sympy.Add.make_args(found[u][v])
        left = layer.atom("delta", BEFORE, (n, c, u, v))
        formulas[left] = sympy.Add(*(sympy.Mul(product, _value(slope[u][v])) for product in products))
    return grid(delta), grid(slope)
