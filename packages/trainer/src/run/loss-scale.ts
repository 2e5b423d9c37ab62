import * as tf from '@tensorflow/tfjs-core';
import type { VariableAccess } from './apply-updates.ts';

/**
 * Gradients in float16 vanish below 6e-8 and overflow above 65,504. So the loss is multiplied by a scale before the backward pass and the
 * gradients are divided by it after; a step whose gradients overflow changes no parameter and halves the scale, and so many steps in a
 * row without one double it (dynamic loss scaling: Micikevicius et al., Mixed Precision Training, 2018, section 3.2; the numbers are
 * PyTorch's).
 */
const firstScale = 2 ** 16;
const doubleAfterSteps = 2000;

const scaleName = 'lossScale';
const calmStepsName = 'lossScale/calmSteps';

/** What a run in float16 keeps beside its parameters, also in checkpoints. */
export const lossScaleVariables = [
  { name: scaleName, shape: [], first: firstScale },
  { name: calmStepsName, shape: [], first: 0 },
] as const;

export const lossScale = (read: (name: string) => tf.Tensor) => read(scaleName) as tf.Scalar;

/**
 * Takes the scale on by what the gradients (no longer scaled) are like, and gives what to change parameters by: where one is not a
 * finite number, gradients of zero at a rate of zero.
 */
export function dropOverflow(
  { variable, assign }: Pick<VariableAccess, 'variable' | 'assign'>,
  { gradients, learningRate }: { gradients: ReadonlyMap<string, tf.Tensor>; learningRate: tf.Scalar },
): { gradients: ReadonlyMap<string, tf.Tensor>; learningRate: tf.Scalar } {
  const flags = [...gradients.values()].map((gradient) => tf.all(tf.isFinite(gradient)) as tf.Scalar);
  const allFinite: tf.Scalar = tf.all(tf.stack(flags));
  const [scale, calmSteps] = [lossScale(variable), tf.add(variable(calmStepsName), 1)];
  const isDue = tf.greaterEqual(calmSteps, doubleAfterSteps);
  const grown = tf.where(isDue, tf.mul(scale, 2), scale);
  assign(scaleName, tf.where(allFinite, grown, tf.maximum(tf.div(scale, 2), 1)));
  assign(calmStepsName, tf.where(tf.logicalAnd(allFinite, tf.logicalNot(isDue)), calmSteps, tf.zerosLike(calmSteps)));
  const kept = [...gradients].map(([name, gradient]) => {
    const all = tf.broadcastTo(
      tf.reshape(
        allFinite,
        gradient.shape.map(() => 1),
      ),
      gradient.shape,
    );
    return [name, tf.where(all, gradient, tf.zerosLike(gradient))] as const;
  });
  return { gradients: new Map(kept), learningRate: tf.mul(learningRate, tf.cast(allFinite, 'float32')) };
}
