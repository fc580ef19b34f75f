// Small whole numbers for every quantity of a layer, so that a reader can follow a formula by hand. The activation is
// ReLU: a = max(0, z) and σ′ = 1 or 0. Pure; the same seed gives the same numbers. Everything that is computed is
// computed by the equations of expansion.js, from what is drawn here.

/** {before: {z, a, dsigma}, w, b, delta, z, residual, weights, bias}: maps from String(place) to a number. */
function example(layer, seed, equations = expand(layer)) {
  const random = generator(seed);
  const draw = (shape, values) => {
    const bag = [];
    return new Map(
      places(shape).map((at) => {
        if (bag.length === 0) bag.push(...shuffled(values, random));
        return [String(at), bag.pop()];
      }),
    );
  };
  const shape = shapes(layer);
  const zBefore = draw(shape.a, [1, 2, 3, 4, 5, 1, 2, 3, -1, -2]);
  const a = mapped(zBefore, (value) => Math.max(0, value));
  const dsigma = mapped(zBefore, (value) => (value > 0 ? 1 : 0));
  const w = draw(shape.w, [-2, -1, 1, 2, 3]);
  const b = draw(shape.b, [1, -1, 2]);
  const delta = draw(shape.z, [-3, -2, -1, 1, 2, 3]);

  const sums = (family, term) =>
    new Map(family.map(({ at, terms }) => [String(at), terms.reduce((sum, one) => sum + term(one), 0)]));
  const z = sums(equations.forward, (one) => a.get(String(one.a)) * w.get(String(one.w)));
  for (const { at } of equations.forward) z.set(String(at), z.get(String(at)) + b.get(String(at[0])));
  const gradient = sums(equations.residual, (one) => delta.get(String(one.z)) * w.get(String(one.w)));
  return {
    before: { z: zBefore, a, dsigma },
    w,
    b,
    z,
    delta,
    residual: mapped(gradient, (value, key) => value * dsigma.get(key) + 0), // + 0: never −0
    weights: sums(equations.weights, (one) => delta.get(String(one.z)) * a.get(String(one.a))),
    bias: sums(equations.bias, (one) => delta.get(String(one.z))),
  };
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
