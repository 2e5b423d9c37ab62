import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { computeValues, createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../../close-to.fixture.ts';
import { convnetSmall } from '../../models/convnet-small.ts';
import type { Forward } from '../../parameters.ts';
import { lastFirst } from './gradual-unfreezing.ts';
import { halfSquaredDistance } from './l2-sp.ts';
import { decayedRates } from './layer-decay.ts';
import { withProduct } from './lora.ts';
import { meanSquaredDifference, sigmoidRampUp } from './mean-teacher.ts';
import { confidentLabels, pseudoLabelLoss } from './pseudo-labels.ts';
import { readReference } from './reference.fixture.ts';
import { weightsOf } from './softmatch.ts';
import { between } from './wise-ft.ts';

const { l2Sp, lora, fixmatch, softmatch, meanTeacher } = await readReference();

before(() => openDevice());

describe('finetuning by the formulas of its authors', () => {
  it('l2-sp: loss and gradient', () => {
    const { alpha, beta, weights, start, head } = l2Sp;
    const penalty = (w: tf.Tensor) =>
      tf.add(
        tf.mul(alpha, halfSquaredDistance([w], [tf.tensor2d(start)])),
        tf.mul(beta, halfSquaredDistance([tf.tensor2d(head)])),
      ) as tf.Scalar;
    assertCloseTo(
      computeValues(() => penalty(tf.tensor2d(weights))),
      [l2Sp.penalty],
      1e-5,
    );
    assertCloseTo(
      computeValues(() => tf.grad(penalty)(tf.tensor2d(weights))),
      l2Sp.gradient.flat(),
      1e-5,
    );
  });

  it('lora: the layer with its products added in', () => {
    const h = computeValues(() => {
      const factors = { down: tf.tensor2d(lora.down), up: tf.tensor2d(lora.up), scale: lora.scale };
      return tf.matMul(tf.tensor2d(lora.x), withProduct(tf.tensor2d(lora.weight), factors) as tf.Tensor2D);
    });
    assertCloseTo(h, lora.h.flat(), 1e-4);
  });

  it('wise-ft: the line from the probe to the finetuned network', () => {
    const at = (alpha: number) => [...computeValues(() => between(tf.tensor1d([1, -2]), tf.tensor1d([3, 2]), alpha))];
    assert.deepEqual(
      [at(0), at(0.25), at(1)],
      [
        [1, -2],
        [1.5, -1],
        [3, 2],
      ],
    );
  });

  const backbone = convnetSmall.create({ type: 'convnet-small' }, [8, 8, 1]);

  it('layer-wise rates: a factor less for each block below the head', () => {
    const rate = decayedRates(backbone, 0.5);
    const names = ['head.weight', 'conv3.weight', 'bn3.bias', 'conv2.weight', 'conv1.weight'];
    assert.deepEqual(names.map(rate), [1, 0.5, 0.5, 0.25, 0.125]);
  });

  it('gradual unfreezing: from the head down, all in the end', () => {
    const parts = lastFirst(backbone, 2).map((part) => part.map(({ name }) => name));
    assert.deepEqual(parts.flat().sort(), backbone.parameters.map(({ name }) => name).sort());
    assert.ok(parts[0]?.includes('conv3.weight') && parts[1]?.includes('conv1.weight'), JSON.stringify(parts));
  });

  it('fixmatch: loss and gradient of confident pseudo-labels', () => {
    const pseudo = () => confidentLabels(tf.tensor2d(fixmatch.weak), fixmatch.threshold);
    const loss = (strong: tf.Tensor) => pseudoLabelLoss(strong as tf.Tensor2D, pseudo());
    assertCloseTo(
      computeValues(() => tf.div(tf.sum(pseudo()), 6)),
      [fixmatch.accepted],
      1e-6,
    );
    assertCloseTo(
      computeValues(() => loss(tf.tensor2d(fixmatch.strong))),
      [fixmatch.loss],
      1e-5,
    );
    assertCloseTo(
      computeValues(() => tf.grad(loss)(tf.tensor2d(fixmatch.strong))),
      fixmatch.gradient.flat(),
      1e-5,
    );
  });

  it('fixmatch: no gradient comes through what the network is sure of', () => {
    const target = (scores: tf.Tensor) => tf.sum(confidentLabels(scores as tf.Tensor2D, 0)) as tf.Scalar;
    assert.deepEqual([...computeValues(() => tf.grad(target)(tf.tensor2d(fixmatch.weak)))], fixmatch.weak.flat().fill(0));
  });

  it('softmatch: the weight of each confidence, and the running values behind it', () => {
    const running = new Map([
      ['softmatch.prediction', [1 / 3, 1 / 3, 1 / 3]],
      ['softmatch.mean', [1 / 3]],
      ['softmatch.variance', [1]],
    ]);
    const forward: Forward = {
      parameter: (name) => tf.tensor1d(running.get(name) ?? []),
      training: true,
      rng: createRng(stepKey(0, 0)),
      updateStatistic: (name, value) => void running.set(name, [...value.dataSync()]),
    };
    const weights = computeValues(() => weightsOf(forward, tf.softmax(tf.tensor2d(softmatch.scores)), softmatch.momentum));
    assertCloseTo(weights, softmatch.weights, 1e-5);
    assertCloseTo(running.get('softmatch.prediction')!, softmatch.prediction, 1e-5);
    assertCloseTo(
      [...running.get('softmatch.mean')!, ...running.get('softmatch.variance')!],
      [softmatch.mean, softmatch.variance],
      1e-5,
    );
  });

  it('mean-teacher: the difference of two sets of scores, and how its weight rises', () => {
    const softmax = (rows: number[][]) => tf.softmax(tf.tensor2d(rows));
    assertCloseTo(
      computeValues(() => meanSquaredDifference(softmax(meanTeacher.student), softmax(meanTeacher.teacher))),
      [meanTeacher.difference],
      1e-6,
    );
    const ramp = [0, 0.1, 0.2, 0.4, 0.9].map((progress) => computeValues(() => sigmoidRampUp(tf.scalar(progress), 0.4))[0]!);
    assertCloseTo(ramp, meanTeacher.ramp, 1e-6);
  });
});
