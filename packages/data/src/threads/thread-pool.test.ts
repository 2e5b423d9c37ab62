import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ScionError } from '@scion/schema';
import type { SquaresTask } from './squares-thread.fixture.ts';
import { ThreadPool } from './thread-pool.ts';

const script = new URL('./squares-thread.fixture.js', import.meta.url);
let pool: ThreadPool<SquaresTask, number | Uint8Array>;

beforeEach(() => {
  pool = new ThreadPool({ script, threads: 2 });
});
afterEach(() => pool.close());

test('tasks are answered, each with its own answer', async () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.deepEqual(
    await Promise.all(numbers.map((number) => pool.run({ number }))),
    numbers.map((number) => number ** 2),
  );
});

test('buffers are handed over there and back, not copied', async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const back = pool.run({ bytes }, { transfer: [bytes.buffer] });
  assert.equal(bytes.length, 0);
  assert.deepEqual(await back, Uint8Array.of(1, 2, 3));
});

test('what a thread raises comes back, with its code where it has one', async () => {
  await assert.rejects(pool.run({ number: -2 }), { message: 'There are no squares of negative numbers' });
  await assert.rejects(pool.run({ number: -1 }), (error) => error instanceof ScionError && error.code === 'dataInvalid');
  assert.equal(await pool.run({ number: 3 }), 9);
});

test('a thread that dies fails its tasks, those to come too, and no others', async () => {
  const ended = /ended before it had answered/;
  await Promise.all([
    assert.rejects(pool.run({ number: 0 }, { thread: 0 }), ended),
    assert.rejects(pool.run({ number: 5 }, { thread: 0 }), ended),
  ]);
  await assert.rejects(pool.run({ number: 5 }, { thread: 0 }), ended);
  assert.equal(await pool.run({ number: 5 }, { thread: 1 }), 25);
});
