import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type DeviceChoice, openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { fileShape, fromFile } from './artifact/file-layout.ts';
import { assertCloseTo } from './close-to.fixture.ts';
import type { Backbone } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';
import { type Forward, type ParameterSpec, sizeOf } from './parameters.ts';
import { entryOf } from './registry.ts';

type Recorded = {
  config: { type: string; [setting: string]: unknown };
  side: number;
  /** Features 0 to 3 of the first and of the last of four images, then the mean of all. */
  features: { evaluation: number[]; training: number[] };
  /** The first running averages after one pass in training. */
  statistics: Record<string, number[]>;
};

/** PyTorch's features for the waves below: see torch-reference.fixture.py. */
const fromTorch: Recorded[] = [
  {
    config: { type: 'reference-net', dropout: 0, spatialDropout: 0 },
    side: 4,
    features: {
      evaluation: [0, 0.142344, 0.0549516, 0.144152, 0, 0.137232, 0.0408635, 0.131377, 0.0430663],
      training: [0, 0.142344, 0.0549516, 0.144152, 0, 0.137232, 0.0408635, 0.131377, 0.0430663],
    },
    statistics: {},
  },
  {
    config: { type: 'convnet-small' },
    side: 16,
    features: {
      evaluation: [0.129363, 0.248132, 0.145473, 0, 0.132695, 0.185618, 0.18361, 0.00437562, 0.0502284],
      training: [0.0142774, 0.609011, 0.21102, 0.0925416, 0.368246, 0, 0.725058, 0.624363, 0.400764],
    },
    statistics: {
      'bn1.running_mean': [0.0370023, 0.115892, 0.0918423, -0.0781307],
      'bn1.running_var': [1.3149, 1.21852, 0.758195, 0.53902],
    },
  },
  {
    config: { type: 'resnet18-small' },
    side: 16,
    features: {
      evaluation: [0, 0, 0.0454239, 0.133921, 0, 0, 0.0467437, 0.133275, 0.107943],
      training: [1.04484, 0.890612, 0.405143, 1.98758, 0.382313, 1.18019, 0.591379, 0.200829, 0.82774],
    },
    statistics: {
      'bn1.running_mean': [0.0317092, 0.0286353, 0.0226359, -0.0391011],
      'bn1.running_var': [1.31645, 1.22389, 0.756433, 0.540475],
    },
  },
];

const tolerance = 2e-5;

/** Loads what a PyTorch file would hold, and compares what each backbone makes of four images. */
export function describeBackboneParity(choice: DeviceChoice): void {
  describe(`backbones with PyTorch's parameters (${choice})`, () => {
    before(() => openDevice({ choice }));

    for (const { config, side, features, statistics } of fromTorch) {
      const backbone = entryOf(backbones, config.type).create(config, [side, side, 3]);

      it(`${config.type} has PyTorch's features in evaluation`, () => {
        assertCloseTo(run(backbone, { side, training: false }).features, features.evaluation, tolerance);
      });

      it(`${config.type} has PyTorch's features and running averages in training`, () => {
        const passed = run(backbone, { side, training: true });
        assertCloseTo(passed.features, features.training, tolerance);
        for (const [name, values] of Object.entries(statistics)) assertCloseTo(passed.statistics[name] ?? [], values, tolerance);
        const averages = backbone.parameters.filter(({ role }) => role === 'statistic').map(({ name }) => name);
        assert.deepEqual(Object.keys(passed.statistics).sort(), averages.sort(), 'each average is brought up to date');
      });
    }
  });
}

/** A chirp: numbers in [-1, 1] that look random, so that layers of them are well conditioned. */
const wave = (index: number, phase: number) => Math.sin(0.37 * index * index + phase);

/** A parameter's values by the rule of torch-reference.fixture.py, in the order of the file. */
function waveValues({ name, ...spec }: ParameterSpec, phase: number): Float32Array {
  const shape = fileShape({ name, ...spec });
  const [scale, offset] = name.endsWith('running_var')
    ? [0.5, 1]
    : name.endsWith('running_mean') || name.endsWith('bias')
      ? [0.1, 0]
      : shape.length === 1
        ? [0.1, 1]
        : [1 / Math.sqrt(sizeOf(shape.slice(1))), 0];
  return new Float32Array(sizeOf(shape)).map((_, i) => offset + scale * wave(i, phase));
}

function waveTensors({ parameters }: Backbone): Map<string, tf.Tensor> {
  const sorted = [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(
    sorted.map((spec, phase) => {
      const stored = { name: spec.name, shape: fileShape(spec), data: waveValues(spec, phase) };
      return [spec.name, tf.tensor(fromFile(spec, stored), [...spec.shape])];
    }),
  );
}

type Passed = { features: number[]; statistics: Record<string, number[]> };

function run(backbone: Backbone, { side, training }: { side: number; training: boolean }): Passed {
  const statistics: Passed['statistics'] = {};
  const features = tf.tidy(() => {
    const tensors = waveTensors(backbone);
    const forward: Forward = {
      parameter(name) {
        const tensor = tensors.get(name);
        return tensor ?? assert.fail(`the backbone reads ${name}, which it does not state`);
      },
      training,
      rng: createRng(stepKey(0, 0)),
      updateStatistic: (name, value) => {
        statistics[name] = [...value.dataSync()].slice(0, 4);
      },
    };
    const pixels = new Float32Array(4 * side * side * 3).map((_, i) => 0.5 + 0.5 * wave(i, 0));
    const images = tf.tensor4d(pixels, [4, side, side, 3]);
    const all = backbone.features(forward, images);
    assert.deepEqual(all.shape, [4, backbone.featureCount]);
    const [first = [], , , last = []] = all.arraySync();
    return [...first.slice(0, 4), ...last.slice(0, 4), ...tf.mean(all).dataSync()];
  }) as unknown as number[];
  return { features, statistics };
}
