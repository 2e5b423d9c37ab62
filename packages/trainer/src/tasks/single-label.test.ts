import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { mixedTargets } from '../augment/label-mix.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { taskTraining } from '../methods/task-training.ts';
import type { Backbone } from '../models/define-backbone.ts';
import type { Forward } from '../parameters.ts';
import { singleLabel } from './single-label.ts';

before(() => openDevice());

/** Takes images of three pixels for features, which the head below takes for scores. */
const flat: Backbone = {
  parameters: [],
  featureCount: 3,
  features: (_forward, images) => tf.reshape(images, [images.shape[0], 3]),
};
const classNames = ['a', 'b', 'c'];
const forward = (): Forward => ({
  parameter: (name) => (name.endsWith('weight') ? tf.eye(3) : tf.zeros([3])),
  training: true,
  rng: createRng(stepKey(0, 0)),
  updateStatistic: () => undefined,
});

const rows = [
  [2, -1, 0.5],
  [0.1, 0.9, 0],
  [-3, 4, 1],
];
const labels = [0, 2, 1];

function stepOn(weights: number[][]) {
  const mixes = weights.map((weight) => ({ weight: tf.tensor1d(weight) }));
  const images = tf.tensor4d(rows.flat(), [3, 1, 3, 1]);
  const batch = {
    images,
    views: [images],
    labels: tf.tensor1d(labels, 'int32'),
    mixes,
    unlabelledCount: 0,
    progress: tf.scalar(0),
  };
  const { loss, metrics } = taskTraining(
    {
      backbone: flat,
      task: singleLabel.create({ type: 'single-label' }, { classNames }),
      classNames,
      augment: [],
      inputShape: [1, 3, 1],
      backboneAt: () => flat,
    },
    { freezeBackbone: false },
  ).step(forward(), batch);
  return { loss: loss.dataSync()[0]!, accuracy: metrics['accuracy']!.dataSync()[0]! };
}

/** Cross-entropy of one row of scores against one label. */
const lossOf = (row: number[], label: number) => Math.log(row.reduce((sum, score) => sum + Math.exp(score), 0)) - row[label]!;

describe('classification of mixed labels', () => {
  it("weighs the losses of an example's own label and its partner's", () => {
    const weights = [0.6, 0.3, 0.8];
    const losses = rows.map((row, i) => {
      return weights[i]! * lossOf(row, labels[i]!) + (1 - weights[i]!) * lossOf(row, labels[(i + 1) % 3]!);
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / 3;
    assertCloseTo([stepOn([weights]).loss], [mean], 1e-6);
  });

  it('counts a hit where the largest score is of the heavier label', () => {
    // Rows are won by classes 0, 1 and 1; own labels are 0, 2, 1 and partners' 2, 1, 0.
    assertCloseTo([stepOn([[0.6, 0.6, 0.6]]).accuracy], [2 / 3], 1e-6);
    assertCloseTo([stepOn([[0.6, 0.4, 0.6]]).accuracy], [1], 1e-6);
    assertCloseTo([stepOn([[0.4, 0.6, 0.4]]).accuracy], [0], 1e-6);
  });

  it('goes on from one mix to the next', () => {
    const weights = [
      [0.6, 0.3, 0.8],
      [0.5, 0.9, 0.7],
    ];
    const targets = mixedTargets(
      tf.tensor1d(labels, 'int32'),
      3,
      weights.map((weight) => ({ weight: tf.tensor1d(weight) })),
    ).arraySync();
    const losses = rows.map((row, i) => targets[i]!.reduce((sum, share, label) => sum + share * lossOf(row, label), 0));
    assertCloseTo([stepOn(weights).loss], [losses.reduce((sum, loss) => sum + loss, 0) / 3], 1e-6);
  });

  it('is as without mixing where every weight is 1', () => {
    const { loss, accuracy } = stepOn([]);
    assertCloseTo([loss], [rows.reduce((sum, row, i) => sum + lossOf(row, labels[i]!), 0) / 3], 1e-6);
    assertCloseTo([stepOn([[1, 1, 1]]).loss, stepOn([[1, 1, 1]]).accuracy], [loss, accuracy], 1e-6);
  });
});
