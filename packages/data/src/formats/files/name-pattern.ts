import { baseName } from '../format.ts';

/** What a file's name tells; null for what it does not. */
export type NameFacts = { label: string | null; group: string | null };

/** Names of which half differ in a part tell no classes by it. */
const largestShareOfNames = 0.5;

/**
 * Reads a file's name by a pattern such as `{label}_{group}_*`; null where it does not fit. Each part reaches up to where the text
 * that follows it in the pattern first occurs, so the work is in proportion to the name.
 */
export function readName(path: string, pattern: string): NameFacts | null {
  const name = stemOf(path);
  const facts: NameFacts = { label: null, group: null };
  const [start = '', ...rest] = pattern.split(/(\{label\}|\{group\}|\*)/);
  if (!name.startsWith(start)) return null;
  let at = start.length;
  for (let i = 0; i < rest.length; i += 2) {
    const part = rest[i];
    const text = rest[i + 1] ?? '';
    const isLast = i + 2 >= rest.length;
    // A last part reaches to the end, less the text that closes the name.
    const end = isLast && name.endsWith(text) ? name.length - text.length : name.indexOf(text, at + Number(part !== '*'));
    if (end < at + Number(part !== '*') || (isLast && end + text.length !== name.length)) return null;
    if (part === '{label}') facts.label = name.slice(at, end);
    if (part === '{group}') facts.group = name.slice(at, end);
    at = end + text.length;
  }
  return at === name.length ? facts : null;
}

/**
 * A pattern that the names of some files follow, or null. All have equally many parts between `_`, and the first part is a class:
 * it has at least two values, and each names two files on average. A second part like that, of letters, tells groups if more follow.
 */
export function guessNamePattern(paths: readonly string[]): string | null {
  const names = paths.map((path) => stemOf(path).split('_'));
  const [{ length } = []] = names;
  if (length === undefined || length < 2 || names.some((parts) => parts.length !== length || parts.includes(''))) return null;
  const valuesOf = (part: number) => [...new Set(names.map((parts) => parts[part] ?? ''))];
  const repeats = (values: readonly string[]) => values.length >= 2 && values.length <= largestShareOfNames * names.length;
  if (!repeats(valuesOf(0))) return null;
  const second = valuesOf(1);
  const isGroup = length > 2 && repeats(second) && second.every((value) => !/^\d+$/.test(value));
  return isGroup ? '{label}_{group}_*' : '{label}_*';
}

function stemOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}
