# %% [markdown]
# # Assignment: from designed kernels to trained ones (lecture 1 and 3)
#
# Kernels, says section 1 of the lecture, come from one of two places:
#
# 1. somebody designs them, from experience or from statistics, as Sobel and Prewitt did;
# 2. training finds them, by back-propagation.
#
# The assignments before this one wrote out every step of back-propagation; now they are put to use. First the
# two origins **meet**: given a picture and its Sobel edges, gradient descent has to find Sobel's kernel by
# itself. Then you write the gradients of a whole convolutional network, train it on real handwritten digits,
# and see what kernels look like that nobody has designed.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `squared_error` | 1, where training starts: a loss and its residual | 10 |
# | `fit_kernel` | 1, origins of kernels; 3.3, gradients | 25 |
# | `softmax_cross_entropy` | 3, the residual of the output layer | 15 |
# | `cnn_gradients` | 3, back-propagation through the whole network | 40 |
# | in writing: pros and cons of either origin | 1, the lecture's question | 10 |
# | **total** | | **100** |
#
# **Conventions**
# - Indices in formulas start at 1, as in the lecture; indices in code start at 0, and so do classes.
# - What the lecture calls convolution is cross-correlation: the forward pass does **not** flip the kernel. In
#   this assignment the stride is 1, and there is no padding.
# - The residual is $\delta=\partial J/\partial z$. Gradients are **sums** over positions and samples; where
#   the loss is a mean, its $\frac1N$ is in $\delta$ already.
# - Do not modify the arguments. Return new arrays that share no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only NumPy and Python's standard library may be used.

# %% [markdown]
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the signs are reversed, say, or the values are
#    half of the right ones.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(squared_error, lang="en", hint=True)`.
# 4. When all is done, restart the kernel, run everything from top to bottom, save, and hand in this file.
#
# The check cells use only some of the cases; grading uses other numbers and other shapes as well. So when a
# check has passed, think once more about the special cases that the text mentions. A function may call the
# ones before it, but then their mistakes travel along. The question at the end has no check cell: your
# teacher marks the answer. Add cells to try things out, as many as you like.
#
# If a check cell keeps running (`[*]`), a loop probably never ends: interrupt it with ■. The number below a
# check cell is for nbgrader; it is not your final mark.
#
# An assignment comes as a notebook (`.ipynb`, with pictures) and as a `.py` file (without). Both say the
# same; work on the one that you prefer, and hand that in. For the `.py` file, `autograder check training.py`
# on the command line does the checking; with `--hint` it tells the idea at once.

# %%
from pathlib import Path

import numpy as np


# %% [markdown]
# ## Part one: learning Sobel's kernel
#
# The three functions below belong to earlier assignments and are given here: the convolution of lecture 2.1
# and the gradients of weights and bias of 3.3. **Better still, use your own**: paste your functions of the
# same names from the assignments `convolution` and `kernel_gradients` in their place, and train with a
# forward pass and gradients that you wrote yourself.

# %%
def correlate(a, w, b=0.0):
    """z[u, v] = Σ_p Σ_q w[p, q] · a[u + p, v + q] + b"""
    windows = np.lib.stride_tricks.sliding_window_view(a, w.shape)  # (Ho, Wo, kh, kw)
    return np.einsum("pq,uvpq->uv", w, windows) + b


def kernel_gradient(delta, a):
    """∂J/∂w[p, q] = Σ_u Σ_v δ[u, v] · a[u + p, v + q]"""
    return correlate(a, delta)


def bias_gradient(delta):
    """∂J/∂b = Σ_u Σ_v δ[u, v]"""
    return np.sum(delta)


# %% [markdown]
# ## 1. A loss and its residual (10 points)
#
# Training needs an aim: the feature map $z$ that we compute should be close to a given one, $t$. How far it
# is off is measured by the **mean squared error**, with $n=H_o\cdot W_o$ positions:
#
# $$J=\frac1n\sum_u\sum_v\left(z_{u,v}-t_{u,v}\right)^2$$
#
# There is no activation function here, $z$ is the output itself. So the residual is simply the derivative:
#
# $$\delta_{u,v}=\frac{\partial J}{\partial z_{u,v}}=\frac2n\left(z_{u,v}-t_{u,v}\right)$$
#
# The square leaves a $2$, the mean leaves $\frac1n$, and the sign is that of $z-t$, not of $t-z$: where $z$
# is too large $\delta$ is positive, and a step along $-\delta$ makes it smaller.
#
# **Small example**: $z=\begin{pmatrix}1&2\\3&4\end{pmatrix}$, $t=\begin{pmatrix}0&2\\5&3\end{pmatrix}$.
#
# $$z-t=\begin{pmatrix}1&0\\-2&1\end{pmatrix},\qquad J=\frac{1+0+4+1}4=1.5,\qquad
# \delta=\frac24\,(z-t)=\begin{pmatrix}0.5&0\\-1&0.5\end{pmatrix}$$
#
# **Your task**: complete `squared_error`. It returns `(J, delta)`: a number, and an array of the shape of
# $z$.

# %%
def squared_error(z, target):
    """
    The mean squared error and its residual.

    J = 1/n · Σ_u Σ_v (z[u, v] - t[u, v])²,   δ[u, v] = 2/n · (z[u, v] - t[u, v]),   n = Ho · Wo

    Parameters
    ----------
    z : (Ho, Wo)
        the feature map as computed
    target : (Ho, Wo)
        the feature map as it should be, t

    Returns
    -------
    J : float
    delta : (Ho, Wo)
        ∂J/∂z
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2. Learning a kernel by gradient descent (25 points)
#
# There is a picture $a$ and a feature map $t$. We know that some kernel made $t$ from $a$, but not which one.
# Start from a kernel that does nothing (all zeros) and repeat four things: **compute, compare, pass back,
# change**.
#
# $$\begin{aligned}
# \text{compute}\quad & z = a * w + b && \text{(lecture 2.1)}\\
# \text{compare}\quad & \delta = \tfrac2n\,(z-t) && \text{(exercise 1)}\\
# \text{pass back}\quad & \tfrac{\partial J}{\partial w}=\text{the residual convolved with } a,\quad
#     \tfrac{\partial J}{\partial b}=\sum\delta && \text{(lecture 3.3)}\\
# \text{change}\quad & w \leftarrow w-\eta\,\tfrac{\partial J}{\partial w},\quad
#     b \leftarrow b-\eta\,\tfrac{\partial J}{\partial b}
# \end{aligned}$$
#
# $\eta$ is the **learning rate**: how large a step is. Mind three things:
#
# - **Both gradients are computed before anything changes**, from the same $w$ and the same $b$. Do not
#   change $w$ first and compute the gradient of $b$ with the new one.
# - **Every step has its own residual**: as $w$ changes, so do $z$ and $\delta$. Gradients do not pile up;
#   each step uses its own and no older ones.
# - `steps` says how often $w$ and $b$ change. With 0 steps they are what they were: a kernel of zeros, and 0.
#
# **Small example** (one step, $\eta=0.1$):
# $a=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$, $t=\begin{pmatrix}2&0\\-2&4\end{pmatrix}$, kernel 2×2.
#
# Everything starts at 0, so $z=0$ and $\delta=\frac24(0-t)=\begin{pmatrix}-1&0\\1&-2\end{pmatrix}$. Hence
#
# $$\frac{\partial J}{\partial w}=\begin{pmatrix}0&1\\-7&-1\end{pmatrix},\quad
# \frac{\partial J}{\partial b}=-2\quad\Rightarrow\quad
# w=\begin{pmatrix}0&-0.1\\0.7&0.1\end{pmatrix},\quad b=0.2$$
#
# Take the lower left: the residual covers $\begin{pmatrix}3&1\\0&2\end{pmatrix}$, and
# $-1\cdot3+0\cdot1+1\cdot0-2\cdot2=-7$.
#
# **Your task**: complete `fit_kernel`. It returns `(w, b)`. Neither picture nor kernel need be square.

# %%
def fit_kernel(image, target, kernel_shape, learning_rate, steps):
    """
    Learns the kernel that turns image into target, by gradient descent on squared_error.

    w = 0, b = 0
    steps times (both gradients with w and b as they were before the change):
        w ← w - η · ∂J/∂w,   b ← b - η · ∂J/∂b

    Parameters
    ----------
    image : (H, W)
        the input a
    target : (H - kh + 1, W - kw + 1)
        the feature map as it should be, t
    kernel_shape : (kh, kw)
        height and width of the kernel
    learning_rate : float
        the learning rate η
    steps : int
        how many changes; may be 0

    Returns
    -------
    w : (kh, kw)
    b : float
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### The two origins meet
#
# Run the cell below. It puts the first nine handwritten digits of our data together to a picture $a$ of
# 24×24, computes its edges $t$ with Sobel's kernel, and gives `fit_kernel` nothing but $a$ and $t$: it does
# not know that there is such a thing as Sobel's kernel.
#
# Watch two things: how the loss $J$ falls (fast at first, then ever more slowly), and how the kernel turns
# from zeros to $\begin{pmatrix}-1&0&1\\-2&0&2\\-1&0&1\end{pmatrix}$. After 300 steps every element is right
# to within 0.01.
#
# **Try and think**
# - What happens if the learning rate is 0.5 in place of 0.3, that is, with `watch_the_kernel(0.5)`, and why?
#   (A step that is too long crosses the valley and ends higher up than it began.)
# - If $a$ were the same grey everywhere, could Sobel's kernel be learned from it? What must data be like for
#   the two origins to meet?

# %%
NOT_YET = """
An exercise above is not written yet; come back to this cell when it is.
"""
NO_DATA = """
There is no data/digits.npz: put the folder data, which came with this file, beside it and open it there.
"""


def load_digits():
    """
    Real handwritten digits: images (1797, 8, 8) from 0 to 1, labels (1797,), 0 to 9. See data/README.md.
    """
    here = Path(globals().get("__file__", "")).parent  # a notebook has no __file__ and runs in its own folder
    with np.load(here / "data" / "digits.npz") as digits:
        return digits["images"] / 16, digits["labels"].astype(int)


def watch(demonstration):
    """
    Runs a demonstration, or says what is missing for it.
    """
    try:
        demonstration()
    except NotImplementedError:
        print(NOT_YET.strip())
    except FileNotFoundError:
        print(NO_DATA.strip())


def show(pictures, titles, limit=None):
    """
    Shows pictures side by side, from dark to bright; in characters where matplotlib is not installed.
    With a limit, grey runs from -limit to limit in all of them, else over the values of each.
    """
    lows = [np.min(picture) if limit is None else -limit for picture in pictures]
    highs = [np.max(picture) if limit is None else limit for picture in pictures]
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        for picture, title, low, high in zip(pictures, titles, lows, highs, strict=True):
            shades = np.clip(np.round((picture - low) / max(high - low, 1e-12) * 9), 0, 9).astype(int)
            print(title, *("".join(2 * " .:-=+*#%@"[shade] for shade in row) for row in shades), sep="\n")
        return
    _, axes = plt.subplots(1, len(pictures), figsize=(1.5 * len(pictures), 1.9), squeeze=False)
    for axis, picture, title, low, high in zip(axes[0], pictures, titles, lows, highs, strict=True):
        axis.imshow(picture, cmap="gray", vmin=low, vmax=high)
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    plt.show()


def plot(x, y, x_title, y_title):
    """
    Draws a curve over a logarithmic axis; in characters where matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        height = np.log(np.maximum(y, 1e-300))
        bars = np.round(40 * (height - height.min()) / max(np.ptp(height), 1e-12)).astype(int)
        for place, value, bar in zip(x, y, bars, strict=True):
            print(f"{x_title} {place:4}  {y_title} = {value:.1e}  {'#' * (bar + 1)}")
        return
    _, axis = plt.subplots(figsize=(5, 2.4))
    axis.semilogy(x, y, "o-", markersize=3)
    axis.set_xlabel(x_title)
    axis.set_ylabel(y_title)
    plt.show()


# %%
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def watch_the_kernel(learning_rate=0.3):
    """
    The loss and the kernel on their way from zeros to Sobel's kernel.
    """
    digits, _ = load_digits()
    image = digits[:9].reshape(3, 3, 8, 8).swapaxes(1, 2).reshape(24, 24)
    target = correlate(image, SOBEL)
    steps = [0, 1, 3, 10, 30, 100, 200, 300]
    losses, kernels = [], []
    for number in steps:
        w, b = fit_kernel(image, target, SOBEL.shape, learning_rate, number)
        J, _ = squared_error(correlate(image, w, b), target)
        print(f"{number:4}:  J = {J:9.2e}   b = {b:7.4f}   w = {(np.round(w, 3) + 0.0).tolist()}")
        losses.append(J)
        kernels.append(w)
    print(f"max |w - Sobel| = {np.abs(kernels[-1] - SOBEL).max():.1e}")
    plot(steps, losses, "steps", "J")
    show([image, target], ["a", "t"])
    show(kernels, steps, limit=2)


if __name__ == "__main__":
    watch(watch_the_kernel)


# %% [markdown]
# ## Part two: training a convolutional network
#
# Now nobody knows the "right" kernels any more. There are pictures of handwritten digits and their labels,
# and the network has to find useful kernels by itself. It has a few layers only:
#
# $$x \;\xrightarrow{\;*\,w_1+b_1\;}\; z_1 \;\xrightarrow{\text{ReLU}}\; a_1
#   \;\xrightarrow{\text{max pooling }2\times2}\; p_1 \;\xrightarrow{\text{flatten}}\; f
#   \;\xrightarrow{\text{dense }w_2,\,b_2}\; s \;\xrightarrow{\text{softmax cross-entropy}}\; J$$
#
# The forward pass and the gradients of each layer have been written in earlier assignments. The functions
# below do what is needed here and no more (stride 1, no padding, pooling with a stride equal to the window).
# Again it is **better to use your own**: names and order of arguments are those of the assignments
# `convolution`, `pooling` and `kernel_gradients`, so that they fit in as they are.

# %%
def conv2d(x, w, b):
    """z[n, k, u, v] = Σ_c Σ_p Σ_q w[k, c, p, q] · x[n, c, u + p, v + q] + b[k]"""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("kcpq,ncuvpq->nkuv", w, windows) + b[:, None, None]


def conv2d_weight_grad(delta, x, kernel_shape):
    """∂J/∂w[k, c, p, q] = Σ_n Σ_u Σ_v δ[n, k, u, v] · x[n, c, u + p, v + q]"""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_shape, axis=(2, 3))
    return np.einsum("nkuv,ncuvpq->kcpq", delta, windows)


def conv2d_bias_grad(delta):
    """∂J/∂b[k] = Σ_n Σ_u Σ_v δ[n, k, u, v]"""
    return np.einsum("nkuv->k", delta)


def max_pool2d(x, window, stride):
    """
    The maximum of every window, where windows touch (window = stride). What is left over is in none.
    """
    s, P, Q = stride, x.shape[2] // stride, x.shape[3] // stride
    cells = [x[:, :, i : P * s : s, j : Q * s : s] for i in range(window) for j in range(window)]
    return np.max(cells, axis=0)


def max_pool2d_backward(delta, x, window, stride):
    """
    Hands the residual to the first maximum of every window, where windows touch (window = stride).
    """
    z, left = max_pool2d(x, window, stride), delta
    s, P, Q = stride, delta.shape[2], delta.shape[3]
    dx = np.zeros(x.shape)
    for i in range(window):
        for j in range(window):
            cell = np.s_[:, :, i : P * s : s, j : Q * s : s]
            dx[cell] = np.where(x[cell] == z, left, 0)
            left = left - dx[cell]  # a later maximum of the same window finds nothing left
    return dx


# %% [markdown]
# ## 3. The residual of the output layer: softmax and cross-entropy (15 points)
#
# The dense layer gives each sample a **score** $s_{n,i}$ for every class. Softmax turns scores into
# probabilities; cross-entropy looks at the probability of the right class $y_n$ and takes the **mean** over
# the batch:
#
# $$p_{n,i}=\frac{e^{s_{n,i}}}{\sum_j e^{s_{n,j}}},\qquad J=-\frac1N\sum_n\ln p_{n,y_n}$$
#
# The derivative by the scores is surprisingly simple:
#
# $$\delta_{n,i}=\frac{\partial J}{\partial s_{n,i}}=\frac1N\left(p_{n,i}-[i=y_n]\right)$$
#
# where $[i=y_n]$ is 1 at the right class and 0 elsewhere. This is the residual of the output layer: the
# derivative of softmax is in it already, and **no** further $\sigma'$ is multiplied. The residuals of a
# sample add up to 0: by as much as the right score should rise, the others should fall.
#
# **A matter of numbers**: $e^{1000}$ overflows. Subtracting one number from all scores of a sample changes
# nothing (it cancels in the fraction), so subtract the sample's greatest score first. Nor should $\ln p$ be
# computed by way of $p$, which may be so small that it becomes 0; use
# $\ln p_{n,i}=s_{n,i}-\ln\sum_je^{s_{n,j}}$.
#
# **Small example**: one sample, $s=(0,\ \ln2,\ \ln5)$, the right class is 1 (counted from 0). With
# $e^s=(1,2,5)$, whose sum is 8,
#
# $$p=\left(\tfrac18,\tfrac28,\tfrac58\right),\qquad J=-\ln\tfrac14=\ln4\approx1.386,\qquad
# \delta=\left(0.125,\ -0.75,\ 0.625\right)$$
#
# In a batch of 2 samples $\delta$ is divided by 2.
#
# **Your task**: complete `softmax_cross_entropy`. It returns `(J, delta)`.

# %%
def softmax_cross_entropy(scores, labels):
    """
    Softmax cross-entropy, a mean over the batch, and its residual.

    J = -1/N · Σ_n ln p[n, labels[n]],   δ[n, i] = 1/N · (p[n, i] - [i = labels[n]])
    p[n, i] = exp(scores[n, i]) / Σ_j exp(scores[n, j])

    Parameters
    ----------
    scores : (N, M)
        scores of N samples for M classes; they may be large
    labels : (N,)
        the right classes, whole numbers from 0 to M - 1

    Returns
    -------
    J : float
    delta : (N, M)
        ∂J/∂scores
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4. The gradients of the whole network (40 points)
#
# All parameters are in one dictionary, and the gradients are returned in another of the same kind:
#
# | name | shape | |
# | --- | --- | --- |
# | `w1` | $(K, C, k_h, k_w)$ | $K$ kernels |
# | `b1` | $(K,)$ | a bias for each kernel |
# | `w2` | $(M, K\cdot P\cdot Q)$ | weights of the dense layer: rows are classes, columns inputs |
# | `b2` | $(M,)$ | a bias for each class |
#
# **Forward**: $z_1=x*w_1+b_1$, $a_1=\max(z_1,0)$, and $p_1$ is $a_1$ after 2×2 max pooling, $(N,K,P,Q)$ with
# $P=\lfloor H_o/2\rfloor$, $Q=\lfloor W_o/2\rfloor$; a row or column left over is in no window. Flattening
# lays out the $p_1$ of each sample in the order $(k, p, q)$, which is what NumPy's `reshape(N, -1)` does;
# call it $f$. Finally $s=f\,w_2^{T}+b_2$.
#
# **Backward**: from the end to the beginning, a layer at a time, and each of them you know:
#
# | layer | backward | lecture |
# | --- | --- | --- |
# | softmax cross-entropy | $\delta_2=\partial J/\partial s$ (exercise 3) | |
# | dense, parameters | $\partial J/\partial w_2=\delta_2^{T}f$, $\partial J/\partial b_2=\sum_n\delta_2$ | |
# | dense, input | $\partial J/\partial f=\delta_2\,w_2$ | 3.2 |
# | flatten | back to $(N,K,P,Q)$, the numbers stay | |
# | max pooling | to the maximum of each window, 0 elsewhere | 3.1 |
# | ReLU | times $\sigma'(z_1)$: 1 where $z_1>0$, else 0 | 3.1 |
# | convolution | the gradients of $w_1$ and $b_1$ from $\delta_1=\partial J/\partial z_1$ | 3.3 |
#
# **Small example** ($N=C=K=1$, $M=2$, and $x$ is of the lecture's size, 3×3):
#
# $x=\begin{pmatrix}1&0&2\\3&1&0\\0&2&1\end{pmatrix}$, $w_1=\begin{pmatrix}1&-1\\0&1\end{pmatrix}$, $b_1=0$,
# $w_2=\begin{pmatrix}1\\-1\end{pmatrix}$, $b_2=(-4,4)$, and the right class is 0.
#
# - Forward: $z_1=\begin{pmatrix}2&-2\\4&2\end{pmatrix}$, $a_1=\begin{pmatrix}2&0\\4&2\end{pmatrix}$, $p_1=4$,
#   $s=(4-4,\ -4+4)=(0,0)$; both classes have probability $\frac12$, and $J=\ln2$.
# - Backward: $\delta_2=(-\frac12,\frac12)$, $\partial J/\partial w_2=\begin{pmatrix}-2\\2\end{pmatrix}$,
#   $\partial J/\partial b_2=(-\frac12,\frac12)$,
#   $\partial J/\partial p_1=-\frac12\cdot1+\frac12\cdot(-1)=-1$. This goes to where the maximum 4 stood, and
#   $\sigma'=1$ there: $\delta_1=\begin{pmatrix}0&0\\-1&0\end{pmatrix}$,
#   $\partial J/\partial w_1=-\begin{pmatrix}3&1\\0&2\end{pmatrix}$, $\partial J/\partial b_1=-1$.
#
# **Ties.** Where the background is flat, neighbouring $z_1$ are often equal. Choose any one of them: where
# tied places look at equal inputs the gradients are equal, too, and where what ties are zeros left by the
# ReLU, the residual is multiplied by $\sigma'=0$ anyway. Only do not give each of them the whole.
#
# **Your task**: complete `cnn_gradients`. It returns `(J, grads)`; `grads` has the names and shapes of
# `params`.

# %%
def cnn_gradients(params, x, labels):
    """
    Convolution → ReLU → max pooling 2×2 → dense → softmax cross-entropy: the loss and all gradients.

    forward
        z1 = x ∗ w1 + b1,   a1 = max(z1, 0),   p1 = max_pool(a1, 2×2),   s = flatten(p1) · w2ᵀ + b2
        J = -1/N · Σ_n ln softmax(s[n])[labels[n]]

    Parameters
    ----------
    params : dict
        "w1" : (K, C, kh, kw), "b1" : (K,), "w2" : (M, K·P·Q), "b2" : (M,)
        P = (H - kh + 1) // 2, Q = (W - kw + 1) // 2
    x : (N, C, H, W)
        N samples
    labels : (N,)
        the right classes, whole numbers from 0 to M - 1

    Returns
    -------
    J : float
        the loss, a mean over the batch
    grads : dict
        ∂J/∂w1, ∂J/∂b1, ∂J/∂w2, ∂J/∂b2, named and shaped like params
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### First check the gradients
#
# A network whose gradients are wrong often learns all the same, only more slowly and not as far; a curve of
# the loss hardly gives it away. So **check the gradients** before you train: change a parameter by $\pm h$,
# see by how much the loss changes (the central difference of the assignment `kernel_gradients`), and
# compare. The cell below prints the greatest relative error for each array of parameters; a right program
# usually stays below $10^{-6}$.

# %%
def starting_params(rng, kernels, classes=10, side=8, kernel=3):
    """
    Random values to start from: weights scaled by the number of a layer's inputs, biases 0.
    """
    inputs = kernels * ((side - kernel + 1) // 2) ** 2
    return {
        "w1": rng.normal(size=(kernels, 1, kernel, kernel)) * np.sqrt(2 / kernel**2),
        "b1": np.zeros(kernels),
        "w2": rng.normal(size=(classes, inputs)) * np.sqrt(1 / inputs),
        "b2": np.zeros(classes),
    }


def watch_the_gradients(h=1e-5):
    """
    For each array of parameters the relative error of its gradient against central differences.
    """
    rng = np.random.default_rng(1)
    params = starting_params(rng, kernels=2, classes=3)
    x, labels = rng.normal(size=(5, 1, 8, 8)), rng.integers(0, 3, size=5)
    _, grads = cnn_gradients(params, x, labels)
    for name, values in params.items():
        worst = 0.0
        for i in np.ndindex(values.shape):
            J = {}
            for sign in (1, -1):
                moved = values.copy()
                moved[i] += sign * h
                J[sign], _ = cnn_gradients({**params, name: moved}, x, labels)
            numeric = (J[1] - J[-1]) / (2 * h)
            error = abs(grads[name][i] - numeric) / max(1e-8, abs(grads[name][i]) + abs(numeric))
            worst = max(worst, error)
        print(f"{name}: {worst:.1e}")


if __name__ == "__main__":
    watch(watch_the_gradients)


# %% [markdown]
# ### Training on real handwritten digits
#
# The data are the test part of UCI's Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998,
# licence CC BY 4.0): 1797 digits of 8×8, written by 13 people. They came with this assignment, nothing has
# to be downloaded (see `data/README.md`). Of every 4 digits the first 3 are for training; the fourth is for
# testing only and never trained with.
#
# Training does with the whole network what exercise 2 did with a single kernel: compute, compare, pass back,
# change. Take a small batch (16 digits), compute the gradients, subtract $\eta$ times its gradient from every
# parameter. The learning rate $\eta$ falls from 0.2 towards 0. Once through all the training digits is an
# epoch. If the gradients are right, then after 20 epochs, a matter of seconds, at least 95 % of the test
# digits are read correctly.
#
# At the end the 8 learned kernels are shown, and the digits that were misread ("right → read as"). Have a
# look:
# - Is there a kernel that is positive on one side and negative on the other, as Sobel's is? Nobody put it
#   there; it came out of the data.
# - Can you read the misread digits yourself?
# - With another seed, as in `watch_the_training(seed=1)`, are the kernels the same? Is the accuracy?
# - The test digits were written by the same 13 people as the training digits. Would accuracy be higher or
#   lower on the hand of somebody whom the network has never met?

# %%
def read(params, x):
    """
    The class as which the network reads each sample, (N,)
    """
    p1 = max_pool2d(np.maximum(conv2d(x, params["w1"], params["b1"]), 0), 2, 2)
    return (p1.reshape(len(x), -1) @ params["w2"].T + params["b2"]).argmax(axis=1)


def train(x, labels, epochs=20, batch=16, learning_rate=0.2, kernels=8, seed=0):
    """
    Gradient descent with small batches; yields (mean loss, params) after every epoch.
    """
    rng = np.random.default_rng(seed)
    params = starting_params(rng, kernels)
    for epoch in range(epochs):
        eta = learning_rate * (1 - epoch / epochs)
        order = rng.permutation(len(x))
        losses = []
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            J, grads = cnn_gradients(params, x[chosen], labels[chosen])
            params = {name: params[name] - eta * grads[name] for name in params}
            losses.append(J)
        yield np.mean(losses), params


def split_digits():
    """
    Training images and labels, test images and labels. Of every 4 digits the last is for testing. Images
    are (N, 1, 8, 8).
    """
    images, labels = load_digits()
    x, testing = images[:, None], np.arange(len(images)) % 4 == 3
    return x[~testing], labels[~testing], x[testing], labels[testing]


def watch_the_training(seed=0):
    """
    Loss and test accuracy of every epoch, then the learned kernels and the misread digits.
    """
    x, labels, test_x, test_labels = split_digits()
    losses = []
    for J, params in train(x, labels, seed=seed):
        losses.append(J)
        answers = read(params, test_x)
        accuracy = np.mean(answers == test_labels)
        print(f"{len(losses):2}:  J = {J:.4f}   {accuracy:.1%}  {'✓' if accuracy >= 0.95 else ''}")
    plot(range(1, len(losses) + 1), losses, "epochs", "J")
    show(params["w1"][:, 0], [f"w1[{k}]" for k in range(len(params["w1"]))])
    wrong = np.flatnonzero(answers != test_labels)[:8]
    show(test_x[wrong, 0], [f"{test_labels[i]} → {answers[i]}" for i in wrong])


if __name__ == "__main__":
    watch(watch_the_training)

# %% [markdown]
# ## 5. In writing: two origins of a kernel (10 points)
#
# The lecture's question at the end of section 1: **what are the pros and cons of the two origins of a kernel
# (or operator)?**
#
# Compare designed kernels with trained ones, drawing on the lecture and on what you have seen in this
# assignment (how Sobel's kernel was learned, which kernels came out of the digits). Answer at least:
#
# 1. What speaks for designed kernels, and what against them?
# 2. What speaks for trained kernels, and what against them?
# 3. Give one example where you would choose a designed kernel and one where you would train, with a reason
#    each.
#
# Some 150 words will do; write them into the cell below. This question is graded by hand.

# %% [markdown]
# (Your answer goes here.)
#
#
