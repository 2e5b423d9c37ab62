/** Grey images of one size with their digits: `pixels` is `[example, height, width]`, 0 is black. */
export type DigitSet = { size: number; pixels: Uint8Array; labels: Uint8Array };

export type DigitSplits = { train: DigitSet; test: DigitSet };

export function countDigits({ labels }: DigitSet): number {
  return labels.length;
}

/** The pixels of one image, `[height, width]`; a view, not a copy. */
export function imageAt({ size, pixels }: DigitSet, index: number): Uint8Array {
  return pixels.subarray(index * size * size, (index + 1) * size * size);
}

/** The examples `start` up to, and without, `end`. */
export function sliceDigits({ size, pixels, labels }: DigitSet, start: number, end: number): DigitSet {
  return { size, pixels: pixels.slice(start * size * size, end * size * size), labels: labels.slice(start, end) };
}

/** The middle of each image, without `margin` pixels on each side. */
export function cropDigits({ size, pixels, labels }: DigitSet, margin: number): DigitSet {
  const innerSize = size - 2 * margin;
  const inner = new Uint8Array(labels.length * innerSize * innerSize);
  for (let row = 0; row < labels.length * innerSize; row++) {
    const [index, y] = [Math.floor(row / innerSize), row % innerSize];
    const start = (index * size + margin + y) * size + margin;
    inner.set(pixels.subarray(start, start + innerSize), row * innerSize);
  }
  return { size: innerSize, pixels: inner, labels };
}

/** Brings square images to a smaller size. Each new pixel is the mean of the area that it covers. */
export function shrinkDigits({ size, pixels, labels }: DigitSet, smallSize: number): DigitSet {
  const weights = areaWeights(size, smallSize);
  const small = new Uint8Array(labels.length * smallSize * smallSize);
  labels.forEach((_, index) => {
    const image = pixels.subarray(index * size * size, (index + 1) * size * size);
    const target = small.subarray(index * smallSize * smallSize);
    weights.forEach((rows, y) => {
      weights.forEach((columns, x) => {
        let sum = 0;
        for (const [row, rowWeight] of rows) {
          for (const [column, columnWeight] of columns) sum += (image[row * size + column] ?? 0) * rowWeight * columnWeight;
        }
        target[y * smallSize + x] = Math.round(sum);
      });
    });
  });
  return { size: smallSize, pixels: small, labels };
}

/** For each new position along one axis, the old positions that it covers and how much of it each makes up. */
function areaWeights(size: number, smallSize: number): [position: number, weight: number][][] {
  const step = size / smallSize;
  return Array.from({ length: smallSize }, (_, index) => {
    const [start, end] = [index * step, (index + 1) * step];
    const weights: [number, number][] = [];
    for (let position = Math.floor(start); position < Math.min(size, Math.ceil(end)); position++) {
      weights.push([position, (Math.min(end, position + 1) - Math.max(start, position)) / step]);
    }
    return weights;
  });
}
