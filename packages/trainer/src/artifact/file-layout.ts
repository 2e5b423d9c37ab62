import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Layout, type ParameterSpec, sizeOf } from '../parameters.ts';
import type { NamedArray } from './safetensors.ts';

/** A parameter's shape in a file, where PyTorch's order is kept. */
export function fileShape({ shape, layout }: ParameterSpec): readonly number[] {
  if (layout.type === 'plain') return shape;
  return layout.type === 'convolution' ? [3, 2, 0, 1].map((axis) => shape[axis] ?? 0) : [...shape].reverse();
}

/** The values of a parameter in the order of the file. */
export function toFile(spec: ParameterSpec, value: tf.Tensor): NamedArray {
  const { name, layout } = spec;
  // A tensor whose order does not change gives its own memory: copy it, since training goes on while it is written.
  const data = layout.type === 'plain' ? value.dataSync<'float32'>().slice() : computeValues(() => reorder(value, layout));
  return { name, shape: fileShape(spec), data };
}

function reorder(value: tf.Tensor, layout: Exclude<Layout, { type: 'plain' }>): tf.Tensor {
  switch (layout.type) {
    case 'convolution':
      return tf.transpose(value, [3, 2, 0, 1]);
    case 'linear':
      return tf.transpose(value);
    case 'flattened':
      return tf.transpose(tf.reshape(value, [...layout.map, -1]), [3, 2, 0, 1]);
  }
}

/** The parameter's values in tfjs's order. The array must hold as many values as the parameter. */
export function fromFile(spec: ParameterSpec, { data }: NamedArray): Float32Array {
  const { layout, shape } = spec;
  if (data.length !== sizeOf(shape)) throw new RangeError(`${spec.name} needs ${sizeOf(shape)} values, not ${data.length}`);
  if (layout.type === 'plain') return data;
  return computeValues(() => {
    switch (layout.type) {
      case 'convolution':
        return tf.transpose(tf.tensor(data, [...fileShape(spec)]), [2, 3, 1, 0]);
      case 'linear':
        return tf.transpose(tf.tensor(data, [...fileShape(spec)]));
      case 'flattened': {
        const [height, width, channels] = layout.map;
        return tf.transpose(tf.tensor(data, [data.length / (height * width * channels), channels, height, width]), [2, 3, 1, 0]);
      }
    }
  });
}
