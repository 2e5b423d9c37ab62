/** 1 for grey, 3 for red, green, blue. */
export type Channels = 1 | 3;

export type Size = { height: number; width: number };

/** A rectangle of an image, in whole pixels. */
export type Box = Size & { top: number; left: number };

/** One decoded image: `data` is uint8 [height, width, channel], row by row. */
export type Pixels = Size & { channels: Channels; data: Uint8Array };

/** Drops to one channel an image whose red, green and blue agree everywhere. */
export function narrowIfGrey(image: Pixels): Pixels {
  const { data } = image;
  if (image.channels === 1) return image;
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return image;
  return toGrey(image);
}

/** Luma by ITU-R BT.601 in integers, weights 77, 150 and 29 of 256, so that a grey pixel keeps its value exactly. */
function toGrey(image: Pixels): Pixels {
  const { data } = image;
  if (image.channels === 1) return image;
  const grey = new Uint8Array(data.length / 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3) {
    grey[i] = (77 * (data[j] ?? 0) + 150 * (data[j + 1] ?? 0) + 29 * (data[j + 2] ?? 0) + 128) >> 8;
  }
  return { ...image, channels: 1, data: grey };
}

/** Repeats each grey value for red, green and blue. */
export function repeatGrey(grey: Uint8Array): Uint8Array {
  const data = new Uint8Array(grey.length * 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3) data.fill(grey[i] ?? 0, j, j + 3);
  return data;
}

/** Brings an image to 1 or 3 channels. */
export function withChannels(image: Pixels, channels: Channels): Pixels {
  if (image.channels === channels) return image;
  return channels === 1 ? toGrey(image) : { ...image, channels, data: repeatGrey(image.data) };
}
