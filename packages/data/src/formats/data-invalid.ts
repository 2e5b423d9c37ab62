import { ScionError } from '@scion/schema';

/** The error for a file of the upload (null: the upload as a whole) that cannot be used as what it claims to be. */
export function dataInvalid(path: string | null, message: string): ScionError {
  if (path === null) return new ScionError('dataInvalid', message);
  return new ScionError('dataInvalid', `${path}: ${message}`, { details: [{ path, message }] });
}
