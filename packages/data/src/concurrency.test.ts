import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { forEachIndex, mapOrdered } from './concurrency.ts';

async function* countTo(count: number, onTake: (index: number) => void = () => undefined): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    onTake(i);
    yield i;
  }
}

test('mapOrdered yields in order though the work ends in another, and never runs more than allowed', async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < (item * 7) % 5; turn++) await nextTurn();
    running--;
    return item * 10;
  };
  for await (const result of mapOrdered(countTo(50), () => 4, work)) results.push(result);
  assert.deepEqual(
    results,
    Array.from({ length: 50 }, (_, i) => i * 10),
  );
  assert.equal(most, 4);
});

test('mapOrdered takes no more items than it works on', async () => {
  let taken = 0;
  const results = mapOrdered(
    countTo(1000, () => taken++),
    () => 3,
    async (item) => item,
  );
  await results.next();
  await results.return(undefined);
  assert.ok(taken <= 3, `${taken} were taken`);
});

test('mapOrdered passes on the first failure in order, with the others met', async () => {
  const work = async (item: number) => {
    if (item >= 2) throw new Error(`item ${item}`);
    return item;
  };
  const results: number[] = [];
  await assert.rejects(async () => {
    for await (const result of mapOrdered(countTo(6), () => 4, work)) results.push(result);
  }, /item 2/);
  assert.deepEqual(results, [0, 1]);
});

test('forEachIndex visits each index once and passes on a failure', async () => {
  const visits = new Array<number>(20).fill(0);
  await forEachIndex(20, 3, async (index) => {
    await nextTurn();
    visits[index]!++;
  });
  assert.deepEqual(visits, new Array(20).fill(1));
  await forEachIndex(0, 3, () => assert.fail());
  await assert.rejects(
    forEachIndex(5, 2, async (index) => assert.notEqual(index, 3, 'third')),
    /third/,
  );
});

test('forEachIndex starts nothing after a failure and leaves nothing running', async () => {
  const started: number[] = [];
  let running = 0;
  const work = async (index: number) => {
    started.push(index);
    running++;
    for (let turn = 0; turn < 3 * index; turn++) await nextTurn();
    running--;
    if (index === 0) throw new Error('first');
  };
  await assert.rejects(forEachIndex(10, 3, work), /first/);
  assert.deepEqual([started, running], [[0, 1, 2], 0]);
});
