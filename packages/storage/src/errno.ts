import { ScionError } from '@scion/schema';

/** The code of an error of the operating system, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

export function nullWhenAbsent(error: unknown): null {
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  throw error;
}

/** A full disk in the words of the catalogue; other errors stay as they are. */
export function asDiskError(error: unknown): unknown {
  const code = errnoOf(error);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new ScionError(
    'insufficientStorage',
    'The disk of the artifact store is full: free some space or move it to a larger one',
    {
      cause: error,
    },
  );
}
