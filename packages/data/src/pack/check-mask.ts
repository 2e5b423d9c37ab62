import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import type { RawMask } from '../formats/format.ts';
import { decodeFailure } from '../image/decoder.ts';
import { drawRegions } from '../image/draw-regions.ts';
import { decodeMask, type Mask } from '../image/mask.ts';
import type { Size } from '../image/pixels.ts';
import type { Checked } from './pack-work.ts';

const maxEncodedBytes = 64 * 2 ** 20;

/** Decodes or draws the mask of an image, which must be of the image's size. */
export async function checkMask(archive: Archive, mask: RawMask, image: Size): Promise<Checked<Mask>> {
  const place = 'entry' in mask ? ` ${mask.entry.path}` : '';
  try {
    const stated = 'entry' in mask ? await readMask(archive, mask.entry) : mask;
    if (stated.height !== image.height || stated.width !== image.width) {
      const message = `The mask${place} is ${stated.width}×${stated.height}, but the image ${image.width}×${image.height}`;
      return { fault: { code: 'mask-size-differs', message } };
    }
    return { content: 'regions' in stated ? drawRegions(stated.regions, image) : stated };
  } catch (error) {
    return { fault: { code: 'mask-unreadable', message: `The mask${place} cannot be read: ${decodeFailure(error)}` } };
  }
}

async function readMask(archive: Archive, entry: ArchiveEntry): Promise<Mask> {
  if (entry.sizeBytes > maxEncodedBytes) throw new Error(`it has more than ${maxEncodedBytes} bytes`);
  return await decodeMask(await archive.read(entry));
}
