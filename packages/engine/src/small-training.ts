import * as tf from '@tensorflow/tfjs-core';
import { createProgram, type Program } from './graph/program.ts';
import { crossEntropy } from './ops/classification-loss.ts';
import { philoxUniform } from './ops/philox.ts';
import { createRng, dropout, stepKey } from './ops/random.ts';

/** A small net to try a device with: noise on its images, one convolution, dropout, one linear layer, momentum. */
const parameters = { filter: [3, 3, 3, 8], weight: [8, 10] } as const;
const names = Object.keys(parameters) as (keyof typeof parameters)[];
const slotOf = (name: string) => `${name}/momentum`;
const variables = names.flatMap((name) => [
  { name, shape: parameters[name] },
  { name: slotOf(name), shape: parameters[name] },
]);
const batchSize = 16;
const imageShape = [batchSize, 12, 12, 3] as const;
const learningRate = 0.05;
const momentum = 0.9;
const seed = 7;

/** What some steps led to: the loss of each, and the parameters at their end. */
type Trained = { losses: number[]; parameters: Float32Array[] };

/** One step after the other. `step` counts from 0; gives the loss. */
export type SmallTraining = { train(step: number): number; parameters(): Float32Array[]; dispose(): void };

export function trainFor(steps: number, create: () => SmallTraining): Trained {
  const training = create();
  try {
    const losses = Array.from({ length: steps }, (_, step) => training.train(step));
    return { losses, parameters: training.parameters() };
  } finally {
    training.dispose();
  }
}

/** As one recorded graph, with TensorFlow's own update kernel. */
export function createCompiledTraining(): SmallTraining {
  const program: Program = createProgram({
    variables,
    functions: {
      step: {
        inputs: {
          images: { dtype: 'uint8', shape: imageShape },
          labels: { dtype: 'int32', shape: [batchSize] },
          key: { dtype: 'int32', shape: [2] },
        },
        build({ input, variable, update }) {
          const inputs = { images: input('images'), labels: input('labels') as tf.Tensor1D, key: input('key') as tf.Tensor1D };
          const { loss, gradients } = differentiate(names.map(variable), inputs);
          for (const [index, name] of names.entries()) {
            const operands = [tf.scalar(learningRate), gradients[index] ?? tf.scalar(0), tf.scalar(momentum)];
            update('ResourceApplyMomentum', { variables: [name, slotOf(name)], operands });
          }
          return { loss };
        },
      },
    },
  });
  program.writeAll(firstValues());
  return {
    train: (step) => program.run('step', { ...batch(), key: Int32Array.of(seed, step) })['loss']?.[0] ?? Number.NaN,
    parameters: () => names.map((name) => program.read(name)),
    dispose: program.dispose,
  };
}

/** Op by op, on every backend. */
export function createEagerTraining(): SmallTraining {
  const values = firstValues();
  const held = new Map(
    variables.map(({ name, shape }) => {
      const initial = () => tf.variable(tf.tensor(values.get(name) ?? [], [...shape]), false);
      return [name, tf.tidy(initial)] as const;
    }),
  );
  const variableOf = (name: string) => {
    const value = held.get(name);
    if (!value) throw new Error(`The net has no ${name}`);
    return value;
  };
  const { images, labels } = batch();

  function train(step: number): number {
    let value = Number.NaN;
    tf.tidy(() => {
      const inputs = { images: tf.tensor(images, [...imageShape], 'int32'), labels: tf.tensor1d(labels, 'int32') };
      const { loss, gradients } = differentiate(names.map(variableOf), { ...inputs, key: stepKey(seed, step) });
      for (const [index, name] of names.entries()) {
        const velocity = tf.add(tf.mul(variableOf(slotOf(name)), momentum), gradients[index] ?? 0);
        variableOf(slotOf(name)).assign(velocity);
        variableOf(name).assign(tf.sub(variableOf(name), tf.mul(velocity, learningRate)));
      }
      value = loss.dataSync()[0] ?? Number.NaN;
    });
    return value;
  }

  return {
    train,
    parameters: () => names.map((name) => variableOf(name).dataSync<'float32'>().slice()),
    dispose: () => tf.dispose([...held.values()]),
  };
}

function differentiate(values: tf.Tensor[], inputs: { images: tf.Tensor; labels: tf.Tensor1D; key: tf.Tensor1D }) {
  const rng = createRng(inputs.key);
  const pixels = tf.div(tf.cast(inputs.images, 'float32'), 255);
  const noisy = tf.add(pixels, tf.mul(rng.uniform('noise', imageShape), 0.1)) as tf.Tensor4D;
  const lossOf = (filter: tf.Tensor, weight: tf.Tensor) => {
    const features = tf.mean(tf.relu(tf.conv2d(noisy, filter as tf.Tensor4D, 1, 'same')), [1, 2]);
    const logits = tf.matMul(dropout(features, 0.2, { rng, site: 'features' }), weight) as tf.Tensor2D;
    return crossEntropy(logits, inputs.labels);
  };
  const { value, grads } = tf.valueAndGrads(lossOf)(values);
  return { loss: value, gradients: grads };
}

function firstValues(): Map<string, Float32Array> {
  const entries = variables.map(({ name, shape }, index) => {
    const values = new Float32Array(tf.util.sizeFromShape([...shape]));
    return [name, name.includes('/') ? values : philoxUniform(values.length, seed, index).map((u) => (u - 0.5) / 2)] as const;
  });
  return new Map(entries);
}

function batch(): { images: Uint8Array; labels: Int32Array } {
  const brightness = philoxUniform(tf.util.sizeFromShape([...imageShape]), seed, 1);
  return {
    images: Uint8Array.from(brightness, (u) => Math.floor(u * 256)),
    labels: Int32Array.from({ length: batchSize }, (_, example) => example % 10),
  };
}
