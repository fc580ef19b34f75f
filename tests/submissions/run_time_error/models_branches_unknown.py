# assignment: models
# model_totals: RTE "KeyError"

# Knows residual blocks only: an Inception module is a layer that it has never heard of.
import numpy as np


def relu_backward(delta, z):
    dz = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        if z[i] > 0:
            dz[i] = delta[i]
    return dz


def dropout_forward(a, mask, keep):
    out = np.zeros(a.shape)
    for i in np.ndindex(a.shape):
        if mask[i]:
            out[i] = a[i] / keep
    return out


def dropout_backward(delta, mask, keep):
    return dropout_forward(delta, mask, keep)


def relu_pool_backward(delta, z):
    N, C, Ho, Wo = delta.shape
    dz = np.zeros(z.shape)
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    window = [(u, v) for u in range(2 * p, 2 * p + 3) for v in range(2 * q, 2 * q + 3)]
                    u, v = max(window, key=lambda place: z[n, c][place])
                    if z[n, c, u, v] > 0:
                        dz[n, c, u, v] += delta[n, c, p, q]
    return dz


def inception_backward(delta, branch_channels, branch_backwards):
    N, _, H, W = delta.shape
    samples = []
    for n in range(N):
        total, start = 0, 0
        for K, B in zip(branch_channels, branch_backwards):
            part = delta[n, start : start + K]
            total = total + B @ part.ravel()
            start += K
        samples.append(total.reshape(-1, H, W))
    return np.array(samples)


def residual_backward(delta, branch_grad):
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
    if kind in ("relu", "lrn", "dropout", "softmax", "batch_norm"):
        return (C, H, W)
    return {}[kind]


def layer_parameters(layer):
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
        if layer["kind"] == "add":
            for branch in layer["branches"]:
                more_parameters, more_macs, after = walk(branch, shape)
                parameters += more_parameters
                macs += more_macs
            shape = after
        else:
            parameters += layer_parameters(layer)
            macs += layer_macs(layer, shape)
            shape = output_shape(layer, shape)
    return parameters, macs, shape


def model_totals(layers):
    parameters, macs, _ = walk(layers[1:], layers[0]["shape"])
    return parameters, macs


def bottleneck_layers(in_channels, channels, stride, convention="paper"):
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
    if stride != 1 or in_channels != wide:
        shortcut.append(conv(in_channels, wide, 1, stride, bias=False))
        shortcut.append(batch_norm(wide))
    return [{"kind": "add", "branches": [branch, shortcut]}, RELU]


BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def resnet_layers(depth, convention="paper"):
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
