"""Whatever comes back, the diagnosis says nothing false, never stops, and quotes nothing hidden."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.judging.comparison import Exact
from autograder.judging.results import Verdict
from autograder.sandbox.records import Outcome
from autograder.sandbox.values import dumps, loads
from tests.convolution_cases import (
    AMOUNTS,
    CHANGES,
    EVEN,
    FEATURES,
    INPUT_GRAD,
    LAYERS,
    POOL_FEATURES,
    POOL_GRAD,
    POOLS,
    RIGHT,
    SQUARE,
    VARIED,
    WEIGHT_GRAD,
    Array,
    Layer,
    case,
    exercise,
    input_grad,
    pool_grad,
    random,
    result,
    said,
    weight_grad,
)

# ---- Nothing false, whatever came back -----------------------------------------------------------------


def near(one: Any, other: Any, expected: Array) -> bool:
    """Equal by the judge's own measure, with as much again for the rounding of this test."""
    return np.shape(one) == np.shape(other) and bool(
        np.all(np.abs(np.subtract(one, other)) <= 2.1e-5 * np.abs(expected).max() + 1e-12)
    )


def reads(got: Array, expected: Array, place: Callable[..., tuple[int, ...]]) -> bool:
    """Does each number of `got` stand at the given place of `expected`?"""
    return all(
        near(got[index], expected[place(*index, *expected.shape)], expected)
        for index in np.ndindex(got.shape)
    )


def wrong_cells(got: Array, expected: Array) -> list[tuple[int, ...]]:
    limit = 1e-5 * np.abs(expected).max()
    return [index for index in np.ndindex(got.shape) if abs(got[index] - expected[index]) > limit]


def slices_wrong(got: Array, expected: Array, axis: int) -> list[bool]:
    wrong = {index[axis] for index in wrong_cells(got, expected)}
    return [number in wrong for number in range(expected.shape[axis])]


def windows_over(layer: Layer, row: int, column: int) -> int:
    return sum(
        0 <= row + layer.padding - p * layer.stride < layer.kernel[0]
        and 0 <= column + layer.padding - q * layer.stride < layer.kernel[1]
        for p, q in np.ndindex(*layer.output)
    )


def ratio(got: Array, expected: Array) -> float:
    place = np.unravel_index(np.abs(expected).argmax(), expected.shape)
    return float(got[place] / expected[place])


def times(got: Array, expected: Array, factor: float) -> bool:
    return near(np.divide(got, factor), expected, expected) if factor else not got.any()


def shifted(got: Array, expected: Array, down: int, across: int) -> bool:
    rows, columns = expected.shape[2:]
    return all(
        near(got[n, c, i + down, j + across], expected[n, c, i, j], expected)
        for n, c, i, j in np.ndindex(expected.shape)
        if 0 <= i + down < rows and 0 <= j + across < columns
    )


def steps(text: str) -> tuple[int, int]:
    amounts = {way: int(n) for n, way in re.findall(r"(\d) (?:to the )?(\w+)", text)}
    return amounts.get("down", 0) - amounts.get("up", 0), amounts.get("right", 0) - amounts.get("left", 0)


SLICES = {"images": 0, "channels": 1}

TRUE_IF: list[tuple[str, Callable[[Array, Array, Layer, tuple[str, ...]], bool]]] = [
    ("All values are zero", lambda g, e, L, m: not g.any()),
    ("All values are the same number; the right ones differ", lambda g, e, L, m: np.ptp(g) < np.ptp(e)),
    ("The signs are reversed", lambda g, e, L, m: near(g, -e, e)),
    (
        "Rows and columns are exchanged: the values are transposed",
        lambda g, e, L, m: reads(g, e, lambda n, c, i, j, *s: (n, c, j, i)),
    ),
    (
        "The values are rotated by 180°",
        lambda g, e, L, m: reads(g, e, lambda n, c, i, j, N, C, H, W: (n, c, H - 1 - i, W - 1 - j)),
    ),
    (
        "The values are upside down.*",
        lambda g, e, L, m: reads(g, e, lambda n, c, i, j, N, C, H, W: (n, c, H - 1 - i, j)),
    ),
    (
        "The values are mirrored.*",
        lambda g, e, L, m: reads(g, e, lambda n, c, i, j, N, C, H, W: (n, c, i, W - 1 - j)),
    ),
    (
        "The values are rotated by 90°",
        lambda g, e, L, m: (
            reads(g, e, lambda n, c, i, j, N, C, H, W: (n, c, j, W - 1 - i))
            or reads(g, e, lambda n, c, i, j, N, C, H, W: (n, c, H - 1 - j, i))
        ),
    ),
    (
        "The axes of images and channels are exchanged",
        lambda g, e, L, m: reads(g, e, lambda n, c, i, j, *s: (c, n, i, j)),
    ),
    (
        "The images are in reversed order",
        lambda g, e, L, m: reads(g, e, lambda n, c, i, j, N, *s: (N - 1 - n, c, i, j)),
    ),
    (
        "The channels are in reversed order",
        lambda g, e, L, m: reads(g, e, lambda n, c, i, j, N, C, *s: (n, C - 1 - c, i, j)),
    ),
    ("The values are cut off to whole numbers", lambda g, e, L, m: near(g, np.sign(e) * (abs(e) // 1), e)),
    ("The values are rounded down to whole numbers", lambda g, e, L, m: near(g, e // 1, e)),
    ("The values are rounded to whole numbers", lambda g, e, L, m: near(g, e.round(), e)),
    ("The values have lost their signs.*", lambda g, e, L, m: near(g, np.sqrt(e * e), e)),
    ("Negative values have become 0.*", lambda g, e, L, m: near(g, (e + abs(e)) / 2, e)),
    ("Positive values have become 0", lambda g, e, L, m: near(g, (e - abs(e)) / 2, e)),
    ("The values are squared", lambda g, e, L, m: near(g, e * e, e)),
    ("The values are the square roots of the right ones", lambda g, e, L, m: near(g * g, e, e)),
    ("The values are right except for their signs", lambda g, e, L, m: near(abs(g), abs(e), e)),
    ("The values are nearly right.*", lambda g, e, L, m: abs(g - e).max() <= 0.0100001 * abs(e).max()),
    ("The values are twice the right ones", lambda g, e, L, m: times(g, e, 2)),
    ("The values are half of the right ones", lambda g, e, L, m: times(g, e, 0.5)),
    (r"The values are (-?\d+) times the right ones", lambda g, e, L, m: times(g, e, int(m[0]))),
    (
        r"The values are (-?\d+)/(\d+) of the right ones",
        lambda g, e, L, m: times(g, e, int(m[0]) / int(m[1])),
    ),
    (
        "The values are the right ones, all times the same factor",
        lambda g, e, L, m: times(g, e, ratio(g, e)),
    ),
    (
        "In each case the values are the right ones, all times the same factor.*",
        lambda g, e, L, m: times(g, e, ratio(g, e)),
    ),
    (
        "The values are the right ones divided by (the num.*)",
        lambda g, e, L, m: times(g, e, 1 / AMOUNTS[m[0]](L)),
    ),
    (
        "The values are the right ones multiplied by (the num.*)",
        lambda g, e, L, m: times(g, e, AMOUNTS[m[0]](L)),
    ),
    (r"The values are too large by (\d)", lambda g, e, L, m: near(g - int(m[0]), e, e)),
    (r"The values are too small by (\d)", lambda g, e, L, m: near(g + int(m[0]), e, e)),
    (
        "The same number is added to all values",
        lambda g, e, L, m: np.ptp(g - e) <= 1e-6 + 1e-4 * abs(e).max(),
    ),
    (
        "In each case the same number is added.*",
        lambda g, e, L, m: np.ptp(g - e) <= 1e-6 + 1e-4 * abs(e).max(),
    ),
    (
        "In each channel one number is added to all values",
        lambda g, e, L, m: all(
            np.ptp(g[:, c] - e[:, c]) <= 1e-6 + 1e-4 * abs(e).max() for c in range(e.shape[1])
        ),
    ),
    (
        "Of the (images|channels), only the first is right",
        lambda g, e, L, m: (w := slices_wrong(g, e, SLICES[m[0]])) == [False] + [True] * (len(w) - 1),
    ),
    (
        "Of the (images|channels), only the last is right",
        lambda g, e, L, m: (w := slices_wrong(g, e, SLICES[m[0]])) == [True] * (len(w) - 1) + [False],
    ),
    (
        "Of the (images|channels), only the first is wrong",
        lambda g, e, L, m: (w := slices_wrong(g, e, SLICES[m[0]])) == [True] + [False] * (len(w) - 1),
    ),
    (
        "Of the (images|channels), only the last is wrong",
        lambda g, e, L, m: (w := slices_wrong(g, e, SLICES[m[0]])) == [False] * (len(w) - 1) + [True],
    ),
    (
        "The values are wrong only in cells that several windows cover",
        lambda g, e, L, m: all(windows_over(L, *index[2:]) > 1 for index in wrong_cells(g, e)),
    ),
    (
        "The values are wrong only in cells that no window reaches",
        lambda g, e, L, m: all(windows_over(L, *index[2:]) == 0 for index in wrong_cells(g, e)),
    ),
    (
        "Only the last row is wrong",
        lambda g, e, L, m: {index[2] for index in wrong_cells(g, e)} == {e.shape[2] - 1} and e.shape[2] > 1,
    ),
    (
        "Only the last column is wrong",
        lambda g, e, L, m: {index[3] for index in wrong_cells(g, e)} == {e.shape[3] - 1} and e.shape[3] > 1,
    ),
    (
        "Only the first row is wrong",
        lambda g, e, L, m: {index[2] for index in wrong_cells(g, e)} == {0} and e.shape[2] > 1,
    ),
    (
        "Only the first column is wrong",
        lambda g, e, L, m: {index[3] for index in wrong_cells(g, e)} == {0} and e.shape[3] > 1,
    ),
    (
        "Only the last row and the last column are wrong",
        lambda g, e, L, m: not wrong_cells(g[..., :-1, :-1], e[..., :-1, :-1]) and g[..., :-1, :-1].size > 0,
    ),
    (
        "Only the first row and the first column are wrong",
        lambda g, e, L, m: not wrong_cells(g[..., 1:, 1:], e[..., 1:, 1:]) and g[..., 1:, 1:].size > 0,
    ),
    (
        "Only the border is wrong, the interior is right",
        lambda g, e, L, m: (e.shape[2] // 2, e.shape[3] // 2) not in {i[2:] for i in wrong_cells(g, e)},
    ),
    (
        "Only the interior is wrong, the border is right",
        lambda g, e, L, m: all(
            0 < i[2] < e.shape[2] - 1 and 0 < i[3] < e.shape[3] - 1 for i in wrong_cells(g, e)
        ),
    ),
    (
        "Only values that should be 0 are wrong",
        lambda g, e, L, m: all(abs(e[index]) <= 1e-5 * abs(e).max() for index in wrong_cells(g, e)),
    ),
    (
        "Some values are 0 and should not be; the others are right",
        lambda g, e, L, m: all(g[index] == 0 for index in wrong_cells(g, e)),
    ),
    ("The values are shifted: (.*)", lambda g, e, L, m: shifted(g, e, *steps(m[0]))),
    (
        "The values are shifted by the padding, down and to the right",
        lambda g, e, L, m: shifted(g, e, L.padding, L.padding),
    ),
    (
        "The values are shifted by the padding, up and to the left",
        lambda g, e, L, m: shifted(g, e, -L.padding, -L.padding),
    ),
    (
        "The right values are in the wrong places.*",
        lambda g, e, L, m: near(sorted(g.ravel()), sorted(e.ravel()), e),
    ),
    (
        "The values have the right sum, but are distributed wrongly",
        lambda g, e, L, m: abs(g.sum() - e.sum()) < 1e-3 * abs(e.sum()),
    ),
    ("Some values are right, others are wrong", lambda g, e, L, m: 0 < len(wrong_cells(g, e)) < e.size),
    ("Not one of the values is right", lambda g, e, L, m: len(wrong_cells(g, e)) == e.size > 1),
    ("The values are wrong", lambda g, e, L, m: True),
]


def holds(claim: str, got: Array, expected: Array, layer: Layer) -> bool:
    """Is a sentence true of one result? By definitions written anew, cell by cell."""
    for pattern, true in TRUE_IF:
        match = re.fullmatch(pattern + r"\.", claim)
        if match:
            return bool(true(got, expected, layer, match.groups()))
    raise AssertionError(f"nobody knows when this is true: {claim}")


def has(feature: str, layer: Layer) -> bool:
    if feature in FEATURES:
        return FEATURES[feature](layer)
    more = {**POOL_FEATURES, "windows overlap": overlaps, "there are gaps between windows": gapes}
    if feature in more:
        return more[feature](layer)
    for how, combine in ((" and ", all), (" or ", any)):
        for at in [match.end() for match in re.finditer(how, feature)]:
            parts = feature[: at - len(how)], feature[at:]
            if all(part in FEATURES or part in more for part in parts):
                return combine(has(part, layer) for part in parts)
    raise AssertionError(f"nobody knows who has this: {feature}")


def overlaps(layer: Layer) -> bool:
    return any(k > layer.stride and n > 1 for k, n in zip(layer.kernel, layer.output, strict=True))


def gapes(layer: Layer) -> bool:
    return any(k < layer.stride and n > 1 for k, n in zip(layer.kernel, layer.output, strict=True))


EXPECTED: dict[str, Callable[[Array], Array]] = {
    "real": lambda e: e,
    "whole": np.rint,
    "sparse": lambda e: np.where(np.abs(e) > 5, e, 0),
    "rows alike": lambda e: np.broadcast_to(e[..., :1, :], e.shape),
    "images alike": lambda e: np.broadcast_to(e[:1], e.shape),
    "positive": np.abs,
    "small": lambda e: e * 1e-7,
}

ALL_CHANGES = [
    *CHANGES.values(),
    lambda e: e.swapaxes(0, 1),
    lambda e: e.transpose(1, 0, 2, 3).reshape(e.shape),
]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_whatever_is_wrong_nothing_false_is_said_of_it(data: st.DataObject) -> None:
    layers = data.draw(st.lists(st.sampled_from([*LAYERS, *EVEN, *SQUARE, *VARIED]), min_size=1, max_size=6))
    kind = data.draw(st.sampled_from(sorted(EXPECTED)))
    cases = [input_grad(layer, seed) for seed, layer in enumerate(layers)]
    cases = [replace(of, expected=np.array(EXPECTED[kind](of.expected))) for of in cases]
    changes = data.draw(st.lists(st.sampled_from(ALL_CHANGES), min_size=1, max_size=2))
    twice = data.draw(st.booleans())
    right = data.draw(st.sets(st.integers(0, len(layers) - 1)))
    answers: list[Any] = []
    for index, of in enumerate(cases):
        got = (
            changes[index % len(changes)](of.expected) if not twice else changes[-1](changes[0](of.expected))
        )
        fits = got.shape == of.expected.shape and np.isfinite(got).all()
        answers.append(np.array(got) if fits and index not in right else RIGHT)
    one = exercise(INPUT_GRAD, cases)
    found = result(one, answers)
    wrong = [index for index, group in enumerate(found.groups) if group.cases[0].verdict is Verdict.WA]
    if not wrong:
        assert found.symptom is None
        return
    sentence = said(one, answers)
    told = re.fullmatch(
        r"(.*?\.)(?: (?:In the cases tried, o|O)nly where (.*)\.| Only in: (.*)\.| But not in: (.*)\.)?",
        sentence,
    )
    assert told is not None
    claim, feature, only_in, not_in = told.groups()
    for index in wrong:
        if "would be right if" in claim or "one time too many" in claim or "What came back" in claim:
            continue  # proved by a test of its own, and by nothing that is random here
        assert holds(claim, answers[index], cases[index].expected, layers[index]), sentence
    if feature is not None:
        assert [has(feature, layer) for layer in layers] == [index in wrong for index in range(len(layers))]
    titles = [f"title {index}" for index in wrong]
    if only_in is not None:
        assert only_in.split("; ") == titles
    if not_in is not None:
        assert not {*not_in.split("; ")} & {*titles}
    if not (feature or only_in or not_in) and len(layers) - len(wrong) <= 3:
        assert len(wrong) == len(layers), sentence


def claimed_of_a_shape(claim: str, got: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Is what is said of one shape true?"""
    if match := re.fullmatch(r"too (many|few) (.+?)(?:, by (\d)(?: each)?)?", claim):
        sign = 1 if match[1] == "many" else -1
        surplus = [sign * (g - e) for g, e in zip(got, expected, strict=True)]
        return min(surplus) >= 0 and (match[3] is None or {*surplus} - {0} == {int(match[3])})
    nth = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4}
    if match := re.fullmatch("it has one axis too many, the (.*)", claim):
        return tuple(np.delete(got, nth[match[1]])) == expected
    simple = {
        "a single number is asked for, not an array": expected == () != got,
        "an array is asked for, not a single number": got == () != expected,
        "the result is empty": 0 in got,
        "axes of length 1 are left over": [n for n in got if n != 1] == [n for n in expected if n != 1],
        "axes of length 1 are missing": [n for n in got if n != 1] == [n for n in expected if n != 1],
        "the number of axes is wrong": len(got) != len(expected),
        "it has one axis too many": len(got) == len(expected) + 1,
        "one axis is missing": len(got) == len(expected) - 1,
        "the axes are in the wrong order": sorted(got) == sorted(expected),
    }
    if claim in simple:
        return simple[claim]
    if match := re.fullmatch(r"it has (\d) axes too many", claim):
        return len(got) - len(expected) == int(match[1])
    if match := re.fullmatch(r"(\d) axes are missing", claim):
        return len(expected) - len(got) == int(match[1])
    if claim.startswith("one axis is missing, that of"):
        return len(got) == len(expected) - 1
    if claim.endswith("are exchanged") or claim.endswith("comes last"):
        return got != expected and sorted(got) == sorted(expected)
    return claim.startswith("the number of") and len(got) == len(expected) and got != expected


shapes = hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
right_shapes = hnp.array_shapes(min_dims=0, max_dims=4, max_side=4)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(shapes, right_shapes), min_size=1, max_size=3))
def test_whatever_shapes_came_nothing_false_is_said_of_them(
    pairs: list[tuple[tuple[int, ...], tuple[int, ...]]],
) -> None:
    one = exercise(("x", "stride"), [case((), np.ones(expected)) for _, expected in pairs])
    wrong = [np.ones(got) if got != expected else RIGHT for got, expected in pairs]
    if all(answer is RIGHT for answer in wrong):
        return
    claim = re.match(r"The shape is wrong(?:: (.*?))?\.", said(one, wrong, visible=False))
    assert claim is not None
    for got, expected in pairs:
        if claim[1] is not None and got != expected:
            assert claimed_of_a_shape(claim[1], got, expected), (claim[1], got, expected)


# ---- Whatever came back, and nothing hidden ------------------------------------------------------------

KEYS = [
    exercise(INPUT_GRAD, [input_grad(layer) for layer in LAYERS[::4]]),
    exercise(WEIGHT_GRAD, [weight_grad(layer) for layer in VARIED]),
    exercise(POOL_GRAD, [pool_grad(layer) for layer in POOLS[::4]]),
    exercise(("n", "bias"), [case((n, True), (n * 7, n * 7 + 1), Exact()) for n in (2, 2**70)]),
    exercise(("f", "x"), [case((None, random((2, 3))), {"w": random((2, 3)), "b": 1.5})]),
    exercise((), [case((), random(())), case((), np.zeros((2, 0)))]),
]

DTYPES = ("?", "i1", "u1", "i8", "u8", "f2", "f4", "f8", "c16")
numbers = st.one_of(
    st.floats(), st.integers(-(2**80), 2**80), st.booleans(), st.none(), st.text("ab7", max_size=3)
)


def hostile(like: Any) -> st.SearchStrategy[Any]:
    """Arrays of the right shape with any content, arrays of any shape, and anything else that can be sent."""
    dtypes = st.sampled_from(DTYPES)
    shapes = hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=3)
    shaped = [dtypes.flatmap(lambda dtype: hnp.arrays(dtype, shapes))]
    if isinstance(like, np.ndarray):
        shaped.append(dtypes.flatmap(lambda dtype: hnp.arrays(dtype, like.shape)))
    leaves = st.one_of(numbers, *shaped)
    anything = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(st.sampled_from(["w", "b", "c"]), inner, max_size=3),
        ),
        max_leaves=6,
    )
    if isinstance(like, tuple):
        return st.one_of(anything, st.tuples(*[hostile(part) for part in like]))
    if isinstance(like, dict):
        return st.one_of(anything, st.fixed_dictionaries({name: hostile(like[name]) for name in like}))
    return st.one_of(anything, *shaped)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nothing_that_comes_back_stops_the_diagnosis_or_makes_it_quote_a_hidden_number(
    data: st.DataObject,
) -> None:
    one = data.draw(st.sampled_from(KEYS))
    answers: list[Any] = []
    for of in one.cases:
        value = data.draw(st.one_of(st.just(RIGHT), hostile(of.expected)))
        value = of.expected if value is RIGHT else loads(dumps(value))
        changed = data.draw(st.sampled_from([(), (0,), (1, 5)]))
        answers.append(Outcome("returned", value, changed=changed))
    for visible in (False, True):
        if result(one, answers, visible).symptom is None:
            return
        text = said(one, answers, visible)
    quoted = re.findall(
        r"\d+\.\d+|\d+", said(one, answers, visible=False).replace("float64", "").replace("complex128", "")
    )
    assert all(len(number) <= 2 for number in quoted), text
