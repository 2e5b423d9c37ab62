import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import type { Pixels } from '../image/pixels.ts';
import type { IssueLog } from '../issue-log.ts';

/** Label of an example that has none. */
export const unlabelled = -1;

/** Where an example came from: a file of the upload and, where a file holds many, the record in it, counted from 0. */
export type ExampleSource = { path: string; row: number | null };

/** An example as a format finds it. `image` is an entry still to be decoded, or pixels. */
export type RawExample = {
  split: string;
  /** Index into the format's `classNames`, or `unlabelled`. */
  label: number;
  source: ExampleSource;
  image: { entry: ArchiveEntry } | { pixels: Pixels };
};

/**
 * What a format makes of an archive. Examples come in the order in which they are numbered. Those that bring pixels are all of
 * one size and channel count; the format sees to that.
 */
export type OpenedDataset = { classNames: string[]; examples: AsyncIterable<RawExample> };

export type DatasetFormat = {
  id: string;
  /** One sentence: what an upload of this format holds. */
  summary: string;
  /** Whether the files look like this format, by name and size only. */
  detect(entries: readonly ArchiveEntry[]): boolean;
  /** Reads what must be known before the first example. Throws `dataInvalid`, here or while examples are read. */
  open(archive: Archive, issues: IssueLog): Promise<OpenedDataset>;
};

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
