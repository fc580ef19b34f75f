# %% [markdown] lang="zh"
# # 作业：从设计卷积核到训练卷积核（讲义 1、3）
#
# 讲义第 1 节说，卷积核有两个来源：
#
# 1. 根据实践经验、统计学规律进行人工设定，例如 Sobel 算子、Prewitt 算子；
# 2. 通过训练得到：反向传播算法。
#
# 前几个作业已经把反向传播的每一步都写了出来，本作业把它们用起来。
# 先让两个来源**相遇**：给出一幅图和它的 Sobel 边缘，用梯度下降把 Sobel 算子“学”出来；
# 再写出一个完整的卷积神经网络的梯度，在真实的手写数字上训练它，看看没有人设计过的卷积核是什么样子。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `squared_error` | 1 训练的起点：损失和它的残差 | <<number squared_error>> |
# | `fit_kernel` | 1 卷积核的来源；3.3 梯度 | <<number fit_kernel>> |
# | `softmax_cross_entropy` | 3 输出层的残差 | <<number softmax_cross_entropy>> |
# | `cnn_gradients` | 3 整个网络的反向传播 | <<number cnn_gradients>> |
# | 问答：两种来源的优缺点 | 1 思考 | <<number kernel_origins>> |
# | **合计** | | **<<number>>** |
#
# **约定**
# - 公式的下标与讲义相同，从 1 开始；代码的下标从 0 开始。类别也从 0 数起。
# - 讲义中的“卷积”是互相关：前向计算时卷积核**不**翻转。本作业中步长为 1，没有填充。
# - 残差 $\delta=\partial J/\partial z$。梯度对位置和样本**求和**；损失若是平均，
#   那个 $\frac1N$ 已经含在 $\delta$ 里。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 只能使用 <<modules>> 和 Python 标准库。

# %% [markdown] lang="en"
# # Assignment: from designed kernels to trained ones (lecture 1 and 3)
#
# Kernels, says section 1 of the lecture, come from one of two places:
#
# 1. somebody designs them, from experience or from statistics, as Sobel and Prewitt did;
# 2. training finds them, by back-propagation.
#
# The assignments before this one wrote out every step of back-propagation; now they are put to use. First the
# two origins **meet**: given a picture and its Sobel edges, gradient descent has to find Sobel's kernel by
# itself. Then you write the gradients of a whole convolutional network, train it on real handwritten digits,
# and see what kernels look like that nobody has designed.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `squared_error` | 1, where training starts: a loss and its residual | <<number squared_error>> |
# | `fit_kernel` | 1, origins of kernels; 3.3, gradients | <<number fit_kernel>> |
# | `softmax_cross_entropy` | 3, the residual of the output layer | <<number softmax_cross_entropy>> |
# | `cnn_gradients` | 3, back-propagation through the whole network | <<number cnn_gradients>> |
# | in writing: pros and cons of either origin | 1, the lecture's question | <<number kernel_origins>> |
# | **total** | | **<<number>>** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0, and so do classes.
# - What the lecture calls convolution is cross-correlation: the forward pass does **not** flip the kernel. In
#   this assignment the stride is 1, and there is no padding.
# - The residual is $\delta=\partial J/\partial z$. Gradients are **sums** over positions and samples; where
#   the loss is a mean, its $\frac1N$ is in $\delta$ already.
# - Do not modify the arguments. Return new arrays that share no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only <<modules>> and Python's standard library may be used.

# %% [markdown] lang="zh"
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如正负号反了、结果只有应有的一半。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。
# 想马上知道，就另开一个单元，运行 `check(squared_error, lang="zh", hint=True)`。
# 4. 全部做完后，重启内核，从头到尾运行一遍，保存，交这个文件。
#
# 检查单元只使用一部分例子；评分时还会换用别的数值和别的形状，所以检查通过以后，也请再想想题目里提到的
# 特殊情形。后面的函数可以调用前面的函数，但前面的错误也会带到后面。最后的问答没有检查单元，由教师评分。
# 可以随意添加单元做试验。
#
# 如果检查单元一直在运行（`[*]`），多半是死循环：点 ■ 中断，再检查循环。
# 检查单元下面的数字是给 nbgrader 用的，不是最后的成绩。
#
# 作业有两种文件：notebook（`.ipynb`，有图）和 `.py`（没有图）。两者内容相同，任选一种来做、来交。
# 做 `.py` 的，在命令行运行 `autograder check training.py` 来检查；加上 `--hint`，就马上说出想法。

# %% [markdown] lang="en"
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the signs are reversed, say, or the values are
#    half of the right ones.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(squared_error, lang="en", hint=True)`.
# 4. When all is done, restart the kernel, run everything from top to bottom, save, and hand in this file.
#
# The check cells use only some of the cases; grading uses other numbers and other shapes as well. So when a
# check has passed, think once more about the special cases that the text mentions. A function may call the
# ones before it, but then their mistakes travel along. The question at the end has no check cell: your
# teacher marks the answer. Add cells to try things out, as many as you like.
#
# If a check cell keeps running (`[*]`), a loop probably never ends: interrupt it with ■. The number below a
# check cell is for nbgrader; it is not your final mark.
#
# An assignment comes as a notebook (`.ipynb`, with pictures) and as a `.py` file (without). Both say the
# same; work on the one that you prefer, and hand that in. For the `.py` file, `autograder check training.py`
# on the command line does the checking; with `--hint` it tells the idea at once.

# %%
from pathlib import Path

import numpy as np

# %% [markdown] lang="zh"
# ## 第一部分：把 Sobel 算子学出来
#
# 下面三个函数是前面作业的内容，这里直接给出：讲义 2.1 的卷积，3.3 的权重梯度和偏置梯度。
# **更好的做法是换成自己写的**：把 `convolution` 和 `kernel_gradients` 作业中的同名函数贴到这里，
# 用自己的前向计算和梯度来训练。

# %% [markdown] lang="en"
# ## Part one: learning Sobel's kernel
#
# The three functions below belong to earlier assignments and are given here: the convolution of lecture 2.1
# and the gradients of weights and bias of 3.3. **Better still, use your own**: paste your functions of the
# same names from the assignments `convolution` and `kernel_gradients` in their place, and train with a
# forward pass and gradients that you wrote yourself.


# %%
def correlate(a, w, b=0.0):
    """z[u, v] = Σ_p Σ_q w[p, q] · a[u + p, v + q] + b"""
    windows = np.lib.stride_tricks.sliding_window_view(a, w.shape)  # (Ho, Wo, kh, kw)
    return np.einsum("pq,uvpq->uv", w, windows) + b


def kernel_gradient(delta, a):
    """∂J/∂w[p, q] = Σ_u Σ_v δ[u, v] · a[u + p, v + q]"""
    return correlate(a, delta)


def bias_gradient(delta):
    """∂J/∂b = Σ_u Σ_v δ[u, v]"""
    return np.sum(delta)


# %% [markdown] lang="zh"
# ## 1. 损失和它的残差（<<points squared_error>>）
#
# 训练要有目标：算出来的特征图 $z$ 应当接近给定的特征图 $t$。差多少，用**均方误差**衡量，
# 也就是各位置误差平方的平均值，$n=H_o\cdot W_o$ 是位置的个数：
#
# $$J=\frac1n\sum_u\sum_v\left(z_{u,v}-t_{u,v}\right)^2$$
#
# 这里没有激活函数，$z$ 就是输出，所以残差直接是 $J$ 对 $z$ 的导数：
#
# $$\delta_{u,v}=\frac{\partial J}{\partial z_{u,v}}=\frac2n\left(z_{u,v}-t_{u,v}\right)$$
#
# 平方的导数给出 $2$，平均给出 $\frac1n$，符号是 $z-t$ 而不是 $t-z$：$z$ 太大时 $\delta$ 为正，
# 沿着 $-\delta$ 走，$z$ 才会变小。
#
# **小例子**：$z=\begin{pmatrix}1&2\\3&4\end{pmatrix}$，$t=\begin{pmatrix}0&2\\5&3\end{pmatrix}$。
#
# $$z-t=\begin{pmatrix}1&0\\-2&1\end{pmatrix},\qquad J=\frac{1+0+4+1}4=1.5,\qquad
# \delta=\frac24\,(z-t)=\begin{pmatrix}0.5&0\\-1&0.5\end{pmatrix}$$
#
# **任务**：完成 `squared_error`，返回 `(J, delta)`：一个数，一个与 $z$ 形状相同的数组。

# %% [markdown] lang="en"
# ## 1. A loss and its residual (<<points squared_error>>)
#
# Training needs an aim: the feature map $z$ that we compute should be close to a given one, $t$. How far it
# is off is measured by the **mean squared error**, with $n=H_o\cdot W_o$ positions:
#
# $$J=\frac1n\sum_u\sum_v\left(z_{u,v}-t_{u,v}\right)^2$$
#
# There is no activation function here, $z$ is the output itself. So the residual is simply the derivative:
#
# $$\delta_{u,v}=\frac{\partial J}{\partial z_{u,v}}=\frac2n\left(z_{u,v}-t_{u,v}\right)$$
#
# The square leaves a $2$, the mean leaves $\frac1n$, and the sign is that of $z-t$, not of $t-z$: where $z$
# is too large $\delta$ is positive, and a step along $-\delta$ makes it smaller.
#
# **Small example**: $z=\begin{pmatrix}1&2\\3&4\end{pmatrix}$, $t=\begin{pmatrix}0&2\\5&3\end{pmatrix}$.
#
# $$z-t=\begin{pmatrix}1&0\\-2&1\end{pmatrix},\qquad J=\frac{1+0+4+1}4=1.5,\qquad
# \delta=\frac24\,(z-t)=\begin{pmatrix}0.5&0\\-1&0.5\end{pmatrix}$$
#
# **Your task**: complete `squared_error`. It returns `(J, delta)`: a number, and an array of the shape of
# $z$.


# %%
def squared_error(z, target):
    """
    zh: 均方误差和它的残差。
    en: The mean squared error and its residual.

    J = 1/n · Σ_u Σ_v (z[u, v] - t[u, v])²,   δ[u, v] = 2/n · (z[u, v] - t[u, v]),   n = Ho · Wo

    Parameters
    ----------
    z : (Ho, Wo)
        zh: 算出的特征图
        en: the feature map as computed
    target : (Ho, Wo)
        zh: 应当得到的特征图 t
        en: the feature map as it should be, t

    Returns
    -------
    J : float
    delta : (Ho, Wo)
        ∂J/∂z
    """
    ### BEGIN SOLUTION
    error = z - target
    return np.mean(error**2), 2 / error.size * error
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 2. 用梯度下降学一个卷积核（<<points fit_kernel>>）
#
# 有一幅图 $a$ 和一张特征图 $t$，知道 $t$ 是由某个卷积核对 $a$ 做卷积得到的，但不知道是哪个卷积核。
# 从一个什么都不做的卷积核（全 0）出发，反复做同一件事：**算、比、传、改**。
#
# ![算出 z，与 t 比较得到 δ，由 δ 和 a 得到梯度，更新 w 和 b](attachment:descent.png)
#
# $$\begin{aligned}
# \text{算}\quad & z = a * w + b && \text{（讲义 2.1）}\\
# \text{比}\quad & \delta = \tfrac2n\,(z-t) && \text{（练习 1）}\\
# \text{传}\quad & \tfrac{\partial J}{\partial w}=\text{残差与 } a \text{ 做卷积},\quad
#     \tfrac{\partial J}{\partial b}=\sum\delta && \text{（讲义 3.3）}\\
# \text{改}\quad & w \leftarrow w-\eta\,\tfrac{\partial J}{\partial w},\quad
#     b \leftarrow b-\eta\,\tfrac{\partial J}{\partial b}
# \end{aligned}$$
#
# $\eta$ 是**学习率**：每次走多大一步。注意三点：
#
# - **两个梯度都在更新之前算好**，用的是同一个 $w$、同一个 $b$；不要先改 $w$ 再用新的 $w$ 去算 $b$ 的梯度。
# - **每一步都要重新算残差**：$w$ 变了，$z$ 和 $\delta$ 也就变了。梯度不累积，只用当前这一步的。
# - `steps` 步就是改 `steps` 次；0 步时返回初值，即全 0 的 $w$ 和 0。
#
# **小例子**（走一步，$\eta=0.1$）：
# $a=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$，$t=\begin{pmatrix}2&0\\-2&4\end{pmatrix}$，卷积核 2×2。
#
# 初值为 0，所以 $z=0$，$\delta=\frac24(0-t)=\begin{pmatrix}-1&0\\1&-2\end{pmatrix}$。于是
#
# $$\frac{\partial J}{\partial w}=\begin{pmatrix}0&1\\-7&-1\end{pmatrix},\quad
# \frac{\partial J}{\partial b}=-2\quad\Rightarrow\quad
# w=\begin{pmatrix}0&-0.1\\0.7&0.1\end{pmatrix},\quad b=0.2$$
#
# 例如左下角：残差盖住 $\begin{pmatrix}3&1\\0&2\end{pmatrix}$，$-1\cdot3+0\cdot1+1\cdot0-2\cdot2=-7$。
#
# **任务**：完成 `fit_kernel`，返回 `(w, b)`。图和卷积核都不一定是正方形。

# %% [markdown] lang="en"
# ## 2. Learning a kernel by gradient descent (<<points fit_kernel>>)
#
# There is a picture $a$ and a feature map $t$. We know that some kernel made $t$ from $a$, but not which one.
# Start from a kernel that does nothing (all zeros) and repeat four things: **compute, compare, pass back,
# change**.
#
# ![compute z; compare it with t: δ; δ and a give the gradients, which change w and b](attachment:descent.png)
#
# $$\begin{aligned}
# \text{compute}\quad & z = a * w + b && \text{(lecture 2.1)}\\
# \text{compare}\quad & \delta = \tfrac2n\,(z-t) && \text{(exercise 1)}\\
# \text{pass back}\quad & \tfrac{\partial J}{\partial w}=\text{the residual convolved with } a,\quad
#     \tfrac{\partial J}{\partial b}=\sum\delta && \text{(lecture 3.3)}\\
# \text{change}\quad & w \leftarrow w-\eta\,\tfrac{\partial J}{\partial w},\quad
#     b \leftarrow b-\eta\,\tfrac{\partial J}{\partial b}
# \end{aligned}$$
#
# $\eta$ is the **learning rate**: how large a step is. Mind three things:
#
# - **Both gradients are computed before anything changes**, from the same $w$ and the same $b$. Do not
#   change $w$ first and compute the gradient of $b$ with the new one.
# - **Every step has its own residual**: as $w$ changes, so do $z$ and $\delta$. Gradients do not pile up;
#   each step uses its own and no older ones.
# - `steps` says how often $w$ and $b$ change. With 0 steps they are what they were: a kernel of zeros, and 0.
#
# **Small example** (one step, $\eta=0.1$):
# $a=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$, $t=\begin{pmatrix}2&0\\-2&4\end{pmatrix}$, kernel 2×2.
#
# Everything starts at 0, so $z=0$ and $\delta=\frac24(0-t)=\begin{pmatrix}-1&0\\1&-2\end{pmatrix}$. Hence
#
# $$\frac{\partial J}{\partial w}=\begin{pmatrix}0&1\\-7&-1\end{pmatrix},\quad
# \frac{\partial J}{\partial b}=-2\quad\Rightarrow\quad
# w=\begin{pmatrix}0&-0.1\\0.7&0.1\end{pmatrix},\quad b=0.2$$
#
# Take the lower left: the residual covers $\begin{pmatrix}3&1\\0&2\end{pmatrix}$, and
# $-1\cdot3+0\cdot1+1\cdot0-2\cdot2=-7$.
#
# **Your task**: complete `fit_kernel`. It returns `(w, b)`. Neither picture nor kernel need be square.


# %%
def fit_kernel(image, target, kernel_shape, learning_rate, steps):
    """
    zh: 用梯度下降学出把 image 变成 target 的卷积核；损失是 squared_error。
    en: Learns the kernel that turns image into target, by gradient descent on squared_error.

    w = 0, b = 0
    zh: 重复 steps 次（两个梯度都用更新之前的 w、b）：
    en: steps times (both gradients with w and b as they were before the change):
        w ← w - η · ∂J/∂w,   b ← b - η · ∂J/∂b

    Parameters
    ----------
    image : (H, W)
        zh: 输入 a
        en: the input a
    target : (H - kh + 1, W - kw + 1)
        zh: 应当得到的特征图 t
        en: the feature map as it should be, t
    kernel_shape : (kh, kw)
        zh: 卷积核的高和宽
        en: height and width of the kernel
    learning_rate : float
        zh: 学习率 η
        en: the learning rate η
    steps : int
        zh: 更新的次数，可以是 0
        en: how many changes; may be 0

    Returns
    -------
    w : (kh, kw)
    b : float
    """
    ### BEGIN SOLUTION
    w = np.zeros(kernel_shape)
    b = 0.0
    for _ in range(steps):
        z = correlate(image, w, b)
        _, delta = squared_error(z, target)
        dw, db = kernel_gradient(delta, image), bias_gradient(delta)
        w = w - learning_rate * dw
        b = b - learning_rate * db
    return w, b
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 两个来源相遇
#
# 运行下面的单元：把数据集的前九个手写数字拼成一幅 24×24 的图 $a$，用 Sobel 算子求出边缘 $t$，
# 然后只把 $a$ 和 $t$ 交给 `fit_kernel`。它不知道有 Sobel 算子这回事。
#
# 看两样东西：损失 $J$ 怎样下降（开始很快，后来越来越慢），卷积核怎样从全 0 一步步变成
# $\begin{pmatrix}-1&0&1\\-2&0&2\\-1&0&1\end{pmatrix}$。300 步之后，每个元素与 Sobel 算子相差不到 0.01。
#
# **想一想，试一试**
# - 把学习率从 0.3 改成 0.5，即 `watch_the_kernel(0.5)`，会怎样？为什么？
#   （提示：步子太大，会跨过谷底，落到比原来更高的地方。）
# - 如果 $a$ 是一幅处处相同的灰色图，还学得出 Sobel 算子吗？两个来源相遇，需要怎样的数据？

# %% [markdown] lang="en"
# ### The two origins meet
#
# Run the cell below. It puts the first nine handwritten digits of our data together to a picture $a$ of
# 24×24, computes its edges $t$ with Sobel's kernel, and gives `fit_kernel` nothing but $a$ and $t$: it does
# not know that there is such a thing as Sobel's kernel.
#
# Watch two things: how the loss $J$ falls (fast at first, then ever more slowly), and how the kernel turns
# from zeros to $\begin{pmatrix}-1&0&1\\-2&0&2\\-1&0&1\end{pmatrix}$. After 300 steps every element is right
# to within 0.01.
#
# **Try and think**
# - What happens if the learning rate is 0.5 in place of 0.3, that is, with `watch_the_kernel(0.5)`, and why?
#   (A step that is too long crosses the valley and ends higher up than it began.)
# - If $a$ were the same grey everywhere, could Sobel's kernel be learned from it? What must data be like for
#   the two origins to meet?

# %%
NOT_YET = """
zh: 前面的练习还没有完成；完成之后再运行这个单元。
en: An exercise above is not written yet; come back to this cell when it is.
"""
NO_DATA = """
zh: 没有找到 data/digits.npz：请把随作业发放的 data 文件夹放在这个文件旁边，再从那里打开。
en: There is no data/digits.npz: put the folder data, which came with this file, beside it and open it there.
"""


def load_digits():
    """
    zh: 真实的手写数字：图像 (1797, 8, 8)，取值 0 到 1；标签 (1797,)，0 到 9。见 data/README.md。
    en: Real handwritten digits: images (1797, 8, 8) from 0 to 1, labels (1797,), 0 to 9. See data/README.md.
    """
    here = Path(globals().get("__file__", "")).parent  # a notebook has no __file__ and runs in its own folder
    with np.load(here / "data" / "digits.npz") as digits:
        return digits["images"] / 16, digits["labels"].astype(int)


def watch(demonstration):
    """
    zh: 运行一段演示；缺少什么就说什么。
    en: Runs a demonstration, or says what is missing for it.
    """
    try:
        demonstration()
    except NotImplementedError:
        print(NOT_YET.strip())
    except FileNotFoundError:
        print(NO_DATA.strip())


def show(pictures, titles, limit=None):
    """
    zh: 并排显示几张图，从暗到亮；没有安装 matplotlib 时用字符显示。
    zh: 给出 limit 时，各图的灰度都从 -limit 到 limit，否则各从自己的最小值到最大值。
    en: Shows pictures side by side, from dark to bright; in characters where matplotlib is not installed.
    en: With a limit, grey runs from -limit to limit in all of them, else over the values of each.
    """
    lows = [np.min(picture) if limit is None else -limit for picture in pictures]
    highs = [np.max(picture) if limit is None else limit for picture in pictures]
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        for picture, title, low, high in zip(pictures, titles, lows, highs, strict=True):
            shades = np.clip(np.round((picture - low) / max(high - low, 1e-12) * 9), 0, 9).astype(int)
            print(title, *("".join(2 * " .:-=+*#%@"[shade] for shade in row) for row in shades), sep="\n")
        return
    _, axes = plt.subplots(1, len(pictures), figsize=(1.5 * len(pictures), 1.9), squeeze=False)
    for axis, picture, title, low, high in zip(axes[0], pictures, titles, lows, highs, strict=True):
        axis.imshow(picture, cmap="gray", vmin=low, vmax=high)
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    plt.show()


def plot(x, y, x_title, y_title):
    """
    zh: 画一条曲线，纵轴取对数；没有安装 matplotlib 时用字符显示。
    en: Draws a curve over a logarithmic axis; in characters where matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        height = np.log(np.maximum(y, 1e-300))
        bars = np.round(40 * (height - height.min()) / max(np.ptp(height), 1e-12)).astype(int)
        for place, value, bar in zip(x, y, bars, strict=True):
            print(f"{x_title} {place:4}  {y_title} = {value:.1e}  {'#' * (bar + 1)}")
        return
    _, axis = plt.subplots(figsize=(5, 2.4))
    axis.semilogy(x, y, "o-", markersize=3)
    axis.set_xlabel(x_title)
    axis.set_ylabel(y_title)
    plt.show()


# %%
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def watch_the_kernel(learning_rate=0.3):
    """
    zh: 损失和卷积核的变化过程：从全 0 到 Sobel 算子。
    en: The loss and the kernel on their way from zeros to Sobel's kernel.
    """
    digits, _ = load_digits()
    image = digits[:9].reshape(3, 3, 8, 8).swapaxes(1, 2).reshape(24, 24)
    target = correlate(image, SOBEL)
    steps = [0, 1, 3, 10, 30, 100, 200, 300]
    losses, kernels = [], []
    for number in steps:
        w, b = fit_kernel(image, target, SOBEL.shape, learning_rate, number)
        J, _ = squared_error(correlate(image, w, b), target)
        print(f"{number:4}:  J = {J:9.2e}   b = {b:7.4f}   w = {(np.round(w, 3) + 0.0).tolist()}")
        losses.append(J)
        kernels.append(w)
    print(f"max |w - Sobel| = {np.abs(kernels[-1] - SOBEL).max():.1e}")
    plot(steps, losses, "steps", "J")
    show([image, target], ["a", "t"])
    show(kernels, steps, limit=2)


if __name__ == "__main__":
    watch(watch_the_kernel)

# %% [markdown] lang="zh"
# ## 第二部分：训练一个卷积神经网络
#
# 现在没有人知道“正确”的卷积核了。有的只是手写数字的图像和它们的标签，网络要自己找到有用的卷积核。
# 网络只有几层：
#
# $$x \;\xrightarrow{\;*\,w_1+b_1\;}\; z_1 \;\xrightarrow{\text{ReLU}}\; a_1
#   \;\xrightarrow{\text{最大池化 }2\times2}\; p_1 \;\xrightarrow{\text{展平}}\; f
#   \;\xrightarrow{\text{全连接 }w_2,\,b_2}\; s \;\xrightarrow{\text{softmax 交叉熵}}\; J$$
#
# 各层的前向计算和梯度，前面的作业都已经写过；下面给出的函数只包含本作业用到的情形（步长 1，无填充，
# 池化的步长等于滑窗）。同样，**最好换成自己写的**：名称和参数的顺序与 `convolution`、`pooling`、
# `kernel_gradients` 作业相同，贴过来就能用。

# %% [markdown] lang="en"
# ## Part two: training a convolutional network
#
# Now nobody knows the "right" kernels any more. There are pictures of handwritten digits and their labels,
# and the network has to find useful kernels by itself. It has a few layers only:
#
# $$x \;\xrightarrow{\;*\,w_1+b_1\;}\; z_1 \;\xrightarrow{\text{ReLU}}\; a_1
#   \;\xrightarrow{\text{max pooling }2\times2}\; p_1 \;\xrightarrow{\text{flatten}}\; f
#   \;\xrightarrow{\text{dense }w_2,\,b_2}\; s \;\xrightarrow{\text{softmax cross-entropy}}\; J$$
#
# The forward pass and the gradients of each layer have been written in earlier assignments. The functions
# below do what is needed here and no more (stride 1, no padding, pooling with a stride equal to the window).
# Again it is **better to use your own**: names and order of arguments are those of the assignments
# `convolution`, `pooling` and `kernel_gradients`, so that they fit in as they are.


# %%
def conv2d(x, w, b):
    """z[n, k, u, v] = Σ_c Σ_p Σ_q w[k, c, p, q] · x[n, c, u + p, v + q] + b[k]"""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("kcpq,ncuvpq->nkuv", w, windows) + b[:, None, None]


def conv2d_weight_grad(delta, x, kernel_shape):
    """∂J/∂w[k, c, p, q] = Σ_n Σ_u Σ_v δ[n, k, u, v] · x[n, c, u + p, v + q]"""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_shape, axis=(2, 3))
    return np.einsum("nkuv,ncuvpq->kcpq", delta, windows)


def conv2d_bias_grad(delta):
    """∂J/∂b[k] = Σ_n Σ_u Σ_v δ[n, k, u, v]"""
    return np.einsum("nkuv->k", delta)


def max_pool2d(x, window, stride):
    """
    zh: 每个滑窗的最大值，滑窗一个挨一个（window = stride）；多出来的行、列不属于任何滑窗。
    en: The maximum of every window, where windows touch (window = stride). What is left over is in none.
    """
    s, P, Q = stride, x.shape[2] // stride, x.shape[3] // stride
    cells = [x[:, :, i : P * s : s, j : Q * s : s] for i in range(window) for j in range(window)]
    return np.max(cells, axis=0)


def max_pool2d_backward(delta, x, window, stride):
    """
    zh: 残差送到每个滑窗的第一个最大值，滑窗一个挨一个（window = stride）。
    en: Hands the residual to the first maximum of every window, where windows touch (window = stride).
    """
    z, left = max_pool2d(x, window, stride), delta
    s, P, Q = stride, delta.shape[2], delta.shape[3]
    dx = np.zeros(x.shape)
    for i in range(window):
        for j in range(window):
            cell = np.s_[:, :, i : P * s : s, j : Q * s : s]
            dx[cell] = np.where(x[cell] == z, left, 0)
            left = left - dx[cell]  # a later maximum of the same window finds nothing left
    return dx


# %% [markdown] lang="zh"
# ## 3. 输出层的残差：softmax 与交叉熵（<<points softmax_cross_entropy>>）
#
# 全连接层为每个样本、每个类别给出一个**得分** $s_{n,i}$。softmax 把得分变成概率，
# 交叉熵看正确类别 $y_n$ 的概率有多大，再对批取**平均**：
#
# $$p_{n,i}=\frac{e^{s_{n,i}}}{\sum_j e^{s_{n,j}}},\qquad J=-\frac1N\sum_n\ln p_{n,y_n}$$
#
# 对得分求导，结果出奇地简单：
#
# $$\delta_{n,i}=\frac{\partial J}{\partial s_{n,i}}=\frac1N\left(p_{n,i}-[i=y_n]\right)$$
#
# $[i=y_n]$ 在正确的类别处是 1，其余是 0。
# 这就是输出层的残差：softmax 的导数已经含在里面，**不再**乘别的 $\sigma'$。
# 每个样本的各项残差之和为 0：正确类别的得分该升多少，其余类别的得分就该降多少。
#
# **数值问题**：$e^{1000}$ 会溢出。给一个样本的全部得分减去同一个数，$p$ 不变（分子分母同乘一个因子），
# 所以先减去该样本的最大得分。求 $\ln p$ 时，也不要先算 $p$ 再取对数：$p$ 可能小到变成 0。用
# $\ln p_{n,i}=s_{n,i}-\ln\sum_je^{s_{n,j}}$。
#
# **小例子**：一个样本，$s=(0,\ \ln2,\ \ln5)$，正确类别是 1（从 0 数起）。$e^s=(1,2,5)$，和是 8，所以
#
# $$p=\left(\tfrac18,\tfrac28,\tfrac58\right),\qquad J=-\ln\tfrac14=\ln4\approx1.386,\qquad
# \delta=\left(0.125,\ -0.75,\ 0.625\right)$$
#
# 若批中有 2 个样本，$\delta$ 还要除以 2。
#
# **任务**：完成 `softmax_cross_entropy`，返回 `(J, delta)`。

# %% [markdown] lang="en"
# ## 3. The residual of the output layer: softmax and cross-entropy (<<points softmax_cross_entropy>>)
#
# The dense layer gives each sample a **score** $s_{n,i}$ for every class. Softmax turns scores into
# probabilities; cross-entropy looks at the probability of the right class $y_n$ and takes the **mean** over
# the batch:
#
# $$p_{n,i}=\frac{e^{s_{n,i}}}{\sum_j e^{s_{n,j}}},\qquad J=-\frac1N\sum_n\ln p_{n,y_n}$$
#
# The derivative by the scores is surprisingly simple:
#
# $$\delta_{n,i}=\frac{\partial J}{\partial s_{n,i}}=\frac1N\left(p_{n,i}-[i=y_n]\right)$$
#
# where $[i=y_n]$ is 1 at the right class and 0 elsewhere. This is the residual of the output layer: the
# derivative of softmax is in it already, and **no** further $\sigma'$ is multiplied. The residuals of a
# sample add up to 0: by as much as the right score should rise, the others should fall.
#
# **A matter of numbers**: $e^{1000}$ overflows. Subtracting one number from all scores of a sample changes
# nothing (it cancels in the fraction), so subtract the sample's greatest score first. Nor should $\ln p$ be
# computed by way of $p$, which may be so small that it becomes 0; use
# $\ln p_{n,i}=s_{n,i}-\ln\sum_je^{s_{n,j}}$.
#
# **Small example**: one sample, $s=(0,\ \ln2,\ \ln5)$, the right class is 1 (counted from 0). With
# $e^s=(1,2,5)$, whose sum is 8,
#
# $$p=\left(\tfrac18,\tfrac28,\tfrac58\right),\qquad J=-\ln\tfrac14=\ln4\approx1.386,\qquad
# \delta=\left(0.125,\ -0.75,\ 0.625\right)$$
#
# In a batch of 2 samples $\delta$ is divided by 2.
#
# **Your task**: complete `softmax_cross_entropy`. It returns `(J, delta)`.


# %%
def softmax_cross_entropy(scores, labels):
    """
    zh: softmax 交叉熵（对批取平均）和它的残差。
    en: Softmax cross-entropy, a mean over the batch, and its residual.

    J = -1/N · Σ_n ln p[n, labels[n]],   δ[n, i] = 1/N · (p[n, i] - [i = labels[n]])
    p[n, i] = exp(scores[n, i]) / Σ_j exp(scores[n, j])

    Parameters
    ----------
    scores : (N, M)
        zh: N 个样本在 M 个类别上的得分，可能很大
        en: scores of N samples for M classes; they may be large
    labels : (N,)
        zh: 正确的类别，0 到 M - 1 的整数
        en: the right classes, whole numbers from 0 to M - 1

    Returns
    -------
    J : float
    delta : (N, M)
        ∂J/∂scores
    """
    ### BEGIN SOLUTION
    N, M = scores.shape
    shifted = scores - scores.max(axis=1, keepdims=True)  # all ≤ 0: exp cannot overflow
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = labels[:, None] == np.arange(M)  # (N, M), true at each sample's class
    J = -np.sum(log_p[right]) / N
    return J, (np.exp(log_p) - right) / N
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 4. 整个网络的梯度（<<points cnn_gradients>>）
#
# 全部参数放在一个字典里，梯度也放在同样的字典里：
#
# | 名称 | 形状 | |
# | --- | --- | --- |
# | `w1` | $(K, C, k_h, k_w)$ | $K$ 个卷积核 |
# | `b1` | $(K,)$ | 每个卷积核一个偏置 |
# | `w2` | $(M, K\cdot P\cdot Q)$ | 全连接层的权重，每个类别一行（行是输出，列是输入） |
# | `b2` | $(M,)$ | 每个类别一个偏置 |
#
# **前向**：$z_1=x*w_1+b_1$，$a_1=\max(z_1,0)$，$p_1$ 是 2×2 最大池化的结果，形状为 $(N,K,P,Q)$，
# $P=\lfloor H_o/2\rfloor$，$Q=\lfloor W_o/2\rfloor$；多出来的一行或一列不属于任何滑窗。
# 展平 $p_1$ 时，每个样本按 $(k, p, q)$ 的顺序排成一行（也就是 NumPy 的 `reshape(N, -1)`），得到 $f$。最后
# $s=f\,w_2^{T}+b_2$。
#
# **反向**：从后往前，一层一步，每一步都是学过的：
#
# | 层 | 反向传播 | 讲义 |
# | --- | --- | --- |
# | softmax 交叉熵 | $\delta_2=\partial J/\partial s$（练习 3） | |
# | 全连接的参数 | $\partial J/\partial w_2=\delta_2^{T}f$，$\partial J/\partial b_2=\sum_n\delta_2$ | |
# | 全连接的输入 | $\partial J/\partial f=\delta_2\,w_2$ | 3.2 |
# | 展平 | 恢复成 $(N,K,P,Q)$，数值不变 | |
# | 最大池化 | 残差送到每个滑窗的最大值处，其余为 0 | 3.1 |
# | ReLU | 乘以 $\sigma'(z_1)$：$z_1>0$ 处为 1，其余为 0 | 3.1 |
# | 卷积 | 由 $\delta_1=\partial J/\partial z_1$ 求 $w_1$ 和 $b_1$ 的梯度 | 3.3 |
#
# **小例子**（$N=C=K=1$，$M=2$；$x$ 就是讲义大小的 3×3）：
#
# ![前向：x、z₁、a₁、p₁、s；反向：δ₂、∂J/∂p₁、δ₁、∂J/∂w₁](attachment:network.png)
#
# $x=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$，$w_1=\begin{pmatrix}1&-1\\0&1\end{pmatrix}$，$b_1=0$，
# $w_2=\begin{pmatrix}1\\-1\end{pmatrix}$，$b_2=(-4,4)$，正确类别是 0。
#
# - 前向：$z_1=\begin{pmatrix}2&-2\\4&2\end{pmatrix}$，$a_1=\begin{pmatrix}2&0\\4&2\end{pmatrix}$，$p_1=4$，
#   $s=(4-4,\ -4+4)=(0,0)$，两个类别的概率都是 $\frac12$，$J=\ln2$；
# - 反向：$\delta_2=(-\frac12,\frac12)$，$\partial J/\partial w_2=\begin{pmatrix}-2\\2\end{pmatrix}$，
#   $\partial J/\partial b_2=(-\frac12,\frac12)$，
#   $\partial J/\partial p_1=-\frac12\cdot1+\frac12\cdot(-1)=-1$，
#   它送到最大值 4 的位置，那里 $\sigma'=1$：$\delta_1=\begin{pmatrix}0&0\\-1&0\end{pmatrix}$，
#   $\partial J/\partial w_1=-\begin{pmatrix}3&1\\0&2\end{pmatrix}$，$\partial J/\partial b_1=-1$。
#
# **并列的最大值。** 平坦的背景处，相邻的 $z_1$ 常常相等。任选其中一个都可以：并列的位置盖住的输入若相同，
# 梯度也就相同；若并列的是 ReLU 之后的几个 0，残差反正要乘以 $\sigma'=0$。只是不能每个都给一整份。
#
# **任务**：完成 `cnn_gradients`，返回 `(J, grads)`。`grads` 与 `params` 名称相同，形状相同。

# %% [markdown] lang="en"
# ## 4. The gradients of the whole network (<<points cnn_gradients>>)
#
# All parameters are in one dictionary, and the gradients are returned in another of the same kind:
#
# | name | shape | |
# | --- | --- | --- |
# | `w1` | $(K, C, k_h, k_w)$ | $K$ kernels |
# | `b1` | $(K,)$ | a bias for each kernel |
# | `w2` | $(M, K\cdot P\cdot Q)$ | weights of the dense layer: rows are classes, columns inputs |
# | `b2` | $(M,)$ | a bias for each class |
#
# **Forward**: $z_1=x*w_1+b_1$, $a_1=\max(z_1,0)$, and $p_1$ is $a_1$ after 2×2 max pooling, $(N,K,P,Q)$ with
# $P=\lfloor H_o/2\rfloor$, $Q=\lfloor W_o/2\rfloor$; a row or column left over is in no window. Flattening
# lays out the $p_1$ of each sample in the order $(k, p, q)$, which is what NumPy's `reshape(N, -1)` does;
# call it $f$. Finally $s=f\,w_2^{T}+b_2$.
#
# **Backward**: from the end to the beginning, a layer at a time, and each of them you know:
#
# | layer | backward | lecture |
# | --- | --- | --- |
# | softmax cross-entropy | $\delta_2=\partial J/\partial s$ (exercise 3) | |
# | dense, parameters | $\partial J/\partial w_2=\delta_2^{T}f$, $\partial J/\partial b_2=\sum_n\delta_2$ | |
# | dense, input | $\partial J/\partial f=\delta_2\,w_2$ | 3.2 |
# | flatten | back to $(N,K,P,Q)$, the numbers stay | |
# | max pooling | to the maximum of each window, 0 elsewhere | 3.1 |
# | ReLU | times $\sigma'(z_1)$: 1 where $z_1>0$, else 0 | 3.1 |
# | convolution | the gradients of $w_1$ and $b_1$ from $\delta_1=\partial J/\partial z_1$ | 3.3 |
#
# **Small example** ($N=C=K=1$, $M=2$, and $x$ is of the lecture's size, 3×3):
#
# ![forward: x, z₁, a₁, p₁, s; backward: δ₂, ∂J/∂p₁, δ₁, ∂J/∂w₁](attachment:network.png)
#
# $x=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$, $w_1=\begin{pmatrix}1&-1\\0&1\end{pmatrix}$, $b_1=0$,
# $w_2=\begin{pmatrix}1\\-1\end{pmatrix}$, $b_2=(-4,4)$, and the right class is 0.
#
# - Forward: $z_1=\begin{pmatrix}2&-2\\4&2\end{pmatrix}$, $a_1=\begin{pmatrix}2&0\\4&2\end{pmatrix}$, $p_1=4$,
#   $s=(4-4,\ -4+4)=(0,0)$; both classes have probability $\frac12$, and $J=\ln2$.
# - Backward: $\delta_2=(-\frac12,\frac12)$, $\partial J/\partial w_2=\begin{pmatrix}-2\\2\end{pmatrix}$,
#   $\partial J/\partial b_2=(-\frac12,\frac12)$,
#   $\partial J/\partial p_1=-\frac12\cdot1+\frac12\cdot(-1)=-1$. This goes to where the maximum 4 stood, and
#   $\sigma'=1$ there: $\delta_1=\begin{pmatrix}0&0\\-1&0\end{pmatrix}$,
#   $\partial J/\partial w_1=-\begin{pmatrix}3&1\\0&2\end{pmatrix}$, $\partial J/\partial b_1=-1$.
#
# **Ties.** Where the background is flat, neighbouring $z_1$ are often equal. Choose any one of them: where
# tied places look at equal inputs the gradients are equal, too, and where what ties are zeros left by the
# ReLU, the residual is multiplied by $\sigma'=0$ anyway. Only do not give each of them the whole.
#
# **Your task**: complete `cnn_gradients`. It returns `(J, grads)`; `grads` has the names and shapes of
# `params`.


# %%
def cnn_gradients(params, x, labels):
    """
    zh: 卷积 → ReLU → 2×2 最大池化 → 全连接 → softmax 交叉熵：损失和全部参数的梯度。
    en: Convolution → ReLU → max pooling 2×2 → dense → softmax cross-entropy: the loss and all gradients.

    zh: 前向
    en: forward
        z1 = x ∗ w1 + b1,   a1 = max(z1, 0),   p1 = max_pool(a1, 2×2),   s = flatten(p1) · w2ᵀ + b2
        J = -1/N · Σ_n ln softmax(s[n])[labels[n]]

    Parameters
    ----------
    params : dict
        "w1" : (K, C, kh, kw), "b1" : (K,), "w2" : (M, K·P·Q), "b2" : (M,)
        P = (H - kh + 1) // 2, Q = (W - kw + 1) // 2
    x : (N, C, H, W)
        zh: N 个样本
        en: N samples
    labels : (N,)
        zh: 正确的类别，0 到 M - 1 的整数
        en: the right classes, whole numbers from 0 to M - 1

    Returns
    -------
    J : float
        zh: 损失，对批取平均
        en: the loss, a mean over the batch
    grads : dict
        zh: ∂J/∂w1, ∂J/∂b1, ∂J/∂w2, ∂J/∂b2，名称和形状与 params 相同
        en: ∂J/∂w1, ∂J/∂b1, ∂J/∂w2, ∂J/∂b2, named and shaped like params
    """
    ### BEGIN SOLUTION
    w1, b1, w2, b2 = params["w1"], params["b1"], params["w2"], params["b2"]

    z1 = conv2d(x, w1, b1)  # (N, K, Ho, Wo)
    a1 = np.maximum(z1, 0)
    p1 = max_pool2d(a1, 2, 2)  # (N, K, P, Q)
    f = p1.reshape(len(x), w2.shape[1])  # (N, K·P·Q)
    s = f @ w2.T + b2  # (N, M)

    J, delta2 = softmax_cross_entropy(s, labels)

    dp1 = (delta2 @ w2).reshape(p1.shape)
    delta1 = max_pool2d_backward(dp1, a1, 2, 2) * (z1 > 0)
    grads = {
        "w1": conv2d_weight_grad(delta1, x, w1.shape[2:]),
        "b1": conv2d_bias_grad(delta1),
        "w2": delta2.T @ f,
        "b2": delta2.sum(axis=0),
    }
    return J, grads
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 先检验梯度
#
# 一个网络的梯度若有错，损失往往照样下降，只是降得慢些、停得早些，从训练曲线上很难看出来。
# 所以训练之前先做**梯度检验**：改变一个参数 $\pm h$，看损失改变多少（`kernel_gradients` 作业的中心差分），
# 与算出的梯度比较。下面对每组参数给出最大的相对误差，正确的程序通常在 $10^{-6}$ 以下。

# %% [markdown] lang="en"
# ### First check the gradients
#
# A network whose gradients are wrong often learns all the same, only more slowly and not as far; a curve of
# the loss hardly gives it away. So **check the gradients** before you train: change a parameter by $\pm h$,
# see by how much the loss changes (the central difference of the assignment `kernel_gradients`), and
# compare. The cell below prints the greatest relative error for each array of parameters; a right program
# usually stays below $10^{-6}$.


# %%
def starting_params(rng, kernels, classes=10, side=8, kernel=3):
    """
    zh: 随机的初值：每一层的权重按输入的个数缩放，偏置为 0。
    en: Random values to start from: weights scaled by the number of a layer's inputs, biases 0.
    """
    inputs = kernels * ((side - kernel + 1) // 2) ** 2
    return {
        "w1": rng.normal(size=(kernels, 1, kernel, kernel)) * np.sqrt(2 / kernel**2),
        "b1": np.zeros(kernels),
        "w2": rng.normal(size=(classes, inputs)) * np.sqrt(1 / inputs),
        "b2": np.zeros(classes),
    }


def watch_the_gradients(h=1e-5):
    """
    zh: 每组参数的相对误差：算出的梯度与中心差分。
    en: For each array of parameters the relative error of its gradient against central differences.
    """
    rng = np.random.default_rng(1)
    params = starting_params(rng, kernels=2, classes=3)
    x, labels = rng.normal(size=(5, 1, 8, 8)), rng.integers(0, 3, size=5)
    _, grads = cnn_gradients(params, x, labels)
    for name, values in params.items():
        worst = 0.0
        for i in np.ndindex(values.shape):
            J = {}
            for sign in (1, -1):
                moved = values.copy()
                moved[i] += sign * h
                J[sign], _ = cnn_gradients({**params, name: moved}, x, labels)
            numeric = (J[1] - J[-1]) / (2 * h)
            error = abs(grads[name][i] - numeric) / max(1e-8, abs(grads[name][i]) + abs(numeric))
            worst = max(worst, error)
        print(f"{name}: {worst:.1e}")


if __name__ == "__main__":
    watch(watch_the_gradients)

# %% [markdown] lang="zh"
# ### 在真实的手写数字上训练
#
# 数据是 UCI 的 Optical Recognition of Handwritten Digits（E. Alpaydin、C. Kaynak，1998，
# 许可 CC BY 4.0）的测试部分：13 个人书写的 1797 个数字，每幅 8×8，随作业一起发放，不需要下载
# （见 `data/README.md`）。
# 每 4 个数字中，前 3 个用于训练，第 4 个只用于测试，训练时从不使用。
#
# 训练就是把练习 2 的“算、比、传、改”用在整个网络上：每次取一小批（16 个）数字，算出梯度，
# 每个参数减去 $\eta$ 乘以它的梯度；学习率 $\eta$ 从 0.2 逐渐减小到 0。全部训练数字用过一遍称为一轮（epoch）。
# 梯度若正确，20 轮（几秒到十几秒）之后，测试数字中至少有 95 % 读对。
#
# 最后显示学到的 8 个卷积核和读错的数字（标题是“正确 → 读成”）。看一看：
# - 有没有像 Sobel 那样一边正、一边负的卷积核？它们不是谁设定的，是从数据中来的。
# - 读错的数字，你自己能读对吗？
# - 换一个种子，例如 `watch_the_training(seed=1)`，卷积核还一样吗？正确率呢？
# - 测试数字和训练数字出自同样的 13 个人。若让网络读一个从未见过的人写的字，正确率会更高还是更低？

# %% [markdown] lang="en"
# ### Training on real handwritten digits
#
# The data are the test part of UCI's Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998,
# licence CC BY 4.0): 1797 digits of 8×8, written by 13 people. They came with this assignment, nothing has
# to be downloaded (see `data/README.md`). Of every 4 digits the first 3 are for training; the fourth is for
# testing only and never trained with.
#
# Training does with the whole network what exercise 2 did with a single kernel: compute, compare, pass back,
# change. Take a small batch (16 digits), compute the gradients, subtract $\eta$ times its gradient from every
# parameter. The learning rate $\eta$ falls from 0.2 towards 0. Once through all the training digits is an
# epoch. If the gradients are right, then after 20 epochs, a matter of seconds, at least 95 % of the test
# digits are read correctly.
#
# At the end the 8 learned kernels are shown, and the digits that were misread ("right → read as"). Have a
# look:
# - Is there a kernel that is positive on one side and negative on the other, as Sobel's is? Nobody put it
#   there; it came out of the data.
# - Can you read the misread digits yourself?
# - With another seed, as in `watch_the_training(seed=1)`, are the kernels the same? Is the accuracy?
# - The test digits were written by the same 13 people as the training digits. Would accuracy be higher or
#   lower on the hand of somebody whom the network has never met?


# %%
def read(params, x):
    """
    zh: 网络把每个样本读成哪个类别，(N,)
    en: The class as which the network reads each sample, (N,)
    """
    p1 = max_pool2d(np.maximum(conv2d(x, params["w1"], params["b1"]), 0), 2, 2)
    return (p1.reshape(len(x), -1) @ params["w2"].T + params["b2"]).argmax(axis=1)


def train(x, labels, epochs=20, batch=16, learning_rate=0.2, kernels=8, seed=0):
    """
    zh: 小批量梯度下降；每一轮之后给出 (平均损失, 参数)。
    en: Gradient descent with small batches; yields (mean loss, params) after every epoch.
    """
    rng = np.random.default_rng(seed)
    params = starting_params(rng, kernels)
    for epoch in range(epochs):
        eta = learning_rate * (1 - epoch / epochs)
        order = rng.permutation(len(x))
        losses = []
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            J, grads = cnn_gradients(params, x[chosen], labels[chosen])
            params = {name: params[name] - eta * grads[name] for name in params}
            losses.append(J)
        yield np.mean(losses), params


def split_digits():
    """
    zh: 训练用的图像和标签，测试用的图像和标签；每 4 个数字的最后一个用于测试。图像为 (N, 1, 8, 8)。
    en: Training images and labels, test images and labels. Of every 4 digits the last is for testing. Images
    en: are (N, 1, 8, 8).
    """
    images, labels = load_digits()
    x, testing = images[:, None], np.arange(len(images)) % 4 == 3
    return x[~testing], labels[~testing], x[testing], labels[testing]


def watch_the_training(seed=0):
    """
    zh: 每一轮的损失和测试正确率，然后是学到的卷积核和读错的数字。
    en: Loss and test accuracy of every epoch, then the learned kernels and the misread digits.
    """
    x, labels, test_x, test_labels = split_digits()
    losses = []
    for J, params in train(x, labels, seed=seed):
        losses.append(J)
        answers = read(params, test_x)
        accuracy = np.mean(answers == test_labels)
        print(f"{len(losses):2}:  J = {J:.4f}   {accuracy:.1%}  {'✓' if accuracy >= 0.95 else ''}")
    plot(range(1, len(losses) + 1), losses, "epochs", "J")
    show(params["w1"][:, 0], [f"w1[{k}]" for k in range(len(params["w1"]))])
    wrong = np.flatnonzero(answers != test_labels)[:8]
    show(test_x[wrong, 0], [f"{test_labels[i]} → {answers[i]}" for i in wrong])


if __name__ == "__main__":
    watch(watch_the_training)

# %% [markdown] lang="zh"
# ## 5. 问答：卷积核的两种来源（<<points kernel_origins>>）
#
# 讲义第 1 节的思考：**两种卷积核（或算子）来源的优缺点？**
#
# 根据讲义和本作业中看到的（学出 Sobel 算子的过程，手写数字上学到的卷积核），
# 比较人工设定的卷积核和通过训练得到的卷积核。
# 至少回答：
#
# 1. 人工设定的卷积核有哪些优点、哪些缺点？
# 2. 训练得到的卷积核有哪些优点、哪些缺点？
# 3. 举一个应当选用人工设定的例子，一个应当选用训练的例子，各说一句理由。
#
# 200 字左右即可，写在下面的单元里。这一题由教师评分。

# %% [markdown] lang="en"
# ## 5. In writing: two origins of a kernel (<<points kernel_origins>>)
#
# The lecture's question at the end of section 1: **what are the pros and cons of the two origins of a kernel
# (or operator)?**
#
# Compare designed kernels with trained ones, drawing on the lecture and on what you have seen in this
# assignment (how Sobel's kernel was learned, which kernels came out of the digits). Answer at least:
#
# 1. What speaks for designed kernels, and what against them?
# 2. What speaks for trained kernels, and what against them?
# 3. Give one example where you would choose a designed kernel and one where you would train, with a reason
#    each.
#
# Some 150 words will do; write them into the cell below. This question is graded by hand.

# %% [markdown] lang="zh" answer="kernel_origins" points=10
# （在这里作答。）
#
# ### BEGIN MARK SCHEME
# **评分标准（<<points kernel_origins>>）。** 意思对即可，不要求用词相同；
# 同一点不重复给分，每部分不超过所列的分值。
#
# - **人工设定，优点（2 分，每点 1 分）**：不需要数据和训练；含义清楚、可以解释、有理论依据
#   （如差分近似导数）；参数少甚至没有，计算快；结果确定，在任何图像上表现一致，便于验证。
# - **人工设定，缺点（2 分，每点 1 分）**：依赖专家的经验，设计费时；只能提取想得到、写得出的特征
#   （边缘、角点等），难以设计更高层的特征；固定不变，不能适应具体的任务和数据；不能与后面的分类器一起优化。
# - **训练得到，优点（2 分，每点 1 分）**：直接针对任务的损失优化，通常更准确；不需要人工设计，
#   换任务只需换数据；可以有很多个、很多层，得到人想不到的特征；与网络的其余部分一起学习；
#   好的设计若在可表示的范围内，也可能被学到（本作业学出了 Sobel 算子）。
# - **训练得到，缺点（2 分，每点 1 分）**：需要大量（有标签的）数据和计算；难以解释；可能过拟合，
#   数据有偏差时也学到偏差，换了分布就不可靠；结果依赖初值、学习率等（学习率太大会发散；
#   换种子卷积核就不同）；数据不够丰富时学不出来（处处相同的图学不出 Sobel 算子）。
# - **两个例子（2 分，各 1 分）**：例子合理，且理由与以上某一点相符。例如：没有数据、算力很小的设备上
#   做边缘检测，用 Sobel；手写数字、自然图像分类，用训练。只有例子没有理由，每个给 0.5 分。
#
# 只罗列“快、慢、好、坏”而没有说明针对什么，每部分最多给 1 分。没有作答（仍是提示语）给 0 分。
# ### END MARK SCHEME

# %% [markdown] lang="en" answer="kernel_origins" points=10
# (Your answer goes here.)
#
# ### BEGIN MARK SCHEME
# **Mark scheme (<<points kernel_origins>>).** What counts is the idea, not the wording; no idea is
# counted twice, and no part earns more than its points.
#
# - **Designed, pros (2 points, 1 each)**: needs no data and no training; has a clear meaning, can be
#   explained and rests on theory (differences approximate derivatives); few parameters or none, hence fast;
#   deterministic, behaves alike on all images, easy to verify.
# - **Designed, cons (2 points, 1 each)**: needs experts, and their time; finds only features that somebody
#   thought of and could write down (edges, corners), hardly any of a higher level; stays as it is, whatever
#   the task and the data; is not optimised together with the classifier after it.
# - **Trained, pros (2 points, 1 each)**: optimised for the very loss of the task, usually more accurate;
#   needs no designer, a new task only needs new data; there can be many, in many layers, with features that
#   nobody would have thought of; learned together with the rest of the network; a good design may be found,
#   too, where it is among what can be expressed (this assignment found Sobel's kernel).
# - **Trained, cons (2 points, 1 each)**: needs much data (with labels) and computing; hard to explain; may
#   overfit, learns the bias of its data, is unreliable where the distribution changes; depends on starting
#   values, learning rate and so on (diverges if the rate is too large, other kernels with another seed);
#   cannot be learned from data that are too poor (nor Sobel's kernel from a picture that is the same
#   everywhere).
# - **Two examples (2 points, 1 each)**: sensible, with a reason that agrees with one of the points above.
#   For instance Sobel for edges on a small embedded device with no data; training for handwritten digits or
#   photographs. An example without a reason earns 0.5.
#
# Mere lists of "fast, slow, good, bad" that do not say in what respect earn 1 point at most for each part. An
# untouched cell earns 0.
# ### END MARK SCHEME
