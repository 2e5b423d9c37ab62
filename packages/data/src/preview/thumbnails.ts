import sharp from 'sharp';
import type { Channels, Pixels, Size } from '../image/pixels.ts';
import type { PackedSplit } from '../packed/packed-split.ts';

/** Longest side of a thumbnail, in pixels. */
const longestSide = 96;
/** Up to this many pixels an image is kept exactly; a photo is small enough only as JPEG. */
const exactPixels = 64 * 64;

/** The size of a split's thumbnails: its images' own, made smaller where needed; a square where images differ in size. */
function thumbnailSize([height, width]: PackedSplit['shape']): Size {
  if (height === null || width === null) return { height: longestSide, width: longestSide };
  const scale = Math.min(1, longestSide / Math.max(height, width));
  return { height: Math.max(1, Math.round(height * scale)), width: Math.max(1, Math.round(width * scale)) };
}

/** Reads the examples of a split as thumbnails. */
export async function readThumbnails(split: PackedSplit, indices: readonly number[]): Promise<Pixels[]> {
  const size = thumbnailSize(split.shape);
  const channels: Channels = split.shape[2];
  const imageBytes = size.height * size.width * channels;
  const all = new Uint8Array(indices.length * imageBytes);
  await split.read(indices, all, size);
  return indices.map((_, i) => ({ ...size, channels, data: all.subarray(i * imageBytes, (i + 1) * imageBytes) }));
}

export async function toDataUrl({ data, height, width, channels }: Pixels): Promise<string> {
  const image = sharp(data, { raw: { height, width, channels } }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
  if (height * width <= exactPixels) return `data:image/png;base64,${(await image.png().toBuffer()).toString('base64')}`;
  return `data:image/jpeg;base64,${(await image.jpeg({ quality: 80 }).toBuffer()).toString('base64')}`;
}
