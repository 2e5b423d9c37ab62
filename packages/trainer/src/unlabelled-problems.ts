import type { ErrorDetail, SplitSummary } from '@scion/schema';
import { methodEntry, unlabelledRows } from './methods/method-entry.ts';
import type { CreateJob, ResolvedSpec } from './spec.ts';
import { taskEntry } from './tasks/index.ts';

/** What is wrong with a job whose method learns from unlabelled examples, and with one that balances classes without any. */
export function unlabelledProblems(
  job: CreateJob & Pick<ResolvedSpec, 'task'>,
  splits: Readonly<Record<string, SplitSummary>>,
): ErrorDetail[] {
  const { method, training, dataset } = job;
  if (training.sampling === 'classBalanced' && (methodEntry(job).examples === 'all' || !taskEntry(job.task).hasOneClassEach)) {
    return [{ path: 'training.sampling', message: `${method.type} learns no classes here that could be balanced` }];
  }
  if (unlabelledRows(job) === 0) return [];
  const split = splits[dataset.split];
  const problems: ErrorDetail[] = [];
  if (training.accumulate > 1) {
    const message = `${method.type} needs all of a step's examples at once: raise batchSize instead`;
    problems.push({ path: 'training.accumulate', message });
  }
  if (split && !dataset.labels && split.labelled === split.examples) {
    const message = `Every example of the split has a label, and ${method.type} learns from some that have none: say how many labels it may use, such as { "perClass": 4 }`;
    problems.push({ path: 'dataset.labels', message });
  }
  return problems;
}
