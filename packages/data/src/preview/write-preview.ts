import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetFiles, type PreviewFile, type SplitPreview } from '@scion/schema';
import { openPacked } from '../packed/open-packed.ts';
import { openPackedRecordings } from '../packed/open-packed-recordings.ts';
import { openPackedTexts } from '../packed/open-packed-texts.ts';
import type { PackedOf, SplitFacts } from '../packed/packed-split.ts';
import { readManifest } from '../packed/read-manifest.ts';
import { chooseExamples } from './choose-examples.ts';
import { drawContactSheet, type SheetRow } from './contact-sheet.ts';
import { labelsOf, labelText, mainLabels } from './example-labels.ts';
import { showImages } from './show-images.ts';
import { showRecordings } from './show-recordings.ts';
import { showTexts } from './show-texts.ts';
import type { Shown } from './shown.ts';
import { writeSplitsCsv } from './splits-csv.ts';

/** Examples of each split in the preview. */
const shownPerSplit = 40;
const shownPerRow = 8;
/** Pixels that the pictures of one row of the contact sheet may take, though there is always one. */
const rowWidth = 800;
/** A few examples are read out of many: no file is worth holding in memory for that. */
const reading = { memoryBytes: 0 };

/**
 * Puts what people look at beside the packed form: the exact splits as CSV, a preview as JSON with small pictures or texts, and a
 * contact sheet. So nothing needs to decode examples when they ask.
 */
export async function writePreview(packedDir: string): Promise<void> {
  const { modality } = (await readManifest(packedDir)).report;
  switch (modality) {
    case 'image':
      return await writeExamples(packedDir, await openPacked(packedDir, reading), showImages);
    case 'text':
      return await writeExamples(packedDir, await openPackedTexts(packedDir, reading), showTexts);
    case 'audio':
      return await writeExamples(packedDir, await openPackedRecordings(packedDir, reading), showRecordings);
  }
}

type Show<Split> = (split: Split, indices: readonly number[]) => Promise<Shown[]>;

async function writeExamples<Split extends SplitFacts>(dir: string, dataset: PackedOf<Split>, show: Show<Split>): Promise<void> {
  const hasMasksOnly = dataset.report.labels?.join() === 'mask';
  try {
    await writeSplitsCsv(dataset, join(dir, datasetFiles.splits));
    const splits: SplitPreview[] = [];
    const rows: SheetRow[] = [];
    for (const name of dataset.splits) {
      const { preview, sheet } = await previewSplit(dataset.split(name), { show, hasMasksOnly });
      splits.push(preview);
      rows.push(...sheet);
    }
    const file: PreviewFile = { splits };
    await writeFile(join(dir, datasetFiles.preview), JSON.stringify(file));
    await writeFile(join(dir, datasetFiles.contactSheet), await drawContactSheet(rows));
  } finally {
    await dataset.close();
  }
}

async function previewSplit<Split extends SplitFacts>(
  split: Split,
  { show, hasMasksOnly }: { show: Show<Split>; hasMasksOnly: boolean },
): Promise<{ preview: SplitPreview; sheet: SheetRow[] }> {
  const indices = chooseExamples(mainLabels(split), shownPerSplit);
  const shown = await show(split, indices);
  const sources = await split.readSources();
  const examples = indices.map((index, i) => {
    const { path, row } = sources[index] ?? { path: '', row: null };
    return { index, ...labelsOf(split, index), path, row, ...shown[i]?.content };
  });
  const titleOf = (index: number) => (hasMasksOnly ? split.name : `${split.name} / ${labelText(split, index) ?? 'no label'}`);
  const sheet = [...new Set(indices.map(titleOf))].map((title) => {
    const pictures = shown.filter((_, i) => titleOf(indices[i] ?? -1) === title).map(({ picture }) => picture);
    const fitting = Math.max(1, Math.floor(rowWidth / (pictures[0]?.width ?? rowWidth)));
    return { title, images: pictures.slice(0, Math.min(shownPerRow, fitting)) };
  });
  return { preview: { split: split.name, histogram: hasMasksOnly ? [] : histogramOf(split), examples }, sheet };
}

function histogramOf({ labels, labelSets, targets, classNames }: SplitFacts): SplitPreview['histogram'] {
  const counts = new Array<number>(classNames.length).fill(0);
  let unlabelled = 0;
  for (const [index, label] of labels.entries()) {
    const ofExample = labelSets ? [...labelSets(index)] : label < 0 ? [] : [label];
    for (const one of ofExample) counts[one] = (counts[one] ?? 0) + 1;
    if (ofExample.length === 0 && Number.isNaN(targets?.[index] ?? Number.NaN)) unlabelled++;
  }
  const rows: SplitPreview['histogram'] = classNames.map((label, i) => ({ label, examples: counts[i] ?? 0 }));
  return unlabelled > 0 ? [...rows, { label: null, examples: unlabelled }] : rows;
}
