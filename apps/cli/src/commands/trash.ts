import { JobId, ModelId, TrashEntry } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatAge } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';

export const jobRm = defineCommand({
  path: ['job', 'rm'],
  summary: 'Move a job that has ended to the trash, with its checkpoints',
  positional: ['id'],
  input: z.strictObject({ id: JobId.describe('id of the job') }),
  run: async ({ id }, { client, output, commandName }) => {
    await client.jobs.delete(id);
    output.result({ id }, () => `Deleted ${id}. Take it back: ${commandName} trash restore ${id}`);
    return exitCodes.ok;
  },
});

export const modelRm = defineCommand({
  path: ['model', 'rm'],
  summary: 'Move a model to the trash',
  positional: ['id'],
  input: z.strictObject({ id: ModelId.describe('id of the model') }),
  run: async ({ id }, { client, output, commandName }) => {
    await client.models.delete(id);
    output.result({ id }, () => `Deleted ${id}. Take it back: ${commandName} trash restore ${id}`);
    return exitCodes.ok;
  },
});

export const trashLs = defineCommand({
  path: ['trash', 'ls'],
  summary: 'List what was deleted and can be restored',
  input: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50).describe('how many at most') }),
  run: async ({ limit }, { client, output }) => {
    const page = await client.trash.list({ limit });
    output.result(page, () => {
      if (page.data.length === 0) return 'The trash is empty';
      const rows = page.data.map((entry) => [
        entry.id,
        entry.type,
        formatAge(entry.deletedAt),
        entry.purgeAt.slice(0, 10),
        entry.name,
      ]);
      return renderTable(['id', 'type', 'deleted', 'gone from', 'name'], rows);
    });
    return exitCodes.ok;
  },
});

export const trashRestore = defineCommand({
  path: ['trash', 'restore'],
  summary: 'Take a record out of the trash',
  positional: ['id'],
  input: z.strictObject({ id: TrashEntry.shape.id.describe('id of the record') }),
  run: async ({ id }, { client, output }) => {
    await client.trash.restore(id);
    output.result({ id }, () => `Restored ${id}`);
    return exitCodes.ok;
  },
});
