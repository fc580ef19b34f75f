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
# - `dsigma` is $\sigma'(z^{(l-1)})$ of the layer before, ready-made: an array of the shape of that layer.
# - A pooling layer has no activation function, hence $a^{(l)}=z^{(l)}$.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Feature maps need not be square, and all activations of a map may be negative.
#
# After every exercise there is a check cell. It uses only some of the cases; grading uses other numbers and
# other shapes as well. A function may call the ones before it, but then their mistakes travel along.

# %%
import numpy as np


# %% [markdown]
# ## Part one: as the lecture writes it
#
# One feature map $a^{(l-1)}$ of shape $(H, W)$, a window of height $m$ and width $n$. "For convenience" the
# lecture takes the stride to be the size of the window: windows touch, they neither overlap nor leave
# gaps. In this part $m$ always divides $H$ and $n$ always divides $W$.
#
# **A word about $m$ and $n$.** Beside the forward formulas the lecture says that $m$, $n$ are the *stride*;
# beside the residual of average pooling, that they are the height and width of the *window*. Both are true
# only as long as the stride is the size of the window. In part two they differ, and then it pays to keep
# them apart: the window says **which units take part**, the stride says **where the windows stand**.
#
# ## 1. Forward pass of a max-pooling layer (6 points)
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
    Max pooling with a stride equal to the window.

    z[p, q] = max of a[p·m : (p+1)·m, q·n : (q+1)·n]

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
    m, n = window
    H, W = a.shape
    result = a.reshape(H // m, m, W // n, n).max(axis=3).max(axis=1)
    print(result)


# %% [markdown]
# ## 2. Forward pass of an average-pooling layer (6 points)
#
# The lecture writes $\text{avg}(\text{sum}(\dots))$: add up, then divide by the number of cells of
# the window, $m\cdot n$.
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
    Average pooling with a stride equal to the window.

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
    m, n = window
    H, W = a.shape
    return a.reshape(H // m, m, W // n, n).mean(axis=(1, 3))


# %% [markdown]
# ## 3. Upsampling (6 points)
#
# Pooling makes the map smaller; on the way back the residual first has to regain the size of the layer
# before. In this assignment that is all that `upsample` does: it copies every residual to all
# $m\cdot n$ cells of its window.
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
    Upsampling: copies every residual to the whole of its window.

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
    m, n = window
    return np.repeat(delta, m, axis=0)


# %% [markdown]
# ## 4. The residual of the layer before max pooling (12 points)
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
# $\delta_{u,v}^{(l-1)}=\text{upsample}(\delta_{p,q}^{(l)})\,\sigma'(z_{u,v}^{(l-1)})$.
# Its upsample is understood to serve the maximum only. The `upsample` of exercise 3 merely copies, so
# its result still has to be multiplied by the derivative above, a mask of zeros and ones.
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
    The residual of the layer before max pooling with a stride equal to the window.

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
    m, n = window
    H, W = a.shape
    result = np.zeros((H, W))
    for p in range(H // m):
        for q in range(W // n):
            block = a[p * m:(p + 1) * m, q * n:(q + 1) * n]
            i = int(np.argmax(block)) // n
            j = int(np.argmax(block)) % n
            result[p * m + i, q * n + j] = delta[p, q] * dsigma[p * m + i, q * n + j]
    return result


# %% [markdown]
# ## 5. The residual of the layer before average pooling (10 points)
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
# A way to check: if $\sigma'$ is 1 everywhere, the elements of $\delta^{(l-1)}$ add up to the same number as
# those of $\delta^{(l)}$. Residual is shared out, none is made or lost.
#
# **Your task**: complete `avg_pool_residual`. Unlike max pooling it need not know $a^{(l-1)}$. `delta` may be
# an integer array; the result must not be truncated.

# %%
def avg_pool_residual(delta, window, dsigma):
    """
    The residual of the layer before average pooling with a stride equal to the window.

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
    m, n = window
    P, Q = delta.shape
    result = np.zeros(dsigma.shape)
    for p in range(P):
        for q in range(Q):
            rows, cols = slice(p * m, (p + 1) * m), slice(q * n, (q + 1) * n)
            result[rows, cols] = delta[p, q] / (m * n) * dsigma[rows, cols]
    return result


# %% [markdown]
# ## Part two: as networks use it
#
# The input `x` has shape $(N, C, H, W)$: a batch of $N$ samples with $C$ channels each. Every channel
# of every sample is pooled on its own. Windows are squares whose side is an integer $k$ (parameter `window`),
# and the stride is an integer $s$ (parameter `stride`). The two may differ:
#
# - $s<k$: neighbouring windows **overlap**. AlexNet uses overlapping max pooling with $k=3$, $s=2$;
# - $s=k$: the case of lecture 3.1, windows touch;
# - $s>k$: there are **gaps** between the windows.
#
# Window $(p,q)$ starts in row $(p-1)s+1$ and column $(q-1)s+1$ and is $k$ high and wide. There is no
# padding and only whole windows count, so the output has height and width
#
# $$H_o=\left\lfloor\frac{H-k}{s}\right\rfloor+1,\qquad W_o=\left\lfloor\frac{W-k}{s}\right\rfloor+1$$
#
# If the division leaves a remainder, no window reaches the last rows at the bottom or the last columns at
# the right, and they take no part. The input is never smaller than the window.
#
# ## 6. Max pooling with a batch, channels and any stride (12 points)
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
    Max pooling of a batch of maps with channels; windows may overlap or leave gaps.

    z[n, c, p, q] = max of x[n, c, p·s : p·s + k, q·s : q·s + k]

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
    N, C, H, W = x.shape
    Ho = (H - window) // stride + 1
    Wo = (W - window) // stride + 1
    z = np.zeros((N, C, Ho, Wo))
    for p in range(Ho):
        for q in range(Wo):
            z[:, :, p, q] = np.amax(x[:, :, p * stride:p * stride + window, q * stride:q * stride + window], axis=(2, 3))
    return z


# %% [markdown]
# ## 7. Average pooling with a batch, channels and any stride (12 points)
#
# $$z_{n,c,p,q} = \frac{1}{k^2}\sum_{i=1}^{k}\sum_{j=1}^{k} x_{n,\,c,\,(p-1)s+i,\,(q-1)s+j}$$
#
# The divisor is always the number of cells in the window, $k^2$, whatever the stride.
#
# **Small example** ($x$ of exercise 6, $k=3$, $s=2$): at the top left
# $(1+2+3+6+7+8+11+12+20)/9=70/9$, and altogether $\dfrac19\begin{pmatrix}70&86\\134&148\end{pmatrix}$.
#
# **Your task**: complete `avg_pool2d`. Integer inputs must not be truncated.

# %%
def avg_pool2d(x, window, stride):
    """
    Average pooling of a batch of maps with channels; windows may overlap or leave gaps.

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
    N, C, H, W = x.shape
    Ho = (H - window) // stride + 1
    Wo = (W - window) // stride + 1
    z = np.zeros((N, C, Ho, Wo))
    for p in range(Ho):
        for q in range(Wo):
            block = x[:, :, p * stride:p * stride + window, q * stride:q * stride + window]
            z[:, :, p, q] = np.sum(block, axis=(2, 3)) / stride**2
    return z


# %% [markdown]
# ## 8. Backward pass of max pooling (20 points)
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
# The $20$ in the middle is the maximum of the upper two windows and receives $1+2=3$; the $22$ receives
# $3$, the
# $24$ receives $4$.
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
    Backward pass of max pooling: ∂J/∂x, without σ′.

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
    N, C, Ho, Wo = delta.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    block = x[n, c, p * stride:p * stride + window, q * stride:q * stride + window]
                    i = int(np.argmax(block)) // window
                    j = int(np.argmax(block)) % window
                    dx[n, c, p * stride + i, q * stride + j] += delta[n, c, p, q]
    return dx


# %% [markdown]
# ## 9. Backward pass of average pooling (16 points)
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
# **Small example** (input $5\times5$, $k=3$, $s=2$): for $\delta=\begin{pmatrix}9&18\\27&36\end{pmatrix}$
# the windows give each of their cells $\delta/9=\begin{pmatrix}1&2\\3&4\end{pmatrix}$. Row 3 and column 3
# are covered more than once:
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
    Backward pass of average pooling: ∂J/∂x, without σ′.

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
    N, C, Ho, Wo = delta.shape
    dx = np.zeros(input_shape)
    for p in range(Ho):
        for q in range(Wo):
            block = np.ones((N, C, window, window)) / window**2 * delta[:, :, p, q].reshape(N, C, 1, 1)
            dx[:, :, p * stride:p * stride + window, q * stride:q * stride + window] = block
    return dx
