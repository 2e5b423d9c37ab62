import type { Pixels } from '../image/pixels.ts';
import { ignoredPixel } from '../packed/mask-source.ts';
import type { PackedSplit } from '../packed/packed-split.ts';
import type { Shown } from './shown.ts';
import { readThumbnails, toDataUrl } from './thumbnails.ts';

/** How much of the colour of its class a pixel takes, in hundredths. */
const tint = 50;
/** Hues of this distance stay apart, however many there are. */
const goldenAngle = 137.508;

/** Images, made small; with the classes of pixels laid over them in colours, where there are masks. */
export async function showImages(split: PackedSplit, indices: readonly number[]): Promise<Shown[]> {
  const thumbnails = await readThumbnails(split, indices);
  const pictures = split.masks ? await layMasks(split.masks, indices, thumbnails) : thumbnails;
  return await Promise.all(pictures.map(async (picture) => ({ content: { thumbnail: await toDataUrl(picture) }, picture })));
}

async function layMasks(
  masks: NonNullable<PackedSplit['masks']>,
  indices: readonly number[],
  thumbnails: readonly Pixels[],
): Promise<Pixels[]> {
  const [size] = thumbnails;
  if (!size) return [];
  const pixels = size.height * size.width;
  const labels = new Uint8Array(indices.length * pixels);
  await masks.read(indices, labels, size);
  const colours = masks.classNames.map((_, label) => colourOf(label));
  return thumbnails.map((image, i) => tinted(image, labels.subarray(i * pixels, (i + 1) * pixels), colours));
}

function tinted({ height, width, channels, data }: Pixels, labels: Uint8Array, colours: readonly number[][]): Pixels {
  const mixed = new Uint8Array(height * width * 3);
  for (const [pixel, label] of labels.entries()) {
    const colour = label === ignoredPixel ? undefined : colours[label];
    for (let channel = 0; channel < 3; channel++) {
      const value = data[pixel * channels + (channels === 3 ? channel : 0)] ?? 0;
      mixed[3 * pixel + channel] = colour ? ((100 - tint) * value + tint * (colour[channel] ?? 0)) / 100 : value;
    }
  }
  return { height, width, channels: 3, data: mixed };
}

/** Red, green and blue of a saturated colour; the first class, which is often the background, is black. */
function colourOf(label: number): number[] {
  if (label === 0) return [0, 0, 0];
  const hue = (label * goldenAngle) % 360;
  return [0, 240, 120].map((turn) => 255 * Math.min(1, Math.max(0, Math.abs((((hue + turn) % 360) - 180) / 60) - 1)));
}
