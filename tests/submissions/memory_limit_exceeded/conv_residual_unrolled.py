# assignment: conv_residual
# conv2d_input_grad: MLE "too much memory"

# The whole network as one matrix, for images of "sufficient" size.
import numpy as np

SIZE = 224


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    lines = []
    for p in (1, 2):
        for q in (1, 2):
            terms = [f"a[{p + i},{q + j}]*w[{i + 1},{j + 1}]" for i in range(2) for j in range(2)]
            lines.append(f"z[{p},{q}] = " + " + ".join(terms) + " + b")
    for u in (1, 2, 3):
        for v in (1, 2, 3):
            terms = []
            for p in (1, 2):
                for q in (1, 2):
                    if 0 <= u - p <= 1 and 0 <= v - q <= 1:
                        terms.append(f"delta[{p},{q}]*w[{u - p + 1},{v - q + 1}]")
            lines.append(f"delta[{u},{v}] = (" + " + ".join(terms) + f")*sigma'(z[{u},{v}])")
    return "\n".join(lines)


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
    kh, kw = w.shape
    da = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            da[i : i + kh, j : j + kw] += delta[i, j] * w
    return da * dsigma


def residual_formula():
    return "一般公式：δ_{u,v}^(l-1) = Σ_p Σ_q δ_{p,q}^(l) w_{u-s(p-1), v-s(q-1)}^(l) σ'(z_{u,v}^(l-1))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    M = np.zeros((SIZE * SIZE, SIZE * SIZE))
    M[: delta[0, 0].size, : H * W] = 1
    return np.einsum("ij,j->i", M, np.ones(SIZE * SIZE))[: N * C * H * W].reshape(input_shape)
