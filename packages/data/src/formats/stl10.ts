import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { ByteReader } from '../byte-reader.ts';
import type { Pixels } from '../image/pixels.ts';
import { dataInvalid } from './data-invalid.ts';
import { baseName, type DatasetFormat, type RawExample, unlabelled } from './format.ts';
import { unlabelledSplit } from './split-names.ts';

const side = 96;
const planeBytes = side * side;
const imageBytes = 3 * planeBytes;
const classCount = 10;

const parts = [
  { split: 'train', images: 'train_X.bin', labels: 'train_y.bin' },
  { split: 'test', images: 'test_X.bin', labels: 'test_y.bin' },
  { split: unlabelledSplit, images: 'unlabeled_X.bin', labels: null },
] as const;

/** Binary version of STL-10, as described at https://cs.stanford.edu/~acoates/stl10/. */
export const stl10: DatasetFormat = {
  id: 'stl10',
  summary: 'STL-10, binary version: `train_X.bin`, `train_y.bin`, `test_X.bin`, `test_y.bin`, `unlabeled_X.bin`',

  detect({ entries }) {
    return parts.some(({ images }) => {
      const entry = findFile(entries, images);
      return entry !== null && entry.sizeBytes % imageBytes === 0;
    });
  },

  async open(archive) {
    if (!parts.some(({ images }) => findFile(archive.entries, images))) {
      throw dataInvalid(null, 'There is no train_X.bin, test_X.bin or unlabeled_X.bin in the archive');
    }
    return { modality: 'image', classNames: await readClassNames(archive), examples: readParts(archive) };
  },
};

function findFile(entries: readonly ArchiveEntry[], name: string): ArchiveEntry | null {
  return entries.find(({ path }) => baseName(path) === name) ?? null;
}

async function readClassNames(archive: Archive): Promise<string[]> {
  const entry = findFile(archive.entries, 'class_names.txt');
  if (!entry) return Array.from({ length: classCount }, (_, label) => String(label));
  if (entry.sizeBytes > 1 << 16) throw dataInvalid(entry.path, 'This is too large for a list of class names');
  const text = new TextDecoder().decode(await archive.read(entry));
  const names = text.split('\n').flatMap((line) => line.trim() || []);
  if (new Set(names).size === classCount) return names;
  throw dataInvalid(entry.path, `There are ${new Set(names).size} different class names in it, not ${classCount}`);
}

async function* readParts(archive: Archive): AsyncGenerator<RawExample> {
  for (const { split, images, labels } of parts) {
    const entry = findFile(archive.entries, images);
    if (!entry) continue;
    if (entry.sizeBytes % imageBytes !== 0) {
      throw dataInvalid(entry.path, `${entry.sizeBytes} bytes are not a whole number of images of ${imageBytes} bytes`);
    }
    const count = entry.sizeBytes / imageBytes;
    const labelFile = labels === null ? null : findFile(archive.entries, labels);
    const given = labelFile ? await readLabels(archive, labelFile, count) : null;
    yield* readImages(archive, { entry, split, count, labels: given });
  }
}

/** One byte each, counted from 1. */
async function readLabels(archive: Archive, entry: ArchiveEntry, count: number): Promise<Uint8Array> {
  if (entry.sizeBytes !== count) throw dataInvalid(entry.path, `There are ${count} images, but ${entry.sizeBytes} labels`);
  const labels = await archive.read(entry);
  const wrong = labels.findIndex((label) => label < 1 || label > classCount);
  if (wrong < 0) return labels;
  throw dataInvalid(entry.path, `Label ${wrong} is ${labels[wrong] ?? 0}, but labels go from 1 to ${classCount}`);
}

async function* readImages(
  archive: Archive,
  part: { entry: ArchiveEntry; split: string; count: number; labels: Uint8Array | null },
): AsyncGenerator<RawExample> {
  const { entry, split, count, labels } = part;
  const reader = new ByteReader(archive.stream(entry));
  try {
    for (let row = 0; row < count; row++) {
      const label = (labels?.[row] ?? unlabelled + 1) - 1;
      yield { split, label, source: { path: entry.path, row }, image: { pixels: upright(await reader.read(imageBytes)) } };
    }
  } finally {
    await reader.close();
  }
}

/** [channel, column, row] to [row, column, channel]: the files come from MATLAB, which writes column by column. */
function upright(planes: Uint8Array): Pixels {
  const data = new Uint8Array(imageBytes);
  for (let y = 0, out = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let channel = 0; channel < 3; channel++) data[out++] = planes[channel * planeBytes + x * side + y] ?? 0;
    }
  }
  return { height: side, width: side, channels: 3, data };
}
