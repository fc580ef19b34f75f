"""Right answers to the exercises of `training`, unlike the references: each earns everything."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..windows import largest, maxima_equally, pooled, routed
from .hidden import layer_by_layer, of_greatest, one_hot, pooled_sizes, pooling_windows, relu
from .notebook import conv2d, correlate, fit_kernel, kernel_gradient, squared_error


# ---------------------------------------------------------------------------------------------- squared_error
def error_by_loops(z, target):
    J, delta = 0.0, np.zeros(z.shape)
    for u in range(z.shape[0]):
        for v in range(z.shape[1]):
            J += (z[u, v] - target[u, v]) ** 2 / z.size
            delta[u, v] = 2 * (z[u, v] - target[u, v]) / z.size
    return J, delta


def error_by_norm(z, target):
    difference = np.subtract(z, target, dtype=float)
    return np.linalg.norm(difference) ** 2 / z.size, np.asfortranarray(difference / (z.size / 2))


def error_in_single_precision(z, target):
    difference = (z - target).astype(np.float32)
    return np.mean(np.square(difference)), difference * np.float32(2 / z.size)


# ------------------------------------------------------------------------------------------------- fit_kernel
def descent_by_loops(image, target, kernel_shape, learning_rate, steps):
    (Ho, Wo), (kh, kw) = target.shape, kernel_shape
    w, b = [[0.0] * kw for _ in range(kh)], 0.0
    for _ in range(steps):
        dw, db = [[0.0] * kw for _ in range(kh)], 0.0
        for u in range(Ho):
            for v in range(Wo):
                z = b
                for p in range(kh):
                    for q in range(kw):
                        z += w[p][q] * image[u + p, v + q]
                delta = 2 * (z - target[u, v]) / (Ho * Wo)
                db += delta
                for p in range(kh):
                    for q in range(kw):
                        dw[p][q] += delta * image[u + p, v + q]
        b -= learning_rate * db
        for p in range(kh):
            for q in range(kw):
                w[p][q] -= learning_rate * dw[p][q]
    return w, b


def unrolled(image, kernel_shape):
    """A row for every position: what the kernel sees there, and a 1 for the bias."""
    patches = sliding_window_view(image, kernel_shape).reshape(-1, np.prod(kernel_shape))
    return np.hstack([patches, np.ones((len(patches), 1))])


def descent_by_matrices(image, target, kernel_shape, learning_rate, steps):
    A = unrolled(image, kernel_shape)
    parameters = np.zeros(A.shape[1])
    for _ in range(steps):
        parameters -= learning_rate * 2 / len(A) * (A.T @ (A @ parameters - target.ravel()))
    return parameters[:-1].reshape(kernel_shape), float(parameters[-1])


def descent_in_closed_form(image, target, kernel_shape, learning_rate, steps):
    # along each singular vector the distance to the best value shrinks by the same factor in every step
    A = unrolled(image, kernel_shape)
    U, singular, V = np.linalg.svd(A, full_matrices=False)
    curvature = 2 / len(A) * singular**2
    done = 1 - (1 - learning_rate * curvature) ** steps
    shares = np.divide(done, singular, out=np.zeros(len(singular)), where=singular > 1e-9)
    parameters = V.T @ (shares * (U.T @ target.ravel()))
    return parameters[:-1].reshape(kernel_shape), parameters[-1]


def descent_recursively(image, target, kernel_shape, learning_rate, steps):
    if steps == 0:
        return np.zeros(kernel_shape), 0.0
    w, b = descent_recursively(image, target, kernel_shape, learning_rate, steps - 1)
    _, delta = squared_error(correlate(image, w, b), target)
    return w - learning_rate * kernel_gradient(delta, image), b - learning_rate * delta.sum()


def descent_in_single_precision(image, target, kernel_shape, learning_rate, steps):
    w, b = fit_kernel(image.astype(np.float32), target.astype(np.float32), kernel_shape, learning_rate, steps)
    return w.astype(np.float32), np.float32(b)


# -------------------------------------------------------------------------------------- softmax_cross_entropy
def softmax_by_loops(scores, labels):
    J, delta = 0.0, []
    for s, y in zip(scores.tolist(), labels.tolist(), strict=True):
        greatest = max(s)
        total = sum(np.exp(one - greatest) for one in s)
        J += (greatest + np.log(total) - s[y]) / len(scores)
        delta.append([(np.exp(one - greatest) / total - (i == y)) / len(scores) for i, one in enumerate(s)])
    return J, delta


def softmax_by_logaddexp(scores, labels):
    rows = np.arange(len(labels))
    log_p = scores - np.logaddexp.reduce(scores.astype(float), axis=1)[:, None]
    delta = np.exp(log_p)
    delta[rows, labels] -= 1
    return -log_p[rows, labels].mean(), delta / len(labels)


def softmax_by_pairwise_differences(scores, labels):
    # 1/p_i = Σ_j exp(s_j − s_i): no maximum is needed where nothing overflows, so differences are capped
    differences = np.minimum(scores[:, None, :] - scores[:, :, None], 700.0)
    p = 1 / np.exp(differences).sum(axis=2)
    to_right = scores - np.take_along_axis(scores, labels[:, None], axis=1)
    J = np.mean(to_right.max(axis=1) + np.log(np.exp(to_right - to_right.max(axis=1)[:, None]).sum(axis=1)))
    return J, (p - one_hot(labels, scores.shape[1])) / len(labels)


def softmax_in_single_precision(scores, labels):
    s = (scores - scores.max(axis=1, keepdims=True)).astype(np.float32)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    right = one_hot(labels, s.shape[1]).astype(np.float32)
    return -(log_p * right).sum() / np.float32(len(s)), np.asfortranarray((np.exp(log_p) - right) / len(s))


# ---------------------------------------------------------------------------------------------- cnn_gradients
def network_with_shared_ties(params, x, labels):
    return layer_by_layer(params, x, labels, share=maxima_equally)


def network_by_loops(params, x, labels):
    w1, b1, w2, b2 = (params[name].tolist() for name in ("w1", "b1", "w2", "b2"))
    images, K, M = x.tolist(), len(w1), len(w2)
    _, C, kh, kw = params["w1"].shape
    N, (P, Q) = len(x), pooled_sizes(*x.shape[2:], kh, kw)
    dw1, db1 = np.zeros(params["w1"].shape), np.zeros(K)
    dw2, db2 = np.zeros(params["w2"].shape), np.zeros(M)
    J = 0.0
    for image, y in zip(images, labels.tolist(), strict=True):
        f, places = [], []
        for k in range(K):
            for p in range(P):
                for q in range(Q):
                    best = 0.0, None  # what is left of a dead window
                    for u in (2 * p, 2 * p + 1):
                        for v in (2 * q, 2 * q + 1):
                            z = b1[k]
                            for c in range(C):
                                for i in range(kh):
                                    for j in range(kw):
                                        z += w1[k][c][i][j] * image[c][u + i][v + j]
                            if z > best[0]:
                                best = z, (u, v)
                    f.append(best[0])
                    places.append((k, best[1]))
        s = [b2[m] + sum(one * other for one, other in zip(w2[m], f, strict=True)) for m in range(M)]
        total = sum(np.exp(one) for one in s)
        J += (np.log(total) - s[y]) / N
        delta2 = [(np.exp(one) / total - (m == y)) / N for m, one in enumerate(s)]
        for m in range(M):
            db2[m] += delta2[m]
            for i, one in enumerate(f):
                dw2[m, i] += delta2[m] * one
        for i, (k, place) in enumerate(places):
            if place is not None:
                delta = sum(delta2[m] * w2[m][i] for m in range(M))
                db1[k] += delta
                for c in range(C):
                    for a in range(kh):
                        for b in range(kw):
                            dw1[k, c, a, b] += delta * image[c][place[0] + a][place[1] + b]
    return J, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


def network_by_im2col(params, x, labels):
    w1, w2 = params["w1"], params["w2"]
    N, (K, C, kh, kw) = len(x), w1.shape
    P, Q = pooled_sizes(*x.shape[2:], kh, kw)
    # one row for each position: (N, P, Q, 2·2, C·kh·kw), the positions of a pooling window side by side
    patches = sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, : 2 * P, : 2 * Q]
    patches = patches.transpose(0, 2, 3, 1, 4, 5).reshape(N, P, 2, Q, 2, C * kh * kw).swapaxes(2, 3)
    patches = patches.reshape(N, P, Q, 4, C * kh * kw)
    z = patches @ w1.reshape(K, -1).T + params["b1"]
    best = z.argmax(axis=3)  # (N, P, Q, K)
    top = np.take_along_axis(z, best[:, :, :, None], axis=3)[:, :, :, 0]
    f = np.moveaxis(relu(top), 3, 1).reshape(N, -1)
    s = f @ w2.T + params["b2"]
    p = of_greatest(s)
    right = one_hot(labels, len(w2))
    delta2 = (p - right) / N
    # the ReLU's slope is applied below the pooling: dead windows pass nothing on
    delta = np.moveaxis((delta2 @ w2).reshape(N, K, P, Q), 1, 3) * (top > 0)
    chosen = np.take_along_axis(patches, best[..., None], axis=3)  # (N, P, Q, K, C·kh·kw)
    return -np.log(p[right == 1]).mean(), {
        "w1": np.einsum("npqk,npqkc->kc", delta, chosen).reshape(w1.shape),
        "b1": delta.sum(axis=(0, 1, 2)),
        "w2": np.einsum("nm,ni->mi", delta2, f),
        "b2": delta2.sum(axis=0),
    }


def network_sample_by_sample(params, x, labels):
    J, grads = 0.0, {name: np.zeros(part.shape) for name, part in params.items()}
    for n in range(len(x)):
        loss, parts = layer_by_layer(params, x[n : n + 1], labels[n : n + 1])
        J += loss / len(x)
        for name, part in parts.items():
            grads[name] += part / len(x)
    return J, grads


def network_pooled_before_relu(params, x, labels):
    # ReLU and maximum may change places: the maximum of what is left is what is left of the maximum
    z1 = conv2d(x, params["w1"], params["b1"])
    p1 = pooled(z1, 2, 2, largest)
    f = relu(p1).reshape(len(x), -1)
    J, delta2 = softmax_by_logaddexp(f @ params["w2"].T + params["b2"], labels)
    delta1 = routed((delta2 @ params["w2"]).reshape(p1.shape) * (p1 > 0), z1, 2, 2, maxima_equally)
    windows = sliding_window_view(x, params["w1"].shape[2:], axis=(2, 3))
    return J, {
        "w1": np.tensordot(delta1, windows, axes=((0, 2, 3), (0, 2, 3))),
        "b1": delta1.sum((0, 2, 3)),
        "w2": delta2.T @ f,
        "b2": delta2.sum(0),
    }


def network_by_complex_steps(params, x, labels):
    # Im f(v + ih) / h is the derivative, free of rounding; the branches of ReLU and maximum go by real parts
    def loss(**moved):
        w1, b1, w2, b2 = ({**params, **moved}[name] for name in ("w1", "b1", "w2", "b2"))
        cells = pooling_windows(conv2d(x, w1, b1), 2)
        p1 = np.take_along_axis(cells, cells.real.argmax(axis=4)[..., None], axis=4)[..., 0]
        s = np.where(p1.real > 0, p1, 0).reshape(len(x), -1) @ w2.T + b2
        s = s - s.real.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(s, labels[:, None], axis=1)[:, 0]
        return np.mean(np.log(np.exp(s).sum(axis=1)) - chosen)

    grads = {}
    for name, values in params.items():
        grads[name] = np.zeros(values.shape)
        for i in np.ndindex(values.shape):
            step = np.zeros(values.shape)
            step[i] = 1e-30
            grads[name][i] = loss(**{name: values + 1j * step}).imag / 1e-30
    return loss().real, grads


def network_in_single_precision(params, x, labels):
    small = {name: part.astype(np.float32) for name, part in params.items()}
    J, grads = layer_by_layer(small, x.astype(np.float32), labels)
    return np.float32(J), {name: np.asfortranarray(part, dtype=np.float32) for name, part in grads.items()}


ALTERNATIVES = {
    "squared_error": [error_by_loops, error_by_norm, error_in_single_precision],
    "fit_kernel": [
        descent_by_loops,
        descent_by_matrices,
        descent_in_closed_form,
        descent_recursively,
        descent_in_single_precision,
    ],
    "softmax_cross_entropy": [
        softmax_by_loops,
        softmax_by_logaddexp,
        softmax_by_pairwise_differences,
        softmax_in_single_precision,
    ],
    "cnn_gradients": [
        layer_by_layer,
        network_with_shared_ties,
        network_by_loops,
        network_by_im2col,
        network_sample_by_sample,
        network_pooled_before_relu,
        network_by_complex_steps,
        network_in_single_precision,
    ],
}
