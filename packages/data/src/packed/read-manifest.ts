import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ScionError } from '@scion/schema';
import { manifestFileName, PackedManifest } from './packed-manifest.ts';

/** The manifest of the packed form in `dir`. Throws `dataInvalid` where it is missing or damaged. */
export async function readManifest(dir: string): Promise<PackedManifest> {
  try {
    return PackedManifest.parse(JSON.parse(await readFile(join(dir, manifestFileName), 'utf8')));
  } catch (cause) {
    throw new ScionError('dataInvalid', 'The packed form of the data set is missing or damaged. Add the data set again', {
      cause,
    });
  }
}
