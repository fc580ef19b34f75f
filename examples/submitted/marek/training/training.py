from pathlib import Path

from numpy.lib.stride_tricks import sliding_window_view
import numpy as np


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


class Convolution:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.windows = sliding_window_view(x, self.w.shape[2:], axis=(2, 3))
        return np.einsum("ncuvpq,kcpq->nkuv", self.windows, self.w[:, :, ::-1, ::-1]) + self.b[None, :, None, None]

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
    return np.mean(np.square(z - target)), (z - target) * (2 / z.size)


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
    layer = Convolution(np.zeros((1, 1, *kernel_shape)), np.zeros(1))
    for _ in range(steps):
        z = layer.forward(image[None, None])[0, 0]
        layer.backward(squared_error(z, target)[1][None, None])
        layer.w = layer.w - learning_rate * layer.dw
        layer.b = layer.b - learning_rate * layer.db
    return layer.w[0, 0], layer.b[0]


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
    Draws a curve over a logarithmic axis; nothing where matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        return
    _, axis = plt.subplots(figsize=(5, 2.4))
    axis.semilogy(x, y, "o-", markersize=3)
    axis.set_xlabel(x_title)
    axis.set_ylabel(y_title)
    plt.show()


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
    N, M = scores.shape
    scores = scores - np.max(scores, axis=1)[:, None]
    log_p = scores - np.log(np.sum(np.exp(scores), axis=1))[:, None]
    y = np.eye(M)[labels]
    return -np.sum(y * log_p) / N, (np.exp(log_p) - y) / N


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
    convolution, dense = Convolution(params["w1"], params["b1"]), Dense(params["w2"], params["b2"])
    layers = [convolution, Relu(), MaxPool(), Flatten(), dense]
    out = x
    for layer in layers:
        out = layer.forward(out)
    J, delta = softmax_cross_entropy(out, labels)
    for layer in reversed(layers):
        delta = layer.backward(delta)
    return J, {"w1": convolution.dw, "b1": convolution.db, "w2": dense.dw, "b2": dense.db}


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

