import { ApiKeyId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderTable } from '../output/table.ts';

export const audit = defineCommand({
  path: ['audit'],
  summary: 'List who changed what on the server, newest first',
  input: z.strictObject({
    project: z.string().max(64).optional().describe('only in this project'),
    key: ApiKeyId.optional().describe('only with this key'),
    limit: z.coerce.number().int().min(1).max(500).default(50).describe('how many at most'),
  }),
  run: async (query, { client, output }) => {
    const page = await client.keys.audit(query);
    output.result(page, () =>
      renderTable(
        ['at', 'key', 'project', 'action', 'record', 'status', 'from'],
        page.data.map((entry) => [
          entry.at.slice(0, 19),
          entry.key ?? 'none',
          entry.project,
          entry.action,
          entry.record ?? '',
          entry.status === null ? 'no answer' : String(entry.status),
          entry.address,
        ]),
      ),
    );
    return exitCodes.ok;
  },
});
