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
/** Shell variables of the page with the ids of data sets that stay. */
const names = ['SECOND', 'THIRD', 'DIVIDED', 'TEXTS', 'WORDS', 'STREETS'];
const page = await readFile(new URL('../../../docs/datasets.md', import.meta.url), 'utf8');

test('the page about data sets works as it stands in the docs', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const { url, client } = await startScion(t, { dataDir });
  await writeShapesArchive(dataDir);
  await writeUnsplitArchive(join(dataDir, 'unsplit.tar'));
  await writeFile(
    join(dataDir, 'intents.csv'),
    'question,intent\nwhere is my card?,card\nwhat is the rate?,rate\nno card yet,card\n',
  );
  await writeFile(join(dataDir, 'words.tar'), await tarOf(recordings()));
  await writeFile(join(dataDir, 'streets.tar'), await tarOf(await streets()));

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
  for (const [name, modality, labels] of [
    ['TEXTS', 'text', ['class']],
    ['WORDS', 'audio', ['class']],
    ['STREETS', 'image', ['mask']],
  ] as const) {
    const dataset = await client.datasets.get(result[name] ?? '');
    assert.deepEqual([dataset.state, dataset.modality, dataset.labels], ['ready', modality, labels], name);
  }
  const rows = (await readFile(join(dataDir, 'splits.csv'), 'utf8')).trimEnd().split('\n');
  assert.deepEqual([rows[0], rows.length], ['split,index,path,row,label', 21]);
  const sheet = await sharp(await readFile(join(dataDir, 'preview.png'))).metadata();
  assert.equal(sheet.format, 'png');
});

/** Two classes of ten plain pictures, in folders. */
async function writeUnsplitArchive(path: string): Promise<void> {
  const files: Record<string, Buffer> = {};
  for (const [name, from] of [
    ['dark', 0],
    ['light', 150],
  ] as const) {
    for (let i = 0; i < 10; i++) files[`${name}/${i}.png`] = await plainPng({ r: from + i, g: from, b: from });
  }
  await writeFile(path, await tarOf(files));
}

/** Two words, each said twice by two speakers: 16-bit mono at 8 kHz. */
function recordings(): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const [i, name] of ['no_ann', 'no_bob', 'yes_ann', 'yes_bob'].entries()) {
    for (const take of [1, 2]) {
      const samples = Int16Array.from({ length: 800 }, (_, at) => 9000 * Math.sin(at * (0.1 + 0.05 * i + 0.01 * take)));
      const header = Buffer.alloc(44);
      header.write('RIFF', 0);
      header.writeUInt32LE(36 + samples.byteLength, 4);
      header.write('WAVEfmt ', 8);
      for (const [at, value] of [16, 0x1_0001, 8000, 16_000, 0x10_0002].entries()) header.writeUInt32LE(value, 16 + 4 * at);
      header.write('data', 36);
      header.writeUInt32LE(samples.byteLength, 40);
      files[`${name}_${take}.wav`] = Buffer.concat([header, Buffer.from(samples.buffer)]);
    }
  }
  return files;
}

/** Two pictures, and masks whose upper half is sky and whose lower half road. */
async function streets(): Promise<Record<string, Buffer>> {
  const halves = Buffer.from(Array.from({ length: 64 }, (_, i) => Math.floor(i / 32)));
  const mask = await sharp(halves, { raw: { width: 8, height: 8, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const files: Record<string, Buffer> = {};
  for (const i of [1, 2]) {
    files[`images/${i}.png`] = await plainPng({ r: 90 * i, g: 90, b: 90 });
    files[`masks/${i}.png`] = mask;
  }
  return files;
}

function plainPng(background: { r: number; g: number; b: number }): Promise<Buffer> {
  return sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();
}

async function tarOf(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const pack = tar.pack();
  const packed = buffer(pack);
  for (const [name, content] of Object.entries(files)) pack.entry({ name }, content);
  pack.finalize();
  return await packed;
}
