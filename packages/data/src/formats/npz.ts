import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { ByteReader } from '../byte-reader.ts';
import type { Channels } from '../image/pixels.ts';
import { ClassNames } from './class-names.ts';
import { dataInvalid } from './data-invalid.ts';
import { baseName, type DatasetFormat, type RawExample } from './format.ts';
import { readNpyHeader } from './npy/npy-header.ts';
import { readNpyLabels } from './npy/npy-labels.ts';
import { compareSplits, splitOfName, splitOfPath } from './split-names.ts';

const npzName = /\.npz$/i;
const imageWords = new Set(['x', 'images', 'image', 'data']);
const labelWords = new Set(['y', 'labels', 'label', 'targets', 'target']);
const maxImageBytes = 150_000_000;

type SplitArrays = { split: string; images: ArchiveEntry; labels: ArchiveEntry | null };

/** NumPy arrays. An .npz is a zip of .npy files, so as the upload it is unpacked already; others may stand in an archive. */
export const npz: DatasetFormat = {
  id: 'npz',
  summary:
    'NumPy `.npz` with uint8 images [n, height, width] or [n, height, width, channel] and labels: `x_train`, `y_train`, `x_test`, …; `train_images`, `train_labels`, …; or `images`, `labels`',

  detect({ entries }) {
    return entries.some(({ path }) => npzName.test(path) || roleOf(path)?.role === 'images');
  },

  async open(archive) {
    const inner = [];
    for (const entry of archive.entries) if (npzName.test(entry.path)) inner.push(...(await archive.listZip(entry)));
    const splits = pairArrays([...archive.entries, ...inner]);
    if (splits.length === 0) throw dataInvalid(null, 'There is no array such as x_train, train_images or images in it');
    const names = new ClassNames();
    const labels = new Map<string, string[]>();
    for (const { split, labels: entry } of splits) {
      if (!entry) continue;
      const ofSplit = await readNpyLabels(archive, entry);
      for (const name of new Set(ofSplit)) names.add(name, entry.path);
      labels.set(split, ofSplit);
    }
    const { classNames, labelOf } = names.number();
    return { modality: 'image', classNames, examples: readSplits(archive, { splits, labels, labelOf }) };
  },
};

/** What an array holds, by its name: `x_train`, `train_images`, `images`. Null for an array that is neither images nor labels. */
function roleOf(path: string): { split: string; role: 'images' | 'labels' } | null {
  const name = baseName(path);
  if (!name.endsWith('.npy')) return null;
  const words = name.slice(0, -'.npy'.length).toLowerCase().split(/[_-]/);
  const isImages = words.some((word) => imageWords.has(word));
  if (isImages === words.some((word) => labelWords.has(word))) return null;
  const split = words.map(splitOfName).find((found) => found !== null) ?? splitOfPath(path.slice(0, -name.length - 1)) ?? 'train';
  return { split, role: isImages ? 'images' : 'labels' };
}

function pairArrays(entries: readonly ArchiveEntry[]): SplitArrays[] {
  const found = new Map<string, { images?: ArchiveEntry; labels?: ArchiveEntry }>();
  for (const entry of entries) {
    const known = roleOf(entry.path);
    if (!known) continue;
    const arrays = found.get(known.split) ?? {};
    const twin = arrays[known.role];
    if (twin) throw dataInvalid(entry.path, `${twin.path} holds the ${known.split} ${known.role} too`);
    found.set(known.split, { ...arrays, [known.role]: entry });
  }
  return [...found]
    .sort(([a], [b]) => compareSplits(a, b))
    .map(([split, { images, labels }]) => {
      if (images) return { split, images, labels: labels ?? null };
      throw dataInvalid(labels?.path ?? null, 'There are labels, but not their images');
    });
}

async function* readSplits(
  archive: Archive,
  {
    splits,
    labels,
    labelOf,
  }: {
    splits: readonly SplitArrays[];
    labels: ReadonlyMap<string, string[]>;
    labelOf: (name: string | null) => number;
  },
): AsyncGenerator<RawExample> {
  let first: { path: string; shape: string } | null = null;
  for (const { split, images } of splits) {
    const { path } = images;
    const reader = new ByteReader(archive.stream(images));
    try {
      const { count, height, width, channels } = await readImageHeader(reader, path);
      const shape = `${height}x${width}x${channels}`;
      first ??= { path, shape };
      if (shape !== first.shape)
        throw dataInvalid(path, `Its images are ${shape}, but those of ${first.path} are ${first.shape}`);
      const names = labels.get(split);
      if (names && names.length !== count) throw dataInvalid(path, `There are ${count} images, but ${names.length} labels`);
      const imageBytes = height * width * channels;
      for (let row = 0; row < count; row++) {
        const data = await reader.read(imageBytes);
        if (data.length < imageBytes) throw dataInvalid(path, `Its header promises ${count} images, but there are ${row}`);
        const label = labelOf(names?.[row] ?? null);
        yield { split, label, source: { path, row }, image: { pixels: { height, width, channels, data } } };
      }
    } finally {
      await reader.close();
    }
  }
}

async function readImageHeader(
  reader: ByteReader,
  path: string,
): Promise<{ count: number; height: number; width: number; channels: Channels }> {
  const { kind, itemBytes, shape } = await readNpyHeader(reader, path);
  if (kind !== 'u' || itemBytes !== 1) {
    throw dataInvalid(path, 'Its numbers are not uint8: scale images to 0…255 and save them with .astype("uint8")');
  }
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  const says = `[${shape.join(', ')}]`;
  if (shape.length < 3 || shape.length > 4) {
    throw dataInvalid(path, `Images have the shape [n, height, width] or [n, height, width, channel], not ${says}`);
  }
  if (channels !== 1 && channels !== 3) {
    const isChannelFirst = shape.length === 4 && (height === 1 || height === 3);
    const advice = isChannelFirst ? ': put the channels last with .transpose(0, 2, 3, 1)' : '';
    throw dataInvalid(path, `Images have 1 or 3 channels, not ${channels} (the shape is ${says})${advice}`);
  }
  const imageBytes = height * width * channels;
  if (imageBytes === 0 || imageBytes > maxImageBytes) throw dataInvalid(path, `Images of ${height}x${width} are out of range`);
  return { count, height, width, channels };
}
