# %% [markdown] lang="zh"
# # 作业：卷积神经网络中的重要模型（讲义 4）
#
# 讲义最后介绍了三个模型。它们没有改变反向传播的原理，各自只添加了一种结构：
# AlexNet 的 ReLU、Dropout 和重叠最大池化，GoogLeNet 的 Inception，ResNet 的捷径（shortcut）。
# 本作业先求残差怎样通过这些结构，再数一数：一个模型有多少参数，处理一张图像要做多少次乘加运算。
# 最后从讲义的表出发，一层一层地搭出 ResNet，算出表中最后一行的 FLOPs。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `relu_backward` | 4 AlexNet：ReLU 激活函数 | <<number relu_backward>> |
# | `dropout_forward` | 4 AlexNet：Dropout | <<number dropout_forward>> |
# | `dropout_backward` | 4 AlexNet：Dropout | <<number dropout_backward>> |
# | `relu_pool_backward` | 4 AlexNet：重叠最大池化；3.1 | <<number relu_pool_backward>> |
# | `inception_backward` | 4 GoogLeNet：Inception 结构 | <<number inception_backward>> |
# | `residual_backward` | 4 ResNet | <<number residual_backward>> |
# | `output_shape` | 4 ResNet 表中的 output size；2.1 | <<number output_shape>> |
# | `layer_parameters` | 4；3.3 CNN 中的参数 | <<number layer_parameters>> |
# | `layer_macs` | 4 ResNet 表中的 FLOPs | <<number layer_macs>> |
# | `model_totals` | 4 | <<number model_totals>> |
# | `bottleneck_layers` | 4 ResNet：Deeper Bottleneck Architectures | <<number bottleneck_layers>> |
# | `resnet_layers` | 4 ResNet 的表 | <<number resnet_layers>> |
# | **合计** | | **<<number>>** |
#
# **约定**
# - 图像的形状是 $(N, C, H, W)$：批、通道、高、宽。层表中一张图像的形状是 $(C, H, W)$。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 只能使用 <<modules>> 和 Python 标准库。
# - 计数的结果是整数，必须一个不差。

# %% [markdown] lang="en"
# # Assignment: the important models (lecture 4)
#
# The lecture ends with three models. None of them changes how back-propagation works; each adds one kind of
# structure: AlexNet its ReLU, dropout and overlapping max pooling, GoogLeNet the Inception module, ResNet the
# shortcut. First we ask how a residual gets through these structures. Then we count: how many
# parameters does a model have, and how many multiply-adds does one image cost? In the end you will build
# the ResNets, layer by layer, from the lecture's table, and compute the FLOPs in its last row.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `relu_backward` | 4, AlexNet: ReLU | <<number relu_backward>> |
# | `dropout_forward` | 4, AlexNet: dropout | <<number dropout_forward>> |
# | `dropout_backward` | 4, AlexNet: dropout | <<number dropout_backward>> |
# | `relu_pool_backward` | 4, AlexNet: overlapping max pooling; 3.1 | <<number relu_pool_backward>> |
# | `inception_backward` | 4, GoogLeNet: Inception | <<number inception_backward>> |
# | `residual_backward` | 4, ResNet | <<number residual_backward>> |
# | `output_shape` | 4, the ResNet table's output size; 2.1 | <<number output_shape>> |
# | `layer_parameters` | 4; 3.3, the parameters of a CNN | <<number layer_parameters>> |
# | `layer_macs` | 4, the ResNet table's FLOPs | <<number layer_macs>> |
# | `model_totals` | 4 | <<number model_totals>> |
# | `bottleneck_layers` | 4, ResNet: Deeper Bottleneck Architectures | <<number bottleneck_layers>> |
# | `resnet_layers` | 4, the ResNet table | <<number resnet_layers>> |
# | **total** | | **<<number>>** |
#
# **Conventions**
# - Images have shape $(N, C, H, W)$: batch, channels, height, width. In layer tables the shape of a single
#   image is $(C, H, W)$.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only <<modules>> and Python's standard library may be used.
# - Counts are whole numbers and must be exact to the last digit.

# %% [markdown] lang="zh"
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如正负号反了、表的某一项不对。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。
# 想马上知道，就另开一个单元，运行 `check(relu_backward, lang="zh", hint=True)`。
# 4. 全部做完后，重启内核，从头到尾运行一遍，保存，交这个文件。
#
# 检查单元只使用一部分例子；评分时还会换用别的数值、别的形状和别的层，所以检查通过以后，也请再想想题目里
# 提到的特殊情形。后面的函数可以调用前面的函数，但前面的错误也会带到后面。可以随意添加单元做试验。
#
# 如果检查单元一直在运行（`[*]`），多半是死循环：点 ■ 中断，再检查循环。
# 检查单元下面的数字是给 nbgrader 用的，不是最后的成绩。
#
# 作业有两种文件：notebook（`.ipynb`，有图）和 `.py`（没有图）。两者内容相同，任选一种来做、来交。
# 做 `.py` 的，在命令行运行 `autograder check models.py` 来检查；加上 `--hint`，就马上说出想法。

# %% [markdown] lang="en"
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the signs are reversed, say, or an entry of a table is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(relu_backward, lang="en", hint=True)`.
# 4. When all is done, restart the kernel, run everything from top to bottom, save, and hand in this file.
#
# The check cells use only some of the cases; grading uses other numbers, other shapes and other layers as
# well. So when a check has passed, think once more about the special cases that the text mentions. A function
# may call the ones before it, but then their mistakes travel along. Add cells to try things out, as many as
# you like.
#
# If a check cell keeps running (`[*]`), a loop probably never ends: interrupt it with ■. The number below a
# check cell is for nbgrader; it is not your final mark.
#
# An assignment comes as a notebook (`.ipynb`, with pictures) and as a `.py` file (without). Both say the
# same; work on the one that you prefer, and hand that in. For the `.py` file, `autograder check models.py`
# on the command line does the checking; with `--hint` it tells the idea at once.

# %%
import numpy as np

# %% [markdown] lang="zh"
# ## 第一部分：AlexNet
#
# ## 1. ReLU 的残差（<<points relu_backward>>）
#
# AlexNet 使用 $a=\sigma(z)=\max(0, z)$ 作激活函数。它的导数只有两个值：
#
# $$\sigma'(z)=\begin{cases}1,&z>0\\0,&z\le 0\end{cases}
# \qquad\qquad \frac{\partial J}{\partial z}=\frac{\partial J}{\partial a}\,\sigma'(z)$$
#
# $z>0$ 的单元把残差原样传下去，其余的单元传下去的是 0。$z$ 很大时导数仍然是 1，
# 残差不会像经过 sigmoid 那样越来越小，这正是深层网络选用它的原因。
# $z=0$ 处导数没有定义，这里与常用的程序库一样取 0。
#
# **小例子**
#
# $$z=\begin{pmatrix}1&-2\\0&3\end{pmatrix},\quad
# \frac{\partial J}{\partial a}=\begin{pmatrix}5&6\\7&8\end{pmatrix}
# \quad\Rightarrow\quad\frac{\partial J}{\partial z}=\begin{pmatrix}5&0\\0&8\end{pmatrix}$$
#
# **任务**：完成 `relu_backward`。数组可以是任意形状；`delta` 是 $\partial J/\partial a$。

# %% [markdown] lang="en"
# ## Part one: AlexNet
#
# ## 1. The residual of a ReLU (<<points relu_backward>>)
#
# AlexNet's activation function is $a=\sigma(z)=\max(0, z)$. Its derivative has two values only:
#
# $$\sigma'(z)=\begin{cases}1,&z>0\\0,&z\le 0\end{cases}
# \qquad\qquad \frac{\partial J}{\partial z}=\frac{\partial J}{\partial a}\,\sigma'(z)$$
#
# Where $z>0$ the residual passes unchanged, elsewhere nothing passes. However large $z$ is, the derivative
# stays 1, so that residuals do not fade from layer to layer as they do after a sigmoid: that is why deep
# networks use it. At $z=0$ there is no derivative; like the usual libraries, we take 0.
#
# **Small example**
#
# $$z=\begin{pmatrix}1&-2\\0&3\end{pmatrix},\quad
# \frac{\partial J}{\partial a}=\begin{pmatrix}5&6\\7&8\end{pmatrix}
# \quad\Rightarrow\quad\frac{\partial J}{\partial z}=\begin{pmatrix}5&0\\0&8\end{pmatrix}$$
#
# **Your task**: complete `relu_backward`. Arrays may have any shape; `delta` is $\partial J/\partial a$.


# %%
def relu_backward(delta, z):
    """
    zh: ReLU 的反向传播：∂J/∂z。
    en: Backward pass of a ReLU: ∂J/∂z.

    ∂J/∂z = ∂J/∂a · σ′(z),   σ′(z) = 1 if z > 0 else 0

    Parameters
    ----------
    delta : (…)
        ∂J/∂a
    z : (…)
        zh: 输入和，形状与 delta 相同
        en: pre-activations, of the shape of delta

    Returns
    -------
    (…)
        ∂J/∂z
    """
    ### BEGIN SOLUTION
    return delta * (z > 0)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 2. Dropout 的前向传播（<<points dropout_forward>>）
#
# 训练时，Dropout 以概率 $1-p$ 随机去掉单元，每个单元被**保留**的概率是 $p$（参数 `keep`）。
# 哪些单元保留，由一个 0 和 1 组成的掩码 $m$ 表示。去掉一部分之后，后一层收到的总和平均只剩 $p$ 倍，
# 所以把保留下来的激活值除以 $p$：
#
# $$a' = \frac{a\cdot m}{p}$$
#
# 这样 $a'$ 的期望恰好是 $a$，测试时就可以完全不用 Dropout。这种写法叫作**反向缩放的 Dropout**
# （inverted dropout），是现在通行的做法。AlexNet 的论文写的是另一种：训练时不除以 $p$，
# 测试时把激活值乘以 $p$。本作业用前一种。
#
# **小例子**，$p=0.5$：
#
# $$a=\begin{pmatrix}2&4\\6&8\end{pmatrix},\quad m=\begin{pmatrix}1&0\\1&1\end{pmatrix}
# \quad\Rightarrow\quad a'=\begin{pmatrix}4&0\\12&16\end{pmatrix}$$
#
# 除数是概率 $p=0.5$，不是这一次恰好保留的比例 $3/4$。
#
# **任务**：完成 `dropout_forward`。掩码已经抽好，由参数给出；它可能是浮点、整数或布尔数组。

# %% [markdown] lang="en"
# ## 2. Forward pass of dropout (<<points dropout_forward>>)
#
# During training dropout removes each unit with probability $1-p$; with probability $p$ (parameter `keep`)
# the unit is **kept**. A mask $m$ of zeros and ones says which ones are kept. With some of them gone, the
# next layer receives only $p$ times the usual sum on average. So what is kept gets divided by $p$:
#
# $$a' = \frac{a\cdot m}{p}$$
#
# Then the expectation of $a'$ is $a$, and in testing there is nothing to do. This is called **inverted
# dropout** and is what everybody does today. AlexNet's paper does the opposite: nothing is divided in
# training, and in testing activations are multiplied by $p$. This assignment uses the former.
#
# **Small example**, $p=0.5$:
#
# $$a=\begin{pmatrix}2&4\\6&8\end{pmatrix},\quad m=\begin{pmatrix}1&0\\1&1\end{pmatrix}
# \quad\Rightarrow\quad a'=\begin{pmatrix}4&0\\12&16\end{pmatrix}$$
#
# The divisor is the probability $p=0.5$, not the share $3/4$ that happens to be kept this time.
#
# **Your task**: complete `dropout_forward`. The mask has been drawn already and is given; it may be an array
# of floats, integers or booleans.


# %%
def dropout_forward(a, mask, keep):
    """
    zh: 训练时的 Dropout（反向缩放）。
    en: Dropout in training (inverted dropout).

    a' = a · mask / keep

    Parameters
    ----------
    a : (…)
        zh: 激活值
        en: activations
    mask : (…)
        zh: 1 表示保留，0 表示去掉；形状与 a 相同
        en: 1 where a unit is kept, 0 where it is removed; of the shape of a
    keep : float
        zh: 保留的概率 p，0 < p ≤ 1
        en: the probability p of being kept, 0 < p ≤ 1

    Returns
    -------
    (…)
        a'
    """
    ### BEGIN SOLUTION
    return a * mask / keep
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 3. Dropout 的残差（<<points dropout_backward>>）
#
# 一次训练中掩码是固定的，$a'=a\cdot m/p$ 对 $a$ 是线性的，
# 每个单元的偏导数是 $\partial a'/\partial a = m/p$：
#
# $$\frac{\partial J}{\partial a} = \frac{\partial J}{\partial a'}\cdot\frac{m}{p}$$
#
# 被去掉的单元没有参与前向传播，也就收不到残差；保留的单元在前向时放大了 $1/p$ 倍，残差同样放大。
# 前向与反向必须用**同一个**掩码。
#
# **小例子**（$m$、$p$ 同练习 2）：
# $\dfrac{\partial J}{\partial a'}=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ 给出
# $\dfrac{\partial J}{\partial a}=\begin{pmatrix}2&0\\6&8\end{pmatrix}$。
#
# **任务**：完成 `dropout_backward`。

# %% [markdown] lang="en"
# ## 3. The residual of dropout (<<points dropout_backward>>)
#
# In one training step the mask is fixed, so that $a'=a\cdot m/p$ is linear in $a$, with the derivative
# $\partial a'/\partial a = m/p$ for each unit:
#
# $$\frac{\partial J}{\partial a} = \frac{\partial J}{\partial a'}\cdot\frac{m}{p}$$
#
# A unit that was removed took no part in the forward pass and receives no residual; one that was kept was
# magnified by $1/p$, and so is its residual. Forward and backward pass use **the same** mask.
#
# **Small example** ($m$, $p$ of exercise 2):
# $\dfrac{\partial J}{\partial a'}=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ gives
# $\dfrac{\partial J}{\partial a}=\begin{pmatrix}2&0\\6&8\end{pmatrix}$.
#
# **Your task**: complete `dropout_backward`.


# %%
def dropout_backward(delta, mask, keep):
    """
    zh: Dropout 的反向传播：∂J/∂a。
    en: Backward pass of dropout: ∂J/∂a.

    ∂J/∂a = ∂J/∂a' · mask / keep

    Parameters
    ----------
    delta : (…)
        ∂J/∂a'
    mask : (…)
        zh: 前向传播所用的掩码，形状与 delta 相同
        en: the mask of the forward pass, of the shape of delta
    keep : float
        zh: 保留的概率 p，0 < p ≤ 1
        en: the probability p of being kept, 0 < p ≤ 1

    Returns
    -------
    (…)
        ∂J/∂a
    """
    ### BEGIN SOLUTION
    return delta * mask / keep
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 4. ReLU 与重叠最大池化的残差（<<points relu_pool_backward>>）
#
# AlexNet 的第 1、2、5 个卷积层之后是 ReLU，再是**重叠**的最大池化：滑窗 $3\times3$，步长 2。
# 相邻的滑窗共用一行或一列，一个单元可以同时是几个滑窗的最大值。（第 1、2 层的 ReLU 与池化之间，论文里还有
# 局部响应归一化 LRN，第四部分的层表列出了它；后来的网络不再用它，这里略去。）
#
# $$z \ \xrightarrow{\ \text{ReLU}\ }\ a \ \xrightarrow{\ 3\times3\text{ 最大池化，步长 }2\ }\ \text{输出}$$
#
# 反向传播按相反的顺序进行：先把输出的残差送到每个滑窗的最大值处，得到几份就**相加**几份（讲义 3.1）；
# 再乘以 $\sigma'(z)$（练习 1）。
#
# **小例子**
#
# $$z=\begin{pmatrix}1&-2&3&-1&2\\-4&5&8&4&-3\\-1&-2&-6&-5&-7\\-8&-9&-2&-1&-4\\7&-6&-5&-2&-1\end{pmatrix},
# \qquad
# \delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \frac{\partial J}{\partial z}
#     =\begin{pmatrix}0&0&0&0&0\\0&0&3&0&0\\0&0&0&0&0\\0&0&0&0&0\\3&0&0&0&0\end{pmatrix}$$
#
# $8$ 是上面两个滑窗的最大值，得到 $1+2=3$。右下角的滑窗里 $z$ 全是负数，经过 ReLU 全部是 0：
# 无论残差 $4$ 送到哪一个单元，都会乘上 $\sigma'=0$。所以这里并列的 0 不会带来歧义。
#
# **任务**：完成 `relu_pool_backward`。没有填充，只用完整的滑窗；$H$、$W$ 除不尽时，
# 最下面的行、最右边的列没有滑窗到达，残差是 0，位置保留。评分时不会有并列的正最大值。
# 可以把作业“池化”中的 `max_pool2d_backward` 抄过来用。

# %% [markdown] lang="en"
# ## 4. The residual of a ReLU with overlapping max pooling (<<points relu_pool_backward>>)
#
# In AlexNet the first, second and fifth convolution are followed by a ReLU and then by **overlapping** max
# pooling: windows $3\times3$, stride 2. Neighbouring windows share a row or column, and a unit may be the
# maximum of several windows at once.
#
# $$z \ \xrightarrow{\ \text{ReLU}\ }\ a
#     \ \xrightarrow{\ 3\times3\text{ max pooling, stride }2\ }\ \text{output}$$
#
# The way back takes these in reverse. First the residual of each output goes to the maximum of its window,
# and what several windows send is **added** (lecture 3.1); then it is multiplied by $\sigma'(z)$ (exercise
# 1).
#
# **Small example**
#
# $$z=\begin{pmatrix}1&-2&3&-1&2\\-4&5&8&4&-3\\-1&-2&-6&-5&-7\\-8&-9&-2&-1&-4\\7&-6&-5&-2&-1\end{pmatrix},
# \qquad
# \delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \frac{\partial J}{\partial z}
#     =\begin{pmatrix}0&0&0&0&0\\0&0&3&0&0\\0&0&0&0&0\\0&0&0&0&0\\3&0&0&0&0\end{pmatrix}$$
#
# The $8$ is the maximum of the upper two windows and receives $1+2=3$. In the window at the bottom right
# every $z$ is negative, and the ReLU turns all of them to 0: whichever unit the residual $4$ is sent to,
# there it meets $\sigma'=0$. So these tied zeros leave no doubt about the result.
#
# **Your task**: complete `relu_pool_backward`. There is no padding and only whole windows count; where the
# division leaves a remainder, no window reaches the last row or column, whose residual is 0 and
# keeps its place. There are no ties between positive maxima. You may copy your `max_pool2d_backward` from the
# assignment on pooling.


# %%
def relu_pool_backward(delta, z):
    """
    zh: ReLU 之后接 3×3、步长 2 的最大池化，反向传播：∂J/∂z。
    en: Backward pass of a ReLU and the 3×3 max pooling with stride 2 after it: ∂J/∂z.

    zh: ∂J/∂z = （每个滑窗的残差送到其最大值处，相加） · σ′(z)
    en: ∂J/∂z = (each window's residual at its maximum, added up) · σ′(z)

    Parameters
    ----------
    delta : (N, C, Ho, Wo)
        zh: 池化输出的残差，Ho = ⌊(H − 3)/2⌋ + 1，Wo 同理
        en: residual of the pooled output, Ho = ⌊(H − 3)/2⌋ + 1, Wo likewise
    z : (N, C, H, W)
        zh: ReLU 之前的输入和
        en: what goes into the ReLU

    Returns
    -------
    (N, C, H, W)
        ∂J/∂z
    """
    ### BEGIN SOLUTION
    N, C, Ho, Wo = delta.shape
    # every window, (N, C, Ho, Wo, 3, 3); ReLU keeps the order: the maximum of a stands where that of z does
    windows = np.lib.stride_tricks.sliding_window_view(z, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    position = windows.reshape(N, C, Ho, Wo, 9).argmax(axis=4)
    da = np.zeros(z.shape)
    for i, j in np.ndindex(3, 3):
        da[:, :, i : i + 2 * Ho : 2, j : j + 2 * Wo : 2] += delta * (position == 3 * i + j)
    return relu_backward(da, z)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 第二部分：GoogLeNet
#
# ## 5. Inception 的残差（<<points inception_backward>>）
#
# Inception 结构让几个分支（1×1、3×3、5×5 卷积和池化）处理**同一个**输入 $x$，
# 再把各分支的输出沿通道拼接起来：第 $b$ 个分支给出 $K_b$ 个通道，共 $K=\sum_b K_b$ 个。
#
# ![残差沿通道拆开，经过各个分支，再相加](attachment:inception.png)
#
# 反向传播也就有三步：
#
# 1. **拆分**：$\delta$ 的前 $K_1$ 个通道属于第一个分支，接着的 $K_2$ 个属于第二个，依此类推；
# 2. 每个分支把自己的那一段 $\delta_b$ 传回到输入；
# 3. **相加**：$x$ 影响了所有分支，链式法则要求把各分支传回的残差加起来（对比讲义 3.2：多个卷积核）：
#
# $$\frac{\partial J}{\partial x} = \sum_b \frac{\partial J}{\partial x}\Big|_{\text{分支 } b}$$
#
# **分支怎样给出。** 不论分支由哪些层组成，它的反向传播对 $\delta_b$ 总是线性的，
# 因此可以像讲义 2.2“卷积展开”那样写成一个矩阵 $B_b$，形状 $(C\cdot H\cdot W,\ K_b\cdot H\cdot W)$。
# 对每个样本，把 $(K_b, H, W)$ 的残差按行展开成向量（`ravel` 的顺序：先通道，再行，再列），
#
# $$\text{vec}\Big(\frac{\partial J}{\partial x}\Big|_{\text{分支 } b}\Big) = B_b\ \text{vec}(\delta_b)$$
#
# 就是输入的残差，按同样的顺序展开。（用矩阵而不用函数，是因为评分时函数不能送进隔离的环境，数组可以。）
#
# **小例子**：$N=H=W=1$，输入 $C=2$ 个通道，两个分支，$K_1=1$、$K_2=2$，
#
# $$\delta=(1,\,2,\,3),\quad B_1=\begin{pmatrix}1\\2\end{pmatrix},
# \quad B_2=\begin{pmatrix}0&1\\1&0\end{pmatrix}
# \quad\Rightarrow\quad \frac{\partial J}{\partial x}
# = \begin{pmatrix}1\\2\end{pmatrix}\cdot 1
# +\begin{pmatrix}0&1\\1&0\end{pmatrix}\begin{pmatrix}2\\3\end{pmatrix}
# = \begin{pmatrix}4\\4\end{pmatrix}$$
#
# **任务**：完成 `inception_backward`。各分支的输出与输入的高、宽相同；
# 分支的个数不定，各分支的通道数可以不同。

# %% [markdown] lang="en"
# ## Part two: GoogLeNet
#
# ## 5. The residual of an Inception module (<<points inception_backward>>)
#
# In an Inception module several branches (convolutions 1×1, 3×3, 5×5, and pooling) work on **the same** input
# $x$. Their outputs are stacked along the channels: branch $b$ gives $K_b$ of them, $K=\sum_b K_b$ in all.
#
# ![the residual is split, goes back through the branches, and is added up](attachment:inception.png)
#
# So the way back has three steps:
#
# 1. **Split**: the first $K_1$ channels of $\delta$ belong to the first branch, the next $K_2$ to the second,
#    and so on.
# 2. Each branch carries its own part $\delta_b$ back to the input.
# 3. **Add**: $x$ influences all branches, so the chain rule adds what comes back from each (compare lecture
#    3.2, several kernels):
#
# $$\frac{\partial J}{\partial x} = \sum_b \frac{\partial J}{\partial x}\Big|_{\text{branch } b}$$
#
# **How a branch is given.** Whatever layers a branch is made of, its backward pass is linear in $\delta_b$.
# Like the unrolled convolution of lecture 2.2 it can therefore be written as a matrix $B_b$ of shape $(C\cdot
# H\cdot W,\ K_b\cdot H\cdot W)$. For each sample unroll the residual $(K_b, H, W)$ to a vector (in the order
# of `ravel`: channels, then rows, then columns); then
#
# $$\text{vec}\Big(\frac{\partial J}{\partial x}\Big|_{\text{branch } b}\Big) = B_b\ \text{vec}(\delta_b)$$
#
# is the residual of the input, unrolled in the same order. (A matrix and not a function, because
# grading takes place in isolation, where arrays can be sent and functions cannot.)
#
# **Small example**: $N=H=W=1$, an input of $C=2$ channels, two branches with $K_1=1$, $K_2=2$,
#
# $$\delta=(1,\,2,\,3),\quad B_1=\begin{pmatrix}1\\2\end{pmatrix},
# \quad B_2=\begin{pmatrix}0&1\\1&0\end{pmatrix}
# \quad\Rightarrow\quad \frac{\partial J}{\partial x}
# = \begin{pmatrix}1\\2\end{pmatrix}\cdot 1
# +\begin{pmatrix}0&1\\1&0\end{pmatrix}\begin{pmatrix}2\\3\end{pmatrix}
# = \begin{pmatrix}4\\4\end{pmatrix}$$
#
# **Your task**: complete `inception_backward`. The branches keep the height and width of the input; there may
# be any number of them, with any numbers of channels.


# %%
def inception_backward(delta, branch_channels, branch_backwards):
    """
    zh: Inception 的反向传播：∂J/∂x。
    en: Backward pass of an Inception module: ∂J/∂x.

    vec(∂J/∂x) = Σ_b B_b · vec(δ_b)

    Parameters
    ----------
    delta : (N, K, H, W)
        zh: 拼接后的残差，K = K_1 + K_2 + …
        en: residual of the stacked outputs, K = K_1 + K_2 + …
    branch_channels : [K_1, K_2, …]
        zh: 各分支的输出通道数
        en: how many channels each branch gives
    branch_backwards : [B_1, B_2, …]
        zh: 各分支的反向传播，矩阵 B_b 的形状是 (C·H·W, K_b·H·W)
        en: the branches' backward passes, matrices B_b of shape (C·H·W, K_b·H·W)

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    ### BEGIN SOLUTION
    N, _, H, W = delta.shape
    dx = 0
    start = 0
    for channels, B in zip(branch_channels, branch_backwards, strict=True):
        delta_b = delta[:, start : start + channels].reshape(N, channels * H * W)
        dx = dx + delta_b @ B.T  # (N, C·H·W): each row is B · vec(δ_b) of one sample
        start += channels
    return dx.reshape(N, -1, H, W)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 第三部分：ResNet
#
# ## 6. 捷径的残差（<<points residual_backward>>）
#
# ResNet 的一个残差块计算 $y=F(x)+x$：分支 $F$ 是几个卷积层，捷径把 $x$ 原样加到输出上。
# （注意这里有两个“残差”：块学习的 $F(x)=y-x$ 叫残差，反向传播的 $\delta$ 也叫残差。以下都指 $\delta$。）
# 讲义 3.2 已经求过和的导数：
# $\frac{\partial(x_1+x_2)}{\partial x_1}=\frac{\partial(x_1+x_2)}{\partial x_2}=1$。
# $x$ 出现在两处，因此
#
# $$\frac{\partial J}{\partial x}
#     = \underbrace{\delta}_{\text{捷径}} + \underbrace{\frac{\partial J}{\partial x}\Big|_{F}}_{\text{分支}},
# \qquad \delta=\frac{\partial J}{\partial y}$$
#
# 不论分支传回的残差多小，捷径都把 $\delta$ 完整地送到前面的层，一百多层的网络因此能够训练。
#
# **小例子**：$\delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}$，
# 分支传回 $\begin{pmatrix}10&20\\-3&0\end{pmatrix}$，
# 合起来是 $\begin{pmatrix}11&22\\0&4\end{pmatrix}$。
#
# **任务**：完成 `residual_backward`。`delta` 是相加之后的残差 $\partial J/\partial y$，
# `branch_grad` 是 $\delta$ 经过分支 $F$ 传回到 $x$ 的残差。

# %% [markdown] lang="en"
# ## Part three: ResNet
#
# ## 6. The residual of a shortcut (<<points residual_backward>>)
#
# A block of a ResNet computes $y=F(x)+x$: the branch $F$ is a few convolutions, the shortcut adds $x$ as it
# is. (Two things are called residual here: $F(x)=y-x$, which the block learns, and the $\delta$ of
# back-propagation. Below it is always $\delta$.) The lecture has the derivative of a sum in 3.2:
# $\frac{\partial(x_1+x_2)}{\partial x_1}=\frac{\partial(x_1+x_2)}{\partial x_2}=1$. As $x$ occurs twice,
#
# $$\frac{\partial J}{\partial x}
#     = \underbrace{\delta}_{\text{shortcut}}
#     + \underbrace{\frac{\partial J}{\partial x}\Big|_{F}}_{\text{branch}},
# \qquad \delta=\frac{\partial J}{\partial y}$$
#
# However little comes back through the branch, the shortcut hands the whole $\delta$ to the layers before.
# That is how networks of more than a hundred layers can be trained.
#
# **Small example**: with $\delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ and
# $\begin{pmatrix}10&20\\-3&0\end{pmatrix}$ from the branch, the sum is
# $\begin{pmatrix}11&22\\0&4\end{pmatrix}$.
#
# **Your task**: complete `residual_backward`. `delta` is the residual after the addition,
# $\partial J/\partial y$; `branch_grad` is what comes of $\delta$ when it has gone back through $F$ to $x$.


# %%
def residual_backward(delta, branch_grad):
    """
    zh: 残差块 y = F(x) + x 的反向传播：∂J/∂x。
    en: Backward pass of a residual block y = F(x) + x: ∂J/∂x.

    Parameters
    ----------
    delta : (N, C, H, W)
        ∂J/∂y
    branch_grad : (N, C, H, W)
        zh: 经过分支 F 传回到 x 的残差
        en: what comes back to x through the branch F

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    ### BEGIN SOLUTION
    return delta + branch_grad
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 第四部分：数一数
#
# ### 层表
#
# 要数清一个模型，先把它写成数据。**层表**是一个列表，一层一项，每项是一个字典：
#
# | `kind` | 其余各项 | 作用 |
# | --- | --- | --- |
# | `"conv"` | `in_channels`, `kernels`, `kernel_shape`, `stride`, `padding`, `groups`, `bias` | 卷积 |
# | `"fully_connected"` | `inputs`, `outputs`, `bias` | 全连接；输入先展开成向量 |
# | `"batch_norm"` | `channels` | 批归一化：每个通道学习缩放 $\gamma$ 和平移 $\beta$ |
# | `"max_pool"`, `"avg_pool"` | `window`, `stride`, `padding` | 池化，滑窗是正方形 |
# | `"pad_channels"` | `channels`, `stride` | 没有参数的捷径：隔行隔列取值，通道用 0 补足 |
# | `"relu"`, `"dropout"`, `"lrn"`, `"softmax"` | 无 | 形状不变，没有参数（`lrn`：局部响应归一化） |
# | `"add"`, `"concat"` | `branches` | 分支，每个分支是一个层表；输出相加（ResNet）或沿通道拼接（Inception） |
# | `"input"` | `shape` | 层表的第一项：一张图像的形状 $(C, H, W)$ |
#
# `kernel_shape` 是 $(k_h, k_w)$；`stride`、`padding`、`window` 是整数，高和宽相同；`groups` 是分组数 $g$
# （AlexNet 的两组卷积放在两块 GPU 上）；`bias` 说明有没有偏置。
#
# 下面的单元是现成的：写层用的函数，以及 AlexNet 和 GoogLeNet 的层表。
# 每个模型有两种形式（`convention`）：
#
# - `"paper"`：论文中的样子。AlexNet 的第 2、4、5 个卷积分成两组，输入 227×227
#   （论文写 224，但 227 才能得到论文中的 55）；
#   GoogLeNet 用 5×5 卷积，有偏置，不计训练时的两个辅助分类器；
# - `"library"`：现在的程序库中的样子。AlexNet 是不分组的单塔（2014），首层 64 个核；
#   GoogLeNet 的 5×5 换成了 3×3，用批归一化代替偏置。

# %% [markdown] lang="en"
# ## Part four: counting
#
# ### Layer tables
#
# To count a model, we first write it down as data. A **layer table** is a list with an entry for each
# layer, and each entry is a dict:
#
# | `kind` | what else it holds | what it does |
# | --- | --- | --- |
# | `"conv"` | `in_channels`, `kernels`, `kernel_shape`, `stride`, `padding`, `groups`, `bias` | convolution |
# | `"fully_connected"` | `inputs`, `outputs`, `bias` | fully connected; its input is unrolled first |
# | `"batch_norm"` | `channels` | batch normalisation: learns a scale $\gamma$ and a shift $\beta$ per channel |
# | `"max_pool"`, `"avg_pool"` | `window`, `stride`, `padding` | pooling with square windows |
# | `"pad_channels"` | `channels`, `stride` | picks rows and columns, fills up channels with zeros |
# | `"relu"`, `"dropout"`, `"softmax"` | nothing | keep the shape, learn nothing |
# | `"lrn"` | nothing | local response normalisation: keeps the shape, learns nothing |
# | `"add"`, `"concat"` | `branches` | branches, each a table; outputs are added or stacked |
# | `"input"` | `shape` | first entry of a table: the shape $(C, H, W)$ of an image |
#
# `kernel_shape` is $(k_h, k_w)$; `stride`, `padding` and `window` are integers, the same for height and
# width; `groups` is the number $g$ of groups (AlexNet had two, one on each of two GPUs); `bias`
# says whether there are biases.
#
# The next cell is ready-made: functions to write layers with, and the tables of AlexNet and GoogLeNet. Each
# model comes in two forms (`convention`):
#
# - `"paper"`: as its paper has it. Convolutions 2, 4 and 5 of AlexNet have two groups, and its input is
#   227×227 (the paper says 224, but it takes 227 to get its 55). GoogLeNet has 5×5 kernels and biases; the
#   two auxiliary classifiers of its training are not counted.
# - `"library"`: as today's libraries have it. AlexNet is a single tower (2014) with 64 first kernels.
#   GoogLeNet has 3×3 kernels in place of 5×5, and batch normalisation in place of biases.


# %%
def conv(in_channels, kernels, size, stride=1, padding=0, groups=1, bias=True):
    return {
        "kind": "conv",
        "in_channels": in_channels,
        "kernels": kernels,
        "kernel_shape": (size, size),
        "stride": stride,
        "padding": padding,
        "groups": groups,
        "bias": bias,
    }


def fully_connected(inputs, outputs, bias=True):
    return {"kind": "fully_connected", "inputs": inputs, "outputs": outputs, "bias": bias}


def batch_norm(channels):
    return {"kind": "batch_norm", "channels": channels}


def max_pool(window, stride, padding=0):
    return {"kind": "max_pool", "window": window, "stride": stride, "padding": padding}


def avg_pool(window, stride, padding=0):
    return {"kind": "avg_pool", "window": window, "stride": stride, "padding": padding}


RELU, DROPOUT, LRN, SOFTMAX = {"kind": "relu"}, {"kind": "dropout"}, {"kind": "lrn"}, {"kind": "softmax"}


def alexnet_layers(convention="paper"):
    if convention == "paper":
        features = [
            *({"kind": "input", "shape": (3, 227, 227)},),
            *(conv(3, 96, 11, stride=4), RELU, LRN, max_pool(3, 2)),
            *(conv(96, 256, 5, padding=2, groups=2), RELU, LRN, max_pool(3, 2)),
            *(conv(256, 384, 3, padding=1), RELU),
            *(conv(384, 384, 3, padding=1, groups=2), RELU),
            *(conv(384, 256, 3, padding=1, groups=2), RELU, max_pool(3, 2)),
        ]
    else:
        features = [
            *({"kind": "input", "shape": (3, 224, 224)},),
            *(conv(3, 64, 11, stride=4, padding=2), RELU, max_pool(3, 2)),
            *(conv(64, 192, 5, padding=2), RELU, max_pool(3, 2)),
            *(conv(192, 384, 3, padding=1), RELU),
            *(conv(384, 256, 3, padding=1), RELU),
            *(conv(256, 256, 3, padding=1), RELU, max_pool(3, 2)),
        ]
    return [
        *features,
        *(DROPOUT, fully_connected(256 * 6 * 6, 4096), RELU),
        *(DROPOUT, fully_connected(4096, 4096), RELU),
        *(fully_connected(4096, 1000), SOFTMAX),
    ]


def googlenet_layers(convention="paper"):
    paper = convention == "paper"

    def unit(in_channels, kernels, size, stride=1):
        layer = conv(in_channels, kernels, size, stride, padding=size // 2, bias=paper)
        return [layer, RELU] if paper else [layer, batch_norm(kernels), RELU]

    def inception(in_channels, one, before3, three, before5, five, behind):
        branches = [
            unit(in_channels, one, 1),
            unit(in_channels, before3, 1) + unit(before3, three, 3),
            unit(in_channels, before5, 1) + unit(before5, five, 5 if paper else 3),
            [max_pool(3, 1, padding=1), *unit(in_channels, behind, 1)],
        ]
        return {"kind": "concat", "branches": branches}

    lrn = [LRN] if paper else []
    return [
        {"kind": "input", "shape": (3, 224, 224)},
        *(*unit(3, 64, 7, stride=2), max_pool(3, 2, padding=1), *lrn),
        *(*unit(64, 64, 1), *unit(64, 192, 3), *lrn, max_pool(3, 2, padding=1)),
        inception(192, 64, 96, 128, 16, 32, 32),
        inception(256, 128, 128, 192, 32, 96, 64),
        max_pool(3, 2, padding=1),
        inception(480, 192, 96, 208, 16, 48, 64),
        inception(512, 160, 112, 224, 24, 64, 64),
        inception(512, 128, 128, 256, 24, 64, 64),
        inception(512, 112, 144, 288, 32, 64, 64),
        inception(528, 256, 160, 320, 32, 128, 128),
        max_pool(3, 2, padding=1),
        inception(832, 256, 160, 320, 32, 128, 128),
        inception(832, 384, 192, 384, 48, 128, 128),
        *(avg_pool(7, 1), DROPOUT, fully_connected(1024, 1000), SOFTMAX),
    ]


# %% [markdown] lang="zh"
# ## 7. 一层的输出形状（<<points output_shape>>）
#
# 讲义 ResNet 表的第二列是 output size。卷积和池化的输出高、宽由同一个公式给出：
#
# $$H_o=\left\lfloor\frac{H+2p-k_h}{s}\right\rfloor+1,
# \qquad W_o=\left\lfloor\frac{W+2p-k_w}{s}\right\rfloor+1$$
#
# - 卷积的输出有 `kernels` 个通道；池化不改变通道数，$k_h=k_w=$ `window`；
# - `pad_channels` 每 `stride` 行取一行、每 `stride` 列取一列，从第一行第一列取起（相当于 $k=1$、$p=0$），
#   输出有 `channels` 个通道；
# - 全连接层的输出记作 `(outputs, 1, 1)`；
# - 其余的层不改变形状。
#
# **例子**：ResNet 的 conv1 是 7×7、64 个核、步长 2、填充 3，作用于 $(3, 224, 224)$：
# $\lfloor(224+6-7)/2\rfloor+1=112$，输出 $(64, 112, 112)$。
#
# **任务**：完成 `output_shape`，返回元组 $(C, H, W)$。这里不会遇到 `input`、`add`、`concat`。

# %% [markdown] lang="en"
# ## 7. The output shape of a layer (<<points output_shape>>)
#
# The second column of the lecture's ResNet table is the output size. For convolution and pooling alike it is
#
# $$H_o=\left\lfloor\frac{H+2p-k_h}{s}\right\rfloor+1,
# \qquad W_o=\left\lfloor\frac{W+2p-k_w}{s}\right\rfloor+1$$
#
# - A convolution gives `kernels` channels. Pooling keeps the channels; its $k_h=k_w$ is `window`.
# - `pad_channels` takes every `stride`-th row and column, beginning with the first (as if $k=1$, $p=0$), and
#   gives `channels` channels.
# - For a fully connected layer we write `(outputs, 1, 1)`.
# - All other layers keep the shape.
#
# **Example**: the conv1 of a ResNet, 7×7, 64 kernels, stride 2, padding 3, on $(3, 224, 224)$:
# $\lfloor(224+6-7)/2\rfloor+1=112$, and the output is $(64, 112, 112)$.
#
# **Your task**: complete `output_shape`. It returns a tuple $(C, H, W)$ and meets no `input`, `add` or
# `concat`.


# %%
def output_shape(layer, input_shape):
    """
    zh: 一层的输出形状。
    en: The shape of a layer's output.

    Parameters
    ----------
    layer : dict
        zh: 层表中的一项，不是 input、add、concat
        en: an entry of a layer table, not input, add or concat
    input_shape : (C, H, W)
        zh: 输入的形状
        en: the shape of its input

    Returns
    -------
    (C, H, W)
    """
    ### BEGIN SOLUTION
    C, H, W = input_shape
    kind = layer["kind"]
    if kind == "fully_connected":
        return layer["outputs"], 1, 1
    if kind == "conv":
        channels, (kh, kw), padding = layer["kernels"], layer["kernel_shape"], layer["padding"]
    elif kind in ("max_pool", "avg_pool"):
        channels, kh, kw, padding = C, layer["window"], layer["window"], layer["padding"]
    elif kind == "pad_channels":
        channels, kh, kw, padding = layer["channels"], 1, 1, 0
    else:
        return C, H, W
    s = layer["stride"]
    return channels, (H + 2 * padding - kh) // s + 1, (W + 2 * padding - kw) // s + 1
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 8. 一层的参数（<<points layer_parameters>>）
#
# 只数需要训练的参数（讲义 3.3）：
#
# - 卷积：$K$ 个核，各有 $\frac{C}{g}\cdot k_h\cdot k_w$ 个权重；有偏置时再加 $K$ 个；
# - 全连接：每个输入与每个输出之间一个权重；有偏置时每个输出再加一个；
# - 批归一化：每个通道两个，$\gamma$ 和 $\beta$。均值和方差是统计出来的，不是训练得到的，不算；
# - 其余的层没有参数。讲义：“池化层通常没有连接权重、偏置值和激活函数。”
#
# **例子**：ResNet 的 conv1 没有偏置，$64\cdot3\cdot7\cdot7=9408$ 个参数；它之后的批归一化 128 个。
# AlexNet 的第 2 个卷积：96 个输入通道，256 个 5×5 的核，两组，有偏置，
# $256\cdot48\cdot25+256=307456$ 个。
#
# **任务**：完成 `layer_parameters`。这里不会遇到 `input`、`add`、`concat`。

# %% [markdown] lang="en"
# ## 8. The parameters of a layer (<<points layer_parameters>>)
#
# We count what is trained (lecture 3.3):
#
# - convolution: $K$ kernels with $\frac{C}{g}\cdot k_h\cdot k_w$ weights each; with biases $K$ more;
# - fully connected: a weight between each input and each output; with biases one more for each output;
# - batch normalisation: two per channel, $\gamma$ and $\beta$. Mean and variance are statistics; nothing trains
#   them, so they do not count;
# - all other layers have none. The lecture: a pooling layer usually has neither weights nor biases.
#
# **Example**: the conv1 of a ResNet has no biases and $64\cdot3\cdot7\cdot7=9408$ parameters; the batch
# normalisation after it has 128. AlexNet's second convolution (96 input channels, 256 kernels of 5×5, two
# groups, biases) has $256\cdot48\cdot25+256=307456$.
#
# **Your task**: complete `layer_parameters`. It meets no `input`, `add` or `concat`.


# %%
def layer_parameters(layer):
    """
    zh: 一层需要训练的参数个数。
    en: How many trainable parameters a layer has.

    Parameters
    ----------
    layer : dict
        zh: 层表中的一项，不是 input、add、concat
        en: an entry of a layer table, not input, add or concat

    Returns
    -------
    parameters : int
    """
    ### BEGIN SOLUTION
    kind = layer["kind"]
    if kind == "conv":
        kh, kw = layer["kernel_shape"]
        weights = layer["kernels"] * (layer["in_channels"] // layer["groups"]) * kh * kw
        return weights + (layer["kernels"] if layer["bias"] else 0)
    if kind == "fully_connected":
        weights = layer["inputs"] * layer["outputs"]
        return weights + (layer["outputs"] if layer["bias"] else 0)
    if kind == "batch_norm":
        return 2 * layer["channels"]
    return 0
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 9. 一层的乘加次数（<<points layer_macs>>）
#
# 讲义表中的 FLOPs 沿用论文的算法：一次**乘加**（乘一次、加到和上）算一个 FLOP，
# 只数卷积层和全连接层，只数一张图像；偏置、批归一化、ReLU、池化都不算。
# （有的文献把乘和加分开计数，数字就大一倍。）
#
# - 卷积：输出的每一个值要 $\frac{C}{g}\cdot k_h\cdot k_w$ 次乘加，输出共有 $K\cdot H_o\cdot W_o$ 个值。
#   注意是**输出**的大小：步长为 2 的卷积，核只停在四分之一的位置上；
# - 全连接：每个权重一次；
# - 其余的层是 0。
#
# 同一组权重要用 $H_o\cdot W_o$ 次：参数少而计算多，正是权值共享的结果（讲义 2.2：连接数与参数量）。
#
# **例子**：ResNet 的 conv1：$9408\cdot112\cdot112=118013952$ 次，约 0.12 × 10⁹。
#
# **任务**：完成 `layer_macs`。可以用练习 7 的 `output_shape`。

# %% [markdown] lang="en"
# ## 9. The multiply-adds of a layer (<<points layer_macs>>)
#
# The FLOPs in the lecture's table are counted as in the paper: a **multiply-add** (multiply once and add to
# the sum) is one FLOP; only convolutions and fully connected layers count, for one image; biases, batch
# normalisation, ReLU and pooling do not. (Where multiplications and additions are counted apart, figures are
# twice as large.)
#
# - Convolution: each value of the output takes $\frac{C}{g}\cdot k_h\cdot k_w$ multiply-adds, and there are
#   $K\cdot H_o\cdot W_o$ values. Mind that it is the size of the **output**: with stride 2 the kernel stops
#   at a quarter of the places only.
# - Fully connected: one for each weight.
# - All other layers: 0.
#
# The same weights are used $H_o\cdot W_o$ times. Few parameters, much computing: that is what sharing weights
# means (lecture 2.2, connections and parameters).
#
# **Example**: the conv1 of a ResNet takes $9408\cdot112\cdot112=118013952$, about 0.12 × 10⁹.
#
# **Your task**: complete `layer_macs`. You may use your `output_shape` of exercise 7.


# %%
def layer_macs(layer, input_shape):
    """
    zh: 一层处理一张图像的乘加次数。
    en: How many multiply-adds a layer takes for one image.

    Parameters
    ----------
    layer : dict
        zh: 层表中的一项，不是 input、add、concat
        en: an entry of a layer table, not input, add or concat
    input_shape : (C, H, W)
        zh: 输入的形状
        en: the shape of its input

    Returns
    -------
    macs : int
    """
    ### BEGIN SOLUTION
    kind = layer["kind"]
    if kind == "conv":
        kh, kw = layer["kernel_shape"]
        K, Ho, Wo = output_shape(layer, input_shape)
        return K * Ho * Wo * (layer["in_channels"] // layer["groups"]) * kh * kw
    if kind == "fully_connected":
        return layer["inputs"] * layer["outputs"]
    return 0
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 10. 整个模型（<<points model_totals>>）
#
# 一个模型的参数和乘加次数，就是各层之和。要一层一层地走下去，因为后一层的输入形状是前一层的输出形状。
# 遇到 `add` 或 `concat` 时：
#
# - 每个分支都从**同一个**输入形状出发，分支里的层也要数；分支里还可能有 `add`、`concat`；
# - `add` 之后的形状，就是各分支输出的形状（它们相同）；空的分支 `[]` 是恒等捷径，输出就是输入；
# - `concat` 之后，通道数是各分支之和，高和宽与各分支的相同。（往后数乘加时只用到高和宽。）
#
# **例子**
#
# ```python
# [{"kind": "input", "shape": (1, 8, 8)}, conv(1, 4, 3), RELU, max_pool(2, 2), fully_connected(36, 10)]
# ```
#
# 卷积：$4\cdot9+4=40$ 个参数，输出 $(4, 6, 6)$，$36\cdot36=1296$ 次乘加；池化之后是 $(4, 3, 3)$；
# 全连接：$370$ 个参数，$360$ 次。合计 `(410, 1656)`。
#
# **任务**：完成 `model_totals`，返回 `(参数, 乘加次数)`。层表的第一项总是 `input`。
# 可以在函数里再定义一个函数，让它调用自己来处理分支。

# %% [markdown] lang="en"
# ## 10. A whole model (<<points model_totals>>)
#
# Parameters and multiply-adds of a model are the sums over its layers. One has to go through them in order,
# for the output shape of a layer is the input shape of the next. At an `add` or `concat`
#
# - all branches begin with **the same** input shape; their layers count, too; and a branch may hold
#   another `add` or `concat`;
# - after an `add` the shape is that of the branches' outputs (which agree); an empty branch `[]` is the
#   identity shortcut, whose output is its input;
# - after a `concat` the channels are the sum of the branches' channels; height and width are those of each
#   branch (only these two matter for what is counted after it).
#
# **Example**
#
# ```python
# [{"kind": "input", "shape": (1, 8, 8)}, conv(1, 4, 3), RELU, max_pool(2, 2), fully_connected(36, 10)]
# ```
#
# The convolution has $4\cdot9+4=40$ parameters, gives $(4, 6, 6)$ and takes $36\cdot36=1296$ multiply-adds;
# pooling makes it $(4, 3, 3)$; the fully connected layer has $370$ parameters and takes $360$. Altogether
# `(410, 1656)`.
#
# **Your task**: complete `model_totals`, which returns `(parameters, macs)`. A table always begins with
# `input`. You may define another function inside, one that calls itself where there are branches.


# %%
def model_totals(layers):
    """
    zh: 一个模型的参数个数，和处理一张图像的乘加次数。
    en: The parameters of a model, and its multiply-adds for one image.

    Parameters
    ----------
    layers : list of dict
        zh: 层表，第一项是 input
        en: a layer table, beginning with input

    Returns
    -------
    (parameters, macs) : (int, int)
    """

    ### BEGIN SOLUTION
    def count(table, shape):
        parameters = macs = 0
        for layer in table:
            if layer["kind"] in ("add", "concat"):
                # after the branches only height and width matter, which are the same for all of them
                for branch in layer["branches"]:
                    more_parameters, more_macs, end = count(branch, shape)
                    parameters += more_parameters
                    macs += more_macs
                shape = end
            else:
                parameters += layer_parameters(layer)
                macs += layer_macs(layer, shape)
                shape = output_shape(layer, shape)
        return parameters, macs, shape

    parameters, macs, _ = count(layers[1:], layers[0]["shape"])
    return parameters, macs
    ### END SOLUTION


# %% [markdown] lang="zh"
# 现在可以数一数现成的两个模型了：每行是参数个数和乘加次数。AlexNet 约有 6000 万个参数，GoogLeNet
# 更深，参数却只有它的九分之一左右：省下来的是哪几层？

# %% [markdown] lang="en"
# Now you can count the two ready-made models: each line shows parameters and multiply-adds. AlexNet has about
# 60 million parameters; GoogLeNet is deeper, yet has about a ninth of them. Which layers does it save them
# on?

# %%
NOT_YET = """
zh: 前面的练习还没有完成；完成之后再运行这个单元。
en: An exercise above is not written yet; come back to this cell when it is.
"""


def show_totals(rows):
    """
    zh: 打印一些模型的参数个数和乘加次数；rows 的每一项是 (名字, convention, 讲义的数, 生成层表的函数)。
    en: Prints the totals of some models; each of rows is (name, convention, lecture's figure, function).
    """
    try:
        for name, convention, printed, table in rows:
            parameters, macs = model_totals(table(convention))
            print(f"{name:10} {convention:7} {parameters:>12,} {macs:>16,} {macs / 1e9:8.3f}  {printed}")
    except NotImplementedError:
        print(NOT_YET.strip())


if __name__ == "__main__":
    show_totals(
        (name, convention, "", table)
        for convention in ("paper", "library")
        for name, table in (("AlexNet", alexnet_layers), ("GoogLeNet", googlenet_layers))
    )

# %% [markdown] lang="zh"
# ## 第五部分：从讲义的表搭出 ResNet
#
# 讲义的表中，18 层和 34 层由**基本块**组成：两个 3×3 卷积。下面的 `basic_layers` 是现成的例子。
# 每个卷积之后是批归一化，所以卷积不用偏置；`[分支, 捷径]` 相加之后再经过一个 ReLU。
#
# 特征图缩小一半（`stride` 为 2）或通道数改变时，$x$ 与 $F(x)$ 的形状不同，不能直接相加。论文讨论了两种办法：
#
# - **A**：捷径没有参数，隔一行一列取值，不够的通道补 0（`pad_channels`）；
# - **B**：捷径是一个 1×1 卷积（投影），加批归一化。
#
# `convention="paper"` 时，18、34 层用 A：论文用它们与没有捷径的网络比较，两者的参数一样多。
# `"library"` 时一律用 B。

# %% [markdown] lang="en"
# ## Part five: the ResNets from the lecture's table
#
# In the lecture's table the nets of 18 and 34 layers consist of **basic blocks**: two 3×3 convolutions. The
# ready-made `basic_layers` below shows one. Behind each convolution comes batch normalisation, so that the
# convolutions need no biases; after the addition of `[branch, shortcut]` there is one more ReLU.
#
# Where the map is halved (`stride` 2) or the number of channels changes, $x$ and $F(x)$ differ in shape and
# cannot be added. The paper discusses two ways out:
#
# - **A**: a shortcut without parameters, which takes every second row and column and fills up the channels
#   with zeros (`pad_channels`);
# - **B**: a 1×1 convolution as shortcut (a projection), with batch normalisation.
#
# With `convention="paper"` the nets of 18 and 34 layers use A: the paper compares them with nets that
# have no shortcuts and just as many parameters. With `"library"` all use B.


# %%
def basic_layers(in_channels, channels, stride, convention="paper"):
    branch = [
        *(conv(in_channels, channels, 3, stride, padding=1, bias=False), batch_norm(channels), RELU),
        *(conv(channels, channels, 3, padding=1, bias=False), batch_norm(channels)),
    ]
    if stride == 1 and in_channels == channels:
        shortcut = []
    elif convention == "paper":
        shortcut = [{"kind": "pad_channels", "channels": channels, "stride": stride}]
    else:
        shortcut = [conv(in_channels, channels, 1, stride, bias=False), batch_norm(channels)]
    return [{"kind": "add", "branches": [branch, shortcut]}, RELU]


# %% [markdown] lang="zh"
# ## 11. 瓶颈块（<<points bottleneck_layers>>）
#
# 50 层以上的 ResNet 使用瓶颈结构（Deeper Bottleneck Architectures）：先用 1×1 卷积把通道数减到 `channels`，
# 再做 3×3 卷积，最后用 1×1 卷积把通道数恢复到 $4\cdot$ `channels`。例如讲义 conv2_x 的
#
# $$\begin{bmatrix}1\times1,\ 64\\3\times3,\ 64\\1\times1,\ 256\end{bmatrix}$$
#
# 层的顺序与 `basic_layers` 相仿：
#
# - 分支：1×1 卷积、批归一化、ReLU、3×3 卷积（填充 1）、批归一化、ReLU、1×1 卷积、批归一化；卷积都没有偏置；
# - 步长 `stride`：`"paper"` 放在**第一个 1×1** 上，`"library"` 放在 **3×3** 上，其余卷积步长为 1；
# - 捷径：`stride` 为 1 而且 `in_channels` 已经是 $4\cdot$ `channels` 时是空的分支 `[]`；
#   否则是步长为 `stride` 的 1×1 卷积（到 $4\cdot$ `channels` 个通道）加批归一化，两种 `convention` 都如此；
# - 返回两项：`add`（`branches` 是 `[分支, 捷径]`）和它之后的 ReLU。
#
# 注意 conv2_x 的第一块：步长是 1，但输入只有 64 个通道，捷径仍然要投影。
#
# **任务**：完成 `bottleneck_layers`。请用上面现成的函数 `conv`、`batch_norm` 写层。

# %% [markdown] lang="en"
# ## 11. The bottleneck block (<<points bottleneck_layers>>)
#
# From 50 layers on, ResNets use Deeper Bottleneck Architectures: a 1×1 convolution reduces the channels to
# `channels`, a 3×3 convolution follows, and another 1×1 brings them back to $4\cdot$ `channels`. In the
# lecture's conv2_x, for instance,
#
# $$\begin{bmatrix}1\times1,\ 64\\3\times3,\ 64\\1\times1,\ 256\end{bmatrix}$$
#
# The layers come in an order like that of `basic_layers`:
#
# - branch: 1×1 convolution, batch normalisation, ReLU, 3×3 convolution (padding 1), batch normalisation,
#   ReLU, 1×1 convolution, batch normalisation; no convolution has biases;
# - the `stride` is that of the **first 1×1** with `"paper"`, and that of the **3×3** with `"library"`; all
#   other convolutions have stride 1;
# - shortcut: an empty branch `[]` where `stride` is 1 and `in_channels` is $4\cdot$ `channels` already;
#   otherwise, with either `convention`, a 1×1 convolution with this `stride` (to $4\cdot$ `channels`) and
#   batch normalisation;
# - two entries are returned: the `add` (its `branches` are `[branch, shortcut]`) and the ReLU after it.
#
# Mind the first block of conv2_x: its stride is 1, but with 64 input channels its shortcut still projects.
#
# **Your task**: complete `bottleneck_layers`. Write layers with the ready-made functions `conv` and
# `batch_norm`.


# %%
def bottleneck_layers(in_channels, channels, stride, convention="paper"):
    """
    zh: 一个瓶颈块的层表。
    en: The layer table of a bottleneck block.

    Parameters
    ----------
    in_channels, channels : int
        zh: 输入的通道数；前两个卷积的核数，输出有 4 · channels 个通道
        en: channels of the input; kernels of the first two convolutions, the output has 4 · channels
    stride : int
        zh: 块的步长
        en: stride of the block
    convention : "paper" | "library"
        zh: 步长放在第一个 1×1（"paper"）或 3×3（"library"）卷积上
        en: whether the first 1×1 ("paper") or the 3×3 ("library") has the stride

    Returns
    -------
    [add, relu] : list of dict
    """
    ### BEGIN SOLUTION
    first, second = (stride, 1) if convention == "paper" else (1, stride)
    branch = [
        *(conv(in_channels, channels, 1, first, bias=False), batch_norm(channels), RELU),
        *(conv(channels, channels, 3, second, padding=1, bias=False), batch_norm(channels), RELU),
        *(conv(channels, 4 * channels, 1, bias=False), batch_norm(4 * channels)),
    ]
    if stride == 1 and in_channels == 4 * channels:
        shortcut = []
    else:
        shortcut = [conv(in_channels, 4 * channels, 1, stride, bias=False), batch_norm(4 * channels)]
    return [{"kind": "add", "branches": [branch, shortcut]}, RELU]
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 12. ResNet-18、34、50、101、152（<<points resnet_layers>>）
#
# 现在把讲义的表变成层表，从上到下：
#
# - `{"kind": "input", "shape": (3, 224, 224)}`；
# - conv1：7×7 卷积，64 个核，步长 2，填充 3，没有偏置；批归一化；ReLU；
# - 3×3 最大池化，步长 2，填充 1；
# - conv2_x 到 conv5_x：块的个数见讲义的表，`channels` 依次是 64、128、256、512；
#   18、34 层用 `basic_layers`，50 层以上用 `bottleneck_layers`。
#   conv3_x、conv4_x、conv5_x 的**第一块**步长为 2，其余各块步长为 1（conv2_x 之前已经池化过，不再缩小）；
# - 7×7 平均池化（步长 1）；到 1000 类的全连接层，有偏置；softmax。
#
# 块的个数（讲义）：18 层 2、2、2、2；34 层和 50 层 3、4、6、3；101 层 3、4、23、3；152 层 3、8、36、3。
#
# **任务**：完成 `resnet_layers`，`depth` 是 18、34、50、101 或 152。

# %% [markdown] lang="en"
# ## 12. ResNet-18, 34, 50, 101, 152 (<<points resnet_layers>>)
#
# Now turn the lecture's table into a layer table, from top to bottom:
#
# - `{"kind": "input", "shape": (3, 224, 224)}`;
# - conv1: convolution 7×7, 64 kernels, stride 2, padding 3, no biases; batch normalisation; ReLU;
# - max pooling 3×3, stride 2, padding 1;
# - conv2_x to conv5_x: as many blocks as the lecture's table says, with `channels` 64, 128, 256, 512; made by
#   `basic_layers` for 18 and 34 layers, by `bottleneck_layers` from 50 on. The **first block** of conv3_x,
#   conv4_x and conv5_x has stride 2, all other blocks have stride 1 (before conv2_x the pooling has halved
#   the map already);
# - average pooling 7×7 (stride 1); a fully connected layer to 1000 classes, with biases; softmax.
#
# The numbers of blocks (lecture): 2, 2, 2, 2 for 18 layers; 3, 4, 6, 3 for 34 and for 50; 3, 4, 23, 3 for
# 101; 3, 8, 36, 3 for 152.
#
# **Your task**: complete `resnet_layers`; `depth` is 18, 34, 50, 101 or 152.


# %%
def resnet_layers(depth, convention="paper"):
    """
    zh: 讲义表中的 ResNet。
    en: A ResNet of the lecture's table.

    Parameters
    ----------
    depth : 18 | 34 | 50 | 101 | 152
        zh: 层数
        en: the number of layers
    convention : "paper" | "library"
        zh: 交给 basic_layers 或 bottleneck_layers
        en: handed on to basic_layers or bottleneck_layers

    Returns
    -------
    layers : list of dict
        zh: 层表，第一项是 input
        en: a layer table, beginning with input
    """
    ### BEGIN SOLUTION
    times = {
        18: (2, 2, 2, 2),
        34: (3, 4, 6, 3),
        50: (3, 4, 6, 3),
        101: (3, 4, 23, 3),
        152: (3, 8, 36, 3),
    }
    block, growth = (basic_layers, 1) if depth < 50 else (bottleneck_layers, 4)
    layers = [
        {"kind": "input", "shape": (3, 224, 224)},
        *(conv(3, 64, 7, stride=2, padding=3, bias=False), batch_norm(64), RELU),
        max_pool(3, 2, padding=1),
    ]
    in_channels = 64
    for stage, number in enumerate(times[depth]):
        channels = 64 * 2**stage
        for first in [True] + [False] * (number - 1):
            stride = 2 if first and stage > 0 else 1
            layers += block(in_channels, channels, stride, convention)
            in_channels = growth * channels
    return [*layers, avg_pool(7, 1), fully_connected(in_channels, 1000), SOFTMAX]
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 与讲义的表对照
#
# 下面的单元打印：参数个数，乘加次数，约为多少 × 10⁹，讲义印的数。
#
# - `"paper"` 的五个数四舍五入是 1.8、3.6、**3.9**、7.6、11.3。讲义（与论文相同）的第三个数是 **3.8**：
#   ResNet-50 是 3 857 973 248 次，3.858 的后两位被舍去了，而 7.570、11.282 又是四舍五入的。
#   论文没有说明原因；全部四舍五入或全部舍去，都得不到它的五个数。
# - 34 层若用投影捷径（B），是 3 663 761 408 次，四舍五入是 3.7；讲义的 3.6 与没有参数的捷径（A）相符。
# - 很多地方写 ResNet-50 的计算量是 4.1 × 10⁹：那是 `"library"`，步长移到了 3×3 卷积上，
#   第一个 1×1 卷积就要在四倍的位置上计算。参数一个不变，乘加多出 6%。
#
# ![参数个数与乘加次数](attachment:networks.png)
#
# 图中横轴是参数个数，纵轴是乘加次数（单位 10⁶ 和 10⁹，对数刻度）。AlexNet 与 ResNet-152 的参数几乎一样多，
# 后者的计算量却是前者的 15 倍以上：AlexNet 的参数大多在全连接层里，每个只用一次；
# ResNet 的参数在卷积层里，每个要用很多次。
# 在命令行里，`autograder models` 打印全部模型的表。

# %% [markdown] lang="en"
# ## Beside the lecture's table
#
# The cell below prints parameters, multiply-adds, the same in 10⁹, and what the lecture prints.
#
# - Rounded, the five figures of `"paper"` are 1.8, 3.6, **3.9**, 7.6 and 11.3. The lecture, like the paper,
#   has **3.8** for the third: ResNet-50 takes 3,857,973,248, that is 3.858, whose last two digits
#   were cut off, while 7.570 and 11.282 were rounded. The paper gives no reason;
#   neither rounding all five nor cutting all of them off yields its table.
# - With projections (B) the 34 layers would take 3,663,761,408, which rounds to 3.7; the lecture's 3.6 agrees
#   with shortcuts without parameters (A).
# - You will often read that ResNet-50 takes 4.1 × 10⁹. That is `"library"`: with the stride moved to the 3×3
#   convolution, the first 1×1 works on four times as many places. Not a parameter more, but 6 % more
#   multiply-adds.
#
# ![parameters and multiply-adds](attachment:networks.png)
#
# The picture shows parameters (to the right, in 10⁶) and multiply-adds (upwards, in 10⁹), on logarithmic
# scales. AlexNet and ResNet-152 have nearly the same number of parameters, but the latter takes more than 15
# times the computing: most of AlexNet's sit in fully connected layers, where each is used once, a ResNet's in
# convolutions, where each is used many times. On the command line `autograder models` prints the table of all
# models.

# %%
if __name__ == "__main__":
    show_totals(
        (
            f"ResNet-{depth}",
            convention,
            printed,
            lambda convention, depth=depth: resnet_layers(depth, convention),
        )
        for convention in ("paper", "library")
        for depth, printed in ((18, 1.8), (34, 3.6), (50, 3.8), (101, 7.6), (152, 11.3))
    )
