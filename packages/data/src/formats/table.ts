import { ScionError } from '@scion/schema';
import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { dataInvalid } from './data-invalid.ts';
import { imageFiles, recordingFiles } from './files/file-kinds.ts';
import { layOut } from './files/folder-layout.ts';
import { baseName, type DatasetFormat, folderOf } from './format.ts';
import { openCsvTable } from './tabular/csv-table.ts';
import { createFinders, type Finders, fileRoles } from './tabular/file-finder.ts';
import { openJsonlTable } from './tabular/jsonl-table.ts';
import { readTables } from './tabular/read-tables.ts';
import type { Cell, Table } from './tabular/table.ts';

const csvName = /\.(?:csv|tsv)(?:\.gz)?$/i;
const jsonlName = /\.(?:jsonl|ndjson)(?:\.gz)?$/i;

/** Rows that hold a text, name an image or recording of the upload, or hold one in base64, beside its label. */
export const table: DatasetFormat = {
  id: 'table',
  summary:
    'CSV, TSV or JSONL files with a column of paths of images or recordings, of these in base64, or of texts, and columns for label, split and group as there are',

  /**
   * Class folders tell more than a table beside them, unless it is called `metadata`; and files without class folders may stand
   * beside a table of something else.
   */
  async detect(archive) {
    const tables = archive.entries.filter(isTable);
    const kinds = [imageFiles, recordingFiles].filter(({ isNamed }) => archive.entries.some(isNamed));
    if (tables.length === 0 || kinds.length === 0) return tables.length > 0;
    const hasClassFolders = kinds.some(
      (kind) => new Set(layOut(archive.entries, kind).files.flatMap(({ className }) => className ?? [])).size > 1,
    );
    const finders = createFinders(archive.entries);
    for (const file of hasClassFolders ? tables.filter(isMetadata) : tables)
      if (await refersToFiles(archive, file, finders)) return true;
    return false;
  },

  async open(archive, context) {
    const files = archive.entries.filter(isTable);
    if (files.length === 0) throw dataInvalid(null, 'There is no .csv, .tsv or .jsonl file in it');
    const finders = createFinders(archive.entries);
    const tables: Table[] = [];
    for (const file of files) tables.push(await openTable(archive, file, finders));
    return readTables(archive, tables, context);
  },
};

function isTable({ path }: ArchiveEntry): boolean {
  return csvName.test(path) || jsonlName.test(path);
}

function isMetadata({ path }: ArchiveEntry): boolean {
  return /^metadata\./i.test(baseName(path));
}

function openTable(archive: Archive, entry: ArchiveEntry, finders: Finders): Promise<Table> {
  if (jsonlName.test(entry.path)) return openJsonlTable(archive, entry);
  return openCsvTable(archive, entry, (cell) => isFile(cell, entry, finders));
}

function isFile(cell: Cell, table: ArchiveEntry, finders: Finders): boolean {
  return fileRoles.some((role) => finders[role].looksRight(cell, folderOf(table.path)));
}

/** Whether the first record that can be read refers to an image or a recording. */
async function refersToFiles(archive: Archive, file: ArchiveEntry, finders: Finders): Promise<boolean> {
  try {
    const opened = await openTable(archive, file, finders);
    for await (const row of opened.rows(opened.columns)) {
      if ('cells' in row) return row.cells.some((cell) => isFile(cell, file, finders));
    }
  } catch (error) {
    // A damaged document beside images is no reason to refuse them.
    if (!(error instanceof ScionError)) throw error;
  }
  return false;
}
