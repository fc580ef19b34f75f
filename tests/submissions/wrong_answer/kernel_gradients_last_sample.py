# assignment: kernel_gradients
# conv2d_weight_grad: WA last_sample_only
# conv2d_bias_grad: WA last_sample_only

import numpy as np


def derive_gradients():
    lines = []
    for p in range(2):
        for q in range(2):
            terms = [f"delta[{u + 1},{v + 1}]*a[{u + p + 1},{v + q + 1}]" for u in range(2) for v in range(2)]
            lines.append(f"dJ/dw[{p + 1},{q + 1}] = " + " + ".join(terms))
    lines.append("dJ/db = delta[1,1] + delta[1,2] + delta[2,1] + delta[2,2]")
    return "\n".join(lines)


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    H, W = a.shape
    grad = np.zeros((H - Ho + 1, W - Wo + 1))
    for p in range(H - Ho + 1):
        for q in range(W - Wo + 1):
            for u in range(Ho):
                for v in range(Wo):
                    grad[p, q] += delta[u, v] * a[u + p, v + q]
    return grad


def bias_gradient(delta):
    return np.sum(delta)


def numerical_gradient(f, x, h=1e-5):
    x = x.astype(float)
    grad = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        old = x[i]
        x[i] = old + h
        f1 = f(x)
        x[i] = old - h
        f2 = f(x)
        x[i] = old  # 恢复
        grad[i] = (f1 - f2) / (2 * h)
        it.iternext()
    return grad


def relative_error(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def gradient_formulas():
    return """
    dJ/dw[p,q] = sum_u sum_v delta[u,v] * a[(u-1)*s+p, (v-1)*s+q]
    dJ/db = sum_u sum_v delta[u,v]
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    C = x.shape[1]
    kh, kw = kernel_shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((K, C, kh, kw))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                for p in range(kh):
                    for q in range(kw):
                        total = 0
                        for u in range(Ho):
                            for v in range(Wo):
                                total += delta[n, k, u, v] * x_pad[n, c, u * stride + p, v * stride + q]
                        dw[k, c, p, q] = total
    return dw


def conv2d_bias_grad(delta):
    db = np.zeros(delta.shape[1])
    for n in range(delta.shape[0]):
        for k in range(delta.shape[1]):
            db[k] = delta[n, k].sum()
    return db
