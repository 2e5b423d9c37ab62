import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { packDataset } from '@scion/data';
import type { ArtifactStore } from '@scion/storage';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { type TinyDataset, tinyImages } from '../tiny-dataset.fixture.ts';

/** Packs JPEGs of two classes that are easy to tell apart, each of another size, into a store. */
export async function packUnevenDataset(
  store: ArtifactStore,
  { train = 20, test = 10, shardBytes }: { train?: number; test?: number; shardBytes?: number } = {},
): Promise<TinyDataset> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-uneven-'));
  try {
    const uploadPath = join(folder, 'uneven.tar');
    await writeFile(uploadPath, await unevenArchive({ train, test }));
    const key = `datasets/${randomUUID()}/packed`;
    const outDir = await store.buildingPlace(key);
    const sharding = shardBytes === undefined ? {} : { shardBytes };
    const report = await packDataset({ uploadPath, fileName: 'uneven.tar', format: 'auto', outDir, ...sharding });
    await store.publishFolder(key, { from: outDir, last: 'packed.json' });
    return { key, sha256: report.sha256, report };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unevenArchive(counts: { train: number; test: number }): Promise<Uint8Array> {
  const tar = pack();
  const side = 32;
  for (const [split, count] of Object.entries(counts)) {
    const { pixels, labels } = tinyImages({ count, side, channels: 3, classes: 2 }, split);
    for (let i = 0; i < count; i++) {
      const data = pixels.subarray(i * side * side * 3, (i + 1) * side * side * 3);
      const size = { height: 24 + (i % 20), width: 40 - (i % 20) };
      const image = sharp(data, { raw: { height: side, width: side, channels: 3 } }).resize({ ...size, fit: 'fill' });
      tar.entry({ name: `${split}/c${labels[i]}/${String(i).padStart(2, '0')}.jpg` }, await image.jpeg().toBuffer());
    }
  }
  tar.finalize();
  return buffer(tar as AsyncIterable<Uint8Array>);
}
