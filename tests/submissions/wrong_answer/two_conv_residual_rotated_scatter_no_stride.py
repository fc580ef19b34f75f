# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated+stride_ignored

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    n_out, n_in = w_next.shape
    delta = np.zeros(n_in)
    for j in range(n_in):
        for i in range(n_out):
            delta[j] += w_next[i, j] * delta_next[i]
        delta[j] *= dsigma[j]
    return delta


def derive_residuals():
    return """
    # forward
    z11 = w11 a11 + w12 a12 + w21 a21 + w22 a22 + b
    z12 = w11 a12 + w12 a13 + w21 a22 + w22 a23 + b
    z21 = w11 a21 + w12 a22 + w21 a31 + w22 a32 + b
    z22 = w11 a22 + w12 a23 + w21 a32 + w22 a33 + b

    # backward: for each a, look for the z that it is in
    δ11 = (δ11 w11) σ'(z11)   # a11 is in z11
    δ12 = (δ11 w12 + δ12 w11) σ'(z12)   # a12 is in z11, z12
    δ13 = (δ12 w12) σ'(z13)   # a13 is in z12
    δ21 = (δ11 w21 + δ21 w11) σ'(z21)   # a21 is in z11, z21
    δ22 = (δ11 w22 + δ12 w21 + δ21 w12 + δ22 w11) σ'(z22)   # a22 is in z11, z12, z21, z22
    δ23 = (δ12 w22 + δ22 w12) σ'(z23)   # a23 is in z12, z22
    δ31 = (δ21 w21) σ'(z31)   # a31 is in z21
    δ32 = (δ21 w22 + δ22 w21) σ'(z32)   # a32 is in z21, z22
    δ33 = (δ22 w22) σ'(z33)   # a33 is in z22
    """


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    h, w = delta.shape
    big = np.zeros((h + (h - 1) * (stride - 1), w + (w - 1) * (stride - 1)))
    for i in range(h):
        for j in range(w):
            big[i * stride, j * stride] = delta[i, j]
    return big


def conv_residual(delta, w, dsigma):
    wr = rotate180(w)
    back = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            back[i : i + wr.shape[0], j : j + wr.shape[1]] += delta[i, j] * wr
    return back * dsigma


def residual_formula():
    return "delta_{i,j} = (sum_m sum_n delta_{m,n} w_{i-s*(m-1), j-s*(n-1)}) sigma'(z_{i,j})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                wr = rotate180(w[k, c])
                for i in range(delta.shape[2]):
                    for j in range(delta.shape[3]):
                        dx[n, c, i : i + kh, j : j + kw] += delta[n, k, i, j] * wr
    return dx[:, :, padding : padding + H, padding : padding + W]
