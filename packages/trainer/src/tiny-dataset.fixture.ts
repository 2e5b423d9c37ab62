import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { packDataset } from '@scion/data';
import { hashName, philoxUniform } from '@scion/engine/ops';
import type { DatasetReport } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import sharp from 'sharp';
import { pack } from 'tar-stream';

export type TinyImages = { count: number; side: number; channels: 1 | 3; classes: number };

/** Where the packed form of a data set stands, and what packing found. */
export type TinyDataset = { key: string; sha256: string; report: DatasetReport };

/**
 * Images that are easy to tell apart: example i is of class i mod `classes` and shows a bright bar at the class's own height, in
 * noise. uint8 [example, height, width, channel].
 */
export function tinyImages(
  { count, side, channels, classes }: TinyImages,
  name: string,
): { pixels: Uint8Array; labels: Uint8Array } {
  const noise = philoxUniform(count * side * side * channels, 1, hashName(name));
  const pixels = Uint8Array.from(noise, (u, i) => {
    const row = Math.floor(i / (side * channels)) % side;
    const label = Math.floor(i / (side * side * channels)) % classes;
    return Math.floor(80 * u) + (Math.floor((row * classes) / side) === label ? 150 : 0);
  });
  return { pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % classes) };
}

/** A tar of MNIST-like idx files with a train and a test split. */
export async function tinyArchive(train: TinyImages, test: TinyImages): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, images] of [['train', train] as const, ['t10k', test] as const]) {
    const { pixels, labels } = tinyImages(images, name);
    const { count, side, channels } = images;
    tar.entry({ name: `${name}-images-idx4-ubyte` }, idxFile([count, side, side, channels], pixels));
    tar.entry({ name: `${name}-labels-idx1-ubyte` }, idxFile([count], labels));
  }
  tar.finalize();
  return buffer(tar as AsyncIterable<Uint8Array>);
}

function idxFile(sizes: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header[2] = 0x08; // unsigned bytes
  header[3] = sizes.length;
  for (const [axis, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([header, bytes]);
}

/** A tar of grey image files in the folders `train` and `test`, with nothing that tells of classes. */
async function unlabelledArchive(counts: { train: number; test: number }, shape: Omit<TinyImages, 'count'>): Promise<Uint8Array> {
  const tar = pack();
  const { side, channels } = shape;
  const size = side * side * channels;
  for (const [split, count] of Object.entries(counts)) {
    const { pixels } = tinyImages({ ...shape, count }, split);
    for (let index = 0; index < count; index++) {
      const image = sharp(pixels.subarray(index * size, (index + 1) * size), { raw: { width: side, height: side, channels } });
      tar.entry({ name: `${split}/${index}.png` }, await image.png().toBuffer());
    }
  }
  tar.finalize();
  return buffer(tar as AsyncIterable<Uint8Array>);
}

type TinyCounts = Partial<TinyImages> & { train?: number; test?: number; labelled?: boolean };

/** Packs a tiny data set into a store, as a server would before it trains. */
export async function packTinyDataset(
  store: ArtifactStore,
  { train = 20, test = 10, side = 8, channels = 1, classes = 4, labelled = true }: TinyCounts = {},
): Promise<TinyDataset> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-upload-'));
  try {
    const uploadPath = join(folder, 'tiny.tar');
    const shape = { side, channels, classes };
    const archive = labelled
      ? tinyArchive({ ...shape, count: train }, { ...shape, count: test })
      : unlabelledArchive({ train, test }, shape);
    await writeFile(uploadPath, await archive);
    const key = `datasets/${randomUUID()}/packed`;
    const outDir = await store.localFolder(key);
    const report = await packDataset({ uploadPath, fileName: 'tiny.tar', format: 'auto', outDir });
    return { key, sha256: report.sha256, report };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
