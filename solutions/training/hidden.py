"""The tests of the assignment `training` (lecture 1 and 3): cases, misconceptions, accepted alternatives.

Two losses with their residuals, and the two functions that use them: one kernel learned by gradient descent,
and the gradients of a whole network. Whoever gets a loss wrong but calls it in the right places is told so
in both, for the mistakes of the losses are known to the functions that call them.

Nothing is left to chance that decides whether a mistake shows: networks are drawn until some pooling
windows are dead and the others have a clear maximum in various places (`a_network`), and sums that a bias
gradient takes are never near zero. Extents are pairwise different wherever the exercise lets them.

A kernel that starts from zeros stays linear in the target, whatever the number of steps. So the group
`basis` of `fit_kernel` tries every unit target of the lecture's size: who passes it is right for all of them.
"""

import functools
import inspect

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import both, first_axes_exchanged, given, pretend, result, rotated

from ..catalogue import (
    BASIS,
    FIRST_SAMPLE_ONLY,
    INTEGERS,
    KERNEL_AXES_EXCHANGED,
    LAST_SAMPLE_ONLY,
    LAYOUTS,
    REMAINDER_AT_THE_TOP,
    SIGMA_PRIME_MISSING,
    STORED_AS_INTEGERS,
    hint,
    in_every_layout,
    integers,
    real,
    see,
    units,
    whole,
)
from .notebook import (
    bias_gradient,
    cnn_gradients,
    conv2d,
    correlate,
    fit_kernel,
    kernel_gradient,
    softmax_cross_entropy,
    squared_error,
)

DOMAIN = "cnn"

# ---------------------------------------------------------------------------- arrays that the cases share

LECTURE_A = np.array([[1.0, 0, 2], [3, 1, 0], [0, 2, 1]])
SOBEL = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def until(good, draw):
    """What `draw()` gives, drawn again until it is `good`."""
    while not good(drawn := draw()):
        pass
    return drawn


def leaning(rng, *shape):
    """Numbers of either sign whose sum is far from zero, so that a bias always has something to learn."""
    size = int(np.prod(shape))
    numbers = np.append(rng.uniform(-0.9, -0.1, size // 2), rng.uniform(1, 2, size - size // 2))
    return rng.permutation(numbers).reshape(shape)


# ------------------------------------------------------------------- mistakes that several exercises share


def inside(**how):
    """A turn: the function is written out step by step, and one of its steps is taken in another way.

    Two such turns add up. They go before turns of arguments and results.
    """

    def turn(function):
        reference = inspect.unwrap(function)
        switches = {**getattr(function, "how", {}), **how}

        @functools.wraps(reference)
        def wrong(*args, **kwargs):
            return WRITTEN_OUT[reference](*args, **kwargs, **switches)

        wrong.how = switches
        return wrong

    return turn


def on_loss(change):
    """A turn: something is done to the loss J, the first of two results."""
    return result(lambda both_results, call: (change(both_results[0], call), both_results[1]))


def on_residual(change):
    """A turn: something is done to the residual, the second of two results."""
    return result(lambda both_results, call: (both_results[0], change(both_results[1], call)))


def add(exercise, frequent=(), **turns):
    """Add the mistakes with these ids and the hints of the list below; `frequent` ones are paired, too."""
    for id, turn in turns.items():
        (known,) = (one for one in HINTS if one["id"] == id)
        exercise.mistake(turn=turn, frequent=id in frequent, **known)


EXCHANGED = result(lambda pair, call: pair[::-1])

# Mistakes by their ids, many of which occur in several exercises; the texts complete "It looks as if: …".

HINTS = [
    STORED_AS_INTEGERS,
    FIRST_SAMPLE_ONLY,
    LAST_SAMPLE_ONLY,
    see(KERNEL_AXES_EXCHANGED, "讲义 3.3", "lecture 3.3"),
    see(REMAINDER_AT_THE_TOP, "讲义 3.1", "lecture 3.1"),
    see(SIGMA_PRIME_MISSING, "讲义 3.1", "lecture 3.1"),
    hint(
        "results_exchanged",
        "两个返回值的顺序反了",
        "the two results are returned in the wrong order",
    ),
    # a loss and its residual
    hint(
        "uphill",
        "符号反了，结果指向损失增大的方向：残差是“算出的减去应有的”（见练习 1、3 的公式）",
        "the sign is reversed and points to a greater loss; a residual is what was computed minus what "
        "should be (the formulas of exercises 1 and 3)",
    ),
    hint(
        "factor_two_missing",
        "残差缺了因子 2：平方的导数是 2(z − t)（见练习 1）",
        "the residual lacks the factor 2; the derivative of a square is 2(z − t) (exercise 1)",
    ),
    hint(
        "residual_not_averaged",
        "损失取了平均，残差却没有：平均的 1/n 也属于残差",
        "the loss is a mean but the residual is not; the 1/n of the mean belongs to the residual, too",
    ),
    hint(
        "loss_not_averaged",
        "损失是总和，没有取平均",
        "the loss is a sum, where a mean is asked for",
    ),
    hint(
        "sums_for_means",
        "损失和残差都按总和计算，没有取平均",
        "loss and residual both belong to a sum, where the loss is to be a mean",
    ),
    hint(
        "divided_twice",
        "平均的 1/n 除了两次：它已经含在残差里，求梯度时对位置求和即可",
        "the 1/n of the mean was divided by twice; it is in the residual already, and gradients only add up",
    ),
    hint(
        "averaged_over_rows",
        "除以的是行数，而不是位置的个数",
        "it was divided by the number of rows, not by the number of positions",
    ),
    hint(
        "half_the_square",
        "损失多乘了 1/2：这里的约定是误差平方的平均值，前面没有 1/2（见练习 1）",
        "the loss was halved; here it is the mean of the squares, without a factor ½ (exercise 1)",
    ),
    hint(
        "root_of_the_mean",
        "损失多开了一次平方根：均方误差就是平方的平均值",
        "a square root was taken; the mean squared error is the mean of the squares itself",
    ),
    hint(
        "absolute_error",
        "用的是误差的绝对值，而不是平方：残差应当随误差变化",
        "the error's absolute value took the place of its square; the residual should grow with the error",
    ),
    hint(
        "residual_averaged_away",
        "残差只剩下一个平均数：每个位置有自己的残差",
        "only the mean of the residual is left; each position has a residual of its own",
    ),
    # softmax and cross-entropy
    hint(
        "averaged_over_classes",
        "损失和残差还除以了类别数：每个样本只有正确类别的一项，只对批取平均",
        "it was divided by the number of classes as well; a sample has one term, that of its right class, "
        "and the mean is over the batch only",
    ),
    hint(
        "one_not_subtracted",
        "残差只有概率 p，正确的类别处没有减去 1（见练习 3 的公式）",
        "the residual is just p; 1 was not subtracted at the right class (the formula of exercise 3)",
    ),
    hint(
        "right_class_only",
        "只有正确的类别有残差：其余类别的得分也影响概率，残差是 p",
        "only the right class has a residual; the other scores influence the probabilities, too: theirs is p",
    ),
    hint(
        "every_label_subtracted",
        "减 1 时减到了别的样本的类别上：每个样本只在自己的类别处减 1（取整列与逐个取元素不是一回事）",
        "1 was subtracted at the classes of other samples, too; each sample has only its own "
        "(whole columns are not the same as one element a row)",
    ),
    hint(
        "softmax_over_the_batch",
        "softmax 沿批的方向归一化了：每个样本的各类别概率之和应当是 1",
        "softmax was normalised along the batch; the probabilities of each sample should add up to 1",
    ),
    hint(
        "softmax_over_everything",
        "softmax 对整个批一起归一化了：每个样本的各类别概率之和应当是 1",
        "softmax was normalised over the whole batch at once; those of each sample should add up to 1",
    ),
    hint(
        "sigmoid_for_softmax",
        "概率是用 sigmoid 逐个求出的，没有在各类别之间归一化",
        "the probabilities come from a sigmoid, each by itself; they were not normalised over the classes",
    ),
    hint(
        "softmax_derivative_twice",
        "残差又乘了 p(1 − p)：softmax 的导数已经含在 p − y 里",
        "the residual was multiplied by p(1 − p) once more; softmax's derivative is in p − y already",
    ),
    hint(
        "squared_error_of_probabilities",
        "用的是概率的平方误差，而不是交叉熵",
        "this is the squared error of the probabilities, not their cross-entropy",
    ),
    hint(
        "labels_from_one",
        "把类别当作从 1 数起：标签从 0 开始",
        "classes were counted from 1; labels start at 0",
    ),
    hint(
        "logarithm_to_base_ten",
        "用的是以 10 为底的对数：交叉熵用自然对数",
        "the logarithm is to base 10; cross-entropy takes the natural one",
    ),
    hint(
        "logarithm_missing",
        "损失里没有取对数，直接用了概率",
        "the loss takes the probability itself, not its logarithm",
    ),
    hint(
        "minus_missing",
        "损失前面的负号没有了：概率的对数是负的，损失应当是正的",
        "the minus in front of the loss is missing; logarithms of probabilities are negative, a loss is not",
    ),
    hint(
        "scores_not_shifted",
        "得分很大时 exp 溢出了：先减去该样本的最大得分，概率不变",
        "with large scores exp overflows; subtract the sample's greatest score first, which changes nothing",
    ),
    hint(
        "shifted_by_the_batch",
        "减去的是整个批的最大得分：别的样本可能因此下溢成 0；每个样本减去自己的最大得分",
        "the greatest score of the whole batch was subtracted, which may leave nothing of another sample; "
        "subtract each sample's own",
    ),
    hint(
        "logarithm_of_zero",
        "先算概率再取对数，概率小到变成 0 时对数就是负无穷：直接用得分算 ln p",
        "the logarithm was taken of a probability so small that it had become 0; get ln p from the scores",
    ),
    hint(
        "logarithm_clipped",
        "给概率加了（或限制在）一个很小的数再取对数，得分相差很大时损失就错了：直接用得分算 ln p",
        "a tiny number was added to the probability before its logarithm, which is wrong where scores differ "
        "much; get ln p from the scores",
    ),
    # gradient descent
    hint(
        "learning_rate_ignored",
        "没有用到学习率：每一步走的是梯度乘以 η",
        "the learning rate was not used; a step is the gradient times η",
    ),
    hint(
        "one_step_only",
        "只更新了一次：要重复 steps 次（检查 return 属于哪一层）",
        "there was only one change; it takes `steps` of them (look at where the return stands)",
    ),
    hint(
        "one_step_short",
        "少更新了一次：steps 步就是更新 steps 次",
        "one step is missing; `steps` says how often w and b change",
    ),
    hint(
        "one_step_more",
        "多更新了一次：steps 步就是更新 steps 次",
        "there was one step too many; `steps` says how often w and b change",
    ),
    hint(
        "start_from_ones",
        "初值不对：w 和 b 都从 0 开始",
        "the start is wrong; w and b both begin at 0",
    ),
    hint(
        "residual_computed_once",
        "残差只在开始时算了一次：w 和 b 变了，每一步都要重新算",
        "the residual was computed once, at the start; as w and b change, every step needs a new one",
    ),
    hint(
        "gradients_pile_up",
        "各步的梯度累加起来了：每一步只用当前的梯度",
        "gradients of all steps piled up; a step uses its own only",
    ),
    hint(
        "replaced_by_the_step",
        "w 和 b 被这一步的改变量替换了：应当在原来的值上减去它",
        "w and b were replaced by the step; it has to be subtracted from what they were",
    ),
    hint(
        "kernel_changed_first",
        "先改了 w，又用新的 w 算 b 的梯度：两个梯度都要在更新之前算好",
        "w was changed first and the gradient of b computed with the new one; both come before any change",
    ),
    hint(
        "bias_changed_first",
        "先改了 b，又用新的 b 算 w 的梯度：两个梯度都要在更新之前算好",
        "b was changed first and the gradient of w computed with the new one; both come before any change",
    ),
    hint(
        "bias_not_learned",
        "偏置一直是 0，没有更新",
        "the bias stayed 0; it was never changed",
    ),
    hint(
        "bias_left_out",
        "前向计算时没有加上偏置 b",
        "the forward pass leaves out the bias b",
    ),
    hint(
        "bias_gradient_averaged",
        "卷积层偏置的梯度取了平均：应当把特征图上的残差求和（见讲义 3.3）",
        "the gradient of the convolution's bias is a mean; residuals are added up (lecture 3.3)",
    ),
    hint(
        "bias_per_activation",
        "每个位置各有一个偏置：一张特征图只有一个偏置（见讲义 3.3）",
        "every position has a bias of its own; a feature map has a single one (lecture 3.3)",
    ),
    hint(
        "kernel_transposed",
        "卷积核的行和列互换了",
        "rows and columns of the kernel changed places",
    ),
    # the convolution
    hint(
        "gradient_rotated",
        "权重的梯度翻转了 180°：翻转只属于前一层的残差（见讲义 3.2、3.3）",
        "the gradient of the weights was rotated by 180°; that belongs to the residual of the layer before "
        "(lecture 3.2, 3.3)",
    ),
    hint(
        "kernel_rotated_forward",
        "前向计算时翻转了卷积核，求梯度时却没有：讲义中的“卷积”是互相关，哪里都不翻转",
        "the forward pass rotates the kernel, the gradient does not; what the lecture calls convolution is "
        "cross-correlation, with no rotation anywhere",
    ),
    hint(
        "true_convolution",
        "前向和梯度都用了翻转的卷积核：讲义中的“卷积”是互相关，不翻转",
        "kernels are rotated throughout; what the lecture calls convolution is cross-correlation",
    ),
    # the network
    hint(
        "relu_missing",
        "卷积之后没有 ReLU",
        "there is no ReLU after the convolution",
    ),
    hint(
        "relu_missing_forward",
        "前向计算时没有 ReLU，反向传播时却乘了它的 σ′",
        "the forward pass has no ReLU, but the backward pass multiplies by its σ′",
    ),
    hint(
        "activation_for_its_slope",
        "残差乘的是激活值，而不是 σ′(z)：ReLU 的 σ′ 只有 0 和 1",
        "the residual was multiplied by the activation, not by σ′(z); that of ReLU is 0 or 1",
    ),
    hint(
        "relu_on_the_scores",
        "全连接层之后又加了一个 ReLU：得分直接送进 softmax，可以是负数",
        "a ReLU follows the dense layer; scores go to softmax as they are and may be negative",
    ),
    hint(
        "residual_to_all_cells",
        "池化的残差给了滑窗的每个单元：只有最大值所在的单元有残差（见讲义 3.1）",
        "every cell of a pooling window got its residual; only the maximum has one (lecture 3.1)",
    ),
    hint(
        "rule_of_average_pooling",
        "前向取最大值，反向却按平均池化分配残差（见讲义 3.1）",
        "forward takes the maximum, but backward shares the residual as average pooling does (lecture 3.1)",
    ),
    hint(
        "average_pooling",
        "用的是平均池化，而不是最大池化",
        "this is average pooling, not max pooling",
    ),
    hint(
        "residual_to_top_left",
        "池化的残差总是给了滑窗左上角的单元，而不是最大值（见讲义 3.1）",
        "the pooling layer's residual always went to the top left cell, not to the maximum (lecture 3.1)",
    ),
    hint(
        "residual_to_minimum",
        "池化的残差给了滑窗的最小值（见讲义 3.1）",
        "the pooling layer's residual went to the minimum of the window (lecture 3.1)",
    ),
    hint(
        "row_and_column_swapped",
        "最大值在滑窗中的行号和列号弄反了",
        "row and column of the maximum within its window changed places",
    ),
    hint(
        "whole_residual_to_every_tie",
        "并列的最大值每个都得到了一整份残差：合起来只能有一份（见练习 4“并列的最大值”）",
        "each of several equal maxima got the whole residual; together they get it once (exercise 4, ties)",
    ),
    hint(
        "flattened_in_another_order",
        "展平的顺序不对：每个样本按（卷积核，行，列）排列",
        "flattening took another order; a sample is laid out by kernel, row, column",
    ),
    hint(
        "unflattened_in_another_order",
        "反向时恢复形状的顺序与展平时不同，残差送错了位置",
        "going back, the shape was restored in another order than it was flattened in",
    ),
    hint(
        "dense_gradient_transposed",
        "w2 的梯度转置了：它与 w2 形状相同，行是类别",
        "the gradient of w2 is transposed; it has the shape of w2, whose rows are classes",
    ),
    hint(
        "dense_bias_left_out",
        "全连接层没有加上偏置 b2",
        "the dense layer leaves out its bias b2",
    ),
    hint(
        "dense_bias_averaged",
        "b2 的梯度又对批取了平均：1/N 已经含在残差里，应当求和",
        "the gradient of b2 is a mean over the batch; the 1/N is in the residual already, so add up",
    ),
    hint(
        "gradients_not_averaged",
        "损失对批取了平均，梯度却没有：1/N 也属于残差",
        "the loss is a mean over the batch but the gradients are not; its 1/N belongs to the residual, too",
    ),
    hint(
        "divided_by_the_batch_again",
        "梯度多除了一次样本数：1/N 已经含在输出层的残差里",
        "gradients were divided by the number of samples once more; the 1/N is in the last residual already",
    ),
    hint(
        "divided_by_positions",
        "卷积核的梯度除以了位置的个数：各位置的贡献应当相加（见讲义 3.3）",
        "the kernels' gradient was divided by the number of positions; these are added up (lecture 3.3)",
    ),
    hint(
        "first_channel_only",
        "只有第一个输入通道的权重有梯度",
        "only the weights of the first input channel have a gradient",
    ),
    hint(
        "first_kernel_only",
        "只有第一个卷积核有梯度",
        "only the first kernel has a gradient",
    ),
    hint(
        "gradients_stored_as_integers",
        "梯度存进了整数数组，小数部分被截断了：参数可以是整数数组，梯度却不是整数",
        "gradients were stored in integer arrays and truncated; whole parameters do not make them whole",
    ),
]

# -------------------------------------------------------------------------------------- squared_error

error = Exercise(squared_error, points=10, lecture="1")


@error.group("lecture", points=4, zh="讲义大小的例子", en="examples of the lecture's size")
def error_small(rng):
    yield whole(rng, 2, 2), 5 + whole(rng, 2, 2)


@error_small.example
def error_example():
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [5.0, 3.0]])


@error.group("rectangular", points=4, zh="高与宽不同的特征图", en="maps of unequal height and width")
def error_rectangular(rng):
    yield real(rng, 2, 5), leaning(rng, 2, 5)
    yield real(rng, 4, 1), leaning(rng, 4, 1)


@error.group("far_off", points=1, zh="误差很小或很大", en="small and large errors", visible=False)
def error_far_off(rng):
    target = leaning(rng, 3, 4)
    yield target + 0.01 * leaning(rng, 3, 4), target
    yield -1000 * leaning(rng, 3, 2), real(rng, 3, 2)


@error.group(points=0.5, **INTEGERS)
def error_integers(rng):
    yield integers(rng, 3, 5), 20 + integers(rng, 3, 5)


@error.group(points=0.5, **LAYOUTS)
def error_layouts(rng):
    yield from in_every_layout(lambda: (real(rng, 3, 2), leaning(rng, 3, 2)))


def positions(call):
    return call.z.size


RESIDUAL_TURNS = {
    "uphill": on_residual(lambda delta, c: -delta),
    "factor_two_missing": on_residual(lambda delta, c: delta / 2),
    "residual_not_averaged": on_residual(lambda delta, c: delta * positions(c)),
    "absolute_error": both(
        on_loss(lambda J, c: np.mean(abs(c.z - c.target))),
        on_residual(lambda delta, c: np.sign(delta) / positions(c)),
    ),
}

add(
    error,
    frequent=("uphill", "factor_two_missing", "residual_not_averaged", "loss_not_averaged"),
    **RESIDUAL_TURNS,
    loss_not_averaged=on_loss(lambda J, c: J * positions(c)),
    sums_for_means=both(
        on_loss(lambda J, c: J * positions(c)), on_residual(lambda delta, c: delta * positions(c))
    ),
    averaged_over_rows=both(
        on_loss(lambda J, c: J * c.z.shape[1]), on_residual(lambda delta, c: delta * c.z.shape[1])
    ),
    divided_twice=on_residual(lambda delta, c: delta / positions(c)),
    half_the_square=on_loss(lambda J, c: J / 2),
    root_of_the_mean=on_loss(lambda J, c: np.sqrt(J)),
    residual_averaged_away=on_residual(lambda delta, c: np.mean(delta)),
    stored_as_integers=on_residual(lambda delta, c: delta.astype(c.z.dtype)),
    results_exchanged=EXCHANGED,
)


@error.alternative
def error_by_loops(z, target):
    J, delta = 0.0, np.zeros(z.shape)
    for u in range(z.shape[0]):
        for v in range(z.shape[1]):
            J += (z[u, v] - target[u, v]) ** 2 / z.size
            delta[u, v] = 2 * (z[u, v] - target[u, v]) / z.size
    return J, delta


@error.alternative
def error_by_norm(z, target):
    difference = np.subtract(z, target, dtype=float)
    return np.linalg.norm(difference) ** 2 / z.size, np.asfortranarray(difference / (z.size / 2))


@error.alternative
def error_in_single_precision(z, target):
    difference = (z - target).astype(np.float32)
    return np.mean(np.square(difference)), difference * np.float32(2 / z.size)


# ----------------------------------------------------------------------------------------- fit_kernel

descent = Exercise(fit_kernel, points=25, lecture="1, 3.3")


def a_fit(rng, map_shape, kernel_shape, steps):
    """The arguments of a fit: the target is a kernel's answer plus noise, and its sum is far from zero."""
    outputs = [size - k + 1 for size, k in zip(map_shape, kernel_shape, strict=True)]
    return real(rng, *map_shape), leaning(rng, *outputs), kernel_shape, rng.uniform(0.05, 0.15), steps


@descent.group("first_step", points=6, zh="只走一步", en="a single step")
def descent_first_step(rng):
    target = until(lambda t: abs(t.sum()) > 1, lambda: whole(rng, 2, 2))
    yield 2 * whole(rng, 3, 3) + 1, target, (2, 2), 0.25, 1
    yield a_fit(rng, (5, 4), (3, 2), 1)


@descent_first_step.example
def descent_first_step_example():
    yield LECTURE_A, np.array([[2.0, 0.0], [-2.0, 4.0]]), (2, 2), 0.1, 1


@descent.group("steps", points=8, zh="走几步", en="several steps")
def descent_steps(rng):
    yield a_fit(rng, (4, 6), (2, 3), 2)
    yield a_fit(rng, (6, 5), (3, 1), 3)
    yield a_fit(rng, (3, 7), (2, 2), 5)


@descent.group(
    "recovered", points=4, zh="由图和边缘找回卷积核", en="a kernel recovered from a picture and its edges"
)
def descent_recovered(rng):
    image, w = real(rng, 7, 6), leaning(rng, 2, 3)
    # not to the end: there, mistakes that only change the way would arrive at the same kernel
    yield image, correlate(image, w, rng.uniform(1, 2)), w.shape, 0.1, 15


@descent_recovered.example
def descent_recovered_example():
    image = np.array([[0, 0, 1, 1, 0, 0], [0, 1, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0], [0, 0, 1, 1, 1, 0],
                      [1, 0, 0, 0, 1, 0], [0, 1, 1, 1, 0, 0]], dtype=float)  # fmt: skip
    yield image, correlate(image, SOBEL), (3, 3), 0.2, 40


@descent.group(
    "extremes",
    points=2,
    zh="1×1 的卷积核，与图一样大的卷积核，0 步",
    en="1×1 kernels, kernels as large as the map, no steps",
    visible=False,
)
def descent_extremes(rng):
    yield a_fit(rng, (3, 4), (1, 1), 3)
    yield a_fit(rng, (3, 2), (3, 2), 2)
    yield a_fit(rng, (4, 3), (2, 2), 0)


@descent.group(points=3, **BASIS)
def descent_basis(rng):
    image = 2 * whole(rng, 3, 3) + 1
    for target in units(2, 2):
        yield image, target, (2, 2), 0.0625, 2


@descent.group(points=1, **INTEGERS)
def descent_integers(rng):
    yield integers(rng, 4, 5), 20 + integers(rng, 3, 3), (2, 3), 0.01, 3


@descent.group(points=1, **LAYOUTS)
def descent_layouts(rng):
    yield from in_every_layout(lambda: a_fit(rng, (4, 5), (2, 3), 2))


def nothing(w, b, step, step_b):
    return w, b


def subtracted(w, b, step, step_b):
    return w - step, b - step_b


def as_a_step(w, b, step, step_b):
    return -step, -step_b


def without_bias(a, w, b):
    return correlate(a, w)


def with_rotated_kernel(a, w, b):
    return correlate(a, rotated(w), b)


def absolute_residual(z, target):
    return np.sign(z - target) / z.size


def residual_in_integers(z, target):
    return squared_error(z.astype(target.dtype), target)[1]


def descended(
    image, target, kernel_shape, learning_rate, steps, *,
    start=0.0,
    forward=correlate,
    residual=lambda z, target: squared_error(z, target)[1],
    weight=kernel_gradient,
    bias=bias_gradient,
    update=subtracted,
    piling_up=False,
    refreshed=True,
    first=None,
):  # fmt: skip
    """`fit_kernel`, step by step. `first`: "w" or "b" changes before the other's gradient is computed."""
    w, b, sum_w, sum_b, delta = np.full(kernel_shape, start), start, 0.0, 0.0, None
    for _ in range(steps):
        if refreshed or delta is None:
            delta = residual(forward(image, w, b), target)
        dw, db = weight(delta, image), bias(delta)
        if first == "w":
            db = bias(residual(forward(image, w - learning_rate * dw, b), target))
        elif first == "b":
            dw = weight(residual(forward(image, w, b - learning_rate * db), target), image)
        sum_w, sum_b = (sum_w + dw, sum_b + db) if piling_up else (dw, db)
        w, b = update(w, b, learning_rate * sum_w, learning_rate * sum_b)
    return w, b


def outputs(call):
    return call.target.size


add(
    descent,
    frequent=(
        "gradient_rotated",
        "bias_not_learned",
        "factor_two_missing",
        "residual_not_averaged",
        "one_step_short",
        "uphill",
    ),
    start_from_ones=inside(start=1.0),
    residual_computed_once=inside(refreshed=False),
    gradients_pile_up=inside(piling_up=True),
    replaced_by_the_step=inside(update=as_a_step),
    kernel_changed_first=inside(first="w"),
    bias_changed_first=inside(first="b"),
    bias_not_learned=inside(bias=lambda delta: 0.0),
    bias_left_out=inside(forward=without_bias),
    bias_gradient_averaged=inside(bias=np.mean),
    bias_per_activation=inside(bias=lambda delta: delta),
    gradient_rotated=inside(weight=lambda delta, a: rotated(kernel_gradient(delta, a))),
    kernel_rotated_forward=inside(forward=with_rotated_kernel),
    absolute_error=inside(residual=absolute_residual),
    stored_as_integers=inside(residual=residual_in_integers),
    uphill=given(learning_rate=lambda c: -c.learning_rate),
    factor_two_missing=given(learning_rate=lambda c: c.learning_rate / 2),
    residual_not_averaged=given(learning_rate=lambda c: c.learning_rate * outputs(c)),
    averaged_over_rows=given(learning_rate=lambda c: c.learning_rate * c.target.shape[1]),
    divided_twice=given(learning_rate=lambda c: c.learning_rate / outputs(c)),
    learning_rate_ignored=pretend("learning_rate", 1.0),
    one_step_only=given(steps=lambda c: min(c.steps, 1)),
    one_step_short=given(steps=lambda c: max(c.steps - 1, 0)),
    one_step_more=given(steps=lambda c: c.steps + 1),
    true_convolution=result(lambda pair, c: (rotated(pair[0]), pair[1])),
    kernel_transposed=result(lambda pair, c: (pair[0].T, pair[1])),
    results_exchanged=EXCHANGED,
)


@descent.alternative
def descent_by_loops(image, target, kernel_shape, learning_rate, steps):
    (Ho, Wo), (kh, kw) = target.shape, kernel_shape
    w, b = [[0.0] * kw for _ in range(kh)], 0.0
    for _ in range(steps):
        dw, db = [[0.0] * kw for _ in range(kh)], 0.0
        for u in range(Ho):
            for v in range(Wo):
                z = b
                for p in range(kh):
                    for q in range(kw):
                        z += w[p][q] * image[u + p, v + q]
                delta = 2 * (z - target[u, v]) / (Ho * Wo)
                db += delta
                for p in range(kh):
                    for q in range(kw):
                        dw[p][q] += delta * image[u + p, v + q]
        b -= learning_rate * db
        for p in range(kh):
            for q in range(kw):
                w[p][q] -= learning_rate * dw[p][q]
    return w, b


def unrolled(image, kernel_shape):
    """A row for every position: what the kernel sees there, and a 1 for the bias."""
    patches = sliding_window_view(image, kernel_shape).reshape(-1, np.prod(kernel_shape))
    return np.hstack([patches, np.ones((len(patches), 1))])


@descent.alternative
def descent_by_matrices(image, target, kernel_shape, learning_rate, steps):
    A = unrolled(image, kernel_shape)
    parameters = np.zeros(A.shape[1])
    for _ in range(steps):
        parameters -= learning_rate * 2 / len(A) * (A.T @ (A @ parameters - target.ravel()))
    return parameters[:-1].reshape(kernel_shape), float(parameters[-1])


@descent.alternative
def descent_in_closed_form(image, target, kernel_shape, learning_rate, steps):
    # along each singular vector the distance to the best value shrinks by the same factor in every step
    A = unrolled(image, kernel_shape)
    U, singular, V = np.linalg.svd(A, full_matrices=False)
    curvature = 2 / len(A) * singular**2
    done = 1 - (1 - learning_rate * curvature) ** steps
    shares = np.divide(done, singular, out=np.zeros(len(singular)), where=singular > 1e-9)
    parameters = V.T @ (shares * (U.T @ target.ravel()))
    return parameters[:-1].reshape(kernel_shape), parameters[-1]


@descent.alternative
def descent_recursively(image, target, kernel_shape, learning_rate, steps):
    if steps == 0:
        return np.zeros(kernel_shape), 0.0
    w, b = descent_recursively(image, target, kernel_shape, learning_rate, steps - 1)
    _, delta = squared_error(correlate(image, w, b), target)
    return w - learning_rate * kernel_gradient(delta, image), b - learning_rate * delta.sum()


@descent.alternative
def descent_in_single_precision(image, target, kernel_shape, learning_rate, steps):
    w, b = fit_kernel(image.astype(np.float32), target.astype(np.float32), kernel_shape, learning_rate, steps)
    return w.astype(np.float32), np.float32(b)


# ------------------------------------------------------------------------------ softmax_cross_entropy

softmax = Exercise(softmax_cross_entropy, points=15, lecture="3")


def classes(rng, N, M):
    """Labels that are not all equal where N > 1."""
    return np.resize(rng.permutation(M), N)


def a_batch(rng, N, M):
    return 1.5 * real(rng, N, M), classes(rng, N, M)


@softmax.group("one_sample", points=5, zh="一个样本", en="a single sample")
def softmax_one_sample(rng):
    yield a_batch(rng, 1, 4)
    yield a_batch(rng, 1, 2)


@softmax_one_sample.example
def softmax_one_sample_example():
    yield np.log([[1.0, 2.0, 5.0]]), np.array([1])
    yield np.zeros((1, 4)), np.array([3])


@softmax.group("batch", points=6, zh="一批样本", en="a batch")
def softmax_batch(rng):
    yield a_batch(rng, 5, 3)
    yield a_batch(rng, 2, 6)


@softmax.group("large", points=2.5, zh="很大的得分", en="large scores")
def softmax_large(rng):
    scores = np.rint(700 * leaning(rng, 3, 4))  # whole: single precision holds them exactly
    yield scores, scores.argmin(axis=1)
    yield np.array([[5000.0], [0.0], [-5000.0]]) + np.rint(4 * real(rng, 3, 4)), classes(rng, 3, 4)


@softmax.group(points=0.75, **INTEGERS)
def softmax_integers(rng):
    yield integers(rng, 4, 3) % 5, classes(rng, 4, 3)


@softmax.group(points=0.75, **LAYOUTS)
def softmax_layouts(rng):
    yield from in_every_layout(lambda: a_batch(rng, 3, 5))


def normalised(scores):
    """Softmax as most people first write it."""
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


def of_greatest(scores):
    """Softmax, safe from overflow."""
    return normalised(scores - scores.max(axis=1, keepdims=True))


def one_hot(labels, M):
    return (labels[:, None] == np.arange(M)).astype(float)


def cross_entropy_of(probabilities, tiny=0.0):
    """A turn: the right loss and residual of probabilities that come about in another way."""

    def wrong(scores, labels):
        p, right = probabilities(scores), one_hot(labels, scores.shape[1])
        return -np.mean(np.log(p[right == 1] + tiny)), (p - right) / len(scores)

    return lambda function: functools.wraps(inspect.unwrap(function))(wrong)


def normalised_along(axis):
    """A turn: all as the text advises, greatest score subtracted, ln p from the scores; but the axis."""

    def wrong(scores, labels):
        shifted = scores - scores.max(axis=axis, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
        right = one_hot(labels, scores.shape[1])
        return -np.mean(log_p[right == 1]), (np.exp(log_p) - right) / len(right)

    return lambda function: functools.wraps(inspect.unwrap(function))(wrong)


def shifted_by_the_batch(pair, call):
    shifted = call.scores - call.scores.max()
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = one_hot(call.labels, shifted.shape[1])
    return -np.mean(log_p[right == 1]), (np.exp(log_p) - right) / len(right)


def every_label_subtracted(delta, call):
    N = len(call.scores)
    p = of_greatest(call.scores)
    p[:, call.labels] -= 1
    return p / N


def squared_error_of_probabilities(pair, call):
    difference = of_greatest(call.scores) - one_hot(call.labels, call.scores.shape[1])
    return np.sum(difference**2) / len(difference), 2 * difference / len(difference)


def samples(call):
    return len(call.labels)


LOSS_TURNS = {
    "softmax_over_the_batch": normalised_along(0),
    "softmax_over_everything": normalised_along(None),
    "sigmoid_for_softmax": cross_entropy_of(lambda s: 1 / (1 + np.exp(-s))),
    "labels_from_one": given(labels=lambda c: c.labels - 1 + c.scores.shape[1] * (c.labels == 0)),
    "one_not_subtracted": on_residual(
        lambda delta, c: delta + one_hot(c.labels, c.scores.shape[1]) / samples(c)
    ),
    "right_class_only": on_residual(lambda delta, c: delta * one_hot(c.labels, c.scores.shape[1])),
    "every_label_subtracted": on_residual(every_label_subtracted),
    "softmax_derivative_twice": on_residual(
        lambda delta, c: delta * of_greatest(c.scores) * (1 - of_greatest(c.scores))
    ),
    "squared_error_of_probabilities": result(squared_error_of_probabilities),
    "averaged_over_classes": both(
        on_loss(lambda J, c: J / c.scores.shape[1]), on_residual(lambda delta, c: delta / c.scores.shape[1])
    ),
    "logarithm_to_base_ten": on_loss(lambda J, c: J / np.log(10)),
    "logarithm_missing": on_loss(
        lambda J, c: -np.mean(np.sum(of_greatest(c.scores) * one_hot(c.labels, c.scores.shape[1]), axis=1))
    ),
    "minus_missing": on_loss(lambda J, c: -J),
}
"""Mistakes that carry over to `cnn_gradients`."""

add(
    softmax,
    frequent=(
        "scores_not_shifted",
        "one_not_subtracted",
        "softmax_derivative_twice",
        "residual_not_averaged",
        "loss_not_averaged",
        "uphill",
    ),
    scores_not_shifted=cross_entropy_of(normalised),
    shifted_by_the_batch=result(shifted_by_the_batch),
    logarithm_of_zero=cross_entropy_of(of_greatest),
    logarithm_clipped=cross_entropy_of(of_greatest, tiny=1e-12),
    **LOSS_TURNS,
    uphill=on_residual(lambda delta, c: -delta),
    residual_not_averaged=on_residual(lambda delta, c: delta * samples(c)),
    loss_not_averaged=on_loss(lambda J, c: J * samples(c)),
    sums_for_means=both(
        on_loss(lambda J, c: J * samples(c)), on_residual(lambda delta, c: delta * samples(c))
    ),
    results_exchanged=EXCHANGED,
)


@softmax.alternative
def softmax_by_loops(scores, labels):
    J, delta = 0.0, []
    for s, y in zip(scores.tolist(), labels.tolist(), strict=True):
        greatest = max(s)
        total = sum(np.exp(one - greatest) for one in s)
        J += (greatest + np.log(total) - s[y]) / len(scores)
        delta.append([(np.exp(one - greatest) / total - (i == y)) / len(scores) for i, one in enumerate(s)])
    return J, delta


@softmax.alternative
def softmax_by_logaddexp(scores, labels):
    rows = np.arange(len(labels))
    log_p = scores - np.logaddexp.reduce(scores.astype(float), axis=1)[:, None]
    delta = np.exp(log_p)
    delta[rows, labels] -= 1
    return -log_p[rows, labels].mean(), delta / len(labels)


@softmax.alternative
def softmax_by_pairwise_differences(scores, labels):
    # 1/p_i = Σ_j exp(s_j − s_i): no maximum is needed where nothing overflows, so differences are capped
    differences = np.minimum(scores[:, None, :] - scores[:, :, None], 700.0)
    p = 1 / np.exp(differences).sum(axis=2)
    to_right = scores - np.take_along_axis(scores, labels[:, None], axis=1)
    J = np.mean(to_right.max(axis=1) + np.log(np.exp(to_right - to_right.max(axis=1)[:, None]).sum(axis=1)))
    return J, (p - one_hot(labels, scores.shape[1])) / len(labels)


@softmax.alternative
def softmax_in_single_precision(scores, labels):
    s = (scores - scores.max(axis=1, keepdims=True)).astype(np.float32)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    right = one_hot(labels, s.shape[1]).astype(np.float32)
    return -(log_p * right).sum() / np.float32(len(s)), np.asfortranarray((np.exp(log_p) - right) / len(s))


# -------------------------------------------------------------------------------------- cnn_gradients

network = Exercise(cnn_gradients, points=40, lecture="3")


def pooled_sizes(H, W, kh, kw):
    return (H - kh + 1) // 2, (W - kw + 1) // 2


def parameters(rng, N, C, H, W, K, kh, kw, M):
    """Of a network: half of the kernels have a bias so low that many of their windows are dead."""
    P, Q = pooled_sizes(H, W, kh, kw)
    fan_in = C * kh * kw
    return {
        "w1": real(rng, K, C, kh, kw),
        "b1": np.sqrt(fan_in) * np.where(np.arange(K) % 2, 0.3, -0.6) * rng.uniform(0.8, 1.2, K),
        "w2": real(rng, M, K * P * Q) / np.sqrt(fan_in * K * P * Q),
        "b2": 0.3 * leaning(rng, M),
    }


def pooling_windows(maps, m):
    """The m·m cells of every window in reading order, (N, K, P, Q, m·m); windows touch."""
    N, K, H, W = maps.shape
    P, Q = H // m, W // m
    windows = maps[:, :, : P * m, : Q * m].reshape(N, K, P, m, Q, m)
    return windows.swapaxes(3, 4).reshape(N, K, P, Q, m * m)


def telling(case):
    """Would mistakes show? Nothing is close to a kink or a tie, and all that can happen happens somewhere."""
    params, x, labels = case
    z = conv2d(x, params["w1"], params["b1"])
    cells = np.sort(pooling_windows(z, 2), axis=4)
    alive = cells[..., 3] > 0
    clear = cells[..., 3] - cells[..., 2] > 1e-3
    first = pooling_windows(z, 2).argmax(axis=4)[alive]
    f = np.maximum(cells[..., 3], 0).reshape(len(x), -1)
    scores = f @ params["w2"].T + params["b2"]
    _, grads = cnn_gradients(params, x, labels)
    return (
        abs(z).min() > 1e-3
        and clear[alive].all()
        and not alive.all()
        and alive.any(axis=(0, 2, 3)).all()
        and alive.any(axis=(1, 2, 3)).all()
        and np.isin(first, (1, 2)).any()
        and (cells[..., 0] < 0)[alive].any()
        and (cells[..., 2] > 0)[alive].any()
        and (scores < -0.05).any()
        and abs(scores).max() < 3  # no softmax is saturated
        and all(abs(part).max() > 0.02 for part in grads.values())
    )


def a_network(rng, *sizes):
    """The arguments of a call, for sizes N, C, H, W, K, kh, kw, M."""
    N, C, H, W, *_, M = sizes
    return until(telling, lambda: (parameters(rng, *sizes), real(rng, N, C, H, W), classes(rng, N, M)))


def group_of_networks(name, points, zh, en, *sizes, visible=True):
    """A group with a case for each of the sizes N, C, H, W, K, kh, kw, M."""

    def draw(rng):
        for one in sizes:
            yield a_network(rng, *one)

    return network.group(name, points=points, zh=zh, en=en, visible=visible)(draw)


one_image = group_of_networks(
    "one_image", 6, "一幅图，一个卷积核", "one image and one kernel", (1, 1, 5, 7, 1, 2, 2, 3)
)


@one_image.example
def one_image_example():
    params = {
        "w1": np.array([[[[1.0, -1.0], [0.0, 1.0]]]]),
        "b1": np.array([0.0]),
        "w2": np.array([[1.0], [-1.0]]),
        "b2": np.array([-4.0, 4.0]),
    }
    yield params, LECTURE_A[None, None], np.array([0])


group_of_networks("kernels", 7, "多个卷积核", "several kernels", (1, 1, 7, 6, 4, 2, 3, 3))
group_of_networks("channels", 7, "多个通道", "several channels", (1, 3, 6, 7, 2, 3, 2, 5))
group_of_networks("batch", 8, "一批图", "a batch", (5, 1, 4, 7, 2, 3, 2, 3), (4, 2, 7, 4, 3, 2, 3, 5))
group_of_networks(
    "remainder",
    4,
    "池化除不尽：有余下的行和列",
    "rows and columns left over by pooling",
    (3, 2, 6, 8, 1, 2, 2, 4),
    (2, 1, 6, 5, 3, 2, 3, 6),
    visible=False,
)
group_of_networks(
    "extremes",
    2.5,
    "1×1 的卷积核，只剩一个滑窗",
    "1×1 kernels, a single pooling window",
    (2, 3, 4, 2, 2, 1, 1, 4),
    (5, 1, 3, 4, 2, 2, 3, 4),
    visible=False,
)


@network.group(
    "flat", points=1.5, zh="平坦的图，并列的最大值", en="flat images, where maxima tie", visible=False
)
def network_flat(rng):
    # places that tie look at equal inputs here, so that every valid subgradient gives the same gradients
    def draw():
        params = parameters(rng, 3, 2, 5, 4, 4, 2, 3, 5)
        params["b1"][1] += 1.0  # alive on the flat images
        return params, real(rng, 3, 2, 5, 4), classes(rng, 3, 5)

    params, x, _ = until(telling, draw)
    grey = 2.0 if params["w1"][1].sum() > 0 else -2.0
    images = np.concatenate([np.full((2, *x.shape[1:]), grey), x])
    yield params, images[[0, 2, 1, 3, 4]], classes(rng, 5, 5)


@network.group(points=2, **INTEGERS)
def network_integers(rng):
    def draw():
        params = {
            "w1": rng.integers(-3, 4, size=(3, 1, 2, 3)),
            "b1": np.array([0.5, -9.5, 4.5]),  # between whole numbers, so that no pre-activation is zero
            "w2": integers(rng, 4, 6) / 100,
            "b2": rng.permutation(4) - 1,
        }
        return params, rng.integers(-4, 5, size=(2, 1, 5, 4)), classes(rng, 2, 4)

    yield until(telling, draw)


@network.group(points=2, **LAYOUTS)
def network_layouts(rng):
    yield from in_every_layout(lambda: a_network(rng, 2, 1, 5, 6, 2, 2, 3, 3))


# ------------------------------------------------------------- the right network, written out layer by layer
# Its switches are what people get wrong inside of it. `cells` are the pooling windows, (N, K, P, Q, 4).


def relu(z):
    return np.maximum(z, 0)


def relu_slope(z):
    return (z > 0) * 1.0


def as_it_is(z):
    return z


def ones(z):
    return np.ones(z.shape)


def first_of(cells, value):
    """1 at the first cell of each window that has this value, else 0."""
    return (cells == value[..., None]).argmax(axis=4)[..., None] == np.arange(4)


def first_maximum(cells):
    return first_of(cells, cells.max(axis=4))


def first_minimum(cells):
    return first_of(cells, cells.min(axis=4))


def every_maximum(cells):
    return cells == cells.max(axis=4, keepdims=True)


def maxima_equally(cells):
    return every_maximum(cells) / every_maximum(cells).sum(axis=4, keepdims=True)


def maximum_transposed(cells):
    return first_maximum(cells)[..., [0, 2, 1, 3]]


def top_left(cells):
    return ones(cells) * [1, 0, 0, 0]


def equally(cells):
    return ones(cells) / 4


def greatest(cells):
    return cells.max(axis=4)


def mean(cells):
    return cells.mean(axis=4)


def by_kernel(p1):
    """(N, K, P, Q) in the order k, p, q, and what is to be done to get back."""
    return p1.reshape(len(p1), -1), lambda f: f.reshape(p1.shape)


def by_position(p1):
    """(N, K, P, Q) in the order p, q, k."""
    moved = np.moveaxis(p1, 1, 3)
    return moved.reshape(len(p1), -1), lambda f: np.moveaxis(f.reshape(moved.shape), 3, 1)


def back_by_position(p1):
    """Flattened by kernel, unflattened by position."""
    return by_kernel(p1)[0], by_position(p1)[1]


def cropped(maps):
    """Without the row and the column that touching windows leave over at the end."""
    H, W = maps.shape[2:]
    return np.s_[:, :, : H // 2 * 2, : W // 2 * 2]


def cropped_at_the_start(maps):
    H, W = maps.shape[2:]
    return np.s_[:, :, H % 2 :, W % 2 :]


def weight_gradient(delta1, x, w1):
    windows = sliding_window_view(x, w1.shape[2:], axis=(2, 3))
    return np.einsum("nkuv,ncuvpq->kcpq", delta1, windows)


def layer_by_layer(
    params, x, labels, *,
    convolve=conv2d,
    activation=relu,
    slope=relu_slope,
    reduce=greatest,
    share=first_maximum,
    crop=cropped,
    flatten=by_kernel,
    output=as_it_is,
    output_slope=ones,
    loss=softmax_cross_entropy,
):  # fmt: skip
    """`cnn_gradients`."""
    w1, b1, w2, b2 = params["w1"], params["b1"], params["w2"], params["b2"]
    z1 = convolve(x, w1, b1)
    a1 = activation(z1)
    inner = crop(a1)
    cells = pooling_windows(a1[inner], 2)
    f, unflatten = flatten(reduce(cells))
    s = f @ w2.T + b2
    J, delta2 = loss(output(s), labels)
    delta2 = delta2 * output_slope(s)
    shares = share(cells) * unflatten(delta2 @ w2)[..., None]
    N, K, P, Q = shares.shape[:4]
    da1 = np.zeros(a1.shape)
    da1[inner] = shares.reshape(N, K, P, Q, 2, 2).swapaxes(3, 4).reshape(N, K, 2 * P, 2 * Q)
    delta1 = da1 * slope(z1)
    return J, {
        "w1": weight_gradient(delta1, x, w1),
        "b1": delta1.sum(axis=(0, 2, 3)),
        "w2": delta2.T @ f,
        "b2": delta2.sum(axis=0),
    }


WRITTEN_OUT = {fit_kernel: descended, cnn_gradients: layer_by_layer}

# ------------------------------------------------------------------------------------ its misconceptions


def on_gradients(**changes):
    """A turn: something is done to the gradients of these names."""

    def change(pair, call):
        J, grads = pair
        return J, {**grads, **{name: change(grads[name], call) for name, change in changes.items()}}

    return result(change)


def on_all(change):
    """A turn: the same is done to all gradients."""
    return on_gradients(**dict.fromkeys(("w1", "b1", "w2", "b2"), change))


def with_params(**changes):
    """A turn: the function works on other parameters of these names."""
    return given(params=lambda c: {**c.params, **{n: change(c.params[n]) for n, change in changes.items()}})


def only_sample(index):
    """A turn: the gradients are those of one sample, with its share of the mean."""

    def turn(function):
        @functools.wraps(function)
        def wrong(params, x, labels):
            J, _ = function(params, x, labels)
            _, grads = function(params, x[index], labels[index])
            return J, {name: grads[name] / len(x) for name in grads}

        return wrong

    return turn


def but_for_the_first(axis):
    """A change of an array: zeros but for the first index along an axis."""

    def change(array, call):
        kept = np.zeros(array.shape)
        first = (slice(None),) * axis + (slice(0, 1),)
        kept[first] = array[first]
        return kept

    return change


def map_size(call):
    """How many positions a feature map has."""
    return np.prod(np.subtract(call.x.shape[2:], call.params["w1"].shape[2:]) + 1)


def convolve_in_integers(x, w, b):
    return conv2d(x, w, b).astype(x.dtype)


add(
    network,
    frequent=(
        "sigma_prime_missing",
        "gradient_rotated",
        "gradients_not_averaged",
        "rule_of_average_pooling",
        "one_not_subtracted",
        "bias_gradient_averaged",
    ),
    relu_missing=inside(activation=as_it_is, slope=ones),
    relu_missing_forward=inside(activation=as_it_is),
    sigma_prime_missing=inside(slope=ones),
    activation_for_its_slope=inside(slope=relu),
    relu_on_the_scores=inside(output=relu, output_slope=relu_slope),
    residual_to_all_cells=inside(share=ones),
    rule_of_average_pooling=inside(share=equally),
    average_pooling=inside(reduce=mean, share=equally),
    residual_to_top_left=inside(share=top_left),
    residual_to_minimum=inside(share=first_minimum),
    row_and_column_swapped=inside(share=maximum_transposed),
    whole_residual_to_every_tie=inside(share=every_maximum),
    remainder_at_the_top=inside(crop=cropped_at_the_start),
    flattened_in_another_order=inside(flatten=by_position),
    unflattened_in_another_order=inside(flatten=back_by_position),
    stored_as_integers=inside(convolve=convolve_in_integers),
    **{id: inside(loss=turn(softmax_cross_entropy)) for id, turn in LOSS_TURNS.items()},
    kernel_rotated_forward=with_params(w1=rotated),
    true_convolution=both(with_params(w1=rotated), on_gradients(w1=lambda dw, c: rotated(dw))),
    bias_left_out=with_params(b1=np.zeros_like),
    dense_bias_left_out=with_params(b2=np.zeros_like),
    gradient_rotated=on_gradients(w1=lambda dw, c: rotated(dw)),
    kernel_axes_exchanged=on_gradients(w1=lambda dw, c: first_axes_exchanged(dw)),
    bias_gradient_averaged=on_gradients(b1=lambda db, c: db / map_size(c)),
    divided_by_positions=on_gradients(w1=lambda dw, c: dw / map_size(c)),
    dense_gradient_transposed=on_gradients(w2=lambda dw, c: dw.T),
    dense_bias_averaged=on_gradients(b2=lambda db, c: db / samples(c)),
    gradients_not_averaged=on_all(lambda part, c: part * samples(c)),
    loss_not_averaged=on_loss(lambda J, c: J * samples(c)),
    sums_for_means=both(on_loss(lambda J, c: J * samples(c)), on_all(lambda part, c: part * samples(c))),
    divided_by_the_batch_again=on_all(lambda part, c: part / samples(c)),
    uphill=on_all(lambda part, c: -part),
    first_sample_only=only_sample(np.s_[:1]),
    last_sample_only=only_sample(np.s_[-1:]),
    first_channel_only=on_gradients(w1=but_for_the_first(axis=1)),
    first_kernel_only=on_gradients(w1=but_for_the_first(axis=0), b1=but_for_the_first(axis=0)),
    gradients_stored_as_integers=result(
        lambda pair, c: (pair[0], {name: part.astype(c.params[name].dtype) for name, part in pair[1].items()})
    ),
    results_exchanged=EXCHANGED,
)

network.equivalent(
    "np.maximum(z1, 0) → np.maximum(0, z1)",
    because="the larger of two numbers does not depend on their order",
)
network.equivalent(
    "z1 > 0 → z1 >= 0", because="at 0 ReLU has no derivative, any slope from 0 to 1 is right; no case asks"
)
network.equivalent(
    "max_pool2d(x, window, stride) → max_pool2d(x, stride, window)",
    because="windows touch: window and stride are equal",
)
network.equivalent(
    "np.einsum('nkuv->k', delta) → np.einsum('nkvu->k', delta)",
    because="a sum over axes does not depend on their order",
)

# -------------------------------------------------------------------------------------- its alternatives

network.alternative(layer_by_layer)


@network.alternative
def network_with_shared_ties(params, x, labels):
    return layer_by_layer(params, x, labels, share=maxima_equally)


@network.alternative
def network_by_loops(params, x, labels):
    w1, b1, w2, b2 = (params[name].tolist() for name in ("w1", "b1", "w2", "b2"))
    images, K, M = x.tolist(), len(w1), len(w2)
    _, C, kh, kw = params["w1"].shape
    N, (P, Q) = len(x), pooled_sizes(*x.shape[2:], kh, kw)
    dw1, db1 = np.zeros(params["w1"].shape), np.zeros(K)
    dw2, db2 = np.zeros(params["w2"].shape), np.zeros(M)
    J = 0.0
    for image, y in zip(images, labels.tolist(), strict=True):
        f, places = [], []
        for k in range(K):
            for p in range(P):
                for q in range(Q):
                    best = 0.0, None  # what is left of a dead window
                    for u in (2 * p, 2 * p + 1):
                        for v in (2 * q, 2 * q + 1):
                            z = b1[k]
                            for c in range(C):
                                for i in range(kh):
                                    for j in range(kw):
                                        z += w1[k][c][i][j] * image[c][u + i][v + j]
                            if z > best[0]:
                                best = z, (u, v)
                    f.append(best[0])
                    places.append((k, best[1]))
        s = [b2[m] + sum(one * other for one, other in zip(w2[m], f, strict=True)) for m in range(M)]
        total = sum(np.exp(one) for one in s)
        J += (np.log(total) - s[y]) / N
        delta2 = [(np.exp(one) / total - (m == y)) / N for m, one in enumerate(s)]
        for m in range(M):
            db2[m] += delta2[m]
            for i, one in enumerate(f):
                dw2[m, i] += delta2[m] * one
        for i, (k, place) in enumerate(places):
            if place is not None:
                delta = sum(delta2[m] * w2[m][i] for m in range(M))
                db1[k] += delta
                for c in range(C):
                    for a in range(kh):
                        for b in range(kw):
                            dw1[k, c, a, b] += delta * image[c][place[0] + a][place[1] + b]
    return J, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


@network.alternative
def network_by_im2col(params, x, labels):
    w1, w2 = params["w1"], params["w2"]
    N, (K, C, kh, kw) = len(x), w1.shape
    P, Q = pooled_sizes(*x.shape[2:], kh, kw)
    # one row for each position: (N, P, Q, 2·2, C·kh·kw), the positions of a pooling window side by side
    patches = sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, : 2 * P, : 2 * Q]
    patches = patches.transpose(0, 2, 3, 1, 4, 5).reshape(N, P, 2, Q, 2, C * kh * kw).swapaxes(2, 3)
    patches = patches.reshape(N, P, Q, 4, C * kh * kw)
    z = patches @ w1.reshape(K, -1).T + params["b1"]
    best = z.argmax(axis=3)  # (N, P, Q, K)
    top = np.take_along_axis(z, best[:, :, :, None], axis=3)[:, :, :, 0]
    f = np.moveaxis(relu(top), 3, 1).reshape(N, -1)
    s = f @ w2.T + params["b2"]
    p = of_greatest(s)
    right = one_hot(labels, len(w2))
    delta2 = (p - right) / N
    # the ReLU's slope is applied below the pooling: dead windows pass nothing on
    delta = np.moveaxis((delta2 @ w2).reshape(N, K, P, Q), 1, 3) * (top > 0)
    chosen = np.take_along_axis(patches, best[..., None], axis=3)  # (N, P, Q, K, C·kh·kw)
    return -np.log(p[right == 1]).mean(), {
        "w1": np.einsum("npqk,npqkc->kc", delta, chosen).reshape(w1.shape),
        "b1": delta.sum(axis=(0, 1, 2)),
        "w2": np.einsum("nm,ni->mi", delta2, f),
        "b2": delta2.sum(axis=0),
    }


@network.alternative
def network_sample_by_sample(params, x, labels):
    J, grads = 0.0, {name: np.zeros(part.shape) for name, part in params.items()}
    for n in range(len(x)):
        loss, parts = layer_by_layer(params, x[n : n + 1], labels[n : n + 1])
        J += loss / len(x)
        for name, part in parts.items():
            grads[name] += part / len(x)
    return J, grads


@network.alternative
def network_pooled_before_relu(params, x, labels):
    # ReLU and maximum may change places: the maximum of what is left is what is left of the maximum
    z1 = conv2d(x, params["w1"], params["b1"])
    cells = pooling_windows(z1, 2)
    pooled = cells.max(axis=4)
    f = relu(pooled).reshape(len(x), -1)
    J, delta2 = softmax_by_logaddexp(f @ params["w2"].T + params["b2"], labels)
    shares = (((delta2 @ params["w2"]).reshape(pooled.shape) * (pooled > 0))[..., None]) * maxima_equally(
        cells
    )
    windows = sliding_window_view(x, params["w1"].shape[2:], axis=(2, 3))
    delta1 = np.zeros(z1.shape)
    for i in range(4):
        P, Q = pooled.shape[2:]
        delta1[:, :, i // 2 : 2 * P : 2, i % 2 : 2 * Q : 2] = shares[..., i]
    return J, {
        "w1": np.tensordot(delta1, windows, axes=((0, 2, 3), (0, 2, 3))),
        "b1": delta1.sum((0, 2, 3)),
        "w2": delta2.T @ f,
        "b2": delta2.sum(0),
    }


@network.alternative
def network_by_complex_steps(params, x, labels):
    # Im f(v + ih) / h is the derivative, free of rounding; the branches of ReLU and maximum go by real parts
    def loss(**moved):
        w1, b1, w2, b2 = ({**params, **moved}[name] for name in ("w1", "b1", "w2", "b2"))
        cells = pooling_windows(conv2d(x, w1, b1), 2)
        p1 = np.take_along_axis(cells, cells.real.argmax(axis=4)[..., None], axis=4)[..., 0]
        s = np.where(p1.real > 0, p1, 0).reshape(len(x), -1) @ w2.T + b2
        s = s - s.real.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(s, labels[:, None], axis=1)[:, 0]
        return np.mean(np.log(np.exp(s).sum(axis=1)) - chosen)

    grads = {}
    for name, values in params.items():
        grads[name] = np.zeros(values.shape)
        for i in np.ndindex(values.shape):
            step = np.zeros(values.shape)
            step[i] = 1e-30
            grads[name][i] = loss(**{name: values + 1j * step}).imag / 1e-30
    return loss().real, grads


@network.alternative
def network_in_single_precision(params, x, labels):
    small = {name: part.astype(np.float32) for name, part in params.items()}
    J, grads = layer_by_layer(small, x.astype(np.float32), labels)
    return np.float32(J), {name: np.asfortranarray(part, dtype=np.float32) for name, part in grads.items()}
