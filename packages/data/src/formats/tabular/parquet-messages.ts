import type { SpoolPlace } from '../../archive/archive.ts';
import type { Cell } from './table.ts';

/** The most bytes of a row group, unpacked. A group is read as a whole, so this bounds memory. */
export const maxRowGroupBytes = 2 ** 29;

/** What a Parquet thread reads: a range of the spool. */
export type ParquetPlace = SpoolPlace;

export type ParquetDescription = {
  columns: string[];
  /** Columns of {bytes, path}, as the Hugging Face Hub stores images and recordings. */
  fileStructs: string[];
  /** The metadata entry `huggingface`, if there is one. */
  huggingFace: string | null;
  /** Unpacked bytes of each column, by row group, as the footer states them. */
  groups: { rows: number; columnBytes: Record<string, number> }[];
};

/** `cells` has a row for each record; undefined stands for a value that is none, such as a list. */
export type ParquetRows = { cells: (Cell | undefined)[][] };

export type ParquetTask = { type: 'describe' } | { type: 'read'; group: number; columns: string[] };
export type ParquetAnswer = { description: ParquetDescription } | { rows: ParquetRows } | { fault: string };
