import type { MetricColumns } from '@scion/schema';

/** One row for each step that any series has, one column for each series; a cell is empty where a series has no point. */
export function toCsv({ data }: MetricColumns): string {
  const names = Object.keys(data);
  const rows = new Map<number, string[]>();
  names.forEach((name, column) => {
    const { step: steps, value: values } = data[name] ?? { step: [], value: [] };
    steps.forEach((step, i) => {
      const row = rows.get(step) ?? names.map(() => '');
      row[column] = String(values[i]);
      rows.set(step, row);
    });
  });
  const lines = [...rows].sort(([a], [b]) => a - b).map(([step, cells]) => [step, ...cells].join(','));
  return `${[['step', ...names.map(quote)].join(','), ...lines].join('\r\n')}\r\n`;
}

/** RFC 4180: a name with a comma, a quote or a line break stands in quotes. */
function quote(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
