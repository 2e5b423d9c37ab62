import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packIdxArchive } from '@scion/cli';
import sharp from 'sharp';
import { createRandom } from './random.ts';

/** Labels of the drawn shapes, as idx files number them. */
export const shapeNames = ['horizontal bar', 'vertical bar', 'frame', 'cross'] as const;

const size = 12;

/** A learnable data set in MNIST's format: 200 drawn shapes to train on, 80 to test on, four classes. Gives the archive's path. */
export async function writeShapesArchive(folder: string): Promise<string> {
  const path = join(folder, 'shapes.tar');
  await writeFile(path, await packIdxArchive({ train: drawShapes(200, 1), test: drawShapes(80, 2) }));
  return path;
}

/** One shape as a PNG file. */
export async function writeShapeImage(folder: string, label: number): Promise<string> {
  const path = join(folder, 'shape.png');
  await sharp(drawShape({ label, left: 2, top: 2, side: 8 }), { raw: { width: size, height: size, channels: 1 } })
    .png()
    .toFile(path);
  return path;
}

function drawShapes(count: number, seed: number) {
  const random = createRandom(seed).next;
  const pixels = new Uint8Array(count * size * size);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const label = index % shapeNames.length;
    const side = 6 + Math.floor(random() * 4);
    const [left, top] = [random(), random()].map((share) => Math.floor(share * (size - side + 1)));
    pixels.set(drawShape({ label, side, left: left ?? 0, top: top ?? 0 }), index * size * size);
    labels[index] = label;
  }
  return { size, pixels, labels };
}

function drawShape({ label, left, top, side }: { label: number; left: number; top: number; side: number }): Uint8Array {
  const image = new Uint8Array(size * size);
  const middle = Math.floor(side / 2);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isEdge = x === 0 || y === 0 || x === side - 1 || y === side - 1;
      const isInk = [y === middle, x === middle, isEdge, x === middle || y === middle][label];
      if (isInk) image[(top + y) * size + left + x] = 255;
    }
  }
  return image;
}
