import * as tf from '@tensorflow/tfjs-core';

/**
 * Fixed positions of a grid [1, rows · columns, width]: a quarter each for sine and cosine of column and row, frequencies from 1 down to
 * 1/10,000 (He et al., 2022, after Vaswani et al., 2017). `width` is a multiple of 4.
 */
export function sinePositions([rows, columns]: readonly [number, number], width: number): tf.Tensor3D {
  const quarter = width / 4;
  const frequencies = Array.from({ length: quarter }, (_, i) => 10_000 ** (-i / quarter));
  const waves = (place: number) => [
    ...frequencies.map((f) => Math.sin(place * f)),
    ...frequencies.map((f) => Math.cos(place * f)),
  ];
  const values = Array.from({ length: rows * columns }, (_, i) => [...waves(i % columns), ...waves(Math.floor(i / columns))]);
  return tf.tensor3d(values.flat(), [1, rows * columns, width]);
}
