import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DatasetReport } from '@scion/schema';
import type { PackedFile, PackedManifest } from './packed-manifest.ts';

const run = promisify(execFile);
const dir = await mkdtemp(join(tmpdir(), 'scion-large-'));
after(() => rm(dir, { recursive: true, force: true }));

const [shards, side] = [64, 256];
const imageBytes = side * side * 3;
const imagesPerShard = Math.floor((64 * 2 ** 20) / imageBytes);
const count = shards * imagesPerShard;

/** A packed data set of zeros, 4 GiB of which no byte takes room on the disk. */
async function writeSparseDataset(): Promise<void> {
  const zeros = async (name: string, sizeBytes: number, sha256: string): Promise<PackedFile> => {
    const file = await open(join(dir, name), 'w');
    await file.truncate(sizeBytes);
    await file.close();
    return { name, sizeBytes, sha256 };
  };
  const shardBytes = imagesPerShard * imageBytes;
  const sha256 = (bytes: number) => createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
  const shardHash = sha256(shardBytes);
  const images = await Promise.all(
    Array.from({ length: shards }, (_, shard) => zeros(`0.images-${shard}.u8`, shardBytes, shardHash)),
  );
  const report: DatasetReport = {
    format: 'npz',
    modality: 'image',
    classNames: ['all'],
    splits: { train: { examples: count, labelled: count, classes: { all: count } } },
    example: { shape: [side, side, 3] },
    issues: [],
    sha256: '',
  };
  const labels = await zeros('0.labels.i32', 4 * count, sha256(4 * count));
  const sources = await zeros('0.names.jsonl', 0, sha256(0));
  const manifest: PackedManifest = {
    version: 2,
    report,
    layout: 'raw',
    shape: [side, side, 3],
    splits: [{ name: 'train', length: count, labels, sources, images }],
  };
  await writeFile(join(dir, 'packed.json'), JSON.stringify(manifest));
}

test('an epoch of 4 GiB is read within 1 GiB of memory', async () => {
  await writeSparseDataset();
  assert.ok(count * imageBytes > 3.9 * 2 ** 30);
  const script = fileURLToPath(new URL('./epoch-in-little-memory.fixture.js', import.meta.url));
  const { stdout } = await run(process.execPath, [script, dir, String(256 * 2 ** 20), '64']);
  const { images, maxRssBytes, sum } = JSON.parse(stdout) as { images: number; maxRssBytes: number; sum: number };
  assert.deepEqual([images, sum], [count, 0]);
  assert.ok(maxRssBytes < 2 ** 30, `${Math.round(maxRssBytes / 2 ** 20)} MiB resident`);
});
