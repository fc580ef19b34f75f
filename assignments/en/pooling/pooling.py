# %% [markdown]
# # Assignment: the residual of the layer before a pooling layer (lecture 3.1)
#
# A pooling layer has nothing to learn. In back-propagation it does one thing only: it hands the residual
# $\delta^{(l)}$ to the layer before. **Which** units receive it, and **how much** each, depends on the part
# that each of them played in the forward pass. So we begin with the forward pass and work towards the answer,
# first as the lecture writes it (one feature map, stride equal to the window), then as networks use it: with
# a batch, channels, and a stride that differs from the window (AlexNet's overlapping pooling).
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `max_pool` | 3.1, forward pass of a max-pooling layer | 6 |
# | `avg_pool` | 3.1, forward pass of an average-pooling layer | 6 |
# | `upsample` | 3.1, the upsample of the formula for max pooling | 6 |
# | `max_pool_residual` | 3.1, residual of the layer before max pooling | 12 |
# | `avg_pool_residual` | 3.1, residual of the layer before average pooling | 10 |
# | `max_pool2d` | 3.1; 4, AlexNet's overlapping max pooling | 12 |
# | `avg_pool2d` | 3.1; 4 | 12 |
# | `max_pool2d_backward` | 3.1; 4 | 20 |
# | `avg_pool2d_backward` | 3.1; 4 | 16 |
# | **total** | | **100** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0.
# - The residual is $\delta^{(l)}=\partial J/\partial z^{(l)}$. `dsigma` is $\sigma'(z^{(l-1)})$ of the layer
#   before, ready-made: an array of the shape of that layer.
# - A pooling layer has no activation function, hence $a^{(l)}=z^{(l)}$.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only NumPy and Python's standard library may be used.
# - Feature maps need not be square, and all activations of a map may be negative.

# %% [markdown]
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the result is upside down, say, or only the border is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(max_pool, lang="en", hint=True)`.
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
# same; work on the one that you prefer, and hand that in. For the `.py` file, `autograder check pooling.py`
# on the command line does the checking; with `--hint` it tells the idea at once.

# %%
import numpy as np


# %% [markdown]
# ## Part one: as the lecture writes it
#
# One feature map $a^{(l-1)}$ of shape $(H, W)$, a window of height $m$ and width $n$. "For convenience" the
# lecture takes the stride to be the size of the window: windows touch, they neither overlap nor leave gaps.
# In this part $m$ always divides $H$ and $n$ always divides $W$.
#
# **A word about $m$ and $n$.** Beside the forward formulas the lecture says that $m$, $n$ are the *stride*;
# beside the residual of average pooling, that they are the height and width of the *window*. As long as the
# stride is the size of the window, both are true. In part two the two sizes differ and have to be kept apart:
# the window says **which units take part**, the stride says **where the windows stand**.
#
# ## 1 Forward pass of a max-pooling layer `max_pool` (6 points)
#
# $$a_{p,q}^{(l)} = z_{p,q}^{(l)}
#     = \max\left(a_{(p-1)m+1,\,(q-1)n+1}^{(l-1)},\ \dots,\ a_{pm,\,qn}^{(l-1)}\right)$$
#
# Between the brackets stand all $m\cdot n$ activations of window $(p,q)$: rows $(p-1)m+1$ to $pm$, columns
# $(q-1)n+1$ to $qn$.
#
# **Small example**, window $2\times2$:
#
# $$a^{(l-1)}=\begin{pmatrix}1&3&2&0\\5&4&1&6\\2&7&8&3\\0&1&4&2\end{pmatrix}
# \quad\Rightarrow\quad z^{(l)}=\begin{pmatrix}5&6\\7&8\end{pmatrix}$$
#
# The window at the top left holds $1,3,5,4$; its maximum is $5$.
#
# **Your task**: complete `max_pool`. `window` is $(m, n)$, and the two may differ. All activations may be
# negative, so a search for the maximum cannot start from 0.

# %%
def max_pool(a, window):
    """
    Max pooling with a stride equal to the window (lecture 3.1).

    z[p, q] = max(a[p·m : (p+1)·m, q·n : (q+1)·n])

    Parameters
    ----------
    a : (H, W)
        activations of the layer before, a^(l-1)
    window : (m, n)
        height and width of the window, and the stride; m divides H, n divides W

    Returns
    -------
    (H/m, W/n)
        z^(l) = a^(l)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2 Forward pass of an average-pooling layer `avg_pool` (6 points)
#
# The lecture writes $\text{avg}(\text{sum}(\dots))$: add up, then divide by the number of cells of the
# window, $m\cdot n$.
#
# $$a_{p,q}^{(l)} = z_{p,q}^{(l)}
#     = \frac{1}{m\cdot n}\left(a_{(p-1)m+1,\,(q-1)n+1}^{(l-1)} + \dots + a_{pm,\,qn}^{(l-1)}\right)$$
#
# **Small example** ($a^{(l-1)}$ of exercise 1, window $2\times2$): at the top left $(1+3+5+4)/4 = 3.25$;
# altogether
#
# $$z^{(l)}=\begin{pmatrix}3.25&2.25\\2.5&4.25\end{pmatrix}$$
#
# **Your task**: complete `avg_pool`. The mean of integers need not be an integer: nothing may be cut off.

# %%
def avg_pool(a, window):
    """
    Average pooling with a stride equal to the window (lecture 3.1).

    z[p, q] = 1/(m·n) · Σ a[p·m : (p+1)·m, q·n : (q+1)·n]

    Parameters
    ----------
    a : (H, W)
        activations of the layer before, a^(l-1)
    window : (m, n)
        height and width of the window, and the stride; m divides H, n divides W

    Returns
    -------
    (H/m, W/n)
        z^(l) = a^(l)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: nudge the input
#
# In the top left window of the small example, increase one number by 0.1: first the 1, then, instead, the
# maximum 5. How much does $z_{11}$ change, in max pooling and in average pooling? Now guess: when the
# residual $\delta_{11}^{(l)}$ is handed back, how much of it does each of the four units get?
#
# <details><summary>Open this when you have thought about it</summary>
#
# | | 0.1 added to the 1 | 0.1 added to the 5 |
# | --- | --- | --- |
# | $z_{11}$ of max pooling | stays | grows by 0.1 |
# | $z_{11}$ of average pooling | grows by 0.1 / 4 | grows by 0.1 / 4 |
#
# How much the output changes with the input: that is the derivative
# $\partial z_{11}^{(l)}/\partial a_{u,v}^{(l-1)}$. In max pooling it is 1 at the maximum and 0 elsewhere, in
# average pooling it is 1/4 everywhere. In just these proportions the residual is handed back. Exercises 4 and
# 5 make programs of it.
#
# </details>

# %% [markdown]
# ## 3 Upsampling `upsample` (6 points)
#
# Pooling makes the map smaller; on the way back the residual first has to regain the size of the layer
# before. In this assignment that is all that `upsample` does: it copies every residual to all $m\cdot n$
# cells of its window.
#
# $$\text{upsample}(\delta^{(l)})_{u,v} = \delta_{p,q}^{(l)},
#     \qquad \text{where }(p,q)\text{ is the window that holds }(u,v)$$
#
# **Small example**, window $2\times3$ (height 2, width 3):
#
# $$\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \begin{pmatrix}1&1&1&2&2&2\\1&1&1&2&2&2\\3&3&3&4&4&4\\3&3&3&4&4&4\end{pmatrix}$$
#
# Nothing is divided by $m\cdot n$ here and no maximum is looked for: the former belongs to average pooling,
# the latter to max pooling, and both follow in the next two exercises.
#
# **Your task**: complete `upsample`.

# %%
def upsample(delta, window):
    """
    Upsampling: copies every residual to the whole of its window (lecture 3.1).

    upsample(δ)[p·m + i, q·n + j] = δ[p, q],   0 ≤ i < m, 0 ≤ j < n

    Parameters
    ----------
    delta : (P, Q)
        residual of the pooling layer, δ^(l)
    window : (m, n)
        height and width of the window

    Returns
    -------
    (P·m, Q·n)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4 The residual of the layer before max pooling `max_pool_residual` (12 points)
#
# On the left of the picture is the forward pass: the red frames mark the maximum of each of the four windows.
# On the right is the backward pass (with $\sigma'=1$): the residuals 1, 2, 3, 4 return to the red frames, and
# all other units get 0.
#
# By the chain rule (lecture 3.1), for a unit $(u,v)$ that lies in window $(p,q)$,
#
# $$\delta_{u,v}^{(l-1)}
#   = \delta_{p,q}^{(l)}\ \frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}}\ \sigma'(z_{u,v}^{(l-1)})$$
#
# $z_{p,q}^{(l)}$ *is* the greatest activation of the window, so the derivative in the middle has two values:
#
# - at the maximum $\partial z_{p,q}^{(l)}/\partial a_{u,v}^{(l-1)}=1$, hence
#   $\delta_{u,v}^{(l-1)}=\delta_{p,q}^{(l)}\,\sigma'(z_{u,v}^{(l-1)})$;
# - everywhere else it is $0$, hence $\delta_{u,v}^{(l-1)}=0$.
#
# The lecture's short form is
# $\delta_{u,v}^{(l-1)}=\text{upsample}(\delta_{p,q}^{(l)})\,\sigma'(z_{u,v}^{(l-1)})$. Its upsample is
# understood to serve the maximum only. The `upsample` of exercise 3 merely copies, so its result still has to
# be multiplied by the derivative above, a mask of zeros and ones.
#
# **Small example** ($a^{(l-1)}$ of exercise 1, window $2\times2$):
#
# $$\delta^{(l)}=\begin{pmatrix}4&-8\\2&6\end{pmatrix},\qquad
# \sigma'=\begin{pmatrix}1&0.5&1&0\\0.5&1&0.5&1\\0&0.5&1&0.5\\1&1&0.5&0\end{pmatrix}
# \quad\Rightarrow\quad
# \delta^{(l-1)}=\begin{pmatrix}0&0&0&0\\2&0&0&-8\\0&1&6&0\\0&0&0&0\end{pmatrix}$$
#
# The maximum of the window at the top left, $5$, stands in row 2, column 1, where $\sigma'=0.5$: it receives
# $4\times1\times0.5=2$.
#
# **Ties.** Where several cells of a window share the maximum, the derivative is not defined, and any
# subgradient is accepted: one of them may receive the whole residual, or they may share it, as long as the
# shares add up to $\delta_{p,q}^{(l)}$ (each then times its own $\sigma'$). The reference serves the first
# one in reading order. What is wrong is to give each of them the whole: that makes residual out of nothing.
#
# **Your task**: complete `max_pool_residual`. `a` is the map **before** pooling, $a^{(l-1)}$. It may be an
# integer array; the result must not be truncated for that.

# %%
def max_pool_residual(delta, a, window, dsigma):
    """
    The residual of the layer before max pooling with a stride equal to the window (lecture 3.1).

    δ^(l-1)[u, v] = δ^(l)[p, q] · ∂z[p, q]/∂a[u, v] · σ′(z^(l-1)[u, v])

    Parameters
    ----------
    delta : (H/m, W/n)
        residual of the pooling layer, δ^(l)
    a : (H, W)
        activations before pooling, a^(l-1)
    window : (m, n)
        height and width of the window, and the stride
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
# ## 5 The residual of the layer before average pooling `avg_pool_residual` (10 points)
#
# In the picture (with $\sigma'=1$) every residual is cut into $2\cdot2$ equal parts, one for each of the four
# units of its colour.
#
# In an average all cells of the window count alike:
# $\partial z_{p,q}^{(l)}/\partial a_{u,v}^{(l-1)} = \frac{1}{m\cdot n}$. Hence (lecture 3.1)
#
# $$\delta_{u,v}^{(l-1)} = \frac{1}{m\cdot n}\ \delta_{p,q}^{(l)}\ \sigma'(z_{u,v}^{(l-1)})$$
#
# where $m$, $n$ are the height and width of the window and $(p,q)$ is the window that holds $(u,v)$.
#
# **Small example** ($\delta^{(l)}$ and $\sigma'$ of exercise 4, window $2\times2$):
# $\delta^{(l)}/4=\begin{pmatrix}1&-2\\0.5&1.5\end{pmatrix}$, and
#
# $$\delta^{(l-1)}=\begin{pmatrix}1&0.5&-2&0\\0.5&1&-1&-2\\0&0.25&1.5&0.75\\0.5&0.5&0.75&0\end{pmatrix}$$
#
# **Your task**: complete `avg_pool_residual`. Unlike max pooling it need not know $a^{(l-1)}$. `delta` may be
# an integer array; the result must not be truncated.

# %%
def avg_pool_residual(delta, window, dsigma):
    """
    The residual of the layer before average pooling with a stride equal to the window (lecture 3.1).

    δ^(l-1)[u, v] = 1/(m·n) · δ^(l)[p, q] · σ′(z^(l-1)[u, v])

    Parameters
    ----------
    delta : (P, Q)
        residual of the pooling layer, δ^(l)
    window : (m, n)
        height and width of the window, and the stride
    dsigma : (P·m, Q·n)
        σ′(z^(l-1))

    Returns
    -------
    (P·m, Q·n)
        δ^(l-1)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: what is kept, and what must be remembered
#
# 1. If $\sigma'$ is 1 everywhere, how does the sum of all elements of $\delta^{(l-1)}$ compare with that of
#    $\delta^{(l)}$? Try it with both of your functions.
# 2. What does a max-pooling layer have to remember in the forward pass for the sake of the backward pass? And
#    an average-pooling layer?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. They are equal. The derivatives of a window always add up to 1: in max pooling they are a single 1 and
#    zeros, in average pooling $m\cdot n$ times $\frac{1}{m\cdot n}$. Residual is shared out; none is made or
#    lost. That makes a handy check: `max_pool_residual(delta, a, window, np.ones(a.shape)).sum()` has to
#    equal `delta.sum()`.
# 2. A max-pooling layer remembers where the maximum of each window stood (or all of $a^{(l-1)}$): $z^{(l)}$
#    does not tell. An average-pooling layer need not remember any values, only shapes. The arguments of your
#    two functions say the same.
#
# </details>

# %% [markdown]
# ## Part two: as networks use it
#
# The input `x` has shape $(N, C, H, W)$: a batch of $N$ samples with $C$ channels each. Every channel of
# every sample is pooled on its own. Windows are squares whose side is an integer $k$ (parameter `window`),
# and the stride is an integer $s$ (parameter `stride`). The two may differ:
#
# - $s<k$: neighbouring windows **overlap**. AlexNet uses overlapping max pooling with $k=3$, $s=2$;
# - $s=k$: the case of lecture 3.1, windows touch;
# - $s>k$: there are **gaps** between the windows.
#
# The $pm$ and $qn$ of the lecture's formula, the last row and column of a window, no longer hold: window
# $(p,q)$ starts in row $(p-1)s+1$ and column $(q-1)s+1$, is $k$ high and wide, and so ends in row $(p-1)s+k$
# and column $(q-1)s+k$. There is no padding and only whole windows count; the output has height and width
#
# $$H_o=\left\lfloor\frac{H-k}{s}\right\rfloor+1,\qquad W_o=\left\lfloor\frac{W-k}{s}\right\rfloor+1$$
#
# If the division leaves a remainder, no window reaches the last rows at the bottom or the last columns at the
# right, and they take no part. The input is never smaller than the window.
#
# ## 6 Max pooling with a batch, channels and any stride `max_pool2d` (12 points)
#
# $$z_{n,c,p,q} = \max_{1\le i,\,j\le k}\ x_{n,\,c,\,(p-1)s+i,\,(q-1)s+j}$$
#
# **Small example** ($N=C=1$, AlexNet's $k=3$, $s=2$), $H_o=W_o=\lfloor(5-3)/2\rfloor+1=2$:
#
# $$x=\begin{pmatrix}1&2&3&4&5\\6&7&8&9&10\\11&12&20&13&14\\15&16&17&18&19\\21&22&0&23&24\end{pmatrix}
# \quad\Rightarrow\quad z=\begin{pmatrix}20&20\\22&24\end{pmatrix}$$
#
# The $20$ in the middle belongs to all four windows and is the maximum of the upper two. With one more row
# ($H=6$) there would still be $H_o=\lfloor3/2\rfloor+1=2$ rows of windows: row 6 has no influence.
#
# **Your task**: complete `max_pool2d`.

# %%
def max_pool2d(x, window, stride):
    """
    Max pooling of a batch of maps with channels; windows may overlap or leave gaps (lecture 3.1, 4).

    z[n, c, p, q] = max(x[n, c, p·s : p·s + k, q·s : q·s + k])

    Parameters
    ----------
    x : (N, C, H, W)
        activations of the layer before
    window : int
        side k of the window
    stride : int
        stride s

    Returns
    -------
    (N, C, Ho, Wo)
        Ho = ⌊(H − k)/s⌋ + 1, Wo = ⌊(W − k)/s⌋ + 1
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 7 Average pooling with a batch, channels and any stride `avg_pool2d` (12 points)
#
# $$z_{n,c,p,q} = \frac{1}{k^2}\sum_{i=1}^{k}\sum_{j=1}^{k} x_{n,\,c,\,(p-1)s+i,\,(q-1)s+j}$$
#
# The divisor is always the number of cells in the window, $k^2$, whatever the stride.
#
# **Small example** ($x$ of exercise 6, $k=3$, $s=2$): at the top left $(1+2+3+6+7+8+11+12+20)/9=70/9$, and
# altogether $\dfrac19\begin{pmatrix}70&86\\134&148\end{pmatrix}$.
#
# **Your task**: complete `avg_pool2d`. Integer inputs must not be truncated.

# %%
def avg_pool2d(x, window, stride):
    """
    Average pooling of a batch of maps with channels; windows may overlap or leave gaps (lecture 3.1, 4).

    z[n, c, p, q] = 1/k² · Σ x[n, c, p·s : p·s + k, q·s : q·s + k]

    Parameters
    ----------
    x : (N, C, H, W)
        activations of the layer before
    window : int
        side k of the window
    stride : int
        stride s

    Returns
    -------
    (N, C, Ho, Wo)
        Ho = ⌊(H − k)/s⌋ + 1, Wo = ⌊(W − k)/s⌋ + 1
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: to how many windows can one unit belong?
#
# To how many windows can a unit belong at most if $k=3$ and $s=2$? If $k=3$ and $s=1$? If $s>k$? And what has
# this to do with back-propagation?
#
# <details><summary>Open this when you have thought about it</summary>
#
# In one direction to $\lceil k/s\rceil$ windows at most, in both together to $\lceil k/s\rceil^2$: that is 4
# and 9; for $s>k$ it is 1, and units in the gaps belong to none. A unit in several windows may influence
# several outputs, and then back-propagation has to **add up** several residuals: that is the point of the
# next two exercises. When exercise 9 is done, it can draw a map of the numbers:
#
# ```python
# 9 * avg_pool2d_backward(np.ones((1, 1, 3, 3)), (1, 1, 7, 7), 3, 2)
# ```
#
# </details>

# %% [markdown]
# ## 8 Backward pass of max pooling `max_pool2d_backward` (20 points)
#
# We now want $\partial J/\partial x$. There is no $\sigma'$ here: to multiply by $\sigma'(z^{(l-1)})$ is the
# business of the activation function, which programs usually treat as a layer of its own.
#
# Where windows overlap, a unit may belong to several of them and may be the maximum of more than one. It
# receives a residual from every output that it influenced, and the chain rule says to **add** them:
#
# $$\frac{\partial J}{\partial x_{n,c,u,v}}
#     = \sum_{p}\sum_{q}\ \delta_{n,c,p,q}\ \frac{\partial z_{n,c,p,q}}{\partial x_{n,c,u,v}}$$
#
# $$\frac{\partial z_{n,c,p,q}}{\partial x_{n,c,u,v}}
#     =\begin{cases}1,&\text{if the maximum of window }(p,q)\text{ stands at }(u,v)\\
#     0,&\text{otherwise}\end{cases}$$
#
# **Small example** ($x$ of exercise 6, $k=3$, $s=2$):
#
# $$\delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \frac{\partial J}{\partial x}
#     =\begin{pmatrix}0&0&0&0&0\\0&0&0&0&0\\0&0&3&0&0\\0&0&0&0&0\\0&3&0&0&4\end{pmatrix}$$
#
# The $20$ in the middle is the maximum of the upper two windows and receives $1+2=3$; the $22$ receives $3$,
# the $24$ receives $4$.
#
# **Rules**
# - The result always has the shape of `x`. Rows and columns that no window reaches (in gaps, or left over at
#   the bottom and right) have residual 0 and keep their place.
# - Ties: as in exercise 4, any subgradient is accepted, but the shares must add up to the window's residual.
# - `x` may be an integer array while `delta` is not; the result must not be truncated.
#
# **Your task**: complete `max_pool2d_backward`.

# %%
def max_pool2d_backward(delta, x, window, stride):
    """
    Backward pass of max pooling: ∂J/∂x, without σ′ (lecture 3.1, 4).

    dx[n, c, u, v] = Σ_p Σ_q δ[n, c, p, q] · ∂z[n, c, p, q]/∂x[n, c, u, v]

    Parameters
    ----------
    delta : (N, C, Ho, Wo)
        residual of the pooling layer, ∂J/∂z
    x : (N, C, H, W)
        activations before pooling
    window : int
        side k of the window
    stride : int
        stride s

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 9 Backward pass of average pooling `avg_pool2d_backward` (16 points)
#
# Every cell of window $(p,q)$ has the derivative $1/k^2$. A unit that belongs to several windows receives a
# share from each, and the shares are **added**:
#
# $$\frac{\partial J}{\partial x_{n,c,u,v}}
#     = \frac{1}{k^2}\sum_{(p,q)\,:\,\text{window }(p,q)\text{ holds }(u,v)} \delta_{n,c,p,q}$$
#
# The divisor is the number of cells in a window, $k^2$: neither the square of the stride nor the number of
# windows that cover the unit.
#
# **Small example** (input $5\times5$, $k=3$, $s=2$): for $\delta=\begin{pmatrix}9&18\\27&36\end{pmatrix}$ the
# windows give each of their cells $\delta/9=\begin{pmatrix}1&2\\3&4\end{pmatrix}$. Row 3 and column 3 are
# covered more than once:
#
# $$\frac{\partial J}{\partial x}
#     =\begin{pmatrix}1&1&3&2&2\\1&1&3&2&2\\4&4&10&6&6\\3&3&7&4&4\\3&3&7&4&4\end{pmatrix}$$
#
# The unit in the middle belongs to all four windows: $1+2+3+4=10$. All elements add up to $90$, as do those
# of $\delta$.
#
# **Your task**: complete `avg_pool2d_backward`. It does not need the values of $x$, only their shape,
# `input_shape`: because of remainders $H$ and $W$ cannot be told from `delta`. Rows and columns that no
# window reaches have residual 0 and keep their place.

# %%
def avg_pool2d_backward(delta, input_shape, window, stride):
    """
    Backward pass of average pooling: ∂J/∂x, without σ′ (lecture 3.1, 4).

    dx[n, c, u, v] = 1/k² · Σ δ[n, c, p, q],   p·s ≤ u < p·s + k,  q·s ≤ v < q·s + k

    Parameters
    ----------
    delta : (N, C, Ho, Wo)
        residual of the pooling layer, ∂J/∂z
    input_shape : (N, C, H, W)
        the shape before pooling, a tuple
    window : int
        side k of the window
    stride : int
        stride s

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% [markdown]
# ### Think: do both parts agree?
#
# Can you write `max_pool_residual` of exercise 4 (window $2\times2$) in one line with the function of
# exercise 8?
#
# <details><summary>Open this when you have thought about it</summary>
#
# ```python
# max_pool2d_backward(delta[None, None], a[None, None], 2, 2)[0, 0] * dsigma
# ```
#
# Add axes of size 1 for batch and channel, let the stride be the window, and multiply by $\sigma'$ at the
# end. Confirm it on the small example of exercise 4: the lecture's form is a special case of the general one.
# So it is with exercises 5 and 9.
#
# </details>
