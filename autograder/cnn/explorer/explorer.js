// The page itself: what is chosen, what is pointed at, which step is shown. It draws with drawing.js, lights up what
// belongs together, and keeps its choices in the address (#input=4x4&stride=2…), so that a picture can be linked to.

const TEXTS = JSON.parse(document.getElementById("texts").textContent);
const SELECTOR = "[data-key], [data-term]";
/** Up to so many products all equations are listed; of larger layers only those of the selected cell. */
const LISTED = 300;
const MOST = 8;
const PRESETS = {
  lecture: {},
  stride: { height: 5, width: 5, stride: 2 },
  remainder: { height: 5, width: 5, stride: 2 },
  padding: { padding: 1 },
  channels: { channels: 2 },
  kernels: { kernels: 2 },
  max: { kind: "max", height: 4, width: 4, stride: 2 },
  average: { kind: "avg", height: 4, width: 4, stride: 2 },
  dense: { kind: "dense", height: 3, kernels: 2 },
};
/** What can be typed: the quantity whose number a cell shows, or comes from. */
const TYPED = { zBefore: "zBefore", a: "zBefore", w: "w", b: "b", delta: "delta" };
/** The quantity by which one differentiates, for each gradient that is checked by numbers. */
const CHECKED = { before: "zBefore", gw: "w", gb: "b" };
PRESETS.stride.kernelHeight = PRESETS.stride.kernelWidth = 3;

const byId = (id) => document.getElementById(id);
const root = document.documentElement;

const state = {
  layer: { ...LECTURE },
  lang: Object.keys(TEXTS.tag).find((lang) => TEXTS.tag[lang] === root.lang),
  theme: "auto",
  seed: 1,
  typed: new Map(),
  slip: "",
  hovered: null,
  focused: null,
  pinned: null,
  step: 0,
  position: 0,
  channel: 0,
};
let view;
let steps;
/** key ↦ ids of its terms, and id ↦ term. */
let idsOf;
let termOf;
let lit = [];

function say(key, values = {}) {
  return TEXTS[key][state.lang].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// ---- Drawing -------------------------------------------------------------------------------------------------------

/** Everything, anew: after another layer, other numbers or another language. */
function draw() {
  const { layer, slip } = state;
  const given = drawn(layer, state.seed, state.typed);
  const equations = expand(layer, connections(layer, given.before.a));
  let numbers = computed(given, equations);
  const right = slip ? numbers.residual : null;
  if (slip) {
    equations.residual = mistaken(layer, slip);
    numbers = computed(given, equations);
  }
  if (equations.bias) for (const one of equations.forward) one.terms.push({ z: one.at, b: [one.at[0]] });
  view = { layer, equations, numbers, right, say };
  remember(equations);
  byId("forward").innerHTML = forwardMaps(view);
  byId("backward").innerHTML = backwardMaps(view);
  listEquations(null);
  byId("steps").hidden = layer.kind !== "conv" || slip !== "";
  steps = recipe(layer, Math.min(state.channel, layer.channels - 1));
  if (!byId("steps").hidden) drawStage();
  for (const button of byId("slip").children) button.hidden = button.value === "stride" && layer.stride === 1;
  byId("slip").hidden = layer.kind !== "conv";
  press("slip", slip);
  describeSizes();
  document.body.style.setProperty("--roomy", `${roomy(layer)}rem`);
  for (const grid of document.querySelectorAll(".grid")) rove(grid);
  apply();
}

/** The side of a cell: smaller where a map has many columns, or where indices are long. */
function roomy({ width, padding, kernelWidth, channels, kernels }) {
  const columns = Math.max(width + 2 * padding, width + kernelWidth - 1);
  const long = channels > 1 || kernels > 1;
  return columns <= 5 || long ? 2.9 : columns === 6 ? 2.6 : 2.35;
}

function remember({ forward }) {
  idsOf = new Map();
  termOf = new Map();
  for (const { terms } of forward) {
    for (const term of terms) {
      const id = idOf(term);
      termOf.set(id, term);
      for (const letter of ["z", "a", "w", "b"]) {
        if (!term[letter]) continue;
        const key = `${letter}:${term[letter]}`;
        if (!idsOf.has(key)) idsOf.set(key, []);
        idsOf.get(key).push(id);
      }
    }
  }
}

const isLarge = () => termOf.size > LISTED;

/** All equations, or those that the selected cell occurs in where there are too many to read. */
function listEquations(key) {
  const holder = byId("families");
  if (isLarge()) {
    const ids = new Set(idsOf.get(key) ?? []);
    const shown = (_, { terms }) => terms.some((term) => ids.has(idOf(term)));
    const note = `<p class="note">${say("equations.large", { count: termOf.size })}</p>`;
    holder.innerHTML = note + families(view, shown, MOST);
  } else {
    const note = view.layer.padding ? `<p class="note">${say("equations.padding")}</p>` : "";
    holder.innerHTML = families(view) + note;
  }
  for (const family of holder.querySelectorAll(".family")) family.querySelector(".term")?.setAttribute("tabindex", "0");
  for (const term of holder.querySelectorAll(".term:not([tabindex])")) term.tabIndex = -1;
}

/** One cell of a grid is reached by Tab; from there the arrow keys go on. */
function rove(grid) {
  if (!grid.querySelector('[tabindex="0"]')) grid.querySelector(".cell")?.setAttribute("tabindex", "0");
}

// ---- Lighting up ---------------------------------------------------------------------------------------------------

/** Light whatever belongs to what is pointed at, else to what has the focus, else to what was clicked. */
function apply() {
  for (const element of lit) element.classList.remove("lit", "chosen");
  lit = [];
  const selection = state.hovered ?? state.focused ?? state.pinned;
  document.body.classList.toggle("selecting", selection !== null);
  byId("readout").innerHTML = readout(selection);
  if (selection === null) return;
  if (isLarge() && selection.key && !selection.listed) listEquations(selection.key);

  const ids = new Set(selection.term ? [selection.term] : (idsOf.get(selection.key) ?? []));
  const keys = new Set(selection.key ? [selection.key] : []);
  for (const id of ids) {
    const term = termOf.get(id);
    for (const letter of ["z", "a", "w", "b"]) {
      if (term?.[letter]) keys.add(`${letter}:${term[letter]}`);
    }
  }
  const windowed = selection.key?.startsWith("z:") ? zerosOfWindow(selection.key) : new Set();
  const single = [...keys].filter((key) => key.startsWith("a:"));
  document.body.style.setProperty("--chosen-hue", single.length === 1 ? hue(view.layer, placeOf(single[0])) : "");
  document.body.classList.toggle("one-colour", single.length === 1);

  for (const element of document.querySelectorAll(SELECTOR + ", [data-zero]")) {
    const { key, term, zero, name } = element.dataset;
    if (key ? keys.has(key) : term ? ids.has(term) : windowed.has(zero)) mark(element, "lit");
    if (key && key === selection.key && (!selection.name || name === selection.name)) mark(element, "chosen");
    if (term && term === selection.term) mark(element, "chosen");
  }
  for (const row of document.querySelectorAll(".equation")) {
    if (row.querySelector(".term.lit") || row.querySelector(".left.chosen")) mark(row, "lit");
  }
  if (!selection.listed) for (const family of document.querySelectorAll(".family")) scrollToLit(family);
}

function mark(element, name) {
  element.classList.add(name);
  lit.push(element);
}

function placeOf(key) {
  return key.slice(2).split(",").map(Number);
}

/** The padding's zeros in the window of z. */
function zerosOfWindow(key) {
  const { stride, padding, kernelHeight, kernelWidth, channels } = view.layer;
  const [, p, q] = placeOf(key);
  return new Set(
    places([channels, kernelHeight, kernelWidth]).map(
      ([c, i, j]) => `${c}:${stride * p + i - padding},${stride * q + j - padding}`,
    ),
  );
}

/** Bring the first lit equation of a long list into its view, without moving the page. */
function scrollToLit(family) {
  const row = family.querySelector(".equation.lit");
  if (!row || family.scrollHeight <= family.clientHeight) return;
  const [inside, outside] = [row.getBoundingClientRect(), family.getBoundingClientRect()];
  if (inside.top < outside.top || inside.bottom > outside.bottom) family.scrollTop += inside.top - outside.top - 8;
}

// ---- What is selected, in words and numbers ------------------------------------------------------------------------

function readout(selection) {
  const { layer } = view;
  if (selection === null) {
    return `<p>${say("readout.none", { z: symbol(layer, "z", [0, 0, 0]), before: symbol(layer, "before", [0, 0, 0]) })}</p>`;
  }
  if (selection.term) return termOf.has(selection.term) ? aboutTerm(termOf.get(selection.term)) : `<p>${say("readout.foreign")}</p>`;
  return aboutCell(selection) + typing(selection) + checking(selection);
}

/** A box for the number of a cell, where one may choose it. */
function typing({ name, key }) {
  const typed = TYPED[name];
  if (!typed) return "";
  const at = placeOf(key);
  const value = { zBefore: view.numbers.before.z, w: view.numbers.w, b: view.numbers.b, delta: view.numbers.delta }[typed].get(String(at));
  return `<label class="typing only-numbers">${symbol(view.layer, typed, at)} = <input type="number" step="any" value="${value}" data-typed="${typed}:${at}"></label>`;
}

/** The gradient of a cell beside (J(x + h) − J(x − h)) / 2h, which knows the forward pass only. */
function checking({ name, key }) {
  const by = { a: "zBefore", w: "w", b: "b" }[QUANTITIES[name].of];
  if (!by || !["before", "gw", "gb", "a", "zBefore", "w", "b"].includes(name)) return "";
  const [layer, at] = [view.layer, placeOf(key)];
  const gradient = Object.keys(CHECKED).find((one) => CHECKED[one] === by);
  const found = central(layer, view.numbers, by, at);
  const value = valueOf(view, gradient, at);
  const equal = found !== null && Math.abs(found - value) < 1e-6;
  const values = { gradient: symbol(layer, gradient, at), x: symbol(layer, by, at), value: number(value) };
  if (found === null) return `<p class="check only-numbers">${say("check.kink", values)}</p>`;
  return `<p class="check only-numbers ${equal ? "" : "unequal"}">${say("check", { ...values, found: number(found) })} <b>${say(equal ? "check.equal" : "check.unequal")}</b></p>`;
}

function aboutCell(selection) {
  const { layer } = view;
  const [name, at] = [selection.name, placeOf(selection.key)];
  const terms = (idsOf.get(selection.key) ?? []).map((id) => termOf.get(id));
  const one = (other, place = at) => symbol(layer, other, place);
  switch (QUANTITIES[name].of) {
    case "z":
      if (name === "delta") return aboutDelta(at, terms);
      return `<p>${say(layer.kind === "conv" ? "readout.z" : `z.${layer.kind}`, { z: one("z"), b: pools(layer) ? "" : one("b", [at[0]]) })}</p>${worked("forward", at)}`;
    case "a": {
      const [zs, deltas] = [listed("z", terms), listed("delta", terms)];
      const key = terms.length ? "readout.a" : layer.kind === "max" ? "readout.loser" : "readout.unused";
      return `<p>${say(key, { a: one("a"), before: one("before"), zs, deltas })}</p>${worked("residual", at)}`;
    }
    case "w":
      return `<p>${say(layer.kind === "dense" ? "readout.w.dense" : "readout.w", { w: one("w"), zs: listed("z", terms) })}</p>${worked("weights", at)}`;
    default: {
      const key = layer.kernels > 1 ? "readout.b.map" : "readout.b";
      return `<p>${say(key, { b: one("b"), k: at[0] + 1 })}</p>${worked("bias", at)}`;
    }
  }
}

function aboutDelta(at, terms) {
  const { layer } = view;
  const products = terms.filter((term) => term.a);
  const values = { delta: symbol(layer, "delta", at), z: symbol(layer, "z", at), befores: listed("before", products) };
  return `<p>${say(products.length ? "readout.delta" : "readout.delta.none", values)}</p>`;
}

function aboutTerm(term) {
  const { layer } = view;
  const names = { a: term.a, before: term.a, w: term.w, gw: term.w, b: term.b, gb: term.b, z: term.z, delta: term.z };
  const values = Object.fromEntries(
    Object.entries(names).flatMap(([name, at]) => (at ? [[name, symbol(layer, name, at)]] : [])),
  );
  const kind = term.b ? "readout.bias" : term.w ? "readout.term" : `term.${layer.kind}`;
  return `<p>${say(kind, { ...values, count: term.share })}</p>`;
}

/** The equation, and below it the same with numbers. */
function worked(family, at) {
  const one = view.equations[family].find((other) => String(other.at) === String(at));
  const numbers = inNumbers(view.layer, family, one, view.numbers);
  return `${equation(view.layer, family, one)}<p class="in-numbers only-numbers"><span>${say("readout.numbers")}</span> ${numbers}</p>`;
}

/** z₁₁, z₁₂ and z₂₁; of many the first and their number. */
function listed(name, terms) {
  const { of } = QUANTITIES[name];
  const symbols = [...new Map(terms.map((term) => [String(term[of]), symbol(view.layer, name, term[of])])).values()];
  if (symbols.length > 6) return say("list.more", { first: symbols.slice(0, 3).join(say("list.comma")), count: symbols.length });
  if (symbols.length < 2) return symbols.join("");
  return symbols.slice(0, -1).join(say("list.comma")) + say("list.and") + symbols.at(-1);
}

// ---- The steps of the recipe ---------------------------------------------------------------------------------------

function drawStage(animated = false) {
  const holder = byId("stage");
  const before = animated ? cellsOfStage() : new Map();
  const step = steps[state.step];
  const sliding = step.name === "slide";
  const channel = Math.min(state.channel, view.layer.channels - 1);
  const at = sliding ? [channel, ...step.places[state.position].at] : null;
  holder.innerHTML = stage(view, step, channel, state.position) + (sliding ? worked("residual", at) : "");
  for (const grid of holder.querySelectorAll(".grid")) rove(grid);
  byId("saying").innerHTML = sayStep(step).join(say("sentences"));
  byId("step-names").innerHTML = steps
    .map(({ name }, place) => {
      const current = place === state.step ? ' aria-current="step"' : "";
      return `<li${place < state.step ? ' class="past"' : ""}><button type="button" value="${place}"${current}>${say(`steps.${name}`)}</button></li>`;
    })
    .join("");
  byId("previous").disabled = state.step === 0;
  byId("next").disabled = sliding && state.position === step.places.length - 1;
  const choice = byId("channel");
  choice.hidden = view.layer.channels === 1;
  choice.innerHTML = Array.from(
    { length: view.layer.channels },
    (_, c) => `<button type="button" value="${c}" aria-pressed="${c === channel}">${say("map.channel", { c: c + 1 })}</button>`,
  ).join("");
  if (animated) move(before);
}

function sayStep({ name, places: slid }) {
  const { layer } = view;
  const { stride, padding, kernels } = layer;
  const values = { stride, count: stride - 1, padding, rows: layer.kernelHeight - 1, columns: layer.kernelWidth - 1 };
  if (name === "pad") {
    const [rows, columns] = remainder(layer);
    const none = values.rows + values.columns === 0;
    return [say(none ? "say.pad.none" : "say.pad", values), ...(rows + columns ? [say("say.rest", { rows, columns })] : [])];
  }
  if (name !== "slide") return [say(`say.${name}`, values)];
  const now = { now: state.position + 1, all: slid.length };
  const last = now.now === now.all ? [say("say.done")] : [];
  return [say("say.slide", now), ...(kernels > 1 ? [say("say.kernels")] : []), ...last];
}

/** One step forward (1) or back (−1); sliding counts position by position. */
function walk(direction) {
  const sliding = steps[state.step].name === "slide";
  const position = state.position + direction;
  if (sliding && 0 <= position && position < steps[state.step].places.length) return goTo(state.step, position);
  if (!steps[state.step + direction]) return;
  goTo(state.step + direction, 0);
}

function goTo(step, position) {
  const animated = step !== state.step;
  Object.assign(state, { step, position, hovered: null });
  if (steps[step].name === "slide") {
    const [u, v] = steps[step].places[position].at;
    state.pinned = { key: `a:${Math.min(state.channel, view.layer.channels - 1)},${u},${v}`, name: "before" };
  } else {
    state.pinned = null;
  }
  drawStage(animated);
  apply();
}

/** Where each cell of the stage stands. */
function cellsOfStage() {
  return new Map(
    [...byId("stage").querySelectorAll(".cell[data-key]")].map((one) => [one.dataset.key, one.getBoundingClientRect()]),
  );
}

/** Let cells travel from where they stood, so that one sees the kernel turn and the residual spread. */
function move(before) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const [key, to] of cellsOfStage()) {
    const from = before.get(key);
    if (!from) continue;
    const path = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
    const one = byId("stage").querySelector(`.cell[data-key="${key}"]`);
    one.animate([{ transform: path, zIndex: 1 }, { transform: "none", zIndex: 1 }], { duration: 450, easing: "ease-in-out" });
  }
}

// ---- Choices -------------------------------------------------------------------------------------------------------

function describeSizes() {
  const { layer } = state;
  const { height, width, kernelHeight, kernelWidth, stride, padding } = layer;
  const [outHeight, outWidth] = outputSize(layer);
  if (layer.kind === "dense") {
    byId("output").innerHTML = `<b>${height} → ${layer.kernels}</b>`;
    return;
  }
  const along = (side, reach, out) => `⌊(${side} + 2·${padding} − ${reach}) / ${stride}⌋ + 1 = ${out}`;
  const [rows, columns] = remainder(layer);
  const rest = rows + columns ? `<br>${say("size.rest", { rows, columns })}` : "";
  byId("output").innerHTML =
    `<b>${height}×${width}${pools(layer) ? "," : " ∗"} ${kernelHeight}×${kernelWidth} → ${outHeight}×${outWidth}</b> ` +
    `<span class="math"><i>H</i><sub>o</sub> = ${along(height, kernelHeight, outHeight)}</span> ` +
    `<span class="math"><i>W</i><sub>o</sub> = ${along(width, kernelWidth, outWidth)}</span>${rest}`;
}

/** The selects, in the page's language, showing the layer. */
function drawSizes() {
  const choice = (name) => {
    const [least, most] = LIMITS[name];
    const options = Array.from({ length: most - least + 1 }, (_, place) => `<option>${least + place}</option>`).join("");
    return `<select name="${name}" aria-label="${say(`size.${name}`)}">${options}</select>`;
  };
  const kinds = `<select name="kind" aria-label="${say("size.kind")}">${KINDS.map((kind) => `<option value="${kind}">${say(`kind.${kind}`)}</option>`).join("")}</select>`;
  const pair = (key, one, other) =>
    `<div class="field"><span>${say(key)}</span><span class="pair">${choice(one)} × ${choice(other)}</span></div>`;
  const single = (name, key = `size.${name}`) => `<div class="field"><span>${say(key)}</span>${choice(name)}</div>`;
  const { kind } = state.layer;
  const sizes =
    kind === "dense"
      ? single("height", "size.inputs") + single("kernels", "size.outputs")
      : pair("size.input", "height", "width") +
        pair(pools(state.layer) ? "size.window" : "size.kernel", "kernelHeight", "kernelWidth") +
        (pools(state.layer) ? ["stride", "channels"] : ["stride", "padding", "channels", "kernels"]).map((name) => single(name)).join("");
  byId("sizes").innerHTML = `<div class="field"><span>${say("size.kind")}</span>${kinds}</div>${sizes}`;
  byId("slip").innerHTML = ["", "unrotated", "stride"]
    .map((slip) => `<button type="button" value="${slip}">${say(`slip.${slip || "none"}`)}</button>`)
    .join("");
  byId("presets").innerHTML = Object.keys(PRESETS)
    .map((name) => `<button type="button" value="${name}">${say(`preset.${name}`)}</button>`)
    .join("");
  showSizes();
}

function showSizes() {
  for (const select of byId("sizes").querySelectorAll("select")) select.value = state.layer[select.name];
  for (const button of byId("presets").children) {
    const chosen = ofKind({ ...LECTURE, ...PRESETS[button.value] });
    const same = Object.keys(chosen).every((name) => chosen[name] === state.layer[name]);
    button.setAttribute("aria-pressed", same);
  }
}

/** Take a layer if it is one; else say why not and leave everything as it is. */
function choose(wanted) {
  const layer = ofKind(wanted);
  const misfit = byId("misfit");
  misfit.hidden = fits(layer);
  if (!fits(layer)) {
    const padded = `${layer.height}×${layer.width}${layer.padding ? ` (+ 2·${layer.padding})` : ""}`;
    misfit.textContent = say("size.misfit", { kernel: `${layer.kernelHeight}×${layer.kernelWidth}`, input: padded });
    return;
  }
  Object.assign(state, { layer, hovered: null, focused: null, pinned: null, step: 0, position: 0, channel: 0, slip: "" });
  state.typed.clear();
  drawSizes();
  draw();
  writeAddress();
}

function setLanguage(lang) {
  state.lang = lang;
  root.lang = say("tag");
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("[data-hint]")) element.title = say(element.dataset.hint);
  byId("misfit").hidden = true;
  press("language", lang);
  drawSizes();
  draw();
}

function setTheme(theme) {
  state.theme = theme;
  root.dataset.theme = theme;
  press("theme", theme);
}

function press(group, value) {
  for (const button of byId(group).children) button.setAttribute("aria-pressed", button.value === value);
}

// ---- The address ---------------------------------------------------------------------------------------------------

function writeAddress() {
  const { layer, lang, theme } = state;
  const parts = {
    kind: layer.kind, input: `${layer.height}x${layer.width}`, kernel: `${layer.kernelHeight}x${layer.kernelWidth}`,
    stride: layer.stride, padding: layer.padding, channels: layer.channels, kernels: layer.kernels, lang, theme,
  };
  try {
    history.replaceState(null, "", `#${new URLSearchParams(parts)}`);
  } catch {
    // Some browsers forbid it for files; then the address stays as it is.
  }
}

/** The layer, language and theme of the address; whatever is missing or out of bounds stays as it was. */
function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const sizes = ([one, other], text) => {
    const found = /^(\d)x(\d)$/.exec(text ?? "");
    return found ? { [one]: Number(found[1]), [other]: Number(found[2]) } : {};
  };
  const asked = { ...sizes(["height", "width"], parts.get("input")), ...sizes(["kernelHeight", "kernelWidth"], parts.get("kernel")) };
  for (const name of ["stride", "padding", "channels", "kernels"]) {
    if (/^\d$/.test(parts.get(name) ?? "")) asked[name] = Number(parts.get(name));
  }
  if (KINDS.includes(parts.get("kind"))) asked.kind = parts.get("kind");
  const inside = Object.entries(asked).filter(([name, value]) => name === "kind" || (LIMITS[name][0] <= value && value <= LIMITS[name][1]));
  const layer = ofKind({ ...state.layer, ...Object.fromEntries(inside) });
  if (fits(layer)) state.layer = layer;
  if (Object.keys(TEXTS.tag).includes(parts.get("lang"))) state.lang = parts.get("lang");
  if (["auto", "light", "dark"].includes(parts.get("theme"))) state.theme = parts.get("theme");
}

// ---- Events --------------------------------------------------------------------------------------------------------

/** What an element stands for; `listed` if it stands in the equations, which must not move below the pointer. */
function selectionOf(target) {
  const element = target instanceof Element ? target.closest(SELECTOR) : null;
  if (!element) return null;
  const { key, name, term } = element.dataset;
  const listed = element.closest("#families, #readout") !== null;
  return key ? { key, name, listed } : { term, listed };
}

const same = (one, other) => one?.key === other?.key && one?.term === other?.term && one?.name === other?.name;

function listen() {
  document.addEventListener("pointerover", (event) => {
    // On the way to the readout the selection stays, so that it can be read.
    if (event.pointerType === "touch" || event.target.closest?.("#readout") || document.activeElement.dataset.typed) return;
    const selection = selectionOf(event.target);
    if (same(selection, state.hovered)) return;
    state.hovered = selection;
    apply();
  });
  document.addEventListener("focusin", (event) => {
    if (!event.target.matches(":focus-visible") || event.target.closest("#readout")) return;
    state.focused = selectionOf(event.target);
    if (state.focused) state.hovered = null;
    apply();
  });
  document.addEventListener("focusout", () => {
    if (state.focused === null) return;
    state.focused = null;
    apply();
  });
  document.addEventListener("click", (event) => pin(selectionOf(event.target), event.target));
  document.addEventListener("keydown", onKey);
  byId("sizes").addEventListener("change", () => {
    const selects = [...byId("sizes").querySelectorAll("select")];
    const chosen = Object.fromEntries(selects.map(({ name, value }) => [name, name === "kind" ? value : Number(value)]));
    const focused = document.activeElement?.name;
    if (chosen.kind !== state.layer.kind) {
      // Each kind begins with its own example.
      const preset = { conv: "lecture", max: "max", avg: "average", dense: "dense" }[chosen.kind];
      choose({ ...LECTURE, ...PRESETS[preset] });
    } else choose({ ...state.layer, ...chosen });
    byId("sizes").querySelector(`[name="${focused}"]`)?.focus();
  });
  byId("readout").addEventListener("change", ({ target }) => {
    if (!target.dataset.typed || !Number.isFinite(target.valueAsNumber)) return;
    state.typed.set(target.dataset.typed, Math.max(-999, Math.min(999, target.valueAsNumber)));
    draw();
  });
  byId("sizes").addEventListener("submit", (event) => event.preventDefault());
  const onButton = (id, act) =>
    byId(id).addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) act(button);
    });
  onButton("presets", (button) => choose({ ...LECTURE, ...PRESETS[button.value] }));
  onButton("language", (button) => (setLanguage(button.value), writeAddress()));
  onButton("theme", (button) => (setTheme(button.value), writeAddress()));
  onButton("step-names", (button) => {
    goTo(Number(button.value), 0);
    byId("step-names").querySelector("[aria-current]").focus();
  });
  onButton("channel", (button) => {
    state.channel = Number(button.value);
    steps = recipe(view.layer, state.channel);
    goTo(state.step, state.position);
    byId("channel").querySelector('[aria-pressed="true"]').focus();
  });
  onButton("show", (button) => {
    if (button.id === "renumber") {
      state.seed += 1;
      state.typed.clear();
      draw();
    } else {
      button.setAttribute("aria-pressed", document.body.classList.toggle(button.value));
    }
  });
  onButton("slip", (button) => {
    state.slip = button.value;
    draw();
  });
  byId("previous").addEventListener("click", () => walk(-1));
  byId("next").addEventListener("click", () => walk(1));
  addEventListener("hashchange", () => {
    readAddress();
    begin();
  });
}

/** Keep a selection lit, or let it go; in the result of the recipe go to that position. */
function pin(selection, target) {
  if (!selection) return;
  const result = target.closest("#stage .result");
  if (result) return goTo(state.step, [...byId("stage").querySelectorAll(".result")].indexOf(result));
  state.pinned = same(selection, state.pinned) ? null : selection;
  apply();
  if (state.pinned) dock(target.closest(SELECTOR));
}

/** On a narrow screen the readout lies at the edge that is nearer to what was tapped, and never over it. */
function dock(element) {
  const box = byId("readout");
  if (getComputedStyle(box).position !== "fixed" || box.contains(element)) return;
  const [{ top, bottom }, height] = [element.getBoundingClientRect(), box.offsetHeight];
  const [above, below] = [top - height, innerHeight - height - bottom];
  const atTop = above < below && (above > 0 || below > height);
  box.classList.toggle("at-top", atTop);
  const covered = atTop ? Math.min(0, above - 12) : Math.max(0, 12 - below);
  if (covered) scrollBy(0, covered);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event;
  if (key === "Escape") {
    Object.assign(state, { hovered: null, focused: null, pinned: null });
    apply();
    return;
  }
  if (target.matches("select, input")) return;
  if (target.matches(".cell, .term")) {
    if (/^[-\d]$/.test(key) && TYPED[target.dataset.name]) {
      // A number that is typed on a cell goes into its box.
      Object.assign(state, { pinned: selectionOf(target), focused: null });
      apply();
      const box = byId("readout").querySelector("input");
      if (box?.offsetParent) {
        box.focus();
        box.select();
      }
      return;
    }
    if (key === "Enter" || key === " ") pin(selectionOf(target), target);
    else if (!focusNear(target, key)) return;
    event.preventDefault();
    return;
  }
  if (key === "ArrowRight" || key === "ArrowLeft") {
    walk(key === "ArrowRight" ? 1 : -1);
    event.preventDefault();
  }
}

/** The arrow keys inside a map, or inside a family of equations. Whether the key was one of them. */
function focusNear(target, key) {
  const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
  if (!move) return false;
  const holder = target.closest(".grid, .family");
  if (!holder) return false;
  const [rows, one] = holder.matches(".grid") ? ['[role="row"]', ".cell"] : [".equation", ".term"];
  const table = [...holder.querySelectorAll(rows)].map((row) => [...row.querySelectorAll(one)]).filter((row) => row.length);
  const row = table.findIndex((cells) => cells.includes(target));
  const column = table[row].indexOf(target);
  const nextRow = table[row + move[0]];
  const next = nextRow?.[Math.min(column + move[1], move[0] ? nextRow.length - 1 : Infinity)];
  if (next) {
    for (const other of holder.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
  return true;
}

// ---- Beginning -----------------------------------------------------------------------------------------------------

function begin() {
  Object.assign(state, { hovered: null, focused: null, pinned: null, step: 0, position: 0, channel: 0, slip: "" });
  state.typed.clear();
  setTheme(state.theme);
  setLanguage(state.lang);
  for (const button of byId("show").querySelectorAll("[value]:not(#renumber)")) {
    if (button.value) button.setAttribute("aria-pressed", document.body.classList.contains(button.value));
  }
}

readAddress();
listen();
begin();
