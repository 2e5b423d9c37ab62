import { ScionError } from '@scion/schema';
import type { PackedFile } from './packed-manifest.ts';

export function damagedFile({ name }: PackedFile, reason: string, cause?: unknown): ScionError {
  return new ScionError('dataInvalid', `The packed file ${name} is damaged: ${reason}. Add the data set again`, { cause });
}
