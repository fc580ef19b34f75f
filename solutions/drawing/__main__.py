"""Draws all pictures anew."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from solutions.drawing import layers, networks, training


def main() -> None:
    for assignment, drawings in {**layers.PICTURES, **networks.PICTURES, **training.PICTURES}.items():
        folder = Path(__file__).parent.parent / assignment / "pictures"
        folder.mkdir(exist_ok=True)
        for draw in drawings:
            figure = draw()
            figure.savefig(folder / f"{draw.__name__}.png", transparent=True, metadata={"Software": None})
            plt.close(figure)


if __name__ == "__main__":
    main()
