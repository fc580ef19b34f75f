"""Independent oracles for the reference solutions: numerical derivatives, and PyTorch where installed.

They share no formula with `solutions/`: they only ever call a *forward* function.
"""

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is an optional oracle"
)


def central_difference(
    forward: Callable[[np.ndarray], np.ndarray], x: np.ndarray, upstream: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """∂J/∂x for J = Σ upstream · forward(x), element by element.

    Parameters
    ----------
    forward : function of an array shaped like `x`
    x : float array
    upstream : array shaped like forward(x); ∂J/∂ of each output
    """
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[index] += h
        below[index] -= h
        gradient[index] = np.sum(upstream * (forward(above) - forward(below))) / (2 * h)
    return gradient
