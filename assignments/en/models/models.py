# %% [markdown]
# # Assignment: the important models (lecture 4)
#
# The lecture ends with three models. None of them changes how back-propagation works; each adds one kind of
# structure: AlexNet its ReLU, dropout and overlapping max pooling, GoogLeNet the Inception module, ResNet the
# shortcut. First we ask how a residual gets through these structures. Then we count: how many
# parameters does a model have, and how many multiply-adds does one image cost? In the end you will build
# the ResNets, layer by layer, from the lecture's table, and compute the FLOPs in its last row.
#
# | exercise | lecture | points |
# | --- | --- | --- |
# | `relu_backward` | 4, AlexNet: ReLU | 6 |
# | `dropout_forward` | 4, AlexNet: dropout | 5 |
# | `dropout_backward` | 4, AlexNet: dropout | 5 |
# | `relu_pool_backward` | 4, AlexNet: overlapping max pooling; 3.1 | 7 |
# | `inception_backward` | 4, GoogLeNet: Inception | 11 |
# | `residual_backward` | 4, ResNet | 5 |
# | `output_shape` | 4, the ResNet table's output size; 2.1 | 8 |
# | `layer_parameters` | 4; 3.3, the parameters of a CNN | 11 |
# | `layer_macs` | 4, the ResNet table's FLOPs | 11 |
# | `model_totals` | 4 | 12 |
# | `bottleneck_layers` | 4, ResNet: Deeper Bottleneck Architectures | 6 |
# | `resnet_layers` | 4, the ResNet table | 13 |
# | **total** | | **100** |
#
# **Conventions**
# - Images have shape $(N, C, H, W)$: batch, channels, height, width. In layer tables the shape of a single
#   image is $(C, H, W)$.
# - Do not modify the arguments. Return a new array that shares no memory with them.
# - Arguments may be integer, read-only or non-contiguous arrays. The results must be right all the same and
#   must not be truncated to integers.
# - Only NumPy and Python's standard library may be used.
# - Counts are whole numbers and must be exact to the last digit.

# %% [markdown]
# ## How to work on this assignment
#
# 1. Read an exercise, write your program in place of `# YOUR CODE HERE`, and delete
#    `raise NotImplementedError()`. Keep the names of functions and arguments.
# 2. Run the check cell below the exercise. If something is wrong, it first tells you the **symptom**, what
#    can be seen from outside: the signs are reversed, say, or an entry of a table is wrong.
# 3. Look for the cause, change something, check again. If it is still wrong, and the mistake is a common one,
#    you are told the **idea** that went wrong. To hear it at once, open a cell of your own and run
#    `check(relu_backward, lang="en", hint=True)`.
# 4. When all is done, restart the kernel, run everything from top to bottom, save, and hand in this file.
#
# The check cells use only some of the cases; grading uses other numbers, other shapes and other layers as
# well. So when a check has passed, think once more about the special cases that the text mentions. A function
# may call the ones before it, but then their mistakes travel along. Add cells to try things out, as many as
# you like.
#
# If a check cell keeps running (`[*]`), a loop probably never ends: interrupt it with ■. The number below a
# check cell is for nbgrader; it is not your final mark.
#
# An assignment comes as a notebook (`.ipynb`, with pictures) and as a `.py` file (without). Both say the
# same; work on the one that you prefer, and hand that in. For the `.py` file, `autograder check models.py`
# on the command line does the checking; with `--hint` it tells the idea at once.

# %%
import numpy as np


# %% [markdown]
# ## Part one: AlexNet
#
# ## 1. The residual of a ReLU (6 points)
#
# AlexNet's activation function is $a=\sigma(z)=\max(0, z)$. Its derivative has two values only:
#
# $$\sigma'(z)=\begin{cases}1,&z>0\\0,&z\le 0\end{cases}
# \qquad\qquad \frac{\partial J}{\partial z}=\frac{\partial J}{\partial a}\,\sigma'(z)$$
#
# Where $z>0$ the residual passes unchanged, elsewhere nothing passes. However large $z$ is, the derivative
# stays 1, so that residuals do not fade from layer to layer as they do after a sigmoid: that is why deep
# networks use it. At $z=0$ there is no derivative; like the usual libraries, we take 0.
#
# **Small example**
#
# $$z=\begin{pmatrix}1&-2\\0&3\end{pmatrix},\quad
# \frac{\partial J}{\partial a}=\begin{pmatrix}5&6\\7&8\end{pmatrix}
# \quad\Rightarrow\quad\frac{\partial J}{\partial z}=\begin{pmatrix}5&0\\0&8\end{pmatrix}$$
#
# **Your task**: complete `relu_backward`. Arrays may have any shape; `delta` is $\partial J/\partial a$.

# %%
def relu_backward(delta, z):
    """
    Backward pass of a ReLU: ∂J/∂z.

    ∂J/∂z = ∂J/∂a · σ′(z),   σ′(z) = 1 if z > 0 else 0

    Parameters
    ----------
    delta : (…)
        ∂J/∂a
    z : (…)
        pre-activations, of the shape of delta

    Returns
    -------
    (…)
        ∂J/∂z
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 2. Forward pass of dropout (5 points)
#
# During training dropout removes each unit with probability $1-p$; with probability $p$ (parameter `keep`)
# the unit is **kept**. A mask $m$ of zeros and ones says which ones are kept. With some of them gone, the
# next layer receives only $p$ times the usual sum on average. So what is kept gets divided by $p$:
#
# $$a' = \frac{a\cdot m}{p}$$
#
# Then the expectation of $a'$ is $a$, and in testing there is nothing to do. This is called **inverted
# dropout** and is what everybody does today. AlexNet's paper does the opposite: nothing is divided in
# training, and in testing activations are multiplied by $p$. This assignment uses the former.
#
# **Small example**, $p=0.5$:
#
# $$a=\begin{pmatrix}2&4\\6&8\end{pmatrix},\quad m=\begin{pmatrix}1&0\\1&1\end{pmatrix}
# \quad\Rightarrow\quad a'=\begin{pmatrix}4&0\\12&16\end{pmatrix}$$
#
# The divisor is the probability $p=0.5$, not the share $3/4$ that happens to be kept this time.
#
# **Your task**: complete `dropout_forward`. The mask has been drawn already and is given; it may be an array
# of floats, integers or booleans.

# %%
def dropout_forward(a, mask, keep):
    """
    Dropout in training (inverted dropout).

    a' = a · mask / keep

    Parameters
    ----------
    a : (…)
        activations
    mask : (…)
        1 where a unit is kept, 0 where it is removed; of the shape of a
    keep : float
        the probability p of being kept, 0 < p ≤ 1

    Returns
    -------
    (…)
        a'
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 3. The residual of dropout (5 points)
#
# In one training step the mask is fixed, so that $a'=a\cdot m/p$ is linear in $a$, with the derivative
# $\partial a'/\partial a = m/p$ for each unit:
#
# $$\frac{\partial J}{\partial a} = \frac{\partial J}{\partial a'}\cdot\frac{m}{p}$$
#
# A unit that was removed took no part in the forward pass and receives no residual; one that was kept was
# magnified by $1/p$, and so is its residual. Forward and backward pass use **the same** mask.
#
# **Small example** ($m$, $p$ of exercise 2):
# $\dfrac{\partial J}{\partial a'}=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ gives
# $\dfrac{\partial J}{\partial a}=\begin{pmatrix}2&0\\6&8\end{pmatrix}$.
#
# **Your task**: complete `dropout_backward`.

# %%
def dropout_backward(delta, mask, keep):
    """
    Backward pass of dropout: ∂J/∂a.

    ∂J/∂a = ∂J/∂a' · mask / keep

    Parameters
    ----------
    delta : (…)
        ∂J/∂a'
    mask : (…)
        the mask of the forward pass, of the shape of delta
    keep : float
        the probability p of being kept, 0 < p ≤ 1

    Returns
    -------
    (…)
        ∂J/∂a
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 4. The residual of a ReLU with overlapping max pooling (7 points)
#
# In AlexNet the first, second and fifth convolution are followed by a ReLU and then by **overlapping** max
# pooling: windows $3\times3$, stride 2. Neighbouring windows share a row or column, and a unit may be the
# maximum of several windows at once.
#
# $$z \ \xrightarrow{\ \text{ReLU}\ }\ a
#     \ \xrightarrow{\ 3\times3\text{ max pooling, stride }2\ }\ \text{output}$$
#
# The way back takes these in reverse. First the residual of each output goes to the maximum of its window,
# and what several windows send is **added** (lecture 3.1); then it is multiplied by $\sigma'(z)$ (exercise
# 1).
#
# **Small example**
#
# $$z=\begin{pmatrix}1&-2&3&-1&2\\-4&5&8&4&-3\\-1&-2&-6&-5&-7\\-8&-9&-2&-1&-4\\7&-6&-5&-2&-1\end{pmatrix},
# \qquad
# \delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}\quad\Rightarrow\quad
# \frac{\partial J}{\partial z}
#     =\begin{pmatrix}0&0&0&0&0\\0&0&3&0&0\\0&0&0&0&0\\0&0&0&0&0\\3&0&0&0&0\end{pmatrix}$$
#
# The $8$ is the maximum of the upper two windows and receives $1+2=3$. In the window at the bottom right
# every $z$ is negative, and the ReLU turns all of them to 0: whichever unit the residual $4$ is sent to,
# there it meets $\sigma'=0$. So these tied zeros leave no doubt about the result.
#
# **Your task**: complete `relu_pool_backward`. There is no padding and only whole windows count; where the
# division leaves a remainder, no window reaches the last row or column, whose residual is 0 and
# keeps its place. There are no ties between positive maxima. You may copy your `max_pool2d_backward` from the
# assignment on pooling.

# %%
def relu_pool_backward(delta, z):
    """
    Backward pass of a ReLU and the 3×3 max pooling with stride 2 after it: ∂J/∂z.

    ∂J/∂z = (each window's residual at its maximum, added up) · σ′(z)

    Parameters
    ----------
    delta : (N, C, Ho, Wo)
        residual of the pooled output, Ho = ⌊(H − 3)/2⌋ + 1, Wo likewise
    z : (N, C, H, W)
        what goes into the ReLU

    Returns
    -------
    (N, C, H, W)
        ∂J/∂z
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## Part two: GoogLeNet
#
# ## 5. The residual of an Inception module (11 points)
#
# In an Inception module several branches (convolutions 1×1, 3×3, 5×5, and pooling) work on **the same** input
# $x$. Their outputs are stacked along the channels: branch $b$ gives $K_b$ of them, $K=\sum_b K_b$ in all.
#
# So the way back has three steps:
#
# 1. **Split**: the first $K_1$ channels of $\delta$ belong to the first branch, the next $K_2$ to the second,
#    and so on.
# 2. Each branch carries its own part $\delta_b$ back to the input.
# 3. **Add**: $x$ influences all branches, so the chain rule adds what comes back from each (compare lecture
#    3.2, several kernels):
#
# $$\frac{\partial J}{\partial x} = \sum_b \frac{\partial J}{\partial x}\Big|_{\text{branch } b}$$
#
# **How a branch is given.** Whatever layers a branch is made of, its backward pass is linear in $\delta_b$.
# Like the unrolled convolution of lecture 2.2 it can therefore be written as a matrix $B_b$ of shape $(C\cdot
# H\cdot W,\ K_b\cdot H\cdot W)$. For each sample unroll the residual $(K_b, H, W)$ to a vector (in the order
# of `ravel`: channels, then rows, then columns); then
#
# $$\text{vec}\Big(\frac{\partial J}{\partial x}\Big|_{\text{branch } b}\Big) = B_b\ \text{vec}(\delta_b)$$
#
# is the residual of the input, unrolled in the same order. (A matrix and not a function, because
# grading takes place in isolation, where arrays can be sent and functions cannot.)
#
# **Small example**: $N=H=W=1$, an input of $C=2$ channels, two branches with $K_1=1$, $K_2=2$,
#
# $$\delta=(1,\,2,\,3),\quad B_1=\begin{pmatrix}1\\2\end{pmatrix},
# \quad B_2=\begin{pmatrix}0&1\\1&0\end{pmatrix}
# \quad\Rightarrow\quad \frac{\partial J}{\partial x}
# = \begin{pmatrix}1\\2\end{pmatrix}\cdot 1
# +\begin{pmatrix}0&1\\1&0\end{pmatrix}\begin{pmatrix}2\\3\end{pmatrix}
# = \begin{pmatrix}4\\4\end{pmatrix}$$
#
# **Your task**: complete `inception_backward`. The branches keep the height and width of the input; there may
# be any number of them, with any numbers of channels.

# %%
def inception_backward(delta, branch_channels, branch_backwards):
    """
    Backward pass of an Inception module: ∂J/∂x.

    vec(∂J/∂x) = Σ_b B_b · vec(δ_b)

    Parameters
    ----------
    delta : (N, K, H, W)
        residual of the stacked outputs, K = K_1 + K_2 + …
    branch_channels : [K_1, K_2, …]
        how many channels each branch gives
    branch_backwards : [B_1, B_2, …]
        the branches' backward passes, matrices B_b of shape (C·H·W, K_b·H·W)

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## Part three: ResNet
#
# ## 6. The residual of a shortcut (5 points)
#
# A block of a ResNet computes $y=F(x)+x$: the branch $F$ is a few convolutions, the shortcut adds $x$ as it
# is. (Two things are called residual here: $F(x)=y-x$, which the block learns, and the $\delta$ of
# back-propagation. Below it is always $\delta$.) The lecture has the derivative of a sum in 3.2:
# $\frac{\partial(x_1+x_2)}{\partial x_1}=\frac{\partial(x_1+x_2)}{\partial x_2}=1$. As $x$ occurs twice,
#
# $$\frac{\partial J}{\partial x}
#     = \underbrace{\delta}_{\text{shortcut}}
#     + \underbrace{\frac{\partial J}{\partial x}\Big|_{F}}_{\text{branch}},
# \qquad \delta=\frac{\partial J}{\partial y}$$
#
# However little comes back through the branch, the shortcut hands the whole $\delta$ to the layers before.
# That is how networks of more than a hundred layers can be trained.
#
# **Small example**: with $\delta=\begin{pmatrix}1&2\\3&4\end{pmatrix}$ and
# $\begin{pmatrix}10&20\\-3&0\end{pmatrix}$ from the branch, the sum is
# $\begin{pmatrix}11&22\\0&4\end{pmatrix}$.
#
# **Your task**: complete `residual_backward`. `delta` is the residual after the addition,
# $\partial J/\partial y$; `branch_grad` is what comes of $\delta$ when it has gone back through $F$ to $x$.

# %%
def residual_backward(delta, branch_grad):
    """
    Backward pass of a residual block y = F(x) + x: ∂J/∂x.

    Parameters
    ----------
    delta : (N, C, H, W)
        ∂J/∂y
    branch_grad : (N, C, H, W)
        what comes back to x through the branch F

    Returns
    -------
    (N, C, H, W)
        ∂J/∂x
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## Part four: counting
#
# ### Layer tables
#
# To count a model, we first write it down as data. A **layer table** is a list with an entry for each
# layer, and each entry is a dict:
#
# | `kind` | what else it holds | what it does |
# | --- | --- | --- |
# | `"conv"` | `in_channels`, `kernels`, `kernel_shape`, `stride`, `padding`, `groups`, `bias` | convolution |
# | `"fully_connected"` | `inputs`, `outputs`, `bias` | fully connected; its input is unrolled first |
# | `"batch_norm"` | `channels` | batch normalisation: learns a scale $\gamma$ and a shift $\beta$ per channel |
# | `"max_pool"`, `"avg_pool"` | `window`, `stride`, `padding` | pooling with square windows |
# | `"pad_channels"` | `channels`, `stride` | picks rows and columns, fills up channels with zeros |
# | `"relu"`, `"dropout"`, `"softmax"` | nothing | keep the shape, learn nothing |
# | `"lrn"` | nothing | local response normalisation: keeps the shape, learns nothing |
# | `"add"`, `"concat"` | `branches` | branches, each a table; outputs are added or stacked |
# | `"input"` | `shape` | first entry of a table: the shape $(C, H, W)$ of an image |
#
# `kernel_shape` is $(k_h, k_w)$; `stride`, `padding` and `window` are integers, the same for height and
# width; `groups` is the number $g$ of groups (AlexNet had two, one on each of two GPUs); `bias`
# says whether there are biases.
#
# The next cell is ready-made: functions to write layers with, and the tables of AlexNet and GoogLeNet. Each
# model comes in two forms (`convention`):
#
# - `"paper"`: as its paper has it. Convolutions 2, 4 and 5 of AlexNet have two groups, and its input is
#   227×227 (the paper says 224, but it takes 227 to get its 55). GoogLeNet has 5×5 kernels and biases; the
#   two auxiliary classifiers of its training are not counted.
# - `"library"`: as today's libraries have it. AlexNet is a single tower (2014) with 64 first kernels.
#   GoogLeNet has 3×3 kernels in place of 5×5, and batch normalisation in place of biases.

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
# ## 7. The output shape of a layer (8 points)
#
# The second column of the lecture's ResNet table is the output size. For convolution and pooling alike it is
#
# $$H_o=\left\lfloor\frac{H+2p-k_h}{s}\right\rfloor+1,
# \qquad W_o=\left\lfloor\frac{W+2p-k_w}{s}\right\rfloor+1$$
#
# - A convolution gives `kernels` channels. Pooling keeps the channels; its $k_h=k_w$ is `window`.
# - `pad_channels` takes every `stride`-th row and column, beginning with the first (as if $k=1$, $p=0$), and
#   gives `channels` channels.
# - For a fully connected layer we write `(outputs, 1, 1)`.
# - All other layers keep the shape.
#
# **Example**: the conv1 of a ResNet, 7×7, 64 kernels, stride 2, padding 3, on $(3, 224, 224)$:
# $\lfloor(224+6-7)/2\rfloor+1=112$, and the output is $(64, 112, 112)$.
#
# **Your task**: complete `output_shape`. It returns a tuple $(C, H, W)$ and meets no `input`, `add` or
# `concat`.

# %%
def output_shape(layer, input_shape):
    """
    The shape of a layer's output.

    Parameters
    ----------
    layer : dict
        an entry of a layer table, not input, add or concat
    input_shape : (C, H, W)
        the shape of its input

    Returns
    -------
    (C, H, W)
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 8. The parameters of a layer (11 points)
#
# We count what is trained (lecture 3.3):
#
# - convolution: $K$ kernels with $\frac{C}{g}\cdot k_h\cdot k_w$ weights each; with biases $K$ more;
# - fully connected: a weight between each input and each output; with biases one more for each output;
# - batch normalisation: two per channel, $\gamma$ and $\beta$. Mean and variance are statistics; nothing trains
#   them, so they do not count;
# - all other layers have none. The lecture: a pooling layer usually has neither weights nor biases.
#
# **Example**: the conv1 of a ResNet has no biases and $64\cdot3\cdot7\cdot7=9408$ parameters; the batch
# normalisation after it has 128. AlexNet's second convolution (96 input channels, 256 kernels of 5×5, two
# groups, biases) has $256\cdot48\cdot25+256=307456$.
#
# **Your task**: complete `layer_parameters`. It meets no `input`, `add` or `concat`.

# %%
def layer_parameters(layer):
    """
    How many trainable parameters a layer has.

    Parameters
    ----------
    layer : dict
        an entry of a layer table, not input, add or concat

    Returns
    -------
    parameters : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 9. The multiply-adds of a layer (11 points)
#
# The FLOPs in the lecture's table are counted as in the paper: a **multiply-add** (multiply once and add to
# the sum) is one FLOP; only convolutions and fully connected layers count, for one image; biases, batch
# normalisation, ReLU and pooling do not. (Where multiplications and additions are counted apart, figures are
# twice as large.)
#
# - Convolution: each value of the output takes $\frac{C}{g}\cdot k_h\cdot k_w$ multiply-adds, and there are
#   $K\cdot H_o\cdot W_o$ values. Mind that it is the size of the **output**: with stride 2 the kernel stops
#   at a quarter of the places only.
# - Fully connected: one for each weight.
# - All other layers: 0.
#
# The same weights are used $H_o\cdot W_o$ times. Few parameters, much computing: that is what sharing weights
# means (lecture 2.2, connections and parameters).
#
# **Example**: the conv1 of a ResNet takes $9408\cdot112\cdot112=118013952$, about 0.12 × 10⁹.
#
# **Your task**: complete `layer_macs`. You may use your `output_shape` of exercise 7.

# %%
def layer_macs(layer, input_shape):
    """
    How many multiply-adds a layer takes for one image.

    Parameters
    ----------
    layer : dict
        an entry of a layer table, not input, add or concat
    input_shape : (C, H, W)
        the shape of its input

    Returns
    -------
    macs : int
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 10. A whole model (12 points)
#
# Parameters and multiply-adds of a model are the sums over its layers. One has to go through them in order,
# for the output shape of a layer is the input shape of the next. At an `add` or `concat`
#
# - all branches begin with **the same** input shape; their layers count, too; and a branch may hold
#   another `add` or `concat`;
# - after an `add` the shape is that of the branches' outputs (which agree); an empty branch `[]` is the
#   identity shortcut, whose output is its input;
# - after a `concat` the channels are the sum of the branches' channels; height and width are those of each
#   branch (only these two matter for what is counted after it).
#
# **Example**
#
# ```python
# [{"kind": "input", "shape": (1, 8, 8)}, conv(1, 4, 3), RELU, max_pool(2, 2), fully_connected(36, 10)]
# ```
#
# The convolution has $4\cdot9+4=40$ parameters, gives $(4, 6, 6)$ and takes $36\cdot36=1296$ multiply-adds;
# pooling makes it $(4, 3, 3)$; the fully connected layer has $370$ parameters and takes $360$. Altogether
# `(410, 1656)`.
#
# **Your task**: complete `model_totals`, which returns `(parameters, macs)`. A table always begins with
# `input`. You may define another function inside, one that calls itself where there are branches.

# %%
def model_totals(layers):
    """
    The parameters of a model, and its multiply-adds for one image.

    Parameters
    ----------
    layers : list of dict
        a layer table, beginning with input

    Returns
    -------
    (parameters, macs) : (int, int)
    """

    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# Now you can count the two ready-made models: each line shows parameters and multiply-adds. AlexNet has about
# 60 million parameters; GoogLeNet is deeper, yet has about a ninth of them. Which layers does it save them
# on?

# %%
NOT_YET = """
An exercise above is not written yet; come back to this cell when it is.
"""


def show_totals(rows):
    """
    Prints the totals of some models; each of rows is (name, convention, lecture's figure, function).
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
# ## Part five: the ResNets from the lecture's table
#
# In the lecture's table the nets of 18 and 34 layers consist of **basic blocks**: two 3×3 convolutions. The
# ready-made `basic_layers` below shows one. Behind each convolution comes batch normalisation, so that the
# convolutions need no biases; after the addition of `[branch, shortcut]` there is one more ReLU.
#
# Where the map is halved (`stride` 2) or the number of channels changes, $x$ and $F(x)$ differ in shape and
# cannot be added. The paper discusses two ways out:
#
# - **A**: a shortcut without parameters, which takes every second row and column and fills up the channels
#   with zeros (`pad_channels`);
# - **B**: a 1×1 convolution as shortcut (a projection), with batch normalisation.
#
# With `convention="paper"` the nets of 18 and 34 layers use A: the paper compares them with nets that
# have no shortcuts and just as many parameters. With `"library"` all use B.

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
# ## 11. The bottleneck block (6 points)
#
# From 50 layers on, ResNets use Deeper Bottleneck Architectures: a 1×1 convolution reduces the channels to
# `channels`, a 3×3 convolution follows, and another 1×1 brings them back to $4\cdot$ `channels`. In the
# lecture's conv2_x, for instance,
#
# $$\begin{bmatrix}1\times1,\ 64\\3\times3,\ 64\\1\times1,\ 256\end{bmatrix}$$
#
# The layers come in an order like that of `basic_layers`:
#
# - branch: 1×1 convolution, batch normalisation, ReLU, 3×3 convolution (padding 1), batch normalisation,
#   ReLU, 1×1 convolution, batch normalisation; no convolution has biases;
# - the `stride` is that of the **first 1×1** with `"paper"`, and that of the **3×3** with `"library"`; all
#   other convolutions have stride 1;
# - shortcut: an empty branch `[]` where `stride` is 1 and `in_channels` is $4\cdot$ `channels` already;
#   otherwise, with either `convention`, a 1×1 convolution with this `stride` (to $4\cdot$ `channels`) and
#   batch normalisation;
# - two entries are returned: the `add` (its `branches` are `[branch, shortcut]`) and the ReLU after it.
#
# Mind the first block of conv2_x: its stride is 1, but with 64 input channels its shortcut still projects.
#
# **Your task**: complete `bottleneck_layers`. Write layers with the ready-made functions `conv` and
# `batch_norm`.

# %%
def bottleneck_layers(in_channels, channels, stride, convention="paper"):
    """
    The layer table of a bottleneck block.

    Parameters
    ----------
    in_channels, channels : int
        channels of the input; kernels of the first two convolutions, the output has 4 · channels
    stride : int
        stride of the block
    convention : "paper" | "library"
        whether the first 1×1 ("paper") or the 3×3 ("library") has the stride

    Returns
    -------
    [add, relu] : list of dict
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## 12. ResNet-18, 34, 50, 101, 152 (13 points)
#
# Now turn the lecture's table into a layer table, from top to bottom:
#
# - `{"kind": "input", "shape": (3, 224, 224)}`;
# - conv1: convolution 7×7, 64 kernels, stride 2, padding 3, no biases; batch normalisation; ReLU;
# - max pooling 3×3, stride 2, padding 1;
# - conv2_x to conv5_x: as many blocks as the lecture's table says, with `channels` 64, 128, 256, 512; made by
#   `basic_layers` for 18 and 34 layers, by `bottleneck_layers` from 50 on. The **first block** of conv3_x,
#   conv4_x and conv5_x has stride 2, all other blocks have stride 1 (before conv2_x the pooling has halved
#   the map already);
# - average pooling 7×7 (stride 1); a fully connected layer to 1000 classes, with biases; softmax.
#
# The numbers of blocks (lecture): 2, 2, 2, 2 for 18 layers; 3, 4, 6, 3 for 34 and for 50; 3, 4, 23, 3 for
# 101; 3, 8, 36, 3 for 152.
#
# **Your task**: complete `resnet_layers`; `depth` is 18, 34, 50, 101 or 152.

# %%
def resnet_layers(depth, convention="paper"):
    """
    A ResNet of the lecture's table.

    Parameters
    ----------
    depth : 18 | 34 | 50 | 101 | 152
        the number of layers
    convention : "paper" | "library"
        handed on to basic_layers or bottleneck_layers

    Returns
    -------
    layers : list of dict
        a layer table, beginning with input
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown]
# ## Beside the lecture's table
#
# The cell below prints parameters, multiply-adds, the same in 10⁹, and what the lecture prints.
#
# - Rounded, the five figures of `"paper"` are 1.8, 3.6, **3.9**, 7.6 and 11.3. The lecture, like the paper,
#   has **3.8** for the third: ResNet-50 takes 3,857,973,248, that is 3.858, whose last two digits
#   were cut off, while 7.570 and 11.282 were rounded. The paper gives no reason;
#   neither rounding all five nor cutting all of them off yields its table.
# - With projections (B) the 34 layers would take 3,663,761,408, which rounds to 3.7; the lecture's 3.6 agrees
#   with shortcuts without parameters (A).
# - You will often read that ResNet-50 takes 4.1 × 10⁹. That is `"library"`: with the stride moved to the 3×3
#   convolution, the first 1×1 works on four times as many places. Not a parameter more, but 6 % more
#   multiply-adds.
#
# The picture shows parameters (to the right, in 10⁶) and multiply-adds (upwards, in 10⁹), on logarithmic
# scales. AlexNet and ResNet-152 have nearly the same number of parameters, but the latter takes more than 15
# times the computing: most of AlexNet's sit in fully connected layers, where each is used once, a ResNet's in
# convolutions, where each is used many times. On the command line `autograder models` prints the table of all
# models.

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
