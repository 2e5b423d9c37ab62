import * as tf from '@tensorflow/tfjs-core';
import { type Guard, noGuard, TooClose, valueGuard } from './value-guard.fixture.ts';

export type Shape = readonly number[];
export type ElementType = 'float32' | 'int32' | 'bool';

/** What an operation takes: any value of the graph is turned into it. `positive` is [0.5, 1.5], `unit` is within ±0.8. */
export type Operand = {
  shape: Shape;
  dtype?: ElementType;
  domain?: 'positive' | 'unit';
};

/** One function of tfjs that random graphs are made of. `variant` decides on axes, paddings and the like. */
export type Operation = {
  name: string;
  /** Where tfjs has no gradient, or one that is wrong on a backend: it gives one value, through which no gradient flows. */
  detached?: boolean;
  operands(shape: Shape, variant: number): readonly Operand[];
  apply(at: { variant: number; guard: Guard }, ...operands: tf.Tensor[]): tf.Tensor | readonly tf.Tensor[];
};

/** What a case is drawn as: `sources` and `variant` are numbers that are made to fit. */
export type Draft = {
  inputs: readonly Shape[];
  seed: number;
  steps: readonly { operation: string; sources: readonly number[]; variant: number }[];
};

/** The same operation, with no gradient through it. */
export const detached = (operation: Operation): Operation => ({ ...operation, detached: true });

/** Integers turned into indices below `count`. */
export const indicesBelow = (count: number, values: tf.Tensor) => tf.minimum(tf.abs(values), tf.scalar(count - 1, 'int32'));

type Step = { operation: Operation; sources: readonly number[]; variant: number; scales: readonly number[] };

/** A random graph whose values and gradients are well-conditioned for its own inputs. */
export type RandomGraph = {
  inputs: readonly { shape: Shape; values: Float32Array }[];
  steps: readonly Step[];
  outputs: readonly number[];
};

const largestValue = 2.5;
const mostOutputs = 6;

/**
 * Makes a graph of a draft, on the backend that is active. A step whose operands lie where its function jumps is left out, and the
 * result of one that grows large is scaled down.
 */
export function planGraph(draft: Draft, operations: ReadonlyMap<string, Operation>): RandomGraph {
  const inputs = draft.inputs.map((shape, at) => ({
    shape,
    values: wave(tf.util.sizeFromShape([...shape]), draft.seed + 7 * at),
  }));
  const steps: Step[] = [];
  tf.tidy(() => {
    const pool: tf.Tensor[] = inputs.map(({ values, shape }) => tf.tensor(values, [...shape]));
    for (const { operation: name, sources, variant } of draft.steps) {
      const operation = operations.get(name);
      if (!operation) throw new Error(`There is no operation "${name}"`);
      const step = { operation, variant, sources: sources.map((source) => pool.length - 1 - (source % pool.length)) };
      const results = tryStep(step, pool);
      if (!results) continue;
      const scales = results.map(scaleOf);
      steps.push({ ...step, scales });
      pool.push(...results.map((result, at) => scaled(result, scales[at])));
    }
  });
  return { inputs, steps, outputs: unread(inputs.length, steps) };
}

/** The outputs of a graph, from tensors of its inputs. */
export function runGraph(graph: RandomGraph, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const pool = [...inputs];
  for (const step of graph.steps) {
    pool.push(...runStep(step, pool, noGuard).map((result, at) => scaled(result, step.scales[at])));
  }
  return graph.outputs.map((at) => pool[at] as tf.Tensor);
}

/** The gradients by each input of a weighted sum of all that the graph gives. */
export function gradientsOf(graph: RandomGraph, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const loss = (...given: tf.Tensor[]) => {
    const results = runGraph(graph, given).filter(({ dtype }) => dtype === 'float32');
    // The inputs themselves are in, so that each has a gradient whatever the graph made of it.
    const terms = [...results, ...given.map((input) => tf.square(input))];
    return tf.addN(terms.map((term, at) => tf.sum(tf.mul(term, waveTensor(term.shape, at))))) as tf.Scalar;
  };
  return tf.grads(loss)([...inputs]);
}

export function describeGraph({ inputs, steps, outputs }: RandomGraph): string {
  let next = inputs.length;
  const lines = steps.map(({ operation, sources, variant, scales }) => {
    const made = scales.map(() => `v${next++}`).join(', ');
    return `${made} = ${operation.name}(${sources.map((source) => `v${source}`).join(', ')}; ${variant}) · ${scales.join(', ')}`;
  });
  const given = inputs.map(({ shape }, at) => `v${at}: [${shape}]`).join(', ');
  return [`inputs ${given}`, ...lines, `outputs ${outputs.map((output) => `v${output}`).join(', ')}`].join('\n');
}

type PlannedStep = Omit<Step, 'scales'>;

function tryStep(step: PlannedStep, pool: readonly tf.Tensor[]): tf.Tensor[] | null {
  try {
    const results = runStep(step, pool, valueGuard);
    return results.every((result) => Number.isFinite(tf.max(tf.abs(tf.cast(result, 'float32'))).dataSync()[0])) ? results : null;
  } catch (error) {
    if (error instanceof TooClose) return null;
    throw new Error(`${step.operation.name} (variant ${step.variant}) failed`, { cause: error });
  }
}

function runStep({ operation, sources, variant }: PlannedStep, pool: readonly tf.Tensor[], guard: Guard): tf.Tensor[] {
  const values = sources.map((source) => pool[source] as tf.Tensor);
  const operands = operation.operands(values[0]?.shape ?? [], variant).map((operand, at) => {
    const value = values[at % values.length] as tf.Tensor;
    return adapt(value, { ...operand, guard });
  });
  const apply = () => operation.apply({ variant, guard }, ...operands);
  return [operation.detached ? withoutGradient(apply as () => tf.Tensor) : apply()].flat() as tf.Tensor[];
}

function adapt(value: tf.Tensor, { shape, dtype = 'float32', domain, guard }: Operand & { guard: Guard }): tf.Tensor {
  const fitted = fitShape(value, shape);
  const converted = fitted.dtype === dtype ? fitted : withoutGradient(() => convert(fitted, dtype, guard));
  if (domain === 'positive') return tf.add(tf.sigmoid(converted), 0.5);
  if (domain === 'unit') return tf.mul(tf.tanh(converted), 0.8);
  return converted;
}

function convert(value: tf.Tensor, dtype: ElementType, guard: Guard): tf.Tensor {
  const real = tf.mul(tf.cast(value, 'float32'), 1); // a cast alone leaves plain JavaScript with bytes that some ops write floats to
  if (dtype === 'float32') return real;
  if (dtype === 'bool') return tf.greater(guard.awayFrom(real, [0.07]), 0.07);
  return tf.cast(tf.round(guard.awayFrom(tf.mul(tf.tanh(real), 3), [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])), 'int32');
}

/** A custom gradient of nothing: what is computed inside is on no tape, so that even an op without a gradient may stand there. */
function withoutGradient(compute: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => [] }))();
}

/** The value's elements in another shape: repeated or cut, and, where real, each by a factor of its own so that none are equal. */
function fitShape(value: tf.Tensor, shape: Shape): tf.Tensor {
  if (String(value.shape) === String(shape)) return value;
  const size = tf.util.sizeFromShape([...shape]);
  const flat = tf.reshape(value, [value.size]);
  const enough = value.size < size ? tf.tile(flat, [Math.ceil(size / value.size)]) : flat;
  const fitted = tf.reshape(enough.size > size ? tf.slice(enough, [0], [size]) : enough, [...shape]);
  return value.dtype === 'float32' ? tf.mul(fitted, waveTensor(shape, 5)) : fitted;
}

function scaleOf(result: tf.Tensor): number {
  if (result.dtype !== 'float32') return 1;
  const largest = tf.max(tf.abs(result)).dataSync()[0] ?? 0;
  return largest > largestValue ? largestValue / largest : 1;
}

const scaled = (result: tf.Tensor, scale = 1) => (scale === 1 ? result : tf.mul(result, scale));

/** The newest values that no step reads, in their order. */
function unread(inputCount: number, steps: readonly Step[]): number[] {
  const read = new Set(steps.flatMap(({ sources }) => sources));
  const made = steps.reduce((count, { scales }) => count + scales.length, 0);
  const values = Array.from({ length: made }, (_, at) => inputCount + at);
  return values.filter((at) => !read.has(at) || at === inputCount + made - 1).slice(-mostOutputs);
}

/** Numbers of which no two are equal and none is near zero, of magnitude 0.3 to 1.5 and of both signs. */
function wave(size: number, phase: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    const sine = Math.sin(1.7 * i + 0.37 * (phase % 1000) + 0.1);
    return Math.sign(sine) * (0.3 + 1.2 * Math.abs(sine));
  });
}

const waveTensor = (shape: Shape, phase: number) => tf.tensor(wave(tf.util.sizeFromShape([...shape]), phase), [...shape]);
