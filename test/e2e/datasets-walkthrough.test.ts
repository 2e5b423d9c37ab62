import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import tar from 'tar-stream';
import { startScion, temporaryDataDir } from '../support/scion-server.ts';
import { writeShapesArchive } from '../support/shapes.ts';
import { shellBlocks } from '../support/shell-blocks.ts';

const run = promisify(execFile);
const page = await readFile(new URL('../../../docs/datasets.md', import.meta.url), 'utf8');

/** Shell variables of the page with the ids of data sets that stay. */
const names = ['SECOND', 'THIRD', 'DIVIDED'];

test('the page about data sets works as it stands in the docs', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const { url, client } = await startScion(t, { dataDir });
  await writeShapesArchive(dataDir);
  await writeUnsplitArchive(join(dataDir, 'unsplit.tar'));

  const script = [...shellBlocks(page), ...names.map((name) => `echo "result ${name} $${name}"`)].join('\n');
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: dataDir, env: { ...process.env, SCION: url } });
  const result = Object.fromEntries([...stdout.matchAll(/^result (\w+) (.*)$/gm)].map(([, name, value]) => [name, value]));

  const kept = await client.datasets.get(result['SECOND'] ?? '');
  assert.equal(kept.state, 'ready');
  assert.deepEqual((await client.datasets.list()).data.map(({ id }) => id).sort(), names.map((name) => result[name]).sort());
  assert.equal((await client.datasets.get(result['THIRD'] ?? '')).sha256, kept.sha256);
  const divided = await client.datasets.get(result['DIVIDED'] ?? '');
  const counts = Object.fromEntries(
    Object.entries(divided.splits).map(([name, { examples, classes }]) => [name, [examples, classes]]),
  );
  assert.deepEqual(counts, {
    train: [16, { dark: 8, light: 8 }],
    val: [2, { dark: 1, light: 1 }],
    test: [2, { dark: 1, light: 1 }],
  });
  const rows = (await readFile(join(dataDir, 'splits.csv'), 'utf8')).trimEnd().split('\n');
  assert.deepEqual([rows[0], rows.length], ['split,index,path,row,label', 21]);
  const sheet = await sharp(await readFile(join(dataDir, 'preview.png'))).metadata();
  assert.equal(sheet.format, 'png');
});

/** Two classes of ten plain pictures, in folders. */
async function writeUnsplitArchive(path: string): Promise<void> {
  const pack = tar.pack();
  const packed = buffer(pack);
  for (const [name, from] of [
    ['dark', 0],
    ['light', 150],
  ] as const) {
    for (let i = 0; i < 10; i++) {
      const image = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: from + i, g: from, b: from } } });
      pack.entry({ name: `${name}/${i}.png` }, await image.png().toBuffer());
    }
  }
  pack.finalize();
  await writeFile(path, await packed);
}
