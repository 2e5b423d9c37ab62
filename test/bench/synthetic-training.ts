import { createInterface } from 'node:readline';
import { CreateJob, createNetwork, resolveSpec, type TrainingStepOptions } from '@scion/trainer';

/** Training of a job's network without a data set: what to record its step from, and a batch of made-up images in memory. */
export function syntheticTraining(
  job: object,
  { side, batchSize }: { side: number; batchSize: number },
): TrainingStepOptions & { batch: { images: Uint8Array; labels: Int32Array } } {
  const imageShape = [side, side, 3] as const;
  const classNames = Array.from({ length: 10 }, (_, index) => `class ${index}`);
  const classes = Object.fromEntries(classNames.map((name) => [name, batchSize]));
  const split = { examples: 10 * batchSize, labelled: 10 * batchSize, classes };
  const parsed = CreateJob.parse({ ...job, dataset: { id: 'ds_00000000000000000000000000', split: 'train' } });
  const spec = resolveSpec(parsed, { dataset: { splits: { train: split }, classNames, shape: imageShape }, source: null });
  const images = Uint8Array.from({ length: batchSize * side * side * 3 }, (_, index) => (index * 97) % 256);
  const labels = Int32Array.from({ length: batchSize }, (_, index) => index % classNames.length);
  const sizes = { totalSteps: 1_000_000, batchSizes: [batchSize] };
  return { network: createNetwork(spec, classNames), spec, imageShape, ...sizes, batch: { images, labels } };
}

/** Supervised training of a backbone by SGD with momentum: what bench:engine and bench:overhead record. */
export function supervisedJob(backbone: object, batchSize: number) {
  const optimizer = { type: 'sgd', learningRate: 0.001, momentum: 0.9 };
  return { kind: 'pretrain', backbone, method: { type: 'supervised' }, training: { batchSize, optimizer } };
}

/** Answers each {"variant", "steps"} line of the input with {"ms": […]}: the milliseconds of so many steps. */
export async function answerWithStepTimes(stepOf: (variant: string) => () => void): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { variant, steps } = JSON.parse(line) as { variant: string; steps: number };
    const step = stepOf(variant);
    const ms = Array.from({ length: steps }, () => {
      const startedAt = performance.now();
      step();
      return performance.now() - startedAt;
    });
    console.log(JSON.stringify({ ms }));
  }
}

export function precisionOf(text: string): 'float32' | 'bfloat16' {
  if (text !== 'float32' && text !== 'bfloat16') throw new Error(`No such precision: ${text}`);
  return text;
}
