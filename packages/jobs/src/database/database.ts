import { fileURLToPath } from 'node:url';
import { type ExtractTablesWithRelations, type SQL, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase, type NodePgTransaction } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { advisoryLocks } from './advisory-locks.ts';
import * as tables from './tables.ts';

export type Tables = typeof tables;
export type Orm = NodePgDatabase<Tables>;
export type Transaction = NodePgTransaction<Tables, ExtractTablesWithRelations<Tables>>;

/** One process's connections to PostgreSQL. */
export type Database = {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly orm: Orm;
  /** Rejects when the server does not answer or the migrations have not run. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Opens a pool. Connects lazily: the first query is the first to fail when there is no server. */
export function openDatabase(url: string, { maxConnections = 10 }: { maxConnections?: number } = {}): Database {
  const pool = openPool({ connectionString: url, max: maxConnections, application_name: 'scion' });
  const orm = Object.assign(drizzle(pool, { schema: tables }), { transaction: transactionsOn(pool) });
  return {
    url,
    pool,
    orm,
    ping: async () => {
      await pool.query('select 1 from jobs limit 1');
    },
    close: () => pool.end(),
  };
}

/** Drizzle's own, on a pool, keeps a connection for ever that breaks at its `begin`: ten of those, and the pool is empty. */
function transactionsOn(pool: pg.Pool): Orm['transaction'] {
  return async (work, config) => {
    const client = await pool.connect();
    try {
      return await drizzle(client, { schema: tables }).transaction(work, config);
    } finally {
      client.release();
    }
  };
}

/**
 * A pool that outlives its connections. One that drops is replaced on the next query, and the query under way rejects; but the
 * driver also emits an error, from the pool or from a connection in use, which would end a process that does not listen.
 */
export function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ keepAlive: true, ...config });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Brings the tables up to this version. Processes that start together take turns; a database that is up to date costs a few ms. */
export async function migrate(database: Database): Promise<void> {
  const client = await database.pool.connect();
  try {
    const session = drizzle(client, { schema: tables });
    await session.execute(sql`select pg_advisory_lock(${advisoryLocks.migration})`);
    try {
      await applyMigrations(session, { migrationsFolder });
    } finally {
      await session.execute(sql`select pg_advisory_unlock(${advisoryLocks.migration})`);
    }
  } finally {
    client.release();
  }
}

/** A moment from now, on the database's clock: the only one that leases are measured with. */
export function inMs(ms: number | SQL): SQL {
  return sql`clock_timestamp() + ${ms} * interval '1 millisecond'`;
}
