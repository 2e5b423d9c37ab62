import type { Job, JobEvent, MetricColumns } from '@scion/schema';
import { drawChart, type Series, seriesColors } from './chart.ts';
import { element } from './element.ts';
import { formatMetric, formatMoment } from './format.ts';

export type JobDetail = { job: Job; metrics: MetricColumns; events: readonly JobEvent[] };

const charts = [
  { title: 'Loss', suffix: 'loss' },
  { title: 'Accuracy', suffix: 'accuracy' },
] as const;

/** Shows one job: curves, results, the last log lines of a failure, and its events, newest first. */
export function showJobDetail(root: HTMLElement, { job, metrics, events }: JobDetail): void {
  root.replaceChildren(
    element('p', { class: 'detail-name' }, job.name, ' ', element('code', {}, job.id)),
    ...charts.map(({ title, suffix }) => drawFigure({ title, suffix, metrics })).filter((figure) => figure !== null),
    ...showBest(job),
    ...showLog(job),
    element(
      'ol',
      { class: 'events', 'aria-label': 'Events, newest first' },
      ...events.map((event) =>
        element(
          'li',
          { class: `level-${event.level}` },
          element('time', { datetime: event.at }, formatMoment(event.at)),
          ' ',
          element('span', { class: 'event-type' }, event.type),
          ' ',
          event.message,
        ),
      ),
    ),
  );
}

function drawFigure({ title, suffix, metrics }: { title: string; suffix: string; metrics: MetricColumns }): HTMLElement | null {
  const series: Series[] = Object.entries(metrics.data)
    .filter(([name]) => name.endsWith(suffix))
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([name, { step, value }]) => ({ name, step, value }));
  const chart = drawChart({ title, series, formatValue: (value) => formatTick(suffix, value) });
  if (chart === null) return null;
  const legend = series.map(({ name, value }, index) =>
    element(
      'span',
      { class: `legend color-${index % seriesColors}` },
      name,
      ' ',
      element('b', {}, value.length > 0 ? formatMetric(name, value.at(-1) ?? 0) : ''),
    ),
  );
  return element('figure', {}, element('figcaption', {}, element('span', {}, title), ...legend), chart);
}

function formatTick(suffix: string, value: number): string {
  return suffix === 'accuracy' ? `${Math.round(value * 1000) / 10}%` : String(Number(value.toPrecision(3)));
}

function showBest(job: Job): HTMLElement[] {
  const best = Object.entries(job.result?.metrics ?? job.metrics.best);
  if (best.length === 0) return [];
  const title = job.result === null ? 'Best so far' : `Result: ${job.result.model}`;
  return [
    element('h3', {}, title),
    element(
      'dl',
      { class: 'facts' },
      ...best.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, formatMetric(name, value)))),
    ),
  ];
}

function showLog(job: Job): HTMLElement[] {
  if (job.error === null || job.error.logTail.length === 0) return [];
  return [element('h3', {}, 'Last log lines'), element('pre', {}, job.error.logTail.join('\n'))];
}
