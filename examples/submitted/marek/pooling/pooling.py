# Pooling - Marek
# I rewrote the file without the comments, it was too long to scroll through

import numpy as np


def max_pool(a, window):
    m, n = window
    rows, cols = a.shape[0] // m, a.shape[1] // n
    result = np.zeros((rows, cols))
    for r in range(rows):
        for c in range(cols):
            result[r, c] = np.max(a[r * m:(r + 1) * m, c * n:(c + 1) * n])
    return result


def avg_pool(a, window):
    m, n = window
    rows, cols = a.shape[0] // m, a.shape[1] // n
    result = np.zeros((rows, cols))
    for r in range(rows):
        for c in range(cols):
            result[r, c] = np.mean(a[r * m:(r + 1) * m, c * n:(c + 1) * n])
    return result


def upsample(delta, window):
    return np.kron(delta, np.ones(window))


def max_pool_residual(delta, a, window, dsigma):
    m, n = window
    result = np.zeros(a.shape)
    for r in range(delta.shape[0]):
        for c in range(delta.shape[1]):
            block = a[r * m:(r + 1) * m, c * n:(c + 1) * n]
            i, j = np.unravel_index(np.argmax(block), (m, n)
            result[r * m + i, c * n + j] = delta[r, c]
    return result * dsigma


def avg_pool_residual(delta, window, dsigma):
    return upsample(delta, window) / (window[0] * window[1]) * dsigma


def max_pool2d(x, window, stride):
    rows = (x.shape[2] - window) // stride + 1
    cols = (x.shape[3] - window) // stride + 1
    result = np.zeros((x.shape[0], x.shape[1], rows, cols))
    for r in range(rows):
        for c in range(cols):
            block = x[:, :, r * stride:r * stride + window, c * stride:c * stride + window]
            result[:, :, r, c] = block.max(axis=(2, 3))
    return result
