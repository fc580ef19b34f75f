# assignment: training
# fit_kernel: WA bias_not_learned

import numpy as np


def squared_error(z, target):
    error = z - target
    return (error**2).mean(), 2 * error / error.size


def patches(x, kh, kw):
    """Every patch of every image as a column: (N, C·kh·kw, Ho·Wo)."""
    N, C, H, W = x.shape
    rows = [
        x[:, :, p : H - kh + 1 + p, q : W - kw + 1 + q].reshape(N, C, -1)
        for p in range(kh)
        for q in range(kw)
    ]
    return np.stack(rows, axis=2).reshape(N, C * kh * kw, -1)


def fit_kernel(image, target, kernel_shape, learning_rate, steps):
    A = patches(image[None, None], *kernel_shape)[0].T
    w, b = np.zeros(A.shape[1]), 0.0
    for _ in range(steps):
        _, delta = squared_error(A @ w + b, target.ravel())
        w = w - learning_rate * (A.T @ delta)
    return w.reshape(kernel_shape), b


def softmax_cross_entropy(scores, labels):
    rows = np.arange(len(labels))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = np.exp(log_p)
    delta[rows, labels] -= 1
    return -log_p[rows, labels].mean(), delta / len(labels)


def as_blocks(a):
    """The four cells of each pooling window last: (N, K, P, Q, 4)."""
    N, K, H, W = a.shape
    return a.reshape(N, K, H // 2, 2, W // 2, 2).swapaxes(3, 4).reshape(N, K, H // 2, W // 2, 4)


def as_map(blocks):
    N, K, P, Q, _ = blocks.shape
    return blocks.reshape(N, K, P, Q, 2, 2).swapaxes(3, 4).reshape(N, K, 2 * P, 2 * Q)


def cnn_gradients(params, x, labels):
    w1, b1, w2, b2 = params["w1"], params["b1"], params["w2"], params["b2"]
    N, K = len(x), len(w1)
    Ho, Wo = x.shape[2] - w1.shape[2] + 1, x.shape[3] - w1.shape[3] + 1
    P, Q = Ho // 2, Wo // 2

    columns = patches(x, *w1.shape[2:])
    z1 = (w1.reshape(K, -1) @ columns + b1[:, None]).reshape(N, K, Ho, Wo)
    a1 = np.maximum(z1, 0)
    blocks = as_blocks(a1[:, :, : 2 * P, : 2 * Q])
    winner = blocks.argmax(axis=4)
    f = blocks.max(axis=4).reshape(N, -1)
    J, delta2 = softmax_cross_entropy(f @ w2.T + b2, labels)

    dp1 = (delta2 @ w2).reshape(N, K, P, Q)
    share = np.arange(4) == winner[..., None]
    da1 = np.zeros(a1.shape)
    da1[:, :, : 2 * P, : 2 * Q] = as_map(share * dp1[..., None])
    delta1 = (da1 * (z1 > 0)).reshape(N, K, -1)
    dw1 = (delta1 @ columns.swapaxes(1, 2)).sum(axis=0)
    grads = {
        "w1": dw1.reshape(w1.shape),
        "b1": delta1.sum(axis=(0, 2)),
        "w2": delta2.T @ f,
        "b2": delta2.sum(axis=0),
    }
    return J, grads
