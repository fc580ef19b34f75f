# %% [markdown]
# # Assignment: the residual of the layer before a convolution (lecture 3.2)
#
# Back-propagation hands the residual $\delta^{(l)}=\partial J/\partial z^{(l)}$ backwards, layer by layer.
# This assignment answers the question of lecture 3.2: if the current layer is a convolution, what is the
# residual $\delta^{(l-1)}$ of the layer before it? First you follow the lecture's steps on a single feature
# map (stride 1, one kernel); then you build the form that is used in practice, with a batch, channels,
# several kernels, stride and padding.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `dense_residual` | 3.2, back-propagation in a fully connected network | 6 |
# | `derive_residuals` | 3.2, the example: a derivation by hand | 11 |
# | `rotate180` | 3.2, how the residual of the layer before is computed, step 1 | 4 |
# | `pad_residual` | 3.2, the same, step 2 | 6 |
# | `insert_zeros` | 3.2, when the stride is not 1, step 2 | 6 |
# | `conv_residual` | 3.2, formula for the residual of the layer before | 12 |
# | `residual_formula` | 3.2, one formula for any stride: a derivation by hand | 3 |
# | `conv2d_input_grad` | 3.2, stride, channels, several kernels, padding | 52 |
# | **total** | | **100** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0.
# - What the lecture calls convolution is cross-correlation: the forward pass does **not** flip the kernel.
# - `dsigma` is $\sigma'(z^{(l-1)})$ of the layer before, ready-made: an array of the shape of that layer.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only NumPy and Python's standard library may be used.
# - All functions but `conv2d_input_grad` treat one two-dimensional map (or one vector).
# - The two derivations by hand return a text, one equation a line.

# %% [markdown]
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the result is upside down, say, or only the border is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(dense_residual, lang="en", hint=True)`.
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
# `autograder check conv_residual.py` on the command line does the checking; with `--hint` it tells the idea
# at once.

# %%
import numpy as np


# %% [markdown]
# ## 1 Warm-up: the residual before a fully connected layer `dense_residual` (6 points)
#
# Lecture 3.2 starts from a formula that you know. In a fully connected network the residual of unit $j$ of a
# hidden layer is
#
# $$\delta_j^{(l)} = (w_j^{(l+1)})^T \cdot \delta^{(l+1)} \cdot \sigma'(z_j^{(l)})$$
#
# where $w_j^{(l+1)}$ is **column** $j$ of the weight matrix: all the weights that leave unit $j$. With three
# units in the next layer, for example,
#
# $$\delta_1^{(2)} = (w_{11}^{(3)}\delta_1^{(3)} + w_{21}^{(3)}\delta_2^{(3)} + w_{31}^{(3)}\delta_3^{(3)})
#     \cdot \sigma'(z_1^{(2)})$$
#
# Every unit that unit 1 influenced returns its residual, times the weight of that connection, and all of this
# is added up. The lecture abbreviates it to $\delta_1^{(2)} \sim w_{11}^{(3)}\delta_1^{(3)}+\dots$, where "∼"
# means that $\sigma'$ has been left out; a program must not leave it out. In the first formula the first dot
# is an inner product, the second plain multiplication. For a whole layer:
#
# $$\delta^{(l)} = \left((w^{(l+1)})^T \delta^{(l+1)}\right) \odot \sigma'(z^{(l)})$$
#
# with $\odot$ for multiplication element by element.
#
# **Small example** (two units → three units): $w=\begin{pmatrix}1&2\\3&4\\5&6\end{pmatrix}$,
# $\delta^{(l+1)}=(1,-1,2)$, $\sigma'=(0.5,\ 1)$. $w^T\delta^{(l+1)} = (1-3+10,\ 2-4+12) = (8, 10)$, hence
# $\delta^{(l)} = (4, 10)$.
#
# **Your task**: complete `dense_residual`. `w_next` has shape (outputs, inputs); the others are vectors.

# %%
def dense_residual(delta_next, w_next, dsigma):
    """
    The residual of the layer before a fully connected layer (lecture 3.2).

    δ^(l) = ((w^(l+1))ᵀ · δ^(l+1)) ⊙ σ′(z^(l))

    Parameters
    ----------
    delta_next : (outputs,)
        residual of the next layer, δ^(l+1)
    w_next : (outputs, inputs)
        weights of the next layer; w_next[i, j] leads from unit j to unit i
    dsigma : (inputs,)
        σ′(z^(l))

    Returns
    -------
    (inputs,)
        δ^(l)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: guess the residual before a convolution
#
# Look at the formula for a fully connected layer, says the lecture, and guess the residual before a
# convolution. In the assignment `convolution` you unrolled the convolution into a product with a matrix,
# $z = Ma$. What, then, does the formula for a whole layer say?
#
# <details><summary>Open this when you have thought about it</summary>
#
# Unrolled, a convolution is a fully connected layer with $M$ for its weights. So
#
# $$\delta^{(l-1)} = \left(M^T \delta^{(l)}\right) \odot \sigma'(z^{(l-1)})$$
#
# with all maps unrolled row by row. A column of $M$ holds all the connections of one $a$; transposing makes
# it a row, which collects the residuals along just these connections. For
# $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ and $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$, for
# example, your `conv_matrix` (copy it into a cell, from the assignment `convolution`) gives
#
# ```python
# (conv_matrix(np.array([[1, 2], [3, 4]]), (3, 3)).T @ np.array([1, 2, 3, -1])).reshape(3, 3)
# ```
#
# Note the result, and compare it when you come to exercise 6. The exercises below do not write out $M$, most
# of which is zeros: the lecture's three steps lead to the same result directly.
#
# </details>

# %% [markdown]
# ## The lecture's example: 3×3 ∗ 2×2
#
# A convolution is a set of connections, too, only that each $z$ is connected to a few $a$ and the weights are
# shared. The lecture's example writes down every connection. In the picture each colour belongs to one $a$ of
# the layer before and marks the terms that matter for its residual; the two framed terms hold $a_{12}$. Here
# layer numbers are left out, and so is the bias $b^{(l)}$, which does not depend on $a$:
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22}
# \end{aligned}$$
#
# The residual at some $a_{u,v}$ is found just as in a fully connected layer: **look for every $z$ that
# contains $a_{u,v}$, multiply its residual by the weight that stands beside $a_{u,v}$, and add up**; then
# multiply by $\sigma'$.
#
# $a_{11}$ occurs in $z_{11}$ only, beside $w_{11}$:
#
# $$\delta_{11}^{(l-1)} = \frac{\partial J}{\partial z_{11}^{(l)}}
#     \frac{\partial z_{11}^{(l)}}{\partial a_{11}^{(l-1)}}
#     \frac{\partial a_{11}^{(l-1)}}{\partial z_{11}^{(l-1)}}
#     = \delta_{11}^{(l)}\, w_{11}^{(l)}\, \sigma'(z_{11}^{(l-1)})$$
#
# $a_{12}$ occurs twice, in the two frames: in $z_{11}$ beside $w_{12}$, and in $z_{12}$ beside $w_{11}$:
#
# $$\delta_{12}^{(l-1)} = \left(
#     \frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial a_{12}^{(l-1)}} +
#     \frac{\partial J}{\partial z_{12}^{(l)}} \frac{\partial z_{12}^{(l)}}{\partial a_{12}^{(l-1)}}
#     \right) \frac{\partial a_{12}^{(l-1)}}{\partial z_{12}^{(l-1)}}
#     = \left(\delta_{11}^{(l)} w_{12}^{(l)} + \delta_{12}^{(l)} w_{11}^{(l)}\right) \sigma'(z_{12}^{(l-1)})$$

# %% [markdown]
# ## 2 A derivation by hand: four $z$ and nine residuals `derive_residuals` (11 points)
#
# The lecture works out $\delta_{11}^{(l-1)}$ and $\delta_{12}^{(l-1)}$ and leaves the others to you. Write
# all 13 lines of 3×3 ∗ 2×2: $z_{11}^{(l)}$ to $z_{22}^{(l)}$, this time with $b$, and $\delta_{11}^{(l-1)}$
# to $\delta_{33}^{(l-1)}$, with $\sigma'$. Each line has points of its own.
#
# The function returns a text, one equation a line. Write as you like, but write sums out term by term; these
# three say the same:
#
# ```text
# z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
# z₁₁ = a₁₁w₁₁ + a₁₂w₁₂ + a₂₁w₂₁ + a₂₂w₂₂ + b
# z_{11}^{(l)} = a_{11}^{(l-1)} w_{11}^{(l)} + a_{12}^{(l-1)} w_{12}^{(l)} + a_{21}^{(l-1)} w_{21}^{(l)}
#                + a_{22}^{(l-1)} w_{22}^{(l)} + b^{(l)}
# ```
#
# (In your answer the last one stands on a single line.) $\sigma'(z_{12}^{(l-1)})$ may be `dsigma(z12)` or
# `σ'(z12)`. Layer numbers may be left out: `d12` or `δ12` on the left of the equals sign is the residual of
# the layer before, on the right that of this layer. Order and brackets are up to you, and so is a chain of
# equalities as in the lecture; then every step must be right. The check cell tells you term by term what
# differs.
#
# **Your task**: complete `derive_residuals`. Put the text between `r"""` and `"""`, and no backslash will
# trouble you.

# %%
def derive_residuals():
    """
    The derivation of the lecture's example, 3×3 ∗ 2×2 (lecture 3.2).

    Returns
    -------
    str
        13 lines: z₁₁, z₁₂, z₂₁, z₂₂, and δ₁₁⁽ˡ⁻¹⁾ to δ₃₃⁽ˡ⁻¹⁾, one equation a line
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: how does the residual of the layer before come from that of this layer?
#
# This is the lecture's question. Look at the nine residuals that you wrote:
#
# 1. How many terms has each of the nine, and how many are there in all?
# 2. In the terms of $\delta_{22}^{(l-1)}$, in which order do the indices of $\delta^{(l)}$ run, and in which
#    order those of $w$?
# 3. Why does a 2×2 residual with a 2×2 kernel give a 3×3 result?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. Each of the four corners has one term, each of the four edges two, the centre four, together
#    $4\cdot1+4\cdot2+4=16$: the 16 connections that lecture 2.2 counted. Each hands back a residual once.
# 2. In $\delta_{22}^{(l-1)}$ the indices of $\delta$ run 11, 12, 21, 22, those of $w$ run 22, 21, 12, 11: the
#    opposite way. Rotate the kernel by 180°, and both run the same way. That is where the first of the
#    lecture's three steps comes from.
# 3. See below.
#
# </details>
#
# **Why does 2×2 with 2×2 give 3×3?** In the forward pass the kernel must stay inside the input, so each side
# shrinks from 3 to $3-2+1=2$. All nine $a$ took part in the forward pass, so in the backward pass all nine
# must get a residual: wherever kernel and residual overlap in as little as **one** element, there is
# something to hand back, and $\delta_{11}^{(l-1)}$ in its corner is just such an overlap. To let the kernel
# slide that far out, the residual is first surrounded by $k-1=1$ ring of zeros, which makes it 4×4; then
# $4-2+1=3$.
#
# In general $H_o = H-k_h+1$; padding makes it $H_o+2(k_h-1)$; sliding the kernel leaves
# $H_o+2(k_h-1)-k_h+1 = H_o+k_h-1 = H$, which is exactly the size of the layer before.

# %% [markdown]
# ## 3 Step 1: rotate the kernel by 180° `rotate180` (4 points)
#
# $$w^{rot}_{m,n} = w_{k_h+1-m,\;k_w+1-n}$$
#
# Fix your eyes on one $a$: as $z$ moves on by one place, the $w$ beside this $a$ moves back by one. The
# rotation makes both run the same way.
#
# A rotation by 180° turns the kernel upside down **and** left to right, like two rotations by 90°. It is not
# the transpose: transposing swaps height and width, rotating by 180° keeps the shape. For example
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix} \to \begin{pmatrix}4&3\\2&1\end{pmatrix},\qquad
# \begin{pmatrix}1&2&3\\4&5&6\end{pmatrix} \to \begin{pmatrix}6&5&4\\3&2&1\end{pmatrix}$$
#
# **Your task**: complete `rotate180`. Return a new array: a NumPy slice is only a view of the old one, and
# whoever changed one of them later would change both.

# %%
def rotate180(w):
    """
    The kernel, rotated by 180° (lecture 3.2).

    w_rot[m, n] = w[kh - 1 - m, kw - 1 - n]

    Parameters
    ----------
    w : (kh, kw)
        kernel

    Returns
    -------
    (kh, kw)
        a new array
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4 Step 2: surround the residual with zeros `pad_residual` (6 points)
#
# How many? The example above has given the answer: kernel and residual overlap in at least one element, so
# the kernel reaches out by at most $k-1$. Add $k_h-1$ rows above and below, $k_w-1$ columns to the left and
# right. A 2×2 kernel takes one ring of zeros, a 3×3 kernel two, a 1×1 kernel none. Only the kernel decides
# how many; the padding of the forward pass has no part in it.
#
# **Small example** (2×2 residual, 2×2 kernel):
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to
# \begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix}$$
#
# **Your task**: complete `pad_residual`. The kernel's height and width may differ.

# %%
def pad_residual(delta, kernel_shape):
    """
    The residual with kh - 1 rows of zeros above and below, kw - 1 columns left and right (lecture 3.2).

    Parameters
    ----------
    delta : (Ho, Wo)
        residual of the current layer
    kernel_shape : (kh, kw)
        height and width of the kernel

    Returns
    -------
    (Ho + 2 (kh - 1), Wo + 2 (kw - 1))
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 5 A stride other than 1: zeros between the residuals `insert_zeros` (6 points)
#
# A convolution with stride $s$ is a convolution with stride 1 of which only every $s$-th $z$ is kept. The $z$
# that were dropped have no influence on $J$; their residual is 0. Put these zeros back into their places, and
# the case of stride 1 is back: $s-1$ zeros between neighbouring residuals. None follow the last residual (the
# zeros outside belong to the next step). So each side grows from $H_o$ to $(H_o-1)\,s+1$.
#
# In the picture the stride is 2 and the kernel 2×2. First, zeros between the residuals turn 2×2 into 3×3:
# that is this exercise. Then a ring of zeros around them, as in exercise 4, makes it 5×5.
#
# **Small example** ($s=2$):
#
# $$\begin{pmatrix}1&2\\3&-1\end{pmatrix} \to \begin{pmatrix}1&0&2\\0&0&0\\3&0&-1\end{pmatrix}$$
#
# **Your task**: complete `insert_zeros`. With stride 1 the values stay the same; return a new array even so.

# %%
def insert_zeros(delta, stride):
    """
    The residual with stride - 1 zeros between neighbours (lecture 3.2).

    Parameters
    ----------
    delta : (Ho, Wo)
        residual of the current layer
    stride : int
        stride s of the forward convolution, the same in both directions

    Returns
    -------
    ((Ho - 1) s + 1, (Wo - 1) s + 1)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 6 The residual of the layer before a convolution `conv_residual` (12 points)
#
# The lecture's recipe:
# 1. rotate the kernel by 180°;
# 2. surround the current layer's residual with zeros;
# 3. convolve the padded residual with the rotated kernel.
#
# In the picture the small letters are the kernel's elements where they come to lie, rotated already: $w_{22}$
# at the top left, $w_{11}$ at the bottom right. The red frame covers $\delta_{11}$ alone and gives
# $\delta_{11}w_{11}$; the blue one covers two and gives $\delta_{11}w_{12}+\delta_{12}w_{11}$; the yellow one
# covers all four. On the right are the residuals of the layer before that they give, the same as in the
# example.
#
# As a formula:
#
# $$\delta_{u,v}^{(l-1)} = \sum_m \sum_n w^{rot}_{m,n}\; \delta^{pad}_{u+m-1,\,v+n-1}\;
#     \sigma'(z_{u,v}^{(l-1)})$$
#
# The lecture writes plain $w_{m,n}^{(l)}$ and $\delta^{l}_{m+u-1,n+v-1}$ and adds that $m,n$ index the
# **rotated** kernel. In the same way its $\delta$ is the residual **after padding**, and its layer number $l$
# should be in parentheses. Here $rot$ and $pad$ say so.
#
# **Small example** (the lecture's example continued, with $\sigma'=1$ for now):
# $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$, $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$. The rotated
# kernel is $\begin{pmatrix}4&3\\2&1\end{pmatrix}$; slide it over the padded 4×4 residual:
#
# $$\begin{pmatrix}0&0&0&0\\0&1&2&0\\0&3&-1&0\\0&0&0&0\end{pmatrix} \ast
# \begin{pmatrix}4&3\\2&1\end{pmatrix} = \begin{pmatrix}1&4&4\\6&15&6\\9&9&-4\end{pmatrix}$$
#
# - top left: $0\cdot4+0\cdot3+0\cdot2+1\cdot1=1$, which is $\delta_{11}w_{11}$;
# - centre: $1\cdot4+2\cdot3+3\cdot2+(-1)\cdot1=15$, which is
#   $\delta_{11}w_{22}+\delta_{12}w_{21}+\delta_{21}w_{12}+\delta_{22}w_{11}$.
#
# This is the $M^T\delta$ that you noted after exercise 1. At the end, multiply by `dsigma` element by
# element.
#
# **Your task**: complete `conv_residual`. Stride 1, no padding, one map, one kernel. Neither map nor kernel
# need be square; the kernel may be 1×1 or as large as the layer before.

# %%
def conv_residual(delta, w, dsigma):
    """
    The residual before a convolution (stride 1, no padding, one map, one kernel; lecture 3.2).

    δ^(l-1)[u, v] = Σ_m Σ_n w_rot[m, n] · δ_pad[u + m, v + n] · σ′(z^(l-1)[u, v])

    Parameters
    ----------
    delta : (H - kh + 1, W - kw + 1)
        residual of the current layer, δ^(l)
    w : (kh, kw)
        the kernel w^(l) as the forward pass uses it, not rotated
    dsigma : (H, W)
        σ′(z^(l-1))

    Returns
    -------
    (H, W)
        δ^(l-1)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 7 A derivation by hand: one formula for any stride `residual_formula` (3 points)
#
# The formula above needs $w^{rot}$ and $\delta^{pad}$, and it holds for stride 1 only. Write one that rotates
# nothing and pads nothing, and that holds for maps and kernels of any size and any stride $s$ (without
# padding):
#
# $$\delta_{u,v}^{(l-1)} = \sum_p \sum_q \;\dots$$
#
# Here $w$ is the kernel as the forward pass uses it, and $\delta$ the residual of the current layer. **An
# element whose index is out of range counts as 0.**
#
# A hint: the forward pass is $z_{p,q}=\sum_m\sum_n w_{m,n}\,a_{(p-1)s+m,\,(q-1)s+n}+b$. Which $z_{p,q}$
# contain $a_{u,v}$, and which $w$ stands beside it there?
#
# An index may be `w[u-p+1, v-q+1]` or `w_{u-p+1,v-q+1}`, and it may contain $s$, as in
# `a[(p-1)s+m, (q-1)s+n]`. A sum is `Σ_p Σ_q`, `sum_p sum_q` or `\sum_p \sum_q`. Grading tries other sizes and
# other strides.
#
# **Your task**: complete `residual_formula`. It returns one equation.

# %%
def residual_formula():
    """
    The residual of the layer before, one formula for any size and any stride s, no padding (lecture 3.2).

    Returns
    -------
    str
        one equation with δ_{u,v}⁽ˡ⁻¹⁾ on its left
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 8 As it is used: batch, channels, several kernels, stride, padding `conv2d_input_grad` (52 points)
#
# The layer before is an array $(N, C, H, W)$, the kernels are $(K, C, k_h, k_w)$, the current layer is
# $(N, K, H_o, W_o)$ with $H_o=\lfloor (H+2p-k_h)/s \rfloor+1$ and $W_o$ likewise. This time nothing is
# multiplied by $\sigma'$: wanted is $\partial J/\partial a^{(l-1)}$, which programs often call `dx`. The
# lecture's pages on the other cases say, one by one, what changes:
#
# - **Stride**: insert zeros first (exercise 5); all other steps stay.
# - **Input channels**: $z=\sum_c a_c * w_c + b$, the channels' intermediate maps are added up to $z$. The
#   derivative of a sum is 1, so each intermediate map has the residual $\delta$, and each channel is treated
#   **on its own**, with its own part of the kernel. (The equation on that page is not printed very clearly.
#   It means that for $r=x_1+x_2$,
#   $\partial J/\partial x_1=\partial J/\partial r\cdot\partial r/\partial x_1 =\partial J/\partial r$.)
# - **Several kernels**: the same $a$ took part in the result of every kernel, so the $K$ residuals are
#   **added**, not averaged.
# - **Batch**: samples have nothing to do with each other. Sample $n$ of the result comes from sample $n$ of
#   $\delta$ alone, and nothing is divided by $N$.
# - **Padding**: treat the padded map as the input and proceed as ever; this gives the residual of
#   $(H+2p)\times(W+2p)$ positions. The residual of the padding zeros is redundant, says the lecture: crop it
#   at the end and keep the $H\times W$ that were there before.
# - **Remainder**: if $s$ does not divide $H+2p-k_h$ and leaves the remainder $r$, then no window reaches the
#   lowest $r$ rows of the padded map (columns at the right likewise). They have no influence on $J$ and get
#   the residual 0, but **they keep their place**: pad $r$ more rows and columns of zeros at the bottom and
#   right. `delta` alone does not tell $r$; that is why the function takes `input_shape`.
#
# $$\frac{\partial J}{\partial a^{(l-1)}_{n,c,u,v}} = \left[\;\sum_k \sum_i \sum_j
# w^{rot}_{k,c,i,j}\;\delta^{pad}_{n,k,\,u'+i-1,\,v'+j-1}\right]_{u'=u+p,\;v'=v+p}$$
#
# Here $\delta^{pad}$ is the residual with zeros inserted, zeros around them, and those for the remainder. The
# indices outside the bracket do the cropping: row $u+p$ of the padded map is row $u$ of the map.
#
# **Small example** (a single row, padded at the left and right only): $w=(1,2,3)$, $s=2$, $\delta=(1,10)$.
# Zeros inserted: $(1,0,10)$; two zeros on each side: $(0,0,1,0,10,0,0)$; the rotated kernel $(3,2,1)$ slides
# over it and gives $(1,2,13,20,30)$. In the middle, $13=3\cdot1+1\cdot10$: two windows overlap there. This is
# the residual on the padded map; hence the residual of the layer before is
#
# | $W$ | $p$ | remainder | residual of the layer before |
# | --- | --- | --- | --- |
# | 5 | 0 | 0 | (1, 2, 13, 20, 30) |
# | 6 | 0 | 1 | (1, 2, 13, 20, 30, **0**): no window reaches the last column |
# | 3 | 1 | 0 | (2, 13, 20): one cropped on each side |
# | 4 | 1 | 1 | (2, 13, 20, 30): it is the padding on the right that no window reaches |
#
# The last row is worth a second look: add the remainder first, $(1,2,13,20,30,0)$, then crop one on each
# side. And mind that `[p:-p]` is empty for $p=0$.
#
# **Why does only the gather form need the rotation?** There are two ways to look at it, with equal results:
# - **Gather** (the steps above): stand on $a_{u}$ in the layer before and ask: who used me? For $s=1$ it was
#   every $z_{q}$ with $u=q+i-1$, that is $q=u-i+1$. As $i$ grows, $q$ falls: they run opposite ways, so the
#   kernel has to be rotated.
# - **Scatter**: stand on $\delta_{q}$ in the current layer and walk the forward pass's way again. Forward,
#   $z_{q}$ took $a_{(q-1)s+i}$ times $w_{i}$; now **add** $\delta_{q}w_{i}$ at that same position. The
#   direction is the forward one, so the kernel is **not** rotated and no zeros are inserted; but where
#   windows overlap the parts must be added up and must not replace each other.
#
# **Your task**: complete `conv2d_input_grad`, in either way. Begin with stride 1 and no padding, then add one
# thing after the other: each has points of its own.

# %%
def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    """
    The gradient ∂J/∂a^(l-1) of a convolution with respect to its input (without σ′; lecture 3.2).

    Parameters
    ----------
    delta : (N, K, Ho, Wo)
        residual of the current layer, Ho = (H + 2 padding - kh) // stride + 1, Wo likewise
    w : (K, C, kh, kw)
        the kernels as the forward pass uses them
    input_shape : (N, C, H, W)
        shape of the layer before, without padding
    stride : int
        stride s
    padding : int
        rows and columns of zeros that the forward pass added on each side of the input

    Returns
    -------
    (N, C, H, W)
        ∂J/∂a^(l-1)
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% [markdown]
# ### Think: how can a residual be checked without knowing the answer?
#
# 1. In the lecture's example let $a^{(l-1)}=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$, take $w$ and
#    $\delta^{(l)}$ of the small example of exercise 6 and $b=0$, so that
#    $z^{(l)}=\begin{pmatrix}14&7\\13&11\end{pmatrix}$. Compute $\sum\delta_{p,q}^{(l)}z_{p,q}^{(l)}$ and
#    $\sum a_{u,v}^{(l-1)}\frac{\partial J}{\partial a_{u,v}^{(l-1)}}$. Why are they equal?
# 2. If the kernel is as large as the layer before, the convolution is a fully connected layer. Do
#    `conv2d_input_grad` and `dense_residual` agree then?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. $1\cdot14+2\cdot7+3\cdot13-1\cdot11=56$. The nine numbers found in exercise 6 (with $\sigma'=1$), each
#    times its $a$, give $1+0+8+18+15+0+0+18-4=56$. Without a bias every $z$ is a sum of $a$ times weights. So
#    both sums add up $\delta\cdot w\cdot a$ over all 16 connections, one of them sorted by $z$, the other by
#    $a$. With your own `conv2d`, copied from the assignment `convolution`, you can check any stride and padding:
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
# 2. They do. Then $H_o=W_o=1$, and each kernel, unrolled row by row, is one row of the weights of a fully
#    connected layer. For a single sample, `dx` unrolled equals
#    `dense_residual(delta.ravel(), w.reshape(K, -1), 1)`.
#
# </details>
