# assignment: training
# cnn_gradients: WA gradients_stored_as_integers; loses integers

import math

import numpy as np


def squared_error(z, target):
    z, target = np.asarray(z, dtype=float), np.asarray(target, dtype=float)
    rows, columns = z.shape
    total, delta = 0.0, np.zeros((rows, columns))
    for u in range(rows):
        for v in range(columns):
            error = z[u, v] - target[u, v]
            total += error * error
            delta[u, v] = 2 * error / (rows * columns)
    return total / (rows * columns), delta


def slide(a, w):
    kh, kw = len(w), len(w[0])
    out = np.zeros((len(a) - kh + 1, len(a[0]) - kw + 1))
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = (a[u : u + kh, v : v + kw] * w).sum()
    return out


def fit_kernel(image, target, kernel_shape, learning_rate, steps):
    image = np.asarray(image, dtype=float)
    w, b = np.zeros(kernel_shape), 0.0
    for _ in range(steps):
        _, delta = squared_error(slide(image, w) + b, target)
        dw, db = slide(image, delta), delta.sum()
        w, b = w - learning_rate * dw, b - learning_rate * db
    return w, float(b)


def softmax_cross_entropy(scores, labels):
    count = len(scores)
    loss, delta = 0.0, np.zeros(np.shape(scores))
    for n in range(count):
        row = [float(score) for score in scores[n]]
        highest = max(row)
        powers = [math.exp(score - highest) for score in row]
        whole = sum(powers)
        loss += math.log(whole) - (row[labels[n]] - highest)
        for i, power in enumerate(powers):
            delta[n, i] = (power / whole - (1 if i == labels[n] else 0)) / count
    return loss / count, delta


def cnn_gradients(params, x, labels):
    w1, b1, w2, b2 = (np.asarray(params[name], dtype=float) for name in ("w1", "b1", "w2", "b2"))
    x = np.asarray(x, dtype=float)
    N, K = len(x), len(w1)
    kept = []
    scores = np.zeros((N, len(w2)))
    for n in range(N):
        maps = [sum(slide(x[n, c], w1[k, c]) for c in range(x.shape[1])) + b1[k] for k in range(K)]
        winners, values = [], []
        for k, z in enumerate(maps):
            for p in range(z.shape[0] // 2):
                for q in range(z.shape[1] // 2):
                    places = [(2 * p + i, 2 * q + j) for i in (0, 1) for j in (0, 1)]
                    u, v = max(places, key=lambda place: max(z[place], 0))
                    winners.append((k, u, v))
                    values.append(max(z[u, v], 0))
        kept.append((maps, winners, np.array(values)))
        scores[n] = w2 @ np.array(values) + b2
    loss, delta = softmax_cross_entropy(scores, labels)
    grads = {name: np.zeros_like(params[name]) for name in ("w1", "b1", "w2", "b2")}
    for n, (maps, winners, values) in enumerate(kept):
        grads["w2"][:] = grads["w2"] + np.outer(delta[n], values)
        grads["b2"][:] = grads["b2"] + delta[n]
        behind = w2.T @ delta[n]
        for (k, u, v), residual in zip(winners, behind):
            if maps[k][u, v] > 0:
                grads["b1"][k] += residual
                grads["w1"][k] = grads["w1"][k] + residual * x[n, :, u : u + w1.shape[2], v : v + w1.shape[3]]
    return loss, grads
