"""The references of the assignment `training` agree with oracles that share no code with them.

The oracles: the numbers worked out in the notebook, losses written as plain loops from the definition and
differentiated numerically (central differences, complex steps), and PyTorch where it is installed. The
training runs themselves are shown, too: Sobel's kernel found again, and handwritten digits read.
"""

import builtins
import inspect
import re
import shutil
import time
from pathlib import Path

import jupytext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from autograder.authoring.assignment import load
from autograder.integrations.nbgrader.source import source_notebook
from autograder.judging import answer_key
from solutions.training import notebook
from solutions.training.notebook import (
    cnn_gradients,
    fit_kernel,
    softmax_cross_entropy,
    squared_error,
)
from tests.oracles import central_difference, needs_torch

few = settings(max_examples=30, deadline=None)
FOLDER = Path(notebook.__file__).parent
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
LECTURE_A = np.array([[1, 0, 2], [3, 1, 0], [0, 2, 1]])
PARAMETERS = ("w1", "b1", "w2", "b2")


# ------------------------------------------------------------------------ twins, written from the definition


def loop_correlate(a, w, b):
    """Real or complex."""
    (H, W), (kh, kw) = a.shape, w.shape
    return np.array(
        [
            [
                b + sum(w[p, q] * a[u + p, v + q] for p in range(kh) for q in range(kw))
                for v in range(W - kw + 1)
            ]
            for u in range(H - kh + 1)
        ]
    )


def loop_squared_error(z, target):
    total = 0.0
    for place in np.ndindex(z.shape):
        total += (z[place] - target[place]) ** 2
    return total / (z.shape[0] * z.shape[1])


def loop_cross_entropy(scores, labels):
    """Real or complex; no care for overflow."""
    losses = [
        np.log(sum(np.exp(score) for score in row)) - row[label]
        for row, label in zip(scores, labels, strict=True)
    ]
    return sum(losses) / len(losses)


def loop_network(params, x, labels):
    """The loss of the network. Parameters may be complex; branches go by real parts."""
    w1, b1, w2, b2 = (params[name] for name in PARAMETERS)
    scores = []
    for sample in x:
        features = []
        for kernel, bias in zip(w1, b1, strict=True):
            maps = [loop_correlate(channel, w, 0.0) for channel, w in zip(sample, kernel, strict=True)]
            z = sum(maps) + bias
            for p in range(z.shape[0] // 2):
                for q in range(z.shape[1] // 2):
                    window = [z[2 * p + i, 2 * q + j] for i in range(2) for j in range(2)]
                    greatest = max(window, key=lambda value: value.real)
                    features.append(greatest if greatest.real > 0 else 0.0)
        scores.append([sum(w * f for w, f in zip(row, features, strict=True)) for row in w2] + b2)
    return loop_cross_entropy(scores, labels)


def complex_step(function, x, h=1e-30):
    """The gradient of an analytic scalar function, free of rounding: Im f(x + ih) / h."""
    gradient = np.zeros(np.shape(x))
    for place in np.ndindex(np.shape(x)):
        moved = np.array(x, dtype=complex)
        moved[place] += 1j * h
        gradient[place] = function(moved).imag / h
    return gradient


# -------------------------------------------------------------------------------------------- what is drawn

seeds = st.integers(0, 2**32)


@st.composite
def fits(draw):
    """An image, a target, a kernel's shape, a learning rate and a number of steps."""
    kh, kw = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    Ho, Wo = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(seeds))
    image, target = rng.normal(size=(Ho + kh - 1, Wo + kw - 1)), rng.normal(size=(Ho, Wo))
    return image, target, (kh, kw), draw(st.sampled_from([0.01, 0.05, 0.1])), draw(st.integers(0, 6))


@st.composite
def networks(draw):
    """Parameters, a batch and labels; kernels of any size, rows and columns left over included."""
    N, C, K, M = (draw(st.integers(1, 3)) for _ in range(4))
    kh, kw = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    Ho, Wo = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(seeds))
    params = {
        "w1": rng.normal(size=(K, C, kh, kw)),
        "b1": rng.normal(size=K),
        "w2": rng.normal(size=(M, K * (Ho // 2) * (Wo // 2))),
        "b2": rng.normal(size=M),
    }
    return params, rng.normal(size=(N, C, Ho + kh - 1, Wo + kw - 1)), rng.integers(0, M, size=N)


@st.composite
def batches(draw):
    N, M = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(seeds))
    return 3 * rng.normal(size=(N, M)), rng.integers(0, M, size=N)


def close(got, expected):
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11)


# ------------------------------------------------------------------------------------------ worked numbers


def test_small_example_of_squared_error():
    J, delta = squared_error(np.array([[1, 2], [3, 4]]), np.array([[0, 2], [5, 3]]))
    assert J == 1.5
    close(delta, [[0.5, 0], [-1, 0.5]])


def test_small_example_of_fit_kernel():
    w, b = fit_kernel(LECTURE_A, np.array([[2, 0], [-2, 4]]), (2, 2), 0.1, 1)
    close(w, [[0, -0.1], [0.7, 0.1]])
    close(b, 0.2)


def test_small_example_of_softmax_cross_entropy():
    J, delta = softmax_cross_entropy(np.log([[1, 2, 5]]), np.array([1]))
    close(J, np.log(4))
    close(delta, [[0.125, -0.75, 0.625]])
    J, delta = softmax_cross_entropy(np.log([[1, 2, 5], [1, 2, 5]]), np.array([1, 1]))
    close(J, np.log(4))
    close(delta[0], [0.0625, -0.375, 0.3125])


def test_small_example_of_cnn_gradients():
    params = {
        "w1": np.array([[[[1, -1], [0, 1]]]]),
        "b1": np.array([0]),
        "w2": np.array([[1], [-1]]),
        "b2": np.array([-4, 4]),
    }
    J, grads = cnn_gradients(params, LECTURE_A[None, None], np.array([0]))
    close(J, np.log(2))
    close(grads["w1"], [[[[-3, -1], [0, -2]]]])
    close(grads["b1"], [-1])
    close(grads["w2"], [[-2], [2]])
    close(grads["b2"], [-0.5, 0.5])


# ------------------------------------------------------------------------- losses, residuals and gradients


@few
@given(fits())
def test_squared_error_agrees_with_loops_and_its_residual_with_their_derivative(fit):
    _, target, *_ = fit
    z = np.random.default_rng(0).normal(size=target.shape)
    J, delta = squared_error(z, target)
    close(J, loop_squared_error(z, target))
    close(delta, complex_step(lambda z: loop_squared_error(z, target), z))


@few
@given(batches())
def test_softmax_cross_entropy_agrees_with_loops_and_its_residual_with_their_derivative(batch):
    scores, labels = batch
    J, delta = softmax_cross_entropy(scores, labels)
    close(J, loop_cross_entropy(scores, labels))
    close(delta, complex_step(lambda scores: loop_cross_entropy(scores, labels), scores))
    close(delta.sum(axis=1), np.zeros(len(scores)))


@few
@given(batches(), st.floats(-1e6, 1e6))
def test_softmax_cross_entropy_sees_only_differences_of_scores(batch, shift):
    scores, labels = np.round(batch[0], 3), batch[1]
    J, delta = softmax_cross_entropy(scores, labels)
    shifted_J, shifted_delta = softmax_cross_entropy(scores + round(shift), labels)
    np.testing.assert_allclose(shifted_J, J, atol=1e-8)
    np.testing.assert_allclose(shifted_delta, delta, atol=1e-8)


def test_loss_of_hopeless_scores_is_their_distance():
    # p is exp(-9000) and cannot be told from 0, but its logarithm can
    J, delta = softmax_cross_entropy(np.array([[9000.0, 0.0], [0.0, 5.0]]), np.array([1, 1]))
    close(J, (9000 + np.log1p(np.exp(-5))) / 2)
    close(delta[0], [0.5, -0.5])


@few
@given(networks())
def test_gradients_of_the_network_are_derivatives_of_the_loss_written_as_loops(case):
    params, x, labels = case
    J, grads = cnn_gradients(params, x, labels)
    close(J, loop_network(params, x, labels))
    assert list(grads) == list(params)
    for name in PARAMETERS:
        exact = complex_step(
            lambda part, name=name: loop_network({**params, name: part}, x, labels), params[name]
        )
        close(grads[name], exact)


@few
@given(networks())
def test_gradients_of_the_network_pass_the_check_by_central_differences(case):
    params, x, labels = case
    _, grads = cnn_gradients(params, x, labels)
    for name in ("w2", "b2"):  # behind the kinks of ReLU and maximum

        def forward(part, name=name):
            return cnn_gradients({**params, name: part}, x, labels)[0]

        np.testing.assert_allclose(grads[name], central_difference(forward, params[name], 1.0), atol=1e-8)


@few
@given(networks())
def test_gradients_of_a_batch_are_the_mean_of_those_of_its_samples(case):
    params, x, labels = case
    J, grads = cnn_gradients(params, x, labels)
    alone = [cnn_gradients(params, x[n : n + 1], labels[n : n + 1]) for n in range(len(x))]
    close(J, np.mean([loss for loss, _ in alone]))
    for name in PARAMETERS:
        close(grads[name], np.mean([parts[name] for _, parts in alone], axis=0))


@needs_torch
@few
@given(networks())
def test_network_agrees_with_pytorch(case):
    import torch
    from torch.nn import functional

    params, x, labels = case
    leaves = {name: torch.tensor(part, requires_grad=True) for name, part in params.items()}
    a1 = functional.relu(functional.conv2d(torch.tensor(x), leaves["w1"], leaves["b1"]))
    scores = functional.max_pool2d(a1, 2).flatten(1) @ leaves["w2"].T + leaves["b2"]
    loss = functional.cross_entropy(scores, torch.tensor(labels))
    loss.backward()
    J, grads = cnn_gradients(params, x, labels)
    close(J, loss.item())
    for name in PARAMETERS:
        close(grads[name], leaves[name].grad.numpy())


def test_ties_of_a_flat_image_pass_the_residual_on_once():
    # a bias moves all places that tie together, so that the loss has no kink there
    rng = np.random.default_rng(2)
    params = {
        "w1": rng.uniform(0.1, 1, (2, 1, 2, 2)),
        "b1": np.ones(2),
        "w2": rng.normal(size=(3, 4)),
        "b2": rng.normal(size=3),
    }
    x, labels = np.full((1, 1, 5, 3), 3.0), np.array([2])

    def forward(b1):
        return cnn_gradients({**params, "b1": b1}, x, labels)[0]

    _, grads = cnn_gradients(params, x, labels)
    np.testing.assert_allclose(grads["b1"], central_difference(forward, params["b1"], 1.0), atol=1e-8)
    # what each weight meets is 3 everywhere, what the bias meets is 1
    close(grads["w1"], 3 * np.broadcast_to(grads["b1"][:, None, None, None], (2, 1, 2, 2)))


# ----------------------------------------------------------------------------------------- gradient descent


@few
@given(fits())
def test_fit_kernel_goes_down_the_numerical_gradient(fit):
    image, target, shape, eta, steps = fit
    w, b = np.zeros(shape), np.zeros(())
    for _ in range(steps):
        dw = complex_step(lambda w, b=b: loop_squared_error(loop_correlate(image, w, b), target), w)
        db = complex_step(lambda b, w=w: loop_squared_error(loop_correlate(image, w, b), target), b)
        w, b = w - eta * dw, b - eta * db
    got_w, got_b = fit_kernel(image, target, shape, eta, steps)
    close(got_w, w)
    close(got_b, b)


def test_without_steps_the_kernel_is_zero():
    w, b = fit_kernel(LECTURE_A, LECTURE_A[:2], (2, 1), 0.1, 0)
    assert w.shape == (2, 1) and not w.any() and b == 0


def picture():
    """Nine real digits, 24×24, as the notebook puts them together."""
    digits, _ = notebook.load_digits()
    return np.block([[digits[3 * row + column] for column in range(3)] for row in range(3)])


@pytest.mark.parametrize(
    "kernel", [SOBEL, SOBEL.T, np.array([[-1, 0, 1]] * 3), np.array([[0.5, -2.0], [1.0, 3.0]])],
    ids=["sobel", "sobel, turned", "prewitt", "2×2"],
)  # fmt: skip
def test_fit_kernel_recovers_a_designed_kernel_from_a_picture_and_its_edges(kernel):
    image = picture()
    target = loop_correlate(image, kernel, 0.75)
    w, b = fit_kernel(image, target, kernel.shape, 0.3, 400)
    assert np.abs(w - kernel).max() < 1e-2
    assert abs(b - 0.75) < 1e-2


@pytest.mark.parametrize(("eta", "falls"), [(0.1, True), (0.3, True), (0.5, False)])
def test_the_loss_falls_with_every_step_unless_steps_are_too_long(eta, falls):
    # 0.5 is what the notebook asks readers to try
    image = picture()
    target = loop_correlate(image, SOBEL, 0.0)
    fits = [fit_kernel(image, target, (3, 3), eta, steps) for steps in range(0, 41, 4)]
    losses = [loop_squared_error(loop_correlate(image, w, b), target) for w, b in fits]
    assert (np.diff(losses) < 0).all() == falls
    assert (losses[-1] > losses[0]) == (not falls)


def test_a_flat_picture_does_not_teach_sobels_kernel():
    w, _ = fit_kernel(np.ones((8, 8)), np.zeros((6, 6)), (3, 3), 0.1, 100)
    assert not w.any()


# ------------------------------------------------------------------------------------------------- the data


def test_digits_are_those_of_the_source():
    images, labels = notebook.load_digits()
    assert images.shape == (1797, 8, 8) and images.min() == 0 and images.max() == 1
    assert np.array_equal(images * 16, np.round(images * 16))
    # the class counts that the UCI repository states for the test part
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = notebook.load_digits()
    theirs = datasets.load_digits()
    assert np.array_equal(images * 16, theirs.images) and np.array_equal(labels, theirs.target)


def test_every_digit_is_either_trained_with_or_tested():
    images, labels = notebook.load_digits()
    x, y, test_x, test_y = notebook.split_digits()
    assert x.shape == (1348, 1, 8, 8) and test_x.shape == (449, 1, 8, 8)
    together = np.concatenate([x, test_x])[:, 0].reshape(-1, 64)
    order, expected = np.lexsort(together.T), np.lexsort(images.reshape(-1, 64).T)
    assert np.array_equal(together[order], images.reshape(-1, 64)[expected])
    assert np.array_equal(np.bincount(y) + np.bincount(test_y), np.bincount(labels))


# --------------------------------------------------------------------------------- what readers watch


def test_the_kernel_on_its_way_is_shown(capsys, without_matplotlib):
    notebook.watch(notebook.watch_the_kernel)
    out = capsys.readouterr().out
    losses = [float(number) for number in re.findall(r"^ +\d+: +J = +(\S+)", out, re.MULTILINE)]
    assert len(losses) == 8 and losses == sorted(losses, reverse=True)
    bars = [len(bar) for bar in re.findall(r"steps .* (#+)$", out, re.MULTILINE)]
    assert len(bars) == 8 and bars == sorted(bars, reverse=True) and bars[-1] == 1
    assert float(re.search(r"max \|w - Sobel\| = (\S+)", out)[1]) < 1e-2


def test_the_gradient_check_passes(capsys):
    notebook.watch(notebook.watch_the_gradients)
    shown = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert set(shown) == set(PARAMETERS)
    assert max(map(float, shown.values())) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_training_reads_95_percent_of_the_test_digits_within_30_seconds(seed):
    start = time.process_time()
    x, labels, test_x, test_labels = notebook.split_digits()
    *_, (_, params) = notebook.train(x, labels, seed=seed)
    accuracy = np.mean(notebook.read(params, test_x) == test_labels)
    assert accuracy >= 0.95
    assert time.process_time() - start <= 30  # of one core; it takes a few


@pytest.mark.slow
def test_the_training_is_shown_with_its_accuracy_kernels_and_misread_digits(capsys, without_matplotlib):
    notebook.watch(notebook.watch_the_training)
    out = capsys.readouterr().out
    accuracies = [float(number) for number in re.findall(r"(\d+\.\d)%", out)]
    assert len(accuracies) == 20 and accuracies[-1] >= 95
    assert "w1[7]" in out
    misread = re.findall(r"^(\d) → (\d)$", out, re.MULTILINE)
    assert misread and all(right != answer for right, answer in misread)


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom_and_reads_95_percent(course_key, tmp_path):
    one = load(FOLDER)
    answer_key.save(course_key(one.name), tmp_path / "keys" / "training.hidden.npz")
    shutil.copytree(FOLDER / "data", tmp_path / "data")
    notebook = source_notebook(one, "en")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    told = "".join(output.get("text", "") for output in outputs)
    accuracies = [float(number) for number in re.findall(r"(\d+\.\d)%", told)]
    assert len(accuracies) == 20 and accuracies[-1] >= 95


def test_a_reader_without_the_data_is_told_so(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(notebook, "__file__", str(tmp_path / "training.py"))
    notebook.watch(notebook.watch_the_kernel)
    out = capsys.readouterr().out
    assert "data/digits.npz" in out and "J =" not in out


def test_a_reader_who_has_not_written_the_exercise_is_told_so(capsys, monkeypatch):
    def stub(*args):
        raise NotImplementedError

    monkeypatch.setattr(notebook, "cnn_gradients", stub)
    notebook.watch(notebook.watch_the_training)
    assert "not written yet" in capsys.readouterr().out


@pytest.fixture
def without_matplotlib(monkeypatch):
    """As where matplotlib is not installed."""
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)


# --------------------------------------------------------------------------------- cells of the notebook


def cells():
    return jupytext.reads((FOLDER / "notebook.py").read_text(encoding="utf-8"), fmt="py:percent").cells


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_written_question_has_points_and_a_mark_scheme(lang):
    (answer,) = (c for c in cells() if c.metadata.get("answer") and c.metadata["lang"] == lang)
    assert (answer.metadata["answer"], answer.metadata["points"]) == ("kernel_origins", 10)
    before, scheme, after = re.split(r"^### (?:BEGIN|END) MARK SCHEME$", answer.source, flags=re.MULTILINE)
    assert before.strip() and not after.strip()
    parts = re.findall(r"^- \*\*.*?[（(](\d+)\s?(?:分|points)", scheme, re.MULTILINE)
    assert len(parts) == 5 and sum(map(int, parts)) == 10


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pictures_that_are_shown_are_there(lang):
    shown = [
        name
        for cell in cells()
        if cell.metadata.get("lang") == lang
        for name in re.findall(r"\(attachment:([\w.]+)\)", cell.source)
    ]
    assert sorted(shown) == sorted(path.name for path in (FOLDER / "pictures").iterdir())


def test_importing_the_notebook_runs_no_demonstration():
    # expressions that stand alone would run wherever the file is loaded, also when it is graded
    tops = [c.source for c in cells() if c.cell_type == "code"]
    calls = [line for source in tops for line in source.splitlines() if re.match(r"watch\(", line)]
    assert calls == []


# ------------------------------------------------------------------------------------------------ policies

RNG = np.random.default_rng(3)
PARAMS = {
    "w1": RNG.integers(-3, 4, (2, 3, 2, 3)),
    "b1": np.array([2, -1]),
    "w2": RNG.integers(-3, 4, (4, 8)),
    "b2": RNG.integers(-3, 4, 4),
}
CALLS = [
    (squared_error, (RNG.integers(0, 9, (3, 4)), RNG.integers(0, 9, (3, 4)))),
    (fit_kernel, (RNG.integers(0, 9, (4, 5)), RNG.integers(0, 9, (3, 3)), (2, 3), 0.01, 3)),
    (softmax_cross_entropy, (RNG.integers(-5, 5, (3, 4)), np.array([3, 0, 2]))),
    (cnn_gradients, (PARAMS, RNG.integers(-4, 5, (3, 3, 5, 6)), np.array([3, 0, 2]))),
]


def changed(change, value):
    """`change` done to every array, those in dictionaries included."""
    if isinstance(value, dict):
        return {name: changed(change, part) for name, part in value.items()}
    return change(value) if isinstance(value, np.ndarray) else value


def changed_args(change, args):
    return tuple(changed(change, arg) for arg in args)


def arrays(value):
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, tuple):
        return [array for part in value for array in arrays(part)]
    return [value] if isinstance(value, np.ndarray) else []


def numbers(result):
    """Both results, flat, one after the other."""
    first, second = result
    parts = [first, *(second.values() if isinstance(second, dict) else [second])]
    return np.concatenate([np.ravel(part) for part in parts])


def every_second_of_more(array):
    wide = np.repeat(array, 2, axis=-1)
    wide[..., 1::2] = 1000
    return wide[..., ::2]


def not_writable(array):
    locked = array.copy()
    locked.flags.writeable = False
    return locked


def as_floats(array):
    return array if array.ndim == 1 and len(array) == 3 else array.astype(float)  # labels stay integers


@pytest.mark.parametrize(("function", "args"), CALLS)
def test_integers_give_the_same_result_as_floats(function, args):
    close(numbers(function(*args)), numbers(function(*changed_args(as_floats, args))))


@pytest.mark.parametrize("change", [np.asfortranarray, every_second_of_more, not_writable])
@pytest.mark.parametrize(("function", "args"), CALLS)
def test_layout_of_the_arguments_does_not_matter(function, args, change):
    close(numbers(function(*changed_args(change, args))), numbers(function(*args)))


@pytest.mark.parametrize(("function", "args"), CALLS)
def test_results_share_no_memory_with_the_arguments_and_leave_them_alone(function, args):
    before = changed_args(np.copy, args)
    given = arrays(args)
    got = arrays(tuple(function(*args)))
    assert got
    for array, old in zip(given, arrays(before), strict=True):
        assert np.array_equal(array, old)
        assert not any(np.shares_memory(result, array) for result in got)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (squared_error, "z target"),
        (fit_kernel, "image target kernel_shape learning_rate steps"),
        (softmax_cross_entropy, "scores labels"),
        (cnn_gradients, "params x labels"),
    ],
)
def test_signature_is_the_one_the_course_promises(function, parameters):
    assert list(inspect.signature(function).parameters) == parameters.split()
