import * as tf from '@tensorflow/tfjs-core';
import { detached, type Operand, type Operation, type Shape } from './random-graph.fixture.ts';

const image: Shape = [2, 5, 6, 3];
const paddings = ['same', 'valid'] as const;
const padding = (variant: number) => paddings[variant % 2] ?? 'same';
const stride = (variant: number) => 1 + (Math.floor(variant / 2) % 2);

/** Operands of given shapes. */
const shaped = (name: string, shapes: readonly (Shape | Operand)[], apply: Operation['apply']): Operation => ({
  name,
  operands: () => shapes.map((operand) => ('shape' in operand ? operand : { shape: operand })),
  apply,
});

const products: Operation[] = [
  {
    name: 'matMul',
    operands: (_, variant) => {
      const [a, b]: [Shape, Shape] = [variant % 2 ? [4, 3] : [3, 4], Math.floor(variant / 2) % 2 ? [5, 4] : [4, 5]];
      const batch = Math.floor(variant / 4) % 2;
      return [{ shape: batch > 0 ? [2, ...a] : a }, { shape: batch > 0 ? [2, ...b] : b }];
    },
    apply: ({ variant }, a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, variant % 2 === 1, Math.floor(variant / 2) % 2 === 1),
  },
  shaped('dot', [[3, 4], [4]], (_, a: tf.Tensor, b: tf.Tensor) => tf.dot(a, b)),
  shaped('outerProduct', [[3], [4]], (_, a: tf.Tensor, b: tf.Tensor) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D)),
  detached(
    shaped(
      'einsum',
      [
        [2, 3, 4],
        [2, 4, 3],
      ],
      ({ variant }, a: tf.Tensor, b: tf.Tensor) =>
        tf.einsum(['bij,bjk->bik', 'bij,bji->b', 'bij,bjk->ik'][variant % 3] ?? '', a, b),
    ),
  ),
  shaped('fused.matMul', [[3, 4], [4, 5], [5]], ({ variant, guard }, a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor) => {
    guard.awayFrom(tf.add(tf.matMul(a, b), bias), [0]);
    return tf.fused.matMul({ a, b, bias, activation: (['linear', 'relu', 'elu'] as const)[variant % 3] ?? 'linear' });
  }),
];

const convolutions: Operation[] = [
  shaped(
    'conv1d',
    [
      [2, 7, 3],
      [3, 3, 2],
    ],
    ({ variant }, x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, stride(variant), padding(variant)),
  ),
  shaped('conv2d', [image, [3, 2, 3, 4]], ({ variant }, x: tf.Tensor, filter: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride(variant), padding(variant)),
  ),
  shaped(
    'conv2dTranspose',
    [
      [2, 3, 3, 2],
      [3, 3, 4, 2],
    ],
    (_, x: tf.Tensor, filter: tf.Tensor) => tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 6, 6, 4], 2, 'same'),
  ),
  shaped(
    'conv3d',
    [
      [1, 3, 4, 4, 2],
      [2, 2, 2, 2, 3],
    ],
    ({ variant }, x: tf.Tensor, filter: tf.Tensor) => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, 1, padding(variant)),
  ),
  shaped('depthwiseConv2d', [image, [3, 3, 3, 2]], ({ variant }, x: tf.Tensor, filter: tf.Tensor) =>
    tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride(variant), padding(variant)),
  ),
  shaped('separableConv2d', [image, [3, 3, 3, 1], [1, 1, 3, 4]], (_, x: tf.Tensor, depth: tf.Tensor, point: tf.Tensor) =>
    tf.separableConv2d(x as tf.Tensor4D, depth as tf.Tensor4D, point as tf.Tensor4D, 1, 'same'),
  ),
  shaped('fused.conv2d', [image, [3, 3, 3, 4], [4]], ({ variant, guard }, x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) => {
    const call = { x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: stride(variant), pad: padding(variant), bias };
    guard.awayFrom(tf.add(tf.conv2d(call.x, call.filter, call.strides, call.pad), bias), [0]);
    return tf.fused.conv2d({ ...call, activation: variant % 2 ? 'relu' : 'linear' });
  }),
  shaped('fused.depthwiseConv2d', [image, [2, 2, 3, 1], [3]], ({ guard }, x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) => {
    const call = { x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 1, pad: 'same' as const };
    guard.awayFrom(tf.add(tf.depthwiseConv2d(call.x, call.filter, 1, 'same'), bias), [0]);
    return tf.fused.depthwiseConv2d({ ...call, bias, activation: 'relu' });
  }),
  detached(
    shaped('dilation2d', [image, [2, 2, 3]], (_, x: tf.Tensor, filter: tf.Tensor) =>
      tf.dilation2d(x as tf.Tensor4D, filter as tf.Tensor3D, 1, 'same'),
    ),
  ),
];

const pooling: Operation[] = [
  shaped('maxPool', [image], ({ variant, guard }, x: tf.Tensor) =>
    tf.maxPool(guard.distinct(x) as tf.Tensor4D, 2, stride(variant), padding(variant)),
  ),
  // In plain JavaScript the gradient of an average counts the padding in.
  shaped('avgPool', [image], ({ variant }, x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, [2, 3], stride(variant), 'valid')),
  shaped('maxPool3d', [[1, 3, 4, 4, 2]], ({ guard }, x: tf.Tensor) =>
    tf.maxPool3d(guard.distinct(x) as tf.Tensor5D, 2, 1, 'valid'),
  ),
  shaped('avgPool3d', [[1, 3, 4, 4, 2]], (_, x: tf.Tensor) => tf.avgPool3d(x as tf.Tensor5D, 2, 1, 'valid')),
  shaped('localResponseNormalization', [image], (_, x: tf.Tensor) => tf.localResponseNormalization(x as tf.Tensor4D, 1)),
];

const imaging: Operation[] = [
  // tfjs's gradients of a resize forget the half pixel; in plain JavaScript they are wrong for more than one image, or not square ones.
  shaped('image.resizeBilinear', [[2, 6, 6, 3]], (_, x: tf.Tensor) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 4])),
  shaped('image.resizeNearestNeighbor', [[1, 5, 6, 2]], (_, x: tf.Tensor) =>
    tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [10, 12]),
  ),
  detached(
    shaped('image.resizeBilinear of half pixels', [image], (_, x: tf.Tensor) =>
      tf.image.resizeBilinear(x as tf.Tensor4D, [7, 4], false, true),
    ),
  ),
  detached(shaped('image.flipLeftRight', [image], (_, x: tf.Tensor) => tf.image.flipLeftRight(x as tf.Tensor4D))),
  detached(
    shaped('image.cropAndResize', [image], (_, x: tf.Tensor) => {
      const boxes = tf.tensor2d([0, 0.1, 0.8, 1, 0.2, 0, 1, 0.7], [2, 4]);
      return tf.image.cropAndResize(x as tf.Tensor4D, boxes, tf.tensor1d([1, 0], 'int32'), [3, 4]);
    }),
  ),
  shaped(
    'batchNorm',
    [image, [3], { shape: [3], domain: 'positive' }, [3], [3]],
    (_, x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, offset: tf.Tensor, scale: tf.Tensor) =>
      tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 1e-3),
  ),
  detached(
    shaped('spectral.rfft', [[2, 8]], ({ variant }, x: tf.Tensor) => {
      const spectrum = tf.spectral.rfft(x);
      return variant % 2 ? tf.real(spectrum) : tf.imag(spectrum);
    }),
  ),
];

export const heavyOps: readonly Operation[] = [...products, ...convolutions, ...pooling, ...imaging];
