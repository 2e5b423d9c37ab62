import type { Archive } from '../../archive/archive.ts';
import { decodeUtf8 } from '../../text/decode-utf8.ts';
import { baseName, type MaskValue } from '../format.ts';

const listName = /^(?:classes|class[_-]?names|labels|label[_-]?names|codes)\.txt$/i;
const noClass = /^(?:un-?labell?ed|void|ignored?)$/i;
const maxListBytes = 1 << 16;

/** What the values of masks stand for, by names of which the first is of the value 0. */
export function toMaskValues(names: readonly string[]): MaskValue[] {
  return names.map((name, value) => ({ value, name: classOf(name) }));
}

/** The same by a file such as `classes.txt` of the upload, with one name a line, perhaps after its value; null where there is none. */
export async function readMaskValues(archive: Archive): Promise<MaskValue[] | null> {
  const list = archive.entries.find(({ path, sizeBytes }) => listName.test(baseName(path)) && sizeBytes <= maxListBytes);
  const text = list ? decodeUtf8(await archive.read(list)) : null;
  if (text === null) return null;
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const values = lines.map((line, position) => {
    const { value = String(position), name = '' } = /^\s*(?:(?<value>\d{1,3})[\s:,;]+)?(?<name>.*?)\s*$/.exec(line)?.groups ?? {};
    return { value: Number(value), name: classOf(name) };
  });
  const isSound = new Set(values.map(({ value }) => value)).size === values.length && values.every(({ value }) => value < 256);
  return isSound ? values : null;
}

/** Null for a name that says that a pixel has no class. */
function classOf(name: string): string | null {
  return noClass.test(name) ? null : name;
}
