"""The tests of the assignment `models` (lecture 4): cases, misconceptions, accepted alternatives.

The backward passes get random residuals, never ones, in sizes that all differ. What is linear in the residual
also meets a basis: each unit residual is a sample of its own. The counting exercises draw their layers: who
knows the figures of AlexNet or ResNet-50 by heart earns nothing, and extents, strides, paddings and
remainders are such that two ways of counting never give the same number.

A mistake costs the same groups in every draw. So what matters is not left to chance: signs, remainders,
which of two numbers is the greater, whether groups divide.
"""

import functools
import math

import numpy as np

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import arguments, given, like, result, times, turned
from autograder.judging.comparison import Exact

from ..catalogue import (
    BASIS,
    FIRST_SAMPLE_ONLY,
    INTEGERS,
    LAST_SAMPLE_ONLY,
    LAYOUTS,
    REMAINDER_DROPPED,
    RESIDUAL_DIVIDED_BY_THE_BATCH,
    SAMPLES_MIXED,
    STORED_AS_INTEGERS,
    in_every_layout,
    integers,
    real,
    units,
    whole,
)
from .notebook import (
    DROPOUT,
    LRN,
    RELU,
    SOFTMAX,
    alexnet_layers,
    avg_pool,
    basic_layers,
    batch_norm,
    bottleneck_layers,
    conv,
    dropout_backward,
    dropout_forward,
    fully_connected,
    inception_backward,
    layer_macs,
    layer_parameters,
    max_pool,
    model_totals,
    output_shape,
    relu_backward,
    relu_pool_backward,
    residual_backward,
    resnet_layers,
)

DOMAIN = "cnn"

# ---------------------------------------------------------------------------- arrays that the cases share


def of_both_signs(rng, *shape):
    """Numbers between 0.5 and 2 in size; half of them, in random places, are negative."""
    size = int(np.prod(shape))
    signs = rng.permutation(np.resize([-1.0, 1.0], size))
    return (signs * rng.uniform(0.5, 2, size)).reshape(shape)


def mask_of(rng, *shape):
    """A mask that keeps two units of three: not the share that any `keep` of a case asks for."""
    size = int(np.prod(shape))
    return rng.permutation(np.resize([1.0, 0.0, 1.0], size)).reshape(shape)


def probability(rng):
    """A probability of being kept that is neither a half nor the share of the mask."""
    return float(rng.choice([0.25, 0.3, 0.4, 0.75, 0.8, 0.9]))


def odd(rng, *shape):
    """An integer array of odd numbers of much the same size, whose halves are never whole."""
    return 2 * rng.integers(4, 9, size=shape) + 1


LECTURE_SIZE = {"name": "lecture", "zh": "小例子的大小", "en": "examples of the text's size"}
SHAPES = {"name": "shapes", "zh": "批与通道", "en": "batches and channels"}


def mistakes(exercise, frequent=(), **turns):
    """Every turn with its text from `TEXTS`; the `frequent` ones are looked for in pairs, too."""
    for name, turn in turns.items():
        text = {**TEXTS[name], "id": name}
        exercise.mistake(turn=turn, frequent=name in frequent, **text)


def switched(function):
    """Turns that set switches of `function`, which is right without them; several turns set all of theirs."""

    def turn(**how):
        def wrong(reference):
            before = reference.keywords if isinstance(reference, functools.partial) else {}
            return functools.partial(function, **{**before, **how})

        return wrong

    return turn


# --------------------------------------------------------------------------------------- what is told


def told(zh, en):
    """The two texts of a mistake; its id is the name that `mistakes` is given."""
    return {"zh": zh, "en": en}


TEXTS = {
    # ReLU
    "slope_only": told(
        "没有乘以上游的残差，只返回了 σ′(z)（见练习 1 的公式）",
        "the residual from above is missing: σ′(z) alone was returned (the formula of exercise 1)",
    ),
    "residual_untouched": told(
        "残差原样返回了，没有乘 σ′(z)（见练习 1 的公式）",
        "the residual was returned as it came, without σ′(z) (the formula of exercise 1)",
    ),
    "relu_of_the_residual": told(
        "ReLU 用到了残差上：是否通过由 z 决定，负的残差也要传下去（见练习 1）",
        "the ReLU was applied to the residual; z says what passes, negative residuals as well (exercise 1)",
    ),
    "sign_of_the_residual": told(
        "是否通过是按残差的正负判断的：应当看 z 的正负（见练习 1）",
        "the sign of the residual decides what passes; it is the sign of z that should (exercise 1)",
    ),
    "passes_where_negative": told(
        "条件反了：z > 0 的单元传递残差，其余的不传（见练习 1）",
        "the condition is the wrong way round: residuals pass where z > 0, nowhere else (exercise 1)",
    ),
    "slope_one_at_zero": told(
        "z = 0 处导数取成了 1：本作业规定取 0（见练习 1）",
        "at z = 0 the derivative was taken to be 1; the text says 0 (exercise 1)",
    ),
    "times_activation": told(
        "残差乘上了激活值 max(0, z)：应当乘导数，z > 0 时是 1（见练习 1）",
        "the residual was multiplied by max(0, z) and not by the derivative, 1 where z > 0 (exercise 1)",
    ),
    "slope_of_sigmoid": told(
        "用的是 sigmoid 的导数：AlexNet 的激活函数是 ReLU（讲义 4）",
        "this is the derivative of the sigmoid; AlexNet's activation is the ReLU (lecture 4)",
    ),
    "leaky_slope": told(
        "z < 0 处留了一个小的斜率：那是 Leaky ReLU，这里是 0（见练习 1）",
        "a small slope was left where z < 0; that is a leaky ReLU, here it is 0 (exercise 1)",
    ),
    # dropout
    "not_rescaled": told(
        "没有除以保留的概率 p（见练习 2 的公式）",
        "the division by the probability p is missing (the formula of exercise 2)",
    ),
    "multiplied_by_keep": told(
        "乘了 p 而不是除以 p：去掉单元以后，留下的要放大（见练习 2）",
        "multiplied by p and not divided by it: what is kept has to grow (exercise 2)",
    ),
    "keep_taken_for_drop": told(
        "把 keep 当成了去掉的概率，除以了 1 − p：keep 是保留的概率（见练习 2）",
        "keep was taken for the probability of being dropped, dividing by 1 − p (exercise 2)",
    ),
    "mask_inverted": told(
        "掩码用反了：1 表示保留（见练习 2）",
        "the mask was used the wrong way round: 1 means kept (exercise 2)",
    ),
    "mask_ignored": told(
        "没有用掩码，被去掉的单元也留下了（见练习 2、3）",
        "the mask was not used: units that were dropped are still there (exercises 2 and 3)",
    ),
    "untouched": told(
        "Dropout 什么也没有做：测试时才如此（见练习 2）",
        "dropout did nothing at all, as it does in testing only (exercise 2)",
    ),
    "divided_by_the_share_kept": told(
        "除以了掩码中 1 的比例：除数是概率 p，不看这一次恰好保留了多少（见练习 2 的小例子）",
        "the divisor is the share of ones in the mask; it should be the probability p (exercise 2)",
    ),
    "rescaled_twice": told(
        "除以 p 除了两次（见练习 2、3 的公式）",
        "the division by p was done twice (the formulas of exercises 2 and 3)",
    ),
    "rescaled_but_not_kept": told(
        "被去掉的单元没有变成 0，而保留的放大了（见练习 2、3）",
        "units that were dropped did not become 0, while those that were kept grew (exercises 2 and 3)",
    ),
    "variance_kept": told(
        "除以了 √p：要保持的是期望，除数是 p（见练习 2）",
        "divided by √p: it is the expectation that is to be kept, which takes p (exercise 2)",
    ),
    "same_sum_kept": told(
        "放大到了总和不变：除数是 p，与数值无关（见练习 2）",
        "rescaled until the sum stays the same; the divisor is p, whatever the values (exercise 2)",
    ),
    # ReLU and pooling
    "relu_forgotten": told(
        "没有乘 ReLU 的 σ′(z)：全是负数的滑窗也传下了残差（见练习 4）",
        "σ′(z) of the ReLU is missing: windows of negative numbers passed their residual on (exercise 4)",
    ),
    "replaced_not_added": told(
        "一个单元是几个滑窗的最大值时，后来的残差覆盖了先前的：应当相加（见练习 4，讲义 3.1）",
        "where a unit is the maximum of several windows, the last residual replaced the others; they are "
        "added (exercise 4, lecture 3.1)",
    ),
    "windows_do_not_overlap": told(
        "滑窗按互不重叠处理，步长成了 3：AlexNet 的步长是 2（见练习 4）",
        "windows were taken to stand side by side, with stride 3; AlexNet's stride is 2 (exercise 4)",
    ),
    "window_of_two": told(
        "滑窗取成了 2×2：AlexNet 的滑窗是 3×3，步长 2（见练习 4）",
        "the windows were taken to be 2×2; AlexNet has 3×3 with stride 2 (exercise 4)",
    ),
    "stride_of_one": told(
        "反向时步长按 1 处理：相邻的滑窗相隔 2（见练习 4）",
        "on the way back the stride was taken to be 1; neighbouring windows stand 2 apart (exercise 4)",
    ),
    "residual_to_all_positive": told(
        "滑窗里所有为正的单元都得到了残差：只有最大值得到（讲义 3.1）",
        "all positive units of a window received its residual; only the maximum does (lecture 3.1)",
    ),
    "rule_of_average_pooling": told(
        "用了平均池化的规则，残差除以 9 分给了整个滑窗（讲义 3.1）",
        "the rule of average pooling was used: a ninth of the residual for each unit (lecture 3.1)",
    ),
    "residual_to_top_left": told(
        "残差送到了滑窗的左上角，而不是最大值处（讲义 3.1）",
        "the residual went to the top left of its window, not to the maximum (lecture 3.1)",
    ),
    "residual_to_greatest_magnitude": told(
        "残差送到了绝对值最大的单元：比较的应是 ReLU 之后的值（见练习 4）",
        "the residual went to the unit of greatest magnitude; compare what the ReLU gives (exercise 4)",
    ),
    "residual_to_minimum": told(
        "残差送到了滑窗的最小值处（讲义 3.1）",
        "the residual went to the minimum of its window (lecture 3.1)",
    ),
    "row_and_column_swapped": told(
        "最大值在滑窗中的行与列互换了（讲义 3.1：u 是行，v 是列）",
        "row and column of the maximum within its window changed places (lecture 3.1)",
    ),
    "residual_times_maximum": told(
        "残差还乘上了最大值：那里的导数是 1（讲义 3.1）",
        "the residual was also multiplied by the maximum; the derivative there is 1 (lecture 3.1)",
    ),
    "shared_among_windows": told(
        "收到几份残差的单元取了平均：应当相加（见练习 4）",
        "units that receive several residuals got their mean; residuals are added (exercise 4)",
    ),
    "maximum_of_all_channels": told(
        "最大值是在所有通道中找的：每个通道单独池化（讲义 3.1）",
        "the maximum was looked for in all channels at once; each is pooled on its own (lecture 3.1)",
    ),
    "indices_from_one": told(
        "滑窗向右下错了一格：讲义的下标从 1 开始，代码从 0 开始",
        "windows stand one row and column too far; the lecture counts from 1, Python from 0",
    ),
    "sign_of_the_residual_decides": told(
        "按残差的正负又做了一次 ReLU：是否通过由 z 决定（见练习 1）",
        "the residual itself was put through a ReLU; z says what passes (exercise 1)",
    ),
    # Inception
    "branches_averaged": told(
        "各分支传回的残差取了平均：应当相加（见练习 5 的第 3 步）",
        "the mean of the branches' residuals was taken; they are added (exercise 5, step 3)",
    ),
    "branches_stacked": told(
        "传回的残差拼接了起来：它们属于同一个输入，应当相加（见练习 5、6）",
        "residuals were stacked; they belong to the same input and are added (exercises 5 and 6)",
    ),
    "first_branch_only": told(
        "只有第一个分支的残差：x 影响了所有的分支（见练习 5）",
        "there is only the first branch's residual; x influences all branches (exercise 5)",
    ),
    "last_branch_only": told(
        "只剩下最后一个分支的残差：循环中后来的覆盖了先前的（见练习 5）",
        "only the last branch's residual is left; in the loop each replaced the one before (exercise 5)",
    ),
    "last_branch_missing": told(
        "少了最后一个分支的残差（见练习 5）",
        "the last branch's residual is missing (exercise 5)",
    ),
    "first_branch_twice": told(
        "第一个分支的残差加了两次（见练习 5）",
        "the first branch's residual was added twice (exercise 5)",
    ),
    "branches_multiplied": told(
        "各分支传回的残差相乘了：和的导数是相加（见练习 5 的第 3 步）",
        "the branches' residuals were multiplied; the chain rule adds them (exercise 5, step 3)",
    ),
    "greatest_branch": told(
        "在各分支传回的残差中取了最大的：应当相加（见练习 5 的第 3 步）",
        "the greatest of the branches' residuals was taken; they are added (exercise 5, step 3)",
    ),
    "weighted_by_channels": told(
        "各分支按通道数加了权：直接相加即可（见练习 5 的第 3 步）",
        "the branches were weighted by their channels; they are simply added (exercise 5, step 3)",
    ),
    "always_the_first_channels": told(
        "每个分支都取了 δ 最前面的通道：起点应当累加（见练习 5 的第 1 步）",
        "every branch took the first channels of δ; where a part starts has to move on (exercise 5, step 1)",
    ),
    "branches_in_reverse": told(
        "通道按分支的相反顺序拆开了：前 K₁ 个通道属于第一个分支（见练习 5 的第 1 步）",
        "channels were split in reverse order; the first K₁ belong to the first branch (exercise 5, step 1)",
    ),
    "channels_dealt_in_turn": told(
        "通道轮流分给了各分支：每个分支的通道是连续的一段（见练习 5 的第 1 步）",
        "channels were dealt out in turn; those of a branch lie next to each other (exercise 5, step 1)",
    ),
    "split_evenly": told(
        "δ 被平均拆开了：各分支的通道数可以不同（见练习 5 的第 1 步）",
        "δ was split into equal parts; branches may differ in their channels (exercise 5, step 1)",
    ),
    "columns_unrolled_first": told(
        "残差按列展开了：顺序是先通道，再行，再列（见练习 5，ravel）",
        "residuals were unrolled column by column; the order is channels, rows, columns (exercise 5, ravel)",
    ),
    "channels_unrolled_last": told(
        "展开时通道放在了最后：顺序是先通道，再行，再列（见练习 5，ravel）",
        "channels came last in unrolling; the order is channels, rows, columns (exercise 5, ravel)",
    ),
    "result_rolled_up_wrongly": told(
        "向量还原成图时行与列互换了（见练习 5，ravel 的顺序）",
        "rows and columns changed places when the vector became a map again (exercise 5, the order of ravel)",
    ),
    "batch_for_samples": told(
        "整批数据加成了一个样本（见练习 5：对每个样本）",
        "the samples of the batch were added up (exercise 5: for each sample)",
    ),
    "signs_lost": told(
        "负的残差被去掉了：这里没有激活函数（见练习 5）",
        "negative residuals were dropped; there is no activation function here (exercise 5)",
    ),
    # the shortcut
    "shortcut_forgotten": told(
        "只有分支的残差，捷径的 δ 没有加上（见练习 6 的公式）",
        "only the branch's residual is there; δ of the shortcut was not added (the formula of exercise 6)",
    ),
    "branch_forgotten": told(
        "只有捷径的 δ，分支的残差没有加上（见练习 6 的公式）",
        "only the shortcut's δ is there; the branch's residual was not added (the formula of exercise 6)",
    ),
    "paths_multiplied": told(
        "两条路的残差相乘了：x 出现在两处，应当相加（见练习 6）",
        "the residuals of the two paths were multiplied; x occurs twice, so they are added (exercise 6)",
    ),
    "paths_averaged": told(
        "两条路的残差取了平均：和的导数是 1，不是一半（见练习 6）",
        "the mean of the two paths was taken; the derivative of a sum is 1, not a half (exercise 6)",
    ),
    "paths_subtracted": told(
        "捷径减去了分支：y = F(x) + x，两项都是加（见练习 6）",
        "the branch was subtracted; in y = F(x) + x both are added (exercise 6)",
    ),
    "shortcut_twice": told(
        "捷径的 δ 加了两次：branch_grad 只含分支的残差（见练习 6）",
        "δ of the shortcut was added twice; branch_grad holds the branch alone (exercise 6)",
    ),
    "derivative_of_the_sum_plus_one": told(
        "加上了 1 而不是 δ：捷径的导数 1 要乘以 δ（见练习 6）",
        "1 was added and not δ: the shortcut's derivative 1 is multiplied by δ (exercise 6)",
    ),
    "relu_of_the_sum": told(
        "相加之后又做了一次 ReLU：这里没有激活函数（见练习 6）",
        "the sum was put through a ReLU; there is no activation function here (exercise 6)",
    ),
    "branch_scaled_by_shortcut": told(
        "分支的残差又乘了 δ：branch_grad 已经含有 δ（见练习 6）",
        "the branch's residual was multiplied by δ again; branch_grad holds it already (exercise 6)",
    ),
    # batches
    "first_sample_only": FIRST_SAMPLE_ONLY,
    "last_sample_only": LAST_SAMPLE_ONLY,
    "divided_by_the_batch": RESIDUAL_DIVIDED_BY_THE_BATCH,
    "samples_mixed": SAMPLES_MIXED,
    "stored_as_integers": STORED_AS_INTEGERS,
    "remainder_dropped": REMAINDER_DROPPED,
}


def only(kept):
    """One sample has its result; all others are 0."""
    return result(lambda dx, c: np.where(np.arange(len(dx))[:, None, None, None] == kept % len(dx), dx, 0.0))


BATCH = {
    "first_sample_only": only(0),
    "last_sample_only": only(-1),
    "divided_by_the_batch": result(lambda dx, c: dx / len(dx)),
    "samples_mixed": result(lambda dx, c: dx.sum(axis=0, keepdims=True) + np.zeros(dx.shape)),
}

# ----------------------------------------------------------------------------------------- relu_backward

relu = Exercise(relu_backward, points=6, lecture="4")


@relu.group(points=3, **LECTURE_SIZE)
def relu_lecture(rng):
    delta, z = whole(rng, 2, 3), of_both_signs(rng, 2, 3)
    on = np.unravel_index(z.argmax(), z.shape)
    delta[on] = -1 - abs(delta[on])  # a residual below 0 at a unit that is on: relu(δ) would lose it
    yield delta, z
    yield real(rng, 6), of_both_signs(rng, 6)


@relu_lecture.example
def relu_lecture_example():
    yield np.array([[5.0, 6.0], [7.0, 8.0]]), np.array([[1.0, -2.0], [0.0, 3.0]])
    yield np.array([[-1.0, 2.0], [-3.0, 4.0]]), np.array([[2.0, 0.5], [-1.0, -4.0]])


@relu.group(points=2.05, **SHAPES)
def relu_shapes(rng):
    yield real(rng, 2, 3, 4, 5), of_both_signs(rng, 2, 3, 4, 5)
    yield real(rng, 3, 4), of_both_signs(rng, 3, 4) - 5  # no unit is on
    yield real(rng, 4, 2), of_both_signs(rng, 4, 2) + 5  # every unit is on


@relu.group("zeros", points=0.3, zh="z 恰好为 0", en="z exactly 0", visible=False)
def relu_zeros(rng):
    delta, z = real(rng, 2, 4), np.array([[0.0, 1.0, -1.0, 0.0], [2.0, 0.0, 0.0, -3.0]])
    yield delta, z
    yield -delta, z


@relu.group(points=0.3, **INTEGERS)
def relu_integers(rng):
    yield of_both_signs(rng, 3, 4) / 2, integers(rng, 3, 4)
    yield integers(rng, 3, 4), integers(rng, 3, 4)


@relu.group(points=0.35, **LAYOUTS)
def relu_layouts(rng):
    yield from in_every_layout(lambda: (real(rng, 3, 4), of_both_signs(rng, 3, 4)))


mistakes(
    relu,
    frequent=("times_activation", "slope_one_at_zero", "stored_as_integers"),
    slope_only=result(lambda dz, c: (c.z > 0) * 1.0),
    residual_untouched=result(lambda dz, c: c.delta * 1.0),
    relu_of_the_residual=result(lambda dz, c: np.maximum(c.delta, 0)),
    sign_of_the_residual=result(lambda dz, c: c.z * (c.delta > 0)),
    passes_where_negative=turned("z", lambda z: -z),
    slope_one_at_zero=turned("z", lambda z: np.where(z == 0, 1, z)),
    times_activation=times(lambda c: np.maximum(c.z, 0)),
    slope_of_sigmoid=result(lambda dz, c: c.delta * np.exp(-c.z) / (1 + np.exp(-c.z)) ** 2),
    leaky_slope=result(lambda dz, c: np.where(c.z > 0, dz, 0.01 * c.delta)),
    stored_as_integers=like("z"),
)


@relu.alternative
def relu_by_loops(delta, z):
    dz = np.zeros(z.shape)
    for index in np.ndindex(z.shape):
        if z[index] > 0:
            dz[index] = delta[index]
    return dz


@relu.alternative
def relu_by_where(delta, z):
    return np.where(z > 0, delta, 0)


@relu.alternative
def relu_on_a_copy(delta, z):
    dz = np.array(delta, dtype=float)
    dz[z <= 0] = 0
    return dz


@relu.alternative
def relu_by_heaviside(delta, z):
    return np.heaviside(z, 0.0) * delta


# --------------------------------------------------------------------------------------------- dropout

forward = Exercise(dropout_forward, points=5, lecture="4")
backward = Exercise(dropout_backward, points=5, lecture="4")


def describe_dropout(exercise, name, example):
    """The formula is the same both ways, so are the cases and most mistakes; `name` is the array's."""

    @exercise.group(points=2.5, **LECTURE_SIZE)
    def lecture(rng):
        yield whole(rng, 2, 3), mask_of(rng, 2, 3), 0.5
        yield whole(rng, 3, 3), mask_of(rng, 3, 3), 0.5

    @lecture.example
    def by_hand():
        yield example, np.array([[1.0, 0.0], [1.0, 1.0]]), 0.5
        yield example, np.array([[0.0, 1.0], [0.0, 0.0]]), 0.5

    @exercise.group("keep", points=1.25, zh="别的保留概率", en="other probabilities")
    def probabilities(rng):
        yield real(rng, 5, 4), mask_of(rng, 5, 4), probability(rng)
        yield real(rng, 2, 3, 2, 4), mask_of(rng, 2, 3, 2, 4), probability(rng)
        yield real(rng, 3, 2), np.ones((3, 2)), 1.0

    @exercise.group(
        "masks",
        points=0.75,
        zh="全部保留或全部去掉；整数和布尔掩码",
        en="all kept or all dropped; masks of integers and booleans",
        visible=False,
    )
    def masks(rng):
        yield real(rng, 3, 4), mask_of(rng, 3, 4).astype(int), probability(rng)
        yield real(rng, 4, 3), mask_of(rng, 4, 3).astype(bool), probability(rng)
        yield real(rng, 2, 3), np.zeros((2, 3)), 0.5
        yield real(rng, 2, 3), np.ones((2, 3)), probability(rng)

    @exercise.group(points=0.25, **INTEGERS)
    def whole_numbers(rng):
        yield odd(rng, 3, 4), mask_of(rng, 3, 4).astype(int), 0.4

    @exercise.group(points=0.25, **LAYOUTS)
    def layouts(rng):
        yield from in_every_layout(lambda: (real(rng, 3, 4), mask_of(rng, 3, 4), probability(rng)))

    def array(c):
        return getattr(c, name)

    mistakes(
        exercise,
        frequent=("not_rescaled", "mask_inverted", "stored_as_integers"),
        not_rescaled=times(lambda c: c.keep),
        multiplied_by_keep=times(lambda c: c.keep**2),
        keep_taken_for_drop=result(lambda value, c: array(c) * c.mask / (1.0 - c.keep)),
        mask_inverted=turned("mask", lambda mask: 1 - mask),
        mask_ignored=turned("mask", np.ones_like),
        untouched=result(lambda value, c: array(c) * 1.0),
        divided_by_the_share_kept=times(lambda c: c.keep / np.mean(c.mask)),
        rescaled_twice=times(lambda c: 1 / c.keep),
        rescaled_but_not_kept=result(lambda value, c: np.where(c.mask, value, array(c))),
        variance_kept=times(lambda c: np.sqrt(c.keep)),
        same_sum_kept=result(lambda value, c: value * np.sum(array(c)) / np.sum(value)),
        stored_as_integers=like(name),
    )

    @exercise.alternative
    def by_loops(values, mask, keep):
        kept = np.zeros(values.shape)
        for index in np.ndindex(values.shape):
            kept[index] = values[index] / keep if mask[index] else 0.0
        return kept

    @exercise.alternative
    def by_where(values, mask, keep):
        return np.where(mask, values / keep, 0)

    @exercise.alternative
    def by_selection(values, mask, keep):
        kept = np.array(values, dtype=float)
        kept[mask == 0] = 0
        kept /= keep
        return kept


describe_dropout(forward, "a", np.array([[2.0, 4.0], [6.0, 8.0]]))
describe_dropout(backward, "delta", np.array([[1.0, 2.0], [3.0, 4.0]]))

# ------------------------------------------------------------------------------------ relu_pool_backward

pooled = Exercise(relu_pool_backward, points=7, lecture="4, 3.1")


def places(size, window=3, stride=2):
    """How many windows fit, rounded down."""
    return (size - window) // stride + 1


def hills(rng, *shape):
    """What goes into a ReLU, all different and at least 0.5 apart.

    In every map a peak belongs to several windows, and a pit is greater in size than everything else. In the
    last map of a batch the last window is all negative.
    """
    size = int(np.prod(shape))
    z = of_both_signs(rng, *shape)
    z = np.sign(z) * 0.5 * (1 + rng.permutation(size).reshape(shape))
    P, Q = places(shape[-2]), places(shape[-1])
    maps = list(np.ndindex(shape[:2]))
    for number, index in enumerate(maps):
        row = 2 if P > 1 and number % 2 == 0 and index != maps[-1] else 1
        column = 2 if (Q > 1 and number % 3 != 1) or index == maps[-1] else 0
        z[(*index, row, column)] = size + number
        z[(*index, 0, 1)] = -2 * size - number
        z[(*index, 1, 1)] = np.abs(z[(*index, 1, 1)])
    if P * Q > 1:
        last = z[-1, -1, 2 * (P - 1) :, 2 * (Q - 1) :]
        last[:] = -np.abs(last)
    return z


def pooled_args(rng, N, C, H, W):
    return of_both_signs(rng, N, C, places(H), places(W)), hills(rng, N, C, H, W)


@pooled.group(points=2.5, **LECTURE_SIZE)
def pooled_lecture(rng):
    delta, z = whole(rng, 1, 1, 2, 2), hills(rng, 1, 1, 5, 5)
    yield delta, z
    yield -delta, z
    yield pooled_args(rng, 1, 2, 5, 5)


@pooled_lecture.example
def pooled_lecture_example():
    z = [
        [1, -2, 3, -1, 2],
        [-4, 5, 8, 4, -3],
        [-1, -2, -6, -5, -7],
        [-8, -9, -2, -1, -4],
        [7, -6, -5, -2, -1],
    ]
    yield np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[z]], dtype=float)
    yield np.array([[[[-2.0, 5.0]]]]), np.array([[z[1:4]]], dtype=float)


@pooled.group(points=2.2, **SHAPES)
def pooled_batches(rng):
    yield pooled_args(rng, 2, 3, 5, 7)
    yield pooled_args(rng, 3, 1, 7, 5)
    yield pooled_args(rng, 1, 2, 3, 9)


@pooled.group(
    "remainder", points=1.2, zh="除不尽：有余下的行和列", en="rows and columns left over", visible=False
)
def pooled_remainder(rng):
    yield pooled_args(rng, 2, 1, 6, 8)
    yield pooled_args(rng, 1, 3, 5, 6)


@pooled.group(points=0.4, **BASIS)
def pooled_units(rng):
    yield units(1, 2, 3), np.repeat(hills(rng, 1, 1, 5, 7), 6, axis=0)


@pooled.group(points=0.35, **INTEGERS)
def pooled_integers(rng):
    delta, z = of_both_signs(rng, 2, 1, 2, 2) / 2, (2 * hills(rng, 2, 1, 5, 5)).astype(int)
    yield delta, z
    yield -delta, z


@pooled.group(points=0.35, **LAYOUTS)
def pooled_layouts(rng):
    yield from in_every_layout(lambda: pooled_args(rng, 2, 1, 5, 5))


def routed(delta, z, *, share=None, window=3, stride=2, combine=np.add, first=0, relu=relu_backward):
    """The right answer window by window, or a wrong one: with switches for what people get wrong."""
    share, dz = share or first_maximum, np.zeros(z.shape)
    for p, q in np.ndindex(delta.shape[-2:]):
        u, v = first + p * stride, first + q * stride
        at = (..., slice(u, u + window), slice(v, v + window))
        if dz[at].size:
            dz[at] = combine(dz[at], delta[..., p, q, None, None] * share(z[at]))
    return relu(dz, z)


def first_maximum(cells):
    flat = cells.reshape(*cells.shape[:-2], -1)
    share = np.zeros(flat.shape)
    np.put_along_axis(share, flat.argmax(axis=-1)[..., None], 1.0, axis=-1)
    return share.reshape(cells.shape)


def top_left(cells):
    share = np.zeros(cells.shape)
    share[..., :1, :1] = 1.0
    return share


inside = switched(routed)


def how_often(c):
    """How many windows each unit is the maximum of, at least 1."""
    return np.maximum(1, relu_pool_backward(np.ones(c.delta.shape), c.z))


mistakes(
    pooled,
    frequent=("relu_forgotten", "replaced_not_added", "divided_by_the_batch", "stored_as_integers"),
    relu_forgotten=inside(relu=lambda dz, z: dz),
    replaced_not_added=inside(combine=lambda old, new: np.where(new != 0, new, old)),
    windows_do_not_overlap=inside(stride=3),
    window_of_two=inside(window=2),
    stride_of_one=inside(stride=1),
    residual_to_all_positive=inside(share=lambda cells: cells > 0),
    rule_of_average_pooling=inside(share=lambda cells: np.full(cells.shape, 1 / 9)),
    residual_to_top_left=inside(share=top_left),
    residual_to_greatest_magnitude=inside(share=lambda cells: first_maximum(np.abs(cells))),
    residual_to_minimum=inside(share=lambda cells: first_maximum(-cells), relu=lambda dz, z: dz),
    row_and_column_swapped=inside(share=lambda cells: first_maximum(cells).swapaxes(-2, -1)),
    residual_times_maximum=inside(share=lambda cells: first_maximum(cells) * np.maximum(cells, 0)),
    maximum_of_all_channels=inside(share=lambda cells: cells == cells.max(axis=(1, 2, 3), keepdims=True)),
    indices_from_one=inside(first=1),
    shared_among_windows=result(lambda dz, c: dz / how_often(c)),
    sign_of_the_residual_decides=result(lambda dz, c: np.maximum(dz, 0)),
    **BATCH,
    remainder_dropped=result(lambda dz, c: dz[..., : 2 * c.delta.shape[-2] + 1, : 2 * c.delta.shape[-1] + 1]),
    stored_as_integers=like("z"),
)

pooled.alternative(routed)


@pooled.alternative
def pooled_by_loops(delta, z):
    dz = np.zeros(z.shape)
    N, C, Ho, Wo = delta.shape
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    best, place = 0.0, None  # what the ReLU lets through
                    for u in range(2 * p, 2 * p + 3):
                        for v in range(2 * q, 2 * q + 3):
                            if z[n, c, u, v] > best:
                                best, place = z[n, c, u, v], (n, c, u, v)
                    if place is not None:
                        dz[place] += delta[n, c, p, q]
    return dz


@pooled.alternative
def pooled_by_scattering(delta, z):
    windows = np.lib.stride_tricks.sliding_window_view(np.maximum(z, 0), (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    best = windows.reshape(*delta.shape, 9).argmax(axis=-1)
    n, c, p, q = np.indices(delta.shape)
    dz = np.zeros(z.shape)
    np.add.at(dz, (n, c, 2 * p + best // 3, 2 * q + best % 3), delta)
    return dz * (z > 0)


@pooled.alternative
def pooled_by_comparing(delta, z):
    a, dz = np.maximum(z, 0), np.zeros(z.shape)
    Ho, Wo = delta.shape[2:]
    corners = [(i, j) for i in range(3) for j in range(3)]
    largest = np.max([a[:, :, i : i + 2 * Ho : 2, j : j + 2 * Wo : 2] for i, j in corners], axis=0)
    for i, j in corners:
        at = (slice(None), slice(None), slice(i, i + 2 * Ho, 2), slice(j, j + 2 * Wo, 2))
        dz[at] += delta * (a[at] == largest) * (z[at] > 0)
    return dz


@pooled.alternative
def pooled_in_single_precision(delta, z):
    return relu_pool_backward(delta.astype(np.float32), z.astype(np.float32)).astype(np.float32)


# ------------------------------------------------------------------------------------ inception_backward

module = Exercise(inception_backward, points=11, lecture="4")


def module_args(rng, N, C, H, W, channels):
    """The arguments for branches of `channels`; every branch is any linear map."""
    matrices = [real(rng, C * H * W, K * H * W) for K in channels]
    return real(rng, N, sum(channels), H, W), list(channels), matrices


@module.group(
    points=3, name="lecture", zh="小例子的大小：一个位置", en="the text's example: a single position"
)
def module_lecture(rng):
    delta, channels, matrices = module_args(rng, 1, 2, 1, 1, (1, 2))
    yield delta, channels, matrices
    yield -delta, channels, matrices
    yield module_args(rng, 1, 3, 1, 1, (2, 1, 4))


@module_lecture.example
def module_lecture_example():
    delta, B = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1), np.array([[0.0, 1.0], [1.0, 0.0]])
    yield delta, [1, 2], [np.array([[1.0], [2.0]]), B]
    yield -delta, [2, 1], [B, np.array([[3.0], [-1.0]])]


@module.group(points=3.5, **SHAPES)
def module_batches(rng):
    yield module_args(rng, 3, 2, 2, 3, (3, 1, 2))
    yield module_args(rng, 2, 4, 3, 1, (1, 3, 1, 2))


@module.group(
    "equal", points=1.5, zh="通道数相同的分支", en="branches with equal numbers of channels", visible=False
)
def module_equal(rng):
    yield module_args(rng, 2, 3, 2, 1, (2, 2, 2))
    yield module_args(rng, 3, 1, 1, 2, (4, 4))


@module.group(
    "extremes",
    points=1.4,
    zh="只有一个分支；一个通道的输入",
    en="a single branch; an input of one channel",
    visible=False,
)
def module_extremes(rng):
    yield module_args(rng, 2, 3, 1, 2, (4,))
    yield module_args(rng, 2, 1, 2, 2, (1, 2, 3))


@module.group(points=0.5, **BASIS)
def module_units(rng):
    _, channels, matrices = module_args(rng, 1, 2, 1, 2, (1, 2))
    yield units(3, 1, 2), channels, matrices


@module.group(points=0.55, **INTEGERS)
def module_integers(rng):
    _, channels, matrices = module_args(rng, 2, 3, 1, 2, (1, 2))
    delta = whole(rng, 2, 3, 1, 2).astype(int)
    yield delta, channels, matrices
    yield -delta, channels, matrices


@module.group(points=0.55, **LAYOUTS)
def module_layouts(rng):
    yield from in_every_layout(lambda: module_args(rng, 3, 2, 1, 2, (3, 1)))


def parts(c, take=None):
    """What each branch hands back, (N, C, H, W); `take(number, start, count)` chooses its channels."""
    N, _, H, W = c.delta.shape
    start, found = 0, []
    for number, (count, B) in enumerate(zip(c.branch_channels, c.branch_backwards, strict=True)):
        part = c.delta[:, take(number, start, count) if take else slice(start, start + count)]
        found.append((part.reshape(N, -1) @ B.T).reshape(N, -1, H, W))
        start += count
    return found


def joined(join):
    """A mistake in how the branches' residuals are put together."""
    return result(lambda dx, c: join(parts(c)))


def split(take):
    """A mistake in which channels a branch gets: `take(number, start, count, call)`."""
    return result(lambda dx, c: sum(parts(c, lambda number, start, count: take(number, start, count, c))))


def evenly(number, start, count, c):
    size = c.delta.shape[1] / len(c.branch_channels)
    if size != int(size) or size != count:
        raise ValueError("the matrix does not fit")
    return slice(start, start + count)


def in_turn(number, start, count, c):
    return slice(number, None, len(c.branch_channels))


def from_the_end(number, start, count, c):
    end = c.delta.shape[1] - start
    return slice(end - count, end)


def columns_first(c, roll_up):
    """Residuals unrolled in another order; `roll_up` is how vectors become maps again."""
    N, _, H, W = c.delta.shape
    start, dx = 0, 0
    for count, B in zip(c.branch_channels, c.branch_backwards, strict=True):
        part = c.delta[:, start : start + count]
        dx = dx + part.swapaxes(2, 3).reshape(N, -1) @ B.T
        start += count
    return roll_up(dx, N, H, W)


def channels_last(c):
    N, _, H, W = c.delta.shape
    start, dx = 0, 0
    for count, B in zip(c.branch_channels, c.branch_backwards, strict=True):
        part = c.delta[:, start : start + count].transpose(0, 2, 3, 1)
        dx = dx + part.reshape(N, -1) @ B.T
        start += count
    return dx.reshape(N, -1, H, W)


def share_of_channels(c):
    return [K / sum(c.branch_channels) for K in c.branch_channels]


mistakes(
    module,
    frequent=("branches_averaged", "always_the_first_channels", "divided_by_the_batch", "stored_as_integers"),
    branches_averaged=joined(lambda found: sum(found) / len(found)),
    branches_stacked=joined(lambda found: np.concatenate(found, axis=1)),
    first_branch_only=joined(lambda found: found[0]),
    last_branch_only=joined(lambda found: found[-1]),
    last_branch_missing=joined(lambda found: sum(found[:-1], np.zeros(found[0].shape))),
    first_branch_twice=joined(lambda found: found[0] + sum(found)),
    branches_multiplied=joined(lambda found: np.prod(found, axis=0)),
    greatest_branch=joined(lambda found: np.max(found, axis=0)),
    weighted_by_channels=result(
        lambda dx, c: sum(share * part for share, part in zip(share_of_channels(c), parts(c), strict=True))
    ),
    always_the_first_channels=split(lambda number, start, count, c: slice(0, count)),
    branches_in_reverse=split(from_the_end),
    channels_dealt_in_turn=split(in_turn),
    split_evenly=split(evenly),
    columns_unrolled_first=result(
        lambda dx, c: columns_first(c, lambda flat, N, H, W: flat.reshape(N, -1, H, W))
    ),
    channels_unrolled_last=result(lambda dx, c: channels_last(c)),
    result_rolled_up_wrongly=result(
        lambda dx, c: dx.reshape(*dx.shape[:2], dx.shape[3], dx.shape[2]).swapaxes(2, 3)
    ),
    batch_for_samples=result(lambda dx, c: dx.sum(axis=0, keepdims=True)),
    signs_lost=result(lambda dx, c: np.maximum(dx, 0)),
    **BATCH,
    stored_as_integers=like("delta"),
)


@module.alternative
def module_by_loops(delta, branch_channels, branch_backwards):
    N, _, H, W = delta.shape
    C = branch_backwards[0].shape[0] // (H * W)
    dx = np.zeros((N, C, H, W))
    for n in range(N):
        start = 0
        for K, B in zip(branch_channels, branch_backwards, strict=True):
            part = delta[n, start : start + K].ravel()
            for row, index in enumerate(np.ndindex(C, H, W)):
                for column in range(len(part)):
                    dx[(n, *index)] += B[row, column] * part[column]
            start += K
    return dx


@module.alternative
def module_as_one_matrix(delta, branch_channels, branch_backwards):
    # the branches side by side are one matrix: the channels of δ come in the order of its columns
    N, _, H, W = delta.shape
    return np.einsum("ij,nj->ni", np.hstack(branch_backwards), delta.reshape(N, -1)).reshape(N, -1, H, W)


@module.alternative
def module_by_split(delta, branch_channels, branch_backwards):
    N, _, H, W = delta.shape
    ends = np.cumsum(branch_channels)[:-1]
    found = [
        B @ part.reshape(N, -1).T
        for part, B in zip(np.split(delta, ends, axis=1), branch_backwards, strict=True)
    ]
    return np.sum(found, axis=0).T.reshape(N, -1, H, W).copy()


@module.alternative
def module_sample_by_sample(delta, branch_channels, branch_backwards):
    def one(sample):
        found, start = [], 0
        for K, B in zip(branch_channels, branch_backwards, strict=True):
            found.append(B @ sample[start : start + K].ravel())
            start += K
        return sum(found).reshape(-1, *sample.shape[1:])

    return np.stack([one(sample) for sample in delta])


@module.alternative
def module_with_einsum(delta, branch_channels, branch_backwards):
    _, _, H, W = delta.shape
    dx, start = 0.0, 0
    for K, B in zip(branch_channels, branch_backwards, strict=True):
        tensor = B.reshape(-1, H, W, K, H, W)
        dx = dx + np.einsum("chwkuv,nkuv->nchw", tensor, delta[:, start : start + K])
        start += K
    return dx


@module.alternative
def module_in_single_precision(delta, branch_channels, branch_backwards):
    matrices = [B.astype(np.float32) for B in branch_backwards]
    return inception_backward(delta.astype(np.float32), branch_channels, matrices)


# ------------------------------------------------------------------------------------- residual_backward

shortcut = Exercise(residual_backward, points=5, lecture="4")


@shortcut.group(points=2.5, **LECTURE_SIZE)
def shortcut_lecture(rng):
    yield whole(rng, 1, 1, 2, 2), whole(rng, 1, 1, 2, 2)[..., ::-1] * 3


@shortcut_lecture.example
def shortcut_lecture_example():
    yield np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[[10.0, 20.0], [-3.0, 0.0]]]])


@shortcut.group(points=2, visible=False, **SHAPES)
def shortcut_batches(rng):
    yield real(rng, 2, 3, 4, 5), real(rng, 2, 3, 4, 5)
    yield real(rng, 3, 1, 2, 4), real(rng, 3, 1, 2, 4)
    yield real(rng, 1, 2, 3, 1), np.zeros((1, 2, 3, 1))


@shortcut.group(points=0.25, **INTEGERS)
def shortcut_integers(rng):
    yield integers(rng, 2, 1, 2, 3), of_both_signs(rng, 2, 1, 2, 3) / 3


@shortcut.group(points=0.25, **LAYOUTS)
def shortcut_layouts(rng):
    yield from in_every_layout(lambda: (real(rng, 2, 1, 3, 2), real(rng, 2, 1, 3, 2)))


mistakes(
    shortcut,
    frequent=("paths_averaged", "divided_by_the_batch", "stored_as_integers"),
    shortcut_forgotten=result(lambda dx, c: c.branch_grad * 1.0),
    branch_forgotten=result(lambda dx, c: c.delta * 1.0),
    paths_multiplied=result(lambda dx, c: c.delta * c.branch_grad),
    paths_averaged=result(lambda dx, c: dx / 2),
    paths_subtracted=turned("branch_grad", lambda grad: -grad),
    shortcut_twice=result(lambda dx, c: dx + c.delta),
    derivative_of_the_sum_plus_one=result(lambda dx, c: c.branch_grad + 1.0),
    relu_of_the_sum=result(lambda dx, c: np.maximum(dx, 0)),
    branch_scaled_by_shortcut=given(branch_grad=lambda c: c.delta * c.branch_grad),
    branches_stacked=result(lambda dx, c: np.concatenate([c.delta, c.branch_grad], axis=1)),
    greatest_branch=result(lambda dx, c: np.maximum(c.delta, c.branch_grad)),
    **BATCH,
    stored_as_integers=like("delta"),
)


@shortcut.alternative
def shortcut_by_loops(delta, branch_grad):
    dx = np.zeros(delta.shape)
    for index in np.ndindex(delta.shape):
        dx[index] = delta[index] + branch_grad[index]
    return dx


@shortcut.alternative
def shortcut_in_place_of_a_copy(delta, branch_grad):
    dx = delta.astype(float)
    dx += branch_grad
    return dx


@shortcut.alternative
def shortcut_as_a_sum(delta, branch_grad):
    return np.sum([delta, branch_grad], axis=0)


pooled.equivalent("(i, j) → (j, i)", because="the two loops only change places")
PAIRED = "zip(branch_channels, branch_backwards, strict=True)"
for paired in ("", ", strict=False"):
    module.equivalent(
        f"{PAIRED} → zip(branch_channels, branch_backwards{paired})",
        because="the two lists are equally long",
    )
module.equivalent("-1 → -2", because="any negative size is found out by NumPy")

# ------------------------------------------------------------------------------------ layers for counting


def different(rng, low, high, count=2):
    """`count` different whole numbers of low … high − 1."""
    return tuple(int(n) for n in low + rng.permutation(high - low)[:count])


def oblong(rng, layer):
    """The convolution with a kernel that is no square."""
    return {**layer, "kernel_shape": different(rng, 2, 6)}


def some_conv(rng, stride=1, padding=0, groups=1, bias=False):
    """A convolution with unlike channels, kernels, height and width; both of the former hold the groups."""
    C, K = (groups * n for n in different(rng, 3, 12))
    return oblong(rng, conv(C, K, 1, stride, padding, groups, bias))


def room_for(rng, kernel_shape, stride, padding, remainder):
    """A map's (H, W), H ≠ W, on which the kernel leaves `remainder` and gives no square."""
    (kh, kw), (rh, rw) = kernel_shape, remainder
    for Ho, Wo in rng.permutation([(a, b) for a in range(3, 9) for b in range(3, 9) if a != b]).tolist():
        H, W = kh - 2 * padding + stride * (Ho - 1) + rh, kw - 2 * padding + stride * (Wo - 1) + rw
        if H != W and min(H, W) > max(kh, kw):
            return H, W
    raise ValueError("no such size")


def on_a_map(rng, layer, remainder=(0, 0)):
    """The arguments (layer, input_shape) of a convolution."""
    sizes = room_for(rng, layer["kernel_shape"], layer["stride"], layer["padding"], remainder)
    return layer, (layer["in_channels"], *sizes)


def without_parameters(rng):
    """One layer of each kind that learns nothing, with the shape of its input."""
    C, H, W = different(rng, 7, 15, 3)
    pool = rng.permutation([3, 4]).tolist()
    yield max_pool(pool[0], 2), (C, H, W)
    yield avg_pool(pool[1], 3), (C, W, H)
    for layer in (RELU, DROPOUT, LRN, SOFTMAX):
        yield layer, (C, H, W)
    yield {"kind": "pad_channels", "channels": 2 * C + 1, "stride": 2}, (C, H, W)


def some_fully_connected(rng, bias):
    """A fully connected layer and an input of its size."""
    C, H, W, more = different(rng, 2, 9, 4)
    return fully_connected(C * H * W, C * H * W + more, bias), (C, H, W)


CONVOLUTIONS = {"name": "conv", "zh": "卷积，没有偏置", "en": "convolutions without biases"}
CONNECTED = {"name": "fully_connected", "zh": "全连接层", "en": "fully connected layers"}
OTHERS = {"name": "others", "zh": "其余的层", "en": "all other layers"}
GROUPS = {"name": "groups", "zh": "分组卷积", "en": "grouped convolutions"}
EVERYTHING = {"name": "everything", "zh": "综合", "en": "all of it together", "visible": False}

CONV1 = conv(3, 64, 7, stride=2, padding=3, bias=False)
ALEXNET_CONV2 = conv(96, 256, 5, padding=2, groups=2)


def of_kind(*kinds):
    """A turn of a counting function that touches these kinds of layers only."""

    def for_these(turn):
        def wrong_for_these(reference):
            wrong = turn(reference)

            @functools.wraps(reference)
            def either(*args, **kwargs):
                call = arguments(reference, args, kwargs)
                chosen = wrong if call.layer["kind"] in kinds else reference
                return chosen(**vars(call))

            return either

        return wrong_for_these

    return for_these


def layer_with(**changes):
    """The layer is taken to have other entries: `name=lambda layer: value`."""
    return turned("layer", lambda layer: {**layer, **{k: change(layer) for k, change in changes.items()}})


def more(amount):
    """`amount(layer)` is added to the count."""
    return result(lambda count, c: count + amount(c.layer))


in_conv, in_connected, in_batch_norm = of_kind("conv"), of_kind("fully_connected"), of_kind("batch_norm")
in_pools = of_kind("max_pool", "avg_pool")

# ---------------------------------------------------------------------------------------- layer_parameters

parameters = Exercise(layer_parameters, points=11, lecture="4, 3.3", accept=Exact())


@parameters.group(points=2.5, **CONVOLUTIONS)
def parameters_conv(rng):
    yield (some_conv(rng),)
    yield (some_conv(rng, stride=2, padding=1),)


@parameters_conv.example
def parameters_conv_example():
    yield (CONV1,)
    yield ({**conv(5, 7, 1, bias=False), "kernel_shape": (2, 3)},)


@parameters.group("bias", points=2, zh="卷积，有偏置", en="convolutions with biases")
def parameters_bias(rng):
    yield (some_conv(rng, bias=True),)
    yield (some_conv(rng, stride=3, padding=2, bias=True),)


@parameters.group(points=1.5, **CONNECTED)
def parameters_connected(rng):
    yield some_fully_connected(rng, True)[:1]
    yield some_fully_connected(rng, False)[:1]


@parameters.group(points=1.5, **OTHERS)
def parameters_others(rng):
    yield (batch_norm(int(rng.integers(5, 99))),)
    for layer, _ in without_parameters(rng):
        yield (layer,)


@parameters.group(points=1.5, **GROUPS)
def parameters_groups(rng):
    yield (some_conv(rng, groups=2),)
    yield (some_conv(rng, groups=3, bias=True),)


@parameters_groups.example
def parameters_groups_example():
    yield (ALEXNET_CONV2,)


@parameters.group("depthwise", points=0.75, zh="每个通道一组", en="each channel a group", visible=False)
def parameters_depthwise(rng):
    C, multiple = different(rng, 3, 9)
    yield (oblong(rng, conv(C, C * multiple, 1, groups=C)),)


@parameters.group(points=1.25, **EVERYTHING)
def parameters_everything(rng):
    yield (some_conv(rng, stride=2, padding=3, groups=5, bias=True),)
    yield (batch_norm(int(rng.integers(100, 999))),)
    yield some_fully_connected(rng, True)[:1]


def biases(amount):
    """A wrong number of biases in a convolution: `amount(layer)`."""
    return in_conv(more(lambda layer: layer["bias"] * (amount(layer) - layer["kernels"])))


def area(layer):
    return math.prod(layer["kernel_shape"])


TEXTS |= {
    "biases_not_counted": told(
        "偏置没有数：有偏置时每张特征图、每个输出还有一个参数（见练习 8）",
        "biases were not counted: one more for each feature map and each output (exercise 8)",
    ),
    "conv_biases_not_counted": told(
        "卷积层的偏置没有数（见练习 8）",
        "the biases of convolutions were not counted (exercise 8)",
    ),
    "connected_biases_not_counted": told(
        "全连接层的偏置没有数（见练习 8）",
        "the biases of fully connected layers were not counted (exercise 8)",
    ),
    "biases_always_counted": told(
        "bias 为 False 时也数了偏置（见练习 8）",
        "biases were counted where bias is False (exercise 8)",
    ),
    "connected_biases_of_inputs": told(
        "全连接层的每个输入数了一个偏置：偏置属于输出（见练习 8）",
        "a bias was counted for each input of a fully connected layer, not for each output (exercise 8)",
    ),
    "biases_of_input_channels": told(
        "每个输入通道数了一个偏置：每张特征图一个（讲义 3.3）",
        "a bias was counted for each input channel; it is one for each feature map (lecture 3.3)",
    ),
    "one_bias_for_the_layer": told(
        "整个卷积层只数了一个偏置：每张特征图一个（讲义 3.3）",
        "one bias was counted for the whole convolution; it is one for each feature map (lecture 3.3)",
    ),
    "one_bias_for_each_weight": told(
        "卷积核的每个权重数了一个偏置：求和之后才加，每张特征图一个（讲义 3.3）",
        "a bias was counted for each weight of a kernel; it is one for each feature map (lecture 3.3)",
    ),
    "channels_forgotten": told(
        "没有乘输入通道数：每个核在每个输入通道上都有一组权重（见练习 8、9）",
        "the input channels are missing: a kernel has weights for each of them (exercises 8 and 9)",
    ),
    "kernels_forgotten": told(
        "只算了一个卷积核：共有 K 个（见练习 8、9）",
        "only one kernel was counted; there are K of them (exercises 8 and 9)",
    ),
    "groups_ignored": told(
        "没有理会分组：每个核只看自己那组的 C/g 个通道（讲义 4，AlexNet）",
        "the groups were ignored: a kernel sees only the C/g channels of its group (lecture 4, AlexNet)",
    ),
    "groups_multiply": told(
        "分组让数目变大了：每个核反而变小，只看 C/g 个通道（讲义 4，AlexNet）",
        "the groups made the number larger; kernels get smaller and see C/g channels (lecture 4, AlexNet)",
    ),
    "one_group_only": told(
        "通道和核都除以了 g，只算了一组：共有 g 组（讲义 4，AlexNet）",
        "channels and kernels were both divided by g, which counts one group of g (lecture 4, AlexNet)",
    ),
    "square_kernel": told(
        "卷积核按正方形算了，高当作了宽：k_h 与 k_w 可以不同",
        "the kernel was taken to be square, its height for its width; k_h and k_w may differ",
    ),
    "height_and_width_added": told(
        "卷积核的高和宽相加了：权重是 k_h·k_w 个（见练习 8、9）",
        "height and width of the kernel were added; it has k_h·k_w weights (exercises 8 and 9)",
    ),
    "kernel_area_forgotten": told(
        "没有乘卷积核的大小 k_h·k_w（见练习 8、9）",
        "the size of the kernel, k_h·k_w, is missing (exercises 8 and 9)",
    ),
    "batch_norm_statistics_counted": told(
        "批归一化数了四个一通道：均值和方差不是训练得到的，不算（见练习 8）",
        "four were counted for each channel of a batch normalisation; mean and variance are not trained "
        "(exercise 8)",
    ),
    "batch_norm_scale_only": told(
        "批归一化每个通道只数了一个：缩放 γ 和平移 β 各有一个（见练习 8）",
        "one was counted for each channel of a batch normalisation; it has γ and β (exercise 8)",
    ),
    "batch_norm_forgotten": told(
        "批归一化的 γ 和 β 没有数（见练习 8）",
        "γ and β of batch normalisations were not counted (exercise 8)",
    ),
    "batch_norm_per_layer": told(
        "批归一化整层只数了两个：每个通道各有 γ 和 β（见练习 8）",
        "two were counted for a whole batch normalisation; each channel has γ and β (exercise 8)",
    ),
    "pooling_given_weights": told(
        "池化层数了权重：滑窗里没有要训练的数（讲义 3.3）",
        "pooling was given weights; nothing in its window is trained (lecture 3.3)",
    ),
    "padding_given_weights": told(
        "补 0 的捷径数了参数：它什么也不学习（见层表的说明）",
        "the shortcut that adds zeros was given parameters; it learns nothing (the table of layers)",
    ),
    "connected_as_sum": told(
        "全连接层的输入数与输出数相加了：每一对之间有一个权重（见练习 8、9）",
        "inputs and outputs of a fully connected layer were added; there is a weight for each pair "
        "(exercises 8 and 9)",
    ),
}

mistakes(
    parameters,
    frequent=("biases_not_counted", "groups_ignored", "channels_forgotten", "batch_norm_statistics_counted"),
    biases_not_counted=of_kind("conv", "fully_connected")(layer_with(bias=lambda layer: False)),
    conv_biases_not_counted=in_conv(layer_with(bias=lambda layer: False)),
    connected_biases_not_counted=in_connected(layer_with(bias=lambda layer: False)),
    biases_always_counted=of_kind("conv", "fully_connected")(layer_with(bias=lambda layer: True)),
    connected_biases_of_inputs=in_connected(
        more(lambda layer: layer["bias"] * (layer["inputs"] - layer["outputs"]))
    ),
    biases_of_input_channels=biases(lambda layer: layer["in_channels"]),
    one_bias_for_the_layer=biases(lambda layer: 1),
    one_bias_for_each_weight=biases(
        lambda layer: layer["kernels"] * layer["in_channels"] // layer["groups"] * area(layer)
    ),
    channels_forgotten=in_conv(layer_with(in_channels=lambda layer: 1, groups=lambda layer: 1)),
    kernels_forgotten=in_conv(layer_with(kernels=lambda layer: 1)),
    groups_ignored=in_conv(layer_with(groups=lambda layer: 1)),
    groups_multiply=in_conv(
        layer_with(in_channels=lambda layer: layer["in_channels"] * layer["groups"] ** 2)
    ),
    one_group_only=in_conv(layer_with(kernels=lambda layer: layer["kernels"] // layer["groups"])),
    square_kernel=in_conv(layer_with(kernel_shape=lambda layer: (layer["kernel_shape"][0],) * 2)),
    height_and_width_added=in_conv(layer_with(kernel_shape=lambda layer: (1, sum(layer["kernel_shape"])))),
    kernel_area_forgotten=in_conv(layer_with(kernel_shape=lambda layer: (1, 1))),
    batch_norm_statistics_counted=in_batch_norm(times(lambda c: 2)),
    batch_norm_scale_only=in_batch_norm(result(lambda count, c: count // 2)),
    batch_norm_forgotten=in_batch_norm(times(lambda c: 0)),
    batch_norm_per_layer=in_batch_norm(result(lambda count, c: 2)),
    pooling_given_weights=in_pools(more(lambda layer: layer["window"] ** 2)),
    padding_given_weights=of_kind("pad_channels")(more(lambda layer: layer["channels"])),
    connected_as_sum=in_connected(
        more(lambda layer: layer["inputs"] + layer["outputs"] - layer["inputs"] * layer["outputs"])
    ),
)

parameters.equivalent("(kh, kw) → (kw, kh)", because="only the product kh · kw is used")


@parameters.alternative
def parameters_by_counting(layer):
    """One by one, as far as a loop over kernels and channels goes."""
    count = 0
    if layer["kind"] == "conv":
        for _kernel in range(layer["kernels"]):
            for _channel in range(0, layer["in_channels"], layer["groups"]):
                count += layer["kernel_shape"][0] * layer["kernel_shape"][1]
            if layer["bias"]:
                count += 1
    elif layer["kind"] == "fully_connected":
        for _output in range(layer["outputs"]):
            count += layer["inputs"] + (1 if layer["bias"] else 0)
    elif layer["kind"] == "batch_norm":
        count = layer["channels"] + layer["channels"]
    return count


@parameters.alternative
def parameters_by_shapes(layer):
    """The sizes of the arrays that hold them."""
    match layer:
        case {"kind": "conv", "in_channels": C, "kernels": K, "kernel_shape": shape, "groups": g}:
            arrays = [(K, C // g, *shape), (K * layer["bias"],)]
        case {"kind": "fully_connected", "inputs": n, "outputs": m, "bias": bias}:
            arrays = [(m, n), (m * bias,)]
        case {"kind": "batch_norm", "channels": C}:
            arrays = [(C,), (C,)]
        case _:
            arrays = []
    return sum(int(np.prod(shape)) for shape in arrays)


@parameters.alternative
def parameters_from_a_dictionary(layer):
    rules = {
        "conv": lambda one: (
            one["kernels"] * (one["in_channels"] / one["groups"] * np.prod(one["kernel_shape"]) + one["bias"])
        ),
        "fully_connected": lambda one: (one["inputs"] + one["bias"]) * one["outputs"],
        "batch_norm": lambda one: one["channels"] * 2,
    }
    return rules.get(layer["kind"], lambda one: 0)(layer)


# -------------------------------------------------------------------------------------------- output_shape

shapes = Exercise(output_shape, points=8, lecture="4, 2.1", accept=Exact())


@shapes.group(points=2, **CONVOLUTIONS)
def shapes_conv(rng):
    yield on_a_map(rng, some_conv(rng))
    yield on_a_map(rng, some_conv(rng))


@shapes_conv.example
def shapes_conv_example():
    yield conv(1, 4, 3), (1, 8, 8)
    yield {**conv(3, 5, 1), "kernel_shape": (2, 3)}, (3, 6, 9)


STRIDES = {"name": "strides", "zh": "步长与填充", "en": "stride and padding"}


@shapes.group(points=2, **STRIDES)
def shapes_strides(rng):
    yield on_a_map(rng, some_conv(rng, stride=2, padding=1))
    yield on_a_map(rng, some_conv(rng, stride=3, padding=2), (1, 2))


@shapes_strides.example
def shapes_strides_example():
    yield CONV1, (3, 224, 224)
    yield conv(2, 6, 3, stride=2, padding=1), (2, 7, 10)


@shapes.group("pooling", points=1.5, zh="池化", en="pooling")
def shapes_pooling(rng):
    C, H, W = different(rng, 9, 18, 3)
    yield max_pool(3, 2), (C, 2 * H, 2 * W + 1)
    yield avg_pool(2, 3, padding=1), (C, 3 * H, 3 * W + 1)
    yield max_pool(3, 2, padding=1), (C, 2 * W, 2 * H)


@shapes.group(points=1.25, **OTHERS)
def shapes_others(rng):
    yield some_fully_connected(rng, True)
    for layer, shape in without_parameters(rng):
        if "window" not in layer:
            yield layer, shape
    C, H, W = different(rng, 4, 9, 3)
    yield batch_norm(C), (C, H, W)
    yield {"kind": "pad_channels", "channels": 2 * C, "stride": 2}, (C, 2 * H + 1, 2 * W)
    yield {"kind": "pad_channels", "channels": 3 * C, "stride": 2}, (C, 2 * W, 2 * H + 1)
    yield {"kind": "pad_channels", "channels": 3 * C, "stride": 3}, (C, 3 * W + 1, 3 * H + 2)


@shapes.group(points=1.25, **EVERYTHING)
def shapes_everything(rng):
    yield on_a_map(rng, some_conv(rng, stride=2, padding=3, groups=2, bias=True), (1, 0))
    yield on_a_map(rng, some_conv(rng, stride=4, padding=2), (0, 3))
    layer = some_conv(rng)
    yield layer, (layer["in_channels"], *layer["kernel_shape"])


TEXTS |= {
    "rounded_up": told(
        "除不尽时向上取整了：不完整的滑窗不算，应当向下取整（见练习 7 的公式）",
        "where the division leaves a remainder it was rounded up; only whole windows count (exercise 7)",
    ),
    "one_place_too_few": told(
        "少了一个位置：公式最后要加 1（见练习 7）",
        "there is one place too few: the formula ends with + 1 (exercise 7)",
    ),
    "padded_on_one_side": told(
        "填充只算了一边：上下、左右两边都补，共 2p（见练习 7 的公式）",
        "the padding was counted on one side only; it is 2p in all (the formula of exercise 7)",
    ),
    "padding_ignored": told(
        "没有用到填充（见练习 7 的公式）", "the padding was ignored (the formula of exercise 7)"
    ),
    "stride_ignored": told(
        "没有用到步长（见练习 7 的公式）", "the stride was ignored (the formula of exercise 7)"
    ),
    "size_over_stride": told(
        "输出大小算成了 H/s：滑窗的大小和填充也要算（见练习 7 的公式）",
        "the output was taken to be H/s; window and padding matter, too (the formula of exercise 7)",
    ),
    "size_kept": told(
        "卷积、池化的输出与输入一样大：那只在填充和步长合适时才成立（见练习 7 的公式）",
        "outputs of convolution and pooling were taken to be as large as their inputs (see the formula of "
        "exercise 7)",
    ),
    "channels_kept": told(
        "卷积的输出通道数取成了输入的：它等于卷积核的个数（见练习 7）",
        "convolutions kept their input's channels; they give one for each kernel (exercise 7)",
    ),
    "height_for_width": told(
        "输出的宽取成了高：特征图不一定是正方形",
        "the width of the output was taken from its height; maps need not be square",
    ),
    "height_and_width_exchanged": told(
        "高与宽对调了：形状是 (C, H, W)",
        "height and width changed places; shapes are (C, H, W)",
    ),
    "kernel_turned": told(
        "卷积核的高与宽对调了：kernel_shape 是 (k_h, k_w)",
        "height and width of the kernel changed places; kernel_shape is (k_h, k_w)",
    ),
    "channels_last": told("通道放在了最后：形状是 (C, H, W)", "channels came last; shapes are (C, H, W)"),
    "windows_taken_to_touch": told(
        "池化的步长取成了滑窗的大小：两者可以不等（讲义 4，AlexNet 的重叠池化）",
        "the stride of pooling was taken to be its window; they may differ (lecture 4, overlapping pooling)",
    ),
    "pooling_padding_ignored": told(
        "池化的填充没有用到（见练习 7）", "the padding of pooling was ignored (exercise 7)"
    ),
    "connected_shape_flat": told(
        "全连接层的输出没有写成 (outputs, 1, 1)（见练习 7）",
        "the output of a fully connected layer was not written (outputs, 1, 1) (exercise 7)",
    ),
    "connected_keeps_map": told(
        "全连接层的输出保留了高和宽：输入先展开成向量，输出是 (outputs, 1, 1)（见练习 7）",
        "the output of a fully connected layer kept its height and width; it is (outputs, 1, 1) (exercise 7)",
    ),
    "shortcut_rounded_down": told(
        "pad_channels 少取了一行或一列：从第一行取起，除不尽时余下的那一行也取到（见练习 7）",
        "pad_channels lost a row or a column: it begins with the first, and keeps an odd one (exercise 7)",
    ),
    "shortcut_channels_kept": told(
        "pad_channels 的通道数没有变：补 0 之后是 channels 个（见练习 7）",
        "pad_channels kept its channels; with the zeros there are `channels` of them (exercise 7)",
    ),
    "shortcut_size_kept": told(
        "pad_channels 没有缩小：隔 stride 取一行一列（见练习 7）",
        "pad_channels kept its size; it takes every stride-th row and column (exercise 7)",
    ),
}
moves = of_kind("conv", "max_pool", "avg_pool")
slides = ("conv", "max_pool", "avg_pool")


def sizes_by(rule):
    """Another rule for height and width: `rule(size, k, s, p)`."""

    def change(shape, c):
        if c.layer["kind"] not in slides:
            return shape
        sides = c.layer.get("kernel_shape") or (c.layer.get("window"),) * 2
        s, p = c.layer["stride"], c.layer["padding"]
        H, W = (rule(size, k, s, p) for size, k in zip(c.input_shape[1:], sides, strict=True))
        return shape[0], H, W

    return result(change)


mistakes(
    shapes,
    frequent=("rounded_up", "one_place_too_few", "padded_on_one_side", "channels_kept"),
    rounded_up=sizes_by(lambda size, k, s, p: -((k - size - 2 * p) // s) + 1),
    one_place_too_few=sizes_by(lambda size, k, s, p: (size + 2 * p - k) // s),
    padded_on_one_side=sizes_by(lambda size, k, s, p: (size + p - k) // s + 1),
    padding_ignored=sizes_by(lambda size, k, s, p: (size - k) // s + 1),
    stride_ignored=sizes_by(lambda size, k, s, p: size + 2 * p - k + 1),
    size_over_stride=sizes_by(lambda size, k, s, p: size // s),
    size_kept=sizes_by(lambda size, k, s, p: size),
    channels_kept=in_conv(result(lambda shape, c: (c.input_shape[0], *shape[1:]))),
    height_for_width=moves(result(lambda shape, c: (shape[0], shape[1], shape[1]))),
    height_and_width_exchanged=moves(result(lambda shape, c: (shape[0], shape[2], shape[1]))),
    kernel_turned=in_conv(layer_with(kernel_shape=lambda layer: layer["kernel_shape"][::-1])),
    channels_last=result(lambda shape, c: (*shape[1:], shape[0])),
    windows_taken_to_touch=in_pools(layer_with(stride=lambda layer: layer["window"])),
    pooling_padding_ignored=in_pools(layer_with(padding=lambda layer: 0)),
    connected_shape_flat=in_connected(result(lambda shape, c: shape[:1])),
    connected_keeps_map=in_connected(result(lambda shape, c: (shape[0], *c.input_shape[1:]))),
    shortcut_rounded_down=of_kind("pad_channels")(
        result(lambda shape, c: (shape[0], *(size // c.layer["stride"] for size in c.input_shape[1:])))
    ),
    shortcut_channels_kept=of_kind("pad_channels")(result(lambda shape, c: (c.input_shape[0], *shape[1:]))),
    shortcut_size_kept=of_kind("pad_channels")(layer_with(stride=lambda layer: 1)),
)


@shapes.alternative
def shapes_by_sliding(layer, input_shape):
    """How many places there really are: counted."""

    def positions(size, k, s, p):
        count, start = 0, -p
        while start + k <= size + p:
            count, start = count + 1, start + s
        return count

    C, H, W = input_shape
    match layer["kind"]:
        case "conv":
            C, (kh, kw), p = layer["kernels"], layer["kernel_shape"], layer["padding"]
        case "max_pool" | "avg_pool":
            kh, kw, p = layer["window"], layer["window"], layer["padding"]
        case "pad_channels":
            return [layer["channels"], len(range(0, H, layer["stride"])), len(range(0, W, layer["stride"]))]
        case "fully_connected":
            return [layer["outputs"], 1, 1]
        case _:
            return [C, H, W]
    return [C, positions(H, kh, layer["stride"], p), positions(W, kw, layer["stride"], p)]


@shapes.alternative
def shapes_by_slicing(layer, input_shape):
    """What NumPy says of an array of that shape."""
    C, H, W = input_shape
    a = np.zeros((1, H, W))
    kind = layer["kind"]
    if kind == "fully_connected":
        return (layer["outputs"], 1, 1)
    s = layer.get("stride", 1)
    if "padding" in layer:
        a = np.pad(a, [(0, 0)] + [(layer["padding"],) * 2] * 2)
        window = layer["kernel_shape"] if kind == "conv" else (layer["window"],) * 2
        a = np.lib.stride_tricks.sliding_window_view(a, window, axis=(1, 2))
    a = a[:, ::s, ::s]
    channels = {"conv": "kernels", "pad_channels": "channels"}.get(kind)
    return (layer[channels] if channels else C, a.shape[1], a.shape[2])


@shapes.alternative
def shapes_with_floats(layer, input_shape):
    C, H, W = input_shape
    if layer["kind"] == "fully_connected":
        return layer["outputs"], 1, 1
    kh, kw = layer.get("kernel_shape", (layer.get("window", 1), layer.get("window", 1)))
    p, s = layer.get("padding", 0), layer.get("stride", 1)
    if layer["kind"] == "conv":
        C = layer["kernels"]
    if layer["kind"] == "pad_channels":
        C = layer["channels"]
    return C, int(np.floor((H + 2 * p - kh) / s)) + 1, int(np.floor((W + 2 * p - kw) / s)) + 1


shapes.equivalent("('max_pool', 'avg_pool') → ('avg_pool', 'max_pool')", because="a set of two kinds")
shapes.equivalent(
    "(channels, kh, kw, padding) → (channels, kw, kh, padding)", because="the windows of pooling are squares"
)
shapes.equivalent(
    "(channels, kh, kw, padding) → (channels, kw, kh, padding) (2)",
    because="the shortcut takes single rows and columns",
)

# ---------------------------------------------------------------------------------------------- layer_macs

macs = Exercise(layer_macs, points=11, lecture="4", accept=Exact())


@macs.group(points=2.5, **CONVOLUTIONS)
def macs_conv(rng):
    yield on_a_map(rng, some_conv(rng))
    yield on_a_map(rng, some_conv(rng))


@macs_conv.example
def macs_conv_example():
    yield conv(1, 4, 3, bias=False), (1, 8, 8)
    yield {**conv(2, 5, 1, bias=False), "kernel_shape": (2, 3)}, (2, 6, 9)


@macs.group(points=2.25, **STRIDES)
def macs_strides(rng):
    yield on_a_map(rng, some_conv(rng, stride=2, padding=1), (1, 0))
    yield on_a_map(rng, some_conv(rng, stride=3, padding=2), (1, 2))


@macs_strides.example
def macs_strides_example():
    yield CONV1, (3, 224, 224)
    yield conv(2, 6, 3, stride=2, padding=1, bias=False), (2, 7, 10)


@macs.group("bias", points=1, zh="有偏置", en="with biases")
def macs_bias(rng):
    yield on_a_map(rng, some_conv(rng, bias=True))
    yield some_fully_connected(rng, True)


@macs.group(points=1.5, **CONNECTED)
def macs_connected(rng):
    yield some_fully_connected(rng, False)
    yield some_fully_connected(rng, False)


@macs.group(points=1.25, **OTHERS)
def macs_others(rng):
    C, H, W = different(rng, 4, 9, 3)
    yield batch_norm(C), (C, H, W)
    yield from without_parameters(rng)
    yield on_a_map(rng, some_conv(rng))


@macs.group(points=1.25, **GROUPS)
def macs_groups(rng):
    yield on_a_map(rng, some_conv(rng, groups=2))
    yield on_a_map(rng, some_conv(rng, groups=3))


@macs_groups.example
def macs_groups_example():
    yield {**ALEXNET_CONV2, "bias": False}, (96, 27, 27)


@macs.group(points=1.25, **EVERYTHING)
def macs_everything(rng):
    yield on_a_map(rng, some_conv(rng, stride=2, padding=3, groups=5, bias=True), (1, 0))
    layer = some_conv(rng, groups=2)
    yield layer, (layer["in_channels"], *layer["kernel_shape"])
    C, multiple = different(rng, 3, 9)
    yield on_a_map(rng, oblong(rng, conv(C, C * multiple, 1, padding=1, groups=C)))


TEXTS |= {
    "input_size_for_output_size": told(
        "按输入的高和宽数了：卷积核停在输出的每个位置上，步长为 2 时只有四分之一（见练习 9）",
        "the size of the input was used for that of the output; with stride 2 the kernel stops at a quarter "
        "of the places (exercise 9)",
    ),
    "multiply_and_add_apart": told(
        "乘和加分开数了，结果大了一倍：一次乘加算一个（见练习 9）",
        "multiplications and additions were counted apart, twice as many; a multiply-add is one (exercise 9)",
    ),
    "one_addition_less": told(
        "每个输出值少数了一次：乘几次就是几次乘加（见练习 9）",
        "one is missing for each value of the output; each product is a multiply-add (exercise 9)",
    ),
    "biases_counted": told(
        "偏置也数成了乘加：它是参数，不算乘加（见练习 9）",
        "biases were counted as multiply-adds; they are parameters only (exercise 9)",
    ),
    "one_bias_a_kernel_counted": told(
        "每个卷积核的偏置数成了一次乘加：偏置不算（见练习 9）",
        "one multiply-add was counted for each kernel's bias; biases do not count (exercise 9)",
    ),
    "parameters_for_macs": told(
        "没有乘输出的位置数 Ho·Wo：同一组权重在每个位置都要用一次（见练习 9）",
        "the places of the output, Ho·Wo, are missing; the weights are used at each of them (exercise 9)",
    ),
    "square_map": told(
        "位置数取成了 Ho²：特征图不一定是正方形",
        "Ho² was taken for the number of places; maps need not be square",
    ),
    "batch_norm_counted": told(
        "批归一化也数了乘加：这里不算（见练习 9）",
        "batch normalisation was counted; here it is not (exercise 9)",
    ),
    "activation_counted": told(
        "ReLU 也数了：这里不算（见练习 9）",
        "the ReLU was counted; here it is not (exercise 9)",
    ),
    "pooling_counted": told(
        "池化也数了：比较和求平均都不算乘加（见练习 9）",
        "pooling was counted; neither comparing nor averaging are multiply-adds here (exercise 9)",
    ),
    "connected_not_counted": told(
        "全连接层没有数：每个权重一次（见练习 9）",
        "fully connected layers were not counted; there is one for each weight (exercise 9)",
    ),
    "connected_at_every_place": told(
        "全连接层又乘了高和宽：inputs 里已经有了（见练习 9）",
        "a fully connected layer was multiplied by height and width, which are in its inputs (exercise 9)",
    ),
    "macs_rounded_up": told(
        "输出的大小向上取整了：不完整的窗口不算（见练习 7）",
        "output sizes were rounded up; only whole windows count (exercise 7)",
    ),
    "macs_one_place_too_few": told(
        "输出的每一边少了一个位置：公式最后要加 1（见练习 7）",
        "each side of the output has one place too few; the formula ends with + 1 (exercise 7)",
    ),
    "macs_padding_ignored": told(
        "输出的大小没有算上填充（见练习 7）",
        "the padding was left out of the output's size (exercise 7)",
    ),
    "macs_padded_on_one_side": told(
        "填充只算了一边（见练习 7 的公式：2p）",
        "the padding was counted on one side only (exercise 7: 2p)",
    ),
}


def outputs_by(rule):
    """Another rule for the size of the output: `rule(size, k, s, p)`."""

    def change(count, c):
        _, Ho, Wo = output_shape(c.layer, c.input_shape)
        sides = zip(c.input_shape[1:], c.layer["kernel_shape"], strict=True)
        H, W = (rule(size, k, c.layer["stride"], c.layer["padding"]) for size, k in sides)
        return count // (Ho * Wo) * H * W

    return in_conv(result(change))


def count_of_outputs(c):
    return math.prod(output_shape(c.layer, c.input_shape))


in_both = of_kind("conv", "fully_connected")

mistakes(
    macs,
    frequent=(
        "input_size_for_output_size",
        "multiply_and_add_apart",
        "biases_counted",
        "groups_ignored",
        "channels_forgotten",
    ),
    input_size_for_output_size=outputs_by(lambda size, k, s, p: size),
    multiply_and_add_apart=in_both(times(lambda c: 2)),
    one_addition_less=in_both(result(lambda count, c: count - count_of_outputs(c))),
    biases_counted=in_both(result(lambda count, c: count + c.layer["bias"] * count_of_outputs(c))),
    one_bias_a_kernel_counted=in_conv(more(lambda layer: layer["bias"] * layer["kernels"])),
    parameters_for_macs=in_conv(result(lambda count, c: layer_parameters({**c.layer, "bias": False}))),
    channels_forgotten=in_conv(layer_with(in_channels=lambda layer: 1, groups=lambda layer: 1)),
    kernels_forgotten=in_conv(layer_with(kernels=lambda layer: 1)),
    groups_ignored=in_conv(layer_with(groups=lambda layer: 1)),
    groups_multiply=in_conv(
        layer_with(in_channels=lambda layer: layer["in_channels"] * layer["groups"] ** 2)
    ),
    one_group_only=in_conv(layer_with(kernels=lambda layer: layer["kernels"] // layer["groups"])),
    kernel_area_forgotten=in_conv(result(lambda count, c: count // area(c.layer))),
    square_kernel=in_conv(result(lambda count, c: count // area(c.layer) * c.layer["kernel_shape"][0] ** 2)),
    square_map=outputs_by(lambda size, k, s, p: 0),
    stride_ignored=outputs_by(lambda size, k, s, p: size + 2 * p - k + 1),
    macs_rounded_up=outputs_by(lambda size, k, s, p: -((k - size - 2 * p) // s) + 1),
    macs_one_place_too_few=outputs_by(lambda size, k, s, p: (size + 2 * p - k) // s),
    macs_padding_ignored=outputs_by(lambda size, k, s, p: (size - k) // s + 1),
    macs_padded_on_one_side=outputs_by(lambda size, k, s, p: (size + p - k) // s + 1),
    batch_norm_counted=in_batch_norm(result(lambda count, c: 2 * math.prod(c.input_shape))),
    activation_counted=of_kind("relu")(result(lambda count, c: math.prod(c.input_shape))),
    pooling_counted=in_pools(result(lambda count, c: c.layer["window"] ** 2 * count_of_outputs(c))),
    connected_not_counted=in_connected(times(lambda c: 0)),
    connected_at_every_place=in_connected(times(lambda c: math.prod(c.input_shape[1:]))),
    connected_as_sum=in_connected(
        more(lambda layer: layer["inputs"] + layer["outputs"] - layer["inputs"] * layer["outputs"])
    ),
)

macs.equivalent("(kh, kw) → (kw, kh)", because="only the product kh · kw is used")
macs.equivalent("(K, Ho, Wo) → (Ho, K, Wo)", because="only the product of the three is used")
macs.equivalent("(K, Ho, Wo) → (K, Wo, Ho)", because="only the product of the three is used")


@macs.alternative
def macs_by_places(layer, input_shape):
    """Every place of the output, one after the other."""
    if layer["kind"] == "fully_connected":
        return layer["inputs"] * layer["outputs"]
    if layer["kind"] != "conv":
        return 0
    (H, W), (kh, kw), p, s = input_shape[1:], layer["kernel_shape"], layer["padding"], layer["stride"]
    count = 0
    for _top in range(-p, H + p - kh + 1, s):
        for _left in range(-p, W + p - kw + 1, s):
            count += layer["kernels"] * layer["in_channels"] * kh * kw // layer["groups"]
    return count


@macs.alternative
def macs_by_weights(layer, input_shape):
    """Each weight is used once for each place of the output."""
    _, Ho, Wo = output_shape(layer, input_shape)
    weights = layer_parameters({**layer, "bias": False}) if layer["kind"] != "batch_norm" else 0
    return weights * Ho * Wo


@macs.alternative
def macs_in_floats(layer, input_shape):
    if layer["kind"] == "conv":
        outputs = float(np.prod(output_shape(layer, input_shape)))
        return outputs * (layer["in_channels"] / layer["groups"] * np.prod(layer["kernel_shape"]))
    return float(layer["inputs"] * layer["outputs"]) if layer["kind"] == "fully_connected" else 0.0


# -------------------------------------------------------------------------------------------- model_totals

model = Exercise(model_totals, points=12, lecture="4", accept=Exact())


def beginning(C, H, W):
    return {"kind": "input", "shape": (C, H, W)}


def some_image(rng, channels=None):
    """The beginning of a table: a map large enough to be halved a few times."""
    H, W = different(rng, 30, 45)
    return beginning(channels or int(rng.integers(2, 6)), H, W)


def even_image(rng, channels):
    """One of which halving by 1×1 or 3×3 leaves a remainder, so that it matters how sizes are rounded."""
    H, W = different(rng, 15, 22)
    return beginning(channels, 2 * H, 2 * W)


def chain(rng, C):
    """Some layers one behind the other, and the number of channels behind them."""
    first, second = different(rng, 5, 12)
    stride = int(rng.integers(2, 4))
    return [
        *(conv(C, first, 3, stride, padding=1), RELU, LRN, max_pool(3, 2)),
        *(conv(first, 2 * second, 2, bias=False), batch_norm(2 * second), RELU),
    ], 2 * second


def end(rng, C):
    """A classifier."""
    outputs = int(rng.integers(5, 20))
    return [avg_pool(2, 1), DROPOUT, fully_connected(C, outputs), SOFTMAX]


def inception_of(rng, C):
    """A module of four branches, and the number of channels behind it."""
    one, before, three, five = different(rng, 2, 11, 4)
    branches = [
        [conv(C, one, 1), RELU],
        [conv(C, before, 1), RELU, conv(before, three, 3, padding=1), RELU],
        [conv(C, 2, 1), RELU, conv(2, five, 5, padding=2), RELU],
        [max_pool(3, 1, padding=1), conv(C, 3, 1), RELU],
    ]
    return {"kind": "concat", "branches": branches}, one + three + five + 3


@model.group("chain", points=3.5, zh="一层接一层", en="one layer behind the other")
def model_chain(rng):
    for _ in range(2):
        image = some_image(rng)
        layers, C = chain(rng, image["shape"][0])
        yield ([image, *layers, *end(rng, C)],)


@model_chain.example
def model_chain_example():
    small = [conv(1, 4, 3), RELU, max_pool(2, 2), fully_connected(36, 10)]
    yield ([beginning(1, 8, 8), *small],)
    yield (alexnet_layers(),)


@model.group("add", points=2.5, zh="残差块", en="residual blocks")
def model_add(rng):
    C, K = different(rng, 3, 9)
    yield ([even_image(rng, C), *bottleneck_layers(C, K, 2, "library"), *end(rng, 4 * K)],)
    yield ([some_image(rng, 4 * K), *bottleneck_layers(4 * K, K, 1), conv(4 * K, C, 3)],)
    yield ([some_image(rng, C), *basic_layers(C, K, 2), *basic_layers(K, K, 1), conv(K, 5, 2)],)


@model.group("concat", points=2.5, zh="Inception 结构", en="Inception modules")
def model_concat(rng):
    image = even_image(rng, int(rng.integers(2, 6)))
    one, C = inception_of(rng, image["shape"][0])
    other, K = inception_of(rng, C)
    yield ([image, one, max_pool(3, 2), other, conv(K, K, 1), conv(K, K, 1), *end(rng, K)],)


@model.group("nested", points=1.5, zh="分支里还有分支", en="branches within branches", visible=False)
def model_nested(rng):
    C, K = different(rng, 3, 8)
    inner = {"kind": "concat", "branches": [[conv(C, K, 3, padding=1)], [conv(C, 2, 1), RELU]]}
    halves = [conv(K + 2, C, 3, stride=2, padding=1, bias=False), batch_norm(C)]
    outer = {"kind": "add", "branches": [[inner, *halves], [conv(C, C, 1, stride=2)]]}
    yield ([some_image(rng, C), outer, RELU, conv(C, 7, 3), *end(rng, 7)],)
    halved = {"kind": "concat", "branches": [bottleneck_layers(C, K, 2), [conv(C, 3, 2, stride=2)]]}
    yield ([beginning(C, 20, 34), halved, conv(4 * K + 3, 6, 3)],)


@model.group("deep", points=2, zh="更深的模型", en="deeper models", visible=False)
def model_deep(rng):
    image = some_image(rng)
    layers, C = chain(rng, image["shape"][0])
    K = int(rng.integers(3, 7))
    blocks = [
        *bottleneck_layers(C, K, 1),
        *bottleneck_layers(4 * K, K, 1),
        *bottleneck_layers(4 * K, K + 1, 2),
    ]
    module_, more_channels = inception_of(rng, 4 * K + 4)
    yield ([image, *layers, *blocks, module_, *end(rng, more_channels)],)
    yield (
        [
            image,
            *layers,
            *basic_layers(C, C, 1),
            *basic_layers(C, K, 2),
            *basic_layers(K, K, 1),
            *end(rng, K),
        ],
    )


TEXTS |= {
    "size_never_updated": told(
        "每一层都用了图像的大小：后一层的输入是前一层的输出（见练习 10）",
        "every layer was given the size of the image, not that of the output before it (exercise 10)",
    ),
    "size_updated_too_early": told(
        "先更新了形状再数乘加：卷积的输入形状是它之前的（见练习 10）",
        "shapes were updated before the multiply-adds were counted; a layer takes its input's (exercise 10)",
    ),
    "pooling_does_not_shrink": told(
        "池化之后的大小没有更新：没有参数的层也会改变形状（见练习 7、10）",
        "the size was not updated behind pooling; layers without parameters change it, too (exercises 7, 10)",
    ),
    "branches_skipped": told(
        "分支里的层没有数（见练习 10）",
        "the layers in branches were not counted (exercise 10)",
    ),
    "main_branch_only": told(
        "只数了第一个分支：捷径和其余的分支也要数（见练习 10）",
        "only the first branch was counted; shortcuts and all other branches count, too (exercise 10)",
    ),
    "shortcuts_skipped": told(
        "投影捷径没有数：add 的每个分支都要数（见练习 10）",
        "projections were not counted; every branch of an add counts (exercise 10)",
    ),
    "branches_one_behind_the_other": told(
        "各分支被接成了一串：每个分支都从同一个输入开始（见练习 10）",
        "branches were put one behind the other; each begins with the same input (exercise 10)",
    ),
    "size_before_the_block": told(
        "分支之后的大小没有更新：残差块也可能把特征图缩小（见练习 10）",
        "the size was not updated behind the branches; a block may shrink the map (exercise 10)",
    ),
    "inner_branches_skipped": told(
        "分支里的分支没有数（见练习 10）",
        "branches within branches were not counted (exercise 10)",
    ),
    "answers_exchanged": told(
        "两个结果的次序反了：先参数，后乘加（见练习 10）",
        "the two results changed places; parameters come first (exercise 10)",
    ),
    "connected_layers_skipped": told(
        "全连接层没有数（见练习 10）",
        "fully connected layers were not counted (exercise 10)",
    ),
    "normalisation_skipped": told(
        "批归一化的参数没有数（见练习 8、10）",
        "the parameters of batch normalisations were not counted (exercises 8 and 10)",
    ),
    "last_layer_skipped": told("最后一层没有数（见练习 10）", "the last layer was not counted (exercise 10)"),
    "first_layer_skipped": told(
        "图像之后的第一层没有数（见练习 10）",
        "the first layer behind the image was not counted (exercise 10)",
    ),
    "each_kind_once": told(
        "相同的层只数了一次：每出现一次都有自己的参数（见练习 10）",
        "equal layers were counted once; each has parameters of its own (exercise 10)",
    ),
}


def walk(
    table,
    shape,
    *,
    parameters=layer_parameters,
    macs=layer_macs,
    shape_of=output_shape,
    branches=lambda layer, depth: layer["branches"],
    into=lambda start, before: start,
    behind=lambda start, end: end,
    late=False,
    depth=0,
):
    """The right totals and the shape behind the table, or wrong ones: switches tell what people get wrong."""
    how = {
        "parameters": parameters,
        "macs": macs,
        "shape_of": shape_of,
        "branches": branches,
        "into": into,
        "behind": behind,
        "late": late,
    }
    learned = work = 0
    for layer in table:
        if "branches" in layer:
            start = end = shape
            for branch in branches(layer, depth):
                more_learned, more_work, end = walk(branch, into(start, end), depth=depth + 1, **how)
                learned, work = learned + more_learned, work + more_work
            shape = behind(start, end)
        else:
            after = shape_of(layer, shape)
            learned, work = learned + parameters(layer), work + macs(layer, after if late else shape)
            shape = after
    return learned, work, shape


def walked(layers, **how):
    return walk(layers[1:], layers[0]["shape"], **how)[:2]


walking = switched(walked)


def but_for(kinds, function, instead):
    """The function for all layers but those of some kinds."""
    return lambda layer, *shape: instead(*shape) if layer["kind"] in kinds else function(layer, *shape)


def nothing(*shape):
    return 0


def but_last(layers):
    """The totals without the last layer that counts."""
    *_, last = [layer for layer in layers if layer["kind"] in ("conv", "fully_connected")]
    return walked(
        layers,
        parameters=lambda layer: 0 if layer is last else layer_parameters(layer),
        macs=lambda layer, shape: 0 if layer is last else layer_macs(layer, shape),
    )


def equal_layers_once(layers):
    """The totals in which a layer that equals an earlier one is left out."""
    seen = []

    def is_new(layer):
        if layer in seen:
            return False
        seen.append(layer)
        return True

    simple = []
    walked(layers, macs=lambda layer, shape: simple.append((layer, shape)) or 0)
    new = [(layer, shape) for layer, shape in simple if is_new(layer)]
    return sum(layer_parameters(layer) for layer, _ in new), sum(layer_macs(*one) for one in new)


mistakes(
    model,
    frequent=("size_never_updated", "shortcuts_skipped", "answers_exchanged", "normalisation_skipped"),
    size_never_updated=walking(shape_of=lambda layer, shape: shape),
    size_updated_too_early=walking(late=True),
    pooling_does_not_shrink=walking(shape_of=but_for(("max_pool", "avg_pool"), output_shape, lambda s: s)),
    branches_skipped=walking(branches=lambda layer, depth: []),
    main_branch_only=walking(branches=lambda layer, depth: layer["branches"][:1]),
    shortcuts_skipped=walking(
        branches=lambda layer, depth: layer["branches"][: 1 if layer["kind"] == "add" else None]
    ),
    branches_one_behind_the_other=walking(into=lambda start, before: before),
    size_before_the_block=walking(behind=lambda start, end: start),
    inner_branches_skipped=walking(branches=lambda layer, depth: [] if depth else layer["branches"]),
    multiply_and_add_apart=result(lambda totals, c: (totals[0], 2 * totals[1])),
    connected_layers_skipped=walking(
        parameters=but_for(("fully_connected",), layer_parameters, nothing),
        macs=but_for(("fully_connected",), layer_macs, nothing),
    ),
    normalisation_skipped=walking(parameters=but_for(("batch_norm",), layer_parameters, nothing)),
    last_layer_skipped=lambda reference: but_last,
    first_layer_skipped=result(
        lambda totals, c: tuple(
            whole - part for whole, part in zip(totals, model_totals(c.layers[:2]), strict=True)
        )
    ),
    each_kind_once=lambda reference: equal_layers_once,
    answers_exchanged=result(lambda totals, c: totals[::-1]),
)

model.equivalent("('add', 'concat') → ('concat', 'add')", because="a set of two kinds")
model.equivalent("1: → :", because="the input itself has no parameters and keeps its shape")
model.equivalent("layers[1:] → layers[0:]", because="the input itself has no parameters and keeps its shape")


@model.alternative
def model_by_recursion(layers):
    def totals(table, shape):
        if not table:
            return 0, 0, shape
        first, *rest = table
        if first["kind"] in ("add", "concat"):
            found = [totals(branch, shape) for branch in first["branches"]]
            P, M = sum(one[0] for one in found), sum(one[1] for one in found)
            channels = sum(one[2][0] for one in found) if first["kind"] == "concat" else found[0][2][0]
            after = (channels, *found[0][2][1:])
        else:
            P, M, after = layer_parameters(first), layer_macs(first, shape), output_shape(first, shape)
        more_P, more_M, last = totals(rest, after)
        return P + more_P, M + more_M, last

    return totals(layers[1:], layers[0]["shape"])[:2]


@model.alternative
def model_with_a_stack(layers):
    """All simple layers with the shapes of their inputs, gathered first."""
    simple = []

    def visit(table, shape):
        for layer in table:
            if "branches" in layer:
                ends = [visit(branch, shape) for branch in layer["branches"]]
                shape = ends[-1]
            else:
                simple.append((layer, shape))
                shape = output_shape(layer, shape)
        return shape

    visit(layers[1:], layers[0]["shape"])
    return [sum(layer_parameters(layer) for layer, _ in simple), sum(layer_macs(*one) for one in simple)]


model.alternative(walked)

# --------------------------------------------------------------------------------------- bottleneck_layers

bottleneck = Exercise(bottleneck_layers, points=6, lecture="4", accept=Exact())


@bottleneck.group("identity", points=1.75, zh="恒等捷径", en="identity shortcuts")
def bottleneck_identity(rng):
    K = int(rng.integers(2, 99))
    yield 4 * K, K, 1


@bottleneck_identity.example
def bottleneck_identity_example():
    yield 256, 64, 1


@bottleneck.group("projection", points=1.75, zh="投影捷径", en="projections")
def bottleneck_projection(rng):
    C, K = different(rng, 2, 99)
    yield 4 * C, K, 2
    yield C + 400, K, 1


@bottleneck_projection.example
def bottleneck_projection_example():
    yield 64, 64, 1
    yield 256, 128, 2


@bottleneck.group("convention", points=1.25, zh="步长的位置", en="where the stride is")
def bottleneck_convention(rng):
    C, K = different(rng, 2, 99)
    yield 4 * C, K, 2, "library"
    yield 4 * K, K, 1, "library"
    yield 4 * C, K, 2, "paper"


@bottleneck.group(points=1.25, **EVERYTHING)
def bottleneck_everything(rng):
    C, K = different(rng, 2, 99)
    yield 4 * K, K, 2, "paper"
    yield 4 * K, K, 3, "library"
    yield K, K, 1, "library"
    yield C + 400, K, 3


def block(
    in_channels,
    channels,
    stride,
    convention="paper",
    *,
    growth=4,
    bias=False,
    padding=1,
    norm=lambda channels: [batch_norm(channels)],
    strides=lambda stride, convention: (stride, 1, 1) if convention == "paper" else (1, stride, 1),
    projected=lambda in_channels, out, stride: stride != 1 or in_channels != out,
    projection=lambda in_channels, out, stride, norm, bias: [
        conv(in_channels, out, 1, stride, bias=bias),
        *norm(out),
    ],
    last_relu=False,
    order=lambda branch, shortcut: [branch, shortcut],
    behind=(RELU,),
):
    """The right block, or a wrong one: with switches for what people get wrong."""
    first, second, third = strides(stride, convention)
    out = growth * channels
    branch = [
        *(conv(in_channels, channels, 1, first, bias=bias), *norm(channels), RELU),
        *(conv(channels, channels, 3, second, padding, bias=bias), *norm(channels), RELU),
        *(conv(channels, out, 1, third, bias=bias), *norm(out), *((RELU,) if last_relu else ())),
    ]
    shortcut = []
    if projected(in_channels, out, stride):
        shortcut = projection(in_channels, out, stride, norm, bias)
    return [{"kind": "add", "branches": order(branch, shortcut)}, *behind]


built = switched(block)


TEXTS |= {
    "stride_at_the_other_place": told(
        "步长放错了卷积：paper 在第一个 1×1，library 在 3×3（见练习 11）",
        "the wrong convolution has the stride: paper, the first 1×1; library, the 3×3 (exercise 11)",
    ),
    "convention_ignored": told(
        "没有理会 convention，一律按论文（见练习 11）",
        "the convention was ignored, always taking the paper's (exercise 11)",
    ),
    "always_as_libraries": told(
        "没有理会 convention，一律按程序库（见练习 11）",
        "the convention was ignored, always taking the libraries' (exercise 11)",
    ),
    "stride_in_the_last_convolution": told(
        "步长放在了最后一个 1×1 上（见练习 11）",
        "the last 1×1 has the stride (exercise 11)",
    ),
    "stride_in_two_convolutions": told(
        "两个卷积都有步长，特征图缩小了四分之三以上：只有一个有（见练习 11）",
        "two convolutions have the stride; only one of them has it (exercise 11)",
    ),
    "branch_without_stride": told(
        "分支里没有步长，与捷径的形状不同，不能相加（见练习 11）",
        "the branch has no stride; its shape differs from the shortcut's (exercise 11)",
    ),
    "channels_not_restored": told(
        "最后的 1×1 没有把通道数恢复到 4 倍（见练习 11）",
        "the last 1×1 does not bring the channels back to four times as many (exercise 11)",
    ),
    "always_projected": told(
        "恒等捷径也做了投影：形状不变时捷径是空的分支（见练习 11）",
        "identity shortcuts were projected, too; where the shape stays, the branch is empty (exercise 11)",
    ),
    "never_projected": told(
        "捷径没有投影，形状不同的两项不能相加（见练习 11）",
        "shortcuts do not project; what differs in shape cannot be added (exercise 11)",
    ),
    "projected_with_stride_only": told(
        "只在步长不为 1 时投影：通道数改变时也要投影，例如 conv2_x 的第一块（见练习 11）",
        "shortcuts project only where there is a stride; a change of channels takes it, too, as in the first "
        "block of conv2_x (exercise 11)",
    ),
    "projected_for_channels_only": told(
        "只在通道数改变时投影：步长不为 1 时也要投影（见练习 11）",
        "shortcuts project only where the channels change; a stride takes it, too (exercise 11)",
    ),
    "projection_without_stride": told(
        "投影没有步长，与分支的形状不同（见练习 11）",
        "the projection has no stride; its shape differs from the branch's (exercise 11)",
    ),
    "projection_without_normalisation": told(
        "投影之后没有批归一化（见练习 11）",
        "there is no batch normalisation behind the projection (exercise 11)",
    ),
    "projection_of_3x3": told(
        "投影用了 3×3 卷积：应当是 1×1（见练习 11）",
        "the projection is a 3×3 convolution; it should be 1×1 (exercise 11)",
    ),
    "shortcut_padded": told(
        "捷径用了补 0 的方法（A）：瓶颈块的捷径要投影（见练习 11）",
        "the shortcut adds zeros (option A); that of a bottleneck projects (exercise 11)",
    ),
    "biases_kept": told(
        "卷积留了偏置：批归一化的 β 已经代替了它（见练习 11）",
        "the convolutions have biases; β of the batch normalisation takes their place (exercise 11)",
    ),
    "normalisation_forgotten": told(
        "没有批归一化（见练习 11）",
        "the batch normalisations are missing (exercise 11)",
    ),
    "relu_before_the_addition": told(
        "相加之前多了一个 ReLU：它在相加之后（见练习 11）",
        "there is one more ReLU before the addition; it belongs behind it (exercise 11)",
    ),
    "relu_behind_forgotten": told(
        "相加之后没有 ReLU（见练习 11）",
        "there is no ReLU behind the addition (exercise 11)",
    ),
    "padding_forgotten": told(
        "3×3 卷积没有填充，特征图会缩小（见练习 11）",
        "the 3×3 convolution has no padding, so that the map shrinks (exercise 11)",
    ),
    "shortcut_first": told(
        "两个分支的次序反了：[分支, 捷径]（见练习 11）",
        "the two branches changed places; it is [branch, shortcut] (exercise 11)",
    ),
}


def paper_or_library(convention):
    return given(convention=lambda c: convention)


mistakes(
    bottleneck,
    frequent=("convention_ignored", "channels_not_restored", "projected_with_stride_only", "biases_kept"),
    stride_at_the_other_place=given(convention=lambda c: "library" if c.convention == "paper" else "paper"),
    always_as_libraries=paper_or_library("library"),
    stride_in_the_last_convolution=built(strides=lambda stride, convention: (1, 1, stride)),
    stride_in_two_convolutions=built(strides=lambda stride, convention: (stride, stride, 1)),
    branch_without_stride=built(strides=lambda stride, convention: (1, 1, 1)),
    channels_not_restored=built(growth=1),
    always_projected=built(projected=lambda C, out, stride: True),
    never_projected=built(projected=lambda C, out, stride: False),
    projected_with_stride_only=built(projected=lambda C, out, stride: stride != 1),
    projected_for_channels_only=built(projected=lambda C, out, stride: out != C),
    projection_without_stride=built(
        projection=lambda C, out, stride, norm, bias: [conv(C, out, 1, bias=bias), *norm(out)]
    ),
    projection_without_normalisation=built(
        projection=lambda C, out, stride, norm, bias: [conv(C, out, 1, stride, bias=bias)]
    ),
    projection_of_3x3=built(
        projection=lambda C, out, stride, norm, bias: [conv(C, out, 3, stride, 1, bias=bias), *norm(out)]
    ),
    shortcut_padded=built(
        projection=lambda C, out, stride, norm, bias: [
            {"kind": "pad_channels", "channels": out, "stride": stride}
        ]
    ),
    biases_kept=built(bias=True),
    normalisation_forgotten=built(norm=lambda channels: []),
    relu_before_the_addition=built(last_relu=True),
    relu_behind_forgotten=built(behind=()),
    padding_forgotten=built(padding=0),
    shortcut_first=built(order=lambda branch, shortcut: [shortcut, branch]),
    convention_ignored=paper_or_library("paper"),
)

bottleneck.alternative(block)


@bottleneck.alternative
def bottleneck_from_a_table(in_channels, channels, stride, convention="paper"):
    rows = [
        (in_channels, channels, 1, stride if convention == "paper" else 1),
        (channels, channels, 3, 1 if convention == "paper" else stride),
        (channels, 4 * channels, 1, 1),
    ]
    branch = []
    for C, K, size, s in rows:
        branch += [conv(C, K, size, s, size // 2, bias=False), {"kind": "batch_norm", "channels": K}, RELU]
    shortcut = []
    if (in_channels, stride) != (4 * channels, 1):
        shortcut += [conv(in_channels, 4 * channels, 1, stride=stride, bias=False), batch_norm(channels * 4)]
    return [{"branches": [branch[:-1], shortcut], "kind": "add"}, {"kind": "relu"}]


# ------------------------------------------------------------------------------------------- resnet_layers

resnet = Exercise(resnet_layers, points=13, lecture="4", accept=Exact())


@resnet.group("basic", points=4, zh="18 层", en="18 layers")
def resnet_basic(rng):
    yield (18,)
    yield 18, "library"


@resnet.group("bottleneck", points=4, zh="50 层", en="50 layers")
def resnet_bottleneck(rng):
    yield 50, "library"  # 101 layers ask for the paper's; these tables are long, so each is asked for once


@resnet_bottleneck.example
def resnet_bottleneck_example():
    yield (50,)


@resnet.group("deeper", points=5, zh="34、101、152 层", en="34, 101 and 152 layers", visible=False)
def resnet_deeper(rng):
    yield 34, str(rng.choice(["paper", "library"]))
    yield (101,)
    yield 152, "library"


STEM = (conv(3, 64, 7, 2, 3, bias=False), batch_norm(64), RELU, max_pool(3, 2, padding=1))
TIMES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def net(
    depth,
    convention="paper",
    *,
    times=None,
    bottlenecks=lambda depth: depth >= 50,
    strides=lambda stage, number: 2 if stage and not number else 1,
    blocks=(basic_layers, bottleneck_layers),
    growing=True,
    stem=STEM,
    head=lambda C: [avg_pool(7, 1), fully_connected(C, 1000), SOFTMAX],
    begin=True,
):
    """The right table, or a wrong one: with switches for what people get wrong."""
    deep = bottlenecks(depth)
    layers, C = [*([beginning(3, 224, 224)] if begin else []), *stem], 64
    for stage, count in enumerate((times or TIMES)[depth]):
        K = 64 * 2**stage
        for number in range(count):
            layers += blocks[deep](C, K, strides(stage, number), convention)
            if growing:
                C = 4 * K if deep else K
    return [*layers, *head(C if growing else 512 * (4 if deep else 1))]


assembled = switched(net)


TEXTS |= {
    "net_convention_ignored": told(
        "convention 没有传给各个块（见练习 12）",
        "the convention was not handed on to the blocks (exercise 12)",
    ),
    "net_always_as_libraries": told(
        "不论 convention 是什么，都按程序库搭了（见练习 12）",
        "whatever the convention, the net is that of the libraries (exercise 12)",
    ),
    "conv2_halves_too": told(
        "conv2_x 的第一块也用了步长 2：它之前的池化已经缩小过（见练习 12）",
        "the first block of conv2_x has stride 2, too; the pooling has halved the map already (exercise 12)",
    ),
    "no_block_halves": told(
        "conv3_x 到 conv5_x 的第一块没有步长 2（见练习 12）",
        "the first blocks of conv3_x to conv5_x lack their stride 2 (exercise 12)",
    ),
    "every_block_halves": told(
        "conv3_x 到 conv5_x 的每一块都用了步长 2：只有第一块（见练习 12）",
        "every block of conv3_x to conv5_x has stride 2; only the first has it (exercise 12)",
    ),
    "last_block_halves": told(
        "每段的最后一块用了步长 2：应当是下一段的第一块（见练习 12）",
        "the last block of each row has stride 2; it should be the first of the next (exercise 12)",
    ),
    "channels_never_grow": told(
        "每一块的输入通道都是 64：上一块的输出才是下一块的输入（见练习 12）",
        "every block has 64 input channels; they are the output of the block before (exercise 12)",
    ),
    "basic_blocks_everywhere": told(
        "50 层以上也用了基本块：它们用瓶颈块（讲义 4 的表）",
        "the nets from 50 layers on have basic blocks; theirs are bottlenecks (the table of lecture 4)",
    ),
    "bottlenecks_everywhere": told(
        "18、34 层也用了瓶颈块：它们用基本块（讲义 4 的表）",
        "the nets of 18 and 34 layers have bottlenecks; theirs are basic blocks (the table of lecture 4)",
    ),
    "one_block_too_few": told(
        "每段少了一块（讲义 4 的表：×2、×3 ……）",
        "each row lacks a block (the table of lecture 4: ×2, ×3 …)",
    ),
    "stem_not_pooled": told(
        "conv1 之后少了最大池化（见练习 12）",
        "the max pooling behind conv1 is missing (exercise 12)",
    ),
    "stem_with_biases": told(
        "conv1 留了偏置：它之后有批归一化（见练习 12）",
        "conv1 has biases although batch normalisation follows (exercise 12)",
    ),
    "stem_not_padded": told(
        "conv1 或池化没有填充，大小不再是 112 和 56（见练习 12）",
        "conv1 or the pooling has no padding, so that 112 and 56 are missed (exercise 12)",
    ),
    "stem_not_normalised": told(
        "conv1 之后少了批归一化（见练习 12）",
        "the batch normalisation behind conv1 is missing (exercise 12)",
    ),
    "head_not_pooled": told(
        "全连接之前少了平均池化（见练习 12）",
        "the average pooling before the fully connected layer is missing (exercise 12)",
    ),
    "softmax_forgotten": told(
        "最后少了 softmax（见练习 12）", "the softmax at the end is missing (exercise 12)"
    ),
    "head_of_512": told(
        "全连接层的输入总是 512：瓶颈块的输出有 4 倍的通道（见练习 12）",
        "the fully connected layer always has 512 inputs; bottlenecks give four times as many (exercise 12)",
    ),
    "input_forgotten": told(
        "层表的第一项不是 input（见练习 12）", "the table does not begin with input (exercise 12)"
    ),
}

mistakes(
    resnet,
    net_convention_ignored=paper_or_library("paper"),
    net_always_as_libraries=paper_or_library("library"),
    conv2_halves_too=assembled(strides=lambda stage, number: 1 if number else 2),
    no_block_halves=assembled(strides=lambda stage, number: 1),
    every_block_halves=assembled(strides=lambda stage, number: 2 if stage else 1),
    channels_never_grow=assembled(growing=False),
    basic_blocks_everywhere=assembled(bottlenecks=lambda depth: False),
    bottlenecks_everywhere=assembled(bottlenecks=lambda depth: True),
    one_block_too_few=assembled(
        times={depth: tuple(count - 1 for count in counts) for depth, counts in TIMES.items()}
    ),
    stem_not_pooled=assembled(stem=(conv(3, 64, 7, 2, 3, bias=False), batch_norm(64), RELU)),
    stem_with_biases=assembled(stem=(conv(3, 64, 7, 2, 3), batch_norm(64), RELU, max_pool(3, 2, 1))),
    stem_not_padded=assembled(stem=(conv(3, 64, 7, 2, bias=False), batch_norm(64), RELU, max_pool(3, 2))),
    stem_not_normalised=assembled(stem=(conv(3, 64, 7, 2, 3, bias=False), RELU, max_pool(3, 2, 1))),
    head_not_pooled=assembled(head=lambda C: [fully_connected(C, 1000), SOFTMAX]),
    softmax_forgotten=assembled(head=lambda C: [avg_pool(7, 1), fully_connected(C, 1000)]),
    head_of_512=assembled(head=lambda C: [avg_pool(7, 1), fully_connected(512, 1000), SOFTMAX]),
    input_forgotten=assembled(begin=False),
)

NO_DIFFERENCE = "in these nets channels change exactly where there is a stride"
resnet.equivalent("depth < 50 → depth < 49", because="there is no net of 49 layers")
for condition in ("stride == 1", "in_channels == channels", "stride == 1 or in_channels == channels"):
    resnet.equivalent(f"stride == 1 and in_channels == channels → {condition}", because=NO_DIFFERENCE)

resnet.alternative(net)


@resnet.alternative
def resnet_with_own_blocks(depth, convention="paper"):
    """Without the helpers: every layer written out."""

    def layer(C, K, size, stride=1):
        return [conv(C, K, size, stride, size // 2, 1, False), {"kind": "batch_norm", "channels": K}]

    table = [{"kind": "input", "shape": [3, 224, 224]}]
    table += [*layer(3, 64, 7, 2), {"kind": "relu"}, max_pool(window=3, stride=2, padding=1)]
    C = 64
    for K, count in zip((64, 128, 256, 512), TIMES[depth], strict=True):
        for number in range(count):
            s = 2 if K > 64 and number == 0 else 1
            out = K if depth < 50 else 4 * K
            if depth < 50:
                branch = [*layer(C, K, 3, s), RELU, *layer(K, K, 3)]
            else:
                at_first, at_second = (s, 1) if convention == "paper" else (1, s)
                branch = [
                    *layer(C, K, 1, at_first),
                    RELU,
                    *layer(K, K, 3, at_second),
                    RELU,
                    *layer(K, out, 1),
                ]
            same = s == 1 and out == C
            padded = {"kind": "pad_channels", "channels": out, "stride": s}
            projected = [padded] if depth < 50 and convention == "paper" else layer(C, out, 1, s)
            table += [{"kind": "add", "branches": [branch, [] if same else projected]}, RELU]
            C = out
    return [*table, avg_pool(7, 1), fully_connected(C, 1000), SOFTMAX]
