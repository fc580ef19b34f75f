# %% [markdown]
# # Assignment: gradients of the kernel, and how to check gradients (lecture 3.3)
#
# Once the residual $\delta^{(l)}=\partial J/\partial z^{(l)}$ has arrived at a convolution, one question is
# left: how are the kernel's weights $w^{(l)}$ and its bias $b^{(l)}$ to be changed? That is, what are
# $\frac{\partial J}{\partial w^{(l)}}$ and $\frac{\partial J}{\partial b^{(l)}}$? First you answer it in the
# lecture's form, on a single feature map (stride 1, one kernel). Then you build a tool for **gradient
# checking**, which tells without any derivation whether a gradient is right. Last comes the form that is used
# in practice, with a batch, channels, several kernels, stride and padding.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `derive_gradients` | 3.3, the example: a derivation by hand | 5 |
# | `kernel_gradient` | 3.3, gradient of the weights | 14 |
# | `bias_gradient` | 3.3, gradient of the bias | 6 |
# | `numerical_gradient` | gradient checking: central differences | 10 |
# | `relative_error` | gradient checking: relative error | 6 |
# | `gradient_formulas` | 3.3, the gradients for any stride: a derivation by hand | 4 |
# | `conv2d_weight_grad` | 3.3 with batch, channels, several kernels, stride, padding | 40 |
# | `conv2d_bias_grad` | 3.3 with batch and several kernels | 15 |
# | **total** | | **100** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0.
# - What the lecture calls convolution is cross-correlation: the forward pass does **not** flip the kernel.
# - `delta` is the residual of the current layer, $\delta^{(l)}=\partial J/\partial z^{(l)}$; the $\sigma'$ of
#   this layer is already in it. `a` (or `x`) holds the **activations of the layer before**, $a^{(l-1)}$: the
#   input of the convolution.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only NumPy and Python's standard library may be used.
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
#    `check(kernel_gradient, lang="en", hint=True)`.
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
# `autograder check kernel_gradients.py` on the command line does the checking; with `--hint` it tells the
# idea at once.

# %%
import numpy as np


# %% [markdown]
# ## 1 A derivation by hand: the gradients of four weights and the bias `derive_gradients` (5 points)
#
# The example of lecture 3.3 is 3×3 ∗ 2×2 once more (layer numbers left out):
#
# $$\begin{aligned}
# z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} + b \\
# z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} + b \\
# z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} + b \\
# z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22} + b
# \end{aligned}$$
#
# This time look at $w$ instead of $a$: the **same** $w_{11}$ occurs in every $z$ (weights are shared), each
# occurrence influences $J$, and so the terms are **added**:
#
# $$\begin{aligned}
# \frac{\partial J}{\partial w_{11}^{(l)}}
#     &= \frac{\partial J}{\partial z_{11}^{(l)}} \frac{\partial z_{11}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{12}^{(l)}} \frac{\partial z_{12}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{21}^{(l)}} \frac{\partial z_{21}^{(l)}}{\partial w_{11}^{(l)}}
#     + \frac{\partial J}{\partial z_{22}^{(l)}} \frac{\partial z_{22}^{(l)}}{\partial w_{11}^{(l)}} \\
#     &= \delta_{11}^{(l)} a_{11}^{(l-1)} + \delta_{12}^{(l)} a_{12}^{(l-1)}
#     + \delta_{21}^{(l)} a_{21}^{(l-1)} + \delta_{22}^{(l)} a_{22}^{(l-1)}
# \end{aligned}$$
#
# $w_{12}$ occurs four times as well, each time beside the next $a$ to the right:
#
# $$\frac{\partial J}{\partial w_{12}^{(l)}}
#     = \delta_{11}^{(l)} a_{12}^{(l-1)} + \delta_{12}^{(l)} a_{13}^{(l-1)}
#     + \delta_{21}^{(l)} a_{22}^{(l-1)} + \delta_{22}^{(l)} a_{23}^{(l-1)}$$
#
# "And so on", says the lecture. Write all five lines: $\frac{\partial J}{\partial w_{11}}$ to
# $\frac{\partial J}{\partial w_{22}}$, and $\frac{\partial J}{\partial b}$. Each has points of its own.
#
# The function returns a text, one equation a line. Write as you like, but write sums out term by term; these
# three say the same:
#
# ```text
# dJ/dw11 = d11*a11 + d12*a12 + d21*a21 + d22*a22
# ∂J/∂w₁₁ = δ₁₁a₁₁ + δ₁₂a₁₂ + δ₂₁a₂₁ + δ₂₂a₂₂
# \frac{\partial J}{\partial w_{11}} = \delta_{11}a_{11}+\delta_{12}a_{12}+\delta_{21}a_{21}+\delta_{22}a_{22}
# ```
#
# A chain of equalities as in the lecture is welcome; then every step must be right, and the last one must be
# carried out: no derivative is left in it. The check cell tells you term by term what differs.
#
# **Your task**: complete `derive_gradients`. Put the text between `r"""` and `"""`, and no backslash will
# trouble you.

# %%
def derive_gradients():
    """
    The gradients of the kernel in the lecture's example, 3×3 ∗ 2×2 (lecture 3.3).

    Returns
    -------
    str
        5 lines: ∂J/∂w₁₁, ∂J/∂w₁₂, ∂J/∂w₂₁, ∂J/∂w₂₂ and ∂J/∂b, one equation a line
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2 The gradient of the weights `kernel_gradient` (14 points)
#
# In the picture the small letters are the residual where it comes to lie on the input. The red frame stands
# at position $(1,1)$: its four $\delta$, times the $a$ that they cover, add up to
# $\partial J/\partial w_{11}$; the blue, yellow and green frames give the other three, each in its colour. As
# one formula:
#
# $$\frac{\partial J}{\partial w_{p,q}^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}\, a_{u+p-1,\,v+q-1}^{(l-1)}$$
#
# In the lecture's words: convolve the residual of the current layer with the output of the layer before. The residual
# $\delta^{(l)}$ plays the kernel and slides over $a^{(l-1)}$; at position $(p,q)$, multiply element by
# element and add up: that is $\partial J/\partial w_{p,q}$.
#
# **Is anything rotated by 180°?** No. This convolution is a cross-correlation like the forward pass: as $u$
# grows in the formula, so does the index $u+p-1$ of $a$; both run the same way. The rotation belongs to the
# residual of the layer before, lecture 3.2, and only there.
#
# **How large is the result?** The forward pass made $H_o=H-k_h+1$; hence $k_h=H-H_o+1$ and $k_w=W-W_o+1$. The
# shapes of `delta` and `a` tell the kernel's shape, nobody has to give it.
#
# **Small example**: $a^{(l-1)}=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$,
# $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$.
#
# - $\partial J/\partial w_{11}$: the residual covers the upper left $\begin{pmatrix}1&0\\3&1\end{pmatrix}$,
#   $1\cdot1+2\cdot0+3\cdot3+(-1)\cdot1=9$;
# - $\partial J/\partial w_{12}$: the residual covers the upper right $\begin{pmatrix}0&2\\1&0\end{pmatrix}$,
#   $1\cdot0+2\cdot2+3\cdot1+(-1)\cdot0=7$.
#
# All four are $\begin{pmatrix}9&7\\3&6\end{pmatrix}$; work out the lower two with the formulas that you
# wrote.
#
# **Your task**: complete `kernel_gradient`. Stride 1, no padding, one map, one kernel. Neither map, residual
# nor kernel need be square; the kernel may be 1×1 or as large as the layer before (the residual is 1×1 then).

# %%
def kernel_gradient(delta, a):
    """
    The gradient of the kernel's weights (stride 1, no padding, one map, one kernel; lecture 3.3).

    ∂J/∂w[p, q] = Σ_u Σ_v δ[u, v] · a[u + p, v + q]

    Parameters
    ----------
    delta : (Ho, Wo)
        residual of the current layer, δ^(l)
    a : (H, W)
        activations of the layer before, a^(l-1)

    Returns
    -------
    (kh, kw) = (H - Ho + 1, W - Wo + 1)
        ∂J/∂w^(l)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: how do the three "convolutions" differ?
#
# The lecture speaks of a convolution three times: in the forward pass, for the residual of the layer before
# (3.2), and for the gradient of the weights (3.3). What slides over what? Is anything rotated, is anything
# padded, how large is the result? And why is there a rotation in only one of them?
#
# <details><summary>Open this when you have thought about it</summary>
#
# | | what slides | over what | rotated by 180° | zeros around | height of the result |
# | --- | --- | --- | --- | --- | --- |
# | forward pass | $w$ | $a^{(l-1)}$ | no | no | $H-k_h+1=H_o$ |
# | residual of the layer before | $w$ | $\delta^{(l)}$ | **yes** | $k-1$ rings | $H_o+k_h-1=H$ |
# | gradient of the weights | $\delta^{(l)}$ | $a^{(l-1)}$ | no | no | $H-H_o+1=k_h$ |
#
# All three come from one relation: $z_{u,v}$ took $a_{i,j}$ times $w_{p,q}$, where $i=u+p-1$. The forward
# pass keeps $u$ fixed, the gradient keeps $p$ fixed, and the other two indices grow together. The residual of
# the layer before keeps $i$ fixed: $u=i-p+1$, so $u$ falls as $p$ grows, and this one alone needs the
# rotation.
#
# </details>

# %% [markdown]
# ## 3 The gradient of the bias `bias_gradient` (6 points)
#
# The same $b^{(l)}$ was added to every $z$, and $\partial z_{u,v}/\partial b=1$. So
#
# $$\frac{\partial J}{\partial b^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}$$
#
# In the lecture's words: add up the residual of the current feature map. It is a sum, not a mean.
#
# **A remark**: the lecture's page on the parameters of a CNN says that there are as many biases as the
# feature map has activations, and adds in brackets that those of one feature map are equal. The brackets are
# what matters. A bias is indeed added to each activation, but throughout one feature map it is the **same**
# number. Counted as something to be learned, there is **one** bias a feature map, and its gradient is the sum
# of all residuals on that map, as the lecture's formula and summary say; there is not one bias and one
# gradient for each activation.
#
# **Small example**: $\delta^{(l)}=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$, $\partial J/\partial b=1+2+3-1=5$,
# a single number.
#
# **Your task**: complete `bias_gradient`. It returns one number (a scalar).

# %%
def bias_gradient(delta):
    """
    The gradient of the bias of one feature map (lecture 3.3).

    ∂J/∂b = Σ_u Σ_v δ[u, v]

    Parameters
    ----------
    delta : (Ho, Wo)
        residual of the current layer, δ^(l)

    Returns
    -------
    float
        ∂J/∂b^(l)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: what if each activation had a bias of its own?
#
# Suppose that biases were not shared and $z_{u,v}$ added a $b_{u,v}$ of its own. What would
# $\partial J/\partial b_{u,v}$ be? Now let all $b_{u,v}$ be one and the same $b$: how does the formula above
# come out?
#
# <details><summary>Open this when you have thought about it</summary>
#
# $\partial z_{u,v}/\partial b_{u,v}=1$, and $b_{u,v}$ influences no other $z$; so
# $\partial J/\partial b_{u,v}=\delta_{u,v}$, one gradient for each activation. With $b_{u,v}=b$ the chain
# rule gives
#
# $$\frac{\partial J}{\partial b}=\sum_u\sum_v\frac{\partial J}{\partial b_{u,v}}\cdot1
#     =\sum_u\sum_v\delta_{u,v}$$
#
# To share a parameter is to add up its gradients from all the places where it is used. The sum for $w$ in
# exercise 2 has the same reason.
#
# </details>

# %% [markdown]
# ## 4 Gradient checking: central differences `numerical_gradient` (10 points)
#
# Is the formula derived correctly, is the program right? The definition of a derivative can answer that:
# change $x_i$ a little and see how much $f$ changes. Take a step $h$ to either side and leave all other
# entries alone:
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$
#
# where $e_i$ is 1 at position $i$ and 0 elsewhere. This is the **central difference**.
#
# **Why not the one-sided $\frac{f(x+he_i)-f(x)}{h}$?** By Taylor's theorem its error is about
# $\frac{h}{2}f''$. In the central difference the terms with $f''$ cancel and an error of about
# $\frac{h^2}{6}f'''$ is left. Nor is a smaller $h$ always better: the two values of $f$ have some 16 digits,
# and the rounding error that remains after subtracting is divided by $2h$. Near $h=10^{-5}$ the two errors
# together are about as small as they get.
#
# **Small example**: $f(x)=x_1^3+x_1x_2$ at $x=(2,3)$ has the true gradient $(3x_1^2+x_2,\ x_1)=(15,\ 2)$.
# With $h=0.1$, much too large on purpose, the first entry comes out as
#
# | difference | computation | result |
# | --- | --- | --- |
# | forward | $(15.561-14)/0.1$ | 15.61 |
# | backward | $(14-12.559)/0.1$ | 14.41 |
# | **central** | $(15.561-12.559)/0.2$ | **15.01** |
#
# The central difference is off by no more than $0.01=h^2$.
#
# **Your task**: complete `numerical_gradient`.
# - `f` is a function that takes an array of the shape of `x` and returns a number. Call it as often as you
#   like.
# - `x` may have any shape, also none at all (`()`); the result has the same shape.
# - Change **one** entry at a time: when it is the turn of the next one, all others must have their old
#   values. It is best to work on a copy: `x` may be read-only, and it may be an integer array, to which
#   adding $10^{-5}$ would add nothing.

# %%
def numerical_gradient(f, x, h=1e-5):
    """
    The gradient of a scalar function f at x, by central differences.

    ∂f/∂x[i] ≈ (f(x + h·e_i) - f(x - h·e_i)) / 2h

    Parameters
    ----------
    f : function
        takes an array of the shape of x, returns a number
    x : array
        of any shape
    h : float
        step of the difference

    Returns
    -------
    array
        of the shape of x
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: is a smaller step always better?
#
# On the small example, let $h$ go down from $10^{-1}$ to $10^{-13}$ and see how far the first entry is from
# the true 15. How does the error behave, at first and later?
#
# ```python
# def f(x):
#     return x[0] ** 3 + x[0] * x[1]
#
#
# for n in range(1, 14, 2):
#     gradient = numerical_gradient(f, np.array([2.0, 3.0]), h=10.0**-n)
#     print(n, abs(gradient[0] - 15))
# ```
#
# <details><summary>Open this when you have thought about it</summary>
#
# | $h$ | $10^{-1}$ | $10^{-3}$ | $10^{-5}$ | $10^{-7}$ | $10^{-9}$ | $10^{-11}$ | $10^{-13}$ |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | error, roughly | $10^{-2}$ | $10^{-6}$ | $10^{-10}$ | $10^{-8}$ | $10^{-6}$ | $10^{-4}$ | $10^{-2}$ |
#
# At first, a step 100 times smaller gives an error 10,000 times smaller: that is $h^2$. Beyond $10^{-5}$ or
# so rounding takes over, and the error grows as $h$ shrinks.
#
# </details>

# %% [markdown]
# ## 5 Gradient checking: the relative error `relative_error` (6 points)
#
# A derived gradient $a$ and a numerical one $b$ are never quite equal. How much may they differ? A difference
# of $10^{-4}$ is suspicious in a gradient of size 1 and nothing at all in one of size $10^{6}$. So look at
# the **relative error**, at the entry where it is worst:
#
# $$\max_i\ \frac{|a_i-b_i|}{\max(10^{-8},\ |a_i|+|b_i|)}$$
#
# Divide element by element first, then take the maximum. The $10^{-8}$ in the denominator guards against
# $0/0$: where both are 0 the error is 0. It is a maximum rather than a mean because a mean would hide a
# mistake in one corner. The result lies between 0 and 1, and is 1 as soon as one pair of entries has opposite
# signs, or a 0 beside something else (unless both are so small that $10^{-8}$ is the denominator).
#
# **Small example**: $a=(1,-2,0)$, $b=(1,-1,0)$. The three errors are $0$, $\frac{1}{3}$ and $0$; the result
# is $\frac{1}{3}$.
#
# **Your task**: complete `relative_error`. `a` and `b` have the same shape, which may be any; the result is
# one number.
#
# **How is the tool used?** Let $J=\sum_{u,v}\delta_{u,v}z_{u,v}$ with fixed random numbers $\delta$. Then
# $\partial J/\partial z_{u,v}$ is just $\delta_{u,v}$, and exercise 2 can be checked:
#
# ```python
# def forward(a, w):  # lecture 2.1, with bias 0
#     windows = np.lib.stride_tricks.sliding_window_view(a, w.shape)
#     return np.einsum("pq,uvpq->uv", w, windows)
#
# rng = np.random.default_rng()
# a, w, delta = rng.normal(size=(5, 6)), rng.normal(size=(2, 3)), rng.normal(size=(4, 4))
# numeric = numerical_gradient(lambda w: np.sum(delta * forward(a, w)), w)
# print(relative_error(kernel_gradient(delta, a), numeric))
# ```
#
# A right program usually gives less than $10^{-8}$ (somewhat more if one entry happens to be close to 0; try
# other random numbers then); above $10^{-4}$ something is almost surely wrong. Do not check with a $\delta$
# of ones, with square maps or with a batch of one sample: many mistakes happen not to show there. (Where a
# function has a kink, as ReLU and max pooling do, and $x\pm h$ lie on either side of it, even a right
# gradient seems wrong.)

# %%
def relative_error(a, b):
    """
    The relative error of two gradients, at the worst of their entries.

    max_i |a[i] - b[i]| / max(1e-8, |a[i]| + |b[i]|)

    Parameters
    ----------
    a, b : array
        of the same shape

    Returns
    -------
    float
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 6 A derivation by hand: the gradients for any stride `gradient_formulas` (4 points)
#
# The lecture's formula $\frac{\partial J}{\partial w_{p,q}}=\sum_u\sum_v\delta_{u,v}\,a_{u+p-1,v+q-1}$ is for
# stride 1. Write two that hold for any size and any stride $s$ (without padding):
# $\frac{\partial J}{\partial w_{p,q}}$ and $\frac{\partial J}{\partial b}$. With stride $s$, in which row and
# column does the window of $z_{u,v}$ begin?
#
# Write two equations, one a line. An index may contain $s$, as in `a[s*u, v]` or `a_{su,v}`. A sum is
# `Σ_u Σ_v`, `sum_u sum_v` or `\sum_u \sum_v`. Grading tries other sizes and other strides.
#
# **Your task**: complete `gradient_formulas`.

# %%
def gradient_formulas():
    """
    The gradients of weights and bias as formulas for any size and any stride s, no padding (lecture 3.3).

    Returns
    -------
    str
        two equations with ∂J/∂w_{p,q} and ∂J/∂b on their left
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 7 As it is used: the gradient of the weights `conv2d_weight_grad` (40 points)
#
# The layer before is an array $(N, C, H, W)$, the kernels are $(K, C, k_h, k_w)$, the residual is
# $(N, K, H_o, W_o)$ with $H_o=\lfloor (H+2p-k_h)/s \rfloor+1$ and $W_o$ likewise. The forward pass is
#
# $$z_{n,k,u,v} = \sum_c\sum_p\sum_q w_{k,c,p,q}\; a^{pad}_{n,c,\,(u-1)s+p,\,(v-1)s+q} + b_k$$
#
# (As an index, $p$ is the place of a weight, like $q$, and not the number of padding rows.) Look for every
# $z$ in which $w_{k,c,p,q}$ occurs, and for the $a$ beside it:
#
# $$\frac{\partial J}{\partial w_{k,c,p,q}} = \sum_n\sum_u\sum_v
#     \delta_{n,k,u,v}\; a^{pad}_{n,c,\,(u-1)s+p,\,(v-1)s+q}$$
#
# Compared with exercise 2:
#
# - **Several kernels, several channels**: channel $c$ of kernel $k$ comes from residual map $k$ and input map
#   $c$ alone. There is **no** sum over $k$ or $c$; it is exercise 2, done $K\times C$ times.
# - **Batch**: every sample used the same $w$. So **add** over $n$; divide neither by $N$ nor by the number of
#   positions. (If the loss is a mean over samples, then its $\frac{1}{N}$ is in $\delta$ already.)
# - **Padding**: the zeros took part in the forward pass, so the input is $a^{pad}$, **after padding**. (The
#   lecture's remark that padding does not influence back-propagation means that the steps stay the same:
#   treat the padded map as the input and proceed as ever.)
# - **Stride**: the $a$ that neighbouring $z$ use are $s$ apart. So the sum takes every $s$-th $a$, while $p$
#   and $q$ still move one by one.
# - **Remainder**: if $s$ does not divide $H+2p-k_h$ and leaves the remainder $r$, then no window reaches the
#   lowest $r$ rows. They occur in no $z$ and therefore in no gradient. If you insert zeros into the residual
#   first (lecture 3.2) and slide that over $a^{pad}$, the result has $r$ rows too many; they are no part of
#   the kernel and have to go. `delta` and `x` do not tell $r$: that is why the function takes `kernel_shape`.
#
# **Small example** (a single row, padded at the left and right only): $k_w=3$, $s=2$, $\delta=(1,10)$. Weight
# $q$ meets element $q$ of every window:
#
# | layer before | $p$ | remainder | the two windows | gradient of the weights |
# | --- | --- | --- | --- | --- |
# | (1, 2, 3, 4, 5) | 0 | 0 | (1, 2, 3), (3, 4, 5) | (31, 42, 53) |
# | (1, 2, 3, 4, 5, 6) | 0 | 1 | (1, 2, 3), (3, 4, 5) | (31, 42, 53): no window reaches the 6 |
# | (1, 2, 3) | 1 | 0 | (0, 1, 2), (2, 3, 0) | (20, 31, 2) |
# | (1, 2, 3, 4) | 1 | 1 | (0, 1, 2), (2, 3, 4) | (20, 31, 42) |
#
# In the first row, for example, $31=1\cdot1+10\cdot3$.
#
# **Your task**: complete `conv2d_weight_grad`. `kernel_shape` is $(k_h, k_w)$; $K$ and $C$ are found in
# `delta` and `x`.

# %%
def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    """
    The gradient ∂J/∂w of a convolution's weights, summed over batch and positions (lecture 3.3).

    ∂J/∂w[k, c, p, q] = Σ_n Σ_u Σ_v δ[n, k, u, v] · x_pad[n, c, u·stride + p, v·stride + q]

    Parameters
    ----------
    delta : (N, K, Ho, Wo)
        residual of the current layer, Ho = (H + 2 padding - kh) // stride + 1, Wo likewise
    x : (N, C, H, W)
        input a^(l-1) of the convolution, not yet padded
    kernel_shape : (kh, kw)
        height and width of the kernels
    stride : int
        stride s
    padding : int
        rows and columns of zeros that the forward pass added on each side of the input

    Returns
    -------
    (K, C, kh, kw)
        ∂J/∂w^(l)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 8 As it is used: the gradient of the biases `conv2d_bias_grad` (15 points)
#
# Each kernel makes one feature map, and each feature map has **one** bias $b_k$. It was added at every
# position of map $k$, in every sample. So
#
# $$\frac{\partial J}{\partial b_k} = \sum_n\sum_u\sum_v \delta_{n,k,u,v}$$
#
# As for the weights, this is a sum over batch and positions, not a mean, and there is no sum over the kernels
# $k$. Stride and padding do not occur.
#
# **Small example** ($N=2$, $K=2$, maps of size 1×2):
#
# | | map 1 | map 2 |
# | --- | --- | --- |
# | sample 1 | (1, 2) | (10, 20) |
# | sample 2 | (3, 4) | (30, 50) |
#
# The gradient of the first bias is $1+2+3+4=10$, that of the second $10+20+30+50=110$: the result is
# $(10,\ 110)$.
#
# **Your task**: complete `conv2d_bias_grad`. It returns an array of shape $(K,)$.

# %%
def conv2d_bias_grad(delta):
    """
    The gradient ∂J/∂b of a convolution's biases, summed over batch and positions (lecture 3.3).

    ∂J/∂b[k] = Σ_n Σ_u Σ_v δ[n, k, u, v]

    Parameters
    ----------
    delta : (N, K, Ho, Wo)
        residual of the current layer

    Returns
    -------
    (K,)
        ∂J/∂b^(l)
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% [markdown]
# ### Think: three assignments in one
#
# 1. In the lecture's example let $a=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$,
#    $w=\begin{pmatrix}1&2\\3&4\end{pmatrix}$, $b=0$ and $\delta=\begin{pmatrix}1&2\\3&-1\end{pmatrix}$, so
#    that $z=\begin{pmatrix}14&7\\13&11\end{pmatrix}$. Compute $\sum\delta z$ and
#    $\sum w\,\frac{\partial J}{\partial w}$; the assignment `conv_residual` adds
#    $\sum a\,\frac{\partial J}{\partial a}$. Why are all three the same? And if $b\neq0$?
# 2. If the kernel is as large as the input, the convolution is a fully connected layer. Does
#    `conv2d_weight_grad` agree with the formula $\frac{\partial J}{\partial w_{ij}}=\delta_i a_j$ for such a
#    layer then?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. They are 56: $14+14+39-11$, and $9\cdot1+7\cdot2+3\cdot3+6\cdot4$. All three sums add up
#    $\delta\cdot w\cdot a$ over the 16 connections, sorted by $z$, by $w$ or by $a$. A bias adds
#    $b\,\frac{\partial J}{\partial b}$ to $\sum\delta z$. Batch, stride and padding change nothing in this,
#    so it serves as a check for exercises 7 and 8.
# 2. It does. Then $H_o=W_o=1$, and the gradient of kernel $k$ is $\sum_n\delta_{n,k}\,a_n$: the inputs,
#    weighted by the residuals and added up over the batch.
#
# </details>
#
# With $\frac{\partial J}{\partial w}$ and $\frac{\partial J}{\partial b}$ one can change the kernel against
# the gradient. That is what section 1 of the lecture means by a kernel found through training: see the
# assignment `training`.
