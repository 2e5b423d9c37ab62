import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { type CocoImageRecord, type CocoRecords, findCocoFiles, readCoco } from './coco/read-coco.ts';
import { dataInvalid } from './data-invalid.ts';
import { isNamedLikeImage } from './files/file-kinds.ts';
import { type DatasetFormat, folderOf, type RawExample, type RawMask, type ReadContext } from './format.ts';
import { numberLabelSets } from './label-sets.ts';
import { compareSplits, splitOfName } from './split-names.ts';

type Found = { image: ArchiveEntry; record: CocoImageRecord; split: string };

/** Annotations of COCO beside images: the categories of each, and the pixels of each category where objects have shapes. */
export const coco: DatasetFormat = {
  id: 'coco',
  summary:
    'COCO: JSON with `images`, `annotations` and `categories`, beside the images; the split in its name (`instances_train2017.json`) or folder',

  async detect(archive) {
    return archive.entries.some(isNamedLikeImage) && (await findCocoFiles(archive)).length > 0;
  },

  async open(archive, context) {
    const files: { entry: ArchiveEntry; records: CocoRecords }[] = [];
    for (const entry of await findCocoFiles(archive)) files.push({ entry, records: await readCoco(archive, entry) });
    if (files.length === 0) throw dataInvalid(null, 'There is no .json with images, annotations and categories in it');
    const found = findImages(archive, files, context);
    const categories = [...new Set(files.flatMap(({ records }) => records.categories))];
    const { classNames, factsOf } = numberLabelSets(
      found.map(({ record }) => record.objects.map(({ category }) => category)),
      categories,
    );
    const hasMasks = found.some(({ record }) => record.objects.some(({ shape }) => shape !== null));
    const values = new Map(categories.map((category, i) => [category, i + 1]));
    const named = ['background', ...categories].map((name, value) => ({ value, name }));
    if (hasMasks && categories.length > maxMaskCategories) {
      context.issues.inform('masks-left-out', { message: `Masks hold ${maxMaskCategories} categories at most: there are none` });
    }
    const drawn = hasMasks && categories.length <= maxMaskCategories ? values : null;
    return {
      modality: 'image',
      classNames,
      ...(drawn && { masks: { values: named } }),
      examples: toExamples(found, { factsOf, values: drawn }),
    };
  },
};

/** A mask has a byte for each pixel, of which 0 is the background and 255 no class. */
const maxMaskCategories = 254;

/** The files of the images that the annotations name. */
function findImages(
  archive: Archive,
  files: readonly { entry: ArchiveEntry; records: CocoRecords }[],
  { issues }: ReadContext,
): Found[] {
  const byName = new Map<string, ArchiveEntry[]>();
  for (const entry of archive.entries.filter(isNamedLikeImage)) {
    for (const name of endingsOf(entry.path)) byName.set(name, [...(byName.get(name) ?? []), entry]);
  }
  const found: Found[] = [];
  for (const { entry, records } of files) {
    const split = splitOf(entry.path) ?? 'train';
    const { path } = entry;
    if (records.faults > 0)
      issues.warn('annotation-unreadable', { path, message: `${records.faults} records in it cannot be read` });
    for (const [row, record] of records.images.entries()) {
      const image = nearest(byName.get(record.fileName) ?? [], { folder: folderOf(path), split });
      if (image) found.push({ image, record, split });
      else
        issues.leaveOut('image-missing', { split, path, row, message: `There is no image ${JSON.stringify(record.fileName)}` });
    }
  }
  return found.sort((a, b) => compareSplits(a.split, b.split));
}

/** A path and what is left of it without its first folders: all that annotations may call it. */
function endingsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, i) => parts.slice(i).join('/'));
}

/** Of several files of one name, the one beside the annotations, else the one in a folder of their split, else the only one. */
function nearest(
  candidates: readonly ArchiveEntry[],
  { folder, split }: { folder: string; split: string },
): ArchiveEntry | undefined {
  const beside = candidates.filter(({ path }) => folder !== '' && path.startsWith(folder));
  const ofSplit = candidates.filter(({ path }) => splitOf(folderOf(path)) === split);
  return [beside, ofSplit, candidates].find(({ length }) => length === 1)?.[0];
}

/** The split that a word of a path names, with or without a year after it. */
function splitOf(path: string): string | null {
  const words = path.split(/[/_\-.\s]+/).reverse();
  return words.map((word) => splitOfName(word.replace(/\d+$/, ''))).find((split) => split !== null) ?? null;
}

async function* toExamples(
  found: readonly Found[],
  {
    factsOf,
    values,
  }: {
    factsOf: (names: readonly string[]) => Pick<RawExample, 'label' | 'labels'>;
    values: ReadonlyMap<string, number> | null;
  },
): AsyncGenerator<RawExample> {
  for (const { image, record, split } of found) {
    const facts = factsOf(record.objects.map(({ category }) => category));
    const source = { path: image.path, row: null };
    yield { split, source, ...facts, image: { entry: image }, ...(values && { mask: maskOf(record, values) }) };
  }
}

/** The objects of an image as regions, small ones over large ones. */
function maskOf({ height, width, objects }: CocoImageRecord, values: ReadonlyMap<string, number>): RawMask {
  const regions = objects
    .toSorted((a, b) => b.area - a.area)
    .flatMap(({ category, shape }) => (shape ? { value: values.get(category) ?? 0, ...shape } : []));
  return { regions, height, width };
}
