# assignment: conv_residual
# dense_residual: WA "argument delta_next was changed"
# conv_residual: WA "argument dsigma was changed"
# conv2d_input_grad: WA "argument delta was changed"

# The values are right; the caller's arrays are not what they were.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    out = np.zeros(w_next.shape[1])
    for i in range(w_next.shape[0]):
        out += delta_next[i] * w_next[i]
        delta_next[i] = 0  # done
    return out * dsigma


def derive_residuals():
    return """
    z₁₁⁽ˡ⁾ = a₁₁⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₁₂⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₂₁⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₂₂⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    z₁₂⁽ˡ⁾ = a₁₂⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₁₃⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₂₂⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₂₃⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    z₂₁⁽ˡ⁾ = a₂₁⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₂₂⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₃₁⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₃₂⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    z₂₂⁽ˡ⁾ = a₂₂⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₂₃⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₃₂⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₃₃⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    δ₁₁⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₁₁⁽ˡ⁻¹⁾)
    δ₁₂⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₁₂⁽ˡ⁻¹⁾) + δ₁₂⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₁₂⁽ˡ⁻¹⁾)
    δ₁₃⁽ˡ⁻¹⁾ = δ₁₂⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₁₃⁽ˡ⁻¹⁾)
    δ₂₁⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₂₁⁽ˡ⁻¹⁾) + δ₂₁⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₂₁⁽ˡ⁻¹⁾)
    δ₂₂⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾) + δ₁₂⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾) + δ₂₁⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾) + δ₂₂⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾)
    δ₂₃⁽ˡ⁻¹⁾ = δ₁₂⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₂₃⁽ˡ⁻¹⁾) + δ₂₂⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₂₃⁽ˡ⁻¹⁾)
    δ₃₁⁽ˡ⁻¹⁾ = δ₂₁⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₃₁⁽ˡ⁻¹⁾)
    δ₃₂⁽ˡ⁻¹⁾ = δ₂₁⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₃₂⁽ˡ⁻¹⁾) + δ₂₂⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₃₂⁽ˡ⁻¹⁾)
    δ₃₃⁽ˡ⁻¹⁾ = δ₂₂⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₃₃⁽ˡ⁻¹⁾)
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
    full = np.zeros(dsigma.shape)
    kh, kw = w.shape
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            full[i : i + kh, j : j + kw] += delta[i, j] * w
    dsigma *= full
    return dsigma.copy()


def residual_formula():
    return "δ_{i,j} = σ'(z_{i,j})·Σ_{m,n} δ_{m,n}·w_{i-ms+s, j-ns+s}"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            u, v = i * stride, j * stride
            dx[:, :, u : u + kh, v : v + kw] += np.einsum("nk,kcij->ncij", delta[:, :, i, j], w)
            delta[:, :, i, j] *= 0
    return dx[:, :, padding : padding + H, padding : padding + W]
