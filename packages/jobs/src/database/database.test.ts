import assert from 'node:assert/strict';
import { test } from 'node:test';
import { is, sql } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { createTestDatabase } from '../testkit/index.ts';
import { migrate } from './database.ts';
import * as tables from './tables.ts';

type Column = { column: string; type: string; nullable: boolean };

test('the migrations make the tables that the code declares, column by column', async () => {
  const { database, close } = await createTestDatabase();
  for (const table of Object.values(tables)) {
    if (!is(table, PgTable)) continue;
    const { name, columns } = getTableConfig(table);
    const declared = columns.map(
      (column): Column => ({ column: column.name, type: typeOf(column.getSQLType()), nullable: !column.notNull }),
    );
    const { rows } = await database.orm.execute<Column>(sql`
      select attname as column, format_type(atttypid, atttypmod) as type, not attnotnull as nullable
      from pg_attribute where attrelid = ${name}::regclass and attnum > 0 and not attisdropped`);
    const byName = (a: Column, b: Column) => a.column.localeCompare(b.column);
    assert.deepEqual([...rows].sort(byName), declared.sort(byName), name);
  }
  await close();
});

/** Drizzle's name of a type as PostgreSQL writes it. */
function typeOf(drizzleType: string): string {
  const names: Record<string, string> = { bigserial: 'bigint', 'timestamp (3) with time zone': 'timestamp(3) with time zone' };
  return names[drizzleType] ?? drizzleType;
}

test('migrating again, many times at once, changes nothing', async () => {
  const { database, close } = await createTestDatabase();
  await Promise.all(Array.from({ length: 5 }, () => migrate(database)));
  await database.ping();
  await close();
});
