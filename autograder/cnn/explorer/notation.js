// Quantities, terms and equations in the lecture's notation, as HTML and in spoken form. Knows the layer and its
// numbers, not the page: every function returns a string.

/** How each quantity is written, and the quantity of expansion.js whose places it has. */
const QUANTITIES = {
  a: { letter: "a", layer: "l−1", of: "a" },
  w: { letter: "w", layer: "l", of: "w" },
  b: { letter: "b", layer: "l", of: "b" },
  z: { letter: "z", layer: "l", of: "z" },
  delta: { letter: "δ", layer: "l", of: "z" },
  before: { letter: "δ", layer: "l−1", of: "a", always: true },
  zBefore: { letter: "z", layer: "l−1", of: "a", always: true },
  gw: { letter: "w", layer: "l", of: "w", gradient: true },
  gb: { letter: "b", layer: "l", of: "b", gradient: true },
};

/** Each family's left-hand side, and the factors of a term. */
const FAMILIES = {
  forward: { left: "z", factors: (term) => (term.b ? ["b"] : term.w ? ["a", "w"] : ["a"]) },
  residual: { left: "before", factors: (term) => (term.w ? ["delta", "w"] : ["delta"]) },
  weights: { left: "gw", factors: () => ["delta", "a"] },
  bias: { left: "gb", factors: () => ["delta"] },
};

/** What a cell and every other mention of the same place have in common: δ of this layer lights up with z. */
function keyOf(name, at) {
  return `${QUANTITIES[name].of}:${at}`;
}

/** What a product is called wherever it occurs: in z, in a residual, in a gradient. */
function idOf(term) {
  return `${term.z}|${term.w ?? term.a ?? "b"}`;
}

function indexText(layer, name, at) {
  const index = indexOf(layer, QUANTITIES[name].of, at);
  return index.length > 2 || index.some((one) => one > 9) ? index.join(",") : index.join("");
}

/**
 * One quantity: its letter and its index. Its layer is written where it has to be; elsewhere the style sheet adds it
 * when it is asked for, since a page has thousands of these.
 */
function symbol(layer, name, at) {
  const { letter, layer: where, always, gradient } = QUANTITIES[name];
  const index = indexText(layer, name, at);
  const beside = always
    ? `<span class="ix"><span>(${where})</span><span>${index}</span></span>`
    : `<span class="ix plain" data-layer="(${where})">${index}</span>`;
  const written = `<i class="q">${letter}${beside}</i>`;
  if (!gradient) return written;
  return `<span class="fraction"><span>∂<i>J</i></span><span>∂${written}</span></span>`;
}

/** The factor that turns ∂J/∂a into δ of the layer before. */
function slope(layer, at) {
  return `<span class="q"><i>σ</i>′(${symbol(layer, "zBefore", at)})</span>`;
}

/** A quantity for a screen reader. */
function spoken(layer, name, at) {
  const { letter, layer: where, always, gradient } = QUANTITIES[name];
  const index = indexOf(layer, QUANTITIES[name].of, at).join(",");
  const written = `${letter}${index && ` ${index}`}${always ? ` (${where})` : ""}`;
  return gradient ? `∂J/∂${written}` : written;
}

/** A term of one family, such as δ₁₁w₁₂. */
function product(layer, family, term) {
  const written = FAMILIES[family].factors(term).map((name) => symbol(layer, name, term[QUANTITIES[name].of])).join("");
  return term.share ? `${shareHtml(term)}${written}` : written;
}

function shareHtml({ share }) {
  return `<span class="fraction"><span>1</span><span>${share}</span></span>`;
}

/** One equation as a row of three cells: left-hand side, =, terms that can be pointed at. */
function equation(layer, family, { at, terms }) {
  const { left } = FAMILIES[family];
  const shown = terms.map((term) => {
    const colour = term.a ? ` style="--hue: ${hue(layer, term.a)}"` : "";
    return `<span class="term${term.a ? " of-a" : ""}" data-term="${idOf(term)}"${colour}>${product(layer, family, term)}</span>`;
  });
  let right = sum(shown);
  const [first] = terms;
  if (family === "forward" && first?.among) right = `max(${first.among.map((one) => symbol(layer, "a", one)).join(", ")}) = ${right}`;
  if (terms.length === 0) right = "0";
  else if (family === "residual") right = times(right, terms.length, slope(layer, at));
  return `<div class="equation" data-equation="${keyOf(left, at)}"><span class="left" data-key="${keyOf(left, at)}" data-name="${left}">${symbol(layer, left, at)}</span><span>=</span><span>${right}</span></div>`;
}

function sum(parts) {
  return parts.map((part, place) => (place ? ` <span class="together">+ ${part}</span>` : part)).join("");
}

function times(written, count, factor) {
  return count > 1 ? `(${written}) <span class="together">${factor}</span>` : `${written} ${factor}`;
}

/** The same equation with its numbers: 2·1 + 3·(−1) + 1 = 0. */
function inNumbers(layer, family, { at, terms }, numbers) {
  const value = { a: numbers.before.a, w: numbers.w, b: numbers.b, delta: numbers.delta };
  const shown = terms.map((term) => {
    const factors = FAMILIES[family].factors(term);
    const colour = term.a ? ` style="--hue: ${hue(layer, term.a)}"` : "";
    const written = factors.map((name) => bracketed(value[name].get(String(term[QUANTITIES[name].of]))));
    if (term.share) written.unshift(shareHtml(term));
    return `<span class="term${term.a ? " of-a" : ""}" data-term="${idOf(term)}"${colour}>${written.join("·")}</span>`;
  });
  const results = { forward: "z", residual: "residual", weights: "weights", bias: "bias" };
  const result = number(numbers[results[family]].get(String(at)));
  if (terms.length === 0) return result;
  const left = sum(shown);
  if (family !== "residual") return `${left} = <b>${result}</b>`;
  return `${times(left, terms.length, `· ${number(numbers.before.dsigma.get(String(at)))}`)} = <b>${result}</b>`;
}

/** A number with a true minus sign, at most four decimals. */
function number(value) {
  return String(Math.round(value * 1e4) / 1e4).replace("-", "−");
}

function bracketed(value) {
  return value < 0 ? `(${number(value)})` : number(value);
}

/** One colour for each a, far from its neighbours' colours: equal steps around the circle. */
function hue(layer, [c, u, v]) {
  const count = layer.channels * layer.height * layer.width;
  const place = (c * layer.height + u) * layer.width + v;
  return Math.round((((place * stepAround(count)) % count) * 360) / count + 250) % 360;
}

/** The step nearest to the golden section of `count` that reaches every place. */
function stepAround(count) {
  const common = (one, other) => (other ? common(other, one % other) : one);
  for (let step = Math.max(1, Math.round(count * 0.382)); ; step += 1) if (common(step, count) === 1) return step;
}
