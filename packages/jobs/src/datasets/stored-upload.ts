import { artifactKeys } from '@scion/schema';
import { and, asc, eq, ne, or, sql } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { datasets } from '../database/tables.ts';
import type { DatasetRow } from './dataset-record.ts';

/** Where the upload of a data set stands: in its own folder, or in that of the one which brought the same bytes first. */
export function uploadKeyOf({ id, uploadOf }: Pick<DatasetRow, 'id' | 'uploadOf'>): string {
  return artifactKeys.datasetUpload(uploadOf ?? id);
}

/**
 * The data set whose stored upload has these bytes, or null where there is none yet. Until the transaction ends, nobody else
 * can add or delete a data set with these bytes.
 */
export async function findUploadOwner(tx: Transaction, sha256: string, ownId: string): Promise<string | null> {
  await lockBytes(tx, sha256);
  const [twin] = await tx
    .select({ id: datasets.id, uploadOf: datasets.uploadOf })
    .from(datasets)
    .where(and(eq(datasets.sha256, sha256), ne(datasets.id, ownId)))
    .orderBy(asc(datasets.id))
    .limit(1);
  return twin ? (twin.uploadOf ?? twin.id) : null;
}

/** The key of the deleted data set's upload, if no other data set shares it; null if one does. */
export async function uploadWithoutUser(tx: Transaction, deleted: DatasetRow): Promise<string | null> {
  const owner = deleted.uploadOf ?? deleted.id;
  const [user] = await tx
    .select({ id: datasets.id })
    .from(datasets)
    .where(and(ne(datasets.id, deleted.id), or(eq(datasets.uploadOf, owner), eq(datasets.id, owner))))
    .limit(1);
  return user ? null : uploadKeyOf(deleted);
}

/** Lets one transaction at a time decide about an upload with these bytes. */
export async function lockBytes(tx: Transaction, sha256: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${sha256}, 0))`);
}
