import type { ColumnRoles } from '@scion/schema';
import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import type { Pixels } from '../image/pixels.ts';
import type { IssueLog } from '../issue-log.ts';

/** Label of an example that has none. */
export const unlabelled = -1;

/**
 * Where an example came from: a file of the upload and, where a file holds many, the record in it, counted from 0. Examples of
 * one `group` (a patient, a photo series) belong together.
 */
export type ExampleSource = { path: string; row: number | null; group?: string };

/** An example as a format finds it. `image` is a file or the bytes of one, still to be decoded, or pixels. */
export type RawExample = {
  split: string;
  /** Index into the format's `classNames`, or `unlabelled`. */
  label: number;
  source: ExampleSource;
  image: { entry: ArchiveEntry } | { bytes: Uint8Array } | { pixels: Pixels };
};

/**
 * What a format makes of an archive, which may be opened several times. Examples come in the order in which they are numbered. Those that bring pixels are all of
 * one size and channel count; the format sees to that.
 */
export type OpenedDataset = {
  classNames: string[];
  examples: AsyncIterable<RawExample>;
  /** The coarse class of each class, where a format knows it; complete once `examples` has been read. */
  superclasses?: ReadonlyMap<string, string>;
};

/** What a format is told beside the files, and where it says what it finds. */
export type ReadContext = { issues: IssueLog; columns: ColumnRoles };

export type DatasetFormat = {
  id: string;
  /** One sentence: what an upload of this format holds. */
  summary: string;
  /** Whether the files look like this format, by their names and sizes and, where these leave it open, their first bytes. */
  detect(archive: Archive): boolean | Promise<boolean>;
  /** Reads what must be known before the first example. Throws `dataInvalid`, here or while examples are read. */
  open(archive: Archive, context: ReadContext): Promise<OpenedDataset>;
};

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder that a file stands in, with a `/` at its end; empty for the top. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
