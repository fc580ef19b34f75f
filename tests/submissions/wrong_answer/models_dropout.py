# assignment: models
# dropout_forward: WA not_rescaled
# dropout_backward: WA keep_taken_for_drop

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def relu_backward(delta, z):
    return np.where(z > 0, delta, 0.0)


def dropout_forward(a, mask, keep):
    return np.einsum("...,...->...", a, 1.0 * mask)


def dropout_backward(delta, mask, keep):
    return np.multiply(delta, np.true_divide(mask, 1 - keep))


def relu_pool_backward(delta, z):
    a = np.maximum(z, 0)
    windows = sliding_window_view(a, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    winner = windows.reshape(*delta.shape, 9).argmax(axis=-1)
    n, c, p, q = np.indices(delta.shape)
    da = np.zeros(z.shape)
    np.add.at(da, (n, c, 2 * p + winner // 3, 2 * q + winner % 3), delta)
    return np.where(z > 0, da, 0)


def inception_backward(delta, branch_channels, branch_backwards):
    N, _, H, W = delta.shape
    parts = np.split(delta, np.cumsum(branch_channels)[:-1], axis=1)
    found = [np.einsum("ij,nj->ni", B, part.reshape(N, -1)) for B, part in zip(branch_backwards, parts)]
    return np.sum(found, axis=0).reshape(N, -1, H, W)


def residual_backward(delta, branch_grad):
    return np.sum([delta, branch_grad], axis=0)


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


RELU, SOFTMAX = {"kind": "relu"}, {"kind": "softmax"}


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


def output_shape(layer, input_shape):
    size = np.array(input_shape[1:])
    kind = layer["kind"]
    kernel, stride, padding, channels = 1, layer.get("stride", 1), layer.get("padding", 0), input_shape[0]
    if kind == "fully_connected":
        return [layer["outputs"], 1, 1]
    if kind == "conv":
        kernel, channels = np.array(layer["kernel_shape"]), layer["kernels"]
    elif "window" in layer:
        kernel = layer["window"]
    elif kind == "pad_channels":
        channels = layer["channels"]
    return [channels, *((size + 2 * padding - kernel) // stride + 1)]


def weights(layer):
    """The shape of a layer's weights."""
    if layer["kind"] == "conv":
        return (layer["kernels"], layer["in_channels"] // layer["groups"], *layer["kernel_shape"])
    if layer["kind"] == "fully_connected":
        return (layer["outputs"], layer["inputs"])
    return None


def layer_parameters(layer):
    shape = weights(layer)
    if shape is not None:
        return int(np.prod(shape)) + layer["bias"] * shape[0]
    return 2 * layer["channels"] if layer["kind"] == "batch_norm" else 0


def layer_macs(layer, input_shape):
    shape = weights(layer)
    if shape is None:
        return 0
    _, Ho, Wo = output_shape(layer, input_shape)
    return np.prod(shape) * Ho * Wo


def model_totals(layers):
    totals = np.zeros(2, dtype=np.int64)
    todo = [(layers[1:], tuple(layers[0]["shape"]))]
    while todo:
        table, shape = todo.pop()
        for layer in table:
            if layer["kind"] in ("add", "concat"):
                todo += [(branch, shape) for branch in layer["branches"]]
                shape = behind(layer["branches"][0], shape)
            else:
                totals += [layer_parameters(layer), layer_macs(layer, shape)]
                shape = output_shape(layer, shape)
    return tuple(totals)


def behind(table, shape):
    """The shape behind a table of layers."""
    for layer in table:
        shape = behind(layer["branches"][0], shape) if "branches" in layer else output_shape(layer, shape)
    return shape


def bottleneck_layers(in_channels, channels, stride, convention="paper"):
    strides = {"paper": (stride, 1, 1), "library": (1, stride, 1)}[convention]
    rows = zip((in_channels, channels, channels), (channels, channels, 4 * channels), (1, 3, 1), strides)
    branch = []
    for C, K, size, s in rows:
        branch += [conv(C, K, size, s, padding=size // 2, bias=False), batch_norm(K), RELU]
    shortcut = [conv(in_channels, 4 * channels, 1, stride, bias=False), batch_norm(4 * channels)]
    identity = stride == 1 and in_channels == 4 * channels
    return [{"kind": "add", "branches": [branch[:-1], [] if identity else shortcut]}, RELU]


def resnet_layers(depth, convention="paper"):
    counts = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}
    block, factor = (bottleneck_layers, 4) if depth >= 50 else (basic_layers, 1)
    plan = [(64 * 2**i, 2 if i and not j else 1) for i, count in enumerate(counts[depth]) for j in range(count)]
    before = [64] + [factor * channels for channels, _ in plan]
    blocks = [block(C, K, s, convention) for C, (K, s) in zip(before, plan)]
    stem = [conv(3, 64, 7, 2, 3, bias=False), batch_norm(64), RELU, max_pool(3, 2, 1)]
    head = [avg_pool(7, 1), fully_connected(before[-1], 1000), SOFTMAX]
    return [{"kind": "input", "shape": [3, 224, 224]}, *stem, *sum(blocks, []), *head]
