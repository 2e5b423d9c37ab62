import type { Archive } from '../archive/archive.ts';
import type { RawText } from '../formats/format.ts';
import { decodeUtf8 } from '../text/decode-utf8.ts';
import type { Checked } from './pack-work.ts';

const maxTextBytes = 16 * 2 ** 20;

/** Reads an example's text, which must be UTF-8 and hold more than white space. It is kept as it is, but for a byte order mark. */
export async function checkText(archive: Archive, { text }: RawText): Promise<Checked<string>> {
  const decoded = typeof text === 'string' ? text : await readText(archive, text);
  if (typeof decoded !== 'string') return decoded;
  if (decoded.trim() === '') return { fault: { code: 'text-empty', message: 'The text is empty' } };
  return { content: decoded };
}

async function readText(archive: Archive, entry: Exclude<RawText['text'], string>) {
  if (entry.sizeBytes > maxTextBytes) {
    return { fault: { code: 'text-too-long', message: `A text may have ${maxTextBytes} bytes at most` } };
  }
  const decoded = decodeUtf8(await archive.read(entry));
  return decoded ?? { fault: { code: 'text-not-utf8', message: 'The text is not valid UTF-8: save it as UTF-8' } };
}
