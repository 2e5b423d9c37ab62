import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { folderMembers } from './folder-members.ts';

/** SHA-256 in hex: of a file's bytes; of a folder, over one line `<SHA-256 of the content>  <path>` for each file, sorted. */
export async function sha256OfUpload(path: string): Promise<string> {
  const hash = createHash('sha256');
  if ((await stat(path)).isDirectory()) {
    for await (const { name, chunks } of folderMembers(path)) {
      const content = createHash('sha256');
      for await (const chunk of chunks) content.update(chunk);
      hash.update(`${content.digest('hex')}  ${name}\n`);
    }
  } else {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  }
  return hash.digest('hex');
}
