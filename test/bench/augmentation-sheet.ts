import { fileURLToPath } from 'node:url';
import { openDevice } from '@scion/engine';
import { computeValues, createRng, stepKey } from '@scion/engine/ops';
import { augmentations } from '@scion/trainer/catalog';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';

/** `npm run augmentation-sheet -- PICTURE…`: docs/images/augmentations.png, eight draws of every augmentation. */
const pictures = process.argv.slice(2);
if (pictures.length === 0) throw new Error('Usage: npm run augmentation-sheet -- PICTURE… (image files; they take turns)');

const columns = 8;
const tileSide = 64;
const gap = 3;
const labelWidth = 172;
const seed = 1;

/** Settings that those need who have no default, or whose default changes few images or nothing. */
const settings: Record<string, Record<string, unknown>> = {
  resize: { size: 16 },
  'random-crop': { size: 48, padding: 8 },
  'random-resized-crop': { size: 64 },
  'random-affine': { degrees: 20, translate: 0.1, scale: [0.8, 1.2], shear: 10 },
  'color-jitter': { brightness: 0.5, contrast: 0.5, saturation: 0.8, hue: 0.2 },
  'random-grayscale': { probability: 0.5 },
  'gaussian-blur': { kernelSize: 9 },
  'rand-augment': { magnitude: 15 },
  normalize: { mean: [0.5], std: [0.25] },
  mixup: { alpha: 1 },
};

type Tile = { values: Float32Array; height: number; width: number };

const originals = await Promise.all(Array.from({ length: columns }, (_, column) => readTile(column)));
await openDevice();
const rows = [
  { label: 'original', tiles: originals },
  ...augmentations.map(({ id, create }) => ({ label: id, tiles: drawTiles(id, create({ type: id, ...settings[id] })) })),
];
const rowHeight = tileSide + gap;
const sheet = sharp({
  create: {
    width: labelWidth + columns * (tileSide + gap),
    height: rows.length * rowHeight + gap,
    channels: 3,
    background: '#ffffff',
  },
});
const layers = await Promise.all(
  rows.flatMap(({ label, tiles }, row) => [
    { input: labelImage(label), left: 0, top: gap + row * rowHeight },
    ...tiles.map(async (tile, column) => ({
      input: await tilePng(tile),
      left: labelWidth + column * (tileSide + gap),
      top: gap + row * rowHeight,
    })),
  ]),
);
const file = fileURLToPath(new URL('../../../docs/images/augmentations.png', import.meta.url));
const { size } = await sheet.composite(layers).png({ palette: true, effort: 10 }).toFile(file);
console.log(`${file}: ${Math.round(size / 1000)} kB`);

/** The picture of a column, as a square in [0, 1]. */
async function readTile(column: number): Promise<Tile> {
  const picture = pictures[column % pictures.length] ?? '';
  const pixels = await sharp(picture).removeAlpha().toColourspace('srgb').resize(tileSide, tileSide).raw().toBuffer();
  return { values: Float32Array.from(pixels, (byte) => byte / 255), height: tileSide, width: tileSide };
}

/** What an augmentation makes of the originals as one batch, in a training step. */
function drawTiles(id: string, augmentation: ReturnType<(typeof augmentations)[number]['create']>): Tile[] {
  let shape: number[] = [];
  const values = computeValues(() => {
    const batch = tf.tensor4d(Float32Array.from(originals.flatMap((tile) => [...tile.values])), [columns, tileSide, tileSide, 3]);
    const draw = { rng: createRng(stepKey(seed, 0)), site: id };
    const images = augmentation.mix ? augmentation.mix(batch, draw).images : augmentation.train(batch, draw);
    shape = images.shape;
    return images;
  });
  const [, height = 0, width = 0, channels = 0] = shape;
  const size = height * width * channels;
  return originals.map((_, index) => ({ values: values.subarray(index * size, (index + 1) * size), height, width }));
}

/** A tile of the sheet: what lies outside [0, 1] is cut off, images of another size are magnified. */
function tilePng({ values, height, width }: Tile): Promise<Buffer> {
  const bytes = Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  return sharp(bytes, { raw: { width, height, channels: 3 } })
    .resize(tileSide, tileSide, { kernel: 'nearest', fit: 'fill' })
    .png()
    .toBuffer();
}

function labelImage(text: string): Buffer {
  const style = 'font-family="DejaVu Sans, sans-serif" font-size="13" fill="#222222"';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth}" height="${tileSide}"><text x="6" y="${tileSide / 2 + 5}" ${style}>${text}</text></svg>`;
  return Buffer.from(svg);
}
