import type { ErrorDetail, LabelKind, SplitSummary } from '@scion/schema';
import { evaluatesWithoutLabels, methodEntry } from './methods/method-entry.ts';
import type { CreateJob, ResolvedSpec } from './spec.ts';
import { taskEntry } from './tasks/index.ts';

const wording: Record<LabelKind, string> = {
  class: 'one class each',
  classes: 'sets of classes',
  number: 'numbers',
  mask: 'masks',
};

type Labelled = {
  splits: Readonly<Record<string, SplitSummary>>;
  classNames: readonly string[];
  labels?: readonly LabelKind[] | undefined;
};

/** What keeps a job from learning its task from the labels of a data set. */
export function labelProblems(job: CreateJob & Pick<ResolvedSpec, 'task'>, dataset: Labelled): ErrorDetail[] {
  const split = dataset.splits[job.dataset.split];
  if (!split) return [];
  const { tasks } = methodEntry(job);
  if (!tasks.some((id) => id === job.task.type)) {
    return [{ path: 'task.type', message: `${job.method.type} learns ${tasks.join(', ')}, not ${job.task.type}` }];
  }
  if (evaluatesWithoutLabels(job)) return [];
  return [...kindProblems(job, dataset), ...countProblems(job, split)].slice(0, 1).concat(perClassProblems(job, split));
}

function kindProblems(job: CreateJob & Pick<ResolvedSpec, 'task'>, { classNames, labels }: Labelled): ErrorDetail[] {
  const { labelKind, needs, leastClasses } = taskEntry(job.task);
  const learner = job.method.type;
  if (labels && labels.length > 0 && !labels.includes(labelKind)) {
    const found = labels.map((kind) => wording[kind]).join(' and ');
    return [{ path: 'dataset.id', message: `Its examples are labelled with ${found}, but ${learner} needs ${needs}` }];
  }
  if (classNames.length >= leastClasses) return [];
  const least = leastClasses === 1 ? 'one class' : 'two classes';
  const message = `${learner} needs labelled examples of at least ${least}; the data set has ${classNames.length}`;
  return [{ path: 'dataset.id', message }];
}

function countProblems({ dataset: { split: name, labels } }: CreateJob, { labelled }: SplitSummary): ErrorDetail[] {
  if (labelled === 0) return [{ path: 'dataset.split', message: `No example of the split "${name}" has a label` }];
  if (labels?.count === undefined || labels.count <= labelled) return [];
  const message = `The split has ${labelled} labelled examples, fewer than ${labels.count}`;
  return [{ path: 'dataset.labels.count', message }];
}

function perClassProblems({ dataset, task }: CreateJob & Pick<ResolvedSpec, 'task'>, { classes }: SplitSummary): ErrorDetail[] {
  const perClass = dataset.labels?.perClass;
  if (perClass === undefined) return [];
  const path = 'dataset.labels.perClass';
  if (!taskEntry(task).hasOneClassEach) {
    return [{ path, message: 'Its examples have not one class each: give labels.count or labels.fraction' }];
  }
  return Object.entries(classes)
    .filter(([, count]) => count < perClass)
    .map(([name, count]) => ({ path, message: `The class "${name}" has ${count} examples, fewer than ${perClass}` }));
}
