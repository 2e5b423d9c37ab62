import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { newId } from '@scion/schema';
import { assertCloseTo } from '../close-to.fixture.ts';
import { resolveSpec } from '../resolve-spec.ts';
import { CreateJob, type ResolvedSpec } from '../spec.ts';
import { type Bench, withBench } from './training-step.fixture.ts';

before(() => openDevice());

/** A finetune of the bench's images, 8×8 of three classes; its run has 100 steps. */
function finetuneSpec(method: object, training: object): ResolvedSpec {
  const job = CreateJob.parse({
    kind: 'finetune',
    from: { scratch: { backbone: { type: 'convnet-small' } } },
    dataset: { id: newId('dataset') },
    method,
    training: { batchSize: 12, ...training },
  });
  const classNames = ['a', 'b', 'c'];
  const splits = { train: { examples: 300, labelled: 300, classes: { a: 100, b: 100, c: 100 } } };
  return resolveSpec(job, { dataset: { splits, classNames, shape: [8, 8, 1] }, source: null });
}

/** The largest change of each parameter by some steps. */
function changes(bench: Bench, steps: readonly number[], learningRate: number): Map<string, number> {
  const before = bench.model();
  for (const step of steps) bench.train(step, { learningRate });
  const after = bench.model();
  const largest = (name: string, values: readonly number[]) =>
    values.reduce((most, value, index) => Math.max(most, Math.abs(value - (before.get(name)?.[index] ?? 0))), 0);
  return new Map([...after].map(([name, values]) => [name, largest(name, values)] as const));
}

const isHead = (name: string) => name.startsWith('head.');

describe('a run in phases', () => {
  const adam = { optimizer: { type: 'adam' } };
  const lpFt = finetuneSpec({ type: 'lp-ft', probeShare: 0.5, probeRate: 4 }, adam);

  it('leaves every bit of what a phase does not train', () => {
    withBench(lpFt, { compile: true }, (bench) => {
      for (const [name, change] of changes(bench, [47, 48, 49], 0.01)) assert.equal(change > 0, isHead(name), name);
      for (const [name, change] of changes(bench, [50], 0.01)) assert.ok(change > 0, name);
    });
  });

  it('counts the steps of a parameter from where it is first trained, as its optimizer must', () => {
    withBench(lpFt, { compile: true }, (bench) => {
      const probe = changes(bench, [0], 0.01);
      const whole = changes(bench, [50], 0.01);
      // Adam's first step is the learning rate for each value, whatever its gradient.
      assertCloseTo([probe.get('head.weight')!], [0.04], 1e-3);
      assertCloseTo([whole.get('conv1.weight')!], [0.01], 1e-3);
    });
  });

  it('computes op by op what it computes compiled, over a border and with accumulated gradients', () => {
    const spec = finetuneSpec({ type: 'lp-ft' }, { batchSize: 6, accumulate: 2, ema: { decay: 0.5 }, clipNorm: 1 });
    const run = (compile: boolean) =>
      withBench(spec, { compile }, (bench) => [48, 49, 50, 51].map((step) => bench.train(step, { learningRate: 0.02 })['loss']!));
    assertCloseTo(run(true), run(false), 1e-4);
  });

  it('unfreezes layer after layer', () => {
    const spec = finetuneSpec({ type: 'gradual-unfreezing', groups: 3, share: 0.75 }, adam);
    withBench(spec, { compile: true }, (bench) => {
      const trained = [0, 25, 50, 75].map((step) => {
        const moved = [...changes(bench, [step], 0.01)].filter(([name, change]) => change > 0 && name.endsWith('.weight'));
        return moved.map(([name]) => name).filter((name) => !name.startsWith('bn'));
      });
      const layers = ['conv1.weight', 'conv2.weight', 'conv3.weight', 'head.weight'];
      assert.deepEqual(trained, [layers.slice(3), layers.slice(2), layers.slice(1), layers]);
    });
  });

  it('gives a parameter the rate of its layer', () => {
    const spec = finetuneSpec({ type: 'full', layerDecay: 0.5, batchNorm: 'freeze' }, adam);
    withBench(spec, { compile: true }, (bench) => {
      const moved = changes(bench, [0], 0.08);
      const rates = ['head.weight', 'conv3.weight', 'conv2.weight', 'conv1.weight'].map((name) => moved.get(name)!);
      assertCloseTo(rates, [0.08, 0.04, 0.02, 0.01], 1e-3);
      assert.equal(moved.get('bn1.running_mean'), 0);
    });
  });
});
