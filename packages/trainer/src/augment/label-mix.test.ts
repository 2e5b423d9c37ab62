import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { mixedTargets, partnersOf } from './label-mix.ts';

before(() => openDevice());

const labels = () => tf.tensor1d([2, 0, 1], 'int32');

describe('partnersOf', () => {
  it('gives each example the next, and an only one itself', () => {
    assert.deepEqual(
      [
        ...partnersOf(
          tf.tensor2d([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        ).dataSync(),
      ],
      [3, 4, 5, 6, 1, 2],
    );
    assert.deepEqual([...partnersOf(tf.tensor2d([[1, 2]])).dataSync()], [1, 2]);
  });
});

describe('mixedTargets', () => {
  it('is one-hot where nothing is mixed', () => {
    assert.deepEqual([...mixedTargets(labels(), 3, []).dataSync()], [0, 0, 1, 1, 0, 0, 0, 1, 0]);
  });

  it("shares each row between its own label and its partner's", () => {
    const targets = mixedTargets(labels(), 3, [{ weight: tf.tensor1d([0.75, 0.25, 1]) }]);
    assert.deepEqual([...targets.dataSync()], [0.25, 0, 0.75, 0.25, 0.75, 0, 0, 1, 0]);
  });

  it('mixes what is mixed already', () => {
    const mixes = [{ weight: tf.tensor1d([0.75, 0.25, 1]) }, { weight: tf.tensor1d([0.5, 0.5, 0.5]) }];
    assertCloseTo(mixedTargets(labels(), 3, mixes).dataSync(), [0.25, 0.375, 0.375, 0.125, 0.875, 0, 0.125, 0.5, 0.375], 1e-6);
  });
});
