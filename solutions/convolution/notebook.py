# %% [markdown] lang="zh"
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

# %% [markdown] lang="en"
# # Convolution: the forward pass and its parameters
#
# This assignment belongs to section 1 of the lecture (where kernels come from), 2.1 (the parameters of a
# convolution) and 2.2 (convolution and fully connected layers). It is worth 100 points.
#
# Back-propagation asks how much each step of the forward pass matters to the result, so the forward pass has
# to be perfectly clear first. You will
#
# 1. write the convolution of one map as lecture 2.1 writes it, and build the Sobel and Prewitt operators on
#    it;
# 2. unroll it into a matrix, and see that it is a fully connected layer with few connections and shared
#    weights;
# 3. count connections and parameters;
# 4. write the convolution layer as it is really used: a batch, several channels, several kernels, stride and
#    padding.
#
# NumPy and Python's standard library are all you need. The same conventions hold for every function:
#
# - **"Convolution" means cross-correlation**: deep learning does not flip the kernel, and neither does the
#   lecture. The rotation by 180° appears only when the residual of the layer before is computed (lecture
#   3.2).
# - **Indices**: the lecture counts from 1 and writes $a_{u+p-1,\,v+q-1}$; Python counts from 0, where the
#   same element is `a[u + p, v + q]`, with nothing subtracted.
# - Arguments are not modified and results are new arrays. Integer arrays are welcome as arguments; they must
#   neither truncate the result to whole numbers nor overflow.

# %%
import numpy as np

# %% [markdown] lang="zh"
# ## 1 卷积运算 `correlate`（12 分，讲义 2.1）
#
# ![卷积核在图上滑动：四个位置给出 z₁₁ 到 z₂₂](attachment:window.png)
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

# %% [markdown] lang="en"
# ## 1 The convolution `correlate` (12 points, lecture 2.1)
#
# ![the kernel slides over the map: four positions give z₁₁ to z₂₂](attachment:window.png)
#
# The kernel $w$ slides over the activations $a$ of the layer before; at every place the elements that meet
# are multiplied and added up, plus the bias. That is one input sum of the feature map:
#
# $$z_{u,v}^{(l+1)} = \sum_p \sum_q w_{p,q}^{(l+1)}\, a_{u+p-1,\,v+q-1}^{(l)} + b^{(l+1)}$$
#
# The kernel always lies wholly inside the map, so an $H \times W$ map and a $k_h \times k_w$ kernel give a
# feature map of $(H - k_h + 1) \times (W - k_w + 1)$.
#
# **Example** ($3 \times 3$ map, $2 \times 2$ kernel, $b = 0$):
#
# $$\begin{pmatrix} 1 & 0 & 2 \\ 3 & 1 & 0 \\ 0 & 2 & 1 \end{pmatrix} *
# \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} = \begin{pmatrix} 14 & 7 \\ 13 & 11 \end{pmatrix}
# \qquad z_{11} = 1 \cdot 1 + 2 \cdot 0 + 3 \cdot 3 + 4 \cdot 1 = 14$$
#
# **Your task**: return $z$, without an activation ($\sigma$ is the next step). Neither the map nor the kernel
# need be square. The whole feature map shares one bias $b$.


# %%
def correlate(a, w, b=0.0):
    """
    zh: 二维互相关（讲义中的“卷积”），只取有效区域。
    en: 2-D cross-correlation (the lecture's "convolution") over the valid region.

    z[u, v] = Σ_p Σ_q w[p, q] · a[u + p, v + q] + b

    Parameters
    ----------
    a : (H, W)
        zh: 前一层的激活值
        en: activations of the layer before
    w : (kh, kw)
        zh: 卷积核
        en: the kernel
    b : float
        zh: 偏置
        en: the bias

    Returns
    -------
    z : (H − kh + 1, W − kw + 1)
    """
    ### BEGIN SOLUTION
    H, W = a.shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    z = np.full((Ho, Wo), float(b))
    for p in range(kh):
        for q in range(kw):
            # a[u + p, v + q] for all u, v at once; float, for products of 8-bit numbers would overflow
            z += float(w[p, q]) * a[p : p + Ho, q : q + Wo]
    return z
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 2 Sobel 算子 `sobel`（6 分，讲义 1）
#
# 卷积核的第一种来源：根据经验人工设定。Sobel 算子用两个固定的核检测边缘，一个求水平方向的变化 $g_x$，
# 一个求竖直方向的变化 $g_y$，后者的核是前者的转置：
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
# **要求**：与上一题一样用互相关，只取有效区域；可以调用你的 `correlate`。不归一化，$g_x$、$g_y$ 保留正负号。
# 图像常存成 8 位整数（`uint8`），这种类型里没有负数，$3 - 5$ 会变成 254：请小心。

# %% [markdown] lang="en"
# ## 2 The Sobel operator `sobel` (6 points, lecture 1)
#
# The first origin of a kernel: it is designed by hand, from experience. The Sobel operator finds edges with
# two fixed kernels: one for the change $g_x$ along a row, one for the change $g_y$ down a column, its
# transpose:
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} =
# \begin{pmatrix} -1 & -2 & -1 \\ 0 & 0 & 0 \\ 1 & 2 & 1 \end{pmatrix} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Example**: an image that is a single $3 \times 3$ window; the 7 in its centre has no say:
#
# $$\begin{pmatrix} 0 & 0 & 2 \\ 0 & 7 & 2 \\ 3 & 2 & 3 \end{pmatrix}: \quad
# g_x = (2 - 0) + 2\,(2 - 0) + (3 - 3) = 6, \quad
# g_y = (3 - 0) + 2\,(2 - 0) + (3 - 2) = 8, \quad \sqrt{6^2 + 8^2} = 10$$
#
# **Your task**: cross-correlation over the valid region, as before; you may call your `correlate`. Nothing is
# normalised, and $g_x$, $g_y$ keep their signs. Images often come as 8-bit integers (`uint8`), a type that
# has no negative numbers and in which $3 - 5$ is 254: beware.


# %%
def sobel(image):
    """
    zh: Sobel 算子：水平、竖直方向的变化和边缘强度。
    en: The Sobel operator: the changes along the rows and down the columns, and the edges' strength.

    Parameters
    ----------
    image : (H, W)
        zh: 灰度图像，可以是整数
        en: a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2) each
    """
    ### BEGIN SOLUTION
    w_x = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    gx = correlate(image, w_x)
    gy = correlate(image, w_x.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)
    ### END SOLUTION


# %% [markdown] lang="zh"
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

# %% [markdown] lang="en"
# ## 3 The Prewitt operator `prewitt` (6 points, lecture 1)
#
# It differs from the Sobel operator in one thing only: the three rows have the same weight.
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Example**:
#
# $$\begin{pmatrix} 0 & 0 & 1 \\ 0 & 7 & 1 \\ 1 & 2 & 2 \end{pmatrix}: \quad g_x = 1 + 1 + 1 = 3, \quad
# g_y = 1 + 2 + 1 = 4, \quad \sqrt{3^2 + 4^2} = 5$$
#
# **Your task**: as in the exercise before.


# %%
def prewitt(image):
    """
    zh: Prewitt 算子：水平、竖直方向的变化和边缘强度。
    en: The Prewitt operator: the changes along the rows and down the columns, and the edges' strength.

    Parameters
    ----------
    image : (H, W)
        zh: 灰度图像，可以是整数
        en: a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2) each
    """
    ### BEGIN SOLUTION
    w_x = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
    gx = correlate(image, w_x)
    gy = correlate(image, w_x.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)
    ### END SOLUTION


# %% [markdown] lang="zh"
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
# 讲义里的数字都在其中：36 个位置是全连接的 36 个连接；不恒为 0 的 16 个是局部连接；它们只取 4 个不同的值，
# 这就是权值共享。注意第 2 行到第 3 行：卷积核换到下一行，非零元素多跳了 $k_w - 1$ 格。
#
# 这个矩阵以后还有用：全连接层的残差要乘 $w^{T}$（讲义 3.2），卷积层的残差正是乘 $M^{T}$。
#
# **要求**：对任意大小的图和核写出 $M$，使 `z.ravel() == M @ a.ravel()`（步长 1，无填充，无偏置）。
# 展开按行进行，即 NumPy 的 `ravel()`。

# %% [markdown] lang="en"
# ## 4 The unrolled convolution `conv_matrix` (10 points, lecture 2.2)
#
# Write the map $a$ and the feature map $z$ as vectors, row after row, and the convolution becomes a product
# with a matrix, $z = M a$: a fully connected layer. Each row of $M$ is one neuron of the feature map, each
# column one neuron of the layer before. A $3 \times 3$ map and a $2 \times 2$ kernel give a $4 \times 9$
# matrix:
#
# $$M = \begin{pmatrix}
# w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 & 0 \\
# 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 \\
# 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 \\
# 0 & 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22}
# \end{pmatrix}$$
#
# The lecture's numbers are all in it: its 36 places are the 36 connections of a fully connected layer; the 16
# that are not always 0 are the local connections; and these take only 4 different values, which is what
# sharing weights means. Look at the step from row 2 to row 3: the kernel moves on to the next row of the map,
# and the entries jump by $k_w - 1$ more places.
#
# The matrix will be useful again: the residual of a fully connected layer is multiplied by $w^{T}$ (lecture
# 3.2), and that of a convolution by just this $M^{T}$.
#
# **Your task**: the matrix $M$ for a map and a kernel of any size, so that `z.ravel() == M @ a.ravel()`
# (stride 1, no padding, no bias). Unrolling goes row by row, as NumPy's `ravel()` does.


# %%
def conv_matrix(w, input_shape):
    """
    zh: 卷积展开成的矩阵 M：z.ravel() = M @ a.ravel()。
    en: The matrix M of the unrolled convolution: z.ravel() = M @ a.ravel().

    Parameters
    ----------
    w : (kh, kw)
        zh: 卷积核
        en: the kernel
    input_shape : (H, W)
        zh: 前一层图 a 的高和宽
        en: height and width of the map a of the layer before

    Returns
    -------
    M : (Ho · Wo, H · W),  Ho = H − kh + 1,  Wo = W − kw + 1
    """
    ### BEGIN SOLUTION
    H, W = input_shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    u, v = np.arange(Ho)[:, None], np.arange(Wo)  # (Ho, 1) and (Wo,): every position of z
    M = np.zeros((Ho, Wo, H, W))
    for p in range(kh):
        for q in range(kw):
            M[u, v, u + p, v + q] = w[p, q]  # w[p, q] joins z[u, v] to a[u + p, v + q]
    return M.reshape(Ho * Wo, H * W)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 5 全连接的连接数与参数数 `fully_connected_counts`（4 分，讲义 2.2）
#
# ![全连接、局部连接、权值共享：连接数与参数数](attachment:connections.png)
#
# 接下来的三题比较三种连接方式。每题返回两个整数：
#
# - **连接数量**：有多少对（前一层神经元，本层神经元）相连；
# - **参数数量**：有多少个需要求解的数。
#
# 全连接层里，每个输入都与每个输出相连，每个连接有自己的权重。讲义的例子：9 个输入、4 个输出，连接 36，参数
# 36。
#
# 讲义的 36 / 36 和 16 / 4 都没有计偏置。这里用 `bias=True` 把偏置也算上：**偏置是参数，
# 但不是连接**（它不来自前一层的神经元）。全连接层的每个输出神经元有一个偏置，所以上例是连接 36、参数 40。

# %% [markdown] lang="en"
# ## 5 Connections and parameters of a fully connected layer `fully_connected_counts` (4 points, lecture 2.2)
#
# ![full, local and shared connections: how many, with how many parameters](attachment:connections.png)
#
# The next three exercises compare three ways of connecting two layers. Each returns two whole numbers:
#
# - **connections**: how many pairs (neuron of the layer before, neuron of this layer) are joined;
# - **parameters**: how many numbers have to be learned.
#
# In a fully connected layer every input is joined to every output, and every connection has a weight of its
# own. The lecture's example: 9 inputs and 4 outputs, 36 connections, 36 parameters.
#
# The lecture's 36 / 36 and 16 / 4 count no biases. Here `bias=True` counts them too: **a bias is a parameter,
# but not a connection** (it comes from no neuron of the layer before). A fully connected layer has one bias
# for each output neuron, so the example has 36 connections and 40 parameters.


# %%
def fully_connected_counts(inputs, outputs, bias=False):
    """
    zh: 全连接层的连接数量和参数数量。
    en: Connections and parameters of a fully connected layer.

    Parameters
    ----------
    inputs, outputs : int
        zh: 前一层、本层的神经元数量
        en: how many neurons the layer before and this layer have
    bias : bool
        zh: 是否每个输出神经元有一个偏置
        en: whether each output neuron has a bias

    Returns
    -------
    connections, parameters : int
    """
    ### BEGIN SOLUTION
    connections = inputs * outputs
    biases = outputs if bias else 0
    return connections, connections + biases
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 6 局部连接的连接数与参数数 `locally_connected_counts`（4 分，讲义 2.2）
#
# 局部连接：每个输出神经元只与一个 $k_h \times k_w$ 的窗口相连，但**权值不共享**，
# 每个窗口有自己的一组权重（和自己的偏置）。窗口像卷积那样滑动：步长 1，无填充，一张输入图，一张输出图。
#
# **例**：$3 \times 3$ 的图、$2 \times 2$ 的窗口有 4 个输出，每个 4 个连接，所以连接 16、参数 16；
# 有偏置时参数为 $16 + 4 = 20$。

# %% [markdown] lang="en"
# ## 6 Connections and parameters of local connection `locally_connected_counts` (4 points, lecture 2.2)
#
# Local connection: each output neuron is joined only to a window of $k_h \times k_w$ inputs, but **the
# weights are not shared**: each window has a set of weights (and a bias) of its own. The windows slide as in
# a convolution: stride 1, no padding, one input map, one output map.
#
# **Example**: a $3 \times 3$ map and $2 \times 2$ windows give 4 outputs with 4 connections each, so 16
# connections and 16 parameters; with biases $16 + 4 = 20$ parameters.


# %%
def locally_connected_counts(input_shape, kernel_shape, bias=False):
    """
    zh: 局部连接层（权值不共享）的连接数量和参数数量；步长 1，无填充。
    en: Connections and parameters of a locally connected layer (weights not shared); stride 1, no padding.

    Parameters
    ----------
    input_shape : (H, W)
        zh: 前一层图的高和宽
        en: height and width of the map of the layer before
    kernel_shape : (kh, kw)
        zh: 窗口的高和宽
        en: height and width of the window
    bias : bool
        zh: 是否每个输出神经元有一个偏置
        en: whether each output neuron has a bias

    Returns
    -------
    connections, parameters : int
    """
    ### BEGIN SOLUTION
    H, W = input_shape
    kh, kw = kernel_shape
    outputs = (H - kh + 1) * (W - kw + 1)
    connections = outputs * kh * kw
    biases = outputs if bias else 0
    return connections, connections + biases
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 7 卷积的连接数与参数数 `convolution_counts`（4 分，讲义 2.2）
#
# 卷积 = 局部连接 + **权值共享**：连接与上一题一样多，但所有窗口用同一个卷积核。讲义的例子：$3 \times 3$
# 的图、$2 \times 2$ 的核，连接 16、参数 4。
#
# 偏置也是共享的。讲义 3.3 写道：“偏置值数量等于生成的特征图的激活值数量（同一个特征图中的偏置值相同）”，
# 括号里的话是关键：每个激活值都加了偏置，但加的是**同一个数**，需要求解的偏置每张特征图只有 1 个。
# 所以上例有偏置时参数为 $4 + 1 = 5$。

# %% [markdown] lang="en"
# ## 7 Connections and parameters of a convolution `convolution_counts` (4 points, lecture 2.2)
#
# A convolution is a local connection with **shared weights**: as many connections as in the exercise before,
# but one kernel for all windows. The lecture's example: a $3 \times 3$ map and a $2 \times 2$ kernel, 16
# connections, 4 parameters.
#
# The bias is shared too. Lecture 3.3 says that there are as many biases as activations in the feature map,
# "(the biases within one feature map being equal)". The words in brackets matter: every activation has a bias
# added to it, but it is **the same number** each time, so there is just 1 bias to learn for each feature map.
# With a bias the example has $4 + 1 = 5$ parameters.


# %%
def convolution_counts(input_shape, kernel_shape, bias=False):
    """
    zh: 卷积层（一个通道、一个卷积核）的连接数量和参数数量；步长 1，无填充。
    en: Connections and parameters of a convolution (one channel, one kernel); stride 1, no padding.

    Parameters
    ----------
    input_shape : (H, W)
        zh: 前一层图的高和宽
        en: height and width of the map of the layer before
    kernel_shape : (kh, kw)
        zh: 卷积核的高和宽
        en: height and width of the kernel
    bias : bool
        zh: 特征图是否有偏置
        en: whether the feature map has a bias

    Returns
    -------
    connections, parameters : int
    """
    ### BEGIN SOLUTION
    H, W = input_shape
    kh, kw = kernel_shape
    connections = (H - kh + 1) * (W - kw + 1) * kh * kw
    biases = 1 if bias else 0
    return connections, kh * kw + biases
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 8 卷积层的参数数 `convolution_parameters`（14 分，讲义 2.2、3.3）
#
# 真正的卷积层有 $C$ 个输入通道和 $K$ 个卷积核。每个卷积核在**每个**输入通道上各有 $k_h \times k_w$ 个权重，
# 各通道的结果相加，得到一张特征图；$K$ 个核得到 $K$ 张特征图，每张有一个偏置：
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

# %% [markdown] lang="en"
# ## 8 The parameters of a convolution layer `convolution_parameters` (14 points, lecture 2.2, 3.3)
#
# A real convolution layer has $C$ input channels and $K$ kernels. A kernel has $k_h \times k_w$ weights for
# **each** input channel; the channels' results are added up to one feature map. $K$ kernels give $K$ feature
# maps, each with one bias:
#
# $$\text{parameters} = K \cdot C \cdot k_h \cdot k_w + K$$
#
# How large the map is makes no difference: that is what sharing weights is good for.
#
# **Grouped convolution** (AlexNet used it, lecture 4): input channels and kernels are both split into $g$
# groups, and each kernel sees only the $C / g$ channels of its own group, so $C / g$ takes the place of $C$
# in the formula. There are still $K$ kernels and $K$ feature maps. Both $C$ and $K$ are multiples of $g$.
#
# **Example**: 3 channels, 10 kernels of $3 \times 3$: $10 \cdot 3 \cdot 9 + 10 = 280$. 4 channels, 6 kernels
# of $3 \times 2$, 2 groups: $6 \cdot 2 \cdot 6 + 6 = 78$; without biases (`bias=False`) 72.


# %%
def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    """
    zh: 卷积层的参数数量。
    en: How many parameters a convolution layer has.

    Parameters
    ----------
    in_channels, kernels : int
        zh: 输入通道数 C、卷积核数 K；都能被 groups 整除
        en: input channels C and kernels K, both multiples of groups
    kernel_shape : (kh, kw)
        zh: 卷积核的高和宽
        en: height and width of the kernel
    bias : bool
        zh: 每张特征图是否有一个偏置
        en: whether each feature map has a bias
    groups : int
        zh: 分组卷积的组数 g
        en: the number of groups g of a grouped convolution

    Returns
    -------
    parameters : int
    """
    ### BEGIN SOLUTION
    kh, kw = kernel_shape
    weights = kernels * (in_channels // groups) * kh * kw
    biases = kernels if bias else 0
    return weights + biases
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 9 卷积层 `conv2d`（40 分，讲义 2.1）
#
# 现在把 `correlate` 推广到真正使用的卷积层。输入 `x` 是一批图，形状 $(N, C, H, W)$：$N$ 个样本，$C$ 个通道。
# 卷积核 `w` 的形状是 $(K, C, k_h, k_w)$，偏置 `b` 的形状是 $(K,)$。第 $n$ 个样本的第 $k$
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
# **例**：第 1 题的图和核，$s = 2$、$P = 1$、$b = 0$。$H_o = \lfloor (3 + 2 - 2) / 2 \rfloor + 1 = 2$，
# 最后一行一列没有用到：
#
# $$\begin{pmatrix} 0 & 0 & 0 & 0 & 0 \\ 0 & 1 & 0 & 2 & 0 \\ 0 & 3 & 1 & 0 & 0 \\ 0 & 0 & 2 & 1 & 0 \\
# 0 & 0 & 0 & 0 & 0 \end{pmatrix} * \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =
# \begin{pmatrix} 4 & 8 \\ 6 & 11 \end{pmatrix}$$
#
# **要求**：返回 $z$。图和核都不一定是正方形，$N$、$C$、$K$ 都可能为 1，步长可以大于核，填充也可以比核大。
# 建议从步长 1、无填充写起，逐项检查：每一项都有自己的分数。

# %% [markdown] lang="en"
# ## 9 The convolution layer `conv2d` (40 points, lecture 2.1)
#
# Now take `correlate` to the convolution layer as it is really used. The input `x` is a batch of maps of
# shape $(N, C, H, W)$: $N$ samples, $C$ channels. The kernels `w` have shape $(K, C, k_h, k_w)$, the biases
# `b` shape $(K,)$. Feature map $k$ of sample $n$ adds up the convolutions of all channels, and then bias $k$
# (indices from 0):
#
# $$z_{n,k,u,v} = \sum_c \sum_p \sum_q w_{k,c,p,q}\; \tilde a_{n,\,c,\,us+p,\,vs+q} + b_k$$
#
# - **Padding** $P$: $\tilde a$ is `x` with `padding` rows and columns of zeros added on all four sides (the
#   axes of samples and channels are not padded).
# - **Stride** $s$: the kernel moves on by `stride` places, down as well as across.
# - **Output size**: the kernel must lie wholly inside $\tilde a$, so
#
# $$H_o = \left\lfloor \frac{H + 2P - k_h}{s} \right\rfloor + 1 \qquad
# W_o = \left\lfloor \frac{W + 2P - k_w}{s} \right\rfloor + 1$$
#
# Where the division leaves a remainder, it is rounded down: the last few rows and columns, at the bottom and
# on the right, are reached by no window and play no part.
#
# **Example**: map and kernel of exercise 1, $s = 2$, $P = 1$, $b = 0$.
# $H_o = \lfloor (3 + 2 - 2) / 2 \rfloor + 1 = 2$; the last row and column are not used:
#
# $$\begin{pmatrix} 0 & 0 & 0 & 0 & 0 \\ 0 & 1 & 0 & 2 & 0 \\ 0 & 3 & 1 & 0 & 0 \\ 0 & 0 & 2 & 1 & 0 \\
# 0 & 0 & 0 & 0 & 0 \end{pmatrix} * \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =
# \begin{pmatrix} 4 & 8 \\ 6 & 11 \end{pmatrix}$$
#
# **Your task**: return $z$. Neither maps nor kernels need be square, each of $N$, $C$, $K$ may be 1, the
# stride may be larger than the kernel, and so may the padding. Begin with stride 1 and no padding, and check
# one thing after the other: each has points of its own.


# %%
def conv2d(x, w, b, stride=1, padding=0):
    """
    zh: 卷积层的前向计算（互相关）。
    en: The forward pass of a convolution layer (cross-correlation).

    z[n, k, u, v] = Σ_c Σ_p Σ_q w[k, c, p, q] · a[n, c, u·stride + p, v·stride + q] + b[k]
    zh: 其中 a 是 x 在四边各补 padding 圈 0 之后的图。
    en: where a is x with `padding` rows and columns of zeros on all four sides.

    Parameters
    ----------
    x : (N, C, H, W)
        zh: 前一层的激活值
        en: activations of the layer before
    w : (K, C, kh, kw)
        zh: K 个卷积核
        en: K kernels
    b : (K,)
        zh: 每张特征图一个偏置
        en: one bias for each feature map
    stride : int
        zh: 步长
        en: the stride
    padding : int
        zh: 每一边补 0 的圈数
        en: rows and columns of zeros on each side

    Returns
    -------
    z : (N, K, Ho, Wo)
        Ho = ⌊(H + 2·padding − kh) / stride⌋ + 1,  Wo = ⌊(W + 2·padding − kw) / stride⌋ + 1
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    Hp, Wp = H + 2 * padding, W + 2 * padding
    Ho, Wo = (Hp - kh) // stride + 1, (Wp - kw) // stride + 1
    a = np.zeros((N, C, Hp, Wp))  # of floats: products of 8-bit numbers would overflow
    a[:, :, padding : padding + H, padding : padding + W] = x
    z = np.zeros((N, K, Ho, Wo)) + b[:, None, None]
    for p in range(kh):
        for q in range(kw):
            # a[n, c, u·stride + p, v·stride + q] for all n, c, u, v at once: (N, C, Ho, Wo)
            a_pq = a[:, :, p : p + stride * Ho : stride, q : q + stride * Wo : stride]
            z += np.einsum("kc,ncuv->nkuv", w[:, :, p, q], a_pq)
    return z
    ### END SOLUTION
