import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DeviceChoice, openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { type BackboneReference, fromTorch } from './backbone-reference.fixture.ts';
import { assertCloseTo } from './close-to.fixture.ts';
import type { Backbone } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';
import { parameterCount } from './parameters.ts';
import { entryOf } from './registry.ts';
import { forwardOf, waveImages, waveTensors } from './wave-parameters.fixture.ts';

const tolerance = 1e-4;
/** Dozens of normalisations by the statistics of four images make more of rounding. */
const trainingTolerance = 3e-4;
/** Beyond it a backbone has only more of the layers that smaller ones have, and WebAssembly would take minutes. */
const mostParametersOnWasm = 20_000_000;

/** Loads what a PyTorch file would hold, and compares what each backbone makes of four images. */
export function describeBackboneParity(choice: DeviceChoice): void {
  describe(`backbones with PyTorch's parameters (${choice})`, () => {
    before(() => openDevice({ choice }));

    for (const reference of fromTorch) {
      const { config, side } = reference;
      const { type, ...settings } = config;
      const backbone = entryOf(backbones, type).create(config, [side, side, 3]);
      if (choice === 'wasm' && parameterCount(backbone.parameters) > mostParametersOnWasm) continue;
      const title = [type, ...Object.entries(settings).map(([key, value]) => `${key} ${value}`)].join(', ');
      describe(title, () => comparesWith(reference, backbone));
    }
  });
}

function comparesWith({ side, features, statistics }: BackboneReference, backbone: Backbone): void {
  let tensors: ReadonlyMap<string, tf.Tensor>;
  before(() => {
    tensors = waveTensors(backbone);
  });
  after(() => tf.dispose([...tensors.values()]));

  it("has PyTorch's features in evaluation", () => {
    assertCloseTo(run(backbone, tensors, { side, training: false }).features, features.evaluation, tolerance);
  });

  it("has PyTorch's features and running averages in training", () => {
    const passed = run(backbone, tensors, { side, training: true });
    assertCloseTo(passed.features, features.training, trainingTolerance);
    for (const [name, values] of Object.entries(statistics)) assertCloseTo(passed.statistics[name] ?? [], values, tolerance);
    const averages = backbone.parameters.filter(({ role }) => role === 'statistic').map(({ name }) => name);
    assert.deepEqual(Object.keys(passed.statistics).sort(), averages.sort(), 'each average is brought up to date');
  });
}

type Passed = { features: number[]; statistics: Record<string, number[]> };

function run(
  backbone: Backbone,
  tensors: ReadonlyMap<string, tf.Tensor>,
  { side, training }: { side: number; training: boolean },
): Passed {
  const statistics: Passed['statistics'] = {};
  const features = tf.tidy(() => {
    const forward = forwardOf(tensors, {
      training,
      onStatistic: (name, value) => {
        statistics[name] = [...value.dataSync()].slice(0, 4);
      },
    });
    const all = backbone.features(forward, waveImages(4, side));
    assert.deepEqual(all.shape, [4, backbone.featureCount]);
    const [first = [], , , last = []] = all.arraySync();
    return [...first.slice(0, 4), ...last.slice(0, 4), ...tf.mean(all).dataSync()];
  }) as unknown as number[];
  return { features, statistics };
}
