import { ScionError } from '@scion/schema';

/**
 * One regular file of an archive while the archive is walked. Its chunks must be read before the next member is asked for.
 * `offset` is where they stand in the archive, if they stand there as they are.
 */
export type ArchiveMember = { name: string; chunks: AsyncIterable<Uint8Array>; offset?: number };

/** Raised for an archive that cannot be read to its end; `cause` is what the reader said. */
export function archiveDamaged(cause: unknown): ScionError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ScionError('dataInvalid', `The archive is damaged or incomplete: ${reason}`, { cause });
}
