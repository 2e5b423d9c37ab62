import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { createRng, stepKey } from '../ops/random.ts';
import { startEveryBackend, valuesOn } from './every-backend.fixture.ts';

const cases: { side: number; kernel: number; stride: number; padding: 'same' | 'valid' }[] = [
  { side: 6, kernel: 3, stride: 1, padding: 'same' },
  { side: 6, kernel: 3, stride: 1, padding: 'valid' },
  { side: 6, kernel: 3, stride: 2, padding: 'same' },
  { side: 7, kernel: 3, stride: 2, padding: 'valid' },
  { side: 8, kernel: 5, stride: 2, padding: 'same' },
  { side: 1, kernel: 3, stride: 2, padding: 'same' },
];

before(startEveryBackend);

describe('the depthwise gradients of the WebAssembly backend', () => {
  for (const { side, kernel, stride, padding } of cases) {
    for (const [index, by] of ['input', 'filter'].entries()) {
      const name = `${kernel}×${kernel} on ${side}×${side} at stride ${stride}, ${padding}`;
      it(`equal the plain JavaScript backend's, by the ${by}, for ${name}`, async () => {
        const gradient = () => {
          const rng = createRng(stepKey(1, 2));
          const operands = [rng.normal('x', [2, side, side, 3]), rng.normal('filter', [kernel, kernel, 3, 1])];
          const convolve = (x: tf.Tensor, f: tf.Tensor) =>
            tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, padding);
          return tf.grads((x: tf.Tensor, f: tf.Tensor) => tf.sum(tf.square(convolve(x, f))))(operands)[index]!;
        };
        assertCloseTo(await valuesOn('wasm', gradient), await valuesOn('cpu', gradient), 1e-3);
      });
    }
  }
});
