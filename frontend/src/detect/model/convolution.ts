// Bilinear resizing as Pillow and the server do it: shrinking takes in every pixel that the target pixel covers.
// Columns first, then rows, with 8-bit levels between and weights in fixed point, so that all three agree.

/** 255 times the sum of the weights, and the half for rounding, still fit an int32. */
const WEIGHT_BITS = 22;
const ONE = 1 << WEIGHT_BITS;
const HALF = ONE >> 1;

/** For each target position the first source position, and the weights of `count` positions from there on. */
export type Taps = { count: number; first: Int32Array; weights: Int32Array };

/** `count` becomes a multiple of `step`, by weights of zero, unless the source is shorter than that. */
export function tapsFor(source: number, target: number, step = 1): Taps {
  const shrink = source / target;
  const reach = Math.max(1, shrink);
  const windows = Array.from({ length: target }, (_, i) => windowAt((i + 0.5) * shrink, reach, source));
  const widest = Math.max(...windows.map(({ shares }) => shares.length));
  const count = Math.min(source, Math.ceil(widest / step) * step);
  const taps = { count, first: new Int32Array(target), weights: new Int32Array(target * count) };
  windows.forEach(({ start, shares }, i) => {
    const first = Math.min(start, source - count);
    taps.first[i] = first;
    taps.weights.set(
      shares.map((share) => Math.round(share * ONE)),
      i * count + start - first,
    );
  });
  return taps;
}

/** The source positions under a triangle of half-width `reach`, and their shares of its area. */
function windowAt(centre: number, reach: number, source: number): { start: number; shares: number[] } {
  const start = Math.max(0, Math.trunc(centre - reach + 0.5));
  const end = Math.min(source, Math.trunc(centre + reach + 0.5));
  const heights = Array.from({ length: end - start }, (_, k) =>
    Math.max(0, 1 - Math.abs(start + k + 0.5 - centre) / reach),
  );
  const sum = heights.reduce((total, height) => total + height, 0);
  return { start, shares: heights.map((height) => height / sum) };
}

export type Pixels = { rgba: Int32Array; width: number; height: number };
/** Red, green and blue by themselves. */
export type Channels = readonly [Uint8Array, Uint8Array, Uint8Array];

/** The picture with as many columns as `taps` has targets, and all its rows. */
export function resizeColumns({ rgba, width, height }: Pixels, taps: Taps, to: Channels): void {
  const { count, first, weights } = taps;
  const [reds, greens, blues] = to;
  const columns = first.length;
  for (let y = 0, o = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0, w = 0; x < columns; x++, o++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let from = row + (first[x] as number);
      // A pixel is read at once: every machine that runs a browser keeps red in the lowest byte.
      for (const end = w + count; w < end; w++, from++) {
        const weight = weights[w] as number;
        const pixel = rgba[from] as number;
        red = (red + Math.imul(weight, pixel & 255)) | 0;
        green = (green + Math.imul(weight, (pixel >> 8) & 255)) | 0;
        blue = (blue + Math.imul(weight, (pixel >> 16) & 255)) | 0;
      }
      reds[o] = red >> WEIGHT_BITS;
      greens[o] = green >> WEIGHT_BITS;
      blues[o] = blue >> WEIGHT_BITS;
    }
  }
}

/** One channel with `width` columns; `values` tells what becomes of each level. */
export type Plane = { levels: Uint8Array; width: number; values: Float32Array };
/** A corner of a larger picture: where it begins, and how far apart its rows are. */
export type Corner = { tensor: Float32Array; start: number; pitch: number };

/** Taps per row that are written out below; `tapsFor` is asked for multiples of it. */
export const ROW_STEP = 2;

/** The channel with as many rows as `taps` has targets. */
export function resizeRows(from: Plane, taps: Taps, to: Corner): void {
  // Written out the loop is twice as fast; two taps enlarge, four shrink to down to a half.
  if (taps.count === 2) blendTwo(from, taps, to);
  else if (taps.count === 4) blendFour(from, taps, to);
  else blend(from, taps, to);
}

function blendTwo({ levels, width, values }: Plane, { first, weights }: Taps, to: Corner): void {
  const { tensor, start, pitch } = to;
  for (let y = 0; y < first.length; y++) {
    const row0 = (first[y] as number) * width;
    const row1 = row0 + width;
    const w0 = weights[2 * y] as number;
    const w1 = weights[2 * y + 1] as number;
    const o = start + y * pitch;
    for (let x = 0; x < width; x++) {
      const sum =
        HALF + Math.imul(w0, levels[row0 + x] as number) + Math.imul(w1, levels[row1 + x] as number);
      tensor[o + x] = values[sum >> WEIGHT_BITS] as number;
    }
  }
}

function blendFour({ levels, width, values }: Plane, { first, weights }: Taps, to: Corner): void {
  const { tensor, start, pitch } = to;
  for (let y = 0; y < first.length; y++) {
    const row0 = (first[y] as number) * width;
    const [row1, row2, row3] = [row0 + width, row0 + 2 * width, row0 + 3 * width];
    const w0 = weights[4 * y] as number;
    const w1 = weights[4 * y + 1] as number;
    const w2 = weights[4 * y + 2] as number;
    const w3 = weights[4 * y + 3] as number;
    const o = start + y * pitch;
    for (let x = 0; x < width; x++) {
      const sum =
        HALF +
        Math.imul(w0, levels[row0 + x] as number) +
        Math.imul(w1, levels[row1 + x] as number) +
        Math.imul(w2, levels[row2 + x] as number) +
        Math.imul(w3, levels[row3 + x] as number);
      tensor[o + x] = values[sum >> WEIGHT_BITS] as number;
    }
  }
}

function blend({ levels, width, values }: Plane, { count, first, weights }: Taps, to: Corner): void {
  const { tensor, start, pitch } = to;
  for (let y = 0; y < first.length; y++) {
    const row = (first[y] as number) * width;
    const o = start + y * pitch;
    for (let x = 0; x < width; x++) {
      let sum = HALF;
      let from = row + x;
      for (let w = y * count; w < (y + 1) * count; w++, from += width) {
        sum = (sum + Math.imul(weights[w] as number, levels[from] as number)) | 0;
      }
      tensor[o + x] = values[sum >> WEIGHT_BITS] as number;
    }
  }
}
