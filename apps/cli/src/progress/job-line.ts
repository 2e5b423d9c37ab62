import type { Job, JobProgress } from '@scion/schema';
import { formatAge, formatCount, formatSeconds, formatShare } from '../output/quantities.ts';

const longestBar = 24;
const shortestBar = 6;
/** `epoch 10/10  loss 0.0969  acc 53.4 %  12,136 img/s  ETA 29 s`, and the gaps beside the bar. */
const usualTextLength = 62;

export type RunningLine = { label: string; progress: JobProgress; metrics: Readonly<Record<string, number>>; columns: number };

/** One line that says where a job stands: its state, or its bar, epoch, loss, accuracy, speed and remaining time. */
export function renderJobLine(job: Job, { label = job.name, columns }: { label?: string; columns: number }): string {
  const { state, progress, metrics, startedAt, finishedAt } = job;
  if (state !== 'running' && state !== 'succeeded') return `${label}  ${waitingText(job)}`.slice(0, columns);
  const isDone = state === 'succeeded' && startedAt !== null && finishedAt !== null;
  const tookSeconds = isDone ? (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 : null;
  return renderRunningLine({ label, progress, metrics: metrics.latest, columns }, tookSeconds);
}

/** The line of a run that has started; `tookSeconds` once it has ended. */
export function renderRunningLine({ label, progress, metrics, columns }: RunningLine, tookSeconds: number | null = null): string {
  const parts = progress.epochs === 0 ? ['starting'] : runningParts(progress, metrics);
  const text = parts.concat(endingPart(progress, tookSeconds)).join('  ');
  // Of one width for all lines of a terminal, so that bars below each other compare.
  const barWidth = Math.min(longestBar, columns - label.length - usualTextLength);
  const bar = barWidth < shortestBar ? '' : `${renderBar(progress.fraction, barWidth)}  `;
  return `${label}  ${bar}${text}`.slice(0, columns);
}

/** `━━━━━━────`: the share that is done, in eighths where the terminal's font has them. */
export function renderBar(fraction: number, width: number): string {
  const done = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return '━'.repeat(done) + '─'.repeat(width - done);
}

/** The metric that people look at first: the accuracy measured on held-out data, else that of training. */
export function accuracyOf(metrics: Readonly<Record<string, number>>): number | null {
  const names = Object.keys(metrics).filter((name) => name.endsWith('/accuracy'));
  const name = names.find((candidate) => !candidate.startsWith('train/')) ?? names[0];
  return name === undefined ? null : (metrics[name] ?? null);
}

function runningParts({ epoch, epochs, imagesPerSecond }: JobProgress, metrics: Readonly<Record<string, number>>): string[] {
  const loss = metrics['train/loss'];
  const accuracy = accuracyOf(metrics);
  const parts = [`epoch ${formatCount(Math.floor(epoch))}/${formatCount(epochs)}`];
  if (loss !== undefined) parts.push(`loss ${Number(loss.toPrecision(3))}`);
  if (accuracy !== null) parts.push(`acc ${formatShare(accuracy)}`);
  if (imagesPerSecond !== null) parts.push(`${formatCount(imagesPerSecond)} img/s`);
  return parts;
}

function endingPart({ etaSeconds }: JobProgress, tookSeconds: number | null): string[] {
  if (tookSeconds !== null) return [`took ${formatSeconds(tookSeconds)}`];
  return etaSeconds === null ? [] : [`ETA ${formatSeconds(etaSeconds)}`];
}

function waitingText({ state, queue, error, createdAt, nextTryAt }: Job): string {
  if (state === 'queued' && queue !== null) return `queued, number ${queue.position} in line`;
  if (state === 'blocked') return 'waits for the job that it depends on';
  if (state === 'retrying' && nextTryAt !== null) return `waits for another attempt, at ${nextTryAt.slice(11, 19)} UTC`;
  if (state === 'retrying') return 'waits for another attempt, from its newest checkpoint';
  if (state === 'failed' && error !== null) return `failed: ${error.message}`;
  return `${state}, created ${formatAge(createdAt)}`;
}
