import { z } from 'zod';
import type { CheckedImage } from './image-checker.ts';
import type { Checked } from './pack-work.ts';

const Line = z.union([
  z.strictObject({ code: z.string(), message: z.string() }),
  z.strictObject({
    kind: z.enum(['jpeg', 'png', 'webp', 'gif']).nullable(),
    height: z.int(),
    width: z.int(),
    channels: z.literal([1, 3]),
    hash: z.string(),
    miniature: z.string(),
  }),
]);

/** What was found out about an image, as a line of text; its pixels are not part of it. */
export function lineOf(checked: Checked<CheckedImage>): Uint8Array {
  return Buffer.from(`${JSON.stringify('fault' in checked ? checked.fault : withoutPixels(checked.content))}\n`);
}

/** What `lineOf` wrote, of an image that is packed already. */
export function parseLine(line: string): Checked<CheckedImage> {
  const parsed = Line.parse(JSON.parse(line));
  if ('code' in parsed) return { fault: parsed };
  const hash = Uint8Array.from(Buffer.from(parsed.hash, 'base64'));
  const miniature = Uint8Array.from(Buffer.from(parsed.miniature, 'base64'));
  return { content: { ...parsed, hash: new Uint32Array(hash.buffer), miniature, data: null, isPacked: true } };
}

function withoutPixels({ kind, height, width, channels, hash, miniature }: CheckedImage): z.infer<typeof Line> {
  const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint32Array) =>
    Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return { kind, height, width, channels, hash: base64(hash), miniature: base64(miniature) };
}
