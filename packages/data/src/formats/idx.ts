import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { ByteReader } from '../byte-reader.ts';
import type { Channels } from '../image/pixels.ts';
import { dataInvalid } from './data-invalid.ts';
import { baseName, type DatasetFormat, type RawExample, unlabelled } from './format.ts';
import { compareSplits, splitOfName } from './split-names.ts';

/** The word before the role names the split: `emnist-digits-train-images-idx3-ubyte`. */
const filePattern = /^(?:.+[-_])?(?<split>[a-z0-9]+)[-_](?<role>images|labels)[-._]idx\d-ubyte(?:\.gz)?$/i;
const unsignedBytes = 0x08;
const maxImageBytes = 150_000_000;
const maxLabels = 100_000_000;

type SplitFiles = { split: string; images: ArchiveEntry; labels: ArchiveEntry | null };
type Header = { count: number; height: number; width: number; channels: Channels };

/** The file format of MNIST and its kin: a header of big-endian sizes, then unsigned bytes. */
export const idx: DatasetFormat = {
  id: 'idx',
  summary:
    'MNIST idx files, gzipped or not: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…` (labels may be missing)',

  detect({ entries }) {
    return entries.some(({ path }) => filePattern.exec(baseName(path))?.groups?.role?.toLowerCase() === 'images');
  },

  async open(archive) {
    const splits = pairFiles(archive.entries);
    if (splits.length === 0) throw dataInvalid(null, 'There is no file such as train-images-idx3-ubyte in the archive');
    const labels = new Map<string, Uint8Array>();
    for (const files of splits) if (files.labels) labels.set(files.split, await readLabels(archive, files.labels));
    const classCount = 1 + Math.max(-1, ...[...labels.values()].map((values) => values.reduce((a, b) => Math.max(a, b), -1)));
    const classNames = Array.from({ length: classCount }, (_, label) => String(label));
    return { modality: 'image', classNames, examples: readSplits(archive, splits, labels) };
  },
};

function pairFiles(entries: readonly ArchiveEntry[]): SplitFiles[] {
  const found = new Map<string, ArchiveEntry>();
  for (const entry of entries) {
    const { split, role } = filePattern.exec(baseName(entry.path))?.groups ?? {};
    if (!split || !role) continue;
    const key = `${splitOfIdxName(split)} ${role.toLowerCase()}`;
    const twin = found.get(key);
    if (twin) throw dataInvalid(entry.path, `${twin.path} holds the ${key} too: upload one data set at a time`);
    found.set(key, entry);
  }
  for (const [key, entry] of found) {
    if (!found.has(key.replace('labels', 'images'))) throw dataInvalid(entry.path, 'There are labels, but not their images');
  }
  const splits = [...found.keys()].flatMap((key) => (key.endsWith(' images') ? key.slice(0, -' images'.length) : []));
  return splits.sort(compareSplits).flatMap((split) => {
    const images = found.get(`${split} images`);
    return images ? { split, images, labels: found.get(`${split} labels`) ?? null } : [];
  });
}

/** MNIST calls its test split `t10k`; a split of no known name keeps its own. */
function splitOfIdxName(name: string): string {
  return name.toLowerCase() === 't10k' ? 'test' : (splitOfName(name) ?? name.toLowerCase());
}

async function* readSplits(
  archive: Archive,
  splits: readonly SplitFiles[],
  labels: ReadonlyMap<string, Uint8Array>,
): AsyncGenerator<RawExample> {
  let first: { path: string; shape: string } | null = null;
  for (const files of splits) {
    const { path } = files.images;
    const reader = new ByteReader(archive.stream(files.images));
    try {
      const header = await readImageHeader(reader, path);
      const shape = `${header.height}x${header.width}x${header.channels}`;
      first ??= { path, shape };
      if (shape !== first.shape)
        throw dataInvalid(path, `Its images are ${shape}, but those of ${first.path} are ${first.shape}`);
      const splitLabels = labels.get(files.split);
      if (splitLabels && splitLabels.length !== header.count) {
        throw dataInvalid(path, `There are ${header.count} images, but ${splitLabels.length} labels`);
      }
      yield* readImages(reader, { header, path, split: files.split, labels: splitLabels });
    } finally {
      await reader.close();
    }
  }
}

async function* readImages(
  reader: ByteReader,
  file: { header: Header; path: string; split: string; labels: Uint8Array | undefined },
): AsyncGenerator<RawExample> {
  const { header, path, split, labels } = file;
  const { count, height, width, channels } = header;
  const imageBytes = height * width * channels;
  for (let row = 0; row < count; row++) {
    const data = await reader.read(imageBytes);
    if (data.length < imageBytes) throw dataInvalid(path, `Its header promises ${count} images, but there are ${row}`);
    yield {
      split,
      label: labels?.[row] ?? unlabelled,
      source: { path, row },
      image: { pixels: { height, width, channels, data } },
    };
  }
  await assertAtEnd(reader, path);
}

async function readLabels(archive: Archive, entry: ArchiveEntry): Promise<Uint8Array> {
  const { path } = entry;
  const reader = new ByteReader(archive.stream(entry));
  try {
    const [count = 0, ...more] = await readSizes(reader, path);
    if (more.length > 0) throw dataInvalid(path, `Labels have one dimension, not ${more.length + 1}`);
    if (count > maxLabels) throw dataInvalid(path, `More than ${maxLabels} labels are not supported`);
    const labels = await reader.read(count);
    if (labels.length < count) throw dataInvalid(path, `Its header promises ${count} labels, but there are ${labels.length}`);
    await assertAtEnd(reader, path);
    return labels;
  } finally {
    await reader.close();
  }
}

async function readImageHeader(reader: ByteReader, path: string): Promise<Header> {
  const sizes = await readSizes(reader, path);
  const [count = 0, height = 0, width = 0, channels = 1] = sizes;
  if (sizes.length < 3 || sizes.length > 4) {
    throw dataInvalid(path, `Images have 3 dimensions (count, height, width) or 4 (with channels), not ${sizes.length}`);
  }
  if (channels !== 1 && channels !== 3) throw dataInvalid(path, `Images have 1 or 3 channels, not ${channels}`);
  const imageBytes = height * width * channels;
  if (imageBytes === 0 || imageBytes > maxImageBytes) throw dataInvalid(path, `Images of ${height}x${width} are out of range`);
  return { count, height, width, channels };
}

/** The size of each dimension. The header is 0, 0, element type, number of dimensions, then one 32-bit size for each. */
async function readSizes(reader: ByteReader, path: string): Promise<number[]> {
  const magic = await reader.read(4);
  const [zero, alsoZero, type, dimensions = 0] = magic;
  if (magic.length < 4 || zero !== 0 || alsoZero !== 0) throw dataInvalid(path, 'It does not start like an idx file');
  if (type !== unsignedBytes) throw dataInvalid(path, 'Its numbers are not unsigned bytes, the only idx type that is read');
  const sizes = await reader.read(4 * dimensions);
  if (sizes.length < 4 * dimensions) throw dataInvalid(path, 'It ends inside its header');
  const view = new DataView(sizes.buffer, sizes.byteOffset, sizes.byteLength);
  return Array.from({ length: dimensions }, (_, i) => view.getUint32(4 * i));
}

async function assertAtEnd(reader: ByteReader, path: string): Promise<void> {
  if ((await reader.read(1)).length > 0) throw dataInvalid(path, 'It is longer than its header says');
}
