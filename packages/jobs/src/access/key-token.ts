import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const prefix = 'scion_';
const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 30; // About 178 bits
const checksumLength = 6;
const form = new RegExp(`^${prefix}[0-9A-Za-z]{${randomLength + checksumLength}}$`);
const shownLength = prefix.length + 4;

/** A new API key: `scion_`, 30 random letters, and a checksum in 6, by which a mistyped or cut one is told without a look-up. */
export function makeToken(): string {
  let random = '';
  for (let i = 0; i < randomLength; i++) random += letters.charAt(randomInt(letters.length));
  return prefix + random + checksum(random);
}

/** Whether the text can be a key at all. */
export function isToken(text: string): boolean {
  if (!form.test(text)) return false;
  const random = text.slice(prefix.length, -checksumLength);
  return checksum(random) === text.slice(-checksumLength);
}

/** What is kept of a key. It has enough random bits that a plain hash is not to be turned back. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What is shown of a key, to know it again by. */
export function startOfToken(token: string): string {
  return token.slice(0, shownLength);
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < checksumLength; i++) {
    digits = letters.charAt(rest % letters.length) + digits;
    rest = Math.floor(rest / letters.length);
  }
  return digits;
}
