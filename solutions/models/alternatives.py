"""Right answers to the exercises of `models`, unlike the references: each earns everything."""

import numpy as np

from .hidden import TIMES, block, net, pooled_by_windows, walked
from .notebook import (
    RELU,
    SOFTMAX,
    avg_pool,
    batch_norm,
    conv,
    fully_connected,
    inception_backward,
    layer_macs,
    layer_parameters,
    max_pool,
    output_shape,
    relu_pool_backward,
)


# ---------------------------------------------------------------------------------------------- relu_backward
def relu_by_loops(delta, z):
    dz = np.zeros(z.shape)
    for index in np.ndindex(z.shape):
        if z[index] > 0:
            dz[index] = delta[index]
    return dz


def relu_by_where(delta, z):
    return np.where(z > 0, delta, 0)


def relu_on_a_copy(delta, z):
    dz = np.array(delta, dtype=float)
    dz[z <= 0] = 0
    return dz


def relu_by_heaviside(delta, z):
    return np.heaviside(z, 0.0) * delta


# ----------------------------------------------------------------------------------- dropout, both ways
def dropout_by_loops(values, mask, keep):
    kept = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        kept[index] = values[index] / keep if mask[index] else 0.0
    return kept


def dropout_by_where(values, mask, keep):
    return np.where(mask, values / keep, 0)


def dropout_by_selection(values, mask, keep):
    kept = np.array(values, dtype=float)
    kept[mask == 0] = 0
    kept /= keep
    return kept


# ----------------------------------------------------------------------------------------- relu_pool_backward
def pooled_by_loops(delta, z):
    dz = np.zeros(z.shape)
    N, C, Ho, Wo = delta.shape
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    best, place = 0.0, None  # what the ReLU lets through
                    for u in range(2 * p, 2 * p + 3):
                        for v in range(2 * q, 2 * q + 3):
                            if z[n, c, u, v] > best:
                                best, place = z[n, c, u, v], (n, c, u, v)
                    if place is not None:
                        dz[place] += delta[n, c, p, q]
    return dz


def pooled_by_scattering(delta, z):
    windows = np.lib.stride_tricks.sliding_window_view(np.maximum(z, 0), (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    best = windows.reshape(*delta.shape, 9).argmax(axis=-1)
    n, c, p, q = np.indices(delta.shape)
    dz = np.zeros(z.shape)
    np.add.at(dz, (n, c, 2 * p + best // 3, 2 * q + best % 3), delta)
    return dz * (z > 0)


def pooled_by_comparing(delta, z):
    a, dz = np.maximum(z, 0), np.zeros(z.shape)
    Ho, Wo = delta.shape[2:]
    corners = [(i, j) for i in range(3) for j in range(3)]
    largest = np.max([a[:, :, i : i + 2 * Ho : 2, j : j + 2 * Wo : 2] for i, j in corners], axis=0)
    for i, j in corners:
        at = (slice(None), slice(None), slice(i, i + 2 * Ho, 2), slice(j, j + 2 * Wo, 2))
        dz[at] += delta * (a[at] == largest) * (z[at] > 0)
    return dz


def pooled_in_single_precision(delta, z):
    return relu_pool_backward(delta.astype(np.float32), z.astype(np.float32)).astype(np.float32)


# ----------------------------------------------------------------------------------------- inception_backward
def module_by_loops(delta, branch_channels, branch_backwards):
    N, _, H, W = delta.shape
    C = branch_backwards[0].shape[0] // (H * W)
    dx = np.zeros((N, C, H, W))
    for n in range(N):
        start = 0
        for K, B in zip(branch_channels, branch_backwards, strict=True):
            part = delta[n, start : start + K].ravel()
            for row, index in enumerate(np.ndindex(C, H, W)):
                for column in range(len(part)):
                    dx[(n, *index)] += B[row, column] * part[column]
            start += K
    return dx


def module_as_one_matrix(delta, branch_channels, branch_backwards):
    # the branches side by side are one matrix: the channels of δ come in the order of its columns
    N, _, H, W = delta.shape
    return np.einsum("ij,nj->ni", np.hstack(branch_backwards), delta.reshape(N, -1)).reshape(N, -1, H, W)


def module_by_split(delta, branch_channels, branch_backwards):
    N, _, H, W = delta.shape
    ends = np.cumsum(branch_channels)[:-1]
    found = [
        B @ part.reshape(N, -1).T
        for part, B in zip(np.split(delta, ends, axis=1), branch_backwards, strict=True)
    ]
    return np.sum(found, axis=0).T.reshape(N, -1, H, W).copy()


def module_sample_by_sample(delta, branch_channels, branch_backwards):
    def one(sample):
        found, start = [], 0
        for K, B in zip(branch_channels, branch_backwards, strict=True):
            found.append(B @ sample[start : start + K].ravel())
            start += K
        return sum(found).reshape(-1, *sample.shape[1:])

    return np.stack([one(sample) for sample in delta])


def module_with_einsum(delta, branch_channels, branch_backwards):
    _, _, H, W = delta.shape
    dx, start = 0.0, 0
    for K, B in zip(branch_channels, branch_backwards, strict=True):
        tensor = B.reshape(-1, H, W, K, H, W)
        dx = dx + np.einsum("chwkuv,nkuv->nchw", tensor, delta[:, start : start + K])
        start += K
    return dx


def module_in_single_precision(delta, branch_channels, branch_backwards):
    matrices = [B.astype(np.float32) for B in branch_backwards]
    return inception_backward(delta.astype(np.float32), branch_channels, matrices)


# ------------------------------------------------------------------------------------------ residual_backward
def shortcut_by_loops(delta, branch_grad):
    dx = np.zeros(delta.shape)
    for index in np.ndindex(delta.shape):
        dx[index] = delta[index] + branch_grad[index]
    return dx


def shortcut_in_place_of_a_copy(delta, branch_grad):
    dx = delta.astype(float)
    dx += branch_grad
    return dx


def shortcut_as_a_sum(delta, branch_grad):
    return np.sum([delta, branch_grad], axis=0)


# ------------------------------------------------------------------------------------------- layer_parameters
def parameters_by_counting(layer):
    """One by one, as far as a loop over kernels and channels goes."""
    count = 0
    if layer["kind"] == "conv":
        for _kernel in range(layer["kernels"]):
            for _channel in range(0, layer["in_channels"], layer["groups"]):
                count += layer["kernel_shape"][0] * layer["kernel_shape"][1]
            if layer["bias"]:
                count += 1
    elif layer["kind"] == "fully_connected":
        for _output in range(layer["outputs"]):
            count += layer["inputs"] + (1 if layer["bias"] else 0)
    elif layer["kind"] == "batch_norm":
        count = layer["channels"] + layer["channels"]
    return count


def parameters_by_shapes(layer):
    """The sizes of the arrays that hold them."""
    match layer:
        case {"kind": "conv", "in_channels": C, "kernels": K, "kernel_shape": shape, "groups": g}:
            arrays = [(K, C // g, *shape), (K * layer["bias"],)]
        case {"kind": "fully_connected", "inputs": n, "outputs": m, "bias": bias}:
            arrays = [(m, n), (m * bias,)]
        case {"kind": "batch_norm", "channels": C}:
            arrays = [(C,), (C,)]
        case _:
            arrays = []
    return sum(int(np.prod(shape)) for shape in arrays)


def parameters_from_a_dictionary(layer):
    rules = {
        "conv": lambda one: (
            one["kernels"] * (one["in_channels"] / one["groups"] * np.prod(one["kernel_shape"]) + one["bias"])
        ),
        "fully_connected": lambda one: (one["inputs"] + one["bias"]) * one["outputs"],
        "batch_norm": lambda one: one["channels"] * 2,
    }
    return rules.get(layer["kind"], lambda one: 0)(layer)


# ----------------------------------------------------------------------------------------------- output_shape
def shapes_by_sliding(layer, input_shape):
    """How many places there really are: counted."""

    def positions(size, k, s, p):
        count, start = 0, -p
        while start + k <= size + p:
            count, start = count + 1, start + s
        return count

    C, H, W = input_shape
    match layer["kind"]:
        case "conv":
            C, (kh, kw), p = layer["kernels"], layer["kernel_shape"], layer["padding"]
        case "max_pool" | "avg_pool":
            kh, kw, p = layer["window"], layer["window"], layer["padding"]
        case "pad_channels":
            return [layer["channels"], len(range(0, H, layer["stride"])), len(range(0, W, layer["stride"]))]
        case "fully_connected":
            return [layer["outputs"], 1, 1]
        case _:
            return [C, H, W]
    return [C, positions(H, kh, layer["stride"], p), positions(W, kw, layer["stride"], p)]


def shapes_by_slicing(layer, input_shape):
    """What NumPy says of an array of that shape."""
    C, H, W = input_shape
    a = np.zeros((1, H, W))
    kind = layer["kind"]
    if kind == "fully_connected":
        return (layer["outputs"], 1, 1)
    s = layer.get("stride", 1)
    if "padding" in layer:
        a = np.pad(a, [(0, 0)] + [(layer["padding"],) * 2] * 2)
        window = layer["kernel_shape"] if kind == "conv" else (layer["window"],) * 2
        a = np.lib.stride_tricks.sliding_window_view(a, window, axis=(1, 2))
    a = a[:, ::s, ::s]
    channels = {"conv": "kernels", "pad_channels": "channels"}.get(kind)
    return (layer[channels] if channels else C, a.shape[1], a.shape[2])


def shapes_with_floats(layer, input_shape):
    C, H, W = input_shape
    if layer["kind"] == "fully_connected":
        return layer["outputs"], 1, 1
    kh, kw = layer.get("kernel_shape", (layer.get("window", 1), layer.get("window", 1)))
    p, s = layer.get("padding", 0), layer.get("stride", 1)
    if layer["kind"] == "conv":
        C = layer["kernels"]
    if layer["kind"] == "pad_channels":
        C = layer["channels"]
    return C, int(np.floor((H + 2 * p - kh) / s)) + 1, int(np.floor((W + 2 * p - kw) / s)) + 1


# ------------------------------------------------------------------------------------------------- layer_macs
def macs_by_places(layer, input_shape):
    """Every place of the output, one after the other."""
    if layer["kind"] == "fully_connected":
        return layer["inputs"] * layer["outputs"]
    if layer["kind"] != "conv":
        return 0
    (H, W), (kh, kw), p, s = input_shape[1:], layer["kernel_shape"], layer["padding"], layer["stride"]
    count = 0
    for _top in range(-p, H + p - kh + 1, s):
        for _left in range(-p, W + p - kw + 1, s):
            count += layer["kernels"] * layer["in_channels"] * kh * kw // layer["groups"]
    return count


def macs_by_weights(layer, input_shape):
    """Each weight is used once for each place of the output."""
    _, Ho, Wo = output_shape(layer, input_shape)
    weights = layer_parameters({**layer, "bias": False}) if layer["kind"] != "batch_norm" else 0
    return weights * Ho * Wo


def macs_in_floats(layer, input_shape):
    if layer["kind"] == "conv":
        outputs = float(np.prod(output_shape(layer, input_shape)))
        return outputs * (layer["in_channels"] / layer["groups"] * np.prod(layer["kernel_shape"]))
    return float(layer["inputs"] * layer["outputs"]) if layer["kind"] == "fully_connected" else 0.0


# ----------------------------------------------------------------------------------------------- model_totals
def model_by_recursion(layers):
    def totals(table, shape):
        if not table:
            return 0, 0, shape
        first, *rest = table
        if first["kind"] in ("add", "concat"):
            found = [totals(branch, shape) for branch in first["branches"]]
            P, M = sum(one[0] for one in found), sum(one[1] for one in found)
            channels = sum(one[2][0] for one in found) if first["kind"] == "concat" else found[0][2][0]
            after = (channels, *found[0][2][1:])
        else:
            P, M, after = layer_parameters(first), layer_macs(first, shape), output_shape(first, shape)
        more_P, more_M, last = totals(rest, after)
        return P + more_P, M + more_M, last

    return totals(layers[1:], layers[0]["shape"])[:2]


def model_with_a_stack(layers):
    """All simple layers with the shapes of their inputs, gathered first."""
    simple = []

    def visit(table, shape):
        for layer in table:
            if "branches" in layer:
                ends = [visit(branch, shape) for branch in layer["branches"]]
                shape = ends[-1]
            else:
                simple.append((layer, shape))
                shape = output_shape(layer, shape)
        return shape

    visit(layers[1:], layers[0]["shape"])
    return [sum(layer_parameters(layer) for layer, _ in simple), sum(layer_macs(*one) for one in simple)]


# ------------------------------------------------------------------------------------------ bottleneck_layers
def bottleneck_from_a_table(in_channels, channels, stride, convention="paper"):
    rows = [
        (in_channels, channels, 1, stride if convention == "paper" else 1),
        (channels, channels, 3, 1 if convention == "paper" else stride),
        (channels, 4 * channels, 1, 1),
    ]
    branch = []
    for C, K, size, s in rows:
        branch += [conv(C, K, size, s, size // 2, bias=False), {"kind": "batch_norm", "channels": K}, RELU]
    shortcut = []
    if (in_channels, stride) != (4 * channels, 1):
        shortcut += [conv(in_channels, 4 * channels, 1, stride=stride, bias=False), batch_norm(channels * 4)]
    return [{"branches": [branch[:-1], shortcut], "kind": "add"}, {"kind": "relu"}]


# ---------------------------------------------------------------------------------------------- resnet_layers
def resnet_with_own_blocks(depth, convention="paper"):
    """Without the helpers: every layer written out."""

    def layer(C, K, size, stride=1):
        return [conv(C, K, size, stride, size // 2, 1, False), {"kind": "batch_norm", "channels": K}]

    table = [{"kind": "input", "shape": [3, 224, 224]}]
    table += [*layer(3, 64, 7, 2), {"kind": "relu"}, max_pool(window=3, stride=2, padding=1)]
    C = 64
    for K, count in zip((64, 128, 256, 512), TIMES[depth], strict=True):
        for number in range(count):
            s = 2 if K > 64 and number == 0 else 1
            out = K if depth < 50 else 4 * K
            if depth < 50:
                branch = [*layer(C, K, 3, s), RELU, *layer(K, K, 3)]
            else:
                at_first, at_second = (s, 1) if convention == "paper" else (1, s)
                branch = [
                    *layer(C, K, 1, at_first),
                    RELU,
                    *layer(K, K, 3, at_second),
                    RELU,
                    *layer(K, out, 1),
                ]
            same = s == 1 and out == C
            padded = {"kind": "pad_channels", "channels": out, "stride": s}
            projected = [padded] if depth < 50 and convention == "paper" else layer(C, out, 1, s)
            table += [{"kind": "add", "branches": [branch, [] if same else projected]}, RELU]
            C = out
    return [*table, avg_pool(7, 1), fully_connected(C, 1000), SOFTMAX]


ALTERNATIVES = {
    "relu_backward": [relu_by_loops, relu_by_where, relu_on_a_copy, relu_by_heaviside],
    "dropout_forward": [dropout_by_loops, dropout_by_where, dropout_by_selection],
    "dropout_backward": [dropout_by_loops, dropout_by_where, dropout_by_selection],
    "relu_pool_backward": [
        pooled_by_windows,
        pooled_by_loops,
        pooled_by_scattering,
        pooled_by_comparing,
        pooled_in_single_precision,
    ],
    "inception_backward": [
        module_by_loops,
        module_as_one_matrix,
        module_by_split,
        module_sample_by_sample,
        module_with_einsum,
        module_in_single_precision,
    ],
    "residual_backward": [shortcut_by_loops, shortcut_in_place_of_a_copy, shortcut_as_a_sum],
    "layer_parameters": [parameters_by_counting, parameters_by_shapes, parameters_from_a_dictionary],
    "output_shape": [shapes_by_sliding, shapes_by_slicing, shapes_with_floats],
    "layer_macs": [macs_by_places, macs_by_weights, macs_in_floats],
    "model_totals": [model_by_recursion, model_with_a_stack, walked],
    "bottleneck_layers": [block, bottleneck_from_a_table],
    "resnet_layers": [net, resnet_with_own_blocks],
}
