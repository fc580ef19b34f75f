"""A course about something else than this project's: batch normalisation.

It names no domain: what the engine knows by itself is all that it needs. `test_other_course` grades it with
`autograder.cnn` unimportable. N and D differ and are more than 1, and γ and β are nowhere 0 or 1.
"""

import numpy as np

from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.transforms import pretend, result

from .notebook import batch_norm, batch_norm_backward, running_mean


def features(rng, samples, count):
    """Samples whose features have means and deviations of their own."""
    return rng.normal(rng.uniform(-3, 3, count), rng.uniform(0.5, 2, count), (samples, count))


def factors(rng, count):
    """Some positive, some negative, none of them 0 or 1."""
    return rng.uniform(1.5, 3, count) * rng.permutation(np.resize([1, -1], count))


# ---------------------------------------------------------------------------------------------- batch_norm

forward = Exercise(batch_norm, points=20, lecture="1")


@forward.group("batches", points=12, zh="一批样本", en="a batch of samples")
def batches(rng):
    for samples, count in ((4, 3), (7, 2), (2, 5)):
        yield features(rng, samples, count), factors(rng, count), factors(rng, count)


@batches.example
def by_hand():
    yield np.array([[1.0, 4.0], [3.0, 0.0]]), np.array([2.0, 3.0]), np.array([5.0, -1.0])
    yield np.array([[1.0, 2.0], [2.0, 2.0], [6.0, 8.0]]), np.array([2.0, -3.0]), np.array([-4.0, 2.0])


@forward.group("eps", points=4, zh="不同的 ε，方差可以是 0", en="other ε, variances of 0")
def other_eps(rng):
    x = features(rng, 4, 3)
    yield x, factors(rng, 3), factors(rng, 3), 0.5
    x[:, 1] = 2.0
    yield x, factors(rng, 3), factors(rng, 3), 0.01


@forward.group("arrays", points=4, zh="整数和只读数组", en="integer and read-only arrays", visible=False)
def arrays(rng):
    x = rng.permutation(12).reshape(4, 3)
    yield Case((x, factors(rng, 3), factors(rng, 3)), fresh=True)
    yield Case((features(rng, 4, 3), factors(rng, 3), factors(rng, 3)), layout="readonly", fresh=True)


@forward.misconception(
    zh="对每个样本的特征求了平均：应当对一批样本", en="means were taken over a sample's features"
)
def over_features(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps) + beta


@forward.misconception(zh="除以了方差，而不是标准差", en="it was divided by the variance, not by its root")
def divided_by_the_variance(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + eps) + beta


@forward.misconception(zh="方差除以了 N-1", en="the variance was divided by N - 1")
def divided_by_one_less(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta


forward.mistake("not_shifted", result(lambda y, c: y - c.beta), zh="没有加 β", en="β was not added")
forward.mistake("own_eps", pretend("eps", 1e-5), zh="没有用到参数 ε", en="the argument ε was not used")

# ------------------------------------------------------------------------------------- batch_norm_backward

backward = Exercise(batch_norm_backward, points=30, lecture="2")


@backward.group("batches", points=24, zh="一批样本", en="a batch of samples")
def residuals(rng):
    for samples, count in ((4, 3), (7, 2), (3, 5)):
        yield rng.normal(size=(samples, count)), features(rng, samples, count), factors(rng, count)


@backward.group("eps", points=6, zh="不同的 ε", en="other ε", visible=False)
def residuals_with_eps(rng):
    yield rng.normal(size=(4, 3)), features(rng, 4, 3), factors(rng, 3), 0.5


@backward.misconception(
    zh="把均值和方差当作常数：它们也依赖于 x",
    en="mean and variance were taken for constants; they depend on x",
)
def statistics_constant(delta, x, gamma, eps=1e-5):
    _, by_gamma, by_beta = batch_norm_backward(delta, x, gamma, eps)
    return delta * gamma / np.sqrt(x.var(axis=0) + eps), by_gamma, by_beta


@backward.misconception(
    zh="把方差当作常数：它也依赖于 x", en="the variance was taken for a constant; it depends on x"
)
def variance_constant(delta, x, gamma, eps=1e-5):
    _, by_gamma, by_beta = batch_norm_backward(delta, x, gamma, eps)
    return (delta - delta.mean(axis=0)) * gamma / np.sqrt(x.var(axis=0) + eps), by_gamma, by_beta


@backward.misconception(
    zh="γ、β 的梯度取了平均：应当求和", en="the gradients by γ and β are means; they are sums"
)
def means_for_sums(delta, x, gamma, eps=1e-5):
    by_x, by_gamma, by_beta = batch_norm_backward(delta, x, gamma, eps)
    return by_x, by_gamma / len(x), by_beta / len(x)


@backward.alternative
def step_by_step(delta, x, gamma, eps=1e-5):
    """Back through the mean and the variance, one after the other."""
    count, shifted = len(x), x - x.mean(axis=0)
    deviation = np.sqrt((shifted**2).mean(axis=0) + eps)
    by_normal = delta * gamma
    by_variance = -(by_normal * shifted).sum(axis=0) / (2 * deviation**3)
    by_shifted = by_normal / deviation + 2 * shifted * by_variance / count
    return by_shifted - by_shifted.mean(axis=0), (delta * shifted / deviation).sum(axis=0), delta.sum(axis=0)


# -------------------------------------------------------------------------------------------- running_mean

average = Exercise(running_mean, points=10, lecture="3")


@average.group("training", points=6, zh="训练时", en="in training")
def in_training(rng):
    yield rng.normal(size=3), features(rng, 4, 3)
    yield rng.normal(size=2), features(rng, 5, 2), 0.75


@average.group("not_training", points=4, zh="不训练时", en="not in training")
def not_in_training(rng):
    yield Case((rng.normal(size=3), features(rng, 4, 3), 0.9, False), fresh=True)


average.mistake(
    "always_in_training", pretend("training", True), zh="没有用到 training", en="training was not looked at"
)


@average.misconception(zh="两个权重弄反了", en="the two weights were exchanged")
def weights_exchanged(mean, x, momentum=0.9, training=True):
    return running_mean(mean, x, 1 - momentum, training)
