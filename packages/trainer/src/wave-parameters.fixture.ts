import assert from 'node:assert/strict';
import { createRng, stepKey } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { fileShape, fromFile } from './artifact/file-layout.ts';
import type { Backbone } from './models/define-backbone.ts';
import { type Forward, type ParameterSpec, sizeOf } from './parameters.ts';

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

/** What a PyTorch file of such values would hold, by name, its phase the place among the sorted names. */
export function waveTensors({ parameters }: Pick<Backbone, 'parameters'>): Map<string, tf.Tensor> {
  const sorted = [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(
    sorted.map((spec, phase) => {
      const stored = { name: spec.name, shape: fileShape(spec), data: waveValues(spec, phase) };
      return [spec.name, tf.tensor(fromFile(spec, stored), [...spec.shape])];
    }),
  );
}

/** `count` images [count, side, side, channels] in [0, 1] of the same kind. */
export function waveImages(count: number, side: number, channels = 3): tf.Tensor4D {
  const pixels = new Float32Array(count * side * side * channels).map((_, i) => 0.5 + 0.5 * wave(i, 0));
  return tf.tensor4d(pixels, [count, side, side, channels]);
}

/** A pass over given tensors; `onStatistic` hears of running averages. */
export function forwardOf(
  tensors: ReadonlyMap<string, tf.Tensor>,
  { training, onStatistic }: { training: boolean; onStatistic?: Forward['updateStatistic'] },
): Forward {
  return {
    parameter: (name) => tensors.get(name) ?? assert.fail(`the backbone reads ${name}, which it does not state`),
    training,
    rng: createRng(stepKey(0, 0)),
    updateStatistic: (name, value) => onStatistic?.(name, value),
  };
}
