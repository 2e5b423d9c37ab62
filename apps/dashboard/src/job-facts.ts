import type { Job } from '@scion/schema';
import { formatCount, formatDuration, formatMetric, formatMoment, formatRate } from './format.ts';

export type Fact = { label: string; value: string };

/** What there is to say about a job in one line, most telling first. */
export function factsOf(job: Job): Fact[] {
  const facts: Fact[] = [];
  const { progress, metrics, queue } = job;
  if (progress.epochs > 0) {
    facts.push({ label: 'epoch', value: `${formatCount(Math.floor(progress.epoch))} / ${formatCount(progress.epochs)}` });
  }
  for (const name of headlineMetrics(metrics.latest)) {
    const value = metrics.latest[name];
    if (value !== undefined) facts.push({ label: name.replace('/', ' '), value: formatMetric(name, value) });
  }
  if (job.state === 'running' && progress.imagesPerSecond !== null) {
    facts.push({ label: 'speed', value: formatRate(progress.imagesPerSecond) });
  }
  if (job.state === 'running' && progress.etaSeconds !== null) {
    facts.push({ label: 'left', value: formatDuration(progress.etaSeconds) });
  }
  if (queue !== null) facts.push({ label: 'place in queue', value: formatCount(queue.position) });
  if (job.startedAt !== null && job.finishedAt !== null) {
    facts.push({ label: 'took', value: formatDuration((Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000) });
  }
  if (job.startedAt === null) facts.push({ label: 'submitted', value: formatMoment(job.createdAt) });
  return facts;
}

/** The training loss, and the accuracy where it counts most: on data that was not trained on, if there is one. */
function headlineMetrics(latest: Readonly<Record<string, number>>): string[] {
  const names = Object.keys(latest);
  const loss = names.find((name) => name === 'train/loss') ?? names.find((name) => name.endsWith('loss'));
  const accuracies = names.filter((name) => name.endsWith('accuracy'));
  const accuracy = accuracies.find((name) => !name.startsWith('train/')) ?? accuracies[0];
  return [loss, accuracy].filter((name) => name !== undefined);
}
