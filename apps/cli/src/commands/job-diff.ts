import { JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { differences } from '../job-file/differences.ts';
import { formatNumber } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';

export const jobDiff = defineCommand({
  path: ['job', 'diff'],
  summary: 'Compare two jobs: settings that differ, defaults included, and what each has measured',
  positional: ['left', 'right'],
  input: z.strictObject({ left: JobId.describe('id of a job'), right: JobId.describe('id of another') }),
  run: async ({ left: leftId, right: rightId }, { client, output }) => {
    const [left, right] = await Promise.all([client.jobs.get(leftId), client.jobs.get(rightId)]);
    const settings = differences(left.spec, right.spec);
    const names = new Set([...Object.keys(left.metrics.latest), ...Object.keys(right.metrics.latest)]);
    const metrics = [...names].sort().map((name) => ({
      name,
      left: left.metrics.latest[name] ?? null,
      right: right.metrics.latest[name] ?? null,
    }));
    output.result({ settings, metrics }, () => [
      ...(settings.length === 0
        ? ['The settings are the same']
        : renderTable(
            ['setting', leftId, rightId],
            settings.map((setting) => [setting.path, setting.left, setting.right]),
          )),
      '',
      ...renderTable(
        ['metric', leftId, rightId],
        metrics.map((metric) => [metric.name, shown(metric.left), shown(metric.right)]),
      ),
    ]);
    return exitCodes.ok;
  },
});

function shown(value: number | null): string {
  return value === null ? '—' : formatNumber(value);
}
