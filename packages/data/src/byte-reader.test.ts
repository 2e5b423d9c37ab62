import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader } from './byte-reader.ts';

async function* chunks(...sizes: number[]): AsyncGenerator<Uint8Array> {
  let next = 0;
  for (const size of sizes) yield Uint8Array.from({ length: size }, () => next++);
}

test('pieces come in wanted lengths across the borders of chunks, short only at the end', async () => {
  const reader = new ByteReader(chunks(2, 0, 5, 1));
  const pieces = [];
  for (const length of [1, 3, 0, 3, 4, 4]) pieces.push([...(await reader.read(length))]);
  assert.deepEqual(pieces, [[0], [1, 2, 3], [], [4, 5, 6], [7], []]);
});

test('closing lets go of the stream before its end', async () => {
  let released = false;
  async function* source() {
    try {
      yield Uint8Array.of(1, 2);
      yield Uint8Array.of(3);
    } finally {
      released = true;
    }
  }
  const reader = new ByteReader(source());
  await reader.read(1);
  await reader.close();
  assert.equal(released, true);
});
