import type { HeadFunction } from '../tasks/define-task.ts';
import type { Evaluator } from './define-evaluator.ts';
import { type HeadRows, headEvaluator } from './head-evaluator.ts';

/**
 * Of numbers [batch, 1], in their own unit:
 * - `loss`: mean squared error in squares of `deviation`, as it is trained
 * - `mae`, `rmse`: mean absolute error, root of the mean squared error
 * - `r2`: share of the variance that is explained; left out where there is no variance
 */
export function regressionEvaluator(predict: HeadFunction, { deviation }: { deviation: number }): Evaluator {
  return headEvaluator(predict, { width: 1, scores: (rows) => regressionScores(rows, deviation) });
}

function regressionScores({ outputs, targets }: HeadRows, deviation: number): Record<string, number> {
  const count = outputs.length;
  const mean = targets.reduce((sum, value) => sum + value, 0) / count;
  let [absolute, squared, variance] = [0, 0, 0];
  for (const [example, target] of targets.entries()) {
    const error = (outputs[example] ?? Number.NaN) - target;
    absolute += Math.abs(error) / count;
    squared += error ** 2 / count;
    variance += (target - mean) ** 2 / count;
  }
  return {
    loss: squared / deviation ** 2,
    mae: absolute,
    rmse: Math.sqrt(squared),
    ...(variance > 0 && { r2: 1 - squared / variance }),
  };
}
