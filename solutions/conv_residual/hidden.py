"""The tests of the assignment `conv_residual` (lecture 3.2): cases, misconceptions, accepted alternatives.

Cases are few and small; groups isolate one idea each, so that what a student got right earns its points,
and the hidden ones go on to remainders, integers, memory layouts and everything at once. Extents differ from
each other wherever they can, so that no two ways of indexing agree.

The steps of the lecture only move numbers: one array of numbers that are all different shows where each of
them went. The two forms of the convolution's residual are linear in the residual and in the kernel; their
groups `basis` go through the unit arrays of the lecture's size, 3×3 ∗ 2×2.
"""

import functools

import numpy as np

from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.transforms import (
    both,
    columns_flipped,
    divided_by,
    first_axes_exchanged,
    given,
    like,
    pretend,
    result,
    rotated,
    rotated90,
    rows_flipped,
    transposed,
    turned,
)

from ..catalogue import (
    BASIS,
    FIRST_SAMPLE_ONLY,
    INTEGERS,
    KERNEL_AXES_EXCHANGED,
    LAYOUTS,
    MATRIX_PRODUCT_WITH_SIGMA_PRIME,
    REMAINDER_AT_THE_TOP,
    REMAINDER_DROPPED,
    REPLACED_NOT_ADDED,
    RESIDUAL_DIVIDED_BY_THE_BATCH,
    SAMPLES_MIXED,
    SIGMA_PRIME_MISSING,
    SIGMA_PRIME_OF_THE_WRONG_LAYER,
    SIGMA_PRIME_TWICE,
    SQUARE_KERNEL,
    STORED_AS_INTEGERS,
    STRIDE_IGNORED,
    each_line,
    formula_for,
    hint,
    in_every_layout,
    integers,
    lying,
    real,
    relu_slopes,
    see,
    units,
    whole,
)
from .notebook import (
    conv2d_input_grad,
    conv_residual,
    dense_residual,
    derive_residuals,
    insert_zeros,
    pad_residual,
    residual_formula,
    rotate180,
)

DOMAIN = "cnn"

LECTURE_DELTA = np.array([[1.0, 2.0], [3.0, -1.0]])
LECTURE_W = np.array([[1.0, 2.0], [3.0, 4.0]])
LECTURE_LAYER = {"input": (3, 3), "kernel": (2, 2)}

# --------------------------------------------------------- mistakes that occur in several of the exercises

STEP_1 = "讲义 3.2 前一层残差计算方式第 1 步", "lecture 3.2, step 1"
STEP_2 = "讲义 3.2 前一层残差计算方式第 2 步", "lecture 3.2, step 2"
FORMULA = "讲义 3.2 前一层残差计算公式", "lecture 3.2, the formula"
EXAMPLE = "讲义 3.2 实例：δ₂₂ 是四项之和", "lecture 3.2, the example: δ₂₂ has four terms"
STRIDE = "讲义 3.2 当步长不为 1 时", "lecture 3.2, when the stride is not 1"
CHANNELS = "讲义 3.2 当卷积输入通道不为 1 时", "lecture 3.2, several input channels"

NOT_ROTATED = hint(
    "kernel_not_rotated",
    "收集残差时卷积核没有翻转 180°，或者分发残差时多翻转了一次（见讲义 3.2 前一层残差计算方式）",
    "the kernel was not rotated by 180° while gathering, or was rotated while scattering (lecture 3.2)",
)
ROWS_FLIPPED = hint(
    "only_rows_flipped",
    "卷积核只做了上下颠倒：翻转 180° 还要左右颠倒",
    "the kernel was turned upside down only; a rotation by 180° exchanges left and right, too",
    at=STEP_1,
)
COLUMNS_FLIPPED = hint(
    "only_columns_flipped",
    "卷积核只做了左右颠倒：翻转 180° 还要上下颠倒",
    "the kernel was turned left to right only; a rotation by 180° exchanges top and bottom, too",
    at=STEP_1,
)
TRANSPOSED = hint(
    "kernel_transposed",
    "用转置代替了翻转：转置交换高和宽，翻转 180° 保持形状",
    "the kernel was transposed, which swaps height and width; a rotation by 180° does not",
    at=STEP_1,
)
ROTATED_BY_90 = hint(
    "kernel_rotated_by_90", "卷积核只转了 90°", "the kernel was rotated by 90° only", at=STEP_1
)
RESIDUAL_ROTATED = hint(
    "residual_rotated",
    "翻转的是残差：要翻转的是卷积核",
    "it was the residual that was rotated; the kernel is what turns round",
    at=STEP_1,
)
PADDED_BY_K = hint(
    "padded_by_k",
    "残差的每一边补了 k 个 0：卷积核与残差至少重叠一个元素，只需补 k − 1 个，否则结果错开一行一列",
    "each side of the residual got k zeros; kernel and residual always overlap, so it is k − 1",
    at=STEP_2,
)
HALF_THE_KERNEL = hint(
    "half_the_kernel",
    "残差的每一边只补了 k 的一半：那是保持大小不变的填充，而前一层的图比残差大",
    "each side of the residual got half of k zeros; that keeps the size, but the layer before is larger",
    at=STEP_2,
)
ALWAYS_ONE_RING = hint(
    "always_one_ring",
    "总是只补一圈 0：一圈只适合 2×2 的卷积核，补多少由卷积核的大小决定",
    "there is one ring of zeros whatever the kernel; its size decides how many, and one suits 2×2 only",
    at=STEP_2,
)
TWO_SIDES_ONLY = hint(
    "zeros_on_two_sides_only",
    "只在残差的下边和右边补了 0：四边都要补",
    "zeros were added at the bottom and right of the residual only; all four sides need them",
    at=STEP_2,
)
NOTHING_INSERTED = hint(
    "no_zeros_inserted",
    "步长大于 1 时，没有在残差之间插入 0",
    "no zeros were inserted between the residuals for a stride above 1",
    at=STRIDE,
)
S_ZEROS_INSERTED = hint(
    "s_zeros_inserted",
    "相邻的残差之间插入了 s 个 0：相邻两个相距 s，中间只有 s − 1 个",
    "s zeros stand between neighbours; neighbours are s apart, which leaves room for s − 1",
    at=STRIDE,
)
ALWAYS_ONE_ZERO = hint(
    "always_one_zero",
    "相邻的残差之间总是插入一个 0：插入多少由步长决定",
    "there is always one zero between neighbours; the stride decides how many",
    at=STRIDE,
)
OVERLAPS_AVERAGED = hint(
    "overlaps_averaged",
    "窗口重叠的地方取了平均：参与了几个窗口，就收回几份残差，只相加",
    "where windows overlap the parts were averaged; they merely add up",
    at=EXAMPLE,
)
FLOATS_ADDED_TO_INTEGERS = hint(
    "floats_added_to_integers",
    "用来累加结果的数组是整数的，NumPy 不肯把小数加进去：参数可以是整数数组，结果却不一定是整数",
    "the array that collects the result holds integers, and NumPy refuses to add fractions to it; whole "
    "arguments do not make the result whole",
)


def added_into(name):
    """A turn: the result is added to an array that has taken over the dtype of an argument."""

    def change(value, call):
        collected = np.zeros(value.shape, getattr(call, name).dtype)
        collected += value
        return collected

    return result(change)


# ---------------------------------------------------------------------------------------- dense_residual

dense = Exercise(dense_residual, points=6, lecture="3.2")


def dense_args(rng, outputs, inputs):
    """The arguments of `dense_residual` for a layer of the given size."""
    return real(rng, outputs), real(rng, outputs, inputs), real(rng, inputs)


@dense.group("lecture", points=2, zh="讲义大小的例子", en="examples of the lecture's size")
def dense_lecture(rng):
    yield dense_args(rng, 3, 2)


@dense_lecture.example
def dense_lecture_example():
    yield np.array([1.0, -1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0.5, 1.0])


@dense.group("shapes", points=1.5, zh="输入数与输出数不同", en="unlike numbers of inputs and outputs")
def dense_shapes(rng):
    yield dense_args(rng, 2, 5)
    yield dense_args(rng, 3, 3)


@dense.group("single", points=1.5, zh="只有一个单元", en="a single unit", visible=False)
def dense_single(rng):
    yield dense_args(rng, 1, 4)
    yield dense_args(rng, 4, 1)


@dense.group(points=0.5, **BASIS)
def dense_basis(rng):
    """Each unit residual of the lecture's layer, 3 units after 2: it brings back its row of w, times σ′.

    A function that is linear in the residual and passes is right for all residuals of this layer.
    """
    for delta in units(3):
        yield delta, real(rng, 3, 2), real(rng, 2)


@dense.group(points=0.25, **INTEGERS)
def dense_integers(rng):
    yield integers(rng, 3), real(rng, 3, 4), relu_slopes(rng, 4)
    yield real(rng, 4), integers(rng, 4, 3), integers(rng, 3)


@dense.group(points=0.25, **LAYOUTS)
def dense_layouts(rng):
    return in_every_layout(lambda: dense_args(rng, 2, 3))


DENSE = "讲义 3.2 全连接 ANN 反向传播算法", "lecture 3.2, fully connected networks"

dense.mistake(
    "weights_not_transposed",
    turned("w_next", np.transpose),
    zh="权重矩阵没有转置：求第 j 个单元的残差要用第 j 列（见讲义 3.2 全连接 ANN 反向传播算法）",
    en="the weight matrix was not transposed: unit j needs column j (lecture 3.2, fully connected networks)",
    frequent=True,
)
dense.mistake(turn=turned("dsigma", np.ones_like), frequent=True, **see(SIGMA_PRIME_MISSING, *DENSE))
dense.mistake(turn=turned("dsigma", np.square), **see(SIGMA_PRIME_TWICE, *DENSE))
dense.mistake(
    "sigma_prime_taken_again",
    turned("dsigma", lambda slopes: slopes * (1 - slopes)),
    zh="对 dsigma 又求了一次导数：dsigma 已经是 σ′(z)，直接相乘即可（见本作业开头的约定）",
    en="dsigma was differentiated once more; it is σ′(z) already (the conventions that open this assignment)",
)
dense.mistake(
    "mean_over_units",
    divided_by(lambda c: len(c.delta_next)),
    zh="对后一层的各个单元取了平均：应当相加（见讲义 3.2 的 δ₁⁽²⁾）",
    en="the next layer's units were averaged; they add up (lecture 3.2, δ₁⁽²⁾)",
    frequent=True,
)
dense.mistake(
    "last_unit_only",
    given(delta_next=lambda c: c.delta_next[-1:], w_next=lambda c: c.w_next[-1:]),
    zh="只用了后一层的最后一个单元，循环中的结果被覆盖了，没有累加（见讲义 3.2 的 δ₁⁽²⁾）",
    en="only the next layer's last unit counts: a loop replaced what it should add up (lecture 3.2, δ₁⁽²⁾)",
)
dense.mistake(turn=like("dsigma"), **STORED_AS_INTEGERS)


@dense.misconception(**see(SIGMA_PRIME_OF_THE_WRONG_LAYER, *DENSE))
def slopes_of_the_next_layer(delta_next, w_next, dsigma):
    return w_next.T @ (delta_next * dsigma)


@dense.misconception(**see(MATRIX_PRODUCT_WITH_SIGMA_PRIME, *DENSE))
def product_with_the_slopes(delta_next, w_next, dsigma):
    return w_next.T @ delta_next @ dsigma


@dense.misconception(
    zh="各个连接传回的残差没有相加（见讲义 3.2 的 δ₁⁽²⁾，它是三项之和）",
    en="what the connections hand back was not added up (lecture 3.2: δ₁⁽²⁾ is a sum of three terms)",
)
def products_not_summed(delta_next, w_next, dsigma):
    return w_next * delta_next[:, None] * dsigma


@dense.alternative
def dense_by_loops(delta_next, w_next, dsigma):
    result = []
    for j in range(w_next.shape[1]):
        total = 0.0
        for i in range(w_next.shape[0]):
            total += w_next[i, j] * delta_next[i]
        result.append(total * dsigma[j])
    return np.array(result)


@dense.alternative
def dense_by_einsum(delta_next, w_next, dsigma):
    return np.einsum("i,ij,j->j", delta_next, w_next, dsigma)


@dense.alternative
def dense_by_row_vector(delta_next, w_next, dsigma):
    return (delta_next.reshape(1, -1) @ w_next * dsigma).ravel()


# -------------------------------------------------------------------------------------- derive_residuals

written_out = Exercise(derive_residuals, points=11, lecture="3.2")
each_line(written_out, LECTURE_LAYER, {"z": 0.5, "delta": 1})


def lecture_lines(
    *,
    z_weight="w{i}{j}",
    bias=" + b",
    weight="w{i}{j}",
    slope=" σ'(z{u}{v})",
    of_each="",
    joined=" + ",
    last=4,
):
    """The 13 lines, or what a mistake makes of them; `{i}` and `{k}` are a row and the one opposite it.

    Parameters
    ----------
    z_weight, weight : str
        The weight beside a in z, and beside δ in the residual.
    bias, slope : str
        What ends each z and each residual.
    of_each : str
        A further factor of every term of the residuals.
    last : int
        How many terms a residual has at most.
    """
    lines = []
    for p, q in np.ndindex(2, 2):
        terms = [
            f"a{p + i + 1}{q + j + 1} " + z_weight.format(i=i + 1, j=j + 1, k=2 - i, m=2 - j)
            for i, j in np.ndindex(2, 2)
        ]
        lines.append(f"z{p + 1}{q + 1} = {' + '.join(terms)}{bias}")
    for u, v in np.ndindex(3, 3):
        places = [(p, q) for p, q in np.ndindex(2, 2) if 0 <= u - p < 2 and 0 <= v - q < 2]
        terms = [
            f"δ{p + 1}{q + 1} {weight}{of_each}".format(
                i=u - p + 1, j=v - q + 1, k=2 - u + p, m=2 - v + q, u=u + 1, v=v + 1, p=p + 1, q=q + 1
            )
            for p, q in places
        ]
        end = slope.format(u=u + 1, v=v + 1, n=len(terms))
        lines.append(f"δ{u + 1}{v + 1} = ({joined.join(terms[:last])}){end}")
    return "\n".join(lines)


def lines_mistake(id, zh, en, **changes):
    """A misconception: the lines with some part of them changed."""
    written_out.misconception(id=id, zh=zh, en=en)(functools.partial(lecture_lines, **changes))


lines_mistake(
    "kernel_rotated_forward",
    "前向计算时把卷积核翻转了：讲义的“卷积”是互相关，不翻转（见讲义 3.2 卷积的前向传播）",
    "the kernel was rotated in the forward pass; the lecture's convolution is a correlation (lecture 3.2)",
    z_weight="w{k}{m}",
)
lines_mistake(
    "bias_forgotten",
    "z 里漏了偏置 b：它不影响残差，但每个 z 都加了它（见讲义 3.2 实例：前向传播）",
    "z lacks the bias b; it does not matter for the residual, yet every z adds it (lecture 3.2, the example)",
    bias="",
)
lines_mistake(
    "kernel_not_rotated",
    "残差里 w 的下标走反了：δ 的下标增大时，a 旁边的 w 的下标减小（见讲义 3.2 残差规律）",
    "the indices of w run the wrong way in the residuals: as those of δ grow, those of the w beside a fall "
    "(lecture 3.2, the pattern of the residuals)",
    weight="w{k}{m}",
)
lines_mistake(
    "kernel_transposed",
    "残差里 w 的行、列下标互换了：从 z 的式子里读出 a 旁边的是哪个 w（见讲义 3.2 实例：残差）",
    "rows and columns of w are exchanged in the residuals; read in z which w stands beside a (lecture 3.2)",
    weight="w{j}{i}",
)
lines_mistake(
    "weight_of_the_place_of_delta",
    "给每个 δ 配了同下标的 w：应当是 z 的式子里 a 旁边的那一个 w（见讲义 3.2 实例：残差）",
    "each δ got the w of its own indices; it is the w that stands beside a in this z (lecture 3.2)",
    weight="w{p}{q}",
)
lines_mistake(
    "sigma_prime_missing",
    "漏乘了 σ′：前一层的激活 a = σ(z) 也要求导（见讲义 3.2 实例：残差）",
    "σ′ is missing: a = σ(z) of the layer before has a slope, too (lecture 3.2, the example)",
    slope="",
)
lines_mistake(
    "sigma_prime_of_this_layer",
    "σ′ 取了当前层的 z：链式法则的最后一个因子是前一层的 ∂a/∂z（见讲义 3.2 实例：残差）",
    "σ′ was taken of this layer's z; the chain rule ends with ∂a/∂z of the layer before (lecture 3.2)",
    of_each=" σ'(z{p}{q}^(l))",
    slope="",
)
lines_mistake(
    "sigma_prime_of_a",
    "σ′ 里写成了 a：σ′ 是在 z 处的导数，σ′(z) 而不是 σ′(a)",
    "σ′ was taken at a; it is the slope at z, σ′(z) and not σ′(a)",
    slope=" σ'(a{u}{v})",
)
lines_mistake(
    "activation_for_its_slope",
    "乘的是激活值 a，不是 σ′(z)（见讲义 3.2 实例：残差）",
    "the factor is the activation a in place of its slope σ′(z) (lecture 3.2, the example)",
    slope=" a{u}{v}",
)
lines_mistake(
    "first_neighbour_only",
    "每个残差只写了一项：a 进入几个 z，残差就有几项（见讲义 3.2：δ₁₂ 与 z₁₁、z₁₂ 都有关）",
    "each residual has one term only; each z that contains a adds one (lecture 3.2: δ₁₂ has two)",
    last=1,
)
lines_mistake(
    "terms_averaged",
    "各项取了平均：参与了几个 z，就收回几份残差，只相加（见讲义 3.2 实例：残差）",
    "the terms were averaged; they merely add up (lecture 3.2, the example)",
    slope=" / {n} σ'(z{u}{v})",
)
lines_mistake(
    "terms_subtracted",
    "各项之间是减号：J 通过每个 z 的变化相加（见讲义 3.2 实例：残差）",
    "the terms are subtracted; the changes of J through each z add up (lecture 3.2, the example)",
    joined=" - ",
)
lines_mistake(
    "bias_in_the_residual",
    "残差里加了偏置 b：b 与 a 无关，对 a 求导就没有了（见讲义 3.2 实例：残差）",
    "the residuals contain the bias b; it does not depend on a, so its derivative by a is 0 (lecture 3.2)",
    slope=" σ'(z{u}{v}) + b",
)


@written_out.alternative
def in_the_lectures_latex():
    """Chains of equalities in an `aligned`, as on the lecture's pages."""
    rows = []
    for line in lecture_lines().splitlines()[:4]:
        left, right = line.split(" = ")
        rows.append(f"{latex(left, 'l')} &= {latex(right, 'l')} \\\\")
    for u, v in np.ndindex(3, 3):
        at = f"{{{u + 1}{v + 1}}}"
        places = [(p, q) for p, q in np.ndindex(2, 2) if 0 <= u - p < 2 and 0 <= v - q < 2]
        chain = " + ".join(
            rf"\frac{{\partial J}}{{\partial z_{{{p + 1}{q + 1}}}^{{(l)}}}}"
            rf"\frac{{\partial z_{{{p + 1}{q + 1}}}^{{(l)}}}}{{\partial a_{at}^{{(l-1)}}}}"
            rf"\frac{{\partial a_{at}^{{(l-1)}}}}{{\partial z_{at}^{{(l-1)}}}}"
            for p, q in places
        )
        result = " + ".join(
            rf"\delta_{{{p + 1}{q + 1}}}^{{(l)}} w_{{{u - p + 1}{v - q + 1}}}^{{(l)}} "
            rf"\sigma'(z_{at}^{{(l-1)}})"
            for p, q in places
        )
        undone = rf"\frac{{\partial J}}{{\partial z_{at}^{{(l-1)}}}}"
        rows.append(rf"\delta_{at}^{{(l-1)}} &= {undone} = {chain} = {result} \\")
    return "\\begin{aligned}\n" + "\n".join(rows) + "\n\\end{aligned}"


def latex(text, layer):
    """a11 w12 as the lecture writes it, in LaTeX with layers."""
    where = {"z": "l", "w": "l", "b": "l", "a": "l-1"}
    return " ".join(
        f"{word[0]}{'_{' + word[1:] + '}' if word[1:] else ''}^{{({where[word[0]]})}}"
        if word[0] in where
        else word
        for word in text.split()
    )


@written_out.alternative
def in_plain_ascii():
    """With stars, brackets, numbers before the lines, and the terms the other way round."""
    text = lecture_lines().replace("δ", "delta").replace("σ'", "dsigma")
    return "\n".join(f"({number}) {line}" for number, line in enumerate(reversed(text.splitlines()), 1))


@written_out.alternative
def in_subscripts_multiplied_out():
    """Unicode, σ′ in every term."""
    lines = lecture_lines(of_each=" σ'(z{u}{v})", slope="").splitlines()
    return "\n".join(line.translate(str.maketrans("1234'", "₁₂₃₄′")) for line in lines)


# --------------------------------------------------------------------------------------------- rotate180

rotation = Exercise(rotate180, points=4, lecture="3.2")


@rotation.group("lecture", points=1.5, zh="2×2 的卷积核", en="a 2×2 kernel")
def rotation_lecture(rng):
    yield (whole(rng, 2, 2),)


@rotation_lecture.example
def rotation_lecture_example():
    yield (LECTURE_W,)


@rotation.group("shapes", points=1.5, zh="高和宽不同的卷积核", en="kernels of unlike height and width")
def rotation_shapes(rng):
    yield (real(rng, 2, 4),)
    yield (real(rng, 5, 3),)


@rotation.group("single", points=0.75, zh="只有一行或一列", en="a single row or column", visible=False)
def rotation_single(rng):
    yield (whole(rng, 1, 4),)
    yield (whole(rng, 3, 1),)


@rotation.group(points=0.25, **LAYOUTS)
def rotation_layouts(rng):
    return in_every_layout(lambda: (real(rng, 2, 3),))


rotation.mistake(
    turn=result(lambda w_rot, c: rotated(w_rot)),
    **hint("unchanged", "卷积核没有变化", "the kernel was left as it is", at=STEP_1),
)
rotation.mistake(turn=turned("w", columns_flipped), **ROWS_FLIPPED)
rotation.mistake(turn=turned("w", rows_flipped), **COLUMNS_FLIPPED)
rotation.mistake(turn=turned("w", lambda w: rotated(transposed(w))), **TRANSPOSED)
rotation.mistake(turn=turned("w", lambda w: rotated(rotated90(w))), **ROTATED_BY_90)
rotation.mistake(
    turn=turned("w", rotated90),
    **hint(
        "rotated_by_90_clockwise",
        "卷积核只顺时针转了 90°",
        "the kernel was rotated by 90° only, clockwise",
        at=STEP_1,
    ),
)
rotation.mistake(
    turn=turned("w", transposed),
    **hint(
        "rotated_and_transposed",
        "翻转之后又转置了一次",
        "the kernel was rotated and then transposed as well",
        at=STEP_1,
    ),
)
rotation.mistake(
    "turned_about_the_first",
    result(lambda w_rot, c: np.roll(w_rot, (1, 1), (0, 1))),
    zh="卷积核绕着左上角的元素转，第一行、第一列仍在最前面：下标从 0 数起，最后一个是 −1（见练习 3 的公式）",
    en="the kernel turned about its first element, so that the first row and column stayed in front: index 0 "
    "belongs to the first, −1 to the last (the formula of exercise 3)",
)


@rotation.alternative
def rotation_by_loops(w):
    kh, kw = w.shape
    result = np.empty((kh, kw))
    for m in range(kh):
        for n in range(kw):
            result[m, n] = w[kh - 1 - m, kw - 1 - n]
    return result


@rotation.alternative
def rotation_by_two_quarter_turns(w):
    return np.rot90(np.rot90(w)).copy()


@rotation.alternative
def rotation_by_reversing_the_list(w):
    return np.array(w.ravel()[::-1].tolist()).reshape(w.shape)


# ------------------------------------------------------------------------------------------ pad_residual

padding_step = Exercise(pad_residual, points=6, lecture="3.2")


@padding_step.group("lecture", points=2, zh="2×2 的残差与卷积核", en="2×2 residual and kernel")
def pad_lecture(rng):
    yield whole(rng, 2, 2), (2, 2)


@pad_lecture.example
def pad_lecture_example():
    yield LECTURE_DELTA, (2, 2)


@padding_step.group("shapes", points=2, zh="高和宽不同", en="unlike height and width")
def pad_shapes(rng):
    yield real(rng, 4, 2), (3, 5)
    yield real(rng, 3, 1), (4, 2)


@padding_step.group("thin", points=1.75, zh="只有一行、一列的卷积核", en="thin kernels", visible=False)
def pad_thin(rng):
    yield real(rng, 2, 3), (1, 1)
    yield real(rng, 1, 1), (1, 4)
    yield real(rng, 4, 1), (3, 1)


@padding_step.group(points=0.25, **LAYOUTS)
def pad_layouts(rng):
    yield from in_every_layout(lambda: (real(rng, 2, 3), (2, 1)))
    yield Case((real(rng, 2, 2), (1, 1)), fresh=True)


def kernel_taken_for(shape):
    """A turn: the kernel's shape is taken to be `shape(kh, kw)`."""
    return turned("kernel_shape", lambda sides: shape(*sides))


padding_step.mistake(turn=kernel_taken_for(lambda kh, kw: (kh + 1, kw + 1)), **PADDED_BY_K)
padding_step.mistake(turn=kernel_taken_for(lambda kh, kw: (kh, kh)), **see(SQUARE_KERNEL, *STEP_2))
padding_step.mistake(turn=kernel_taken_for(lambda kh, kw: (2, 2)), **ALWAYS_ONE_RING)
padding_step.mistake(turn=kernel_taken_for(lambda kh, kw: (kh // 2 + 1, kw // 2 + 1)), **HALF_THE_KERNEL)
padding_step.mistake(
    "sides_swapped",
    kernel_taken_for(lambda kh, kw: (kw, kh)),
    zh="卷积核的高和宽弄反了：行数由高决定，列数由宽决定（见讲义 3.2 第 2 步）",
    en="height and width of the kernel changed places: its height decides the rows (lecture 3.2, step 2)",
)
padding_step.mistake(
    "rows_only",
    kernel_taken_for(lambda kh, kw: (kh, 1)),
    zh="只在上边和下边补了 0：左边和右边也要补（见讲义 3.2 第 2 步）",
    en="zeros were added above and below only; left and right need them, too (lecture 3.2, step 2)",
)
padding_step.mistake(
    "padded_by_its_own_size",
    given(kernel_shape=lambda c: c.delta.shape),
    zh="补多少按残差自己的大小来算：它由卷积核的大小决定（见讲义 3.2 第 2 步）",
    en="the residual's own size decided how many zeros it got; the kernel's does (lecture 3.2, step 2)",
)


@padding_step.misconception(**TWO_SIDES_ONLY)
def padded_at_the_end(delta, kernel_shape):
    return np.pad(delta, [(0, side - 1) for side in kernel_shape])


@padding_step.misconception(
    zh="只在上边和左边补了 0：四边都要补（见讲义 3.2 第 2 步）",
    en="zeros were added at the top and left only; all four sides need them (lecture 3.2, step 2)",
)
def top_and_left_only(delta, kernel_shape):
    return np.pad(delta, [(side - 1, 0) for side in kernel_shape])


@padding_step.misconception(
    zh="边界重复了最外面的残差：边界外没有残差，应当是 0（见讲义 3.2 第 2 步）",
    en="the outermost residuals were repeated; there are no residuals out there, hence zeros (lecture 3.2)",
)
def border_repeated(delta, kernel_shape):
    return np.pad(delta, [(side - 1, side - 1) for side in kernel_shape], mode="edge")


@padding_step.alternative
def pad_by_loops(delta, kernel_shape):
    Ho, Wo = delta.shape
    kh, kw = kernel_shape
    result = np.zeros((Ho + 2 * kh - 2, Wo + 2 * kw - 2))
    for p in range(Ho):
        for q in range(Wo):
            result[p + kh - 1, q + kw - 1] = delta[p, q]
    return result


@padding_step.alternative
def pad_by_stacking(delta, kernel_shape):
    kh, kw = kernel_shape
    side = np.zeros((delta.shape[0], kw - 1))
    middle = np.hstack([side, delta, side])
    above = np.zeros((kh - 1, middle.shape[1]))
    return np.vstack([above, middle, above])


# ------------------------------------------------------------------------------------------ insert_zeros

insertion = Exercise(insert_zeros, points=6, lecture="3.2")


@insertion.group("lecture", points=2, zh="2×2 的残差，步长 2", en="2×2 residual, stride 2")
def insert_lecture(rng):
    yield whole(rng, 2, 2), 2


@insert_lecture.example
def insert_lecture_example():
    yield LECTURE_DELTA, 2


@insertion.group(
    "shapes", points=2, zh="更大的步长，高和宽不同", en="larger strides, unlike height and width"
)
def insert_shapes(rng):
    yield real(rng, 4, 2), 3
    yield real(rng, 2, 3), 4


@insertion.group(
    "single", points=1.75, zh="步长 1，只有一行或一列", en="stride 1, a single row or column", visible=False
)
def insert_single(rng):
    yield real(rng, 2, 3), 1
    yield real(rng, 1, 3), 3
    yield real(rng, 4, 1), 2


@insertion.group(points=0.25, **LAYOUTS)
def insert_layouts(rng):
    yield from in_every_layout(lambda: (real(rng, 2, 3), 2))
    yield Case((real(rng, 2, 2), 1), fresh=True)


def each_replaced_by(block):
    """A turn: each residual becomes a square of s × s elements, itself times `block(s)`."""
    return lambda function: lambda delta, stride: np.kron(delta, block(stride))


def one_at(row, column):
    """A square of zeros but for a 1."""
    return lambda stride: np.outer(np.eye(stride)[row], np.eye(stride)[column])


insertion.mistake(turn=pretend("stride", 1), **NOTHING_INSERTED)
insertion.mistake(turn=turned("stride", lambda s: s + 1), **S_ZEROS_INSERTED)
insertion.mistake(turn=pretend("stride", 2), **ALWAYS_ONE_ZERO)
insertion.mistake(
    "zeros_after_the_last_too",
    each_replaced_by(one_at(0, 0)),
    zh="最后一个残差后面也插入了 0：只在相邻残差之间插入，外层的 0 由下一步补（见讲义 3.2 当步长不为 1 时）",
    en="zeros follow the last residual, too; they belong between neighbours only (lecture 3.2, stride)",
)
insertion.mistake(
    "zeros_before_the_first_too",
    each_replaced_by(one_at(-1, -1)),
    zh="第一个残差前面也插入了 0：只在相邻残差之间插入，外层的 0 由下一步补（见讲义 3.2 当步长不为 1 时）",
    en="zeros precede the first residual, too; they belong between neighbours only (lecture 3.2, stride)",
)
insertion.mistake(
    "residuals_repeated",
    each_replaced_by(lambda stride: np.ones((stride, stride))),
    zh="重复了残差：被步长跳过的 z 不影响 J，它们的残差是 0（见讲义 3.2 当步长不为 1 时）",
    en="residuals were repeated; the z that the stride skips have no influence on J (lecture 3.2, stride)",
)
insertion.mistake(
    "rows_only",
    result(lambda spread, c: spread[:, :: c.stride]),
    zh="只在行与行之间插入了 0，列与列之间没有（见讲义 3.2 当步长不为 1 时）",
    en="zeros were inserted between rows but not between columns (lecture 3.2, stride)",
)
insertion.mistake(
    "columns_only",
    result(lambda spread, c: spread[:: c.stride]),
    zh="只在列与列之间插入了 0，行与行之间没有（见讲义 3.2 当步长不为 1 时）",
    en="zeros were inserted between columns but not between rows (lecture 3.2, stride)",
)
insertion.mistake(
    "residuals_skipped",
    given(delta=lambda c: c.delta[:: c.stride, :: c.stride], stride=lambda c: 1),
    zh="每隔 s 个只留下了一个残差：前向才跳过 z，反向时要把跳过的位置补回来（见讲义 3.2 当步长不为 1 时）",
    en="only every s-th residual was kept; so the forward pass skips z, and now their places come back "
    "(lecture 3.2, stride)",
)


@insertion.alternative
def insert_by_loops(delta, stride):
    Ho, Wo = delta.shape
    result = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    for p in range(Ho):
        for q in range(Wo):
            result[p * stride, q * stride] = delta[p, q]
    return result


@insertion.alternative
def insert_by_kron_and_crop(delta, stride):
    rows, columns = (length * stride - (stride - 1) for length in delta.shape)
    return np.kron(delta, one_at(0, 0)(stride))[:rows, :columns].copy()


@insertion.alternative
def insert_by_numpy_insert(delta, stride):
    Ho, Wo = delta.shape
    tall = np.insert(delta, np.repeat(np.arange(1, Ho), stride - 1), 0, axis=0)
    return np.insert(tall, np.repeat(np.arange(1, Wo), stride - 1), 0, axis=1)


# --------------------------------------------------- the residual of a convolution, wrong in its inside
#
# Where a mistake is not "the right function with other arguments or another result", it is one of these
# turns of `conv2d_input_grad`; `on_one_map` makes turns of `conv_residual` of them. `surrounded` and
# `scattered` give functions of their own and forget the one that they turn: where two mistakes meet, they
# have to come first.


def middle(da, H, W, p):
    """The right crop of a padded map."""
    return da[:, :, p : p + H, p : p + W]


def whole_map(da, H, W, p):
    """No crop at all."""
    return da


def on_a_canvas(da, H, W, p):
    """The right crop; what `da` lacks at the bottom and right is zero."""
    canvas = np.zeros((*da.shape[:2], H + 2 * p, W + 2 * p))
    part = da[:, :, : H + 2 * p, : W + 2 * p]
    canvas[:, :, : part.shape[2], : part.shape[3]] = part
    return middle(canvas, H, W, p)


def without_border(da, H, W, p):
    """p rows and columns less on each side, however large the map is."""
    return da[:, :, p : da.shape[2] - p, p : da.shape[3] - p]


def at_the_end(da, H, W, p):
    """The right crop; what `da` lacks is zero at the top and left."""
    lacking = H + 2 * p - da.shape[2], W + 2 * p - da.shape[3]
    return middle(np.pad(da, [(0, 0), (0, 0), *((rest, 0) for rest in lacking)]), H, W, p)


def surrounded(zeros, crop=middle):
    """A turn: gathered, with `zeros(kh, kw, p)` = (top, bottom), (left, right) around the residual."""

    def wrong(delta, w, input_shape, stride=1, padding=0):
        (N, K, Ho, Wo), (H, W), (kh, kw) = delta.shape, input_shape[2:], w.shape[2:]
        spread = np.zeros((N, K, (Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
        spread[:, :, ::stride, ::stride] = delta
        (top, bottom), (left, right) = zeros(kh, kw, padding)
        rh, rw = (H + 2 * padding - kh) % stride, (W + 2 * padding - kw) % stride
        around = np.pad(spread, ((0, 0), (0, 0), (top, bottom + rh), (left, right + rw)))
        windows = np.lib.stride_tricks.sliding_window_view(around, (kh, kw), axis=(2, 3))
        return crop(np.einsum("kcij,nkuvij->ncuv", rotated(w), windows), H, W, padding)

    return lambda function: wrong


def evenly(rows, columns):
    """As many rows before as after, as many columns before as after."""
    return (rows, rows), (columns, columns)


gathered = surrounded(lambda kh, kw, p: evenly(kh - 1, kw - 1))  # wrong only by what is done to it


def scattered(put=np.add, apart=lambda s, kh, kw: (s, s), one_by_one=False):
    """A turn: δ·w, window by window; `put(old, new)` is what a window holds then, `apart` their distance.

    With `one_by_one` the kernels' parts are put one after the other, else their sum is.
    """

    def wrong(delta, w, input_shape, stride=1, padding=0):
        (N, C, H, W), (kh, kw) = input_shape, w.shape[2:]
        down, across = apart(stride, kh, kw)
        da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
        kernels = [[k] for k in range(len(w))] if one_by_one else [slice(None)]
        for p, q in np.ndindex(delta.shape[2:]):
            window = da[:, :, p * down : p * down + kh, q * across : q * across + kw]
            for some in kernels:
                window[...] = put(window, np.einsum("nk,kcij->ncij", delta[:, some, p, q], w[some]))
        return middle(da, H, W, padding)

    return lambda function: wrong


def replaced(old, new):
    """What stands there is lost."""
    return new


def cropped(crop):
    """A turn: right on the whole padded map; then another crop, `crop(da, H, W, p)`."""

    def turn(function):
        @functools.wraps(function)
        def wrong(delta, w, input_shape, stride=1, padding=0):
            N, C, H, W = input_shape
            da = function(delta, w, (N, C, H + 2 * padding, W + 2 * padding), stride)
            return crop(da, H, W, padding)

        return wrong

    return turn


def reached(crop, apart=lambda s: s):
    """A turn: right on what windows reach that stand `apart(s)` from each other; then `crop(da, H, W, p)`."""

    def turn(function):
        @functools.wraps(function)
        def wrong(delta, w, input_shape, stride=1, padding=0):
            (N, _, Ho, Wo), (_, C, kh, kw) = delta.shape, w.shape
            s = apart(stride)
            da = function(delta, w, (N, C, (Ho - 1) * s + kh, (Wo - 1) * s + kw), s)
            return crop(da, *input_shape[2:], padding)

        return wrong

    return turn


def averaged_where_windows_overlap(function):
    """A turn: the sum at each place is divided by the number of windows that reach it."""

    @functools.wraps(function)
    def wrong(delta, w, input_shape, stride=1, padding=0):
        ones = np.ones((1, 1, *delta.shape[2:])), np.ones((1, 1, *w.shape[2:])), (1, 1, *input_shape[2:])
        windows = conv2d_input_grad(*ones, stride, padding)
        return function(delta, w, input_shape, stride, padding) / np.maximum(windows, 1)

    return wrong


def on_one_map(turn):
    """The turn of `conv_residual` that a turn of `conv2d_input_grad` amounts to."""
    on_a_batch = turn(conv2d_input_grad)

    def wrong(delta, w, dsigma):
        return on_a_batch(delta[None, None], w[None, None], (1, 1, *dsigma.shape))[0, 0] * dsigma

    return lambda function: wrong


# ----------------------------------------------------------------------------------------- conv_residual

single_map = Exercise(conv_residual, points=12, lecture="3.2")


def map_args(rng, shape, kernel_shape):
    """The arguments of `conv_residual` for a map of `shape` before the convolution."""
    (H, W), (kh, kw) = shape, kernel_shape
    return real(rng, H - kh + 1, W - kw + 1), real(rng, kh, kw), real(rng, H, W)


@single_map.group("lecture", points=3, zh="讲义实例的大小 3×3 ∗ 2×2", en="the lecture's size, 3×3 ∗ 2×2")
def map_lecture(rng):
    delta, w = whole(rng, 2, 2, 2)  # eight numbers, all different: the residual is not like its kernel
    yield delta, w, whole(rng, 3, 3)


@map_lecture.example
def map_lecture_example():
    yield LECTURE_DELTA, LECTURE_W, np.ones((3, 3))
    yield LECTURE_DELTA, LECTURE_W, np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 1.0, 0.5]])


@single_map.group(
    "shapes", points=4, zh="高和宽不同的图与卷积核", en="maps and kernels of unlike height and width"
)
def map_shapes(rng):
    yield map_args(rng, (4, 6), (2, 3))
    yield map_args(rng, (5, 4), (4, 2))
    yield map_args(rng, (7, 5), (3, 3))


@single_map.group(
    "kernels", points=3, zh="很小与很大的卷积核", en="very small and very large kernels", visible=False
)
def map_kernels(rng):
    yield map_args(rng, (2, 3), (1, 1))
    yield map_args(rng, (3, 5), (1, 4))
    yield map_args(rng, (4, 3), (4, 1))
    yield map_args(rng, (3, 4), (3, 4))


@single_map.group(points=1, **BASIS)
def map_basis(rng):
    """Each unit residual and each unit kernel of the lecture's size, once.

    A unit residual brings back the kernel, a unit kernel the residual, each at a place of its own. The other
    numbers are random reals, so that no sum of wrong terms equals the right one: each of the 16 products δ·w
    shows where it went, and a function that is linear in both and passes is right for all of this size.
    """
    for delta in units(2, 2):
        yield delta, real(rng, 2, 2), real(rng, 3, 3)
    for w in units(2, 2):
        yield real(rng, 2, 2), w, real(rng, 3, 3)


@single_map.group(points=0.5, **INTEGERS)
def map_integers(rng):
    """Each sum has one term: then it does not matter whether terms or their sums are truncated."""
    yield integers(rng, 1, 1), real(rng, 3, 2), relu_slopes(rng, 3, 2)
    yield real(rng, 3, 4), integers(rng, 1, 1), integers(rng, 3, 4)


@single_map.group(points=0.5, **LAYOUTS)
def map_layouts(rng):
    yield from in_every_layout(lambda: map_args(rng, (5, 3), (2, 2)))
    yield Case(map_args(rng, (2, 3), (1, 1)), fresh=True)


single_map.mistake(turn=on_one_map(scattered(replaced)), frequent=True, **see(REPLACED_NOT_ADDED, *EXAMPLE))
single_map.mistake(turn=on_one_map(averaged_where_windows_overlap), **OVERLAPS_AVERAGED)
single_map.mistake(turn=on_one_map(surrounded(lambda kh, kw, p: evenly(kh, kw))), **PADDED_BY_K)
single_map.mistake(
    turn=on_one_map(surrounded(lambda kh, kw, p: evenly(kh // 2, kw // 2), whole_map)), **HALF_THE_KERNEL
)
single_map.mistake(turn=on_one_map(surrounded(lambda kh, kw, p: evenly(1, 1), whole_map)), **ALWAYS_ONE_RING)
single_map.mistake(
    turn=on_one_map(surrounded(lambda kh, kw, p: evenly(kh - 1, kh - 1), whole_map)),
    **see(SQUARE_KERNEL, *STEP_2),
)
single_map.mistake(
    turn=on_one_map(surrounded(lambda kh, kw, p: ((0, 2 * kh - 2), (0, 2 * kw - 2)))), **TWO_SIDES_ONLY
)


def not_surrounded(delta, w, dsigma):
    """Gathered from the residual as it is; NumPy spreads a single number, and refuses what does not fit."""
    windows = np.lib.stride_tricks.sliding_window_view(delta, w.shape)
    return np.einsum("ij,uvij->uv", rotated(w), windows) * dsigma


def beyond_the_residual(delta, w, dsigma):
    """The same, but at every place of the layer before: windows at the rim are cut off, and do not fit."""
    da = np.zeros(dsigma.shape)
    for u, v in np.ndindex(da.shape):
        da[u, v] = np.sum(delta[u : u + w.shape[0], v : v + w.shape[1]] * rotated(w))
    return da * dsigma


single_map.mistake(
    "residual_not_surrounded",
    lambda function: not_surrounded,
    zh="没有给残差的四周补 0（见讲义 3.2 第 2 步）",
    en="the residual was not surrounded with zeros (lecture 3.2, step 2)",
)
single_map.mistake(
    "read_beyond_the_residual",  # by exceptions alone: said so that it is true of whatever raises there, too
    lambda function: beyond_the_residual,
    zh="数组的大小对不上：收集残差之前，要先给残差的四周补 0（见讲义 3.2 第 2 步）",
    en="the sizes do not agree: before gathering, surround the residual with zeros (lecture 3.2, step 2)",
)
single_map.mistake(turn=turned("w", rotated), frequent=True, **NOT_ROTATED)
single_map.mistake(turn=turned("w", columns_flipped), **ROWS_FLIPPED)
single_map.mistake(turn=turned("w", rows_flipped), **COLUMNS_FLIPPED)
single_map.mistake(turn=turned("w", lambda w: rotated(transposed(w))), **TRANSPOSED)
single_map.mistake(turn=turned("w", lambda w: rotated(rotated90(w))), **ROTATED_BY_90)
single_map.mistake(turn=given(delta=lambda c: rotated(c.delta), w=lambda c: rotated(c.w)), **RESIDUAL_ROTATED)
single_map.mistake(turn=turned("dsigma", np.ones_like), frequent=True, **see(SIGMA_PRIME_MISSING, *FORMULA))
single_map.mistake(turn=turned("dsigma", np.square), **see(SIGMA_PRIME_TWICE, *FORMULA))
single_map.mistake(turn=like("dsigma"), **STORED_AS_INTEGERS)
single_map.mistake(turn=added_into("dsigma"), **FLOATS_ADDED_TO_INTEGERS)


@single_map.misconception(**see(SIGMA_PRIME_OF_THE_WRONG_LAYER, *FORMULA))
def slopes_of_the_current_layer(delta, w, dsigma):
    Ho, Wo = delta.shape
    return conv_residual(delta * dsigma[:Ho, :Wo], w, np.ones(dsigma.shape))


@single_map.misconception(**see(MATRIX_PRODUCT_WITH_SIGMA_PRIME, *FORMULA))
def matrix_product_with_the_slopes(delta, w, dsigma):
    return conv_residual(delta, w, np.ones(dsigma.shape)) @ dsigma


@single_map.misconception(
    zh="残差没有补 0，只算了卷积核完全落在残差内部的位置（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="the residual was not padded; only positions with the kernel inside it count (lecture 3.2, step 2)",
)
def residual_not_padded(delta, w, dsigma):
    inside = np.lib.stride_tricks.sliding_window_view(delta, w.shape)
    da = np.einsum("mn,uvmn->uv", rotated(w), inside)
    return on_a_canvas(da[None, None], *dsigma.shape, 0)[0, 0] * dsigma


@single_map.alternative
def map_by_gathering_loops(delta, w, dsigma):
    H, W = dsigma.shape
    kh, kw = w.shape
    Ho, Wo = delta.shape
    result = np.zeros((H, W))
    for u in range(H):
        for v in range(W):
            for m in range(kh):
                for n in range(kw):
                    if 0 <= u - m < Ho and 0 <= v - n < Wo:
                        result[u, v] += w[m, n] * delta[u - m, v - n]
            result[u, v] *= dsigma[u, v]
    return result


@single_map.alternative
def map_by_scattering_windows(delta, w, dsigma):
    kh, kw = w.shape
    result = np.zeros(dsigma.shape)
    for p, q in np.ndindex(delta.shape):
        result[p : p + kh, q : q + kw] += delta[p, q] * w
    return result * dsigma


@single_map.alternative
def map_as_a_fully_connected_layer(delta, w, dsigma):
    """The convolution unrolled into a matrix: then the formula for fully connected layers does it all."""
    H, W = dsigma.shape
    matrix = np.zeros((delta.size, H * W))
    for row, (p, q) in enumerate(np.ndindex(delta.shape)):
        for m, n in np.ndindex(w.shape):
            matrix[row, (p + m) * W + q + n] = w[m, n]
    return ((matrix.T @ delta.ravel()) * dsigma.ravel()).reshape(H, W)


@single_map.alternative
def map_by_full_rows(delta, w, dsigma):
    """Full one-dimensional convolutions of rows: NumPy's `convolve` rotates by itself."""
    result = np.zeros(dsigma.shape)
    for p in range(delta.shape[0]):
        for m in range(w.shape[0]):
            result[p + m] += np.convolve(delta[p], w[m])
    return result * dsigma


# -------------------------------------------------------------------------------------- residual_formula

in_one_formula = Exercise(residual_formula, points=3, lecture="3.2")


@in_one_formula.group("stride 1", points=1, zh="步长 1", en="stride 1")
def formula_stride_1(rng):
    yield formula_for("delta", *lying(rng, (3, 4), (2, 3)))


@formula_stride_1.example
def formula_stride_1_example():
    yield formula_for("delta", **LECTURE_LAYER)


@in_one_formula.group("stride", points=2, zh="步长大于 1", en="stride above 1")
def formula_stride(rng):
    """Two windows along each side at least, for what is done with the stride shows from the second on."""
    yield formula_for("delta", *lying(rng, (3, 4), (1, 2)), 2)
    yield formula_for("delta", *lying(rng, (4, 5), (1, 2)), 3)


@formula_stride.example
def formula_stride_example():
    yield formula_for("delta", (5, 4), (3, 2), 2)


def formula_mistake(id, formula, zh, en):
    """A misconception: another formula."""
    in_one_formula.misconception(id=id, zh=zh, en=en)(lambda: formula)


formula_mistake(
    "kernel_not_rotated",
    "δ_{u,v} = Σ_m Σ_n w_{m,n} δ_{u+m-1,v+n-1} σ'(z_{u,v})",
    "照抄了讲义的公式：那里 w 是翻转以后的、δ 是补 0 以后的；这里两者都是原来的，下标要反着走",
    "this is the lecture's formula, where w is rotated and δ padded; here both are as they were, so their "
    "indices run opposite ways",
)
formula_mistake(
    "stride_ignored",
    "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-p+1,v-q+1} σ'(z_{u,v})",
    "公式只对步长 1 成立：z_pq 的窗口从第 (p − 1)s + 1 行开始（见讲义 3.2 当步长不为 1 时）",
    "it holds for stride 1 only; the window of z_pq begins in row (p − 1)s + 1 (lecture 3.2)",
)
formula_mistake(
    "window_off_by_one",
    "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-ps,v-qs} σ'(z_{u,v})",
    "下标差了一格：下标从 1 开始，第一个窗口从第 1 行开始，所以是 (p − 1)s，不是 ps",
    "the indices are off: they count from 1, and the first window begins in row 1, so it is (p − 1)s, not ps",
)
formula_mistake(
    "rows_and_columns_exchanged",
    "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{v-(q-1)s,u-(p-1)s} σ'(z_{u,v})",
    "w 的行、列下标互换了（见讲义 3.2 卷积的前向传播）",
    "rows and columns of w are exchanged (lecture 3.2, the forward pass)",
)
formula_mistake(
    "residual_transposed",
    "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(q-1)s,v-(p-1)s} σ'(z_{u,v})",
    "δ 的行、列下标互换了：u 与 p 是行，v 与 q 是列",
    "rows and columns of δ are exchanged: u and p are rows, v and q are columns",
)
formula_mistake(
    "sigma_prime_missing",
    "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s,v-(q-1)s}",
    "漏乘了 σ′：前一层的激活 a = σ(z) 也要求导（见讲义 3.2 前一层残差计算公式）",
    "σ′ is missing: a = σ(z) of the layer before has a slope, too (lecture 3.2, the formula)",
)
formula_mistake(
    "sigma_prime_of_this_layer",
    "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s,v-(q-1)s} σ'(z_{p,q}^{(l)})",
    "σ′ 取了当前层的 z：链式法则的最后一个因子是前一层的 ∂a/∂z（见讲义 3.2 前一层残差计算公式）",
    "σ′ was taken of this layer's z; the chain rule ends with ∂a/∂z of the layer before (lecture 3.2)",
)
formula_mistake(
    "forward_indices",
    "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{(u-1)s+p,(v-1)s+q} σ'(z_{u,v})",
    "用了前向计算的下标：从 u = (p − 1)s + m 解出 m，才是 a 旁边的 w 的下标",
    "these are the indices of the forward pass; solve u = (p − 1)s + m for m to find the w beside a",
)


@in_one_formula.alternative
def formula_in_latex():
    return (
        r"\delta_{u,v}^{(l-1)} = \sum_{p}\sum_{q} \delta_{p,q}^{(l)} w_{u-(p-1)s,\,v-(q-1)s}^{(l)} "
        r"\sigma'(z_{u,v}^{(l-1)})"
    )


@in_one_formula.alternative
def formula_in_ascii():
    return "delta[i,j] = dsigma(z[i,j]) * sum_m sum_n w[i-s*m+s, j-s*n+s] * delta[m,n]"


@in_one_formula.alternative
def formula_after_the_chain_rule():
    return (
        r"\frac{\partial J}{\partial z_{u,v}^{(l-1)}} "
        r"= \sum_p \sum_q \frac{\partial J}{\partial z_{p,q}^{(l)}} "
        r"\frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}} "
        r"\frac{\partial a_{u,v}^{(l-1)}}{\partial z_{u,v}^{(l-1)}} "
        r"= \sum_p \sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,v-(q-1)s}^{(l)} \sigma'(z_{u,v}^{(l-1)})"
    )


# ------------------------------------------------------------------------------------- conv2d_input_grad

general = Exercise(conv2d_input_grad, points=52, lecture="3.2")


def conv_args(rng, input_shape, kernels, *options):
    """The arguments of `conv2d_input_grad`.

    `kernels` is (K, kh, kw); `options` are stride and padding, left out where their defaults are meant.
    """
    N, C, H, W = input_shape
    K, kh, kw = kernels
    stride, padding = (*options, *(1, 0)[len(options) :])
    Ho = (H + 2 * padding - kh) // stride + 1
    Wo = (W + 2 * padding - kw) // stride + 1
    return real(rng, N, K, Ho, Wo), real(rng, K, C, kh, kw), input_shape, *options


@general.group("lecture", points=3, zh="讲义实例的大小", en="the lecture's size")
def conv_lecture(rng):
    delta, w = whole(rng, 2, 1, 1, 2, 2)  # eight numbers, all different: the residual is not like its kernel
    yield delta, w, (1, 1, 3, 3)


@conv_lecture.example
def conv_lecture_example():
    yield LECTURE_DELTA[None, None], LECTURE_W[None, None], (1, 1, 3, 3)


@general.group(points=3, **BASIS)
def conv_basis(rng):
    """All 16 connections of the lecture's example in one call: unit residual n meets unit kernel c.

    Samples have nothing to do with each other and channels neither, so sample n and channel c of the result
    is what the n-th residual sends back through the c-th element of the kernel: one 1, in its place. A
    function that is linear in the residual and in the kernel and passes is right for all of this size.
    """
    yield units(1, 2, 2), units(2, 2)[None], (4, 4, 3, 3)


@general.group("stride", points=7, zh="步长大于 1", en="stride above 1")
def conv_stride(rng):
    yield conv_args(rng, (1, 1, 5, 6), (1, 3, 4), 2)  # windows overlap
    yield conv_args(rng, (1, 1, 4, 6), (1, 2, 2), 2)  # they touch
    yield conv_args(rng, (1, 1, 5, 7), (1, 2, 1), 3)  # gaps between them


@general.group("channels", points=5, zh="多个输入通道", en="several input channels")
def conv_channels(rng):
    yield conv_args(rng, (1, 3, 4, 5), (1, 2, 3))


@general.group("kernels", points=6, zh="多个卷积核", en="several kernels")
def conv_kernels(rng):
    yield conv_args(rng, (1, 1, 4, 3), (3, 3, 2))
    yield conv_args(rng, (1, 2, 4, 3), (2, 2, 3))  # K = C: exchanged axes give numbers


@general.group("batch", points=5, zh="一批样本", en="a batch of samples")
def conv_batch(rng):
    yield conv_args(rng, (3, 1, 4, 3), (1, 2, 2))
    yield conv_args(rng, (2, 1, 3, 4), (1, 3, 4))  # kernels as large as the input


@general.group("padding", points=7, zh="输入的边界有 0 填充", en="an input padded with zeros")
def conv_padding(rng):
    yield conv_args(rng, (1, 1, 4, 5), (1, 3, 2), 1, 1)
    yield conv_args(rng, (1, 1, 3, 4), (1, 2, 3), 1, 2)  # p ≥ k - 1
    yield conv_args(rng, (1, 1, 2, 3), (1, 1, 2), 1, 1)


@general.group(
    "remainder",
    points=6,
    zh="步长除不尽：有的行、列没有窗口到达",
    en="strides that leave a remainder: rows and columns that no window reaches",
    visible=False,
)
def conv_remainder(rng):
    yield conv_args(rng, (1, 1, 6, 9), (1, 2, 4), 3)
    yield conv_args(rng, (1, 1, 4, 6), (1, 3, 3), 2, 1)  # what no window reaches is padding
    yield conv_args(rng, (1, 1, 5, 6), (1, 2, 3), 3, 1)  # here part of it is


@general.group("combined", points=7, zh="综合", en="everything at once", visible=False)
def conv_combined(rng):
    """The last call is a basis again, now with stride, padding and remainder: N = Ho·Wo, C = kh·kw."""
    yield conv_args(rng, (2, 3, 5, 6), (4, 3, 2), 2, 1)
    yield conv_args(rng, (3, 2, 7, 5), (1, 2, 4), 3, 2)
    yield conv_args(rng, (2, 1, 4, 6), (3, 4, 1), 2)
    yield units(1, 2, 2), units(2, 3)[None], (4, 6, 3, 4), 2, 1


@general.group(points=1.5, **INTEGERS)
def conv_integers(rng):
    """One kernel and no overlap: then it does not matter whether terms or their sums are truncated."""
    delta, w, *rest = conv_args(rng, (2, 3, 5, 6), (1, 2, 3), 3)
    yield integers(rng, *delta.shape), w, *rest
    delta, w, *rest = conv_args(rng, (1, 2, 4, 3), (1, 2, 2))
    yield delta, integers(rng, *w.shape), *rest


@general.group(points=1.5, **LAYOUTS)
def conv_layouts(rng):
    yield from in_every_layout(lambda: conv_args(rng, (2, 1, 4, 3), (3, 2, 2)))
    yield Case(conv_args(rng, (2, 1, 2, 3), (1, 1, 1)), fresh=True)


# How windows and kernels meet

general.mistake(turn=scattered(replaced), frequent=True, **see(REPLACED_NOT_ADDED, *EXAMPLE))
general.mistake(
    "last_product_only",
    scattered(replaced, one_by_one=True),
    zh="每次都覆盖了先前的结果：各窗口、各卷积核传回的残差都要累加（见讲义 3.2 实例与当卷积核数量不为 1 时）",
    en="each part replaced what was there; the parts of all windows and of all kernels add up (lecture 3.2, "
    "the example and several kernels)",
)
general.mistake(turn=averaged_where_windows_overlap, **OVERLAPS_AVERAGED)

# The three steps

general.mistake(turn=surrounded(lambda kh, kw, p: evenly(kh, kw)), **PADDED_BY_K)
general.mistake(turn=surrounded(lambda kh, kw, p: evenly(kh // 2, kw // 2)), **HALF_THE_KERNEL)
general.mistake(turn=surrounded(lambda kh, kw, p: evenly(1, 1)), **ALWAYS_ONE_RING)
general.mistake(turn=surrounded(lambda kh, kw, p: evenly(kh - 1, kh - 1)), **see(SQUARE_KERNEL, *STEP_2))
general.mistake(
    "padded_by_the_forward_padding",
    surrounded(lambda kh, kw, p: evenly(p, p), whole_map),
    zh="残差外层补的是前向的填充 p，而不是 k − 1（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="the residual was surrounded by the forward padding p of zeros, not by k − 1 (lecture 3.2, step 2)",
)
general.mistake(turn=turned("w", rotated), frequent=True, **NOT_ROTATED)
general.mistake(turn=turned("w", columns_flipped), **ROWS_FLIPPED)
general.mistake(turn=turned("w", rows_flipped), **COLUMNS_FLIPPED)
general.mistake(
    "all_axes_reversed",
    turned("w", lambda w: w[::-1, ::-1]),
    zh="翻转了卷积核的四个轴：通道和卷积核的顺序不能颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="all four axes were reversed; channels and kernels keep their order (lecture 3.2, step 1)",
)
general.mistake(turn=both(gathered, turned("w", lambda w: rotated(transposed(w)))), **TRANSPOSED)
general.mistake(turn=both(gathered, turned("w", lambda w: rotated(rotated90(w)))), **ROTATED_BY_90)
general.mistake(turn=given(delta=lambda c: rotated(c.delta), w=lambda c: rotated(c.w)), **RESIDUAL_ROTATED)

# Stride

general.mistake(turn=reached(on_a_canvas, lambda s: 1), frequent=True, **see(STRIDE_IGNORED, *STRIDE))
general.mistake(turn=reached(without_border, lambda s: 1), frequent=True, **NOTHING_INSERTED)
general.mistake(turn=reached(on_a_canvas, lambda s: s + 1), **S_ZEROS_INSERTED)
general.mistake(turn=reached(on_a_canvas, lambda s: min(s, 2)), **ALWAYS_ONE_ZERO)
general.mistake(
    "windows_side_by_side",
    scattered(apart=lambda s, kh, kw: (kh, kw)),
    zh="把步长当成了卷积核的大小，窗口一个挨着一个（见讲义 3.2 当步长不为 1 时）",
    en="the stride was taken to be the size of the kernel, one window beside the other (lecture 3.2, stride)",
)
general.mistake(
    "stride_on_rows_only",
    scattered(apart=lambda s, kh, kw: (s, 1)),
    zh="步长只用在了竖直方向：横竖两个方向都要用（见讲义 3.2 当步长不为 1 时）",
    en="the stride was used downwards only; it holds down and across (lecture 3.2, stride)",
)

# Remainder

general.mistake(turn=reached(middle), frequent=True, **see(REMAINDER_DROPPED, *STRIDE))


general.mistake(turn=reached(at_the_end), **see(REMAINDER_AT_THE_TOP, *STRIDE))
general.mistake(
    "cropped_before_the_remainder",
    reached(lambda da, H, W, p: on_a_canvas(without_border(da, H, W, p), H, W, 0)),
    zh="先裁掉了下边和右边的填充，再补余数：填充里没有窗口到达的部分被裁了两次（见讲义 3.2 填充与步长）",
    en="the padding was cropped before the remainder was added, which costs real residuals (lecture 3.2)",
)

# Padding

general.mistake(
    "padding_not_cropped",
    cropped(whole_map),
    zh="没有裁掉填充的残差，结果比前一层的图大：填充的残差是冗余的（见讲义 3.2 当输入的边界有 0 填充时）",
    en="the padding's own residual was not cropped; it is redundant (lecture 3.2, when the input is padded)",
)
general.mistake(
    "cropped_at_the_corner",
    cropped(lambda da, H, W, p: da[:, :, :H, :W]),
    zh="从左上角裁出了 H×W：填充在四边，前一层的图在中间（见讲义 3.2 当输入的边界有 0 填充时）",
    en="the crop started at the corner; the map lies in the middle of its padding (lecture 3.2, padding)",
)
general.mistake(
    "crop_ends_too_early",
    cropped(lambda da, H, W, p: da[:, :, p:H, p:W]),
    zh="裁剪的终点早了 p：前一层的图从 p 开始，有 H 行、W 列（见讲义 3.2 当输入的边界有 0 填充时）",
    en="the crop ended p too early; the map begins at p and has H rows and W columns (lecture 3.2, padding)",
)
general.mistake(
    "empty_crop_without_padding",
    cropped(lambda da, H, W, p: da[:, :, p:-p, p:-p]),
    zh="没有填充（p = 0）时，裁剪的结果是空的（见讲义 3.2 当输入的边界有 0 填充时）",
    en="cropping left nothing at all where there is no padding, p = 0 (lecture 3.2, padding)",
    frequent=True,
)


@general.misconception(
    zh="用少补几个 0 代替了裁剪：填充 p 超过 k − 1 时就没有可少补的了（见讲义 3.2 当输入的边界有 0 填充时）",
    en="fewer zeros were padded in place of cropping; that fails for a padding p above k − 1 (lecture 3.2)",
)
def padding_subtracted(delta, w, input_shape, stride=1, padding=0):
    np.pad(delta[0, 0], [(side - 1 - padding, 0) for side in w.shape[2:]])  # a negative width raises
    return conv2d_input_grad(delta, w, input_shape, stride, padding)


# Kernels, channels, samples

general.mistake(
    "last_kernel_only",
    given(delta=lambda c: c.delta[:, -1:], w=lambda c: c.w[-1:]),
    zh="只有最后一个卷积核的残差，其余的被覆盖了：各卷积核的残差要相加（见讲义 3.2 当卷积核数量不为 1 时）",
    en="only the last kernel's residual is there; those of all kernels add up (lecture 3.2, several kernels)",
)
general.mistake(
    "mean_over_kernels",
    divided_by(lambda c: len(c.w)),
    zh="对各个卷积核取了平均：应当相加（见讲义 3.2 当卷积核数量不为 1 时）",
    en="the kernels' residuals were averaged; they add up (lecture 3.2, several kernels)",
)
general.mistake(
    "kernels_summed_first",
    given(delta=lambda c: c.delta.sum(axis=1, keepdims=True), w=lambda c: c.w.sum(axis=0, keepdims=True)),
    zh="卷积核与残差没有一一对应：先分别求和，再做了卷积（见讲义 3.2 当卷积核数量不为 1 时）",
    en="kernels and residuals were summed before they met; each kernel has its own residual (lecture 3.2)",
)
general.mistake(turn=turned("w", first_axes_exchanged), **see(KERNEL_AXES_EXCHANGED, *CHANNELS))
general.mistake(
    "kernels_read_as_channels",
    turned("w", lambda w: w.reshape(w.shape[1], w.shape[0], *w.shape[2:]).swapaxes(0, 1)),
    zh="用 reshape 把卷积核排成了 (C, K, kh, kw)：reshape 不交换轴（见讲义 3.2 当卷积输入通道不为 1 时）",
    en="the kernels were reshaped to (C, K, kh, kw); reshaping exchanges no axes (lecture 3.2, channels)",
)
general.mistake(
    "first_channel_for_all",
    turned("w", lambda w: np.repeat(w[:, :1], w.shape[1], axis=1)),
    zh="所有通道得到同样的残差：每个通道要用自己的卷积核参数（见讲义 3.2 当卷积输入通道不为 1 时）",
    en="all channels got the same residual; each has its own part of the kernel (lecture 3.2, channels)",
)
general.mistake(
    "summed_over_channels",
    turned("w", lambda w: np.repeat(w.sum(axis=1, keepdims=True), w.shape[1], axis=1)),
    zh="把各通道的卷积核参数加在了一起：反向时各通道分别计算（见讲义 3.2 当卷积输入通道不为 1 时）",
    en="the channels' parts of the kernel were summed; backwards, each channel is on its own (lecture 3.2)",
)
general.mistake(
    turn=divided_by(lambda c: c.input_shape[0]),
    frequent=True,
    **see(RESIDUAL_DIVIDED_BY_THE_BATCH, "讲义 3.2", "lecture 3.2"),
)
general.mistake(
    "divided_by_the_positions",
    divided_by(lambda c: c.delta[0, 0].size),
    zh="除以了残差的位置数：各个位置传回的残差只相加，不取平均（见讲义 3.2 前一层残差计算公式）",
    en="the result was divided by the number of positions; what they hand back merely adds up (lecture 3.2)",
)
general.mistake(
    turn=turned("delta", lambda delta: np.repeat(delta.sum(axis=0, keepdims=True), len(delta), axis=0)),
    **see(SAMPLES_MIXED, "讲义 3.2", "lecture 3.2"),
)
general.mistake(
    turn=turned("delta", lambda delta: delta * (np.arange(len(delta)) == 0)[:, None, None, None]),
    **see(FIRST_SAMPLE_ONLY, "讲义 3.2", "lecture 3.2"),
)

# Integers

general.mistake(turn=like("delta"), **STORED_AS_INTEGERS)
general.mistake(turn=added_into("delta"), **FLOATS_ADDED_TO_INTEGERS)


@general.alternative
def conv_by_loops(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n, k, p, q in np.ndindex(delta.shape):
        for c, i, j in np.ndindex(w.shape[1:]):
            da[n, c, p * stride + i, q * stride + j] += delta[n, k, p, q] * w[k, c, i, j]
    return da[:, :, padding : padding + H, padding : padding + W]


@general.alternative
def conv_by_gathering_loops(delta, w, input_shape, stride=1, padding=0):
    """Stands on each input in turn and asks which windows used it; neither pads nor inserts zeros."""
    H, W = input_shape[2:]
    kh, kw = w.shape[2:]
    Ho, Wo = delta.shape[2:]
    dx = np.zeros(input_shape)
    for u in range(H):
        for v in range(W):
            for i in range(kh):
                for j in range(kw):
                    p, row_rest = divmod(u + padding - i, stride)
                    q, column_rest = divmod(v + padding - j, stride)
                    if row_rest == column_rest == 0 and 0 <= p < Ho and 0 <= q < Wo:
                        dx[:, :, u, v] += delta[:, :, p, q] @ w[:, :, i, j]
    return dx


@general.alternative
def conv_by_strided_slices(delta, w, input_shape, stride=1, padding=0):
    """Scatters one kernel position at a time to all windows at once."""
    N, C, H, W = input_shape
    Ho, Wo = delta.shape[2:]
    da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i, j in np.ndindex(w.shape[2:]):
        part = np.einsum("nkpq,kc->ncpq", delta, w[:, :, i, j])
        da[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride][:, :, :Ho, :Wo] += part
    return da[:, :, padding : padding + H, padding : padding + W]


@general.alternative
def conv_by_columns(delta, w, input_shape, stride=1, padding=0):
    """col2im: one matrix product, then the columns are added back to where they were taken from."""
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Ho, Wo = delta.shape[2:]
    Hp, Wp = H + 2 * padding, W + 2 * padding
    index = np.arange(C * Hp * Wp).reshape(C, Hp, Wp)
    taken = np.lib.stride_tricks.sliding_window_view(index, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    taken = taken.transpose(0, 3, 4, 1, 2).reshape(C * kh * kw, Ho * Wo)
    columns = w.reshape(K, -1).T @ delta.reshape(N, K, -1)
    da = np.zeros((N, C * Hp * Wp))
    for n in range(N):
        np.add.at(da[n], taken, columns[n])
    return da.reshape(N, C, Hp, Wp)[:, :, padding : padding + H, padding : padding + W].copy()


@general.alternative
def conv_by_fourier_transform(delta, w, input_shape, stride=1, padding=0):
    """A full convolution is a product of Fourier transforms; it rotates by itself."""
    N, _, H, W = input_shape
    size = H + 2 * padding, W + 2 * padding
    spread = np.zeros((N, len(w), *size))
    Ho, Wo = delta.shape[2:]
    spread[:, :, : Ho * stride : stride, : Wo * stride : stride] = delta
    product = np.einsum("nkuv,kcuv->ncuv", np.fft.rfft2(spread), np.fft.rfft2(w, size))
    return np.fft.irfft2(product, size)[:, :, padding : padding + H, padding : padding + W]


@general.alternative
def conv_by_matrices(delta, w, input_shape, stride=1, padding=0):
    """Unrolled, row by row and column by column: rows[i] says which input row window p's row i is."""
    H, W = input_shape[2:]

    def places(steps, k, size):
        there = np.arange(steps)[:, None] * stride + np.arange(k) - padding
        return (there[..., None] == np.arange(size)).astype(float)  # (steps, k, size)

    rows, columns = (places(*of) for of in zip(delta.shape[2:], w.shape[2:], (H, W), strict=True))
    return np.einsum("nkpq,kcij,piu,qjv->ncuv", delta, w, rows, columns, optimize=True)


@general.alternative
def conv_channels_last_in_single_precision(delta, w, input_shape, stride=1, padding=0):
    """Rounded to single precision; the result is a view whose channels lie last in memory."""
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    w_rows = w.astype(np.float32).transpose(0, 2, 3, 1)  # (K, kh, kw, C)
    da = np.zeros((N, H + 2 * padding, W + 2 * padding, C), np.float32)
    for p, q in np.ndindex(delta.shape[2:]):
        window = np.s_[:, p * stride : p * stride + kh, q * stride : q * stride + kw]
        da[window] += np.tensordot(delta[:, :, p, q].astype(np.float32), w_rows, axes=1)
    return da[:, padding : padding + H, padding : padding + W].transpose(0, 3, 1, 2)
