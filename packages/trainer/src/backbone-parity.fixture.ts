import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DeviceChoice, openDevice } from '@scion/engine';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { fileShape, fromFile } from './artifact/file-layout.ts';
import { type BackboneReference, fromTorch } from './backbone-reference.fixture.ts';
import { assertCloseTo } from './close-to.fixture.ts';
import type { Backbone } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';
import { type Forward, type ParameterSpec, parameterCount, sizeOf } from './parameters.ts';
import { entryOf } from './registry.ts';

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

/** A chirp: numbers in [-1, 1] that look random, so that layers of them are well conditioned. */
const wave = (index: number, phase: number) => Math.sin(0.37 * index * index + phase);

/** A parameter's values by the rule of torch-reference.fixture.py, in the order of the file. */
function waveValues({ name, ...spec }: ParameterSpec, phase: number): Float32Array {
  const shape = fileShape({ name, ...spec });
  const [scale, offset] = name.endsWith('running_var')
    ? [0.5, 1]
    : /(running_mean|bias|cls_token|pos_embed)$/.test(name)
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

function run(
  backbone: Backbone,
  tensors: ReadonlyMap<string, tf.Tensor>,
  { side, training }: { side: number; training: boolean },
): Passed {
  const statistics: Passed['statistics'] = {};
  const features = tf.tidy(() => {
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
