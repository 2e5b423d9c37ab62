import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../image/pixels.ts';

/** A colour image whose pixels all differ, so that a wrong order shows; `seed` makes images differ. */
export function gradient(height: number, width: number, seed = 0): Pixels {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 7 + seed * 31) % 256);
  return { height, width, channels: 3, data };
}

export function plain(height: number, width: number, colour: readonly [number, number, number]): Pixels {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => colour[i % 3] ?? 0);
  return { height, width, channels: 3, data };
}

export function greyGradient(height: number, width: number): Pixels {
  return { height, width, channels: 1, data: Uint8Array.from({ length: height * width }, (_, i) => (i * 11) % 256) };
}

/** Hands pixels to sharp, to be encoded in some way. */
export function encode({ data, height, width, channels }: Pixels): Sharp {
  const image = sharp(data, { raw: { height, width, channels } });
  return channels === 1 ? image.toColourspace('b-w') : image;
}

export function png(pixels: Pixels): Promise<Buffer> {
  return encode(pixels).png().toBuffer();
}

export function jpeg(pixels: Pixels): Promise<Buffer> {
  return encode(pixels).jpeg().toBuffer();
}
