import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Device, openDevice } from '@scion/engine';
import { assertCloseTo } from '../../close-to.fixture.ts';
import { specOf, withBench } from '../../run/training-step.fixture.ts';

let device: Device;
before(async () => {
  device = await openDevice();
});

const training = { optimizer: { type: 'sgd', learningRate: 0.1 } };
const augment = [{ type: 'random-affine', degrees: 10 }];
const totalSteps = 100; // of a bench

/** The model after the step, and after each of so many more. */
function modelsOf(method: object, steps: number): Map<string, number[]>[] {
  return withBench(
    specOf(training, { method, augment }),
    { compile: device.backend.startsWith('tensorflow') },
    ({ train, model }) => {
      const start = model();
      return [
        start,
        ...Array.from({ length: steps }, (_, step) => {
          train(step, { learningRate: 0.1 });
          return model();
        }),
      ];
    },
  );
}

describe("BYOL's slow double", () => {
  const momentum = 0.9;
  const models = () => modelsOf({ type: 'byol', hidden: 16, width: 8, momentum }, 3);

  it('starts equal to the network and follows it by the formula of the paper', () => {
    const [start, ...later] = models();
    const names = ['conv2.weight', 'bn3.weight', 'projector.1.weight'];
    for (const name of names) {
      let teacher = start!.get(`teacher.${name}`)!;
      assert.deepEqual(teacher, start!.get(name));
      for (const [step, model] of later.entries()) {
        const share = 1 - ((1 - momentum) * (Math.cos((Math.PI * step) / totalSteps) + 1)) / 2;
        const student = model.get(name)!;
        teacher = teacher.map((value, index) => share * value + (1 - share) * student[index]!);
        assertCloseTo(model.get(`teacher.${name}`)!, teacher, 1e-6);
      }
    }
  });

  it('keeps running averages of its own', () => {
    const [, , last] = models();
    const [own, students] = [last!.get('teacher.bn1.running_mean')!, last!.get('bn1.running_mean')!];
    assert.notDeepEqual(own, students);
    assert.ok(own.some((value) => value !== 0));
  });
});

describe("MoCo's queue", () => {
  it('holds the newest embeddings, those of the last batch first', () => {
    const [batch, width, size] = [12, 4, 30];
    const queues = modelsOf({ type: 'moco-v2', queue: size, hidden: 8, width }, 3).map((model) => model.get('queue')!);
    for (const [step, queue] of queues.slice(1).entries()) {
      assert.equal(queue.length, size * width);
      assert.deepEqual(queue.slice(batch * width), queues[step]!.slice(0, (size - batch) * width), 'what was there moves back');
      const lengths = Array.from({ length: batch }, (_, row) => Math.hypot(...queue.slice(row * width, (row + 1) * width)));
      assertCloseTo(lengths, new Array(batch).fill(1), 1e-5);
    }
  });
});
