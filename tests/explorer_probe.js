// Run by tests/test_explorer.py behind the explorer's own scripts: what they say of a layer, in the names of
// autograder.cnn.derivations. `answer` is the only thing that the tests call.

/** All numbers of a layer, with some typed; the numerical check of each gradient; what a slip makes of the residual. */
function checked({ layer, slip, typed }) {
  const given = drawn(layer, 7, new Map(Object.entries(typed)));
  const equations = expand(layer, connections(layer, given.before.a));
  const right = computed(given, equations);
  if (slip) equations.residual = mistaken(layer, slip);
  const { before, w, b, delta, z, residual, weights, bias } = computed(given, equations);
  const shown = { zBefore: before.z, w, b, delta, z, residual, weights, bias };
  const checks = Object.fromEntries(
    [["zBefore", right.residual], ["w", right.weights], ["b", right.bias]].map(([name, map]) => [
      name,
      [...map.keys()].map((key) => central(layer, given, name, key.split(",").map(Number))),
    ]),
  );
  const listed = Object.entries(shown).map(([name, map]) => [name, [...map.values()]]);
  return { shapes: shapes(layer), numbers: Object.fromEntries(listed), checks };
}

function answer(layer) {
  const named = (name, at) => {
    const { letter, layer: where, of, gradient } = QUANTITIES[name];
    const written = `${letter === "δ" ? "delta" : letter}[${indexOf(layer, of, at)}]@${where.replace("−", "-")}`;
    return gradient ? `d(J)/d(${written})` : written;
  };
  const equations = expand(layer);
  const numbers = example(layer, 7, equations);
  for (const one of equations.forward) one.terms.push({ z: one.at, b: [one.at[0]] }); // as the page does
  const written = Object.entries(equations).flatMap(([family, all]) =>
    all.map(({ at, terms }) => {
      const slopes = family === "residual" ? [`dsigma[${indexOf(layer, "a", at)}]@l-1`] : [];
      const products = terms.map((term) => [
        ...FAMILIES[family].factors(term).map((name) => named(name, term[QUANTITIES[name].of])),
        ...slopes,
      ]);
      return [named(FAMILIES[family].left, at), products];
    }),
  );
  const cells = (rows, name) => rows.map((row) => row.map((one) => (one.at ? named(name, one.at) : 0)));
  const recipes = Array.from({ length: layer.channels }, (_, channel) => {
    const steps = recipe(layer, channel);
    const slid = steps.at(-1);
    return {
      names: steps.map((step) => step.name),
      kernels: slid.pairs.map(({ kernel }) => cells(kernel, "w")),
      residuals: slid.pairs.map(({ residual }) => cells(residual, "delta")),
      found: slid.places.map(({ at, terms }) => [
        named("before", [channel, ...at]),
        terms.map((term) => [named("delta", term.z), named("w", term.w)]),
      ]),
    };
  });
  const lists = (map) => [...map.values()];
  const { before, w, b, delta, z, residual, weights, bias } = numbers;
  const values = {
    a: before.a, dsigma: before.dsigma, w, b, delta, z, residual, weights, bias,
  };
  return {
    output: outputSize(layer),
    written,
    recipes,
    numbers: Object.fromEntries(Object.entries(values).map(([name, map]) => [name, lists(map)])),
  };
}
