import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatasetReport } from '@scion/schema';
import { defaultArchiveLimits } from '../archive/archive-limits.ts';
import { PackedManifest } from '../packed/packed-manifest.ts';
import { buildZip } from '../testkit/build-archive.ts';
import { gradient, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { packDataset } from './pack-dataset.ts';

const { packUpload, request } = await createPackingPlace();
const image = await png(gradient(4, 4));
const upload = await buildZip(Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`c${i % 2}/${i}.png`, image])));

test('the report and the manifest keep their schemas, and the hashes are those of the bytes', async () => {
  const { report, outDir } = await packUpload(upload);
  DatasetReport.parse(report);
  assert.equal(report.sha256, createHash('sha256').update(upload).digest('hex'));
  const manifest = PackedManifest.parse(JSON.parse(await readFile(join(outDir, 'packed.json'), 'utf8')));
  assert.deepEqual(manifest.report, report);
  assert.ok(manifest.layout === 'raw');
  for (const { images, labels, sources } of manifest.splits) {
    for (const file of [...images, labels, sources]) {
      const bytes = await readFile(join(outDir, file.name));
      assert.equal(bytes.length, file.sizeBytes);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), file.sha256);
    }
  }
});

test('packing twice gives the same bytes', async () => {
  const manifests = await Promise.all(
    [await packUpload(upload), await packUpload(upload)].map(({ outDir }) => readFile(join(outDir, 'packed.json'), 'utf8')),
  );
  assert.equal(manifests[0], manifests[1]);
});

test('progress is told as it goes, to the end', async () => {
  const seen: number[] = [];
  await packUpload(upload, { onProgress: ({ examples }) => seen.push(examples) });
  assert.deepEqual(seen, [500, 1000, 1200]);
});

test('what an earlier attempt left in the folder is replaced', async () => {
  const asked = await request(upload);
  await mkdir(asked.outDir);
  await writeFile(join(asked.outDir, '7.images.u8'), 'old');
  await packDataset(asked);
  assert.equal(existsSync(join(asked.outDir, '7.images.u8')), false);
});

test('a failure, a refusal or an abort leaves no folder', async () => {
  const broken = await request(Buffer.from('no archive'));
  await assert.rejects(packDataset(broken), { code: 'formatUnknown' });
  assert.equal(existsSync(broken.outDir), false);

  const limited = { ...(await request(upload)), limits: { ...defaultArchiveLimits, maxEntries: 10 } };
  await assert.rejects(packDataset(limited), { code: 'archiveUnsafe' });
  assert.equal(existsSync(limited.outDir), false);

  const aborting = new AbortController();
  const aborted = { ...(await request(upload)), signal: aborting.signal, onProgress: () => aborting.abort(new Error('enough')) };
  await assert.rejects(packDataset(aborted), /enough/);
  assert.equal(existsSync(aborted.outDir), false);
});

test('a named format is used, and what it misses is said', async () => {
  await assert.rejects(packUpload(upload, { format: 'idx' }), { code: 'dataInvalid', message: /train-images-idx3-ubyte/ });
  await assert.rejects(packUpload(upload, { format: 'cifar' }), { code: 'dataInvalid', message: /data_batch_/ });
  const { report } = await packUpload(upload, { format: 'image-folder' });
  assert.equal(report.format, 'image-folder');
});

test('a file that is neither an archive nor of a known format is refused as such', async () => {
  await assert.rejects(packUpload(Buffer.from('hello'), { fileName: 'notes.txt' }), {
    code: 'formatUnknown',
    message: /^notes\.txt is neither a zip, a tar or a tar\.gz nor a file of a known format\. Known are cifar: /,
  });
});
