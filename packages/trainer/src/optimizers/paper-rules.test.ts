import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { philoxUniform } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { entryOf } from '../registry.ts';
import type { TrainedParameter } from './define-optimizer.ts';
import { optimizers } from './index.ts';

/** Rules that PyTorch lacks, against the papers' formulas in plain numbers. */

before(() => openDevice());

const steps = 6;
const learningRates = [0.1, 0.1, 0.05, 0.05, 0.02, 0.01];
const weight: TrainedParameter = { name: 'layer.weight', shape: [3, 4], role: 'weight' };
const bias: TrainedParameter = { name: 'layer.bias', shape: [4], role: 'bias' };

const sizeOf = ({ shape }: TrainedParameter) => shape.reduce((product, side) => product * side, 1);
const drawn = (size: number, seed: number) => Array.from(philoxUniform(size, 11, seed), (u) => 4 * u - 2);
const norm = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const startOf = (parameter: TrainedParameter) => drawn(sizeOf(parameter), 0);
const gradientAt = (parameter: TrainedParameter, step: number) => drawn(sizeOf(parameter), step + 1);

/** The parameter after each step of the registered rule. */
function taken(config: { type: string; [setting: string]: unknown }, trained: TrainedParameter): number[][] {
  const rule = entryOf(optimizers, config.type).create(config, trained);
  let parameter: tf.Tensor = tf.tensor(startOf(trained), [...trained.shape]);
  let slots: readonly tf.Tensor[] = rule.slots.map(() => tf.zerosLike(parameter));
  return Array.from({ length: steps }, (_, index) => {
    const gradient = tf.tensor(gradientAt(trained, index), [...trained.shape]);
    const at = { learningRate: tf.scalar(learningRates[index]!), step: tf.scalar(index + 1) };
    ({ parameter, slots } = rule.update({ parameter, gradient, slots, ...at }));
    assert.deepEqual(parameter.shape, trained.shape);
    return [...parameter.dataSync()];
  });
}

type Slots = Record<string, number[]>;
type Reference = (w: number[], g: number[], slots: Slots, at: { rate: number; t: number }) => number[];

/** The parameter after each step of a reference, whose `slots` start empty. */
function expected(reference: Reference, trained: TrainedParameter): number[][] {
  const slots: Slots = {};
  let w = startOf(trained);
  return Array.from({ length: steps }, (_, index) => {
    w = reference(w, gradientAt(trained, index), slots, { rate: learningRates[index]!, t: index + 1 });
    return w;
  });
}

const mix = (old: number[] | undefined, next: number[], share: number) =>
  next.map((value, i) => share * (old?.[i] ?? 0) + (1 - share) * value);

function assertSame(config: { type: string; [setting: string]: unknown }, reference: Reference, trained: TrainedParameter) {
  const got = taken(config, trained);
  for (const [step, values] of expected(reference, trained).entries()) assertCloseTo(got[step]!, values, 2e-6);
}

/** You et al., 2017, algorithm 1. */
const lars =
  ({ trust, decay }: { trust: number | null; decay: number }): Reference =>
  (w, g, slots, { rate }) => {
    const local = trust === null ? 1 : (trust * norm(w)) / (norm(g) + decay * norm(w));
    slots['v'] = w.map((value, i) => 0.9 * (slots['v']?.[i] ?? 0) + rate * local * (g[i]! + decay * value));
    return w.map((value, i) => value - slots['v']![i]!);
  };

function adamDirection(g: number[], slots: Slots, at: { t: number; beta1: number; beta2: number; epsilon: number }): number[] {
  const { t, beta1, beta2, epsilon } = at;
  slots['m'] = mix(slots['m'], g, beta1);
  slots['v'] = mix(
    slots['v'],
    g.map((x) => x * x),
    beta2,
  );
  return g.map((_, i) => slots['m']![i]! / (1 - beta1 ** t) / (Math.sqrt(slots['v']![i]! / (1 - beta2 ** t)) + epsilon));
}

/** You et al., 2020, algorithm 2. */
const lamb =
  ({ isAdapted, decay }: { isAdapted: boolean; decay: number }): Reference =>
  (w, g, slots, { rate, t }) => {
    const direction = adamDirection(g, slots, { t, beta1: 0.9, beta2: 0.999, epsilon: 1e-6 });
    const u = direction.map((value, i) => value + decay * w[i]!);
    const ratio = isAdapted ? norm(w) / norm(u) : 1;
    return w.map((value, i) => value - rate * ratio * u[i]!);
  };

/** Chen et al., 2023, algorithm 2. */
const lion =
  (decay: number): Reference =>
  (w, g, slots, { rate }) => {
    const c = mix(slots['m'], g, 0.9);
    slots['m'] = mix(slots['m'], g, 0.99);
    return w.map((value, i) => value - rate * (Math.sign(c[i]!) + decay * value));
  };

const multiply = (a: number[][], b: number[][]) =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const transpose = (a: number[][]) => a[0]!.map((_, j) => a.map((row) => row[j]!));
const combine = (...terms: [number, number[][]][]) =>
  terms[0]![1].map((row, i) => row.map((_, j) => terms.reduce((sum, [factor, matrix]) => sum + factor * matrix[i]![j]!, 0)));

/** Jordan et al., 2024; the momentum of a matrix of so many rows. */
const muon =
  ({ rows, nesterov, decay }: { rows: number; nesterov: boolean; decay: number }): Reference =>
  (w, g, slots, { rate }) => {
    slots['m'] = mix(slots['m'], g, 0.95);
    const direction = nesterov ? g.map((value, i) => 0.05 * value + 0.95 * slots['m']![i]!) : slots['m'];
    const columns = w.length / rows;
    let x = Array.from({ length: rows }, (_, i) => direction.slice(i * columns, (i + 1) * columns));
    x = combine([1 / (norm(direction) + 1e-7), x]);
    for (let i = 0; i < 5; i++) {
      const a = multiply(x, transpose(x));
      x = combine([3.4445, x], [1, multiply(combine([-4.775, a], [2.0315, multiply(a, a)]), x)]);
    }
    const scale = Math.sqrt(Math.max(1, columns / rows));
    return w.map((value, i) => value * (1 - rate * decay) - rate * scale * x.flat()[i]!);
  };

const adamwOf =
  ({ share, decay }: { share: number; decay: number }): Reference =>
  (w, g, slots, { rate, t }) => {
    const direction = adamDirection(g, slots, { t, beta1: 0.9, beta2: 0.95, epsilon: 1e-10 });
    return w.map((value, i) => value * (1 - share * rate * decay) - share * rate * direction[i]!);
  };

describe('lars', () => {
  it('scales the step of a weight by its norm over that of its gradient, as the paper', () => {
    assertSame({ type: 'lars', trust: 0.02, weightDecay: 0.01 }, lars({ trust: 0.02, decay: 0.01 }), weight);
  });
  it('is plain momentum, without decay, for a bias', () => {
    assertSame({ type: 'lars', trust: 0.02, weightDecay: 0.01 }, lars({ trust: null, decay: 0 }), bias);
  });
});

describe('lamb', () => {
  it("scales Adam's step of a weight by its norm, as the paper", () => {
    assertSame({ type: 'lamb', weightDecay: 0.1 }, lamb({ isAdapted: true, decay: 0.1 }), weight);
  });
  it('is Adam, without decay, for a bias', () => {
    assertSame({ type: 'lamb', weightDecay: 0.1 }, lamb({ isAdapted: false, decay: 0 }), bias);
  });
  it('lets a weight leave zero', () => {
    const rule = entryOf(optimizers, 'lamb').create({ type: 'lamb' }, weight);
    const zeros = tf.zeros([3, 4]);
    const at = { learningRate: tf.scalar(0.1), step: tf.scalar(1), slots: [zeros, zeros] };
    const { parameter } = rule.update({ parameter: zeros, gradient: tf.ones([3, 4]), ...at });
    assertCloseTo(parameter.dataSync(), new Array(12).fill(-0.1), 1e-6);
  });
});

describe('lion', () => {
  it('takes steps of the sign of its momentum, as the paper', () => {
    assertSame({ type: 'lion', weightDecay: 0.5 }, lion(0.5), weight);
    assertSame({ type: 'lion', weightDecay: 0.5 }, lion(0), bias);
  });
});

describe('muon', () => {
  const config = { type: 'muon', weightDecay: 0.1 };

  for (const nesterov of [true, false]) {
    for (const shape of [
      [3, 4],
      [5, 2],
      [2, 2, 1, 3],
    ]) {
      it(`takes orthogonal steps of a weight ${shape.join('×')}, ${nesterov ? 'with' : 'without'} Nesterov’s momentum`, () => {
        const rows = shape.slice(0, -1).reduce((product, side) => product * side, 1);
        assertSame({ ...config, nesterov }, muon({ rows, nesterov, decay: 0.1 }), { ...weight, shape });
      });
    }
  }

  it('makes steps whose singular values are all near one', () => {
    const rule = entryOf(optimizers, 'muon').create({ type: 'muon' }, { ...weight, shape: [8, 8] });
    const zeros = tf.zeros([8, 8]);
    const at = { learningRate: tf.scalar(1), step: tf.scalar(1), slots: [zeros] };
    const { parameter } = rule.update({ parameter: zeros, gradient: tf.tensor(drawn(64, 3), [8, 8]), ...at });
    const sumOfSquares = tf.sum(tf.square(parameter)).dataSync()[0]!; // of the singular values
    const singularMean = sumOfSquares / 8;
    assert.ok(singularMean > 0.7 ** 2 && singularMean < 1.2 ** 2, `the mean of their squares is ${singularMean}`);
  });

  it('leaves the last layer, embeddings, biases and normalisation to AdamW at its own rate', () => {
    const share = 3e-4 / 0.02;
    for (const name of ['head.weight', 'patch_embed.proj.weight', 'pos_embed', 'cls_token']) {
      assertSame(config, adamwOf({ share, decay: 0.1 }), { ...weight, name });
    }
    assertSame(config, adamwOf({ share, decay: 0 }), bias);
    assertSame(config, adamwOf({ share, decay: 0 }), { ...bias, role: 'norm' });
  });

  it('takes other names and another rate for AdamW', () => {
    const fallback = { parameters: ['layer.*'], learningRate: 0.002 };
    assertSame({ ...config, fallback }, adamwOf({ share: 0.1, decay: 0.1 }), weight);
  });
});
