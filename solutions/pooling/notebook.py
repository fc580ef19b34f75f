# %% [markdown] lang="zh"
# # 作业：池化层的前一层残差（讲义 3.1）
#
# 池化层没有参数需要学习，反向传播时它只做一件事：把残差 $\delta^{(l)}$ 传递给前一层。但传给**哪些**单元、
# 各传**多少**，取决于前向传播时每个单元起了什么作用。本作业从前向传播开始，一步步得到答案：先按讲义的形式，
# 处理一张特征图，步长等于滑窗大小；再推广到实际网络使用的形式：批、通道，步长与滑窗大小不等（AlexNet
# 的重叠池化）。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `max_pool` | 3.1 最大池化层的前向传播 | <<number max_pool>> |
# | `avg_pool` | 3.1 平均池化层的前向传播 | <<number avg_pool>> |
# | `upsample` | 3.1 最大池化层的前一层残差，公式中的 upsample | <<number upsample>> |
# | `max_pool_residual` | 3.1 最大池化层的前一层残差 | <<number max_pool_residual>> |
# | `avg_pool_residual` | 3.1 平均池化层的前一层残差 | <<number avg_pool_residual>> |
# | `max_pool2d` | 3.1；4 AlexNet 的重叠最大池化 | <<number max_pool2d>> |
# | `avg_pool2d` | 3.1；4 | <<number avg_pool2d>> |
# | `max_pool2d_backward` | 3.1；4 | <<number max_pool2d_backward>> |
# | `avg_pool2d_backward` | 3.1；4 | <<number avg_pool2d_backward>> |
# | **合计** | | **<<number>>** |
#
# **约定**
# - 公式的下标与讲义相同，从 1 开始；代码的下标从 0 开始。
# - 残差 $\delta^{(l)}=\partial J/\partial z^{(l)}$。`dsigma` 是前一层的 $\sigma'(z^{(l-1)})$，已经算好，
# 是与前一层形状相同的数组。
# - 池化层不考虑激活函数，所以 $a^{(l)}=z^{(l)}$。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 只能使用 <<modules>> 和 Python 标准库。
# - 特征图不一定是正方形，激活值可能全是负数。

# %% [markdown] lang="en"
# # Assignment: the residual of the layer before a pooling layer (lecture 3.1)
#
# A pooling layer has nothing to learn. In back-propagation it does one thing only: it hands the residual
# $\delta^{(l)}$ to the layer before. **Which** units receive it, and **how much** each, depends on the part
# that each of them played in the forward pass. So we begin with the forward pass and work towards the answer,
# first as the lecture writes it (one feature map, stride equal to the window), then as networks use it: with
# a batch, channels, and a stride that differs from the window (AlexNet's overlapping pooling).
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `max_pool` | 3.1, forward pass of a max-pooling layer | <<number max_pool>> |
# | `avg_pool` | 3.1, forward pass of an average-pooling layer | <<number avg_pool>> |
# | `upsample` | 3.1, the upsample of the formula for max pooling | <<number upsample>> |
# | `max_pool_residual` | 3.1, residual of the layer before max pooling | <<number max_pool_residual>> |
# | `avg_pool_residual` | 3.1, residual of the layer before average pooling | <<number avg_pool_residual>> |
# | `max_pool2d` | 3.1; 4, AlexNet's overlapping max pooling | <<number max_pool2d>> |
# | `avg_pool2d` | 3.1; 4 | <<number avg_pool2d>> |
# | `max_pool2d_backward` | 3.1; 4 | <<number max_pool2d_backward>> |
# | `avg_pool2d_backward` | 3.1; 4 | <<number avg_pool2d_backward>> |
# | **total** | | **<<number>>** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0.
# - The residual is $\delta^{(l)}=\partial J/\partial z^{(l)}$. `dsigma` is $\sigma'(z^{(l-1)})$ of the layer
#   before, ready-made: an array of the shape of that layer.
# - A pooling layer has no activation function, hence $a^{(l)}=z^{(l)}$.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only <<modules>> and Python's standard library may be used.
# - Feature maps need not be square, and all activations of a map may be negative.

# %% [markdown] lang="zh"
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如结果上下颠倒了、只有边界不对。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。
# 想马上知道，就另开一个单元，运行 `check(max_pool, lang="zh", hint=True)`。
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
# 做 `.py` 的，在命令行运行 `autograder check pooling.py` 来检查；加上 `--hint`，就马上说出想法。

# %% [markdown] lang="en"
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the result is upside down, say, or only the border is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(max_pool, lang="en", hint=True)`.
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
# same; work on the one that you prefer, and hand that in. For the `.py` file, `autograder check pooling.py`
# on the command line does the checking; with `--hint` it tells the idea at once.

# %%
import numpy as np

# %% [markdown] lang="zh"
# ## 第一部分：讲义的形式
#
# 一张特征图 $a^{(l-1)}$，形状为 $(H, W)$；滑窗高 $m$、宽 $n$。讲义说：“为了方便，
# 此处使用步长等于滑窗大小的池化方法”，也就是滑窗一个挨一个，既不重叠也没有空隙。
# 在这一部分，$H$ 总能被 $m$ 整除，$W$ 总能被 $n$ 整除。
#
# **关于 $m$、$n$ 的说明。** 讲义在前向传播的公式旁写“此处的m、n指步长”，在平均池化的残差公式旁写“其中m、n分别
# 表示滑窗的高、宽”。这里步长等于滑窗大小，两种说法是一回事；到了第二部分，两者不再相等，就要分清楚：
# 滑窗大小决定**哪些单元参与**，步长决定**滑窗停在哪里**。
#
# ## 1 最大池化层的前向传播 `max_pool`（<<points max_pool>>）
#
# $$a_{p,q}^{(l)} = z_{p,q}^{(l)}
#     = \max\left(a_{(p-1)m+1,\,(q-1)n+1}^{(l-1)},\ \dots,\ a_{pm,\,qn}^{(l-1)}\right)$$
#
# 括号里是第 $(p,q)$ 个滑窗中的全部 $m\cdot n$ 个激活值：第 $(p-1)m+1$ 行到第 $pm$ 行，
# 第 $(q-1)n+1$ 列到第 $qn$ 列。
#
# **小例子**，滑窗 $2\times2$：
#
# $$a^{(l-1)}=\begin{pmatrix}1&3&2&0\\5&4&1&6\\2&7&8&3\\0&1&4&2\end{pmatrix}
# \quad\Rightarrow\quad z^{(l)}=\begin{pmatrix}5&6\\7&8\end{pmatrix}$$
#
# 左上角的滑窗含有 $1,3,5,4$，最大值是 $5$。
#
# **任务**：完成 `max_pool`。`window` 是 $(m, n)$，两者可以不等。激活值可能全是负数，
# 所以寻找最大值时不能从 0 开始比较。

# %% [markdown] lang="en"
# ## Part one: as the lecture writes it
#
# One feature map $a^{(l-1)}$ of shape $(H, W)$, a window of height $m$ and width $n$. "For convenience" the
# lecture takes the stride to be the size of the window: windows touch, they neither overlap nor leave gaps.
# In this part $m$ always divides $H$ and $n$ always divides $W$.
#
# **A word about $m$ and $n$.** Beside the forward formulas the lecture says that $m$, $n$ are the *stride*;
# beside the residual of average pooling, that they are the height and width of the *window*. As long as the
# stride is the size of the window, both are true. In part two the two sizes differ and have to be kept apart:
# the window says **which units take part**, the stride says **where the windows stand**.
#
# ## 1 Forward pass of a max-pooling layer `max_pool` (<<points max_pool>>)
#
# $$a_{p,q}^{(l)} = z_{p,q}^{(l)}
#     = \max\left(a_{(p-1)m+1,\,(q-1)n+1}^{(l-1)},\ \dots,\ a_{pm,\,qn}^{(l-1)}\right)$$
#
# Between the brackets stand all $m\cdot n$ activations of window $(p,q)$: rows $(p-1)m+1$ to $pm$, columns
# $(q-1)n+1$ to $qn$.
#
# **Small example**, window $2\times2$:
#
# $$a^{(l-1)}=\begin{pmatrix}1&3&2&0\\5&4&1&6\\2&7&8&3\\0&1&4&2\end{pmatrix}
# \quad\Rightarrow\quad z^{(l)}=\begin{pmatrix}5&6\\7&8\end{pmatrix}$$
#
# The window at the top left holds $1,3,5,4$; its maximum is $5$.
#
# **Your task**: complete `max_pool`. `window` is $(m, n)$, and the two may differ. All activations may be
# negative, so a search for the maximum cannot start from 0.


# %%
def max_pool(a, window):
    """
    zh: 最大池化，步长等于滑窗大小（讲义 3.1）。
    en: Max pooling with a stride equal to the window (lecture 3.1).

    z[p, q] = max(a[p·m : (p+1)·m, q·n : (q+1)·n])

    Parameters
    ----------
    a : (H, W)
        zh: 前一层的激活值 a^(l-1)
        en: activations of the layer before, a^(l-1)
    window : (m, n)
        zh: 滑窗的高和宽，也是步长；H 被 m 整除，W 被 n 整除
        en: height and width of the window, and the stride; m divides H, n divides W

    Returns
    -------
    (H/m, W/n)
        z^(l) = a^(l)
    """
    ### BEGIN SOLUTION
    m, n = window
    H, W = a.shape
    # a[p·m + i, q·n + j] → windows[p, i, q, j], (H/m, m, W/n, n): p, q choose the window, i, j the cell in it
    windows = a.reshape(H // m, m, W // n, n)
    return windows.max(axis=(1, 3))
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 2 平均池化层的前向传播 `avg_pool`（<<points avg_pool>>）
#
# 讲义写作 $\text{avg}(\text{sum}(\dots))$：先求和，再除以滑窗中的单元数 $m\cdot n$。
#
# $$a_{p,q}^{(l)} = z_{p,q}^{(l)}
#     = \frac{1}{m\cdot n}\left(a_{(p-1)m+1,\,(q-1)n+1}^{(l-1)} + \dots + a_{pm,\,qn}^{(l-1)}\right)$$
#
# **小例子**（与练习 1 相同的 $a^{(l-1)}$，滑窗 $2\times2$）：左上角 $(1+3+5+4)/4 = 3.25$，
#
# $$z^{(l)}=\begin{pmatrix}3.25&2.25\\2.5&4.25\end{pmatrix}$$
#
# **任务**：完成 `avg_pool`。整数输入的平均值也可能是小数，不能截断。

# %% [markdown] lang="en"
# ## 2 Forward pass of an average-pooling layer `avg_pool` (<<points avg_pool>>)
#
# The lecture writes $\text{avg}(\text{sum}(\dots))$: add up, then divide by the number of cells of the
# window, $m\cdot n$.
#
# $$a_{p,q}^{(l)} = z_{p,q}^{(l)}
#     = \frac{1}{m\cdot n}\left(a_{(p-1)m+1,\,(q-1)n+1}^{(l-1)} + \dots + a_{pm,\,qn}^{(l-1)}\right)$$
#
# **Small example** ($a^{(l-1)}$ of exercise 1, window $2\times2$): at the top left $(1+3+5+4)/4 = 3.25$;
# altogether
#
# $$z^{(l)}=\begin{pmatrix}3.25&2.25\\2.5&4.25\end{pmatrix}$$
#
# **Your task**: complete `avg_pool`. The mean of integers need not be an integer: nothing may be cut off.


# %%
def avg_pool(a, window):
    """
    zh: 平均池化，步长等于滑窗大小（讲义 3.1）。
    en: Average pooling with a stride equal to the window (lecture 3.1).

    z[p, q] = 1/(m·n) · Σ a[p·m : (p+1)·m, q·n : (q+1)·n]

    Parameters
    ----------
    a : (H, W)
        zh: 前一层的激活值 a^(l-1)
        en: activations of the layer before, a^(l-1)
    window : (m, n)
        zh: 滑窗的高和宽，也是步长；H 被 m 整除，W 被 n 整除
        en: height and width of the window, and the stride; m divides H, n divides W

    Returns
    -------
    (H/m, W/n)
        z^(l) = a^(l)
    """
    ### BEGIN SOLUTION
    m, n = window
    H, W = a.shape
    # (H/m, m, W/n, n), as in max_pool
    windows = a.reshape(H // m, m, W // n, n)
    return windows.sum(axis=(1, 3)) / (m * n)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：动一动输入
#
# 在小例子左上角的滑窗里，把一个数增大 0.1：先动 1，再改成动最大值 5。两种池化的 $z_{11}$ 各变化多少？
# 由此猜一猜：残差 $\delta_{11}^{(l)}$ 往回传时，滑窗里的四个单元各得到多少？
#
# <details><summary>想好以后再展开</summary>
#
# | | 1 增大 0.1 | 5 增大 0.1 |
# | --- | --- | --- |
# | 最大池化的 $z_{11}$ | 不变 | 增大 0.1 |
# | 平均池化的 $z_{11}$ | 增大 0.1 / 4 | 增大 0.1 / 4 |
#
# “输入变一点，输出变多少”就是偏导数 $\partial z_{11}^{(l)}/\partial a_{u,v}^{(l-1)}$：最大池化时，
# 最大值所在的单元是 1，其余是 0；平均池化时，处处是 1/4。残差就照这个比例往回传。
# 练习 4 和练习 5 会把它写成程序。
#
# </details>

# %% [markdown] lang="en"
# ### Think: nudge the input
#
# In the top left window of the small example, increase one number by 0.1: first the 1, then, instead, the
# maximum 5. How much does $z_{11}$ change, in max pooling and in average pooling? Now guess: when the
# residual $\delta_{11}^{(l)}$ is handed back, how much of it does each of the four units get?
#
# <details><summary>Open this when you have thought about it</summary>
#
# | | 0.1 added to the 1 | 0.1 added to the 5 |
# | --- | --- | --- |
# | $z_{11}$ of max pooling | stays | grows by 0.1 |
# | $z_{11}$ of average pooling | grows by 0.1 / 4 | grows by 0.1 / 4 |
#
# How much the output changes with the input: that is the derivative
# $\partial z_{11}^{(l)}/\partial a_{u,v}^{(l-1)}$. In max pooling it is 1 at the maximum and 0 elsewhere, in
# average pooling it is 1/4 everywhere. In just these proportions the residual is handed back. Exercises 4 and
# 5 make programs of it.
#
# </details>

# %% [markdown] lang="zh"
# ## 3 上采样 `upsample`（<<points upsample>>）
#
# 池化使特征图变小；残差往回传时，要先恢复前一层的大小。本作业中的 `upsample` 只做这一件事：
# 把每个残差复制到它的滑窗的全部 $m\cdot n$ 个单元上。
#
# $$\text{upsample}(\delta^{(l)})_{u,v} = \delta_{p,q}^{(l)},
#     \qquad \text{其中 }(p,q)\text{ 是单元 }(u,v)\text{ 所在的滑窗}$$
#
# **小例子**，滑窗 $2\times3$（高 2，宽 3）：
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \begin{pmatrix}1&1&1&2&2&2\\1&1&1&2&2&2\\3&3&3&4&4&4\\3&3&3&4&4&4\end{pmatrix}$$
#
# 这里不除以 $m\cdot n$，也不看谁是最大值：这两件事分别属于平均池化和最大池化，在后面的两个练习里完成。
#
# **任务**：完成 `upsample`。

# %% [markdown] lang="en"
# ## 3 Upsampling `upsample` (<<points upsample>>)
#
# Pooling makes the map smaller; on the way back the residual first has to regain the size of the layer
# before. In this assignment that is all that `upsample` does: it copies every residual to all $m\cdot n$
# cells of its window.
#
# $$\text{upsample}(\delta^{(l)})_{u,v} = \delta_{p,q}^{(l)},
#     \qquad \text{where }(p,q)\text{ is the window that holds }(u,v)$$
#
# **Small example**, window $2\times3$ (height 2, width 3):
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \begin{pmatrix}1&1&1&2&2&2\\1&1&1&2&2&2\\3&3&3&4&4&4\\3&3&3&4&4&4\end{pmatrix}$$
#
# Nothing is divided by $m\cdot n$ here and no maximum is looked for: the former belongs to average pooling,
# the latter to max pooling, and both follow in the next two exercises.
#
# **Your task**: complete `upsample`.


# %%
def upsample(delta, window):
    """
    zh: 上采样：每个残差复制到它的整个滑窗（讲义 3.1）。
    en: Upsampling: copies every residual to the whole of its window (lecture 3.1).

    upsample(δ)[p·m + i, q·n + j] = δ[p, q],   0 ≤ i < m, 0 ≤ j < n

    Parameters
    ----------
    delta : (P, Q)
        zh: 池化层的残差 δ^(l)
        en: residual of the pooling layer, δ^(l)
    window : (m, n)
        zh: 滑窗的高和宽
        en: height and width of the window

    Returns
    -------
    (P·m, Q·n)
    """
    ### BEGIN SOLUTION
    m, n = window
    return delta.repeat(m, axis=0).repeat(n, axis=1)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 4 最大池化层的前一层残差 `max_pool_residual`（<<points max_pool_residual>>）
#
# ![前向取最大值；反向时残差回到最大值所在的位置](attachment:maximum.png)
#
# 图中左边是前向传播：红框是四个滑窗各自的最大值。右边是反向传播（$\sigma'$ 取 1）：
# 残差 1、2、3、4 回到红框的位置，其余单元得到 0。
#
# 由链式法则（讲义 3.1），设单元 $(u,v)$ 在第 $(p,q)$ 个滑窗中，
#
# $$\delta_{u,v}^{(l-1)}
#   = \delta_{p,q}^{(l)}\ \frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}}\ \sigma'(z_{u,v}^{(l-1)})$$
#
# $z_{p,q}^{(l)}$ 就是滑窗中的最大值，所以中间的偏导数只有两种取值：
#
# - 最大值所在的单元：$\partial z_{p,q}^{(l)}/\partial a_{u,v}^{(l-1)}=1$，于是
#   $\delta_{u,v}^{(l-1)}=\delta_{p,q}^{(l)}\,\sigma'(z_{u,v}^{(l-1)})$；
# - 其余单元：偏导数为 $0$，于是 $\delta_{u,v}^{(l-1)}=0$。
#
# 讲义把结果简写为 $\delta_{u,v}^{(l-1)}=\text{upsample}(\delta_{p,q}^{(l)})\,\sigma'(z_{u,v}^{(l-1)})$。
# 简写中的 upsample 已经包含“只送到最大值的位置”；练习 3 的 `upsample` 只负责复制，
# 所以在这里还要乘以上面的偏导数（一个由 0 和 1 组成的掩码）。
#
# **小例子**（$a^{(l-1)}$ 同练习 1，滑窗 $2\times2$）：
#
# $$\delta^{(l)}=\begin{pmatrix}4&-8\\2&6\end{pmatrix},\qquad
# \sigma'=\begin{pmatrix}1&0.5&1&0\\0.5&1&0.5&1\\0&0.5&1&0.5\\1&1&0.5&0\end{pmatrix}
# \quad\Rightarrow\quad
# \delta^{(l-1)}=\begin{pmatrix}0&0&0&0\\2&0&0&-8\\0&1&6&0\\0&0&0&0\end{pmatrix}$$
#
# 左上角滑窗的最大值 $5$ 在第 2 行第 1 列，那里 $\sigma'=0.5$，所以得到 $4\times1\times0.5=2$。
#
# **并列的最大值。** 若滑窗中有几个相等的最大值，偏导数在此处没有定义，任何一种次梯度都算对：
# 残差可以全部给其中一个，也可以由它们分摊，只要各份之和等于 $\delta_{p,q}^{(l)}$（再各乘自己的 $\sigma'$）。
# 参考答案给按行扫描时遇到的第一个。不能每个都给一整份：那样残差就凭空变多了。
#
# **任务**：完成 `max_pool_residual`。`a` 是池化**之前**的特征图 $a^{(l-1)}$，可以是整数数组，
# 但结果不能因此被截断。

# %% [markdown] lang="en"
# ## 4 The residual of the layer before max pooling `max_pool_residual` (<<points max_pool_residual>>)
#
# ![forward: the maximum; backward: the residual returns to where it stood](attachment:maximum.png)
#
# On the left of the picture is the forward pass: the red frames mark the maximum of each of the four windows.
# On the right is the backward pass (with $\sigma'=1$): the residuals 1, 2, 3, 4 return to the red frames, and
# all other units get 0.
#
# By the chain rule (lecture 3.1), for a unit $(u,v)$ that lies in window $(p,q)$,
#
# $$\delta_{u,v}^{(l-1)}
#   = \delta_{p,q}^{(l)}\ \frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}}\ \sigma'(z_{u,v}^{(l-1)})$$
#
# $z_{p,q}^{(l)}$ *is* the greatest activation of the window, so the derivative in the middle has two values:
#
# - at the maximum $\partial z_{p,q}^{(l)}/\partial a_{u,v}^{(l-1)}=1$, hence
#   $\delta_{u,v}^{(l-1)}=\delta_{p,q}^{(l)}\,\sigma'(z_{u,v}^{(l-1)})$;
# - everywhere else it is $0$, hence $\delta_{u,v}^{(l-1)}=0$.
#
# The lecture's short form is
# $\delta_{u,v}^{(l-1)}=\text{upsample}(\delta_{p,q}^{(l)})\,\sigma'(z_{u,v}^{(l-1)})$. Its upsample is
# understood to serve the maximum only. The `upsample` of exercise 3 merely copies, so its result still has to
# be multiplied by the derivative above, a mask of zeros and ones.
#
# **Small example** ($a^{(l-1)}$ of exercise 1, window $2\times2$):
#
# $$\delta^{(l)}=\begin{pmatrix}4&-8\\2&6\end{pmatrix},\qquad
# \sigma'=\begin{pmatrix}1&0.5&1&0\\0.5&1&0.5&1\\0&0.5&1&0.5\\1&1&0.5&0\end{pmatrix}
# \quad\Rightarrow\quad
# \delta^{(l-1)}=\begin{pmatrix}0&0&0&0\\2&0&0&-8\\0&1&6&0\\0&0&0&0\end{pmatrix}$$
#
# The maximum of the window at the top left, $5$, stands in row 2, column 1, where $\sigma'=0.5$: it receives
# $4\times1\times0.5=2$.
#
# **Ties.** Where several cells of a window share the maximum, the derivative is not defined, and any
# subgradient is accepted: one of them may receive the whole residual, or they may share it, as long as the
# shares add up to $\delta_{p,q}^{(l)}$ (each then times its own $\sigma'$). The reference serves the first
# one in reading order. What is wrong is to give each of them the whole: that makes residual out of nothing.
#
# **Your task**: complete `max_pool_residual`. `a` is the map **before** pooling, $a^{(l-1)}$. It may be an
# integer array; the result must not be truncated for that.


# %%
def max_pool_residual(delta, a, window, dsigma):
    """
    zh: 最大池化层的前一层残差，步长等于滑窗大小（讲义 3.1）。
    en: The residual of the layer before max pooling with a stride equal to the window (lecture 3.1).

    δ^(l-1)[u, v] = δ^(l)[p, q] · ∂z[p, q]/∂a[u, v] · σ′(z^(l-1)[u, v])

    Parameters
    ----------
    delta : (H/m, W/n)
        zh: 池化层的残差 δ^(l)
        en: residual of the pooling layer, δ^(l)
    a : (H, W)
        zh: 池化之前的激活值 a^(l-1)
        en: activations before pooling, a^(l-1)
    window : (m, n)
        zh: 滑窗的高和宽，也是步长
        en: height and width of the window, and the stride
    dsigma : (H, W)
        σ′(z^(l-1))

    Returns
    -------
    (H, W)
        δ^(l-1)
    """
    ### BEGIN SOLUTION
    m, n = window
    P, Q = delta.shape
    # the cells of every window in reading order, (P, Q, m·n)
    cells = a.reshape(P, m, Q, n).transpose(0, 2, 1, 3).reshape(P, Q, m * n)
    # argmax names the first maximum of each window; ∂z/∂a is 1 there and 0 elsewhere
    dz_da = np.zeros((P, Q, m * n))
    np.put_along_axis(dz_da, cells.argmax(axis=2)[:, :, None], 1.0, axis=2)
    # back to where the cells stand in the map, (H, W)
    dz_da = dz_da.reshape(P, Q, m, n).transpose(0, 2, 1, 3).reshape(a.shape)
    return upsample(delta, window) * dz_da * dsigma
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 5 平均池化层的前一层残差 `avg_pool_residual`（<<points avg_pool_residual>>）
#
# ![残差平均分给滑窗内的每个位置](attachment:average.png)
#
# 图中（$\sigma'$ 取 1）每个残差平均分成 $2\cdot2$ 份，同色的四个单元各得一份。
#
# 平均池化时，滑窗中的每个单元对 $z_{p,q}^{(l)}$ 的贡献相
# 同：$\partial z_{p,q}^{(l)}/\partial a_{u,v}^{(l-1)} = \frac{1}{m\cdot n}$。因此（讲义 3.1）
#
# $$\delta_{u,v}^{(l-1)} = \frac{1}{m\cdot n}\ \delta_{p,q}^{(l)}\ \sigma'(z_{u,v}^{(l-1)})$$
#
# 其中 $m$、$n$ 是滑窗的高、宽，$(p,q)$ 是单元 $(u,v)$ 所在的滑窗。
#
# **小例子**（$\delta^{(l)}$、$\sigma'$ 同练习 4，滑窗
# $2\times2$）：$\delta^{(l)}/4=\begin{pmatrix}1&-2\\0.5&1.5\end{pmatrix}$，
#
# $$\delta^{(l-1)}=\begin{pmatrix}1&0.5&-2&0\\0.5&1&-1&-2\\0&0.25&1.5&0.75\\0.5&0.5&0.75&0\end{pmatrix}$$
#
# **任务**：完成 `avg_pool_residual`。与最大池化不同，这里不需要知道 $a^{(l-1)}$。`delta` 可能是整数数组，
# 结果不能被截断。

# %% [markdown] lang="en"
# ## 5 The residual of the layer before average pooling `avg_pool_residual` (<<points avg_pool_residual>>)
#
# ![the residual is shared evenly by the places of the window](attachment:average.png)
#
# In the picture (with $\sigma'=1$) every residual is cut into $2\cdot2$ equal parts, one for each of the four
# units of its colour.
#
# In an average all cells of the window count alike:
# $\partial z_{p,q}^{(l)}/\partial a_{u,v}^{(l-1)} = \frac{1}{m\cdot n}$. Hence (lecture 3.1)
#
# $$\delta_{u,v}^{(l-1)} = \frac{1}{m\cdot n}\ \delta_{p,q}^{(l)}\ \sigma'(z_{u,v}^{(l-1)})$$
#
# where $m$, $n$ are the height and width of the window and $(p,q)$ is the window that holds $(u,v)$.
#
# **Small example** ($\delta^{(l)}$ and $\sigma'$ of exercise 4, window $2\times2$):
# $\delta^{(l)}/4=\begin{pmatrix}1&-2\\0.5&1.5\end{pmatrix}$, and
#
# $$\delta^{(l-1)}=\begin{pmatrix}1&0.5&-2&0\\0.5&1&-1&-2\\0&0.25&1.5&0.75\\0.5&0.5&0.75&0\end{pmatrix}$$
#
# **Your task**: complete `avg_pool_residual`. Unlike max pooling it need not know $a^{(l-1)}$. `delta` may be
# an integer array; the result must not be truncated.


# %%
def avg_pool_residual(delta, window, dsigma):
    """
    zh: 平均池化层的前一层残差，步长等于滑窗大小（讲义 3.1）。
    en: The residual of the layer before average pooling with a stride equal to the window (lecture 3.1).

    δ^(l-1)[u, v] = 1/(m·n) · δ^(l)[p, q] · σ′(z^(l-1)[u, v])

    Parameters
    ----------
    delta : (P, Q)
        zh: 池化层的残差 δ^(l)
        en: residual of the pooling layer, δ^(l)
    window : (m, n)
        zh: 滑窗的高和宽，也是步长
        en: height and width of the window, and the stride
    dsigma : (P·m, Q·n)
        σ′(z^(l-1))

    Returns
    -------
    (P·m, Q·n)
        δ^(l-1)
    """
    ### BEGIN SOLUTION
    m, n = window
    return 1 / (m * n) * upsample(delta, window) * dsigma
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：总量与记忆
#
# 1. 若 $\sigma'$ 处处为 1，$\delta^{(l-1)}$ 各元素之和与 $\delta^{(l)}$ 各元素之和有什么关系？
# 用你的两个函数试一试。
# 2. 为了将来的反向传播，最大池化层在前向传播时要记下什么？平均池化层呢？
#
# <details><summary>想好以后再展开</summary>
#
# 1. 相等。一个滑窗里各单元的偏导数之和总是 1：最大池化是一个 1 和若干个 0，平均池化是 $m\cdot n$ 个
#    $\frac{1}{m\cdot n}$。残差只是重新分配，总量不变。这是一个简便的检
# 查：`max_pool_residual(delta, a, window, np.ones(a.shape)).sum()` 应当等于 `delta.sum()`。
# 2. 最大池化层要记下每个滑窗的最大值在哪里（或者整张 $a^{(l-1)}$）：只看 $z^{(l)}$
#    是不知道的。平均池化层什么数值都不用记，知道形状就够了。看看两个函数的参数，正是这样。
#
# </details>

# %% [markdown] lang="en"
# ### Think: what is kept, and what must be remembered
#
# 1. If $\sigma'$ is 1 everywhere, how does the sum of all elements of $\delta^{(l-1)}$ compare with that of
#    $\delta^{(l)}$? Try it with both of your functions.
# 2. What does a max-pooling layer have to remember in the forward pass for the sake of the backward pass? And
#    an average-pooling layer?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. They are equal. The derivatives of a window always add up to 1: in max pooling they are a single 1 and
#    zeros, in average pooling $m\cdot n$ times $\frac{1}{m\cdot n}$. Residual is shared out; none is made or
#    lost. That makes a handy check: `max_pool_residual(delta, a, window, np.ones(a.shape)).sum()` has to
#    equal `delta.sum()`.
# 2. A max-pooling layer remembers where the maximum of each window stood (or all of $a^{(l-1)}$): $z^{(l)}$
#    does not tell. An average-pooling layer need not remember any values, only shapes. The arguments of your
#    two functions say the same.
#
# </details>

# %% [markdown] lang="zh"
# ## 第二部分：实际使用的形式
#
# 输入 `x` 的形状是 $(N, C, H, W)$：一批 $N$ 个样本，各有 $C$ 个通道。每个样本的每个通道单独池化，互不影响。
# 滑窗是正方形，边长为整数 $k$（参数 `window`）；步长为整数 $s$（参数 `stride`）。两者可以不等：
#
# - $s<k$：相邻的滑窗**重叠**。AlexNet 使用 $k=3$、$s=2$ 的重叠最大池化；
# - $s=k$：讲义 3.1 的情形，滑窗一个挨一个；
# - $s>k$：滑窗之间有**空隙**。
#
# 讲义公式中的 $pm$、$qn$（滑窗的最后一行、最后一列）不再成立：第 $(p,q)$ 个滑窗从第 $(p-1)s+1$ 行、
# 第 $(q-1)s+1$ 列开始，高和宽都是 $k$，所以到第 $(p-1)s+k$ 行、第 $(q-1)s+k$ 列为止。没有填充，
# 只使用完整的滑窗，输出的高和宽是
#
# $$H_o=\left\lfloor\frac{H-k}{s}\right\rfloor+1,\qquad W_o=\left\lfloor\frac{W-k}{s}\right\rfloor+1$$
#
# 除不尽时，最下面的几行、最右边的几列没有滑窗到达，不参与计算。输入总不小于滑窗。
#
# ## 6 最大池化：批、通道、任意步长 `max_pool2d`（<<points max_pool2d>>）
#
# $$z_{n,c,p,q} = \max_{1\le i,\,j\le k}\ x_{n,\,c,\,(p-1)s+i,\,(q-1)s+j}$$
#
# **小例子**（$N=C=1$，AlexNet 的 $k=3$、$s=2$），$H_o=W_o=\lfloor(5-3)/2\rfloor+1=2$：
#
# $$x=\begin{pmatrix}1&2&3&4&5\\6&7&8&9&10\\11&12&20&13&14\\15&16&17&18&19\\21&22&0&23&24\end{pmatrix}
# \quad\Rightarrow\quad z=\begin{pmatrix}20&20\\22&24\end{pmatrix}$$
#
# 中间的 $20$ 同时属于四个滑窗，是上面两个滑窗的最大值。若 $x$ 再多一行（$H=6$），$H_o=\lfloor3/2\rfloor+1$
# 仍为 2，第 6 行不起作用。
#
# **任务**：完成 `max_pool2d`。

# %% [markdown] lang="en"
# ## Part two: as networks use it
#
# The input `x` has shape $(N, C, H, W)$: a batch of $N$ samples with $C$ channels each. Every channel of
# every sample is pooled on its own. Windows are squares whose side is an integer $k$ (parameter `window`),
# and the stride is an integer $s$ (parameter `stride`). The two may differ:
#
# - $s<k$: neighbouring windows **overlap**. AlexNet uses overlapping max pooling with $k=3$, $s=2$;
# - $s=k$: the case of lecture 3.1, windows touch;
# - $s>k$: there are **gaps** between the windows.
#
# The $pm$ and $qn$ of the lecture's formula, the last row and column of a window, no longer hold: window
# $(p,q)$ starts in row $(p-1)s+1$ and column $(q-1)s+1$, is $k$ high and wide, and so ends in row $(p-1)s+k$
# and column $(q-1)s+k$. There is no padding and only whole windows count; the output has height and width
#
# $$H_o=\left\lfloor\frac{H-k}{s}\right\rfloor+1,\qquad W_o=\left\lfloor\frac{W-k}{s}\right\rfloor+1$$
#
# If the division leaves a remainder, no window reaches the last rows at the bottom or the last columns at the
# right, and they take no part. The input is never smaller than the window.
#
# ## 6 Max pooling with a batch, channels and any stride `max_pool2d` (<<points max_pool2d>>)
#
# $$z_{n,c,p,q} = \max_{1\le i,\,j\le k}\ x_{n,\,c,\,(p-1)s+i,\,(q-1)s+j}$$
#
# **Small example** ($N=C=1$, AlexNet's $k=3$, $s=2$), $H_o=W_o=\lfloor(5-3)/2\rfloor+1=2$:
#
# $$x=\begin{pmatrix}1&2&3&4&5\\6&7&8&9&10\\11&12&20&13&14\\15&16&17&18&19\\21&22&0&23&24\end{pmatrix}
# \quad\Rightarrow\quad z=\begin{pmatrix}20&20\\22&24\end{pmatrix}$$
#
# The $20$ in the middle belongs to all four windows and is the maximum of the upper two. With one more row
# ($H=6$) there would still be $H_o=\lfloor3/2\rfloor+1=2$ rows of windows: row 6 has no influence.
#
# **Your task**: complete `max_pool2d`.


# %%
def max_pool2d(x, window, stride):
    """
    zh: 一批多通道特征图的最大池化，滑窗可以重叠，也可以有空隙（讲义 3.1、4）。
    en: Max pooling of a batch of maps with channels; windows may overlap or leave gaps (lecture 3.1, 4).

    z[n, c, p, q] = max(x[n, c, p·s : p·s + k, q·s : q·s + k])

    Parameters
    ----------
    x : (N, C, H, W)
        zh: 前一层的激活值
        en: activations of the layer before
    window : int
        zh: 滑窗的边长 k
        en: side k of the window
    stride : int
        zh: 步长 s
        en: stride s

    Returns
    -------
    (N, C, Ho, Wo)
        Ho = ⌊(H − k)/s⌋ + 1, Wo = ⌊(W − k)/s⌋ + 1
    """
    ### BEGIN SOLUTION
    k, s = window, stride
    # all windows of step 1, (N, C, H-k+1, W-k+1, k, k), of which every s-th is kept: (N, C, Ho, Wo, k, k)
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]
    return windows.max(axis=(4, 5))
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 7 平均池化：批、通道、任意步长 `avg_pool2d`（<<points avg_pool2d>>）
#
# $$z_{n,c,p,q} = \frac{1}{k^2}\sum_{i=1}^{k}\sum_{j=1}^{k} x_{n,\,c,\,(p-1)s+i,\,(q-1)s+j}$$
#
# 除数总是滑窗中的单元数 $k^2$，与步长无关。
#
# **小例子**（练习 6 的 $x$，$k=3$、$s=2$）：左上角 $(1+2+3+6+7+8+11+12+20)/9=70/9$，
# 全部结果是 $\dfrac19\begin{pmatrix}70&86\\134&148\end{pmatrix}$。
#
# **任务**：完成 `avg_pool2d`。整数输入不能被截断。

# %% [markdown] lang="en"
# ## 7 Average pooling with a batch, channels and any stride `avg_pool2d` (<<points avg_pool2d>>)
#
# $$z_{n,c,p,q} = \frac{1}{k^2}\sum_{i=1}^{k}\sum_{j=1}^{k} x_{n,\,c,\,(p-1)s+i,\,(q-1)s+j}$$
#
# The divisor is always the number of cells in the window, $k^2$, whatever the stride.
#
# **Small example** ($x$ of exercise 6, $k=3$, $s=2$): at the top left $(1+2+3+6+7+8+11+12+20)/9=70/9$, and
# altogether $\dfrac19\begin{pmatrix}70&86\\134&148\end{pmatrix}$.
#
# **Your task**: complete `avg_pool2d`. Integer inputs must not be truncated.


# %%
def avg_pool2d(x, window, stride):
    """
    zh: 一批多通道特征图的平均池化，滑窗可以重叠，也可以有空隙（讲义 3.1、4）。
    en: Average pooling of a batch of maps with channels; windows may overlap or leave gaps (lecture 3.1, 4).

    z[n, c, p, q] = 1/k² · Σ x[n, c, p·s : p·s + k, q·s : q·s + k]

    Parameters
    ----------
    x : (N, C, H, W)
        zh: 前一层的激活值
        en: activations of the layer before
    window : int
        zh: 滑窗的边长 k
        en: side k of the window
    stride : int
        zh: 步长 s
        en: stride s

    Returns
    -------
    (N, C, Ho, Wo)
        Ho = ⌊(H − k)/s⌋ + 1, Wo = ⌊(W − k)/s⌋ + 1
    """
    ### BEGIN SOLUTION
    k, s = window, stride
    # (N, C, Ho, Wo, k, k), as in max_pool2d
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]
    return windows.sum(axis=(4, 5)) / (k * k)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：一个单元最多属于几个滑窗？
#
# $k=3$、$s=2$ 时，一个单元最多属于几个滑窗？$k=3$、$s=1$ 时呢？$s>k$ 时呢？这与反向传播有什么关系？
#
# <details><summary>想好以后再展开</summary>
#
# 在一个方向上，最多属于 $\lceil k/s\rceil$ 个滑窗，两个方向合起来是 $\lceil k/s\rceil^2$ 个：
# 分别是 4 个、9 个；$s>k$ 时最多 1 个，空隙里的单元一个也不属于。一个单元属于几个滑窗，就可能影响几个输出，
# 反向传播时就要把几份残差**加起来**，这是下面两个练习的关键。写完练习 9 以后，可以让它画出一张“次数图”：
#
# ```python
# 9 * avg_pool2d_backward(np.ones((1, 1, 3, 3)), (1, 1, 7, 7), 3, 2)
# ```
#
# </details>

# %% [markdown] lang="en"
# ### Think: to how many windows can one unit belong?
#
# To how many windows can a unit belong at most if $k=3$ and $s=2$? If $k=3$ and $s=1$? If $s>k$? And what has
# this to do with back-propagation?
#
# <details><summary>Open this when you have thought about it</summary>
#
# In one direction to $\lceil k/s\rceil$ windows at most, in both together to $\lceil k/s\rceil^2$: that is 4
# and 9; for $s>k$ it is 1, and units in the gaps belong to none. A unit in several windows may influence
# several outputs, and then back-propagation has to **add up** several residuals: that is the point of the
# next two exercises. When exercise 9 is done, it can draw a map of the numbers:
#
# ```python
# 9 * avg_pool2d_backward(np.ones((1, 1, 3, 3)), (1, 1, 7, 7), 3, 2)
# ```
#
# </details>

# %% [markdown] lang="zh"
# ## 8 最大池化的反向传播 `max_pool2d_backward`（<<points max_pool2d_backward>>）
#
# 现在求 $\partial J/\partial x$。这里不乘 $\sigma'$：把残差乘以 $\sigma'(z^{(l-1)})$ 是激活函数的事，
# 实际的程序通常把它单独作为一层。
#
# 滑窗重叠时，一个单元可以属于几个滑窗，并且可以是其中几个的最大值。它影响了几个输出，就从几个输出收回残差，
# 链式法则要求把它们**加起来**：
#
# $$\frac{\partial J}{\partial x_{n,c,u,v}}
#     = \sum_{p}\sum_{q}\ \delta_{n,c,p,q}\ \frac{\partial z_{n,c,p,q}}{\partial x_{n,c,u,v}}$$
#
# $$\frac{\partial z_{n,c,p,q}}{\partial x_{n,c,u,v}}
#     =\begin{cases}1,&(u,v)\text{ 是滑窗 }(p,q)\text{ 的最大值的位置}\\
#     0,&\text{其他}\end{cases}$$
#
# **小例子**（练习 6 的 $x$，$k=3$、$s=2$）：
#
# $$\delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \frac{\partial J}{\partial x}
#     =\begin{pmatrix}0&0&0&0&0\\0&0&0&0&0\\0&0&3&0&0\\0&0&0&0&0\\0&3&0&0&4\end{pmatrix}$$
#
# 中间的 $20$ 是上面两个滑窗的最大值，得到 $1+2=3$；$22$ 得到 $3$，$24$ 得到 $4$。
#
# **规定**
# - 结果的形状总与 `x` 相同。没有滑窗到达的行和列（空隙中的，以及最下面、最右边余下的）残差为
#   0，并保留在原来的位置。
# - 并列的最大值：与练习 4 相同，任何一种次梯度都算对，但各份之和必须等于该滑窗的残差。
# - `x` 可以是整数数组，`delta` 仍可能是小数，结果不能被截断。
#
# **任务**：完成 `max_pool2d_backward`。

# %% [markdown] lang="en"
# ## 8 Backward pass of max pooling `max_pool2d_backward` (<<points max_pool2d_backward>>)
#
# We now want $\partial J/\partial x$. There is no $\sigma'$ here: to multiply by $\sigma'(z^{(l-1)})$ is the
# business of the activation function, which programs usually treat as a layer of its own.
#
# Where windows overlap, a unit may belong to several of them and may be the maximum of more than one. It
# receives a residual from every output that it influenced, and the chain rule says to **add** them:
#
# $$\frac{\partial J}{\partial x_{n,c,u,v}}
#     = \sum_{p}\sum_{q}\ \delta_{n,c,p,q}\ \frac{\partial z_{n,c,p,q}}{\partial x_{n,c,u,v}}$$
#
# $$\frac{\partial z_{n,c,p,q}}{\partial x_{n,c,u,v}}
#     =\begin{cases}1,&\text{if the maximum of window }(p,q)\text{ stands at }(u,v)\\
#     0,&\text{otherwise}\end{cases}$$
#
# **Small example** ($x$ of exercise 6, $k=3$, $s=2$):
#
# $$\delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \frac{\partial J}{\partial x}
#     =\begin{pmatrix}0&0&0&0&0\\0&0&0&0&0\\0&0&3&0&0\\0&0&0&0&0\\0&3&0&0&4\end{pmatrix}$$
#
# The $20$ in the middle is the maximum of the upper two windows and receives $1+2=3$; the $22$ receives $3$,
# the $24$ receives $4$.
#
# **Rules**
# - The result always has the shape of `x`. Rows and columns that no window reaches (in gaps, or left over at
#   the bottom and right) have residual 0 and keep their place.
# - Ties: as in exercise 4, any subgradient is accepted, but the shares must add up to the window's residual.
# - `x` may be an integer array while `delta` is not; the result must not be truncated.
#
# **Your task**: complete `max_pool2d_backward`.


# %%
def max_pool2d_backward(delta, x, window, stride):
    """
    zh: 最大池化的反向传播：∂J/∂x，不乘 σ′（讲义 3.1、4）。
    en: Backward pass of max pooling: ∂J/∂x, without σ′ (lecture 3.1, 4).

    dx[n, c, u, v] = Σ_p Σ_q δ[n, c, p, q] · ∂z[n, c, p, q]/∂x[n, c, u, v]

    Parameters
    ----------
    delta : (N, C, Ho, Wo)
        zh: 池化层的残差 ∂J/∂z
        en: residual of the pooling layer, ∂J/∂z
    x : (N, C, H, W)
        zh: 池化之前的激活值
        en: activations before pooling
    window : int
        zh: 滑窗的边长 k
        en: side k of the window
    stride : int
        zh: 步长 s
        en: stride s

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    ### BEGIN SOLUTION
    k, s = window, stride
    N, C, Ho, Wo = delta.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]
    # where in its window the first maximum stands, 0 … k²-1 in reading order, (N, C, Ho, Wo)
    position = windows.reshape(N, C, Ho, Wo, k * k).argmax(axis=4)
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(k, k):
        # ∂z/∂x for cell (i, j) of every window: 1 where it is the maximum, 0 elsewhere
        dz_dx = position == i * k + j
        # x[p·s + i, q·s + j] for all windows at once: += adds up what overlapping windows send
        dx[:, :, i : i + s * Ho : s, j : j + s * Wo : s] += delta * dz_dx
    return dx
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 9 平均池化的反向传播 `avg_pool2d_backward`（<<points avg_pool2d_backward>>）
#
# 滑窗 $(p,q)$ 中的每个单元的偏导数都是 $1/k^2$，属于几个滑窗的单元得到几份，**相加**：
#
# $$\frac{\partial J}{\partial x_{n,c,u,v}}
#     = \frac{1}{k^2}\sum_{(p,q)\,:\,\text{滑窗 }(p,q)\text{ 含有 }(u,v)} \delta_{n,c,p,q}$$
#
# 除数是滑窗的单元数 $k^2$，不是步长的平方，也不是覆盖该单元的滑窗的个数。
#
# **小例子**（$5\times5$ 的输入，$k=3$、$s=2$）：$\delta=\begin{pmatrix}9&18\\27&36\end{pmatrix}$，
# 每个滑窗给它的每个单元 $\delta/9=\begin{pmatrix}1&2\\3&4\end{pmatrix}$。第 3 行和第 3 列被重复覆盖：
#
# $$\frac{\partial J}{\partial x}
#     =\begin{pmatrix}1&1&3&2&2\\1&1&3&2&2\\4&4&10&6&6\\3&3&7&4&4\\3&3&7&4&4\end{pmatrix}$$
#
# 中间的单元属于全部四个滑窗：$1+2+3+4=10$。全部元素之和是 $90$，与 $\delta$ 的元素之和相同。
#
# **任务**：完成 `avg_pool2d_backward`。计算不需要 $x$ 的值，只需要它的形状 `input_shape`：
# 余数使得仅凭 `delta` 无法知道 $H$ 和 $W$。没有滑窗到达的行和列，残差为 0，保留在原来的位置。

# %% [markdown] lang="en"
# ## 9 Backward pass of average pooling `avg_pool2d_backward` (<<points avg_pool2d_backward>>)
#
# Every cell of window $(p,q)$ has the derivative $1/k^2$. A unit that belongs to several windows receives a
# share from each, and the shares are **added**:
#
# $$\frac{\partial J}{\partial x_{n,c,u,v}}
#     = \frac{1}{k^2}\sum_{(p,q)\,:\,\text{window }(p,q)\text{ holds }(u,v)} \delta_{n,c,p,q}$$
#
# The divisor is the number of cells in a window, $k^2$: neither the square of the stride nor the number of
# windows that cover the unit.
#
# **Small example** (input $5\times5$, $k=3$, $s=2$): for $\delta=\begin{pmatrix}9&18\\27&36\end{pmatrix}$ the
# windows give each of their cells $\delta/9=\begin{pmatrix}1&2\\3&4\end{pmatrix}$. Row 3 and column 3 are
# covered more than once:
#
# $$\frac{\partial J}{\partial x}
#     =\begin{pmatrix}1&1&3&2&2\\1&1&3&2&2\\4&4&10&6&6\\3&3&7&4&4\\3&3&7&4&4\end{pmatrix}$$
#
# The unit in the middle belongs to all four windows: $1+2+3+4=10$. All elements add up to $90$, as do those
# of $\delta$.
#
# **Your task**: complete `avg_pool2d_backward`. It does not need the values of $x$, only their shape,
# `input_shape`: because of remainders $H$ and $W$ cannot be told from `delta`. Rows and columns that no
# window reaches have residual 0 and keep their place.


# %%
def avg_pool2d_backward(delta, input_shape, window, stride):
    """
    zh: 平均池化的反向传播：∂J/∂x，不乘 σ′（讲义 3.1、4）。
    en: Backward pass of average pooling: ∂J/∂x, without σ′ (lecture 3.1, 4).

    dx[n, c, u, v] = 1/k² · Σ δ[n, c, p, q],   p·s ≤ u < p·s + k,  q·s ≤ v < q·s + k

    Parameters
    ----------
    delta : (N, C, Ho, Wo)
        zh: 池化层的残差 ∂J/∂z
        en: residual of the pooling layer, ∂J/∂z
    input_shape : (N, C, H, W)
        zh: 池化之前的形状，一个元组
        en: the shape before pooling, a tuple
    window : int
        zh: 滑窗的边长 k
        en: side k of the window
    stride : int
        zh: 步长 s
        en: stride s

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    ### BEGIN SOLUTION
    k, s = window, stride
    Ho, Wo = delta.shape[2:]
    dx = np.zeros(input_shape)
    for i, j in np.ndindex(k, k):
        # cell (i, j) of every window at once: += adds up what overlapping windows send
        dx[:, :, i : i + s * Ho : s, j : j + s * Wo : s] += delta / (k * k)
    return dx
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：两部分对得上吗？
#
# 用练习 8 的函数，能一行写出练习 4 的 `max_pool_residual` 吗（滑窗 $2\times2$）？
#
# <details><summary>想好以后再展开</summary>
#
# ```python
# max_pool2d_backward(delta[None, None], a[None, None], 2, 2)[0, 0] * dsigma
# ```
#
# 加上大小为 1 的批和通道两个轴，步长取滑窗的大小，最后乘以 $\sigma'$。用练习 4 的小例子验证：
# 讲义的形式是一般形式的特例。练习 5 与练习 9 也是这样。
#
# </details>

# %% [markdown] lang="en"
# ### Think: do both parts agree?
#
# Can you write `max_pool_residual` of exercise 4 (window $2\times2$) in one line with the function of
# exercise 8?
#
# <details><summary>Open this when you have thought about it</summary>
#
# ```python
# max_pool2d_backward(delta[None, None], a[None, None], 2, 2)[0, 0] * dsigma
# ```
#
# Add axes of size 1 for batch and channel, let the stride be the window, and multiply by $\sigma'$ at the
# end. Confirm it on the small example of exercise 4: the lecture's form is a special case of the general one.
# So it is with exercises 5 and 9.
#
# </details>
