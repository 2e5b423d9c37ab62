import sharp, { type Sharp } from 'sharp';
import type { Box, Pixels, Size } from './pixels.ts';
import { restrictDecoders } from './restrict-decoders.ts';
import { hasSrgbProfile } from './srgb-profile.ts';

// Images are decoded many at a time, so each gets one thread; and each is decoded once, so caching operations only costs memory.
sharp.concurrency(1);
sharp.cache(false);
restrictDecoders();

/** An image of more pixels is not decoded. */
export const maxPixels = 50_000_000;

/** Parts are resized as the augmentation of the same name does it, and as torchvision does: bilinear. */
const partKernel = 'linear';

/**
 * Decodes a JPEG, PNG, WebP or GIF (its first frame) to 3 channels of 8-bit sRGB: turned upright as EXIF says, transparency
 * laid over white, 16 bits reduced to 8. With `size`, the image is stretched to it (cubic; averaged over areas when shrinking).
 * Rejects with sharp's own error.
 */
export async function decodePixels(bytes: Uint8Array, size?: Size): Promise<Pixels> {
  return toPixels(stretch(openEncoded(bytes), size));
}

/**
 * Decodes as `decodePixels` does, but only what lies in `box` of an image whose upright size is `whole`, and resizes that (bilinear;
 * averaged over areas when shrinking). As far as the encoding allows, nothing else is decoded: of a JPEG no more rows than needed and, where the box is more than twice as large as `size`, only a smaller version. The box is
 * then moved by less than a pixel of the result.
 */
export async function decodePart(
  bytes: Uint8Array,
  { whole, box, size }: { whole: Size; box: Box; size: Size },
): Promise<Pixels> {
  if (Math.min(box.height / size.height, box.width / size.width) < 2)
    return toPixels(stretch(cutOut(openEncoded(bytes), box), size, partKernel));
  const smaller = {
    height: Math.max(size.height, Math.round((whole.height * size.height) / box.height)),
    width: Math.max(size.width, Math.round((whole.width * size.width) / box.width)),
  };
  const top = Math.round((box.top * smaller.height) / whole.height);
  const left = Math.round((box.left * smaller.width) / whole.width);
  const place = { top: Math.min(top, smaller.height - size.height), left: Math.min(left, smaller.width - size.width) };
  return toPixels(cutOut(stretch(openEncoded(bytes), smaller, partKernel), { ...size, ...place }));
}

/** Stretches decoded pixels to `size`, the way `decodePixels` does; or what lies in `box` of them, the way `decodePart` does. */
export async function resizePixels(image: Pixels, size: Size, box?: Box): Promise<Pixels> {
  if (!box && image.height === size.height && image.width === size.width) return image;
  const { data, width, height, channels } = image;
  const source = sharp(data, { raw: { width, height, channels } }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
  return toPixels(box ? stretch(cutOut(source, box), size, partKernel) : stretch(source, size));
}

/** What sharp said, in one line and without its own prefix. */
export function decodeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  return (lines[0] ?? 'it cannot be decoded').replace(/^Input buffer has corrupt header: /, '');
}

function openEncoded(bytes: Uint8Array): Sharp {
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: hasSrgbProfile(bytes) });
  return image.autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb');
}

function cutOut(image: Sharp, { top, left, height, width }: Box): Sharp {
  return image.extract({ top, left, height, width });
}

function stretch(image: Sharp, size: Size | undefined, kernel: 'cubic' | 'linear' = 'cubic'): Sharp {
  return size ? image.resize({ ...size, fit: 'fill', kernel }) : image;
}

async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  if (channels !== 1 && channels !== 3) throw new Error(`The decoder gave ${channels} channels`);
  return { height, width, channels, data };
}
