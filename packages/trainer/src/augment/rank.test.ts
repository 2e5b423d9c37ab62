import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { rankOf } from './rank.ts';

before(() => openDevice());

describe('rankOf', () => {
  it('ranks each column, the earlier of equals first', () => {
    const draws = tf.tensor2d([
      [0.9, 0.5, 0.1],
      [0.2, 0.5, 0.3],
      [0.4, 0.5, 0.2],
    ]);
    assert.deepEqual(
      rankOf(draws).map((ranks) => [...ranks.dataSync()]),
      [
        [2, 0, 0],
        [0, 1, 2],
        [1, 2, 1],
      ],
    );
  });
});
