# %% [markdown]
# # 作业：从设计卷积核到训练卷积核（讲义 1、3）
#
# 讲义第 1 节说，卷积核有两个来源：
#
# 1. 根据实践经验、统计学规律进行人工设定，例如 Sobel 算子、Prewitt 算子；
# 2. 通过训练得到：反向传播算法。
#
# 前几个作业已经把反向传播的每一步都写了出来，本作业把它们用起来。先让两个来源**相遇**：给出一幅图和它的 Sobel 边缘，用梯度下降把 Sobel 算子“学”出来；再写出一个完整的卷积神经网络的梯度，在真实的手写数字上训练它，看看没有人设计过的卷积核是什么样子。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `squared_error` | 1 训练的起点：损失和它的残差 | 10 |
# | `fit_kernel` | 1 卷积核的来源；3.3 梯度 | 25 |
# | `softmax_cross_entropy` | 3 输出层的残差 | 15 |
# | `cnn_gradients` | 3 整个网络的反向传播 | 40 |
# | 问答：两种来源的优缺点 | 1 思考 | 10 |
# | **合计** | | **100** |
#
# **约定**
# - 公式的下标与讲义相同，从 1 开始；代码的下标从 0 开始。类别也从 0 数起。
# - 讲义中的“卷积”是互相关：前向计算时卷积核**不**翻转。本作业中步长为 1，没有填充。
# - 残差 $\delta=\partial J/\partial z$。梯度对位置和样本**求和**；损失若是平均，那个 $\frac1N$ 已经含在 $\delta$ 里。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 只能使用 NumPy 和 Python 标准库。

# %% [markdown]
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如正负号反了、结果只有应有的一半。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。想马上知道，就另开一个单元，运行 `check(squared_error, lang="zh", hint=True)`。
# 4. 全部做完后，重启内核，从头到尾运行一遍，保存，交这个文件。
#
# 检查单元只使用一部分例子；评分时还会换用别的数值和别的形状，所以检查通过以后，也请再想想题目里提到的特殊情形。后面的函数可以调用前面的函数，但前面的错误也会带到后面。最后的问答没有检查单元，由教师评分。可以随意添加单元做试验。
#
# 如果检查单元一直在运行（`[*]`），多半是死循环：点 ■ 中断，再检查循环。检查单元下面的数字是给 nbgrader 用的，不是最后的成绩。
#
# 作业有两种文件：notebook（`.ipynb`，有图）和 `.py`（没有图）。两者内容相同，任选一种来做、来交。做 `.py` 的，在命令行运行 `autograder check training.py` 来检查；加上 `--hint`，就马上说出想法。

# %%
from pathlib import Path

import numpy as np


# %% [markdown]
# ## 第一部分：把 Sobel 算子学出来
#
# 下面三个函数是前面作业的内容，这里直接给出：讲义 2.1 的卷积，3.3 的权重梯度和偏置梯度。
# **更好的做法是换成自己写的**：把 `convolution` 和 `kernel_gradients` 作业中的同名函数贴到这里，用自己的前向计算和梯度来训练。

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


# %% [markdown]
# ## 1. 损失和它的残差（10 分）
#
# 训练要有目标：算出来的特征图 $z$ 应当接近给定的特征图 $t$。差多少，用**均方误差**衡量，也就是各位置误差平方的平均值，$n=H_o\cdot W_o$ 是位置的个数：
#
# $$J=\frac1n\sum_u\sum_v\left(z_{u,v}-t_{u,v}\right)^2$$
#
# 这里没有激活函数，$z$ 就是输出，所以残差直接是 $J$ 对 $z$ 的导数：
#
# $$\delta_{u,v}=\frac{\partial J}{\partial z_{u,v}}=\frac2n\left(z_{u,v}-t_{u,v}\right)$$
#
# 平方的导数给出 $2$，平均给出 $\frac1n$，符号是 $z-t$ 而不是 $t-z$：$z$ 太大时 $\delta$ 为正，沿着 $-\delta$ 走，$z$ 才会变小。
#
# **小例子**：$z=\begin{pmatrix}1&2\\3&4\end{pmatrix}$，$t=\begin{pmatrix}0&2\\5&3\end{pmatrix}$。
#
# $$z-t=\begin{pmatrix}1&0\\-2&1\end{pmatrix},\qquad J=\frac{1+0+4+1}4=1.5,\qquad
# \delta=\frac24\,(z-t)=\begin{pmatrix}0.5&0\\-1&0.5\end{pmatrix}$$
#
# **任务**：完成 `squared_error`，返回 `(J, delta)`：一个数，一个与 $z$ 形状相同的数组。

# %%
def squared_error(z, target):
    """
    均方误差和它的残差。

    J = 1/n · Σ_u Σ_v (z[u, v] - t[u, v])²,   δ[u, v] = 2/n · (z[u, v] - t[u, v]),   n = Ho · Wo

    Parameters
    ----------
    z : (Ho, Wo)
        算出的特征图
    target : (Ho, Wo)
        应当得到的特征图 t

    Returns
    -------
    J : float
    delta : (Ho, Wo)
        ∂J/∂z
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2. 用梯度下降学一个卷积核（25 分）
#
# 有一幅图 $a$ 和一张特征图 $t$，知道 $t$ 是由某个卷积核对 $a$ 做卷积得到的，但不知道是哪个卷积核。从一个什么都不做的卷积核（全 0）出发，反复做同一件事：**算、比、传、改**。
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

# %%
def fit_kernel(image, target, kernel_shape, learning_rate, steps):
    """
    用梯度下降学出把 image 变成 target 的卷积核；损失是 squared_error。

    w = 0, b = 0
    重复 steps 次（两个梯度都用更新之前的 w、b）：
        w ← w - η · ∂J/∂w,   b ← b - η · ∂J/∂b

    Parameters
    ----------
    image : (H, W)
        输入 a
    target : (H - kh + 1, W - kw + 1)
        应当得到的特征图 t
    kernel_shape : (kh, kw)
        卷积核的高和宽
    learning_rate : float
        学习率 η
    steps : int
        更新的次数，可以是 0

    Returns
    -------
    w : (kh, kw)
    b : float
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### 两个来源相遇
#
# 运行下面的单元：把数据集的前九个手写数字拼成一幅 24×24 的图 $a$，用 Sobel 算子求出边缘 $t$，然后只把 $a$ 和 $t$ 交给 `fit_kernel`。它不知道有 Sobel 算子这回事。
#
# 看两样东西：损失 $J$ 怎样下降（开始很快，后来越来越慢），卷积核怎样从全 0 一步步变成
# $\begin{pmatrix}-1&0&1\\-2&0&2\\-1&0&1\end{pmatrix}$。300 步之后，每个元素与 Sobel 算子相差不到 0.01。
#
# **想一想，试一试**
# - 把学习率从 0.3 改成 0.5，即 `watch_the_kernel(0.5)`，会怎样？为什么？（提示：步子太大，会跨过谷底，落到比原来更高的地方。）
# - 如果 $a$ 是一幅处处相同的灰色图，还学得出 Sobel 算子吗？两个来源相遇，需要怎样的数据？

# %%
NOT_YET = """
前面的练习还没有完成；完成之后再运行这个单元。
"""
NO_DATA = """
没有找到 data/digits.npz：请把随作业发放的 data 文件夹放在这个文件旁边，再从那里打开。
"""


def load_digits():
    """
    真实的手写数字：图像 (1797, 8, 8)，取值 0 到 1；标签 (1797,)，0 到 9。见 data/README.md。
    """
    here = Path(globals().get("__file__", "")).parent  # a notebook has no __file__ and runs in its own folder
    with np.load(here / "data" / "digits.npz") as digits:
        return digits["images"] / 16, digits["labels"].astype(int)


def watch(demonstration):
    """
    运行一段演示；缺少什么就说什么。
    """
    try:
        demonstration()
    except NotImplementedError:
        print(NOT_YET.strip())
    except FileNotFoundError:
        print(NO_DATA.strip())


def show(pictures, titles, limit=None):
    """
    并排显示几张图，从暗到亮；没有安装 matplotlib 时用字符显示。
    给出 limit 时，各图的灰度都从 -limit 到 limit，否则各从自己的最小值到最大值。
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
    画一条曲线，纵轴取对数；没有安装 matplotlib 时用字符显示。
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
    损失和卷积核的变化过程：从全 0 到 Sobel 算子。
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


# %% [markdown]
# ## 第二部分：训练一个卷积神经网络
#
# 现在没有人知道“正确”的卷积核了。有的只是手写数字的图像和它们的标签，网络要自己找到有用的卷积核。网络只有几层：
#
# $$x \;\xrightarrow{\;*\,w_1+b_1\;}\; z_1 \;\xrightarrow{\text{ReLU}}\; a_1
#   \;\xrightarrow{\text{最大池化 }2\times2}\; p_1 \;\xrightarrow{\text{展平}}\; f
#   \;\xrightarrow{\text{全连接 }w_2,\,b_2}\; s \;\xrightarrow{\text{softmax 交叉熵}}\; J$$
#
# 各层的前向计算和梯度，前面的作业都已经写过；下面给出的函数只包含本作业用到的情形（步长 1，无填充，池化的步长等于滑窗）。同样，**最好换成自己写的**：名称和参数的顺序与 `convolution`、`pooling`、
# `kernel_gradients` 作业相同，贴过来就能用。

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
    每个滑窗的最大值，滑窗一个挨一个（window = stride）；多出来的行、列不属于任何滑窗。
    """
    s, P, Q = stride, x.shape[2] // stride, x.shape[3] // stride
    cells = [x[:, :, i : P * s : s, j : Q * s : s] for i in range(window) for j in range(window)]
    return np.max(cells, axis=0)


def max_pool2d_backward(delta, x, window, stride):
    """
    残差送到每个滑窗的第一个最大值，滑窗一个挨一个（window = stride）。
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


# %% [markdown]
# ## 3. 输出层的残差：softmax 与交叉熵（15 分）
#
# 全连接层为每个样本、每个类别给出一个**得分** $s_{n,i}$。softmax 把得分变成概率，交叉熵看正确类别 $y_n$ 的概率有多大，再对批取**平均**：
#
# $$p_{n,i}=\frac{e^{s_{n,i}}}{\sum_j e^{s_{n,j}}},\qquad J=-\frac1N\sum_n\ln p_{n,y_n}$$
#
# 对得分求导，结果出奇地简单：
#
# $$\delta_{n,i}=\frac{\partial J}{\partial s_{n,i}}=\frac1N\left(p_{n,i}-[i=y_n]\right)$$
#
# $[i=y_n]$ 在正确的类别处是 1，其余是 0。这就是输出层的残差：softmax 的导数已经含在里面，**不再**乘别的 $\sigma'$。每个样本的各项残差之和为 0：正确类别的得分该升多少，其余类别的得分就该降多少。
#
# **数值问题**：$e^{1000}$ 会溢出。给一个样本的全部得分减去同一个数，$p$ 不变（分子分母同乘一个因子），所以先减去该样本的最大得分。求 $\ln p$ 时，也不要先算 $p$ 再取对数：$p$ 可能小到变成 0。用
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

# %%
def softmax_cross_entropy(scores, labels):
    """
    softmax 交叉熵（对批取平均）和它的残差。

    J = -1/N · Σ_n ln p[n, labels[n]],   δ[n, i] = 1/N · (p[n, i] - [i = labels[n]])
    p[n, i] = exp(scores[n, i]) / Σ_j exp(scores[n, j])

    Parameters
    ----------
    scores : (N, M)
        N 个样本在 M 个类别上的得分，可能很大
    labels : (N,)
        正确的类别，0 到 M - 1 的整数

    Returns
    -------
    J : float
    delta : (N, M)
        ∂J/∂scores
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4. 整个网络的梯度（40 分）
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
# $P=\lfloor H_o/2\rfloor$，$Q=\lfloor W_o/2\rfloor$；多出来的一行或一列不属于任何滑窗。展平 $p_1$ 时，每个样本按 $(k, p, q)$ 的顺序排成一行（也就是 NumPy 的 `reshape(N, -1)`），得到 $f$。最后
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
# $x=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$，$w_1=\begin{pmatrix}1&-1\\0&1\end{pmatrix}$，$b_1=0$，
# $w_2=\begin{pmatrix}1\\-1\end{pmatrix}$，$b_2=(-4,4)$，正确类别是 0。
#
# - 前向：$z_1=\begin{pmatrix}2&-2\\4&2\end{pmatrix}$，$a_1=\begin{pmatrix}2&0\\4&2\end{pmatrix}$，$p_1=4$，
#   $s=(4-4,\ -4+4)=(0,0)$，两个类别的概率都是 $\frac12$，$J=\ln2$；
# - 反向：$\delta_2=(-\frac12,\frac12)$，$\partial J/\partial w_2=\begin{pmatrix}-2\\2\end{pmatrix}$，
#   $\partial J/\partial b_2=(-\frac12,\frac12)$，
#   $\partial J/\partial p_1=-\frac12\cdot1+\frac12\cdot(-1)=-1$，它送到最大值 4 的位置，那里 $\sigma'=1$：$\delta_1=\begin{pmatrix}0&0\\-1&0\end{pmatrix}$，
#   $\partial J/\partial w_1=-\begin{pmatrix}3&1\\0&2\end{pmatrix}$，$\partial J/\partial b_1=-1$。
#
# **并列的最大值。** 平坦的背景处，相邻的 $z_1$ 常常相等。任选其中一个都可以：并列的位置盖住的输入若相同，梯度也就相同；若并列的是 ReLU 之后的几个 0，残差反正要乘以 $\sigma'=0$。只是不能每个都给一整份。
#
# **任务**：完成 `cnn_gradients`，返回 `(J, grads)`。`grads` 与 `params` 名称相同，形状相同。

# %%
def cnn_gradients(params, x, labels):
    """
    卷积 → ReLU → 2×2 最大池化 → 全连接 → softmax 交叉熵：损失和全部参数的梯度。

    前向
        z1 = x ∗ w1 + b1,   a1 = max(z1, 0),   p1 = max_pool(a1, 2×2),   s = flatten(p1) · w2ᵀ + b2
        J = -1/N · Σ_n ln softmax(s[n])[labels[n]]

    Parameters
    ----------
    params : dict
        "w1" : (K, C, kh, kw), "b1" : (K,), "w2" : (M, K·P·Q), "b2" : (M,)
        P = (H - kh + 1) // 2, Q = (W - kw + 1) // 2
    x : (N, C, H, W)
        N 个样本
    labels : (N,)
        正确的类别，0 到 M - 1 的整数

    Returns
    -------
    J : float
        损失，对批取平均
    grads : dict
        ∂J/∂w1, ∂J/∂b1, ∂J/∂w2, ∂J/∂b2，名称和形状与 params 相同
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### 先检验梯度
#
# 一个网络的梯度若有错，损失往往照样下降，只是降得慢些、停得早些，从训练曲线上很难看出来。所以训练之前先做**梯度检验**：改变一个参数 $\pm h$，看损失改变多少（`kernel_gradients` 作业的中心差分），与算出的梯度比较。下面对每组参数给出最大的相对误差，正确的程序通常在 $10^{-6}$ 以下。

# %%
def starting_params(rng, kernels, classes=10, side=8, kernel=3):
    """
    随机的初值：每一层的权重按输入的个数缩放，偏置为 0。
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
    每组参数的相对误差：算出的梯度与中心差分。
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


# %% [markdown]
# ### 在真实的手写数字上训练
#
# 数据是 UCI 的 Optical Recognition of Handwritten Digits（E. Alpaydin、C. Kaynak，1998，许可 CC BY 4.0）的测试部分：13 个人书写的 1797 个数字，每幅 8×8，随作业一起发放，不需要下载（见 `data/README.md`）。每 4 个数字中，前 3 个用于训练，第 4 个只用于测试，训练时从不使用。
#
# 训练就是把练习 2 的“算、比、传、改”用在整个网络上：每次取一小批（16 个）数字，算出梯度，每个参数减去 $\eta$ 乘以它的梯度；学习率 $\eta$ 从 0.2 逐渐减小到 0。全部训练数字用过一遍称为一轮（epoch）。梯度若正确，20 轮（几秒到十几秒）之后，测试数字中至少有 95 % 读对。
#
# 最后显示学到的 8 个卷积核和读错的数字（标题是“正确 → 读成”）。看一看：
# - 有没有像 Sobel 那样一边正、一边负的卷积核？它们不是谁设定的，是从数据中来的。
# - 读错的数字，你自己能读对吗？
# - 换一个种子，例如 `watch_the_training(seed=1)`，卷积核还一样吗？正确率呢？
# - 测试数字和训练数字出自同样的 13 个人。若让网络读一个从未见过的人写的字，正确率会更高还是更低？

# %%
def read(params, x):
    """
    网络把每个样本读成哪个类别，(N,)
    """
    p1 = max_pool2d(np.maximum(conv2d(x, params["w1"], params["b1"]), 0), 2, 2)
    return (p1.reshape(len(x), -1) @ params["w2"].T + params["b2"]).argmax(axis=1)


def train(x, labels, epochs=20, batch=16, learning_rate=0.2, kernels=8, seed=0):
    """
    小批量梯度下降；每一轮之后给出 (平均损失, 参数)。
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
    训练用的图像和标签，测试用的图像和标签；每 4 个数字的最后一个用于测试。图像为 (N, 1, 8, 8)。
    """
    images, labels = load_digits()
    x, testing = images[:, None], np.arange(len(images)) % 4 == 3
    return x[~testing], labels[~testing], x[testing], labels[testing]


def watch_the_training(seed=0):
    """
    每一轮的损失和测试正确率，然后是学到的卷积核和读错的数字。
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

# %% [markdown]
# ## 5. 问答：卷积核的两种来源（10 分）
#
# 讲义第 1 节的思考：**两种卷积核（或算子）来源的优缺点？**
#
# 根据讲义和本作业中看到的（学出 Sobel 算子的过程，手写数字上学到的卷积核），比较人工设定的卷积核和通过训练得到的卷积核。至少回答：
#
# 1. 人工设定的卷积核有哪些优点、哪些缺点？
# 2. 训练得到的卷积核有哪些优点、哪些缺点？
# 3. 举一个应当选用人工设定的例子，一个应当选用训练的例子，各说一句理由。
#
# 200 字左右即可，写在下面的单元里。这一题由教师评分。

# %% [markdown]
# （在这里作答。）
#
#
