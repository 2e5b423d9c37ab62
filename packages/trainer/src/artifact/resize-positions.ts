import type { PositionGrid } from '../parameters.ts';
import type { NamedArray } from './safetensors.ts';

/** For each place of the new axis: the first of the old places that it is made of, and the share of each. */
type Taps = readonly { first: number; weights: readonly number[] }[];

/**
 * Learned positions [1, prefix + rows · columns, width] for a grid of another size: bicubic, smoothed where the grid gets smaller, as
 * timm's `resample_abs_pos_embed` does. What stands before the grid (a class token's position) is kept.
 */
export function resizePositions(stored: NamedArray, from: PositionGrid, to: PositionGrid): NamedArray {
  const width = stored.shape[2] ?? 0;
  const head = stored.data.subarray(0, from.prefix * width);
  const places = stored.data.subarray(head.length);
  const taller = resizeAxis(places, { outer: 1, length: from.rows, inner: from.columns * width, taps: taps(from.rows, to.rows) });
  const resized = resizeAxis(taller, {
    outer: to.rows,
    length: from.columns,
    inner: width,
    taps: taps(from.columns, to.columns),
  });
  const data = new Float32Array(head.length + resized.length);
  data.set(head);
  data.set(resized, head.length);
  return { name: stored.name, shape: [1, to.prefix + to.rows * to.columns, width], data };
}

/** The middle axis of x [outer, length, inner] goes to as many places as there are taps. */
function resizeAxis(x: Float32Array, axis: { outer: number; length: number; inner: number; taps: Taps }): Float32Array {
  const { outer, length, inner } = axis;
  const count = axis.taps.length;
  const y = new Float32Array(outer * count * inner);
  for (let o = 0; o < outer; o++) {
    for (const [place, { first, weights }] of axis.taps.entries()) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (const [tap, weight] of weights.entries()) sum += weight * (x[(o * length + first + tap) * inner + i] ?? 0);
        y[(o * count + place) * inner + i] = sum;
      }
    }
  }
  return y;
}

const cubicReach = 2;

function taps(from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = scale * (place + 0.5);
    const first = Math.max(Math.trunc(centre - cubicReach * stretch + 0.5), 0);
    const end = Math.min(Math.trunc(centre + cubicReach * stretch + 0.5), from);
    const raw = Array.from({ length: end - first }, (__, tap) => cubic((first + tap - centre + 0.5) / stretch));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}

/** Keys' cubic convolution kernel (1981) with a = -1/2. */
function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < cubicReach ? (((d - 5) * d + 8) * d - 4) * a : 0;
}
