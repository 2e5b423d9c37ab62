import type { DatasetStatistics, LabelKind } from '@scion/schema';
import { methodEntry } from '../methods/method-entry.ts';
import { type CreateJob, type ResolvedSpec, TaskConfig } from '../spec.ts';
import { taskEntry, tasks } from './index.ts';

type Labelling = { labels?: readonly LabelKind[] | undefined; numbers?: DatasetStatistics['numbers'] };

/**
 * The job's task; where it says none, the first that its method can learn and that the examples are labelled for. Settings that depend
 * on the data are filled in.
 */
export function resolveTask(job: CreateJob, { labels = ['class'], numbers }: Labelling): ResolvedSpec['task'] {
  const learnt = methodEntry(job).tasks;
  const fitting = tasks.find(({ id, labelKind }) => learnt.includes(id) && labels.includes(labelKind));
  const type = fitting?.id ?? learnt[0] ?? 'single-label';
  const config = job.task ?? TaskConfig.parse({ type });
  return TaskConfig.parse(taskEntry(config).resolve(config, { numbers: numbers?.[job.dataset.split] }));
}
