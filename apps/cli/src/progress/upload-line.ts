import { formatBytes, formatShare } from '../output/quantities.ts';
import { renderBar } from './job-line.ts';

const longestBar = 24;
const shortestBar = 6;
/** `100.0 %  1023 MB of 1023 MB`, and the gaps beside the bar. */
const usualTextLength = 32;

/** One line that says how far an upload is; without a bar where nobody knows how much there is. */
export function renderUploadLine({
  label,
  sentBytes,
  sizeBytes,
  columns,
}: {
  label: string;
  sentBytes: number;
  sizeBytes: number | null;
  columns: number;
}): string {
  if (sizeBytes === null) return `${label}  ${formatBytes(sentBytes)}`.slice(0, columns);
  const fraction = sizeBytes === 0 ? 1 : Math.min(1, sentBytes / sizeBytes);
  const barWidth = Math.min(longestBar, columns - label.length - usualTextLength);
  const bar = barWidth < shortestBar ? '' : `${renderBar(fraction, barWidth)}  `;
  return `${label}  ${bar}${formatShare(fraction)}  ${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`.slice(0, columns);
}
