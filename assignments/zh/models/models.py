# %% [markdown]
# # 作业：卷积神经网络中的重要模型（讲义 4）
#
# 讲义最后介绍了三个模型。它们没有改变反向传播的原理，各自只添加了一种结构：
# AlexNet 的 ReLU、Dropout 和重叠最大池化，GoogLeNet 的 Inception，ResNet 的捷径（shortcut）。本作业先求残差怎样通过这些结构，再数一数：一个模型有多少参数，处理一张图像要做多少次乘加运算。最后从讲义的表出发，一层一层地搭出 ResNet，算出表中最后一行的 FLOPs。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `relu_backward` | 4 AlexNet：ReLU 激活函数 | 6 |
# | `dropout_forward` | 4 AlexNet：Dropout | 5 |
# | `dropout_backward` | 4 AlexNet：Dropout | 5 |
# | `relu_pool_backward` | 4 AlexNet：重叠最大池化；3.1 | 7 |
# | `inception_backward` | 4 GoogLeNet：Inception 结构 | 11 |
# | `residual_backward` | 4 ResNet | 5 |
# | `output_shape` | 4 ResNet 表中的 output size；2.1 | 8 |
# | `layer_parameters` | 4；3.3 CNN 中的参数 | 11 |
# | `layer_macs` | 4 ResNet 表中的 FLOPs | 11 |
# | `model_totals` | 4 | 12 |
# | `bottleneck_layers` | 4 ResNet：Deeper Bottleneck Architectures | 6 |
# | `resnet_layers` | 4 ResNet 的表 | 13 |
# | **合计** | | **100** |
#
# **约定**
# - 图像的形状是 $(N, C, H, W)$：批、通道、高、宽。层表中一张图像的形状是 $(C, H, W)$。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 只能使用 NumPy 和 Python 标准库。
# - 计数的结果是整数，必须一个不差。

# %% [markdown]
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如正负号反了、表的某一项不对。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。想马上知道，就另开一个单元，运行 `check(relu_backward, lang="zh", hint=True)`。
# 4. 全部做完后，重启内核，从头到尾运行一遍，保存，交这个文件。
#
# 检查单元只使用一部分例子；评分时还会换用别的数值、别的形状和别的层，所以检查通过以后，也请再想想题目里提到的特殊情形。后面的函数可以调用前面的函数，但前面的错误也会带到后面。可以随意添加单元做试验。
#
# 如果检查单元一直在运行（`[*]`），多半是死循环：点 ■ 中断，再检查循环。检查单元下面的数字是给 nbgrader 用的，不是最后的成绩。
#
# 作业有两种文件：notebook（`.ipynb`，有图）和 `.py`（没有图）。两者内容相同，任选一种来做、来交。做 `.py` 的，在命令行运行 `autograder check models.py` 来检查；加上 `--hint`，就马上说出想法。

# %%
import numpy as np


# %% [markdown]
# ## 第一部分：AlexNet
#
# ## 1. ReLU 的残差（6 分）
#
# AlexNet 使用 $a=\sigma(z)=\max(0, z)$ 作激活函数。它的导数只有两个值：
#
# $$\sigma'(z)=\begin{cases}1,&z>0\\0,&z\le 0\end{cases}
# \qquad\qquad \frac{\partial J}{\partial z}=\frac{\partial J}{\partial a}\,\sigma'(z)$$
#
# $z>0$ 的单元把残差原样传下去，其余的单元传下去的是 0。$z$ 很大时导数仍然是 1，残差不会像经过 sigmoid 那样越来越小，这正是深层网络选用它的原因。
# $z=0$ 处导数没有定义，这里与常用的程序库一样取 0。
#
# **小例子**
#
# $$z=\begin{pmatrix}1&-2\\0&3\end{pmatrix},\quad
# \frac{\partial J}{\partial a}=\begin{pmatrix}5&6\\7&8\end{pmatrix}
# \quad\Rightarrow\quad\frac{\partial J}{\partial z}=\begin{pmatrix}5&0\\0&8\end{pmatrix}$$
#
# **任务**：完成 `relu_backward`。数组可以是任意形状；`delta` 是 $\partial J/\partial a$。

# %%
def relu_backward(delta, z):
    """
    ReLU 的反向传播：∂J/∂z。

    ∂J/∂z = ∂J/∂a · σ′(z),   σ′(z) = 1 if z > 0 else 0

    Parameters
    ----------
    delta : (…)
        ∂J/∂a
    z : (…)
        输入和，形状与 delta 相同

    Returns
    -------
    (…)
        ∂J/∂z
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2. Dropout 的前向传播（5 分）
#
# 训练时，Dropout 以概率 $1-p$ 随机去掉单元，每个单元被**保留**的概率是 $p$（参数 `keep`）。哪些单元保留，由一个 0 和 1 组成的掩码 $m$ 表示。去掉一部分之后，后一层收到的总和平均只剩 $p$ 倍，所以把保留下来的激活值除以 $p$：
#
# $$a' = \frac{a\cdot m}{p}$$
#
# 这样 $a'$ 的期望恰好是 $a$，测试时就可以完全不用 Dropout。这种写法叫作**反向缩放的 Dropout**
# （inverted dropout），是现在通行的做法。AlexNet 的论文写的是另一种：训练时不除以 $p$，测试时把激活值乘以 $p$。本作业用前一种。
#
# **小例子**，$p=0.5$：
#
# $$a=\begin{pmatrix}2&4\\6&8\end{pmatrix},\quad m=\begin{pmatrix}1&0\\1&1\end{pmatrix}
# \quad\Rightarrow\quad a'=\begin{pmatrix}4&0\\12&16\end{pmatrix}$$
#
# 除数是概率 $p=0.5$，不是这一次恰好保留的比例 $3/4$。
#
# **任务**：完成 `dropout_forward`。掩码已经抽好，由参数给出；它可能是浮点、整数或布尔数组。

# %%
def dropout_forward(a, mask, keep):
    """
    训练时的 Dropout（反向缩放）。

    a' = a · mask / keep

    Parameters
    ----------
    a : (…)
        激活值
    mask : (…)
        1 表示保留，0 表示去掉；形状与 a 相同
    keep : float
        保留的概率 p，0 < p ≤ 1

    Returns
    -------
    (…)
        a'
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 3. Dropout 的残差（5 分）
#
# 一次训练中掩码是固定的，$a'=a\cdot m/p$ 对 $a$ 是线性的，每个单元的偏导数是 $\partial a'/\partial a = m/p$：
#
# $$\frac{\partial J}{\partial a} = \frac{\partial J}{\partial a'}\cdot\frac{m}{p}$$
#
# 被去掉的单元没有参与前向传播，也就收不到残差；保留的单元在前向时放大了 $1/p$ 倍，残差同样放大。前向与反向必须用**同一个**掩码。
#
# **小例子**（$m$、$p$ 同练习 2）：
# $\dfrac{\partial J}{\partial a'}=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ 给出
# $\dfrac{\partial J}{\partial a}=\begin{pmatrix}2&0\\6&8\end{pmatrix}$。
#
# **任务**：完成 `dropout_backward`。

# %%
def dropout_backward(delta, mask, keep):
    """
    Dropout 的反向传播：∂J/∂a。

    ∂J/∂a = ∂J/∂a' · mask / keep

    Parameters
    ----------
    delta : (…)
        ∂J/∂a'
    mask : (…)
        前向传播所用的掩码，形状与 delta 相同
    keep : float
        保留的概率 p，0 < p ≤ 1

    Returns
    -------
    (…)
        ∂J/∂a
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4. ReLU 与重叠最大池化的残差（7 分）
#
# AlexNet 的第 1、2、5 个卷积层之后是 ReLU，再是**重叠**的最大池化：滑窗 $3\times3$，步长 2。相邻的滑窗共用一行或一列，一个单元可以同时是几个滑窗的最大值。（第 1、2 层的 ReLU 与池化之间，论文里还有局部响应归一化 LRN，第四部分的层表列出了它；后来的网络不再用它，这里略去。）
#
# $$z \ \xrightarrow{\ \text{ReLU}\ }\ a \ \xrightarrow{\ 3\times3\text{ 最大池化，步长 }2\ }\ \text{输出}$$
#
# 反向传播按相反的顺序进行：先把输出的残差送到每个滑窗的最大值处，得到几份就**相加**几份（讲义 3.1）；再乘以 $\sigma'(z)$（练习 1）。
#
# **小例子**
#
# $$z=\begin{pmatrix}1&-2&3&-1&2\\-4&5&8&4&-3\\-1&-2&-6&-5&-7\\-8&-9&-2&-1&-4\\7&-6&-5&-2&-1\end{pmatrix},
# \qquad
# \delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \frac{\partial J}{\partial z}
#     =\begin{pmatrix}0&0&0&0&0\\0&0&3&0&0\\0&0&0&0&0\\0&0&0&0&0\\3&0&0&0&0\end{pmatrix}$$
#
# $8$ 是上面两个滑窗的最大值，得到 $1+2=3$。右下角的滑窗里 $z$ 全是负数，经过 ReLU 全部是 0：无论残差 $4$ 送到哪一个单元，都会乘上 $\sigma'=0$。所以这里并列的 0 不会带来歧义。
#
# **任务**：完成 `relu_pool_backward`。没有填充，只用完整的滑窗；$H$、$W$ 除不尽时，最下面的行、最右边的列没有滑窗到达，残差是 0，位置保留。评分时不会有并列的正最大值。可以把作业“池化”中的 `max_pool2d_backward` 抄过来用。

# %%
def relu_pool_backward(delta, z):
    """
    ReLU 之后接 3×3、步长 2 的最大池化，反向传播：∂J/∂z。

    ∂J/∂z = （每个滑窗的残差送到其最大值处，相加） · σ′(z)

    Parameters
    ----------
    delta : (N, C, Ho, Wo)
        池化输出的残差，Ho = ⌊(H − 3)/2⌋ + 1，Wo 同理
    z : (N, C, H, W)
        ReLU 之前的输入和

    Returns
    -------
    (N, C, H, W)
        ∂J/∂z
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 第二部分：GoogLeNet
#
# ## 5. Inception 的残差（11 分）
#
# Inception 结构让几个分支（1×1、3×3、5×5 卷积和池化）处理**同一个**输入 $x$，再把各分支的输出沿通道拼接起来：第 $b$ 个分支给出 $K_b$ 个通道，共 $K=\sum_b K_b$ 个。
#
# 反向传播也就有三步：
#
# 1. **拆分**：$\delta$ 的前 $K_1$ 个通道属于第一个分支，接着的 $K_2$ 个属于第二个，依此类推；
# 2. 每个分支把自己的那一段 $\delta_b$ 传回到输入；
# 3. **相加**：$x$ 影响了所有分支，链式法则要求把各分支传回的残差加起来（对比讲义 3.2：多个卷积核）：
#
# $$\frac{\partial J}{\partial x} = \sum_b \frac{\partial J}{\partial x}\Big|_{\text{分支 } b}$$
#
# **分支怎样给出。** 不论分支由哪些层组成，它的反向传播对 $\delta_b$ 总是线性的，因此可以像讲义 2.2“卷积展开”那样写成一个矩阵 $B_b$，形状 $(C\cdot H\cdot W,\ K_b\cdot H\cdot W)$。对每个样本，把 $(K_b, H, W)$ 的残差按行展开成向量（`ravel` 的顺序：先通道，再行，再列），
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
# **任务**：完成 `inception_backward`。各分支的输出与输入的高、宽相同；分支的个数不定，各分支的通道数可以不同。

# %%
def inception_backward(delta, branch_channels, branch_backwards):
    """
    Inception 的反向传播：∂J/∂x。

    vec(∂J/∂x) = Σ_b B_b · vec(δ_b)

    Parameters
    ----------
    delta : (N, K, H, W)
        拼接后的残差，K = K_1 + K_2 + …
    branch_channels : [K_1, K_2, …]
        各分支的输出通道数
    branch_backwards : [B_1, B_2, …]
        各分支的反向传播，矩阵 B_b 的形状是 (C·H·W, K_b·H·W)

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 第三部分：ResNet
#
# ## 6. 捷径的残差（5 分）
#
# ResNet 的一个残差块计算 $y=F(x)+x$：分支 $F$ 是几个卷积层，捷径把 $x$ 原样加到输出上。（注意这里有两个“残差”：块学习的 $F(x)=y-x$ 叫残差，反向传播的 $\delta$ 也叫残差。以下都指 $\delta$。）讲义 3.2 已经求过和的导数：
# $\frac{\partial(x_1+x_2)}{\partial x_1}=\frac{\partial(x_1+x_2)}{\partial x_2}=1$。
# $x$ 出现在两处，因此
#
# $$\frac{\partial J}{\partial x}
#     = \underbrace{\delta}_{\text{捷径}} + \underbrace{\frac{\partial J}{\partial x}\Big|_{F}}_{\text{分支}},
# \qquad \delta=\frac{\partial J}{\partial y}$$
#
# 不论分支传回的残差多小，捷径都把 $\delta$ 完整地送到前面的层，一百多层的网络因此能够训练。
#
# **小例子**：$\delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}$，分支传回 $\begin{pmatrix}10&20\\-3&0\end{pmatrix}$，合起来是 $\begin{pmatrix}11&22\\0&4\end{pmatrix}$。
#
# **任务**：完成 `residual_backward`。`delta` 是相加之后的残差 $\partial J/\partial y$，
# `branch_grad` 是 $\delta$ 经过分支 $F$ 传回到 $x$ 的残差。

# %%
def residual_backward(delta, branch_grad):
    """
    残差块 y = F(x) + x 的反向传播：∂J/∂x。

    Parameters
    ----------
    delta : (N, C, H, W)
        ∂J/∂y
    branch_grad : (N, C, H, W)
        经过分支 F 传回到 x 的残差

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
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
# 下面的单元是现成的：写层用的函数，以及 AlexNet 和 GoogLeNet 的层表。每个模型有两种形式（`convention`）：
#
# - `"paper"`：论文中的样子。AlexNet 的第 2、4、5 个卷积分成两组，输入 227×227
#   （论文写 224，但 227 才能得到论文中的 55）；
#   GoogLeNet 用 5×5 卷积，有偏置，不计训练时的两个辅助分类器；
# - `"library"`：现在的程序库中的样子。AlexNet 是不分组的单塔（2014），首层 64 个核；
#   GoogLeNet 的 5×5 换成了 3×3，用批归一化代替偏置。

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


# %% [markdown]
# ## 7. 一层的输出形状（8 分）
#
# 讲义 ResNet 表的第二列是 output size。卷积和池化的输出高、宽由同一个公式给出：
#
# $$H_o=\left\lfloor\frac{H+2p-k_h}{s}\right\rfloor+1,
# \qquad W_o=\left\lfloor\frac{W+2p-k_w}{s}\right\rfloor+1$$
#
# - 卷积的输出有 `kernels` 个通道；池化不改变通道数，$k_h=k_w=$ `window`；
# - `pad_channels` 每 `stride` 行取一行、每 `stride` 列取一列，从第一行第一列取起（相当于 $k=1$、$p=0$），输出有 `channels` 个通道；
# - 全连接层的输出记作 `(outputs, 1, 1)`；
# - 其余的层不改变形状。
#
# **例子**：ResNet 的 conv1 是 7×7、64 个核、步长 2、填充 3，作用于 $(3, 224, 224)$：
# $\lfloor(224+6-7)/2\rfloor+1=112$，输出 $(64, 112, 112)$。
#
# **任务**：完成 `output_shape`，返回元组 $(C, H, W)$。这里不会遇到 `input`、`add`、`concat`。

# %%
def output_shape(layer, input_shape):
    """
    一层的输出形状。

    Parameters
    ----------
    layer : dict
        层表中的一项，不是 input、add、concat
    input_shape : (C, H, W)
        输入的形状

    Returns
    -------
    (C, H, W)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 8. 一层的参数（11 分）
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

# %%
def layer_parameters(layer):
    """
    一层需要训练的参数个数。

    Parameters
    ----------
    layer : dict
        层表中的一项，不是 input、add、concat

    Returns
    -------
    parameters : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 9. 一层的乘加次数（11 分）
#
# 讲义表中的 FLOPs 沿用论文的算法：一次**乘加**（乘一次、加到和上）算一个 FLOP，只数卷积层和全连接层，只数一张图像；偏置、批归一化、ReLU、池化都不算。（有的文献把乘和加分开计数，数字就大一倍。）
#
# - 卷积：输出的每一个值要 $\frac{C}{g}\cdot k_h\cdot k_w$ 次乘加，输出共有 $K\cdot H_o\cdot W_o$ 个值。注意是**输出**的大小：步长为 2 的卷积，核只停在四分之一的位置上；
# - 全连接：每个权重一次；
# - 其余的层是 0。
#
# 同一组权重要用 $H_o\cdot W_o$ 次：参数少而计算多，正是权值共享的结果（讲义 2.2：连接数与参数量）。
#
# **例子**：ResNet 的 conv1：$9408\cdot112\cdot112=118013952$ 次，约 0.12 × 10⁹。
#
# **任务**：完成 `layer_macs`。可以用练习 7 的 `output_shape`。

# %%
def layer_macs(layer, input_shape):
    """
    一层处理一张图像的乘加次数。

    Parameters
    ----------
    layer : dict
        层表中的一项，不是 input、add、concat
    input_shape : (C, H, W)
        输入的形状

    Returns
    -------
    macs : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 10. 整个模型（12 分）
#
# 一个模型的参数和乘加次数，就是各层之和。要一层一层地走下去，因为后一层的输入形状是前一层的输出形状。遇到 `add` 或 `concat` 时：
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
# 卷积：$4\cdot9+4=40$ 个参数，输出 $(4, 6, 6)$，$36\cdot36=1296$ 次乘加；池化之后是 $(4, 3, 3)$；全连接：$370$ 个参数，$360$ 次。合计 `(410, 1656)`。
#
# **任务**：完成 `model_totals`，返回 `(参数, 乘加次数)`。层表的第一项总是 `input`。可以在函数里再定义一个函数，让它调用自己来处理分支。

# %%
def model_totals(layers):
    """
    一个模型的参数个数，和处理一张图像的乘加次数。

    Parameters
    ----------
    layers : list of dict
        层表，第一项是 input

    Returns
    -------
    (parameters, macs) : (int, int)
    """

    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# 现在可以数一数现成的两个模型了：每行是参数个数和乘加次数。AlexNet 约有 6000 万个参数，GoogLeNet
# 更深，参数却只有它的九分之一左右：省下来的是哪几层？

# %%
NOT_YET = """
前面的练习还没有完成；完成之后再运行这个单元。
"""


def show_totals(rows):
    """
    打印一些模型的参数个数和乘加次数；rows 的每一项是 (名字, convention, 讲义的数, 生成层表的函数)。
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


# %% [markdown]
# ## 第五部分：从讲义的表搭出 ResNet
#
# 讲义的表中，18 层和 34 层由**基本块**组成：两个 3×3 卷积。下面的 `basic_layers` 是现成的例子。每个卷积之后是批归一化，所以卷积不用偏置；`[分支, 捷径]` 相加之后再经过一个 ReLU。
#
# 特征图缩小一半（`stride` 为 2）或通道数改变时，$x$ 与 $F(x)$ 的形状不同，不能直接相加。论文讨论了两种办法：
#
# - **A**：捷径没有参数，隔一行一列取值，不够的通道补 0（`pad_channels`）；
# - **B**：捷径是一个 1×1 卷积（投影），加批归一化。
#
# `convention="paper"` 时，18、34 层用 A：论文用它们与没有捷径的网络比较，两者的参数一样多。
# `"library"` 时一律用 B。

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


# %% [markdown]
# ## 11. 瓶颈块（6 分）
#
# 50 层以上的 ResNet 使用瓶颈结构（Deeper Bottleneck Architectures）：先用 1×1 卷积把通道数减到 `channels`，再做 3×3 卷积，最后用 1×1 卷积把通道数恢复到 $4\cdot$ `channels`。例如讲义 conv2_x 的
#
# $$\begin{bmatrix}1\times1,\ 64\\3\times3,\ 64\\1\times1,\ 256\end{bmatrix}$$
#
# 层的顺序与 `basic_layers` 相仿：
#
# - 分支：1×1 卷积、批归一化、ReLU、3×3 卷积（填充 1）、批归一化、ReLU、1×1 卷积、批归一化；卷积都没有偏置；
# - 步长 `stride`：`"paper"` 放在**第一个 1×1** 上，`"library"` 放在 **3×3** 上，其余卷积步长为 1；
# - 捷径：`stride` 为 1 而且 `in_channels` 已经是 $4\cdot$ `channels` 时是空的分支 `[]`；否则是步长为 `stride` 的 1×1 卷积（到 $4\cdot$ `channels` 个通道）加批归一化，两种 `convention` 都如此；
# - 返回两项：`add`（`branches` 是 `[分支, 捷径]`）和它之后的 ReLU。
#
# 注意 conv2_x 的第一块：步长是 1，但输入只有 64 个通道，捷径仍然要投影。
#
# **任务**：完成 `bottleneck_layers`。请用上面现成的函数 `conv`、`batch_norm` 写层。

# %%
def bottleneck_layers(in_channels, channels, stride, convention="paper"):
    """
    一个瓶颈块的层表。

    Parameters
    ----------
    in_channels, channels : int
        输入的通道数；前两个卷积的核数，输出有 4 · channels 个通道
    stride : int
        块的步长
    convention : "paper" | "library"
        步长放在第一个 1×1（"paper"）或 3×3（"library"）卷积上

    Returns
    -------
    [add, relu] : list of dict
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 12. ResNet-18、34、50、101、152（13 分）
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

# %%
def resnet_layers(depth, convention="paper"):
    """
    讲义表中的 ResNet。

    Parameters
    ----------
    depth : 18 | 34 | 50 | 101 | 152
        层数
    convention : "paper" | "library"
        交给 basic_layers 或 bottleneck_layers

    Returns
    -------
    layers : list of dict
        层表，第一项是 input
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 与讲义的表对照
#
# 下面的单元打印：参数个数，乘加次数，约为多少 × 10⁹，讲义印的数。
#
# - `"paper"` 的五个数四舍五入是 1.8、3.6、**3.9**、7.6、11.3。讲义（与论文相同）的第三个数是 **3.8**：
#   ResNet-50 是 3 857 973 248 次，3.858 的后两位被舍去了，而 7.570、11.282 又是四舍五入的。论文没有说明原因；全部四舍五入或全部舍去，都得不到它的五个数。
# - 34 层若用投影捷径（B），是 3 663 761 408 次，四舍五入是 3.7；讲义的 3.6 与没有参数的捷径（A）相符。
# - 很多地方写 ResNet-50 的计算量是 4.1 × 10⁹：那是 `"library"`，步长移到了 3×3 卷积上，第一个 1×1 卷积就要在四倍的位置上计算。参数一个不变，乘加多出 6%。
#
# 图中横轴是参数个数，纵轴是乘加次数（单位 10⁶ 和 10⁹，对数刻度）。AlexNet 与 ResNet-152 的参数几乎一样多，后者的计算量却是前者的 15 倍以上：AlexNet 的参数大多在全连接层里，每个只用一次；
# ResNet 的参数在卷积层里，每个要用很多次。在命令行里，`autograder models` 打印全部模型的表。

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
