import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { openDevice } from '../../device.ts';
import { measurePrecisions } from '../../measure-precisions.ts';
import { batchNormTrain } from '../../ops/batch-norm.ts';
import { crossEntropy } from '../../ops/classification-loss.ts';
import { philoxUniform } from '../../ops/philox.ts';
import { createNode, type GraphNode } from '../graph.ts';
import { createProgram, type Precision } from '../program.ts';
import { lowPrecision } from './low-precision.ts';

const parameters = [
  { name: 'filter', shape: [3, 3, 3, 8] },
  { name: 'scale', shape: [8] },
  { name: 'offset', shape: [8] },
  { name: 'weight', shape: [128, 4] },
];
const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** Losses of some steps of gradient descent on a small convolutional net. */
function train(precision: Precision, steps: number): number[] {
  const names = parameters.map(({ name }) => name);
  const program = createProgram({
    variables: parameters,
    precision,
    functions: {
      step: {
        inputs: { images: { dtype: 'float32', shape: [8, 8, 8, 3] }, labels: { dtype: 'int32', shape: [8] } },
        build({ input, variable, update }) {
          const loss = (...values: tf.Tensor[]) => {
            const [filter, scale, offset, weight] = values as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D];
            const map = tf.conv2d(input('images') as tf.Tensor4D, filter, 1, 'same');
            const pooled = tf.maxPool(tf.relu(batchNormTrain(map, { scale, offset, epsilon: 1e-5 }).y), 2, 2, 'valid');
            return crossEntropy(tf.matMul(tf.reshape(pooled, [8, 128]), weight), input('labels') as tf.Tensor1D);
          };
          const { value, grads } = tf.valueAndGrads(loss)(names.map(variable));
          for (const [index, name] of names.entries()) {
            update('ResourceApplyGradientDescent', {
              variables: [name],
              operands: [tf.scalar(0.05), grads[index] as tf.Tensor],
            });
          }
          return { loss: value };
        },
      },
    },
  });
  for (const [index, { name, shape }] of parameters.entries()) {
    program.write(
      name,
      name === 'scale' ? new Float32Array(8).fill(1) : philoxUniform(sizeOf(shape), index, 1).map((u) => (u - 0.5) * 0.4),
    );
  }
  const images = philoxUniform(8 * 8 * 8 * 3, 9, 9);
  const labels = Int32Array.from({ length: 8 }, (_, index) => index % 4);
  const losses = Array.from({ length: steps }, () => Number(program.run('step', { images, labels })['loss']?.[0]));
  program.dispose();
  return losses;
}

describe('low precision', () => {
  before(async () => {
    await openDevice({ choice: 'cpu' });
  });

  for (const [precision, tolerance] of [['bfloat16', 0.02] as const, ['float16', 0.003] as const]) {
    it(`trains as float32 does, to the digits that ${precision} has`, () => {
      const [full, low] = [train('float32', 20), train(precision, 20)];
      assert.notDeepEqual(low, full);
      for (const [step, loss] of low.entries()) {
        assert.ok(Math.abs(loss - (full[step] ?? 0)) < tolerance, `step ${step}: ${loss} instead of ${full[step]}`);
      }
      assert.ok((low.at(-1) ?? 1) < 0.9 * (low[0] ?? 0), 'the loss falls');
    });
  }

  it('gives the same numbers twice', () => {
    assert.deepEqual(train('bfloat16', 5), train('bfloat16', 5));
  });

  it('keeps named results, and what only float32 reaches, in float32', () => {
    const outputs = [{ dtype: 'float32' as const, shape: [2, 2] }];
    const type = (value: number) => [{ name: 'T', type: 0, value }];
    const input = createNode({ op: 'Placeholder', name: 'x', outputs });
    const edge = (node: GraphNode) => ({ node, output: 0 });
    const product = createNode({ op: 'MatMul', attributes: type(1), inputs: [edge(input), edge(input)], outputs });
    const active = createNode({ op: 'Relu', attributes: type(1), inputs: [edge(product)], outputs });
    const softmax = createNode({ op: 'Softmax', attributes: type(1), inputs: [edge(active)], outputs });
    const result = createNode({ op: 'Identity', name: 'y', attributes: type(1), inputs: [edge(softmax)], outputs });
    const [rewritten] = lowPrecision('bfloat16', 0)([result]);
    const chain: string[] = [];
    for (let node = rewritten; node; node = node.inputs[0]?.node) {
      chain.push(`${node.op}:${node.attributes.find(({ name }) => name === 'T')?.value ?? ''}`);
    }
    assert.deepEqual(chain, ['Identity:1', 'Softmax:1', 'Cast:', 'Relu:14', 'MatMul:14', 'Cast:', 'Placeholder:']);
  });

  it('measures what each precision takes here', () => {
    const times = measurePrecisions(['float32', 'bfloat16', 'float16']);
    assert.deepEqual([...times.keys()], ['float32', 'bfloat16', 'float16']);
    for (const ms of times.values()) assert.ok(ms > 0);
  });
});
