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
  const data = tf.tidy(() => reorder(value, spec.layout).dataSync<'float32'>());
  // A tensor whose order does not change gives its own memory: copy it, since training goes on while it is written.
  return { name: spec.name, shape: fileShape(spec), data: spec.layout.type === 'plain' ? data.slice() : data };
}

function reorder(value: tf.Tensor, layout: Layout): tf.Tensor {
  switch (layout.type) {
    case 'plain':
      return value;
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
  return tf.tidy(() => {
    switch (layout.type) {
      case 'plain':
        return data;
      case 'convolution':
        return tf.transpose(tf.tensor(data, [...fileShape(spec)]), [2, 3, 1, 0]).dataSync<'float32'>();
      case 'linear':
        return tf.transpose(tf.tensor(data, [...fileShape(spec)])).dataSync<'float32'>();
      case 'flattened': {
        const [height, width, channels] = layout.map;
        const map = tf.tensor(data, [data.length / (height * width * channels), channels, height, width]);
        return tf.transpose(map, [2, 3, 1, 0]).dataSync<'float32'>();
      }
    }
  });
}
