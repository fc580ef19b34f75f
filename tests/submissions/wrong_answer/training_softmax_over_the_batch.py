# assignment: training
# softmax_cross_entropy: WA softmax_over_the_batch
# cnn_gradients: WA softmax_over_the_batch

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Convolution:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.windows = sliding_window_view(x, self.w.shape[2:], axis=(2, 3))
        return np.einsum("ncuvpq,kcpq->nkuv", self.windows, self.w) + self.b[None, :, None, None]

    def backward(self, delta):
        self.dw = np.einsum("nkuv,ncuvpq->kcpq", delta, self.windows)
        self.db = np.einsum("nkuv->k", delta)


class Relu:
    def forward(self, z):
        self.open = z > 0
        return np.where(self.open, z, 0)

    def backward(self, delta):
        return np.where(self.open, delta, 0)


class MaxPool:
    def forward(self, a):
        self.shape = a.shape
        P, Q = a.shape[2] // 2, a.shape[3] // 2
        self.corners = [np.s_[:, :, i : 2 * P : 2, j : 2 * Q : 2] for i in (0, 1) for j in (0, 1)]
        cells = np.stack([a[corner] for corner in self.corners])
        self.first = cells.argmax(axis=0)
        return cells.max(axis=0)

    def backward(self, delta):
        da = np.zeros(self.shape)
        for number, corner in enumerate(self.corners):
            da[corner] = np.where(self.first == number, delta, 0)
        return da


class Flatten:
    def forward(self, p):
        self.shape = p.shape
        return p.reshape(p.shape[0], -1)

    def backward(self, delta):
        return delta.reshape(self.shape)


class Dense:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, f):
        self.f = f
        return np.einsum("nj,ij->ni", f, self.w) + self.b

    def backward(self, delta):
        self.dw = np.einsum("ni,nj->ij", delta, self.f)
        self.db = delta.sum(axis=0)
        return np.einsum("ni,ij->nj", delta, self.w)


def squared_error(z, target):
    return np.mean(np.square(z - target)), (z - target) * (2 / z.size)


def fit_kernel(image, target, kernel_shape, learning_rate, steps):
    layer = Convolution(np.zeros((1, 1, *kernel_shape)), np.zeros(1))
    for _ in range(steps):
        z = layer.forward(image[None, None])[0, 0]
        layer.backward(squared_error(z, target)[1][None, None])
        layer.w = layer.w - learning_rate * layer.dw
        layer.b = layer.b - learning_rate * layer.db
    return layer.w[0, 0], layer.b[0]


def softmax_cross_entropy(scores, labels):
    N, M = scores.shape
    scores = scores - np.max(scores, axis=0)
    log_p = scores - np.log(np.sum(np.exp(scores), axis=0))
    y = np.eye(M)[labels]
    return -np.sum(y * log_p) / N, (np.exp(log_p) - y) / N


def cnn_gradients(params, x, labels):
    convolution, dense = Convolution(params["w1"], params["b1"]), Dense(params["w2"], params["b2"])
    layers = [convolution, Relu(), MaxPool(), Flatten(), dense]
    out = x
    for layer in layers:
        out = layer.forward(out)
    J, delta = softmax_cross_entropy(out, labels)
    for layer in reversed(layers):
        delta = layer.backward(delta)
    return J, {"w1": convolution.dw, "b1": convolution.db, "w2": dense.dw, "b2": dense.db}
