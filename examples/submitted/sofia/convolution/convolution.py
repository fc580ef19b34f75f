# %% [markdown]
# # Convolution: the forward pass and its parameters
#
# This assignment belongs to section 1 of the lecture (where kernels come from), 2.1 (the parameters of a
# convolution) and 2.2 (convolution and fully connected layers). It is worth 100 points.
#
# Back-propagation asks how much each step of the forward pass matters to the result, so the forward pass has
# to be perfectly clear first. You will
#
# 1. write the convolution of one map as lecture 2.1 writes it, and build the Sobel and Prewitt operators on
#    it;
# 2. unroll it into a matrix, and see that it is a fully connected layer with few connections and shared
#    weights;
# 3. count connections and parameters;
# 4. write the convolution layer as it is really used: a batch, several channels, several kernels, stride and
#    padding.
#
# NumPy and Python's standard library are all you need. The same conventions hold for every function:
#
# - **"Convolution" means cross-correlation**: deep learning does not flip the kernel, and neither does the
#   lecture. The rotation by 180° appears only when the residual of the layer before is computed (lecture
#   3.2).
# - **Indices**: the lecture counts from 1 and writes $a_{u+p-1,\,v+q-1}$; Python counts from 0, where the
#   same element is `a[u + p, v + q]`, with nothing subtracted.
# - Arguments are not modified and results are new arrays. Integer arrays are welcome as arguments; they must
#   neither truncate the result to whole numbers nor overflow.

# %%
import numpy as np
from scipy.signal import correlate2d


# %% [markdown]
# ## 1 The convolution `correlate` (12 points, lecture 2.1)
#
# The kernel $w$ slides over the activations $a$ of the layer before; at every place the elements that meet
# are multiplied and added up, plus the bias. That is one input sum of the feature map:
#
# $$z_{u,v}^{(l+1)} = \sum_p \sum_q w_{p,q}^{(l+1)}\, a_{u+p-1,\,v+q-1}^{(l)} + b^{(l+1)}$$
#
# The kernel always lies wholly inside the map, so an $H \times W$ map and a $k_h \times k_w$ kernel give a
# feature map of $(H - k_h + 1) \times (W - k_w + 1)$.
#
# **Example** ($3 \times 3$ map, $2 \times 2$ kernel, $b = 0$):
#
# $$\begin{pmatrix} 1 & 0 & 2 \\ 3 & 1 & 0 \\ 0 & 2 & 1 \end{pmatrix} *
# \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} = \begin{pmatrix} 14 & 7 \\ 13 & 11 \end{pmatrix}
# \qquad z_{11} = 1 \cdot 1 + 2 \cdot 0 + 3 \cdot 3 + 4 \cdot 1 = 14$$
#
# **Your task**: return $z$, without an activation ($\sigma$ is the next step). Neither the map nor the kernel
# need be square. The whole feature map shares one bias $b$.

# %%
def correlate(a, w, b=0.0):
    """
    2-D cross-correlation (the lecture's "convolution") over the valid region.

    z[u, v] = Σ_p Σ_q w[p, q] · a[u + p, v + q] + b

    Parameters
    ----------
    a : (H, W)
        activations of the layer before
    w : (kh, kw)
        the kernel
    b : float
        the bias

    Returns
    -------
    z : (H − kh + 1, W − kw + 1)
    """
    return correlate2d(a, w, mode="valid") + b


# %% [markdown]
# ## 2 The Sobel operator `sobel` (6 points, lecture 1)
#
# The first origin of a kernel: it is designed by hand, from experience. The Sobel operator finds edges with
# two fixed kernels: one for the change $g_x$ along a row, one for the change $g_y$ down a column, its
# transpose:
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} =
# \begin{pmatrix} -1 & -2 & -1 \\ 0 & 0 & 0 \\ 1 & 2 & 1 \end{pmatrix} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Example**: an image that is a single $3 \times 3$ window; the 7 in its centre has no say:
#
# $$\begin{pmatrix} 0 & 0 & 2 \\ 0 & 7 & 2 \\ 3 & 2 & 3 \end{pmatrix}: \quad
# g_x = (2 - 0) + 2\,(2 - 0) + (3 - 3) = 6, \quad
# g_y = (3 - 0) + 2\,(2 - 0) + (3 - 2) = 8, \quad \sqrt{6^2 + 8^2} = 10$$
#
# **Your task**: cross-correlation over the valid region, as before; you may call your `correlate`. Nothing is
# normalised, and $g_x$, $g_y$ keep their signs. Images often come as 8-bit integers (`uint8`), a type that
# has no negative numbers and in which $3 - 5$ is 254: beware.

# %%
def sobel(image):
    """
    The Sobel operator: the changes along the rows and down the columns, and the edges' strength.

    Parameters
    ----------
    image : (H, W)
        a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2) each
    """
    kx = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    gx = correlate(image.astype(float), kx)
    gy = correlate(image.astype(float), kx.T)
    return gx, gy, np.hypot(gx, gy)


# %% [markdown]
# ## 3 The Prewitt operator `prewitt` (6 points, lecture 1)
#
# It differs from the Sobel operator in one thing only: the three rows have the same weight.
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Example**:
#
# $$\begin{pmatrix} 0 & 0 & 1 \\ 0 & 7 & 1 \\ 1 & 2 & 2 \end{pmatrix}: \quad g_x = 1 + 1 + 1 = 3, \quad
# g_y = 1 + 2 + 1 = 4, \quad \sqrt{3^2 + 4^2} = 5$$
#
# **Your task**: as in the exercise before.

# %%
def prewitt(image):
    """
    The Prewitt operator: the changes along the rows and down the columns, and the edges' strength.

    Parameters
    ----------
    image : (H, W)
        a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2) each
    """
    kx = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    gx = correlate(image.astype(float), kx)
    gy = correlate(image.astype(float), kx.T)
    return gx, gy, np.hypot(gx, gy)


# %% [markdown]
# ## 4 The unrolled convolution `conv_matrix` (10 points, lecture 2.2)
#
# Write the map $a$ and the feature map $z$ as vectors, row after row, and the convolution becomes a product
# with a matrix, $z = M a$: a fully connected layer. Each row of $M$ is one neuron of the feature map, each
# column one neuron of the layer before. A $3 \times 3$ map and a $2 \times 2$ kernel give a $4 \times 9$
# matrix:
#
# $$M = \begin{pmatrix}
# w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 & 0 \\
# 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 \\
# 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 \\
# 0 & 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22}
# \end{pmatrix}$$
#
# The lecture's numbers are all in it: its 36 places are the 36 connections of a fully connected layer; the 16
# that are not always 0 are the local connections; and these take only 4 different values, which is what
# sharing weights means. Look at the step from row 2 to row 3: the kernel moves on to the next row of the map,
# and the entries jump by $k_w - 1$ more places.
#
# The matrix will be useful again: the residual of a fully connected layer is multiplied by $w^{T}$ (lecture
# 3.2), and that of a convolution by just this $M^{T}$.
#
# **Your task**: the matrix $M$ for a map and a kernel of any size, so that `z.ravel() == M @ a.ravel()`
# (stride 1, no padding, no bias). Unrolling goes row by row, as NumPy's `ravel()` does.

# %%
def conv_matrix(w, input_shape):
    """
    The matrix M of the unrolled convolution: z.ravel() = M @ a.ravel().

    Parameters
    ----------
    w : (kh, kw)
        the kernel
    input_shape : (H, W)
        height and width of the map a of the layer before

    Returns
    -------
    M : (Ho · Wo, H · W),  Ho = H − kh + 1,  Wo = W − kw + 1
    """
    H, W = input_shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    M = np.zeros((Ho * Wo, H * W))
    for r in range(Ho * Wo):
        u, v = divmod(r, Wo)
        image = np.zeros((H, W))
        image[u:u + kh, v:v + kw] = w
        M[r] = image.flatten()
    return M


# %% [markdown]
# ## 5 Connections and parameters of a fully connected layer `fully_connected_counts` (4 points, lecture 2.2)
#
# The next three exercises compare three ways of connecting two layers. Each returns two whole numbers:
#
# - **connections**: how many pairs (neuron of the layer before, neuron of this layer) are joined;
# - **parameters**: how many numbers have to be learned.
#
# In a fully connected layer every input is joined to every output, and every connection has a weight of its
# own. The lecture's example: 9 inputs and 4 outputs, 36 connections, 36 parameters.
#
# The lecture's 36 / 36 and 16 / 4 count no biases. Here `bias=True` counts them too: **a bias is a parameter,
# but not a connection** (it comes from no neuron of the layer before). A fully connected layer has one bias
# for each output neuron, so the example has 36 connections and 40 parameters.

# %%
def fully_connected_counts(inputs, outputs, bias=False):
    """
    Connections and parameters of a fully connected layer.

    Parameters
    ----------
    inputs, outputs : int
        how many neurons the layer before and this layer have
    bias : bool
        whether each output neuron has a bias

    Returns
    -------
    connections, parameters : int
    """
    weights = inputs * outputs
    biases = outputs if bias else 0
    return weights, weights + biases


# %% [markdown]
# ## 6 Connections and parameters of local connection `locally_connected_counts` (4 points, lecture 2.2)
#
# Local connection: each output neuron is joined only to a window of $k_h \times k_w$ inputs, but **the
# weights are not shared**: each window has a set of weights (and a bias) of its own. The windows slide as in
# a convolution: stride 1, no padding, one input map, one output map.
#
# **Example**: a $3 \times 3$ map and $2 \times 2$ windows give 4 outputs with 4 connections each, so 16
# connections and 16 parameters; with biases $16 + 4 = 20$ parameters.

# %%
def locally_connected_counts(input_shape, kernel_shape, bias=False):
    """
    Connections and parameters of a locally connected layer (weights not shared); stride 1, no padding.

    Parameters
    ----------
    input_shape : (H, W)
        height and width of the map of the layer before
    kernel_shape : (kh, kw)
        height and width of the window
    bias : bool
        whether each output neuron has a bias

    Returns
    -------
    connections, parameters : int
    """
    out_h = input_shape[0] - kernel_shape[0] + 1
    out_w = input_shape[1] - kernel_shape[1] + 1
    weights = out_h * out_w * kernel_shape[0] * kernel_shape[1]
    biases = out_h * out_w if bias else 0
    return weights, weights + biases


# %% [markdown]
# ## 7 Connections and parameters of a convolution `convolution_counts` (4 points, lecture 2.2)
#
# A convolution is a local connection with **shared weights**: as many connections as in the exercise before,
# but one kernel for all windows. The lecture's example: a $3 \times 3$ map and a $2 \times 2$ kernel, 16
# connections, 4 parameters.
#
# The bias is shared too. Lecture 3.3 says that there are as many biases as activations in the feature map,
# "(the biases within one feature map being equal)". The words in brackets matter: every activation has a bias
# added to it, but it is **the same number** each time, so there is just 1 bias to learn for each feature map.
# With a bias the example has $4 + 1 = 5$ parameters.

# %%
def convolution_counts(input_shape, kernel_shape, bias=False):
    """
    Connections and parameters of a convolution (one channel, one kernel); stride 1, no padding.

    Parameters
    ----------
    input_shape : (H, W)
        height and width of the map of the layer before
    kernel_shape : (kh, kw)
        height and width of the kernel
    bias : bool
        whether the feature map has a bias

    Returns
    -------
    connections, parameters : int
    """
    connections, _ = locally_connected_counts(input_shape, kernel_shape)
    biases = 1 if bias else 0
    return connections, kernel_shape[0] * kernel_shape[1] + biases


# %% [markdown]
# ## 8 The parameters of a convolution layer `convolution_parameters` (14 points, lecture 2.2, 3.3)
#
# A real convolution layer has $C$ input channels and $K$ kernels. A kernel has $k_h \times k_w$ weights for
# **each** input channel; the channels' results are added up to one feature map. $K$ kernels give $K$ feature
# maps, each with one bias:
#
# $$\text{parameters} = K \cdot C \cdot k_h \cdot k_w + K$$
#
# How large the map is makes no difference: that is what sharing weights is good for.
#
# **Grouped convolution** (AlexNet used it, lecture 4): input channels and kernels are both split into $g$
# groups, and each kernel sees only the $C / g$ channels of its own group, so $C / g$ takes the place of $C$
# in the formula. There are still $K$ kernels and $K$ feature maps. Both $C$ and $K$ are multiples of $g$.
#
# **Example**: 3 channels, 10 kernels of $3 \times 3$: $10 \cdot 3 \cdot 9 + 10 = 280$. 4 channels, 6 kernels
# of $3 \times 2$, 2 groups: $6 \cdot 2 \cdot 6 + 6 = 78$; without biases (`bias=False`) 72.

# %%
def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    """
    How many parameters a convolution layer has.

    Parameters
    ----------
    in_channels, kernels : int
        input channels C and kernels K, both multiples of groups
    kernel_shape : (kh, kw)
        height and width of the kernel
    bias : bool
        whether each feature map has a bias
    groups : int
        the number of groups g of a grouped convolution

    Returns
    -------
    parameters : int
    """
    weights = kernels * in_channels // groups * kernel_shape[0] * kernel_shape[1]
    biases = kernels if bias else 0
    return weights + biases


# %% [markdown]
# ## 9 The convolution layer `conv2d` (40 points, lecture 2.1)
#
# Now take `correlate` to the convolution layer as it is really used. The input `x` is a batch of maps of
# shape $(N, C, H, W)$: $N$ samples, $C$ channels. The kernels `w` have shape $(K, C, k_h, k_w)$, the biases
# `b` shape $(K,)$. Feature map $k$ of sample $n$ adds up the convolutions of all channels, and then bias $k$
# (indices from 0):
#
# $$z_{n,k,u,v} = \sum_c \sum_p \sum_q w_{k,c,p,q}\; \tilde a_{n,\,c,\,us+p,\,vs+q} + b_k$$
#
# - **Padding** $P$: $\tilde a$ is `x` with `padding` rows and columns of zeros added on all four sides (the
#   axes of samples and channels are not padded).
# - **Stride** $s$: the kernel moves on by `stride` places, down as well as across.
# - **Output size**: the kernel must lie wholly inside $\tilde a$, so
#
# $$H_o = \left\lfloor \frac{H + 2P - k_h}{s} \right\rfloor + 1 \qquad
# W_o = \left\lfloor \frac{W + 2P - k_w}{s} \right\rfloor + 1$$
#
# Where the division leaves a remainder, it is rounded down: the last few rows and columns, at the bottom and
# on the right, are reached by no window and play no part.
#
# **Example**: map and kernel of exercise 1, $s = 2$, $P = 1$, $b = 0$.
# $H_o = \lfloor (3 + 2 - 2) / 2 \rfloor + 1 = 2$; the last row and column are not used:
#
# $$\begin{pmatrix} 0 & 0 & 0 & 0 & 0 \\ 0 & 1 & 0 & 2 & 0 \\ 0 & 3 & 1 & 0 & 0 \\ 0 & 0 & 2 & 1 & 0 \\
# 0 & 0 & 0 & 0 & 0 \end{pmatrix} * \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =
# \begin{pmatrix} 4 & 8 \\ 6 & 11 \end{pmatrix}$$
#
# **Your task**: return $z$. Neither maps nor kernels need be square, each of $N$, $C$, $K$ may be 1, the
# stride may be larger than the kernel, and so may the padding. Begin with stride 1 and no padding, and check
# one thing after the other: each has points of its own.

# %%
def conv2d(x, w, b, stride=1, padding=0):
    """
    The forward pass of a convolution layer (cross-correlation).

    z[n, k, u, v] = Σ_c Σ_p Σ_q w[k, c, p, q] · a[n, c, u·stride + p, v·stride + q] + b[k]
    where a is x with `padding` rows and columns of zeros on all four sides.

    Parameters
    ----------
    x : (N, C, H, W)
        activations of the layer before
    w : (K, C, kh, kw)
        K kernels
    b : (K,)
        one bias for each feature map
    stride : int
        the stride
    padding : int
        rows and columns of zeros on each side

    Returns
    -------
    z : (N, K, Ho, Wo)
        Ho = ⌊(H + 2·padding − kh) / stride⌋ + 1,  Wo = ⌊(W + 2·padding − kw) / stride⌋ + 1
    """
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    return np.array([
        [
            sum(correlate2d(x[n, c], w[k, c], "valid") for c in range(x.shape[1]))[::stride, ::stride] + b[k]
            for k in range(w.shape[0])
        ]
        for n in range(x.shape[0])
    ])
