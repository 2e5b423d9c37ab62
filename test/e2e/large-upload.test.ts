import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { largeFileBytes } from '@scion/client';
import { runScion, spawnScion, startScion, temporaryDataDir } from '../support/scion-server.ts';

test('a large file that was cut by a kill goes on where it stopped', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const server = await startScion(t, { dataDir });
  const bytes = randomBytes(largeFileBytes + 1000);
  const path = join(dataDir, 'large.bin');
  await writeFile(path, bytes);

  const cut = spawnScion(['dataset', 'add', path], { env: { SCION_URL: server.url } });
  assert.ok(cut.stdout);
  const [line] = await once(createInterface({ input: cut.stdout }), 'line');
  cut.kill('SIGKILL');
  await once(cut, 'exit');
  const [, uploadId = ''] = /as (upl_\w+)$/.exec(String(line)) ?? [];
  const before = await server.client.uploads.get(uploadId);
  assert.equal(before.sizeBytes, bytes.length);
  t.diagnostic(`${before.missing.length} of ${before.parts} parts were missing`);

  const { stdout, exitCode } = await runScion(['dataset', 'add', path, '--resume', uploadId, '--json'], { server });
  const dataset = JSON.parse(stdout);
  assert.deepEqual([exitCode, dataset.state, dataset.error.code], [1, 'invalid', 'formatUnknown']); // It is nothing but noise
  assert.equal(dataset.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.deepEqual([dataset.fileName, dataset.sizeBytes], ['large.bin', bytes.length]);
});
