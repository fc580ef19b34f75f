"""Pictures of training: one step of gradient descent, and a whole net, forward and backward."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from solutions.drawing import card as shared
from solutions.drawing.card import LINE, PALE, card, text

FORWARD, BACKWARD = "#2e86ab", "#d1495b"
TINT = "#fbe3e6"

arrow = partial(shared.arrow, width=1.8)


def path(axes: Axes, points: Sequence[tuple[float, float]], colour: str) -> None:
    """Lines from point to point, with an arrow's head at the last."""
    x, y = zip(*points[:-1], strict=True)
    axes.plot(x, y, color=colour, linewidth=1.8, solid_capstyle="butt")
    arrow(axes, points[-2], points[-1], colour)


def cells(
    axes: Axes,
    left: float,
    top: float,
    values: Sequence[Sequence[object]],
    fill: str = PALE,
    size: float = 11,
) -> None:
    """A map: a square a cell, with its value in it; `fill` is the colour of cells that are not 0."""
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            shade = "white" if value == 0 else fill
            axes.add_patch(Rectangle((left + column, top + row), 1, 1, facecolor=shade, edgecolor=LINE))
            text(axes, left + column + 0.5, top + row + 0.5, str(value).replace("-", "−"), size)


def shaded(axes: Axes, left: float, top: float, side: float, values: np.ndarray) -> None:
    """A map as grey values."""
    rows, columns = values.shape
    low, high = values.min(), values.max()
    for row in range(rows):
        for column in range(columns):
            grey = str((values[row, column] - low) / (high - low))
            axes.add_patch(
                Rectangle(
                    (left + column * side / columns, top + row * side / rows),
                    side / columns,
                    side / rows,
                    facecolor=grey,
                    edgecolor=grey,
                    linewidth=0.3,
                )
            )
    axes.add_patch(Rectangle((left, top), side, side, fill=False, edgecolor=LINE))


def descent() -> plt.Figure:
    """Compute, compare, pass back, change: one step of learning Sobel's kernel from a picture of a 3."""
    with np.load(Path(__file__).parent.parent / "training" / "data" / "digits.npz") as digits:
        image = digits["images"][3].astype(float)
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    target = np.einsum("pq,uvpq->uv", sobel, np.lib.stride_tricks.sliding_window_view(image, (3, 3)))

    figure, axes = card(21.5, 8.6)
    text(axes, 2.6, 0.8, "$a$", 15)
    shaded(axes, 0.9, 1.4, 3.4, image)
    text(axes, 5.1, 3.1, "$*$", 18)
    text(axes, 7.4, 0.8, "$w$", 15, BACKWARD)
    cells(axes, 5.9, 1.6, [["?"] * 3] * 3, TINT, 13)
    text(axes, 9.7, 3.1, "$+\\;b$", 15)
    arrow(axes, (10.4, 3.1), (11.7, 3.1), FORWARD)
    text(axes, 13.6, 0.8, "$z$", 15)
    shaded(axes, 12.1, 1.6, 3.0, target + np.random.default_rng(1).normal(scale=14, size=target.shape))
    text(axes, 16.2, 3.1, "$-$", 18)
    text(axes, 18.7, 0.8, "$t$", 15)
    shaded(axes, 17.2, 1.6, 3.0, target)

    path(axes, [(16.2, 4.9), (16.2, 6.8), (13.9, 6.8)], BACKWARD)
    text(axes, 11.9, 6.8, r"$\delta=\frac{2}{n}\,(z-t)$", 15, BACKWARD)
    arrow(axes, (9.9, 6.8), (8.9, 6.8), BACKWARD)
    text(axes, 7.4, 6.4, r"$\frac{\partial J}{\partial w},\;\frac{\partial J}{\partial b}$", 17, BACKWARD)
    path(axes, [(2.6, 4.9), (2.6, 6.8), (5.8, 6.8)], LINE)
    arrow(axes, (7.4, 5.8), (7.4, 4.7), BACKWARD)
    text(axes, 8.2, 5.25, r"$-\,\eta$", 14, BACKWARD)
    text(axes, 7.4, 7.7, r"$(\delta * a,\;\;\sum\delta)$", 12, BACKWARD)
    return figure


def network() -> plt.Figure:
    """The small example of `cnn_gradients`: forward above, backward below."""
    figure, axes = card(25.5, 9.6)
    x = [[1, 0, 2], [3, 1, 0], [0, 2, 1]]
    for number, label in enumerate(("$x$", "$z_1$", "$a_1$", "$p_1=f$", "$s$", "$p$")):
        text(axes, (2.3, 7.6, 12.1, 16.1, 19.6, 23.1)[number], 0.8, label, 14, FORWARD)
    cells(axes, 0.8, 1.4, x)
    cells(axes, 6.6, 1.9, [[2, -2], [4, 2]])
    cells(axes, 11.1, 1.9, [[2, 0], [4, 2]])
    cells(axes, 15.6, 2.4, [[4]])
    cells(axes, 19.1, 1.9, [[0], [0]], "white")
    cells(axes, 22.6, 1.9, [["½"], ["½"]])
    for start, end, label in (
        (4.1, 6.3, "$*\\,w_1$"),
        (8.9, 10.8, "ReLU"),
        (13.4, 15.3, "max"),
        (16.9, 18.8, "$w_2,\\,b_2$"),
        (20.4, 22.3, "softmax"),
    ):
        arrow(axes, (start, 2.9), (end, 2.9), FORWARD)
        text(axes, (start + end) / 2, 2.3, label, 10)

    cells(axes, 22.6, 5.9, [["−½"], ["½"]], TINT)
    text(axes, 23.1, 8.5, r"$\delta_2$", 14, BACKWARD)
    cells(axes, 15.6, 6.4, [[-1]], TINT)
    text(axes, 16.1, 8.5, r"$\partial J/\partial p_1$", 14, BACKWARD)
    cells(axes, 11.1, 5.9, [[0, 0], [-1, 0]], TINT)
    text(axes, 12.1, 8.5, r"$\partial J/\partial a_1$", 14, BACKWARD)
    cells(axes, 6.6, 5.9, [[0, 0], [-1, 0]], TINT)
    text(axes, 7.6, 8.5, r"$\delta_1$", 14, BACKWARD)
    cells(axes, 1.3, 5.9, [[-3, -1], [0, -2]], TINT)
    text(axes, 2.3, 8.5, r"$\partial J/\partial w_1$", 14, BACKWARD)
    for start, end, label in (
        (22.3, 16.9, "$w_2^T$"),
        (15.3, 13.4, "max"),
        (10.8, 8.9, r"$\sigma'(z_1)$"),
        (6.3, 3.6, "$*\\,x$"),
    ):
        arrow(axes, (start, 6.9), (end, 6.9), BACKWARD)
        text(axes, (start + end) / 2, 6.3, label, 10)
    arrow(axes, (23.1, 4.2), (23.1, 5.6), BACKWARD)
    for left, top in ((11.1, 2.9), (11.1, 6.9), (6.6, 2.9), (6.6, 6.9)):
        axes.add_patch(Rectangle((left, top), 1, 1, fill=False, edgecolor=BACKWARD, linewidth=2.6, zorder=5))
    return figure


PICTURES = {"training": (descent, network)}
