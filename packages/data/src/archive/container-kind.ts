import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ScionError } from '@scion/schema';
import { archiveDamaged } from './archive-member.ts';

export type ContainerKind = 'zip' | 'tar' | 'tar.gz' | 'folder' | 'file';

const tarBlockBytes = 512;

/**
 * Tells by its bytes, not by its name, what an upload is packed in; `file` for what is no archive. Throws `formatUnknown` for
 * archives that are not read.
 */
export async function detectContainer(path: string, fileName: string): Promise<ContainerKind> {
  if ((await stat(path)).isDirectory()) return 'folder';
  const head = await firstBytes(path);
  if (head.length === 0) throw new ScionError('dataInvalid', `${fileName} is empty`);
  if (startsWith(head, [0x50, 0x4b, 3, 4]) || startsWith(head, [0x50, 0x4b, 5, 6])) return 'zip';
  if (isTarHeader(head)) return 'tar';
  if (startsWith(head, [0x1f, 0x8b])) return isTarHeader(await firstUnzippedBytes(path)) ? 'tar.gz' : 'file';
  const refused = nameOf(head);
  if (refused === null) return 'file';
  throw new ScionError('formatUnknown', `${fileName} is ${refused}, which is not supported. Upload a zip, a tar or a tar.gz`);
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tarBlockBytes), 0, tarBlockBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function firstUnzippedBytes(path: string): Promise<Buffer> {
  const source = createReadStream(path);
  const gunzip = source.pipe(createGunzip());
  source.once('error', (error) => gunzip.destroy(error));
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= tarBlockBytes) break;
    }
  } catch (error) {
    throw archiveDamaged(error);
  } finally {
    source.destroy();
  }
  return Buffer.concat(chunks).subarray(0, tarBlockBytes);
}

/** A tar header carries the sum of its own bytes, with the sum's field taken as blanks. */
function isTarHeader(block: Buffer): boolean {
  if (block.length < tarBlockBytes) return false;
  const stated = Number.parseInt(block.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(), 8);
  let sum = 8 * 0x20;
  for (const [i, byte] of block.entries()) if (i < 148 || i >= 156) sum += byte;
  return sum === stated;
}

function nameOf(head: Buffer): string | null {
  const refused: [number[], string][] = [
    [[0x42, 0x5a, 0x68], 'compressed with bzip2'],
    [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed with xz'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd'],
    [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive'],
    [[0x52, 0x61, 0x72, 0x21], 'a rar archive'],
  ];
  return refused.find(([magic]) => startsWith(head, magic))?.[1] ?? null;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}
