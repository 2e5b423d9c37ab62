import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Device, openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { optimizers } from '../optimizers/index.ts';
import type { ResolvedSpec } from '../spec.ts';
import { type Bench, specOf, withBench } from './training-step.fixture.ts';

let ways: { name: string; compile: boolean }[];
let device: Device;

before(async () => {
  device = await openDevice();
  const isCompiled = device.backend.startsWith('tensorflow');
  ways = [{ name: 'op by op', compile: false }, ...(isCompiled ? [{ name: 'compiled', compile: true }] : [])];
});

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const plainSgd = { type: 'sgd', momentum: 0 };
/** Neither normalisation nor dropout: what a batch gives is the mean of what its examples give. */
const perExample = {
  backbone: { type: 'reference-net', dropout: 0, spatialDropout: 0 },
  augment: [{ type: 'resize', size: 2 }],
};
/** Everything that a step can carry along, with normalisation, dropout and random augmentation. */
const everything = specOf(
  {
    seed: 3,
    batchSize: 4,
    accumulate: 3,
    clipNorm: 0.5,
    ema: { decay: 0.9 },
    optimizer: { type: 'adamw', weightDecay: 0.1 },
    regularizers: [{ type: 'l2', lambda: 1e-4 }],
    parameterGroups: [
      { match: 'conv1.*', frozen: true },
      { match: 'head.*', learningRate: 3, weightDecay: 0 },
    ],
  },
  { augment: [{ type: 'random-crop', size: 8, padding: 1 }, { type: 'random-horizontal-flip' }] },
);

/** How far each value of some parameters moved, in one list. */
function moves(before: Map<string, number[]>, after: Map<string, number[]>, isChosen = (_name: string) => true): number[] {
  const chosen = [...after].filter(([name]) => isChosen(name) && !name.includes('running_'));
  return chosen.flatMap(([name, values]) => values.map((value, i) => value - before.get(name)![i]!));
}

const losses = (spec: ResolvedSpec, compile: boolean, options: { steps: number; learningRate: number }) =>
  withBench(spec, { compile }, ({ train }) => upTo(options.steps).map((step) => train(step, options)['loss']!));

describe('a compiled step', () => {
  const rates: Partial<Record<string, number>> = { sgd: 0.01, adagrad: 0.01, lars: 0.3, lion: 1e-4, muon: 0.01 };

  for (const { id } of optimizers) {
    it(`trains as op by op does: ${id}`, (t) => {
      if (ways.length === 1) return t.skip('runs on TensorFlow only, and this process has another device');
      const spec = specOf({ optimizer: { type: id } });
      const options = { steps: 20, learningRate: rates[id] ?? 0.001 };
      const [compiled, opByOp] = [true, false].map((compile) => losses(spec, compile, options));
      for (const [step, loss] of opByOp!.entries()) assertCloseTo([compiled![step]!], [loss], 1e-5 * loss);
      assert.ok(opByOp!.at(-1)! < opByOp![0]! - 0.1, 'and learns');
    });
  }

  it('trains as op by op does with everything on', (t) => {
    if (ways.length === 1) return t.skip('runs on TensorFlow only, and this process has another device');
    const run = (compile: boolean) =>
      withBench(everything, { compile, otherSizes: [7] }, ({ train, model, checkpoint }) => {
        const numbers = upTo(20).map((step) => train(step, { learningRate: 0.001, examples: step % 5 === 4 ? 7 : 12 }));
        return { numbers, model: model(), slots: checkpoint().slots.map(({ name }) => name) };
      });
    const [compiled, opByOp] = [run(true), run(false)];
    for (const [step, numbers] of opByOp.numbers.entries()) {
      assert.deepEqual(Object.keys(compiled.numbers[step]!), Object.keys(numbers));
      for (const [name, value] of Object.entries(numbers)) {
        assertCloseTo([compiled.numbers[step]![name]!], [value], 1e-5 * Math.max(value, 0.1));
      }
    }
    assert.deepEqual(compiled.slots, opByOp.slots);
    for (const [name, values] of opByOp.model) assertCloseTo(compiled.model.get(name)!, values, 1e-5);
  });

  it('evaluates as op by op does, the average where the run keeps one, for every size that it was told of', (t) => {
    if (ways.length === 1) return t.skip('runs on TensorFlow only, and this process has another device');
    const [eager, compiled] = ways.map(({ compile }) =>
      withBench(everything, { compile, otherSizes: [7] }, ({ train, evaluate, model }) => {
        for (const step of upTo(3)) train(step);
        const before = [evaluate(12), evaluate(7)];
        model(); // what is read out must not change what is evaluated
        assert.deepEqual([evaluate(12), evaluate(7)], before);
        return before;
      }),
    );
    for (const [index, { loss, accuracy }] of eager!.entries()) {
      assertCloseTo([compiled![index]!['loss']!], [loss!], 1e-5);
      assert.equal(compiled![index]!['accuracy'], accuracy);
    }
  });

  it('computes in bfloat16 where it is told to: near float32, and the same bits twice', (t) => {
    if (ways.length === 1) return t.skip('runs on TensorFlow only, and this process has another device');
    const run = (options: { precision?: 'bfloat16' }) =>
      withBench(everything, { compile: true, ...options }, ({ train }) => upTo(10).map((step) => train(step)['loss']!));
    const [full, low] = [run({}), run({ precision: 'bfloat16' })];
    assert.notDeepEqual(low, full);
    assertCloseTo(low, full, 0.02);
    assert.deepEqual(run({ precision: 'bfloat16' }), low);
  });

  it('gives the same bits from the same seed after 100 steps, everything on', (t) => {
    if (ways.length === 1) return t.skip('runs on TensorFlow only, and this process has another device');
    const run = () =>
      withBench(everything, { compile: true }, ({ train, checkpoint }) => {
        const numbers = upTo(100).map((step) => train(step));
        return { numbers, checkpoint: checkpoint() };
      });
    assert.deepEqual(run(), run());
  });
});

/** Declares a test that is run op by op and, where there is TensorFlow, compiled. */
function itBothWays(title: string, run: (compile: boolean) => void): void {
  it(title, () => {
    for (const { compile } of ways) run(compile);
  });
}

describe('accumulated gradients', () => {
  const one = specOf({ batchSize: 12, optimizer: plainSgd }, perExample);
  const three = specOf({ batchSize: 4, accumulate: 3, optimizer: plainSgd }, perExample);

  for (const examples of [12, 10, 3]) {
    itBothWays(`of ${examples} examples, four at a time, train as those of one batch`, (compile) => {
      const run = (spec: ResolvedSpec) =>
        withBench(spec, { compile, otherSizes: [examples] }, ({ train, model }) => {
          const numbers = upTo(3).map((step) => train(step, { learningRate: 0.1, examples }));
          return { numbers, model: model() };
        });
      const [whole, parts] = [run(one), run(three)];
      for (const [step, { loss, accuracy }] of whole.numbers.entries()) {
        assertCloseTo([parts.numbers[step]!['loss']!, parts.numbers[step]!['accuracy']!], [loss!, accuracy!], 1e-6);
      }
      for (const [name, values] of whole.model) assertCloseTo(parts.model.get(name)!, values, 1e-6);
    });
  }
});

describe('clipNorm', () => {
  const learningRate = 0.1;
  const step = (clipNorm: number | null, compile: boolean) =>
    withBench(specOf({ clipNorm, optimizer: plainSgd }), { compile }, ({ train, model }) => {
      const before = model();
      const numbers = train(0, { learningRate });
      return { numbers, moved: norm(moves(before, model())) };
    });

  itBothWays('bounds the norm of all gradients together, and reports what it was', (compile) => {
    const free = step(null, compile);
    assert.equal(free.numbers['gradientNorm'], undefined);
    const bound = step(0.2, compile);
    assertCloseTo([bound.moved], [learningRate * 0.2], 1e-6);
    assertCloseTo([bound.numbers['gradientNorm']! * learningRate], [free.moved], 1e-5);
    assert.ok(bound.numbers['gradientNorm']! > 0.2);
  });

  itBothWays('leaves gradients alone that are small enough', (compile) => {
    assert.equal(step(1e6, compile).moved, step(null, compile).moved);
  });
});

describe('ema', () => {
  const steps = 4;
  const run = (ema: object | null, compile: boolean) =>
    withBench(specOf({ ema }), { compile }, ({ train, model, checkpoint }) => {
      const models = [model()];
      const trained: Map<string, number[]>[] = [];
      const numbers = upTo(steps).map((step) => {
        const result = train(step, { learningRate: 0.05 });
        models.push(model());
        trained.push(new Map(checkpoint().slots.map(({ name, data }) => [name, [...data]])));
        return result;
      });
      return { numbers, models, trained };
    });

  for (const { warmup, decays } of [
    { warmup: true, decays: [2 / 11, 3 / 12, 0.3, 0.3] },
    { warmup: false, decays: [0.3, 0.3, 0.3, 0.3] },
  ]) {
    itBothWays(`makes the model an average of the trained parameters, ${warmup ? 'with' : 'without'} warm-up`, (compile) => {
      const { models, trained } = run({ decay: 0.3, warmup }, compile);
      for (const name of ['bn2.weight', 'bn2.bias', 'head.bias']) {
        let average = models[0]!.get(name)!;
        for (const [step, decay] of decays.entries()) {
          const value = trained[step]!.get(`${name}/trained`)!;
          average = average.map((old, i) => decay * old + (1 - decay) * value[i]!);
          assertCloseTo(models[step + 1]!.get(name)!, average, 1e-6);
        }
      }
    });
  }

  itBothWays('changes nothing of what is trained, nor the running averages of normalisation', (compile) => {
    const [averaged, plain] = [run({ decay: 0.9 }, compile), run(null, compile)];
    assert.deepEqual(averaged.numbers, plain.numbers);
    const of = (models: Map<string, number[]>[], name: string) => models.at(-1)!.get(name);
    assert.deepEqual(of(averaged.models, 'bn1.running_mean'), of(plain.models, 'bn1.running_mean'));
    assert.deepEqual(averaged.trained.at(-1)!.get('head.bias/trained'), of(plain.models, 'head.bias'));
  });
});

describe('parameterGroups', () => {
  const step = (training: object, compile: boolean) =>
    withBench(specOf({ optimizer: plainSgd, ...training }), { compile }, ({ train, model }) => {
      const before = model();
      train(0, { learningRate: 0.1 });
      const after = model();
      return (isChosen: (name: string) => boolean) => moves(before, after, isChosen);
    });
  const isHead = (name: string) => name.startsWith('head.');

  itBothWays('freeze what they match, and nothing else', (compile) => {
    const moved = step({ parameterGroups: [{ match: 'head.*' }, { match: '*', frozen: true }] }, compile);
    assert.ok(moved(isHead).some((move) => move !== 0));
    assert.ok(moved((name) => !isHead(name)).every((move) => move === 0));
  });

  itBothWays('multiply the learning rate', (compile) => {
    const groups = [
      { match: 'head.*', learningRate: 0.25 },
      { match: '*', learningRate: 4 },
    ];
    const [grouped, plain] = [step({ parameterGroups: groups }, compile), step({}, compile)];
    for (const [isChosen, factor] of [[isHead, 0.25] as const, [(name: string) => !isHead(name), 4] as const]) {
      const scaled = plain(isChosen).map((move) => move * factor);
      assertCloseTo(grouped(isChosen), scaled, 1e-6);
    }
  });

  itBothWays('have a weight decay of their own', (compile) => {
    const decay = { type: 'sgd', momentum: 0, weightDecay: 0.5 };
    const grouped = step({ optimizer: decay, parameterGroups: [{ match: 'head.*', weightDecay: 0 }] }, compile);
    const [plain, decayed] = [step({}, compile), step({ optimizer: decay }, compile)];
    assert.deepEqual(grouped(isHead), plain(isHead));
    assert.deepEqual(
      grouped((name) => !isHead(name)),
      decayed((name) => !isHead(name)),
    );
    assert.notDeepEqual(plain(isHead), decayed(isHead));
  });
});

describe('a checkpoint of everything that a step carries', () => {
  const train = ({ train: step }: Bench, from: number, to: number) =>
    upTo(to - from).map((index) => step(from + index, { learningRate: 0.01 }));

  itBothWays('goes on to the bit where it was left', (compile) => {
    const unbroken = withBench(everything, { compile }, (bench) => [train(bench, 0, 9), bench.checkpoint()]);
    for (const at of [1, 4, 8]) {
      const saved = withBench(everything, { compile }, (bench) => [train(bench, 0, at), bench.checkpoint()] as const);
      const resumed = withBench(everything, { compile, from: saved[1] }, (bench) => [
        [...saved[0], ...train(bench, at, 9)],
        bench.checkpoint(),
      ]);
      assert.deepEqual(resumed, unbroken);
    }
  });

  it('can be gone on from the other way', (t) => {
    if (ways.length === 1) return t.skip('runs on TensorFlow only, and this process has another device');
    const saved = withBench(everything, { compile: true }, (bench) => [train(bench, 0, 4), bench.checkpoint()] as const)[1];
    const [compiled, opByOp] = [true, false].map((compile) =>
      withBench(everything, { compile, from: saved }, (bench) => train(bench, 4, 7).map(({ loss }) => loss!)),
    );
    assertCloseTo(opByOp!, compiled!, 1e-5);
  });

  it('is refused where it lacks a value', () => {
    const saved = withBench(everything, { compile: false }, (bench) => bench.checkpoint());
    const slots = saved.slots.filter(({ name }) => name !== 'head.weight/trained');
    const resume = () => withBench(everything, { compile: false, from: { ...saved, slots } }, () => undefined);
    assert.throws(resume, /The checkpoint lacks head\.weight\/trained/);
  });
});

describe('a step', () => {
  itBothWays('leaves no tensor behind, everything on', (compile) => {
    const tensors = tf.memory().numTensors;
    withBench(everything, { compile }, ({ train }) => {
      train(0);
      const after = tf.memory().numTensors;
      for (const step of [1, 2, 3]) train(step);
      assert.equal(tf.memory().numTensors, after, 'after one step and after four');
    });
    assert.equal(tf.memory().numTensors, tensors, 'before and after');
  });
});
