"""The expansions of the lecture, from first principles: write z out, differentiate it, apply the chain rule.

`forward` is the only place that states a layer's formula; every residual and gradient is derived from it by
differentiation. No closed form is used: `pages.closed_form` compares those with the results. Results are
dictionaries from the quantity on the left-hand side to its formula.
"""

import functools
import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy

from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, Pooling, positions, refuse_too_many
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, LayerName, Letter, quantity

Formulas = dict[Atom, sympy.Expr]


def forward(layer: AnyLayer, holding: Atom | None = None, whole: bool = True) -> Formulas:
    """z of every element of the layer (lecture 2.1, 3.1, 3.2), in the order of its array.

    Parameters
    ----------
    holding : Atom, optional
        Only the z in which this element occurs, or this z itself; of a layer of any size.
    whole : bool
        False leaves out of such a z the products without that element.

    Raises
    ------
    LayerError
        There is no such element, or it occurs too often.
    """
    if holding is None:
        return _WRITTEN[type(layer)](layer, positions(layer.shape("z", CURRENT)), None)
    ranges, inside = reach(layer, holding)
    only = None if whole or holding.letter == "z" else holding
    refuse_too_many(math.prod(map(len, ranges)) * (inside if only is None else 1))
    return _WRITTEN[type(layer)](layer, itertools.product(*ranges), only)


def reach(layer: AnyLayer, atom: Atom) -> tuple[list[range], int]:
    """The range of each axis of the z in which an element may occur, and the products of one such z."""
    place = layer.position(atom)
    outputs = [*map(range, layer.shape("z", CURRENT))]
    if isinstance(layer, Dense):
        return [outputs[0] if atom.letter == "a" else range(place[0], place[0] + 1)], layer.inputs
    if isinstance(layer, Layer):
        window, steps, padding, channels = layer.kernel, (layer.stride,) * 2, layer.padding, layer.channels
    else:
        window, steps, padding, channels = layer.window, layer.steps, 0, 1
    inside = math.prod(window) * channels
    match atom.letter:
        case "z":
            return [range(at, at + 1) for at in place], inside
        case "w" | "b":
            return [outputs[0], range(place[0], place[0] + 1), *outputs[2:]], inside
    sample, channel, *cell = place
    maps = outputs[1] if isinstance(layer, Layer) else range(channel, channel + 1)
    along = [
        range(max(0, -((side - 1 - at - padding) // step)), min(len(out), (at + padding) // step + 1))
        for at, side, step, out in zip(cell, window, steps, outputs[2:], strict=True)
    ]
    return [range(sample, sample + 1), maps, *along], inside


def gradient(
    letter: Letter, layer: AnyLayer, written: Formulas | None = None, of: Sequence[Atom] | None = None
) -> Formulas:
    """∂J/∂ one of the quantities a, w, b: its elements ↦ Σ δ · ∂z/∂ each (lecture 3.1, 3.2 without σ′, 3.3).

    Parameters
    ----------
    written : dict, optional
        `forward(layer)`, here and below, where the caller has it already.
    of : list of Atom, optional
        The elements that are wanted; all of them unless given.
    """
    return chain(forward(layer) if written is None else written, of or layer.atoms(letter))


input_gradient = functools.partial(gradient, "a")
weight_gradient = functools.partial(gradient, "w")
bias_gradient = functools.partial(gradient, "b")


def delta_before(
    layer: AnyLayer,
    dsigma: bool = True,
    written: Formulas | None = None,
    of: Sequence[Atom] | None = None,
) -> Formulas:
    """δ of the layer before: δ^(l−1) ↦ ∂J/∂a · σ′(z^(l−1)) (lecture 3.1, 3.2).

    Parameters
    ----------
    dsigma : bool
        False leaves the factor σ′ out, as for a layer that has no activation.
    of : list of Atom, optional
        The a whose δ are wanted.
    """
    wanted = of or layer.atoms("a")
    slopes = {a: Atom("dsigma", a.index, BEFORE).symbol for a in wanted} if dsigma else {}
    gradients = chain(forward(layer) if written is None else written, wanted, slopes)
    return {Atom("delta", a.index, BEFORE): gradient for a, gradient in gradients.items()}


# ---- Differentiation ---------------------------------------------------------------------------------------


def chain(
    written: Formulas, variables: Sequence[Atom], last_factors: Mapping[Atom, sympy.Symbol] | None = None
) -> Formulas:
    """The chain rule: variable ↦ Σ over all z of δ · ∂z/∂variable, with δ = ∂J/∂z.

    Parameters
    ----------
    written : dict
        z of a layer, as `forward` gives it.
    variables : list of Atom
        Elements of one quantity.
    last_factors : mapping, optional
        A last factor of the chain for each variable, such as ∂a/∂z = σ′(z).
    """
    sums: dict[Atom, list[sympy.Expr]] = {variable: [] for variable in variables}
    last = {variable: (factor,) for variable, factor in (last_factors or {}).items()}
    for z, expression in written.items():
        delta = Atom("delta", z.index, z.layer).symbol
        for variable, rest in _slopes(expression, variables[0].letter, variables[0].layer):
            if variable in sums:
                sums[variable].append(_product((delta, *rest, *last.get(variable, ()))))
    return {variable: sympy.Add(*parts) for variable, parts in sums.items()}


def derivatives(expression: sympy.Expr, letter: Letter, layer: LayerName = CURRENT) -> dict[Atom, sympy.Expr]:
    """The partial derivatives of a sum of products by all quantities of one letter that occur in it.

    This is what `sympy.diff` gives for each of them, found in one pass over the terms.
    """
    found: defaultdict[Atom, list[sympy.Expr]] = defaultdict(list)
    for variable, rest in _slopes(expression, letter, layer):
        found[variable].append(_product(rest))
    return {variable: sympy.Add(*parts) for variable, parts in found.items()}


def _slopes(
    expression: sympy.Expr, letter: Letter, layer: LayerName
) -> Iterator[tuple[Atom, tuple[sympy.Expr, ...]]]:
    """The product rule, term by term: the derivative by one factor is the product of the others."""
    for term in sympy.Add.make_args(expression):
        factors = sympy.Mul.make_args(term)
        for place, factor in enumerate(factors):
            if factor.is_Symbol:
                atom = quantity(factor)
                if isinstance(atom, Atom) and atom.letter == letter and atom.layer == layer:
                    yield atom, factors[:place] + factors[place + 1 :]


def _product(factors: tuple[sympy.Expr, ...]) -> sympy.Expr:
    return factors[0] if len(factors) == 1 else sympy.Mul(*factors)


# ---- Forward: the layers' own formulas ---------------------------------------------------------------------

Places = Iterable[tuple[int, ...]]


def _convolution(layer: Layer, outputs: Places, only: Atom | None) -> Formulas:
    """z[n,k,p,q] = Σ_c Σ_i Σ_j w[k,c,i,j] · a[n,c, s·p + i − padding, s·q + j − padding] + b[k].

    Counted from 0. Where its indices leave the map, a is padding: 0.
    """
    result: Formulas = {}
    _, channels, height, width = layer.shape("a", BEFORE)
    s, padding = layer.stride, layer.padding
    a = _Symbols(layer, "a", BEFORE)
    w = _Symbols(layer, "w", CURRENT)
    for n, k, p, q in outputs:
        products = [layer.atom("b", CURRENT, (k,)).symbol]
        places: Places = positions((channels, *layer.kernel))
        if only is not None:
            kept = layer.position(only)
            if only.letter == "a":
                kept = (*kept[:2], kept[2] + padding - s * p, kept[3] + padding - s * q)
            products, places = (products, []) if only.letter == "b" else ([], [kept[1:]])
        for c, i, j in places:
            u, v = s * p + i - padding, s * q + j - padding
            if 0 <= u < height and 0 <= v < width:
                products.append(sympy.Mul(a[n, c, u, v], w[k, c, i, j]))
        result[layer.atom("z", CURRENT, (n, k, p, q))] = sympy.Add(*products)
    return result


def _pooling(layer: Pooling, outputs: Places, only: Atom | None) -> Formulas:
    """The winner of the window; or the mean of the window, a sum of m·n shares."""
    result: Formulas = {}
    share = sympy.Rational(1, layer.window[0] * layer.window[1])
    for place in outputs:
        z = layer.atom("z", CURRENT, place)
        if layer.kind == "max":
            result[z] = layer.winners[z].symbol
        else:
            cells = layer.cells(z) if only is None else [only]
            result[z] = sympy.Add(*(sympy.Mul(share, a.symbol) for a in cells))
    return result


def _dense(layer: Dense, outputs: Places, only: Atom | None) -> Formulas:
    """z[i] = Σ_j w[i,j] · a[j] + b[i]."""
    a, w = _Symbols(layer, "a", BEFORE), _Symbols(layer, "w", CURRENT)
    result: Formulas = {}
    inputs: Iterable[int] = range(layer.inputs)
    if only is not None:
        inputs = [] if only.letter == "b" else layer.position(only)[-1:]
    for (i,) in outputs:
        products = [sympy.Mul(w[i, j], a[(j,)]) for j in inputs]
        result[layer.atom("z", CURRENT, (i,))] = sympy.Add(*products, layer.atom("b", CURRENT, (i,)).symbol)
    return result


_WRITTEN: dict[type, Callable[[Any, Places, Atom | None], Formulas]] = {
    Layer: _convolution,
    Pooling: _pooling,
    Dense: _dense,
}


class _Symbols(dict[tuple[int, ...], sympy.Symbol]):
    """The symbols of one quantity by their places in its array, made when they are first used."""

    def __init__(self, layer: AnyLayer, letter: Letter, where: LayerName) -> None:
        super().__init__()
        self.of = layer, letter, where

    def __missing__(self, position: tuple[int, ...]) -> sympy.Symbol:
        layer, letter, where = self.of
        symbol = self[position] = layer.atom(letter, where, position).symbol
        return symbol
