import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetFiles, type PreviewFile, type SplitPreview } from '@scion/schema';
import { openPacked } from '../packed/open-packed.ts';
import type { PackedSplit } from '../packed/packed-split.ts';
import { chooseExamples } from './choose-examples.ts';
import { drawContactSheet, type SheetRow } from './contact-sheet.ts';
import { writeSplitsCsv } from './splits-csv.ts';
import { readThumbnails, toDataUrl } from './thumbnails.ts';

/** Pictures of each split in the preview. */
const shownPerSplit = 40;
const shownPerRow = 8;

/**
 * Puts what people look at beside the packed form: the exact splits as CSV, a preview as JSON with small pictures, and a contact
 * sheet. So nothing needs to decode images when they ask.
 */
export async function writePreview(packedDir: string): Promise<void> {
  // A few images are read out of many: no file is worth holding in memory for that.
  const dataset = await openPacked(packedDir, { maxWholeBytes: 0 });
  try {
    await writeSplitsCsv(dataset, join(packedDir, datasetFiles.splits));
    const splits: SplitPreview[] = [];
    const rows: SheetRow[] = [];
    for (const name of dataset.splits) {
      const { preview, sheet } = await previewSplit(dataset.split(name));
      splits.push(preview);
      rows.push(...sheet);
    }
    const file: PreviewFile = { splits };
    await writeFile(join(packedDir, datasetFiles.preview), JSON.stringify(file));
    await writeFile(join(packedDir, datasetFiles.contactSheet), await drawContactSheet(rows));
  } finally {
    await dataset.close();
  }
}

async function previewSplit(split: PackedSplit): Promise<{ preview: SplitPreview; sheet: SheetRow[] }> {
  const indices = chooseExamples(split.labels, shownPerSplit);
  const images = await readThumbnails(split, indices);
  const sources = await split.readSources();
  const labelOf = (index: number) => split.classNames[split.labels[index] ?? -1] ?? null;
  const examples = await Promise.all(
    indices.map(async (index, i) => {
      const { path, row } = sources[index] ?? { path: '', row: null };
      const image = images[i];
      return { index, label: labelOf(index), path, row, thumbnail: image ? await toDataUrl(image) : '' };
    }),
  );
  const sheet = [...new Set(indices.map(labelOf))].map((label) => ({
    title: `${split.name} / ${label ?? 'no label'}`,
    images: images.filter((_, i) => labelOf(indices[i] ?? -1) === label).slice(0, shownPerRow),
  }));
  return { preview: { split: split.name, histogram: histogramOf(split), examples }, sheet };
}

function histogramOf({ labels, classNames }: PackedSplit): SplitPreview['histogram'] {
  const counts = new Array<number>(classNames.length).fill(0);
  for (const label of labels) if (label >= 0) counts[label] = (counts[label] ?? 0) + 1;
  const unlabelled = labels.reduce((sum, label) => sum + (label < 0 ? 1 : 0), 0);
  const rows: SplitPreview['histogram'] = classNames.map((label, i) => ({ label, examples: counts[i] ?? 0 }));
  return unlabelled > 0 ? [...rows, { label: null, examples: unlabelled }] : rows;
}
