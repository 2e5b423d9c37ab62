import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { descendantsOf, findDescendant, isAlive } from '../support/processes.ts';
import { runScion, startScion, temporaryDataDir } from '../support/scion-server.ts';

test('starts again on the same folder, and a stop ends every process', async (t) => {
  const dataDir = await temporaryDataDir(t);
  for (const start of ['first', 'second']) {
    const server = await startScion(t, { dataDir });
    t.diagnostic(`the ${start} start took ${Math.round(server.startMs)} ms`);
    const processes = await descendantsOf(server.pid);
    assert.ok(processes.length >= 3, 'PostgreSQL, the API and the worker run');
    await server.stop();
    assert.equal(await server.ended, 0);
    assert.deepEqual(
      processes.filter(({ pid }) => isAlive(pid)).map(({ command }) => command),
      [],
    );
  }
});

test('a folder that is in use is refused in one line that names the process', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const server = await startScion(t, { dataDir });
  const { exitCode, stderr } = await runScion(['up', '--port', '0', '--data-dir', dataDir]);
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`runs on .* already: process ${server.pid}, ${server.url}`));
  assert.equal((await server.client.health()).status, 'ok');
});

test('a port that is in use is refused before anything starts', async (t) => {
  const port = await occupyPort(t);
  const dataDir = await temporaryDataDir(t);
  const { exitCode, stderr } = await runScion(['up', '--port', String(port), '--data-dir', dataDir]);
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`Port ${port} is in use.*\n.*--port ${port + 1}`));
});

test('when a service is killed the whole server ends and says which one', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const server = await startScion(t, { dataDir });
  const worker = await eventually('the worker runs', () => findDescendant(server.pid, '/worker/'));
  process.kill(worker.pid, 'SIGKILL');
  assert.equal(await server.ended, 1);
  assert.match(server.output(), /The worker process was ended by SIGKILL, so the server ends/);
  await startScion(t, { dataDir });
});

test('a server that is killed leaves nothing that stops the next one on the same port', async (t) => {
  const dataDir = await temporaryDataDir(t);
  const killed = await startScion(t, { dataDir });
  killed.signal('SIGKILL');
  await killed.ended;
  const { port } = new URL(killed.url);
  const next = await startScion(t, { dataDir, args: ['--port', port] });
  assert.equal(next.url, killed.url);
  assert.equal((await next.client.ready()).status, 'ready');
});

async function occupyPort(t: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}
