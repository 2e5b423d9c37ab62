import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScion, startScion, temporaryDataDir } from '../support/scion-server.ts';

const mostSeconds = 180;

test('the quickstart shows that pretraining helps, and leaves a server that can be started again', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const startedMs = performance.now();
  const { exitCode, stdout, stderr } = await runScion(['quickstart', '--data-dir', dataDir, '--json']);
  assert.equal(exitCode, 0, stderr);
  assert.ok(performance.now() - startedMs < mostSeconds * 1000, `it takes less than ${mostSeconds} s`);
  const { accuracy, model } = JSON.parse(stdout);
  assert.ok(accuracy.probe > accuracy.scratch + 0.1, JSON.stringify(accuracy));

  const { client } = await startScion(t, { dataDir });
  assert.equal((await client.models.get(model)).method, 'linear-probe');
  assert.equal((await client.jobs.list({ tag: 'quickstart' })).data.length, 3);
});
