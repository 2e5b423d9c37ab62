import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import type { RawExample } from '../formats/format.ts';
import { decodeFailure, decodePixels } from '../image/decoder.ts';
import { type ImageKind, imageKindOf } from '../image/image-kind.ts';
import { narrowIfGrey, type Pixels } from '../image/pixels.ts';

const maxEncodedBytes = 64 * 2 ** 20;

/** An example with its pixels, or with the reason why it cannot be used. `kind` is null for pixels that came unencoded. */
export type CheckedExample = { example: RawExample } & (
  | { pixels: Pixels; kind: ImageKind | null }
  | { fault: { code: string; message: string } }
);

/** Decodes an example's image, to know that training will be able to. */
export async function checkExample(archive: Archive, example: RawExample): Promise<CheckedExample> {
  if ('pixels' in example.image) return { example, pixels: example.image.pixels, kind: null };
  return { example, ...(await decodeEntry(archive, example.image.entry)) };
}

async function decodeEntry(archive: Archive, entry: ArchiveEntry) {
  if (entry.sizeBytes > maxEncodedBytes) {
    return { fault: { code: 'image-too-large', message: `An image file may have ${maxEncodedBytes} bytes at most` } };
  }
  const bytes = await archive.read(entry);
  const kind = imageKindOf(bytes);
  if (kind === null) return { fault: { code: 'not-an-image', message: 'This is not a JPEG, PNG, WebP or GIF image' } };
  try {
    return { pixels: narrowIfGrey(await decodePixels(bytes)), kind };
  } catch (error) {
    return { fault: { code: 'image-corrupt', message: `The image cannot be decoded: ${decodeFailure(error)}` } };
  }
}
