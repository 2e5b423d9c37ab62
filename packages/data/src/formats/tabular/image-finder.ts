import { posix } from 'node:path';
import type { ArchiveEntry } from '../../archive/archive.ts';
import { imageKindOf } from '../../image/image-kind.ts';
import { isNamedLikeImage } from '../files/file-kinds.ts';
import { baseName } from '../format.ts';
import { type Cell, wordsOf } from './table.ts';

/** An image that a cell gives: a file of the upload, or bytes; or null for neither. */
export type FoundImage = { entry: ArchiveEntry } | { bytes: Uint8Array } | null;

const dataUrl = /^data:image\/[\w.+-]+;base64,/i;
const base64 = /^[A-Za-z0-9+/_-\s]{32,}={0,2}\s*$/;
/** Base64 digits that hold the first bytes of an image, by which its kind is known. */
const base64Start = 24;

/** Finds what the cells of a table refer to: paths beside the table or from the top, file names, names without an ending, base64. */
export class ImageFinder {
  readonly #byPath: ReadonlyMap<string, ArchiveEntry>;
  /** By file name, with and without its ending; null where several files share it. */
  readonly #byName = new Map<string, ArchiveEntry | null>();

  constructor(entries: readonly ArchiveEntry[]) {
    this.#byPath = new Map(entries.map((entry) => [entry.path, entry]));
    for (const entry of entries.filter(isNamedLikeImage)) {
      const name = baseName(entry.path);
      for (const key of [name, name.slice(0, name.lastIndexOf('.'))]) this.#byName.set(key, this.#byName.has(key) ? null : entry);
    }
  }

  /** `folder` is where the table stands. No path leads out of the upload: it is looked up, never opened. */
  find(cell: Cell, folder: string): FoundImage {
    if (cell instanceof Uint8Array) return { bytes: cell };
    const words = wordsOf(cell);
    if (words === null) return null;
    const entry = this.#findEntry(words, folder);
    return entry ? { entry } : decodeBase64(words);
  }

  /** Whether a cell gives an image, as far as its first bytes tell. */
  looksLikeImage(cell: Cell, folder: string): boolean {
    const found = this.find(cell, folder);
    if (found === null) return false;
    return 'entry' in found ? isNamedLikeImage(found.entry) : imageKindOf(found.bytes) !== null;
  }

  #findEntry(value: string, folder: string): ArchiveEntry | null {
    if (value.length > 1024 || value.includes('://')) return null;
    const path = value.replaceAll('\\', '/');
    const beside =
      this.#byPath.get(posix.normalize(folder + path)) ?? this.#byPath.get(posix.normalize(path).replace(/^\/+/, ''));
    return beside ?? this.#byName.get(baseName(path)) ?? null;
  }
}

function decodeBase64(value: string): FoundImage {
  const digits = value.replace(dataUrl, '');
  if (digits.length === value.length) {
    const start = Buffer.from(value.slice(0, base64Start), 'base64');
    if (imageKindOf(start) === null || !base64.test(value)) return null;
  }
  return { bytes: Buffer.from(digits, 'base64') };
}
