import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'drizzle-orm';
import { freePort } from '../embedded-postgres/free-port.ts';
import { createTestDatabase } from '../testkit/index.ts';
import { openDatabase } from './database.ts';
import { isTransient } from './transient-error.ts';

const errorOf = (query: PromiseLike<unknown>) =>
  Promise.resolve(query).then(
    () => assert.fail('It did not fail'),
    (error: unknown) => error,
  );

test('a server that is not there, and one that cuts the connection, are transient; a wrong statement is not', async () => {
  const absent = openDatabase(`postgres://nobody@127.0.0.1:${await freePort()}/none`);
  assert.equal(isTransient(await errorOf(absent.orm.execute(sql`select 1`))), true);
  await absent.close();

  const { database, close } = await createTestDatabase();
  assert.equal(isTransient(await errorOf(database.orm.execute(sql`select pg_terminate_backend(pg_backend_pid())`))), true);
  assert.equal(isTransient(await errorOf(database.orm.execute(sql`select no_such_column`))), false);
  assert.equal(isTransient('a string'), false);
  await close();
});
