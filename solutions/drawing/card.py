"""What all pictures share: the card that they stand on, their colours, a word, an arrow."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

INK = "#1f2933"
PALE = "#eef2f6"
LINE = "#8a97a6"
COLOURS = ("#d1495b", "#2e86ab", "#e09f3e", "#5b8c5a")


def card(width: float, height: float) -> tuple[plt.Figure, Axes]:
    """A white card; one unit is half an inch, the origin is at the top left."""
    figure = plt.figure(figsize=(width / 2, height / 2), dpi=90)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    axes.add_patch(
        FancyBboxPatch((0.1, 0.1), width - 0.2, height - 0.2, boxstyle="round,pad=0,rounding_size=0.3",
                       facecolor="white", edgecolor="#d5dbe1", linewidth=1)
    )  # fmt: skip
    return figure, axes


def text(axes: Axes, x: float, y: float, what: str, size: float = 13, colour: str = INK) -> None:
    axes.text(x, y, what, ha="center", va="center", fontsize=size, color=colour, zorder=4)


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = INK, width: float = 1.6
) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width})
