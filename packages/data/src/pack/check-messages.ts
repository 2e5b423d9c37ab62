import type { SpoolPlace } from '../archive/archive.ts';
import type { ImageKind } from '../image/image-kind.ts';
import type { Channels, Pixels } from '../image/pixels.ts';

/** An image to check: where its file stands, the bytes of one, or pixels. */
export type CheckItem = { place: SpoolPlace } | { bytes: Uint8Array } | { pixels: Pixels };

/** With `wantsPixels`, what is decoded comes back. */
export type CheckTask = { items: readonly CheckItem[]; wantsPixels: boolean };

/** Why an image cannot be used. */
export type CheckFault = { code: string; message: string };

/** What is known of an image that can be decoded, its pixels apart. `kind` is null for pixels that came unencoded. */
export type ImageFacts = { kind: ImageKind | null; height: number; width: number; channels: Channels };

/** What a thread found out about the items of a task, in their order; typed arrays, so that no image costs a message of its own. */
export type CheckAnswer = {
  facts: readonly (ImageFacts | CheckFault)[];
  /** uint32 [item, 4] */
  hashes: Uint32Array<ArrayBuffer>;
  /** uint8 [item, miniatureBytes] */
  miniatures: Uint8Array<ArrayBuffer>;
  /** Those that were wanted and are not left out, one after the other. */
  pixels: Uint8Array<ArrayBuffer>;
  /** Where the pixels of each item start; -1 where they are left out. */
  starts: Int32Array<ArrayBuffer>;
};
