import * as tf from '@tensorflow/tfjs-core';

/**
 * Kernels that TensorFlow has as one op where tfjs composes several; a backend that lacks them runs the composition.
 * `{ dy, y } → dx` of a ReLU and of a ReLU6; `{ x, bias } → y` over the last axis; `{ dy } → dbias`.
 */
export const reluGradKernel = 'ScionReluGrad';
export const relu6GradKernel = 'ScionRelu6Grad';
export const biasAddKernel = 'ScionBiasAdd';
export const biasAddGradKernel = 'ScionBiasAddGrad';
/** `{ x } → 1 - erf(x)`, element by element. */
export const erfcKernel = 'ScionErfc';

export function hasKernel(kernel: string): boolean {
  return Boolean(tf.getKernel(kernel, tf.getBackend()));
}

/** max(x, 0). Its gradient needs the output alone, so the input can be freed early. */
export function relu<T extends tf.Tensor>(x: T): T {
  return rectify(x, tf.relu, reluGradKernel);
}

/** min(max(x, 0), 6). */
export function relu6<T extends tf.Tensor>(x: T): T {
  return rectify(x, tf.relu6, relu6GradKernel);
}

function rectify<T extends tf.Tensor>(x: T, activate: (x: tf.Tensor) => tf.Tensor, gradKernel: string): T {
  if (!hasKernel(gradKernel)) return activate(x) as T;
  const forward = tf.customGrad((input, save) => {
    const y = activate(input as tf.Tensor);
    (save as tf.GradSaveFunc)([y]);
    const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
      tf.engine().runKernel(gradKernel, { dy, y: saved as tf.Tensor }) as tf.Tensor;
    return { value: y, gradFunc };
  });
  return forward(x) as T;
}

/** x [..., channel] + bias [channel]. */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T {
  if (!hasKernel(biasAddKernel)) return tf.add(x, bias) as T;
  const forward = tf.customGrad((input, offset) => {
    const value = tf.engine().runKernel(biasAddKernel, { x: input as tf.Tensor, bias: offset as tf.Tensor }) as tf.Tensor;
    const gradFunc = (dy: tf.Tensor) => [dy, tf.engine().runKernel(biasAddGradKernel, { dy }) as tf.Tensor];
    return { value, gradFunc };
  });
  return forward(x, bias) as T;
}
