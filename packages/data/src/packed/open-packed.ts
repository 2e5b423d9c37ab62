import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetReport, ScionError } from '@scion/schema';
import { CheckedFile } from './checked-file.ts';
import { encodedImages, type ImageSource, rawImages } from './image-source.ts';
import { manifestFileName, type PackedFile, PackedManifest } from './packed-manifest.ts';
import type { PackedSplit } from './packed-split.ts';
import { SplitReader } from './split-reader.ts';

export type PackedDataset = {
  readonly report: DatasetReport;
  /** The coarse class of each class; empty where the format knows none. */
  readonly superclasses: Readonly<Record<string, string>>;
  /** Names of the splits. */
  readonly splits: readonly string[];
  /** Throws `specInvalid`, naming the splits there are. */
  split(name: string): PackedSplit;
  close(): Promise<void>;
};

/**
 * Opens what `packDataset` wrote to `dir`. Files of images up to `maxWholeBytes` (1 GiB if left out) are held in memory from their
 * first read on. Throws `dataInvalid` where it is incomplete or damaged.
 */
export async function openPacked(dir: string, { maxWholeBytes }: { maxWholeBytes?: number } = {}): Promise<PackedDataset> {
  const manifest = await readManifest(dir);
  const files: CheckedFile[] = [];
  const openFile = async (expected: PackedFile) => {
    const file = await CheckedFile.open(dir, expected, maxWholeBytes);
    files.push(file);
    return file;
  };
  const close = async () => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    const readers = new Map((await openSplits(manifest, openFile)).map((split) => [split.name, split]));
    return {
      report: manifest.report,
      superclasses: manifest.superclasses ?? {},
      splits: [...readers.keys()],
      split(name) {
        const reader = readers.get(name);
        if (reader) return reader;
        const known = [...readers.keys()].map((split) => JSON.stringify(split)).join(', ');
        throw new ScionError('specInvalid', `The data set has no split ${JSON.stringify(name)}. It has ${known}`);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSplits(
  manifest: PackedManifest,
  openFile: (expected: PackedFile) => Promise<CheckedFile>,
): Promise<PackedSplit[]> {
  const openSplit = async (split: PackedManifest['splits'][number], images: ImageSource) => {
    const labels = await (await openFile(split.labels)).readWhole();
    return new SplitReader({
      name: split.name,
      classNames: manifest.report.classNames,
      shape: manifest.shape,
      labels: new Int32Array(labels.buffer),
      images,
      isRaw: manifest.layout === 'raw',
      sources: await openFile(split.sources),
    });
  };
  const readers: PackedSplit[] = [];
  if (manifest.layout === 'raw') {
    for (const split of manifest.splits) {
      readers.push(await openSplit(split, rawImages(await openFile(split.images), manifest.shape)));
    }
  } else {
    for (const split of manifest.splits) {
      const offsets = await (await openFile(split.offsets)).readWhole();
      const images = encodedImages(await openFile(split.images), new Float64Array(offsets.buffer), manifest.shape[2]);
      readers.push(await openSplit(split, images));
    }
  }
  return readers;
}

async function readManifest(dir: string): Promise<PackedManifest> {
  try {
    return PackedManifest.parse(JSON.parse(await readFile(join(dir, manifestFileName), 'utf8')));
  } catch (cause) {
    throw new ScionError('dataInvalid', 'The packed form of the data set is missing or damaged. Add the data set again', {
      cause,
    });
  }
}
