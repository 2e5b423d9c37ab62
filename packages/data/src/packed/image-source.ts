import { decodePixels, resizePixels } from '../image/decoder.ts';
import { type Channels, type Size, withChannels } from '../image/pixels.ts';
import type { CheckedFile } from './checked-file.ts';

/** Gives one image of a split at a wanted size, as uint8 [height, width, channel]. */
export type ImageSource = (index: number, size: Size) => Promise<Uint8Array>;

/** Images that stand decoded, all of `shape`, one after the other. */
export function rawImages(file: CheckedFile, shape: readonly [number, number, Channels]): ImageSource {
  const [height, width, channels] = shape;
  const imageBytes = height * width * channels;
  return async (index, size) => {
    const data = await file.slice(index * imageBytes, (index + 1) * imageBytes);
    return (await resizePixels({ height, width, channels, data }, size)).data;
  };
}

/** Images in their uploaded encoding; number `i` stands from `offsets[i]` up to `offsets[i + 1]`. */
export function encodedImages(file: CheckedFile, offsets: Float64Array, channels: Channels): ImageSource {
  return async (index, size) => {
    const bytes = await file.slice(offsets[index] ?? 0, offsets[index + 1] ?? 0);
    return withChannels(await decodePixels(bytes, size), channels).data;
  };
}
