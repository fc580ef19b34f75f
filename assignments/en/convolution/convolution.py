# %% [markdown]
# # Assignment: the forward pass of a convolution, and its parameters (lecture 1 and 2)
#
# Back-propagation asks how much each step of the forward pass matters to the result, so the forward pass has
# to be perfectly clear first. In this assignment you write the convolution of one map as lecture 2.1 writes
# it, and build the Sobel and Prewitt operators on it. Then you unroll it into a matrix, see that it is a
# fully connected layer with few connections and shared weights, and count both. Last comes the convolution
# layer as it is really used, with a batch, channels, several kernels, stride and padding. All the assignments
# that follow set out from here.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `correlate` | 2.1, the convolution | 12 |
# | `sobel` | 1, where kernels come from: designed by hand | 6 |
# | `prewitt` | 1, where kernels come from: designed by hand | 6 |
# | `conv_matrix` | 2.2, the unrolled convolution | 10 |
# | `fully_connected_counts` | 2.2, parameters of full connection and of convolution | 4 |
# | `locally_connected_counts` | 2.2, full and local connection | 4 |
# | `convolution_counts` | 2.2, parameters of full connection and of convolution | 4 |
# | `convolution_parameters` | 2.2; 3.3, the parameters of a CNN | 14 |
# | `conv2d` | 2.1 with batch, channels, several kernels, stride, padding | 40 |
# | **total** | | **100** |
#
# **Conventions**
# - **"Convolution" means cross-correlation**: deep learning does not flip the kernel, and neither does the
#   lecture. The rotation by 180° appears only when the residual of the layer before is computed (lecture
#   3.2).
# - **Indices** in formulas start at 1, as in the lecture, which writes $a_{u+p-1,\,v+q-1}$. Indices in code
#   start at 0, where the same element is `a[u + p, v + q]`, with nothing subtracted.
# - **Layers**: in 2.1 the lecture calls the convolution layer $l+1$ and its input layer $l$; from 3.1 on the
#   convolution is layer $l$ and its input layer $l-1$. Both mean the same thing.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same:
#   neither truncated to integers nor spoilt by overflow.
# - Only NumPy and Python's standard library may be used.

# %% [markdown]
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the result is upside down, say, or only the border is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(correlate, lang="en", hint=True)`.
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
# `autograder check convolution.py` on the command line does the checking; with `--hint` it tells the idea at
# once.

# %%
import numpy as np


# %% [markdown]
# ## 1 The convolution `correlate` (12 points)
#
# The kernel $w$ slides over the activations $a$ of the layer before. At every place the elements that meet
# are multiplied and added up, and the bias is added: that is one pre-activation of the feature map (lecture
# 2.1):
#
# $$z_{u,v}^{(l+1)} = \sum_p \sum_q w_{p,q}^{(l+1)}\, a_{u+p-1,\,v+q-1}^{(l)} + b^{(l+1)}$$
#
# In the picture a $2\times2$ kernel stops at four places, and each gives the $z$ of its own colour. The red
# frame at the top left, for example, gives
# $z_{11} = w_{11}a_{11} + w_{12}a_{12} + w_{21}a_{21} + w_{22}a_{22} + b$; one step to the right, the blue
# frame gives $z_{12} = w_{11}a_{12} + w_{12}a_{13} + w_{21}a_{22} + w_{22}a_{23} + b$. The kernel has moved
# on, but its four weights are the same.
#
# The kernel always lies wholly inside the map, so an $H \times W$ map and a $k_h \times k_w$ kernel give a
# feature map of $(H - k_h + 1) \times (W - k_w + 1)$.
#
# **Small example** ($b = 0$):
#
# $$\begin{pmatrix} 1 & 0 & 2 \\ 3 & 1 & 0 \\ 0 & 2 & 1 \end{pmatrix} *
# \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} = \begin{pmatrix} 14 & 7 \\ 13 & 11 \end{pmatrix}
# \qquad z_{11} = 1 \cdot 1 + 2 \cdot 0 + 3 \cdot 3 + 4 \cdot 1 = 14$$
#
# Work out the other three $z$ yourself: you will meet this map and this kernel again in later assignments.
#
# **Your task**: complete `correlate`. It returns $z$, without an activation ($a=\sigma(z)$ is the next step).
# Neither map nor kernel need be square, and the whole feature map shares one bias $b$.

# %%
def correlate(a, w, b=0.0):
    """
    2-D cross-correlation (the lecture's "convolution") over the valid region (lecture 2.1).

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
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: is this really a convolution?
#
# In mathematics and signal processing, a convolution first rotates the kernel by 180° and then slides it.
# Rotate the kernel of the small example to $\begin{pmatrix}4&3\\2&1\end{pmatrix}$ and compute again: is the
# result the same? For which kernels does the rotation make no difference? And does it matter at all for a
# kernel that is found by training?
#
# <details><summary>Open this when you have thought about it</summary>
#
# The result is $\begin{pmatrix}11&8\\17&9\end{pmatrix}$, which is different. Let your function confirm it:
# `correlate(a, w[::-1, ::-1])`.
#
# It makes no difference for a kernel that looks the same when turned by 180°, such as one whose weights are
# all equal.
#
# For a trained kernel it does not matter: if the forward pass rotated the kernel, training would simply find
# the rotated one, and the network would compute the same. So deep learning saves itself the rotation and
# calls the cross-correlation a convolution. What matters is that both directions fit together: because the
# forward pass does not rotate, the residual of the layer before needs the rotation (lecture 3.2).
#
# </details>

# %% [markdown]
# ## 2 The Sobel operator `sobel` (6 points)
#
# Kernels, says section 1 of the lecture, come from one of two places. The first: somebody designs them, from
# experience or from statistics. The Sobel operator is of this kind. It finds edges with two fixed kernels,
# one for the change $g_x$ along a row and one for the change $g_y$ down a column, which is the transpose of
# the first (the lecture prints no numbers; these are the usual ones):
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} =
# \begin{pmatrix} -1 & -2 & -1 \\ 0 & 0 & 0 \\ 1 & 2 & 1 \end{pmatrix} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Small example**: an image that is a single $3 \times 3$ window; the 7 in its centre has no say:
#
# $$\begin{pmatrix} 0 & 0 & 2 \\ 0 & 7 & 2 \\ 3 & 2 & 3 \end{pmatrix}: \quad
# g_x = (2 - 0) + 2\,(2 - 0) + (3 - 3) = 6, \quad
# g_y = (3 - 0) + 2\,(2 - 0) + (3 - 2) = 8, \quad \sqrt{6^2 + 8^2} = 10$$
#
# **Your task**: complete `sobel`. As in exercise 1 this is cross-correlation, and the kernel stays wholly
# inside the map; you may call your `correlate`. Nothing is normalised, and $g_x$, $g_y$ keep their signs.
# Images often come as 8-bit integers (`uint8`), a type that has no negative numbers and in which $3 - 5$ is
# 254: beware.

# %%
def sobel(image):
    """
    The Sobel operator: the changes along rows and down columns, and the edges' strength (lecture 1).

    Parameters
    ----------
    image : (H, W)
        a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2)
        three arrays of this shape
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 3 The Prewitt operator `prewitt` (6 points)
#
# It differs from the Sobel operator in one thing only: the three rows have the same weights.
#
# $$w_x = \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} \qquad w_y = w_x^{T} \qquad
# \text{magnitude} = \sqrt{g_x^2 + g_y^2}$$
#
# **Small example**:
#
# $$\begin{pmatrix} 0 & 0 & 1 \\ 0 & 7 & 1 \\ 1 & 2 & 2 \end{pmatrix}: \quad g_x = 1 + 1 + 1 = 3, \quad
# g_y = 1 + 2 + 1 = 4, \quad \sqrt{3^2 + 4^2} = 5$$
#
# **Your task**: complete `prewitt`, under the same rules as exercise 2.

# %%
def prewitt(image):
    """
    The Prewitt operator: the changes along rows and down columns, and the edges' strength (lecture 1).

    Parameters
    ----------
    image : (H, W)
        a grey image, possibly of integers

    Returns
    -------
    gx, gy, magnitude : (H − 2, W − 2)
        three arrays of this shape
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: what experience is built into a designed kernel?
#
# 1. What do the nine weights of each operator add up to? What do the operators give for an image that is
#    equally bright everywhere?
# 2. Why does Sobel give more weight to the row in the middle?
# 3. If $w_x$ and $w_y$ were first rotated by 180°, as a convolution in mathematics would do, what would
#    become of $g_x$, $g_y$ and the magnitude?
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. To 0, so an image without contrast gives 0: the operators react to changes only. Try your functions on a
#    constant image.
# 2. The row in the middle is nearest to the centre of the window and tells most about the change there; the
#    rows above and below serve to keep noise down.
# 3. Rotated by 180°, $w_x$ becomes $-w_x$ and $w_y$ becomes $-w_y$: $g_x$ and $g_y$ change sign, the
#    magnitude stays.
#
# </details>
#
# The second place that kernels come from is training, by back-propagation. The lecture asks for the pros and
# cons of either: answer it in the assignment `training`, when you have trained a Sobel kernel yourself.

# %% [markdown]
# ## 4 The unrolled convolution `conv_matrix` (10 points)
#
# Write the map $a$ and the feature map $z$ as vectors, row after row, and the convolution becomes a product
# with a matrix, $z = M a$: a fully connected layer (lecture 2.2). Each row of $M$ stands for one neuron of
# the feature map, each column for one neuron of the layer before. A $3 \times 3$ map and a $2 \times 2$
# kernel give a $4 \times 9$ matrix:
#
# $$M = \begin{pmatrix}
# w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 & 0 \\
# 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 & 0 & 0 \\
# 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22} & 0 \\
# 0 & 0 & 0 & 0 & w_{11} & w_{12} & 0 & w_{21} & w_{22}
# \end{pmatrix}$$
#
# Row 1 is $z_{11}$: its four weights stand over $a_{11}$, $a_{12}$, $a_{21}$, $a_{22}$, which are elements 1,
# 2, 4, 5 of the unrolled map. From row 1 to row 2 the kernel moves one place to the right, and so do the
# weights; from row 2 to row 3 it moves on to the next row of the map, which takes $k_w - 1$ places more.
#
# The numbers of lecture 2.2 are all in it: its 36 places are the 36 connections of a fully connected layer;
# the 16 places that hold a weight are the local connections; and these 16 hold only 4 different numbers,
# which is what sharing weights means.
#
# **Your task**: complete `conv_matrix`, which gives $M$ for a map and a kernel of any size, so that
# `z.ravel()` equals `M @ a.ravel()` (stride 1, no padding, no bias). Unrolling goes row by row, as NumPy's
# `ravel()` does. Exercise 1 serves as a check: both ways must give the same $z$.

# %%
def conv_matrix(w, input_shape):
    """
    The matrix M of the unrolled convolution: z.ravel() = M @ a.ravel() (lecture 2.2).

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
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: read the matrix down its columns
#
# Along its rows, $M$ holds 4 weights each. And down its columns? How many weights are there in column 1
# ($a_{11}$), how many in column 5 ($a_{22}$)? What do the weights of a column tell?
#
# <details><summary>Open this when you have thought about it</summary>
#
# Let your function count:
#
# ```python
# (conv_matrix(np.ones((2, 2)), (3, 3)) != 0).sum(axis=0).reshape(3, 3)
# ```
#
# It gives $\begin{pmatrix}1&2&1\\2&4&2\\1&2&1\end{pmatrix}$, 16 in all. The weights of a column tell which
# $z$ this $a$ took part in, and what it was multiplied by: $a_{11}$ took part in $z_{11}$ only, $a_{22}$ in
# all four. These are the connections along which back-propagation hands the residual back. In a fully
# connected layer the residual is multiplied by $w^T$ (lecture 3.2), in a convolution by this $M^T$, which
# makes rows of the columns.
#
# </details>

# %% [markdown]
# ## 5 Connections and parameters of a fully connected layer `fully_connected_counts` (4 points)
#
# The next three exercises compare three ways of connecting two layers. The picture shows them from left to
# right: full connection, local connection, and local connection with shared weights, which is a convolution
# (one colour, one weight). The numbers above are "connections / parameters", the two whole numbers that each
# exercise returns:
#
# - **connections**: how many pairs (neuron of the layer before, neuron of this layer) are joined, which is
#   how many lines there are in the picture;
# - **parameters**: how many numbers have to be learned.
#
# In a fully connected layer every input is joined to every output, and every connection has a weight of its
# own. The lecture's example has 9 inputs and 4 outputs: 36 connections, 36 parameters.
#
# **Please note** that the lecture's 36 / 36 and 16 / 4 count no biases. Here `bias=True` counts them too: **a
# bias is a parameter, but not a connection**, since it comes from no neuron of the layer before. A fully
# connected layer has one bias for each output neuron, so with biases the example has 36 connections and 40
# parameters.
#
# **Your task**: complete `fully_connected_counts`, which returns (connections, parameters).

# %%
def fully_connected_counts(inputs, outputs, bias=False):
    """
    Connections and parameters of a fully connected layer (lecture 2.2).

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
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 6 Connections and parameters of local connection `locally_connected_counts` (4 points)
#
# Local connection: each output neuron is joined only to a window of $k_h \times k_w$ inputs, but **the
# weights are not shared**: each window has a set of weights (and a bias) of its own. The windows slide as in
# a convolution: stride 1, no padding, one input map, one output map.
#
# **Small example**: a $3 \times 3$ map and $2 \times 2$ windows give 4 outputs with 4 connections each, so 16
# connections and 16 parameters (the middle of the picture); with biases $16 + 4 = 20$ parameters.
#
# **Your task**: complete `locally_connected_counts`.

# %%
def locally_connected_counts(input_shape, kernel_shape, bias=False):
    """
    Connections and parameters of a locally connected layer, its weights not shared (lecture 2.2).

    One input map, one output map, stride 1, no padding.

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
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 7 Connections and parameters of a convolution `convolution_counts` (4 points)
#
# A convolution is local connection with **shared weights**: as many connections as in exercise 6, but one
# kernel for all windows. The lecture's example: a $3 \times 3$ map and a $2 \times 2$ kernel, 16 connections,
# 4 parameters (on the right of the picture: 16 lines in 4 colours).
#
# The bias is shared too. Lecture 3.3 says that there are as many biases as activations in the feature map,
# and adds in brackets that those of one feature map are equal. The brackets matter: every activation has a
# bias added to it, but it is **the same number** each time, so there is just 1 bias to learn for each feature
# map. With a bias the example has $4 + 1 = 5$ parameters.
#
# **Your task**: complete `convolution_counts`.

# %%
def convolution_counts(input_shape, kernel_shape, bias=False):
    """
    Connections and parameters of a convolution (lecture 2.2).

    One channel, one kernel, stride 1, no padding.

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
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: what grows with the map?
#
# A map of $28 \times 28$ and windows (or a kernel) of $5 \times 5$, without biases: how many connections and
# parameters are there in each of the three ways? And when the map's height and width are doubled? Guess
# first, then ask your three functions.
#
# <details><summary>Open this when you have thought about it</summary>
#
# There are $24 \times 24 = 576$ outputs; after doubling, $52 \times 52 = 2704$.
#
# | | $28 \times 28$: connections / parameters | $56 \times 56$: connections / parameters |
# | --- | --- | --- |
# | full connection | 451,584 / 451,584 | 8,479,744 / 8,479,744 |
# | local connection | 14,400 / 14,400 | 67,600 / 67,600 |
# | convolution | 14,400 / 25 | 67,600 / 25 |
#
# Local connection saves **connections**, sharing saves **parameters**. Those of a convolution depend on the
# kernel only, and not on the size of the map.
#
# </details>

# %% [markdown]
# ## 8 The parameters of a convolution layer `convolution_parameters` (14 points)
#
# A real convolution layer has $C$ input channels and $K$ kernels. A kernel has $k_h \times k_w$ weights for
# **each** input channel; the channels' results are added up to one feature map. $K$ kernels give $K$ feature
# maps, each with one bias:
#
# $$\text{parameters} = K \cdot C \cdot k_h \cdot k_w + K$$
#
# The size of the map does not occur: that is what sharing weights is good for.
#
# **Grouped convolution** (AlexNet used it, lecture 4): input channels and kernels are both split into $g$
# groups, and each kernel sees only the $C / g$ channels of its own group, so $C / g$ takes the place of $C$
# in the formula. There are still $K$ kernels and $K$ feature maps. Both $C$ and $K$ are multiples of $g$.
#
# **Small examples**
# - 3 channels, 10 kernels of $3 \times 3$: $10 \cdot 3 \cdot 9 + 10 = 280$.
# - 4 channels, 6 kernels of $3 \times 2$, 2 groups: $6 \cdot 2 \cdot 6 + 6 = 78$; without biases
#   (`bias=False`) 72.
#
# **Your task**: complete `convolution_parameters`. It returns one whole number.

# %%
def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    """
    How many parameters a convolution layer has (lecture 2.2, 3.3).

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
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ### Think: if AlexNet's first layer were fully connected
#
# AlexNet's first layer takes 3 channels of $227 \times 227$ and makes 96 feature maps of $55 \times 55$ with
# 96 kernels of $11 \times 11$ (stride 4, no padding). How many parameters does it have? And how many would a fully
# connected layer have with as many inputs and outputs? Ask your functions.
#
# <details><summary>Open this when you have thought about it</summary>
#
# `convolution_parameters(3, 96, (11, 11))` is 34,944. For the fully connected layer,
# `fully_connected_counts(3 * 227**2, 96 * 55**2, bias=True)` gives 44,892,355,200 parameters, some 45
# billion: more than a million times as many.
#
# </details>

# %% [markdown]
# ## 9 The convolution layer as it is used `conv2d` (40 points)
#
# Now take `correlate` to the convolution layer as it is really used. The input `x` is a batch of maps of
# shape $(N, C, H, W)$: $N$ samples with $C$ channels each. The kernels `w` have shape $(K, C, k_h, k_w)$, the
# biases `b` shape $(K,)$. Feature map $k$ of sample $n$ adds up the convolutions of all channels, and then
# bias $k$ (in this formula the indices start at 0, as in code):
#
# $$z_{n,k,u,v} = \sum_c \sum_p \sum_q w_{k,c,p,q}\; \tilde a_{n,\,c,\,us+p,\,vs+q} + b_k$$
#
# - **Padding** $P$: $\tilde a$ is `x` with `padding` rows and columns of zeros added on all four sides; the
#   axes of samples and channels are not padded.
# - **Stride** $s$: the kernel moves on by `stride` places, down as well as across.
# - **Output size**: the kernel must lie wholly inside $\tilde a$, so
#
# $$H_o = \left\lfloor \frac{H + 2P - k_h}{s} \right\rfloor + 1 \qquad
# W_o = \left\lfloor \frac{W + 2P - k_w}{s} \right\rfloor + 1$$
#
# Where the division leaves a remainder, it is rounded down: the last few rows and columns, at the bottom and
# on the right, are reached by no window and play no part.
#
# **Small example**: map and kernel of exercise 1, $s = 2$, $P = 1$, $b = 0$.
# $H_o = \lfloor (3 + 2 - 2) / 2 \rfloor + 1 = 2$ with remainder 1, and the last row and column are not used:
#
# $$\begin{pmatrix} 0 & 0 & 0 & 0 & 0 \\ 0 & 1 & 0 & 2 & 0 \\ 0 & 3 & 1 & 0 & 0 \\ 0 & 0 & 2 & 1 & 0 \\
# 0 & 0 & 0 & 0 & 0 \end{pmatrix} * \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} =
# \begin{pmatrix} 4 & 8 \\ 6 & 11 \end{pmatrix}$$
#
# **Your task**: complete `conv2d`, which returns $z$. Neither maps nor kernels need be square, each of $N$,
# $C$, $K$ may be 1, the stride may be larger than the kernel, and so may the padding. Begin with stride 1 and
# no padding, then add one thing after the other: each has points of its own.

# %%
def conv2d(x, w, b, stride=1, padding=0):
    """
    The forward pass of a convolution layer (cross-correlation; lecture 2.1).

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
    # YOUR CODE HERE
    raise NotImplementedError()

# %% [markdown]
# ### Think: padding and stride
#
# 1. With stride 1, how many rings of zeros make the feature map as large as the input? For which kernels is
#    this impossible?
# 2. How is the result with stride 2 related to the result with stride 1? Let your `conv2d` confirm it.
#
# <details><summary>Open this when you have thought about it</summary>
#
# 1. $H + 2P - k_h + 1 = H$ gives $P = (k_h - 1)/2$: one ring for a $3 \times 3$ kernel, two for $5 \times 5$.
#    It is impossible for kernels with an even side, since all four sides are padded alike.
# 2. With stride 2 one gets every other element of the result with stride 1,
#    `conv2d(x, w, b)[:, :, ::2, ::2]`. The $z$ that are left out influence nothing that follows, so their
#    residual is 0: that is why lecture 3.2 puts zeros into the residual when the stride is not 1.
#
# </details>
