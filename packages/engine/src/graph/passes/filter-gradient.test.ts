import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../../close-to.fixture.ts';
import { openDevice } from '../../device.ts';
import { philoxUniform } from '../../ops/philox.ts';
import { createNode, type GraphNode } from '../graph.ts';
import { createProgram } from '../program.ts';
import { inOrder } from '../saved-model.ts';
import { filterGradientAsConvolution } from './filter-gradient.ts';

type Case = { side: number; kernel: number; stride: number; padding: 'same' | 'valid' };

const channels = { in: 3, out: 5 };
const batch = 4;

function gradientOf({ kernel, stride, padding }: Case, images: tf.Tensor4D, weights: tf.Tensor): tf.Tensor {
  const filter = tf.ones([kernel, kernel, channels.in, channels.out]) as tf.Tensor4D;
  const output = (given: tf.Tensor) => tf.conv2d(images, given as tf.Tensor4D, stride, padding);
  return tf.grad((given) => tf.sum(tf.mul(output(given), tf.slice(weights, [0, 0, 0, 0], output(given).shape))))(filter);
}

describe('the filter gradient as a convolution', () => {
  before(async () => {
    await openDevice({ choice: 'cpu' });
  });

  for (const shape of [
    { side: 4, kernel: 3, stride: 1, padding: 'same' },
    { side: 8, kernel: 3, stride: 1, padding: 'valid' },
    { side: 7, kernel: 5, stride: 1, padding: 'same' },
    { side: 8, kernel: 1, stride: 1, padding: 'same' },
    { side: 8, kernel: 3, stride: 2, padding: 'same' },
    { side: 6, kernel: 2, stride: 1, padding: 'same' },
    { side: 16, kernel: 3, stride: 1, padding: 'same' },
  ] as const) {
    it(`is that of tfjs: ${shape.side}×${shape.side}, kernel ${shape.kernel}, stride ${shape.stride}, ${shape.padding}`, () => {
      const { side } = shape;
      const sizes = { images: [batch, side, side, channels.in], weights: [batch, side, side, channels.out] } as const;
      const values = (seed: number, size: readonly number[]) =>
        philoxUniform(
          size.reduce((a, b) => a * b, 1),
          seed,
          0,
        );
      const [images, weights] = [values(1, sizes.images), values(2, sizes.weights)];
      const program = createProgram({
        variables: [],
        functions: {
          step: {
            inputs: { images: { dtype: 'float32', shape: sizes.images }, weights: { dtype: 'float32', shape: sizes.weights } },
            build: ({ input }) => ({ gradient: gradientOf(shape, input('images') as tf.Tensor4D, input('weights')) }),
          },
        },
      });
      const compiled = program.run('step', { images, weights })['gradient'] ?? [];
      program.dispose();
      const eager = tf.tidy(() =>
        gradientOf(shape, tf.tensor4d(images, [...sizes.images]), tf.tensor4d(weights, [...sizes.weights])),
      );
      assertCloseTo(compiled, eager.dataSync(), 1e-4);
      eager.dispose();
    });
  }

  it('replaces the kernel on small maps, and leaves larger ones and strides', () => {
    const opsFor = (side: number, stride: number) => {
      const edge = (shape: readonly number[]) => ({
        node: createNode({ op: 'Placeholder', name: `of ${shape}`, outputs: [{ dtype: 'float32', shape }] }),
        output: 0,
      });
      const node: GraphNode = createNode({
        op: 'Conv2DBackpropFilter',
        attributes: [{ name: 'strides', type: 0, value: [1, stride, stride, 1] }],
        inputs: [edge([4, side, side, 3]), edge([4]), edge([4, side / stride, side / stride, 5])],
        outputs: [{ dtype: 'float32', shape: [3, 3, 3, 5] }],
      });
      const types = { TF_ATTR_TYPE: 0, TF_ATTR_INT: 1, TF_ATTR_STRING: 2 };
      return inOrder(filterGradientAsConvolution(types)([node])).map(({ op }) => op);
    };
    assert.ok(!opsFor(8, 1).includes('Conv2DBackpropFilter') && opsFor(8, 1).includes('Conv2D'));
    assert.ok(opsFor(16, 1).includes('Conv2DBackpropFilter'));
    assert.ok(opsFor(8, 2).includes('Conv2DBackpropFilter'));
  });
});
