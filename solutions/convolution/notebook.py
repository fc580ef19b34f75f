# %% [markdown] lang="zh"
# # 作业：卷积的前向计算与参数（讲义 1、2）
#
# 反向传播要回答的是：前向计算的每一步，对结果有多大影响？所以先要把前向计算弄得一清二楚。
# 本作业先照讲义 2.1 的公式，在一张图上做卷积，并用它实现 Sobel 和 Prewitt 算子；再把卷积展开成矩阵，
# 看清它其实是连接少、权值共享的全连接，数一数连接和参数；最后写出实际使用的卷积层：批、通道、多个卷积核、
# 步长和填充。后面几份作业都从这里出发。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `correlate` | 2.1 卷积运算 | <<number correlate>> |
# | `sobel` | 1 卷积核来源：人工设定 | <<number sobel>> |
# | `prewitt` | 1 卷积核来源：人工设定 | <<number prewitt>> |
# | `conv_matrix` | 2.2 卷积展开 | <<number conv_matrix>> |
# | `fully_connected_counts` | 2.2 全连接与卷积的参数对比 | <<number fully_connected_counts>> |
# | `locally_connected_counts` | 2.2 全连接与局部连接对比 | <<number locally_connected_counts>> |
# | `convolution_counts` | 2.2 全连接与卷积的参数对比 | <<number convolution_counts>> |
# | `convolution_parameters` | 2.2；3.3 CNN 中的参数 | <<number convolution_parameters>> |
# | `conv2d` | 2.1，加上批、通道、多核、步长、填充 | <<number conv2d>> |
# | **合计** | | **<<number>>** |
#
# **约定**
# - **“卷积”指互相关**：深度学习里的卷积不翻转卷积核，讲义也是这样写的。翻转 180°
#   只在求前一层残差时才出现（讲义 3.2）。
# - **下标**：公式与讲义相同，从 1 开始，写作 $a_{u+p-1,\,v+q-1}$；代码从 0 开始，同一个元素是
#   `a[u + p, v + q]`，不用再减 1。
# - **层号**：讲义 2.1 把卷积层记作第 $l+1$ 层，它的输入记作第 $l$ 层；从 3.1 起，卷积层记作第 $l$
#   层，它的输入记作第 $l-1$ 层。说的是同一件事。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数，也不能溢出。
# - 只能使用 <<modules>> 和 Python 标准库。

# %% [markdown] lang="en"
# # Assignment: the forward pass of a convolution, and its parameters (lecture 1 and 2)
#
# Back-propagation asks how much each step of the forward pass matters to the result, so the forward pass has
# to be perfectly clear first. In this assignment you write the convolution of one map as lecture 2.1 writes
# it, and build the Sobel and Prewitt operators on it. Then you unroll it into a matrix, see that it is a
# fully connected layer with few connections and shared weights, and count both. Last comes the convolution
# layer as it is really used, with a batch, channels, several kernels, stride and padding. All the assignments
# that follow set out from here.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `correlate` | 2.1, the convolution | <<number correlate>> |
# | `sobel` | 1, where kernels come from: designed by hand | <<number sobel>> |
# | `prewitt` | 1, where kernels come from: designed by hand | <<number prewitt>> |
# | `conv_matrix` | 2.2, the unrolled convolution | <<number conv_matrix>> |
# | `fully_connected_counts` | 2.2, parameters of full connection and of convolution | <<number fully_connected_counts>> |
# | `locally_connected_counts` | 2.2, full and local connection | <<number locally_connected_counts>> |
# | `convolution_counts` | 2.2, parameters of full connection and of convolution | <<number convolution_counts>> |
# | `convolution_parameters` | 2.2; 3.3, the parameters of a CNN | <<number convolution_parameters>> |
# | `conv2d` | 2.1 with batch, channels, several kernels, stride, padding | <<number conv2d>> |
# | **total** | | **<<number>>** |
#
# **Conventions**
# - **"Convolution" means cross-correlation**: deep learning does not flip the kernel, and neither does the
#   lecture. The rotation by 180° appears only when the residual of the layer before is computed (lecture
#   3.2).
# - **Indices** in formulas start at 1, as in the lecture, which writes $a_{u+p-1,\,v+q-1}$. Indices in code
#   start at 0, where the same element is `a[u + p, v + q]`, with nothing subtracted.
# - **Layers**: in 2.1 the lecture calls the convolution layer $l+1$ and its input layer $l$; from 3.1 on the
#   convolution is layer $l$ and its input layer $l-1$. Both mean the same thing.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same:
#   neither truncated to integers nor spoilt by overflow.
# - Only <<modules>> and Python's standard library may be used.

# %% [markdown] lang="zh"
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如结果上下颠倒了、只有边界不对。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。
# 想马上知道，就另开一个单元，运行 `check(correlate, lang="zh", hint=True)`。
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
# 做 `.py` 的，在命令行运行 `autograder check convolution.py` 来检查；加上 `--hint`，就马上说出想法。

# %% [markdown] lang="en"
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the result is upside down, say, or only the border is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(correlate, lang="en", hint=True)`.
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
# `autograder check convolution.py` on the command line does the checking; with `--hint` it tells the idea at
# once.

# %%
import numpy as np

# %% [markdown] lang="zh"
# ## 1 卷积运算 `correlate`（<<points correlate>>）
#
# ![卷积核在图上滑动：四个位置给出 z₁₁ 到 z₂₂](attachment:window.png)
#
# 卷积核 $w$ 在前一层的激活值 $a$ 上滑动；每到一处，把重叠的元素对应相乘、求和，再加上偏置，
# 得到特征图的一个输入和（讲义 2.1）：
#
# $$z_{u,v}^{(l+1)} = \sum_p \sum_q w_{p,q}^{(l+1)}\, a_{u+p-1,\,v+q-1}^{(l)} + b^{(l+1)}$$
#
# 图中 $2\times2$ 的卷积核先后停在四个位置，每个位置给出特征图中同色的一个 $z$。例如，
# 红框停在左上角，$z_{11} = w_{11}a_{11} + w_{12}a_{12} + w_{21}a_{21} + w_{22}a_{22} + b$；
# 向右移一格到蓝框，$z_{12} = w_{11}a_{12} + w_{12}a_{13} + w_{21}a_{22} + w_{22}a_{23} + b$。卷积核移动了，
# 四个权重还是那四个。
#
# 卷积核始终完整地落在图内，所以 $H \times W$ 的图与 $k_h \times k_w$ 的核得到
# $(H - k_h + 1) \times (W - k_w + 1)$ 的特征图。
#
# **小例子**（$b = 0$）：
#
# $$\begin{pmatrix} 1 & 0 & 2 \\ 3 & 1 & 0 \\ 0 & 2 & 1 \end{pmatrix} *
# \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} = \begin{pmatrix} 14 & 7 \\ 13 & 11 \end{pmatrix}
# \qquad z_{11} = 1 \cdot 1 + 2 \cdot 0 + 3 \cdot 3 + 4 \cdot 1 = 14$$
#
# 这张图和这个核还会在后面的作业里出现，请自己验算其余三个 $z$。
#
# **任务**：完成 `correlate`，返回 $z$；不做激活（$a=\sigma(z)$ 是下一步）。图和核都不一定是正方形，
# 整张特征图共用一个偏置 $b$。

# %% [markdown] lang="en"
# ## 1 The convolution `correlate` (<<points correlate>>)
#
# ![the kernel slides over the map: four positions give z₁₁ to z₂₂](attachment:window.png)
#
# The kernel $w$ slides over the activations $a$ of the layer before. At every place the elements that meet
# are multiplied and added up, and the bias is added: that is one pre-activation of the feature map (lecture
# 2.1):
#
# $$z_{u,v}^{(l+1)} = \sum_p \sum_q w_{p,q}^{(l+1)}\, a_{u+p-1,\,v+q-1}^{(l)} + b^{(l+1)}$$
#
# In the picture a $2\times2$ kernel stops at four places, and each gives the $z$ of its own colour. The red
# frame at the top left, for example, gives
# $z_{11} = w_{11}a_{11} + w_{12}a_{12} + w_{21}a_{21} + w_{22}a_{22} + b$; one step to the right, the blue
# frame gives $z_{12} = w_{11}a_{12} + w_{12}a_{13} + w_{21}a_{22} + w_{22}a_{23} + b$. The kernel has moved
# on, but its four weights are the same.
#
# The kernel always lies wholly inside the map, so an $H \times W$ map and a $k_h \times k_w$ kernel give a
# feature map of $(H - k_h + 1) \times (W - k_w + 1)$.
#
# **Small example** ($b = 0$):
#
# $$\begin{pmatrix} 1 & 0 & 2 \\ 3 & 1 & 0 \\ 0 & 2 & 1 \end{pmatrix} *
# \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} = \begin{pmatrix} 14 & 7 \\ 13 & 11 \end{pmatrix}
# \qquad z_{11} = 1 \cdot 1 + 2 \cdot 0 + 3 \cdot 3 + 4 \cdot 1 = 14$$
#
# Work out the other three $z$ yourself: you will meet this map and this kernel again in later assignments.
#
# **Your task**: complete `correlate`. It returns $z$, without an activation ($a=\sigma(z)$ is the next step).
# Neither map nor kernel need be square, and the whole feature map shares one bias $b$.


# %%
def correlate(a, w, b=0.0):
    """
    zh: 二维互相关（讲义中的“卷积”），只取有效区域（讲义 2.1）。
    en: 2-D cross-correlation (the lecture's "convolution") over the valid region (lecture 2.1).

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
# ### 思考：这真的是“卷积”吗？
#
# 数学和信号处理中的卷积，要先把核翻转 180° 再滑动。把小例子中的核翻转成
# $\begin{pmatrix}4&3\\2&1\end{pmatrix}$ 再算一次，结果一样吗？什么样的核翻不翻转都一样？
# 卷积核若是训练出来的，翻不翻转还重要吗？
#
# <details><summary>想好以后再展开</summary>
#
# 结果是 $\begin{pmatrix}11&8\\17&9\end{pmatrix}$，不一样；用你的函数验算：`correlate(a, w[::-1, ::-1])`。
#
# 绕中心转 180° 不变的核，例如所有权重都相等的核，翻不翻转都一样。
#
# 卷积核若是训练出来的，翻转就不重要了：前向计算翻转的话，训练得到的不过是翻转过的那个核，网络的输出一样。
# 所以深度学习省去翻转，把互相关直接叫做“卷积”。重要的是前向和反向要对得上：前向不翻转，
# 求前一层残差时就要翻转（讲义 3.2）。
#
# </details>

# %% [markdown] lang="en"
# ### Think: is this really a convolution?
#
# In mathematics and signal processing, a convolution first rotates the kernel by 180° and then slides it.
# Rotate the kernel of the small example to $\begin{pmatrix}4&3\\2&1\end{pmatrix}$ and compute again: is the
# result the same? For which kernels does the rotation make no difference? And does it matter at all for a
# kernel that is found by training?
#
# <details><summary>Open this when you have thought about it</summary>
#
# The result is $\begin{pmatrix}11&8\\17&9\end{pmatrix}$, which is different. Let your function confirm it:
# `correlate(a, w[::-1, ::-1])`.
#
# It makes no difference for a kernel that looks the same when turned by 180°, such as one whose weights are
# all equal.
#
# For a trained kernel it does not matter: if the forward pass rotated the kernel, training would simply find
# the rotated one, and the network would compute the same. So deep learning saves itself the rotation and
# calls the cross-correlation a convolution. What matters is that both directions fit together: because the
# forward pass does not rotate, the residual of the layer before needs the rotation (lecture 3.2).
#
# </details>

# %% [markdown] lang="zh"
# ## 2 Sobel 算子 `sobel`（<<points sobel>>）
#
# 讲义第 1 节说，卷积核有两个来源。第一个：根据实践经验、统计学规律进行人工设定。Sobel 算子就是这样来的，
# 它用两个固定的核检测边缘：一个求水平方向的变化 $g_x$，一个求竖直方向的变化 $g_y$，
# 后者的核是前者的转置（讲义没有印出数字，这里采用通行的写法）：
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} =
# \begin{pmatrix} -1 & -2 & -1 \\ 0 & 0 & 0 \\ 1 & 2 & 1 \end{pmatrix} \qquad
# \text{边缘强度} = \sqrt{g_x^2 + g_y^2}$$
#
# **小例子**：图像只有一个 $3 \times 3$ 的窗口，中心的 7 不起作用：
#
# $$\begin{pmatrix} 0 & 0 & 2 \\ 0 & 7 & 2 \\ 3 & 2 & 3 \end{pmatrix}: \quad
# g_x = (2 - 0) + 2\,(2 - 0) + (3 - 3) = 6, \quad
# g_y = (3 - 0) + 2\,(2 - 0) + (3 - 2) = 8, \quad \sqrt{6^2 + 8^2} = 10$$
#
# **任务**：完成 `sobel`。与练习 1 一样用互相关，卷积核完整地落在图内；可以调用你的 `correlate`。
# 不归一化，$g_x$、$g_y$ 保留正负号。图像常存成 8 位整数（`uint8`），这种类型里没有负数，$3 - 5$ 会变成 254，
# 请小心。

# %% [markdown] lang="en"
# ## 2 The Sobel operator `sobel` (<<points sobel>>)
#
# Kernels, says section 1 of the lecture, come from one of two places. The first: somebody designs them, from
# experience or from statistics. The Sobel operator is of this kind. It finds edges with two fixed kernels,
# one for the change $g_x$ along a row and one for the change $g_y$ down a column, which is the transpose of
# the first (the lecture prints no numbers; these are the usual ones):
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} =
# \begin{pmatrix} -1 & -2 & -1 \\ 0 & 0 & 0 \\ 1 & 2 & 1 \end{pmatrix} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Small example**: an image that is a single $3 \times 3$ window; the 7 in its centre has no say:
#
# $$\begin{pmatrix} 0 & 0 & 2 \\ 0 & 7 & 2 \\ 3 & 2 & 3 \end{pmatrix}: \quad
# g_x = (2 - 0) + 2\,(2 - 0) + (3 - 3) = 6, \quad
# g_y = (3 - 0) + 2\,(2 - 0) + (3 - 2) = 8, \quad \sqrt{6^2 + 8^2} = 10$$
#
# **Your task**: complete `sobel`. As in exercise 1 this is cross-correlation, and the kernel stays wholly
# inside the map; you may call your `correlate`. Nothing is normalised, and $g_x$, $g_y$ keep their signs.
# Images often come as 8-bit integers (`uint8`), a type that has no negative numbers and in which $3 - 5$ is
# 254: beware.


# %%
def sobel(image):
    """
    zh: Sobel 算子：水平、竖直方向的变化和边缘强度（讲义 1）。
    en: The Sobel operator: the changes along rows and down columns, and the edges' strength (lecture 1).

    Parameters
    ----------
    image : (H, W)
        zh: 灰度图像，可以是整数
        en: a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2)
        zh: 三个数组，形状相同
        en: three arrays of this shape
    """
    ### BEGIN SOLUTION
    w_x = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    gx = correlate(image, w_x)
    gy = correlate(image, w_x.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 3 Prewitt 算子 `prewitt`（<<points prewitt>>）
#
# 与 Sobel 算子只有一处不同：三行的权重相同。
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} \qquad
# \text{边缘强度} = \sqrt{g_x^2 + g_y^2}$$
#
# **小例子**：
#
# $$\begin{pmatrix} 0 & 0 & 1 \\ 0 & 7 & 1 \\ 1 & 2 & 2 \end{pmatrix}: \quad g_x = 1 + 1 + 1 = 3, \quad
# g_y = 1 + 2 + 1 = 4, \quad \sqrt{3^2 + 4^2} = 5$$
#
# **任务**：完成 `prewitt`，要求与练习 2 相同。

# %% [markdown] lang="en"
# ## 3 The Prewitt operator `prewitt` (<<points prewitt>>)
#
# It differs from the Sobel operator in one thing only: the three rows have the same weights.
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Small example**:
#
# $$\begin{pmatrix} 0 & 0 & 1 \\ 0 & 7 & 1 \\ 1 & 2 & 2 \end{pmatrix}: \quad g_x = 1 + 1 + 1 = 3, \quad
# g_y = 1 + 2 + 1 = 4, \quad \sqrt{3^2 + 4^2} = 5$$
#
# **Your task**: complete `prewitt`, under the same rules as exercise 2.


# %%
def prewitt(image):
    """
    zh: Prewitt 算子：水平、竖直方向的变化和边缘强度（讲义 1）。
    en: The Prewitt operator: the changes along rows and down columns, and the edges' strength (lecture 1).

    Parameters
    ----------
    image : (H, W)
        zh: 灰度图像，可以是整数
        en: a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2)
        zh: 三个数组，形状相同
        en: three arrays of this shape
    """
    ### BEGIN SOLUTION
    w_x = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
    gx = correlate(image, w_x)
    gy = correlate(image, w_x.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ### 思考：人工设定的核里藏着什么经验？
#
# 1. 这两个算子的九个权重之和各是多少？在处处一样亮的图上，它们的输出是什么？
# 2. Sobel 算子为什么给中间一行更大的权重？
# 3. 若按数学上的卷积，先把 $w_x$、$w_y$ 翻转 180°，$g_x$、$g_y$ 和边缘强度各会怎样？
#
# <details><summary>想好以后再展开</summary>
#
# 1. 和是 0，所以在处处一样亮的图上输出为 0：它们只对变化有反应。用一张常数图试试你的函数。
# 2. 中间一行离窗口的中心最近，最能代表这里的变化；上下两行主要用来压低噪声。
# 3. 翻转以后 $w_x$ 变成 $-w_x$，$w_y$ 变成 $-w_y$：$g_x$、$g_y$ 变号，边缘强度不变。
#
# </details>
#
# 卷积核的第二个来源是训练，也就是反向传播算法。讲义问“两种卷积核来源的优缺点”：
# 等你在 `training` 作业里亲手训练出一个 Sobel 核之后，再来回答。

# %% [markdown] lang="en"
# ### Think: what experience is built into a designed kernel?
#
# 1. What do the nine weights of each operator add up to? What do the operators give for an image that is
#    equally bright everywhere?
# 2. Why does Sobel give more weight to the row in the middle?
# 3. If $w_x$ and $w_y$ were first rotated by 180°, as a convolution in mathematics would do, what would
#    become of $g_x$, $g_y$ and the magnitude?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. To 0, so an image without contrast gives 0: the operators react to changes only. Try your functions on a
#    constant image.
# 2. The row in the middle is nearest to the centre of the window and tells most about the change there; the
#    rows above and below serve to keep noise down.
# 3. Rotated by 180°, $w_x$ becomes $-w_x$ and $w_y$ becomes $-w_y$: $g_x$ and $g_y$ change sign, the
#    magnitude stays.
#
# </details>
#
# The second place that kernels come from is training, by back-propagation. The lecture asks for the pros and
# cons of either: answer it in the assignment `training`, when you have trained a Sobel kernel yourself.

# %% [markdown] lang="zh"
# ## 4 卷积展开 `conv_matrix`（<<points conv_matrix>>）
#
# 把图 $a$ 和特征图 $z$ 都按行展开成向量，卷积就成了矩阵乘法 $z = M a$，也就是一个全连接层（讲义 2.2）；$M$
# 的每一行对应特征图的一个神经元，每一列对应前一层的一个神经元。$3 \times 3$ 的图、$2 \times 2$ 的核给出
# $4 \times 9$ 的矩阵：
#
# $$M = \begin{pmatrix}
# w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 & 0 \\
# 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 \\
# 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 \\
# 0 & 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22}
# \end{pmatrix}$$
#
# 第 1 行就是 $z_{11}$：四个权重分别对着 $a_{11}$、$a_{12}$、$a_{21}$、$a_{22}$，
# 也就是展开以后的第 1、2、4、5 个元素。从第 1 行到第 2 行，卷积核向右移一格，权重也都右移一格；
# 从第 2 行到第 3 行，卷积核换到下一行，要多移 $k_w - 1$ 格。
#
# 讲义 2.2 的数字都在其中：36 个位置，是全连接的 36 个连接；其中 16 个位置放着权重，是局部连接；
# 这 16 个位置只有 4 个不同的数，这就是权值共享。
#
# **任务**：完成 `conv_matrix`，对任意大小的图和核写出 $M$，使 `z.ravel()` 等于 `M @ a.ravel()`（步长 1，
# 无填充，无偏置）。展开按行进行，与 NumPy 的 `ravel()` 相同。可以用练习 1 检查：两种算法的 $z$ 应当一样。

# %% [markdown] lang="en"
# ## 4 The unrolled convolution `conv_matrix` (<<points conv_matrix>>)
#
# Write the map $a$ and the feature map $z$ as vectors, row after row, and the convolution becomes a product
# with a matrix, $z = M a$: a fully connected layer (lecture 2.2). Each row of $M$ stands for one neuron of
# the feature map, each column for one neuron of the layer before. A $3 \times 3$ map and a $2 \times 2$
# kernel give a $4 \times 9$ matrix:
#
# $$M = \begin{pmatrix}
# w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 & 0 \\
# 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 \\
# 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 \\
# 0 & 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22}
# \end{pmatrix}$$
#
# Row 1 is $z_{11}$: its four weights stand over $a_{11}$, $a_{12}$, $a_{21}$, $a_{22}$, which are elements 1,
# 2, 4, 5 of the unrolled map. From row 1 to row 2 the kernel moves one place to the right, and so do the
# weights; from row 2 to row 3 it moves on to the next row of the map, which takes $k_w - 1$ places more.
#
# The numbers of lecture 2.2 are all in it: its 36 places are the 36 connections of a fully connected layer;
# the 16 places that hold a weight are the local connections; and these 16 hold only 4 different numbers,
# which is what sharing weights means.
#
# **Your task**: complete `conv_matrix`, which gives $M$ for a map and a kernel of any size, so that
# `z.ravel()` equals `M @ a.ravel()` (stride 1, no padding, no bias). Unrolling goes row by row, as NumPy's
# `ravel()` does. Exercise 1 serves as a check: both ways must give the same $z$.


# %%
def conv_matrix(w, input_shape):
    """
    zh: 卷积展开成的矩阵 M：z.ravel() = M @ a.ravel()（讲义 2.2）。
    en: The matrix M of the unrolled convolution: z.ravel() = M @ a.ravel() (lecture 2.2).

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
# ### 思考：竖着看这个矩阵
#
# 横着看，$M$ 的每一行有 4 个权重。竖着看呢？第 1 列（$a_{11}$）有几个权重，第 5 列（$a_{22}$）有几个？
# 列里的权重有什么含义？
#
# <details><summary>想好以后再展开</summary>
#
# 用你的函数数一数：
#
# ```python
# (conv_matrix(np.ones((2, 2)), (3, 3)) != 0).sum(axis=0).reshape(3, 3)
# ```
#
# 得到 $\begin{pmatrix}1&2&1\\2&4&2\\1&2&1\end{pmatrix}$，合计 16。一列中的权重，
# 说明这个 $a$ 参与了哪些 $z$ 的计算、各乘了什么：$a_{11}$ 只参与了 $z_{11}$，$a_{22}$ 参与了全部四个 $z$。
# 反向传播时，残差正是沿着这些连接传回来的。全连接层的残差要乘 $w^T$（讲义 3.2），卷积层的残差就是乘 $M^T$：
# 把这里的“列”变成“行”。
#
# </details>

# %% [markdown] lang="en"
# ### Think: read the matrix down its columns
#
# Along its rows, $M$ holds 4 weights each. And down its columns? How many weights are there in column 1
# ($a_{11}$), how many in column 5 ($a_{22}$)? What do the weights of a column tell?
#
# <details><summary>Open this when you have thought about it</summary>
#
# Let your function count:
#
# ```python
# (conv_matrix(np.ones((2, 2)), (3, 3)) != 0).sum(axis=0).reshape(3, 3)
# ```
#
# It gives $\begin{pmatrix}1&2&1\\2&4&2\\1&2&1\end{pmatrix}$, 16 in all. The weights of a column tell which
# $z$ this $a$ took part in, and what it was multiplied by: $a_{11}$ took part in $z_{11}$ only, $a_{22}$ in
# all four. These are the connections along which back-propagation hands the residual back. In a fully
# connected layer the residual is multiplied by $w^T$ (lecture 3.2), in a convolution by this $M^T$, which
# makes rows of the columns.
#
# </details>

# %% [markdown] lang="zh"
# ## 5 全连接的连接数与参数量 `fully_connected_counts`（<<points fully_connected_counts>>）
#
# ![全连接、局部连接、权值共享：连接数与参数量](attachment:connections.png)
#
# 接下来的三个练习比较三种连接方式，图中从左到右就是这三种：全连接，局部连接，局部连接加权值共享（也就是卷积，
# 同一种颜色是同一个权重）。图上方的数字是“连接数量 / 参数数量”，每个练习也返回这两个整数：
#
# - **连接数量**：有多少对（前一层神经元，本层神经元）相连，也就是图中有多少条线；
# - **参数数量**：有多少个需要求解的数。
#
# 全连接层里，每个输入都与每个输出相连，每个连接有自己的权重。讲义的例子有 9 个输入、4 个输出：连接 36，
# 参数 36。
#
# **请注意**：讲义的 36 / 36 和 16 / 4 都没有计偏置。这里用 `bias=True` 把偏置也算上：**偏置是参数，
# 但不是连接**，因为它不来自前一层的神经元。全连接层的每个输出神经元有一个偏置，所以上例有偏置时是连接 36、
# 参数 40。
#
# **任务**：完成 `fully_connected_counts`，返回（连接数量，参数数量）。

# %% [markdown] lang="en"
# ## 5 Connections and parameters of a fully connected layer `fully_connected_counts` (<<points fully_connected_counts>>)
#
# ![full, local and shared connections: how many, with how many parameters](attachment:connections.png)
#
# The next three exercises compare three ways of connecting two layers. The picture shows them from left to
# right: full connection, local connection, and local connection with shared weights, which is a convolution
# (one colour, one weight). The numbers above are "connections / parameters", the two whole numbers that each
# exercise returns:
#
# - **connections**: how many pairs (neuron of the layer before, neuron of this layer) are joined, which is
#   how many lines there are in the picture;
# - **parameters**: how many numbers have to be learned.
#
# In a fully connected layer every input is joined to every output, and every connection has a weight of its
# own. The lecture's example has 9 inputs and 4 outputs: 36 connections, 36 parameters.
#
# **Please note** that the lecture's 36 / 36 and 16 / 4 count no biases. Here `bias=True` counts them too: **a
# bias is a parameter, but not a connection**, since it comes from no neuron of the layer before. A fully
# connected layer has one bias for each output neuron, so with biases the example has 36 connections and 40
# parameters.
#
# **Your task**: complete `fully_connected_counts`, which returns (connections, parameters).


# %%
def fully_connected_counts(inputs, outputs, bias=False):
    """
    zh: 全连接层的连接数量和参数数量（讲义 2.2）。
    en: Connections and parameters of a fully connected layer (lecture 2.2).

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
# ## 6 局部连接的连接数与参数量 `locally_connected_counts`（<<points locally_connected_counts>>）
#
# 局部连接：每个输出神经元只与一个 $k_h \times k_w$ 的窗口相连，但**权值不共享**，
# 每个窗口有自己的一组权重（和自己的偏置）。窗口像卷积那样滑动：步长 1，无填充，一张输入图，一张输出图。
#
# **小例子**：$3 \times 3$ 的图、$2 \times 2$ 的窗口有 4 个输出，每个 4 个连接，所以连接 16、
# 参数 16（图的中间）；有偏置时，参数为 $16 + 4 = 20$。
#
# **任务**：完成 `locally_connected_counts`。

# %% [markdown] lang="en"
# ## 6 Connections and parameters of local connection `locally_connected_counts` (<<points locally_connected_counts>>)
#
# Local connection: each output neuron is joined only to a window of $k_h \times k_w$ inputs, but **the
# weights are not shared**: each window has a set of weights (and a bias) of its own. The windows slide as in
# a convolution: stride 1, no padding, one input map, one output map.
#
# **Small example**: a $3 \times 3$ map and $2 \times 2$ windows give 4 outputs with 4 connections each, so 16
# connections and 16 parameters (the middle of the picture); with biases $16 + 4 = 20$ parameters.
#
# **Your task**: complete `locally_connected_counts`.


# %%
def locally_connected_counts(input_shape, kernel_shape, bias=False):
    """
    zh: 局部连接层（权值不共享）的连接数量和参数数量（讲义 2.2）。
    en: Connections and parameters of a locally connected layer, its weights not shared (lecture 2.2).

    zh: 一张输入图，一张输出图，步长 1，无填充。
    en: One input map, one output map, stride 1, no padding.

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
# ## 7 卷积的连接数与参数量 `convolution_counts`（<<points convolution_counts>>）
#
# 卷积 = 局部连接 + **权值共享**：连接与练习 6 一样多，但所有窗口用同一个卷积核。
# 讲义的例子：$3 \times 3$ 的图、$2 \times 2$ 的核，连接 16、参数 4（图的右边：16 条线，4 种颜色）。
#
# 偏置也是共享的。讲义 3.3 写道：“偏置值数量等于生成的特征图的激活值数量（同一个特征图中的偏置值相同）”。
# 括号里的话是关键：每个激活值都加了偏置，但加的是**同一个数**，所以需要求解的偏置每张特征图只有 1 个。
# 上例有偏置时，参数为 $4 + 1 = 5$。
#
# **任务**：完成 `convolution_counts`。

# %% [markdown] lang="en"
# ## 7 Connections and parameters of a convolution `convolution_counts` (<<points convolution_counts>>)
#
# A convolution is local connection with **shared weights**: as many connections as in exercise 6, but one
# kernel for all windows. The lecture's example: a $3 \times 3$ map and a $2 \times 2$ kernel, 16 connections,
# 4 parameters (on the right of the picture: 16 lines in 4 colours).
#
# The bias is shared too. Lecture 3.3 says that there are as many biases as activations in the feature map,
# and adds in brackets that those of one feature map are equal. The brackets matter: every activation has a
# bias added to it, but it is **the same number** each time, so there is just 1 bias to learn for each feature
# map. With a bias the example has $4 + 1 = 5$ parameters.
#
# **Your task**: complete `convolution_counts`.


# %%
def convolution_counts(input_shape, kernel_shape, bias=False):
    """
    zh: 卷积层的连接数量和参数数量（讲义 2.2）。
    en: Connections and parameters of a convolution (lecture 2.2).

    zh: 一个通道，一个卷积核，步长 1，无填充。
    en: One channel, one kernel, stride 1, no padding.

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
# ### 思考：图变大了，谁变得多？
#
# $28 \times 28$ 的图，$5 \times 5$ 的窗口（或卷积核），不计偏置，三种方式各有多少连接、多少参数？
# 图的高和宽都加倍，又各是多少？先估计，再用你的三个函数算。
#
# <details><summary>想好以后再展开</summary>
#
# 输出有 $24 \times 24 = 576$ 个；图加倍以后有 $52 \times 52 = 2704$ 个。
#
# | | $28 \times 28$：连接 / 参数 | $56 \times 56$：连接 / 参数 |
# | --- | --- | --- |
# | 全连接 | 451,584 / 451,584 | 8,479,744 / 8,479,744 |
# | 局部连接 | 14,400 / 14,400 | 67,600 / 67,600 |
# | 卷积 | 14,400 / 25 | 67,600 / 25 |
#
# 局部连接减少了**连接**，权值共享减少了**参数**。卷积的参数只由卷积核决定，与图的大小无关。
#
# </details>

# %% [markdown] lang="en"
# ### Think: what grows with the map?
#
# A map of $28 \times 28$ and windows (or a kernel) of $5 \times 5$, without biases: how many connections and
# parameters are there in each of the three ways? And when the map's height and width are doubled? Guess
# first, then ask your three functions.
#
# <details><summary>Open this when you have thought about it</summary>
#
# There are $24 \times 24 = 576$ outputs; after doubling, $52 \times 52 = 2704$.
#
# | | $28 \times 28$: connections / parameters | $56 \times 56$: connections / parameters |
# | --- | --- | --- |
# | full connection | 451,584 / 451,584 | 8,479,744 / 8,479,744 |
# | local connection | 14,400 / 14,400 | 67,600 / 67,600 |
# | convolution | 14,400 / 25 | 67,600 / 25 |
#
# Local connection saves **connections**, sharing saves **parameters**. Those of a convolution depend on the
# kernel only, and not on the size of the map.
#
# </details>

# %% [markdown] lang="zh"
# ## 8 卷积层的参数量 `convolution_parameters`（<<points convolution_parameters>>）
#
# 实际的卷积层有 $C$ 个输入通道和 $K$ 个卷积核。每个卷积核在**每个**输入通道上各有 $k_h \times k_w$ 个权重，
# 各通道的结果相加，得到一张特征图；$K$ 个核得到 $K$ 张特征图，每张有一个偏置：
#
# $$\text{参数数量} = K \cdot C \cdot k_h \cdot k_w + K$$
#
# 公式里没有图的大小：这正是权值共享的好处。
#
# **分组卷积**（AlexNet 用过，讲义第 4 节）：把输入通道和卷积核都分成 $g$ 组，每个核只看自己那组的 $C / g$
# 个通道，所以公式中的 $C$ 换成 $C / g$。$K$ 个核仍然得到 $K$ 张特征图。$C$ 和 $K$ 都能被 $g$ 整除。
#
# **小例子**
# - 3 个通道、10 个 $3 \times 3$ 的核：$10 \cdot 3 \cdot 9 + 10 = 280$。
# - 4 个通道、6 个 $3 \times 2$ 的核、2 组：$6 \cdot 2 \cdot 6 + 6 = 78$；不要偏置（`bias=False`）则为 72。
#
# **任务**：完成 `convolution_parameters`，返回一个整数。

# %% [markdown] lang="en"
# ## 8 The parameters of a convolution layer `convolution_parameters` (<<points convolution_parameters>>)
#
# A real convolution layer has $C$ input channels and $K$ kernels. A kernel has $k_h \times k_w$ weights for
# **each** input channel; the channels' results are added up to one feature map. $K$ kernels give $K$ feature
# maps, each with one bias:
#
# $$\text{parameters} = K \cdot C \cdot k_h \cdot k_w + K$$
#
# The size of the map does not occur: that is what sharing weights is good for.
#
# **Grouped convolution** (AlexNet used it, lecture 4): input channels and kernels are both split into $g$
# groups, and each kernel sees only the $C / g$ channels of its own group, so $C / g$ takes the place of $C$
# in the formula. There are still $K$ kernels and $K$ feature maps. Both $C$ and $K$ are multiples of $g$.
#
# **Small examples**
# - 3 channels, 10 kernels of $3 \times 3$: $10 \cdot 3 \cdot 9 + 10 = 280$.
# - 4 channels, 6 kernels of $3 \times 2$, 2 groups: $6 \cdot 2 \cdot 6 + 6 = 78$; without biases
#   (`bias=False`) 72.
#
# **Your task**: complete `convolution_parameters`. It returns one whole number.


# %%
def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    """
    zh: 卷积层的参数数量（讲义 2.2、3.3）。
    en: How many parameters a convolution layer has (lecture 2.2, 3.3).

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
# ### 思考：AlexNet 的第一层若是全连接
#
# AlexNet 的第一层输入 3 个通道、$227 \times 227$ 的图，用 96 个 $11 \times 11$ 的核，
# 得到 96 张 $55 \times 55$ 的特征图（步长 4，无填充）。它有多少参数？若换成输入、输出一样多的全连接层，
# 又有多少？用你的函数算一算。
#
# <details><summary>想好以后再展开</summary>
#
# `convolution_parameters(3, 96, (11, 11))` 得 34,944。换成全连
# 接，`fully_connected_counts(3 * 227**2, 96 * 55**2, bias=True)` 给出的参数是 44,892,355,200，约 449 亿，
# 是前者的一百多万倍。
#
# </details>

# %% [markdown] lang="en"
# ### Think: if AlexNet's first layer were fully connected
#
# AlexNet's first layer takes 3 channels of $227 \times 227$ and makes 96 feature maps of $55 \times 55$ with
# 96 kernels of $11 \times 11$ (stride 4, no padding). How many parameters does it have? And how many would a fully
# connected layer have with as many inputs and outputs? Ask your functions.
#
# <details><summary>Open this when you have thought about it</summary>
#
# `convolution_parameters(3, 96, (11, 11))` is 34,944. For the fully connected layer,
# `fully_connected_counts(3 * 227**2, 96 * 55**2, bias=True)` gives 44,892,355,200 parameters, some 45
# billion: more than a million times as many.
#
# </details>

# %% [markdown] lang="zh"
# ## 9 实际使用的卷积层 `conv2d`（<<points conv2d>>）
#
# 现在把 `correlate` 推广到实际使用的卷积层。输入 `x` 是一批图，形状 $(N, C, H, W)$：$N$ 个样本，
# 各有 $C$ 个通道。卷积核 `w` 的形状是 $(K, C, k_h, k_w)$，偏置 `b` 的形状是 $(K,)$。
# 第 $n$ 个样本的第 $k$ 张特征图，把所有通道的卷积相加，再加上第 $k$ 个偏置（为了与代码一致，
# 这个公式的下标从 0 开始）：
#
# $$z_{n,k,u,v} = \sum_c \sum_p \sum_q w_{k,c,p,q}\; \tilde a_{n,\,c,\,us+p,\,vs+q} + b_k$$
#
# - **填充** $P$：$\tilde a$ 是 `x` 在上、下、左、右四边各补 `padding` 圈 0 之后的图；样本和通道这两个轴不补。
# - **步长** $s$：卷积核每次移动 `stride` 格，横竖相同。
# - **输出大小**：卷积核必须完整落在 $\tilde a$ 之内，所以
#
# $$H_o = \left\lfloor \frac{H + 2P - k_h}{s} \right\rfloor + 1 \qquad
# W_o = \left\lfloor \frac{W + 2P - k_w}{s} \right\rfloor + 1$$
#
# 除不尽时向下取整：最下面、最右边余下的几行几列没有窗口到达，不参与计算。
#
# **小例子**：练习 1 的图和核，$s = 2$、$P = 1$、$b = 0$。$H_o = \lfloor (3 + 2 - 2) / 2 \rfloor + 1 = 2$，
# 余数是 1，最后一行、最后一列没有用到：
#
# $$\begin{pmatrix} 0 & 0 & 0 & 0 & 0 \\ 0 & 1 & 0 & 2 & 0 \\ 0 & 3 & 1 & 0 & 0 \\ 0 & 0 & 2 & 1 & 0 \\
# 0 & 0 & 0 & 0 & 0 \end{pmatrix} * \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =
# \begin{pmatrix} 4 & 8 \\ 6 & 11 \end{pmatrix}$$
#
# **任务**：完成 `conv2d`，返回 $z$。图和核都不一定是正方形，$N$、$C$、$K$ 都可能为 1，步长可以大于核，
# 填充也可以比核大。建议从步长 1、无填充写起，一项一项地加：每一项都有自己的分数。

# %% [markdown] lang="en"
# ## 9 The convolution layer as it is used `conv2d` (<<points conv2d>>)
#
# Now take `correlate` to the convolution layer as it is really used. The input `x` is a batch of maps of
# shape $(N, C, H, W)$: $N$ samples with $C$ channels each. The kernels `w` have shape $(K, C, k_h, k_w)$, the
# biases `b` shape $(K,)$. Feature map $k$ of sample $n$ adds up the convolutions of all channels, and then
# bias $k$ (in this formula the indices start at 0, as in code):
#
# $$z_{n,k,u,v} = \sum_c \sum_p \sum_q w_{k,c,p,q}\; \tilde a_{n,\,c,\,us+p,\,vs+q} + b_k$$
#
# - **Padding** $P$: $\tilde a$ is `x` with `padding` rows and columns of zeros added on all four sides; the
#   axes of samples and channels are not padded.
# - **Stride** $s$: the kernel moves on by `stride` places, down as well as across.
# - **Output size**: the kernel must lie wholly inside $\tilde a$, so
#
# $$H_o = \left\lfloor \frac{H + 2P - k_h}{s} \right\rfloor + 1 \qquad
# W_o = \left\lfloor \frac{W + 2P - k_w}{s} \right\rfloor + 1$$
#
# Where the division leaves a remainder, it is rounded down: the last few rows and columns, at the bottom and
# on the right, are reached by no window and play no part.
#
# **Small example**: map and kernel of exercise 1, $s = 2$, $P = 1$, $b = 0$.
# $H_o = \lfloor (3 + 2 - 2) / 2 \rfloor + 1 = 2$ with remainder 1, and the last row and column are not used:
#
# $$\begin{pmatrix} 0 & 0 & 0 & 0 & 0 \\ 0 & 1 & 0 & 2 & 0 \\ 0 & 3 & 1 & 0 & 0 \\ 0 & 0 & 2 & 1 & 0 \\
# 0 & 0 & 0 & 0 & 0 \end{pmatrix} * \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =
# \begin{pmatrix} 4 & 8 \\ 6 & 11 \end{pmatrix}$$
#
# **Your task**: complete `conv2d`, which returns $z$. Neither maps nor kernels need be square, each of $N$,
# $C$, $K$ may be 1, the stride may be larger than the kernel, and so may the padding. Begin with stride 1 and
# no padding, then add one thing after the other: each has points of its own.


# %%
def conv2d(x, w, b, stride=1, padding=0):
    """
    zh: 卷积层的前向计算（互相关；讲义 2.1）。
    en: The forward pass of a convolution layer (cross-correlation; lecture 2.1).

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


# %% [markdown] lang="zh"
# ### 思考：填充和步长
#
# 1. 步长为 1 时，补几圈 0 可以使特征图与输入一样大？什么样的核做不到？
# 2. 步长为 2 的卷积结果，与步长为 1 的结果有什么关系？用你的 `conv2d` 验证。
#
# <details><summary>想好以后再展开</summary>
#
# 1. 令 $H + 2P - k_h + 1 = H$，得 $P = (k_h - 1)/2$：$3 \times 3$ 的核补 1 圈，$5 \times 5$ 的核补 2
#    圈。边长为偶数的核做不到，因为四边补得一样多。
# 2. 步长为 2 的结果，就是在步长为 1 的结果里每隔一个取一个：`conv2d(x, w, b)[:, :, ::2, ::2]`。没有取到的 $z$
#    不影响后面的任何计算，所以它们的残差是 0：讲义 3.2 在步长不为 1 时给残差补 0，道理就在这里。
#
# </details>

# %% [markdown] lang="en"
# ### Think: padding and stride
#
# 1. With stride 1, how many rings of zeros make the feature map as large as the input? For which kernels is
#    this impossible?
# 2. How is the result with stride 2 related to the result with stride 1? Let your `conv2d` confirm it.
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. $H + 2P - k_h + 1 = H$ gives $P = (k_h - 1)/2$: one ring for a $3 \times 3$ kernel, two for $5 \times 5$.
#    It is impossible for kernels with an even side, since all four sides are padded alike.
# 2. With stride 2 one gets every other element of the result with stride 1,
#    `conv2d(x, w, b)[:, :, ::2, ::2]`. The $z$ that are left out influence nothing that follows, so their
#    residual is 0: that is why lecture 3.2 puts zeros into the residual when the stride is not 1.
#
# </details>
