import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { randomImages } from './augment.fixture.ts';
import { createPipeline, labelMixProblems } from './pipeline.ts';

before(() => openDevice());

type Config = { type: string; [setting: string]: unknown };

const images = randomImages(16, 6, 6, 1);
const input = () => tf.tensor4d(images.values, images.shape);
const valuesOf = (compute: () => tf.Tensor) => [...tf.tidy(compute).dataSync()];

describe('createPipeline', () => {
  it('applies the steps in order, and follows the shape through them', () => {
    const halve: Config = { type: 'normalize', mean: [0], std: [2] };
    const shift: Config = { type: 'normalize', mean: [1], std: [1] };
    const smaller: Config = { type: 'resize', size: 3 };
    const one = createPipeline([halve, shift, smaller]);
    assert.deepEqual(one.outputShape([6, 6, 1]), [3, 3, 1]);
    const [first, second] = [createPipeline([halve, shift]), createPipeline([shift, halve])];
    assert.deepEqual(
      valuesOf(() => first.evaluate(input())),
      valuesOf(() => tf.sub(tf.div(input(), 2), 1)),
    );
    assert.notDeepEqual(
      valuesOf(() => second.evaluate(input())),
      valuesOf(() => first.evaluate(input())),
    );
  });

  it('gives two steps of one kind random numbers of their own', () => {
    const flip = { type: 'random-horizontal-flip' };
    const train = (configs: Config[]) => valuesOf(() => createPipeline(configs).train(input(), createRng(stepKey(1, 1))).images);
    // Were both the same, the second would undo the first.
    assert.notDeepEqual(train([flip, flip]), [...images.values]);
    assert.notDeepEqual(train([flip, flip]), train([flip]));
  });

  it('evaluates without randomness', () => {
    const configs: Config[] = [
      { type: 'random-affine', degrees: 40 },
      { type: 'random-horizontal-flip' },
      { type: 'random-crop', size: 4 },
    ];
    const pipeline = createPipeline(configs);
    assert.deepEqual(
      valuesOf(() => pipeline.evaluate(input())),
      valuesOf(() => tf.slice4d(input(), [0, 1, 1, 0], [16, 4, 4, 1])),
    );
  });

  it('says which step does not fit', () => {
    const configs: Config[] = [
      { type: 'resize', size: 8 },
      { type: 'random-crop', size: 9 },
    ];
    const pipeline = createPipeline(configs);
    assert.throws(
      () => pipeline.outputShape([6, 6, 1]),
      (error) => {
        assert.deepEqual((error as { details?: unknown }).details, [
          { path: 'augment.1', message: 'random-crop cannot cut 9×9 out of 8×8 with padding 0' },
        ]);
        return true;
      },
    );
  });

  it('is the identity without steps', () => {
    assert.deepEqual(
      valuesOf(() => createPipeline([]).train(input(), createRng(stepKey(1, 1))).images),
      [...images.values],
    );
  });

  it('says how labels were mixed, one mix after the other', () => {
    const configs: Config[] = [{ type: 'random-horizontal-flip' }, { type: 'mixup', alpha: 1 }, { type: 'cutmix' }];
    const { images: augmented, mixes } = createPipeline(configs).train(input(), createRng(stepKey(1, 1)));
    assert.deepEqual(augmented.shape, images.shape);
    assert.deepEqual(
      mixes.map(({ weight }) => weight.shape),
      [[16], [16]],
    );
    assert.notDeepEqual(mixes[0]?.weight.dataSync(), mixes[1]?.weight.dataSync());
    assert.deepEqual(createPipeline([]).train(input(), createRng(stepKey(1, 1))).mixes, []);
  });

  it('refuses a step on colours after the one that takes images out of [0, 1]', () => {
    const normalize: Config = { type: 'normalize', mean: [0.5], std: [0.5] };
    const resize: Config = { type: 'resize', size: 4 };
    createPipeline([{ type: 'random-solarize' }, normalize, { type: 'random-horizontal-flip' }, { type: 'cutout' }]);
    for (const type of ['color-jitter', 'random-grayscale', 'random-solarize', 'rand-augment']) {
      const message = `${type} needs images in [0, 1], but normalize (augment.1) takes them out of that range: put ${type} before it`;
      assert.throws(() => createPipeline([resize, normalize, { type }]), {
        code: 'specInvalid',
        details: [{ path: 'augment.2', message }],
      });
    }
  });

  it('refuses a step after those that mix labels', () => {
    const normalize: Config = { type: 'normalize', mean: [0.5], std: [0.5] };
    createPipeline([normalize, { type: 'mixup' }, { type: 'cutmix' }]);
    const message = 'cutmix mixes labels, so it must be among the last steps, but cutout follows it';
    assert.throws(() => createPipeline([{ type: 'mixup' }, { type: 'cutmix' }, { type: 'cutout' }]), {
      code: 'specInvalid',
      details: [{ path: 'augment.1', message }],
    });
  });
});

describe('labelMixProblems', () => {
  it('names the steps that mix labels, for a method that cannot train on such labels', () => {
    const configs = [{ type: 'random-horizontal-flip' }, { type: 'mixup' }, { type: 'cutmix' }];
    assert.deepEqual(labelMixProblems(configs, { id: 'supervised', takesMixedLabels: true }), []);
    assert.deepEqual(labelMixProblems(configs, { id: 'simclr', takesMixedLabels: false }), [
      { path: 'augment.1', message: 'mixup mixes the labels of a batch, which the method simclr cannot train on' },
      { path: 'augment.2', message: 'cutmix mixes the labels of a batch, which the method simclr cannot train on' },
    ]);
  });
});
