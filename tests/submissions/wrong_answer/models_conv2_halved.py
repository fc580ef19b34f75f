# assignment: models
# resnet_layers: WA conv2_halves_too

from functools import reduce

import numpy as np


def relu_backward(delta, z):
    slope = np.array(z, dtype=float)
    slope[slope > 0] = 1
    slope[slope < 0] = 0
    return delta * slope


def dropout_forward(a, mask, keep):
    return a * mask / keep


def dropout_backward(delta, mask, keep):
    return mask * delta / keep


def relu_pool_backward(delta, z):
    dz = np.zeros(z.shape)
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            window = z[:, :, 2 * p : 2 * p + 3, 2 * q : 2 * q + 3]
            best = window.max(axis=(2, 3), keepdims=True)
            is_best = (window == best) & (window > 0)
            dz[:, :, 2 * p : 2 * p + 3, 2 * q : 2 * q + 3] += is_best * delta[:, :, p, q][:, :, None, None]
    return dz


def inception_backward(delta, branch_channels, branch_backwards):
    N, _, H, W = delta.shape
    whole = np.hstack(branch_backwards)
    return (whole @ delta.reshape(N, -1).T).T.reshape(N, -1, H, W)


def residual_backward(delta, branch_grad):
    return 1.0 * delta + branch_grad


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


class Layer:
    """A kind of layer that neither learns nor changes the shape."""

    def __init__(self, layer):
        self.__dict__.update(layer)

    def shape(self, C, H, W):
        return C, H, W

    def parameters(self):
        return 0

    def macs(self, C, H, W):
        return 0


class Sliding(Layer):
    padding = 0

    def kernel(self):
        return self.window, self.window

    def channels_behind(self, C):
        return C

    def shape(self, C, H, W):
        kh, kw = self.kernel()
        Ho = 1 + (H + 2 * self.padding - kh) // self.stride
        Wo = 1 + (W + 2 * self.padding - kw) // self.stride
        return self.channels_behind(C), Ho, Wo


class Padding(Sliding):
    def kernel(self):
        return 1, 1

    def channels_behind(self, C):
        return self.channels


class Conv(Sliding):
    def kernel(self):
        return self.kernel_shape

    def channels_behind(self, C):
        return self.kernels

    def weights(self):
        kh, kw = self.kernel_shape
        return self.kernels * self.in_channels * kh * kw // self.groups

    def parameters(self):
        return self.weights() + self.bias * self.kernels

    def macs(self, C, H, W):
        _, Ho, Wo = self.shape(C, H, W)
        return self.weights() * Ho * Wo


class Connected(Layer):
    def shape(self, C, H, W):
        return self.outputs, 1, 1

    def parameters(self):
        return (self.inputs + self.bias) * self.outputs

    def macs(self, C, H, W):
        return self.inputs * self.outputs


class Norm(Layer):
    def parameters(self):
        return 2 * self.channels


KINDS = {
    "conv": Conv,
    "fully_connected": Connected,
    "batch_norm": Norm,
    "max_pool": Sliding,
    "avg_pool": Sliding,
    "pad_channels": Padding,
}


def made(layer):
    return KINDS.get(layer["kind"], Layer)(layer)


def output_shape(layer, input_shape):
    return made(layer).shape(*input_shape)


def layer_parameters(layer):
    return made(layer).parameters()


def layer_macs(layer, input_shape):
    return made(layer).macs(*input_shape)


class Count:
    def __init__(self, shape, parameters=0, macs=0):
        self.shape, self.parameters, self.macs = shape, parameters, macs

    def __add__(self, layer):
        if "branches" not in layer:
            one = made(layer)
            return Count(
                one.shape(*self.shape), self.parameters + one.parameters(), self.macs + one.macs(*self.shape)
            )
        branches = [reduce(Count.__add__, branch, Count(self.shape)) for branch in layer["branches"]]
        C, H, W = branches[0].shape
        if layer["kind"] == "concat":
            C = sum(branch.shape[0] for branch in branches)
        return Count(
            (C, H, W),
            self.parameters + sum(branch.parameters for branch in branches),
            self.macs + sum(branch.macs for branch in branches),
        )


def model_totals(layers):
    found = reduce(Count.__add__, layers[1:], Count(layers[0]["shape"]))
    return found.parameters, found.macs


def unit(C, K, size, stride=1):
    return [conv(C, K, size, stride, padding=size // 2, bias=False), batch_norm(K)]


def bottleneck_layers(in_channels, channels, stride, convention="paper"):
    on_first = convention == "paper"
    branch = unit(in_channels, channels, 1, stride if on_first else 1) + [RELU]
    branch += unit(channels, channels, 3, 1 if on_first else stride) + [RELU]
    branch += unit(channels, 4 * channels, 1)
    shape_stays = (stride, in_channels) == (1, 4 * channels)
    shortcut = [] if shape_stays else unit(in_channels, 4 * channels, 1, stride)
    return [dict(kind="add", branches=[branch, shortcut]), dict(kind="relu")]


class Net(list):
    def __init__(self, depth, convention):
        super().__init__([{"kind": "input", "shape": (3, 224, 224)}, *unit(3, 64, 7, 2), RELU, max_pool(3, 2, 1)])
        self.depth, self.convention, self.C = depth, convention, 64

    def row(self, channels, count, stride):
        for number in range(count):
            self.block(channels, stride if number == 0 else 1)

    def block(self, channels, stride):
        if self.depth in (18, 34):
            self += basic_layers(self.C, channels, stride, self.convention)
            self.C = channels
        else:
            self += bottleneck_layers(self.C, channels, stride, self.convention)
            self.C = 4 * channels


def resnet_layers(depth, convention="paper"):
    net = Net(depth, convention)
    two, three, four, five = {
        18: (2, 2, 2, 2),
        34: (3, 4, 6, 3),
        50: (3, 4, 6, 3),
        101: (3, 4, 23, 3),
        152: (3, 8, 36, 3),
    }[depth]
    net.row(64, two, 2)
    net.row(128, three, 2)
    net.row(256, four, 2)
    net.row(512, five, 2)
    net += [avg_pool(7, 1), fully_connected(net.C, 1000), SOFTMAX]
    return net
