/** The split of examples that have no labels on purpose, as in STL-10. */
export const unlabelledSplit = 'unlabelled';

const splitsByName: Readonly<Record<string, string>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
  unlabelled: unlabelledSplit,
  unlabeled: unlabelledSplit,
};

/** The split that a folder's or file's name stands for (`Validation` is `val`), or null. */
export function splitOfName(name: string): string | null {
  const key = name.toLowerCase();
  return Object.hasOwn(splitsByName, key) ? (splitsByName[key] ?? null) : null;
}

/** The split that a file belongs to by a word of its name (`train-00000-of-00001.parquet`), else by its nearest folder, or null. */
export function splitOfPath(path: string): string | null {
  const [name = '', ...folders] = path.split('/').reverse();
  const words = [...name.split(/[-_.\s]+/), ...folders];
  return words.map(splitOfName).find((split) => split !== null) ?? null;
}

const splitOrder: readonly string[] = ['train', 'val', 'test'];

/** Compares splits in the order in which they are listed: train, val, test, then all others by name. */
export function compareSplits(a: string, b: string): number {
  const rank = (split: string) => (splitOrder.includes(split) ? splitOrder.indexOf(split) : splitOrder.length);
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b));
}
