import sharp from 'sharp';
import { maxPixels } from './decoder.ts';
import type { Size } from './pixels.ts';
import { pngValues } from './png-values.ts';

/** A value for each pixel of an image, row by row: uint8 [height, width]. */
export type Mask = Size & { data: Uint8Array };

/**
 * Decodes a PNG of values: grey ones as they are, of palettes the indices, not the colours. Rejects with an Error that says what is
 * wrong with the file.
 */
export async function decodeMask(bytes: Uint8Array): Promise<Mask> {
  const { data, info } = await sharp(pngValues(bytes), { failOn: 'error', limitInputPixels: maxPixels })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  const values = new Uint8Array(height * width);
  for (let pixel = 0, at = 0; pixel < values.length; pixel++, at += channels) {
    const value = data[at] ?? 0;
    for (let channel = 1; channel < channels; channel++) if (data[at + channel] !== value) throw new Error(inColours);
    values[pixel] = value;
  }
  return { height, width, data: values };
}

const inColours = 'it is a picture in colours: save it with one value for each pixel (grey, or with a palette)';

/** The mask as a grey PNG of 8 bits. */
export async function encodeMask({ height, width, data }: Mask): Promise<Uint8Array> {
  return await sharp(data, { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png({ palette: false })
    .toBuffer();
}

/** The mask in another size: each pixel takes the value of the nearest one. */
export function resizeMask(mask: Mask, { height, width }: Size): Mask {
  if (mask.height === height && mask.width === width) return mask;
  const data = new Uint8Array(height * width);
  const columns = Uint32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * mask.width) / width));
  for (let y = 0; y < height; y++) {
    const from = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++) data[y * width + x] = mask.data[from + (columns[x] ?? 0)] ?? 0;
  }
  return { height, width, data };
}
