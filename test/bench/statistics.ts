export type Summary = { n: number; mean: number; deviation: number; min: number; max: number };

/** Mean, sample standard deviation (0 for one value) and range. */
export function summarize(values: readonly number[]): Summary {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : 0, min: Math.min(...values), max: Math.max(...values) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that a share of all lie below, of those that there are: 0.25 for the first quartile. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}

export function formatPercent({ n, mean, deviation, min, max }: Summary): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  return `${percent(mean)} ± ${percent(deviation)} % (n = ${n}, ${percent(min)} to ${percent(max)})`;
}
