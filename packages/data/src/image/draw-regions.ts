import type { Region } from '../formats/format.ts';
import type { Mask } from './mask.ts';
import type { Size } from './pixels.ts';

/** Value of pixels in no region. */
const background = 0;

/** Work of drawing one mask, in rows times numbers: far more than any sound one needs. */
const maxWork = 500_000_000;

/**
 * Draws regions into a mask, each over those before it. A pixel belongs to a polygon if its middle does, by the even-odd rule. Throws
 * an Error where that would take too long.
 */
export function drawRegions(regions: readonly Region[], { height, width }: Size): Mask {
  const mask = { height, width, data: new Uint8Array(height * width).fill(background) };
  let work = 0;
  for (const region of regions) {
    work += 'runs' in region ? region.runs.length : height * region.polygons.reduce((sum, { length }) => sum + length, 0);
    if (work > maxWork) throw new Error('its shapes have too many corners');
    if ('runs' in region) drawRuns(mask, region.runs, region.value);
    else for (const polygon of region.polygons) drawPolygon(mask, polygon, region.value);
  }
  return mask;
}

/** Runs go down each column, from left to right, and are outside and inside in turn. */
function drawRuns({ height, width, data }: Mask, runs: readonly number[], value: number): void {
  let at = 0;
  for (const [i, length] of runs.entries()) {
    const end = Math.min(at + length, height * width);
    if (i % 2 === 1) for (; at < end; at++) data[(at % height) * width + Math.floor(at / height)] = value;
    at = end;
  }
}

function drawPolygon({ height, width, data }: Mask, points: readonly number[], value: number): void {
  const corners = Math.floor(points.length / 2);
  const ys = Array.from({ length: corners }, (_, i) => points[2 * i + 1] ?? 0);
  const top = Math.max(0, Math.floor(ys.reduce((a, b) => Math.min(a, b), height)));
  const bottom = Math.min(height - 1, Math.ceil(ys.reduce((a, b) => Math.max(a, b), 0)));
  for (let row = top; row <= bottom; row++) {
    const crossings = crossingsOf(points, row + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const start = Math.max(0, Math.ceil((crossings[i] ?? 0) - 0.5));
      const end = Math.min(width, Math.ceil((crossings[i + 1] ?? 0) - 0.5));
      if (start < end) data.fill(value, row * width + start, row * width + end);
    }
  }
}

/** Where the edges of a polygon cross the height `y`, from left to right. */
function crossingsOf(points: readonly number[], y: number): number[] {
  const crossings: number[] = [];
  const corners = Math.floor(points.length / 2);
  for (let i = 0; i < corners; i++) {
    const [x0 = 0, y0 = 0] = [points[2 * i], points[2 * i + 1]];
    const next = (i + 1) % corners;
    const [x1 = 0, y1 = 0] = [points[2 * next], points[2 * next + 1]];
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}
