"""Pictures of layers and of their residuals: who is connected to whom, and what goes where."""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from solutions.drawing.card import COLOURS, LINE, PALE, arrow, card, text

ACCENT = "#d1495b"
NINE = ("#d1495b", "#2e86ab", "#e09f3e", "#5b8c5a", "#8e5ea2", "#c77d4f", "#3aa6a0", "#b5838d", "#6d7b8d")


def grid(
    axes: Axes,
    left: float,
    top: float,
    labels: Sequence[Sequence[str]],
    fill: Callable[[int, int], str] = lambda row, column: PALE,
    size: float = 12,
) -> None:
    """A map: a square a cell, with a label in each."""
    for row, line in enumerate(labels):
        for column, label in enumerate(line):
            axes.add_patch(
                Rectangle((left + column, top + row), 1, 1, facecolor=fill(row, column), edgecolor=LINE)
            )
            text(axes, left + column + 0.5, top + row + 0.5, label, size)


def frame(axes: Axes, left: float, top: float, height: int, width: int, colour: str = ACCENT) -> None:
    """A window over a map."""
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=colour, linewidth=3, zorder=5))


def symbols(letter: str, rows: int, columns: int) -> list[list[str]]:
    """$a_{11}$ … as in the lecture."""
    return [[f"${letter}_{{{r}{c}}}$" for c in range(1, columns + 1)] for r in range(1, rows + 1)]


# ------------------------------------------------------------------------------------- convolution


def connections() -> plt.Figure:
    """Full (36), local (16) and shared (16, four weights) connections of 3×3 to 2×2."""
    figure, axes = card(24, 11)
    for panel, title in enumerate(("36 / 36", "16 / 16", "16 / 4")):
        left = 1.2 + 7.8 * panel
        text(axes, left + 2.6, 0.9, title, 15)
        for output in range(4):
            for source in range(9):
                row, column = divmod(source, 3)
                u, v = divmod(output, 2)
                inside = 0 <= row - u < 2 and 0 <= column - v < 2
                if panel and not inside:
                    continue
                weight = 2 * (row - u) + column - v
                colour = COLOURS[weight] if panel == 2 else LINE
                axes.plot(
                    [left + 0.5, left + 4.8], [2 + source, 3 + 2.3 * output], color=colour, linewidth=1.5
                )
        for source in range(9):
            row, column = divmod(source, 3)
            axes.add_patch(
                plt.Circle((left + 0.5, 2 + source), 0.42, facecolor=PALE, edgecolor=LINE, zorder=3)
            )
            text(axes, left + 0.5, 2 + source, f"$a_{{{row + 1}{column + 1}}}$", 10)
        for output in range(4):
            u, v = divmod(output, 2)
            at = (left + 4.8, 3 + 2.3 * output)
            axes.add_patch(plt.Circle(at, 0.5, facecolor=PALE, edgecolor=LINE, zorder=3))
            text(axes, *at, f"$z_{{{u + 1}{v + 1}}}$", 11)
    for weight, label in enumerate(("$w_{11}$", "$w_{12}$", "$w_{21}$", "$w_{22}$")):
        text(axes, 23.0, 3.2 + 1.6 * weight, label, 13, COLOURS[weight])
    return figure


def window() -> plt.Figure:
    """The kernel over the map, position by position."""
    figure, axes = card(23, 5)
    for output in range(4):
        u, v = divmod(output, 2)
        left = 0.8 + 4.2 * output
        grid(axes, left, 1, symbols("a", 3, 3),
             lambda r, c, u=u, v=v: "#fbe3e6" if u <= r < u + 2 and v <= c < v + 2 else PALE)  # fmt: skip
        frame(axes, left + v, 1 + u, 2, 2, COLOURS[output])
    arrow(axes, (17.6, 2.5), (18.7, 2.5))
    grid(axes, 19.2, 1.5, symbols("z", 2, 2), lambda r, c: "white")
    for output in range(4):
        u, v = divmod(output, 2)
        axes.add_patch(
            Rectangle((19.25 + v, 1.55 + u), 0.9, 0.9, fill=False, edgecolor=COLOURS[output], linewidth=2.5)
        )
    return figure


# ------------------------------------------------------------------------------------------ pooling

IMAGE = np.array([[1, 3, 2, 0], [5, 2, 1, 4], [0, 1, 7, 2], [2, 6, 3, 1]])
DELTA = np.array([[1, 2], [3, 4]])


def _window_colour(row: int, column: int) -> str:
    tints = ("#fbe3e6", "#ddeef5", "#faf0dd", "#e4efe4")
    return tints[2 * (row // 2) + column // 2]


def numbers(values: np.ndarray) -> list[list[str]]:
    return [[f"{value:g}" if value else "0" for value in row] for row in values.tolist()]


def maximum() -> plt.Figure:
    """Forward: each window's maximum. Backward: its residual goes to the place that the maximum came from."""
    figure, axes = card(22, 6)
    largest = IMAGE.reshape(2, 2, 2, 2).max(axis=(1, 3))
    is_largest = np.repeat(np.repeat(largest, 2, 0), 2, 1) == IMAGE
    grid(axes, 0.8, 1, numbers(IMAGE), _window_colour)
    arrow(axes, (5.2, 3), (6.6, 3))
    text(axes, 5.9, 2.5, "max", 11)
    grid(axes, 7, 2, numbers(largest), lambda r, c: _window_colour(2 * r, 2 * c))
    text(axes, 10.6, 3, "$\\delta^{(l)}=$", 14)
    grid(axes, 11.8, 2, numbers(DELTA), lambda r, c: _window_colour(2 * r, 2 * c))
    arrow(axes, (14.2, 3), (15.6, 3))
    spread = np.repeat(np.repeat(DELTA, 2, 0), 2, 1) * is_largest
    grid(axes, 16.2, 1, numbers(spread), _window_colour)
    for row, column in np.argwhere(is_largest):
        frame(axes, 0.8 + column, 1 + row, 1, 1)
        frame(axes, 16.2 + column, 1 + row, 1, 1)
    return figure


def average() -> plt.Figure:
    """Backward: each residual is shared out evenly over its window."""
    figure, axes = card(12.5, 6)
    text(axes, 1.4, 3, "$\\delta^{(l)}=$", 14)
    grid(axes, 2.6, 2, numbers(DELTA), lambda r, c: _window_colour(2 * r, 2 * c))
    arrow(axes, (5, 3), (6.6, 3))
    text(axes, 5.8, 2.4, r"$\times\,\frac{1}{2\cdot 2}$", 12)
    labels = [[f"$\\frac{{{DELTA[r // 2, c // 2]}}}{{4}}$" for c in range(4)] for r in range(4)]
    grid(axes, 7.2, 1, labels, _window_colour, 14)
    return figure


# ------------------------------------------------------------------------------------ conv_residual


def terms() -> plt.Figure:
    """z₁₁ … z₂₂ with the terms of each a in a colour of its own; those of a₁₂ in frames."""
    figure, axes = card(22, 6.4)
    for output in range(4):
        u, v = divmod(output, 2)
        y = 1.2 + 1.3 * output
        text(axes, 1.6, y, f"$z_{{{u + 1}{v + 1}}}^{{(l)}} =$", 15)
        for term in range(4):
            m, n = divmod(term, 2)
            row, column = u + m, v + n
            x = 4.4 + 4.3 * term
            what = f"$a_{{{row + 1}{column + 1}}}^{{(l-1)}}\\, w_{{{m + 1}{n + 1}}}^{{(l)}}$"
            text(axes, x, y, what, 15, NINE[3 * row + column])
            if (row, column) == (0, 1):
                frame(axes, x - 1.7, y - 0.55, 1.1, 3.4, NINE[1])
            text(axes, x + 2.15, y, "$+$", 13)
        text(axes, 20.9, y, "$b^{(l)}$", 15)
    return figure


def padded_residual() -> plt.Figure:
    """The rotated kernel over the padded residual: three of nine positions."""
    figure, axes = card(24, 6)
    delta = [["0"] * 4, ["0", "$\\delta_{11}$", "$\\delta_{12}$", "0"],
             ["0", "$\\delta_{21}$", "$\\delta_{22}$", "0"], ["0"] * 4]  # fmt: skip
    rotated = (("$w_{22}$", "$w_{21}$"), ("$w_{12}$", "$w_{11}$"))
    for panel, (u, v) in enumerate(((0, 0), (0, 1), (1, 1))):
        left = 0.8 + 5.4 * panel

        def label(r: int, c: int, u: int = u, v: int = v) -> str:
            return rotated[r - u][c - v] if u <= r < u + 2 and v <= c < v + 2 else ""

        grid(axes, left, 1, delta, lambda r, c: "#dfe8f1" if 1 <= r <= 2 and 1 <= c <= 2 else "white")
        for r in range(4):
            for c in range(4):
                axes.text(left + c + 0.95, 1 + r + 0.93, label(r, c), ha="right", va="bottom",
                          fontsize=8, color=COLOURS[panel])  # fmt: skip
        frame(axes, left + v, 1 + u, 2, 2, COLOURS[panel])
    arrow(axes, (17, 3), (18.4, 3))
    grid(axes, 19, 1.5, symbols("\\delta", 3, 3), lambda r, c: PALE)
    for panel, (u, v) in enumerate(((0, 0), (0, 1), (1, 1))):
        frame(axes, 19.05 + v, 1.55 + u, 1, 1, COLOURS[panel])
    text(axes, 20.5, 5.1, "$(l-1)$", 12)
    return figure


def stride_zeros() -> plt.Figure:
    """Stride 2: a zero between neighbours, then zeros around."""
    figure, axes = card(17, 6)
    grid(axes, 0.8, 2, symbols("\\delta", 2, 2), lambda r, c: "#dfe8f1")
    arrow(axes, (3.2, 3), (4.5, 3))
    between = [
        ["$\\delta_{11}$", "0", "$\\delta_{12}$"],
        ["0", "0", "0"],
        ["$\\delta_{21}$", "0", "$\\delta_{22}$"],
    ]
    grid(axes, 5, 1.5, between, lambda r, c: "#dfe8f1" if r != 1 and c != 1 else "white")
    arrow(axes, (8.4, 3), (9.7, 3))
    around = [["0"] * 5, *(["0", *line, "0"] for line in between), ["0"] * 5]
    grid(axes, 10.6, 0.5, around, lambda r, c: "#dfe8f1" if r in (1, 3) and c in (1, 3) else "white")
    return figure


# --------------------------------------------------------------------------------- kernel_gradients


def residual_over_input() -> plt.Figure:
    """∂J/∂w: the residual slides over the input; each position gives one weight's gradient."""
    figure, axes = card(24, 5)
    for weight in range(4):
        m, n = divmod(weight, 2)
        left = 0.8 + 4.2 * weight
        inside = lambda r, c, m=m, n=n: m <= r < m + 2 and n <= c < n + 2  # noqa: E731
        grid(
            axes, left, 1, symbols("a", 3, 3), lambda r, c, inside=inside: "#e6eff6" if inside(r, c) else PALE
        )
        for r in range(3):
            for c in range(3):
                if inside(r, c):
                    label = f"$\\delta_{{{r - m + 1}{c - n + 1}}}$"
                    axes.text(left + c + 0.95, 1 + r + 0.95, label, ha="right", va="bottom",
                              fontsize=8, color=COLOURS[weight])  # fmt: skip
        frame(axes, left + n, 1 + m, 2, 2, COLOURS[weight])
    arrow(axes, (17.6, 2.5), (18.7, 2.5))
    labels = [[f"$\\frac{{\\partial J}}{{\\partial w_{{{m}{n}}}}}$" for n in (1, 2)] for m in (1, 2)]
    for weight in range(4):
        m, n = divmod(weight, 2)
        axes.add_patch(
            Rectangle(
                (19.2 + 2 * n, 0.5 + 2 * m), 2, 2, facecolor="white", edgecolor=COLOURS[weight], linewidth=2.5
            )
        )
        text(axes, 20.2 + 2 * n, 1.5 + 2 * m, labels[m][n], 17)
    return figure


PICTURES = {
    "convolution": (connections, window),
    "pooling": (maximum, average),
    "conv_residual": (terms, padded_residual, stride_zeros),
    "kernel_gradients": (residual_over_input,),
}
