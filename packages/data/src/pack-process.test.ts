import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { PackMessage } from './pack-protocol.ts';
import { openPacked } from './packed/open-packed.ts';
import { buildZip } from './testkit/build-archive.ts';
import { gradient, png } from './testkit/build-image.ts';
import { createPackingPlace } from './testkit/pack-upload.ts';

const { request } = await createPackingPlace();
const entry = join(import.meta.dirname, 'pack-process.js');

/** Forks the process and collects its messages until it exits; `onMessage` may answer. */
async function runPackProcess(onMessage: (message: PackMessage, child: ChildProcess) => void) {
  const child = fork(entry, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const messages: PackMessage[] = [];
  child.on('message', (raw) => {
    const message = PackMessage.parse(raw);
    messages.push(message);
    onMessage(message, child);
  });
  const [exitCode] = await once(child, 'exit');
  return { messages, exitCode };
}

async function packUpload(upload: Uint8Array) {
  const start = { type: 'start', ...(await request(upload)) };
  const result = await runPackProcess((message, child) => message.type === 'ready' && child.send(start));
  return { ...result, outDir: start.outDir };
}

test('a forked process says ready, packs, reports and exits', async () => {
  const { messages, exitCode, outDir } = await packUpload(await buildZip({ 'a/1.png': await png(gradient(4, 4)) }));
  assert.deepEqual(
    messages.map(({ type }) => type),
    ['ready', 'progress', 'packed'],
  );
  assert.equal(exitCode, 0);
  const dataset = await openPacked(outDir);
  const last = messages.at(-1);
  assert.deepEqual(last, { type: 'packed', report: dataset.report, fetched: null });
  await dataset.close();
});

test('what is wrong with an upload comes back with its code and details', async () => {
  const { messages, exitCode } = await packUpload(await buildZip({ 'a/1.png': 'broken', 'b/1.png': 'broken' }));
  const last = messages.at(-1);
  assert.ok(last?.type === 'failed');
  assert.equal(last.code, 'dataInvalid');
  assert.deepEqual(
    last.details.map(({ path }) => path),
    ['a/1.png', 'b/1.png'],
  );
  assert.equal(exitCode, 0);
});

test('a command of another shape is answered as an internal failure', async () => {
  const { messages } = await runPackProcess((message, child) => message.type === 'ready' && child.send({ type: 'begin' }));
  assert.deepEqual(messages.at(-1), {
    type: 'failed',
    code: 'internal',
    message: 'Packing the data set failed unexpectedly',
    details: [],
  });
});

test('the process exits when its parent lets go of it, also in the middle of the work', async () => {
  const image = await png(gradient(64, 64));
  const upload = await buildZip(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`a/${i}.png`, image])));
  const start = { type: 'start', ...(await request(upload)) };
  const { messages } = await runPackProcess((message, child) => {
    if (message.type === 'ready') child.send(start);
    else if (child.connected) child.disconnect();
  });
  const types = messages.map(({ type }) => type);
  assert.ok(types.includes('progress') && !types.includes('packed'), types.join(' '));
});

test('started by hand, it says what it is for', async () => {
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [[code], text] = await Promise.all([once(child, 'exit'), child.stderr.toArray()]);
  assert.equal(code, 2);
  assert.match(Buffer.concat(text).toString(), /is forked by another process/);
});
