import type { ColumnRoles, MaskClassNames, NamePattern } from '@scion/schema';
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

/** What a format knows of an example besides its content. */
export type ExampleFacts = {
  split: string;
  /** Index into the format's `classNames`, or `unlabelled`. */
  label: number;
  /** Where examples may have several classes: indices into `classNames`. `label` is `unlabelled` then. */
  labels?: readonly number[];
  /** The number to predict, where that is no class. */
  target?: number;
  source: ExampleSource;
};

/** An image as a format finds it: a file or the bytes of one, still to be decoded, or pixels. */
export type RawExample = ExampleFacts & {
  image: { entry: ArchiveEntry } | { bytes: Uint8Array } | { pixels: Pixels };
  mask?: RawMask;
};

/** The class of each pixel of an image, before it is known to be sound: a PNG file of values, or shapes to draw. */
export type RawMask = { entry: ArchiveEntry } | { regions: readonly Region[]; height: number; width: number };

/** Pixels of one class: polygons as [x, y, x, y, …] in pixels, or runs of pixels column by column, outside first. */
export type Region = { value: number } & ({ polygons: readonly (readonly number[])[] } | { runs: readonly number[] });

/** A text: as it was decoded, or a file of it. */
export type RawText = ExampleFacts & { text: string | ArchiveEntry };

/** A recording: a wav or flac file, or the bytes of one. */
export type RawRecording = ExampleFacts & { recording: { entry: ArchiveEntry } | { bytes: Uint8Array } };

/** What a value of mask files stands for: a class, or null for pixels that belong to none. */
export type MaskValue = { value: number; name: string | null };

type Opened<Modality extends string, Example extends ExampleFacts> = {
  modality: Modality;
  classNames: string[];
  examples: AsyncIterable<Example>;
};

/**
 * Examples come in the order in which they are numbered. Those that bring pixels are all of one size and channel count; the format
 * sees to that.
 */
export type OpenedImages = Opened<'image', RawExample> & {
  /** The coarse class of each class, where a format knows it; complete once `examples` has been read. */
  superclasses?: ReadonlyMap<string, string>;
  /** There where examples may have masks. `values` is null where the format does not know them: every value that occurs is a class. */
  masks?: { values: readonly MaskValue[] | null };
};
export type OpenedTexts = Opened<'text', RawText>;
export type OpenedRecordings = Opened<'audio', RawRecording>;

/** What a format makes of an archive, which may be opened several times. */
export type OpenedDataset = OpenedImages | OpenedTexts | OpenedRecordings;

/** What a format is told beside the files, and where it says what it finds. */
export type ReadContext = {
  issues: IssueLog;
  columns: ColumnRoles;
  namePattern: NamePattern | null;
  maskClasses: MaskClassNames | null;
};

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
