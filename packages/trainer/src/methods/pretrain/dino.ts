import { geluCore } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { linear } from '../../models/layers.ts';
import type { Forward, ParameterSpec } from '../../parameters.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { localViewSettings, multiCropViews } from './multi-crop.ts';
import { inSequence, layerWidth, widthOf } from './projector.ts';
import { createPrototypes } from './prototypes.ts';
import { swappedLoss } from './swapped-prediction.ts';
import { asTeacher, createTeacher, momentumSetting, teacherName } from './teacher.ts';
import { contrastiveViews } from './view-augment.ts';
import { viewPair } from './view-pair.ts';

const temperature = z.number().positive();
const share = z.number().min(0).max(1);

export const dino = defineMethod({
  id: 'dino',
  summary: 'Without labels: predict from one view how a slow double sorts the other; the double is what is kept',
  paper: 'Caron et al., Emerging properties in self-supervised vision transformers, ICCV 2021',
  config: z.strictObject({
    type: z.literal('dino'),
    prototypes: z
      .int()
      .min(2)
      .max(131_072)
      .default(4096)
      .describe('Classes that it sorts into; 65,536 in the paper, 4,096 in solo-learn on CIFAR'),
    temperature: temperature.default(0.1).describe("Of the student's softmax; 0.1 in the paper"),
    teacherTemperature: temperature.default(0.04).describe("Of the double's, at the start; 0.04 in the paper"),
    finalTeacherTemperature: temperature.default(0.07).describe('And after its warm-up; 0.07 in the paper'),
    temperatureWarmup: share.default(0.1).describe('Share of the run in which it rises; 30 of 300 epochs in the paper'),
    centerMomentum: momentumSetting
      .default(0.9)
      .describe("Of the mean of the double's outputs, which is taken off them; 0.9 in the paper"),
    freezePrototypes: share
      .default(0.01)
      .describe('Share of the run in which the last layer stays as it is; 1 of 100 to 800 epochs in the paper'),
    momentum: momentumSetting.default(0.996).describe('Of the double, at the start; 0.996 in the paper'),
    finalMomentum: momentumSetting.default(1).describe('And at the end'),
    hidden: layerWidth.describe(
      "Width of the projector's hidden layers; null: four times the features', at most the paper's 2048",
    ),
    width: z.int().min(2).max(8192).default(256).describe('Width of the embeddings before the last layer; 256 in the paper'),
    ...localViewSettings,
  }),
  tiny: { prototypes: 12, hidden: 16, width: 8, momentum: 0.5, localViews: 1 },
  examples: 'all',
  defaultAugment: contrastiveViews,
  defaultTraining: labelFreeTraining,
  create(settings, context) {
    const { prototypes: count, hidden, width, momentum, finalMomentum, freezePrototypes, centerMomentum } = settings;
    const { backbone } = context;
    const { featureCount } = backbone;
    const head = perceptron('projector', [featureCount, widthOf(hidden, { times: 4, most: 2048, featureCount }), width]);
    const prototypes = createPrototypes('prototypes', { width, count });
    const student = [...head.parameters, ...prototypes.parameters];
    const teacher = createTeacher([...backbone.parameters, ...student], { momentum, finalMomentum });
    const embed = (forward: Forward, images: tf.Tensor4D) => unitRows(head.apply(forward, backbone.features(forward, images)));
    return {
      parameters: [...student, ...teacher.parameters, centerParameter(count)],
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      modelValue: (name, read) => read(teacherName(name)),
      views: multiCropViews(settings, context),
      collapse: collapsedSpread,
      followers: teacher.followers,
      step(forward, { views, progress }) {
        const embeddings = views.map((view) => embed(forward, view));
        const gate = { progress, from: freezePrototypes };
        const scores = embeddings.map((rows) => prototypes.scoresLearningFrom(forward, rows, gate));
        const logits = scores.map((rows) => tf.div(rows, settings.temperature) as tf.Tensor2D);
        const ofTeacher = asTeacher(forward);
        const outputs = views.slice(0, 2).map((view) => prototypes.scores(ofTeacher, embed(ofTeacher, view)));
        const center = forward.parameter(centerName) as tf.Tensor1D;
        const sharpness = teacherTemperature(settings, progress);
        const targets = outputs.map((rows) => sharpened(rows, center, sharpness));
        forward.updateStatistic(centerName, nextCenter(center, tf.concat(outputs, 0) as tf.Tensor2D, centerMomentum));
        const [first] = viewPair(embeddings.slice(0, 2));
        return { loss: swappedLoss(logits, targets), metrics: { embeddingSpread: embeddingSpread(first) } };
      },
    };
  },
});

const centerName = 'center';

function centerParameter(count: number): ParameterSpec {
  return { name: centerName, shape: [count], init: { type: 'constant', value: 0 }, role: 'statistic', layout: { type: 'plain' } };
}

function gelu(x: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(-Math.SQRT1_2, geluCore(tf.mul(-Math.SQRT1_2, x)));
}

/** Linear layers with a GELU between them, from the first width to the last: in → hidden → hidden → out. */
function perceptron(name: string, [input, hidden, out]: readonly [number, number, number]) {
  const init = { type: 'normal', std: 0.02 } as const; // the authors'
  const activation = { parameters: [], apply: (_forward: Forward, x: tf.Tensor2D) => gelu(x) };
  return inSequence([
    linear(`${name}.0`, { in: input, out: hidden, init }),
    activation,
    linear(`${name}.1`, { in: hidden, out: hidden, init }),
    activation,
    linear(`${name}.2`, { in: hidden, out, init }),
  ]);
}

type Temperatures = { teacherTemperature: number; finalTeacherTemperature: number; temperatureWarmup: number };

/** Rises along a line from its first value to its last, then stays. */
function teacherTemperature(settings: Temperatures, progress: tf.Scalar): tf.Scalar {
  const { teacherTemperature: first, finalTeacherTemperature: last, temperatureWarmup } = settings;
  const done = temperatureWarmup === 0 ? tf.scalar(1) : tf.minimum(1, tf.div(progress, temperatureWarmup));
  return tf.add(first, tf.mul(last - first, done));
}

/** The double's scores [batch, prototype] as shares of the prototypes: centred, then sharpened. */
export function sharpened(scores: tf.Tensor2D, center: tf.Tensor1D, temperature: tf.Scalar): tf.Tensor2D {
  return tf.softmax(tf.div(tf.sub(scores, center), temperature) as tf.Tensor2D, 1);
}

/** Equation 4 of the paper: the moving average of the mean of the double's scores [row, prototype]. */
export function nextCenter(center: tf.Tensor1D, scores: tf.Tensor2D, momentum: number): tf.Tensor1D {
  return tf.add(tf.mul(center, momentum), tf.mul(tf.mean(scores, 0), 1 - momentum));
}
