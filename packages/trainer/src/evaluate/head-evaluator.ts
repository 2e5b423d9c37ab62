import type { HeadFunction } from '../tasks/define-task.ts';
import type { EvaluatedBatch, Evaluator } from './define-evaluator.ts';

/** What a head gave for examples, a row of `width` numbers each, and what they are labelled with. */
export type HeadRows = {
  outputs: Float32Array;
  width: number;
  labels: Int32Array;
  /** As many rows, of what is to be predicted, where a task has more than labels. */
  targets: Float32Array;
};

/** Scores a head by all its outputs on a split. */
export function headEvaluator(
  head: HeadFunction,
  { width, scores }: { width: number; scores(rows: HeadRows): Record<string, number> },
): Evaluator {
  return {
    referenceExamples: 0,
    compute: (forward, images) => ({ outputs: head(forward, images) }),
    start() {
      const batches: EvaluatedBatch[] = [];
      return {
        addReference: () => undefined,
        add: (batch) => void batches.push(batch),
        scores: () => scores(joined(batches, width)),
      };
    },
  };
}

function joined(batches: readonly EvaluatedBatch[], width: number): HeadRows {
  return {
    outputs: concatenated(batches.map(({ outputs: { outputs = new Float32Array() } }) => outputs)),
    width,
    labels: Int32Array.from(batches.flatMap(({ labels }) => [...labels])),
    targets: concatenated(batches.map(({ targets = new Float32Array() }) => targets)),
  };
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}
