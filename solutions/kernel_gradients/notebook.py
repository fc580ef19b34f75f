# %% [markdown] lang="zh"
# # 作业：卷积核参数的梯度与梯度检验（讲义 3.3）
#
# 残差 $\delta^{(l)}=\partial J/\partial z^{(l)}$ 传到卷积层之后，还要回答最后一个问题：
# 卷积核的权重 $w^{(l)}$ 和偏置 $b^{(l)}$ 应当怎样调整？也就是求 $\frac{\partial J}{\partial w^{(l)}}$ 和
# $\frac{\partial J}{\partial b^{(l)}}$。你将先按讲义的形式，在一张特征图上完成（步长为 1，一个卷积核）；
# 然后编写一个**梯度检验**工具，不靠推导就能判断梯度是否正确；最后推广到实际使用的形式：批、通道、多个卷积核、
# 步长和填充。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `derive_gradients` | 3.3 例子：手写推导 | <<number derive_gradients>> |
# | `kernel_gradient` | 3.3 权重的梯度 | <<number kernel_gradient>> |
# | `bias_gradient` | 3.3 偏置值的梯度 | <<number bias_gradient>> |
# | `numerical_gradient` | 梯度检验：中心差分 | <<number numerical_gradient>> |
# | `relative_error` | 梯度检验：相对误差 | <<number relative_error>> |
# | `gradient_formulas` | 3.3 卷积核的梯度，任意步长：手写推导 | <<number gradient_formulas>> |
# | `conv2d_weight_grad` | 3.3，加上批、通道、多核、步长、填充 | <<number conv2d_weight_grad>> |
# | `conv2d_bias_grad` | 3.3，加上批、多核 | <<number conv2d_bias_grad>> |
# | **合计** | | **<<number>>** |
#
# **约定**
# - 公式的下标与讲义相同，从 1 开始；代码的下标从 0 开始。
# - 讲义中的“卷积”是互相关：前向计算时卷积核**不**翻转。
# - `delta` 是当前层的残差 $\delta^{(l)}=\partial J/\partial z^{(l)}$，已经含有当前层的 $\sigma'$；`a`（或
#   `x`）是**前一层的激活值** $a^{(l-1)}$，也就是卷积层的输入。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 只能使用 <<modules>> 和 Python 标准库。
# - 两个手写推导的练习返回一段文字：一行一个等式。

# %% [markdown] lang="en"
# # Assignment: gradients of the kernel, and how to check gradients (lecture 3.3)
#
# Once the residual $\delta^{(l)}=\partial J/\partial z^{(l)}$ has arrived at a convolution, one question is
# left: how are the kernel's weights $w^{(l)}$ and its bias $b^{(l)}$ to be changed? That is, what are
# $\frac{\partial J}{\partial w^{(l)}}$ and $\frac{\partial J}{\partial b^{(l)}}$? First you answer it in the
# lecture's form, on a single feature map (stride 1, one kernel). Then you build a tool for **gradient
# checking**, which tells without any derivation whether a gradient is right. Last comes the form that is used
# in practice, with a batch, channels, several kernels, stride and padding.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `derive_gradients` | 3.3, the example: a derivation by hand | <<number derive_gradients>> |
# | `kernel_gradient` | 3.3, gradient of the weights | <<number kernel_gradient>> |
# | `bias_gradient` | 3.3, gradient of the bias | <<number bias_gradient>> |
# | `numerical_gradient` | gradient checking: central differences | <<number numerical_gradient>> |
# | `relative_error` | gradient checking: relative error | <<number relative_error>> |
# | `gradient_formulas` | 3.3, the gradients for any stride: a derivation by hand | <<number gradient_formulas>> |
# | `conv2d_weight_grad` | 3.3 with batch, channels, several kernels, stride, padding | <<number conv2d_weight_grad>> |
# | `conv2d_bias_grad` | 3.3 with batch and several kernels | <<number conv2d_bias_grad>> |
# | **total** | | **<<number>>** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0.
# - What the lecture calls convolution is cross-correlation: the forward pass does **not** flip the kernel.
# - `delta` is the residual of the current layer, $\delta^{(l)}=\partial J/\partial z^{(l)}$; the $\sigma'$ of
#   this layer is already in it. `a` (or `x`) holds the **activations of the layer before**, $a^{(l-1)}$: the
#   input of the convolution.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only <<modules>> and Python's standard library may be used.
# - The two derivations by hand return a text, one equation a line.

# %% [markdown] lang="zh"
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如结果上下颠倒了、只有边界不对。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。
# 想马上知道，就另开一个单元，运行 `check(kernel_gradient, lang="zh", hint=True)`。
# 4. 全部做完后，重启内核，从头到尾运行一遍，保存，交这个文件。
#
# 检查单元只使用一部分例子；评分时还会换用别的数值和别的形状，所以检查通过以后，
# 也请再想想题目里提到的特殊情形。后面的函数可以调用前面的函数，但前面的错误也会带到后面。“思考”不计分，
# 参考答案折叠在题下。可以随意添加单元做试验。
#
# 如果检查单元一直在运行（`[*]`），多半是死循环：点 ■ 中断，再检查循环。
# 检查单元下面的数字是给 nbgrader 用的，不是最后的成绩。
#
# 作业有两种文件：notebook（`.ipynb`，有图）和 `.py`（没有图）。两者内容相同，任选一种来做、来交。
# 做 `.py` 的，在命令行运行 `autograder check kernel_gradients.py` 来检查；加上 `--hint`，就马上说出想法。

# %% [markdown] lang="en"
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the result is upside down, say, or only the border is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(kernel_gradient, lang="en", hint=True)`.
# 4. When all is done, restart the kernel, run everything from top to bottom, save, and hand in this file.
#
# The check cells use only some of the cases; grading uses other numbers and other shapes as well. So when a
# check has passed, think once more about the special cases that the text mentions. A function may call the
# ones before it, but then their mistakes travel along. The "Think" cells give no points, and their answers
# are folded below them. Add cells to try things out, as many as you like.
#
# If a check cell keeps running (`[*]`), a loop probably never ends: interrupt it with ■. The number below a
# check cell is for nbgrader; it is not your final mark.
#
# An assignment comes as a notebook (`.ipynb`, with pictures) and as a `.py` file (without). Both say the
# same; work on the one that you prefer, and hand that in. For the `.py` file,
# `autograder check kernel_gradients.py` on the command line does the checking; with `--hint` it tells the
# idea at once.

# %%
import numpy as np

# %% [markdown] lang="zh"
# ## 1 手写推导：四个权重与偏置的梯度 `derive_gradients`（<<points derive_gradients>>）
#
# 讲义 3.3 的例子仍是 3×3 ∗ 2×2（省略层号）：
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} + b \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} + b \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} + b \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22} + b
# \end{aligned}$$
#
# 这次看的不是 $a$，而是 $w$：**同一个** $w_{11}$ 出现在每一个 $z$ 中（权值共享），它的每一次出现都影响 $J$，
# 所以各项要**相加**：
#
# $$\begin{aligned}
# \frac{\partial J}{\partial w_{11}^{(l)}}
#     &= \frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{12}^{(l)}} \frac{\partial z_{12}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{21}^{(l)}} \frac{\partial z_{21}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{22}^{(l)}} \frac{\partial z_{22}^{(l)}}{\partial w_{11}^{(l)}} \\
#     &= \delta_{11}^{(l)} a_{11}^{(l-1)} + \delta_{12}^{(l)} a_{12}^{(l-1)}
#     + \delta_{21}^{(l)} a_{21}^{(l-1)} + \delta_{22}^{(l)} a_{22}^{(l-1)}
# \end{aligned}$$
#
# $w_{12}$ 同样出现四次，旁边的 $a$ 都靠右一格：
#
# $$\frac{\partial J}{\partial w_{12}^{(l)}}
#     = \delta_{11}^{(l)} a_{12}^{(l-1)} + \delta_{12}^{(l)} a_{13}^{(l-1)}
#     + \delta_{21}^{(l)} a_{22}^{(l-1)} + \delta_{22}^{(l)} a_{23}^{(l-1)}$$
#
# 讲义接着说“以此类推”。请写出全部 5 行：$\frac{\partial J}{\partial w_{11}}$ 到
# $\frac{\partial J}{\partial w_{22}}$，以及 $\frac{\partial J}{\partial b}$。每行单独判分。
#
# 函数返回一段文字，一行一个等式，写法随意，但求和要逐项写出。下面三行说的是同一件事：
#
# ```text
# dJ/dw11 = d11*a11 + d12*a12 + d21*a21 + d22*a22
# ∂J/∂w₁₁ = δ₁₁a₁₁ + δ₁₂a₁₂ + δ₂₁a₂₁ + δ₂₂a₂₂
# \frac{\partial J}{\partial w_{11}} = \delta_{11}a_{11}+\delta_{12}a_{12}+\delta_{21}a_{21}+\delta_{22}a_{22}
# ```
#
# 也可以像讲义那样写一串等式，那么每一步都要对，而且最后要算到底，不能留着没有求的导数。
# 检查单元会逐项告诉你哪里不同。
#
# **任务**：完成 `derive_gradients`。用 `r"""…"""` 写文字，反斜杠就不会出问题。

# %% [markdown] lang="en"
# ## 1 A derivation by hand: the gradients of four weights and the bias `derive_gradients` (<<points derive_gradients>>)
#
# The example of lecture 3.3 is 3×3 ∗ 2×2 once more (layer numbers left out):
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} + b \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} + b \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} + b \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22} + b
# \end{aligned}$$
#
# This time look at $w$ instead of $a$: the **same** $w_{11}$ occurs in every $z$ (weights are shared), each
# occurrence influences $J$, and so the terms are **added**:
#
# $$\begin{aligned}
# \frac{\partial J}{\partial w_{11}^{(l)}}
#     &= \frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{12}^{(l)}} \frac{\partial z_{12}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{21}^{(l)}} \frac{\partial z_{21}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{22}^{(l)}} \frac{\partial z_{22}^{(l)}}{\partial w_{11}^{(l)}} \\
#     &= \delta_{11}^{(l)} a_{11}^{(l-1)} + \delta_{12}^{(l)} a_{12}^{(l-1)}
#     + \delta_{21}^{(l)} a_{21}^{(l-1)} + \delta_{22}^{(l)} a_{22}^{(l-1)}
# \end{aligned}$$
#
# $w_{12}$ occurs four times as well, each time beside the next $a$ to the right:
#
# $$\frac{\partial J}{\partial w_{12}^{(l)}}
#     = \delta_{11}^{(l)} a_{12}^{(l-1)} + \delta_{12}^{(l)} a_{13}^{(l-1)}
#     + \delta_{21}^{(l)} a_{22}^{(l-1)} + \delta_{22}^{(l)} a_{23}^{(l-1)}$$
#
# "And so on", says the lecture. Write all five lines: $\frac{\partial J}{\partial w_{11}}$ to
# $\frac{\partial J}{\partial w_{22}}$, and $\frac{\partial J}{\partial b}$. Each has points of its own.
#
# The function returns a text, one equation a line. Write as you like, but write sums out term by term; these
# three say the same:
#
# ```text
# dJ/dw11 = d11*a11 + d12*a12 + d21*a21 + d22*a22
# ∂J/∂w₁₁ = δ₁₁a₁₁ + δ₁₂a₁₂ + δ₂₁a₂₁ + δ₂₂a₂₂
# \frac{\partial J}{\partial w_{11}} = \delta_{11}a_{11}+\delta_{12}a_{12}+\delta_{21}a_{21}+\delta_{22}a_{22}
# ```
#
# A chain of equalities as in the lecture is welcome; then every step must be right, and the last one must be
# carried out: no derivative is left in it. The check cell tells you term by term what differs.
#
# **Your task**: complete `derive_gradients`. Put the text between `r"""` and `"""`, and no backslash will
# trouble you.


# %%
def derive_gradients():
    """
    zh: 讲义例子 3×3 ∗ 2×2 中卷积核的梯度（讲义 3.3）。
    en: The gradients of the kernel in the lecture's example, 3×3 ∗ 2×2 (lecture 3.3).

    Returns
    -------
    str
        zh: 5 行：∂J/∂w₁₁、∂J/∂w₁₂、∂J/∂w₂₁、∂J/∂w₂₂ 和 ∂J/∂b，一行一个等式
        en: 5 lines: ∂J/∂w₁₁, ∂J/∂w₁₂, ∂J/∂w₂₁, ∂J/∂w₂₂ and ∂J/∂b, one equation a line
    """
    ### BEGIN SOLUTION
    return r"""
    ∂J/∂w11 = δ11 a11 + δ12 a12 + δ21 a21 + δ22 a22
    ∂J/∂w12 = δ11 a12 + δ12 a13 + δ21 a22 + δ22 a23
    ∂J/∂w21 = δ11 a21 + δ12 a22 + δ21 a31 + δ22 a32
    ∂J/∂w22 = δ11 a22 + δ12 a23 + δ21 a32 + δ22 a33
    ∂J/∂b = δ11 + δ12 + δ21 + δ22
    """
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 2 权重的梯度 `kernel_gradient`（<<points kernel_gradient>>）
#
# ![残差在输入上滑动：每个位置给出一个权重的梯度](attachment:residual_over_input.png)
#
# 图中小字是盖在输入上的残差。红框停在第 $(1,1)$ 个位置，四个 $\delta$ 与它们盖住的 $a$ 相乘再相加，
# 正是 $\partial J/\partial w_{11}$；蓝、黄、绿框给出同色的另外三个。写成一个公式：
#
# $$\frac{\partial J}{\partial w_{p,q}^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}\, a_{u+p-1,\,v+q-1}^{(l-1)}$$
#
# 即“将当前层的残差与前一层的输出做卷积”：残差 $\delta^{(l)}$ 充当卷积核，在 $a^{(l-1)}$ 上滑动，
# 滑到第 $(p,q)$ 个位置时，逐元素相乘再求和，就是 $\partial J/\partial w_{p,q}$。
#
# **要翻转 180° 吗？** 不要。讲义这里的“卷积”与前向计算一样，是互相关：公式中 $u$ 增大时，$a$ 的下标 $u+p-1$
# 也增大，两者同向。翻转只属于 3.2 的前一层残差。
#
# **结果有多大？** 前向计算时 $H_o=H-k_h+1$，所以 $k_h=H-H_o+1$，$k_w=W-W_o+1$：
# 卷积核的形状由 `delta` 和 `a` 的形状就能推出，不必另外给出。
#
# **小例子**：$a^{(l-1)}=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$，
# $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$。
#
# - $\partial J/\partial w_{11}$：残差盖住左上角的 $\begin{pmatrix}1&0\\3&1\end{pmatrix}$，
#   $1\cdot1+2\cdot0+3\cdot3+(-1)\cdot1=9$；
# - $\partial J/\partial w_{12}$：残差盖住右上角的 $\begin{pmatrix}0&2\\1&0\end{pmatrix}$，
#   $1\cdot0+2\cdot2+3\cdot1+(-1)\cdot0=7$。
#
# 全部四个是 $\begin{pmatrix}9&7\\3&6\end{pmatrix}$，请用你写出的式子验算下面两个。
#
# **任务**：完成 `kernel_gradient`。步长为 1，没有填充，一张图，一个卷积核。图、残差和卷积核都不一定是正方形；
# 卷积核可以是 1×1，也可以与前一层一样大（这时残差是 1×1）。

# %% [markdown] lang="en"
# ## 2 The gradient of the weights `kernel_gradient` (<<points kernel_gradient>>)
#
# ![the residual slides over the input: each position gives one gradient](attachment:residual_over_input.png)
#
# In the picture the small letters are the residual where it comes to lie on the input. The red frame stands
# at position $(1,1)$: its four $\delta$, times the $a$ that they cover, add up to
# $\partial J/\partial w_{11}$; the blue, yellow and green frames give the other three, each in its colour. As
# one formula:
#
# $$\frac{\partial J}{\partial w_{p,q}^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}\, a_{u+p-1,\,v+q-1}^{(l-1)}$$
#
# In the lecture's words: convolve the residual of the current layer with the output of the layer before. The residual
# $\delta^{(l)}$ plays the kernel and slides over $a^{(l-1)}$; at position $(p,q)$, multiply element by
# element and add up: that is $\partial J/\partial w_{p,q}$.
#
# **Is anything rotated by 180°?** No. This convolution is a cross-correlation like the forward pass: as $u$
# grows in the formula, so does the index $u+p-1$ of $a$; both run the same way. The rotation belongs to the
# residual of the layer before, lecture 3.2, and only there.
#
# **How large is the result?** The forward pass made $H_o=H-k_h+1$; hence $k_h=H-H_o+1$ and $k_w=W-W_o+1$. The
# shapes of `delta` and `a` tell the kernel's shape, nobody has to give it.
#
# **Small example**: $a^{(l-1)}=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$,
# $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$.
#
# - $\partial J/\partial w_{11}$: the residual covers the upper left $\begin{pmatrix}1&0\\3&1\end{pmatrix}$,
#   $1\cdot1+2\cdot0+3\cdot3+(-1)\cdot1=9$;
# - $\partial J/\partial w_{12}$: the residual covers the upper right $\begin{pmatrix}0&2\\1&0\end{pmatrix}$,
#   $1\cdot0+2\cdot2+3\cdot1+(-1)\cdot0=7$.
#
# All four are $\begin{pmatrix}9&7\\3&6\end{pmatrix}$; work out the lower two with the formulas that you
# wrote.
#
# **Your task**: complete `kernel_gradient`. Stride 1, no padding, one map, one kernel. Neither map, residual
# nor kernel need be square; the kernel may be 1×1 or as large as the layer before (the residual is 1×1 then).


# %%
def kernel_gradient(delta, a):
    """
    zh: 卷积核权重的梯度（步长 1，无填充，一张图，一个卷积核；讲义 3.3）。
    en: The gradient of the kernel's weights (stride 1, no padding, one map, one kernel; lecture 3.3).

    ∂J/∂w[p, q] = Σ_u Σ_v δ[u, v] · a[u + p, v + q]

    Parameters
    ----------
    delta : (Ho, Wo)
        zh: 当前层的残差 δ^(l)
        en: residual of the current layer, δ^(l)
    a : (H, W)
        zh: 前一层的激活值 a^(l-1)
        en: activations of the layer before, a^(l-1)

    Returns
    -------
    (kh, kw) = (H - Ho + 1, W - Wo + 1)
        ∂J/∂w^(l)
    """
    ### BEGIN SOLUTION
    # windows[p, q, u, v] = a[u + p, v + q], one window of the residual's size for each weight
    windows = np.lib.stride_tricks.sliding_window_view(a, delta.shape)  # (kh, kw, Ho, Wo)
    return np.einsum("uv,pquv->pq", delta, windows)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：三个“卷积”有什么不同？
#
# 前向计算、前一层的残差（3.2）、权重的梯度（3.3），讲义都叫做“卷积”。每一个是谁在谁上面滑动？要不要翻转，
# 要不要补 0？结果有多大？为什么只有一个要翻转？
#
# <details><summary>想好以后再展开</summary>
#
# | | 滑动的 | 滑在哪里 | 翻转 180° | 补 0 | 结果的高 |
# | --- | --- | --- | --- | --- | --- |
# | 前向计算 | $w$ | $a^{(l-1)}$ | 否 | 否 | $H-k_h+1=H_o$ |
# | 前一层的残差 | $w$ | $\delta^{(l)}$ | **是** | 每边 $k-1$ 圈 | $H_o+k_h-1=H$ |
# | 权重的梯度 | $\delta^{(l)}$ | $a^{(l-1)}$ | 否 | 否 | $H-H_o+1=k_h$ |
#
# 三者都来自同一个关系：$z_{u,v}$ 用 $w_{p,q}$ 乘了 $a_{i,j}$，其中 $i=u+p-1$。前向时固定 $u$，
# 求梯度时固定 $p$，剩下的两个下标同向增大；求前一层的残差时固定的是 $i$，$u=i-p+1$，$p$ 增大时 $u$ 减小，
# 所以只有它要翻转。
#
# </details>

# %% [markdown] lang="en"
# ### Think: how do the three "convolutions" differ?
#
# The lecture speaks of a convolution three times: in the forward pass, for the residual of the layer before
# (3.2), and for the gradient of the weights (3.3). What slides over what? Is anything rotated, is anything
# padded, how large is the result? And why is there a rotation in only one of them?
#
# <details><summary>Open this when you have thought about it</summary>
#
# | | what slides | over what | rotated by 180° | zeros around | height of the result |
# | --- | --- | --- | --- | --- | --- |
# | forward pass | $w$ | $a^{(l-1)}$ | no | no | $H-k_h+1=H_o$ |
# | residual of the layer before | $w$ | $\delta^{(l)}$ | **yes** | $k-1$ rings | $H_o+k_h-1=H$ |
# | gradient of the weights | $\delta^{(l)}$ | $a^{(l-1)}$ | no | no | $H-H_o+1=k_h$ |
#
# All three come from one relation: $z_{u,v}$ took $a_{i,j}$ times $w_{p,q}$, where $i=u+p-1$. The forward
# pass keeps $u$ fixed, the gradient keeps $p$ fixed, and the other two indices grow together. The residual of
# the layer before keeps $i$ fixed: $u=i-p+1$, so $u$ falls as $p$ grows, and this one alone needs the
# rotation.
#
# </details>

# %% [markdown] lang="zh"
# ## 3 偏置值的梯度 `bias_gradient`（<<points bias_gradient>>）
#
# 每个 $z$ 都加了同一个 $b^{(l)}$，而 $\partial z_{u,v}/\partial b=1$，所以
#
# $$\frac{\partial J}{\partial b^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}$$
#
# 即“将当前层当前特征图的残差求和”，是求和，不是求平均。
#
# **一点说明**：讲义“CNN 中的参数”一页写道：“偏置值数量等于生成的特征图的激活值数量（同一个特征图中的偏置值相
# 同）”。关键在括号里：每个激活值确实都加了一次偏置，但同一张特征图加的是**同一个**数。
# 因此作为需要学习的参数，每张特征图只有**一个**偏置，它的梯度是这张图上全部残差的和，与讲义的公式和小结一致；
# 而不是每个激活值各有一个偏置、各有一个梯度。
#
# **小例子**：$\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$，$\partial J/\partial b=1+2+3-1=5$，
# 一个数。
#
# **任务**：完成 `bias_gradient`，返回一个数（标量）。

# %% [markdown] lang="en"
# ## 3 The gradient of the bias `bias_gradient` (<<points bias_gradient>>)
#
# The same $b^{(l)}$ was added to every $z$, and $\partial z_{u,v}/\partial b=1$. So
#
# $$\frac{\partial J}{\partial b^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}$$
#
# In the lecture's words: add up the residual of the current feature map. It is a sum, not a mean.
#
# **A remark**: the lecture's page on the parameters of a CNN says that there are as many biases as the
# feature map has activations, and adds in brackets that those of one feature map are equal. The brackets are
# what matters. A bias is indeed added to each activation, but throughout one feature map it is the **same**
# number. Counted as something to be learned, there is **one** bias a feature map, and its gradient is the sum
# of all residuals on that map, as the lecture's formula and summary say; there is not one bias and one
# gradient for each activation.
#
# **Small example**: $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$, $\partial J/\partial b=1+2+3-1=5$,
# a single number.
#
# **Your task**: complete `bias_gradient`. It returns one number (a scalar).


# %%
def bias_gradient(delta):
    """
    zh: 一张特征图的偏置值的梯度（讲义 3.3）。
    en: The gradient of the bias of one feature map (lecture 3.3).

    ∂J/∂b = Σ_u Σ_v δ[u, v]

    Parameters
    ----------
    delta : (Ho, Wo)
        zh: 当前层的残差 δ^(l)
        en: residual of the current layer, δ^(l)

    Returns
    -------
    float
        ∂J/∂b^(l)
    """
    ### BEGIN SOLUTION
    return np.sum(delta)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：若每个激活值各有自己的偏置
#
# 假如偏置不共享，$z_{u,v}$ 加的是自己的 $b_{u,v}$，那么 $\partial J/\partial b_{u,v}$ 是什么？
# 让所有的 $b_{u,v}$ 都等于同一个 $b$，又怎样得到上面的公式？
#
# <details><summary>想好以后再展开</summary>
#
# $\partial z_{u,v}/\partial b_{u,v}=1$，而且 $b_{u,v}$ 不影响别的 $z$，所以
# $\partial J/\partial b_{u,v}=\delta_{u,v}$，每个激活值有一个梯度。令 $b_{u,v}=b$，由链式法则
#
# $$\frac{\partial J}{\partial b}=\sum_u\sum_v\frac{\partial J}{\partial b_{u,v}}\cdot1
#     =\sum_u\sum_v\delta_{u,v}$$
#
# 共享一个参数，就把它在各处的梯度加起来：练习 2 对 $w$ 求和，也是这个道理。
#
# </details>

# %% [markdown] lang="en"
# ### Think: what if each activation had a bias of its own?
#
# Suppose that biases were not shared and $z_{u,v}$ added a $b_{u,v}$ of its own. What would
# $\partial J/\partial b_{u,v}$ be? Now let all $b_{u,v}$ be one and the same $b$: how does the formula above
# come out?
#
# <details><summary>Open this when you have thought about it</summary>
#
# $\partial z_{u,v}/\partial b_{u,v}=1$, and $b_{u,v}$ influences no other $z$; so
# $\partial J/\partial b_{u,v}=\delta_{u,v}$, one gradient for each activation. With $b_{u,v}=b$ the chain
# rule gives
#
# $$\frac{\partial J}{\partial b}=\sum_u\sum_v\frac{\partial J}{\partial b_{u,v}}\cdot1
#     =\sum_u\sum_v\delta_{u,v}$$
#
# To share a parameter is to add up its gradients from all the places where it is used. The sum for $w$ in
# exercise 2 has the same reason.
#
# </details>

# %% [markdown] lang="zh"
# ## 4 梯度检验：中心差分 `numerical_gradient`（<<points numerical_gradient>>）
#
# 公式推对了吗？程序写对了吗？导数的定义本身就能回答：把 $x_i$ 改变一点点，看 $f$ 改变了多少。
# 向两边各走一步 $h$，其余的分量不动：
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$
#
# $e_i$ 只在第 $i$ 个位置为 1，其余为 0。这就是**中心差分**。
#
# **为什么不用单侧差分 $\frac{f(x+he_i)-f(x)}{h}$？** 由泰勒展开，单侧差分的误差约为 $\frac{h}{2}f''$，
# 而中心差分中含 $f''$ 的项互相抵消，误差约为 $\frac{h^2}{6}f'''$。步长 $h$ 也不是越小越好：$f$ 的两个值只有约
# 16 位有效数字，相减后剩下的舍入误差要除以 $2h$。$h=10^{-5}$ 左右时，两种误差之和接近最小。
#
# **小例子**：$f(x)=x_1^3+x_1x_2$，在 $x=(2,3)$ 处，真正的梯度是 $(3x_1^2+x_2,\ x_1)=(15,\ 2)$。
# 故意取很大的 $h=0.1$，看第一个分量：
#
# | 差分 | 计算 | 结果 |
# | --- | --- | --- |
# | 向前 | $(15.561-14)/0.1$ | 15.61 |
# | 向后 | $(14-12.559)/0.1$ | 14.41 |
# | **中心** | $(15.561-12.559)/0.2$ | **15.01** |
#
# 中心差分只差 $0.01=h^2$。
#
# **任务**：完成 `numerical_gradient`。
# - `f` 是一个函数：输入与 `x` 形状相同的数组，返回一个数。你可以调用它任意多次。
# - `x` 可以是任何形状，包括没有轴的数组（形状为 `()`）；结果与 `x` 形状相同。
# - 每次只改变**一个**分量，算完一个分量后其余分量必须是原值。最好在副本上改：`x`
#   可能是只读的，也可能是整数数组（在整数数组里加 $10^{-5}$，等于什么也没有加）。

# %% [markdown] lang="en"
# ## 4 Gradient checking: central differences `numerical_gradient` (<<points numerical_gradient>>)
#
# Is the formula derived correctly, is the program right? The definition of a derivative can answer that:
# change $x_i$ a little and see how much $f$ changes. Take a step $h$ to either side and leave all other
# entries alone:
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$
#
# where $e_i$ is 1 at position $i$ and 0 elsewhere. This is the **central difference**.
#
# **Why not the one-sided $\frac{f(x+he_i)-f(x)}{h}$?** By Taylor's theorem its error is about
# $\frac{h}{2}f''$. In the central difference the terms with $f''$ cancel and an error of about
# $\frac{h^2}{6}f'''$ is left. Nor is a smaller $h$ always better: the two values of $f$ have some 16 digits,
# and the rounding error that remains after subtracting is divided by $2h$. Near $h=10^{-5}$ the two errors
# together are about as small as they get.
#
# **Small example**: $f(x)=x_1^3+x_1x_2$ at $x=(2,3)$ has the true gradient $(3x_1^2+x_2,\ x_1)=(15,\ 2)$.
# With $h=0.1$, much too large on purpose, the first entry comes out as
#
# | difference | computation | result |
# | --- | --- | --- |
# | forward | $(15.561-14)/0.1$ | 15.61 |
# | backward | $(14-12.559)/0.1$ | 14.41 |
# | **central** | $(15.561-12.559)/0.2$ | **15.01** |
#
# The central difference is off by no more than $0.01=h^2$.
#
# **Your task**: complete `numerical_gradient`.
# - `f` is a function that takes an array of the shape of `x` and returns a number. Call it as often as you
#   like.
# - `x` may have any shape, also none at all (`()`); the result has the same shape.
# - Change **one** entry at a time: when it is the turn of the next one, all others must have their old
#   values. It is best to work on a copy: `x` may be read-only, and it may be an integer array, to which
#   adding $10^{-5}$ would add nothing.


# %%
def numerical_gradient(f, x, h=1e-5):
    """
    zh: 用中心差分求标量函数 f 在 x 处的梯度。
    en: The gradient of a scalar function f at x, by central differences.

    ∂f/∂x[i] ≈ (f(x + h·e_i) - f(x - h·e_i)) / 2h

    Parameters
    ----------
    f : function
        zh: 输入与 x 形状相同的数组，返回一个数
        en: takes an array of the shape of x, returns a number
    x : array
        zh: 任意形状
        en: of any shape
    h : float
        zh: 差分的步长
        en: step of the difference

    Returns
    -------
    array
        zh: 与 x 形状相同
        en: of the shape of x
    """
    ### BEGIN SOLUTION
    gradient = np.empty(np.shape(x))
    for i in np.ndindex(gradient.shape):
        e = np.zeros(gradient.shape)
        e[i] = 1  # x ± h·e are new arrays, and never of integers
        gradient[i] = (f(x + h * e) - f(x - h * e)) / (2 * h)
    return gradient
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：步长 $h$ 是不是越小越好？
#
# 在小例子上，让 $h$ 从 $10^{-1}$ 一路减小到 $10^{-13}$，看第一个分量与真正的梯度 15 差多少。误差先怎样变，
# 后怎样变？
#
# ```python
# def f(x):
#     return x[0] ** 3 + x[0] * x[1]
#
#
# for n in range(1, 14, 2):
#     gradient = numerical_gradient(f, np.array([2.0, 3.0]), h=10.0**-n)
#     print(n, abs(gradient[0] - 15))
# ```
#
# <details><summary>想好以后再展开</summary>
#
# | $h$ | $10^{-1}$ | $10^{-3}$ | $10^{-5}$ | $10^{-7}$ | $10^{-9}$ | $10^{-11}$ | $10^{-13}$ |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | 误差约为 | $10^{-2}$ | $10^{-6}$ | $10^{-10}$ | $10^{-8}$ | $10^{-6}$ | $10^{-4}$ | $10^{-2}$ |
#
# 开头 $h$ 缩小 100 倍，误差缩小 10000 倍，这是 $h^2$；过了 $10^{-5}$ 左右，舍入误差占了上风，$h$ 越小，
# 误差反而越大。
#
# </details>

# %% [markdown] lang="en"
# ### Think: is a smaller step always better?
#
# On the small example, let $h$ go down from $10^{-1}$ to $10^{-13}$ and see how far the first entry is from
# the true 15. How does the error behave, at first and later?
#
# ```python
# def f(x):
#     return x[0] ** 3 + x[0] * x[1]
#
#
# for n in range(1, 14, 2):
#     gradient = numerical_gradient(f, np.array([2.0, 3.0]), h=10.0**-n)
#     print(n, abs(gradient[0] - 15))
# ```
#
# <details><summary>Open this when you have thought about it</summary>
#
# | $h$ | $10^{-1}$ | $10^{-3}$ | $10^{-5}$ | $10^{-7}$ | $10^{-9}$ | $10^{-11}$ | $10^{-13}$ |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | error, roughly | $10^{-2}$ | $10^{-6}$ | $10^{-10}$ | $10^{-8}$ | $10^{-6}$ | $10^{-4}$ | $10^{-2}$ |
#
# At first, a step 100 times smaller gives an error 10,000 times smaller: that is $h^2$. Beyond $10^{-5}$ or
# so rounding takes over, and the error grows as $h$ shrinks.
#
# </details>

# %% [markdown] lang="zh"
# ## 5 梯度检验：相对误差 `relative_error`（<<points relative_error>>）
#
# 推导得到的梯度 $a$ 与数值梯度 $b$ 不可能完全相等，差多少才算正确？$10^{-4}$ 的差，对大小为 1 的梯度很可疑，
# 对大小为 $10^{6}$ 的梯度却微不足道。所以要看**相对误差**，并取最坏的那个元素：
#
# $$\max_i\ \frac{|a_i-b_i|}{\max(10^{-8},\ |a_i|+|b_i|)}$$
#
# 先逐个元素相除，再取最大值。分母里的 $10^{-8}$ 避免 $0/0$：两边都是 0 时，误差是 0。取最大值而不取平均：
# 一个角上的错误，平均以后就看不见了。结果在 0 与 1 之间；两个梯度只要在某个元素上符号相反，或者一个是 0、
# 另一个不是，结果就是 1（除非 $a_i$、$b_i$ 都小得由 $10^{-8}$ 作分母）。
#
# **小例子**：$a=(1,-2,0)$，$b=(1,-1,0)$。三个元素的误差是 $0$、$\frac{1}{3}$、$0$，结果是 $\frac{1}{3}$。
#
# **任务**：完成 `relative_error`。`a` 与 `b` 形状相同（任意形状），返回一个数。
#
# **怎样使用这个工具？** 取 $J=\sum_{u,v}\delta_{u,v}z_{u,v}$，其中 $\delta$ 是一组固定的随机数，
# 那么 $\partial J/\partial z_{u,v}$ 正好等于 $\delta_{u,v}$，就可以检验练习 2：
#
# ```python
# def forward(a, w):  # 讲义 2.1，偏置为 0
#     windows = np.lib.stride_tricks.sliding_window_view(a, w.shape)
#     return np.einsum("pq,uvpq->uv", w, windows)
#
# rng = np.random.default_rng()
# a, w, delta = rng.normal(size=(5, 6)), rng.normal(size=(2, 3)), rng.normal(size=(4, 4))
# numeric = numerical_gradient(lambda w: np.sum(delta * forward(a, w)), w)
# print(relative_error(kernel_gradient(delta, a), numeric))
# ```
#
# 正确的程序通常得到 $10^{-8}$ 以下的结果（某个元素恰好接近 0 时会大一些，换一组随机数再试）；
# 大于 $10^{-4}$ 时，几乎可以肯定有错。不要用全是 1 的 $\delta$、正方形的图或只有一个样本的批：
# 许多错误在这些特殊情形下恰好看不出来。（有尖点的函数，例如 ReLU 和最大池化，若 $x\pm h$ 恰好跨过尖点，
# 正确的梯度也会显得不对。）

# %% [markdown] lang="en"
# ## 5 Gradient checking: the relative error `relative_error` (<<points relative_error>>)
#
# A derived gradient $a$ and a numerical one $b$ are never quite equal. How much may they differ? A difference
# of $10^{-4}$ is suspicious in a gradient of size 1 and nothing at all in one of size $10^{6}$. So look at
# the **relative error**, at the entry where it is worst:
#
# $$\max_i\ \frac{|a_i-b_i|}{\max(10^{-8},\ |a_i|+|b_i|)}$$
#
# Divide element by element first, then take the maximum. The $10^{-8}$ in the denominator guards against
# $0/0$: where both are 0 the error is 0. It is a maximum rather than a mean because a mean would hide a
# mistake in one corner. The result lies between 0 and 1, and is 1 as soon as one pair of entries has opposite
# signs, or a 0 beside something else (unless both are so small that $10^{-8}$ is the denominator).
#
# **Small example**: $a=(1,-2,0)$, $b=(1,-1,0)$. The three errors are $0$, $\frac{1}{3}$ and $0$; the result
# is $\frac{1}{3}$.
#
# **Your task**: complete `relative_error`. `a` and `b` have the same shape, which may be any; the result is
# one number.
#
# **How is the tool used?** Let $J=\sum_{u,v}\delta_{u,v}z_{u,v}$ with fixed random numbers $\delta$. Then
# $\partial J/\partial z_{u,v}$ is just $\delta_{u,v}$, and exercise 2 can be checked:
#
# ```python
# def forward(a, w):  # lecture 2.1, with bias 0
#     windows = np.lib.stride_tricks.sliding_window_view(a, w.shape)
#     return np.einsum("pq,uvpq->uv", w, windows)
#
# rng = np.random.default_rng()
# a, w, delta = rng.normal(size=(5, 6)), rng.normal(size=(2, 3)), rng.normal(size=(4, 4))
# numeric = numerical_gradient(lambda w: np.sum(delta * forward(a, w)), w)
# print(relative_error(kernel_gradient(delta, a), numeric))
# ```
#
# A right program usually gives less than $10^{-8}$ (somewhat more if one entry happens to be close to 0; try
# other random numbers then); above $10^{-4}$ something is almost surely wrong. Do not check with a $\delta$
# of ones, with square maps or with a batch of one sample: many mistakes happen not to show there. (Where a
# function has a kink, as ReLU and max pooling do, and $x\pm h$ lie on either side of it, even a right
# gradient seems wrong.)


# %%
def relative_error(a, b):
    """
    zh: 两个梯度的相对误差，取最坏的元素。
    en: The relative error of two gradients, at the worst of their entries.

    max_i |a[i] - b[i]| / max(1e-8, |a[i]| + |b[i]|)

    Parameters
    ----------
    a, b : array
        zh: 形状相同
        en: of the same shape

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 6 手写推导：任意步长的梯度 `gradient_formulas`（<<points gradient_formulas>>）
#
# 讲义的公式 $\frac{\partial J}{\partial w_{p,q}}=\sum_u\sum_v\delta_{u,v}\,a_{u+p-1,v+q-1}$ 适用于步长 1。
# 请写出对任意大小、任意步长 $s$（无填充）都成立的两个公式：$\frac{\partial J}{\partial w_{p,q}}$ 和
# $\frac{\partial J}{\partial b}$。步长为 $s$ 时，$z_{u,v}$ 的窗口从第几行、第几列开始？
#
# 写成两行等式，下标可以含有 $s$，例如 `a[s*u, v]` 或 `a_{su,v}`；求和写成 `Σ_u Σ_v`、`sum_u sum_v` 或
# `\sum_u \sum_v`。评分时换用别的大小和别的步长。
#
# **任务**：完成 `gradient_formulas`。

# %% [markdown] lang="en"
# ## 6 A derivation by hand: the gradients for any stride `gradient_formulas` (<<points gradient_formulas>>)
#
# The lecture's formula $\frac{\partial J}{\partial w_{p,q}}=\sum_u\sum_v\delta_{u,v}\,a_{u+p-1,v+q-1}$ is for
# stride 1. Write two that hold for any size and any stride $s$ (without padding):
# $\frac{\partial J}{\partial w_{p,q}}$ and $\frac{\partial J}{\partial b}$. With stride $s$, in which row and
# column does the window of $z_{u,v}$ begin?
#
# Write two equations, one a line. An index may contain $s$, as in `a[s*u, v]` or `a_{su,v}`. A sum is
# `Σ_u Σ_v`, `sum_u sum_v` or `\sum_u \sum_v`. Grading tries other sizes and other strides.
#
# **Your task**: complete `gradient_formulas`.


# %%
def gradient_formulas():
    """
    zh: 权重与偏置值的梯度的一般公式，任意大小、任意步长 s，无填充（讲义 3.3）。
    en: The gradients of weights and bias as formulas for any size and any stride s, no padding (lecture 3.3).

    Returns
    -------
    str
        zh: 两个等式，左边是 ∂J/∂w_{p,q} 和 ∂J/∂b
        en: two equations with ∂J/∂w_{p,q} and ∂J/∂b on their left
    """
    ### BEGIN SOLUTION
    return r"""
    ∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+p, (v-1)s+q}
    ∂J/∂b = Σ_u Σ_v δ_{u,v}
    """
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 7 实际使用的形式：权重的梯度 `conv2d_weight_grad`（<<points conv2d_weight_grad>>）
#
# 前一层是 $(N, C, H, W)$ 的数组，卷积核是 $(K, C, k_h, k_w)$，残差是
# $(N, K, H_o, W_o)$，$H_o=\lfloor (H+2p-k_h)/s \rfloor+1$，$W_o$ 同理。前向计算是
#
# $$z_{n,k,u,v} = \sum_c\sum_p\sum_q w_{k,c,p,q}\; a^{pad}_{n,c,\,(u-1)s+p,\,(v-1)s+q} + b_k$$
#
# （作下标的 $p,q$ 是权重的位置，与填充的圈数无关。）看 $w_{k,c,p,q}$ 出现在哪些 $z$ 里、旁边是哪个 $a$，
# 就得到
#
# $$\frac{\partial J}{\partial w_{k,c,p,q}} = \sum_n\sum_u\sum_v
#     \delta_{n,k,u,v}\; a^{pad}_{n,c,\,(u-1)s+p,\,(v-1)s+q}$$
#
# 与练习 2 相比，变化有：
#
# - **多个卷积核、多个通道**：第 $k$ 个卷积核的第 $c$ 个通道，只由第 $k$ 张残差图和第 $c$ 张输入图算出，对
#   $k$、$c$ 都**不**求和。一共做 $K\times C$ 次练习 2。
# - **批**：每个样本都用了同一个 $w$，所以对 $n$ **求和**，不除以 $N$，也不除以位置的个数。
# （如果损失是各样本的平均，那个 $\frac{1}{N}$ 已经含在 $\delta$ 里了。）
# - **填充**：补上的 0 参与了前向计算，所以用的是**补 0 之后**的输入 $a^{pad}$。
# （讲义说“边界处理不影响反向传播过程”，意思是步骤不变：把补过 0 的图当作输入，照常计算。）
# - **步长**：相邻两个 $z$ 所用的 $a$ 相距 $s$。所以求和时 $a$ 每 $s$ 个取一个，而 $p$、$q$ 每次仍只走 1
#   步。
# - **余数**：$(H+2p-k_h)$ 除以 $s$ 有余数 $r$ 时，最下面 $r$ 行没有窗口到达，不出现在任何 $z$
#   里，也就不出现在梯度里。如果你先在残差之间插入 0（讲义 3.2），再让它在 $a^{pad}$ 上滑动，结果会多出 $r$
#   行，它们不属于卷积核，要去掉。仅从 `delta` 和 `x` 看不出 $r$，这就是函数需要 `kernel_shape` 的原因。
#
# **小例子**（只看一行，只在左右补 0）：$k_w=3$，$s=2$，$\delta=(1,10)$。第 $q$ 个权重遇到的，
# 是每个窗口里的第 $q$ 个元素：
#
# | 前一层 | $p$ | 余数 | 两个窗口 | 权重的梯度 |
# | --- | --- | --- | --- | --- |
# | (1, 2, 3, 4, 5) | 0 | 0 | (1, 2, 3)、(3, 4, 5) | (31, 42, 53) |
# | (1, 2, 3, 4, 5, 6) | 0 | 1 | (1, 2, 3)、(3, 4, 5) | (31, 42, 53)，6 没有窗口到达 |
# | (1, 2, 3) | 1 | 0 | (0, 1, 2)、(2, 3, 0) | (20, 31, 2) |
# | (1, 2, 3, 4) | 1 | 1 | (0, 1, 2)、(2, 3, 4) | (20, 31, 42) |
#
# 例如第一行：$31=1\cdot1+10\cdot3$。
#
# **任务**：完成 `conv2d_weight_grad`。`kernel_shape` 是 $(k_h, k_w)$；$K$ 和 $C$ 从 `delta` 和 `x` 得到。

# %% [markdown] lang="en"
# ## 7 As it is used: the gradient of the weights `conv2d_weight_grad` (<<points conv2d_weight_grad>>)
#
# The layer before is an array $(N, C, H, W)$, the kernels are $(K, C, k_h, k_w)$, the residual is
# $(N, K, H_o, W_o)$ with $H_o=\lfloor (H+2p-k_h)/s \rfloor+1$ and $W_o$ likewise. The forward pass is
#
# $$z_{n,k,u,v} = \sum_c\sum_p\sum_q w_{k,c,p,q}\; a^{pad}_{n,c,\,(u-1)s+p,\,(v-1)s+q} + b_k$$
#
# (As an index, $p$ is the place of a weight, like $q$, and not the number of padding rows.) Look for every
# $z$ in which $w_{k,c,p,q}$ occurs, and for the $a$ beside it:
#
# $$\frac{\partial J}{\partial w_{k,c,p,q}} = \sum_n\sum_u\sum_v
#     \delta_{n,k,u,v}\; a^{pad}_{n,c,\,(u-1)s+p,\,(v-1)s+q}$$
#
# Compared with exercise 2:
#
# - **Several kernels, several channels**: channel $c$ of kernel $k$ comes from residual map $k$ and input map
#   $c$ alone. There is **no** sum over $k$ or $c$; it is exercise 2, done $K\times C$ times.
# - **Batch**: every sample used the same $w$. So **add** over $n$; divide neither by $N$ nor by the number of
#   positions. (If the loss is a mean over samples, then its $\frac{1}{N}$ is in $\delta$ already.)
# - **Padding**: the zeros took part in the forward pass, so the input is $a^{pad}$, **after padding**. (The
#   lecture's remark that padding does not influence back-propagation means that the steps stay the same:
#   treat the padded map as the input and proceed as ever.)
# - **Stride**: the $a$ that neighbouring $z$ use are $s$ apart. So the sum takes every $s$-th $a$, while $p$
#   and $q$ still move one by one.
# - **Remainder**: if $s$ does not divide $H+2p-k_h$ and leaves the remainder $r$, then no window reaches the
#   lowest $r$ rows. They occur in no $z$ and therefore in no gradient. If you insert zeros into the residual
#   first (lecture 3.2) and slide that over $a^{pad}$, the result has $r$ rows too many; they are no part of
#   the kernel and have to go. `delta` and `x` do not tell $r$: that is why the function takes `kernel_shape`.
#
# **Small example** (a single row, padded at the left and right only): $k_w=3$, $s=2$, $\delta=(1,10)$. Weight
# $q$ meets element $q$ of every window:
#
# | layer before | $p$ | remainder | the two windows | gradient of the weights |
# | --- | --- | --- | --- | --- |
# | (1, 2, 3, 4, 5) | 0 | 0 | (1, 2, 3), (3, 4, 5) | (31, 42, 53) |
# | (1, 2, 3, 4, 5, 6) | 0 | 1 | (1, 2, 3), (3, 4, 5) | (31, 42, 53): no window reaches the 6 |
# | (1, 2, 3) | 1 | 0 | (0, 1, 2), (2, 3, 0) | (20, 31, 2) |
# | (1, 2, 3, 4) | 1 | 1 | (0, 1, 2), (2, 3, 4) | (20, 31, 42) |
#
# In the first row, for example, $31=1\cdot1+10\cdot3$.
#
# **Your task**: complete `conv2d_weight_grad`. `kernel_shape` is $(k_h, k_w)$; $K$ and $C$ are found in
# `delta` and `x`.


# %%
def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    """
    zh: 卷积层权重的梯度 ∂J/∂w，对批和位置求和（讲义 3.3）。
    en: The gradient ∂J/∂w of a convolution's weights, summed over batch and positions (lecture 3.3).

    ∂J/∂w[k, c, p, q] = Σ_n Σ_u Σ_v δ[n, k, u, v] · x_pad[n, c, u·stride + p, v·stride + q]

    Parameters
    ----------
    delta : (N, K, Ho, Wo)
        zh: 当前层的残差，Ho = (H + 2 padding - kh) // stride + 1，Wo 同理
        en: residual of the current layer, Ho = (H + 2 padding - kh) // stride + 1, Wo likewise
    x : (N, C, H, W)
        zh: 卷积层的输入 a^(l-1)，尚未填充
        en: input a^(l-1) of the convolution, not yet padded
    kernel_shape : (kh, kw)
        zh: 卷积核的高和宽
        en: height and width of the kernels
    stride : int
        zh: 步长 s
        en: stride s
    padding : int
        zh: 前向计算时，输入的每一边补了 padding 行、列 0
        en: rows and columns of zeros that the forward pass added on each side of the input

    Returns
    -------
    (K, C, kh, kw)
        ∂J/∂w^(l)
    """
    ### BEGIN SOLUTION
    s = stride
    x_pad = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))

    # The windows of the forward pass: windows[n, c, u, v, p, q] = x_pad[n, c, u·s + p, v·s + q].
    windows = np.lib.stride_tricks.sliding_window_view(x_pad, kernel_shape, axis=(2, 3))
    windows = windows[:, :, ::s, ::s]  # (N, C, Ho, Wo, kh, kw)

    return np.einsum("nkuv,ncuvpq->kcpq", delta, windows)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 8 实际使用的形式：偏置值的梯度 `conv2d_bias_grad`（<<points conv2d_bias_grad>>）
#
# 每个卷积核生成一张特征图，每张特征图有**一个**偏置 $b_k$。它加到了每个样本、第 $k$ 张图的每个位置上，所以
#
# $$\frac{\partial J}{\partial b_k} = \sum_n\sum_u\sum_v \delta_{n,k,u,v}$$
#
# 与权重的梯度一样，对批和位置求和，不求平均；对卷积核 $k$ 不求和。步长和填充不出现在公式里。
#
# **小例子**（$N=2$，$K=2$，图的大小是 1×2）：
#
# | | 第 1 张图 | 第 2 张图 |
# | --- | --- | --- |
# | 样本 1 | (1, 2) | (10, 20) |
# | 样本 2 | (3, 4) | (30, 50) |
#
# 第 1 个偏置的梯度是 $1+2+3+4=10$，第 2 个是 $10+20+30+50=110$，结果是 $(10,\ 110)$。
#
# **任务**：完成 `conv2d_bias_grad`，返回形状为 $(K,)$ 的数组。

# %% [markdown] lang="en"
# ## 8 As it is used: the gradient of the biases `conv2d_bias_grad` (<<points conv2d_bias_grad>>)
#
# Each kernel makes one feature map, and each feature map has **one** bias $b_k$. It was added at every
# position of map $k$, in every sample. So
#
# $$\frac{\partial J}{\partial b_k} = \sum_n\sum_u\sum_v \delta_{n,k,u,v}$$
#
# As for the weights, this is a sum over batch and positions, not a mean, and there is no sum over the kernels
# $k$. Stride and padding do not occur.
#
# **Small example** ($N=2$, $K=2$, maps of size 1×2):
#
# | | map 1 | map 2 |
# | --- | --- | --- |
# | sample 1 | (1, 2) | (10, 20) |
# | sample 2 | (3, 4) | (30, 50) |
#
# The gradient of the first bias is $1+2+3+4=10$, that of the second $10+20+30+50=110$: the result is
# $(10,\ 110)$.
#
# **Your task**: complete `conv2d_bias_grad`. It returns an array of shape $(K,)$.


# %%
def conv2d_bias_grad(delta):
    """
    zh: 卷积层偏置值的梯度 ∂J/∂b，对批和位置求和（讲义 3.3）。
    en: The gradient ∂J/∂b of a convolution's biases, summed over batch and positions (lecture 3.3).

    ∂J/∂b[k] = Σ_n Σ_u Σ_v δ[n, k, u, v]

    Parameters
    ----------
    delta : (N, K, Ho, Wo)
        zh: 当前层的残差
        en: residual of the current layer

    Returns
    -------
    (K,)
        ∂J/∂b^(l)
    """
    ### BEGIN SOLUTION
    return np.sum(delta, axis=(0, 2, 3))
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：把三份作业连起来
#
# 1. 在讲义实例中取 $a=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$、
#    $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$、$b=0$、$\delta=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$，于是
#    $z=\begin{pmatrix}14&7\\13&11\end{pmatrix}$。算一算 $\sum\delta z$ 和
#    $\sum w\,\frac{\partial J}{\partial w}$；在 `conv_residual` 作业里还有
#    $\sum a\,\frac{\partial J}{\partial a}$。为什么三个数一样？若 $b\neq0$ 呢？
# 2. 卷积核与输入一样大时，卷积层就是全连接层。这时 `conv2d_weight_grad` 与全连接层的公式
#    $\frac{\partial J}{\partial w_{ij}}=\delta_i a_j$ 对得上吗？
#
# <details><summary>想好以后再展开</summary>
#
# 1. 都是 56：$14+14+39-11$，以及 $9\cdot1+7\cdot2+3\cdot3+6\cdot4$。三个和式都把 16 个连接上的
#    $\delta\cdot w\cdot a$ 加了一遍，只是分别按 $z$、按 $w$、按 $a$ 归并。有偏置时，$\sum\delta z$ 还多出
#    $b\,\frac{\partial J}{\partial b}$。批、步长和填充都不改变这个道理，所以它可以检验练习 7 和练习 8。
# 2. 对得上。这时 $H_o=W_o=1$，第 $k$ 个卷积核的梯度是 $\sum_n\delta_{n,k}\,a_n$：输入按残差加权，再对批求和。
#
# </details>
#
# 有了 $\frac{\partial J}{\partial w}$ 和 $\frac{\partial J}{\partial b}$，就可以沿着梯度的反方向调整卷积核，
# 这正是讲义第 1 节所说的“通过训练得到”：见作业 `training`。

# %% [markdown] lang="en"
# ### Think: three assignments in one
#
# 1. In the lecture's example let $a=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$,
#    $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$, $b=0$ and $\delta=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$, so
#    that $z=\begin{pmatrix}14&7\\13&11\end{pmatrix}$. Compute $\sum\delta z$ and
#    $\sum w\,\frac{\partial J}{\partial w}$; the assignment `conv_residual` adds
#    $\sum a\,\frac{\partial J}{\partial a}$. Why are all three the same? And if $b\neq0$?
# 2. If the kernel is as large as the input, the convolution is a fully connected layer. Does
#    `conv2d_weight_grad` agree with the formula $\frac{\partial J}{\partial w_{ij}}=\delta_i a_j$ for such a
#    layer then?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. They are 56: $14+14+39-11$, and $9\cdot1+7\cdot2+3\cdot3+6\cdot4$. All three sums add up
#    $\delta\cdot w\cdot a$ over the 16 connections, sorted by $z$, by $w$ or by $a$. A bias adds
#    $b\,\frac{\partial J}{\partial b}$ to $\sum\delta z$. Batch, stride and padding change nothing in this,
#    so it serves as a check for exercises 7 and 8.
# 2. It does. Then $H_o=W_o=1$, and the gradient of kernel $k$ is $\sum_n\delta_{n,k}\,a_n$: the inputs,
#    weighted by the residuals and added up over the batch.
#
# </details>
#
# With $\frac{\partial J}{\partial w}$ and $\frac{\partial J}{\partial b}$ one can change the kernel against
# the gradient. That is what section 1 of the lecture means by a kernel found through training: see the
# assignment `training`.
