import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { batchNormSetting, withBatchNorm } from './batch-norm.ts';
import { startingPoint, startName } from './starting-point.ts';
import { isOneOf } from './train-part.ts';

export const l2Sp = defineMethod({
  id: 'l2-sp',
  summary: 'Train everything, the backbone held near the values that it started from and the head near 0',
  paper: 'Li et al., Explicit inductive bias for transfer learning with convolutional networks, ICML 2018',
  config: z.strictObject({
    type: z.literal('l2-sp'),
    alpha: z
      .number()
      .min(0)
      .default(0.1)
      .describe('α, on half the squared distance of the backbone’s weights from their start; 0.1 or 0.01 in the paper'),
    beta: z.number().min(0).default(0.01).describe('β, on half the squared weights of the head; 0.01 in the paper'),
    batchNorm: batchNormSetting,
  }),
  takesMixedLabels: true,
  tasks: everyTask,
  create({ alpha, beta, batchNorm }, context) {
    const method = withBatchNorm(taskTraining(context, { freezeBackbone: false }), context, batchNorm);
    const weightsOf = (parameters: readonly { name: string; role: string }[]) =>
      parameters.filter(({ role }) => role === 'weight').map(({ name }) => name);
    const [backbone, head] = [weightsOf(context.backbone.parameters), weightsOf(method.parameters)];
    const start = startingPoint(context.backbone.parameters.filter(({ role }) => role === 'weight'));
    const isStart = isOneOf(start);
    return {
      ...method,
      parameters: [...method.parameters, ...start],
      isTrainable: (name) => method.isTrainable(name) && !isStart(name),
      step(forward, batch) {
        const result = method.step(forward, batch);
        const read = (names: readonly string[]) => names.map((name) => forward.parameter(name));
        const fromStart = halfSquaredDistance(read(backbone), read(backbone.map(startName)));
        const penalty = tf.add(tf.mul(alpha, fromStart), tf.mul(beta, halfSquaredDistance(read(head)))) as tf.Scalar;
        return { ...result, loss: tf.add(result.loss, penalty), metrics: { ...result.metrics, startPenalty: penalty } };
      },
    };
  },
});

/** ½ Σ ‖w - w⁰‖² over tensors and where they are to be; left out: 0. */
export function halfSquaredDistance(weights: readonly tf.Tensor[], origins?: readonly tf.Tensor[]): tf.Scalar {
  const differences = weights.map((weight, index) => {
    const origin = origins?.[index];
    return origin ? tf.sub(weight, origin) : weight;
  });
  return tf.mul(0.5, tf.addN(differences.map((difference) => tf.sum(tf.square(difference))))) as tf.Scalar;
}
