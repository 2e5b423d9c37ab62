import { type ErrorDetail, ScionError } from '@scion/schema';

/** A job that cannot run, for what is wrong with each of these settings: `specInvalid`, with all paths and messages in its text too. */
export function invalidSettings(...details: ErrorDetail[]): ScionError {
  return new ScionError('specInvalid', details.map(({ path, message }) => `${path}: ${message}`).join('; '), { details });
}
