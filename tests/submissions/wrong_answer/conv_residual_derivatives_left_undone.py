# assignment: conv_residual
# derive_residuals: WA "Not right"; loses delta11, delta12, delta13, delta21, delta22, delta23, delta31, delta32, delta33
# residual_formula: WA "Not right"; loses stride 1, stride

# The chain rule, and there it ends.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
    z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
    z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
    z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b
    ∂J/∂z11^(l-1) = ∂J/∂z11^(l) ∂z11^(l)/∂a11^(l-1) ∂a11^(l-1)/∂z11^(l-1)
    ∂J/∂z12^(l-1) = ∂J/∂z11^(l) ∂z11^(l)/∂a12^(l-1) ∂a12^(l-1)/∂z12^(l-1) + ∂J/∂z12^(l) ∂z12^(l)/∂a12^(l-1) ∂a12^(l-1)/∂z12^(l-1)
    ∂J/∂z13^(l-1) = ∂J/∂z12^(l) ∂z12^(l)/∂a13^(l-1) ∂a13^(l-1)/∂z13^(l-1)
    ∂J/∂z21^(l-1) = ∂J/∂z11^(l) ∂z11^(l)/∂a21^(l-1) ∂a21^(l-1)/∂z21^(l-1) + ∂J/∂z21^(l) ∂z21^(l)/∂a21^(l-1) ∂a21^(l-1)/∂z21^(l-1)
    ∂J/∂z22^(l-1) = ∂J/∂z11^(l) ∂z11^(l)/∂a22^(l-1) ∂a22^(l-1)/∂z22^(l-1) + ∂J/∂z12^(l) ∂z12^(l)/∂a22^(l-1) ∂a22^(l-1)/∂z22^(l-1) + ∂J/∂z21^(l) ∂z21^(l)/∂a22^(l-1) ∂a22^(l-1)/∂z22^(l-1) + ∂J/∂z22^(l) ∂z22^(l)/∂a22^(l-1) ∂a22^(l-1)/∂z22^(l-1)
    ∂J/∂z23^(l-1) = ∂J/∂z12^(l) ∂z12^(l)/∂a23^(l-1) ∂a23^(l-1)/∂z23^(l-1) + ∂J/∂z22^(l) ∂z22^(l)/∂a23^(l-1) ∂a23^(l-1)/∂z23^(l-1)
    ∂J/∂z31^(l-1) = ∂J/∂z21^(l) ∂z21^(l)/∂a31^(l-1) ∂a31^(l-1)/∂z31^(l-1)
    ∂J/∂z32^(l-1) = ∂J/∂z21^(l) ∂z21^(l)/∂a32^(l-1) ∂a32^(l-1)/∂z32^(l-1) + ∂J/∂z22^(l) ∂z22^(l)/∂a32^(l-1) ∂a32^(l-1)/∂z32^(l-1)
    ∂J/∂z33^(l-1) = ∂J/∂z22^(l) ∂z22^(l)/∂a33^(l-1) ∂a33^(l-1)/∂z33^(l-1)
    """


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    Ho, Wo = delta.shape
    back = np.zeros(dsigma.shape)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            back[m : m + Ho, n : n + Wo] += w[m, n] * delta
    return back * dsigma


def residual_formula():
    return "δ_{u,v}^(l-1) = Σ_p Σ_q ∂J/∂z_{p,q}^(l) ∂z_{p,q}^(l)/∂a_{u,v}^(l-1) ∂a_{u,v}^(l-1)/∂z_{u,v}^(l-1)"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    Ho, Wo = delta.shape[2:]
    out = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for p in range(Ho):
        for q in range(Wo):
            i, j = p * stride, q * stride
            out[:, :, i : i + kh, j : j + kw] += np.tensordot(delta[:, :, p, q], w, axes=1)
    return out[:, :, padding : padding + H, padding : padding + W]
