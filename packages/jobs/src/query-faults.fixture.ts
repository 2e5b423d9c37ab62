import type pg from 'pg';
import { type Database, openDatabase } from './database/database.ts';

/**
 * `EIO`: the connection breaks before the statement gets there. `ENOSPC`: PostgreSQL refuses it, its disk is full. `shortWrite`: it is
 * carried out, and the answer is lost. `kill`: the process is gone with its connections, and nothing more of the operation happens.
 */
export const queryFaults = ['EIO', 'ENOSPC', 'shortWrite', 'kill'] as const;
export type QueryFault = (typeof queryFaults)[number];

type Query = (...args: unknown[]) => unknown;
type Connected = pg.PoolClient & { connection: { stream: { destroy(): void } } };

/**
 * Runs an operation on connections of its own, of which the `at`-th statement (from 1) fails; none where `at` is 0. Gives how many
 * statements it sent, and the error that it ended with.
 */
export async function failQuery(
  { url, at, fault }: { url: string; at: number; fault: QueryFault },
  operate: (database: Database) => Promise<unknown>,
): Promise<{ statements: number; error: unknown }> {
  const database = openDatabase(url);
  let statements = 0;
  let die = () => {};
  const death = new Promise<null>((resolve) => {
    die = () => resolve(null);
  });
  database.pool.on('connect', (client) => {
    const { stream } = (client as Connected).connection;
    const send = client.query.bind(client) as Query;
    const query: Query = (...args) => {
      statements++;
      if (statements !== at) return send(...args);
      if (fault === 'ENOSPC') return answer(args, Promise.reject(diskFull()));
      if (fault === 'kill') die();
      if (fault !== 'shortWrite') {
        stream.destroy();
        return send(...args);
      }
      const done = (send(...args.filter((arg) => typeof arg !== 'function')) as Promise<unknown>).then(() => {
        stream.destroy();
        throw new Error('Connection terminated unexpectedly');
      });
      return answer(args, done);
    };
    client.query = query as typeof client.query;
  });
  const ended = operate(database).then(
    () => null,
    (error: unknown) => error,
  );
  const error = await Promise.race([ended, death]);
  await ended;
  await database.close();
  return { statements, error };
}

/** As the driver does it: by the callback, where there is one. */
function answer(args: readonly unknown[], result: Promise<never>): Promise<never> | undefined {
  const callback = args.at(-1);
  if (typeof callback !== 'function') return result;
  result.catch((error: unknown) => callback(error));
  return undefined;
}

function diskFull(): Error {
  return Object.assign(new Error('could not extend file: No space left on device'), { code: '53100' });
}
