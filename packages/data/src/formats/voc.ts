import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { decodeUtf8 } from '../text/decode-utf8.ts';
import { dataInvalid } from './data-invalid.ts';
import { isNamedLikeImage } from './files/file-kinds.ts';
import { baseName, type DatasetFormat, folderOf, type RawExample, type ReadContext } from './format.ts';
import { numberLabelSets } from './label-sets.ts';
import { readMaskValues, toMaskValues } from './masks/mask-classes.ts';
import { compareSplits, splitOfName } from './split-names.ts';
import { readObjects } from './voc/read-objects.ts';

const maxAnnotationBytes = 1 << 20;

/** The values of the masks of Pascal VOC; 255 is for what belongs to no class. */
const vocClasses =
  'background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
    ' ',
  );

type Listed = { image: ArchiveEntry; mask: ArchiveEntry | null; annotation: ArchiveEntry | null; split: string };

/** The layout of the Pascal VOC challenges: what objects an image shows, and the class of each pixel. */
export const voc: DatasetFormat = {
  id: 'voc',
  summary: 'Pascal VOC: `JPEGImages/`, with `Annotations/*.xml`, `SegmentationClass/*.png` and `ImageSets/` as there are',

  detect({ entries }) {
    const inFolder = (name: string) => entries.some(({ path }) => folderNameOf(path) === name);
    return inFolder('JPEGImages') && (inFolder('Annotations') || inFolder('SegmentationClass'));
  },

  async open(archive, context) {
    const listed = await listImages(archive, context);
    if (listed.length === 0) throw dataInvalid(null, 'There is no image in JPEGImages');
    const objects = await readAnnotations(archive, listed, context);
    const { classNames, factsOf } = numberLabelSets([...objects.values()], []);
    const hasMasks = listed.some(({ mask }) => mask !== null);
    const isVoc = classNames.every((name) => vocClasses.includes(name));
    const stated = context.maskClasses ? toMaskValues(context.maskClasses) : await readMaskValues(archive);
    const values = stated ?? (isVoc ? toMaskValues(vocClasses) : null);
    const facts = (image: ArchiveEntry) => factsOf(objects.get(image) ?? []);
    return { modality: 'image', classNames, ...(hasMasks && { masks: { values } }), examples: toExamples(listed, facts) };
  },
};

/** The images of JPEGImages that a list names, or all where there are no lists. */
async function listImages(archive: Archive, { issues }: ReadContext): Promise<Listed[]> {
  const byFolder = (folder: string) =>
    new Map(archive.entries.filter(({ path }) => folderNameOf(path) === folder).map((entry) => [stemOf(entry.path), entry]));
  const [masks, annotations] = [byFolder('SegmentationClass'), byFolder('Annotations')];
  const splits = await readLists(archive, masks.size > 0 ? ['Segmentation', 'Main'] : ['Main', 'Segmentation']);
  const images = archive.entries.filter((entry) => folderNameOf(entry.path) === 'JPEGImages' && isNamedLikeImage(entry));
  const listed = images.flatMap((image) => {
    const stem = stemOf(image.path);
    const split = splits.size === 0 ? 'train' : splits.get(stem);
    return split === undefined ? [] : { image, mask: masks.get(stem) ?? null, annotation: annotations.get(stem) ?? null, split };
  });
  const left = images.length - listed.length;
  if (left > 0) issues.inform('not-in-list', { message: `${left} images are in no list of ImageSets; they were passed over` });
  return listed.sort((a, b) => compareSplits(a.split, b.split));
}

/** The split of each image by the first list that names it: those of the first folder count before those of the second. */
async function readLists(archive: Archive, folders: readonly string[]): Promise<Map<string, string>> {
  const splits = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of archive.entries) {
      const split = splitOfName(stemOf(entry.path));
      if (split === null || !entry.path.endsWith('.txt') || !folderOf(entry.path).endsWith(`ImageSets/${folder}/`)) continue;
      const text = decodeUtf8(await archive.read(entry)) ?? '';
      for (const line of text.split('\n')) {
        const [name = ''] = line.trim().split(/\s+/, 1);
        if (name !== '' && !splits.has(name)) splits.set(name, split);
      }
    }
  }
  return splits;
}

/** The classes of objects in each image that has a readable annotation. */
async function readAnnotations(
  archive: Archive,
  listed: readonly Listed[],
  { issues }: ReadContext,
): Promise<Map<ArchiveEntry, string[]>> {
  const objects = new Map<ArchiveEntry, string[]>();
  for (const { image, annotation, split } of listed) {
    if (!annotation) continue;
    const text = annotation.sizeBytes <= maxAnnotationBytes ? decodeUtf8(await archive.read(annotation)) : null;
    const names = text === null ? null : readObjects(text);
    if (names) objects.set(image, names);
    else
      issues.warn('label-unreadable', {
        split,
        path: annotation.path,
        message: 'It is no XML in UTF-8: its image is unlabelled',
      });
  }
  return objects;
}

async function* toExamples(
  listed: readonly Listed[],
  factsOf: (image: ArchiveEntry) => Pick<RawExample, 'label' | 'labels'>,
): AsyncGenerator<RawExample> {
  for (const { image, mask, split } of listed) {
    const source = { path: image.path, row: null };
    yield { split, source, ...factsOf(image), image: { entry: image }, ...(mask && { mask: { entry: mask } }) };
  }
}

function folderNameOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}

function stemOf(path: string): string {
  const name = baseName(path);
  return name.slice(0, name.lastIndexOf('.'));
}
