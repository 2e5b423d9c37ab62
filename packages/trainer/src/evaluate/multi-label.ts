import type { HeadFunction } from '../tasks/define-task.ts';
import { averagePrecision } from './average-precision.ts';
import type { Evaluator } from './define-evaluator.ts';
import { type HeadRows, headEvaluator } from './head-evaluator.ts';

type Options = { classNames: readonly string[]; threshold: number };

/**
 * Of class scores before the sigmoid:
 * - `loss`: mean binary cross-entropy (nats)
 * - `map`: mean average precision over the classes that some example is of
 * - `microF1`, `macroF1`: of all decisions together, and the mean over the classes, by scikit-learn's rules
 */
export function multiLabelEvaluator(head: HeadFunction, { classNames, threshold }: Options): Evaluator {
  return headEvaluator(head, { width: classNames.length, scores: (rows) => multiLabelScores(rows, threshold) });
}

type Decisions = { right: number; asked: number; given: number };

function multiLabelScores(rows: HeadRows, threshold: number): Record<string, number> {
  const { outputs, targets, width } = rows;
  const classes = Array.from({ length: width }, (_, label) => columnOf(rows, label));
  const loss = outputs.reduce((sum, logit, i) => sum + softplus(logit) - logit * (targets[i] ?? 0), 0) / outputs.length;
  const precisions = classes.flatMap(({ logits, truth }) => averagePrecision(logits, (example) => truth[example] === 1) ?? []);
  const decisions = classes.map((column) => decide(column, Math.log(threshold / (1 - threshold))));
  const total = decisions.reduce((a, b) => ({ right: a.right + b.right, asked: a.asked + b.asked, given: a.given + b.given }));
  return {
    loss,
    ...(precisions.length > 0 && { map: mean(precisions) }),
    microF1: f1(total),
    macroF1: mean(decisions.map(f1)),
  };
}

function columnOf({ outputs, targets, width }: HeadRows, label: number): { logits: Float32Array; truth: Float32Array } {
  const examples = outputs.length / width;
  const column = (values: Float32Array) => Float32Array.from({ length: examples }, (_, i) => values[i * width + label] ?? 0);
  return { logits: column(outputs), truth: column(targets) };
}

function decide({ logits, truth }: { logits: Float32Array; truth: Float32Array }, from: number): Decisions {
  const decisions = { right: 0, asked: 0, given: 0 };
  for (const [example, logit] of logits.entries()) {
    const [isGiven, isAsked] = [logit >= from, truth[example] === 1];
    decisions.given += isGiven ? 1 : 0;
    decisions.asked += isAsked ? 1 : 0;
    decisions.right += isGiven && isAsked ? 1 : 0;
  }
  return decisions;
}

/** 0 where nothing is asked and nothing given, as in scikit-learn. */
function f1({ right, asked, given }: Decisions): number {
  return asked + given === 0 ? 0 : (2 * right) / (asked + given);
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
