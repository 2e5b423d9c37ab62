import { ImageCache } from './image-cache.ts';
import { ImageLoader } from './image-loader.ts';
import { openMasks } from './mask-source.ts';
import { type ImageManifest, isImageManifest, openImageSource } from './open-image-source.ts';
import { type OpenFile, openSplits } from './open-splits.ts';
import type { PackedOf, PackedSplit } from './packed-split.ts';
import { readManifest } from './read-manifest.ts';
import { createShardStates } from './sharded-file.ts';
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

/** Opens the packed images in `dir`. Throws `specInvalid` where it holds no images, `dataInvalid` where it is incomplete or damaged. */
export async function openPacked(dir: string, { memoryBytes = 2 ** 30 }: OpenPackedOptions = {}): Promise<PackedDataset> {
  const manifest = await readManifest(dir);
  if (!isImageManifest(manifest)) throw wrongModality(manifest.report.modality, 'image');
  const images = openImages(manifest, { dir, memoryBytes });
  try {
    const dataset = await openSplits(manifest, { dir, open: images.openSplits });
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

function openImages(manifest: ImageManifest, { dir, memoryBytes }: { dir: string; memoryBytes: number }) {
  const { classNames } = manifest.report;
  const states = new Map(manifest.splits.map(({ name, images }) => [name, createShardStates(images.length)] as const));
  const storedBytes = manifest.splits.flatMap(({ images }) => images).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const keepsRaw = manifest.layout === 'raw' && storedBytes <= memoryBytes;
  const opened: ReturnType<typeof openImageSource>[] = [];
  let loader: ImageLoader | null = null;
  const loaderOf = () => {
    loader ??= new ImageLoader({ dir, cacheBytes: keepsRaw ? 0 : memoryBytes, states });
    return loader;
  };
  return {
    async openSplits(openFile: OpenFile): Promise<PackedSplit[]> {
      const readers: PackedSplit[] = [];
      for (const split of manifest.splits) {
        const facts = await openSplitFacts(split, { classNames, openFile });
        const images = openImageSource(manifest, {
          dir,
          split: split.name,
          states: memoryBytes > 0 ? (states.get(split.name) ?? null) : null,
          cache: new ImageCache(0),
        });
        opened.push(images);
        const masks = split.masks ? await openMasks(split.masks, { report: manifest.report, openFile }) : null;
        readers.push(new SplitReader({ facts, shape: manifest.shape, images, masks, keepsRaw, loader: loaderOf }));
      }
      return readers;
    },
    async close(): Promise<void> {
      await loader?.close();
      for (const { file } of opened) file.close();
    },
  };
}
