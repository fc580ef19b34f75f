# %% [markdown]
# # 卷积：前向计算与参数
#
# 本次作业对应讲义第 1 节（卷积核的来源）、2.1（卷积中的参数）和 2.2（卷积与全连接的关系），满分 100 分。
#
# 反向传播算的是“前向计算的每一步对结果有多大影响”，所以先要把前向计算写得一清二楚。你将：
#
# 1. 照讲义 2.1 的公式实现一张特征图上的卷积，并用它实现 Sobel 和 Prewitt 算子；
# 2. 把卷积展开成矩阵，看清它是“连接少、权值共享”的全连接；
# 3. 数一数连接和参数；
# 4. 最后实现真正使用的卷积层：一批图、多个通道、多个卷积核，带步长和填充。
#
# 只需要 NumPy 和 Python 标准库。所有函数都遵守同样的约定：
#
# - **“卷积”指互相关**：深度学习里的卷积不翻转卷积核，讲义也是这样写的。翻转 180°
#   只在求前一层残差时才出现（讲义 3.2）。
# - **下标**：讲义从 1 数起，写作 $a_{u+p-1,\,v+q-1}$；Python 从 0 数起，同一个元素是 `a[u + p, v + q]`，
#   不再减 1。
# - 不修改传入的数组；返回新的数组；传入整数数组时，结果也不能被截断成整数，更不能溢出。

# %%
import numpy as np


# %% [markdown]
# ## 1 卷积运算 `correlate`（12 分，讲义 2.1）
#
# 卷积核 $w$ 在前一层的激活值 $a$ 上滑动；每到一处，对应元素相乘、求和，再加偏置，得到特征图的一个输入和：
#
# $$z_{u,v}^{(l+1)} = \sum_p \sum_q w_{p,q}^{(l+1)}\, a_{u+p-1,\,v+q-1}^{(l)} + b^{(l+1)}$$
#
# 卷积核始终完整地落在图内，所以 $H \times W$ 的图与 $k_h \times k_w$ 的核得到
# $(H - k_h + 1) \times (W - k_w + 1)$ 的特征图。
#
# **例**（$3 \times 3$ 的图，$2 \times 2$ 的核，$b = 0$）：
#
# $$\begin{pmatrix} 1 & 0 & 2 \\ 3 & 1 & 0 \\ 0 & 2 & 1 \end{pmatrix} *
# \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} = \begin{pmatrix} 14 & 7 \\ 13 & 11 \end{pmatrix}
# \qquad z_{11} = 1 \cdot 1 + 2 \cdot 0 + 3 \cdot 3 + 4 \cdot 1 = 14$$
#
# **要求**：返回 $z$，不做激活（$\sigma$ 是下一步）。图和核都不一定是正方形。整张特征图共用一个偏置 $b$。

# %%
def correlate(a, w, b=0.0):
    """
    二维互相关（讲义中的“卷积”），只取有效区域。

    z[u, v] = Σ_p Σ_q w[p, q] · a[u + p, v + q] + b

    Parameters
    ----------
    a : (H, W)
        前一层的激活值
    w : (kh, kw)
        卷积核
    b : float
        偏置

    Returns
    -------
    z : (H − kh + 1, W − kw + 1)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2 Sobel 算子 `sobel`（6 分，讲义 1）
#
# 卷积核的第一种来源：根据经验人工设定。Sobel 算子用两个固定的核检测边缘，一个求水平方向的变化 $g_x$，一个求竖直方向的变化 $g_y$，后者的核是前者的转置：
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} =
# \begin{pmatrix} -1 & -2 & -1 \\ 0 & 0 & 0 \\ 1 & 2 & 1 \end{pmatrix} \qquad
# \text{边缘强度} = \sqrt{g_x^2 + g_y^2}$$
#
# **例**：图像只有一个 $3 \times 3$ 的窗口，中心的 7 不起作用：
#
# $$\begin{pmatrix} 0 & 0 & 2 \\ 0 & 7 & 2 \\ 3 & 2 & 3 \end{pmatrix}: \quad
# g_x = (2 - 0) + 2\,(2 - 0) + (3 - 3) = 6, \quad
# g_y = (3 - 0) + 2\,(2 - 0) + (3 - 2) = 8, \quad \sqrt{6^2 + 8^2} = 10$$
#
# **要求**：与上一题一样用互相关，只取有效区域；可以调用你的 `correlate`。不归一化，$g_x$、$g_y$ 保留正负号。图像常存成 8 位整数（`uint8`），这种类型里没有负数，$3 - 5$ 会变成 254：请小心。

# %%
def sobel(image):
    """
    Sobel 算子：水平、竖直方向的变化和边缘强度。

    Parameters
    ----------
    image : (H, W)
        灰度图像，可以是整数

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2) each
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 3 Prewitt 算子 `prewitt`（6 分，讲义 1）
#
# 与 Sobel 算子只有一处不同：三行的权重相同。
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} \qquad
# \text{边缘强度} = \sqrt{g_x^2 + g_y^2}$$
#
# **例**：
#
# $$\begin{pmatrix} 0 & 0 & 1 \\ 0 & 7 & 1 \\ 1 & 2 & 2 \end{pmatrix}: \quad g_x = 1 + 1 + 1 = 3, \quad
# g_y = 1 + 2 + 1 = 4, \quad \sqrt{3^2 + 4^2} = 5$$
#
# **要求**：与上一题相同。

# %%
def prewitt(image):
    """
    Prewitt 算子：水平、竖直方向的变化和边缘强度。

    Parameters
    ----------
    image : (H, W)
        灰度图像，可以是整数

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2) each
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4 卷积展开 `conv_matrix`（10 分，讲义 2.2）
#
# 把图 $a$ 和特征图 $z$ 都按行展开成向量，卷积就成了矩阵乘法 $z = M a$，也就是一个全连接层；$M$
# 的每一行是特征图的一个神经元，每一列是前一层的一个神经元。$3 \times 3$ 的图、$2 \times 2$ 的核给出
# $4 \times 9$ 的矩阵：
#
# $$M = \begin{pmatrix}
# w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 & 0 \\
# 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 \\
# 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 \\
# 0 & 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22}
# \end{pmatrix}$$
#
# 讲义里的数字都在其中：36 个位置是全连接的 36 个连接；不恒为 0 的 16 个是局部连接；它们只取 4 个不同的值，这就是权值共享。注意第 2 行到第 3 行：卷积核换到下一行，非零元素多跳了 $k_w - 1$ 格。
#
# 这个矩阵以后还有用：全连接层的残差要乘 $w^{T}$（讲义 3.2），卷积层的残差正是乘 $M^{T}$。
#
# **要求**：对任意大小的图和核写出 $M$，使 `z.ravel() == M @ a.ravel()`（步长 1，无填充，无偏置）。展开按行进行，即 NumPy 的 `ravel()`。

# %%
def conv_matrix(w, input_shape):
    """
    卷积展开成的矩阵 M：z.ravel() = M @ a.ravel()。

    Parameters
    ----------
    w : (kh, kw)
        卷积核
    input_shape : (H, W)
        前一层图 a 的高和宽

    Returns
    -------
    M : (Ho · Wo, H · W),  Ho = H − kh + 1,  Wo = W − kw + 1
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 5 全连接的连接数与参数数 `fully_connected_counts`（4 分，讲义 2.2）
#
# 接下来的三题比较三种连接方式。每题返回两个整数：
#
# - **连接数量**：有多少对（前一层神经元，本层神经元）相连；
# - **参数数量**：有多少个需要求解的数。
#
# 全连接层里，每个输入都与每个输出相连，每个连接有自己的权重。讲义的例子：9 个输入、4 个输出，连接 36，参数
# 36。
#
# 讲义的 36 / 36 和 16 / 4 都没有计偏置。这里用 `bias=True` 把偏置也算上：**偏置是参数，但不是连接**（它不来自前一层的神经元）。全连接层的每个输出神经元有一个偏置，所以上例是连接 36、参数 40。

# %%
def fully_connected_counts(inputs, outputs, bias=False):
    """
    全连接层的连接数量和参数数量。

    Parameters
    ----------
    inputs, outputs : int
        前一层、本层的神经元数量
    bias : bool
        是否每个输出神经元有一个偏置

    Returns
    -------
    connections, parameters : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 6 局部连接的连接数与参数数 `locally_connected_counts`（4 分，讲义 2.2）
#
# 局部连接：每个输出神经元只与一个 $k_h \times k_w$ 的窗口相连，但**权值不共享**，每个窗口有自己的一组权重（和自己的偏置）。窗口像卷积那样滑动：步长 1，无填充，一张输入图，一张输出图。
#
# **例**：$3 \times 3$ 的图、$2 \times 2$ 的窗口有 4 个输出，每个 4 个连接，所以连接 16、参数 16；有偏置时参数为 $16 + 4 = 20$。

# %%
def locally_connected_counts(input_shape, kernel_shape, bias=False):
    """
    局部连接层（权值不共享）的连接数量和参数数量；步长 1，无填充。

    Parameters
    ----------
    input_shape : (H, W)
        前一层图的高和宽
    kernel_shape : (kh, kw)
        窗口的高和宽
    bias : bool
        是否每个输出神经元有一个偏置

    Returns
    -------
    connections, parameters : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 7 卷积的连接数与参数数 `convolution_counts`（4 分，讲义 2.2）
#
# 卷积 = 局部连接 + **权值共享**：连接与上一题一样多，但所有窗口用同一个卷积核。讲义的例子：$3 \times 3$
# 的图、$2 \times 2$ 的核，连接 16、参数 4。
#
# 偏置也是共享的。讲义 3.3 写道：“偏置值数量等于生成的特征图的激活值数量（同一个特征图中的偏置值相同）”，括号里的话是关键：每个激活值都加了偏置，但加的是**同一个数**，需要求解的偏置每张特征图只有 1 个。所以上例有偏置时参数为 $4 + 1 = 5$。

# %%
def convolution_counts(input_shape, kernel_shape, bias=False):
    """
    卷积层（一个通道、一个卷积核）的连接数量和参数数量；步长 1，无填充。

    Parameters
    ----------
    input_shape : (H, W)
        前一层图的高和宽
    kernel_shape : (kh, kw)
        卷积核的高和宽
    bias : bool
        特征图是否有偏置

    Returns
    -------
    connections, parameters : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 8 卷积层的参数数 `convolution_parameters`（14 分，讲义 2.2、3.3）
#
# 真正的卷积层有 $C$ 个输入通道和 $K$ 个卷积核。每个卷积核在**每个**输入通道上各有 $k_h \times k_w$ 个权重，各通道的结果相加，得到一张特征图；$K$ 个核得到 $K$ 张特征图，每张有一个偏置：
#
# $$\text{参数数量} = K \cdot C \cdot k_h \cdot k_w + K$$
#
# 图有多大不影响参数数量：这正是权值共享的好处。
#
# **分组卷积**（AlexNet 用过，讲义第 4 节）：把输入通道和卷积核都分成 $g$ 组，每个核只看自己那组的 $C / g$
# 个通道，公式中的 $C$ 换成 $C / g$。$K$ 个核仍然得到 $K$ 张特征图。$C$ 和 $K$ 都能被 $g$ 整除。
#
# **例**：3 个通道、10 个 $3 \times 3$ 的核：$10 \cdot 3 \cdot 9 + 10 = 280$。4 个通道、6 个 $3 \times 2$
# 的核、2 组：$6 \cdot 2 \cdot 6 + 6 = 78$；不要偏置（`bias=False`）则为 72。

# %%
def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    """
    卷积层的参数数量。

    Parameters
    ----------
    in_channels, kernels : int
        输入通道数 C、卷积核数 K；都能被 groups 整除
    kernel_shape : (kh, kw)
        卷积核的高和宽
    bias : bool
        每张特征图是否有一个偏置
    groups : int
        分组卷积的组数 g

    Returns
    -------
    parameters : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 9 卷积层 `conv2d`（40 分，讲义 2.1）
#
# 现在把 `correlate` 推广到真正使用的卷积层。输入 `x` 是一批图，形状 $(N, C, H, W)$：$N$ 个样本，$C$ 个通道。卷积核 `w` 的形状是 $(K, C, k_h, k_w)$，偏置 `b` 的形状是 $(K,)$。第 $n$ 个样本的第 $k$
# 张特征图把所有通道的卷积相加，再加上第 $k$ 个偏置（下标从 0 起）：
#
# $$z_{n,k,u,v} = \sum_c \sum_p \sum_q w_{k,c,p,q}\; \tilde a_{n,\,c,\,us+p,\,vs+q} + b_k$$
#
# - **填充** $P$：$\tilde a$ 是 `x` 在上、下、左、右四边各补 `padding` 圈 0
#   之后的图（样本和通道这两个轴不补）。
# - **步长** $s$：卷积核每次移动 `stride` 格，横竖相同。
# - **输出大小**：卷积核必须完整落在 $\tilde a$ 之内，所以
#
# $$H_o = \left\lfloor \frac{H + 2P - k_h}{s} \right\rfloor + 1 \qquad
# W_o = \left\lfloor \frac{W + 2P - k_w}{s} \right\rfloor + 1$$
#
# 除不尽时向下取整：最下面、最右面剩下的几行几列没有窗口到达，不参与计算。
#
# **例**：第 1 题的图和核，$s = 2$、$P = 1$、$b = 0$。$H_o = \lfloor (3 + 2 - 2) / 2 \rfloor + 1 = 2$，最后一行一列没有用到：
#
# $$\begin{pmatrix} 0 & 0 & 0 & 0 & 0 \\ 0 & 1 & 0 & 2 & 0 \\ 0 & 3 & 1 & 0 & 0 \\ 0 & 0 & 2 & 1 & 0 \\
# 0 & 0 & 0 & 0 & 0 \end{pmatrix} * \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =
# \begin{pmatrix} 4 & 8 \\ 6 & 11 \end{pmatrix}$$
#
# **要求**：返回 $z$。图和核都不一定是正方形，$N$、$C$、$K$ 都可能为 1，步长可以大于核，填充也可以比核大。建议从步长 1、无填充写起，逐项检查：每一项都有自己的分数。

# %%
def conv2d(x, w, b, stride=1, padding=0):
    """
    卷积层的前向计算（互相关）。

    z[n, k, u, v] = Σ_c Σ_p Σ_q w[k, c, p, q] · a[n, c, u·stride + p, v·stride + q] + b[k]
    其中 a 是 x 在四边各补 padding 圈 0 之后的图。

    Parameters
    ----------
    x : (N, C, H, W)
        前一层的激活值
    w : (K, C, kh, kw)
        K 个卷积核
    b : (K,)
        每张特征图一个偏置
    stride : int
        步长
    padding : int
        每一边补 0 的圈数

    Returns
    -------
    z : (N, K, Ho, Wo)
        Ho = ⌊(H + 2·padding − kh) / stride⌋ + 1,  Wo = ⌊(W + 2·padding − kw) / stride⌋ + 1
    """
    # YOUR CODE HERE
    raise NotImplementedError()
