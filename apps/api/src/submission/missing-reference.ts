import { ScionError } from '@scion/schema';

/** Turns "not found" for a record that a field of the body names into an error about that field: the route itself was found. */
export function missingReference(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ScionError) || error.code !== 'notFound') throw error;
    throw new ScionError('validationFailed', `${path}: ${error.message}`, {
      details: [{ path, message: error.message }],
      cause: error,
    });
  };
}
