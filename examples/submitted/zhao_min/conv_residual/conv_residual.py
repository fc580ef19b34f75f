# %% [markdown]
# # 作业：卷积层的前一层残差（讲义 3.2）
#
# 反向传播把残差 $\delta^{(l)}=\partial J/\partial z^{(l)}$ 一层一层向前传。本作业回答讲义 3.2 的问题：当前层是卷积层时，前一层的残差 $\delta^{(l-1)}$ 怎样计算？你将先按讲义的步骤，在一张特征图上完成（步长为 1，一个卷积核），再推广到实际使用的形式：批、通道、多个卷积核、步长和填充。
#
# | 练习 | 讲义 | 分值 |
# | --- | --- | --- |
# | `dense_residual` | 3.2 全连接 ANN 反向传播算法 | 6 |
# | `derive_residuals` | 3.2 实例：手写推导 | 11 |
# | `rotate180` | 3.2 前一层残差计算方式，第 1 步 | 4 |
# | `pad_residual` | 3.2 前一层残差计算方式，第 2 步 | 6 |
# | `insert_zeros` | 3.2 当步长不为 1 时，第 2 步 | 6 |
# | `conv_residual` | 3.2 前一层残差计算公式 | 12 |
# | `residual_formula` | 3.2 一般公式，任意步长：手写推导 | 3 |
# | `conv2d_input_grad` | 3.2 步长、通道、多核、填充 | 52 |
# | **合计** | | **100** |
#
# **约定**
# - 公式的下标与讲义相同，从 1 开始；代码的下标从 0 开始。
# - 讲义中的“卷积”是互相关：前向计算时卷积核**不**翻转。
# - `dsigma` 是前一层的 $\sigma'(z^{(l-1)})$，已经算好，是与前一层形状相同的数组。
# - 不要修改参数；返回新的数组，不与参数共用内存。
# - 参数可能是整数数组、只读数组或内存不连续的数组，结果都必须正确，不能被截断成整数。
# - 除 `conv2d_input_grad` 外，各函数只处理一张二维的图（或一个向量）。
# - 两个手写推导的练习返回一段文字：一行一个等式。

# %% [markdown]
# ## 怎样做这份作业
#
# 1. 读题，在 `# YOUR CODE HERE` 处写你的程序，删去 `raise NotImplementedError()`。函数名和参数不要改。
# 2. 运行题后的检查单元。没有通过时，它先告诉你看得见的**现象**，例如结果上下颠倒了、只有边界不对。
# 3. 自己找原因，改一改，再检查一次。如果仍然不对，而这是一种常见的错误，它就进一步告诉你错在哪个**想法**上。想马上知道，就另开一个单元，运行 `check(dense_residual, lang="zh", hint=True)`。
# 4. 全部做完后，重启内核，从头到尾运行一遍，保存，交这个文件。
#
# 检查单元只使用一部分例子；评分时还会换用别的数值和别的形状，所以检查通过以后，也请再想想题目里提到的特殊情形。后面的函数可以调用前面的函数，但前面的错误也会带到后面。“思考”不计分，参考答案折叠在题下。可以随意添加单元做试验。
#
# 作业有两种文件：notebook（`.ipynb`，有图）和 `.py`（没有图）。两者内容相同，任选一种来做、来交。做 `.py` 的，在命令行运行 `autograder check conv_residual.py` 来检查；加上 `--hint`，就马上说出想法。

# %%
import numpy as np

# %% [markdown]
# ## 1 热身：全连接层的前一层残差 `dense_residual`（6 分）
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
# $\delta_1^{(2)} \sim w_{11}^{(3)}\delta_1^{(3)}+\dots$，“∼”表示略去了 $\sigma'$；写程序时不能略去。第一个公式中，前一个“·”是内积，后一个“·”是普通的乘法。写成整层的形式：
#
# $$\delta^{(l)} = \left((w^{(l+1)})^T \delta^{(l+1)}\right) \odot \sigma'(z^{(l)})$$
#
# $\odot$ 表示逐元素相乘。
#
# **小例子**（两个单元 → 三个单元）：$w=\begin{pmatrix}1&2\\3&4\\5&6\end{pmatrix}$，
# $\delta^{(l+1)}=(1,-1,2)$，$\sigma'=(0.5,\ 1)$。$w^T\delta^{(l+1)} = (1-3+10,\ 2-4+12) = (8, 10)$，所以 $\delta^{(l)} = (4, 10)$。
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
    return np.array([np.dot(w_next[:, j], delta_next) * dsigma[j] for j in range(w_next.shape[1])])


# %% [markdown]
# ### 思考：猜一猜卷积前一层的残差
#
# 讲义问：“结合全连接层的残差求取公式，猜想卷积前一层的残差？”在 `convolution` 作业里，你把卷积展开成了矩阵乘法 $z = Ma$。照上面整层的公式，卷积前一层的残差应当是什么？
#
# <details><summary>想好以后再展开</summary>
#
# 卷积展开以后就是权重矩阵为 $M$ 的全连接层，所以
#
# $$\delta^{(l-1)} = \left(M^T \delta^{(l)}\right) \odot \sigma'(z^{(l-1)})$$
#
# 其中的图都按行展开成向量。$M$ 的一列放着某个 $a$ 的全部连接，转置以后成为一行，正好把这些连接上的残差收回来。例如，$w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$、
# $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$ 时，可以用你的 `conv_matrix` 算出
#
# ```python
# (conv_matrix(np.array([[1, 2], [3, 4]]), (3, 3)).T @ np.array([1, 2, 3, -1])).reshape(3, 3)
# ```
#
# 记下结果，到练习 6 再来比较。下面的练习不写出 $M$，因为它大部分是 0；讲义的三个步骤会直接得到同样的结果。
#
# </details>

# %% [markdown]
# ## 讲义实例：3×3 ∗ 2×2
#
# 卷积也是一种连接，只是每个 $z$ 只连着几个 $a$，而且权重共享。讲义的实例写出了全部连接。图中一种颜色对应前一层的一个 $a$，也就是“对前一层某个单元求残差时的相关项”；框中的两项含有 $a_{12}$。下面省略层号和偏置 $b^{(l)}$（它与 $a$ 无关）：
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22}
# \end{aligned}$$
#
# 求某个 $a_{u,v}$ 的残差，与全连接层完全一样：**找出所有含有 $a_{u,v}$ 的 $z$，把它们的残差乘以 $a_{u,v}$ 旁边的权重，再相加**，最后乘以 $\sigma'$。
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

# %% [markdown]
# ## 2 手写推导：四个 $z$ 与九个残差 `derive_residuals`（11 分）
#
# 讲义算出了 $\delta_{11}^{(l-1)}$ 和 $\delta_{12}^{(l-1)}$，其余的留给你。请写出 3×3 ∗ 2×2 的全部 13 行：
# $z_{11}^{(l)}$ 到 $z_{22}^{(l)}$（这次要写上 $b$），以及 $\delta_{11}^{(l-1)}$ 到 $\delta_{33}^{(l-1)}$
# （要写上 $\sigma'$）。每行单独判分。
#
# 函数返回一段文字，一行一个等式。用哪种写法都可以，下面三行说的是同一件事：
#
# ```text
# z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
# z₁₁ = a₁₁w₁₁ + a₁₂w₁₂ + a₂₁w₂₁ + a₂₂w₂₂ + b
# z_{11}^{(l)} = a_{11}^{(l-1)} w_{11}^{(l)} + a_{12}^{(l-1)} w_{12}^{(l)} + a_{21}^{(l-1)} w_{21}^{(l)}
#                + a_{22}^{(l-1)} w_{22}^{(l)} + b^{(l)}
# ```
#
# （最后一种在你的答案里要写成一行。）$\sigma'(z_{12}^{(l-1)})$ 可以写成 `dsigma(z12)` 或 `σ'(z12)`。层号可以省略：等号左边的 `d12` 或 `δ12` 是前一层的残差，右边的是当前层的。项的次序、括号都随意，也可以像讲义那样写一串等式，那么每一步都要对。检查单元会逐项告诉你哪里不同。
#
# **任务**：完成 `derive_residuals`。用 `r"""…"""` 写文字，反斜杠就不会出问题。

# %%
def derive_residuals():
    """
    讲义实例 3×3 ∗ 2×2 的推导（讲义 3.2）。

    Returns
    -------
    str
        13 行：z₁₁、z₁₂、z₂₁、z₂₂，以及 δ₁₁⁽ˡ⁻¹⁾ 到 δ₃₃⁽ˡ⁻¹⁾，一行一个等式
    """
    grid = [(m, n) for m in range(1, 4) for n in range(1, 4)]
    z, back = {}, {place: [] for place in grid}
    for i, j in grid:
        if i < 3 and j < 3:
            z[i, j] = []
            for m, n in ((1, 1), (1, 2), (2, 1), (2, 2)):
                z[i, j].append(f"a{i + m - 1}{j + n - 1} w{m}{n}")
                back[i + m - 1, j + n - 1].append(f"d{i}{j} w{m}{n}")
    text = ""
    for (i, j), terms in z.items():
        text += f"z{i}{j} = {' + '.join(terms)} + b\n"
    for (i, j), terms in back.items():
        text += f"d{i}{j} = ({' + '.join(terms)}) dsigma(z{i}{j})\n"
    return text


# %% [markdown]
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
# **为什么 2×2 与 2×2 得到 3×3？** 前向计算时卷积核不能越出输入，每一边的大小从 3 减小到 $3-2+1=2$。反向传播时，九个 $a$ 都参与了前向计算，所以九个 $a$ 都必须得到残差：只要卷积核与残差有**一个**元素重叠，就有残差要传，角上的 $\delta_{11}^{(l-1)}$ 正是只重叠一个元素的情形。为了让卷积核能滑到这些位置，先在残差的外面补 $k-1=1$ 圈 0，得到 4×4，再做卷积：$4-2+1=3$。
#
# 一般地，$H_o = H-k_h+1$，补 0 后是 $H_o+2(k_h-1)$，卷积后是 $H_o+2(k_h-1)-k_h+1 = H_o+k_h-1 = H$，恰好回到前一层的大小。

# %% [markdown]
# ## 3 第 1 步：将卷积权重翻转 180° `rotate180`（4 分）
#
# $$w^{rot}_{m,n} = w_{k_h+1-m,\;k_w+1-n}$$
#
# 盯住一个 $a$ 看：$z$ 往前走一格，它旁边的 $w$ 就往回退一格。翻转卷积核，正是为了让两者同向。
#
# 翻转 180° 是上下颠倒、**并且**左右颠倒，等于转两次 90°。它不是转置：转置会交换高和宽，而翻转后的形状不变。例如
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix} \to \begin{pmatrix}4&3\\2&1\end{pmatrix},\qquad
# \begin{pmatrix}1&2&3\\4&5&6\end{pmatrix} \to \begin{pmatrix}6&5&4\\3&2&1\end{pmatrix}$$
#
# **任务**：完成 `rotate180`。返回新的数组：NumPy 的切片只是原数组的视图，以后修改其中一个，另一个也会跟着改变。

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
    return np.array([[x for x in row[::-1]] for row in w[::-1]])


# %% [markdown]
# ## 4 第 2 步：给当前层残差矩阵边界补 0 `pad_residual`（6 分）
#
# 补多少圈？上面的实例已经给出答案：卷积核与残差至少重叠一个元素，所以卷积核最多伸出去 $k-1$ 个元素。上、下各补 $k_h-1$ 行，左、右各补 $k_w-1$ 列。 2×2 的卷积核补 1 圈，3×3 的补 2 圈，1×1 的不用补。补多少只由卷积核决定，与前向的填充无关。
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
# ## 5 步长不为 1：使用 0 填充残差对应位置 `insert_zeros`（6 分）
#
# 步长为 $s$ 的卷积，可以看作先做步长为 1 的卷积，再每隔 $s$ 个只留下一个 $z$。被丢掉的 $z$ 不影响 $J$，它们的残差是 0。把这些 0 放回原处，就回到了步长为 1 的情形：相邻两个残差之间插入 $s-1$ 个 0。最后一个残差后面不再插入（外层的 0 由下一步补）。因此每一边的大小从 $H_o$ 变为 $(H_o-1)\,s+1$。
#
# 图中步长为 2、卷积核为 2×2：先在 2×2 的残差之间插入 0，得到 3×3，这是本练习要做的；再照练习 4 在外面补一圈 0，得到 5×5。
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
    out = np.zeros(((delta.shape[0] - 1) * stride + 1, (delta.shape[1] - 1) * stride + 1))
    for (p, q), d in np.ndenumerate(delta):
        out[p * stride, q * stride] = d
    return out


# %% [markdown]
# ## 6 卷积层的前一层残差 `conv_residual`（12 分）
#
# 讲义的“前一层残差计算方式”：
# 1. 将卷积权重翻转 180°；
# 2. 给当前层残差矩阵边界补 0；
# 3. 使用翻转后的卷积核对 pad 后的残差做卷积。
#
# 图中小字是盖在各个位置上的卷积核元素，已经翻转：$w_{22}$ 在左上，$w_{11}$ 在右下。红框只盖住 $\delta_{11}$，给出 $\delta_{11}w_{11}$；蓝框盖住两个，给出 $\delta_{11}w_{12}+\delta_{12}w_{11}$；黄框盖住全部四个。右边是它们给出的前一层残差，与实例中的九个式子一致。
#
# 写成公式：
#
# $$\delta_{u,v}^{(l-1)} = \sum_m \sum_n w^{rot}_{m,n}\; \delta^{pad}_{u+m-1,\,v+n-1}\;
#     \sigma'(z_{u,v}^{(l-1)})$$
#
# 讲义的公式里直接写 $w_{m,n}^{(l)}$ 和 $\delta^{l}_{m+u-1,n+v-1}$，并注明 $m,n$ 是**翻转后**卷积核的下标；同样，那里的 $\delta$ 是**补 0 以后**的残差，层号 $l$ 应带括号。这里用 $rot$、$pad$ 把两者标明。
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
# **任务**：完成 `conv_residual`。步长为 1，没有填充，一张图，一个卷积核。图和卷积核都不一定是正方形；卷积核可以是 1×1，也可以与前一层一样大。

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
    out = np.zeros(dsigma.shape)
    kh, kw = w.shape
    for (p, q), d in np.ndenumerate(delta):
        out[p:p + kh, q:q + kw] += d * w
    return out * dsigma


# %% [markdown]
# ## 7 手写推导：一个公式，任意步长 `residual_formula`（3 分）
#
# 上面的公式借助了 $w^{rot}$ 和 $\delta^{pad}$，而且只适用于步长 1。请写出一个不翻转、不补 0 的公式，对任意大小的图和卷积核、任意步长 $s$（无填充）都成立：
#
# $$\delta_{u,v}^{(l-1)} = \sum_p \sum_q \;\dots$$
#
# 其中 $w$ 就是前向计算所用的卷积核，$\delta$ 就是当前层的残差；**下标越出范围的元素当作 0**。
#
# 提示：前向计算时 $z_{p,q}=\sum_m\sum_n w_{m,n}\,a_{(p-1)s+m,\,(q-1)s+n}+b$。哪些 $z_{p,q}$ 含有 $a_{u,v}$？旁边的是哪个 $w$？
#
# 下标可以写成 `w[u-p+1, v-q+1]` 或 `w_{u-p+1,v-q+1}`，也可以含有 $s$，例如 `a[(p-1)s+m, (q-1)s+n]`；求和写成 `Σ_p Σ_q`、`sum_p sum_q` 或 `\sum_p \sum_q`。评分时换用别的大小和别的步长。
#
# **任务**：完成 `residual_formula`，返回一行等式。

# %%
def residual_formula():
    """
    前一层残差的一般公式，任意大小、任意步长 s，无填充（讲义 3.2）。

    Returns
    -------
    str
        一个等式，左边是 δ_{u,v}⁽ˡ⁻¹⁾
    """
    rows, columns = "u - (p-1)*s", "v - (q-1)*s"
    return f"d[u,v] = sum_p sum_q d[p,q] * w[{rows}, {columns}] * dsigma(z[u,v])"


# %% [markdown]
# ## 8 实际使用的形式：批、通道、多核、步长、填充 `conv2d_input_grad`（52 分）
#
# 前一层是 $(N, C, H, W)$ 的数组，卷积核是 $(K, C, k_h, k_w)$，当前层是
# $(N, K, H_o, W_o)$，$H_o=\lfloor (H+2p-k_h)/s \rfloor+1$，$W_o$ 同理。这次不乘 $\sigma'$，求的是 $\partial J/\partial a^{(l-1)}$，程序里常记作 `dx`。讲义“其它情况”各页逐一说明了变化：
#
# - **步长**：先插入 0（练习 5），其余步骤不变。
# - **输入通道**：$z=\sum_c a_c * w_c + b$，各通道的中间图相加得到 $z$。加法的导数是
#   1，所以每张中间图的残差都等于 $\delta$，各通道**分别**用自己的卷积核参数计算。（讲义此页的等式印得不太清楚，意思是：设 $r=x_1+x_2$，则
#   $\partial J/\partial x_1=\partial J/\partial r\cdot\partial r/\partial x_1 =\partial J/\partial r$。）
# - **多个卷积核**：同一个 $a$ 参与了每个卷积核的计算，所以 $K$ 份残差**相加**，不是取平均。
# - **批**：各个样本互不相干，结果的第 $n$ 个样本只来自 $\delta$ 的第 $n$ 个样本，也不除以 $N$。
# - **填充**：把补过 0 的图当作输入，照常计算，得到 $(H+2p)\times(W+2p)$ 的残差；讲义说，“计算填充0的边界的残差是冗余的”，所以最后把边界裁掉，只留原来的 $H\times W$。
# - **余数**：$(H+2p-k_h)$ 除以 $s$ 有余数 $r$ 时，填充后的图最下面 $r$ 行（最右边同理）没有窗口到达。它们不影响 $J$，残差是 0，但**位置要保留**，所以在下边和右边多补 $r$ 行、列 0。仅从 `delta` 看不出 $r$
#   是多少，这就是函数需要 `input_shape` 的原因。
#
# $$\frac{\partial J}{\partial a^{(l-1)}_{n,c,u,v}} = \left[\;\sum_k \sum_i \sum_j
# w^{rot}_{k,c,i,j}\;\delta^{pad}_{n,k,\,u'+i-1,\,v'+j-1}\right]_{u'=u+p,\;v'=v+p}$$
#
# 其中 $\delta^{pad}$ 是插入 0、在外面补 0、再补上余数以后的残差；方括号外的下标是裁剪：填充后的第 $u+p$ 行，就是原来的第 $u$ 行。
#
# **小例子**（只看一行，只在左右填充）：$w=(1,2,3)$，$s=2$，$\delta=(1,10)$。插入 0 得 $(1,0,10)$，两边各补两个 0 得 $(0,0,1,0,10,0,0)$，翻转后的 $(3,2,1)$ 滑过，得到 $(1,2,13,20,30)$。中间的 $13=3\cdot1+1\cdot10$：两个窗口在这里重叠。这是填充后的图上的残差，那么前一层的残差是
#
# | $W$ | $p$ | 余数 | 前一层的残差 |
# | --- | --- | --- | --- |
# | 5 | 0 | 0 | (1, 2, 13, 20, 30) |
# | 6 | 0 | 1 | (1, 2, 13, 20, 30, **0**)，最后一列没有窗口到达 |
# | 3 | 1 | 0 | (2, 13, 20)，左右各裁掉一个 |
# | 4 | 1 | 1 | (2, 13, 20, 30)，没有窗口到达的是右边的填充 |
#
# 最后一行值得多看一眼：先补上余数，得到 $(1,2,13,20,30,0)$，再裁去左右各一个。另外，$p=0$ 时 `[p:-p]` 是空的。
#
# **为什么只有“收集”的写法才需要翻转？** 有两种看问题的方式，结果相同：
# - **收集**（上面的步骤）：站在前一层的 $a_{u}$ 上问：谁用过我？若 $s=1$，用过我的 $z_{q}$ 满足 $u=q+i-1$，即
#   $q=u-i+1$：$i$ 增大时 $q$ 减小，方向相反，所以卷积核要翻转。
# - **分发**：站在当前层的 $\delta_{q}$ 上，重复前向走过的路：前向时 $z_{q}$ 用 $w_{i}$ 乘了
#   $a_{(q-1)s+i}$，现在就把 $\delta_{q}w_{i}$ **加**到同一个位置。方向与前向相同，卷积核**不翻转**，也不用插入 0；窗口重叠的地方必须累加，不能覆盖。
#
# **任务**：完成 `conv2d_input_grad`，用哪种方式都可以。建议先写步长 1、无填充，再一项一项地加：每一项都有自己的分数。

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
    kh, kw = w.shape[2:]
    out = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for (n, k, p, q), d in np.ndenumerate(delta):
        out[n, :, p * stride:p * stride + kh, q * stride:q * stride + kw] += d * w[k]
    return out[:, :, padding:padding + H, padding:padding + W]


# %% [markdown]
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
#    归并。用 `convolution` 作业里你自己的 `conv2d`，可以检验任意的步长和填充：
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
