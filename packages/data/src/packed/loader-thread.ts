/** Entry of a thread that reads and decodes images straight into the batches of a training run. */
import { workerData } from 'node:worker_threads';
import { forEachIndex } from '../concurrency.ts';
import { serveTasks } from '../threads/serve-tasks.ts';
import { boxAt } from './image-boxes.ts';
import { ImageCache } from './image-cache.ts';
import type { LoaderThreadData, LoadTask } from './loader-messages.ts';
import { isImageManifest, type OpenedImages, openImageSource } from './open-image-source.ts';
import { readManifest } from './read-manifest.ts';

/** Images that this thread decodes at once: while one is decoded, the next is read and prepared. */
const decodedAtOnce = 2;

const { dir, cacheBytes, states } = workerData as LoaderThreadData;
const cache = new ImageCache(cacheBytes);
const manifest = await readManifest(dir);
const splits = new Map<string, OpenedImages>();

serveTasks<LoadTask, null>(async ({ split, indices, places, out, outStart, size, boxes }) => {
  const { source, file } = imagesOf(split);
  const imageBytes = size.height * size.width * channelsOf();
  await forEachIndex(indices.length, decodedAtOnce, async (i) => {
    const image = new Uint8Array(out, outStart + (places[i] ?? 0) * imageBytes, imageBytes);
    await source(indices[i] ?? -1, { size, box: boxes ? boxAt(boxes, i) : undefined }, image);
  });
  file.close(); // A shard that is open would take room on the disk for as long, and a large data set has more than may be open
  return { answer: null };
});

function imagesOf(split: string): OpenedImages {
  const known = splits.get(split);
  if (known) return known;
  if (!isImageManifest(manifest)) throw new Error('The data set holds no images');
  const opened = openImageSource(manifest, { dir, split, states: states.get(split) ?? null, cache });
  splits.set(split, opened);
  return opened;
}

function channelsOf(): number {
  return isImageManifest(manifest) ? manifest.shape[2] : 0;
}
