import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvRecords } from './csv-records.ts';
import { jsonLines } from './jsonl-table.ts';

const chunk = Buffer.alloc(1 << 16, 'y');

/** An endless line: only a reader that stops by itself comes to an end. */
async function* endlessLine(taken: { bytes: number }): AsyncGenerator<Uint8Array> {
  yield Buffer.from('image,label\n');
  for (;;) {
    taken.bytes += chunk.length;
    yield chunk;
  }
}

for (const [name, read] of [
  ['CSV', (chunks: AsyncIterable<Uint8Array>) => csvRecords(chunks, { path: 'x', delimiter: ',', maxBytes: 1 << 20 })],
  ['JSON lines', (chunks: AsyncIterable<Uint8Array>) => jsonLines(chunks, { path: 'x', maxBytes: 1 << 20 })],
] as const) {
  test(`${name}: a record without end is given up at the limit`, async () => {
    const taken = { bytes: 0 };
    const readAll = async () => {
      for await (const _ of read(endlessLine(taken)));
    };
    await assert.rejects(readAll(), { code: 'dataInvalid', message: /of more than 1048576 bytes/ });
    assert.ok(taken.bytes < 4 << 20, `${taken.bytes} bytes were taken`);
  });
}
