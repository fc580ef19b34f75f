import numpy as np


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
    dz = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        if z[i] > 0:
            dz[i] = delta[i]
    return dz


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
    out = np.zeros(a.shape)
    for i in np.ndindex(a.shape):
        if mask[i]:
            out[i] = a[i] / keep
    return out


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
    return dropout_forward(delta, mask, keep)


def relu_pool_backward(delta, z):
    """
    Backward pass of a ReLU and the 3×3 max pooling with stride 2 behind it: ∂J/∂z.

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
    N, C, Ho, Wo = delta.shape
    dz = np.zeros(z.shape)
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    window = [(u, v) for u in range(2 * p, 2 * p + 3) for v in range(2 * q, 2 * q + 3)]
                    u, v = max(window, key=lambda place: z[n, c][place])
                    if z[n, c, u, v] > 0:
                        dz[n, c, u, v] = delta[n, c, p, q]
    return dz


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
    N, _, H, W = delta.shape
    samples = []
    for n in range(N):
        total, start = 0, 0
        for K, B in zip(branch_channels, branch_backwards):
            part = delta[n, start : start + K]
            total = total + B @ part.ravel()
        samples.append(total.reshape(-1, H, W))
    return np.array(samples)


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
    return delta + branch_grad


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
    C, H, W = input_shape
    kind = layer["kind"]
    if kind == "fully_connected":
        return (layer["outputs"], 1, 1)
    if kind == "conv":
        kh, kw = layer["kernel_shape"]
        s, p = layer["stride"], layer["padding"]
        return (layer["kernels"], (H + 2 * p - kh) // s + 1, (W + 2 * p - kw) // s + 1)
    if kind == "max_pool" or kind == "avg_pool":
        k, s, p = layer["window"], layer["stride"], layer["padding"]
        return (C, (H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1)
    if kind == "pad_channels":
        s = layer["stride"]
        return (layer["channels"], (H - 1) // s + 1, (W - 1) // s + 1)
    return (C, H, W)


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
    kind = layer["kind"]
    count = 0
    if kind == "conv":
        kh, kw = layer["kernel_shape"]
        seen = layer["in_channels"] // layer["groups"]
        for kernel in range(layer["kernels"]):
            count += seen * kh * kw
            if layer["bias"]:
                count += 1
    elif kind == "fully_connected":
        for output in range(layer["outputs"]):
            count += layer["inputs"]
            if layer["bias"]:
                count += 1
    elif kind == "batch_norm":
        count = 2 * layer["channels"]
    return count


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
    kind = layer["kind"]
    if kind == "conv":
        kh, kw = layer["kernel_shape"]
        K, Ho, Wo = output_shape(layer, input_shape)
        for_one_number = layer["in_channels"] // layer["groups"] * kh * kw
        return K * Ho * Wo * for_one_number
    if kind == "fully_connected":
        return layer["inputs"] * layer["outputs"]
    return 0


def walk(layers, shape):
    parameters, macs = 0, 0
    for layer in layers:
        if "branches" in layer:
            for branch in layer["branches"][:1]:
                more_parameters, more_macs, after = walk(branch, shape)
                parameters += more_parameters
                macs += more_macs
            shape = after
        else:
            parameters += layer_parameters(layer)
            macs += layer_macs(layer, shape)
            shape = output_shape(layer, shape)
    return parameters, macs, shape


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

    parameters, macs, _ = walk(layers[1:], layers[0]["shape"])
    return parameters, macs


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
    wide = 4 * channels
    if convention == "paper":
        first, second = stride, 1
    else:
        first, second = 1, stride
    branch = []
    branch.append(conv(in_channels, channels, 1, first, bias=False))
    branch.append(batch_norm(channels))
    branch.append(RELU)
    branch.append(conv(channels, channels, 3, second, 1, bias=False))
    branch.append(batch_norm(channels))
    branch.append(RELU)
    branch.append(conv(channels, wide, 1, bias=False))
    branch.append(batch_norm(wide))
    shortcut = []
    if stride != 1:
        shortcut.append(conv(in_channels, wide, 1, stride, bias=False))
        shortcut.append(batch_norm(wide))
    return [{"kind": "add", "branches": [branch, shortcut]}, RELU]


BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


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
    layers = [{"kind": "input", "shape": (3, 224, 224)}]
    layers += [conv(3, 64, 7, 2, 3, bias=False), batch_norm(64), RELU, max_pool(3, 2, 1)]
    C = 64
    for stage in range(4):
        channels = [64, 128, 256, 512][stage]
        for number in range(BLOCKS[depth][stage]):
            stride = 2 if stage > 0 and number == 0 else 1
            if depth < 50:
                layers += basic_layers(C, channels, stride, convention)
                C = channels
            else:
                layers += bottleneck_layers(C, channels, stride, convention)
                C = 4 * channels
    layers += [avg_pool(7, 1), fully_connected(C, 1000), SOFTMAX]
    return layers


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
