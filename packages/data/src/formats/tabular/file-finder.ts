import { posix } from 'node:path';
import type { ArchiveEntry } from '../../archive/archive.ts';
import { recordingKindOf } from '../../audio/decode-recording.ts';
import { imageKindOf } from '../../image/image-kind.ts';
import { isNamedLikeImage, isNamedLikeRecording } from '../files/file-kinds.ts';
import { baseName } from '../format.ts';
import { type Cell, wordsOf } from './table.ts';

/** What a cell gives: a file of the upload, or the bytes of one; or null for neither. */
export type FoundFile = { entry: ArchiveEntry } | { bytes: Uint8Array } | null;

/** How files of a kind are told, by their name and by their first bytes. */
type Kind = { isNamed: (entry: ArchiveEntry) => boolean; startsRight: (bytes: Uint8Array) => boolean };

const dataUrl = /^data:[\w.+-]+\/[\w.+-]+;base64,/i;
const base64 = /^[A-Za-z0-9+/_-\s]{32,}={0,2}\s*$/;
/** Base64 digits that hold the first bytes of a file, by which its kind is known. */
const base64Start = 24;

/**
 * Finds the files of one kind that the cells of a table refer to: paths beside the table or from the top, file names, names without
 * an ending, base64.
 */
export class FileFinder {
  readonly #kind: Kind;
  readonly #byPath: ReadonlyMap<string, ArchiveEntry>;
  /** By file name, with and without its ending; null where several files share it. */
  readonly #byName = new Map<string, ArchiveEntry | null>();

  constructor(entries: readonly ArchiveEntry[], kind: Kind) {
    this.#kind = kind;
    this.#byPath = new Map(entries.map((entry) => [entry.path, entry]));
    for (const entry of entries.filter(kind.isNamed)) {
      const name = baseName(entry.path);
      for (const key of [name, name.slice(0, name.lastIndexOf('.'))]) this.#byName.set(key, this.#byName.has(key) ? null : entry);
    }
  }

  /** `folder` is where the table stands. No path leads out of the upload: it is looked up, never opened. */
  find(cell: Cell, folder: string): FoundFile {
    if (cell instanceof Uint8Array) return { bytes: cell };
    const words = wordsOf(cell);
    if (words === null) return null;
    const entry = this.#findEntry(words, folder);
    return entry ? { entry } : this.#decodeBase64(words);
  }

  /** Whether a cell gives a file of this kind, as far as its first bytes tell. */
  looksRight(cell: Cell, folder: string): boolean {
    const found = this.find(cell, folder);
    if (found === null) return false;
    return 'entry' in found ? this.#kind.isNamed(found.entry) : this.#kind.startsRight(found.bytes);
  }

  #findEntry(value: string, folder: string): ArchiveEntry | null {
    if (value.length > 1024 || value.includes('://')) return null;
    const path = value.replaceAll('\\', '/');
    const beside =
      this.#byPath.get(posix.normalize(folder + path)) ?? this.#byPath.get(posix.normalize(path).replace(/^\/+/, ''));
    return beside ?? this.#byName.get(baseName(path)) ?? null;
  }

  #decodeBase64(value: string): FoundFile {
    const digits = value.replace(dataUrl, '');
    if (digits.length === value.length) {
      const start = Buffer.from(value.slice(0, base64Start), 'base64');
      if (!this.#kind.startsRight(start) || !base64.test(value)) return null;
    }
    return { bytes: Buffer.from(digits, 'base64') };
  }
}

/** Kinds of files that a table may refer to. */
export const fileRoles = ['image', 'audio'] as const;
export type FileRole = (typeof fileRoles)[number];
export type Finders = Readonly<Record<FileRole, FileFinder>>;

export function createFinders(entries: readonly ArchiveEntry[]): Finders {
  return {
    image: new FileFinder(entries, { isNamed: isNamedLikeImage, startsRight: (bytes) => imageKindOf(bytes) !== null }),
    audio: new FileFinder(entries, { isNamed: isNamedLikeRecording, startsRight: (bytes) => recordingKindOf(bytes) !== null }),
  };
}
