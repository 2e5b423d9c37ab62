import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { createRng, stepKey } from '../ops/random.ts';
import { startEveryBackend, valuesOn } from './every-backend.fixture.ts';

type Convolution = { input: [number, number, number, number]; filter: [number, number, number, number] };
type Strides = number | [number, number];
type Padding = 'same' | 'valid' | number;

const small: Convolution = { input: [2, 5, 6, 3], filter: [3, 3, 3, 4] };
const cases: { name: string; shapes: Convolution; strides: Strides; padding: Padding }[] = [
  { name: '3×3, stride 1, same', shapes: small, strides: 1, padding: 'same' },
  { name: '3×3, stride 1, valid', shapes: small, strides: 1, padding: 'valid' },
  { name: '3×3, stride 2, same', shapes: small, strides: 2, padding: 'same' },
  { name: '3×3, stride 2, valid', shapes: small, strides: 2, padding: 'valid' },
  { name: '3×3, stride 1, one zero on each side', shapes: small, strides: 1, padding: 1 },
  { name: '3×3, strides 1 and 2, same', shapes: small, strides: [1, 2], padding: 'same' },
  { name: '1×1, stride 2, valid', shapes: { input: [2, 5, 5, 2], filter: [1, 1, 2, 3] }, strides: 2, padding: 'valid' },
  { name: '2×4, stride 3, same', shapes: { input: [1, 7, 8, 1], filter: [2, 4, 1, 2] }, strides: 3, padding: 'same' },
];

before(startEveryBackend);

describe('the convolution gradients of the WebAssembly backend', () => {
  for (const { name, shapes, strides, padding } of cases) {
    for (const [index, by] of ['input', 'filter'].entries()) {
      it(`equal the plain JavaScript backend's, by the ${by}, for ${name}`, async () => {
        const gradient = () => {
          const rng = createRng(stepKey(1, 2));
          const operands = [rng.normal('x', shapes.input), rng.normal('filter', shapes.filter)];
          const rounding = typeof padding === 'number' ? 'floor' : undefined; // which numbers need, and names refuse
          const convolve = (x: tf.Tensor, f: tf.Tensor) =>
            tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, strides, padding, 'NHWC', 1, rounding);
          return tf.grads((x: tf.Tensor, f: tf.Tensor) => tf.sum(tf.square(convolve(x, f))))(operands)[index]!;
        };
        assertCloseTo(await valuesOn('wasm', gradient), await valuesOn('cpu', gradient), 1e-3);
      });
    }
  }

  it('leaves no tensor behind', async () => {
    await tf.setBackend('wasm');
    const before = tf.memory().numTensors;
    const loss = (f: tf.Tensor) => tf.sum(tf.conv2d(tf.ones([1, 4, 4, 1]) as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'));
    tf.tidy(() =>
      tf
        .grad(loss)(tf.ones([3, 3, 1, 1]))
        .dataSync(),
    );
    assert.equal(tf.memory().numTensors, before);
  });
});
