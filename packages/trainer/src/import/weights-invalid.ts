import { ScionError } from '@scion/schema';

/** The error for a file that is not what it should be. `why` goes on from "The file …". */
export function weightsInvalid(why: string, cause?: unknown): ScionError {
  return new ScionError('weightsInvalid', `The file ${why}`, { cause });
}
