import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PackMessage } from '../pack-protocol.ts';
import { buildTar } from '../testkit/build-archive.ts';
import { gradient, jpeg, png } from '../testkit/build-image.ts';
import { buildIndexPng } from '../testkit/build-png.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { type PackRequest, packDataset } from './pack-dataset.ts';

const { root, request } = await createPackingPlace();
const entry = join(import.meta.dirname, '../pack-process.js');

/** All files of a folder, by name. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'base64')])));
}

/** Packs in a process that is killed at the first progress after something was saved. */
async function packAndKill(asked: PackRequest): Promise<void> {
  const child = fork(entry, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.on('message', (raw) => {
    const message = PackMessage.parse(raw);
    if (message.type === 'ready') child.send({ type: 'start', ...asked });
    else if (message.type === 'progress' && existsSync(join(asked.outDir, 'checkpoint.json'))) child.kill('SIGKILL');
  });
  const [code, signal] = await once(child, 'exit');
  assert.deepEqual([code, signal], [null, 'SIGKILL'], 'it was to be killed in the middle');
}

async function resumed(asked: PackRequest, from: string) {
  const seen: number[] = [];
  await packDataset({ ...asked, resumeFrom: from, onResume: ({ examples }) => seen.push(examples) });
  return seen;
}

/** Images of one size: grey ones first, then coloured ones, a broken one, in two splits. */
async function evenImages(): Promise<Record<string, Buffer>> {
  const entries: [string, Buffer][] = [];
  for (let i = 0; i < 1600; i++) {
    const image = i < 700 ? { height: 8, width: 6, channels: 1 as const, data: gradient(8, 2, i).data } : gradient(8, 6, i);
    const folder = i % 7 === 0 ? 'val' : 'train';
    entries.push([`${folder}/c${i % 2}/${String(i).padStart(4, '0')}.png`, i === 10 ? Buffer.from('broken') : await png(image)]);
  }
  return Object.fromEntries(entries);
}

async function unevenImages(): Promise<Record<string, Buffer>> {
  const entries: [string, Buffer][] = [];
  for (let i = 0; i < 1200; i++) entries.push([`c${i % 3}/${i}.jpg`, await jpeg(gradient(10 + (i % 5), 12, i))]);
  return Object.fromEntries(entries);
}

/** Photos of one size, of which all but each fifth have a mask; the classes are found in the masks themselves. */
async function maskedImages(): Promise<Record<string, Buffer>> {
  const entries: [string, Buffer][] = [];
  for (let i = 0; i < 900; i++) {
    const name = `${String(i).padStart(4, '0')}.png`;
    const values = Array.from({ length: 12 }, (_, pixel) => (i + pixel) % 5);
    entries.push([`images/${name}`, await png(gradient(3, 4, i))]);
    if (i % 5 > 0) entries.push([`masks/${name}`, buildIndexPng(3, 4, values)]);
  }
  return Object.fromEntries(entries);
}

for (const { name, files } of [
  { name: 'images of one size', files: evenImages },
  { name: 'images of many sizes', files: unevenImages },
  { name: 'images with masks', files: maskedImages },
]) {
  test(`a try that was killed is gone on with: ${name}`, async () => {
    const upload = await buildTar(await files());
    const unbroken = await request(upload);
    await packDataset(unbroken);
    const killed = { ...(await request(upload)), saveEveryMs: 50 };
    await packAndKill(killed);
    const next = await request(upload);
    const [examples = 0, ...more] = await resumed(next, killed.outDir);
    assert.ok(examples >= 1 && more.length === 0, `it went on after ${examples}`);
    assert.deepEqual(await contentsOf(next.outDir), await contentsOf(unbroken.outDir));
  });
}

test('what was killed and resumed can be killed and resumed again', async () => {
  const upload = await buildTar(await evenImages());
  const unbroken = await request(upload);
  await packDataset(unbroken);
  const first = { ...(await request(upload)), saveEveryMs: 50 };
  await packAndKill(first);
  const second = { ...(await request(upload)), saveEveryMs: 50, resumeFrom: first.outDir };
  await packAndKill(second);
  const third = await request(upload);
  assert.equal((await resumed(third, second.outDir)).length, 1);
  assert.deepEqual(await contentsOf(third.outDir), await contentsOf(unbroken.outDir));
});

test('what is damaged, of another upload or of another way to pack is not gone on with', async () => {
  const upload = await buildTar(await evenImages());
  const killed = { ...(await request(upload)), saveEveryMs: 50 };
  await packAndKill(killed);
  const copyOf = async (damage: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(root, 'try-'));
    await cp(killed.outDir, folder, { recursive: true });
    await damage(folder);
    return folder;
  };
  const unbroken = await request(upload);
  await packDataset(unbroken);
  const flipped = await copyOf(async (folder) => {
    const path = join(folder, 'checked.jsonl');
    const bytes = await readFile(path);
    bytes[20]! ^= 1;
    await writeFile(path, bytes);
  });
  const unreadable = await copyOf((folder) => writeFile(join(folder, 'checkpoint.json'), '{"key":'));
  for (const from of [flipped, unreadable, join(root, 'nowhere')]) {
    const next = await request(upload);
    assert.deepEqual(await resumed(next, from), []);
    assert.deepEqual(await contentsOf(next.outDir), await contentsOf(unbroken.outDir));
  }
  const split = { train: 0.5, val: 0.5, test: 0, seed: 0, stratify: true, byGroup: false };
  assert.deepEqual(await resumed({ ...(await request(upload)), split }, killed.outDir), []);
  const other = await request(await buildTar({ 'a/1.png': await png(gradient(3, 3)) }));
  assert.deepEqual(await resumed(other, killed.outDir), []);
});
