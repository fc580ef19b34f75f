# assignment: conv_residual
# pad_residual: WA padded_by_k
# conv_residual: WA padded_by_k
# conv2d_input_grad: WA padded_by_k

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z(1,1) = a(1,1)w(1,1) + a(1,2)w(1,2) + a(2,1)w(2,1) + a(2,2)w(2,2) + b
    z(1,2) = a(1,2)w(1,1) + a(1,3)w(1,2) + a(2,2)w(2,1) + a(2,3)w(2,2) + b
    z(2,1) = a(2,1)w(1,1) + a(2,2)w(1,2) + a(3,1)w(2,1) + a(3,2)w(2,2) + b
    z(2,2) = a(2,2)w(1,1) + a(2,3)w(1,2) + a(3,2)w(2,1) + a(3,3)w(2,2) + b
    δ(1,1) = [δ(1,1)w(1,1)]σ'(z(1,1))
    δ(1,2) = [δ(1,1)w(1,2) + δ(1,2)w(1,1)]σ'(z(1,2))
    δ(1,3) = [δ(1,2)w(1,2)]σ'(z(1,3))
    δ(2,1) = [δ(1,1)w(2,1) + δ(2,1)w(1,1)]σ'(z(2,1))
    δ(2,2) = [δ(1,1)w(2,2) + δ(1,2)w(2,1) + δ(2,1)w(1,2) + δ(2,2)w(1,1)]σ'(z(2,2))
    δ(2,3) = [δ(1,2)w(2,2) + δ(2,2)w(1,2)]σ'(z(2,3))
    δ(3,1) = [δ(2,1)w(2,1)]σ'(z(3,1))
    δ(3,2) = [δ(2,1)w(2,2) + δ(2,2)w(2,1)]σ'(z(3,2))
    δ(3,3) = [δ(2,2)w(2,2)]σ'(z(3,3))
    """


def rotate180(w):
    kh, kw = w.shape
    w_rot = np.zeros((kh, kw))
    for m in range(kh):
        for n in range(kw):
            w_rot[m, n] = w[kh - 1 - m, kw - 1 - n]
    return w_rot


def pad_residual(delta, kernel_shape):
    # 四周补 k 圈 0
    kh, kw = kernel_shape
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * kh, Wo + 2 * kw))
    out[kh : kh + Ho, kw : kw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    h, w = delta.shape
    big = np.zeros((h + (h - 1) * (stride - 1), w + (w - 1) * (stride - 1)))
    for i in range(h):
        for j in range(w):
            big[i * stride, j * stride] = delta[i, j]
    return big


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
    return "一般公式：δ_{u,v}^(l-1) = Σ_p Σ_q δ_{p,q}^(l) w_{u-s(p-1), v-s(q-1)}^(l) σ'(z_{u,v}^(l-1))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros(input_shape)
    for n in range(N):
        for c in range(C):
            full = np.zeros((H + 2 * padding, W + 2 * padding))
            for k in range(K):
                d = pad_residual(insert_zeros(delta[n, k], stride), (kh, kw))
                w_rot = rotate180(w[k, c])
                for u in range(min(full.shape[0], d.shape[0] - kh + 1)):
                    for v in range(min(full.shape[1], d.shape[1] - kw + 1)):
                        full[u, v] += np.sum(d[u : u + kh, v : v + kw] * w_rot)
            dx[n, c] = full[padding : padding + H, padding : padding + W]
    return dx
