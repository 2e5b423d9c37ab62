import { ScionError } from '@scion/schema';

/** Runs `check`; where it throws a ScionError that names no field, the error is made to name `path`. */
export function atPath<Result>(path: string, check: () => Result): Result {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof ScionError) || cause.details.length > 0) throw cause;
    throw new ScionError(cause.code, `${path}: ${cause.message}`, { details: [{ path, message: cause.message }], cause });
  }
}
