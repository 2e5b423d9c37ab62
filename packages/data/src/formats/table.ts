import { ScionError } from '@scion/schema';
import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { dataInvalid } from './data-invalid.ts';
import { imageFiles, isNamedLikeImage, isNamedLikeRecording } from './files/file-kinds.ts';
import { layOut } from './files/folder-layout.ts';
import { baseName, type DatasetFormat, folderOf } from './format.ts';
import { openCsvTable } from './tabular/csv-table.ts';
import { ImageFinder } from './tabular/image-finder.ts';
import { openJsonlTable } from './tabular/jsonl-table.ts';
import { readTables } from './tabular/read-tables.ts';
import type { Table } from './tabular/table.ts';

const csvName = /\.(?:csv|tsv)(?:\.gz)?$/i;
const jsonlName = /\.(?:jsonl|ndjson)(?:\.gz)?$/i;

/** Rows that hold a text, name an image file of the upload, or hold an image in base64, beside its label. */
export const table: DatasetFormat = {
  id: 'table',
  summary:
    'CSV, TSV or JSONL files with a column of image paths, base64 images or texts, and columns for label, split and group as there are',

  /**
   * Class folders tell more than a table beside them, unless it is called `metadata`; and images without class folders may stand
   * beside a table of something else.
   */
  async detect(archive) {
    const files = archive.entries.filter(isTable);
    if (files.length === 0) return false;
    if (!archive.entries.some(isNamedLikeImage)) return !archive.entries.some(isNamedLikeRecording);
    const hasClassFolders =
      new Set(layOut(archive.entries, imageFiles).files.flatMap(({ className }) => className ?? [])).size > 1;
    const finder = new ImageFinder(archive.entries);
    for (const file of hasClassFolders ? files.filter(isMetadata) : files)
      if (await refersToImages(archive, file, finder)) return true;
    return false;
  },

  async open(archive, context) {
    const files = archive.entries.filter(isTable);
    if (files.length === 0) throw dataInvalid(null, 'There is no .csv, .tsv or .jsonl file in it');
    const finder = new ImageFinder(archive.entries);
    const tables: Table[] = [];
    for (const file of files) tables.push(await openTable(archive, file, finder));
    return readTables(archive, tables, context);
  },
};

function isTable({ path }: ArchiveEntry): boolean {
  return csvName.test(path) || jsonlName.test(path);
}

function isMetadata({ path }: ArchiveEntry): boolean {
  return /^metadata\./i.test(baseName(path));
}

function openTable(archive: Archive, entry: ArchiveEntry, finder: ImageFinder): Promise<Table> {
  if (jsonlName.test(entry.path)) return openJsonlTable(archive, entry);
  return openCsvTable(archive, entry, (cell) => finder.looksLikeImage(cell, folderOf(entry.path)));
}

/** Whether the first record that can be read refers to an image. */
async function refersToImages(archive: Archive, file: ArchiveEntry, finder: ImageFinder): Promise<boolean> {
  try {
    const opened = await openTable(archive, file, finder);
    for await (const row of opened.rows(opened.columns)) {
      if ('cells' in row) return row.cells.some((cell) => finder.looksLikeImage(cell, folderOf(file.path)));
    }
  } catch (error) {
    // A damaged document beside images is no reason to refuse them.
    if (!(error instanceof ScionError)) throw error;
  }
  return false;
}
