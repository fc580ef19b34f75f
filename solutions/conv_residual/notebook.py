# %% [markdown] lang="zh"
# # 作业：卷积层的前一层残差（讲义 3.2）
#
# 反向传播把残差 $\delta^{(l)}=\partial J/\partial z^{(l)}$ 一层一层往回传。本作业回答讲义 3.2 的问题：
# 当前层是卷积层时，前一层的残差 $\delta^{(l-1)}$ 怎样计算？你将先按讲义的步骤，在一张特征图上完成（步长为 1，
# 一个卷积核），再推广到实际使用的形式：批、通道、多个卷积核、步长和填充。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `dense_residual` | 3.2 全连接 ANN 反向传播算法 | <<number dense_residual>> |
# | `derive_residuals` | 3.2 实例：手写推导 | <<number derive_residuals>> |
# | `rotate180` | 3.2 前一层残差计算方式，第 1 步 | <<number rotate180>> |
# | `pad_residual` | 3.2 前一层残差计算方式，第 2 步 | <<number pad_residual>> |
# | `insert_zeros` | 3.2 当步长不为 1 时，第 2 步 | <<number insert_zeros>> |
# | `conv_residual` | 3.2 前一层残差计算公式 | <<number conv_residual>> |
# | `residual_formula` | 3.2 一般公式，任意步长：手写推导 | <<number residual_formula>> |
# | `conv2d_input_grad` | 3.2 步长、通道、多核、填充 | <<number conv2d_input_grad>> |
# | **合计** | | **<<number>>** |
#
# **约定**
# - 公式的下标与讲义相同，从 1 开始；代码的下标从 0 开始。
# - 讲义中的“卷积”是互相关：前向计算时卷积核**不**翻转。
# - `dsigma` 是前一层的 $\sigma'(z^{(l-1)})$，已经算好，是与前一层形状相同的数组。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 只能使用 <<modules>> 和 Python 标准库。
# - 除 `conv2d_input_grad` 外，各函数只处理一张二维的图（或一个向量）。
# - 两个手写推导的练习返回一段文字：一行一个等式。

# %% [markdown] lang="en"
# # Assignment: the residual of the layer before a convolution (lecture 3.2)
#
# Back-propagation hands the residual $\delta^{(l)}=\partial J/\partial z^{(l)}$ backwards, layer by layer.
# This assignment answers the question of lecture 3.2: if the current layer is a convolution, what is the
# residual $\delta^{(l-1)}$ of the layer before it? First you follow the lecture's steps on a single feature
# map (stride 1, one kernel); then you build the form that is used in practice, with a batch, channels,
# several kernels, stride and padding.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `dense_residual` | 3.2, back-propagation in a fully connected network | <<number dense_residual>> |
# | `derive_residuals` | 3.2, the example: a derivation by hand | <<number derive_residuals>> |
# | `rotate180` | 3.2, how the residual of the layer before is computed, step 1 | <<number rotate180>> |
# | `pad_residual` | 3.2, the same, step 2 | <<number pad_residual>> |
# | `insert_zeros` | 3.2, when the stride is not 1, step 2 | <<number insert_zeros>> |
# | `conv_residual` | 3.2, formula for the residual of the layer before | <<number conv_residual>> |
# | `residual_formula` | 3.2, one formula for any stride: a derivation by hand | <<number residual_formula>> |
# | `conv2d_input_grad` | 3.2, stride, channels, several kernels, padding | <<number conv2d_input_grad>> |
# | **total** | | **<<number>>** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0.
# - What the lecture calls convolution is cross-correlation: the forward pass does **not** flip the kernel.
# - `dsigma` is $\sigma'(z^{(l-1)})$ of the layer before, ready-made: an array of the shape of that layer.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only <<modules>> and Python's standard library may be used.
# - All functions but `conv2d_input_grad` treat one two-dimensional map (or one vector).
# - The two derivations by hand return a text, one equation a line.

# %% [markdown] lang="zh"
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如结果上下颠倒了、只有边界不对。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。
# 想马上知道，就另开一个单元，运行 `check(dense_residual, lang="zh", hint=True)`。
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
# 做 `.py` 的，在命令行运行 `autograder check conv_residual.py` 来检查；加上 `--hint`，就马上说出想法。

# %% [markdown] lang="en"
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the result is upside down, say, or only the border is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(dense_residual, lang="en", hint=True)`.
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
# `autograder check conv_residual.py` on the command line does the checking; with `--hint` it tells the idea
# at once.

# %%
import numpy as np

# %% [markdown] lang="zh"
# ## 1 热身：全连接层的前一层残差 `dense_residual`（<<points dense_residual>>）
#
# 讲义 3.2 从熟悉的公式出发。全连接神经网络中，隐藏层第 $j$ 个单元的残差是
#
# $$\delta_j^{(l)} = (w_j^{(l+1)})^T \cdot \delta^{(l+1)} \cdot \sigma'(z_j^{(l)})$$
#
# 其中 $w_j^{(l+1)}$ 是权重矩阵的第 $j$ **列**：从第 $j$ 个单元出发的所有权重。例如后一层有三个单元时，
#
# $$\delta_1^{(2)} = (w_{11}^{(3)}\delta_1^{(3)} + w_{21}^{(3)}\delta_2^{(3)} + w_{31}^{(3)}\delta_3^{(3)})
#     \cdot \sigma'(z_1^{(2)})$$
#
# 单元 1 影响了谁，就从谁那里收回残差，乘以那个连接的权重，再相加。讲义把它简写成
# $\delta_1^{(2)} \sim w_{11}^{(3)}\delta_1^{(3)}+\dots$，“∼”表示略去了 $\sigma'$；写程序时不能略去。
# 第一个公式中，前一个“·”是内积，后一个“·”是普通的乘法。写成整层的形式：
#
# $$\delta^{(l)} = \left((w^{(l+1)})^T \delta^{(l+1)}\right) \odot \sigma'(z^{(l)})$$
#
# $\odot$ 表示逐元素相乘。
#
# **小例子**（两个单元 → 三个单元）：$w=\begin{pmatrix}1&2\\3&4\\5&6\end{pmatrix}$，
# $\delta^{(l+1)}=(1,-1,2)$，$\sigma'=(0.5,\ 1)$。$w^T\delta^{(l+1)} = (1-3+10,\ 2-4+12) = (8, 10)$，
# 所以 $\delta^{(l)} = (4, 10)$。
#
# **任务**：完成 `dense_residual`。`w_next` 的形状是（输出数，输入数），其余参数都是向量。

# %% [markdown] lang="en"
# ## 1 Warm-up: the residual before a fully connected layer `dense_residual` (<<points dense_residual>>)
#
# Lecture 3.2 starts from a formula that you know. In a fully connected network the residual of unit $j$ of a
# hidden layer is
#
# $$\delta_j^{(l)} = (w_j^{(l+1)})^T \cdot \delta^{(l+1)} \cdot \sigma'(z_j^{(l)})$$
#
# where $w_j^{(l+1)}$ is **column** $j$ of the weight matrix: all the weights that leave unit $j$. With three
# units in the next layer, for example,
#
# $$\delta_1^{(2)} = (w_{11}^{(3)}\delta_1^{(3)} + w_{21}^{(3)}\delta_2^{(3)} + w_{31}^{(3)}\delta_3^{(3)})
#     \cdot \sigma'(z_1^{(2)})$$
#
# Every unit that unit 1 influenced returns its residual, times the weight of that connection, and all of this
# is added up. The lecture abbreviates it to $\delta_1^{(2)} \sim w_{11}^{(3)}\delta_1^{(3)}+\dots$, where "∼"
# means that $\sigma'$ has been left out; a program must not leave it out. In the first formula the first dot
# is an inner product, the second plain multiplication. For a whole layer:
#
# $$\delta^{(l)} = \left((w^{(l+1)})^T \delta^{(l+1)}\right) \odot \sigma'(z^{(l)})$$
#
# with $\odot$ for multiplication element by element.
#
# **Small example** (two units → three units): $w=\begin{pmatrix}1&2\\3&4\\5&6\end{pmatrix}$,
# $\delta^{(l+1)}=(1,-1,2)$, $\sigma'=(0.5,\ 1)$. $w^T\delta^{(l+1)} = (1-3+10,\ 2-4+12) = (8, 10)$, hence
# $\delta^{(l)} = (4, 10)$.
#
# **Your task**: complete `dense_residual`. `w_next` has shape (outputs, inputs); the others are vectors.


# %%
def dense_residual(delta_next, w_next, dsigma):
    """
    zh: 全连接层的前一层残差（讲义 3.2）。
    en: The residual of the layer before a fully connected layer (lecture 3.2).

    δ^(l) = ((w^(l+1))ᵀ · δ^(l+1)) ⊙ σ′(z^(l))

    Parameters
    ----------
    delta_next : (outputs,)
        zh: 后一层的残差 δ^(l+1)
        en: residual of the next layer, δ^(l+1)
    w_next : (outputs, inputs)
        zh: 后一层的权重；w_next[i, j] 从第 j 个单元连到第 i 个单元
        en: weights of the next layer; w_next[i, j] leads from unit j to unit i
    dsigma : (inputs,)
        σ′(z^(l))

    Returns
    -------
    (inputs,)
        δ^(l)
    """
    ### BEGIN SOLUTION
    return (w_next.T @ delta_next) * dsigma  # (inputs, outputs) @ (outputs,) -> (inputs,)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：猜一猜卷积前一层的残差
#
# 讲义问：“结合全连接层的残差求取公式，猜想卷积前一层的残差？”在 `convolution` 作业里，
# 你把卷积展开成了矩阵乘法 $z = Ma$。照上面整层的公式，卷积前一层的残差应当是什么？
#
# <details><summary>想好以后再展开</summary>
#
# 卷积展开以后就是权重矩阵为 $M$ 的全连接层，所以
#
# $$\delta^{(l-1)} = \left(M^T \delta^{(l)}\right) \odot \sigma'(z^{(l-1)})$$
#
# 其中的图都按行展开成向量。$M$ 的一列放着某个 $a$ 的全部连接，转置以后成为一行，
# 正好把这些连接上的残差收回来。例如，$w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$、
# $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$ 时，可以用你的 `conv_matrix` 算出（先从作业 `convolution` 复制到一个单元里）：
#
# ```python
# (conv_matrix(np.array([[1, 2], [3, 4]]), (3, 3)).T @ np.array([1, 2, 3, -1])).reshape(3, 3)
# ```
#
# 记下结果，到练习 6 再来比较。下面的练习不写出 $M$，因为它大部分是 0；讲义的三个步骤会直接得到同样的结果。
#
# </details>

# %% [markdown] lang="en"
# ### Think: guess the residual before a convolution
#
# Look at the formula for a fully connected layer, says the lecture, and guess the residual before a
# convolution. In the assignment `convolution` you unrolled the convolution into a product with a matrix,
# $z = Ma$. What, then, does the formula for a whole layer say?
#
# <details><summary>Open this when you have thought about it</summary>
#
# Unrolled, a convolution is a fully connected layer with $M$ for its weights. So
#
# $$\delta^{(l-1)} = \left(M^T \delta^{(l)}\right) \odot \sigma'(z^{(l-1)})$$
#
# with all maps unrolled row by row. A column of $M$ holds all the connections of one $a$; transposing makes
# it a row, which collects the residuals along just these connections. For
# $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ and $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$, for
# example, your `conv_matrix` (copy it into a cell, from the assignment `convolution`) gives
#
# ```python
# (conv_matrix(np.array([[1, 2], [3, 4]]), (3, 3)).T @ np.array([1, 2, 3, -1])).reshape(3, 3)
# ```
#
# Note the result, and compare it when you come to exercise 6. The exercises below do not write out $M$, most
# of which is zeros: the lecture's three steps lead to the same result directly.
#
# </details>

# %% [markdown] lang="zh"
# ## 讲义实例：3×3 ∗ 2×2
#
# ![四个 z 的各项，一种颜色对应一个 a；框中是含 a₁₂ 的项](attachment:terms.png)
#
# 卷积也是一种连接，只是每个 $z$ 只连着几个 $a$，而且权重共享。讲义的实例写出了全部连接。
# 图中一种颜色对应前一层的一个 $a$，也就是“对前一层某个单元求残差时的相关项”；框中的两项含有 $a_{12}$。
# 下面省略层号和偏置 $b^{(l)}$（它与 $a$ 无关）：
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22}
# \end{aligned}$$
#
# 求某个 $a_{u,v}$ 的残差，与全连接层完全一样：**找出所有含有 $a_{u,v}$ 的 $z$，
# 把它们的残差乘以 $a_{u,v}$ 旁边的权重，再相加**，最后乘以 $\sigma'$。
#
# $a_{11}$ 只出现在 $z_{11}$ 中，旁边是 $w_{11}$：
#
# $$\delta_{11}^{(l-1)} = \frac{\partial J}{\partial z_{11}^{(l)}}
#     \frac{\partial z_{11}^{(l)}}{\partial a_{11}^{(l-1)}}
#     \frac{\partial a_{11}^{(l-1)}}{\partial z_{11}^{(l-1)}}
#     = \delta_{11}^{(l)}\, w_{11}^{(l)}\, \sigma'(z_{11}^{(l-1)})$$
#
# $a_{12}$ 出现在两处（图中的两个框）：在 $z_{11}$ 中，旁边是 $w_{12}$；在 $z_{12}$ 中，旁边是 $w_{11}$：
#
# $$\delta_{12}^{(l-1)} = \left(
#     \frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial a_{12}^{(l-1)}} +
#     \frac{\partial J}{\partial z_{12}^{(l)}} \frac{\partial z_{12}^{(l)}}{\partial a_{12}^{(l-1)}}
#     \right) \frac{\partial a_{12}^{(l-1)}}{\partial z_{12}^{(l-1)}}
#     = \left(\delta_{11}^{(l)} w_{12}^{(l)} + \delta_{12}^{(l)} w_{11}^{(l)}\right) \sigma'(z_{12}^{(l-1)})$$

# %% [markdown] lang="en"
# ## The lecture's example: 3×3 ∗ 2×2
#
# ![the terms of the four z, a colour for each a; those that hold a₁₂ are framed](attachment:terms.png)
#
# A convolution is a set of connections, too, only that each $z$ is connected to a few $a$ and the weights are
# shared. The lecture's example writes down every connection. In the picture each colour belongs to one $a$ of
# the layer before and marks the terms that matter for its residual; the two framed terms hold $a_{12}$. Here
# layer numbers are left out, and so is the bias $b^{(l)}$, which does not depend on $a$:
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22}
# \end{aligned}$$
#
# The residual at some $a_{u,v}$ is found just as in a fully connected layer: **look for every $z$ that
# contains $a_{u,v}$, multiply its residual by the weight that stands beside $a_{u,v}$, and add up**; then
# multiply by $\sigma'$.
#
# $a_{11}$ occurs in $z_{11}$ only, beside $w_{11}$:
#
# $$\delta_{11}^{(l-1)} = \frac{\partial J}{\partial z_{11}^{(l)}}
#     \frac{\partial z_{11}^{(l)}}{\partial a_{11}^{(l-1)}}
#     \frac{\partial a_{11}^{(l-1)}}{\partial z_{11}^{(l-1)}}
#     = \delta_{11}^{(l)}\, w_{11}^{(l)}\, \sigma'(z_{11}^{(l-1)})$$
#
# $a_{12}$ occurs twice, in the two frames: in $z_{11}$ beside $w_{12}$, and in $z_{12}$ beside $w_{11}$:
#
# $$\delta_{12}^{(l-1)} = \left(
#     \frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial a_{12}^{(l-1)}} +
#     \frac{\partial J}{\partial z_{12}^{(l)}} \frac{\partial z_{12}^{(l)}}{\partial a_{12}^{(l-1)}}
#     \right) \frac{\partial a_{12}^{(l-1)}}{\partial z_{12}^{(l-1)}}
#     = \left(\delta_{11}^{(l)} w_{12}^{(l)} + \delta_{12}^{(l)} w_{11}^{(l)}\right) \sigma'(z_{12}^{(l-1)})$$

# %% [markdown] lang="zh"
# ## 2 手写推导：四个 $z$ 与九个残差 `derive_residuals`（<<points derive_residuals>>）
#
# 讲义算出了 $\delta_{11}^{(l-1)}$ 和 $\delta_{12}^{(l-1)}$，其余的留给你。请写出 3×3 ∗ 2×2 的全部 13 行：
# $z_{11}^{(l)}$ 到 $z_{22}^{(l)}$（这次要写上 $b$），以及 $\delta_{11}^{(l-1)}$ 到 $\delta_{33}^{(l-1)}$
# （要写上 $\sigma'$）。每行单独判分。
#
# 函数返回一段文字，一行一个等式。用哪种写法都可以，但求和要逐项写出。下面三行说的是同一件事：
#
# ```text
# z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
# z₁₁ = a₁₁w₁₁ + a₁₂w₁₂ + a₂₁w₂₁ + a₂₂w₂₂ + b
# z_{11}^{(l)} = a_{11}^{(l-1)} w_{11}^{(l)} + a_{12}^{(l-1)} w_{12}^{(l)} + a_{21}^{(l-1)} w_{21}^{(l)}
#                + a_{22}^{(l-1)} w_{22}^{(l)} + b^{(l)}
# ```
#
# （最后一种在你的答案里要写成一行。）$\sigma'(z_{12}^{(l-1)})$ 可以写成 `dsigma(z12)` 或 `σ'(z12)`。
# 层号可以省略：等号左边的 `d12` 或 `δ12` 是前一层的残差，右边的是当前层的。项的次序、括号都随意，
# 也可以像讲义那样写一串等式，那么每一步都要对。检查单元会逐项告诉你哪里不同。
#
# **任务**：完成 `derive_residuals`。用 `r"""…"""` 写文字，反斜杠就不会出问题。

# %% [markdown] lang="en"
# ## 2 A derivation by hand: four $z$ and nine residuals `derive_residuals` (<<points derive_residuals>>)
#
# The lecture works out $\delta_{11}^{(l-1)}$ and $\delta_{12}^{(l-1)}$ and leaves the others to you. Write
# all 13 lines of 3×3 ∗ 2×2: $z_{11}^{(l)}$ to $z_{22}^{(l)}$, this time with $b$, and $\delta_{11}^{(l-1)}$
# to $\delta_{33}^{(l-1)}$, with $\sigma'$. Each line has points of its own.
#
# The function returns a text, one equation a line. Write as you like, but write sums out term by term; these
# three say the same:
#
# ```text
# z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
# z₁₁ = a₁₁w₁₁ + a₁₂w₁₂ + a₂₁w₂₁ + a₂₂w₂₂ + b
# z_{11}^{(l)} = a_{11}^{(l-1)} w_{11}^{(l)} + a_{12}^{(l-1)} w_{12}^{(l)} + a_{21}^{(l-1)} w_{21}^{(l)}
#                + a_{22}^{(l-1)} w_{22}^{(l)} + b^{(l)}
# ```
#
# (In your answer the last one stands on a single line.) $\sigma'(z_{12}^{(l-1)})$ may be `dsigma(z12)` or
# `σ'(z12)`. Layer numbers may be left out: `d12` or `δ12` on the left of the equals sign is the residual of
# the layer before, on the right that of this layer. Order and brackets are up to you, and so is a chain of
# equalities as in the lecture; then every step must be right. The check cell tells you term by term what
# differs.
#
# **Your task**: complete `derive_residuals`. Put the text between `r"""` and `"""`, and no backslash will
# trouble you.


# %%
def derive_residuals():
    """
    zh: 讲义实例 3×3 ∗ 2×2 的推导（讲义 3.2）。
    en: The derivation of the lecture's example, 3×3 ∗ 2×2 (lecture 3.2).

    Returns
    -------
    str
        zh: 13 行：z₁₁、z₁₂、z₂₁、z₂₂，以及 δ₁₁⁽ˡ⁻¹⁾ 到 δ₃₃⁽ˡ⁻¹⁾，一行一个等式
        en: 13 lines: z₁₁, z₁₂, z₂₁, z₂₂, and δ₁₁⁽ˡ⁻¹⁾ to δ₃₃⁽ˡ⁻¹⁾, one equation a line
    """
    ### BEGIN SOLUTION
    return r"""
    z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
    z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
    z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
    z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b

    δ11 = δ11 w11 σ'(z11)
    δ12 = (δ11 w12 + δ12 w11) σ'(z12)
    δ13 = δ12 w12 σ'(z13)
    δ21 = (δ11 w21 + δ21 w11) σ'(z21)
    δ22 = (δ11 w22 + δ12 w21 + δ21 w12 + δ22 w11) σ'(z22)
    δ23 = (δ12 w22 + δ22 w12) σ'(z23)
    δ31 = δ21 w21 σ'(z31)
    δ32 = (δ21 w22 + δ22 w21) σ'(z32)
    δ33 = δ22 w22 σ'(z33)
    """
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：前一层的残差与当前层的残差有什么关系？
#
# 这是讲义的思考题。看看你写出的九个残差：
#
# 1. 九个残差各有几项，一共几项？
# 2. 在 $\delta_{22}^{(l-1)}$ 的各项里，$\delta^{(l)}$ 的下标和 $w$ 的下标各按什么顺序走？
# 3. 为什么 2×2 的残差与 2×2 的卷积核，会得到 3×3 的结果？
#
# <details><summary>想好以后再展开</summary>
#
# 1. 四个角各 1 项，四条边各 2 项，中心 4 项，共 $4\cdot1+4\cdot2+4=16$ 项：正是讲义 2.2 数出的 16
#    个连接，每个连接把残差传回一次。
# 2. 在 $\delta_{22}^{(l-1)}$ 中，$\delta$ 的下标按 11、12、21、22 的顺序走，$w$ 的下标却按 22、21、12、11
#    的顺序走，方向正好相反。把卷积核翻转 180°，两者就同向了。这就是讲义三个步骤中第 1 步的来历。
# 3. 见下文。
#
# </details>
#
# **为什么 2×2 与 2×2 得到 3×3？** 前向计算时卷积核不能越出输入，每一边的大小从 3 减小到 $3-2+1=2$。
# 反向传播时，九个 $a$ 都参与了前向计算，所以九个 $a$ 都必须得到残差：只要卷积核与残差有**一个**元素重叠，
# 就有残差要传，角上的 $\delta_{11}^{(l-1)}$ 正是只重叠一个元素的情形。为了让卷积核能滑到这些位置，
# 先在残差的外面补 $k-1=1$ 圈 0，得到 4×4，再做卷积：$4-2+1=3$。
#
# 一般地，$H_o = H-k_h+1$，补 0 后是 $H_o+2(k_h-1)$，卷积后是 $H_o+2(k_h-1)-k_h+1 = H_o+k_h-1 = H$，
# 恰好回到前一层的大小。

# %% [markdown] lang="en"
# ### Think: how does the residual of the layer before come from that of this layer?
#
# This is the lecture's question. Look at the nine residuals that you wrote:
#
# 1. How many terms has each of the nine, and how many are there in all?
# 2. In the terms of $\delta_{22}^{(l-1)}$, in which order do the indices of $\delta^{(l)}$ run, and in which
#    order those of $w$?
# 3. Why does a 2×2 residual with a 2×2 kernel give a 3×3 result?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. Each of the four corners has one term, each of the four edges two, the centre four, together
#    $4\cdot1+4\cdot2+4=16$: the 16 connections that lecture 2.2 counted. Each hands back a residual once.
# 2. In $\delta_{22}^{(l-1)}$ the indices of $\delta$ run 11, 12, 21, 22, those of $w$ run 22, 21, 12, 11: the
#    opposite way. Rotate the kernel by 180°, and both run the same way. That is where the first of the
#    lecture's three steps comes from.
# 3. See below.
#
# </details>
#
# **Why does 2×2 with 2×2 give 3×3?** In the forward pass the kernel must stay inside the input, so each side
# shrinks from 3 to $3-2+1=2$. All nine $a$ took part in the forward pass, so in the backward pass all nine
# must get a residual: wherever kernel and residual overlap in as little as **one** element, there is
# something to hand back, and $\delta_{11}^{(l-1)}$ in its corner is just such an overlap. To let the kernel
# slide that far out, the residual is first surrounded by $k-1=1$ ring of zeros, which makes it 4×4; then
# $4-2+1=3$.
#
# In general $H_o = H-k_h+1$; padding makes it $H_o+2(k_h-1)$; sliding the kernel leaves
# $H_o+2(k_h-1)-k_h+1 = H_o+k_h-1 = H$, which is exactly the size of the layer before.

# %% [markdown] lang="zh"
# ## 3 第 1 步：将卷积权重翻转 180° `rotate180`（<<points rotate180>>）
#
# $$w^{rot}_{m,n} = w_{k_h+1-m,\;k_w+1-n}$$
#
# 盯住一个 $a$ 看：$z$ 往前走一格，它旁边的 $w$ 就往回退一格。翻转卷积核，正是为了让两者同向。
#
# 翻转 180° 是上下颠倒、**并且**左右颠倒，等于转两次 90°。它不是转置：转置会交换高和宽，而翻转后的形状不变。
# 例如
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix} \to \begin{pmatrix}4&3\\2&1\end{pmatrix},\qquad
# \begin{pmatrix}1&2&3\\4&5&6\end{pmatrix} \to \begin{pmatrix}6&5&4\\3&2&1\end{pmatrix}$$
#
# **任务**：完成 `rotate180`。返回新的数组：NumPy 的切片只是原数组的视图，以后修改其中一个，
# 另一个也会跟着改变。

# %% [markdown] lang="en"
# ## 3 Step 1: rotate the kernel by 180° `rotate180` (<<points rotate180>>)
#
# $$w^{rot}_{m,n} = w_{k_h+1-m,\;k_w+1-n}$$
#
# Fix your eyes on one $a$: as $z$ moves on by one place, the $w$ beside this $a$ moves back by one. The
# rotation makes both run the same way.
#
# A rotation by 180° turns the kernel upside down **and** left to right, like two rotations by 90°. It is not
# the transpose: transposing swaps height and width, rotating by 180° keeps the shape. For example
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix} \to \begin{pmatrix}4&3\\2&1\end{pmatrix},\qquad
# \begin{pmatrix}1&2&3\\4&5&6\end{pmatrix} \to \begin{pmatrix}6&5&4\\3&2&1\end{pmatrix}$$
#
# **Your task**: complete `rotate180`. Return a new array: a NumPy slice is only a view of the old one, and
# whoever changed one of them later would change both.


# %%
def rotate180(w):
    """
    zh: 将卷积核翻转 180°（讲义 3.2）。
    en: The kernel, rotated by 180° (lecture 3.2).

    w_rot[m, n] = w[kh - 1 - m, kw - 1 - n]

    Parameters
    ----------
    w : (kh, kw)
        zh: 卷积核
        en: kernel

    Returns
    -------
    (kh, kw)
        zh: 新的数组
        en: a new array
    """
    ### BEGIN SOLUTION
    return w[::-1, ::-1].copy()
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 4 第 2 步：给当前层残差矩阵边界补 0 `pad_residual`（<<points pad_residual>>）
#
# 补多少圈？上面的实例已经给出答案：卷积核与残差至少重叠一个元素，所以卷积核最多伸出去 $k-1$ 个元素。上、
# 下各补 $k_h-1$ 行，左、右各补 $k_w-1$ 列。2×2 的卷积核补 1 圈，3×3 的补 2 圈，1×1 的不用补。
# 补多少只由卷积核决定，与前向的填充无关。
#
# **小例子**（残差 2×2，卷积核 2×2）：
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to
# \begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix}$$
#
# **任务**：完成 `pad_residual`。注意卷积核的高和宽可能不同。

# %% [markdown] lang="en"
# ## 4 Step 2: surround the residual with zeros `pad_residual` (<<points pad_residual>>)
#
# How many? The example above has given the answer: kernel and residual overlap in at least one element, so
# the kernel reaches out by at most $k-1$. Add $k_h-1$ rows above and below, $k_w-1$ columns to the left and
# right. A 2×2 kernel takes one ring of zeros, a 3×3 kernel two, a 1×1 kernel none. Only the kernel decides
# how many; the padding of the forward pass has no part in it.
#
# **Small example** (2×2 residual, 2×2 kernel):
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to
# \begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix}$$
#
# **Your task**: complete `pad_residual`. The kernel's height and width may differ.


# %%
def pad_residual(delta, kernel_shape):
    """
    zh: 在残差的上、下各补 kh - 1 行 0，左、右各补 kw - 1 列 0（讲义 3.2）。
    en: The residual with kh - 1 rows of zeros above and below, kw - 1 columns left and right (lecture 3.2).

    Parameters
    ----------
    delta : (Ho, Wo)
        zh: 当前层的残差
        en: residual of the current layer
    kernel_shape : (kh, kw)
        zh: 卷积核的高和宽
        en: height and width of the kernel

    Returns
    -------
    (Ho + 2 (kh - 1), Wo + 2 (kw - 1))
    """
    ### BEGIN SOLUTION
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 5 步长不为 1：使用 0 填充残差对应位置 `insert_zeros`（<<points insert_zeros>>）
#
# ![步长为 2：先在残差之间补 0，再在外层补 0](attachment:stride_zeros.png)
#
# 步长为 $s$ 的卷积，可以看作先做步长为 1 的卷积，再每 $s$ 个只留下一个 $z$。被丢掉的 $z$ 不影响 $J$，
# 它们的残差是 0。把这些 0 放回原处，就回到了步长为 1 的情形：相邻两个残差之间插入 $s-1$ 个 0。
# 最后一个残差后面不再插入（外层的 0 由下一步补）。因此每一边的大小从 $H_o$ 变为 $(H_o-1)\,s+1$。
#
# 图中步长为 2、卷积核为 2×2：先在 2×2 的残差之间插入 0，得到 3×3，这是本练习要做的；
# 再照练习 4 在外面补一圈 0，得到 5×5。
#
# **小例子**（$s=2$）：
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to \begin{pmatrix}1&0&2\\0&0&0\\3&0&-1\end{pmatrix}$$
#
# **任务**：完成 `insert_zeros`。步长为 1 时内容不变，但仍要返回新的数组。

# %% [markdown] lang="en"
# ## 5 A stride other than 1: zeros between the residuals `insert_zeros` (<<points insert_zeros>>)
#
# ![stride 2: zeros between the residuals, then zeros around them](attachment:stride_zeros.png)
#
# A convolution with stride $s$ is a convolution with stride 1 of which only every $s$-th $z$ is kept. The $z$
# that were dropped have no influence on $J$; their residual is 0. Put these zeros back into their places, and
# the case of stride 1 is back: $s-1$ zeros between neighbouring residuals. None follow the last residual (the
# zeros outside belong to the next step). So each side grows from $H_o$ to $(H_o-1)\,s+1$.
#
# In the picture the stride is 2 and the kernel 2×2. First, zeros between the residuals turn 2×2 into 3×3:
# that is this exercise. Then a ring of zeros around them, as in exercise 4, makes it 5×5.
#
# **Small example** ($s=2$):
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to \begin{pmatrix}1&0&2\\0&0&0\\3&0&-1\end{pmatrix}$$
#
# **Your task**: complete `insert_zeros`. With stride 1 the values stay the same; return a new array even so.


# %%
def insert_zeros(delta, stride):
    """
    zh: 在相邻的残差之间插入 stride - 1 个 0（讲义 3.2）。
    en: The residual with stride - 1 zeros between neighbours (lecture 3.2).

    Parameters
    ----------
    delta : (Ho, Wo)
        zh: 当前层的残差
        en: residual of the current layer
    stride : int
        zh: 前向卷积的步长 s，两个方向相同
        en: stride s of the forward convolution, the same in both directions

    Returns
    -------
    ((Ho - 1) s + 1, (Wo - 1) s + 1)
    """
    ### BEGIN SOLUTION
    Ho, Wo = delta.shape
    spread = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    spread[::stride, ::stride] = delta
    return spread
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 6 卷积层的前一层残差 `conv_residual`（<<points conv_residual>>）
#
# ![翻转后的卷积核在补 0 的残差上滑动](attachment:padded_residual.png)
#
# 讲义的“前一层残差计算方式”：
# 1. 将卷积权重翻转 180°；
# 2. 给当前层残差矩阵边界补 0；
# 3. 使用翻转后的卷积核对 pad 后的残差做卷积。
#
# 图中小字是盖在各个位置上的卷积核元素，已经翻转：$w_{22}$ 在左上，$w_{11}$ 在右下。红框只盖住 $\delta_{11}$，
# 给出 $\delta_{11}w_{11}$；蓝框盖住两个，给出 $\delta_{11}w_{12}+\delta_{12}w_{11}$；黄框盖住全部四个。
# 右边是它们给出的前一层残差，与实例中的九个式子一致。
#
# 写成公式：
#
# $$\delta_{u,v}^{(l-1)} = \sum_m \sum_n w^{rot}_{m,n}\; \delta^{pad}_{u+m-1,\,v+n-1}\;
#     \sigma'(z_{u,v}^{(l-1)})$$
#
# 讲义的公式里直接写 $w_{m,n}^{(l)}$ 和 $\delta^{l}_{m+u-1,n+v-1}$，并注明 $m,n$ 是**翻转后**卷积核的下标；
# 同样，那里的 $\delta$ 是**补 0 以后**的残差，层号 $l$ 应带括号。这里用 $rot$、$pad$ 把两者标明。
#
# **小例子**（接着讲义实例，$\sigma'$ 先取 1）：$w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$，
# $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$。翻转后的卷积核是
# $\begin{pmatrix}4&3\\2&1\end{pmatrix}$，让它在补 0 后的 4×4 残差上滑动：
#
# $$\begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix} \ast
# \begin{pmatrix}4&3\\2&1\end{pmatrix} = \begin{pmatrix}1&4&4\\6&15&6\\9&9&-4\end{pmatrix}$$
#
# - 左上角：$0\cdot4+0\cdot3+0\cdot2+1\cdot1=1$，即 $\delta_{11}w_{11}$；
# - 中心：$1\cdot4+2\cdot3+3\cdot2+(-1)\cdot1=15$，即
#   $\delta_{11}w_{22}+\delta_{12}w_{21}+\delta_{21}w_{12}+\delta_{22}w_{11}$。
#
# 这就是练习 1 后面“思考”中 $M^T\delta$ 的结果。最后逐元素乘以 `dsigma`。
#
# **任务**：完成 `conv_residual`。步长为 1，没有填充，一张图，一个卷积核。图和卷积核都不一定是正方形；
# 卷积核可以是 1×1，也可以与前一层一样大。

# %% [markdown] lang="en"
# ## 6 The residual of the layer before a convolution `conv_residual` (<<points conv_residual>>)
#
# ![the rotated kernel slides over the padded residual](attachment:padded_residual.png)
#
# The lecture's recipe:
# 1. rotate the kernel by 180°;
# 2. surround the current layer's residual with zeros;
# 3. convolve the padded residual with the rotated kernel.
#
# In the picture the small letters are the kernel's elements where they come to lie, rotated already: $w_{22}$
# at the top left, $w_{11}$ at the bottom right. The red frame covers $\delta_{11}$ alone and gives
# $\delta_{11}w_{11}$; the blue one covers two and gives $\delta_{11}w_{12}+\delta_{12}w_{11}$; the yellow one
# covers all four. On the right are the residuals of the layer before that they give, the same as in the
# example.
#
# As a formula:
#
# $$\delta_{u,v}^{(l-1)} = \sum_m \sum_n w^{rot}_{m,n}\; \delta^{pad}_{u+m-1,\,v+n-1}\;
#     \sigma'(z_{u,v}^{(l-1)})$$
#
# The lecture writes plain $w_{m,n}^{(l)}$ and $\delta^{l}_{m+u-1,n+v-1}$ and adds that $m,n$ index the
# **rotated** kernel. In the same way its $\delta$ is the residual **after padding**, and its layer number $l$
# should be in parentheses. Here $rot$ and $pad$ say so.
#
# **Small example** (the lecture's example continued, with $\sigma'=1$ for now):
# $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$, $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$. The rotated
# kernel is $\begin{pmatrix}4&3\\2&1\end{pmatrix}$; slide it over the padded 4×4 residual:
#
# $$\begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix} \ast
# \begin{pmatrix}4&3\\2&1\end{pmatrix} = \begin{pmatrix}1&4&4\\6&15&6\\9&9&-4\end{pmatrix}$$
#
# - top left: $0\cdot4+0\cdot3+0\cdot2+1\cdot1=1$, which is $\delta_{11}w_{11}$;
# - centre: $1\cdot4+2\cdot3+3\cdot2+(-1)\cdot1=15$, which is
#   $\delta_{11}w_{22}+\delta_{12}w_{21}+\delta_{21}w_{12}+\delta_{22}w_{11}$.
#
# This is the $M^T\delta$ that you noted after exercise 1. At the end, multiply by `dsigma` element by
# element.
#
# **Your task**: complete `conv_residual`. Stride 1, no padding, one map, one kernel. Neither map nor kernel
# need be square; the kernel may be 1×1 or as large as the layer before.


# %%
def conv_residual(delta, w, dsigma):
    """
    zh: 卷积层的前一层残差（步长 1，无填充，一张图，一个卷积核；讲义 3.2）。
    en: The residual before a convolution (stride 1, no padding, one map, one kernel; lecture 3.2).

    δ^(l-1)[u, v] = Σ_m Σ_n w_rot[m, n] · δ_pad[u + m, v + n] · σ′(z^(l-1)[u, v])

    Parameters
    ----------
    delta : (H - kh + 1, W - kw + 1)
        zh: 当前层的残差 δ^(l)
        en: residual of the current layer, δ^(l)
    w : (kh, kw)
        zh: 前向计算所用的卷积核 w^(l)，没有翻转
        en: the kernel w^(l) as the forward pass uses it, not rotated
    dsigma : (H, W)
        σ′(z^(l-1))

    Returns
    -------
    (H, W)
        δ^(l-1)
    """
    ### BEGIN SOLUTION
    w_rot = rotate180(w)
    delta_pad = pad_residual(delta, w.shape)  # (H + kh - 1, W + kw - 1)
    windows = np.lib.stride_tricks.sliding_window_view(delta_pad, w.shape)  # (H, W, kh, kw)
    return np.einsum("mn,uvmn->uv", w_rot, windows) * dsigma
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 7 手写推导：一个公式，任意步长 `residual_formula`（<<points residual_formula>>）
#
# 上面的公式借助了 $w^{rot}$ 和 $\delta^{pad}$，而且只适用于步长 1。请写出一个不翻转、不补 0 的公式，
# 对任意大小的图和卷积核、任意步长 $s$（无填充）都成立：
#
# $$\delta_{u,v}^{(l-1)} = \sum_p \sum_q \;\dots$$
#
# 其中 $w$ 就是前向计算所用的卷积核，$\delta$ 就是当前层的残差；**下标越出范围的元素当作 0**。
#
# 提示：前向计算时 $z_{p,q}=\sum_m\sum_n w_{m,n}\,a_{(p-1)s+m,\,(q-1)s+n}+b$。哪些 $z_{p,q}$ 含有 $a_{u,v}$？
# 旁边的是哪个 $w$？
#
# 下标可以写成 `w[u-p+1, v-q+1]` 或 `w_{u-p+1,v-q+1}`，也可以含有 $s$，例如 `a[(p-1)s+m, (q-1)s+n]`；
# 求和写成 `Σ_p Σ_q`、`sum_p sum_q` 或 `\sum_p \sum_q`。评分时换用别的大小和别的步长。
#
# **任务**：完成 `residual_formula`，返回一行等式。

# %% [markdown] lang="en"
# ## 7 A derivation by hand: one formula for any stride `residual_formula` (<<points residual_formula>>)
#
# The formula above needs $w^{rot}$ and $\delta^{pad}$, and it holds for stride 1 only. Write one that rotates
# nothing and pads nothing, and that holds for maps and kernels of any size and any stride $s$ (without
# padding):
#
# $$\delta_{u,v}^{(l-1)} = \sum_p \sum_q \;\dots$$
#
# Here $w$ is the kernel as the forward pass uses it, and $\delta$ the residual of the current layer. **An
# element whose index is out of range counts as 0.**
#
# A hint: the forward pass is $z_{p,q}=\sum_m\sum_n w_{m,n}\,a_{(p-1)s+m,\,(q-1)s+n}+b$. Which $z_{p,q}$
# contain $a_{u,v}$, and which $w$ stands beside it there?
#
# An index may be `w[u-p+1, v-q+1]` or `w_{u-p+1,v-q+1}`, and it may contain $s$, as in
# `a[(p-1)s+m, (q-1)s+n]`. A sum is `Σ_p Σ_q`, `sum_p sum_q` or `\sum_p \sum_q`. Grading tries other sizes and
# other strides.
#
# **Your task**: complete `residual_formula`. It returns one equation.


# %%
def residual_formula():
    """
    zh: 前一层残差的一般公式，任意大小、任意步长 s，无填充（讲义 3.2）。
    en: The residual of the layer before, one formula for any size and any stride s, no padding (lecture 3.2).

    Returns
    -------
    str
        zh: 一个等式，左边是 δ_{u,v}⁽ˡ⁻¹⁾
        en: one equation with δ_{u,v}⁽ˡ⁻¹⁾ on its left
    """
    ### BEGIN SOLUTION
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})"
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 8 实际使用的形式：批、通道、多核、步长、填充 `conv2d_input_grad`（<<points conv2d_input_grad>>）
#
# 前一层是 $(N, C, H, W)$ 的数组，卷积核是 $(K, C, k_h, k_w)$，当前层是
# $(N, K, H_o, W_o)$，$H_o=\lfloor (H+2p-k_h)/s \rfloor+1$，$W_o$ 同理。这次不乘 $\sigma'$，
# 求的是 $\partial J/\partial a^{(l-1)}$，程序里常记作 `dx`。讲义“其它情况”各页逐一说明了变化：
#
# - **步长**：先插入 0（练习 5），其余步骤不变。
# - **输入通道**：$z=\sum_c a_c * w_c + b$，各通道的中间图相加得到 $z$。加法的导数是
#   1，所以每张中间图的残差都等于 $\delta$，各通道**分别**用自己的卷积核参数计算。
# （讲义此页的等式印得不太清楚，意思是：设 $r=x_1+x_2$，则
#   $\partial J/\partial x_1=\partial J/\partial r\cdot\partial r/\partial x_1 =\partial J/\partial r$。）
# - **多个卷积核**：同一个 $a$ 参与了每个卷积核的计算，所以 $K$ 份残差**相加**，不是取平均。
# - **批**：各个样本互不相干，结果的第 $n$ 个样本只来自 $\delta$ 的第 $n$ 个样本，也不除以 $N$。
# - **填充**：把补过 0 的图当作输入，照常计算，得到 $(H+2p)\times(W+2p)$ 的残差；
# 讲义说，“计算填充0的边界的残差是冗余的”，所以最后把边界裁掉，只留原来的 $H\times W$。
# - **余数**：$(H+2p-k_h)$ 除以 $s$ 有余数 $r$ 时，填充后的图最下面 $r$ 行（最右边同理）没有窗口到达。
# 它们不影响 $J$，残差是 0，但**位置要保留**，所以在下边和右边多补 $r$ 行、列 0。仅从 `delta` 看不出 $r$
#   是多少，这就是函数需要 `input_shape` 的原因。
#
# $$\frac{\partial J}{\partial a^{(l-1)}_{n,c,u,v}} = \left[\;\sum_k \sum_i \sum_j
# w^{rot}_{k,c,i,j}\;\delta^{pad}_{n,k,\,u'+i-1,\,v'+j-1}\right]_{u'=u+p,\;v'=v+p}$$
#
# 其中 $\delta^{pad}$ 是插入 0、在外面补 0、再补上余数以后的残差；方括号外的下标是裁剪：填充后的第 $u+p$ 行，
# 就是原来的第 $u$ 行。
#
# **小例子**（只看一行，只在左右填充）：$w=(1,2,3)$，$s=2$，$\delta=(1,10)$。插入 0 得 $(1,0,10)$，
# 两边各补两个 0 得 $(0,0,1,0,10,0,0)$，翻转后的 $(3,2,1)$ 滑过，得到 $(1,2,13,20,30)$。
# 中间的 $13=3\cdot1+1\cdot10$：两个窗口在这里重叠。这是填充后的图上的残差，那么前一层的残差是
#
# | $W$ | $p$ | 余数 | 前一层的残差 |
# | --- | --- | --- | --- |
# | 5 | 0 | 0 | (1, 2, 13, 20, 30) |
# | 6 | 0 | 1 | (1, 2, 13, 20, 30, **0**)，最后一列没有窗口到达 |
# | 3 | 1 | 0 | (2, 13, 20)，左右各裁掉一个 |
# | 4 | 1 | 1 | (2, 13, 20, 30)，没有窗口到达的是右边的填充 |
#
# 最后一行值得多看一眼：先补上余数，得到 $(1,2,13,20,30,0)$，再裁去左右各一个。
# 另外，$p=0$ 时 `[p:-p]` 是空的。
#
# **为什么只有“收集”的写法才需要翻转？** 有两种看问题的方式，结果相同：
# - **收集**（上面的步骤）：站在前一层的 $a_{u}$ 上问：谁用过我？若 $s=1$，用过我的 $z_{q}$ 满足 $u=q+i-1$，即
#   $q=u-i+1$：$i$ 增大时 $q$ 减小，方向相反，所以卷积核要翻转。
# - **分发**：站在当前层的 $\delta_{q}$ 上，重复前向走过的路：前向时 $z_{q}$ 用 $w_{i}$ 乘了
#   $a_{(q-1)s+i}$，现在就把 $\delta_{q}w_{i}$ **加**到同一个位置。方向与前向相同，卷积核**不翻转**，
# 也不用插入 0；窗口重叠的地方必须累加，不能覆盖。
#
# **任务**：完成 `conv2d_input_grad`，用哪种方式都可以。建议先写步长 1、无填充，再一项一项地加：
# 每一项都有自己的分数。

# %% [markdown] lang="en"
# ## 8 As it is used: batch, channels, several kernels, stride, padding `conv2d_input_grad` (<<points conv2d_input_grad>>)
#
# The layer before is an array $(N, C, H, W)$, the kernels are $(K, C, k_h, k_w)$, the current layer is
# $(N, K, H_o, W_o)$ with $H_o=\lfloor (H+2p-k_h)/s \rfloor+1$ and $W_o$ likewise. This time nothing is
# multiplied by $\sigma'$: wanted is $\partial J/\partial a^{(l-1)}$, which programs often call `dx`. The
# lecture's pages on the other cases say, one by one, what changes:
#
# - **Stride**: insert zeros first (exercise 5); all other steps stay.
# - **Input channels**: $z=\sum_c a_c * w_c + b$, the channels' intermediate maps are added up to $z$. The
#   derivative of a sum is 1, so each intermediate map has the residual $\delta$, and each channel is treated
#   **on its own**, with its own part of the kernel. (The equation on that page is not printed very clearly.
#   It means that for $r=x_1+x_2$,
#   $\partial J/\partial x_1=\partial J/\partial r\cdot\partial r/\partial x_1 =\partial J/\partial r$.)
# - **Several kernels**: the same $a$ took part in the result of every kernel, so the $K$ residuals are
#   **added**, not averaged.
# - **Batch**: samples have nothing to do with each other. Sample $n$ of the result comes from sample $n$ of
#   $\delta$ alone, and nothing is divided by $N$.
# - **Padding**: treat the padded map as the input and proceed as ever; this gives the residual of
#   $(H+2p)\times(W+2p)$ positions. The residual of the padding zeros is redundant, says the lecture: crop it
#   at the end and keep the $H\times W$ that were there before.
# - **Remainder**: if $s$ does not divide $H+2p-k_h$ and leaves the remainder $r$, then no window reaches the
#   lowest $r$ rows of the padded map (columns at the right likewise). They have no influence on $J$ and get
#   the residual 0, but **they keep their place**: pad $r$ more rows and columns of zeros at the bottom and
#   right. `delta` alone does not tell $r$; that is why the function takes `input_shape`.
#
# $$\frac{\partial J}{\partial a^{(l-1)}_{n,c,u,v}} = \left[\;\sum_k \sum_i \sum_j
# w^{rot}_{k,c,i,j}\;\delta^{pad}_{n,k,\,u'+i-1,\,v'+j-1}\right]_{u'=u+p,\;v'=v+p}$$
#
# Here $\delta^{pad}$ is the residual with zeros inserted, zeros around them, and those for the remainder. The
# indices outside the bracket do the cropping: row $u+p$ of the padded map is row $u$ of the map.
#
# **Small example** (a single row, padded at the left and right only): $w=(1,2,3)$, $s=2$, $\delta=(1,10)$.
# Zeros inserted: $(1,0,10)$; two zeros on each side: $(0,0,1,0,10,0,0)$; the rotated kernel $(3,2,1)$ slides
# over it and gives $(1,2,13,20,30)$. In the middle, $13=3\cdot1+1\cdot10$: two windows overlap there. This is
# the residual on the padded map; hence the residual of the layer before is
#
# | $W$ | $p$ | remainder | residual of the layer before |
# | --- | --- | --- | --- |
# | 5 | 0 | 0 | (1, 2, 13, 20, 30) |
# | 6 | 0 | 1 | (1, 2, 13, 20, 30, **0**): no window reaches the last column |
# | 3 | 1 | 0 | (2, 13, 20): one cropped on each side |
# | 4 | 1 | 1 | (2, 13, 20, 30): it is the padding on the right that no window reaches |
#
# The last row is worth a second look: add the remainder first, $(1,2,13,20,30,0)$, then crop one on each
# side. And mind that `[p:-p]` is empty for $p=0$.
#
# **Why does only the gather form need the rotation?** There are two ways to look at it, with equal results:
# - **Gather** (the steps above): stand on $a_{u}$ in the layer before and ask: who used me? For $s=1$ it was
#   every $z_{q}$ with $u=q+i-1$, that is $q=u-i+1$. As $i$ grows, $q$ falls: they run opposite ways, so the
#   kernel has to be rotated.
# - **Scatter**: stand on $\delta_{q}$ in the current layer and walk the forward pass's way again. Forward,
#   $z_{q}$ took $a_{(q-1)s+i}$ times $w_{i}$; now **add** $\delta_{q}w_{i}$ at that same position. The
#   direction is the forward one, so the kernel is **not** rotated and no zeros are inserted; but where
#   windows overlap the parts must be added up and must not replace each other.
#
# **Your task**: complete `conv2d_input_grad`, in either way. Begin with stride 1 and no padding, then add one
# thing after the other: each has points of its own.


# %%
def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    """
    zh: 卷积层对其输入的梯度 ∂J/∂a^(l-1)（不含 σ′；讲义 3.2）。
    en: The gradient ∂J/∂a^(l-1) of a convolution with respect to its input (without σ′; lecture 3.2).

    Parameters
    ----------
    delta : (N, K, Ho, Wo)
        zh: 当前层的残差，Ho = (H + 2 padding - kh) // stride + 1，Wo 同理
        en: residual of the current layer, Ho = (H + 2 padding - kh) // stride + 1, Wo likewise
    w : (K, C, kh, kw)
        zh: 前向计算所用的卷积核
        en: the kernels as the forward pass uses them
    input_shape : (N, C, H, W)
        zh: 前一层的形状，不含填充
        en: shape of the layer before, without padding
    stride : int
        zh: 步长 s
        en: stride s
    padding : int
        zh: 前向计算时，输入的每一边补了 padding 行、列 0
        en: rows and columns of zeros that the forward pass added on each side of the input

    Returns
    -------
    (N, C, H, W)
        ∂J/∂a^(l-1)
    """
    ### BEGIN SOLUTION
    N, _, H, W = input_shape
    K, _, kh, kw = w.shape
    Ho, Wo = delta.shape[2:]
    s, p = stride, padding

    # Rotate the kernels by 180°.
    w_rot = w[:, :, ::-1, ::-1]

    # Insert s - 1 zeros between neighbouring residuals.
    spread = np.zeros((N, K, (Ho - 1) * s + 1, (Wo - 1) * s + 1))
    spread[:, :, ::s, ::s] = delta

    # Pad k - 1 zeros on each side, and at the bottom and right the remainder, which no window reached.
    rh, rw = (H + 2 * p - kh) % s, (W + 2 * p - kw) % s
    delta_pad = np.pad(spread, ((0, 0), (0, 0), (kh - 1, kh - 1 + rh), (kw - 1, kw - 1 + rw)))

    # Slide the rotated kernels over it; each channel on its own, the sum runs over the kernels k.
    windows = np.lib.stride_tricks.sliding_window_view(delta_pad, (kh, kw), axis=(2, 3))
    da = np.einsum("kcij,nkuvij->ncuv", w_rot, windows)  # (N, C, H + 2p, W + 2p)

    # Crop the padding: its residual is redundant.
    return da[:, :, p : da.shape[2] - p, p : da.shape[3] - p]
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：不看答案，怎样检验残差？
#
# 1. 在讲义实例中取 $a^{(l-1)}=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$，$w$、$\delta^{(l)}$ 与练习 6
#    的小例子相同，$b=0$，于是 $z^{(l)}=\begin{pmatrix}14&7\\13&11\end{pmatrix}$。分别算出
#    $\sum\delta_{p,q}^{(l)}z_{p,q}^{(l)}$ 和
#    $\sum a_{u,v}^{(l-1)}\frac{\partial J}{\partial a_{u,v}^{(l-1)}}$。为什么相等？
# 2. 卷积核与前一层一样大时，卷积层就是全连接层。这时 `conv2d_input_grad` 与 `dense_residual` 对得上吗？
#
# <details><summary>想好以后再展开</summary>
#
# 1. $1\cdot14+2\cdot7+3\cdot13-1\cdot11=56$；练习 6 求出的九个数（$\sigma'=1$）与 $a$
#    逐个相乘再相加，$1+0+8+18+15+0+0+18-4=56$。道理是：没有偏置时，每个 $z$ 都是各个 $a$
#    乘以权重的和。两个和式都把 16 个连接上的 $\delta\cdot w\cdot a$ 加了一遍，一个按 $z$ 归并，一个按 $a$
#    归并。把 `convolution` 作业里你自己的 `conv2d` 复制过来，就可以检验任意的步长和填充：
#
#    ```python
#    rng = np.random.default_rng()
#    x, w = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 2))
#    z = conv2d(x, w, np.zeros(4), stride=2, padding=1)
#    delta = rng.normal(size=z.shape)
#    dx = conv2d_input_grad(delta, w, x.shape, stride=2, padding=1)
#    print(np.sum(delta * z), np.sum(x * dx))
#    ```
#
# 2. 对得上。这时 $H_o=W_o=1$，每个卷积核按行展开，就是全连接层权重的一行；单个样本的 `dx` 展开以后，等于
#    `dense_residual(delta.ravel(), w.reshape(K, -1), 1)`。
#
# </details>

# %% [markdown] lang="en"
# ### Think: how can a residual be checked without knowing the answer?
#
# 1. In the lecture's example let $a^{(l-1)}=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$, take $w$ and
#    $\delta^{(l)}$ of the small example of exercise 6 and $b=0$, so that
#    $z^{(l)}=\begin{pmatrix}14&7\\13&11\end{pmatrix}$. Compute $\sum\delta_{p,q}^{(l)}z_{p,q}^{(l)}$ and
#    $\sum a_{u,v}^{(l-1)}\frac{\partial J}{\partial a_{u,v}^{(l-1)}}$. Why are they equal?
# 2. If the kernel is as large as the layer before, the convolution is a fully connected layer. Do
#    `conv2d_input_grad` and `dense_residual` agree then?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. $1\cdot14+2\cdot7+3\cdot13-1\cdot11=56$. The nine numbers found in exercise 6 (with $\sigma'=1$), each
#    times its $a$, give $1+0+8+18+15+0+0+18-4=56$. Without a bias every $z$ is a sum of $a$ times weights. So
#    both sums add up $\delta\cdot w\cdot a$ over all 16 connections, one of them sorted by $z$, the other by
#    $a$. With your own `conv2d`, copied from the assignment `convolution`, you can check any stride and padding:
#
#    ```python
#    rng = np.random.default_rng()
#    x, w = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 2))
#    z = conv2d(x, w, np.zeros(4), stride=2, padding=1)
#    delta = rng.normal(size=z.shape)
#    dx = conv2d_input_grad(delta, w, x.shape, stride=2, padding=1)
#    print(np.sum(delta * z), np.sum(x * dx))
#    ```
#
# 2. They do. Then $H_o=W_o=1$, and each kernel, unrolled row by row, is one row of the weights of a fully
#    connected layer. For a single sample, `dx` unrolled equals
#    `dense_residual(delta.ravel(), w.reshape(K, -1), 1)`.
#
# </details>
