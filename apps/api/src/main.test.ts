import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTestServices } from '@scion/jobs/testkit';
import { pretrainBody } from './testkit/job-bodies.ts';

const program = fileURLToPath(new URL('./main.js', import.meta.url));

function start(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, SCION_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** Starts the API as its own process on a real database, and gives its URL once it listens. */
async function startListening(t: TestContext) {
  const parts = await createTestServices();
  const folder = await mkdtemp(join(tmpdir(), 'scion-api-main-'));
  const child = start({ DATABASE_URL: parts.url, SCION_DATA_DIR: folder });
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await parts.close();
    await rm(folder, { recursive: true, force: true });
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /listening at (http:[^"]+)/.exec(line)?.[1];
    if (url !== undefined) return { ...parts, child, url };
  }
  throw new Error('The API ended before it listened');
}

suite('the API process', () => {
  test('listens, gets ready, and closes on SIGTERM though a stream is open', async (t) => {
    const { child, url, addReadyDataset } = await startListening(t);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    const submitted = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(pretrainBody(await addReadyDataset())),
    });
    assert.equal(submitted.status, 201);
    const events = await fetch(`${url}${submitted.headers.get('location')}/events`, { headers: { accept: 'text/event-stream' } });
    const text = events.text();
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.match(await text, /event: job\.queued/);
  });

  test('ends when the process that started it is gone', async (t) => {
    const { child } = await startListening(t);
    child.disconnect();
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  test('says what is missing or wrong in its environment', async () => {
    for (const [env, message] of [
      [{}, /could not start: DATABASE_URL is not set/],
      [{ DATABASE_URL: 'postgres://127.0.0.1:1/none' }, /could not start: .*ECONNREFUSED/],
      [{ SCION_PORT: 'many' }, /SCION_PORT/],
    ] as const) {
      const child = start(env);
      let errors = '';
      child.stderr!.on('data', (piece) => {
        errors += piece;
      });
      assert.deepEqual(await once(child, 'close'), [1, null]);
      assert.match(errors, message);
    }
  });
});
