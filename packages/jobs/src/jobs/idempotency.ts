import { ScionError } from '@scion/schema';
import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { idempotencyKeys } from '../database/tables.ts';

/** The client's Idempotency-Key, and a hash of the body that it came with. */
export type Idempotency = { key: string; bodyHash: string };

/**
 * Takes a key for a record. Null when the key is new in its scope; else the id of the record that it was taken for before. A
 * request that is still running with the key is waited for. Error `idempotencyKeyReused` where it came with another body.
 */
export async function claimKey(
  tx: Transaction,
  { scope, recordId, key, bodyHash }: Idempotency & { scope: string; recordId: string },
): Promise<string | null> {
  const inserted = await tx
    .insert(idempotencyKeys)
    .values({ scope, key, bodyHash, recordId })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  return inserted.length > 0 ? null : findKey(tx, { scope, key, bodyHash });
}

/** The id of the record that a key was taken for; null where it was not. Error `idempotencyKeyReused` where it came with another body. */
export async function findKey(
  tx: Transaction,
  { scope, key, bodyHash }: Idempotency & { scope: string },
): Promise<string | null> {
  const [earlier] = await tx
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key)));
  if (earlier && earlier.bodyHash !== bodyHash) {
    throw new ScionError('idempotencyKeyReused', `The Idempotency-Key ${key} came before with another body: use a new key`);
  }
  return earlier?.recordId ?? null;
}
