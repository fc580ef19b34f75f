"""A course about something else than this project's: batch normalisation.

It names no domain: what the engine knows by itself is all that it needs. `test_other_course` grades it with
`autograder.cnn` unimportable. N and D differ and are more than 1, and γ and β are nowhere 0 or 1.
"""

import numpy as np

from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.transforms import given, instead, pretend, result

from .notebook import batch_norm, batch_norm_backward, running_mean


def features(rng, samples, count):
    """Samples whose features have means and deviations of their own."""
    return rng.normal(rng.uniform(-3, 3, count), rng.uniform(0.5, 2, count), (samples, count))


def factors(rng, count):
    """Some positive, some negative, none of them 0 or 1."""
    return rng.uniform(1.5, 3, count) * rng.permutation(np.resize([1, -1], count))


# ---------------------------------------------------------------------------------------------- batch_norm

forward = Exercise(batch_norm, points=20, lecture="1")


@forward.group("batches", points=12)
def batches(rng):
    for samples, count in ((4, 3), (7, 2), (2, 5)):
        yield features(rng, samples, count), factors(rng, count), factors(rng, count)


batches.example(
    (np.array([[1.0, 4.0], [3.0, 0.0]]), np.array([2.0, 3.0]), np.array([5.0, -1.0])),
    (np.array([[1.0, 2.0], [2.0, 2.0], [6.0, 8.0]]), np.array([2.0, -3.0]), np.array([-4.0, 2.0])),
)


@forward.group("eps", points=4)
def other_eps(rng):
    x = features(rng, 4, 3)
    yield x, factors(rng, 3), factors(rng, 3), 0.5
    x[:, 1] = 2.0
    yield x, factors(rng, 3), factors(rng, 3), 0.01


@forward.group("arrays", points=4, visible=False)
def arrays(rng):
    x = rng.permutation(12).reshape(4, 3)
    yield Case((x, factors(rng, 3), factors(rng, 3)), fresh=True)
    yield Case((features(rng, 4, 3), factors(rng, 3), factors(rng, 3)), layout="readonly", fresh=True)


def over_features(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps) + beta


def divided_by_the_variance(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + eps) + beta


def divided_by_one_less(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta


forward.add_misconceptions(
    over_features=instead(over_features),
    divided_by_the_variance=instead(divided_by_the_variance),
    divided_by_one_less=instead(divided_by_one_less),
    not_shifted=result(lambda y, c: y - c.beta),
    own_eps=pretend("eps", 1e-5),
)

# ------------------------------------------------------------------------------------- batch_norm_backward

backward = Exercise(batch_norm_backward, points=30, lecture="2")


@backward.group("batches", points=24)
def residuals(rng):
    for samples, count in ((4, 3), (7, 2), (3, 5)):
        yield rng.normal(size=(samples, count)), features(rng, samples, count), factors(rng, count)


@backward.group("eps", points=6, visible=False)
def residuals_with_eps(rng):
    yield rng.normal(size=(4, 3)), features(rng, 4, 3), factors(rng, 3), 0.5


def statistics_constant(delta, x, gamma, eps=1e-5):
    _, by_gamma, by_beta = batch_norm_backward(delta, x, gamma, eps)
    return delta * gamma / np.sqrt(x.var(axis=0) + eps), by_gamma, by_beta


def variance_constant(delta, x, gamma, eps=1e-5):
    _, by_gamma, by_beta = batch_norm_backward(delta, x, gamma, eps)
    return (delta - delta.mean(axis=0)) * gamma / np.sqrt(x.var(axis=0) + eps), by_gamma, by_beta


def means_for_sums(delta, x, gamma, eps=1e-5):
    by_x, by_gamma, by_beta = batch_norm_backward(delta, x, gamma, eps)
    return by_x, by_gamma / len(x), by_beta / len(x)


backward.add_misconceptions(
    statistics_constant=instead(statistics_constant),
    variance_constant=instead(variance_constant),
    means_for_sums=instead(means_for_sums),
)

# -------------------------------------------------------------------------------------------- running_mean

average = Exercise(running_mean, points=10, lecture="3")


@average.group("training", points=6)
def in_training(rng):
    yield rng.normal(size=3), features(rng, 4, 3)
    yield rng.normal(size=2), features(rng, 5, 2), 0.75


@average.group("not_training", points=4)
def not_in_training(rng):
    yield Case((rng.normal(size=3), features(rng, 4, 3), 0.9, False), fresh=True)


average.add_misconceptions(
    always_in_training=pretend("training", True),
    weights_exchanged=given(momentum=lambda c: 1 - c.momentum),
)
