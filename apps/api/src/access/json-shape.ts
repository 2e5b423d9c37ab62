import { ScionError } from '@scion/schema';

const deepest = 32;
const mostKeys = 10_000;

/** `malformedJson` for a body that is nested deeper, or holds more keys and items, than any that a route takes; else null. */
export function tangledJson(body: unknown): ScionError | null {
  let keys = 0;
  let level = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return new ScionError('malformedJson', `The body is nested deeper than ${deepest} levels`);
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      const inside = Object.values(value);
      keys += inside.length;
      if (keys > mostKeys) return new ScionError('malformedJson', `The body has more than ${mostKeys} keys and items`);
      for (const part of inside) next.push(part);
    }
    level = next;
  }
  return null;
}
