"""The expansions of the lecture, from first principles: write z out, differentiate it, apply the chain rule.

`forward` is the only place that states a layer's formula; every residual and gradient is derived from it by
differentiation. No closed form is used: `pages.closed_form` compares those with the results. Results are
dictionaries from the quantity on the left-hand side to its formula.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import sympy

from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, Pooling, positions
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, LayerName, Letter, quantity

Formulas = dict[Atom, sympy.Expr]


def forward(layer: AnyLayer) -> Formulas:
    """z of every element of the layer (lecture 2.1, 3.1, 3.2), in the order of its array."""
    match layer:
        case Layer():
            return _convolution(layer)
        case Pooling():
            return _pooling(layer)
        case Dense():
            return _dense(layer)


def input_gradient(layer: AnyLayer, written: Formulas | None = None) -> Formulas:
    """∂J/∂a of the layer before: a ↦ Σ δ ∂z/∂a (lecture 3.1, 3.2, without σ′).

    Parameters
    ----------
    written : dict, optional
        `forward(layer)`, here and below, where the caller has it already.
    """
    return chain(written or forward(layer), layer.atoms("a"))


def delta_before(layer: AnyLayer, dsigma: bool = True, written: Formulas | None = None) -> Formulas:
    """δ of the layer before: δ^(l−1) ↦ ∂J/∂a · σ′(z^(l−1)) (lecture 3.1, 3.2).

    Parameters
    ----------
    dsigma : bool
        False leaves the factor σ′ out, as for a layer that has no activation.
    """
    slopes = {a: Atom("dsigma", a.index, BEFORE).symbol for a in layer.atoms("a")} if dsigma else {}
    gradients = chain(written or forward(layer), layer.atoms("a"), slopes)
    return {Atom("delta", a.index, BEFORE): gradient for a, gradient in gradients.items()}


def weight_gradient(layer: Layer | Dense, written: Formulas | None = None) -> Formulas:
    """∂J/∂w: w ↦ Σ δ ∂z/∂w (lecture 3.3)."""
    return chain(written or forward(layer), layer.atoms("w"))


def bias_gradient(layer: Layer | Dense, written: Formulas | None = None) -> Formulas:
    """∂J/∂b: b ↦ Σ δ ∂z/∂b (lecture 3.3)."""
    return chain(written or forward(layer), layer.atoms("b"))


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


def _convolution(layer: Layer) -> Formulas:
    """z[n,k,p,q] = Σ_c Σ_i Σ_j w[k,c,i,j] · a[n,c, s·p + i − padding, s·q + j − padding] + b[k].

    Counted from 0. Where its indices leave the map, a is padding: 0.
    """
    result: Formulas = {}
    _, channels, height, width = layer.shape("a", BEFORE)
    s, padding = layer.stride, layer.padding
    a = _symbols(layer, "a", BEFORE)
    w = _symbols(layer, "w", CURRENT)
    for n, k, p, q in positions(layer.shape("z", CURRENT)):
        products = [layer.atom("b", CURRENT, (k,)).symbol]
        for c, i, j in positions((channels, *layer.kernel)):
            u, v = s * p + i - padding, s * q + j - padding
            if 0 <= u < height and 0 <= v < width:
                products.append(sympy.Mul(a[n, c, u, v], w[k, c, i, j]))
        result[layer.atom("z", CURRENT, (n, k, p, q))] = sympy.Add(*products)
    return result


def _pooling(layer: Pooling) -> Formulas:
    """The winner of the window; or the mean of the window, a sum of m·n shares."""
    result: Formulas = {}
    share = sympy.Rational(1, layer.window[0] * layer.window[1])
    for z in layer.atoms("z"):
        if layer.kind == "max":
            result[z] = layer.winners[z].symbol
        else:
            result[z] = sympy.Add(*(sympy.Mul(share, a.symbol) for a in layer.cells(z)))
    return result


def _dense(layer: Dense) -> Formulas:
    """z[i] = Σ_j w[i,j] · a[j] + b[i]."""
    a, w = _symbols(layer, "a", BEFORE), _symbols(layer, "w", CURRENT)
    result: Formulas = {}
    for i in range(layer.outputs):
        products = [sympy.Mul(w[i, j], a[(j,)]) for j in range(layer.inputs)]
        result[layer.atom("z", CURRENT, (i,))] = sympy.Add(*products, layer.atom("b", CURRENT, (i,)).symbol)
    return result


def _symbols(layer: AnyLayer, letter: Letter, where: LayerName) -> dict[tuple[int, ...], sympy.Symbol]:
    """The symbols of one quantity by their places in its array."""
    return {
        position: layer.atom(letter, where, position).symbol
        for position in positions(layer.shape(letter, where))
    }
