import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageCache } from './image-cache.ts';
import { ImageLoader } from './image-loader.ts';
import { openMasks } from './mask-source.ts';
import { type ImageManifest, isImageManifest, openImageSource } from './open-image-source.ts';
import { type OpenFile, openSplits } from './open-splits.ts';
import { filesOfFolder, type PackedFiles } from './packed-files.ts';
import { manifestFileName } from './packed-manifest.ts';
import type { PackedOf, PackedSplit } from './packed-split.ts';
import { readManifest } from './read-manifest.ts';
import { ShardKeeper } from './shard-keeper.ts';
import { createShardStates, forgetShardState } from './sharded-file.ts';
import { openSplitFacts } from './split-facts.ts';
import { SplitReader } from './split-reader.ts';
import { wrongModality } from './wrong-modality.ts';

export type PackedDataset = PackedOf<PackedSplit>;

export type OpenPackedOptions = {
  /**
   * For images that are held in memory: all of them from the first read on where they stand decoded and fit, else those that are
   * decoded first. 0: none. Left out: 1 GiB.
   */
  memoryBytes?: number;
};

/**
 * Opens the packed images in a folder. Where files come from afar, those that hold the images are fetched when they are read. Throws `specInvalid` where it holds no images, `dataInvalid` where it is incomplete
 * or damaged.
 */
export async function openPacked(
  from: string | PackedFiles,
  { memoryBytes = 2 ** 30 }: OpenPackedOptions = {},
): Promise<PackedDataset> {
  const files = typeof from === 'string' ? filesOfFolder(from) : from;
  await files.fetch(manifestFileName);
  const manifest = await readManifest(files.path);
  if (!isImageManifest(manifest)) throw wrongModality(manifest.report.modality, 'image');
  const images = openImages(manifest, { files, memoryBytes });
  images.keeper?.reserve({ sizeBytes: (await stat(join(files.path, manifestFileName))).size });
  try {
    const dataset = await openSplits(manifest, { files, open: images.openSplits });
    return {
      ...dataset,
      async close() {
        await images.close();
        await dataset.close();
      },
    };
  } catch (error) {
    await images.close();
    throw error;
  }
}

function openImages(manifest: ImageManifest, { files, memoryBytes }: { files: PackedFiles; memoryBytes: number }) {
  const { classNames } = manifest.report;
  const dir = files.path;
  const states = new Map(manifest.splits.map(({ name, images }) => [name, createShardStates(images.length)] as const));
  const storedBytes = manifest.splits.flatMap(({ images }) => images).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const keepsRaw = manifest.layout === 'raw' && storedBytes <= memoryBytes;
  const keeper = createKeeper(manifest, files, states);
  let loader: ImageLoader | null = null;
  const loaderOf = () => {
    loader ??= new ImageLoader({ dir, cacheBytes: keepsRaw ? 0 : memoryBytes, states });
    return loader;
  };
  return {
    keeper,
    async openSplits(openInFolder: OpenFile): Promise<PackedSplit[]> {
      const openFile: OpenFile = (file) => {
        keeper?.reserve(file);
        return openInFolder(file);
      };
      const readers: PackedSplit[] = [];
      for (const split of manifest.splits) {
        const facts = await openSplitFacts(split, { classNames, openFile });
        for (const file of 'offsets' in split ? [split.offsets, split.sizes] : []) {
          keeper?.reserve(file);
          await files.fetch(file.name);
        }
        const images = openImageSource(manifest, {
          dir,
          split: split.name,
          states: memoryBytes > 0 ? (states.get(split.name) ?? null) : null,
          cache: new ImageCache(0),
        });
        if (!keeper) images.file.checkSizes();
        const masks = split.masks ? await openMasks(split.masks, { report: manifest.report, openFile }) : null;
        readers.push(new SplitReader({ facts, shape: manifest.shape, images, masks, keepsRaw, keeper, loader: loaderOf }));
      }
      return readers;
    },
    async close(): Promise<void> {
      await keeper?.close();
      await loader?.close();
    },
  };
}

type ShardStates = ReadonlyMap<string, Int32Array>;

function createKeeper({ splits }: ImageManifest, files: PackedFiles, states: ShardStates): ShardKeeper | null {
  const { keepBytes } = files;
  if (keepBytes === null) return null;
  const places = splits.flatMap(({ name: split, images }) =>
    images.map(({ name }, number) => [name, { split, number }] as const),
  );
  const placeOf = new Map(places);
  const onDropped = (name: string) => {
    const { split = '', number = 0 } = placeOf.get(name) ?? {};
    const state = states.get(split);
    if (state) forgetShardState(state, number);
  };
  return new ShardKeeper({ files, keepBytes, onDropped });
}
