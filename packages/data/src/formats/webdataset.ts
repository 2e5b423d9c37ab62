import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { ClassNames } from './class-names.ts';
import { dataInvalid } from './data-invalid.ts';
import { imageFiles } from './files/file-kinds.ts';
import { layOut } from './files/folder-layout.ts';
import type { DatasetFormat, ExampleSource, RawExample, ReadContext } from './format.ts';
import { groupSamples, type Sample } from './samples/group-samples.ts';
import { readAnnotation } from './samples/read-annotation.ts';
import { compareSplits, splitOfPath } from './split-names.ts';

const tarName = /\.tar$/i;

/** A text beside an image is taken for the name of its class if it is short, and one of few or shared by several images. */
const longestName = 50;
const fewNames = 20;

type LabelledSample = { image: ArchiveEntry; split: string; label: string | null; isText: boolean; source: ExampleSource };

/** Tar shards of samples, each an image and its annotation of the same name; or one such shard, unpacked or as the upload. */
export const webdataset: DatasetFormat = {
  id: 'webdataset',
  summary:
    'WebDataset: tar shards (`train-000000.tar`, …) with files of one name for each sample: `000123.jpg` and `000123.cls`, `.json` or `.txt`',

  detect({ entries }) {
    if (entries.some(({ path }) => tarName.test(path))) return true;
    const samples = groupSamples(entries).filter(({ image }) => image !== null);
    if (samples.some(({ annotation }) => annotation?.kind === 'cls')) return true;
    const annotated = samples.filter(({ annotation }) => annotation !== null).length;
    const classes = new Set(layOut(entries, imageFiles).files.flatMap(({ className }) => className ?? []));
    return annotated > 0 && 2 * annotated >= samples.length && classes.size < 2;
  },

  async open(archive, context) {
    const found = await findSamples(archive, context);
    if (found.length === 0) throw dataInvalid(null, 'There is no image with a .cls, .json or .txt of the same name in it');
    const samples = withoutCaptions(found, context);
    const names = new ClassNames();
    for (const { label, source } of samples) if (label !== null) names.add(label, source.path);
    if (names.size === 0) context.issues.inform('no-labels', { message: 'No sample has a label: all images are unlabelled' });
    const { classNames, labelOf } = names.number();
    return { modality: 'image', classNames, examples: readExamples(samples, labelOf) };
  },
};

/** Lists the samples of all shards, and reads their annotations. */
async function findSamples(archive: Archive, context: ReadContext): Promise<LabelledSample[]> {
  const found: LabelledSample[] = [];
  const loose = archive.entries.filter(({ path }) => !tarName.test(path));
  for (const sample of groupSamples(loose)) {
    // Outside of shards, a text without an image is some document.
    if (sample.image !== null) found.push(...(await labelSample(archive, sample, { split: splitOfPath(sample.key), context })));
  }
  for (const shard of archive.entries.filter(({ path }) => tarName.test(path))) {
    const split = splitOfPath(shard.path);
    for (const sample of groupSamples(await archive.listTar(shard))) {
      found.push(...(await labelSample(archive, sample, { split, context })));
    }
  }
  return found.sort((a, b) => compareSplits(a.split, b.split));
}

/** The sample with its label, or nothing where it cannot be used, which is reported. */
async function labelSample(
  archive: Archive,
  { key, image, annotation }: Sample,
  { split: stated, context }: { split: string | null; context: ReadContext },
): Promise<LabelledSample[]> {
  const { issues, columns } = context;
  const split = stated ?? 'train';
  if (image === null) {
    issues.leaveOut('image-missing', { split, path: annotation?.entry.path ?? key, message: 'There is no image of this name' });
    return [];
  }
  const said = annotation ? await readAnnotation(archive, annotation, columns) : { label: null, group: null };
  if ('fault' in said) {
    issues.leaveOut('label-unreadable', { split, path: annotation?.entry.path ?? key, message: said.fault });
    return [];
  }
  const place = { path: image.path, row: null };
  const source = said.group === null ? place : { ...place, group: said.group };
  return [{ image, split, label: said.label, isText: annotation?.kind === 'txt', source }];
}

/** Drops the labels that come from texts, where these are captions rather than names of classes. */
function withoutCaptions(samples: LabelledSample[], { issues }: ReadContext): LabelledSample[] {
  const texts = samples.flatMap(({ label, isText }) => (isText && label !== null ? label : []));
  const different = new Set(texts);
  const areNames = different.size <= fewNames || 2 * different.size <= texts.length;
  if (areNames && texts.every((text) => text.length <= longestName && !text.includes('\n'))) return samples;
  const message = `The ${texts.length} texts beside images read as captions, not as classes: those images are unlabelled`;
  issues.inform('captions-not-labels', { message });
  return samples.map((sample) => (sample.isText ? { ...sample, label: null } : sample));
}

async function* readExamples(
  samples: readonly LabelledSample[],
  labelOf: (name: string | null) => number,
): AsyncGenerator<RawExample> {
  for (const { image, split, label, source } of samples) yield { split, label: labelOf(label), source, image: { entry: image } };
}
