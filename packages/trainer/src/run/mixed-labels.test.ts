import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Device, openDevice } from '@scion/engine';
import { assertCloseTo } from '../close-to.fixture.ts';
import { specOf, withBench } from './training-step.fixture.ts';

let device: Device;

before(async () => {
  device = await openDevice();
});

const augment = [
  { type: 'random-resized-crop', size: 8 },
  { type: 'gaussian-blur' },
  { type: 'normalize', mean: [0.5], std: [0.5] },
  { type: 'mixup', alpha: 1 },
  { type: 'cutmix' },
];
/** The last step of an epoch may have one example. */
const sizes = [12, 12, 1, 12, 1];

function lossesOf(spec: ReturnType<typeof specOf>, compile: boolean): { losses: number[]; accuracies: number[] } {
  return withBench(spec, { compile, otherSizes: [1] }, ({ train }) => {
    const results = sizes.map((examples, step) => train(step, { examples }));
    const column = (name: string) => results.map((numbers) => numbers[name] ?? Number.NaN);
    return { losses: column('loss'), accuracies: column('accuracy') };
  });
}

describe('training on mixed labels', () => {
  it('gives compiled the losses that it gives op by op, for a single example too', (t) => {
    if (!device.backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up here');
    const spec = specOf({ seed: 3 }, { augment });
    const [compiled, eager] = [lossesOf(spec, true), lossesOf(spec, false)];
    assertCloseTo(compiled.losses, eager.losses, 1e-4);
    assert.deepEqual(compiled.accuracies, eager.accuracies);
    const pure = lossesOf(specOf({ seed: 3 }, { augment: augment.slice(0, 3) }), true);
    assert.notDeepEqual(compiled.losses, pure.losses);
  });

  it('has the same numbers again when it goes on from a checkpoint', () => {
    const spec = specOf({ seed: 4 }, { augment });
    const compile = device.backend.startsWith('tensorflow');
    const { whole, halfway } = withBench(spec, { compile }, ({ train, checkpoint, model }) => {
      for (const step of [0, 1]) train(step);
      const half = structuredClone(checkpoint());
      for (const step of [2, 3]) train(step);
      return { whole: model(), halfway: half };
    });
    const resumed = withBench(spec, { compile, from: halfway }, ({ train, model }) => {
      for (const step of [2, 3]) train(step);
      return model();
    });
    assert.deepEqual(resumed, whole);
  });

  it('is refused where a step follows that needs images of its own', () => {
    const message = 'mixup mixes labels, so it must be among the last steps, but random-horizontal-flip follows it';
    assert.throws(() => specOf({}, { augment: [{ type: 'mixup' }, { type: 'random-horizontal-flip' }] }), {
      code: 'specInvalid',
      message: `augment.0: ${message}`,
      details: [{ path: 'augment.0', message }],
    });
  });
});
