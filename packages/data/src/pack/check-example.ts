import type { Archive } from '../archive/archive.ts';
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
  const { image } = example;
  if ('pixels' in image) return { example, pixels: image.pixels, kind: null };
  const sizeBytes = 'bytes' in image ? image.bytes.length : image.entry.sizeBytes;
  if (sizeBytes > maxEncodedBytes) {
    const message = `An image file may have ${maxEncodedBytes} bytes at most`;
    return { example, fault: { code: 'image-too-large', message } };
  }
  return { example, ...(await decode('bytes' in image ? image.bytes : await archive.read(image.entry))) };
}

async function decode(bytes: Uint8Array) {
  const kind = imageKindOf(bytes);
  if (kind === null) return { fault: { code: 'not-an-image', message: 'This is not a JPEG, PNG, WebP or GIF image' } };
  try {
    return { pixels: narrowIfGrey(await decodePixels(bytes)), kind };
  } catch (error) {
    return { fault: { code: 'image-corrupt', message: `The image cannot be decoded: ${decodeFailure(error)}` } };
  }
}

/** Gives an image that came as bytes a place in the archive, so that the packed form can copy it later. */
export async function keepEncoded(archive: Archive, example: RawExample): Promise<RawExample> {
  const { image, source } = example;
  return 'bytes' in image ? { ...example, image: { entry: await archive.add(source.path, image.bytes) } } : example;
}
