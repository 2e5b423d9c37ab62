import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { ByteReader } from '../byte-reader.ts';
import type { Pixels } from '../image/pixels.ts';
import { dataInvalid } from './data-invalid.ts';
import { baseName, type DatasetFormat, type RawExample } from './format.ts';

const side = 32;
const planeBytes = side * side;
const imageBytes = 3 * planeBytes;

/** The two sets differ in file names and in the label bytes before each image; of two, the second (the fine label) counts. */
type Variant = { train: RegExp; test: RegExp; meta: RegExp; labelBytes: number; classCount: number; coarse: RegExp | null };

const cifar10: Variant = {
  train: /^data_batch_\d+\.bin$/,
  test: /^test_batch\.bin$/,
  meta: /^batches\.meta\.txt$/,
  labelBytes: 1,
  classCount: 10,
  coarse: null,
};
const cifar100: Variant = {
  train: /^train\.bin$/,
  test: /^test\.bin$/,
  meta: /^fine_label_names\.txt$/,
  labelBytes: 2,
  classCount: 100,
  coarse: /^coarse_label_names\.txt$/,
};

/** Binary version of CIFAR-10 and CIFAR-100, as described at https://www.cs.toronto.edu/~kriz/cifar.html. */
export const cifar: DatasetFormat = {
  id: 'cifar',
  summary: 'CIFAR-10 or CIFAR-100, binary version: `data_batch_*.bin` and `test_batch.bin`, or `train.bin` and `test.bin`',

  detect({ entries }) {
    return variantOf(entries) !== null;
  },

  async open(archive) {
    const variant = variantOf(archive.entries);
    if (!variant) throw dataInvalid(null, 'There is no data_batch_*.bin, test_batch.bin, train.bin or test.bin in the archive');
    const { meta, classCount, coarse } = variant;
    const numbers = Array.from({ length: classCount }, (_, label) => String(label));
    const classNames = (await readNames(archive, meta)) ?? numbers;
    const coarseNames = coarse && (await readNames(archive, coarse));
    const superclasses = new Map<string, string>();
    return {
      modality: 'image',
      classNames,
      superclasses,
      examples: readSplits(archive, { variant, classNames, coarseNames, superclasses }),
    };
  },
};

function variantOf(entries: readonly ArchiveEntry[]): Variant | null {
  if (entries.some((entry) => isBatch(entry, cifar10))) return cifar10;
  // `train.bin` is a name that anything may have: the size must fit too.
  const recordBytes = cifar100.labelBytes + imageBytes;
  return entries.some((entry) => isBatch(entry, cifar100) && entry.sizeBytes % recordBytes === 0) ? cifar100 : null;
}

function isBatch({ path }: ArchiveEntry, { train, test }: Variant): boolean {
  return train.test(baseName(path)) || test.test(baseName(path));
}

/** The names that a file lists, one a line; null where there is no such file. */
async function readNames(archive: Archive, file: RegExp): Promise<string[] | null> {
  const entry = archive.entries.find(({ path }) => file.test(baseName(path)));
  if (!entry) return null;
  if (entry.sizeBytes > 1 << 16) throw dataInvalid(entry.path, 'This is too large for a list of class names');
  const text = new TextDecoder().decode(await archive.read(entry));
  const names = text.split('\n').flatMap((line) => line.trim() || []);
  if (names.length === 0) throw dataInvalid(entry.path, 'There are no class names in it');
  if (new Set(names).size < names.length) throw dataInvalid(entry.path, 'A class name stands there twice');
  return names;
}

/** `superclasses` is filled from the coarse labels, where records have them and `coarseNames` names them. */
type Labelling = {
  variant: Variant;
  classNames: readonly string[];
  coarseNames: readonly string[] | null;
  superclasses: Map<string, string>;
};

async function* readSplits(archive: Archive, labelling: Labelling): AsyncGenerator<RawExample> {
  for (const split of ['train', 'test'] as const) {
    const batches = archive.entries.filter(({ path }) => labelling.variant[split].test(baseName(path)));
    const names = new Set(batches.map(({ path }) => baseName(path)));
    const twin = batches.find(({ path }) => !names.delete(baseName(path)));
    if (twin) throw dataInvalid(twin.path, 'The archive holds a second file of this name: upload one data set at a time');
    for (const batch of batches) yield* readBatch(archive, { ...labelling, batch, split });
  }
}

async function* readBatch(
  archive: Archive,
  { batch, split, variant, classNames, coarseNames, superclasses }: Labelling & { batch: ArchiveEntry; split: string },
): AsyncGenerator<RawExample> {
  const { path, sizeBytes } = batch;
  const { labelBytes } = variant;
  const recordBytes = labelBytes + imageBytes;
  if (sizeBytes % recordBytes !== 0) {
    throw dataInvalid(path, `${sizeBytes} bytes are not a whole number of ${recordBytes}-byte records`);
  }
  const reader = new ByteReader(archive.stream(batch));
  try {
    for (let row = 0; row < sizeBytes / recordBytes; row++) {
      const record = await reader.read(recordBytes);
      const label = record[labelBytes - 1] ?? classNames.length;
      const className = classNames[label];
      if (className === undefined) {
        throw dataInvalid(path, `Record ${row} has label ${label}, but there are ${classNames.length} classes`);
      }
      const coarseName = coarseNames?.[record[0] ?? 0];
      if (coarseName !== undefined) superclasses.set(className, coarseName);
      yield { split, label, source: { path, row }, image: { pixels: interleave(record.subarray(labelBytes)) } };
    }
  } finally {
    await reader.close();
  }
}

/** [channel, height, width] to [height, width, channel]. */
function interleave(planes: Uint8Array): Pixels {
  const data = new Uint8Array(imageBytes);
  for (let pixel = 0, out = 0; pixel < planeBytes; pixel++) {
    data[out++] = planes[pixel] ?? 0;
    data[out++] = planes[pixel + planeBytes] ?? 0;
    data[out++] = planes[pixel + 2 * planeBytes] ?? 0;
  }
  return { height: side, width: side, channels: 3, data };
}
