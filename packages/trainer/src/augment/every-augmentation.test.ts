import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createProgram, type Device, openDevice } from '@scion/engine';
import type * as tf from '@tensorflow/tfjs-core';
import { augmentOnDevice, type DeviceResults } from '../augment-on-device.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { augment, augmentEagerly, type Batch, bytesOf, everyAugmentation, side } from './every-augmentation.fixture.ts';

/** A last batch may be of one image. */
const batches: readonly Batch[] = [
  { count: 10, channels: 3 },
  { count: 1, channels: 3 },
  { count: 7, channels: 1 },
  { count: 1, channels: 1 },
];

let device: Device;

before(async () => {
  device = await openDevice();
});

describe('every augmentation', () => {
  for (const { id, augmentation } of everyAugmentation) {
    it(`${id} gives compiled what it gives op by op`, (t) => {
      if (!device.backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up here');
      for (const batch of batches) {
        const shape = [batch.count, side, side, batch.channels];
        const program = createProgram({
          variables: [],
          functions: {
            augment: {
              inputs: { images: { dtype: 'uint8', shape }, key: { dtype: 'int32', shape: [2] } },
              build: ({ input }) => augment(augmentation, input('images') as tf.Tensor4D, input('key') as tf.Tensor1D),
            },
          },
        });
        try {
          for (const step of [0, 1, 2]) {
            const compiled = program.run('augment', { images: bytesOf(batch), key: Int32Array.of(3, step) });
            for (const [name, values] of Object.entries(augmentEagerly(augmentation, batch, step))) {
              assertCloseTo(compiled[name] ?? [], values, 1e-5);
            }
          }
        } finally {
          program.dispose();
        }
      }
    });
  }

  it('gives on WebAssembly and on plain JavaScript what it gives on TensorFlow', async (t) => {
    if (!device.backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up here');
    assertSame(await augmentOnDevice('auto', batches), await augmentOnDevice('wasm', batches));
    // tfjs 4.22's plain JavaScript kernel transforms the first image of a batch only.
    const single = batches.filter(({ count }) => count === 1);
    assertSame(await augmentOnDevice('auto', single), await augmentOnDevice('plain', single));
  });
});

function assertSame(expected: DeviceResults, actual: DeviceResults): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [title, values] of Object.entries(expected)) {
    for (const [name, numbers] of Object.entries(values)) {
      try {
        assertCloseTo(actual[title]?.[name] ?? [], numbers, 1e-4);
      } catch (cause) {
        throw new Error(`${title}: ${name}`, { cause });
      }
    }
  }
}
