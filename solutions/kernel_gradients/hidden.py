"""The tests of the assignment `kernel_gradients` (lecture 3.3): cases, misconceptions, accepted alternatives.

Cases are few and small; groups isolate one idea each, so that what a student got right earns its points,
and the hidden ones go on to remainders, extreme sizes, integers and memory layouts. Extents differ wherever
the exercise lets them, and upstream residuals are never all ones: with ones a rotated residual, a mean or a
mixed-up axis can go unnoticed.

The gradients are linear in the residual, those of weights also in the input. The groups `basis` try
every unit residual, and every unit input, of the lecture's 3×3 ∗ 2×2; cases of `combined` and `remainder` try
every unit residual of a batch with stride and padding. Who passes them is right for all numbers at that size.
"""

import functools
import re

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.linalg import norm

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    both,
    divided_by,
    first_axes_exchanged,
    given,
    like,
    pretend,
    result,
    rotated,
    rows_flipped,
    times,
    transposed,
    turned,
)
from autograder.sandbox.values import Formula

from ..catalogue import (
    BASIS,
    CHANNELS_MIXED,
    FIRST_SAMPLE_ONLY,
    GRADIENT_DIVIDED_BY_THE_BATCH,
    INTEGERS,
    KERNEL_AXES_EXCHANGED,
    LAST_SAMPLE_ONLY,
    LAYOUTS,
    PADDING_IGNORED,
    SQUARE_KERNEL,
    STORED_AS_INTEGERS,
    STRIDE_IGNORED,
    each_line,
    formula_for,
    in_every_layout,
    integers,
    lying,
    real,
    see,
    units,
    whole,
)
from .notebook import (
    bias_gradient,
    conv2d_bias_grad,
    conv2d_weight_grad,
    derive_gradients,
    gradient_formulas,
    kernel_gradient,
    numerical_gradient,
    relative_error,
)

DOMAIN = "cnn"

LECTURE_A = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
LECTURE_DELTA = np.array([[1.0, 2.0], [3.0, -1.0]])
LECTURE_LAYER = {"input": (3, 3), "kernel": (2, 2)}

ONE_MAP = {
    "name": "lecture",
    "zh": "讲义的情形：一张图，一个卷积核",
    "en": "the lecture's case: one map and kernel",
}
LECTURE_SIZE = {"name": "lecture", "zh": "讲义大小的例子", "en": "examples of the lecture's size"}
EXTREMES = {
    "name": "extremes",
    "zh": "1×1 的卷积核，与输入一样大的卷积核",
    "en": "1×1 kernels and kernels as large as the input",
    "visible": False,
}


def leaning(rng, *shape):
    """Numbers of either sign whose sum is far from zero: added up in float32 it keeps enough digits."""
    size = int(np.prod(shape))
    numbers = np.append(rng.uniform(-0.9, -0.1, size // 2), rng.uniform(1, 2, size - size // 2))
    return rng.permutation(numbers).reshape(shape)


def positive(rng, *shape):
    """What a ReLU lets through."""
    return rng.uniform(1, 2, size=shape)


def unit_residuals(N, Ho, Wo):
    """Every unit residual of a batch, each as the residual of a kernel of its own: (N, N·Ho·Wo, Ho, Wo)."""
    return units(N, Ho, Wo).swapaxes(0, 1)


# ------------------------------------------------------------------- mistakes that several exercises share


def instead(wrong):
    """A turn: something else altogether."""
    return lambda function: wrong


def afterwards(change):
    """A turn: the result is changed by itself."""
    return result(lambda value, call: change(value))


def only(index, *axes):
    """What keeps this index along the axes, counted from the last, and puts zeros everywhere else."""

    def change(array):
        kept = np.zeros_like(array)
        place = tuple(index if axis in axes else slice(None) for axis in range(-array.ndim, 0))
        kept[place] = array[place]
        return kept

    return change


def without_the_first(array):
    """Zeros in the first row and column."""
    return array - only(0, -2)(array) - only(0, -1)(array) + only(0, -2, -1)(array)


def sample_by_sample(function):
    """A turn: the results of the samples side by side."""

    def wrong(*args):
        def sample(n):
            return [each[n : n + 1] if isinstance(each, np.ndarray) else each for each in args]

        return np.stack([function(*sample(n)) for n in range(len(args[0]))])

    return wrong


def mistakes_of_every_gradient(exercise):
    exercise.mistake(
        "averaged_over_the_positions",
        divided_by(lambda c: np.prod(c.delta.shape[-2:])),
        zh="除以了位置的个数：讲义 3.3 的公式对 u、v 求和，不求平均",
        en="a mean was taken over the positions; the formula of lecture 3.3 is a sum over u and v",
        frequent=True,
    )
    exercise.mistake(
        "last_position_only",
        turned("delta", only(-1, -2, -1)),
        zh="只留下了最后一个位置的贡献：同一个参数参与了每一个 z，各项要累加（见讲义 3.3 例子）",
        en="only the last position was kept; a parameter is part of every z, so terms add up (lecture 3.3)",
    )
    exercise.mistake(
        "counted_from_one",
        turned("delta", without_the_first),
        zh="漏掉了第一行和第一列：公式的下标从 1 开始，代码的下标从 0 开始（见本作业的约定）",
        en="the first row and column are missing; in code, indices start at 0 (the conventions at the top)",
    )
    exercise.mistake(
        "descent_direction",
        afterwards(np.negative),
        zh="正负号反了：所求的是梯度本身；减号属于梯度下降的更新，不属于梯度（见讲义 3.3 的公式）",
        en="the sign is reversed; the minus belongs to gradient descent, not to the gradient (lecture 3.3)",
    )


def mistakes_of_weights(exercise, input, on_input):
    """What goes wrong for one kernel and for many.

    Parameters
    ----------
    input : str
        The name of the argument that holds the layer before.
    on_input : function
        `on_input(change)` is the turn that changes what the windows of the forward pass see.
    """
    exercise.mistake(
        "gradient_rotated",
        afterwards(rotated),
        zh="梯度被翻转了 180°，或者是让输入在残差上滑动；翻转只属于前一层残差（对比讲义 3.2 与 3.3）",
        en="the gradient came out rotated by 180°, or the input slid over the residual; "
        "a rotation belongs only to the residual of the layer before (compare lecture 3.2 and 3.3)",
        frequent=True,
    )
    exercise.mistake(
        "residual_rotated",
        turned("delta", rotated),
        zh="滑动之前把残差翻转了 180°；讲义 3.3 的“卷积”是互相关，残差不翻转",
        en='the residual was rotated by 180°; the "convolution" of lecture 3.3 is a correlation',
        frequent=True,
    )
    exercise.mistake(
        "rows_reversed",
        turned("delta", rows_flipped),
        zh="残差被上下颠倒了：讲义 3.3 的“卷积”是互相关，残差在哪个方向上都不翻转",
        en='the residual was turned upside down; the "convolution" of lecture 3.3 is a correlation',
    )
    exercise.mistake(
        "rows_and_columns_swapped",
        afterwards(transposed),
        zh="权重的行与列互换了：p 与 u 是行，q 与 v 是列（见讲义 3.3 权重的梯度）",
        en="rows and columns of the kernel were exchanged: p goes with u, q with v (lecture 3.3)",
    )
    exercise.mistake(
        "indices_from_one",
        on_input(lambda a: np.roll(a, (1, 1), axis=(-2, -1))),
        zh="照搬了公式的下标 u+p−1，而代码的下标从 0 开始：每个残差遇到的输入偏了一行一列（见本作业的约定）",
        en="the formula's index u+p−1 was taken over as it is, although indices in code start at 0: each "
        "residual met the input one row and column away (conventions of this assignment)",
    )
    exercise.mistake(
        turn=like(input), **see(STORED_AS_INTEGERS, "本作业的约定", "conventions of this assignment")
    )


def mistakes_of_biases(exercise, batch, kept):
    """What goes wrong for one bias and for many.

    Parameters
    ----------
    batch : tuple of int
        The axis of the samples, if there is one.
    kept : tuple of int
        The shape of a sum that keeps its axes.
    """
    exercise.mistake(
        "absolute_values_added",
        turned("delta", np.abs),
        zh="求和之前取了绝对值；残差的正负会互相抵消，这正是梯度的含义（见讲义 3.3）",
        en="absolute values were added; residuals of opposite signs do cancel in a gradient (lecture 3.3)",
    )
    exercise.mistake(
        "dimensions_kept",
        afterwards(lambda db: np.reshape(db, kept)),
        zh="求和之后保留了长度为 1 的轴；每张特征图的梯度是一个数（见讲义 3.3 偏置值的梯度）",
        en="axes of length 1 were kept; the gradient is one number for each feature map (lecture 3.3)",
        frequent=True,
    )
    exercise.mistake(
        "one_bias_per_activation",
        instead(lambda delta: np.sum(delta, axis=batch)),
        zh="每个激活值各有一个偏置；同一张特征图共用一个偏置，梯度要对整张图求和（见讲义 3.3 CNN 中的参数）",
        en="every activation has a bias of its own; a feature map shares one, and its gradient sums over the "
        "map (lecture 3.3, parameters of a CNN)",
    )
    exercise.mistake(
        "summed_over_one_axis",
        instead(lambda delta: np.sum(delta, axis=(*batch, -2))),
        zh="只把每一列加了起来；公式里对 u 和 v 都要求和（见讲义 3.3 偏置值的梯度）",
        en="only the columns were added up; the formula sums over u and over v (lecture 3.3)",
    )
    exercise.mistake(
        "summed_along_the_rows",
        instead(lambda delta: np.sum(delta, axis=(*batch, -1))),
        zh="只把每一行加了起来；公式里对 u 和 v 都要求和（见讲义 3.3 偏置值的梯度）",
        en="only the rows were added up; the formula sums over u and over v (lecture 3.3)",
    )


def mistakes_of_batches(exercise):
    where = "练习 7、8", "exercises 7 and 8"
    exercise.mistake(turn=turned("delta", only(0, -4)), **see(FIRST_SAMPLE_ONLY, *where))
    exercise.mistake(turn=turned("delta", only(-1, -4)), **see(LAST_SAMPLE_ONLY, *where), frequent=True)
    exercise.mistake(
        turn=divided_by(lambda c: len(c.delta)), **see(GRADIENT_DIVIDED_BY_THE_BATCH, *where), frequent=True
    )
    exercise.mistake(
        "averaged_over_everything",
        divided_by(lambda c: c.delta[:, 0].size),
        zh="对批和位置一起求了平均：公式对它们求和（见讲义 3.3 和练习 7、8）",
        en="a mean was taken over batch and positions; the formula sums over both (exercises 7 and 8)",
    )
    exercise.mistake(
        "last_term_only",
        turned("delta", only(-1, -4, -2, -1)),
        zh="只留下了最后一个样本的最后一个位置：公式对批和位置求和，各项要累加，不能互相覆盖（见练习 7、8）",
        en="only the last position of the last sample was kept; all terms add up (exercises 7 and 8)",
    )
    exercise.mistake(
        "batch_not_summed",
        sample_by_sample,
        zh="没有对批求和，每个样本各有一份梯度；所有样本共用同一组参数（见练习 7、8）",
        en="every sample has a gradient of its own, yet all share the parameters (exercises 7 and 8)",
    )
    exercise.mistake(
        "residual_reshaped",
        turned("delta", lambda d: d.reshape(d.shape[1], len(d), *d.shape[2:]).swapaxes(0, 1)),
        zh="把残差直接 reshape 成 (K, …)：样本与卷积核混在了一起，应当先交换轴（见练习 7、8）",
        en="the residual was reshaped to (K, …) at once, which mixes samples and kernels (exercises 7 and 8)",
    )


# -------------------------------------------------------------------------------------- derive_gradients

written_out = Exercise(derive_gradients, points=5, lecture="3.3")
each_line(written_out, LECTURE_LAYER, {"w": 1, "b": 1})


def gradient_lines(
    term="δ{u}{v} a{i}{j}", line="w{p}{q}", mean="", bias="δ{u}{v}", bias_mean="", of=range(4)
):
    """The 5 lines, or what a mistake makes of them.

    Parameters
    ----------
    term, bias : str
        A term of ∂J/∂w[p, q] and of ∂J/∂b; `{i}{j}` is where w[p, q] meets a under δ[u, v].
    line : str
        Which weight the terms are given to; `{k}{m}` is the one opposite w[p, q].
    mean, bias_mean : str
        What ends the lines.
    of : sequence of int
        The positions of δ that are summed over.
    """
    positions = [(u, v) for place, (u, v) in enumerate(np.ndindex(2, 2)) if place in of]

    def total(form, p, q):
        terms = [
            form.format(
                u=u + 1, v=v + 1, i=u + p + 1, j=v + q + 1, k=u + 2 - p, m=v + 2 - q, p=p + 1, q=q + 1
            )
            for u, v in positions
        ]
        return f"({' + '.join(terms)})"

    lines = [
        f"∂J/∂{line.format(p=p + 1, q=q + 1, k=2 - p, m=2 - q)} = {total(term, p, q)}{mean}"
        for p, q in np.ndindex(2, 2)
    ]
    return "\n".join([*lines, f"∂J/∂b = {total(bias, 0, 0)}{bias_mean}"])


def lines_mistake(id, zh, en, **changes):
    """A misconception: the lines with some part of them changed."""
    written_out.misconception(id=id, zh=zh, en=en)(functools.partial(gradient_lines, **changes))


lines_mistake(
    "gradient_rotated",
    "把结果（或残差）翻转了 180°：翻转只属于前一层的残差，权重的梯度不翻转（见讲义 3.3 例子）",
    "something was rotated by 180°; that belongs to the residual of the layer before alone (lecture 3.3)",
    line="w{k}{m}",
)
lines_mistake(
    "gradient_transposed",
    "w 的行、列下标互换了：从 z 的式子里读出 w 旁边的是哪个 a（见讲义 3.3 例子）",
    "rows and columns of w are exchanged; read in z which a stands beside w (lecture 3.3)",
    line="w{q}{p}",
)
lines_mistake(
    "pre_activation_for_activation",
    "w 旁边写成了 z：与 w 相乘的是前一层的激活值 a，即 σ(z)（见讲义 3.3 例子）",
    "there is a z beside δ; w is multiplied by the activation a = σ(z) of the layer before (lecture 3.3)",
    term="δ{u}{v} z{i}{j}^(l-1)",
)
lines_mistake(
    "activation_of_this_layer",
    "用了当前层的激活值：z 里与 w 相乘的是前一层的 a（见讲义 3.3 例子）",
    "the activations are those of this layer; in z it is a of the layer before that meets w (lecture 3.3)",
    term="δ{u}{v} a{u}{v}^(l)",
)
lines_mistake(
    "sigma_prime_once_more",
    "又乘了 σ′：δ = ∂J/∂z 已经含有当前层的 σ′（见本作业开头的约定）",
    "there is one more σ′; δ = ∂J/∂z holds that of this layer already (the conventions of this assignment)",
    term="δ{u}{v} σ'(z{u}{v}^(l)) a{i}{j}",
)
lines_mistake(
    "weight_kept",
    "求导以后还留着 w：∂(a·w)/∂w 是 a（见讲义 3.3 例子）",
    "w is still there after differentiation; ∂(a·w)/∂w is a (lecture 3.3, the example)",
    term="δ{u}{v} a{i}{j} w{p}{q}",
)
lines_mistake(
    "first_position_only",
    "只写了第一项：w 是共享的，它出现在每一个 z 中，每一次都要算（见讲义 3.3 例子）",
    "only the first term is there; w is shared, it occurs in every z, and each time counts (lecture 3.3)",
    of=range(1),
)
lines_mistake(
    "last_position_only",
    "只写了最后一项：w 是共享的，它出现在每一个 z 中，每一次都要算（见讲义 3.3 例子）",
    "only the last term is there; w is shared, it occurs in every z, and each time counts (lecture 3.3)",
    of=range(3, 4),
)
lines_mistake(
    "mean_over_positions",
    "各项取了平均：公式是求和（见讲义 3.3 卷积核的梯度）",
    "a mean was taken; the formulas are sums (lecture 3.3)",
    mean=" / 4",
    bias_mean=" / 4",
)
lines_mistake(
    "bias_averaged",
    "∂J/∂b 取了平均：残差只求和（见讲义 3.3 例子—求偏置值的梯度）",
    "∂J/∂b is a mean; the residuals merely add up (lecture 3.3, the gradient of the bias)",
    bias_mean=" / 4",
)
lines_mistake(
    "bias_times_itself",
    "∂J/∂b 里还乘了 b：∂z/∂b 是 1（见讲义 3.3 例子—求偏置值的梯度）",
    "∂J/∂b still holds b, but ∂z/∂b is 1 (lecture 3.3, the gradient of the bias)",
    bias="δ{u}{v} b",
)
lines_mistake(
    "bias_takes_the_input",
    "∂J/∂b 里乘了 a：b 旁边没有 a，∂z/∂b 是 1（见讲义 3.3 例子—求偏置值的梯度）",
    "∂J/∂b holds a; no a stands beside b, and ∂z/∂b is 1 (lecture 3.3, the gradient of the bias)",
    bias="δ{u}{v} a{u}{v}",
)


@written_out.alternative
def in_the_lectures_latex():
    """Chains of equalities over two rows, as on the lecture's pages."""
    rows = []
    names = "w_{11}", "w_{12}", "w_{21}", "w_{22}", "b"
    for name, line in zip(names, gradient_lines().splitlines(), strict=True):
        steps = " + ".join(
            rf"\frac{{\partial J}}{{\partial z_{{{at}}}^{{(l)}}}} "
            rf"\frac{{\partial z_{{{at}}}^{{(l)}}}}{{\partial {name}^{{(l)}}}}"
            for at in ("11", "12", "21", "22")
        )
        last = re.sub(r"(\w)(\d\d)", r"\1_{\2}", line.partition(" = ")[2].strip("()")).replace("δ", r"\delta")
        rows.append(rf"\frac{{\partial J}}{{\partial {name}^{{(l)}}}} &= {steps} \\ &= {last} \\")
    return "\\begin{aligned}\n" + "\n".join(rows) + "\n\\end{aligned}"


@written_out.alternative
def in_plain_ascii():
    text = gradient_lines(term="a{i}{j}*d{u}{v}", bias="d{u}{v}").replace("∂", "d")
    return "\n".join(f"{number}. {line}" for number, line in enumerate(reversed(text.splitlines()), 1))


@written_out.alternative
def by_a_loop():
    """Text that a program writes, with sums gathered in another order."""
    lines = [
        f"dJ/dw[{p},{q}] = "
        + " + ".join(f"delta[{u},{v}] a[{u + p - 1},{v + q - 1}]" for v in (1, 2) for u in (1, 2))
        for p in (1, 2)
        for q in (1, 2)
    ]
    return "\n".join([*lines, "dJ/db = " + " + ".join(f"delta[{u},{v}]" for v in (2, 1) for u in (1, 2))])


# --------------------------------------------------------------------------------------- kernel_gradient

kernel = Exercise(kernel_gradient, points=14, lecture="3.3")


def kernel_args(rng, input_shape, kernel_shape, delta=real, a=real):
    """The arguments of `kernel_gradient` for an input and a kernel of the given sizes."""
    (H, W), (kh, kw) = input_shape, kernel_shape
    return delta(rng, H - kh + 1, W - kw + 1), a(rng, H, W)


@kernel.group(**LECTURE_SIZE, points=3.5)
def kernel_lecture(rng):
    yield kernel_args(rng, (3, 3), (2, 2), whole, whole)
    yield kernel_args(rng, (4, 4), (2, 2))


@kernel_lecture.example
def kernel_lecture_example():
    yield LECTURE_DELTA, LECTURE_A
    yield np.array([[1.0, -1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, -2.0]]), np.arange(16.0).reshape(4, 4) % 7


@kernel.group("shapes", points=4.5, zh="高与宽不同", en="unequal heights and widths")
def kernel_shapes(rng):
    yield kernel_args(rng, (4, 7), (2, 3))
    yield kernel_args(rng, (6, 5), (4, 2))
    yield kernel_args(rng, (3, 7), (1, 4))


@kernel.group(**BASIS, points=1.5)
def kernel_basis(rng):
    """What is linear in the residual is fixed by the first four, in the input by the others."""
    for delta in units(2, 2):
        yield delta, real(rng, 3, 3)
    for a in units(3, 3):
        yield real(rng, 2, 2), a


@kernel.group(**EXTREMES, points=3.5)
def kernel_extremes(rng):
    yield kernel_args(rng, (3, 4), (1, 1), leaning, positive)
    yield kernel_args(rng, (4, 3), (4, 3))
    yield kernel_args(rng, (1, 6), (1, 3))


@kernel.group(**INTEGERS, points=0.5)
def kernel_integers(rng):
    yield kernel_args(rng, (4, 5), (2, 3), real, integers)
    yield kernel_args(rng, (5, 4), (2, 2), integers, real)


@kernel.group(**LAYOUTS, points=0.5)
def kernel_layouts(rng):
    return in_every_layout(lambda: kernel_args(rng, (3, 4), (2, 3)))


def shape_of_the_kernel(delta, a):
    return a.shape[0] - delta.shape[0] + 1, a.shape[1] - delta.shape[1] + 1


def kernel_in_windows(delta, a, kernel_shape):
    """∂J/∂w for a kernel of the given shape, right or wrong; too large a shape raises."""
    return sums_over_windows(delta[None, None], a[None, None], kernel_shape)[0, 0]


def sums_over_windows(delta, x_pad, kernel_shape, rows=1, columns=1):
    """Σ_n Σ_u Σ_v δ[n, k, u, v] · x_pad[n, c, u·rows + p, v·columns + q]."""
    Ho, Wo = delta.shape[2:]
    dw = np.zeros((delta.shape[1], x_pad.shape[1], *kernel_shape))
    for p, q in np.ndindex(*kernel_shape):
        window = x_pad[:, :, p::rows, q::columns][:, :, :Ho, :Wo]
        dw[:, :, p, q] = np.einsum("nkuv,ncuv->kc", delta, window)
    return dw


mistakes_of_weights(kernel, "a", functools.partial(turned, "a"))
mistakes_of_every_gradient(kernel)

kernel.mistake(
    "padded_as_for_the_residual",
    given(a=lambda c: np.pad(c.a, [(size - 1, size - 1) for size in c.delta.shape])),
    zh="像求前一层残差那样在边界补了 0；残差只在前一层输出的内部滑动（见讲义 3.3）",
    en="zeros were padded all around, as for the residual of the layer before (compare lecture 3.2 and 3.3)",
)
kernel.mistake(
    "kernel_one_too_small",
    afterwards(lambda dw: dw[:-1, :-1]),
    zh="结果少了一行一列：残差在大小为 H 的图上能停在 H − Ho + 1 个位置（见练习 2：结果有多大）",
    en="a row and a column are missing: a residual finds H − Ho + 1 places in the height (exercise 2)",
)


def without_its_last(dw):
    """The shape is right, but the loops end one place too early: `range(H - Ho)`."""
    dw = dw.copy()
    dw[-1:], dw[:, -1:] = 0, 0
    return dw


kernel.mistake(
    "loops_one_too_short",
    afterwards(without_its_last),
    zh="最后一行和最后一列没有算：循环少走了一步，残差能停在 H − Ho + 1 个位置（见练习 2：结果有多大）",
    en="the last row and column were not computed: the loops end one short of the H − Ho + 1 places that a "
    "residual finds (exercise 2)",
)

kernel.mistake(
    "matrix_product",
    instead(lambda delta, a: np.sum(delta @ sliding_window_view(a, delta.shape), axis=(2, 3))),
    zh="把逐元素相乘再求和写成了矩阵乘法（见讲义 3.3 权重的梯度）",
    en="a matrix product stands where the formula of lecture 3.3 multiplies element by element",
)
kernel.mistake(
    turn=instead(lambda delta, a: kernel_in_windows(delta, a, shape_of_the_kernel(delta, a)[:1] * 2)),
    **see(SQUARE_KERNEL, "练习 2：结果有多大", "exercise 2, how large the result is"),
)
kernel.mistake(
    "shape_of_the_residual",
    instead(lambda delta, a: kernel_in_windows(delta, a, delta.shape)),
    zh="把残差的形状当成了卷积核的形状；两者只在讲义的例子里恰好相等（见讲义 3.3）",
    en="the residual's shape was taken for the kernel's; only in the lecture's example (3.3) they agree",
)


@kernel.alternative
def kernel_by_plain_loops(delta, a):
    dw = np.zeros(shape_of_the_kernel(delta, a))
    for p, q in np.ndindex(dw.shape):
        for u, v in np.ndindex(delta.shape):
            dw[p, q] += delta[u, v] * a[u + p, v + q]
    return dw


@kernel.alternative
def kernel_by_windows_of_the_forward_pass(delta, a):
    kh, kw = shape_of_the_kernel(delta, a)
    return sum(delta[u, v] * a[u : u + kh, v : v + kw] for u, v in np.ndindex(delta.shape))


@kernel.alternative
def kernel_by_unrolled_input_in_float32(delta, a):
    kh, kw = shape_of_the_kernel(delta, a)
    columns = sliding_window_view(a.astype(np.float32), (kh, kw)).reshape(-1, kh * kw)
    return (delta.astype(np.float32).reshape(1, -1) @ columns).reshape(kh, kw)


# ----------------------------------------------------------------------------------------- bias_gradient

bias = Exercise(bias_gradient, points=6, lecture="3.3")


@bias.group(**LECTURE_SIZE, points=2.25)
def bias_lecture(rng):
    yield (leaning(rng, 2, 2),)
    yield (leaning(rng, 3, 3),)


@bias_lecture.example
def bias_lecture_example():
    yield (LECTURE_DELTA,)


@bias.group("shapes", points=2.75, zh="各种大小的残差", en="residuals of various sizes")
def bias_shapes(rng):
    yield (leaning(rng, 3, 4),)
    yield (leaning(rng, 1, 5),)
    yield (integers(rng, 4, 2),)
    yield (leaning(rng, 1, 1),)


@bias.group(**BASIS, points=0.75)
def bias_basis(rng):
    """What is linear is fixed by these: passing them proves the function for 2×2."""
    for delta in units(2, 2):
        yield (rng.uniform(-2, -1) * delta,)


@bias.group(**LAYOUTS, points=0.25)
def bias_layouts(rng):
    return in_every_layout(lambda: (leaning(rng, 3, 2),))


mistakes_of_biases(bias, batch=(), kept=(1, 1))
mistakes_of_every_gradient(bias)


@bias.alternative
def bias_by_plain_loops(delta):
    return sum(d for row in delta for d in row)


@bias.alternative
def bias_by_ones(delta):
    Ho, Wo = delta.shape
    return np.ones(Ho) @ delta @ np.ones(Wo)


@bias.alternative
def bias_in_float32(delta):
    return delta.astype(np.float32).ravel().sum()


# ------------------------------------------------------------------------------------ numerical_gradient

numerical = Exercise(numerical_gradient, points=10, lecture="3.3")

# No entry of a gradient depends on its own x alone, and third derivatives are not small: with a large h the
# forward, the backward and the central difference are well apart. `cumsum` and `arange` tell entries apart.
# STEEP is for the default h = 1e-5. Its derivatives grow by up to c = 40 each, so one-sided differences are
# off by c·h/2 = 2e-4, which counts as wrong; central ones by c²·h²/6 = 3e-8, rounding by 1e-11.
STEEP = Formula("np.exp(np.sum(np.arange(10, 10 * x.size + 10, 10) * x))")
SMOOTH = Formula("np.exp(np.sum(np.sin(x)) / 4) + np.sum(x ** 3)")
CUMULATIVE = Formula("np.sum(np.cumsum(x) ** 3) / 3")
NEIGHBOURS = Formula("np.sum(x[1:] * np.exp(x[:-1])) + np.sum(np.cos(2 * x))")
WAVE = Formula("np.sum(np.sin(x + np.sum(x) / 2) * x)")
WEIGHTED = Formula("np.sum(np.arange(1, x.size + 1) * np.ravel(x) ** 2) * np.exp(np.mean(x))")
CORRELATION = Formula(
    "np.sum(x[:, :, 1:, :] * x[:, :, :-1, :] ** 2) + np.sum(np.cumsum(x) ** 2 * np.ravel(x)) / 5"
)


def between(rng, *shape):
    """Numbers between −1 and 1.4, away from zero: the formulas stay of moderate size."""
    return np.asarray(rng.uniform(0.3, 1.2, size=shape) * rng.choice([-1.0, 1.0], size=shape) + 0.2)


@numerical.group("vectors", points=2, zh="向量，默认的 h", en="vectors, with the default h")
def numerical_vectors(rng):
    yield SMOOTH, between(rng, 3)
    yield STEEP, between(rng, 4) / 10


@numerical_vectors.example
def numerical_vectors_example():
    yield Formula("x[0] ** 3 + x[0] * x[1]"), np.array([2.0, 3.0])
    yield Formula("np.sum(x ** 2) * x[2]"), np.array([1.0, -1.0, 0.5])


@numerical.group(
    "steps", points=3, zh="较大的 h：中心差分而非单侧差分", en="a large h: central, not one-sided differences"
)
def numerical_steps(rng):
    yield CUMULATIVE, between(rng, 3), 0.1
    yield WAVE, between(rng, 4), 0.25
    yield SMOOTH, between(rng, 2), 0.05


@numerical_steps.example
def numerical_steps_example():
    yield Formula("x[0] ** 3 + x[0] * x[1]"), np.array([2.0, 3.0]), 0.1
    yield Formula("np.exp(np.sum(x)) + x[0] ** 3"), np.array([0.5, -1.0, 1.0]), 0.25


@numerical.group("matrices", points=2, zh="矩阵", en="matrices")
def numerical_matrices(rng):
    yield WEIGHTED, between(rng, 2, 3)
    yield NEIGHBOURS, between(rng, 3, 2), 0.1


@numerical.group(
    "shapes", points=2, zh="四维数组和没有轴的数组", en="four axes, one entry, no axes at all", visible=False
)
def numerical_shapes(rng):
    yield CORRELATION, between(rng, 1, 2, 3, 2), 0.1
    yield WAVE, between(rng), 0.1
    yield WEIGHTED, between(rng, 1, 1), 0.1


@numerical.group(**INTEGERS, points=0.5)
def numerical_integers(rng):
    yield CUMULATIVE, rng.integers(1, 4, size=3), 0.3
    yield WEIGHTED, rng.integers(-2, 3, size=(2, 2)), 0.25


@numerical.group(**LAYOUTS, points=0.5)
def numerical_layouts(rng):
    return in_every_layout(lambda: (WEIGHTED, between(rng, 2, 3), 0.1))


def moved(x, index, step):
    """`x` as floats, with `step` added at `index`."""
    x = np.array(x, dtype=float)
    x[index] += step
    return x


def moved_like_those_before(x, index, step):
    """`moved`, where the entries before have not come back from their last step."""
    x, place = moved(x, index, step), np.arange(x.size).reshape(x.shape)
    return np.where(place < place[index], x - abs(step), x)


def quotient(move=moved, ahead=1, back=1):
    """Difference quotients with steps of `ahead`·h and `back`·h, which `move(x, index, step)` takes."""

    def gradient_of(f, x, h=1e-5):
        gradient = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            above, below = f(move(x, i, ahead * h)), f(move(x, i, -back * h))
            gradient[i] = (above - below) / ((ahead + back) * h)
        return gradient

    return gradient_of


numerical.mistake(
    "step_fixed",
    pretend("h", 1e-5),
    zh="没有使用参数 h，而是用了固定的步长（见练习 4）",
    en="the argument h is not used, the step is a fixed one (exercise 4)",
    frequent=True,
)
numerical.mistake(
    "divided_by_h",
    times(lambda c: 2),
    zh="除以了 h：两点之间的距离是 2h（见练习 4 的公式）",
    en="the division is by h, although the two points are 2h apart (the formula of exercise 4)",
    frequent=True,
)
numerical.mistake(
    "sign_reversed",
    afterwards(np.negative),
    zh="正负号反了：应当用 f(x+h) 减去 f(x−h)（见练习 4 的公式）",
    en="the sign is reversed: f(x−h) is to be subtracted from f(x+h) (the formula of exercise 4)",
    frequent=True,
)
numerical.mistake(
    "multiplied_by_h",
    times(lambda c: c.h**2),
    zh="除以 2 之后乘上了 h；2h 整个是分母，注意运算的先后（见练习 4 的公式）",
    en="it was divided by 2, then multiplied by h; all of 2h is the denominator (the formula of exercise 4)",
)
numerical.mistake(
    "returned_inside_the_loop",
    afterwards(lambda gradient: gradient * (np.arange(gradient.size) == 0).reshape(gradient.shape)),
    zh="只算了第一个分量就返回了；每个分量都要轮到（见练习 4）",
    en="only the first entry was computed before returning; every entry has its turn (exercise 4)",
)
numerical.mistake(
    "result_flattened",
    afterwards(np.ravel),
    zh="结果被拉平成了一维；它应与 x 形状相同（见练习 4）",
    en="the result is flat; it should have the shape of x (exercise 4)",
)
numerical.mistake(turn=like("x"), **see(STORED_AS_INTEGERS, "练习 4", "exercise 4"))
numerical.mistake(
    "forward_difference",
    instead(quotient(back=0)),
    zh="用的是向前差分 (f(x+h) − f(x)) / h，不是中心差分（见练习 4 的表格）",
    en="it is a forward difference, (f(x+h) − f(x)) / h, not the central one (the table of exercise 4)",
)
numerical.mistake(
    "backward_difference",
    instead(quotient(ahead=0)),
    zh="用的是向后差分 (f(x) − f(x−h)) / h，不是中心差分（见练习 4 的表格）",
    en="it is a backward difference, (f(x) − f(x−h)) / h, not the central one (the table of exercise 4)",
)
numerical.mistake(
    "all_entries_at_once",
    instead(quotient(lambda x, i, step: x + step)),
    zh="所有分量同时改变了；偏导数每次只改变一个分量（见练习 4）",
    en="all entries were changed at once; a partial derivative changes one at a time (exercise 4)",
)
numerical.mistake(
    "rows_changed_together",
    instead(quotient(lambda x, i, step: moved(x, i[0], step))),
    zh="整行一起改变了：x 有多个轴时，每一个元素都要单独改变（见练习 4）",
    en="whole rows were changed together; with several axes each single entry has its own turn (exercise 4)",
)
numerical.mistake(
    "entry_not_restored",
    instead(quotient(moved_like_those_before)),
    zh="算完一个分量后没有恢复原值，后面的分量是在别的点上求的（见练习 4）",
    en="an entry did not get its old value back, so the next ones are taken at another point (exercise 4)",
)
numerical.mistake(
    "step_truncated",
    instead(quotient(lambda x, i, step: moved(x, i, step).astype(x.dtype))),
    zh="在整数数组里加 h，步子被截断了（见练习 4）",
    en="h was added inside an integer array, which truncates the step (exercise 4)",
)


@numerical.alternative
def numerical_in_place_on_a_copy(f, x, h=1e-5):
    x = x.astype(float)
    flat = x.reshape(-1)
    gradient = []
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + h
        above = f(flat.reshape(x.shape))
        flat[i] = old - h
        below = f(flat.reshape(x.shape))
        flat[i] = old
        gradient.append((above - below) / (2 * h))
    return np.array(gradient).reshape(x.shape)


@numerical.alternative
def numerical_by_nditer(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        gradient[i] = f(moved(x, i, h)) / (2 * h) - f(moved(x, i, -h)) / (2 * h)
        it.iternext()
    return gradient


@numerical.alternative
def numerical_along_a_basis(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in units(*x.shape)]).reshape(x.shape)


# ---------------------------------------------------------------------------------------- relative_error

relative = Exercise(relative_error, points=6, lecture="3.3")


def nearly(rng, *shape):
    """Two arrays of mixed signs that differ by 5 to 20 per cent; the smallest entry by more, 40 to 50.

    That entry is positive, and b is the larger one there.
    """
    size = int(np.prod(shape))
    signs = rng.permutation(np.resize([-1.0, 1.0], size))
    a = rng.permutation(np.arange(1.0, size + 1)) * signs
    b = a * (1 + rng.uniform(0.05, 0.2, size) * rng.choice([-1, 1], size))
    worst = np.argmin(np.abs(a))
    a[worst] = 1.0
    b[worst] = rng.uniform(1.4, 1.5)
    return a.reshape(shape), b.reshape(shape)


@relative.group("vectors", points=2.5, zh="向量", en="vectors")
def relative_vectors(rng):
    yield nearly(rng, 5)
    yield nearly(rng, 3)[::-1]


@relative_vectors.example
def relative_vectors_example():
    yield np.array([1.0, -2.0, 0.0]), np.array([1.0, -1.0, 0.0])
    yield np.array([100.0, 2.0, -3.0]), np.array([104.0, 3.0, -4.0])
    yield np.array([1.0, 2.0]), np.array([1.5, 2.5])


@relative.group("signs", points=1, zh="符号相反，或有一边是 0", en="opposite signs, or a zero on one side")
def relative_signs(rng):
    yield np.append(real(rng, 3), 1.0), np.append(real(rng, 3), -0.4)
    yield np.array([0.0, 2.0, -3.0]), np.array([rng.uniform(1, 2), 2.0, -3.0])


@relative.group(
    "tiny", points=1.25, zh="两边都是 0，或都小于 1e-8", en="zeros on both sides, or numbers below 1e-8"
)
def relative_tiny(rng):
    yield np.zeros(3), np.zeros(3)
    yield rng.uniform(1e-9, 2e-9, 3), rng.uniform(4e-9, 6e-9, 3)
    yield np.array([0.0, 4.0, 5.0]), np.array([0.0, 4.0 + rng.uniform(0.5, 1), 5.0])


@relative.group("shapes", points=1, zh="其他形状", en="other shapes", visible=False)
def relative_shapes(rng):
    yield nearly(rng, 2, 3)
    yield nearly(rng, 2, 1, 2, 3)
    yield np.array(rng.uniform(1, 2)), np.array(rng.uniform(3, 4))  # no axes at all
    a, b = nearly(rng, 2, 2)
    yield a.astype(int), b


@relative.group(**LAYOUTS, points=0.25)
def relative_layouts(rng):
    return in_every_layout(lambda: nearly(rng, 2, 3))


def difference(a, b):
    return np.abs(a - b)


def sum_of_sizes(a, b):
    return np.abs(a) + np.abs(b)


def worst_ratio(a, b, *, above=difference, below=sum_of_sizes, limited=np.maximum, over=np.max):
    """`relative_error`, with switches for each of its parts."""
    return over(above(a, b) / limited(below(a, b), 1e-8))


def inside(**parts):
    """A turn: `worst_ratio` with some of its parts done another way; two such turns add up."""
    return lambda function: functools.partial(worst_ratio, **{**getattr(function, "keywords", {}), **parts})


relative.mistake(
    "absolute_error",
    inside(below=lambda a, b: 1.0),
    zh="没有除以梯度的大小，得到的是绝对误差（见练习 5）",
    en="nothing was divided by the size of the gradients; that is the absolute error (exercise 5)",
)
relative.mistake(
    "mean_of_errors",
    inside(over=np.mean),
    zh="取了平均值；要看的是最坏的那个元素（见练习 5）",
    en="a mean was taken; what counts is the worst entry (exercise 5)",
    frequent=True,
)
relative.mistake(
    "maximum_missing",
    inside(over=np.array),
    zh="没有取最大值，返回了每个元素的误差（见练习 5）",
    en="the maximum is missing: the errors of all entries were returned (exercise 5)",
)
relative.mistake(
    "one_gradient_in_the_denominator",
    inside(below=lambda a, b: np.abs(b)),
    zh="只除以了其中一个梯度的大小（见练习 5 的分母）",
    en="the division is by the size of one of the two only (the denominator of exercise 5)",
    frequent=True,
)
relative.mistake(
    "larger_in_the_denominator",
    inside(below=lambda a, b: np.maximum(np.abs(a), np.abs(b))),
    zh="分母取了 |a| 与 |b| 中较大的，而不是它们的和（见练习 5 的分母）",
    en="the denominator is the larger of |a| and |b| instead of their sum (the denominator of exercise 5)",
    frequent=True,
)
relative.mistake(
    "absolute_value_of_the_sum",
    inside(below=lambda a, b: np.abs(a + b)),
    zh="分母写成了 |a + b|，符号相反时会变得很小（见练习 5 的分母）",
    en="the denominator is |a + b|, which gets small where signs differ (the denominator of exercise 5)",
)
relative.mistake(
    "sizes_without_absolute_values",
    inside(below=np.add),
    zh="分母没有取绝对值：a + b 可以是负数，并不说明梯度有多大（见练习 5 的分母）",
    en="the denominator has no absolute values: a + b may be small or negative (exercise 5)",
)
relative.mistake(
    "sign_kept",
    inside(above=np.subtract),
    zh="分子没有取绝对值，b 比 a 大时误差成了负数（见练习 5）",
    en="the numerator lacks its absolute value and turns negative where b is larger (exercise 5)",
)
relative.mistake(
    "no_lower_limit",
    inside(limited=lambda size, limit: size),
    zh="分母没有下限 1e-8，两边都是 0 时成了 0/0（见练习 5）",
    en="the denominator has no lower limit of 1e-8: where both are 0 it is 0/0 (exercise 5)",
    frequent=True,
)
relative.mistake(
    "limit_added",
    inside(limited=np.add),
    zh="1e-8 是加到分母上的；它应当是分母的下限（见练习 5）",
    en="1e-8 was added to the denominator; it should be its lower limit (exercise 5)",
)
relative.mistake(
    "ratio_of_maxima",
    instead(lambda a, b: np.max(difference(a, b)) / max(1e-8, np.max(sum_of_sizes(a, b)))),
    zh="先取最大值再相除；应当先逐个元素相除，再取最大值（见练习 5）",
    en="the maxima were divided; divide entry by entry first, then take the maximum (exercise 5)",
)
relative.mistake(
    "ratio_of_norms",
    instead(lambda a, b: norm(a - b) / max(1e-8, norm(a) + norm(b))),
    zh="用范数代替了逐个元素的误差，小元素的错误被掩盖（见练习 5）",
    en="norms took the place of the entries' own errors, which hides mistakes in small entries (exercise 5)",
)


@relative.alternative
def relative_by_plain_loops(a, b):
    worst = 0.0
    for one, other in zip(np.ravel(a), np.ravel(b), strict=True):
        worst = max(worst, abs(one - other) / max(1e-8, abs(one) + abs(other)))
    return worst


@relative.alternative
def relative_by_where(a, b):
    size = abs(a) + abs(b)
    return (abs(a - b) / np.where(size > 1e-8, size, 1e-8)).max()


@relative.alternative
def relative_by_ranges(a, b):
    sizes = norm([a, b], ord=1, axis=0)
    return np.amax(np.ptp([a, b], axis=0) / np.clip(sizes, 1e-8, None))


relative.equivalent(
    "np.maximum(1e-08, np.abs(a) + np.abs(b)) → np.maximum(np.abs(a) + np.abs(b), 1e-08)",
    because="the larger of two numbers does not depend on their order",
)

# ------------------------------------------------------------------------------------- gradient_formulas

in_formulas = Exercise(gradient_formulas, points=4, lecture="3.3")
BOTH = ("w", "b")


@in_formulas.group("weights", points=1, zh="权重，步长 1", en="weights, stride 1")
def formula_of_weights(rng):
    yield formula_for("w", *lying(rng, (3, 4), (2, 3)), of=BOTH)


@formula_of_weights.example
def formula_of_weights_example():
    yield formula_for("w", **LECTURE_LAYER, of=BOTH)


@in_formulas.group("stride", points=2, zh="权重，步长大于 1", en="weights, stride above 1")
def formula_of_weights_with_stride(rng):
    """Two windows along each side at least, for what is done with the stride shows from the second on."""
    yield formula_for("w", *lying(rng, (4, 5), (2, 3)), 2, BOTH)
    yield formula_for("w", *lying(rng, (4, 5), (1, 2)), 3, BOTH)


@formula_of_weights_with_stride.example
def formula_of_weights_with_stride_example():
    yield formula_for("w", (5, 4), (3, 2), 2, BOTH)


@in_formulas.group("bias", points=1, zh="偏置值", en="bias")
def formula_of_bias(rng):
    yield formula_for("b", *lying(rng, (4, 5), (2, 3)), 2, BOTH)


@formula_of_bias.example
def formula_of_bias_example():
    yield formula_for("b", **LECTURE_LAYER, of=BOTH)


def formula_mistake(id, zh, en, weights="Σ_u Σ_v δ_{u,v} a_{(u-1)s+p,(v-1)s+q}", bias="Σ_u Σ_v δ_{u,v}"):
    """A misconception: one of the formulas is another."""
    in_formulas.misconception(id=id, zh=zh, en=en)(lambda: f"∂J/∂w_{{p,q}} = {weights}\n∂J/∂b = {bias}")


formula_mistake(
    "stride_ignored",
    "公式只对步长 1 成立：z_uv 的窗口从第 (u − 1)s + 1 行开始",
    "it holds for stride 1 only; the window of z_uv begins in row (u − 1)s + 1",
    "Σ_u Σ_v δ_{u,v} a_{u+p-1,v+q-1}",
)
formula_mistake(
    "window_off_by_one",
    "下标差了一格：下标从 1 开始，第一个窗口从第 1 行开始，所以是 (u − 1)s，不是 us",
    "the indices are off: they count from 1, and the first window begins in row 1, so it is (u − 1)s, not us",
    "Σ_u Σ_v δ_{u,v} a_{us+p-1,vs+q-1}",
)
formula_mistake(
    "stride_between_weights",
    "步长乘在了卷积核的下标上：步长是窗口移动的距离，窗口里面仍是一格一格的",
    "the stride multiplies the kernel's index; it says how far the window moves, nothing is skipped inside",
    "Σ_u Σ_v δ_{u,v} a_{u+(p-1)s,v+(q-1)s}",
)
formula_mistake(
    "rows_and_columns_exchanged",
    "a 的行、列下标互换了：u 与 p 是行，v 与 q 是列",
    "rows and columns of a are exchanged: u and p are rows, v and q are columns",
    "Σ_u Σ_v δ_{u,v} a_{(v-1)s+q,(u-1)s+p}",
)
formula_mistake(
    "gradient_transposed",
    "p 和 q 互换了：p 是卷积核的行，与 u 同在一个下标里",
    "p and q are exchanged: p is the kernel's row and goes with u",
    "Σ_u Σ_v δ_{u,v} a_{(u-1)s+q,(v-1)s+p}",
)
formula_mistake(
    "pre_activation_for_activation",
    "写成了 z：与 w 相乘的是前一层的激活值 a，即 σ(z)（见讲义 3.3 卷积核的梯度）",
    "there is a z; what w is multiplied by is the activation a = σ(z) of the layer before (lecture 3.3)",
    "Σ_u Σ_v δ_{u,v} z_{(u-1)s+p,(v-1)s+q}^{(l-1)}",
)
formula_mistake(
    "sigma_prime_once_more",
    "又乘了 σ′：δ = ∂J/∂z 已经含有当前层的 σ′（见本作业开头的约定）",
    "there is one more σ′; δ = ∂J/∂z holds that of this layer already (the conventions of this assignment)",
    "Σ_u Σ_v δ_{u,v} σ'(z_{u,v}^{(l)}) a_{(u-1)s+p,(v-1)s+q}",
)
formula_mistake(
    "bias_takes_the_input",
    "∂J/∂b 里乘了 a：b 旁边没有 a，∂z/∂b 是 1（见讲义 3.3 卷积核的梯度）",
    "∂J/∂b holds a; no a stands beside b, and ∂z/∂b is 1 (lecture 3.3)",
    bias="Σ_u Σ_v δ_{u,v} a_{u,v}",
)
formula_mistake(
    "bias_times_itself",
    "∂J/∂b 里还乘了 b：∂z/∂b 是 1（见讲义 3.3 卷积核的梯度）",
    "∂J/∂b still holds b, but ∂z/∂b is 1 (lecture 3.3)",
    bias="Σ_u Σ_v δ_{u,v} b",
)


@in_formulas.alternative
def formulas_in_latex():
    return (
        r"\frac{\partial J}{\partial b^{(l)}} = \sum_{i}\sum_{j} \delta_{i,j}^{(l)}"
        "\n"
        r"\frac{\partial J}{\partial w_{m,n}^{(l)}} = "
        r"\sum_{i}\sum_{j} \delta_{i,j}^{(l)}\, a_{s(i-1)+m,\,s(j-1)+n}^{(l-1)}"
    )


@in_formulas.alternative
def formulas_in_ascii():
    return "dJ/dw[p,q] = sum_{u,v} a[u*s-s+p, v*s-s+q]*delta[u,v]\ndJ/db = sum_{u,v} delta[u,v]"


@in_formulas.alternative
def formulas_after_the_chain_rule():
    return (
        r"\frac{\partial J}{\partial w_{p,q}} = \sum_u \sum_v \frac{\partial J}{\partial z_{u,v}} "
        r"\frac{\partial z_{u,v}}{\partial w_{p,q}} = \sum_u \sum_v \delta_{u,v} a_{(u-1)s+p,(v-1)s+q}"
        "\n"
        r"\frac{\partial J}{\partial b} = \sum_u \sum_v \frac{\partial J}{\partial z_{u,v}} "
        r"\frac{\partial z_{u,v}}{\partial b} = \sum_u \sum_v \delta_{u,v}"
    )


# ------------------------------------------------------------------------------------ conv2d_weight_grad

weight = Exercise(conv2d_weight_grad, points=40, lecture="3.3")


def weight_args(rng, images, kernels, stride=None, padding=None, delta=real, x=real):
    """The arguments of `conv2d_weight_grad`.

    Parameters
    ----------
    images : (N, C, H, W)
    kernels : (K, kh, kw)
    stride, padding : int or None
        None leaves the argument out, as it is in most calls.
    """
    N, _, H, W = images
    K, kh, kw = kernels
    s, p = stride or 1, padding or 0
    outputs = N, K, (H + 2 * p - kh) // s + 1, (W + 2 * p - kw) // s + 1
    args = delta(rng, *outputs), x(rng, *images), (kh, kw)
    if padding is not None:
        return *args, s, p
    return args if stride is None else (*args, s)


@weight.group(**ONE_MAP, points=3)
def weight_lecture(rng):
    yield weight_args(rng, (1, 1, 3, 3), (1, 2, 2), delta=whole, x=whole)
    yield weight_args(rng, (1, 1, 4, 7), (1, 2, 3))


@weight_lecture.example
def weight_lecture_example():
    yield LECTURE_DELTA[None, None], LECTURE_A[None, None], (2, 2)


@weight.group("channels", points=4, zh="多个通道，多个卷积核", en="several channels, several kernels")
def weight_channels(rng):
    yield weight_args(rng, (1, 3, 4, 6), (2, 2, 3))
    yield weight_args(rng, (1, 1, 5, 3), (3, 3, 2))
    yield weight_args(rng, (1, 2, 3, 4), (2, 2, 2))


@weight.group("batch", points=4.5, zh="多个样本", en="several samples")
def weight_batch(rng):
    yield weight_args(rng, (2, 3, 4, 6), (4, 2, 3))
    yield weight_args(rng, (3, 1, 3, 5), (2, 2, 4))


@weight.group("stride", points=5, zh="步长大于 1", en="stride above 1")
def weight_stride(rng):
    # Windows overlap in one direction and leave gaps in the other; touch, gaps; touch, overlap.
    yield weight_args(rng, (1, 2, 5, 7), (3, 3, 1), 2)
    yield weight_args(rng, (1, 3, 6, 8), (1, 3, 2), 3)
    yield weight_args(rng, (1, 1, 6, 8), (2, 2, 4), 2)


@weight_stride.example
def weight_stride_example():
    yield np.array([[[[1.0, 10.0]]]]), np.arange(1.0, 6.0).reshape(1, 1, 1, 5), (1, 3), 2
    yield np.array([[[[1.0], [2.0]], [[3.0], [-1.0]]]]), np.arange(20.0).reshape(1, 1, 5, 4) % 7, (3, 4), 2


@weight.group("padding", points=5.5, zh="填充", en="padding")
def weight_padding(rng):
    yield weight_args(rng, (1, 2, 4, 3), (3, 3, 2), 1, 1)
    yield weight_args(rng, (1, 3, 3, 4), (1, 2, 3), 1, 2)  # some windows see nothing but zeros


@weight.group("combined", points=5.5, zh="批、步长与填充一起", en="batch, stride and padding together")
def weight_combined(rng):
    """The second proves the function for its size: every unit residual has a kernel of its own."""
    yield weight_args(rng, (3, 1, 3, 7), (2, 4, 2), 3, 2)
    yield unit_residuals(2, 2, 3), real(rng, 2, 3, 3, 4), (3, 2), 2, 1


@weight.group(
    "remainder",
    points=5,
    zh="有余数：最后几行、几列没有窗口到达",
    en="a remainder: no window reaches the last rows or columns",
    visible=False,
)
def weight_remainder(rng):
    yield weight_args(rng, (1, 2, 5, 6), (3, 2, 3), 2, 0)
    yield weight_args(rng, (2, 1, 5, 6), (3, 2, 1), 3, 1)
    # As many rows are out of reach as were padded, and more columns.
    yield unit_residuals(2, 2, 2), real(rng, 2, 3, 5, 6), (3, 3), 3, 1


@weight.group(**BASIS, points=1.5)
def weight_basis(rng):
    """Every unit residual has a kernel, every unit input a channel: passing proves 3×3 ∗ 2×2."""
    yield unit_residuals(1, 2, 2), units(3, 3)[None], (2, 2)


@weight.group(**EXTREMES, points=3)
def weight_extremes(rng):
    yield weight_args(rng, (2, 3, 2, 3), (2, 1, 1))
    yield weight_args(rng, (1, 2, 3, 6), (3, 1, 1), 3, 2)
    yield weight_args(rng, (3, 2, 3, 4), (2, 3, 4))
    # Higher than the input, lower only than what is padded.
    yield weight_args(rng, (2, 1, 2, 3), (3, 4, 3), 1, 1)


@weight.group(**INTEGERS, points=1.5)
def weight_integers(rng):
    yield weight_args(rng, (2, 1, 4, 3), (2, 2, 2), 1, 1, real, integers)
    yield weight_args(rng, (1, 2, 3, 4), (3, 2, 3), delta=integers)


@weight.group(**LAYOUTS, points=1.5)
def weight_layouts(rng):
    # Without padding, which would copy x.
    return in_every_layout(lambda: weight_args(rng, (2, 3, 3, 4), (2, 2, 3)))


def padded(x, padding, **how):
    """x with zeros on every side of its maps, or with something else: `how` goes to `np.pad`."""
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), **how)


def cropped(maps, size):
    """The rows and columns at the top left."""
    return maps[:, :, : size[0], : size[1]]


def without_a_border(maps, width):
    H, W = maps.shape[2:]
    return maps[:, :, width : H - width, width : W - width]


def spread_out(delta, step, end=1):
    """The residual with step − 1 zeros between its elements, and end − 1 behind the last."""
    *front, Ho, Wo = delta.shape
    spread = np.zeros((*front, (Ho - 1) * step + end, (Wo - 1) * step + end))
    spread[..., ::step, ::step] = delta
    return spread


def slid_over(x_pad, spread):
    """What a residual with zeros inserted gives at every place of x_pad; the kernel's weights come first."""
    windows = sliding_window_view(x_pad, spread.shape[2:], axis=(2, 3))
    return np.einsum("nkij,ncpqij->kcpq", spread, windows)


def weight_by_slices(delta, x, kernel_shape, stride=1, padding=0):
    return sums_over_windows(delta, padded(x, padding), kernel_shape, stride, stride)


def weight_by_inserting_zeros(delta, x, kernel_shape, stride=1, padding=0):
    return cropped(slid_over(padded(x, padding), spread_out(delta, stride)), kernel_shape)


weight.alternative(weight_by_slices)
weight.alternative(weight_by_inserting_zeros)


def on_padded(change):
    """A turn: the input is padded and then changed, `change(x_pad, arguments)`."""
    return given(x=lambda c: change(padded(c.x, c.padding), c), padding=lambda c: 0)


def within_reach(x_pad, c):
    """What windows reach that move one by one."""
    return cropped(x_pad, np.add(c.delta.shape[2:], c.kernel_shape) - 1)


def size_with_the_remainder(c):
    """The places that a residual finds which slides over everything."""
    return [c.x.shape[i] + 2 * c.padding - (c.delta.shape[i] - 1) * c.stride for i in (2, 3)]


def without_the_remainder_at_the_top(x_pad, c):
    rows, columns = np.subtract(x_pad.shape[2:], c.kernel_shape) % c.stride
    return x_pad[:, :, rows:, columns:]


STRIDE = "练习 7 与讲义 3.2 当步长不为 1 时", "exercise 7; lecture 3.2, when the stride is not 1"
PADDING = "讲义 3.2 当输入的边界有 0 填充时", "lecture 3.2, zero padding"

mistakes_of_weights(weight, "x", lambda change: on_padded(lambda x_pad, c: change(x_pad)))

weight.mistake(
    turn=both(pretend("stride", 1), on_padded(within_reach)), **see(STRIDE_IGNORED, *STRIDE), frequent=True
)
weight.mistake(
    "stride_for_rows_only",
    instead(lambda delta, x, shape, s=1, p=0: sums_over_windows(delta, padded(x, p), shape, rows=s)),
    zh="只在竖直方向用了步长：水平方向上，相邻的窗口也相隔 s（见练习 7 的步长）",
    en="the stride was used for rows only; windows stand s columns apart as well (exercise 7, stride)",
)
weight.mistake(
    "stride_on_the_weights",
    instead(lambda d, x, shape, s=1, p=0: cropped(slid_over(padded(x, p), d)[:, :, ::s, ::s], shape)),
    zh="步长用在了权重的下标上：每隔 s 个取一个的是求和的位置，权重仍逐个移动（见练习 7）",
    en="the stride was applied to the weights; it is the positions of the sum that are s apart (exercise 7)",
)
weight.mistake(
    "one_zero_too_many",
    instead(
        lambda d, x, shape, s=1, p=0: cropped(slid_over(padded(x, p), spread_out(d, s + (s > 1))), shape)
    ),
    zh="相邻的残差之间插入了 s 个 0，多了一个：应当是 s − 1 个（见讲义 3.2 当步长不为 1 时）",
    en="s zeros were inserted between neighbouring residuals; it takes s − 1 (lecture 3.2, stride)",
)
weight.mistake(
    "zeros_at_the_end",
    instead(lambda d, x, shape, s=1, p=0: cropped(slid_over(padded(x, p), spread_out(d, s, end=s)), shape)),
    zh="最后一个残差之后也插入了 0；0 只插在相邻的残差之间（见讲义 3.2 当步长不为 1 时）",
    en="zeros also follow the last residual; they belong between neighbours only (lecture 3.2, stride)",
)
weight.mistake(turn=pretend("padding", 0), **see(PADDING_IGNORED, *PADDING), frequent=True)
weight.mistake(
    "padding_on_one_side",
    on_padded(lambda x_pad, c: np.roll(x_pad, (-c.padding, -c.padding), axis=(2, 3))),
    zh="填充的 0 全落在了下边和右边；前向计算时每一边都补了 0（见讲义 3.2 当输入的边界有 0 填充时）",
    en="all the padding lies at the bottom and right; every side is padded (lecture 3.2, zero padding)",
    frequent=True,
)
weight.mistake(
    "padded_with_the_border",
    given(x=lambda c: padded(c.x, c.padding, mode="edge"), padding=lambda c: 0),
    zh="填充的是边界上的值，不是 0（见讲义 3.2 当输入的边界有 0 填充时）",
    en="the padding repeats the border's values instead of zeros (lecture 3.2, zero padding)",
)
weight.mistake(
    "gradient_cropped",
    result(lambda dw, c: without_a_border(dw, c.padding)),
    zh="权重的梯度也去掉了边界：要去掉填充边界的是前一层残差，权重一个也不少（见讲义 3.2 与练习 7）",
    en="the gradient of the weights lost a border; it is the residual of the layer before whose padding is "
    "cropped, while no weight goes missing (lecture 3.2; exercise 7)",
)
weight.mistake(
    "remainder_kept",
    given(kernel_shape=size_with_the_remainder),
    zh="结果比卷积核大：没有窗口到达的余数部分没有去掉（见练习 7 的余数）",
    en="the result is larger than the kernel: the remainder was not cut off (exercise 7, remainder)",
)
weight.mistake(
    "remainder_cut_at_the_top",
    on_padded(without_the_remainder_at_the_top),
    zh="余数部分从上边和左边去掉了；没有窗口到达的是下边和右边（见练习 7 的余数）",
    en="the remainder was cut off at the top and left; it lies at the bottom and right (exercise 7)",
)

mistakes_of_batches(weight)
mistakes_of_every_gradient(weight)

weight.mistake(
    "samples_mixed",
    given(delta=lambda c: c.delta.sum(axis=0, keepdims=True), x=lambda c: c.x.sum(axis=0, keepdims=True)),
    zh="不同样本混在了一起：每个样本的残差只与自己的输入相乘，然后再对批求和（见练习 7 的批）",
    en="samples were mixed; each residual meets the input of its own sample alone (exercise 7, batch)",
)
weight.mistake(turn=afterwards(first_axes_exchanged), **see(KERNEL_AXES_EXCHANGED, "练习 7", "exercise 7"))
weight.mistake(
    "gradient_reshaped",
    afterwards(lambda dw: dw.swapaxes(0, 1).reshape(dw.shape)),
    zh="用 reshape 代替了交换轴：形状对了，数却排错了卷积核与通道（见练习 7）",
    en="reshaped where axes should be exchanged: numbers stand at wrong kernels and channels (exercise 7)",
)
weight.mistake(
    "wrong_axes_reversed",
    turned("delta", lambda delta: delta[::-1, ::-1]),
    zh="残差的前两个轴颠倒了顺序：那是样本与卷积核的轴，哪个轴都不需要翻转（见讲义 3.3 与练习 7）",
    en="samples and kernels were reversed, not rows and columns; nothing needs reversing (lecture 3.3)",
)
weight.mistake(
    turn=turned("x", lambda x: np.broadcast_to(x.sum(axis=1, keepdims=True), x.shape)),
    **see(
        CHANNELS_MIXED,
        "练习 7 与讲义 3.2 当卷积输入通道不为 1 时",
        "exercise 7; lecture 3.2, several channels",
    ),
)
weight.mistake(
    "residual_maps_added",
    turned("delta", lambda delta: np.broadcast_to(delta.sum(axis=1, keepdims=True), delta.shape)),
    zh="对卷积核求了和：第 k 个卷积核只影响第 k 张残差图（见练习 7 与讲义 3.2 当卷积核数量不为 1 时）",
    en="the kernels' residuals were added up; kernel k has an influence on map k only (exercise 7)",
)
weight.mistake(
    turn=lambda function: turned("kernel_shape", lambda shape: shape[:1] * 2)(weight_by_slices),
    **see(SQUARE_KERNEL, "练习 7 的 kernel_shape", "kernel_shape in exercise 7"),
)
weight.mistake(
    "height_and_width_exchanged",
    lambda function: turned("kernel_shape", lambda shape: shape[::-1])(weight_by_slices),
    zh="卷积核的高与宽弄反了：kernel_shape 的第一个数是高，第二个是宽（见练习 7）",
    en="height and width of the kernel changed places; kernel_shape is (kh, kw) (exercise 7)",
)


@weight.alternative
def weight_by_plain_loops(delta, x, kernel_shape, stride=1, padding=0):
    (N, K, Ho, Wo), (_, C, H, W), (kh, kw) = delta.shape, x.shape, kernel_shape
    dw = np.zeros((K, C, kh, kw))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                for u in range(Ho):
                    for v in range(Wo):
                        for p in range(kh):
                            for q in range(kw):
                                i, j = u * stride + p - padding, v * stride + q - padding
                                if 0 <= i < H and 0 <= j < W:  # anything else is a padding zero
                                    dw[k, c, p, q] += delta[n, k, u, v] * x[n, c, i, j]
    return dw


@weight.alternative
def weight_by_accumulating_windows(delta, x, kernel_shape, stride=1, padding=0):
    kh, kw = kernel_shape
    x_pad = padded(x, padding)
    dw = 0.0
    for u, v in np.ndindex(delta.shape[2:]):
        window = x_pad[:, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
        dw = dw + np.tensordot(delta[:, :, u, v], window, axes=(0, 0))
    return dw


@weight.alternative
def weight_by_im2col_in_float32(delta, x, kernel_shape, stride=1, padding=0):
    (N, K, Ho, Wo), C, (kh, kw) = delta.shape, x.shape[1], kernel_shape
    rows = stride * np.arange(Ho)[:, None] + np.arange(kh)  # (Ho, kh)
    columns = stride * np.arange(Wo)[:, None] + np.arange(kw)  # (Wo, kw)
    x_pad = padded(x, padding).astype(np.float32)
    windows = x_pad[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # (N, C, Ho, Wo, kh, kw)
    unrolled = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * Ho * Wo, C * kh * kw)
    return (delta.astype(np.float32).swapaxes(0, 1).reshape(K, -1) @ unrolled).reshape(K, C, kh, kw)


@weight.alternative
def weight_by_a_forward_pass_with_axes_exchanged(delta, x, kernel_shape, stride=1, padding=0):
    """Channels as samples, the spread residual as kernels; the result is a view in Fortran order."""
    images, kernels = padded(x, padding).swapaxes(0, 1), spread_out(delta, stride).swapaxes(0, 1)
    windows = sliding_window_view(images, kernels.shape[2:], axis=(2, 3))
    dw = np.tensordot(kernels, windows, axes=((1, 2, 3), (1, 4, 5)))
    return cropped(np.asfortranarray(dw), kernel_shape)


@weight.alternative
def weight_by_fourier_transforms(delta, x, kernel_shape, stride=1, padding=0):
    x_pad = padded(x, padding)
    size = x_pad.shape[2:]
    turns, frequencies = np.fft.rfft2(spread_out(delta, stride), size).conj(), np.fft.rfft2(x_pad)
    return cropped(np.fft.irfft2(np.einsum("nkij,ncij->kcij", turns, frequencies), size), kernel_shape)


# -------------------------------------------------------------------------------------- conv2d_bias_grad

biases = Exercise(conv2d_bias_grad, points=15, lecture="3.3")


@biases.group(**ONE_MAP, points=3)
def biases_lecture(rng):
    yield (leaning(rng, 1, 1, 2, 2),)
    yield (leaning(rng, 1, 1, 3, 4),)


@biases_lecture.example
def biases_lecture_example():
    yield (LECTURE_DELTA[None, None],)


@biases.group("kernels", points=4, zh="多个卷积核", en="several kernels")
def biases_kernels(rng):
    yield (leaning(rng, 1, 3, 2, 4),)
    yield (leaning(rng, 1, 2, 3, 1),)


@biases.group("batch", points=4.5, zh="多个样本", en="several samples")
def biases_batch(rng):
    yield (leaning(rng, 2, 3, 4, 5),)
    yield (leaning(rng, 3, 2, 1, 4),)


@biases_batch.example
def biases_batch_example():
    yield (np.array([[[[1.0, 2.0]], [[10.0, 20.0]]], [[[3.0, 4.0]], [[30.0, 50.0]]]]),)
    yield (np.array([[[[1.0], [-2.0]]], [[[4.0], [0.5]]], [[[-3.0], [1.0]]]]),)


@biases.group(
    "equal sizes",
    points=2,
    zh="各轴一样长，或长度为 1",
    en="axes of equal length, or of length 1",
    visible=False,
)
def biases_equal_sizes(rng):
    yield (leaning(rng, 3, 3, 3, 3),)
    yield (leaning(rng, 2, 2, 1, 1),)
    yield (integers(rng, 2, 3, 2, 2),)


@biases.group(**{**BASIS, "zh": "逐个单位残差检验", "en": "one unit residual at a time"}, points=0.75)
def biases_basis(rng):
    """Every unit residual of a batch has a kernel, and a factor, of its own: passing proves this size."""
    yield (unit_residuals(2, 2, 3) * whole(rng, 12, 1, 1),)


@biases.group(**LAYOUTS, points=0.75)
def biases_layouts(rng):
    return in_every_layout(lambda: (leaning(rng, 2, 3, 2, 4),))


mistakes_of_biases(biases, batch=(0,), kept=(1, -1, 1, 1))
mistakes_of_batches(biases)
mistakes_of_every_gradient(biases)

biases.mistake(
    "divided_by_the_kernels",
    divided_by(lambda c: c.delta.shape[1]),
    zh="除以了卷积核的个数 K：每个卷积核有自己的偏置，互不平均（见练习 8）",
    en="it was divided by the number of kernels; each of them has a bias of its own (exercise 8)",
)
biases.mistake(
    "summed_over_the_kernels",
    instead(lambda delta: np.sum(delta, axis=(1, 2, 3))),
    zh="对卷积核的轴求了和，却保留了批的轴；每个卷积核有自己的偏置（见练习 8）",
    en="the sum runs over the kernels and leaves the batch; each kernel has a bias of its own (exercise 8)",
)
biases.mistake(
    "one_bias_for_all_kernels",
    instead(np.sum),
    zh="所有卷积核的残差加成了一个数；每个卷积核有自己的偏置（见练习 8）",
    en="the residuals of all kernels were added to one number; each has a bias of its own (exercise 8)",
)


@biases.alternative
def biases_by_plain_loops(delta):
    db = [0.0] * delta.shape[1]
    for n, k, u, v in np.ndindex(delta.shape):
        db[k] += delta[n, k, u, v]
    return db


@biases.alternative
def biases_by_einsum(delta):
    return np.einsum("nkuv->k", delta)


@biases.alternative
def biases_by_exchanging_axes(delta):
    return delta.swapaxes(0, 1).reshape(delta.shape[1], -1).sum(axis=1)


@biases.alternative
def biases_as_weights_of_a_constant_input(delta):
    """A bias is a weight whose input is 1: the view keeps the first of equal columns."""
    ones = np.ones((delta[:, 0].size, 2))
    return (delta.swapaxes(0, 1).reshape(delta.shape[1], -1) @ ones)[:, 0]


@biases.alternative
def biases_in_float32(delta):
    db = np.zeros(delta.shape[1], dtype=np.float32)
    for sample in delta:
        db += sample.sum(axis=(1, 2), dtype=np.float32)
    return db


for permuted in ("(2, 0, 3)", "(0, 3, 2)"):
    biases.equivalent(f"(0, 2, 3) → {permuted}", because="a sum over axes does not depend on their order")
