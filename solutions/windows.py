"""Pooling forwards and backwards, window by window, right or wrong.

The last two axes are pooled, so that single maps and batches are alike; windows and steps are integers or
pairs. What `pooled` makes of a window's cells and what share `routed` hands to each of them are functions
of the cells (…, m, n) and the window's size, for a window may stick out of the map. The `hidden.py` of three
assignments build their misconceptions from these.
"""

import numpy as np


def pair(size):
    """One size for both axes, or two."""
    return size if isinstance(size, tuple) else (size, size)


def steps(size, window, step):
    """How many windows fit, rounded down."""
    return (size - window) // step + 1


def whole_windows(sizes, window, step):
    """The same along both axes: (Ho, Wo)."""
    return [steps(*one) for one in zip(sizes, window, step, strict=True)]


def pooled(a, window, step, reduce, outputs=whole_windows, first=0):
    """Pool with `reduce(cells, window)`, which turns the cells (…, m, n) of a window into numbers (…)."""
    (m, n), (s, t) = window, step = pair(window), pair(step)
    z = np.zeros((*a.shape[:-2], *outputs(a.shape[-2:], window, step)))
    for p, q in np.ndindex(z.shape[-2:]):
        u, v = p * s + first, q * t + first
        z[..., p, q] = reduce(a[..., u : u + m, v : v + n], window)
    return z


def routed(delta, a, window, step, share, combine=np.add, first=0):
    """Hand every residual to the cells of its window, in the shares that `share(cells, window)` says."""
    (m, n), (s, t) = window, step = pair(window), pair(step)
    dx = np.zeros(a.shape)
    for p, q in np.ndindex(delta.shape[-2:]):
        u, v = p * s + first, q * t + first
        at = (..., slice(u, u + m), slice(v, v + n))
        dx[at] = combine(dx[at], delta[..., p, q, None, None] * share(a[at], window))
    return dx


# ------------------------------------------------------------------------------- what is made of the cells


def largest(cells, window):
    return cells.max(axis=(-2, -1))


def mean(cells, window):
    return cells.sum(axis=(-2, -1)) / np.prod(cells.shape[-2:])


# ---------------------------------------------------------------------------- whose share of the residual


def first_maximum(cells, window):
    flat = cells.reshape(*cells.shape[:-2], -1)
    share = np.zeros(flat.shape)
    np.put_along_axis(share, flat.argmax(axis=-1)[..., None], 1.0, axis=-1)
    return share.reshape(cells.shape)


def first_minimum(cells, window):
    return first_maximum(-cells, window)


def every_maximum(cells, window):
    return cells == cells.max(axis=(-2, -1), keepdims=True)


def maxima_equally(cells, window):
    maxima = every_maximum(cells, window)
    return maxima / maxima.sum(axis=(-2, -1), keepdims=True)


def maximum_transposed(cells, window):
    return first_maximum(cells, window).swapaxes(-2, -1)


def greatest_magnitude(cells, window):
    return first_maximum(np.abs(cells), window)


def maximum_of_all_channels(cells, window):
    return cells == cells.max(axis=(1, 2, 3), keepdims=True)


def top_left(cells, window):
    share = np.zeros(cells.shape)
    share[..., :1, :1] = 1.0
    return share


def the_whole(cells, window):
    return 1.0


def equally(cells, window):
    return 1 / np.prod(window)


def within(share):
    """The shares of windows that lie beyond the map, too: none."""
    return lambda cells, window: share(cells, window) if cells.size else cells


# ---------------------------------------------------------------------- what becomes of overlapping shares


def replaced(old, new):
    return np.broadcast_to(new, old.shape)


def replaced_where_it_arrives(old, new):
    return np.where(new != 0, new, old)
