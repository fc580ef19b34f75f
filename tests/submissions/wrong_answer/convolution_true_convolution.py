# assignment: convolution
# correlate: WA kernel_flipped
# sobel: WA kernel_flipped
# prewitt: WA kernel_flipped
# conv2d: WA kernel_flipped

# "Convolution" as mathematics defines it.
import numpy as np


def correlate(a, w, b=0.0):
    k = np.flipud(np.fliplr(w))
    H, W = a.shape
    kh, kw = k.shape
    z = np.zeros((H - kh + 1, W - kw + 1))
    for u in range(H - kh + 1):
        for v in range(W - kw + 1):
            z[u, v] = (k * a[u : u + kh, v : v + kw]).sum()
    return z + b


def sobel(image):
    kx = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    gx = correlate(image, kx)
    gy = correlate(image, kx.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)


def prewitt(image):
    kx = np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    gx = correlate(image, kx)
    gy = correlate(image, kx.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)


def conv_matrix(w, input_shape):
    H, W = input_shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    M = np.zeros((Ho * Wo, H * W))
    for u in range(Ho):
        for v in range(Wo):
            for p in range(kh):
                for q in range(kw):
                    M[u * Wo + v, (u + p) * W + v + q] = w[p, q]
    return M


def fully_connected_counts(inputs, outputs, bias=False):
    connections = inputs * outputs
    return connections, connections + (outputs if bias else 0)


def locally_connected_counts(input_shape, kernel_shape, bias=False):
    Ho = input_shape[0] - kernel_shape[0] + 1
    Wo = input_shape[1] - kernel_shape[1] + 1
    connections = Ho * Wo * kernel_shape[0] * kernel_shape[1]
    return connections, connections + (Ho * Wo if bias else 0)


def convolution_counts(input_shape, kernel_shape, bias=False):
    Ho = input_shape[0] - kernel_shape[0] + 1
    Wo = input_shape[1] - kernel_shape[1] + 1
    weights = kernel_shape[0] * kernel_shape[1]
    return Ho * Wo * weights, weights + (1 if bias else 0)


def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    kh, kw = kernel_shape
    n = kernels * (in_channels // groups) * kh * kw
    if bias:
        n += kernels
    return n


def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K = w.shape[0]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = []
    for n in range(N):
        maps = []
        for k in range(K):
            z = sum(correlate(xp[n, c], w[k, c]) for c in range(C)) + b[k]
            maps.append(z[::stride, ::stride])
        out.append(maps)
    return np.array(out)
