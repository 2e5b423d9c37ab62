/** How numbers are written for people, the same everywhere. */

export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A share from 0 to 1 as a percentage with one decimal: `97.1 %`. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Seconds as the two largest units: `8 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return joinUnits(`${minutes} min`, whole % 60, 's');
  return joinUnits(`${Math.floor(minutes / 60)} h`, minutes % 60, 'min');
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** A loss or another unbounded number: four significant digits. */
export function formatNumber(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

/** How long ago something was, or the date where it is long ago: `12 s ago`. */
export function formatAge(at: string, nowMs: number = Date.now()): string {
  const seconds = (nowMs - Date.parse(at)) / 1000;
  return seconds > 48 * 3600 ? at.slice(0, 10) : `${formatSeconds(seconds)} ago`;
}

function joinUnits(larger: string, rest: number, unit: string): string {
  return rest === 0 ? larger : `${larger} ${rest} ${unit}`;
}
