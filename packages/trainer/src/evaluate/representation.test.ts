import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { computeValues, philoxUniform } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { embeddingSpread, spreadDirections } from '../methods/pretrain/embedding.ts';
import { unitRows } from '../unit-rows.ts';
import { featureSpread } from './feature-spread.ts';
import type { LabelledFeatures } from './labelled-features.ts';
import { nearestNeighbourAccuracy, type VoteOptions } from './nearest-neighbours.ts';

before(() => openDevice());

const width = 5;

function randomFeatures(count: number, seed: number): LabelledFeatures {
  const features = philoxUniform(count * width, seed, 1).map((u) => u - 0.5);
  return { features, labels: Int32Array.from({ length: count }, (_, i) => i % 3), width };
}

const rowsOf = ({ features, labels }: LabelledFeatures) =>
  Array.from(labels, (label, i) => ({ label, row: [...features.subarray(i * width, (i + 1) * width)] }));

const cosine = (a: number[], b: number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));

/** The vote, one neighbour after the other. */
function slowAccuracy(reference: LabelledFeatures, examples: LabelledFeatures, { neighbours, temperature }: VoteOptions): number {
  const hits = rowsOf(examples).filter(({ row, label }) => {
    const ranked = rowsOf(reference)
      .map((other) => ({ label: other.label, cosine: cosine(row, other.row) }))
      .sort((a, b) => b.cosine - a.cosine);
    const votes = new Map<number, number>();
    for (const near of ranked.slice(0, neighbours))
      votes.set(near.label, (votes.get(near.label) ?? 0) + Math.exp(near.cosine / temperature));
    return [...votes].sort((a, b) => b[1] - a[1])[0]![0] === label;
  });
  return hits.length / examples.labels.length;
}

describe('the vote of nearest neighbours', () => {
  for (const neighbours of [1, 7, 200]) {
    it(`is that of ${neighbours} neighbours by cosine, of all where there are fewer`, () => {
      const options = { neighbours, temperature: 0.1, classCount: 3 };
      const [reference, examples] = [randomFeatures(60, 1), randomFeatures(40, 2)];
      assert.equal(nearestNeighbourAccuracy(reference, examples, options), slowAccuracy(reference, examples, options));
    });
  }

  it('finds each example among themselves, in more than one round of queries', () => {
    const many = randomFeatures(1100, 3);
    assert.equal(nearestNeighbourAccuracy(many, many, { neighbours: 1, temperature: 0.1, classCount: 3 }), 1);
  });
});

describe('spread', () => {
  it('is near 1 where features point everywhere, 0 where all are alike', () => {
    const spread = featureSpread(randomFeatures(500, 4));
    assert.ok(Math.abs(spread - 1) < 0.05, `${spread}`);
    const alike = { features: new Float32Array(10 * width).fill(0.3), labels: new Int32Array(10), width };
    assert.ok(featureSpread(alike) < 1e-3);
  });

  it('is the same number within a step', () => {
    const { features, ...rest } = randomFeatures(50, 5);
    const inStep = computeValues(() => embeddingSpread(unitRows(tf.tensor2d(features, [50, width]))))[0]!;
    assert.ok(Math.abs(inStep - featureSpread({ features, ...rest })) < 1e-5);
  });
});

describe('the directions that rows spread in', () => {
  const directionsOf = (rows: number[][]) => computeValues(() => spreadDirections(tf.tensor2d(rows)))[0]!;

  it('are one on a line, wherever that lies, and as many as there are where none is preferred', () => {
    const ends = Array.from({ length: 40 }, (_, i) => [3, 1, i % 2, 7 - 2 * (i % 2)]);
    assert.ok(Math.abs(directionsOf(ends) - 1) < 1e-4);
    const cross = [0, 1, 2, 3].flatMap((axis) =>
      [5, 7].map((value) => [6, 6, 6, 6].map((mean, i) => (i === axis ? value : mean))),
    );
    assert.ok(Math.abs(directionsOf(cross) - 4) < 1e-4);
  });
});
