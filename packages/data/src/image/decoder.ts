import sharp, { type Sharp } from 'sharp';
import type { Pixels, Size } from './pixels.ts';

// Images are decoded many at a time, so each gets one thread; and each is decoded once, so caching operations only costs memory.
sharp.concurrency(1);
sharp.cache(false);
// Only these decoders ever see uploaded bytes. (libvips would also take SVG, PDF, TIFF and, through ImageMagick, much more.)
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer', 'VipsForeignLoadNsgifBuffer'],
});

const maxPixels = 50_000_000;

/**
 * Decodes a JPEG, PNG, WebP or GIF (its first frame) to 3 channels of 8-bit sRGB: turned upright as EXIF says, transparency
 * laid over white, 16 bits reduced to 8. With `size`, the image is stretched to it (cubic; averaged over areas when shrinking).
 * Rejects with sharp's own error.
 */
export async function decodePixels(bytes: Uint8Array, size?: Size): Promise<Pixels> {
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels }).autoOrient().flatten({ background: '#ffffff' });
  return toPixels(stretch(image.toColourspace('srgb'), size));
}

/** Stretches decoded pixels to `size`, the way `decodePixels` does. */
export async function resizePixels(image: Pixels, size: Size): Promise<Pixels> {
  if (image.height === size.height && image.width === size.width) return image;
  const { data, width, height, channels } = image;
  const source = sharp(data, { raw: { width, height, channels } });
  return toPixels(stretch(source.toColourspace(channels === 1 ? 'b-w' : 'srgb'), size));
}

/** What sharp said, in one line and without its own prefix. */
export function decodeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  return (lines[0] ?? 'it cannot be decoded').replace(/^Input buffer has corrupt header: /, '');
}

function stretch(image: Sharp, size: Size | undefined): Sharp {
  return size ? image.resize({ ...size, fit: 'fill', kernel: 'cubic' }) : image;
}

async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  if (channels !== 1 && channels !== 3) throw new Error(`The decoder gave ${channels} channels`);
  return { height, width, channels, data };
}
