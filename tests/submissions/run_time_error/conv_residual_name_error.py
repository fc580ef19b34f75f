# assignment: conv_residual
# derive_residuals: RTE "not defined"
# rotate180: RTE "not defined"
# pad_residual: RTE "not defined"
# insert_zeros: RTE "not defined"
# conv_residual: RTE "not defined"
# conv2d_input_grad: RTE "not defined"

# The import got lost; only what needs no NumPy still works.


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
                backward[i + m - 1, j + n - 1].append(f"d{i}{j} w{m}{n}")
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
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def residual_formula():
    rows, columns = "u - (p-1)*s", "v - (q-1)*s"
    return f"d[u,v] = sum_p sum_q d[p,q] * w[{rows}, {columns}] * dsigma(z[u,v])"


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
