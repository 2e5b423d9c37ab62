import { ScionError } from './error-catalogue.ts';

/** An error about a part of a body as one about the body: `path` stands before each of its fields. Any other error stays as it is. */
export function nestedError(error: unknown, path: string): unknown {
  if (!(error instanceof ScionError)) return error;
  const details = error.details.map((detail) => ({
    path: detail.path === '' ? path : `${path}.${detail.path}`,
    message: detail.message,
  }));
  return new ScionError(error.code, `${path}: ${error.message}`, { details, cause: error });
}
