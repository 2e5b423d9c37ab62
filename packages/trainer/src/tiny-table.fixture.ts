import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { packDataset } from '@scion/data';
import { hashName, philoxUniform } from '@scion/engine/ops';
import type { ArtifactStore } from '@scion/storage';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import type { TinyDataset } from './tiny-dataset.fixture.ts';

export const barNames = ['left', 'middle', 'right'] as const;
const side = 8;

export type Bars = { image: Buffer; bars: readonly string[]; brightness: number };

/** Grey PNGs in which each of three bars may stand, all as bright: which ones, and how bright, is to be told. Every seventh has none. */
export async function drawBars(count: number, name: string): Promise<Bars[]> {
  const draws = philoxUniform(count * (side * side + 1), 3, hashName(name));
  return await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const bars = barNames.filter((_name, bar) => (i % 7) & (1 << bar));
      const brightness = 100 + Math.floor(120 * (draws[i] ?? 0));
      const pixels = Uint8Array.from({ length: side * side }, (_pixel, at) => {
        const bar = barNames[Math.floor(((at % side) * barNames.length) / side)];
        const noise = 40 * (draws[count + i * side * side + at] ?? 0);
        return noise + (bar && bars.includes(bar) ? brightness : 0);
      });
      const image = sharp(pixels, { raw: { width: side, height: side, channels: 1 } });
      return { image: await image.png().toBuffer(), bars, brightness };
    }),
  );
}

/** A tar of the bars and a table of what they are labelled with: sets of classes, or a number, that of bars times their brightness. */
async function barsArchive(labelled: 'classes' | 'number', counts: { train: number; test: number }): Promise<Uint8Array> {
  const tar = pack();
  const rows = [`image,split,${labelled === 'classes' ? 'labels' : 'light'}`];
  for (const [split, count] of Object.entries(counts)) {
    for (const [index, { image, bars, brightness }] of (await drawBars(count, split)).entries()) {
      tar.entry({ name: `${split}-${index}.png` }, image);
      rows.push(`${split}-${index}.png,${split},${labelled === 'classes' ? bars.join('|') : bars.length * brightness}`);
    }
  }
  tar.entry({ name: 'table.csv' }, rows.join('\n'));
  tar.finalize();
  return buffer(tar as AsyncIterable<Uint8Array>);
}

export async function packTinyTable(
  store: ArtifactStore,
  labelled: 'classes' | 'number',
  counts = { train: 140, test: 35 },
): Promise<TinyDataset> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-table-'));
  try {
    const uploadPath = join(folder, 'table.tar');
    await writeFile(uploadPath, await barsArchive(labelled, counts));
    const key = `datasets/${randomUUID()}/packed`;
    const outDir = await store.localFolder(key);
    const columns = labelled === 'number' ? { options: { columns: { target: 'light' } } } : {};
    const report = await packDataset({ uploadPath, fileName: 'table.tar', format: 'auto', outDir, ...columns });
    return { key, sha256: report.sha256, report };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
