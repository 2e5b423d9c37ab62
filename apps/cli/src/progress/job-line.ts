import type { Job } from '@scion/schema';
import { formatAge, formatCount, formatNumber, formatSeconds, formatShare } from '../output/quantities.ts';

/** One line that says where a job stands: its state, or its bar, epoch, loss, accuracy, speed and remaining time. */
export function renderJobLine(job: Job, { label = job.name, columns }: { label?: string; columns: number }): string {
  const parts = job.state === 'running' || job.state === 'succeeded' ? runningParts(job) : [waitingText(job)];
  const text = parts.join('  ');
  const barWidth = Math.min(24, columns - label.length - text.length - 5);
  const bar = barWidth >= 6 ? renderBar(job.progress.fraction, barWidth) : '';
  return [label, bar, text]
    .filter((part) => part !== '')
    .join('  ')
    .slice(0, columns);
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

function runningParts({ state, progress, metrics, startedAt, finishedAt }: Job): string[] {
  const { epoch, epochs, etaSeconds, imagesPerSecond } = progress;
  const loss = metrics.latest['train/loss'];
  const accuracy = accuracyOf(metrics.latest);
  const parts = [`epoch ${formatCount(Math.floor(epoch))}/${formatCount(epochs)}`];
  if (loss !== undefined) parts.push(`loss ${formatNumber(loss)}`);
  if (accuracy !== null) parts.push(`accuracy ${formatShare(accuracy)}`);
  if (imagesPerSecond !== null) parts.push(`${formatCount(imagesPerSecond)} images/s`);
  if (state === 'succeeded' && startedAt !== null && finishedAt !== null) {
    parts.push(`done in ${formatSeconds((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)}`);
  } else if (etaSeconds !== null) {
    parts.push(`ETA ${formatSeconds(etaSeconds)}`);
  }
  return parts;
}

function waitingText({ state, queue, error, createdAt, cancelRequested }: Job): string {
  if (state === 'queued' && queue !== null) return `queued, number ${queue.position} in line`;
  if (state === 'blocked') return 'waits for the job that it depends on';
  if (state === 'retrying') return 'its trainer died; another attempt starts from the newest checkpoint';
  if (state === 'failed' && error !== null) return `failed: ${error.message}`;
  return cancelRequested && state !== 'cancelled' ? 'is being cancelled' : `${state}, created ${formatAge(createdAt)}`;
}
