// Maps as grids of cells, the lists of equations, and one stage of the lecture's recipe, as HTML strings. `view` is what
// is shown: {layer, equations, products, numbers, say}, say(key, values) being a text in the page's language.

/** One cell of a map. `name` is the quantity, `at` its place; `extra` adds classes or a second symbol. */
function cell(view, name, at, { classes = "", over = "", blank = false } = {}) {
  const { layer } = view;
  const value = valueOf(view, name, at);
  if (name === "before" && view.right && view.right.get(String(at)) !== value) [classes, over] = [`${classes} differs`, '<span class="over">✗</span>'];
  const colour = QUANTITIES[name].of === "a" ? ` of-a" style="--hue: ${hue(layer, at)}` : "";
  const label = `${spoken(layer, name, at)}${blank ? "" : ` = ${number(value)}`}`;
  const inside = `<span class="sym">${symbol(layer, name, at)}</span><span class="num">${blank ? "·" : number(value)}</span>${over}`;
  return `<div role="gridcell" tabindex="-1" class="cell ${classes}${colour}" data-key="${keyOf(name, at)}" data-name="${name}" aria-label="${label}">${inside}</div>`;
}

/** A zero that is no element of anything. */
function zeroCell(label, { classes = "", over = "", key = "" } = {}) {
  const place = key && ` data-zero="${key}"`;
  return `<div role="gridcell" tabindex="-1" class="cell zero ${classes}"${place} aria-label="0, ${label}"><span class="num always">0</span>${over}</div>`;
}

function valueOf({ numbers }, name, at) {
  const maps = {
    a: numbers.before.a, zBefore: numbers.before.z, before: numbers.residual, w: numbers.w, b: numbers.b, z: numbers.z, delta: numbers.delta,
    gw: numbers.weights, gb: numbers.bias,
  };
  return maps[name].get(String(at));
}

/** Rows of cells with a caption; `label` is what a screen reader calls the grid. */
function gridHtml(rows, label, note = "") {
  const body = rows.map((row) => `<div role="row">${row.join("")}</div>`).join("");
  const caption = note && `<div class="which">${note}</div>`;
  return `<div class="one">${caption}<div class="grid" role="grid" aria-label="${label}">${body}</div></div>`;
}

function figure(heading, grids, caption, classes = "") {
  return `<figure class="${classes}"><figcaption><b>${heading}</b> ${caption}</figcaption><div class="stack">${grids.join("")}</div></figure>`;
}

/** All maps of one quantity, one grid for each channel or kernel, and its caption. */
function maps(view, name) {
  const { layer, say } = view;
  const shape = shapes(layer)[QUANTITIES[name].of];
  if (layer.kind === "dense") return matrix(view, name, shape);
  const grids = places(shape.slice(0, Math.max(1, shape.length - 2))).map((map) => {
    const which = whichMap(view, name, map);
    const label = `${say(`map.${name}`)}${which && `, ${which}`}`;
    return gridHtml(mapRows(view, name, map, shape), label, which);
  });
  const size = shape.length > 1 ? ` ${sizeText(shape)}` : "";
  return figure(heading(name), grids, `${say(`map.${name}`)}${size}`, shape.length > 1 ? "" : "single");
}

/** A quantity of a dense layer: w as a matrix, the others as columns. */
function matrix(view, name, shape) {
  const { say } = view;
  const wide = QUANTITIES[name].of === "w";
  const rows = wide
    ? grid(shape[0], shape[2], (k, i) => cell(view, name, [k, 0, i, 0]))
    : places(shape).map((at) => [cell(view, name, at)]);
  const size = `${rows.length}×${rows[0].length}`;
  return figure(heading(name), [gridHtml(rows, say(`map.${name}`))], `${name === "w" ? say("map.w.dense") : say(`map.${name}`)} ${size}`, wide ? "" : "single");
}

function mapRows(view, name, map, shape) {
  if (shape.length === 1) return [[cell(view, name, map)]];
  const [height, width] = shape.slice(-2);
  const { padding } = view.layer;
  const around = name === "a" ? padding : 0;
  return grid(height + 2 * around, width + 2 * around, (row, column) => {
    const [u, v] = [row - around, column - around];
    if (0 <= u && u < height && 0 <= v && v < width) return cell(view, name, [...map, u, v]);
    return zeroCell(view.say("map.zero"), { classes: "pad", key: `${map}:${u},${v}` });
  });
}

function whichMap({ layer, say }, name, map) {
  const { channels, kernels } = layer;
  const [first, second] = map.map((place) => place + 1);
  const { of } = QUANTITIES[name];
  if (of === "a") return channels > 1 ? say("map.channel", { c: first }) : "";
  if (of === "w" && channels > 1 && kernels > 1) return say("map.both", { k: first, c: second });
  if (of === "w" && channels > 1) return say("map.channel", { c: second });
  return kernels > 1 ? say("map.kernel", { k: first }) : "";
}

function heading(name) {
  const { letter, layer, gradient } = QUANTITIES[name];
  const raised = `<i>${letter}</i><sup>(${layer})</sup>`;
  return `<span class="math">${gradient ? `∂<i>J</i>/∂${raised}` : raised}</span>`;
}

function sizeText(shape) {
  return shape.slice(-2).join("×");
}

/** A sign between two maps. */
function sign(written) {
  return `<span class="sign" aria-hidden="true">${written}</span>`;
}

function forwardMaps(view) {
  const [before, a, z] = ["zBefore", "a", "z"].map((name) => maps(view, name));
  const activated = [before, sign("→ σ →")];
  if (pools(view.layer)) return [...activated, a, sign("→"), z].join("");
  const [w, b] = ["w", "b"].map((name) => maps(view, name));
  const product = view.layer.kind === "dense" ? [w, sign("·"), a] : [a, sign("∗"), w];
  return [...activated, ...product, sign("+"), b, sign("="), z].join("");
}

function backwardMaps(view) {
  const gradients = pools(view.layer) ? [] : [maps(view, "gw"), maps(view, "gb")];
  return [maps(view, "delta"), sign("→"), maps(view, "before"), ...gradients].join("");
}

// ---- Equations -----------------------------------------------------------------------------------------------------

/** The four families; `shown` says which equations of each are written, all unless given. */
function families(view, shown = null, most = Infinity) {
  const { layer, equations, say } = view;
  return Object.keys(equations)
    .map((family) => {
      const wanted = shown ? equations[family].filter((one) => shown(family, one)) : equations[family];
      const rows = wanted.slice(0, most).map((one) => equation(layer, family, one));
      if (wanted.length > most) rows.push(`<p class="note">${say("equations.more", { count: wanted.length - most })}</p>`);
      if (rows.length === 0) rows.push(`<p class="note">${say("equations.choose")}</p>`);
      const title = say(`equations.${family}`);
      return `<h3>${title}</h3><div class="family" role="group" aria-label="${title}" id="family-${family}">${rows.join("")}</div>`;
    })
    .join("");
}

// ---- The recipe ----------------------------------------------------------------------------------------------------

/** One stage: for each kernel its grid and its residual's; while sliding, the window and what was found so far. */
function stage(view, step, channel, position) {
  const { layer, say } = view;
  const sliding = step.name === "slide";
  const started = step.name === "start";
  const rows = step.pairs.map(({ kernel, residual }, k) => {
    const which = layer.kernels > 1 ? say("map.kernel", { k: k + 1 }) : "";
    const [top, left] = sliding ? step.places[position].at : [0, 0];
    const under = (u, v) => sliding && u >= top && v >= left && kernel[u - top]?.[v - left];
    const over = (w) => (w ? `<span class="over">×${symbol(layer, "w", w.at)}</span>` : "");
    const kernelRows = kernel.map((row) => row.map(({ at }) => cell(view, "w", at)));
    const residualRows = residual.map((row, u) =>
      row.map((one, v) => {
        const w = under(u, v);
        const classes = `${w ? "window" : ""} ${one.zero ?? ""} ${one.cropped ? "cropped" : ""}`;
        const options = { classes, over: over(w) };
        return one.at ? cell(view, "delta", one.at, options) : zeroCell(say(`zero.${one.zero}`), options);
      }),
    );
    const rotated = started || step.name === undefined ? "map.w" : "steps.rotated";
    const padded = ["start", "rotate"].includes(step.name) ? "map.delta" : "steps.padded";
    const kernelLabel = say(rotated);
    const residualLabel = say(padded);
    return [
      figure(heading("w"), [gridHtml(kernelRows, kernelLabel, which)], `${kernelLabel} ${gridSize(kernel)}`),
      sliding ? sign("∗") : "",
      figure(heading("delta"), [gridHtml(residualRows, residualLabel, which)], `${residualLabel} ${gridSize(residual)}`),
    ].join("");
  });
  const stacked = `<div class="pairs">${rows.map((row) => `<div class="maps">${row}</div>`).join("")}</div>`;
  return `<div class="maps">${stacked}${sliding ? sign("→") + found(view, channel, position) : ""}</div>`;
}

/** δ of the layer before as far as it has been reached. */
function found(view, channel, position) {
  const { layer, say } = view;
  const rows = grid(layer.height, layer.width, (u, v) => {
    const place = u * layer.width + v;
    const classes = `result ${place === position ? "now" : ""} ${place > position ? "later" : ""}`;
    return cell(view, "before", [channel, u, v], { classes, blank: place > position });
  });
  const which = layer.channels > 1 ? say("map.channel", { c: channel + 1 }) : "";
  return figure(heading("before"), [gridHtml(rows, say("map.before"), which)], `${say("map.before")} ${layer.height}×${layer.width}`);
}

function gridSize(cells) {
  return `${cells.length}×${cells[0].length}`;
}
