import type { EvaluatedBatch, Evaluator } from '../evaluate/define-evaluator.ts';
import type { ExampleBatch, ExampleSet } from './examples.ts';
import { prefetch } from './prefetch.ts';
import { breathe } from './stop-signal.ts';

/** Examples of a full batch of an evaluation. */
export const evaluationBatch = 250;

/** Every size that a batch of an evaluation of these sets has. */
export function evaluationSizes(sets: readonly (ExampleSet | null)[]): number[] {
  const lengths = sets.map((set) => set?.length ?? 0);
  const sizes = lengths.flatMap((examples) => [Math.min(evaluationBatch, examples), examples % evaluationBatch]);
  return [...new Set(sizes.filter((size) => size > 0))];
}

type Options = {
  evaluator: Evaluator;
  classCount: number;
  /** What is scored. */
  examples: ExampleSet;
  /** What it is compared with, where the evaluator compares. */
  reference: ExampleSet | null;
  evaluate(batch: ExampleBatch): EvaluatedBatch;
  isStopped(): boolean;
};

/** Scores of the model as it is now. `isStopped` ends it early: null. */
export async function evaluateModel({ evaluator, classCount, ...options }: Options): Promise<Record<string, number> | null> {
  const evaluation = evaluator.start(classCount);
  if (options.reference && !(await addEach(options.reference, evaluation.addReference, options))) return null;
  if (!(await addEach(options.examples, evaluation.add, options))) return null;
  return evaluation.scores();
}

/** Whether it came to the end. */
async function addEach(
  examples: ExampleSet,
  add: (batch: EvaluatedBatch) => void,
  { evaluate, isStopped }: Pick<Options, 'evaluate' | 'isStopped'>,
): Promise<boolean> {
  const count = Math.ceil(examples.length / evaluationBatch);
  const batchAt = (number: number) => {
    const start = number * evaluationBatch;
    return Uint32Array.from({ length: Math.min(evaluationBatch, examples.length - start) }, (_, i) => start + i);
  };
  const batches = prefetch(examples, { batchAt, first: 0, end: count, isTraining: false });
  try {
    for (let number = 0; number < count; number++) {
      await breathe();
      if (isStopped()) return false;
      add(evaluate(await batches.next()));
    }
    return true;
  } finally {
    await batches.close();
  }
}
