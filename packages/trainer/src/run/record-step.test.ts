import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Device, openDevice } from '@scion/engine';
import { createNetwork } from '../network.ts';
import { parameterCount } from '../parameters.ts';
import { resolveSpec } from '../resolve-spec.ts';
import { CreateJob } from '../spec.ts';
import { recordStep } from './record-step.ts';
import { stepProgramOptions } from './step-program.ts';

const classNames = ['a', 'b'];
const imageShape = [32, 32, 3] as const;
const batchSize = 2;

function recordWith(backbone: string, method: string): { bytes: number; parameters: number } {
  const job = CreateJob.parse({
    kind: 'pretrain',
    dataset: { id: 'ds_00000000000000000000000000' },
    backbone: { type: backbone },
    method: { type: method },
    training: { batchSize, optimizer: { type: 'sgd', momentum: 0.9 } },
  });
  const split = { examples: batchSize, labelled: batchSize, classes: { a: 1, b: 1 } };
  const spec = resolveSpec(job, { dataset: { splits: { train: split }, classNames, shape: imageShape }, source: null });
  const network = createNetwork(spec, classNames);
  const program = recordStep(stepProgramOptions({ network, spec, imageShape, totalSteps: 100, batchSizes: [batchSize] }));
  const parameters = parameterCount(network.parameters);
  program.dispose();
  network.dispose();
  return { bytes: program.size.bytes, parameters };
}

describe('the graph of a training step', () => {
  let device: Device;
  before(async () => {
    device = await openDevice();
  });

  for (const [backbone, method] of [
    ['resnet18', 'supervised'],
    ['reference-net', 'supervised'],
    ['convnet-small', 'barlow-twins'],
    ['convnet-small', 'vicreg'],
  ] as const) {
    it(`holds no weight and no block of zeros or of a pattern: under 1 MB for ${backbone}, ${method}`, (t) => {
      if (!device.backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up on this machine');
      const { bytes, parameters } = recordWith(backbone, method);
      assert.ok(4 * parameters > 2_000_000, 'whose parameters alone take 2 MB');
      assert.ok(bytes < 1_000_000, `${bytes} bytes`);
    });
  }
});
