"""Right answers to the exercises of `conv_residual`, unlike the references: each earns everything."""

import numpy as np

from .hidden import lecture_lines, one_at


# --------------------------------------------------------------------------------------------- dense_residual
def dense_by_loops(delta_next, w_next, dsigma):
    result = []
    for j in range(w_next.shape[1]):
        total = 0.0
        for i in range(w_next.shape[0]):
            total += w_next[i, j] * delta_next[i]
        result.append(total * dsigma[j])
    return np.array(result)


def dense_by_einsum(delta_next, w_next, dsigma):
    return np.einsum("i,ij,j->j", delta_next, w_next, dsigma)


def dense_by_row_vector(delta_next, w_next, dsigma):
    return (delta_next.reshape(1, -1) @ w_next * dsigma).ravel()


# ------------------------------------------------------------------------------------------- derive_residuals
def in_the_lectures_latex():
    """Chains of equalities in an `aligned`, as on the lecture's pages."""
    rows = []
    for line in lecture_lines().splitlines()[:4]:
        left, right = line.split(" = ")
        rows.append(f"{latex(left, 'l')} &= {latex(right, 'l')} \\\\")
    for u, v in np.ndindex(3, 3):
        at = f"{{{u + 1}{v + 1}}}"
        places = [(p, q) for p, q in np.ndindex(2, 2) if 0 <= u - p < 2 and 0 <= v - q < 2]
        chain = " + ".join(
            rf"\frac{{\partial J}}{{\partial z_{{{p + 1}{q + 1}}}^{{(l)}}}}"
            rf"\frac{{\partial z_{{{p + 1}{q + 1}}}^{{(l)}}}}{{\partial a_{at}^{{(l-1)}}}}"
            rf"\frac{{\partial a_{at}^{{(l-1)}}}}{{\partial z_{at}^{{(l-1)}}}}"
            for p, q in places
        )
        result = " + ".join(
            rf"\delta_{{{p + 1}{q + 1}}}^{{(l)}} w_{{{u - p + 1}{v - q + 1}}}^{{(l)}} "
            rf"\sigma'(z_{at}^{{(l-1)}})"
            for p, q in places
        )
        undone = rf"\frac{{\partial J}}{{\partial z_{at}^{{(l-1)}}}}"
        rows.append(rf"\delta_{at}^{{(l-1)}} &= {undone} = {chain} = {result} \\")
    return "\\begin{aligned}\n" + "\n".join(rows) + "\n\\end{aligned}"


def latex(text, layer):
    """a11 w12 as the lecture writes it, in LaTeX with layers."""
    where = {"z": "l", "w": "l", "b": "l", "a": "l-1"}
    return " ".join(
        f"{word[0]}{'_{' + word[1:] + '}' if word[1:] else ''}^{{({where[word[0]]})}}"
        if word[0] in where
        else word
        for word in text.split()
    )


def in_plain_ascii():
    """With stars, brackets, numbers before the lines, and the terms the other way round."""
    text = lecture_lines().replace("δ", "delta").replace("σ'", "dsigma")
    return "\n".join(f"({number}) {line}" for number, line in enumerate(reversed(text.splitlines()), 1))


def in_subscripts_multiplied_out():
    """Unicode, σ′ in every term."""
    lines = lecture_lines(of_each=" σ'(z{u}{v})", slope="").splitlines()
    return "\n".join(line.translate(str.maketrans("1234'", "₁₂₃₄′")) for line in lines)


# -------------------------------------------------------------------------------------------------- rotate180
def rotation_by_loops(w):
    kh, kw = w.shape
    result = np.empty((kh, kw))
    for m in range(kh):
        for n in range(kw):
            result[m, n] = w[kh - 1 - m, kw - 1 - n]
    return result


def rotation_by_two_quarter_turns(w):
    return np.rot90(np.rot90(w)).copy()


def rotation_by_reversing_the_list(w):
    return np.array(w.ravel()[::-1].tolist()).reshape(w.shape)


# ----------------------------------------------------------------------------------------------- pad_residual
def pad_by_loops(delta, kernel_shape):
    Ho, Wo = delta.shape
    kh, kw = kernel_shape
    result = np.zeros((Ho + 2 * kh - 2, Wo + 2 * kw - 2))
    for p in range(Ho):
        for q in range(Wo):
            result[p + kh - 1, q + kw - 1] = delta[p, q]
    return result


def pad_by_stacking(delta, kernel_shape):
    kh, kw = kernel_shape
    side = np.zeros((delta.shape[0], kw - 1))
    middle = np.hstack([side, delta, side])
    above = np.zeros((kh - 1, middle.shape[1]))
    return np.vstack([above, middle, above])


# ----------------------------------------------------------------------------------------------- insert_zeros
def insert_by_loops(delta, stride):
    Ho, Wo = delta.shape
    result = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    for p in range(Ho):
        for q in range(Wo):
            result[p * stride, q * stride] = delta[p, q]
    return result


def insert_by_kron_and_crop(delta, stride):
    rows, columns = (length * stride - (stride - 1) for length in delta.shape)
    return np.kron(delta, one_at(0, 0)(stride))[:rows, :columns].copy()


def insert_by_numpy_insert(delta, stride):
    Ho, Wo = delta.shape
    tall = np.insert(delta, np.repeat(np.arange(1, Ho), stride - 1), 0, axis=0)
    return np.insert(tall, np.repeat(np.arange(1, Wo), stride - 1), 0, axis=1)


# ---------------------------------------------------------------------------------------------- conv_residual
def map_by_gathering_loops(delta, w, dsigma):
    H, W = dsigma.shape
    kh, kw = w.shape
    Ho, Wo = delta.shape
    result = np.zeros((H, W))
    for u in range(H):
        for v in range(W):
            for m in range(kh):
                for n in range(kw):
                    if 0 <= u - m < Ho and 0 <= v - n < Wo:
                        result[u, v] += w[m, n] * delta[u - m, v - n]
            result[u, v] *= dsigma[u, v]
    return result


def map_by_scattering_windows(delta, w, dsigma):
    kh, kw = w.shape
    result = np.zeros(dsigma.shape)
    for p, q in np.ndindex(delta.shape):
        result[p : p + kh, q : q + kw] += delta[p, q] * w
    return result * dsigma


def map_as_a_fully_connected_layer(delta, w, dsigma):
    """The convolution unrolled into a matrix: then the formula for fully connected layers does it all."""
    H, W = dsigma.shape
    matrix = np.zeros((delta.size, H * W))
    for row, (p, q) in enumerate(np.ndindex(delta.shape)):
        for m, n in np.ndindex(w.shape):
            matrix[row, (p + m) * W + q + n] = w[m, n]
    return ((matrix.T @ delta.ravel()) * dsigma.ravel()).reshape(H, W)


def map_by_full_rows(delta, w, dsigma):
    """Full one-dimensional convolutions of rows: NumPy's `convolve` rotates by itself."""
    result = np.zeros(dsigma.shape)
    for p in range(delta.shape[0]):
        for m in range(w.shape[0]):
            result[p + m] += np.convolve(delta[p], w[m])
    return result * dsigma


# ------------------------------------------------------------------------------------------- residual_formula
def formula_in_latex():
    return (
        r"\delta_{u,v}^{(l-1)} = \sum_{p}\sum_{q} \delta_{p,q}^{(l)} w_{u-(p-1)s,\,v-(q-1)s}^{(l)} "
        r"\sigma'(z_{u,v}^{(l-1)})"
    )


def formula_in_ascii():
    return "delta[i,j] = dsigma(z[i,j]) * sum_m sum_n w[i-s*m+s, j-s*n+s] * delta[m,n]"


def formula_after_the_chain_rule():
    return (
        r"\frac{\partial J}{\partial z_{u,v}^{(l-1)}} "
        r"= \sum_p \sum_q \frac{\partial J}{\partial z_{p,q}^{(l)}} "
        r"\frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}} "
        r"\frac{\partial a_{u,v}^{(l-1)}}{\partial z_{u,v}^{(l-1)}} "
        r"= \sum_p \sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,v-(q-1)s}^{(l)} \sigma'(z_{u,v}^{(l-1)})"
    )


# ------------------------------------------------------------------------------------------ conv2d_input_grad
def conv_by_loops(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n, k, p, q in np.ndindex(delta.shape):
        for c, i, j in np.ndindex(w.shape[1:]):
            da[n, c, p * stride + i, q * stride + j] += delta[n, k, p, q] * w[k, c, i, j]
    return da[:, :, padding : padding + H, padding : padding + W]


def conv_by_gathering_loops(delta, w, input_shape, stride=1, padding=0):
    """Stands on each input in turn and asks which windows used it; neither pads nor inserts zeros."""
    H, W = input_shape[2:]
    kh, kw = w.shape[2:]
    Ho, Wo = delta.shape[2:]
    dx = np.zeros(input_shape)
    for u in range(H):
        for v in range(W):
            for i in range(kh):
                for j in range(kw):
                    p, row_rest = divmod(u + padding - i, stride)
                    q, column_rest = divmod(v + padding - j, stride)
                    if row_rest == column_rest == 0 and 0 <= p < Ho and 0 <= q < Wo:
                        dx[:, :, u, v] += delta[:, :, p, q] @ w[:, :, i, j]
    return dx


def conv_by_strided_slices(delta, w, input_shape, stride=1, padding=0):
    """Scatters one kernel position at a time to all windows at once."""
    N, C, H, W = input_shape
    Ho, Wo = delta.shape[2:]
    da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i, j in np.ndindex(w.shape[2:]):
        part = np.einsum("nkpq,kc->ncpq", delta, w[:, :, i, j])
        da[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride][:, :, :Ho, :Wo] += part
    return da[:, :, padding : padding + H, padding : padding + W]


def conv_by_columns(delta, w, input_shape, stride=1, padding=0):
    """col2im: one matrix product, then the columns are added back to where they were taken from."""
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Ho, Wo = delta.shape[2:]
    Hp, Wp = H + 2 * padding, W + 2 * padding
    index = np.arange(C * Hp * Wp).reshape(C, Hp, Wp)
    taken = np.lib.stride_tricks.sliding_window_view(index, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    taken = taken.transpose(0, 3, 4, 1, 2).reshape(C * kh * kw, Ho * Wo)
    columns = w.reshape(K, -1).T @ delta.reshape(N, K, -1)
    da = np.zeros((N, C * Hp * Wp))
    for n in range(N):
        np.add.at(da[n], taken, columns[n])
    return da.reshape(N, C, Hp, Wp)[:, :, padding : padding + H, padding : padding + W].copy()


def conv_by_fourier_transform(delta, w, input_shape, stride=1, padding=0):
    """A full convolution is a product of Fourier transforms; it rotates by itself."""
    N, _, H, W = input_shape
    size = H + 2 * padding, W + 2 * padding
    spread = np.zeros((N, len(w), *size))
    Ho, Wo = delta.shape[2:]
    spread[:, :, : Ho * stride : stride, : Wo * stride : stride] = delta
    product = np.einsum("nkuv,kcuv->ncuv", np.fft.rfft2(spread), np.fft.rfft2(w, size))
    return np.fft.irfft2(product, size)[:, :, padding : padding + H, padding : padding + W]


def conv_by_matrices(delta, w, input_shape, stride=1, padding=0):
    """Unrolled, row by row and column by column: rows[i] says which input row window p's row i is."""
    H, W = input_shape[2:]

    def places(steps, k, size):
        there = np.arange(steps)[:, None] * stride + np.arange(k) - padding
        return (there[..., None] == np.arange(size)).astype(float)  # (steps, k, size)

    rows, columns = (places(*of) for of in zip(delta.shape[2:], w.shape[2:], (H, W), strict=True))
    return np.einsum("nkpq,kcij,piu,qjv->ncuv", delta, w, rows, columns, optimize=True)


def conv_channels_last_in_single_precision(delta, w, input_shape, stride=1, padding=0):
    """Rounded to single precision; the result is a view whose channels lie last in memory."""
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    w_rows = w.astype(np.float32).transpose(0, 2, 3, 1)  # (K, kh, kw, C)
    da = np.zeros((N, H + 2 * padding, W + 2 * padding, C), np.float32)
    for p, q in np.ndindex(delta.shape[2:]):
        window = np.s_[:, p * stride : p * stride + kh, q * stride : q * stride + kw]
        da[window] += np.tensordot(delta[:, :, p, q].astype(np.float32), w_rows, axes=1)
    return da[:, padding : padding + H, padding : padding + W].transpose(0, 3, 1, 2)


ALTERNATIVES = {
    "dense_residual": [dense_by_loops, dense_by_einsum, dense_by_row_vector],
    "derive_residuals": [in_the_lectures_latex, in_plain_ascii, in_subscripts_multiplied_out],
    "rotate180": [rotation_by_loops, rotation_by_two_quarter_turns, rotation_by_reversing_the_list],
    "pad_residual": [pad_by_loops, pad_by_stacking],
    "insert_zeros": [insert_by_loops, insert_by_kron_and_crop, insert_by_numpy_insert],
    "conv_residual": [
        map_by_gathering_loops,
        map_by_scattering_windows,
        map_as_a_fully_connected_layer,
        map_by_full_rows,
    ],
    "residual_formula": [formula_in_latex, formula_in_ascii, formula_after_the_chain_rule],
    "conv2d_input_grad": [
        conv_by_loops,
        conv_by_gathering_loops,
        conv_by_strided_slices,
        conv_by_columns,
        conv_by_fourier_transform,
        conv_by_matrices,
        conv_channels_last_in_single_precision,
    ],
}
