import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { matchesGlob } from '../../glob.ts';
import { invalidSettings } from '../../invalid-settings.ts';
import type { Backbone } from '../../models/define-backbone.ts';
import { type ParameterSpec, sizeOf } from '../../parameters.ts';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { isOneOf, trainPart } from './train-part.ts';

export const lora = defineMethod({
  id: 'lora',
  summary:
    'Train a new head, and for each weight matrix of the frozen backbone a sum of few outer products; the model has them added in',
  paper: 'Hu et al., LoRA: low-rank adaptation of large language models, ICLR 2022',
  config: z.strictObject({
    type: z.literal('lora'),
    rank: z.int().min(1).max(1024).default(8).describe('Outer products for each weight; 4 to 8 in the paper'),
    alpha: z
      .number()
      .positive()
      .default(16)
      .describe('Their sum counts times alpha / rank; twice the rank is what PEFT and its users take'),
    layers: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(100)
      .default(['*'])
      .describe('Weights of the backbone to adapt, by name, such as `*.attn.qkv.weight`, which are those of the paper; `*`: all'),
  }),
  tiny: { rank: 2, alpha: 4 },
  takesMixedLabels: true,
  tasks: everyTask,
  create({ rank, alpha, layers }, context) {
    const method = taskTraining(context, { freezeBackbone: false });
    const adapted = adaptedWeights(context.backbone, layers);
    const factors = new Map(adapted.map((weight) => [weight.name, lowRankFactors(weight, rank)] as const));
    const own = [...factors.values()].flat();
    const effective = (name: string, read: (name: string) => tf.Tensor) => {
      const pair = factors.get(name);
      return pair
        ? withProduct(read(name), { down: read(pair[0].name), up: read(pair[1].name), scale: alpha / rank })
        : read(name);
    };
    const part = trainPart(method, isOneOf(method.parameters, own));
    return {
      ...part,
      parameters: [...method.parameters, ...own],
      step(forward, batch) {
        const weights = new Map<string, tf.Tensor>();
        const parameter = (name: string) => {
          const weight = weights.get(name) ?? effective(name, forward.parameter);
          weights.set(name, weight);
          return weight;
        };
        return part.step({ ...forward, parameter }, batch);
      },
      modelValue: effective,
    };
  },
});

/** Weights of layers: normalisations and tables of positions are no matrices. */
function adaptedWeights({ parameters }: Backbone, layers: readonly string[]): ParameterSpec[] {
  const weights = parameters.filter(({ role, layout }) => role === 'weight' && layout.type !== 'plain');
  const adapted = weights.filter(({ name }) => layers.some((pattern) => matchesGlob(pattern, name)));
  if (adapted.length > 0) return adapted;
  const message = `None of ${layers.join(', ')} matches a weight of the backbone, such as ${weights.at(-1)?.name}`;
  throw invalidSettings({ path: 'method.layers', message });
}

/** A [in, rank], drawn at random, and B [rank, out], from 0: the product is 0 at first, as in the paper. */
function lowRankFactors({ name, shape }: ParameterSpec, rank: number): [ParameterSpec, ParameterSpec] {
  const out = shape.at(-1) ?? 1;
  const before = sizeOf(shape) / out;
  const factor = { role: 'weight', layout: { type: 'linear' }, trainingOnly: true } as const;
  return [
    { ...factor, name: `lora.${name}.down`, shape: [before, rank], init: { type: 'normal', std: 1 / Math.sqrt(before) } },
    { ...factor, name: `lora.${name}.up`, shape: [rank, out], init: { type: 'constant', value: 0 } },
  ];
}

/** W + scale · A · B, of weights [… in, out] that lie as [in, out] for the product. */
export function withProduct(
  weight: tf.Tensor,
  { down, up, scale }: { down: tf.Tensor; up: tf.Tensor; scale: number },
): tf.Tensor {
  const product = tf.matMul(down as tf.Tensor2D, up as tf.Tensor2D);
  return tf.add(weight, tf.reshape(tf.mul(product, scale), weight.shape));
}
