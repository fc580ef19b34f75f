"""Formulas read out of code: exact for every function of the right kind, and for no other.

Arbitrary multilinear functions with rational coefficients are the oracle (their formula is known because
they are made from it); the course's references, accepted alternatives and misconceptions are the cases.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograder
from autograder.base.messages import TextError
from autograder.cnn.derivations.layer import LayerError, Pooling
from autograder.cnn.derivations.symbols import Atom, terms
from autograder.cnn.recovery import readings, recover
from autograder.cnn.recovery.readings import READINGS, NoFormula, RecoverError, Sizes
from autograder.cnn.recovery.recover import Recovered
from autograder.sandbox.client import require
from autograder.sandbox.limits import Limits
from autograder.student import questions
from autograder.student.questions import calling
from tests.commands import call_here as call
from tests.course_keys import exercises

ASSIGNMENTS = ("convolution", "pooling", "conv_residual", "kernel_gradients")


EXERCISES = {name: exercise for name, exercise in exercises(*ASSIGNMENTS).items() if name in READINGS}

# Sizes that tell mistakes apart: height and width, kernels and channels, padding and stride all unlike.
_MAP = [Sizes(), Sizes((4, 5), (2, 3)), Sizes((5, 3), (3, 1)), Sizes((3, 5), (2, 2)), Sizes((3, 3), (3, 3))]
_LAYER = [
    Sizes(),
    Sizes((4, 5), (2, 3)),
    Sizes((5, 4), (3, 2), padding=1),
    Sizes((2, 3), (2, 1), stride=2, padding=1, channels=2, kernels=3, samples=2),
    Sizes((6, 5), (3, 2), stride=2),
    Sizes((3, 1), (3, 2), padding=1, channels=2, kernels=2),
    Sizes((3, 2), (3, 2), stride=1, padding=2),
    Sizes((3, 4), (2, 2), kernels=3),
    Sizes((2, 3), (2, 1), padding=1),
    Sizes((3, 5), (2, 3), stride=3),
    Sizes((4, 4), (2, 2), stride=3, padding=1),
]
_POOL = [Sizes(), Sizes((4, 6), (2, 3)), Sizes((4, 2), (1, 2))]
_WINDOWS = [
    Sizes(),
    Sizes((5, 6), (3, 3), stride=2, channels=2, samples=2),
    Sizes((6, 7), (2, 2), stride=3),
    Sizes((6, 8), (2, 2), stride=2, channels=3, samples=3),
]


def sizes_for(name: str) -> list[Sizes]:
    options = READINGS[name].options
    if "dense" in options:
        return [Sizes(), Sizes(dense=(2, 3)), Sizes(dense=(2, 2)), Sizes(dense=(1, 3))]
    if "kernels" in options:
        return _LAYER
    if "samples" in options:
        return _WINDOWS
    if "pool" in name or name == "upsample":
        return _POOL
    if "stride" in options:
        return [Sizes(), Sizes((5, 8), (2, 3), stride=3), Sizes((3, 2), (2, 1), stride=1)]
    return _MAP


def read(function: Callable[..., Any], name: str, sizes: Sizes | None = None) -> Recovered:
    return recover.recover(calling(function), name, sizes)


# ---- The course's own functions ----------------------------------------------------------------------------


def test_every_function_of_the_lectures_kind_is_known() -> None:
    """The rest of these assignments counts, squares, takes functions, or is a text: no formula of δ, w, a."""
    every = {*exercises(*ASSIGNMENTS)}
    assert set(READINGS) <= every
    assert every - set(READINGS) == {
        *("sobel", "prewitt", "conv_matrix", "convolution_parameters", "convolution_counts"),
        *("fully_connected_counts", "locally_connected_counts", "numerical_gradient", "relative_error"),
        *("derive_residuals", "residual_formula", "derive_gradients", "gradient_formulas"),
    }


def test_arguments_are_read_in_the_order_in_which_the_functions_take_them() -> None:
    for name, how in READINGS.items():
        assert len(how.arguments) == len(EXERCISES[name].parameters), name


@pytest.mark.parametrize("name", READINGS)
def test_every_reference_computes_the_lectures_formula(name: str) -> None:
    for sizes in sizes_for(name):
        found = read(EXERCISES[name].reference, name, sizes)
        assert found.agrees, sizes
        assert list(found.formulas) == list(found.lecture)


@pytest.mark.parametrize("name", READINGS)
def test_so_does_every_accepted_alternative(name: str) -> None:
    for alternative in EXERCISES[name].alternatives:
        assert read(alternative, name, sizes_for(name)[0]).agrees, alternative.__name__


NOT_LINEAR = {
    "activation_applied",
    "absolute_values_added",
    "maximum_for_mean",
    "floor_division",
    "sigma_prime_twice",
    "sigma_prime_taken_again",
}
"""Misconceptions that are no formula of the lecture's kind: an activation, |δ|, a maximum, σ′ squared."""

ONLY_REFUSED = NOT_LINEAR | {
    "padding_subtracted",  # right or an exception, depending on the padding
    "overwritten_at_the_maximum",  # asks whether a residual is 0
    "windows_taken_to_touch",  # right where they do, an exception elsewhere
    "square_kernel",  # an exception where it is not
    *("square_maps_only", "square_map_assumed"),  # the same of the maps
    *("remainder_refused", "number_rounded_to_nearest"),  # an exception where there is one
    *("window_not_subtracted", "loops_over_input_positions"),  # an index beyond the residual
    "slice_empty_without_padding",
    "read_beyond_the_residual",  # adds arrays of unlike sizes: an exception but for a kernel of one number
}
"""Misconceptions that show in that the function has no formula, in some or all sizes."""

SAME_FORMULA = {
    # Right on floating-point arrays: what is wrong is the storage of the result.
    "stored_as_integers",
    "residual_stored_as_integers",
    "floats_added_to_integers",
    # Right where no two elements of a window are equal.
    "whole_residual_to_every_tie",
}


def misconceptions() -> Iterator[Any]:
    for name, exercise in EXERCISES.items():
        for one in exercise.misconceptions:
            few = name in ("rotate180", "dense_residual", "conv_residual", "kernel_gradient", "bias_gradient")
            marks = () if few else (pytest.mark.slow,)
            yield pytest.param(name, one.id, one.run, id=f"{name}-{one.id}", marks=marks)


@pytest.mark.parametrize(("name", "wrong", "function"), [*misconceptions()])
def test_a_misconception_has_another_formula(name: str, wrong: str, function: Callable[..., Any]) -> None:
    differs, refusals = False, []
    for number, sizes in enumerate(sizes_for(name)):
        try:
            found = read(function, name, sizes)
        except NoFormula as error:
            refusals.append(error.text.in_language("en"))
            continue
        differs |= not found.agrees
        assert found.agrees == (found.shape == found.lecture_shape and found.formulas == found.lecture)
        if number < 2:  # what is written depends on what was found, no longer on the function
            marked = "[" in found.page.write("text", lang="en")
            assert (marked or found.shape != found.lecture_shape) != found.agrees
    if wrong in NOT_LINEAR and refusals:
        assert len(refusals) == len(sizes_for(name)) and "not linear" in refusals[0]
    if wrong in ONLY_REFUSED and refusals:
        assert wrong.startswith("square_") or not differs
    else:
        assert differs == (wrong not in SAME_FORMULA), refusals


def test_the_kernel_that_was_not_rotated_is_seen_term_by_term() -> None:
    wrong = next(one for one in EXERCISES["conv_residual"].misconceptions if one.id == "kernel_not_rotated")
    found = read(wrong.run, "conv_residual")
    corner = Atom("delta", (1, 1), "l-1")
    delta, slope = Atom("delta", (1, 1), "l"), Atom("dsigma", (1, 1), "l-1")
    assert terms(found.formulas[corner]) == {(delta, Atom("w", (2, 2), "l"), slope): 1}
    assert terms(found.lecture[corner]) == {(delta, Atom("w", (1, 1), "l"), slope): 1}
    page = found.write("text", lang="en")
    assert "code    = [δ₁₁·w₂₂·σ′(z₁₁⁽ˡ⁻¹⁾)]\nlecture = [δ₁₁·w₁₁·σ′(z₁₁⁽ˡ⁻¹⁾)]" in page
    assert "代码 = [δ₁₁·w₂₂·σ′(z₁₁⁽ˡ⁻¹⁾)]\n讲义 = [δ₁₁·w₁₁·σ′(z₁₁⁽ˡ⁻¹⁾)]" in found.write("text", lang="zh")


# ---- Arbitrary functions -----------------------------------------------------------------------------------

SHAPES = {"delta": (2, 2), "w": (2, 2), "dsigma": (3, 3)}
SUBSETS = [part for size in range(4) for part in itertools.combinations(SHAPES, size)]
COEFFICIENTS = st.fractions(min_value=-3, max_value=3, max_denominator=12).filter(bool)


@st.composite
def formulas(draw: st.DrawFn) -> dict[tuple[Any, ...], Fraction]:
    """Coefficients of products of at most one element of each array, for elements of a 3×3 result."""
    found = {}
    for _ in range(draw(st.integers(0, 6))):
        part = draw(st.sampled_from(SUBSETS))
        places = tuple(draw(st.tuples(*(st.integers(0, n - 1) for n in SHAPES[name]))) for name in part)
        place = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
        found[place, part, places] = draw(COEFFICIENTS)
    return found


@settings(max_examples=30, deadline=None)
@given(formulas())
def test_any_function_that_is_linear_in_each_array_is_read_exactly(wanted: dict[Any, Fraction]) -> None:
    def function(delta: np.ndarray, w: np.ndarray, dsigma: np.ndarray) -> np.ndarray:
        arrays = {"delta": delta, "w": w, "dsigma": dsigma}
        result = np.zeros((3, 3))
        for (place, part, places), value in wanted.items():
            factors = (arrays[name][at] for name, at in zip(part, places, strict=True))
            result[place] += float(value) * np.prod(list(factors))
        return result

    found = read(function, "conv_residual")
    layers = {"delta": "l", "w": "l", "dsigma": "l-1"}
    expected: dict[Atom, dict[Any, Fraction]] = {left: {} for left in found.lecture}  # type: ignore[misc]
    for (place, part, places), value in wanted.items():
        atoms = tuple(
            Atom(name, (u + 1, v + 1), layers[name])  # type: ignore[arg-type]
            for name, (u, v) in zip(part, places, strict=True)
        )
        expected[Atom("delta", (place[0] + 1, place[1] + 1), "l-1")][atoms] = value
    assert {left: terms(formula) for left, formula in found.formulas.items()} == expected


def constant(value: Any) -> Callable[..., Any]:
    return lambda *arguments: value


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda delta, w, dsigma: delta.sum() ** 2 * dsigma, "not linear in δ"),
        (lambda delta, w, dsigma: np.abs(w).sum() * dsigma, "not linear in w"),
        (lambda delta, w, dsigma: dsigma * dsigma, "not linear in σ′"),
        (lambda delta, w, dsigma: dsigma * (delta != 0).sum(), "does not explain"),
        (lambda delta, w, dsigma: np.random.rand(3, 3), "not linear|does not explain"),
        (lambda delta, w, dsigma: dsigma[dsigma != 0], "now one shape, now another"),
        (lambda delta, w, dsigma: dsigma / w.sum(), "infinite or undefined"),
        (lambda delta, w, dsigma: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda delta, w: dsigma, "raised TypeError"),  # type: ignore[name-defined] # noqa: F821
        (constant("no"), "no array of numbers but str"),
        (constant(None), "no array of numbers but NoneType"),
        (constant([[1, 2], [3]]), "no array of numbers but list"),
        (constant(np.zeros(10**6)), "far too many numbers"),
        (constant(1j * np.ones((3, 3))), "no array of numbers but ndarray"),
    ],
)
def test_what_has_no_formula_is_told_in_one_sentence(function: Callable[..., Any], said: str) -> None:
    with pytest.raises(NoFormula, match=said) as error:
        read(function, "conv_residual")
    assert "\n" not in error.value.text.in_language("en")


@pytest.mark.parametrize(
    "value", [np.zeros((3, 3)), np.zeros((3, 3), bool), [[0] * 3] * 3, 0, 5.0, np.ones((2, 3))]
)
def test_a_constant_is_a_formula_too(value: Any) -> None:
    found = read(constant(value), "conv_residual")
    assert not found.agrees
    assert found.shape == np.shape(value)
    wanted = np.asarray(value, dtype=float).ravel()
    assert [float(formula) for formula in found.formulas.values()] == list(wanted)
    for form in ("text", "html", "json", "latex", "markdown"):
        assert found.write(form, lang="zh")


def test_a_function_that_changes_its_arguments_is_still_read_exactly() -> None:
    def in_place(delta: np.ndarray, w: np.ndarray, dsigma: np.ndarray) -> np.ndarray:
        result = EXERCISES["conv_residual"].reference(delta, w, dsigma)
        for array in (delta, w, dsigma):
            array[:] = 7
        return result

    assert read(in_place, "conv_residual").agrees


def test_single_precision_is_good_enough() -> None:
    def single(a: np.ndarray, window: tuple[int, int]) -> np.ndarray:
        return EXERCISES["avg_pool"].reference(a.astype(np.float32), window).astype(np.float32)

    assert read(single, "avg_pool", Sizes((6, 6), (3, 3))).agrees


def test_max_pooling_is_read_for_an_input_with_a_window_below_zero() -> None:
    """The formulas are the routing of one input, which is shown; a mean in place of the maximum is seen."""
    found = read(EXERCISES["max_pool"].reference, "max_pool")
    assert found.agrees and isinstance(found.layer, Pooling)
    values = np.reshape(found.layer.values, found.layer.input)
    assert len(set(values.ravel())) == values.size
    assert min(values[u : u + 2, v : v + 2].max() for u in (0, 2) for v in (0, 2)) < 0
    for left, formula in found.formulas.items():
        assert isinstance(left, Atom)
        ((winner,),) = terms(formula)
        window = values[2 * left.index[0] - 2 :, 2 * left.index[1] - 2 :][:2, :2]
        assert isinstance(winner, Atom) and values[winner.index[0] - 1, winner.index[1] - 1] == window.max()
    assert str(values[0, 0]) in found.write("text", lang="en")
    mean = read(EXERCISES["avg_pool"].reference, "max_pool")
    assert not mean.agrees and "1/4·a₁₁" in mean.write("text", lang="en")


@pytest.mark.parametrize(
    ("name", "sizes", "said"),
    [
        ("sobel", Sizes(), "no formula for `sobel`"),
        ("conv_residual", Sizes(stride=2), "has no stride"),
        ("avg_pool2d", Sizes(kernel=(2, 3)), "square"),
        ("correlate", Sizes((2, 2), (3, 3)), "does not fit"),
        ("conv2d_weight_grad", Sizes((20, 20), (3, 3)), "calls"),
    ],
)
def test_sizes_and_names_that_make_no_sense_are_told_before_anything_is_called(
    name: str, sizes: Sizes, said: str
) -> None:
    calls = 0

    def counting(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return EXERCISES[name].reference(*arguments)

    with pytest.raises((RecoverError, LayerError), match=said) as error:
        recover.recover(calling(counting), name, sizes)
    assert not isinstance(error.value, NoFormula)
    assert calls < 20, "probes only"


# ---- The notebook ------------------------------------------------------------------------------------------


def test_a_notebook_shows_a_formula_and_never_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    found = autograder.formula(EXERCISES["conv2d_input_grad"].reference, input="4x4", kernel=3, padding=1)
    assert found is not None and found.agrees
    assert "<math>" in found._repr_html_() and r"\begin{aligned}" in found._repr_markdown_()

    def mine(a: np.ndarray, w: np.ndarray, b: float = 0.0) -> np.ndarray:
        return EXERCISES["correlate"].reference(a, w, b) - b

    assert autograder.formula(mine) is None
    found = autograder.formula(mine, meant="correlate")
    assert found is not None and not found.agrees and "`mine`" in str(found)
    assert autograder.formula(mine, meant="correlate", stride=2) is None
    assert autograder.formula(mine, meant="correlate", input="big") is None
    assert autograder.formula(lambda: 0, meant="rotate180") is None
    assert len(capsys.readouterr().out.strip().splitlines()) == 4


# ---- The command: other people's code, in the sandbox ------------------------------------------------------

STUDENT = '''
import numpy as np

def conv_residual(delta, w, dsigma):
    """Forgets to rotate."""
    kh, kw = w.shape
    padded = np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    result = np.zeros(dsigma.shape)
    for u, v in np.ndindex(*dsigma.shape):
        result[u, v] = (padded[u:u + kh, v:v + kw] * w).sum()
    return result * dsigma

def kernel_gradient(delta, a):
    windows = np.lib.stride_tricks.sliding_window_view(a, delta.shape)
    return np.einsum("uv,pquv->pq", delta, windows)

def bias_gradient(delta):
    return abs(delta).sum()

def rotate180(w):
    raise KeyError("oh")

def pad_residual(delta, kernel_shape):
    while True:
        pass

def insert_zeros(delta, stride):
    import os
    os._exit(0)

def upsample(delta, window):
    return lambda: delta
'''


LINE_OF_ERROR = STUDENT.splitlines().index('    raise KeyError("oh")') + 1


def upsampled_crosswise(delta: np.ndarray, window: Any) -> np.ndarray:
    return np.kron(delta, np.ones(window[::-1]))


def padded_crosswise(delta: np.ndarray, kernel_shape: Any) -> np.ndarray:
    return np.pad(delta, [(side - 1, side - 1) for side in kernel_shape[::-1]])


def stride_ignored(delta: np.ndarray, w: np.ndarray, shape: Any, stride: int = 1, padding: int = 0) -> Any:
    size = (*delta.shape[:2], shape[2] + 1 - w.shape[2], shape[3] + 1 - w.shape[3])
    return EXERCISES["conv2d_input_grad"].reference(np.resize(delta, size), w, shape)


def first_kernel_only(a: np.ndarray, w: np.ndarray, b: np.ndarray, *sizes: int) -> Any:
    return EXERCISES["conv2d"].reference(a, np.stack([w[0]] * len(w)), b, *sizes)


def first_sample_only(a: np.ndarray, *rest: Any) -> Any:
    return EXERCISES["conv2d"].reference(np.stack([a[0]] * len(a)), *rest)


def mean_over_the_batch(delta: np.ndarray, *rest: Any) -> Any:
    name = "conv2d_weight_grad" if rest else "conv2d_bias_grad"
    return EXERCISES[name].reference(delta, *rest) / len(delta)


def channels_swapped(delta: np.ndarray, other: np.ndarray, shape: Any, *sizes: int) -> Any:
    name = "conv2d_weight_grad" if len(shape) == 2 else "conv2d_input_grad"
    return EXERCISES[name].reference(delta, other[:, ::-1], shape, *sizes)


@pytest.mark.parametrize(
    ("name", "wrong", "size"),
    [
        ("upsample", upsampled_crosswise, "window 2×3"),
        ("conv2d", first_kernel_only, "3 kernels"),
        ("conv2d", first_sample_only, "2 samples"),
        ("conv2d_weight_grad", mean_over_the_batch, "2 samples"),
        ("conv2d_bias_grad", mean_over_the_batch, "2 samples"),
        ("conv2d_input_grad", channels_swapped, "2 channels"),
        ("conv2d_weight_grad", channels_swapped, "2 channels"),
        ("pad_residual", padded_crosswise, "3×5 ∗ 2×3"),
        ("conv2d_input_grad", stride_ignored, "stride 2, padding 1, 2 channels, 3 kernels, 2 samples"),
    ],
)
def test_what_is_right_by_the_chance_of_its_size_is_shown_at_another(
    name: str, wrong: Any, size: str
) -> None:
    assert recover.recover(calling(wrong), name).agrees
    found = recover.compare(calling(wrong), name, Sizes())
    assert not found.agrees and size in found.write("text", lang="en")
    right = recover.compare(calling(EXERCISES[name].reference), name, Sizes())
    assert right.agrees and right.layer == recover.recover(calling(wrong), name).layer
    assert "Also tried" in right.write("text", lang="en"), "what was tried is always said"


@pytest.mark.parametrize("name", READINGS)
def test_every_reference_is_right_at_uneven_sizes_too(name: str) -> None:
    for chosen in (
        Sizes(),
        *([Sizes(stride=2), Sizes(stride=3)] if "stride" in READINGS[name].options else []),
    ):
        uneven = READINGS[name].uneven(chosen)
        if uneven is not None:
            assert read(EXERCISES[name].reference, name, uneven).agrees
            rows, columns = READINGS[name].layer(name, uneven).output  # type: ignore[union-attr]
            assert 1 < rows < columns, "a step that is taken both ways"


@pytest.fixture
def student(tmp_path: Path) -> Path:
    path = tmp_path / "hand_in.py"
    path.write_text(STUDENT, encoding="utf-8")
    return path


def test_a_stub_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "stub.py").write_text("def rotate180(w):\n    raise NotImplementedError()\n")
    said = call(tmp_path, "formula", "stub.py", "rotate180", "--lang", "zh")
    assert said.returncode == 1 and said.stdout.strip().endswith("它还没有写。")


def test_the_command_says_by_its_status_whether_the_formula_is_the_lectures(student: Path) -> None:
    right = call(student.parent, "formula", "hand_in.py", "kernel_gradient", "--lang", "en")
    assert (right.returncode, right.stderr) == (0, "")
    assert "All 4 elements have the lecture's formula (3×3 ∗ 2×2)." in right.stdout
    assert "∂J/∂w₁₂ = δ₁₁·a₁₂ + δ₁₂·a₁₃ + δ₂₁·a₂₂ + δ₂₂·a₂₃" in right.stdout
    wrong = call(student.parent, "formula", "hand_in.py", "conv_residual", "--lang", "zh", "--format", "json")
    assert (wrong.returncode, wrong.stderr) == (1, "")
    text = json.dumps(json.loads(wrong.stdout), ensure_ascii=False)
    assert "9 个元素中有 9 个与讲义的公式不同（3×3 ∗ 2×2）" in text and '"marked": true' in text


@pytest.mark.parametrize(
    ("function", "status", "said"),
    [
        ("bias_gradient", 1, "not linear in δ"),
        ("rotate180", 1, f"raised KeyError in hand_in.py, line {LINE_OF_ERROR}"),
        ("insert_zeros", 1, "was stopped"),
        ("upsample", 1, "neither a number nor an array"),
        ("correlate", 2, "hand_in.py defines no function correlate"),
        ("sobel", 2, "no formula for `sobel`"),
    ],
)
def test_what_goes_wrong_inside_is_one_sentence(student: Path, function: str, status: int, said: str) -> None:
    result = call(student.parent, "formula", "hand_in.py", function, "--lang", "en")
    assert result.returncode == status
    assert said in result.stdout + result.stderr
    assert len((result.stdout + result.stderr).strip().splitlines()) == 1


@pytest.mark.slow
def test_a_loop_that_does_not_end_is_stopped(student: Path) -> None:
    result = call(student.parent, "formula", "hand_in.py", "pad_residual", "--lang", "en")
    assert (result.returncode, result.stdout) == (1, "`pad_residual` has no formula: it takes too long.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing.py", "correlate"),
        ("hand_in.txt", "correlate"),
        ("hand_in.py", "correlate", "--as", "sobel"),
        ("hand_in.py", "conv_residual", "--input", "x"),
        ("hand_in.py", "conv_residual", "--stride", "2"),
        ("hand_in.py", "kernel_gradient", "--input", "90x90"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_sentence_and_status_2(
    student: Path, arguments: tuple[str, ...]
) -> None:
    (student.parent / "hand_in.txt").write_text("text")
    result = call(student.parent, "formula", *arguments, "--lang", "en")
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 1 and "Traceback" not in result.stderr


@pytest.mark.parametrize("isolation", ["process", "bubblewrap"])
def test_the_code_runs_in_the_sandbox_and_all_units_in_one_run(
    isolation: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process runs it: for each size one run for the probes, one for all unit arrays."""
    if isolation == "bubblewrap":
        try:
            require("bubblewrap", Limits())
        except TextError:
            pytest.skip("bubblewrap is not installed")
    path = tmp_path / "hand_in.py"
    path.write_text(
        "import os\nimport numpy as np\nMINE = 0\n"
        "def rotate180(w):\n    global MINE\n    MINE += 1\n    return w[::-1, ::-1] + (os.getpid() == PID)\n"
        f"PID = {__import__('os').getpid()}\n"
    )
    runs = []
    original = questions.Sandbox

    class Counting(original):  # type: ignore[misc, valid-type]
        def run(self, statements: Any) -> Any:
            runs.append(len(self.calls))
            return super().run(statements)

    monkeypatch.setattr(questions, "Sandbox", Counting)
    found = recover.recover_file(path, "rotate180", Sizes(kernel=(3, 2)), isolation=isolation)
    assert found.agrees
    assert len(runs) == 4 and runs[1] == 6 + 2, "six unit arrays and two tests"


def test_readings_name_no_function_twice_and_take_known_options() -> None:
    known = set(Sizes.__dataclass_fields__)
    assert all(set(how.options) <= known for how in readings.READINGS.values())
