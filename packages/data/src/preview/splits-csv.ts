import { BufferedFileWriter } from '../buffered-file-writer.ts';
import type { PackedOf, SplitFacts } from '../packed/packed-split.ts';
import { labelText } from './example-labels.ts';

/** Writes which example is in which split, one row each: split, index in it, path and row in the upload, label or labels. */
export async function writeSplitsCsv(dataset: PackedOf<SplitFacts>, path: string): Promise<void> {
  const writer = await BufferedFileWriter.create(path);
  try {
    await writer.append(Buffer.from('split,index,path,row,label\n'));
    for (const name of dataset.splits) {
      const split = dataset.split(name);
      for (const [index, source] of (await split.readSources()).entries()) {
        const cells = [name, index, source.path, source.row ?? '', labelText(split, index) ?? ''];
        await writer.append(Buffer.from(`${cells.map(toCell).join(',')}\n`));
      }
    }
    await writer.finish();
  } finally {
    await writer.discard();
  }
}

/**
 * Quoted as RFC 4180 says. A text that a spreadsheet would take for a formula, and that is no number, gets a quote mark in front:
 * file names and class names come from whoever made the data set.
 */
function toCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const isFormula = /^[=+\-@\t\r]/.test(value) && !/^[+-]?[\d.]+$/.test(value);
  const text = isFormula ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
