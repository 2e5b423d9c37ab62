import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import type { ArtifactStore } from '../artifact-store.ts';

/** Declares the tests that every artifact store passes. `open` gives a new, empty store. */
export function describeArtifactStoreContract(name: string, open: () => Promise<ArtifactStore>): void {
  describe(`${name} keeps the artifact store contract`, () => {
    describeWriting(open);
    describeReading(open);
    describeFolders(open);
    describeOpenedFolders(open);
    describePublishing(open);
    it('refuses keys that could leave the store', () => refusesBadKeys(open));
  });
}

function describeWriting(open: () => Promise<ArtifactStore>): void {
  it('stores bytes, text and streams, and returns their size and SHA-256', async () => {
    const store = await open();
    for (const body of [Buffer.from('héllo'), 'héllo', chunksOf('hé', 'llo')]) {
      assert.deepEqual(await store.put('jobs/a/x.json', body), { sizeBytes: 6, sha256: sha256('héllo') });
      assert.equal(await textOf(store, 'jobs/a/x.json'), 'héllo');
    }
  });

  it('stores an empty object', async () => {
    const store = await open();
    assert.deepEqual(await store.put('empty', chunksOf()), { sizeBytes: 0, sha256: sha256('') });
    assert.equal(await store.sizeOf('empty'), 0);
    assert.equal(await textOf(store, 'empty'), '');
  });

  it('keeps the old bytes when the new ones break off, and leaves nothing of them', async () => {
    const store = await open();
    await store.put('jobs/a/x.json', 'old');
    await assert.rejects(store.put('jobs/a/x.json', breakingOff('new')), /broke off/);
    await assert.rejects(store.put('jobs/a/never', breakingOff('new')), /broke off/);
    assert.equal(await textOf(store, 'jobs/a/x.json'), 'old');
    assert.deepEqual(await store.list('jobs'), ['jobs/a/x.json']);
  });

  it('stores a long body that comes in pieces of any size', async () => {
    const store = await open();
    const pieces = Array.from({ length: 9 }, (_, i) => randomBytes(5 * 2 ** 20 - 17 * i));
    const body = Buffer.concat(pieces);
    assert.deepEqual(await store.put('long', piecesOf(pieces)), { sizeBytes: body.length, sha256: sha256(body) });
    assert.ok(body.equals((await store.get('long')) ?? Buffer.alloc(0)));
    const range = { start: 15_000_000, end: 34_999_999 };
    const stream = await store.openRead('long', range);
    assert.ok(stream && body.subarray(range.start, range.end + 1).equals(await buffer(stream)));
    const path = await store.localFile('long');
    assert.ok(path !== null && body.equals(await readFile(path)));
    await store.releaseLocal(path);
  });

  it('stores a body where there is none, for one of many writers', async () => {
    const store = await open();
    const bodies = Array.from({ length: 8 }, (_, i) => `body ${i}`);
    const stored = await Promise.all(bodies.map((body) => store.putIfAbsent('jobs/a/once', body)));
    const winners = bodies.filter((_, i) => stored[i] !== null);
    assert.equal(winners.length, 1);
    assert.equal(await textOf(store, 'jobs/a/once'), winners[0]);
    assert.equal(await store.putIfAbsent('jobs/a/once', 'late'), null);
    assert.deepEqual(await store.list('jobs'), ['jobs/a/once']);
    await store.put('jobs/a/once', 'replaced');
    assert.equal(await textOf(store, 'jobs/a/once'), 'replaced');
  });

  it('never shows a reader a mixture of old and new bytes', async () => {
    const store = await open();
    const bodies = ['a', 'b'].map((letter) => letter.repeat(300_000));
    await store.put('x', bodies[0] ?? '');
    const writes = Array.from({ length: 12 }, (_, i) => store.put('x', bodies[i % 2] ?? ''));
    const reads = Array.from({ length: 24 }, () => textOf(store, 'x'));
    for (const text of await Promise.all(reads)) assert.ok(text !== null && bodies.includes(text));
    await Promise.all(writes);
  });

  it('appends whole lines, also when many are appended at once', async () => {
    const store = await open();
    await store.appendLine('jobs/a/log.jsonl', '{"n":-1}');
    const lines = Array.from({ length: 40 }, (_, n) => JSON.stringify({ n, filler: 'é'.repeat(50) }));
    await Promise.all(lines.map((line) => store.appendLine('jobs/a/log.jsonl', line)));
    const text = (await textOf(store, 'jobs/a/log.jsonl')) ?? '';
    assert.deepEqual(text.split('\n').sort(), ['{"n":-1}', ...lines, ''].sort());
    await assert.rejects(store.appendLine('jobs/a/log.jsonl', 'two\nlines'), RangeError);
  });

  it('keeps lines that are appended one after the other in order, and treats them as any object', async () => {
    const store = await open();
    const lines = ['first', 'second', 'third'];
    for (const line of lines) await store.appendLine('jobs/a/log.jsonl', line);
    assert.equal(await textOf(store, 'jobs/a/log.jsonl'), 'first\nsecond\nthird\n');
    const part = await store.openRead('jobs/a/log.jsonl', { start: 6, end: 11 });
    assert.equal(part && (await buffer(part)).toString(), 'second');
    assert.equal(await store.sizeOf('jobs/a/log.jsonl'), 19);
    assert.deepEqual(await store.list('jobs/a'), ['jobs/a/log.jsonl']);
    await store.remove('jobs/a/log.jsonl');
    assert.equal(await textOf(store, 'jobs/a/log.jsonl'), null);
    await store.appendLine('jobs/a/log.jsonl', 'again');
    assert.equal(await textOf(store, 'jobs/a/log.jsonl'), 'again\n');
    await store.remove('jobs');
    assert.deepEqual(await store.list('jobs'), []);
  });
}

function describeReading(open: () => Promise<ArtifactStore>): void {
  it('answers null for what is not there, and for a folder', async () => {
    const store = await open();
    await store.put('jobs/a/x.json', 'x');
    for (const key of ['missing', 'jobs/a', 'jobs/b/x.json', 'jobs/a/x.json/y']) {
      assert.equal(await store.get(key), null, key);
      assert.equal(await store.openRead(key), null, key);
      assert.equal(await store.sizeOf(key), null, key);
    }
  });

  it('streams an object or an inclusive range of it', async () => {
    const store = await open();
    await store.put('x', '0123456789');
    const read = async (range?: { start: number; end: number }) => {
      const stream = await store.openRead('x', range);
      return stream ? (await buffer(stream)).toString() : null;
    };
    assert.equal(await read(), '0123456789');
    assert.equal(await read({ start: 2, end: 4 }), '234');
    assert.equal(await read({ start: 9, end: 9 }), '9');
    assert.equal(await read({ start: 8, end: 50 }), '89');
  });
}

function describeFolders(open: () => Promise<ArtifactStore>): void {
  it('lists keys under a folder, sorted, recursively, and not those of a folder whose name only starts the same', async () => {
    const store = await open();
    for (const key of ['m/b', 'm/a/z', 'm/a/y', 'm2/c']) await store.put(key, key);
    assert.deepEqual(await store.list('m'), ['m/a/y', 'm/a/z', 'm/b']);
    assert.deepEqual(await store.list('m/a'), ['m/a/y', 'm/a/z']);
    assert.deepEqual(await store.list('nothing'), []);
  });

  it('removes an object or a folder, and does nothing where there is none', async () => {
    const store = await open();
    for (const key of ['m/a/y', 'm/a/z', 'm/b', 'm2']) await store.put(key, key);
    await store.remove('m/a');
    assert.deepEqual(await store.list('m'), ['m/b']);
    await store.remove('m/b');
    await store.remove('m/b');
    await store.remove('never/was');
    assert.deepEqual(await store.list('m'), []);
    assert.equal(await textOf(store, 'm2'), 'm2');
    await store.put('m/a/y', 'again');
    assert.equal(await textOf(store, 'm/a/y'), 'again');
  });

  it('gives a local folder with the same files', async () => {
    const store = await open();
    await store.put('m/a/y', 'why');
    await store.put('m/b', 'bee');
    const folder = await store.localFolder('m');
    assert.deepEqual((await readdir(folder)).sort(), ['a', 'b']);
    assert.equal(await readFile(join(folder, 'a', 'y'), 'utf8'), 'why');
    const file = await store.localFile('m/b');
    assert.equal(file && (await readFile(file, 'utf8')), 'bee');
    assert.equal(await store.localFile('m/c'), null);
    for (const path of [folder, file ?? '']) await store.releaseLocal(path);
    await store.put('m/b', 'another bee');
    assert.equal(await readFile(join(await store.localFolder('m'), 'b'), 'utf8'), 'another bee');
  });
}

function describeOpenedFolders(open: () => Promise<ArtifactStore>): void {
  it('opens a folder whose files come when they are asked for, as often as they are', async () => {
    const store = await open();
    for (const name of ['a/y', 'b', 'c']) await store.put(`m/${name}`, `this is ${name}`);
    const { path, fetch, drop, close } = await store.openFolder('m');
    for (const name of ['b', 'a/y', 'b']) {
      await fetch(name);
      assert.equal(await readFile(join(path, name), 'utf8'), `this is ${name}`);
      await fetch(name);
      await drop(name);
    }
    await fetch('never-was');
    await assert.rejects(stat(join(path, 'never-was')), { code: 'ENOENT' });
    await drop('never-was');
    await close();
    assert.equal(await textOf(store, 'm/b'), 'this is b');
  });
}

function describePublishing(open: () => Promise<ArtifactStore>): void {
  it('publishes a folder that was built here, whole and in the place of what was there', async () => {
    const store = await open();
    const place = await store.buildingPlace('datasets/a/packed');
    assert.equal(await store.buildingPlace('datasets/a/packed'), place);
    assert.notEqual(await store.buildingPlace('datasets/a-packed'), place);
    const build = async (files: Record<string, string>) => {
      await mkdir(join(place, 'shards'), { recursive: true });
      for (const [name, text] of Object.entries(files)) await writeFile(join(place, name), text);
    };
    await build({ 'shards/0': 'zero', 'shards/1': 'one' });
    await assert.rejects(store.publishFolder('datasets/a/packed', { from: place, last: 'packed.json' }), /not whole/);
    assert.deepEqual(await store.list('datasets'), []);
    await build({ 'packed.json': '{}' });
    await store.publishFolder('datasets/a/packed', { from: place, last: 'packed.json' });
    await assert.rejects(stat(place), { code: 'ENOENT' });
    const names = ['packed.json', 'shards/0', 'shards/1'];
    assert.deepEqual(
      await store.list('datasets'),
      names.map((name) => `datasets/a/packed/${name}`),
    );
    assert.equal(await readFile(join(await store.localFolder('datasets/a/packed'), 'shards', '1'), 'utf8'), 'one');

    await build({ 'shards/0': 'null', 'packed.json': '{"again":true}' });
    await store.publishFolder('datasets/a/packed', { from: place, last: 'packed.json' });
    assert.deepEqual(await store.list('datasets'), ['datasets/a/packed/packed.json', 'datasets/a/packed/shards/0']);
    assert.equal(await readFile(join(await store.localFolder('datasets/a/packed'), 'shards', '0'), 'utf8'), 'null');
  });
}

async function refusesBadKeys(open: () => Promise<ArtifactStore>): Promise<void> {
  const store = await open();
  for (const key of ['', '/etc/passwd', '../x', 'a/../../x', 'a//b', 'a/', './a', '.hidden', 'a/.b', 'A', 'a b', 'a\\b', 'a\0']) {
    await assert.rejects(store.put(key, 'x'), RangeError, key);
    await assert.rejects(store.get(key), RangeError, key);
    await assert.rejects(store.appendLine(key, 'x'), RangeError, key);
    await assert.rejects(store.openRead(key), RangeError, key);
    await assert.rejects(store.sizeOf(key), RangeError, key);
    await assert.rejects(store.list(key), RangeError, key);
    await assert.rejects(store.remove(key), RangeError, key);
    await assert.rejects(store.localFolder(key), RangeError, key);
    await assert.rejects(store.openFolder(key), RangeError, key);
    await assert.rejects(store.localFile(key), RangeError, key);
    await assert.rejects(store.putIfAbsent(key, 'x'), RangeError, key);
    await assert.rejects(store.buildingPlace(key), RangeError, key);
    await assert.rejects(store.publishFolder(key, { from: '/nowhere', last: 'x' }), RangeError, key);
  }
}

async function textOf(store: ArtifactStore, key: string): Promise<string | null> {
  const bytes = await store.get(key);
  return bytes === null ? null : Buffer.from(bytes).toString();
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function* chunksOf(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function* piecesOf(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function* breakingOff(first: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(first);
  throw new Error('The upload broke off');
}
