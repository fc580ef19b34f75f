"""The classic networks, counted: by published figures, the lecture's table, PyTorch, by hand; the command."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.base.messages import COURSE_LANGUAGES
from autograder.cli import app
from autograder.cnn.models import layers
from autograder.cnn.models.layers import Add, BatchNorm, Concat, Conv, FullyConnected, PadChannels, Pool
from autograder.cnn.models.networks import CONVENTIONS, DEPTHS, PRINTED, Network, networks
from autograder.sandbox import values
from tests.oracles import needs_torch

EIGHT = ("AlexNet", "GoogLeNet", "GoogLeNet + heads", *(f"ResNet-{depth}" for depth in DEPTHS))
in_each_convention = pytest.mark.parametrize("convention", CONVENTIONS)


def network(name: str, convention: str) -> Network:
    (found,) = (one for one in networks(convention) if one.name == name)
    return found


@in_each_convention
def test_eight_networks_in_either_convention(convention):
    assert tuple(one.name for one in networks(convention)) == EIGHT


# ------------------------------------------------------------------------------------- published figures


@pytest.mark.parametrize(
    ("name", "parameters", "giga"),
    [
        # "num_params" and "GFLOPS" of the models' pages in torchvision's documentation
        ("AlexNet", 61_100_840, 0.71),
        ("GoogLeNet", 6_624_904, 1.50),
        ("ResNet-18", 11_689_512, 1.81),
        ("ResNet-34", 21_797_672, 3.66),
        ("ResNet-50", 25_557_032, 4.09),
        ("ResNet-101", 44_549_160, 7.80),
        ("ResNet-152", 60_192_808, 11.51),
    ],
)
def test_library_figures_are_those_that_torchvision_publishes(name, parameters, giga):
    total = network(name, "library").total
    assert total.parameters == parameters
    assert round(total.macs / 1e9, 2) == giga


def test_the_lecture_s_flops_are_the_paper_s_rounded_but_for_resnet_50_which_is_cut_off():
    exact = {depth: network(f"ResNet-{depth}", "paper").total.macs / 1e9 for depth in DEPTHS}
    rounded = {depth: f"{figure:.1f}" for depth, figure in exact.items()}
    cut_off = {depth: f"{math.floor(10 * figure) / 10:.1f}" for depth, figure in exact.items()}
    assert [depth for depth in DEPTHS if rounded[depth] != PRINTED[depth]] == [50]
    assert cut_off[50] == PRINTED[50]
    assert [depth for depth in DEPTHS if cut_off[depth] != PRINTED[depth]] == [18, 101, 152]


def test_with_projections_resnet_34_would_round_to_another_figure_than_the_lecture_s():
    assert f"{network('ResNet-34', 'library').total.macs / 1e9:.1f}" == "3.7" != PRINTED[34]


def test_alexnet_has_the_sixty_million_parameters_of_its_paper_layer_by_layer():
    # The layers' counts as courses on AlexNet give them, weights and biases.
    known = {"conv1": 34_944, "conv2": 307_456, "conv3": 885_120, "conv4": 663_936, "conv5": 442_624}
    known |= {"fc6": 37_752_832, "fc7": 16_781_312, "fc8": 4_097_000}
    assert {name: cost.parameters for name, cost in network("AlexNet", "paper").rows()} == known


def test_googlenet_s_modules_take_the_operations_of_its_paper_s_table():
    # Szegedy et al. 2014, table 1, "ops" in millions; 5a prints 54, which does not follow from its row.
    table = {"3a": 128, "3b": 304, "4a": 73, "4b": 88, "4c": 100, "4d": 119, "4e": 170, "5b": 71}
    found = {name[-2:]: cost.macs / 1e6 for name, cost in network("GoogLeNet", "paper").rows()}
    assert {name: found[name] for name in table} == pytest.approx(table, abs=1)


def test_where_the_stride_is_changes_the_work_but_no_parameter():
    for depth in (50, 101, 152):
        paper, library = (network(f"ResNet-{depth}", convention).total for convention in CONVENTIONS)
        assert paper.parameters == library.parameters
        # the first 1×1 of three blocks works on four times as many places
        extra = sum(3 * C * K * side**2 for C, K, side in ((256, 128, 28), (512, 256, 14), (1024, 512, 7)))
        assert library.macs - paper.macs == extra


# ------------------------------------------------------------------------------------------ output sizes


@in_each_convention
@pytest.mark.parametrize("depth", DEPTHS)
def test_rows_of_a_resnet_have_the_lecture_s_output_sizes(depth, convention):
    rows = {name: cost.shape for name, cost in network(f"ResNet-{depth}", convention).rows()}
    channels = (64, 128, 256, 512) if depth < 50 else (256, 512, 1024, 2048)
    assert rows == {
        "conv1": (64, 112, 112),
        **{
            f"conv{n}_x": (C, 112 >> n - 1, 112 >> n - 1) for n, C in zip((2, 3, 4, 5), channels, strict=True)
        },
        "fc": (1000, 1, 1),
    }


@in_each_convention
def test_every_network_ends_in_a_thousand_classes(convention):
    for one in networks(convention):
        assert one.total.shape == (1000, 1, 1)


@pytest.mark.parametrize(
    "one", networks("all"), ids=lambda one: f"{one.name}, {one.variant.in_language('en')}"
)
def test_layers_fit_together(one):
    """The channels that a layer expects are those that come."""

    def walk(table, shape):
        for layer in table:
            match layer:
                case Conv():
                    assert layer.in_channels == shape[0]
                case BatchNorm():
                    assert layer.channels == shape[0]
                case FullyConnected():
                    assert layer.inputs == math.prod(shape)
                case Add() | Concat():
                    for branch in layer.branches:
                        walk(branch, shape)
            shape = layers.cost(layer, shape).shape

    walk(one.layers, one.input_shape)
    for shape, head in one.heads:
        walk(head, shape)


# ------------------------------------------------------------------------------------------------- PyTorch


@needs_torch
@in_each_convention
@pytest.mark.parametrize("name", EIGHT)
def test_pytorch_counts_the_same_to_the_last_digit(name, convention):
    import torch

    from tests import torch_networks

    with torch.device("meta"):
        match name.partition("-")[::2]:
            case "AlexNet", _:
                net = torch_networks.alexnet(convention)
            case "ResNet", depth:
                net = torch_networks.resnet(int(depth), convention)
            case _:
                net = torch_networks.googlenet(convention, heads=name.endswith("heads"))
    one = network(name, convention)
    assert torch_networks.parameters(net) == one.total.parameters
    assert torch_networks.multiply_adds(net, one.input_shape[1]) == one.total.macs


@needs_torch
def test_pytorch_counts_the_same_for_alexnet_without_groups():
    import torch

    from tests import torch_networks

    with torch.device("meta"):
        net = torch_networks.alexnet("paper", groups=1)
    (one,) = (one for one in networks("all") if one.variant.in_language("en") == "2012, not grouped")
    assert torch_networks.parameters(net) == one.total.parameters
    assert torch_networks.multiply_adds(net, 227) == one.total.macs


# ------------------------------------------------------------------------------------- one layer, by hand


@settings(max_examples=60, deadline=None)
@given(
    per_group=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    groups=st.integers(1, 3),
    size=st.integers(1, 4),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    more=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    bias=st.booleans(),
)
def test_a_convolution_is_counted_as_it_is_computed(per_group, groups, size, stride, padding, more, bias):
    C, K = (groups * n for n in per_group)
    H, W = (max(1, size - 2 * padding + extra) for extra in more)
    if min(H, W) + 2 * padding < size:
        return
    layer = Conv(C, K, size, stride, padding, groups, bias)
    padded = np.zeros((C, H + 2 * padding, W + 2 * padding))
    weights = np.ones((K, C // groups, size, size))
    tops = [u for u in range(padded.shape[1]) if u % stride == 0 and u + size <= padded.shape[1]]
    lefts = [v for v in range(padded.shape[2]) if v % stride == 0 and v + size <= padded.shape[2]]
    products = sum(weights[k].size for k in range(K) for _ in tops for _ in lefts)
    assert layers.cost(layer, (C, H, W)).shape == (K, len(tops), len(lefts))
    assert layers.cost(layer, (C, H, W)).macs == products
    assert layers.cost(layer, (C, H, W)).parameters == weights.size + (K if bias else 0)


def test_what_is_not_a_convolution_or_fully_connected_takes_no_multiply_adds():
    for layer in (
        layers.RELU,
        layers.DROPOUT,
        layers.LRN,
        BatchNorm(5),
        Pool("max_pool", 3, 2),
        PadChannels(9, 2),
    ):
        assert layers.cost(layer, (5, 8, 8)).macs == 0
    assert layers.cost(BatchNorm(5), (5, 8, 8)).parameters == 10  # γ and β; mean and variance are not trained
    assert layers.cost(PadChannels(9, 2), (5, 7, 8)).shape == (9, 4, 4)


def test_branches_begin_alike_and_join_by_their_kind():
    left, right = (Conv(2, 3, 3, padding=1),), (Conv(2, 3, 1),)
    assert layers.cost(Add((left, right)), (2, 5, 6)).shape == (3, 5, 6)
    assert layers.cost(Concat((left, right)), (2, 5, 6)).shape == (6, 5, 6)
    assert layers.cost(Concat((left, right)), (2, 5, 6)).macs == 3 * 2 * (9 + 1) * 30
    assert layers.cost(Add((left, left)), (2, 5, 6)).parameters == 2 * (3 * 2 * 9 + 3)


def test_tables_are_plain_values_that_cross_the_sandbox():
    for one in networks("all"):
        data = layers.to_data(one.layers)
        assert values.loads(values.dumps(data)) == data


# ----------------------------------------------------------------------------------------------- the command


def shown(*arguments: str, columns: int = 200) -> str:
    result = CliRunner().invoke(app, ["models", *arguments], env={"COLUMNS": str(columns)})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
@pytest.mark.parametrize("choice", [*CONVENTIONS, "all"])
@pytest.mark.parametrize("format", ["text", "markdown"])
def test_tables_show_every_figure_whole_even_on_a_narrow_terminal(format, choice, lang):
    output = shown("--convention", choice, "--format", format, "--lang", lang, columns=40)
    for one in networks(choice):
        (line,) = (
            line for line in output.splitlines() if one.name in line and one.variant.in_language(lang) in line
            and (one.heads or "+" not in line)
        )  # fmt: skip
        assert f"{one.total.parameters:,}" in line and f"{one.total.macs:,}" in line
        assert " → ".join(map(str, one.output_sizes())) in line


@pytest.mark.parametrize("choice", [*CONVENTIONS, "all"])
def test_json_holds_the_same(choice):
    data = json.loads(shown("--convention", choice, "--format", "json", "--lang", "en"))
    assert data["convention"] == choice and data["notes"]
    found = [(one["name"], one["variant"], one["parameters"], one["macs"]) for one in data["networks"]]
    assert found == [
        (one.name, one.variant.in_language("en"), one.total.parameters, one.total.macs)
        for one in networks(choice)
    ]
    for one in data["networks"]:
        if "heads" not in one["name"]:
            assert sum(stage["macs"] for stage in one["stages"]) == one["macs"]


def test_markdown_tables_have_equally_many_cells_in_every_line():
    tables = shown("--format", "markdown", "--lang", "zh").split("\n\n")[:2]
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_lecture_s_rows_stand_beside_their_output_sizes():
    output = shown("--lang", "en")
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines() if line.startswith("conv")}
    assert {name: cells[0] for name, cells in rows.items()} == {
        "conv1": "112×112",
        "conv2_x": "56×56",
        "conv3_x": "28×28",
        "conv4_x": "14×14",
        "conv5_x": "7×7",
    }


def test_the_tables_of_the_documentation_are_what_the_command_prints():
    page = (Path(__file__).parent.parent / "docs" / "models.md").read_text(encoding="utf-8")
    for table in shown("--convention", "all", "--format", "markdown", "--lang", "en").split("\n\n")[:3]:
        assert table in page


def test_an_unknown_convention_is_one_sentence_and_status_2():
    result = CliRunner().invoke(app, ["models", "--convention", "mine"])
    assert result.exit_code == 2 and "mine" in result.output
