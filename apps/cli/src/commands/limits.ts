import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderTable } from '../output/table.ts';

const tag = z.string().min(1).max(64).describe('tag of the jobs');

export const limitLs = defineCommand({
  path: ['limit', 'ls'],
  summary: 'List how many jobs of a tag may run at once',
  input: z.strictObject({}),
  run: async (_input, { client, output, commandName }) => {
    const limits = await client.limits.list();
    output.result({ data: limits }, () =>
      limits.length === 0
        ? `No tag has a limit. Set one: ${commandName} limit set TAG N`
        : renderTable(
            ['tag', 'at most', 'running'],
            limits.map((limit) => [limit.tag, String(limit.maxRunning), String(limit.running)]),
          ),
    );
    return exitCodes.ok;
  },
});

export const limitSet = defineCommand({
  path: ['limit', 'set'],
  summary: 'Limit how many jobs with a tag run at once',
  positional: ['tag', 'count'],
  input: z.strictObject({ tag, count: z.coerce.number().int().min(0).describe('so many; 0 lets none start') }),
  run: async ({ tag: of, count }, { client, output }) => {
    const limit = await client.limits.set(of, count);
    output.result(limit, () => `At most ${limit.maxRunning} jobs tagged ${of} run at once; ${limit.running} run now`);
    return exitCodes.ok;
  },
});

export const limitRm = defineCommand({
  path: ['limit', 'rm'],
  summary: 'Remove the limit of a tag',
  positional: ['tag'],
  input: z.strictObject({ tag }),
  run: async ({ tag: of }, { client, output }) => {
    await client.limits.remove(of);
    output.result({ tag: of }, () => `Jobs tagged ${of} have no limit now`);
    return exitCodes.ok;
  },
});
