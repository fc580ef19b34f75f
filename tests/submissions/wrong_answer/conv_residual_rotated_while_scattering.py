# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated

# "Backward means rotate the kernel": true when gathering, one rotation too many when scattering.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def derive_residuals():
    return """
    z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
    z12 = a12*w11 + a13*w12 + a22*w21 + a23*w22 + b
    z21 = a21*w11 + a22*w12 + a31*w21 + a32*w22 + b
    z22 = a22*w11 + a23*w12 + a32*w21 + a33*w22 + b

    delta11 = delta11*w11*dsigma(z11)
    delta12 = (delta11*w12 + delta12*w11)*dsigma(z12)
    delta13 = delta12*w12*dsigma(z13)
    delta21 = (delta11*w21 + delta21*w11)*dsigma(z21)
    delta22 = (delta11*w22 + delta12*w21 + delta21*w12 + delta22*w11)*dsigma(z22)
    delta23 = (delta12*w22 + delta22*w12)*dsigma(z23)
    delta31 = delta21*w21*dsigma(z31)
    delta32 = (delta21*w22 + delta22*w21)*dsigma(z32)
    delta33 = delta22*w22*dsigma(z33)
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
    flipped = rotate180(w)
    kh, kw = flipped.shape
    grad = np.zeros_like(dsigma, dtype=float)
    for (i, j), d in np.ndenumerate(delta):
        grad[i : i + kh, j : j + kw] += d * flipped
    return grad * dsigma


def residual_formula():
    return r"\delta_{u,v} = \sigma'(z_{u,v}) \sum_{p=1}^{H_o} \sum_{q=1}^{W_o} w_{u-(p-1)s,v-(q-1)s} \delta_{p,q}"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[-2:]
    flipped = np.flip(w, axis=(2, 3))
    canvas = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            patch = np.tensordot(delta[:, :, i, j], flipped, axes=1)  # (N, C, kh, kw)
            canvas[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += patch
    return canvas[:, :, padding : padding + H, padding : padding + W]
