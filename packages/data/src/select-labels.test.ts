import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectLabels } from './select-labels.ts';

/** 10 of class 0, 20 of class 1, 40 of class 2, and an unlabelled example after each. */
const labels = Int32Array.from([10, 20, 40].flatMap((count, label) => Array.from({ length: count }, () => [label, -1]).flat()));

function countsOf(chosen: Int32Array): number[] {
  return [0, 1, 2].map((label) => chosen.filter((index) => labels[index] === label).length);
}

test('perClass takes that many of each class', () => {
  const chosen = selectLabels(labels, 3, { perClass: 4, seed: 0 });
  assert.deepEqual(countsOf(chosen), [4, 4, 4]);
  assert.deepEqual(
    [...chosen],
    [...new Set(chosen)].sort((a, b) => a - b),
    'sorted, none twice',
  );
});

test('count deals out as evenly as the classes allow', () => {
  assert.deepEqual(countsOf(selectLabels(labels, 3, { count: 3, seed: 5 })), [1, 1, 1]);
  assert.deepEqual(countsOf(selectLabels(labels, 3, { count: 7, seed: 5 })).sort(), [2, 2, 3]);
  assert.deepEqual(countsOf(selectLabels(labels, 3, { count: 40, seed: 5 })), [10, 15, 15]);
  assert.deepEqual(countsOf(selectLabels(labels, 3, { count: 70, seed: 5 })), [10, 20, 40]);
});

test('fraction takes that share of each class, at least one', () => {
  assert.deepEqual(countsOf(selectLabels(labels, 3, { fraction: 0.25, seed: 1 })), [3, 5, 10]);
  assert.deepEqual(countsOf(selectLabels(labels, 3, { fraction: 0.001, seed: 1 })), [1, 1, 1]);
  assert.deepEqual(countsOf(selectLabels(labels, 3, { fraction: 1, seed: 1 })), [10, 20, 40]);
});

test('the choice is a function of the seed alone', () => {
  const draw = (seed: number) => [...selectLabels(labels, 3, { perClass: 5, seed })];
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  assert.notDeepEqual(draw(3), draw(3 + 2 ** 32), 'all bits of the seed count');
});

test('a larger selection contains the smaller ones', () => {
  for (const grow of [(n: number) => ({ perClass: n, seed: 2 }), (n: number) => ({ count: n, seed: 2 })]) {
    for (let n = 1; n < 10; n++) {
      const larger = new Set(selectLabels(labels, 3, grow(n + 1)));
      for (const index of selectLabels(labels, 3, grow(n))) assert.ok(larger.has(index), `${index} of ${n}`);
    }
  }
});

test('every example is drawn about equally often', () => {
  const one = new Int32Array(50);
  const draws = new Array<number>(50).fill(0);
  for (let seed = 0; seed < 5000; seed++) for (const index of selectLabels(one, 1, { perClass: 10, seed })) draws[index]!++;
  // Each count is binomial(5000, 0.2): mean 1000, standard deviation 28.
  for (const [index, count] of draws.entries()) assert.ok(Math.abs(count - 1000) < 5 * 28.3, `example ${index}: ${count}`);
});

test('too few labelled examples are refused, naming class and count', () => {
  assert.throws(() => selectLabels(labels, ['ant', 'bee', 'cat'], { perClass: 11, seed: 0 }), {
    code: 'specInvalid',
    message: 'Class "ant" has 10 labelled examples, fewer than labels.perClass = 11',
  });
  assert.throws(() => selectLabels(labels, 3, { perClass: 15, seed: 0 }), { code: 'specInvalid', message: /^Class 0 has 10/ });
  assert.throws(() => selectLabels(labels, 4, { perClass: 1, seed: 0 }), { code: 'specInvalid', message: /^Class 3 has 0/ });
  assert.throws(() => selectLabels(labels, 3, { count: 71, seed: 0 }), {
    code: 'specInvalid',
    message: /has 70 labelled examples/,
  });
});
