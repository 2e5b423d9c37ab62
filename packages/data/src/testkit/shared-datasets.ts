import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Modality } from '@scion/schema';
import { buildTar } from './build-archive.ts';

/** A real data set that stands beside the repository on some machines, and what its README says of it. */
export type SharedDataset = {
  name: string;
  /** Paths below the folder of shared data. One is uploaded as it is; several are put into one tar. */
  files: readonly string[];
  /** Fields of the request beside the upload. */
  options: { maskClasses?: string[] };
  expect: {
    format: string;
    modality: Modality;
    /** Examples of each split. */
    splits: Readonly<Record<string, number>>;
    /** Number of classes, of pixels where there are masks. */
    classes: number;
    /** Issues that name a file. */
    issues?: readonly { code: string; path: string }[];
  };
};

const idxFiles = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'];

function idxSet(name: string, splits: Readonly<Record<string, number>>): SharedDataset {
  const files = idxFiles.map((file) => `${name}/${file}.gz`);
  return { name, files, options: {}, expect: { format: 'idx', modality: 'image', splits, classes: 10 } };
}

const imageFolder = { format: 'image-folder', modality: 'image' } as const;

/** Every data set of the shared folder's INDEX.md. */
export const sharedDatasets: readonly SharedDataset[] = [
  {
    name: 'cifar10',
    files: ['cifar10/cifar10-images.tar.gz'],
    options: {},
    expect: { ...imageFolder, splits: { train: 50_000, test: 10_000 }, classes: 10 },
  },
  {
    name: 'cifar10-subset',
    files: ['data_batch_1.bin', 'test_batch.bin', 'batches.meta.txt'].map((file) => `cifar10/subset/${file}`),
    options: {},
    expect: { format: 'cifar', modality: 'image', splits: { train: 5000, test: 1000 }, classes: 10 },
  },
  idxSet('fashion-mnist', { train: 60_000, test: 10_000 }),
  idxSet('mnist', { train: 60_000, test: 10_000 }),
  idxSet('usps', { train: 7291, test: 2007 }),
  {
    name: 'sklearn_digits',
    files: ['sklearn_digits/digits.npz'],
    options: {},
    expect: { format: 'npz', modality: 'image', splits: { train: 1797 }, classes: 10 },
  },
  {
    name: 'fsdd',
    files: ['fsdd/fsdd-recordings.tar.gz'],
    options: {},
    expect: { format: 'audio-folder', modality: 'audio', splits: { train: 3000 }, classes: 10 },
  },
  {
    name: 'banking77',
    files: ['banking77/train.csv', 'banking77/test.csv'],
    options: {},
    expect: { format: 'table', modality: 'text', splits: { train: 10_003, test: 3080 }, classes: 77 },
  },
  {
    name: 'omniglot-small1',
    files: ['omniglot/images_background_small1.zip'],
    options: {},
    expect: { ...imageFolder, splits: { train: 2720 }, classes: 5 },
  },
  {
    name: 'omniglot-small2',
    files: ['omniglot/images_background_small2.zip'],
    options: {},
    expect: { ...imageFolder, splits: { train: 3120 }, classes: 5 },
  },
  {
    name: 'camvid',
    files: ['camvid/camvid-small.tar'],
    options: {
      // The names in classes.txt beside the archive.
      maskClasses: 'sky building pole road pavement tree signsymbol fence car pedestrian bicyclist unlabelled'.split(' '),
    },
    expect: { format: 'mask-folder', modality: 'image', splits: { train: 60, val: 20, test: 30 }, classes: 11 },
  },
  {
    name: 'hymenoptera',
    files: ['hymenoptera/hymenoptera_data.zip'],
    options: {},
    expect: {
      ...imageFolder,
      splits: { train: 245, val: 153 },
      classes: 2,
      issues: [{ code: 'image-encoding-odd', path: 'hymenoptera_data/train/ants/imageNotFound.gif' }],
    },
  },
];

/** The folder of shared data beside the repository; null where there is none. */
export function findSharedData(): string | null {
  const folder = resolve(import.meta.dirname, '../../../../../shared/data');
  return existsSync(join(folder, 'INDEX.md')) ? folder : null;
}

/** The file to upload: a path where it stands as it is, else the bytes of a tar. */
export async function sharedUpload(
  { name, files }: SharedDataset,
  folder: string,
): Promise<{ fileName: string; path: string } | { fileName: string; bytes: Buffer }> {
  const [first] = files;
  if (files.length === 1 && first !== undefined) return { fileName: basename(first), path: join(folder, first) };
  const contents = await Promise.all(files.map(async (file) => [inArchive(file), await readFile(join(folder, file))] as const));
  return { fileName: `${name}.tar`, bytes: await buildTar(Object.fromEntries(contents)) };
}

function inArchive(file: string): string {
  return join(basename(dirname(file)), basename(file));
}
