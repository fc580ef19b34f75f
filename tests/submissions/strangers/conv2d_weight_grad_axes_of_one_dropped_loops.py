# assignment: kernel_gradients
# conv2d_weight_grad: WA axes_of_one_dropped

import numpy as np


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    kh, kw = kernel_shape
    n_img, n_out, out_h, out_w = delta.shape
    n_in = x.shape[1]
    padded = np.zeros((n_img, n_in, x.shape[2] + 2 * padding, x.shape[3] + 2 * padding))
    padded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]] = x
    grad = np.zeros((n_out, n_in, kh, kw))
    for img in range(n_img):
        for o in range(n_out):
            for c in range(n_in):
                for r in range(out_h):
                    for q in range(out_w):
                        top, left = r * stride, q * stride
                        patch = padded[img, c, top : top + kh, left : left + kw]
                        grad[o, c] += delta[img, o, r, q] * patch
    return grad.squeeze()
