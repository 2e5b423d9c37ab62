import type { ColumnRoles } from '@scion/schema';

/** The largest record of a table: enough for an image of 24 MB in base64, and a bound for memory. */
export const maxRecordBytes = 32 * 2 ** 20;

/** One value of a table: text (numbers as text), bytes, or null for none. */
export type Cell = string | Uint8Array | null;

/** One record, counted from 0, with the wanted columns in the order asked for; or why it cannot be read. */
export type TableRow = { row: number; cells: Cell[] } | { row: number; fault: { code: string; message: string } };

/** A file of records, read as a stream as often as wanted. */
export type Table = {
  path: string;
  columns: readonly string[];
  /** Roles that the file itself states. */
  roles: ColumnRoles;
  /** Class names in label order, where the file lists them for a column; else they are the column's values. */
  classNamesOf(column: string): readonly string[] | null;
  /** Throws `dataInvalid` where the file is damaged beyond the record at hand. */
  rows(wanted: readonly string[]): AsyncIterable<TableRow>;
};

/** The text of bytes, or null where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
