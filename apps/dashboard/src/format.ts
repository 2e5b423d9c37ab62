const count = new Intl.NumberFormat('en');
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function formatCount(value: number): string {
  return count.format(value);
}

/** A metric as people read it: shares of one in percent, all else with four digits that count. */
export function formatMetric(name: string, value: number): string {
  return name.endsWith('accuracy') ? percent.format(value) : value.toPrecision(4);
}

export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (h > 0) return `${h} h ${String(m).padStart(2, '0')} min`;
  return m > 0 ? `${m} min ${String(s).padStart(2, '0')} s` : `${s} s`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0;
  return `${oneDigit.format(bytes / 2 ** (10 * power))} ${units[power]}`;
}

export function formatRate(perSecond: number): string {
  return `${perSecond < 10 ? oneDigit.format(perSecond) : count.format(Math.round(perSecond))} images/s`;
}

export function formatMoment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });
}

/** A share of one for a progress bar: 0.425 → `42 %`. */
export function formatShare(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
