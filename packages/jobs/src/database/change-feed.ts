import { sql } from 'drizzle-orm';
import pg from 'pg';
import type { Orm } from './database.ts';

const channel = 'scion_change';
const reconnectMs = 500;

type Listener = () => void;

/** Tells which records changed, in any process, by PostgreSQL's LISTEN and NOTIFY. */
export type ChangeFeed = {
  /**
   * Calls `listener` after each committed change of the record, or of any record for null. Also calls it after a lost connection,
   * when changes may have been missed, so a listener reads the record and never counts calls. Returns what ends it.
   */
  subscribe(recordId: string | null, listener: Listener): () => void;
  close(): Promise<void>;
};

/** Announces a change of a record; delivered when the transaction commits. */
export async function announceChange(orm: Pick<Orm, 'execute'>, recordId: string): Promise<void> {
  await orm.execute(sql`select pg_notify(${channel}, ${recordId})`);
}

/** One LISTEN connection for the process, opened by the first subscriber and opened again whenever it drops. */
export function createChangeFeed(databaseUrl: string): ChangeFeed {
  const listeners = new Map<string | null, Set<Listener>>();
  let client: pg.Client | null = null;
  let connecting: Promise<void> | null = null;
  let retryTimer: NodeJS.Timeout | null = null;
  let isClosed = false;

  const call = (set: Set<Listener> | undefined) => {
    for (const listener of set ?? []) listener();
  };

  const connect = async () => {
    const next = new pg.Client({ connectionString: databaseUrl, keepAlive: true, application_name: 'scion-changes' });
    next.on('error', () => drop(next));
    next.on('end', () => drop(next));
    next.on('notification', ({ payload }) => {
      if (payload !== undefined) call(listeners.get(payload));
      call(listeners.get(null));
    });
    client = next;
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      for (const set of listeners.values()) call(set);
    } catch {
      drop(next);
    }
  };

  const drop = (dropped: pg.Client) => {
    if (client !== dropped) return;
    client = null;
    connecting = null;
    dropped.end().catch(() => {});
    if (isClosed) return;
    retryTimer = setTimeout(ensureConnected, reconnectMs);
  };

  const ensureConnected = () => {
    retryTimer = null;
    if (!isClosed) connecting ??= connect();
  };

  return {
    subscribe(recordId, listener) {
      const set = listeners.get(recordId) ?? new Set();
      listeners.set(recordId, set.add(listener));
      if (retryTimer === null) ensureConnected();
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(recordId) === set) listeners.delete(recordId);
      };
    },
    async close() {
      isClosed = true;
      if (retryTimer) clearTimeout(retryTimer);
      await connecting?.catch(() => {});
      const last = client;
      client = null;
      await last?.end();
    },
  };
}
