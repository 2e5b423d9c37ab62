import type * as tf from '@tensorflow/tfjs-core';
import type { Forward } from '../parameters.ts';
import type { Backbone } from './define-backbone.ts';
import { globalAveragePool, type MapLayer } from './layers.ts';

/** A part of a convolutional backbone whose map is of use to others. */
export type Stage = { name: string; layer: MapLayer };

/** A backbone of stages one after the other: the mean over the last one's map are its features. */
export function pooledStages(stages: readonly Stage[], featureCount: number): Required<Omit<Backbone, 'tokens'>> {
  return {
    parameters: stages.flatMap(({ layer }) => layer.parameters),
    featureCount,
    features: (forward, images) => globalAveragePool(stages.reduce((x, { layer }) => layer.apply(forward, x), images)),
    featureMaps: (forward, images) => mapsOf(stages, forward, images),
  };
}

function mapsOf(stages: readonly Stage[], forward: Forward, images: tf.Tensor4D): Record<string, tf.Tensor4D> {
  const maps: Record<string, tf.Tensor4D> = {};
  let x = images;
  for (const { name, layer } of stages) {
    x = layer.apply(forward, x);
    maps[name] = x;
  }
  return maps;
}
