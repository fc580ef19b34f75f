"""The explorer's mathematics against the symbolic engine and numerical derivatives; its words; its command.

The scripts that compute know no page, so they are run as they are, over many layers at once.
"""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from click.testing import CliRunner

from autograder.cli import app
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.pages import closed_form
from autograder.cnn.derivations.symbols import Atom, Derivative, terms
from autograder.cnn.explorer import page as explorer
from tests.browser import call_javascript
from tests.oracles import central_difference

SCRIPT = explorer.script((*explorer.MATHEMATICS, "notation.js")) + (
    Path(__file__).parent / "explorer_probe.js"
).read_text(encoding="utf-8")


def layers(
    sizes: list[tuple[int, int]], kernels: list[tuple[int, int]], *maps: tuple[int, int]
) -> Iterator[Layer]:
    """Every layer of these sizes whose kernel fits, at every stride and padding that the page offers."""
    for (h, w), (kh, kw), s, p in (
        (a, b, s, p) for a in sizes for b in kernels for s in (1, 2, 3) for p in (0, 1, 2)
    ):
        if kh <= h + 2 * p and kw <= w + 2 * p:
            for channels, number in maps:
                yield Layer((h, w), (kh, kw), s, p, channels, number)


SMALL = [
    *layers([(1, 1), (2, 1), (3, 3), (3, 4)], [(1, 1), (2, 2), (1, 3), (3, 2)], (1, 1)),
    *layers([(5, 4)], [(3, 3), (2, 4)], (1, 1)),
    *layers([(2, 3)], [(2, 2), (1, 2)], (2, 1), (1, 2), (2, 3)),
    Layer((6, 6), (4, 4), 1, 2),
    Layer((4, 3), (3, 2), 2, 1, 3, 3),
]


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    return call_javascript(SCRIPT, "answer", [as_record(layer) for layer in SMALL])


def as_record(layer: Layer) -> dict[str, int]:
    (height, width), (kernel_height, kernel_width) = layer.input, layer.kernel
    return {
        "height": height,
        "width": width,
        "kernelHeight": kernel_height,
        "kernelWidth": kernel_width,
        "stride": layer.stride,
        "padding": layer.padding,
        "channels": layer.channels,
        "kernels": layer.kernels,
    }


def as_terms(formula: sympy.Expr) -> list[list[str]]:
    """The products of a sum, each a sorted list of names; all have coefficient 1."""
    found = terms(formula)
    assert set(found.values()) <= {1}
    return sorted(sorted(map(str, product)) for product in found)


@functools.cache
def engine(layer: Layer) -> dict[str, list[list[str]]]:
    """All equations of the page as the symbolic engine derives them."""
    z = expand.forward(layer)
    equations: dict[Atom | Derivative, sympy.Expr] = {**z, **expand.delta_before(layer, written=z)}
    for gradient in (expand.weight_gradient, expand.bias_gradient):
        equations |= {Derivative("J", one): formula for one, formula in gradient(layer, z).items()}
    return {str(left): as_terms(formula) for left, formula in equations.items()}


def test_every_equation_is_the_one_that_the_symbolic_engine_derives(answers: list[dict[str, Any]]) -> None:
    for layer, answer in zip(SMALL, answers, strict=True):
        shown = {left: sorted(map(sorted, products)) for left, products in answer["written"]}
        assert len(shown) == len(answer["written"])
        assert shown == engine(layer), layer
        assert tuple(answer["output"]) == layer.output


def test_terms_stand_in_the_lectures_order(answers: list[dict[str, Any]]) -> None:
    lecture = dict(answers[SMALL.index(Layer((3, 3), (2, 2)))]["written"])
    assert lecture["delta[1,2]@l-1"] == [
        ["delta[1,1]@l", "w[1,2]@l", "dsigma[1,2]@l-1"],
        ["delta[1,2]@l", "w[1,1]@l", "dsigma[1,2]@l-1"],
    ]
    assert lecture["z[1,1]@l"][0] == ["a[1,1]@l-1", "w[1,1]@l"]
    assert lecture["z[1,1]@l"][-1] == ["b[]@l"]


def test_the_steps_end_in_the_closed_form_of_the_symbolic_engine(answers: list[dict[str, Any]]) -> None:
    for layer, answer in zip(SMALL, answers, strict=True):
        closed = closed_form.delta_before(layer)
        assert closed is not None
        derived = engine(layer)
        for drawn, shown in zip(closed.recipes, answer["recipes"], strict=True):
            for side, name in enumerate(("kernels", "residuals")):
                rows = [
                    [[cell and str(cell) for cell in row] for row in pair[side].rows] for pair in drawn.pairs
                ]
                assert shown[name] == rows, layer
            for left, products in shown["found"]:
                slope = left.replace("delta", "dsigma")
                assert sorted(sorted([*one, slope]) for one in products) == derived[left], (layer, left)
        stages = ["start", "rotate", "insert", "pad", "crop", "slide"]
        absent = {"insert": layer.stride == 1, "crop": layer.padding == 0}
        assert answer["recipes"][0]["names"] == [stage for stage in stages if not absent.get(stage)]


def test_the_numbers_are_those_of_a_forward_pass_and_of_its_numerical_derivatives(
    answers: list[dict[str, Any]],
) -> None:
    for layer, answer in list(zip(SMALL, answers, strict=True))[::4]:
        shaped = {
            "a": layer.shape("a", "l-1")[1:],
            "dsigma": layer.shape("a", "l-1")[1:],
            "residual": layer.shape("a", "l-1")[1:],
            "w": layer.shape("w", "l"),
            "weights": layer.shape("w", "l"),
            "b": layer.shape("b", "l"),
            "bias": layer.shape("b", "l"),
            "z": layer.shape("z", "l")[1:],
            "delta": layer.shape("z", "l")[1:],
        }
        value = {
            name: np.reshape(numbers, shaped[name]).astype(float)
            for name, numbers in answer["numbers"].items()
        }
        a, w, b, delta = (value[name] for name in ("a", "w", "b", "delta"))
        assert np.array_equal(forward(layer, a, w, b), value["z"])
        assert np.array_equal(value["dsigma"], a > 0)
        for name, given, found in (("a", a, "residual"), ("w", w, "weights"), ("b", b, "bias")):
            moved = functools.partial(forward_of, layer, {"a": a, "w": w, "b": b}, name)
            gradient = central_difference(moved, given, delta, h=0.5)
            expected = gradient * value["dsigma"] if name == "a" else gradient
            assert np.array_equal(expected, value[found]), (layer, name)


def forward_of(layer: Layer, given: dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    """z where one of a, w, b is replaced by x."""
    return forward(layer, **{**given, name: x})


def forward(layer: Layer, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """z from slices of the padded input; linear, so that differences are exact."""
    p, s = layer.padding, layer.stride
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(a, ((0, 0), (p, p), (p, p))), layer.kernel, axis=(1, 2)
    )[:, ::s, ::s]
    return np.einsum("cpqij,kcij->kpq", windows, w) + b[:, None, None]


# ---- Pooling, dense, typed numbers, mistakes ---------------------------------------------------------------

KINDS: list[dict[str, Any]] = [
    *(
        {"kind": kind, "height": h, "width": 5, "stride": s, "channels": c}
        for kind in ("max", "avg")
        for h, s, c in ((4, 2, 1), (5, 1, 2), (5, 3, 1))
    ),
    {"kind": "dense", "height": 4, "width": 1, "kernelHeight": 4, "kernelWidth": 1, "kernels": 3},
    {"kind": "conv", "height": 5, "width": 4, "stride": 2, "padding": 1, "channels": 2, "kernels": 2},
]
USUAL = {"kernelHeight": 2, "kernelWidth": 2, "stride": 1, "padding": 0, "channels": 1, "kernels": 1}


def of_kind(layer: dict[str, Any], given: dict[str, np.ndarray], stride: int | None = None) -> np.ndarray:
    """z from the windows of ReLU(z) of the layer before, of the shape of δ."""
    p, s = layer["padding"], stride or layer["stride"]
    a = np.pad(np.maximum(given["zBefore"], 0), ((0, 0), (p, p), (p, p)))
    size = layer["kernelHeight"], layer["kernelWidth"]
    windows = np.lib.stride_tricks.sliding_window_view(a, size, axis=(1, 2))[:, ::s, ::s]
    if layer["kind"] in ("max", "avg"):
        z = windows.max(axis=(3, 4)) if layer["kind"] == "max" else windows.mean(axis=(3, 4))
    else:
        z = np.einsum("cpqij,kcij->kpq", windows, given["w"]) + given["b"][:, None, None]
    rows, columns = given["delta"].shape[1:]
    return np.asarray(z[:, :rows, :columns])


def test_every_kind_of_layer_typed_numbers_and_mistakes_against_numpy() -> None:
    conv: dict[str, Any] = {**USUAL, **KINDS[-1]}
    asked: list[dict[str, Any]] = [{"layer": {**USUAL, **one}, "slip": "", "typed": {}} for one in KINDS]
    asked += [{"layer": conv, "slip": slip, "typed": {}} for slip in ("unrotated", "stride")]
    asked += [{"layer": conv, "slip": "", "typed": {"w:0,0,0,1": 2.5, "delta:1,0,0": -7, "zBefore:0,0,0": 9}}]
    for request, answer in zip(asked, call_javascript(SCRIPT, "checked", asked), strict=True):
        layer = request["layer"]
        shape = {name: answer["shapes"][of] for name, of in OF.items()}
        value = {
            name: np.reshape(numbers, shape[name]).astype(float)
            for name, numbers in answer["numbers"].items()
            if numbers
        }
        given = {name: value[name] for name in ("zBefore", "w", "b", "delta")}
        for typed, number in request["typed"].items():
            name, _, place = typed.partition(":")
            assert given[name][tuple(map(int, place.split(",")))] == number
        assert np.allclose(of_kind(layer, given), value["z"])
        differ = functools.partial(gradient_of, layer, given)
        for name, gradient in (("zBefore", "residual"), ("w", "weights"), ("b", "bias")):
            if gradient not in value:
                continue
            found = differ(name)
            assert np.allclose(found, np.reshape(answer["checks"][name], shape[name]), atol=1e-6), layer
            if gradient != "residual" or not request["slip"]:
                assert np.allclose(found, value[gradient], atol=1e-6), (layer, gradient)
        if request["slip"]:
            as_slipped = differ("zBefore", 1) if request["slip"] == "stride" else unrotated(layer, given)
            assert np.allclose(as_slipped, value["residual"], atol=1e-6)
            assert not np.allclose(differ("zBefore"), value["residual"])


def gradient_of(
    layer: dict[str, Any], given: dict[str, np.ndarray], name: str, stride: int | None = None
) -> np.ndarray:
    """∂J/∂ one of the arrays, by numbers."""
    moved = functools.partial(moved_forward, layer, given, name, stride)
    return np.asarray(central_difference(moved, given[name], given["delta"], h=1e-4))


def moved_forward(
    layer: dict[str, Any], given: dict[str, np.ndarray], name: str, stride: int | None, x: np.ndarray
) -> np.ndarray:
    return of_kind(layer, {**given, name: x}, stride)


OF = {
    **{"zBefore": "a", "residual": "a", "z": "z", "delta": "z"},
    **{"w": "w", "weights": "w", "b": "b", "bias": "b"},
}


def unrotated(layer: dict[str, Any], given: dict[str, np.ndarray]) -> np.ndarray:
    """δ spread and padded, and the kernel as it is slid over it; the padding's share cropped."""
    (kernels, _, kh, kw), s, p = given["w"].shape, layer["stride"], layer["padding"]
    _, height, width = given["zBefore"].shape
    spread = np.zeros((kernels, height + 2 * p - kh + 1, width + 2 * p - kw + 1))
    rows, columns = given["delta"].shape[1:]
    spread[:, : rows * s : s, : columns * s : s] = given["delta"]
    padded = np.pad(spread, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(1, 2))
    found = np.einsum("kuvij,kcij->cuv", windows, given["w"])
    return np.asarray(found[:, p : p + height, p : p + width] * (given["zBefore"] > 0))


# ---- Its words ---------------------------------------------------------------------------------------------


def test_every_text_is_in_both_languages_is_used_and_has_the_same_blanks() -> None:
    texts = explorer.texts()
    for key, both in texts.items():
        assert set(both) == {"zh", "en"} and (all(both.values()) or key == "sentences"), key
        blanks = [set(re.findall(r"\{(\w+)\}", both[lang])) for lang in ("zh", "en")]
        assert blanks[0] == blanks[1], key
    source = explorer.page("en").partition('id="texts"')[0] + explorer.script(explorer.SCRIPTS)
    named = set(re.findall(r'data-(?:text|label|hint)="([\w.]+)"', source))
    named |= {key for key in texts if f'"{key}"' in source}
    families = {f"{one[:-1]}" for one in re.findall(r"`([\w]+\.)\$\{", source)}  # say(`map.${name}`)
    unused = {key for key in texts if key not in named and key.split(".")[0] not in families}
    assert unused == set()
    assert named <= set(texts)


def test_the_page_is_one_file_that_loads_nothing() -> None:
    for lang, tag in (("zh", "zh-CN"), ("en", "en")):
        page = explorer.page(lang)
        assert f'<html lang="{tag}"' in page
        assert explorer.texts()["title"][lang] in page
        assert re.findall(r"""(?:src|href)=(?!["']?data:)|url\(|@import|https?:""", page) == []
        assert "default-src 'none'" in page
        embedded = re.search(r'<script type="application/json" id="texts">(.*?)</script>', page, re.DOTALL)
        assert embedded is not None and json.loads(embedded[1]) == explorer.texts()


# ---- Its command -------------------------------------------------------------------------------------------


def explore(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["explore", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_the_page_and_writes_it_again(tmp_path: Path) -> None:
    file = tmp_path / "explorer.html"
    for lang in ("zh", "en"):
        status, said, _ = explore(str(file), "--lang", lang)
        assert status == 0 and str(file) in said
        assert file.read_text(encoding="utf-8") == explorer.page(lang)
    assert explore("-", "--lang", "en")[:2] == (0, explorer.page("en"))


def test_a_file_of_ones_own_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "notes.html"
    file.write_text("mine", encoding="utf-8")
    status, _, complaint = explore(str(file), "--lang", "en")
    assert status == 2 and str(file) in complaint and len(complaint.splitlines()) == 1
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere" / "page.html"):
        status, _, complaint = explore(str(place), "--lang", "en")
        assert status == 2 and str(place) in complaint and len(complaint.splitlines()) == 1
