"""The references of the assignment `models` agree with oracles that share no code with them.

The oracles: the numbers worked out in the notebook, central differences of forward passes, PyTorch where it
is installed, and the course's own layer tables and counts (`autograder.cnn.models`, see `test_models`).
"""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cnn.models import layers, networks
from autograder.cnn.models.layers import (
    DROPOUT,
    RELU,
    Add,
    BatchNorm,
    Concat,
    Conv,
    FullyConnected,
    PadChannels,
    Pool,
    to_data,
)
from autograder.cnn.models.networks import CONVENTIONS, DEPTHS
from solutions.models import notebook
from solutions.models.notebook import (
    alexnet_layers,
    bottleneck_layers,
    conv,
    dropout_backward,
    dropout_forward,
    googlenet_layers,
    inception_backward,
    layer_macs,
    layer_parameters,
    max_pool,
    model_totals,
    output_shape,
    relu_backward,
    relu_pool_backward,
    residual_backward,
    resnet_layers,
)
from tests.oracles import central_difference, needs_torch

few = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32)

# ------------------------------------------------------------------------------------------ worked numbers

HILLS = np.array(
    [[1, -2, 3, -1, 2], [-4, 5, 8, 4, -3], [-1, -2, -6, -5, -7], [-8, -9, -2, -1, -4], [7, -6, -5, -2, -1]]
)
ROUTED = np.zeros((5, 5))
ROUTED[1, 2] = ROUTED[4, 0] = 3
SMALL = [{"kind": "input", "shape": (1, 8, 8)}, conv(1, 4, 3), {"kind": "relu"}, max_pool(2, 2)]
SMALL.append({"kind": "fully_connected", "inputs": 36, "outputs": 10, "bias": True})
CONV1 = conv(3, 64, 7, stride=2, padding=3, bias=False)


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (relu_backward, (np.array([[5, 6], [7, 8]]), np.array([[1, -2], [0, 3]])), [[5, 0], [0, 8]]),
        (
            dropout_forward,
            (np.array([[2, 4], [6, 8]]), np.array([[1, 0], [1, 1]]), 0.5),
            [[4, 0], [12, 16]],
        ),
        (dropout_backward, (np.array([[1, 2], [3, 4]]), np.array([[1, 0], [1, 1]]), 0.5), [[2, 0], [6, 8]]),
        (relu_pool_backward, (np.array([[[[1, 2], [3, 4]]]]), HILLS[None, None]), ROUTED[None, None]),
        (
            inception_backward,
            (
                np.array([1, 2, 3]).reshape(1, 3, 1, 1),
                [1, 2],
                [np.array([[1], [2]]), np.array([[0, 1], [1, 0]])],
            ),
            [[[[4]], [[4]]]],
        ),
        (
            residual_backward,
            (np.array([[1, 2], [3, 4]]), np.array([[10, 20], [-3, 0]])),
            [[11, 22], [0, 4]],
        ),
        (output_shape, (CONV1, (3, 224, 224)), (64, 112, 112)),
        (layer_parameters, (CONV1,), 9408),
        (layer_parameters, (conv(96, 256, 5, padding=2, groups=2),), 307456),
        (layer_macs, (CONV1, (3, 224, 224)), 118013952),
        (model_totals, (SMALL,), (410, 1656)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_small_example_of_the_notebook(function, args, expected):
    assert np.array_equal(function(*args), expected)


# ------------------------------------------------------------------------ derivatives of the forward pass


@few
@given(seeds)
def test_relu_and_dropout_are_derivatives_of_their_forward_passes(seed):
    rng = np.random.default_rng(seed)
    z = rng.choice([-1, 1], (2, 3, 4)) * rng.uniform(0.1, 1, (2, 3, 4))
    delta, mask = rng.normal(size=z.shape), rng.integers(0, 2, z.shape)
    keep = rng.uniform(0.1, 1)
    numeric = central_difference(lambda z: np.maximum(z, 0), z, delta)
    assert np.allclose(relu_backward(delta, z), numeric, atol=1e-8)
    numeric = central_difference(lambda a: dropout_forward(a, mask, keep), z, delta)
    assert np.allclose(dropout_backward(delta, mask, keep), numeric, atol=1e-7)


def test_dropout_keeps_the_expectation():
    """The mean over all masks, each with its probability, is the activation itself."""
    a, keep, mean = np.array([2.0, -3.0, 5.0]), 0.3, np.zeros(3)
    for bits in np.ndindex(2, 2, 2):
        mask = np.array(bits)
        mean += np.prod(np.where(mask, keep, 1 - keep)) * dropout_forward(a, mask, keep)
    assert np.allclose(mean, a)


def relu_then_pool(z):
    """Forward, straight from the definition."""
    rows, columns = (range(0, size - 2, 2) for size in z.shape[2:])
    return np.array(
        [[[[max(0, m[u : u + 3, v : v + 3].max()) for v in columns] for u in rows] for m in n] for n in z]
    )


@st.composite
def pooled_arrays(draw):
    """A residual and an input whose elements are at least 0.5 apart and none of them 0."""
    shape = [
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        draw(st.integers(3, 8)),
        draw(st.integers(3, 8)),
    ]
    rng = np.random.default_rng(draw(seeds))
    size = np.prod(shape)
    z = (rng.permutation(size) / 2 - draw(st.sampled_from([0.3, 0.5, 0.8])) * size / 2 + 0.25).reshape(shape)
    return rng.normal(size=relu_then_pool(z).shape), z


@few
@given(pooled_arrays())
def test_relu_with_overlapping_pooling_is_the_derivative_of_its_forward_pass(arrays):
    delta, z = arrays
    numeric = central_difference(relu_then_pool, z, delta)
    assert np.allclose(relu_pool_backward(delta, z), numeric, atol=1e-7)


@needs_torch
@few
@given(pooled_arrays())
def test_relu_with_overlapping_pooling_agrees_with_pytorch(arrays):
    import torch

    delta, z = arrays
    leaf = torch.tensor(z, requires_grad=True)
    torch.nn.functional.max_pool2d(torch.relu(leaf), 3, 2).backward(torch.tensor(delta))
    assert np.allclose(relu_pool_backward(delta, z), leaf.grad.numpy())


@few
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(1, 3), seeds)
def test_inception_is_the_derivative_of_stacked_linear_branches(channels, samples, seed):
    rng = np.random.default_rng(seed)
    C, H, W = rng.integers(1, 4, 3)
    forward = [rng.normal(size=(K * H * W, C * H * W)) for K in channels]

    def stacked(x):
        outputs = [np.stack([M @ one.ravel() for one in x]).reshape(samples, -1, H, W) for M in forward]
        return np.concatenate(outputs, axis=1)

    x, delta = rng.normal(size=(samples, C, H, W)), rng.normal(size=(samples, sum(channels), H, W))
    numeric = central_difference(stacked, x, delta)
    assert np.allclose(inception_backward(delta, channels, [M.T for M in forward]), numeric, atol=1e-6)


@needs_torch
def test_inception_module_of_convolutions_and_pooling_agrees_with_pytorch():
    """B of a branch is its Jacobian transposed: the unrolled convolution, or what the maxima say."""
    import torch
    from torch import nn

    torch.manual_seed(4)
    channels = [2, 3, 1, 2]
    branches = [
        nn.Conv2d(3, 2, 1),
        nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU(), nn.Conv2d(2, 3, 3, padding=1)),
        nn.Sequential(nn.Conv2d(3, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 5, padding=2)),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(3, 2, 1)),
    ]
    x = torch.randn(1, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    delta = torch.randn(1, 8, 4, 5, dtype=torch.float64)
    matrices = []
    for branch, K in zip(branches, channels, strict=True):
        jacobian = torch.autograd.functional.jacobian(branch.double(), x)
        matrices.append(jacobian.reshape(K * 20, 3 * 20).numpy().T)
    torch.cat([branch(x) for branch in branches], dim=1).backward(delta)
    assert np.allclose(inception_backward(delta.numpy(), channels, matrices), x.grad.numpy())


@needs_torch
def test_residual_block_agrees_with_pytorch():
    import torch

    torch.manual_seed(6)
    branch = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3, padding=1), torch.nn.Tanh()).double()
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    delta = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    (branch_grad,) = torch.autograd.grad(branch(x), x, delta)
    (branch(x) + x).backward(delta)
    assert np.allclose(residual_backward(delta.numpy(), branch_grad.numpy()), x.grad.numpy())


# ------------------------------------------------------------------------------------------------- counting


def in_data(one):
    return [{"kind": "input", "shape": one.input_shape}, *to_data(one.layers)]


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_tables_and_totals_are_those_of_the_engine(convention):
    build = {"AlexNet": alexnet_layers, "GoogLeNet": googlenet_layers}
    build |= {f"ResNet-{depth}": lambda how, depth=depth: resnet_layers(depth, how) for depth in DEPTHS}
    found = {one.name: one for one in networks.networks(convention) if not one.heads}
    assert found.keys() == build.keys()
    for name, one in found.items():
        table = build[name](convention)
        assert table == in_data(one), name
        assert model_totals(table) == (one.total.parameters, one.total.macs)


def test_convention_is_the_paper_s_unless_said_otherwise():
    assert resnet_layers(50) == resnet_layers(50, "paper") != resnet_layers(50, "library")
    assert bottleneck_layers(8, 3, 2) == bottleneck_layers(8, 3, 2, "paper")


@st.composite
def convolutions(draw):
    groups, bias = draw(st.integers(1, 3)), draw(st.booleans())
    C, K, size = (draw(st.integers(1, 4)) for _ in range(3))
    return Conv(groups * C, groups * K, size, draw(st.integers(1, 3)), draw(st.integers(0, 2)), groups, bias)


pools = st.builds(
    Pool,
    st.sampled_from(["max_pool", "avg_pool"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 1),
)
simple = st.one_of(
    convolutions(),
    pools,
    st.builds(FullyConnected, st.integers(1, 30), st.integers(1, 30), st.booleans()),
    st.builds(BatchNorm, st.integers(1, 9)),
    st.builds(PadChannels, st.integers(1, 9), st.integers(1, 3)),
    st.sampled_from([RELU, DROPOUT]),
)


@settings(max_examples=150, deadline=None)
@given(simple, st.tuples(st.integers(1, 9), st.integers(4, 15), st.integers(4, 15)))
def test_one_layer_is_counted_as_by_the_engine(layer, shape):
    (data,) = to_data([layer])
    assert output_shape(data, shape) == layers.cost(layer, shape).shape
    assert layer_parameters(data) == layers.cost(layer, shape).parameters
    assert layer_macs(data, shape) == layers.cost(layer, shape).macs


# Layers that keep a map's size, so that any branches fit together.
same_size = st.builds(
    lambda half, bias: Conv(4, 4, 2 * half + 1, 1, half, 1, bias), st.integers(0, 2), st.booleans()
)
tables = st.recursive(
    st.lists(same_size | st.just(BatchNorm(4)) | st.just(RELU), max_size=3).map(tuple),
    lambda inner: st.builds(
        lambda kind, branches, behind: (kind(tuple(branches)), *behind),
        st.sampled_from([Add, Concat]),
        st.lists(inner, min_size=1, max_size=3),
        st.lists(same_size, max_size=2),
    ),
    max_leaves=6,
)


@few
@given(tables, st.integers(1, 3), st.tuples(st.integers(6, 12), st.integers(6, 12)))
def test_nested_branches_are_counted_as_by_hand(table, stride, sides):
    """Every convolution works on a map of one size, wherever it stands: a sum over all of them will do."""
    first = Conv(3, 4, 3, stride, 1)
    _, H, W = layers.cost(first, (3, *sides)).shape

    def flat(entries):
        for layer in entries:
            if isinstance(layer, Add | Concat):
                for branch in layer.branches:
                    yield from flat(branch)
            else:
                yield layer

    convs = [layer for layer in flat(table) if isinstance(layer, Conv)]
    norms = [layer for layer in flat(table) if isinstance(layer, BatchNorm)]
    parameters = 4 * 27 + 4 + sum(16 * c.size**2 + 4 * c.bias for c in convs) + 8 * len(norms)
    macs = (4 * 27 + sum(16 * c.size**2 for c in convs)) * H * W
    data = [{"kind": "input", "shape": (3, *sides)}, *to_data([first, *table])]
    assert model_totals(data) == (parameters, macs)


@needs_torch
@settings(max_examples=60, deadline=None)
@given(convolutions(), st.tuples(st.integers(5, 12), st.integers(5, 12)))
def test_a_convolution_has_the_shape_and_parameters_of_pytorch_s(layer, sides):
    import torch

    arguments = (layer.in_channels, layer.kernels, layer.size, layer.stride, layer.padding)
    other = torch.nn.Conv2d(*arguments, groups=layer.groups, bias=layer.bias, device="meta")
    shape = (layer.in_channels, *sides)
    (data,) = to_data([layer])
    assert output_shape(data, shape) == tuple(other(torch.empty(1, *shape, device="meta")).shape[1:])
    assert layer_parameters(data) == sum(array.numel() for array in other.parameters())


def test_kernels_need_not_be_square():
    layer = {**conv(4, 6, 1, stride=2, padding=1, groups=2), "kernel_shape": (3, 2)}
    assert output_shape(layer, (4, 8, 9)) == (6, 4, 5)
    assert layer_parameters(layer) == 6 * 2 * 6 + 6
    assert layer_macs(layer, (4, 8, 9)) == 6 * 2 * 6 * 4 * 5


# ------------------------------------------------------------------------------------------------ policies


@pytest.mark.parametrize("figure", ["3,857,973,248", "3,663,761,408"])
def test_figures_of_the_text_are_computed_ones(figure):
    text = Path(notebook.__file__).read_text(encoding="utf-8")
    assert figure in text and figure.replace(",", " ") in text  # English and Chinese
    every = {f"{one.total.macs:,}" for one in networks.networks("all")}
    assert figure in every


def test_text_speaks_of_the_picture_and_the_models_rightly():
    """The prose compares: AlexNet and ResNet-152, AlexNet and GoogLeNet, ResNet-50's two strides."""
    (alexnet, _), (googlenet, _) = model_totals(alexnet_layers()), model_totals(googlenet_layers())
    assert 8 < alexnet / googlenet < 9.5
    deep = model_totals(resnet_layers(152))
    assert 0.97 < deep[0] / alexnet < 1.03 and deep[1] > 15 * model_totals(alexnet_layers())[1]
    paper, library = (model_totals(resnet_layers(50, convention))[1] for convention in CONVENTIONS)
    assert round(100 * (library / paper - 1)) == 6 and f"{library / 1e9:.1f}" == "4.1"


def test_pictures_that_the_text_shows_are_there():
    folder = Path(notebook.__file__).parent
    shown = set(re.findall(r"\(attachment:([\w.-]+)\)", (folder / "notebook.py").read_text(encoding="utf-8")))
    assert shown == {path.name for path in (folder / "pictures").glob("*.png")}


RNG = np.random.default_rng(5)
X, Y = RNG.integers(1, 9, (2, 2, 3, 5, 5)) * RNG.choice([-1, 1], (2, 2, 3, 5, 5))
SPREAD = RNG.permutation(150).reshape(2, 3, 5, 5) - 70
CALLS = [
    (relu_backward, (X, Y)),
    (dropout_forward, (X, (Y > 0).astype(int), 0.4)),
    (dropout_backward, (X, (Y > 0).astype(int), 1.0)),
    (relu_pool_backward, (X[..., :2, :2], SPREAD)),
    (inception_backward, (X[..., :1, :2], [1, 2], [Y[0, 0, :4, :2], Y.reshape(-1)[:16].reshape(4, 4)])),
    (residual_backward, (X, Y)),
]


def each_array(change, args):
    def changed(arg):
        if isinstance(arg, list):
            return [changed(part) for part in arg]
        return change(arg) if isinstance(arg, np.ndarray) else arg

    return tuple(changed(arg) for arg in args)


def every_second_of_more(array):
    wide = np.repeat(array, 2, axis=-1)
    wide[..., 1::2] = 1000
    return wide[..., ::2]


def not_writable(array):
    locked = array.copy()
    locked.flags.writeable = False
    return locked


def arrays_in(args):
    for arg in args:
        if isinstance(arg, list):
            yield from arrays_in(arg)
        elif isinstance(arg, np.ndarray):
            yield arg


@pytest.mark.parametrize(("function", "args"), CALLS)
def test_integers_give_the_same_result_as_floats(function, args):
    assert np.allclose(function(*args), function(*each_array(lambda array: array.astype(float), args)))


@pytest.mark.parametrize("change", [np.asfortranarray, every_second_of_more, not_writable])
@pytest.mark.parametrize(("function", "args"), CALLS)
def test_layout_of_the_arguments_does_not_matter(function, args, change):
    assert np.allclose(function(*each_array(change, args)), function(*args))


@pytest.mark.parametrize(("function", "args"), CALLS)
def test_result_shares_no_memory_with_the_arguments_and_leaves_them_alone(function, args):
    before = each_array(np.copy, args)
    result = function(*args)
    assert result.flags.writeable
    for array, old in zip(arrays_in(args), arrays_in(before), strict=True):
        assert not np.shares_memory(result, array) and np.array_equal(array, old)


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (relu_backward, "(delta, z)"),
        (dropout_forward, "(a, mask, keep)"),
        (dropout_backward, "(delta, mask, keep)"),
        (relu_pool_backward, "(delta, z)"),
        (inception_backward, "(delta, branch_channels, branch_backwards)"),
        (residual_backward, "(delta, branch_grad)"),
        (output_shape, "(layer, input_shape)"),
        (layer_parameters, "(layer)"),
        (layer_macs, "(layer, input_shape)"),
        (model_totals, "(layers)"),
        (bottleneck_layers, "(in_channels, channels, stride, convention='paper')"),
        (resnet_layers, "(depth, convention='paper')"),
    ],
)
def test_signature_is_the_one_the_course_promises(function, signature):
    assert str(inspect.signature(function)) == signature
