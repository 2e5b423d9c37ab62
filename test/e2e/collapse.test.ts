import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collapseCases, runCollapseCase, writeCollapseData } from '../bench/collapse-run.ts';
import { temporaryDataDir } from '../support/scion-server.ts';
import { withoutSharedData } from '../support/shared-data.ts';

test('methods without what keeps them from collapsing end within the first epochs, and as they are they do not', {
  skip: withoutSharedData,
}, async (t) => {
  const folder = await temporaryDataDir(t);
  const options = { seed: 0, dataPath: await writeCollapseData(folder), folder };
  for (const name of ['simsiam', 'simsiam without stop-gradient', 'vicreg', 'vicreg without variance term'] as const) {
    const { ended } = await runCollapseCase(name, options);
    assert.equal(ended, collapseCases[name].collapses ? 'collapsed' : 'succeeded', name);
  }
});
