"""The expansions against derivatives that were found in other ways, and against the reference functions.

The oracles write z by slicing padded arrays of symbols and let SymPy differentiate J = Σ δ·z; nothing of
`autograder.cnn.derivations.expand` is used in them but the names of the quantities.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy.polys.rings import PolyElement, ring

from autograder.authoring import assignment
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.layer import Dense, Layer, LayerError, Pooling, Sized
from autograder.cnn.derivations.pages import closed_form
from autograder.cnn.derivations.pages.steps import PARTS, derive
from autograder.cnn.derivations.symbols import Atom, Derivative, polynomial, quantity, terms

SOLUTIONS = Path(__file__).parent.parent / "solutions"
LECTURE = Layer((3, 3), (2, 2))


def layers(
    inputs: Iterable[tuple[int, int]],
    kernels: Iterable[tuple[int, int]],
    strides: Iterable[int] = (1, 2, 3),
    paddings: Iterable[int] = (0, 1, 2),
    maps: Iterable[tuple[int, int]] = ((1, 1), (1, 2), (2, 1), (2, 2)),
) -> Iterator[Layer]:
    """Every layer of these sizes whose kernel fits."""
    for size, kernel, s, p, (c, k) in itertools.product(inputs, kernels, strides, paddings, maps):
        if all(side + 2 * p >= reach for side, reach in zip(size, kernel, strict=True)):
            yield Layer(size, kernel, s, p, c, k)


SIZES = [(h, w) for h in range(1, 6) for w in range(1, 6)]
KERNELS = [(h, w) for h in range(1, 4) for w in range(1, 4)]
SOME = [
    *layers([(3, 3)], [(2, 2)], maps=[(1, 1), (2, 1)]),
    *layers([(4, 5)], [(2, 3)], maps=[(1, 1)]),
    *layers([(4, 3)], [(3, 1)], paddings=[1], maps=[(2, 2)]),
    *layers([(5, 3)], [(3, 2)], strides=[2], maps=[(1, 2), (2, 1)]),
    *layers([(5, 5), (1, 1), (2, 1)], [(1, 1), (3, 3)], maps=[(1, 1)]),
    Layer((3, 4), (2, 2), 2, 1, 2, 2, samples=2),
    Layer((2, 2), (2, 2), samples=3),
]


def named(layer: Layer) -> str:
    maps = f"{layer.channels}→{layer.kernels}"
    return f"{layer.input}∗{layer.kernel} s{layer.stride} p{layer.padding} {maps} n{layer.samples}"


# ---- The independent derivation ----------------------------------------------------------------------------


def array_of(layer: Sized, letter: Any, where: Any, value: Callable[[Atom], Any]) -> np.ndarray:
    """A quantity as an array of symbols (or whatever `value` makes of an element)."""
    shape = layer.shape(letter, where)
    array = np.empty(shape, dtype=object)
    for position in np.ndindex(*shape):
        array[position] = value(layer.atom(letter, where, position))
    return array


def correlation(layer: Layer, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """z as sums of shifted slices of the padded input: works for symbols and for numbers."""
    s, p = layer.stride, layer.padding
    padded = np.pad(a, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=0)
    rows, columns = layer.output
    z = np.empty((layer.samples, layer.kernels, rows, columns), dtype=object)
    for k in range(layer.kernels):
        total = np.full((layer.samples, rows, columns), b[k], dtype=object)
        for i, j in np.ndindex(*layer.kernel):
            window = padded[:, :, i : i + s * rows : s, j : j + s * columns : s][:, :, :rows, :columns]
            total = total + np.sum(window * w[k, :, i, j][None, :, None, None], axis=1)
        z[:, k] = total
    return z


class Polynomials:
    """J = Σ δ·z of a layer as a sparse polynomial of SymPy's, to be differentiated by it."""

    def __init__(self, layer: Layer) -> None:
        groups = [("a", "l-1"), ("w", "l"), ("b", "l"), ("delta", "l"), ("dsigma", "l-1")]
        atoms = [atom for letter, _ in groups for atom in layer.atoms(letter)]  # type: ignore[arg-type]
        self.ring, *generators = ring([atom.symbol for atom in atoms], sympy.QQ)
        self.of = dict(zip(atoms, generators, strict=True))
        a, w, b, delta, _ = (array_of(layer, letter, where, self.of.__getitem__) for letter, where in groups)
        self.z = correlation(layer, a, w, b)
        self.J = sum((delta * self.z).ravel(), self.ring.zero)

    def derivatives(self, by: Iterable[Atom]) -> dict[Atom, PolyElement]:
        return {atom: self.J.diff(self.of[atom]) for atom in by}

    def same(self, formulas: Mapping[Atom, sympy.Expr], wanted: Mapping[Atom, PolyElement]) -> bool:
        return formulas.keys() == wanted.keys() and all(
            self.ring.from_expr(formulas[left]) == wanted[left] for left in wanted
        )


def check_against_derivatives_of_j(layer: Layer) -> None:
    oracle = Polynomials(layer)
    wanted_z = dict(zip(layer.atoms("z"), oracle.z.ravel(), strict=True))
    assert oracle.same(expand.forward(layer), wanted_z)
    by_a = oracle.derivatives(layer.atoms("a"))
    assert oracle.same(expand.input_gradient(layer), by_a)
    with_slope = {
        Atom("delta", a.index, "l-1"): gradient * oracle.of[Atom("dsigma", a.index, "l-1")]
        for a, gradient in by_a.items()
    }
    assert oracle.same(expand.delta_before(layer), with_slope)
    without = {Atom("delta", a.index, "l-1"): gradient for a, gradient in by_a.items()}
    assert oracle.same(expand.delta_before(layer, dsigma=False), without)
    assert oracle.same(expand.weight_gradient(layer), oracle.derivatives(layer.atoms("w")))
    assert oracle.same(expand.bias_gradient(layer), oracle.derivatives(layer.atoms("b")))


@pytest.mark.parametrize("layer", SOME, ids=named)
def test_expansions_equal_the_derivatives_of_j(layer: Layer) -> None:
    check_against_derivatives_of_j(layer)


@pytest.mark.slow
@pytest.mark.parametrize("maps", [(1, 1), (1, 2), (2, 1), (2, 2)])
@pytest.mark.parametrize("kernel", KERNELS)
def test_expansions_equal_the_derivatives_of_j_for_all_sizes(
    kernel: tuple[int, int], maps: tuple[int, int]
) -> None:
    """All sizes for one map; with several, which only add sums, the least sizes of each kind."""
    sizes = SIZES if maps == (1, 1) else itertools.product((1, 2, 4), repeat=2)
    for layer in layers(sizes, [kernel], maps=[maps]):
        check_against_derivatives_of_j(layer)


@pytest.mark.parametrize("layer", [LECTURE, Layer((3, 4), (2, 2), 2, 1, 2, 2)], ids=named)
def test_the_chain_rule_holds_for_any_j(layer: Layer) -> None:
    """J is an unknown function of all z: SymPy's own chain rule, with ∂J/∂z then named δ."""
    forward = expand.forward(layer)
    places = [sympy.Dummy() for _ in forward]
    loss = sympy.Function("J")(*places)
    residuals = {
        loss.diff(place): Atom("delta", z.index, "l").symbol for place, z in zip(places, forward, strict=True)
    }
    for gradients in (
        expand.input_gradient(layer),
        expand.weight_gradient(layer),
        expand.bias_gradient(layer),
    ):
        for variable, found in gradients.items():
            total = sympy.S.Zero
            for place, z in zip(places, forward.values(), strict=True):
                total += residuals[loss.diff(place)] * sympy.diff(z, variable.symbol)
            assert sympy.expand(total - found) == 0


def test_the_residual_is_the_derivative_by_z_of_the_layer_before_for_any_activation() -> None:
    """a = σ(z) with an unknown σ: δ^(l−1) = dJ/dz^(l−1), and σ′ is what SymPy writes for dσ/dz."""
    sigma = sympy.Function("sigma")
    before = {a: Atom("z", a.index, "l-1").symbol for a in LECTURE.atoms("a")}
    J = sympy.Add(
        *(Atom("delta", z.index, "l").symbol * formula for z, formula in expand.forward(LECTURE).items())
    )
    composed = J.subs({a.symbol: sigma(z) for a, z in before.items()}, simultaneous=True)
    for delta, found in expand.delta_before(LECTURE).items():
        z = Atom("z", delta.index, "l-1").symbol
        slope = Atom("dsigma", delta.index, "l-1").symbol
        wanted = composed.diff(z).subs(sigma(z).diff(z), slope)
        assert sympy.expand(wanted - found) == 0


@given(st.data())
def test_derivatives_equal_sympys_diff(data: st.DataObject) -> None:
    """On any sum of products in which no variable is squared, not only on z."""
    pool = [*LECTURE.atoms("a")[:3], *LECTURE.atoms("w")[:3], *LECTURE.atoms("b")]
    products = data.draw(st.lists(st.tuples(st.integers(-3, 3), st.sets(st.sampled_from(pool), max_size=3))))
    expression = sympy.Add(*(n * sympy.Mul(*(atom.symbol for atom in atoms)) for n, atoms in products))
    for letter, layer in (("a", "l-1"), ("w", "l"), ("b", "l")):
        found = expand.derivatives(expression, letter, layer)  # type: ignore[arg-type]
        for atom in pool:
            if atom.letter == letter:
                assert sympy.expand(found.get(atom, 0) - expression.diff(atom.symbol)) == 0


# ---- Closed forms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", SOME, ids=named)
def test_the_closed_forms_equal_the_derivation(layer: Layer) -> None:
    residual = closed_form.delta_before(layer)
    assert residual is not None
    assert closed_form.agrees(residual, expand.delta_before(layer))
    assert closed_form.agrees(closed_form.weight_gradient(layer), expand.weight_gradient(layer))


def test_a_closed_form_that_is_wrong_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_form, "rotate180", lambda cells: cells)
    residual = closed_form.delta_before(LECTURE)
    assert residual is not None
    assert not closed_form.agrees(residual, expand.delta_before(LECTURE))
    assert "NOT equal" in derive(LECTURE, "delta").write("text", lang="en")


POOLINGS = [
    Pooling((4, 4), (2, 2)),
    Pooling((6, 4), (3, 2)),
    Pooling((5, 7), (2, 3), channels=2, samples=2),
    Pooling((5, 5), (3, 3), (2, 2)),
    Pooling((7, 5), (2, 2), (3, 2), channels=2),
]


@pytest.mark.parametrize("layer", POOLINGS)
def test_pooling_by_windows_side_by_side_is_upsampling(layer: Pooling) -> None:
    for one in (layer, with_winners(layer, np.random.default_rng(0))[0]):
        closed = closed_form.delta_before(one)
        if layer.steps != layer.window:
            assert closed is None
        else:
            assert closed is not None
            assert closed_form.agrees(closed, expand.delta_before(one))


def test_a_dense_residual_is_the_transposed_weights_times_the_residual() -> None:
    for layer in (Dense(3, 2), Dense(1, 4), Dense(2, 1)):
        closed = closed_form.delta_before(layer)
        assert closed is not None
        assert closed_form.agrees(closed, expand.delta_before(layer))


# ---- Against the reference functions -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference() -> dict[str, Callable[..., Any]]:
    found = [
        assignment.load(SOLUTIONS / name)
        for name in ("convolution", "pooling", "conv_residual", "kernel_gradients")
    ]
    return {exercise.name: exercise.reference for one in found for exercise in one.exercises}


class Numbers:
    """Random values for every quantity of a layer, and formulas evaluated at them by SymPy's `lambdify`."""

    def __init__(self, layer: Sized, seed: int) -> None:
        self.layer, self.values, self.arrays = layer, {}, {}
        self.rng = np.random.default_rng(seed)

    def __getitem__(self, name: tuple[Any, Any]) -> np.ndarray:
        if name not in self.arrays:
            shape = self.layer.shape(*name)
            size = int(np.prod(shape))
            self.arrays[name] = (
                self.rng.permutation(size) - size / 3 + self.rng.uniform(0, 0.5, size)
            ).reshape(shape)
            for position in np.ndindex(*shape):
                self.values[self.layer.atom(*name, position)] = self.arrays[name][position]
        return self.arrays[name]

    def evaluated(self, formulas: Mapping[Atom, sympy.Expr], shape: tuple[int, ...]) -> np.ndarray:
        atoms = list(self.values)
        function = sympy.lambdify(
            [[atom.symbol for atom in atoms]], list(formulas.values()), "numpy", dummify=True
        )
        return np.array(function([self.values[atom] for atom in atoms]), dtype=float).reshape(shape)


@pytest.mark.parametrize("layer", SOME, ids=named)
def test_convolutions_equal_the_reference_functions(
    layer: Layer, reference: dict[str, Callable[..., Any]]
) -> None:
    numbers = Numbers(layer, 1)
    x, w, b = numbers["a", "l-1"], numbers["w", "l"], numbers["b", "l"]
    delta, slope = numbers["delta", "l"], numbers["dsigma", "l-1"]
    s, p = layer.stride, layer.padding
    results = {
        "conv2d": (reference["conv2d"](x, w, b, s, p), expand.forward(layer)),
        "conv2d_input_grad": (
            reference["conv2d_input_grad"](delta, w, x.shape, s, p),
            expand.input_gradient(layer),
        ),
        "conv2d_weight_grad": (
            reference["conv2d_weight_grad"](delta, x, layer.kernel, s, p),
            expand.weight_gradient(layer),
        ),
        "conv2d_bias_grad": (reference["conv2d_bias_grad"](delta), expand.bias_gradient(layer)),
    }
    if (s, p, layer.channels, layer.kernels, layer.samples) == (1, 0, 1, 1, 1):
        single = {"a": x[0, 0], "w": w[0, 0], "delta": delta[0, 0]}
        results |= {
            "correlate": (reference["correlate"](single["a"], single["w"], b[0]), expand.forward(layer)),
            "conv_residual": (
                reference["conv_residual"](single["delta"], single["w"], slope[0, 0]),
                expand.delta_before(layer),
            ),
            "kernel_gradient": (
                reference["kernel_gradient"](single["delta"], single["a"]),
                expand.weight_gradient(layer),
            ),
            "bias_gradient": (reference["bias_gradient"](single["delta"]), expand.bias_gradient(layer)),
        }
    for name, (wanted, formulas) in results.items():
        got = numbers.evaluated(formulas, np.shape(wanted))
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9, err_msg=name)


def with_winners(layer: Pooling, rng: np.random.Generator) -> tuple[Pooling, np.ndarray]:
    """Max pooling of random values: the layer that knows its winners, and the values."""
    shape = layer.shape("a", "l-1")
    a = rng.permutation(int(np.prod(shape))).reshape(shape) - 7.0
    value = {layer.atom("a", "l-1", position): a[position] for position in np.ndindex(*shape)}
    winners = {z: max(layer.cells(z), key=value.__getitem__) for z in layer.atoms("z")}
    return (
        Pooling(layer.input, layer.window, layer.stride, "max", winners, layer.channels, layer.samples),
        a,
    )


@pytest.mark.parametrize("layer", POOLINGS)
def test_pooling_equals_the_reference_functions(
    layer: Pooling, reference: dict[str, Callable[..., Any]]
) -> None:
    largest, a = with_winners(layer, np.random.default_rng(3))
    numbers, of_largest = Numbers(layer, 2), Numbers(largest, 2)
    x, delta, slope = numbers["a", "l-1"], numbers["delta", "l"], numbers["dsigma", "l-1"]
    of_largest.arrays["a", "l-1"] = a
    for position in np.ndindex(*a.shape):
        of_largest.values[largest.atom("a", "l-1", position)] = a[position]
    of_largest["delta", "l"], of_largest["dsigma", "l-1"]
    own_delta, own_slope = of_largest.arrays["delta", "l"], of_largest.arrays["dsigma", "l-1"]
    results = []
    if layer.window[0] == layer.window[1] and layer.steps[0] == layer.steps[1]:
        k, s = layer.window[0], layer.steps[0]
        results += [
            (numbers, reference["avg_pool2d"](x, k, s), expand.forward(layer)),
            (numbers, reference["avg_pool2d_backward"](delta, x.shape, k, s), expand.input_gradient(layer)),
            (of_largest, reference["max_pool2d"](a, k, s), expand.forward(largest)),
            (
                of_largest,
                reference["max_pool2d_backward"](own_delta, a, k, s),
                expand.input_gradient(largest),
            ),
        ]
    divides = all(side % step == 0 for side, step in zip(layer.input, layer.window, strict=True))
    if layer.steps == layer.window and divides and layer.channels == 1:
        window = layer.window
        results += [
            (numbers, reference["avg_pool"](x[0, 0], window), expand.forward(layer)),
            (
                numbers,
                reference["avg_pool_residual"](delta[0, 0], window, slope[0, 0]),
                expand.delta_before(layer),
            ),
            (of_largest, reference["max_pool"](a[0, 0], window), expand.forward(largest)),
            (
                of_largest,
                reference["max_pool_residual"](own_delta[0, 0], a[0, 0], window, own_slope[0, 0]),
                expand.delta_before(largest),
            ),
        ]
    for given_numbers, wanted, formulas in results:
        got = given_numbers.evaluated(formulas, wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


def test_pooling_with_unlike_steps_equals_pytorch() -> None:
    torch = pytest.importorskip("torch")
    layer = Pooling((7, 5), (2, 3), (3, 1), channels=2, samples=2)
    numbers = Numbers(layer, 4)
    x = torch.tensor(numbers["a", "l-1"], requires_grad=True)
    z = torch.nn.functional.avg_pool2d(x, layer.window, layer.steps)
    delta = numbers["delta", "l"]
    z.backward(torch.tensor(delta))
    np.testing.assert_allclose(numbers.evaluated(expand.forward(layer), delta.shape), z.detach().numpy())
    np.testing.assert_allclose(numbers.evaluated(expand.input_gradient(layer), x.shape), x.grad.numpy())


@pytest.mark.parametrize("layer", [Dense(3, 2), Dense(1, 4), Dense(4, 1)])
def test_dense_layers_equal_the_reference_function_and_numpy(
    layer: Dense, reference: dict[str, Callable[..., Any]]
) -> None:
    numbers = Numbers(layer, 5)
    a, w, b = numbers["a", "l-1"], numbers["w", "l"], numbers["b", "l"]
    delta, slope = numbers["delta", "l"], numbers["dsigma", "l-1"]
    for wanted, formulas in (
        (w @ a + b, expand.forward(layer)),
        (reference["dense_residual"](delta, w, slope), expand.delta_before(layer)),
        (np.outer(delta, a), expand.weight_gradient(layer)),
        (delta, expand.bias_gradient(layer)),
    ):
        np.testing.assert_allclose(numbers.evaluated(formulas, wanted.shape), wanted, rtol=1e-9, atol=1e-9)


# ---- Symbols and sizes -------------------------------------------------------------------------------------

ATOMS = st.builds(
    Atom,
    st.sampled_from(["z", "a", "w", "b", "delta", "dsigma", "sigma", "rot180", "upsample"]),
    st.lists(st.integers(1, 200), max_size=4).map(tuple),
    st.sampled_from(["l", "l-1"]),
)
QUANTITIES = st.one_of(ATOMS, st.builds(Derivative, st.one_of(st.just("J"), ATOMS), ATOMS))


@given(QUANTITIES)
def test_a_symbol_tells_which_quantity_it_stands_for(wanted: Atom | Derivative) -> None:
    assert quantity(wanted.symbol) == wanted


@pytest.mark.parametrize("name", ["x", "w11", "w[1]", "w[1]@l+1", "q[1]@l", "d(J)/d(x)", "w[1;2]@l"])
def test_a_symbol_made_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        quantity(sympy.Symbol(name))


@given(
    st.dictionaries(
        st.lists(QUANTITIES, max_size=3).map(lambda some: tuple(sorted(some, key=str))),
        st.fractions(max_denominator=50).filter(bool),
        max_size=5,
    )
)
def test_terms_and_polynomial_are_inverse(parts: dict[tuple[Any, ...], Fraction]) -> None:
    expression = polynomial(parts.items())
    read = {tuple(sorted(term, key=str)): value for term, value in terms(expression).items()}
    assert read == parts
    assert polynomial(terms(expression).items()) == expression


def test_terms_expands_what_is_factored_and_refuses_what_is_no_polynomial() -> None:
    a, w = (LECTURE.atoms(letter)[0].symbol for letter in ("a", "w"))  # type: ignore[arg-type]
    assert terms((a + w) * (a - w)) == terms(a**2 - w**2)
    assert terms(a - a) == {}
    for wrong in (sympy.sin(a), a / w, sympy.sqrt(2) * a, a**w):
        with pytest.raises(ValueError, match="no polynomial"):
            terms(wrong)


def test_output_sizes_equal_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for layer in layers(SIZES, [(1, 1), (3, 2)], maps=[(1, 1)]):
        z = torch.nn.functional.conv2d(
            torch.zeros(1, 1, *layer.input),
            torch.zeros(1, 1, *layer.kernel),
            None,
            layer.stride,
            layer.padding,
        )
        assert tuple(z.shape[2:]) == layer.output


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Layer((2, 2), (3, 1)), "does not fit"),
        (lambda: Layer((2, 2), (2, 2), stride=0), "stride must be"),
        (lambda: Layer((2, 2), (2, 2), padding=-1), "padding must be"),
        (lambda: Layer((2, 2), (0, 2)), "kernel must be"),
        (lambda: Layer((2, True), (1, 1)), "input must be"),
        (lambda: Layer((2, 2, 2), (1, 1)), "height and a width"),  # type: ignore[arg-type]
        (lambda: Layer((500, 500), (5, 5)), "limit"),
        (lambda: Layer((10**6, 10**6), (1, 1), stride=10**6), "limit"),
        (lambda: Dense(0, 2), "outputs must be"),
        (lambda: Pooling((2, 2), (3, 3)), "does not fit"),
        (lambda: Pooling((2, 2), (2, 2), kind="max"), "which element won"),
        (
            lambda: Pooling(
                (2, 4),
                (2, 2),
                kind="max",
                winners={Atom("z", (1, v), "l"): Atom("a", (1, 1), "l-1") for v in (1, 2)},
            ),
            "cannot win",
        ),
    ],
)
def test_sizes_that_make_no_layer_are_told_in_one_sentence(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(LayerError, match=said) as error:
        make()
    assert error.value.text.in_language("zh") and "\n" not in error.value.text.in_language("en")


# ---- The pages ---------------------------------------------------------------------------------------------

# Lines of the lecture (3.2, 3.3) as it prints them, but for line breaks.
LECTURE_LINES = r"""
z_{11}^{(l)} &= \boxed{a_{11}^{(l-1)} w_{11}^{(l)}} + a_{12}^{(l-1)} w_{12}^{(l)}
    + a_{21}^{(l-1)} w_{21}^{(l)} + a_{22}^{(l-1)} w_{22}^{(l)} + b^{(l)}

z_{12}^{(l)} &= \boxed{a_{12}^{(l-1)}w_{11}^{(l)}} + a_{13}^{(l-1)}w_{12}^{(l)}
    + a_{22}^{(l-1)}w_{21}^{(l)} + a_{23}^{(l-1)}w_{22}^{(l)} + b^{(l)}

z_{22}^{(l)} &= a_{22}^{(l-1)} w_{11}^{(l)} + a_{23}^{(l-1)} w_{12}^{(l)} + a_{32}^{(l-1)} w_{21}^{(l)}
    + a_{33}^{(l-1)} w_{22}^{(l)} + b^{(l)}

\frac{\partial z_{11}^{(l)}}{\partial a_{12}^{(l-1)}} &=
    \frac{\partial(a_{12}^{(l-1)}w_{12}^{(l)})}{\partial a_{12}^{(l-1)}} = w_{12}^{(l)}

\delta_{11}^{(l-1)} &= \frac{\partial J}{\partial z_{11}^{(l-1)}}

\frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial a_{11}^{(l-1)}}
    \frac{\partial a_{11}^{(l-1)}}{\partial z_{11}^{(l-1)}}

\delta_{11}^{(l)} w_{11}^{(l)} \sigma'(z_{11}^{(l-1)})

\frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial a_{12}^{(l-1)}}
    \frac{\partial a_{12}^{(l-1)}}{\partial z_{12}^{(l-1)}} + \frac{\partial J}{\partial z_{12}^{(l)}}
    \frac{\partial z_{12}^{(l)}}{\partial a_{12}^{(l-1)}}
    \frac{\partial a_{12}^{(l-1)}}{\partial z_{12}^{(l-1)}}

\delta_{11}^{(l)} w_{12}^{(l)} \sigma'(z_{12}^{(l-1)})
    + \delta_{12}^{(l)} w_{11}^{(l)} \sigma'(z_{12}^{(l-1)})

\frac{\partial J}{\partial w_{11}^{(l)}} &= \frac{\partial J}{\partial z_{11}^{(l)}}
    \frac{\partial z_{11}^{(l)}}{\partial w_{11}^{(l)}} + \frac{\partial J}{\partial z_{12}^{(l)}}
    \frac{\partial z_{12}^{(l)}}{\partial w_{11}^{(l)}} + \frac{\partial J}{\partial z_{21}^{(l)}}
    \frac{\partial z_{21}^{(l)}}{\partial w_{11}^{(l)}} + \frac{\partial J}{\partial z_{22}^{(l)}}
    \frac{\partial z_{22}^{(l)}}{\partial w_{11}^{(l)}}

&= \delta_{11}^{(l)} a_{11}^{(l-1)} + \delta_{12}^{(l)} a_{12}^{(l-1)} + \delta_{21}^{(l)} a_{21}^{(l-1)}
    + \delta_{22}^{(l)} a_{22}^{(l-1)}

&= \delta_{11}^{(l)} a_{12}^{(l-1)} + \delta_{12}^{(l)} a_{13}^{(l-1)} + \delta_{21}^{(l)} a_{22}^{(l-1)}
    + \delta_{22}^{(l)} a_{23}^{(l-1)}

\frac{\partial J}{\partial b^{(l)}} &= \frac{\partial J}{\partial z_{11}^{(l)}}
    \frac{\partial z_{11}^{(l)}}{\partial b^{(l)}} + \frac{\partial J}{\partial z_{12}^{(l)}}
    \frac{\partial z_{12}^{(l)}}{\partial b^{(l)}} + \frac{\partial J}{\partial z_{21}^{(l)}}
    \frac{\partial z_{21}^{(l)}}{\partial b^{(l)}} + \frac{\partial J}{\partial z_{22}^{(l)}}
    \frac{\partial z_{22}^{(l)}}{\partial b^{(l)}}

&= \delta_{11}^{(l)} + \delta_{12}^{(l)} + \delta_{21}^{(l)} + \delta_{22}^{(l)}
"""


@pytest.mark.parametrize("line", LECTURE_LINES.strip().split("\n\n"))
def test_the_lectures_example_is_written_as_the_lecture_writes_it(line: str) -> None:
    page = derive(LECTURE).write("latex", lang="zh", layer_names=True)
    assert "".join(line.split()) in "".join(page.split())


@pytest.mark.parametrize("layer", [Layer((4, 4), (2, 2), 2, 1, 2, 2), Dense(3, 2), Pooling((5, 5), (2, 2))])
def test_every_part_has_a_page_and_marks_each_variables_terms(layer: Any) -> None:
    for part in PARTS:
        if isinstance(layer, Pooling) and part in ("weights", "bias"):
            with pytest.raises(LayerError, match="neither weights nor bias"):
                derive(layer, part)
            continue
        page = derive(layer, part, steps=True)
        written = page.write("text", lang="en")
        letters = {"delta": "a", "input": "a", "weights": "w", "bias": "b", "all": "awb", "z": ""}[part]
        factors = [one for z in expand.forward(layer).values() for term in terms(z) for one in term]
        assert written.count("[") == sum(isinstance(one, Atom) and one.letter in letters for one in factors)
        assert "NOT" not in written


def test_a_large_layer_lists_results_only_unless_asked() -> None:
    layer = Layer((6, 6), (3, 3))
    brief, long = derive(layer, "weights"), derive(layer, "weights", steps=True)
    assert "results only" in brief.write("text", lang="en")
    assert "results only" not in derive(layer, "weights", steps=False).write("text", lang="en")
    assert "∂J/∂z₁₁ · ∂z₁₁/∂w₁₁" in long.write("text", lang="en")
    assert "∂J/∂z₁₁" not in brief.write("text", lang="en")
