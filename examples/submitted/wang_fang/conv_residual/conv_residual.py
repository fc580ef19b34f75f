# %% [markdown]
# # 作业：卷积层的前一层残差（讲义 3.2）
#
# 反向传播把残差 $\delta^{(l)}=\partial J/\partial z^{(l)}$ 一层一层向前传。
# 本作业回答讲义 3.2 的问题：当前层是卷积层时，前一层的残差 $\delta^{(l-1)}$ 怎样计算？
# 您将先按讲义的步骤，在一张特征图上完成（步长为 1，一个卷积核），
# 再推广到实际使用的形式：批、通道、多个卷积核、步长和填充。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `dense_residual` | 3.2 全连接 ANN 反向传播算法 | 6 |
# | `rotate180` | 3.2 前一层残差计算方式，第 1 步 | 4 |
# | `pad_residual` | 3.2 前一层残差计算方式，第 2 步 | 6 |
# | `insert_zeros` | 3.2 当步长不为 1 时，第 2 步 | 6 |
# | `conv_residual` | 3.2 前一层残差计算公式 | 18 |
# | `conv2d_input_grad` | 3.2 步长、通道、多核、填充 | 60 |
# | **合计** | | **100** |
#
# **约定**
# - 公式的下标与讲义相同，从 1 开始；代码的下标从 0 开始。
# - 讲义中的“卷积”是互相关：前向计算时卷积核**不**翻转。
# - `dsigma` 是前一层的 $\sigma'(z^{(l-1)})$，已经算好，是与前一层形状相同的数组。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 除 `conv2d_input_grad` 外，各函数只处理一张二维的图（或一个向量）。
#
# 每个练习后面有一个检查单元，它只使用一部分例子；评分时还会换用别的数值和别的形状。
# 后面的函数可以调用前面的函数，但前面的错误也会带到后面。

# %%
import numpy as np


# %% [markdown]
# ## 1. 热身：全连接层的前一层残差（6 分）
#
# 讲义 3.2 从熟悉的公式出发。全连接神经网络隐藏层第 $j$ 个单元的残差是
#
# $$\delta_j^{(l)} = (w_j^{(l+1)})^T \cdot \delta^{(l+1)} \cdot \sigma'(z_j^{(l)})$$
#
# 其中 $w_j^{(l+1)}$ 是权重矩阵的第 $j$ **列**：从第 $j$ 个单元出发的所有权重。
# 例如后一层有三个单元时，
#
# $$\delta_1^{(2)} = (w_{11}^{(3)}\delta_1^{(3)} + w_{21}^{(3)}\delta_2^{(3)} + w_{31}^{(3)}\delta_3^{(3)})
#     \cdot \sigma'(z_1^{(2)})$$
#
# 单元 1 影响了谁，就从谁那里收回残差，再乘以对应的权重。
# 公式中第一个“·”是内积，最后一个“·”是普通的乘法。写成整层的形式：
#
# $$\delta^{(l)} = \left((w^{(l+1)})^T \delta^{(l+1)}\right) \odot \sigma'(z^{(l)})$$
#
# $\odot$ 表示逐元素相乘。
#
# **小例子**（两个单元 → 三个单元）：
# $w=\begin{pmatrix}1&2\\3&4\\5&6\end{pmatrix}$，$\delta^{(l+1)}=(1,-1,2)$，$\sigma'=(0.5,\ 1)$。
# $w^T\delta^{(l+1)} = (1-3+10,\ 2-4+12) = (8, 10)$，所以 $\delta^{(l)} = (4, 10)$。
#
# **任务**：完成 `dense_residual`。`w_next` 的形状是（输出数，输入数），其余参数都是向量。

# %%
def dense_residual(delta_next, w_next, dsigma):
    """
    全连接层的前一层残差。

    δ^(l) = ((w^(l+1))ᵀ · δ^(l+1)) ⊙ σ′(z^(l))

    Parameters
    ----------
    delta_next : (outputs,)
        后一层的残差 δ^(l+1)
    w_next : (outputs, inputs)
        后一层的权重；w_next[i, j] 从第 j 个单元连到第 i 个单元
    dsigma : (inputs,)
        σ′(z^(l))

    Returns
    -------
    (inputs,)
        δ^(l)
    """
    return np.dot(w_next.T, delta_next) * dsigma


# %% [markdown]
# ## 讲义实例：3×3 ∗ 2×2，九个残差
#
# 卷积也是一种连接，只是每个 $z$ 只连着几个 $a$，而且权重共享。讲义的实例写出了全部连接
# （省略偏置 $b^{(l)}$，它与 $a$ 无关）：
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22}
# \end{aligned}$$
#
# 求某个 $a_{uv}$ 的残差，与全连接层完全一样：**找出所有含有 $a_{uv}$ 的 $z$，
# 把它们的残差乘以 $a_{uv}$ 前面的权重，再相加**。$a_{11}$ 只出现在 $z_{11}$ 中，乘的是 $w_{11}$；
# $a_{12}$ 出现在 $z_{11}$（乘 $w_{12}$）和 $z_{12}$（乘 $w_{11}$）中；$a_{22}$ 在四个式子里都出现。
# 九个残差依次是：
#
# $$\begin{aligned}
# \delta_{11}^{(l-1)} &= \delta_{11}w_{11} \cdot \sigma'(z_{11}^{(l-1)}) \\
# \delta_{12}^{(l-1)} &= (\delta_{11}w_{12} + \delta_{12}w_{11}) \cdot \sigma'(z_{12}^{(l-1)}) \\
# \delta_{13}^{(l-1)} &= \delta_{12}w_{12} \cdot \sigma'(z_{13}^{(l-1)}) \\
# \delta_{21}^{(l-1)} &= (\delta_{11}w_{21} + \delta_{21}w_{11}) \cdot \sigma'(z_{21}^{(l-1)}) \\
# \delta_{22}^{(l-1)} &= (\delta_{11}w_{22} + \delta_{12}w_{21} + \delta_{21}w_{12} + \delta_{22}w_{11})
#     \cdot \sigma'(z_{22}^{(l-1)}) \\
# \delta_{23}^{(l-1)} &= (\delta_{12}w_{22} + \delta_{22}w_{12}) \cdot \sigma'(z_{23}^{(l-1)}) \\
# \delta_{31}^{(l-1)} &= \delta_{21}w_{21} \cdot \sigma'(z_{31}^{(l-1)}) \\
# \delta_{32}^{(l-1)} &= (\delta_{21}w_{22} + \delta_{22}w_{21}) \cdot \sigma'(z_{32}^{(l-1)}) \\
# \delta_{33}^{(l-1)} &= \delta_{22}w_{22} \cdot \sigma'(z_{33}^{(l-1)})
# \end{aligned}$$
#
# （等号右边没有标层号的 $\delta$、$w$ 属于第 $l$ 层。）
# 四个角各 1 项，四条边各 2 项，中心 4 项，共 $4\cdot1+4\cdot2+4=16$ 项：
# 正是讲义 2.2 数出的 16 个连接，每个连接把残差传回一次。
#
# **为什么 2×2 的残差与 2×2 的卷积核得到 3×3？** 前向计算时卷积核不能越出输入，
# 每一边的大小从 3 减小到 $3-2+1=2$。反向传播时，九个 $a$ 都参与了前向计算，
# 所以九个 $a$ 都必须得到残差：只要卷积核与残差有**一个**元素重叠，就有残差要传。
# 角上的 $\delta_{11}^{(l-1)}$ 正是只重叠一个元素的情形。为了让卷积核能滑到这些位置，
# 先在残差的每一边补 $k-1=1$ 圈 0，得到 4×4，再做卷积：$4-2+1=3$。
# 一般地，$H_o = H-k_h+1$，补 0 后是 $H_o+2(k_h-1)$，卷积后是 $H_o+2(k_h-1)-k_h+1 = H_o+k_h-1 = H$，
# 恰好回到前一层的大小。
#
# **规律**：再看 $\delta_{22}^{(l-1)}$：$\delta$ 的下标按 11、12、21、22 的顺序走，
# $w$ 的下标却按 22、21、12、11 的顺序走，方向正好相反。
# 把卷积核翻转 180°，两者就同向了，这就是讲义三个步骤中第 1 步的来历。

# %% [markdown]
# ## 2. 第 1 步：将卷积权重翻转 180°（4 分）
#
# $$w^{rot}_{m,n} = w_{k_h+1-m,\;k_w+1-n}$$
#
# 翻转 180° 是上下颠倒、**并且**左右颠倒，等于转两次 90°。它不是转置：转置会交换高和宽，
# 而翻转后的形状不变。例如
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix} \to \begin{pmatrix}4&3\\2&1\end{pmatrix},\qquad
# \begin{pmatrix}1&2&3\\4&5&6\end{pmatrix} \to \begin{pmatrix}6&5&4\\3&2&1\end{pmatrix}$$
#
# **任务**：完成 `rotate180`。返回新的数组：NumPy 的切片只是原数组的视图，
# 以后修改其中一个，另一个也会跟着改变。

# %%
def rotate180(w):
    """
    将卷积核翻转 180°。

    w_rot[m, n] = w[kh - 1 - m, kw - 1 - n]

    Parameters
    ----------
    w : (kh, kw)
        卷积核

    Returns
    -------
    (kh, kw)
        新的数组
    """
    return np.rot90(np.rot90(w)).copy()


# %% [markdown]
# ## 3. 第 2 步：给当前层残差矩阵边界补 0（6 分）
#
# 补多少圈？上面的实例已经给出答案：卷积核与残差至少重叠一个元素，
# 所以卷积核最多伸出去 $k-1$ 个元素。上、下各补 $k_h-1$ 行，左、右各补 $k_w-1$ 列。
# 2×2 的卷积核补 1 圈，3×3 的补 2 圈，1×1 的不用补。补多少只由卷积核决定，与前向的填充无关。
#
# **小例子**（残差 2×2，卷积核 2×2）：
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to
# \begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix}$$
#
# **任务**：完成 `pad_residual`。注意卷积核的高和宽可能不同。

# %%
def pad_residual(delta, kernel_shape):
    """
    在残差的上、下各补 kh - 1 行 0，左、右各补 kw - 1 列 0。

    Parameters
    ----------
    delta : (Ho, Wo)
        当前层的残差
    kernel_shape : (kh, kw)
        卷积核的高和宽

    Returns
    -------
    (Ho + 2 (kh - 1), Wo + 2 (kw - 1))
    """
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))


# %% [markdown]
# ## 4. 步长不为 1：使用 0 填充残差对应位置（6 分）
#
# 步长为 $s$ 的卷积，可以看作先做步长为 1 的卷积，再每隔 $s$ 个只留下一个 $z$。
# 被丢掉的 $z$ 不影响 $J$，它们的残差是 0。把这些 0 放回原处，就回到了步长为 1 的情形：
# 相邻两个残差之间插入 $s-1$ 个 0。最后一个残差后面不再插入（外层的 0 由下一步补）。
# 因此每一边的大小从 $H_o$ 变为 $(H_o-1)\,s+1$。
#
# **小例子**（$s=2$）：
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to \begin{pmatrix}1&0&2\\0&0&0\\3&0&-1\end{pmatrix}$$
#
# **任务**：完成 `insert_zeros`。步长为 1 时内容不变，但仍要返回新的数组。

# %%
def insert_zeros(delta, stride):
    """
    在相邻的残差之间插入 stride - 1 个 0。

    Parameters
    ----------
    delta : (Ho, Wo)
        当前层的残差
    stride : int
        前向卷积的步长 s，两个方向相同

    Returns
    -------
    ((Ho - 1) s + 1, (Wo - 1) s + 1)
    """
    Ho, Wo = delta.shape
    d = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    for i in range(Ho):
        for j in range(Wo):
            d[i * stride, j * stride] = delta[i, j]
    return d


# %% [markdown]
# ## 5. 卷积层的前一层残差（18 分）
#
# 讲义的“前一层残差计算方式”：
# 1. 将卷积权重翻转 180°；
# 2. 给当前层残差矩阵边界补 0；
# 3. 使用翻转后的卷积核对 pad 后的残差做卷积。
#
# 写成公式：
#
# $$\delta_{u,v}^{(l-1)} = \sum_m \sum_n w^{rot}_{m,n}\; \delta^{pad}_{u+m-1,\,v+n-1}\;
#     \sigma'(z_{u,v}^{(l-1)})$$
#
# 讲义的公式里直接写 $w_{m,n}^{(l)}$ 和 $\delta^{l}_{m+u-1,n+v-1}$，并注明 $m,n$ 是**翻转后**卷积核的下标；
# 同样，那里的 $\delta$ 是**补 0 以后**的残差，层号 $l$ 应带括号。这里用 $rot$、$pad$ 把两者标明。
#
# **小例子**（接着讲义实例，$\sigma'$ 先取 1）：
# $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$，$\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$。
# 翻转后的卷积核是 $\begin{pmatrix}4&3\\2&1\end{pmatrix}$，让它在补 0 后的 4×4 残差上滑动：
#
# $$\begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix} \ast
# \begin{pmatrix}4&3\\2&1\end{pmatrix} = \begin{pmatrix}1&4&4\\6&15&6\\9&9&-4\end{pmatrix}$$
#
# - 左上角：$0\cdot4+0\cdot3+0\cdot2+1\cdot1=1$，即 $\delta_{11}w_{11}$；
# - 中心：$1\cdot4+2\cdot3+3\cdot2+(-1)\cdot1=15$，
#   即 $\delta_{11}w_{22}+\delta_{12}w_{21}+\delta_{21}w_{12}+\delta_{22}w_{11}$。
#
# 最后逐元素乘以 `dsigma`。
#
# **任务**：完成 `conv_residual`。步长为 1，没有填充，一张图，一个卷积核。
# 图和卷积核都不一定是正方形；卷积核可以是 1×1，也可以与前一层一样大。

# %%
# 卷积（互相关）
def juanji(a, w):
    kh, kw = w.shape
    z = np.zeros((a.shape[0] - kh + 1, a.shape[1] - kw + 1))
    for u in range(z.shape[0]):
        for v in range(z.shape[1]):
            z[u, v] = np.sum(a[u:u + kh, v:v + kw] * w)
    return z


# %%
def conv_residual(delta, w, dsigma):
    """
    卷积层的前一层残差（步长 1，无填充，一张图，一个卷积核）。

    δ^(l-1)[u, v] = Σ_m Σ_n w_rot[m, n] · δ_pad[u + m, v + n] · σ′(z^(l-1)[u, v])

    Parameters
    ----------
    delta : (H - kh + 1, W - kw + 1)
        当前层的残差 δ^(l)
    w : (kh, kw)
        前向计算所用的卷积核 w^(l)，没有翻转
    dsigma : (H, W)
        σ′(z^(l-1))

    Returns
    -------
    (H, W)
        δ^(l-1)
    """
    return juanji(pad_residual(delta, w.shape), rotate180(w)) * dsigma


# %% [markdown]
# ## 6. 实际使用的形式：批、通道、多核、步长、填充（60 分）
#
# 前一层是 $(N, C, H, W)$ 的数组，卷积核是 $(K, C, k_h, k_w)$，当前层是 $(N, K, H_o, W_o)$，
# $H_o=\lfloor (H+2p-k_h)/s \rfloor+1$，$W_o$ 同理。这次不乘 $\sigma'$，
# 求的是 $\partial J/\partial a^{(l-1)}$，程序里常记作 `dx`。讲义“其它情况”各页逐一说明了变化：
#
# - **步长**：先插入 0（练习 4），其余步骤不变。
# - **输入通道**：$z=\sum_c a_c * w_c + b$，各通道的中间图相加得到 $z$。加法的导数是 1，
#   所以每张中间图的残差都等于 $\delta$，各通道**分别**用自己的卷积核参数计算。
#   （讲义此页的等式，意思是 $\frac{\partial J}{\partial x_1}
#   =\frac{\partial J}{\partial r}\frac{\partial r}{\partial x_1}=\frac{\partial J}{\partial r}$，
#   其中 $r=x_1+x_2$。）
# - **多个卷积核**：同一个 $a$ 参与了每个卷积核的计算，所以 $K$ 份残差**相加**，不是取平均。
# - **批**：各个样本互不相干，结果的第 $n$ 个样本只来自 $\delta$ 的第 $n$ 个样本，也不除以 $N$。
# - **填充**：把补过 0 的图当作输入，照常计算，得到 $(H+2p)\times(W+2p)$ 的残差；
#   “填充 0 的边界的残差是冗余的”，最后裁掉，只留原来的 $H\times W$。
# - **余数**：$(H+2p-k_h)$ 除以 $s$ 有余数 $r$ 时，
#   填充后的图最下面 $r$ 行（最右边同理）没有窗口到达。
#   它们不影响 $J$，残差是 0，但**位置要保留**，所以在下边和右边多补 $r$ 行、列 0。
#   仅从 `delta` 看不出 $r$ 是多少，这就是函数需要 `input_shape` 的原因。
#
# $$\frac{\partial J}{\partial a^{(l-1)}_{n,c,u,v}} = \left[\;\sum_k \sum_i \sum_j
# w^{rot}_{k,c,i,j}\;\delta^{pad}_{n,k,\,u'+i-1,\,v'+j-1}\right]_{u'=u+p,\;v'=v+p}$$
#
# **小例子**（只看一行）：$w=(1,2,3)$，$s=2$，$\delta=(1,10)$。
# 插入 0 得 $(1,0,10)$，两边各补两个 0 得 $(0,0,1,0,10,0,0)$，
# 翻转后的 $(3,2,1)$ 滑过，得到 $(1,2,13,20,30)$。中间的 $13=3\cdot1+1\cdot10$：两个窗口在这里重叠。
# 这是填充后的图上的残差，那么前一层的残差是
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
# - **收集**（上面的步骤）：站在前一层的 $a_{u}$ 上问：谁用过我？若 $s=1$，用过我的 $z_{q}$ 满足
#   $u=q+i-1$，即 $q=u-i+1$：$i$ 增大时 $q$ 减小，方向相反，所以卷积核要翻转。
# - **分发**：站在当前层的 $\delta_{q}$ 上，重复前向走过的路：前向时 $z_{q}$ 用 $w_{i}$ 乘了
#   $a_{(q-1)s+i}$，现在就把 $\delta_{q}w_{i}$ **加**到同一个位置。方向与前向相同，卷积核**不翻转**，
#   也不用插入 0；窗口重叠的地方必须累加，不能覆盖。
#
# **任务**：完成 `conv2d_input_grad`，用哪种方式都可以。

# %%
def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    """
    卷积层对其输入的梯度 ∂J/∂a^(l-1)（不含 σ′）。

    Parameters
    ----------
    delta : (N, K, Ho, Wo)
        当前层的残差，Ho = (H + 2 padding - kh) // stride + 1，Wo 同理
    w : (K, C, kh, kw)
        前向计算所用的卷积核
    input_shape : (N, C, H, W)
        前一层的形状，不含填充
    stride : int
        步长 s
    padding : int
        前向计算时，输入的每一边补了 padding 行、列 0

    Returns
    -------
    (N, C, H, W)
        ∂J/∂a^(l-1)
    """
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = []
    for n in range(N):
        channels = []
        for c in range(C):
            total = 0
            for k in range(K):
                # 三个步骤：插 0，补 0，和翻转后的核做卷积
                d = pad_residual(insert_zeros(delta[n, k], stride), (kh, kw))
                total = total + juanji(d, rotate180(w[k, c]))
            channels.append(total[padding:padding + H, padding:padding + W])
        dx.append(channels)
    return np.array(dx)
