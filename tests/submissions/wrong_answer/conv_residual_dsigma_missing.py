# assignment: conv_residual
# dense_residual: WA sigma_prime_missing
# derive_residuals: WA sigma_prime_missing
# conv_residual: WA sigma_prime_missing
# residual_formula: WA sigma_prime_missing

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    delta = np.dot(w_next.T, delta_next)
    return delta.reshape(dsigma.shape)


def derive_residuals():
    return """
    z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
    z12 = a12*w11 + a13*w12 + a22*w21 + a23*w22 + b
    z21 = a21*w11 + a22*w12 + a31*w21 + a32*w22 + b
    z22 = a22*w11 + a23*w12 + a32*w21 + a33*w22 + b
    delta11 = delta11*w11
    delta12 = (delta11*w12 + delta12*w11)
    delta13 = delta12*w12
    delta21 = (delta11*w21 + delta21*w11)
    delta22 = (delta11*w22 + delta12*w21 + delta21*w12 + delta22*w11)
    delta23 = (delta12*w22 + delta22*w12)
    delta31 = delta21*w21
    delta32 = (delta21*w22 + delta22*w21)
    delta33 = delta22*w22
    """


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    return conv2d_input_grad(delta[None, None], w[None, None], (1, 1) + dsigma.shape)[0, 0]


def residual_formula():
    return "delta[u,v] = sum_p sum_q delta[p,q] * w[u-(p-1)*s, v-(q-1)*s]"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx_pad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k in range(K):
            for i in range(delta.shape[2]):
                for j in range(delta.shape[3]):
                    u, v = i * stride, j * stride
                    dx_pad[n, :, u : u + kh, v : v + kw] += delta[n, k, i, j] * w[k]
    return dx_pad[:, :, padding : padding + H, padding : padding + W]
