import type { ImageCache } from './image-cache.ts';
import { encodedImages, type ImageSource, rawImages } from './image-source.ts';
import type { PackedFile, PackedManifest } from './packed-manifest.ts';
import { createShardStates, ShardedFile } from './sharded-file.ts';

export type ImageManifest = Extract<PackedManifest, { layout: 'raw' | 'encoded' }>;

export function isImageManifest(manifest: PackedManifest): manifest is ImageManifest {
  return manifest.layout === 'raw' || manifest.layout === 'encoded';
}

/** A split's images as they stand in their files, and how to get one of them. */
export type OpenedImages = {
  source: ImageSource;
  file: ShardedFile;
  /** Number of the shard that holds an image. */
  shardOf: (index: number) => number;
  sizes: Int32Array | null;
};

/** Opens a split's images, whose shards may come later. `states` tells which are checked already; null: they are not checked. */
export function openImageSource(
  manifest: ImageManifest,
  { dir, split, states, cache }: { dir: string; split: string; states: Int32Array | null; cache: ImageCache },
): OpenedImages {
  if (manifest.layout === 'raw') {
    const { images } = named(manifest.splits, split);
    const file = new ShardedFile(dir, images, states);
    const [height, width, channels] = manifest.shape;
    const shardOf = (index: number) => file.shardAt(index * height * width * channels);
    return { file, source: rawImages(file, manifest.shape), shardOf, sizes: null };
  }
  const { name, images, offsets, sizes } = named(manifest.splits, split);
  const places = new Float64Array(readNumbers(dir, offsets));
  const ownSizes = new Int32Array(readNumbers(dir, sizes));
  const file = new ShardedFile(dir, images, states);
  const parts = { name, file, offsets: places, sizes: ownSizes, channels: manifest.shape[2], cache };
  const shardOf = (index: number) => file.shardAt(places[index] ?? 0);
  return { file, source: encodedImages(parts), shardOf, sizes: ownSizes };
}

function named<Split extends { name: string }>(splits: readonly Split[], name: string): Split {
  const split = splits.find((candidate) => candidate.name === name);
  if (!split) throw new Error(`The manifest has no split ${JSON.stringify(name)}`);
  return split;
}

function readNumbers(dir: string, packed: PackedFile): SharedArrayBuffer {
  const file = new ShardedFile(dir, [packed], createShardStates(1));
  try {
    return file.readWhole().buffer;
  } finally {
    file.close();
  }
}
