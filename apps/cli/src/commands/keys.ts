import { type ApiKey, ApiKeyId, KeyScope, type NewApiKey, ProjectName } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatAge } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';

const scopes = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(KeyScope));

const id = ApiKeyId.describe('id of the key');

export const keyCreate = defineCommand({
  path: ['key', 'create'],
  summary: 'Make an API key',
  positional: ['name'],
  input: z.strictObject({
    name: z.string().min(1).max(200).describe('what it is for'),
    project: ProjectName.optional().describe('whose records it finds (default: default)'),
    scopes: scopes.optional().describe('read, submit and admin, with commas between (default: read,submit)'),
    expiresInDays: z.coerce.number().positive().max(3650).optional().describe('days that it works (default: for ever)'),
  }),
  run: async (key, { client, output }) => {
    const made = await client.keys.create(key);
    output.result(made, () => showNewKey(made));
    return exitCodes.ok;
  },
});

export const keyLs = defineCommand({
  path: ['key', 'ls'],
  summary: 'List API keys, newest first',
  input: z.strictObject({
    project: ProjectName.optional().describe('only those of this project'),
    limit: z.coerce.number().int().min(1).max(500).default(50).describe('how many at most'),
  }),
  run: async (query, { client, output }) => {
    const page = await client.keys.list(query);
    output.result(page, () =>
      renderTable(
        ['id', 'key', 'project', 'scopes', 'state', 'last used', 'name'],
        page.data.map((key) => [
          key.id,
          `${key.start}…`,
          key.project,
          key.scopes.join(','),
          stateOf(key),
          key.lastUsedAt === null ? 'never' : formatAge(key.lastUsedAt),
          key.name,
        ]),
      ),
    );
    return exitCodes.ok;
  },
});

export const keyRevoke = defineCommand({
  path: ['key', 'revoke'],
  summary: 'Revoke an API key: it opens nothing from now on',
  positional: ['id'],
  input: z.strictObject({ id }),
  run: async ({ id: key }, { client, output }) => {
    await client.keys.revoke(key);
    output.result({ id: key }, () => `Revoked ${key}`);
    return exitCodes.ok;
  },
});

export const keyRotate = defineCommand({
  path: ['key', 'rotate'],
  summary: 'Replace an API key; the old one works on for a while',
  positional: ['id'],
  input: z.strictObject({
    id,
    graceMinutes: z.coerce.number().min(0).max(43_200).optional().describe('minutes that the old key works on (default: 1440)'),
  }),
  run: async ({ id: key, ...how }, { client, output }) => {
    const made = await client.keys.rotate(key, how);
    output.result(made, () => showNewKey(made));
    return exitCodes.ok;
  },
});

function showNewKey({ id: made, project, scopes: may, key }: NewApiKey): string[] {
  return [`${made} for the project ${project} (${may.join(', ')}). The key, which cannot be shown again:`, key];
}

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'works';
  return Date.parse(expiresAt) < Date.now() ? 'expired' : `until ${expiresAt.slice(0, 10)}`;
}
