import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { StepFunction } from './step-function.ts';

export const SharpnessAware = z.strictObject({
  rho: z
    .number()
    .positive()
    .default(0.05)
    .describe('How far up the loss is looked at, as a norm over all trained parameters; 0.05 in the paper'),
});

/**
 * Sharpness-aware minimisation (Foret et al., ICLR 2021): the gradient of a step is that at θ + ρ · g / ‖g‖, on the same batch with the
 * same random numbers. Its numbers and running averages are those at θ.
 */
export function sharpnessAware(stepFunction: StepFunction, { rho }: z.output<typeof SharpnessAware>): StepFunction {
  return (read, inputs) => {
    const here = stepFunction(read, inputs);
    const squares = [...here.gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    const scale = tf.div(rho, tf.add(tf.sqrt(tf.addN(squares)), 1e-12));
    const above = new Map([...here.gradients].map(([name, g]) => [name, tf.add(read(name), tf.mul(g, scale))] as const));
    const there = stepFunction((name) => above.get(name) ?? read(name), inputs);
    there.release();
    tf.dispose([...here.gradients.values(), ...above.values()]);
    return { ...here, gradients: there.gradients };
  };
}
