"""A right answer unlike the reference."""

import numpy as np


def step_by_step(delta, x, gamma, eps=1e-5):
    """Back through the mean and the variance, one after the other."""
    count, shifted = len(x), x - x.mean(axis=0)
    deviation = np.sqrt((shifted**2).mean(axis=0) + eps)
    by_normal = delta * gamma
    by_variance = -(by_normal * shifted).sum(axis=0) / (2 * deviation**3)
    by_shifted = by_normal / deviation + 2 * shifted * by_variance / count
    return by_shifted - by_shifted.mean(axis=0), (delta * shifted / deviation).sum(axis=0), delta.sum(axis=0)


ALTERNATIVES = {"batch_norm_backward": [step_by_step]}
