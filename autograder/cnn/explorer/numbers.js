// Small whole numbers for every quantity of a layer, so that a reader can follow a formula by hand. The activation is
// ReLU: a = max(0, z) and σ′ = 1 or 0. Pure; the same seed gives the same numbers. Everything that is computed is
// computed by the equations of expansion.js, from what is drawn here or typed.

/** What is chosen: {before: {z, a, dsigma}, w, b, delta}, maps from String(place) to a number. `typed` replaces some. */
function drawn(layer, seed, typed = new Map()) {
  const random = generator(seed);
  const draw = (name, shape, values) => {
    const bag = [];
    return new Map(
      places(shape).map((at) => {
        if (bag.length === 0) bag.push(...shuffled(values, random));
        const value = bag.pop();
        return [String(at), typed.get(`${name}:${at}`) ?? value];
      }),
    );
  };
  const shape = shapes(layer);
  const count = places(shape.a).length;
  // Of pooling all different, so that every window has one largest element.
  const values = pools(layer) ? Array.from({ length: count }, (_, n) => n || -1) : [1, 2, 3, 4, 5, 1, 2, 3, -1, -2];
  const z = draw("zBefore", shape.a, values);
  const w = draw("w", shape.w, [-2, -1, 1, 2, 3]);
  const b = draw("b", shape.b, [1, -1, 2]);
  const delta = draw("delta", shape.z, [-3, -2, -1, 1, 2, 3]);
  return { before: activated(z), w, b, delta };
}

function activated(z) {
  return { z, a: mapped(z, (value) => Math.max(0, value)), dsigma: mapped(z, (value) => (value > 0 ? 1 : 0)) };
}

/** What is drawn, and what the equations make of it: z, residual, and weights and bias unless it is pooling. */
function computed(given, equations) {
  const { before, w, b, delta } = given;
  const sums = (family, term) =>
    new Map((family ?? []).map(({ at, terms }) => [String(at), terms.reduce((sum, one) => sum + term(one), 0)]));
  const weight = (one) => (one.w ? w.get(String(one.w)) : 1 / (one.share ?? 1));
  const products = (family) => family.map(({ at, terms }) => ({ at, terms: terms.filter((one) => one.a) }));
  const z = sums(products(equations.forward), (one) => before.a.get(String(one.a)) * weight(one));
  if (equations.bias) for (const { at } of equations.forward) z.set(String(at), z.get(String(at)) + b.get(String(at[0])));
  const gradient = sums(equations.residual, (one) => delta.get(String(one.z)) * weight(one));
  return {
    ...given,
    z,
    residual: mapped(gradient, (value, key) => value * before.dsigma.get(key) + 0), // + 0: never −0
    weights: sums(equations.weights, (one) => delta.get(String(one.z)) * before.a.get(String(one.a))),
    bias: sums(equations.bias, (one) => delta.get(String(one.z))),
  };
}

/** All of it, of a layer that has weights. */
function example(layer, seed, equations = expand(layer)) {
  return computed(drawn(layer, seed), equations);
}

// ---- The numerical check: by the forward pass alone, without any equation of expansion.js

/** J = Σ δ·z, whose derivatives by z are the δ that are given. */
function loss(layer, { before, w, b, delta }) {
  let total = 0;
  for (const [key, one] of delta) {
    const at = key.split(",").map(Number);
    const a = (place) => Math.max(0, before.z.get(String(place)) ?? 0);
    if (pools(layer)) {
      const values = windowOf(layer, at, at[0]).map(a);
      total += one * (layer.kind === "max" ? Math.max(...values) : values.reduce((sum, x) => sum + x) / values.length);
      continue;
    }
    total += one * b.get(String(at[0]));
    for (let c = 0; c < layer.channels; c += 1) {
      windowOf(layer, at, c).forEach((place, n) => {
        const [i, j] = [Math.floor(n / layer.kernelWidth), n % layer.kernelWidth];
        total += one * a(place) * w.get(String([at[0], c, i, j]));
      });
    }
  }
  return total;
}

/** (J(x + h) − J(x − h)) / 2h by one number of zBefore, w or b; null at a kink, where there is no derivative. */
function central(layer, given, name, at, h = 2 ** -10) {
  const moved = (by) => {
    const change = (map) => new Map(map).set(String(at), map.get(String(at)) + by);
    return loss(layer, name === "zBefore" ? { ...given, before: { z: change(given.before.z) } } : { ...given, [name]: change(given[name]) });
  };
  const [less, here, more] = [moved(-h), moved(0), moved(h)];
  if (Math.abs(more - here - (here - less)) > 1e-6 * h) return null;
  return (more - less) / (2 * h);
}

function mapped(map, change) {
  return new Map([...map].map(([key, value]) => [key, change(value, key)]));
}

function shuffled(values, random) {
  const found = [...values];
  for (let last = found.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [found[last], found[other]] = [found[other], found[last]];
  }
  return found;
}

/** mulberry32: a small generator of numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
