import { decodePart, decodePixels, resizePixels } from '../image/decoder.ts';
import { type Box, type Channels, type Pixels, type Size, withChannels } from '../image/pixels.ts';
import type { ImageCache } from './image-cache.ts';
import type { ShardedFile } from './sharded-file.ts';

/** How an image is wanted: stretched to a size; where there is a `box`, only what lies in that. */
export type ImageTarget = { size: Size; box?: Box | undefined };

/** Puts one image of a split into `out`, uint8 [height, width, channel] of the wanted size. */
export type ImageSource = (index: number, target: ImageTarget, out: Uint8Array) => Promise<void>;

/** Up to this much for all pixels of a split, its images are decoded whole, so that they can be kept. */
const maxKeptBytes = 2 ** 30;

/** Images that stand decoded, all of `shape`, one after the other. */
export function rawImages(file: ShardedFile, [height, width, channels]: readonly [number, number, Channels]): ImageSource {
  const imageBytes = height * width * channels;
  return async (index, { size, box }, out) => {
    if (!box && size.height === height && size.width === width) {
      file.readInto(out, index * imageBytes);
      return;
    }
    const data = new Uint8Array(imageBytes);
    file.readInto(data, index * imageBytes);
    out.set((await resizePixels({ height, width, channels, data }, size, box)).data);
  };
}

export type EncodedParts = {
  /** Of the split; it tells apart what is kept. */
  name: string;
  file: ShardedFile;
  /** Image `i` stands from `offsets[i]` up to `offsets[i + 1]`. */
  offsets: Float64Array;
  /** int32 [image, 2]: height and width of the upright image. */
  sizes: Int32Array;
  channels: Channels;
  cache: ImageCache;
};

/**
 * Images in their uploaded encoding. Whether one is decoded whole and then cut, or only in part, is settled by the split alone: what
 * happens to be kept in memory must not show in the pixels.
 */
export function encodedImages({ name, file, offsets, sizes, channels, cache }: EncodedParts): ImageSource {
  const keepsWhole = pixelBytes(sizes, channels) <= maxKeptBytes;
  const read = (index: number) => {
    const start = offsets[index] ?? 0;
    const bytes = Buffer.allocUnsafe((offsets[index + 1] ?? start) - start);
    file.readInto(bytes, start);
    return bytes;
  };
  const keep = async (key: string, decode: () => Promise<Pixels>) => {
    const kept = cache.get(key);
    if (kept) return kept;
    const image = withChannels(await decode(), channels);
    cache.put(key, image);
    return image;
  };
  return async (index, { size, box }, out) => {
    if (!box) {
      const stretched = await keep(`${name}/${index}/${size.height}x${size.width}`, () => decodePixels(read(index), size));
      out.set(stretched.data);
    } else if (keepsWhole) {
      const whole = await keep(`${name}/${index}`, () => decodePixels(read(index)));
      out.set((await resizePixels(whole, size, box)).data);
    } else {
      const whole = { height: sizes[2 * index] ?? 0, width: sizes[2 * index + 1] ?? 0 };
      out.set(withChannels(await decodePart(read(index), { whole, box, size }), channels).data);
    }
  };
}

function pixelBytes(sizes: Int32Array, channels: Channels): number {
  let sum = 0;
  for (let i = 0; i < sizes.length; i += 2) sum += (sizes[i] ?? 0) * (sizes[i + 1] ?? 0) * channels;
  return sum;
}
