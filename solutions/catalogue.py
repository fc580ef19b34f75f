"""Helpers for the tests of several assignments: arrays, bases, memory layouts, lines of derivations.

Only the `hidden.py` and `alternatives.py` of the assignments import from here. Nothing here may know a single
exercise. What any course could use is in `autograder.authoring.transforms`; pooling is in `windows`.
"""

import re

import numpy as np

from autograder.authoring.exercise import Case
from autograder.authoring.transforms import afterwards, result
from autograder.cnn.comparators import Derivation
from autograder.cnn.derivations.checking.answers import Question, title
from autograder.cnn.derivations.layer import Layer

# ------------------------------------------------------------------------------------------------ arrays


def real(rng, *shape):
    """Normally distributed numbers."""
    return rng.normal(size=shape)


def whole(rng, *shape):
    """Small whole numbers as floats: all different, none zero, half of them negative."""
    size = int(np.prod(shape))
    signs = rng.permutation(np.resize([-1.0, 1.0], size))
    return (rng.permutation(np.arange(1.0, size + 1)) * signs).reshape(shape)


def integers(rng, *shape):
    """A non-zero integer array of random signs."""
    return rng.integers(1, 10, size=shape) * rng.choice([-1, 1], size=shape)


def odd(rng, *shape, low=-6, high=6):
    """Odd integers, 2·low + 1 to 2·high + 1, no neighbours equal: halves and quarters are never whole."""
    return 2 * np.resize(rng.permutation(np.arange(low, high + 1)), shape) + 1


def leaning(rng, *shape):
    """Numbers of both signs whose sum is far from zero, so that it does not cancel in single precision."""
    size = int(np.prod(shape))
    numbers = np.append(rng.uniform(-0.9, -0.1, size // 2), rng.uniform(1, 2, size - size // 2))
    return rng.permutation(numbers).reshape(shape)


def until(good, draw):
    """What `draw()` gives, drawn again until it is `good`."""
    while not good(drawn := draw()):
        pass
    return drawn


def uncancelled(function, draw):
    """Arguments `draw()` for which the greatest value of `function` is no small difference of large sums.

    What is tolerated is a share of that value, and rounding errors are a share of what is summed: of what
    the function gives for the magnitudes, as long as it adds and multiplies only.
    """

    def good(args):
        return abs(function(*args)).max() > 0.1 * abs(function(*map(magnitude, args))).max()

    return until(good, draw)


def magnitude(argument):
    if isinstance(argument, list):
        return [magnitude(part) for part in argument]
    return np.abs(argument) if isinstance(argument, np.ndarray) else argument


def different(rng, low, high, count=2):
    """`count` different whole numbers from low to high − 1."""
    return tuple(int(n) for n in low + rng.permutation(high - low)[:count])


def slopes(rng, *shape):
    """σ′ between 0.1 and 0.9."""
    return rng.uniform(0.1, 0.9, size=shape)


def relu_slopes(rng, *shape):
    """σ′ of ReLU as an integer array: zeros and ones, at least one of each."""
    size = int(np.prod(shape))
    return rng.permutation(np.arange(size) % 2).reshape(shape)


def units(*shape):
    """The basis of all arrays of this shape: each unit array once, along a new first axis."""
    size = int(np.prod(shape))
    return np.eye(size).reshape(size, *shape)


# The lecture's example in numbers: a 3×3 map, a 2×2 kernel, and the residual of their convolution.
LECTURE_A = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
LECTURE_W = np.array([[1.0, 2.0], [3.0, 4.0]])
LECTURE_DELTA = np.array([[1.0, 2.0], [3.0, -1.0]])
LECTURE_LAYER = {"input": (3, 3), "kernel": (2, 2)}

# --------------------------------------------------------------------------------------- changes of arrays


def padded(x, before, after=None, **how):
    """`x` with `before` more rows and columns at the top and left, and `after` (or as many) at the end."""
    width = (before, before if after is None else after)
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [width] * 2, **how)


def cropped(maps, size):
    """The first `size` = (rows, columns) of each map."""
    return maps[..., : size[0], : size[1]]


def only(kept):
    """A change of an array: everything except the part `kept` becomes 0."""

    def change(array):
        others = np.zeros_like(array)
        others[kept] = array[kept]
        return others

    return change


def spread_out(delta, step, end=1):
    """The residual with step − 1 zeros between its elements, and end − 1 after the last."""
    *front, Ho, Wo = delta.shape
    spread = np.zeros((*front, (Ho - 1) * step + end, (Wo - 1) * step + end))
    spread[..., ::step, ::step] = delta
    return spread


# --------------------------------------------------------------------- mistakes of several assignments


def added_into(name):
    """A transform: the result is accumulated in an array with the dtype of an argument."""

    def change(value, call):
        collected = np.zeros(value.shape, getattr(call, name).dtype)
        collected += value
        return collected

    return result(change)


def stops(where, error=ValueError):
    """A transform: right, but it stops with an exception where `where(arguments)`."""

    def change(value, call):
        if where(call):
            raise error("sizes that the code does not expect")
        return value

    return result(change)


def map_before(call):
    """The sizes (H, W) of the map before the layer."""
    return call.x.shape[2:] if hasattr(call, "x") else call.input_shape[2:]


def oblong(call):
    """Whether the map before the layer is not square."""
    H, W = map_before(call)
    return H != W


def moves(call):
    """How far the layer's window can move, down and across: that of a kernel, or of pooling."""
    window = call.w.shape[2:] if hasattr(call, "w") else getattr(call, "kernel_shape", None) or call.window
    return np.add(map_before(call), 2 * getattr(call, "padding", 0)) - window


def left_over(call):
    """The numbers of rows and columns beyond the last window."""
    return moves(call) % call.stride


remainder_refused = stops(lambda call: np.any(left_over(call)), AssertionError)
loops_over_input_positions = stops(lambda call: np.any(moves(call) + 1 > call.delta.shape[2:]), IndexError)

SIZES_REFUSED = {
    "remainder_refused": remainder_refused,
    "square_maps_only": stops(oblong),
    "axes_of_one_dropped": afterwards(np.squeeze),
}


def columns_as_rows(delta):
    """The residuals that a loop over Ho×Ho windows finds."""
    Ho, Wo = delta.shape[-2:]
    if Ho > Wo:
        raise IndexError(f"there are no {Ho} columns")
    return only(np.s_[..., :Ho])(delta)


without_last_windows = only(np.s_[..., :-1, :-1])
"""What loops find that end one row and one column too early."""


# ------------------------------------------------------------------------------------------- derivations


def each_line(exercise, layer, points):
    """Add a group for each line of an expanded derivation, named z11, delta12, w21, b.

    Parameters
    ----------
    layer : dict
        The sizes of the convolution: `Layer`'s arguments.
    points : dict
        The points of one line of "z", "delta", "w", "b".
    """
    of = tuple(points)
    for line in Question(Layer(**layer), of).lines():
        worth = next(points[letter] for letter in of if line.startswith(letter))
        named = title(line)
        case = Case((), accept=Derivation(**layer, of=of, line=line))
        short = re.sub(r"@.*|\W", "", line)
        told = {"zh": f"{named.in_language('zh')} 一行", "en": f"the line of {named.in_language('en')}"}
        exercise.group(short, points=worth, **told)(lambda rng, case=case: [case])


def lying(rng, *sizes):
    """The sizes as they are, or with rows and columns exchanged in all of them."""
    order = rng.choice([1, -1])
    return [size[::order] for size in sizes]


def formula_for(letter, input, kernel, stride=1, of=None):
    """A case: the general formula of `letter`, checked in one layer; `of` are all that the text answers."""
    accept = Derivation(input, kernel, of=of or (letter,), line=letter, general=True, stride=stride)
    return Case((), accept=accept)


# ------------------------------------------------------------------------------------------------- cases


def sized(exercise, args):
    """A function that adds a group of cases by their sizes; `args(rng, *size)` draws the arguments."""

    def group(name, points, *sizes, visible=True):
        def draw(rng):
            for size in sizes:
                yield args(rng, *size)

        return exercise.group(name, points=points, visible=visible)(draw)

    return group


def varied(exercise, args, **base):
    """A function that adds a group of cases, each told by its changes of one base case.

    `args(rng, **sizes)` draws the arguments. A group that is named after a feature changes little besides, so
    that a mistake costs the features that it concerns; groups in which everything changes come last.
    """

    def group(name, points, *changes, visible=True):
        def draw(rng):
            for change in changes:
                yield args(rng, **{**base, **change})

        return exercise.group(name, points=points, visible=visible)(draw)

    return group


def layouts(exercise, points, args, *more):
    """Add the group `layouts`: a call in each of three memory layouts, and those that `more` draw.

    `args(rng)` draws the arguments of a call. No result may share memory with an argument.
    """

    def draw(rng):
        for layout in ("fortran", "strided", "readonly"):
            yield Case(args(rng), layout=layout, fresh=True)
        for further in more:
            yield Case(further(rng), fresh=True)

    exercise.group("layouts", points=points, visible=False)(draw)
