import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { computeValues, createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../../close-to.fixture.ts';
import { unitRows } from '../../unit-rows.ts';
import { correlationLoss } from './barlow-twins.ts';
import { bootstrapLoss } from './byol.ts';
import { contrastLabels, contrastQueue } from './contrast.ts';
import { clusterLoss } from './deep-cluster.ts';
import { nextCenter, sharpened } from './dino.ts';
import { hintLoss, softTargetLoss } from './distillation.ts';
import { momentumContrast } from './moco-v3.ts';
import { nearestRows, neighbourContrast } from './nnclr.ts';
import { standardizeColumns } from './projector.ts';
import { drawnRows, nearestCentroid, nextCentroids } from './running-clusters.ts';
import { siameseLoss } from './simsiam.ts';
import { balancedShares } from './sinkhorn.ts';
import { swappedLoss } from './swapped-prediction.ts';
import { createTeacher } from './teacher.ts';
import { vicregTerms } from './vicreg.ts';

/** Made by test/parity/losses/make_reference.py. */
type Reference = {
  rows: number[][][];
  queue: number[][];
  prototypes: number[][];
  center: number[];
  labels: number[];
  scores: number[][][];
  sinkhorn: number[][];
  momentum: number[];
  centroids: number[][];
} & Record<
  | 'supcon'
  | 'mocoV2'
  | 'mocoV3'
  | 'byol'
  | 'simsiam'
  | 'barlowTwins'
  | 'vicreg'
  | 'nnclr'
  | 'swav'
  | 'deepCluster'
  | 'dino'
  | 'hint'
  | 'softTargets',
  number
>;

const file = new URL('../../../../../test/parity/losses/joint-embedding.json', import.meta.url);
const reference = JSON.parse(await readFile(file, 'utf8')) as Reference;

before(() => openDevice());

const rowsOf = (index: number) => tf.tensor2d(reference.rows[index]!);
const unit = (index: number) => unitRows(rowsOf(index));
const numbersOf = (compute: () => tf.Tensor) => computeValues(compute);

describe('losses by the formulas of their authors', () => {
  const cases: Record<string, { loss: () => tf.Tensor; expected: number }> = {
    supcon: {
      loss: () => contrastLabels([unit(0), unit(1)], tf.tensor1d(reference.labels, 'int32'), 0.3).loss,
      expected: reference.supcon,
    },
    'moco-v2': {
      loss: () => contrastQueue({ queries: unit(0), keys: unit(1), queue: unitRows(tf.tensor2d(reference.queue)) }, 0.2).loss,
      expected: reference.mocoV2,
    },
    'moco-v3': { loss: () => momentumContrast([unit(0), unit(1)], [unit(2), unit(3)], 0.2).loss, expected: reference.mocoV3 },
    byol: { loss: () => bootstrapLoss([rowsOf(0), rowsOf(1)], [rowsOf(3), rowsOf(2)]), expected: reference.byol },
    simsiam: { loss: () => siameseLoss([rowsOf(0), rowsOf(1)], [rowsOf(3), rowsOf(2)]), expected: reference.simsiam },
    'barlow-twins': {
      loss() {
        const { onDiagonal, offDiagonal } = correlationLoss(standardizeColumns(rowsOf(0)), standardizeColumns(rowsOf(1)));
        return tf.add(onDiagonal, tf.mul(0.0051, offDiagonal));
      },
      expected: reference.barlowTwins,
    },
    vicreg: {
      loss() {
        const { invariance, variance, covariance } = vicregTerms(tf.mul(rowsOf(0), 0.8), tf.mul(rowsOf(1), 1.2));
        return tf.add(tf.mul(25, tf.add(invariance, variance)), covariance);
      },
      expected: reference.vicreg,
    },
    nnclr: {
      loss() {
        const known = unitRows(tf.tensor2d(reference.queue));
        return neighbourContrast([nearestRows(unit(0), known), nearestRows(unit(1), known)], [unit(2), unit(3)], 0.1).loss;
      },
      expected: reference.nnclr,
    },
    swav: {
      loss() {
        const scores = [0, 1, 2].map((index) => scoresOf(unit(index)));
        const targets = scores.slice(0, 2).map((rows) => balancedShares(rows, { epsilon: 0.05, iterations: 3 }));
        return swappedLoss(
          scores.map((rows) => tf.div(rows, 0.1)),
          targets,
        );
      },
      expected: reference.swav,
    },
    'deep-cluster': {
      loss: () => clusterLoss([unit(0), unit(1), unit(2)], [unit(0), unit(1)], { centroids: directions(), temperature: 0.1 }),
      expected: reference.deepCluster,
    },
    'distillation of features': { loss: () => hintLoss(rowsOf(0), rowsOf(1)), expected: reference.hint },
    'distillation of class scores': {
      loss: () => softTargetLoss(tf.tensor2d(reference.scores[0]!), tf.tensor2d(reference.scores[1]!), 4),
      expected: reference.softTargets,
    },
    dino: {
      loss() {
        const scores = reference.scores.map((rows) => tf.tensor2d(rows));
        const targets = scores.slice(3).map((rows) => sharpened(rows, tf.tensor1d(reference.center), tf.scalar(0.04)));
        return swappedLoss(
          scores.slice(0, 3).map((rows) => tf.div(rows, 0.1)),
          targets,
        );
      },
      expected: reference.dino,
    },
  };
  for (const [method, { loss, expected }] of Object.entries(cases)) {
    it(method, () => {
      const [value] = numbersOf(loss);
      assertCloseTo([value! / expected], [1], 1e-5);
    });
  }

  it('the shares of Sinkhorn-Knopp', () => {
    const shares = numbersOf(() => balancedShares(scoresOf(unit(0)), { epsilon: 0.05, iterations: 3 }));
    assertCloseTo(shares, reference.sinkhorn.flat(), 1e-5);
  });

  it('a round of k-means', () => {
    const centroids = numbersOf(() => nextCentroids(rowsOfAll(), directions(), directions()));
    assertCloseTo(centroids, reference.centroids.flat(), 1e-5);
  });

  it("the momentum of a slow double, at each of a run's steps", () => {
    const { followers } = createTeacher([], { momentum: 0.99, finalMomentum: 0.999 });
    const steps = reference.momentum.length - 1;
    const momentum = reference.momentum.map((_, step) => numbersOf(() => followers.momentum(tf.scalar(step / steps)))[0]!);
    assertCloseTo(momentum, reference.momentum, 1e-6);
  });
});

/** The prototypes as unit rows. */
function directions(): tf.Tensor2D {
  return unitRows(tf.transpose(tf.tensor2d(reference.prototypes)));
}

function scoresOf(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(rows, directions(), false, true);
}

describe('what the losses are least by', () => {
  const spread = () => tf.tensor2d([1, 1, 1, -1, -1, 1, -1, -1], [4, 2]); // two dimensions of variance 1 that do not go together

  it('Barlow Twins: correlations that are the identity', () => {
    const [onDiagonal, offDiagonal] = numbersOf(() => {
      const loss = correlationLoss(spread(), spread());
      return tf.stack([loss.onDiagonal, loss.offDiagonal]);
    });
    assertCloseTo([onDiagonal!, offDiagonal!], [0, 0], 1e-6);
  });

  it('VICReg: alike views of standard deviation 1 and no covariance; its variance term is all that is missing to that deviation', () => {
    const terms = (scale: number) =>
      numbersOf(() => {
        const rows = tf.mul(spread(), scale) as tf.Tensor2D;
        const { invariance, variance, covariance } = vicregTerms(rows, rows);
        return tf.stack([invariance, variance, covariance]);
      });
    const unitDeviation = Math.sqrt(3 / 4); // of four rows of ±1, by the unbiased variance
    assertCloseTo(terms(unitDeviation), [0, 0, 0], 1e-4);
    assertCloseTo(terms(2), [0, 0, 0], 1e-6);
    assertCloseTo(terms(0), [0, 1 - Math.sqrt(1e-4), 0], 1e-6);
  });

  it('BYOL and SimSiam: predictions that point where their targets do', () => {
    const [first, second] = [rowsOf(0), rowsOf(1)];
    const twice = [tf.mul(first, 2) as tf.Tensor2D, tf.mul(second, 3) as tf.Tensor2D] as const;
    assertCloseTo(
      numbersOf(() => bootstrapLoss([first, second], twice)),
      [0],
      1e-5,
    );
    assertCloseTo(
      numbersOf(() => siameseLoss([first, second], twice)),
      [-1],
      1e-6,
    );
  });
});

describe('SwAV', () => {
  it('shares each example out whole, and uses each prototype as much', () => {
    const scores = () => scoresOf(unitRows(tf.concat([0, 1, 2, 3, 4, 5].map(rowsOf), 0) as tf.Tensor2D));
    const [examples, prototypes] = [36, 4];
    const shares = tf.tensor2d(
      [...numbersOf(() => balancedShares(scores(), { epsilon: 0.5, iterations: 50 }))],
      [examples, prototypes],
    );
    assertCloseTo(
      numbersOf(() => tf.sum(shares, 1)),
      new Array(examples).fill(1),
      1e-5,
    );
    assertCloseTo(
      numbersOf(() => tf.sum(shares, 0)),
      new Array(prototypes).fill(examples / prototypes),
      1e-3,
    );
  });
});

describe('DeepCluster', () => {
  /** 40 unit rows around each of the axes. */
  const groups = 4;
  const noise = () => createRng(stepKey(1, 0)).normal('noise', [40 * groups, groups]);
  const rows = () => {
    const axes = tf.oneHot(
      Array.from({ length: 40 * groups }, (_, row) => row % groups),
      groups,
    );
    return unitRows(tf.add(axes, tf.mul(noise(), 0.05)) as tf.Tensor2D);
  };
  const spareOf = (round: number) => drawnRows(rows(), createRng(stepKey(2, round)).uniform('spare', [groups]));
  /** From centroids that all lie near to one axis. */
  const afterRounds = (rounds: number) => {
    let centroids = unitRows(tf.tensor2d([9, 1, 0, 0, 9, 0, 1, 0, 9, 0, 0, 1, 9, 0, 0, 0], [groups, groups]));
    for (let round = 0; round < rounds; round++) centroids = nextCentroids(rows(), centroids, spareOf(round));
    return centroids;
  };

  it('begins a cluster that lost all its images anew, until each has its own', () => {
    const nearest = [...numbersOf(() => tf.cast(nearestCentroid(rows(), afterRounds(30)), 'float32'))];
    assert.equal(new Set(nearest.slice(0, groups)).size, groups);
    for (const [row, cluster] of nearest.entries()) assert.equal(cluster, nearest[row % groups], `row ${row}`);
  });

  it('brings images nearer to the centers of their clusters in every round where none is empty', () => {
    const nearness = (centroids: tf.Tensor2D) => tf.mean(tf.max(tf.matMul(rowsOfAll(), centroids, false, true), 1));
    const values = numbersOf(() => {
      let centroids = directions();
      return tf.stack(
        Array.from({ length: 4 }, () => {
          const value = nearness(centroids);
          centroids = nextCentroids(rowsOfAll(), centroids, centroids);
          return value;
        }),
      );
    });
    for (let round = 1; round < values.length; round++) assert.ok(values[round]! >= values[round - 1]! - 1e-6, String(values));
    assert.ok(values.at(-1)! > values[0]! + 0.01);
  });
});

function rowsOfAll(): tf.Tensor2D {
  return unitRows(tf.concat([0, 1, 2, 3, 4, 5].map(rowsOf), 0) as tf.Tensor2D);
}

describe('distillation', () => {
  it('of class scores comes down, at a high temperature, to matching scores of mean 0 (Hinton et al., equation 4)', () => {
    const centred = (index: number) => {
      const scores = tf.tensor2d(reference.scores[index]!);
      return tf.sub(scores, tf.mean(scores, 1, true)) as tf.Tensor2D;
    };
    const [batch, classes] = [6, 4];
    const gradient = numbersOf(() => {
      return tf.grad((student) => softTargetLoss(student as tf.Tensor2D, centred(1), 1000))(centred(0));
    });
    assertCloseTo(
      gradient,
      numbersOf(() => tf.div(tf.sub(centred(0), centred(1)), batch * classes)),
      1e-3,
    );
  });
});

describe('DINO', () => {
  it('keeps its center at the moving average of the mean score, which takes from a class what all images have in common', () => {
    const scores = tf.tensor2d([3, 1, 5, 1], [2, 2]);
    assertCloseTo(
      numbersOf(() => nextCenter(tf.tensor1d([1, 0]), scores, 0.9)),
      [0.9 + 0.4, 0.1],
      1e-6,
    );
    const [first] = numbersOf(() => sharpened(scores, tf.tensor1d([4, 1]), tf.scalar(1)));
    assert.ok(first! < 0.5, 'an image that scores below the mean is of the other class');
  });
});
