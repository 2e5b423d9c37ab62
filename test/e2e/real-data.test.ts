import assert from 'node:assert/strict';
import { openAsBlob } from 'node:fs';
import { test } from 'node:test';
import { findSharedData, type SharedDataset, sharedDatasets, sharedUpload } from '@scion/data/testkit';
import type { Dataset } from '@scion/schema';
import { startScion, temporaryDataDir } from '../support/scion-server.ts';

const folder = findSharedData();

test('every real data set becomes ready over HTTP, with the counts that its makers state', {
  skip: folder === null && 'skipped: no real data sets in ../shared/data',
}, async (t) => {
  assert.ok(folder !== null);
  const { client } = await startScion(t, { dataDir: await temporaryDataDir(t) });

  for (const shared of sharedDatasets) {
    await t.test(shared.name, async () => {
      const upload = await sharedUpload(shared, folder);
      const file = 'path' in upload ? await openAsBlob(upload.path) : new Blob([upload.bytes]);
      const { id, state } = await client.datasets.create(file, {
        ...shared.options,
        name: shared.name,
        fileName: upload.fileName,
      });
      assert.equal(state, 'validating');
      assertAsStated(await client.datasets.waitUntilReady(id, { pollMs: 100 }), shared);
    });
  }
});

function assertAsStated(dataset: Dataset, { expect }: SharedDataset): void {
  assert.equal(dataset.state, 'ready', JSON.stringify(dataset.error));
  assert.deepEqual([dataset.format, dataset.modality], [expect.format, expect.modality]);
  const examples = Object.fromEntries(Object.entries(dataset.splits).map(([name, split]) => [name, split.examples]));
  assert.deepEqual(examples, expect.splits);
  assert.equal(dataset.maskClasses?.length ?? dataset.classNames.length, expect.classes);
  for (const { code, path } of expect.issues ?? []) {
    assert.ok(
      dataset.issues.some((issue) => issue.code === code && issue.path === path),
      `${code} of ${path} is not reported`,
    );
  }
}
