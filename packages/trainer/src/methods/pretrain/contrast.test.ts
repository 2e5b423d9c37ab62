import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { philoxUniform } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../../close-to.fixture.ts';
import { unitRows } from '../../unit-rows.ts';
import { contrastViews } from './contrast.ts';

before(() => openDevice());

const [batch, width, temperature] = [6, 4, 0.3];
const view = (seed: number) =>
  unitRows(
    tf.tensor2d(
      philoxUniform(batch * width, seed, 0).map((u) => u - 0.5),
      [batch, width],
    ),
  );

/** Equation 1 of the paper, one pair after the other. */
function slowLoss(rows: number[][]): number {
  const similarity = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0) / temperature;
  const losses = rows.map((row, i) => {
    const others = rows.filter((_, j) => j !== i).map((other) => Math.exp(similarity(row, other)));
    const partner = rows[(i + batch) % (2 * batch)]!;
    return -Math.log(Math.exp(similarity(row, partner)) / others.reduce((sum, value) => sum + value, 0));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe('contrast of two views', () => {
  it('is the loss of the paper', () => {
    const [first, second] = [view(1), view(2)];
    const rows = [...(first.arraySync() as number[][]), ...(second.arraySync() as number[][])];
    assertCloseTo([contrastViews(first, second, temperature).loss.dataSync()[0]!], [slowLoss(rows)], 1e-5);
  });

  it('is small, and every partner found, where the views are alike and the images are not', () => {
    const corners = tf.eye(batch) as tf.Tensor2D;
    const { loss, accuracy } = contrastViews(corners, corners, 0.05);
    assert.ok(loss.dataSync()[0]! < 1e-6);
    assert.equal(accuracy.dataSync()[0], 1);
  });

  it('is that of chance where all embeddings are alike: log(2·batch - 1)', () => {
    const alike = unitRows(tf.ones([batch, width]));
    assertCloseTo([contrastViews(alike, alike, temperature).loss.dataSync()[0]!], [Math.log(2 * batch - 1)], 1e-5);
  });
});
