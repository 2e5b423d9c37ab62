import type { HeadFunction } from '../tasks/define-task.ts';
import type { Evaluator } from './define-evaluator.ts';
import { type HeadRows, headEvaluator } from './head-evaluator.ts';

/** Mean cross-entropy (nats) and accuracy of class scores before softmax. */
export function singleLabelEvaluator(head: HeadFunction, classNames: readonly string[]): Evaluator {
  return headEvaluator(head, { width: classNames.length, scores: singleLabelScores });
}

function singleLabelScores({ outputs, labels, width }: HeadRows): Record<string, number> {
  let [loss, correct] = [0, 0];
  for (const [example, label] of labels.entries()) {
    const row = outputs.subarray(example * width, (example + 1) * width);
    loss += logSumExp(row) - (row[label] ?? Number.NaN);
    correct += indexOfLargest(row) === label ? 1 : 0;
  }
  return { loss: loss / labels.length, accuracy: correct / labels.length };
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (const [index, value] of values.entries()) if (value > (values[best] ?? Number.NEGATIVE_INFINITY)) best = index;
  return best;
}

/** log Σ exp(x), without overflow. */
function logSumExp(values: Float32Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
