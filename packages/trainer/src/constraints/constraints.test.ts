import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { constraintProblems, constraintValues, createConstraintTerms } from './constraint-terms.ts';

before(() => openDevice());

const classNames = ['cat', 'dog', 'fox'];
const mu = 0.5;
const attributes = { fox: [1, 0, 0.5, 1], cat: [1, 1, 0, 0], dog: [0, 1, 0, 2] };
const groups = [['dog', 'fox'], ['cat']];
const prior = { cat: 5, dog: 3, fox: 2 };

/** Numbers of PyTorch: test/parity/losses/make_constraint_reference.py. */
type Reference = { scores: number[][]; other: number[][]; targets: number[][] } & Record<string, number>;
const file = new URL('../../../../test/parity/losses/constraints.json', import.meta.url);
const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference;

/** μ·C of the batch, and its gradient by the scores. */
function termOf(config: { type: string } & Record<string, unknown>, { scores, targets, other }: Batch = reference) {
  const terms = createConstraintTerms([{ mu, ...config }], classNames);
  const violation = (given: tf.Tensor2D) => {
    const predictions = { scores: given, targets: tf.tensor2d(targets), otherScores: () => tf.tensor2d(other) };
    return constraintValues(terms, predictions)[`constraint.${config.type}`]!;
  };
  const [value] = computeValues(() => violation(tf.tensor2d(scores)));
  const gradient = computeValues(() => tf.grad((given) => violation(given as tf.Tensor2D))(tf.tensor2d(scores)));
  return { value: value!, gradient: [...gradient] };
}
type Batch = Pick<Reference, 'scores' | 'targets' | 'other'>;

describe('constraints', () => {
  const cases = {
    consistency: [{ type: 'consistency' }],
    priorUniform: [{ type: 'mean-prediction-prior' }],
    priorGiven: [{ type: 'mean-prediction-prior', prior }],
    attributes: [{ type: 'class-attributes', attributes }],
    risk: [{ type: 'equal-risk', groups }],
  } as const;
  for (const [name, [config]] of Object.entries(cases)) {
    it(`are the published formulas times μ: ${config.type}${name === 'priorGiven' ? ' with a prior' : ''}`, () => {
      assertCloseTo([termOf(config).value / (mu * reference[name]!)], [1], 1e-5);
    });
  }

  it('ask nothing where nothing is amiss, and pull towards that elsewhere', () => {
    const sure = (rows: number[][]) => rows.map((row) => row.map((share) => 30 * share));
    const targets = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const perfect = { scores: sure(targets), targets, other: sure(targets) };
    for (const [config] of Object.values(cases).filter(([{ type }]) => type !== 'mean-prediction-prior'))
      assertCloseTo([termOf(config, perfect).value], [0], 1e-6);
    assertCloseTo([termOf({ type: 'mean-prediction-prior' }, perfect).value], [0], 1e-6);
    const [toCat] = termOf({ type: 'mean-prediction-prior', prior }, perfect).gradient;
    assert.ok(termOf({ type: 'mean-prediction-prior', prior }, perfect).value > 0);
    assert.ok(Number.isFinite(toCat));
  });

  it('leave out groups that a batch has nothing of', () => {
    const one = { scores: [[1, 0, 0]], targets: [[1, 0, 0]], other: [[0, 0, 0]] };
    const { value, gradient } = termOf({ type: 'equal-risk', groups }, one);
    assertCloseTo([value, ...gradient], [0, 0, 0, 0], 0);
  });

  it('hold mistakes between classes of like attributes for less', () => {
    const like = { cat: [1, 0], dog: [0.9, 0.1], fox: [0, 1] };
    const mistakenFor = (row: number[]) =>
      termOf({ type: 'class-attributes', attributes: like }, { scores: [row], targets: [[1, 0, 0]], other: [[0, 0, 0]] }).value;
    assert.ok(mistakenFor([0, 30, 0]) < mistakenFor([0, 0, 30]) / 10);
  });
});

describe('constraints that do not fit', () => {
  const problem = (config: object, { takesConstraints = true, augment = [] as { type: string }[] } = {}) =>
    constraintProblems(
      [
        { type: 'consistency', mu },
        { mu, ...(config as { type: string }) },
      ],
      {
        method: { id: 'simclr', takesConstraints },
        classNames,
        augment,
      },
    ).find(({ path }) => path === 'training.constraints.1')?.message ?? '';

  it('are said to', () => {
    assert.equal(problem({ type: 'equal-risk', groups }), '');
    assert.match(problem({ type: 'equal-risk', groups: [['cat'], ['wolf']] }), /no class "wolf"; it has cat, dog, fox/);
    assert.match(problem({ type: 'equal-risk', groups: [['cat'], ['dog', 'cat']] }), /"cat" is in two groups/);
    assert.match(problem({ type: 'mean-prediction-prior', prior: { cat: 1, dog: 1 } }), /"fox" has none/);
    assert.match(problem({ type: 'class-attributes', attributes: { ...attributes, dog: [1] } }), /"dog" has 1 attributes/);
    assert.match(problem({ type: 'equal-risk', groups }, { takesConstraints: false }), /simclr takes no constraints/);
    const mixing = { augment: [{ type: 'mixup' }] };
    assert.match(problem({ type: 'consistency' }, mixing), /mixup mixes it with others/);
    assert.equal(problem({ type: 'equal-risk', groups }, mixing), '');
  });
});
