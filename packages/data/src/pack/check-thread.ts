/** Entry of a thread that decodes images while a data set is packed, and tells what the report needs to know of them. */
import { openSync, readSync } from 'node:fs';
import type { SpoolPlace } from '../archive/archive.ts';
import { forEachIndex } from '../concurrency.ts';
import { decodeFailure, decodePixels } from '../image/decoder.ts';
import { imageKindOf } from '../image/image-kind.ts';
import { narrowIfGrey, type Pixels } from '../image/pixels.ts';
import { decodeSmallJpeg } from '../image/small-jpeg.ts';
import { drawMiniature, hashPixels, miniatureBytes, wordsPerHash } from '../report/fingerprint.ts';
import { serveTasks } from '../threads/serve-tasks.ts';
import type { CheckAnswer, CheckFault, CheckItem, CheckTask, ImageFacts } from './check-messages.ts';

const maxEncodedBytes = 64 * 2 ** 20;

/** Images that this thread decodes at once: while one is decoded, the next is prepared. */
const decodedAtOnce = 2;

/** Pixels that one answer may hold, beside those of its first image. */
const maxAnswerBytes = 16 * 2 ** 20;

const spools = new Map<string, number>();

serveTasks<CheckTask, CheckAnswer>(async ({ items, wantsPixels }) => {
  const count = items.length;
  const facts: (ImageFacts | CheckFault)[] = new Array(count);
  const hashes = new Uint32Array(count * wordsPerHash);
  const miniatures = new Uint8Array(count * miniatureBytes);
  const kept: (Uint8Array | null)[] = new Array(count).fill(null);
  let keptBytes = 0;
  await forEachIndex(count, decodedAtOnce, async (index) => {
    const item = items[index];
    if (!item) return;
    const checked = await check(item);
    if ('code' in checked) {
      facts[index] = checked;
      return;
    }
    const { pixels, kind } = checked;
    const { height, width, channels, data } = pixels;
    facts[index] = { kind, height, width, channels };
    hashes.set(hashPixels(pixels), index * wordsPerHash);
    miniatures.set(drawMiniature(pixels), index * miniatureBytes);
    if (!wantsPixels || 'pixels' in item || (index > 0 && keptBytes + data.length > maxAnswerBytes)) return;
    kept[index] = data;
    keptBytes += data.length;
  });
  const { pixels, starts } = joinPixels(kept, keptBytes);
  const answer = { facts, hashes, miniatures, pixels, starts };
  return { answer, transfer: [hashes.buffer, miniatures.buffer, pixels.buffer, starts.buffer] };
});

async function check(item: CheckItem): Promise<{ pixels: Pixels; kind: ImageFacts['kind'] } | CheckFault> {
  if ('pixels' in item) return { pixels: item.pixels, kind: null };
  const sizeBytes = 'bytes' in item ? item.bytes.length : item.place.sizeBytes;
  if (sizeBytes > maxEncodedBytes) {
    return { code: 'image-too-large', message: `An image file may have ${maxEncodedBytes} bytes at most` };
  }
  return decode('bytes' in item ? item.bytes : readPlace(item.place));
}

async function decode(bytes: Uint8Array): Promise<{ pixels: Pixels; kind: ImageFacts['kind'] } | CheckFault> {
  const kind = imageKindOf(bytes);
  if (kind === null) return { code: 'not-an-image', message: 'This is not a JPEG, PNG, WebP or GIF image' };
  try {
    const small = kind === 'jpeg' ? decodeSmallJpeg(bytes) : null;
    return { pixels: narrowIfGrey(small ?? (await decodePixels(bytes))), kind };
  } catch (error) {
    return { code: 'image-corrupt', message: `The image cannot be decoded: ${decodeFailure(error)}` };
  }
}

/** Read at once, since the file was written a moment ago: its bytes are in memory still. */
function readPlace({ path, offset, sizeBytes }: SpoolPlace): Uint8Array {
  const spool = spools.get(path) ?? openSync(path, 'r');
  spools.set(path, spool);
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const bytesRead = readSync(spool, bytes, filled, sizeBytes - filled, offset + filled);
    if (bytesRead === 0) throw new Error('The spool file of the archive was cut short');
    filled += bytesRead;
  }
  return bytes;
}

function joinPixels(kept: readonly (Uint8Array | null)[], bytes: number): Pick<CheckAnswer, 'pixels' | 'starts'> {
  const pixels = new Uint8Array(bytes);
  let end = 0;
  const starts = Int32Array.from(kept, (data) => {
    if (!data) return -1;
    const start = end;
    pixels.set(data, start);
    end += data.length;
    return start;
  });
  return { pixels, starts };
}
