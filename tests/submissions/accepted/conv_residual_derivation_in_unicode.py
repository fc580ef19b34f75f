# assignment: conv_residual

# 全角符号、中文说明、分号隔开。
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    解：先写前向（讲义的“卷积”不翻转）。
    z₁₁＝a₁₁w₁₁＋a₁₂w₁₂＋a₂₁w₂₁＋a₂₂w₂₂＋b；z₁₂＝a₁₂w₁₁＋a₁₃w₁₂＋a₂₂w₂₁＋a₂₃w₂₂＋b；
    z₂₁＝a₂₁w₁₁＋a₂₂w₁₂＋a₃₁w₂₁＋a₃₂w₂₂＋b；z₂₂＝a₂₂w₁₁＋a₂₃w₁₂＋a₃₂w₂₁＋a₃₃w₂₂＋b。
    ① 四个角：
    δ₁₁＝δ₁₁·w₁₁·σ′（z₁₁）；δ₁₃＝δ₁₂·w₁₂·σ′（z₁₃）；
    δ₃₁＝δ₂₁·w₂₁·σ′（z₃₁）；δ₃₃＝δ₂₂·w₂₂·σ′（z₃₃）。
    ② 四条边：
    上：δ₁₂＝（δ₁₁w₁₂＋δ₁₂w₁₁）σ′（z₁₂）
    左：δ₂₁＝（δ₁₁w₂₁＋δ₂₁w₁₁）σ′（z₂₁）
    右：δ₂₃＝（δ₁₂w₂₂＋δ₂₂w₁₂）σ′（z₂₃）
    下：δ₃₂＝（δ₂₁w₂₂＋δ₂₂w₂₁）σ′（z₃₂）
    ③ 中心：δ₂₂＝（δ₁₁w₂₂＋δ₁₂w₂₁
            ＋δ₂₁w₁₂＋δ₂₂w₁₁）σ′（z₂₂），四个 z 都用到了它
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
    return "一般公式：δ_{u,v}^(l-1) = Σ_p Σ_q δ_{p,q}^(l) w_{u-s(p-1), v-s(q-1)}^(l) σ'(z_{u,v}^(l-1))"


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
