export type Difference = { path: string; left: string; right: string };

/** Where two JSON documents differ, by the paths of their values: `training.epochs`. What only one has is `—` in the other. */
export function differences(left: unknown, right: unknown): Difference[] {
  const [before, after] = [new Map(leaves(left, '')), new Map(leaves(right, ''))];
  const paths = [...before.keys(), ...[...after.keys()].filter((path) => !before.has(path))];
  return paths
    .map((path) => ({ path, left: before.get(path) ?? '—', right: after.get(path) ?? '—' }))
    .filter((difference) => difference.left !== difference.right);
}

/** The values that hold no others, each by its path. An empty object or list is such a value too. */
function leaves(value: unknown, path: string): [string, string][] {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) return [[path, JSON.stringify(value) ?? '—']];
  return entries.flatMap(([name, inner]) => leaves(inner, path === '' ? name : `${path}.${name}`));
}
