import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MakeSplits } from '@scion/schema';
import { divide, madeSplits } from './divide.ts';

const tenths = MakeSplits.parse({ train: 0.8, val: 0.1, test: 0.1 });

/** How many examples each split has, for each label. */
function counts(labels: readonly number[], splits: Uint8Array): Record<string, number[]> {
  const labelCount = Math.max(...labels) + 1;
  return Object.fromEntries(
    madeSplits.map((name, split) => [
      name,
      Array.from({ length: labelCount }, (_, label) => labels.filter((l, i) => l === label && splits[i] === split).length),
    ]),
  );
}

const labelsOf = (...sizes: number[]) => sizes.flatMap((size, label) => new Array<number>(size).fill(label));

test('every class is divided in the wanted shares', () => {
  const labels = labelsOf(100, 50, 200);
  assert.deepEqual(counts(labels, divide({ labels, groups: null }, tenths)), {
    train: [80, 40, 160],
    val: [10, 5, 20],
    test: [10, 5, 20],
  });
});

test('many small classes still add up to the wanted shares', () => {
  const labels = labelsOf(...new Array<number>(40).fill(5));
  const splits = divide({ labels, groups: null }, tenths);
  const sizes = [0, 1, 2].map((split) => splits.filter((s) => s === split).length);
  assert.deepEqual(sizes, [160, 20, 20]);
  for (const perClass of Object.values(counts(labels, splits))) {
    assert.ok(Math.max(...perClass) - Math.min(...perClass) <= 1);
  }
});

test('the same seed gives the same splits, another seed others', () => {
  const labels = labelsOf(50, 50);
  const once = divide({ labels, groups: null }, tenths);
  assert.deepEqual(divide({ labels, groups: null }, tenths), once);
  assert.notDeepEqual(divide({ labels, groups: null }, { ...tenths, seed: 1 }), once);
});

test('without stratification only the whole is divided in shares; a share of 0 gets nothing', () => {
  const labels = labelsOf(500, 500);
  const splits = divide({ labels, groups: null }, MakeSplits.parse({ train: 0.75, test: 0.25, stratify: false }));
  const { train, val, test: held } = counts(labels, splits);
  assert.equal(train![0]! + train![1]!, 750);
  assert.deepEqual(val, [0, 0]);
  assert.ok(
    held!.every((count) => count > 90 && count < 160),
    String(held),
  );
});

test('groups never straddle, and classes are still divided nearly in the wanted shares', () => {
  const labels: number[] = [];
  const groups: number[] = [];
  for (let group = 0; group < 200; group++) {
    for (let i = 0; i <= group % 7; i++) {
      labels.push(group % 3);
      groups.push(group);
    }
  }
  const splits = divide({ labels, groups }, tenths);
  const splitOfGroup = new Map<number, number>();
  for (const [i, group] of groups.entries()) {
    assert.equal(splitOfGroup.get(group) ?? splits[i], splits[i]);
    splitOfGroup.set(group, splits[i]!);
  }
  const byLabel = counts(labels, splits);
  for (const [split, share] of [
    ['train', 0.8],
    ['val', 0.1],
    ['test', 0.1],
  ] as const) {
    for (const label of [0, 1, 2]) {
      const total = labels.filter((l) => l === label).length;
      assert.ok(Math.abs(byLabel[split]![label]! / total - share) < 0.03, `${split} ${label}`);
    }
  }
});
