"""Pooling forwards and backwards by loops over windows, for the misconceptions of three assignments.

The last two axes (…, H, W) are pooled; windows and steps are integers or pairs. How `pooled` reduces the
cells (…, m, n) of a window and which share of the residual `routed` gives to each cell are functions of these
cells and the window's size, because a window may extend beyond the map.
"""

import numpy as np


def pair(size):
    """(rows, columns) of a size that may be a single number."""
    return size if isinstance(size, tuple) else (size, size)


def steps(size, window, step):
    """How many windows fit, rounded down."""
    return (size - window) // step + 1


def whole_windows(sizes, window, step):
    """How many windows fit along both axes, (Ho, Wo)."""
    return [steps(*one) for one in zip(sizes, window, step, strict=True)]


def pooled(a, window, step, reduce, outputs=whole_windows, first=0):
    """Pool with `reduce(cells, window)`, from the cells (…, m, n) of a window to numbers (…)."""
    (m, n), (s, t) = window, step = pair(window), pair(step)
    z = np.zeros((*a.shape[:-2], *outputs(a.shape[-2:], window, step)))
    for p, q in np.ndindex(z.shape[-2:]):
        u, v = p * s + first, q * t + first
        z[..., p, q] = reduce(a[..., u : u + m, v : v + n], window)
    return z


def routed(delta, a, window, step, share, combine=np.add, first=0):
    """Distribute every residual over the cells of its window in the shares `share(cells, window)`."""
    (m, n), (s, t) = window, step = pair(window), pair(step)
    dx = np.zeros(a.shape)
    for p, q in np.ndindex(delta.shape[-2:]):
        u, v = p * s + first, q * t + first
        at = (..., slice(u, u + m), slice(v, v + n))
        dx[at] = combine(dx[at], delta[..., p, q, None, None] * share(a[at], window))
    return dx


# ------------------------------------------------------------------------------- reductions of a window


def largest(cells, window):
    return cells.max(axis=(-2, -1))


def mean(cells, window):
    return cells.sum(axis=(-2, -1)) / np.prod(cells.shape[-2:])


# ------------------------------------------------------------------------------- shares of the residual


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
    """The shares, also for windows that lie completely beyond the map: none."""
    return lambda cells, window: share(cells, window) if cells.size else cells


# ------------------------------------------------------------------------- how overlapping shares combine


def replaced(old, new):
    return np.broadcast_to(new, old.shape)


def replaced_where_it_arrives(old, new):
    return np.where(new != 0, new, old)
