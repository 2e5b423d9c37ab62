import type { AuditEntry, ListAudit, Page } from '@scion/schema';
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Database } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { auditLog } from '../database/tables.ts';

/** Who asked for what: written before the request is acted on, so that nothing is changed without a line. */
export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at' | 'status'>;

export type AuditService = {
  /** Returns the entry's number, for `end`. */
  begin(entry: NewAuditEntry): Promise<number>;
  /** Notes the answer. `record` is the id of what the request made, where it was not known before. */
  end(entry: number, answer: { status: number; record?: string | undefined }): Promise<void>;
  /** Newest first. */
  list(query: ListAudit): Promise<Page<AuditEntry>>;
  /** Forgets what is older. */
  purge(): Promise<void>;
};

const idDigits = 16;

export function createAuditService({ database: { orm }, keepDays }: { database: Database; keepDays: number }): AuditService {
  return {
    async begin({ key, record, ...entry }) {
      const [row] = await orm
        .insert(auditLog)
        .values({ ...entry, keyId: key, recordId: record })
        .returning({ id: auditLog.id });
      if (!row) throw new Error('The database returned no row for an audit entry');
      return row.id;
    },

    async end(entry, { status, record }) {
      await orm
        .update(auditLog)
        .set({ status, ...(record === undefined ? {} : { recordId: sql`coalesce(${auditLog.recordId}, ${record})` }) })
        .where(eq(auditLog.id, entry));
    },

    async list({ limit, after, project, key }) {
      const rows = await orm
        .select()
        .from(auditLog)
        .where(
          and(
            after === undefined ? undefined : lt(auditLog.id, numberOf(after)),
            project === undefined ? undefined : eq(auditLog.project, project),
            key === undefined ? undefined : eq(auditLog.keyId, key),
          ),
        )
        .orderBy(desc(auditLog.id))
        .limit(limit + 1);
      return toPage(rows, { limit, toItem: toEntry, cursorOf: ({ id }) => id });
    },

    async purge() {
      await orm.delete(auditLog).where(lt(auditLog.at, sql`clock_timestamp() - ${keepDays} * interval '1 day'`));
    },
  };
}

function toEntry(row: typeof auditLog.$inferSelect): AuditEntry {
  return {
    id: `aud_${String(row.id).padStart(idDigits, '0')}`,
    at: row.at.toISOString(),
    key: row.keyId,
    project: row.project,
    action: row.action,
    record: row.recordId,
    status: row.status,
    requestId: row.requestId,
    address: row.address,
  };
}

/** 0, after which nothing comes, for text that is no id. */
function numberOf(id: string): number {
  return /^aud_\d{16}$/.test(id) ? Number(id.slice('aud_'.length)) : 0;
}
