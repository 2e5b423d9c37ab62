import type { OperationName } from './operations.ts';

/** One image in [0, 1]: values[row][column][channel]. */
export type Picture = number[][][];

const clip = (value: number) => Math.min(1, Math.max(0, value));

/** An operation of one image, pixel by pixel; `amount` in [0, 1] is how strong, `sign` 1 or -1. */
type SlowOperation = (picture: Picture, amount: number, sign: number) => Picture;

/** The operations as torchvision states them for bytes. */
export const slowOperations: Record<OperationName, SlowOperation> = {
  identity: (picture) => picture,
  'shear-x': (picture, amount, sign) => moved(picture, (x, y) => [x + sign * 0.3 * amount * (y + 0.5), y]),
  'shear-y': (picture, amount, sign) => moved(picture, (x, y) => [x, y + sign * 0.3 * amount * (x + 0.5)]),
  'translate-x': (picture, amount, sign) =>
    moved(picture, (x, y) => [x + sign * Math.trunc((150 / 331) * (picture[0]?.length ?? 0) * amount), y]),
  'translate-y': (picture, amount, sign) =>
    moved(picture, (x, y) => [x, y + sign * Math.trunc((150 / 331) * picture.length * amount)]),
  rotate(picture, amount, sign) {
    const angle = (sign * amount * 30 * Math.PI) / 180;
    const [middleX, middleY] = [((picture[0]?.length ?? 0) - 1) / 2, (picture.length - 1) / 2];
    return moved(picture, (x, y) => [
      Math.cos(angle) * (x - middleX) + Math.sin(angle) * (y - middleY) + middleX,
      -Math.sin(angle) * (x - middleX) + Math.cos(angle) * (y - middleY) + middleY,
    ]);
  },
  brightness: (picture, amount, sign) => blended(picture, () => 0, 1 - sign * 0.9 * amount),
  color: (picture, amount, sign) => blended(picture, (pixel) => grayOf(pixel), 1 - sign * 0.9 * amount),
  contrast(picture, amount, sign) {
    const grays = picture.flat().map(grayOf);
    const mean = grays.reduce((sum, gray) => sum + gray, 0) / grays.length;
    return blended(picture, () => mean, 1 - sign * 0.9 * amount);
  },
  sharpness(picture, amount, sign) {
    const factor = 1 - sign * 0.9 * amount;
    const [lastRow, lastColumn] = [picture.length - 1, (picture[0]?.length ?? 0) - 1];
    return mapped(picture, (value, [row, column, channel]) => {
      if (row === 0 || column === 0 || row === lastRow || column === lastColumn) return value;
      let sum = 4 * value;
      for (const down of [-1, 0, 1]) {
        for (const right of [-1, 0, 1]) sum += picture[row + down]?.[column + right]?.[channel] ?? 0;
      }
      return clip(factor * value + ((1 - factor) * sum) / 13);
    });
  },
  posterize(picture, amount) {
    const mask = 0xff << Math.round(4 * amount);
    return mapped(picture, (value) => (levelOf(value) & mask) / 255);
  },
  solarize: (picture, amount) =>
    mapped(picture, (value) => (levelOf(value) >= 255 * (1 - amount) ? 255 - levelOf(value) : levelOf(value)) / 255),
  autocontrast: (picture) =>
    byChannel(picture, (levels) => {
      const [low, high] = [Math.min(...levels), Math.max(...levels)];
      return (level) => (high > low ? (level - low) / (high - low) : level / 255);
    }),
  equalize: (picture) => byChannel(picture, (levels) => equalizer(levels)),
};

function equalizer(levels: readonly number[]): (level: number) => number {
  const counts = Array.from({ length: 256 }, (_, level) => levels.filter((other) => other === level).length);
  const occurring = counts.filter((count) => count > 0);
  const step = Math.floor(occurring.slice(0, -1).reduce((sum, count) => sum + count, 0) / 255);
  if (step === 0) return (level) => level / 255;
  const table = [0];
  let sum = 0;
  for (const count of counts.slice(0, -1)) {
    sum += count;
    table.push(Math.min(255, Math.floor((sum + Math.floor(step / 2)) / step)));
  }
  return (level) => (table[level] ?? 0) / 255;
}

const grayOf = ([red = 0, green = red, blue = red]: number[]) => 0.299 * red + 0.587 * green + 0.114 * blue;

/** The level of a byte, in single precision and halves to the even neighbour, as a tensor would have it. */
function levelOf(value: number): number {
  const level = Math.fround(Math.fround(value) * 255);
  const below = Math.floor(level);
  if (level - below === 0.5) return below + (below % 2);
  return Math.round(level);
}

function mapped(picture: Picture, rule: (value: number, place: [number, number, number]) => number): Picture {
  return picture.map((line, row) =>
    line.map((pixel, column) => pixel.map((value, channel) => rule(value, [row, column, channel]))),
  );
}

function blended(picture: Picture, otherOf: (pixel: number[]) => number, factor: number): Picture {
  return picture.map((line) => line.map((pixel) => pixel.map((value) => clip(factor * value + (1 - factor) * otherOf(pixel)))));
}

/** Takes each channel's levels through a rule made of all levels of the channel. */
function byChannel(picture: Picture, ruleOf: (levels: number[]) => (level: number) => number): Picture {
  const channels = picture[0]?.[0]?.length ?? 0;
  const rules = Array.from({ length: channels }, (_, channel) =>
    ruleOf(picture.flat().map((pixel) => levelOf(pixel[channel] ?? 0))),
  );
  return mapped(picture, (value, [, , channel]) => rules[channel]?.(levelOf(value)) ?? 0);
}

/** Looks each pixel up at a place of the picture, between the four around it; outside all is 0. */
function moved(picture: Picture, placeOf: (x: number, y: number) => [number, number]): Picture {
  return mapped(picture, (_, [row, column, channel]) => {
    const [x, y] = placeOf(column, row);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const at = (down: number, right: number) => picture[top + down]?.[left + right]?.[channel] ?? 0;
    const upper = at(0, 0) + (at(0, 1) - at(0, 0)) * (x - left);
    const lower = at(1, 0) + (at(1, 1) - at(1, 0)) * (x - left);
    return upper + (lower - upper) * (y - top);
  });
}
