/** Entry of a thread that reads and decodes images straight into the batches of a training run. */
import { workerData } from 'node:worker_threads';
import { forEachIndex } from '../concurrency.ts';
import { serveTasks } from '../threads/serve-tasks.ts';
import { boxAt } from './image-boxes.ts';
import { ImageCache } from './image-cache.ts';
import type { ImageSource } from './image-source.ts';
import type { LoaderThreadData, LoadTask } from './loader-messages.ts';
import { isImageManifest, openImageSource } from './open-image-source.ts';
import { readManifest } from './read-manifest.ts';

/** Images that this thread decodes at once: while one is decoded, the next is read and prepared. */
const decodedAtOnce = 2;

const { dir, cacheBytes, states } = workerData as LoaderThreadData;
const cache = new ImageCache(cacheBytes);
const manifest = await readManifest(dir);
const sources = new Map<string, ImageSource>();

serveTasks<LoadTask, null>(async ({ split, indices, places, out, outStart, size, boxes }) => {
  const source = sourceOf(split);
  const imageBytes = size.height * size.width * channelsOf();
  await forEachIndex(indices.length, decodedAtOnce, async (i) => {
    const image = new Uint8Array(out, outStart + (places[i] ?? 0) * imageBytes, imageBytes);
    await source(indices[i] ?? -1, { size, box: boxes ? boxAt(boxes, i) : undefined }, image);
  });
  return { answer: null };
});

function sourceOf(split: string): ImageSource {
  const known = sources.get(split);
  if (known) return known;
  if (!isImageManifest(manifest)) throw new Error('The data set holds no images');
  const { source } = openImageSource(manifest, { dir, split, states: states.get(split) ?? null, cache });
  sources.set(split, source);
  return source;
}

function channelsOf(): number {
  return isImageManifest(manifest) ? manifest.shape[2] : 0;
}
