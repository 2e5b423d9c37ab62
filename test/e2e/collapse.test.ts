import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCollapseCase, writeCollapseData } from '../bench/collapse-run.ts';
import { temporaryDataDir } from '../support/scion-server.ts';
import { withoutSharedData } from '../support/shared-data.ts';

test('SimSiam collapses without its stop-gradient, which is seen within the first epochs; with it, it does not', {
  skip: withoutSharedData,
}, async (t) => {
  const folder = await temporaryDataDir(t);
  const options = { seed: 0, dataPath: await writeCollapseData(folder), folder };
  assert.equal((await runCollapseCase('simsiam without stop-gradient', options)).ended, 'collapsed');
  assert.equal((await runCollapseCase('simsiam', options)).ended, 'succeeded');
});
