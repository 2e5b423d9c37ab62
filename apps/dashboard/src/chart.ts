import { svgElement } from './element.ts';
import { niceScale, type Scale } from './scale.ts';

export type Series = { name: string; step: readonly number[]; value: readonly number[] };

const width = 520;
const height = 220;
const margin = { top: 10, right: 12, bottom: 24, left: 48 };
/** Lines beyond this many share the colours of the first. */
export const seriesColors = 4;

/** A line chart of some metrics over the optimizer steps. Null where there is nothing to draw. */
export function drawChart({
  title,
  series,
  formatValue,
}: {
  title: string;
  series: readonly Series[];
  formatValue: (value: number) => string;
}): SVGSVGElement | null {
  const drawn = series.map(onlyFinite).filter(({ step }) => step.length > 0);
  if (drawn.length === 0) return null;
  const x = niceScale(drawn.flatMap(({ step }) => step));
  const y = niceScale(drawn.flatMap(({ value }) => value));
  const toX = placer(x, margin.left, width - margin.right);
  const toY = placer(y, height - margin.bottom, margin.top);
  const names = drawn.map(({ name }) => name).join(', ');

  return svgElement(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}: ${names}` },
    ...y.ticks.flatMap((tick) => [
      svgElement('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: toY(tick), y2: toY(tick) }),
      svgElement('text', { x: margin.left - 8, y: toY(tick) + 4, 'text-anchor': 'end' }, formatValue(tick)),
    ]),
    ...x.ticks.map((tick) => svgElement('text', { x: toX(tick), y: height - 6, 'text-anchor': 'middle' }, String(tick))),
    ...drawn.flatMap((line, index) => drawLine({ line, toX, toY, color: index % seriesColors })),
  );
}

function drawLine({
  line,
  toX,
  toY,
  color,
}: {
  line: Series;
  toX: (step: number) => number;
  toY: (value: number) => number;
  color: number;
}): SVGElement[] {
  const points = line.step.map((step, i) => `${toX(step).toFixed(1)},${toY(line.value[i] ?? 0).toFixed(1)}`);
  const [lastX, lastY] = (points.at(-1) ?? '0,0').split(',');
  return [
    svgElement('polyline', { class: `line color-${color}`, points: points.join(' ') }),
    svgElement('circle', { class: `dot color-${color}`, cx: lastX ?? 0, cy: lastY ?? 0, r: 3.5 }),
  ];
}

/** A metric may be infinite where training went wrong; a line cannot. */
function onlyFinite({ name, step, value }: Series): Series {
  const kept = step.map((_, i) => i).filter((i) => Number.isFinite(value[i]));
  return { name, step: kept.map((i) => step[i] ?? 0), value: kept.map((i) => value[i] ?? 0) };
}

function placer({ min, max }: Scale, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - min) / (max - min)) * (to - from);
}
