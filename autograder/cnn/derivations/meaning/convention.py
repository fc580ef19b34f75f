"""What a text's letters and indices mean: the record that `evaluate` reads a formula by.

`documents.conventions` finds it for a text; without one the lecture's holds.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Convention:
    """How a text writes.

    Parameters
    ----------
    letters : tuple of (the text's letter, the lecture's)
        Those that are not the lecture's own.
    base : {1, 0}
        Where indices begin.
    flipped : bool
        w is the kernel rotated by 180°: the layer's forward pass is a true convolution.
    spread : bool
        z and δ of this layer are numbered in the full map, kernel − 1 rows and columns of zeros around them.
    star : {"correlation", "convolution"}
        What a star between two maps is.
    map_last : bool
        The number of the map stands behind row and column.
    channel_first : bool
        The channel stands before the kernel in w; in a dense layer, the input before the output.
    rows : bool
        A dense layer's vectors are rows, as in z = a·w + b.
    weights_before : bool
        w and b have the number of the layer before.
    bias : bool
        Whether there is one.
    sigmoid : bool
        The activation is the sigmoid: σ′(z) = σ(z)(1 − σ(z)).
    slope : bool
        Whether there is an activation; without one σ′ is 1.
    copies : bool
        upsample copies a residual to its whole window; else it hands it out as ∂z/∂a says.
    mean : bool
        J is the mean over the samples, and each δ that of its own.
    arrays : bool
        A letter without indices is a whole map, vector or matrix.
    """

    letters: tuple[tuple[str, str], ...] = ()
    base: int = 1
    flipped: bool = False
    spread: bool = False
    star: Literal["correlation", "convolution"] = "correlation"
    map_last: bool = False
    channel_first: bool = False
    rows: bool = False
    weights_before: bool = False
    bias: bool = True
    sigmoid: bool = False
    slope: bool = True
    copies: bool = True
    mean: bool = False
    arrays: bool = False


LECTURE = Convention()
