// What a convolutional layer computes, product by product, as the lecture writes it out: which a meets which w in
// which z, and from there, by the chain rule, every term of δ of the layer before, of ∂J/∂w and of ∂J/∂b.
// Pure: no page, no text. `connections` is the one place where the layer's formula stands; a test holds all of it
// against autograder.cnn.derivations.expand.
//
// A layer is {kind, height, width, kernelHeight, kernelWidth, stride, padding, channels, kernels}; kind is "conv" unless
// given, "max", "avg" or "dense". A place counts from 0: a [c, u, v], w [k, c, i, j], z and δ [k, p, q], b [k]. Pooling
// has neither w nor b, and z [c, p, q]. A dense layer is a convolution whose kernels are as large as its input, a column.

const LIMITS = {
  height: [1, 6],
  width: [1, 6],
  kernelHeight: [1, 4],
  kernelWidth: [1, 4],
  stride: [1, 3],
  padding: [0, 2],
  channels: [1, 3],
  kernels: [1, 3],
};

const LECTURE = {
  kind: "conv", height: 3, width: 3, kernelHeight: 2, kernelWidth: 2, stride: 1, padding: 0, channels: 1, kernels: 1,
};
const KINDS = ["conv", "max", "avg", "dense"];

const pools = ({ kind }) => kind === "max" || kind === "avg";

/** The layer with what its kind does not leave open. */
function ofKind(layer) {
  if (pools(layer)) return { ...layer, padding: 0, kernels: 1 };
  if (layer.kind !== "dense") return layer;
  return { ...layer, width: 1, kernelHeight: layer.height, kernelWidth: 1, stride: 1, padding: 0, channels: 1 };
}

/** Whether the kernel fits into the padded input; nothing below may be asked of a layer where it does not. */
function fits(layer) {
  return (
    layer.kernelHeight <= layer.height + 2 * layer.padding && layer.kernelWidth <= layer.width + 2 * layer.padding
  );
}

/** [Ho, Wo] = floor((H + 2p − kh) / s) + 1, and likewise for the width. */
function outputSize({ height, width, kernelHeight, kernelWidth, stride, padding }) {
  const along = (side, reach) => Math.floor((side + 2 * padding - reach) / stride) + 1;
  return [along(height, kernelHeight), along(width, kernelWidth)];
}

/** Rows and columns at the bottom and right of the padded input that no window reaches. */
function remainder({ height, width, kernelHeight, kernelWidth, stride, padding }) {
  return [(height + 2 * padding - kernelHeight) % stride, (width + 2 * padding - kernelWidth) % stride];
}

/** All places of an array of that shape, in row-major order. */
function places(shape) {
  return shape.reduce(
    (found, side) => found.flatMap((place) => Array.from({ length: side }, (_, next) => [...place, next])),
    [[]],
  );
}

/** The shape of each quantity. */
function shapes(layer) {
  const { height, width, kernelHeight, kernelWidth, channels, kernels } = layer;
  return {
    a: [channels, height, width],
    w: [kernels, channels, kernelHeight, kernelWidth],
    b: [kernels],
    z: [pools(layer) ? channels : kernels, ...outputSize(layer)],
  };
}

/** The places of a in the window of z, of one channel. */
function windowOf({ kernelHeight, kernelWidth, stride, padding }, [, p, q], channel) {
  return places([kernelHeight, kernelWidth]).map(([i, j]) => [channel, stride * p + i - padding, stride * q + j - padding]);
}

/** Pooling: z = Σ a / (m·n), or the largest a of the window, of equal ones the first; `a` holds their values. */
function pooled(layer, a) {
  const count = layer.kernelHeight * layer.kernelWidth;
  return places(shapes(layer).z).flatMap((z) => {
    const cells = windowOf(layer, z, z[0]);
    if (layer.kind === "avg") return cells.map((at) => ({ z, a: at, share: count }));
    const value = (at) => a.get(String(at));
    return [{ z, a: cells.reduce((best, at) => (value(at) > value(best) ? at : best)), among: cells }];
  });
}

/**
 * z[k,p,q] = Σ_c Σ_i Σ_j w[k,c,i,j] · a[c, s·p + i − padding, s·q + j − padding] + b[k]: its products, in order.
 * Where the indices leave the map, a is padding: 0, and there is no product.
 */
function connections(layer, a) {
  if (pools(layer)) return pooled(layer, a);
  const { height, width, kernelHeight, kernelWidth, stride, padding, channels } = layer;
  const found = [];
  for (const [k, p, q] of places(shapes(layer).z)) {
    for (const [c, i, j] of places([channels, kernelHeight, kernelWidth])) {
      const [u, v] = [stride * p + i - padding, stride * q + j - padding];
      if (0 <= u && u < height && 0 <= v && v < width) {
        found.push({ z: [k, p, q], a: [c, u, v], w: [k, c, i, j] });
      }
    }
  }
  return found;
}

/**
 * The four families of equations; each is a list of {at, terms}, a term being one of `products`.
 *   forward   z    = Σ a·w + b
 *   residual  δ^(l−1) = (Σ δ·w) · σ′      since ∂z/∂a = w
 *   weights   ∂J/∂w = Σ δ·a              since ∂z/∂w = a
 *   bias      ∂J/∂b = Σ δ                 since ∂z/∂b = 1: its terms are {z}
 */
function expand(layer, products = connections(layer)) {
  const shape = shapes(layer);
  const [forward, residual] = [collect(shape.z, products, "z"), collect(shape.a, products, "a")];
  if (pools(layer)) return { forward, residual };
  const biases = places(shape.z).map((z) => ({ z, b: [z[0]] }));
  return {
    forward,
    residual,
    weights: collect(shape.w, products, "w"),
    bias: collect(shape.b, biases, "b"),
  };
}

/** For every place of a quantity the products that hold it: what is left when one differentiates by it. */
function collect(shape, products, letter) {
  const equations = new Map(places(shape).map((at) => [String(at), { at, terms: [] }]));
  for (const product of products) equations.get(String(product[letter])).terms.push(product);
  return [...equations.values()];
}

/** The lecture's index, from 1; map numbers are written where there are several channels or several kernels. */
function indexOf(layer, letter, at) {
  const index = at.map((place) => place + 1);
  if (layer.kind === "dense") return { a: [index[1]], w: [index[0], index[2]] }[letter] ?? [index[0]];
  if (layer.channels > 1 || layer.kernels > 1) return index;
  return index.slice({ w: 2, b: 1 }[letter] ?? 1);
}

/**
 * What comes of a typical slip in δ of the layer before: the kernel not rotated, or the stride ignored, so that δ is not
 * spread. Shown as a question, "what if", and never used for anything else.
 */
function mistaken(layer, slip) {
  const { kernelHeight, kernelWidth } = layer;
  if (slip === "stride") {
    const [rows, columns] = outputSize(layer);
    const kept = connections({ ...layer, stride: 1 }).filter(({ z: [, p, q] }) => p < rows && q < columns);
    return collect(shapes(layer).a, kept, "a");
  }
  const turned = ([k, c, i, j]) => [k, c, kernelHeight - 1 - i, kernelWidth - 1 - j];
  return expand(layer).residual.map(({ at, terms }) => ({
    at,
    terms: terms.map((term) => ({ ...term, w: turned(term.w) })),
  }));
}
