import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { philoxUniform } from '@scion/engine/ops';
import { assertCloseTo } from '../close-to.fixture.ts';
import { effectiveRank } from './effective-rank.ts';
import { alignment, uniformity } from './hypersphere.ts';
import type { LabelledFeatures } from './labelled-features.ts';
import { classifierAccuracy, logisticRegression } from './logistic-regression.ts';

before(() => openDevice());

type Rows = { features: number[]; labels: number[] };
type Reference = {
  lambda: number;
  classCount: number;
  width: number;
  train: Rows;
  test: Rows;
  probe: { weights: number[]; biases: number[]; accuracy: number };
  effectiveRank: number;
  wide: { features: number[]; width: number; effectiveRank: number };
  uniformity: number;
  alignment: number;
};

/** Numbers of scikit-learn and numpy: test/parity/representation/make_reference.py. */
const path = new URL('../../../../test/parity/representation/reference.json', import.meta.url);
const reference = JSON.parse(readFileSync(path, 'utf8')) as Reference;
const { classCount, width } = reference;
const examplesOf = ({ features, labels }: Rows): LabelledFeatures => {
  return { features: Float32Array.from(features), labels: Int32Array.from(labels), width };
};
const [train, test] = [examplesOf(reference.train), examplesOf(reference.test)];

describe('logistic regression', () => {
  it("is scikit-learn's, on features of different scales", () => {
    const { lambda, probe } = reference;
    const fitted = logisticRegression(train, { classCount, lambda });
    // scikit-learn leaves an offset that all classes share at 0, as L-BFGS from 0 does.
    assertCloseTo(fitted.weights, probe.weights, 2e-3);
    assertCloseTo(fitted.biases, probe.biases, 5e-3);
    assertCloseTo([classifierAccuracy(fitted, test)], [probe.accuracy], 1e-6);
  });

  it('takes the same λ from the same examples, one that generalises', () => {
    const noisy = withNoise(examplesOf(reference.train), 60);
    const chosen = logisticRegression(noisy, { classCount });
    assert.deepEqual(logisticRegression(noisy, { classCount }), chosen);
    assert.ok(chosen.lambda >= 0.01, `${chosen.lambda}`);
    const free = logisticRegression(noisy, { classCount, lambda: 0.0001 });
    const asked = withNoise(test, 60);
    assert.ok(classifierAccuracy(chosen, asked) >= classifierAccuracy(free, asked));
  });

  it('has an answer where a fifth of the examples would not hold each class', () => {
    const few = { features: train.features.slice(0, 4 * width), labels: train.labels.slice(0, 4), width };
    const fitted = logisticRegression(few, { classCount });
    assert.equal(classifierAccuracy(fitted, few), 1);
  });
});

/** The same examples with features that say nothing of the class. */
function withNoise({ features, labels }: LabelledFeatures, extra: number): LabelledFeatures {
  const noise = philoxUniform(labels.length * extra, labels.length, 7);
  const rows = Array.from(labels, (_, row) => [
    ...features.subarray(row * width, (row + 1) * width),
    ...noise.subarray(row * extra, (row + 1) * extra),
  ]);
  return { features: Float32Array.from(rows.flat()), labels, width: width + extra };
}

describe('effective rank', () => {
  it('is RankMe, of tall and of wide matrices', () => {
    assertCloseTo([effectiveRank(train)], [reference.effectiveRank], 1e-4);
    const { features, width: size, effectiveRank: rank } = reference.wide;
    const wide = { features: Float32Array.from(features), labels: new Int32Array(features.length / size), width: size };
    assertCloseTo([effectiveRank(wide)], [rank], 1e-4);
  });

  it('is 1 where all features are multiples of one, also over thousands of examples', () => {
    const labels = new Int32Array(3000);
    const features = Float32Array.from({ length: 3000 * width }, (_, i) => (i % width) * Math.floor(i / width));
    assertCloseTo([effectiveRank({ features, labels, width })], [1], 1e-3);
  });
});

describe('alignment and uniformity', () => {
  it('are those of the paper, by numpy', () => {
    const first = { features: train.features.subarray(0, test.features.length), width };
    assertCloseTo([alignment(first, test)], [reference.alignment], 1e-5);
    assertCloseTo([uniformity(train)], [reference.uniformity], 1e-4);
  });

  it('are 0 where augmentation does nothing and where all features are alike', () => {
    assertCloseTo([alignment(train, train)], [0], 1e-6);
    assertCloseTo([uniformity({ features: new Float32Array(50 * width).fill(0.7), width })], [0], 1e-4);
  });
});
