import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { PackedFile } from './packed-manifest.ts';
import { createShardStates, forgetShardState, ShardedFile } from './sharded-file.ts';

const dir = await mkdtemp(join(tmpdir(), 'scion-shards-'));
after(() => rm(dir, { recursive: true, force: true }));

async function writeShards(prefix: string, contents: readonly number[][]): Promise<PackedFile[]> {
  return await Promise.all(
    contents.map(async (content, i) => {
      const name = `${prefix}-${i}`;
      const bytes = Uint8Array.from(content);
      await writeFile(join(dir, name), bytes);
      return { name, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

const contents = [
  [0, 1, 2, 3],
  [4, 5],
  [6, 7, 8],
];

test('pieces are read wherever they stand, and all of it', async () => {
  const file = new ShardedFile(dir, await writeShards('sound', contents), createShardStates(3));
  assert.equal(file.sizeBytes, 9);
  for (const [start, length] of [
    [0, 4],
    [1, 2],
    [4, 2],
    [6, 1],
    [8, 1],
    [7, 0],
  ] as const) {
    const out = new Uint8Array(length);
    file.readInto(out, start);
    assert.deepEqual(
      [...out],
      Array.from({ length }, (_, i) => start + i),
    );
  }
  assert.deepEqual([...file.readWhole()], contents.flat());
  for (const [start, length] of [
    [3, 2],
    [8, 2],
    [9, 1],
  ] as const) {
    assert.throws(() => file.readInto(new Uint8Array(length), start), RangeError);
  }
  file.close();
});

test('a shard is checked when it is first read from, by whichever reader comes first', async () => {
  const shards = await writeShards('damaged', contents);
  await writeFile(join(dir, 'damaged-1'), Uint8Array.of(4, 6));
  const states = createShardStates(3);
  const [first, second] = [new ShardedFile(dir, shards, states), new ShardedFile(dir, shards, states)];
  first.readInto(new Uint8Array(1), 0);
  const refused = { code: 'dataInvalid', message: /damaged-1 is damaged: its SHA-256 differs/ };
  assert.throws(() => second.readInto(new Uint8Array(1), 4), refused);
  assert.throws(() => first.readInto(new Uint8Array(1), 5), refused);
  const unchecked = new ShardedFile(dir, shards, null);
  unchecked.readInto(new Uint8Array(1), 5);
  for (const file of [first, second, unchecked]) file.close();
});

test('a shard that is missing or of another size is noticed', async () => {
  const shards = await writeShards('cut', contents);
  await truncate(join(dir, 'cut-2'), 2);
  const file = new ShardedFile(dir, shards, null);
  const [cut, missing] = [/it has 2 bytes instead of 3/, /cut-0 is damaged: it is missing/];
  assert.throws(() => file.checkSizes(), { code: 'dataInvalid', message: cut });
  assert.throws(() => file.readInto(new Uint8Array(1), 6), { code: 'dataInvalid', message: cut });
  await rm(join(dir, 'cut-0'));
  assert.throws(() => file.checkSizes(), { code: 'dataInvalid', message: missing });
});

test('a file that was closed is opened again, and checked again where its copy is another one', async () => {
  const shards = await writeShards('closed', contents);
  const states = createShardStates(3);
  const file = new ShardedFile(dir, shards, states);
  const byteAt = (start: number) => {
    const out = new Uint8Array(1);
    file.readInto(out, start);
    return out[0];
  };
  assert.equal(byteAt(4), 4);
  file.close();
  await writeFile(join(dir, 'closed-1'), Uint8Array.of(9, 6));
  assert.equal(byteAt(4), 9, 'it was checked once');
  forgetShardState(states, 1);
  assert.throws(() => byteAt(4), { code: 'dataInvalid', message: /closed-1 is damaged: its SHA-256 differs/ });
  file.close();
});
