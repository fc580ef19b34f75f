# assignment: conv_residual
# dense_residual: RTE "ValueError"
# derive_residuals: RTE "TypeError"
# conv2d_input_grad: RTE "ValueError"

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    d = delta_next.reshape(-1, 1)
    return np.dot(w_next, d) * dsigma.reshape(-1, 1)


def derive_residuals():
    lines = []
    for u in range(1, 4):
        for v in range(1, 4):
            lines.append(("δ%d%d = " % (u, v), "δ w σ'(z%d%d)" % (u, v)))
    return "\n".join(lines)


def rotate180(w):
    return np.array(np.flip(w))


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    # 先每行每列后面都补 s-1 个 0，再去掉最后多出来的
    big = np.zeros((delta.shape[0] * stride, delta.shape[1] * stride))
    big[::stride, ::stride] = delta
    return big[: big.shape[0] - stride + 1, : big.shape[1] - stride + 1]


def conv_residual(delta, w, dsigma):
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def residual_formula():
    return "delta[u,v] = dsigma(z[u,v]) * sum_p sum_q delta[p,q] * w[u-(p-1)*s, v-(q-1)*s]"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    col = delta.reshape(N, K, Ho * Wo)
    wcol = w.reshape(K, -1)
    out = np.matmul(col, wcol)
    return out.reshape(input_shape)
