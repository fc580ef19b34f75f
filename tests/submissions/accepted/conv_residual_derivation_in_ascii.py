# assignment: conv_residual

# Plain text that a program writes: brackets as in code, d for δ.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    grid = [(m, n) for m in range(1, 4) for n in range(1, 4)]
    z, back = {}, {place: [] for place in grid}
    for i, j in grid:
        if i < 3 and j < 3:
            z[i, j] = []
            for m, n in ((1, 1), (1, 2), (2, 1), (2, 2)):
                z[i, j].append(f"a{i + m - 1}{j + n - 1} w{m}{n}")
                back[i + m - 1, j + n - 1].append(f"d{i}{j} w{m}{n}")
    text = ""
    for (i, j), terms in z.items():
        text += f"z{i}{j} = {' + '.join(terms)} + b\n"
    for (i, j), terms in back.items():
        text += f"d{i}{j} = ({' + '.join(terms)}) dsigma(z{i}{j})\n"
    return text


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
    return """
    # z[p,q] saw rows (p-1)s+1 ... (p-1)s+kh
    d[u,v] = dsigma(z[u,v]) * sum_p sum_q w[u - stride*(p-1)][v - stride*(q-1)] * d[p][q]
    """


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
