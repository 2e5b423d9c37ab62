/** The real data sets that stand beside the repository on some machines are laid out as a mirror of the catalogue. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { CatalogName } from '@scion/schema';
import { packDataset } from '../pack/pack-dataset.ts';
import { fetchSource } from '../sources/fetch-source.ts';

const mirror = resolve(import.meta.dirname, '../../../../../shared/data');
const skip = !existsSync(join(mirror, 'INDEX.md')) && 'skipped: no real data sets in ../shared/data';
// No address may be visited: a name that the mirror lacks fails here instead of reaching for the net.
const rules = { maxBytes: 2 ** 30, allowPrivateAddresses: false, catalogMirror: mirror, folders: [] };

const fetched: Partial<Record<CatalogName, string>> = {
  mnist: 'mnist.tar',
  'fashion-mnist': 'fashion-mnist.tar',
  cifar10: 'cifar10-images.tar.gz',
  fsdd: 'fsdd-recordings.tar.gz',
};

test('data sets come out of a mirror folder, and are packed with the counts of their makers', { skip }, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'scion-mirror-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const pathOf = (name: string) => join(root, name);
  for (const [name, fileName] of Object.entries(fetched)) {
    const source = { type: 'catalog', name: name as CatalogName } as const;
    const result = await fetchSource(source, { path: pathOf(name), rules });
    assert.equal(result.fileName, fileName);
    assert.ok(result.sizeBytes > 1_000_000);
    assert.ok(result.notes.every(({ code }) => code === 'catalog-file-differs'));
  }
  const report = await packDataset({
    uploadPath: pathOf('fashion-mnist'),
    fileName: 'fashion-mnist.tar',
    format: 'auto',
    outDir: pathOf('packed'),
  });
  assert.equal(report.format, 'idx');
  const each = (count: number) => Object.fromEntries([...'0123456789'].map((digit) => [digit, count]));
  assert.deepEqual(Object.values(report.splits.train!.classes), Object.values(each(6000)));
  assert.deepEqual(Object.values(report.splits.test!.classes), Object.values(each(1000)));
  // NumPy finds 70,000 different images; some of them look alike.
  assert.equal(report.statistics!.duplicates.exact, 0);
  assert.ok(report.statistics!.duplicates.near > 0);
  const spoken = await packDataset({
    uploadPath: pathOf('fsdd'),
    fileName: 'fsdd-recordings.tar.gz',
    format: 'auto',
    outDir: pathOf('spoken'),
  });
  assert.deepEqual([spoken.modality, spoken.splits.train!.classes], ['audio', each(300)]);
});
