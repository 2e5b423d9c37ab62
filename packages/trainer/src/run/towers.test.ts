import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createProgram, openDevice } from '@scion/engine';
import { ScionError } from '@scion/schema';
import * as tf from '@tensorflow/tfjs-core';
import { assertCloseTo } from '../close-to.fixture.ts';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import { attempt, createRun, eventsOf, openTemporaryStore, resolveOn } from '../training.fixture.ts';
import { createTowerStep } from './towers.ts';
import { type BenchOptions, specOf, withBench } from './training-step.fixture.ts';

/** Neither normalisation nor randomness: the gradient of a batch is the mean of those of its parts. */
const perExample = {
  backbone: { type: 'reference-net', dropout: 0, spatialDropout: 0 },
  augment: [{ type: 'resize', size: 2 }],
};

let isCompiled: boolean;

before(async () => {
  isCompiled = (await openDevice()).backend.startsWith('tensorflow');
});

type Trained = { losses: number[]; model: number[][] };

function train(training: object, options: BenchOptions & { sizes?: readonly number[] }, body: object = perExample): Trained {
  return withBench(specOf(training, body), options, (bench) => {
    const losses = (options.sizes ?? [12, 12, 12]).map((examples, step) => bench.train(step, { examples })['loss'] ?? Number.NaN);
    return { losses, model: [...bench.model().values()] };
  });
}

function assertSame(actual: Trained, expected: Trained, tolerance: number): void {
  assertCloseTo(actual.losses, expected.losses, tolerance);
  assertCloseTo(actual.model.flat(), expected.model.flat(), tolerance);
}

describe('a batch that is divided among devices', () => {
  for (const devices of [2, 4]) {
    for (const compile of [true, false]) {
      it(`trains as the whole batch does: ${devices} devices, ${compile ? 'compiled' : 'op by op'}`, (t) => {
        if (compile && !isCompiled) return t.skip('TensorFlow is not set up here');
        const whole = train({}, { compile });
        assertSame(train({ devices }, { compile }), whole, 1e-5);
      });
    }
  }

  it('counts each example alike where the last batch does not divide equally', (t) => {
    if (!isCompiled) return t.skip('TensorFlow is not set up here');
    const options = { compile: true, otherSizes: [7, 3], sizes: [12, 7, 3] };
    assertSame(train({ devices: 4 }, options), train({}, options), 1e-5);
  });

  it('trains the same compiled as op by op, with normalisation, dropout and random crops', (t) => {
    if (!isCompiled) return t.skip('TensorFlow is not set up here');
    const body = { augment: [{ type: 'random-crop', size: 8, padding: 1 }] };
    const spec = { devices: 3, ema: { decay: 0.9 }, accumulate: 2 };
    const [compiled, opByOp] = [true, false].map((compile) => train(spec, { compile, examples: 24, sizes: [24, 24, 24] }, body));
    assert.ok(compiled && opByOp);
    assertSame(compiled, opByOp, 1e-5);
  });

  it('draws other random numbers in each part', () => {
    const draws = tf.tidy(() => {
      const drawn: number[][] = [];
      const step = createTowerStep(
        (_, { key }) => {
          drawn.push([...key.dataSync()]);
          return { results: {}, gradients: new Map(), statistics: new Map(), release: () => undefined };
        },
        { towers: 3, device: () => '/device:CPU:0' },
      );
      const inputs = { images: tf.zeros([6, 2, 2, 1], 'int32') as tf.Tensor4D, labels: tf.zeros([6], 'int32') as tf.Tensor1D };
      step(() => tf.scalar(0), { ...inputs, key: tf.tensor1d([7, 5], 'int32') });
      return drawn;
    });
    assert.deepEqual(draws[0], [7, 5], 'the first part draws as an undivided batch');
    assert.equal(new Set(draws.map(String)).size, 3);
    assert.ok(draws.every(([, step]) => step === 5));
  });

  it('runs each part on the device that it is given, its backward pass too', (t) => {
    if (!isCompiled) return t.skip('TensorFlow is not set up here');
    const step = createTowerStep(
      (read, { images }) => {
        const w = read('w');
        const loss = (x: tf.Tensor) => tf.sum(tf.mul(tf.cast(images, 'float32'), tf.square(x))) as tf.Scalar;
        const { value, grad } = tf.valueAndGrad(loss)(w);
        const results = { loss: tf.keep(value as tf.Scalar) };
        return { results, gradients: new Map([['w', grad]]), statistics: new Map(), release: () => tf.dispose(results) };
      },
      { towers: 2, device: (tower) => `/device:GPU:${tower + 90}` },
    );
    const build = () =>
      createProgram({
        variables: [{ name: 'w', shape: [] }],
        functions: {
          step: {
            inputs: { images: { dtype: 'int32', shape: [4, 1, 1, 1] } },
            build({ input, variable }) {
              const images = input('images') as tf.Tensor4D;
              const labels = tf.zeros([4], 'int32') as tf.Tensor1D;
              const { results, gradients } = step(variable, { images, labels, key: tf.tensor1d([0, 0], 'int32') });
              return { ...results, gradient: gradients.get('w') ?? tf.scalar(0) };
            },
          },
        },
      });
    // There is no such device here, which TensorFlow tells at the first node that asks for it.
    assert.throws(build, /GPU:9[01]/);
  });

  it('is told of in an event where there are fewer GPUs, and trains all the same', async (t) => {
    const { store } = await openTemporaryStore();
    const dataset = await packTinyDataset(store);
    const training = { epochs: 1, batchSize: 8, devices: 2 };
    const body = { kind: 'pretrain', backbone: { type: 'convnet-small' }, method: { type: 'supervised' }, training };
    const { outcome, reports } = await attempt(store, createRun(store, dataset, resolveOn(dataset, body)));
    assert.equal(outcome.type, 'succeeded');
    if ((await openDevice()).backend === 'tensorflow-gpu') return t.skip('this machine has a GPU');
    const warnings = eventsOf(reports, 'run.warning').map(({ message }) => message);
    assert.ok(
      warnings.includes(
        'training.devices is 2, but this attempt has no GPU: the parts of each batch take turns, with the same result',
      ),
      warnings.join('\n'),
    );
  });

  it('must divide equally', () => {
    assert.throws(
      () => specOf({ batchSize: 10, devices: 4 }),
      (error: unknown) => {
        assert.ok(error instanceof ScionError);
        assert.equal(error.code, 'specInvalid');
        const message = '10 examples cannot be divided equally among 4 devices: 12 can';
        assert.deepEqual(error.details, [{ path: 'training.batchSize', message }]);
        return true;
      },
    );
  });
});
