import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startScion, temporaryDataDir } from '../support/scion-server.ts';
import { shapeNames, writeShapeImage, writeShapesArchive } from '../support/shapes.ts';
import { shellBlocks } from '../support/shell-blocks.ts';

const run = promisify(execFile);
const page = new URL('../../../docs/curl.md', import.meta.url);

test('the curl walk-through works as it stands in the docs', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const { url, client } = await startScion(t, { dataDir });
  await writeShapesArchive(dataDir);
  const verticalBar = shapeNames.indexOf('vertical bar');
  await writeShapeImage(dataDir, verticalBar);

  const results = ['DATASET', 'JOB', 'STATE', 'MODEL', 'PREDICTION', 'IMPORTED'];
  const script = [...shellBlocks(await readFile(page, 'utf8')), ...results.map((name) => `echo "result ${name} $${name}"`)].join(
    '\n',
  );
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: dataDir, env: { ...process.env, SCION: url } });

  const result = Object.fromEntries([...stdout.matchAll(/^result (\w+) (.*)$/gm)].map(([, name, value]) => [name, value]));
  assert.equal((await client.datasets.get(result['DATASET'] ?? '')).state, 'ready');
  assert.equal(result['STATE'], 'succeeded');
  const job = await client.jobs.get(result['JOB'] ?? '');
  assert.equal(job.result?.model, result['MODEL']);
  assert.match(stdout, /checkpoint\.safetensors: OK$/m);

  const [prediction] = JSON.parse(result['PREDICTION'] ?? '').predictions;
  assert.equal(prediction.label, String(verticalBar));

  const imported = JSON.parse(result['IMPORTED'] ?? '');
  assert.deepEqual([imported.kind, imported.import.missing], ['import', []]);
  assert.deepEqual(imported.import.unexpected, ['head.weight', 'head.bias']);

  const events = await readFile(join(dataDir, 'events.txt'), 'utf8');
  assert.match(events, /^event: attempt\.started$/m);
  assert.match(events, /^event: job\.succeeded$/m);
  const [header, ...rows] = (await readFile(join(dataDir, 'metrics.csv'), 'utf8')).trim().split('\n');
  assert.match(header ?? '', /step/);
  assert.ok(rows.length >= 15);
});
