# assignment: conv_residual

# The convolution theorem: multiply spectra.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    back = np.sum(w_next * delta_next[:, np.newaxis], axis=0)
    return back * dsigma


def derive_residuals():
    return """
    z₁₁ = a₁₁w₁₁ + a₁₂w₁₂ + a₂₁w₂₁ + a₂₂w₂₂ + b
    z₁₂ = a₁₂w₁₁ + a₁₃w₁₂ + a₂₂w₂₁ + a₂₃w₂₂ + b
    z₂₁ = a₂₁w₁₁ + a₂₂w₁₂ + a₃₁w₂₁ + a₃₂w₂₂ + b
    z₂₂ = a₂₂w₁₁ + a₂₃w₁₂ + a₃₂w₂₁ + a₃₃w₂₂ + b
    δ₁₁ = δ₁₁w₁₁σ′(z₁₁)
    δ₁₂ = (δ₁₁w₁₂ + δ₁₂w₁₁)σ′(z₁₂)
    δ₁₃ = δ₁₂w₁₂σ′(z₁₃)
    δ₂₁ = (δ₁₁w₂₁ + δ₂₁w₁₁)σ′(z₂₁)
    δ₂₂ = (δ₁₁w₂₂ + δ₁₂w₂₁ + δ₂₁w₁₂ + δ₂₂w₁₁)σ′(z₂₂)
    δ₂₃ = (δ₁₂w₂₂ + δ₂₂w₁₂)σ′(z₂₃)
    δ₃₁ = δ₂₁w₂₁σ′(z₃₁)
    δ₃₂ = (δ₂₁w₂₂ + δ₂₂w₂₁)σ′(z₃₂)
    δ₃₃ = δ₂₂w₂₂σ′(z₃₃)
    """


def rotate180(w):
    # the spectrum of a real signal, conjugated, is that of its mirror image; here slicing is simpler
    return np.ascontiguousarray(w[::-1, ::-1]).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    # 先每行每列后面都补 s-1 个 0，再去掉最后多出来的
    big = np.zeros((delta.shape[0] * stride, delta.shape[1] * stride))
    big[::stride, ::stride] = delta
    return big[: big.shape[0] - stride + 1, : big.shape[1] - stride + 1]


def full_convolution(x, k):
    shape = (x.shape[0] + k.shape[0] - 1, x.shape[1] + k.shape[1] - 1)
    return np.fft.irfft2(np.fft.rfft2(x, shape) * np.fft.rfft2(k, shape), shape)


def conv_residual(delta, w, dsigma):
    return full_convolution(delta, w) * dsigma


def residual_formula():
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    spread = np.zeros((N, K, stride * (delta.shape[2] - 1) + 1, stride * (delta.shape[3] - 1) + 1))
    spread[:, :, ::stride, ::stride] = delta
    shape = (spread.shape[2] + kh - 1, spread.shape[3] + kw - 1)
    spectrum = np.einsum("nkuv,kcuv->ncuv", np.fft.rfft2(spread, shape), np.fft.rfft2(w, shape))
    back = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    back[:, :, : shape[0], : shape[1]] = np.fft.irfft2(spectrum, shape)
    return back[:, :, padding : padding + H, padding : padding + W]
