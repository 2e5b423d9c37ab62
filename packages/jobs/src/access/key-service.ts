import {
  type ApiKey,
  type CreateApiKey,
  defaultProject,
  type ListApiKeys,
  type NewApiKey,
  newId,
  type Page,
  type RotateApiKey,
  ScionError,
} from '@scion/schema';
import { and, desc, eq, gt, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { advisoryLocks } from '../database/advisory-locks.ts';
import type { Database, Orm, Transaction } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { apiKeys } from '../database/tables.ts';
import { hashToken, isToken, makeToken, startOfToken } from './key-token.ts';

/** The keys that open the API. A key itself is in the answer that makes it and nowhere else: the database has its hash. */
export type KeyService = {
  create(request: CreateApiKey): Promise<NewApiKey>;
  /** Takes in an admin key that the operator has made, unless there is one that works. Returns whether it did. */
  adopt(token: string): Promise<boolean>;
  /** The key that this is the text of, noting its use; null where it is none, has expired or was revoked. */
  authenticate(token: string): Promise<ApiKey | null>;
  /** Newest first. */
  list(query: ListApiKeys): Promise<Page<ApiKey>>;
  /** From now on it opens nothing. Error `notFound` where there is no such key; one that was revoked before stays as it is. */
  revoke(id: string): Promise<void>;
  /** A new key for the same uses; the old one works on for a while. Errors: `notFound`; `conflict` for a key that works no more. */
  rotate(id: string, request: RotateApiKey): Promise<NewApiKey>;
};

type KeyRow = typeof apiKeys.$inferSelect;

const now = sql`clock_timestamp()`;
const works = and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)));

export function createKeyService({ database: { orm } }: { database: Database }): KeyService {
  return {
    create: ({ name, project, scopes, expiresInDays }) =>
      insertKey(orm, {
        name,
        project,
        scopes,
        token: makeToken(),
        expiresAt: expiresInDays === null ? null : sql`clock_timestamp() + ${expiresInDays} * interval '1 day'`,
      }),

    async adopt(token) {
      if (!isToken(token))
        throw new Error('SCION_ADMIN_KEY is no API key: scion_ and 36 letters or digits, the last 6 a checksum');
      return await orm.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.keys})`);
        if ((await tx.$count(apiKeys, and(works, sql`'admin' = any(${apiKeys.scopes})`))) > 0) return false;
        if ((await tx.$count(apiKeys, eq(apiKeys.hash, hashToken(token)))) > 0) return false; // Revoked: that holds
        const scopes = ['read', 'submit', 'admin'] as const;
        await insertKey(tx, { name: 'first admin key', project: defaultProject, scopes: [...scopes], token, expiresAt: null });
        return true;
      });
    },

    async authenticate(token) {
      if (!isToken(token)) return null;
      const [row] = await orm
        .select()
        .from(apiKeys)
        .where(and(eq(apiKeys.hash, hashToken(token)), works));
      if (!row) return null;
      const isStale = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, sql`clock_timestamp() - interval '1 minute'`));
      await orm
        .update(apiKeys)
        .set({ lastUsedAt: now })
        .where(and(eq(apiKeys.id, row.id), isStale));
      return toApiKey(row);
    },

    async list({ limit, after, project }) {
      const rows = await orm
        .select()
        .from(apiKeys)
        .where(
          and(
            after === undefined ? undefined : lt(apiKeys.id, after),
            project === undefined ? undefined : eq(apiKeys.project, project),
          ),
        )
        .orderBy(desc(apiKeys.id))
        .limit(limit + 1);
      return toPage(rows, { limit, toItem: toApiKey, cursorOf: ({ id }) => id });
    },

    async revoke(id) {
      const revoked = await orm
        .update(apiKeys)
        .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, clock_timestamp())` })
        .where(eq(apiKeys.id, id))
        .returning({ id: apiKeys.id });
      if (revoked.length === 0) throw noSuchKey(id);
    },

    rotate: (id, { graceMinutes }) =>
      orm.transaction(async (tx) => {
        const [old] = await tx.select().from(apiKeys).where(eq(apiKeys.id, id)).for('update');
        if (!old) throw noSuchKey(id);
        const ending = sql`least(${apiKeys.expiresAt}, clock_timestamp() + ${graceMinutes} * interval '1 minute')`;
        const [ended] = await tx
          .update(apiKeys)
          .set({ expiresAt: ending })
          .where(and(eq(apiKeys.id, id), works))
          .returning({ id: apiKeys.id });
        if (!ended) throw new ScionError('conflict', `The key ${id} has expired or was revoked: make a new one`);
        const { name, project, scopes, expiresAt } = old;
        return await insertKey(tx, { name, project, scopes, token: makeToken(), expiresAt });
      }),
  };
}

type NewKey = Pick<KeyRow, 'name' | 'project' | 'scopes'> & { token: string; expiresAt: Date | SQL | null };

async function insertKey(orm: Orm | Transaction, { token, ...key }: NewKey): Promise<NewApiKey> {
  const [row] = await orm
    .insert(apiKeys)
    .values({ ...key, id: newId('apiKey'), start: startOfToken(token), hash: hashToken(token) })
    .returning();
  if (!row) throw new ScionError('internal', 'The database returned no row for a new key');
  return { ...toApiKey(row), key: token };
}

function toApiKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    project: row.project,
    scopes: row.scopes,
    start: row.start,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}

function noSuchKey(id: string): ScionError {
  return new ScionError('notFound', `There is no key ${id}`);
}
