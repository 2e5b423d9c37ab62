const splitsByName: Readonly<Record<string, string>> = {
  train: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
};

/** The split that a folder's or file's name stands for (`Validation` is `val`), or null. */
export function splitOfName(name: string): string | null {
  const key = name.toLowerCase();
  return Object.hasOwn(splitsByName, key) ? (splitsByName[key] ?? null) : null;
}

/** Order in which splits are listed. */
export const splitOrder: readonly string[] = ['train', 'val', 'test'];
