import type { ColumnRoles } from '@scion/schema';

/** The largest record of a table: enough for an image of 24 MB in base64, and a bound for memory. */
export const maxRecordBytes = 32 * 2 ** 20;

/** One value of a table: text (numbers as text), bytes, a list of texts, or null for none. */
export type Cell = string | Uint8Array | readonly string[] | null;

/** One record, counted from 0, with the wanted columns in the order asked for; or why it cannot be read. */
export type TableRow = { row: number; cells: Cell[] } | { row: number; fault: { code: string; message: string } };

/** Class names in label order, and whether a record may have several of them. */
export type ListedClasses = { names: readonly string[]; areSets: boolean };

/** A file of records, read as a stream as often as wanted. */
export type Table = {
  path: string;
  columns: readonly string[];
  /** Roles that the file itself states. */
  roles: ColumnRoles;
  /** The classes of a column, where the file lists them; else they are the column's values. */
  classesOf(column: string): ListedClasses | null;
  /** Throws `dataInvalid` where the file is damaged beyond the record at hand. */
  rows(wanted: readonly string[]): AsyncIterable<TableRow>;
};

/** What a cell says in words: its text without white space around it; null for none, and for what is no text. */
export function wordsOf(cell: Cell | undefined): string | null {
  const words = typeof cell === 'string' ? cell.trim() : '';
  return words === '' ? null : words;
}

/** A cell of a plain value, with numbers as text; undefined for what is none, such as an object. */
export function cellOfValue(value: unknown): Cell | undefined {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value !== 'object') return String(value);
  if (!Array.isArray(value)) return undefined;
  const items: unknown[] = value;
  return items.every((item) => typeof item !== 'object') ? items.map(String) : undefined;
}
