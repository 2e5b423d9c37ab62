import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { openDevice } from '../device.ts';
import { createRng } from '../ops/random.ts';
import type { GraphNode } from './graph.ts';
import { shareCommon } from './passes/share-common.ts';
import { createProgram, type Program, type ProgramFunction } from './program.ts';
import { inOrder } from './saved-model.ts';

const vector = { dtype: 'float32', shape: [4] } as const;

function programOf(build: ProgramFunction['build'], inputs: ProgramFunction['inputs'] = { x: vector }): Program {
  return createProgram({ variables: [{ name: 'w', shape: [4] }], functions: { step: { inputs, build } } });
}

describe('a program', () => {
  before(async () => {
    await openDevice({ choice: 'cpu' });
  });

  it('computes what the function computes, for inputs that it was not recorded with', () => {
    const program = programOf(({ input }) => ({ y: tf.add(tf.square(input('x')), 1), sum: tf.sum(input('x')) }));
    assert.deepEqual(program.run('step', { x: Float32Array.of(1, 2, 3, 4) }), {
      y: Float32Array.of(2, 5, 10, 17),
      sum: Float32Array.of(10),
    });
    assert.deepEqual([...(program.run('step', { x: Float32Array.of(0, -1, 0, 0) })['y'] ?? [])], [1, 2, 1, 1]);
    program.dispose();
  });

  it('keeps variables from run to run, and lets them be read and written', () => {
    const program = programOf(({ input, variable, assign }) => {
      const next = tf.add(variable('w'), input('x'));
      assign('w', next);
      return { before: tf.sum(variable('w')), after: tf.sum(next) };
    });
    program.write('w', Float32Array.of(1, 1, 1, 1));
    assert.deepEqual(program.run('step', { x: Float32Array.of(1, 0, 0, 0) }), {
      before: Float32Array.of(4),
      after: Float32Array.of(5),
    });
    program.run('step', { x: Float32Array.of(0, 0, 0, 2) });
    assert.deepEqual(program.read('w'), Float32Array.of(2, 1, 1, 3));
    program.dispose();
  });

  it('updates a variable and its slot with a TensorFlow kernel, in place', () => {
    const program = createProgram({
      variables: [
        { name: 'w', shape: [2] },
        { name: 'w/momentum', shape: [2] },
      ],
      functions: {
        step: {
          inputs: { gradient: { dtype: 'float32', shape: [2] } },
          build({ input, update }) {
            const operands = [tf.scalar(0.1), input('gradient'), tf.scalar(0.9)];
            update('ResourceApplyMomentum', { variables: ['w', 'w/momentum'], operands });
            return { done: tf.scalar(1) };
          },
        },
      },
    });
    for (const name of ['w', 'w/momentum']) program.write(name, new Float32Array(2));
    for (let step = 0; step < 2; step++) program.run('step', { gradient: Float32Array.of(1, -2) });
    assert.deepEqual(
      [...program.read('w/momentum')].map((v) => v.toFixed(4)),
      ['1.9000', '-3.8000'],
    );
    assert.deepEqual(
      [...program.read('w')].map((v) => v.toFixed(4)),
      ['-0.2900', '0.5800'],
    );
    program.dispose();
  });

  it('changes a variable in the order that it is told, and reads it before and after', () => {
    const program = programOf(({ input, variable, updated, assign, update }) => {
      const before = variable('w');
      update('ResourceApplyGradientDescent', { variables: ['w'], operands: [tf.scalar(1), input('x')] });
      const between = updated('w');
      assign('w', tf.mul(between, 10));
      update('ResourceApplyGradientDescent', { variables: ['w'], operands: [tf.scalar(-1), before] });
      return { before: tf.sum(before), between: tf.sum(between), after: tf.sum(updated('w')) };
    });
    program.write('w', Float32Array.of(5, 5, 5, 5));
    for (const [before, between, after] of [
      [20, 16, 180],
      [180, 176, 1940],
    ]) {
      assert.deepEqual(program.run('step', { x: Float32Array.of(1, 1, 1, 1) }), {
        before: Float32Array.of(before!),
        between: Float32Array.of(between!),
        after: Float32Array.of(after!),
      });
    }
    assert.deepEqual(program.read('w'), Float32Array.of(485, 485, 485, 485));
    program.dispose();
  });

  it('refuses to read a variable as it was once that is gone', () => {
    const build: ProgramFunction['build'] = ({ input, variable, assign }) => {
      assign('w', input('x'));
      return { y: variable('w') };
    };
    assert.throws(() => programOf(build), /reads the variable "w" after it changed it/);
  });

  it('passes flags on to an update kernel', () => {
    const stepWith = (flags: Record<string, boolean>) => {
      const program = createProgram({
        variables: ['w', 'v'].map((name) => ({ name, shape: [1] })),
        functions: {
          step: {
            inputs: { gradient: { dtype: 'float32', shape: [1] } },
            build({ input, update }) {
              const operands = [tf.scalar(1), input('gradient'), tf.scalar(0.5)];
              update('ResourceApplyMomentum', { variables: ['w', 'v'], operands, flags });
              return { done: tf.scalar(1) };
            },
          },
        },
      });
      for (const name of ['w', 'v']) program.write(name, new Float32Array(1));
      program.run('step', { gradient: Float32Array.of(1) });
      const after = program.read('w')[0];
      program.dispose();
      return after;
    };
    assert.equal(stepWith({}), -1);
    assert.equal(stepWith({ use_nesterov: true }), -1.5);
  });

  it('records gradients, reshaped views, several outputs, and integer and bool tensors', () => {
    const build: ProgramFunction['build'] = ({ input }) => {
      const { value, grad } = tf.valueAndGrad((x) => tf.sum(tf.mul(tf.reshape(x, [2, 2]), tf.reshape(x, [2, 2]))))(input('x'));
      const [low, high] = tf.split(input('x'), 2) as [tf.Tensor, tf.Tensor];
      const ranked = tf.cast(tf.argMax(input('x')), 'int32');
      return { value, grad, low, high, ranked, larger: tf.cast(tf.greater(input('x'), 2), 'float32') };
    };
    const program = programOf(build);
    const outputs = program.run('step', { x: Float32Array.of(1, 2, 3, 4) });
    assert.deepEqual(Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, [...values]])), {
      value: [30],
      grad: [2, 4, 6, 8],
      low: [1, 2],
      high: [3, 4],
      ranked: [3],
      larger: [0, 0, 1, 1],
    });
    program.dispose();
  });

  it('records ops that tfjs-node runs in a way that a graph cannot: gather, which reads its indices, and an axis of one', () => {
    const program = programOf(({ input }) => {
      const order = tf.topk(input('x'), 4).indices;
      return { sorted: tf.gather(input('x'), order), row: tf.squeeze(tf.expandDims(order, 0), [0]) };
    });
    assert.deepEqual(program.run('step', { x: Float32Array.of(3, 1, 4, 2) }), {
      sorted: Float32Array.of(4, 3, 2, 1),
      row: Int32Array.of(2, 0, 3, 1),
    });
    program.dispose();
  });

  it('takes bytes, and draws random numbers by a key that is an input', () => {
    const inputs = { pixels: { dtype: 'uint8', shape: [4] }, key: { dtype: 'int32', shape: [2] } } as const;
    const program = programOf(({ input }) => {
      const noise = createRng(input('key') as tf.Tensor1D).uniform('noise', [4]);
      return { noisy: tf.add(tf.cast(input('pixels'), 'float32'), noise) };
    }, inputs);
    const run = (step: number) => [
      ...(program.run('step', { pixels: Uint8Array.of(0, 1, 2, 255), key: Int32Array.of(7, step) })['noisy'] ?? []),
    ];
    assert.deepEqual(run(1), run(1));
    assert.notDeepEqual(run(1), run(2));
    assert.deepEqual(run(3).map(Math.floor), [0, 1, 2, 255]);
    program.dispose();
  });

  it('writes a block of equal numbers as a fill, so that the graph stays small', () => {
    const program = programOf(({ input }) => ({ y: tf.sum(tf.mul(tf.zeros([512, 512]), tf.slice(input('x'), 0, 1))) }));
    assert.ok(program.size.bytes < 5_000, `${program.size.bytes} bytes`);
    program.dispose();
  });

  it('leaves no tensor behind', () => {
    const tensors = tf.memory().numTensors;
    const program = programOf(({ input, variable, assign }) => {
      assign('w', tf.mul(variable('w'), input('x')));
      return { y: tf.sum(input('x')) };
    });
    program.write('w', new Float32Array(4));
    for (let i = 0; i < 3; i++) program.run('step', { x: Float32Array.of(1, 2, 3, 4) });
    program.dispose();
    assert.equal(tf.memory().numTensors, tensors);
  });
});

describe('sharing common nodes', () => {
  it('lets equal nodes be one, but no two placeholders', () => {
    const node = (op: string, inputs: GraphNode[] = [], more: Partial<GraphNode> = {}): GraphNode => ({
      op,
      attributes: [],
      inputs: inputs.map((source) => ({ node: source, output: 0 })),
      after: [],
      outputs: [{ dtype: 'float32', shape: [] }],
      ...more,
    });
    const constant = () => node('Const', [], { constant: { dtype: 'float32', shape: [], values: [2] } });
    const placeholder = node('Placeholder', [], { name: 'x' });
    const result = node('Add', [node('Mul', [placeholder, constant()]), node('Mul', [placeholder, constant()])]);
    assert.deepEqual(
      inOrder(shareCommon([result, node('Placeholder', [], { name: 'y' })])).map(({ op }) => op),
      ['Placeholder', 'Const', 'Mul', 'Add', 'Placeholder'],
    );
  });
});
