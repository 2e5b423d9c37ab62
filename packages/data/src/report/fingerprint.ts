import { createHash } from 'node:crypto';
import type { Pixels } from '../image/pixels.ts';

/** A miniature is `miniatureHeight` rows of `miniatureWidth` grey values: one column more than the bits of a row of its hash. */
const miniatureHeight = 16;
const miniatureWidth = 17;
export const miniatureBytes = miniatureHeight * miniatureWidth;

/** Points averaged along each side of a cell of the miniature: all of a photo of 500 pixels, so that its small version gives the same. */
const samplesPerSide = 32;

export const wordsPerHash = 4;

/** The first 128 bits of a SHA-256, as four words: of `kind` (what tells apart content of equal bytes) and the bytes. */
export function hashContent(kind: string, bytes: Uint8Array): Uint32Array {
  const digest = createHash('sha256').update(`${kind}:`).update(bytes).digest();
  return new Uint32Array([0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)));
}

/** The hash of an image's size and pixels. */
export function hashPixels({ height, width, channels, data }: Pixels): Uint32Array {
  return hashContent(`${height}x${width}x${channels}`, data);
}

/** The image in grey, averaged down to 16 rows of 17. Two encodings or sizes of one picture give nearly the same. */
export function drawMiniature(image: Pixels): Uint8Array {
  const { data, width, channels } = image;
  const miniature = new Uint8Array(miniatureBytes);
  const columns = samplePoints(miniatureWidth, width);
  for (const [row, ys] of samplePoints(miniatureHeight, image.height).entries()) {
    for (let column = 0; column < miniatureWidth; column++) {
      const xs = columns[column] ?? [];
      let sum = 0;
      for (const y of ys) {
        for (const x of xs) {
          const at = (y * width + x) * channels;
          const red = data[at] ?? 0;
          sum += channels === 1 ? red : 0.299 * red + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
        }
      }
      miniature[row * miniatureWidth + column] = Math.round(sum / (ys.length * xs.length));
    }
  }
  return miniature;
}

/** Bands of the difference hash: 16 bits for each row. A bit says that a value is clearly above its right neighbour. */
export const bandCount = miniatureHeight;

/** One band of the difference hash of the miniature that starts at `offset`. */
export function hashBand(miniatures: Uint8Array, offset: number, band: number): number {
  let bits = 0;
  for (let column = 0; column < miniatureWidth - 1; column++) {
    const at = offset + band * miniatureWidth + column;
    const isAbove = (miniatures[at] ?? 0) > (miniatures[at + 1] ?? 0) + 2;
    bits = (bits << 1) | (isAbove ? 1 : 0);
  }
  return bits;
}

/** For each of `cells` parts of a side, the positions on it that are averaged. */
function samplePoints(cells: number, length: number): number[][] {
  return Array.from({ length: cells }, (_, cell) => {
    const start = Math.min(length - 1, Math.floor((cell * length) / cells));
    const end = Math.max(start + 1, Math.min(length, Math.floor(((cell + 1) * length) / cells)));
    const count = Math.min(samplesPerSide, end - start);
    return Array.from({ length: count }, (_point, i) => start + Math.floor(((i + 0.5) * (end - start)) / count));
  });
}
