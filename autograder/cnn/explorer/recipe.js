// The lecture's shortcut for δ of the layer before (3.2), as grids to be drawn: rotate the kernel by 180°, insert
// zeros for a stride, pad, drop what only the input's padding would need, slide. Pure, like expansion.js, and held
// by a test against autograder.cnn.derivations.pages.closed_form. It is shown beside the expansion and never used in its place.
//
// A cell is {at} for an element, or {zero: "inserted" | "pad" | "remainder"}; `cropped` marks what a step drops.

/** Upside down and left to right. */
function rotate180(cells) {
  return cells.map((row) => [...row].reverse()).reverse();
}

/** stride − 1 zeros between neighbours. */
function insertZeros(cells, stride) {
  const [height, width] = [(cells.length - 1) * stride + 1, (cells[0].length - 1) * stride + 1];
  return grid(height, width, (u, v) =>
    u % stride || v % stride ? { zero: "inserted" } : cells[u / stride][v / stride],
  );
}

/** kh − 1 rows and kw − 1 columns of zeros around; at the bottom and right as many more as no window reached. */
function padZeros(cells, [rows, columns], [moreRows, moreColumns]) {
  const [height, width] = [cells.length, cells[0].length];
  return grid(height + 2 * rows + moreRows, width + 2 * columns + moreColumns, (u, v) => {
    if (u >= height + 2 * rows || v >= width + 2 * columns) return { zero: "remainder" };
    return cells[u - rows]?.[v - columns] ?? { zero: "pad" };
  });
}

/** Without the outermost `count` rows and columns. */
function crop(cells, count) {
  return cells.slice(count, cells.length - count).map((row) => row.slice(count, row.length - count));
}

/** The products of a kernel that lies over cells with its upper left corner at (u, v); zeros give none. */
function overlap(kernel, cells, [u, v]) {
  return places([kernel.length, kernel[0].length])
    .filter(([i, j]) => cells[u + i][v + j].at)
    .map(([i, j]) => ({ w: kernel[i][j].at, z: cells[u + i][v + j].at }));
}

/**
 * The steps for one channel of the layer before, each {name, pairs}: for every kernel its grid and its residual's.
 * The last one, "slide", also has `places`, [u, v] with the products found there.
 */
function recipe(layer, channel) {
  const { height, width, kernelHeight, kernelWidth, stride, padding, kernels } = layer;
  const [outHeight, outWidth] = outputSize(layer);
  let pairs = Array.from({ length: kernels }, (_, k) => ({
    kernel: grid(kernelHeight, kernelWidth, (i, j) => ({ at: [k, channel, i, j] })),
    residual: grid(outHeight, outWidth, (p, q) => ({ at: [k, p, q] })),
  }));
  const steps = [{ name: "start", pairs }];
  const next = (name, change) => {
    pairs = pairs.map((pair) => ({ ...pair, ...change(pair) }));
    steps.push({ name, pairs });
  };
  next("rotate", ({ kernel }) => ({ kernel: rotate180(kernel) }));
  if (stride > 1) next("insert", ({ residual }) => ({ residual: insertZeros(residual, stride) }));
  const around = [kernelHeight - 1, kernelWidth - 1];
  next("pad", ({ residual }) => ({ residual: padZeros(residual, around, remainder(layer)) }));
  if (padding > 0) {
    const marked = pairs.map(({ kernel, residual }) => ({ kernel, residual: markCropped(residual, padding) }));
    next("crop", ({ residual }) => ({ residual: crop(residual, padding) }));
    steps.at(-1).pairs = marked;
  }
  const slid = places([height, width]).map((at) => ({
    at,
    terms: pairs.flatMap(({ kernel, residual }) => overlap(kernel, residual, at)),
  }));
  steps.push({ name: "slide", pairs, places: slid });
  return steps;
}

function markCropped(cells, count) {
  const [height, width] = [cells.length, cells[0].length];
  const outside = (place, side) => place < count || place >= side - count;
  return cells.map((row, u) =>
    row.map((cell, v) => (outside(u, height) || outside(v, width) ? { ...cell, cropped: true } : cell)),
  );
}

function grid(height, width, cell) {
  return Array.from({ length: height }, (_, u) => Array.from({ length: width }, (_, v) => cell(u, v)));
}
