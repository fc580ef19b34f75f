"""Pictures of nets. Their figures come from `autograder.cnn.models`."""

import matplotlib.pyplot as plt
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from autograder.cnn.models import networks as nets
from solutions.drawing.card import COLOURS, INK, LINE, PALE, arrow, card, text


def box(axes: Axes, x: float, y: float, width: float, height: float, colour: str = PALE) -> None:
    """A box around a centre."""
    axes.add_patch(
        Rectangle((x - width / 2, y - height / 2), width, height, facecolor=colour, edgecolor=LINE, zorder=3)
    )


def inception() -> plt.Figure:
    """The residual of an Inception module: split by channels, back through the branches, added up."""
    figure, axes = card(20, 9)
    heights, top = (2.4, 3.0, 1.2, 0.9), 0.75
    text(axes, 1.2, 4.5, r"$\delta$", 18)
    for branch, (height, colour) in enumerate(zip(heights, COLOURS, strict=True)):
        middle, lane = top + height / 2, 1.5 + 2 * branch
        axes.add_patch(
            Rectangle((2, top), 1.1, height, facecolor=colour, alpha=0.25, edgecolor=LINE, zorder=2)
        )
        text(axes, 2.55, middle, f"$K_{branch + 1}$", 12)
        arrow(axes, (3.3, middle), (5.4, lane), colour)
        box(axes, 6.2, lane, 1.4, 1.1)
        text(axes, 6.2, lane, rf"$\delta_{branch + 1}$", 14, colour)
        arrow(axes, (7.1, lane), (9.2, lane), colour)
        box(axes, 10.2, lane, 1.8, 1.1, "white")
        text(axes, 10.2, lane, f"$B_{branch + 1}$", 14, colour)
        arrow(axes, (11.2, lane), (15.1, 4.5 + 0.28 * (branch - 1.5)), colour)
        top += height
    axes.add_patch(plt.Circle((15.7, 4.5), 0.55, facecolor="white", edgecolor=INK, linewidth=1.6, zorder=3))
    text(axes, 15.7, 4.5, "$+$", 18)
    arrow(axes, (16.4, 4.5), (17.6, 4.5))
    text(axes, 18.6, 4.5, r"$\frac{\partial J}{\partial x}$", 20)
    return figure


def networks() -> plt.Figure:
    """Parameters (10⁶) against multiply-adds (10⁹) of all nets, as the papers have them."""
    figure, frame = card(18, 12)
    frame.set_zorder(-1)
    axes = figure.add_axes((0.09, 0.1, 0.86, 0.85))
    axes.set_xscale("log")
    axes.set_yscale("log")
    found = [one for one in nets.networks("paper") if not one.heads]
    points = [(one.total.parameters / 1e6, one.total.macs / 1e9) for one in found]
    resnets = [point for one, point in zip(found, points, strict=True) if one.name.startswith("ResNet")]
    axes.plot(*zip(*resnets, strict=True), color=LINE, linewidth=1, zorder=1)
    for one, (x, y) in zip(found, points, strict=True):
        family = ("AlexNet", "GoogLeNet", "ResNet").index(one.name.partition("-")[0])
        axes.scatter(x, y, s=90, color=COLOURS[family], zorder=3)
        left = one.name in ("AlexNet", "ResNet-34")
        axes.annotate(
            one.name,
            (x, y),
            (-9 if left else 9, -4),
            textcoords="offset points",
            ha="right" if left else "left",
            fontsize=12,
            color=INK,
        )
    axes.set_xlim(5, 110)
    axes.set_ylim(0.5, 16)
    for axis, ticks in ((axes.xaxis, (5, 10, 20, 50, 100)), (axes.yaxis, (0.5, 1, 2, 5, 10))):
        axis.set_major_locator(ticker.FixedLocator(ticks))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(ticker.NullLocator())
    axes.set_xlabel(r"$\times\,10^6$", color=INK, fontsize=12)
    axes.set_ylabel(r"$\times\,10^9$", color=INK, fontsize=12)
    axes.grid(color="#e4e9ee")
    axes.tick_params(colors=INK, labelsize=11)
    for spine in axes.spines.values():
        spine.set_color(LINE)
    return figure


PICTURES = {"models": (inception, networks)}
