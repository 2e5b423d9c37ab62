import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Files of the folder of real data sets: one that is uploaded as it is, or several that are packed in a tar first. */
const DatasetSource = z.union([
  z.strictObject({ file: z.string() }),
  z.strictObject({ files: z.array(z.string()).min(1), folder: z.string().default('') }),
]);

/**
 * A measurement that others can repeat: jobs as they are posted, run once for each seed, and what is expected of them. Strings in a
 * job stand for what the run knows: `$seed`, `$dataset:NAME`, `$job:NAME`.
 */
export const Recipe = z.strictObject({
  summary: z.string(),
  datasets: z.record(z.string(), DatasetSource),
  seeds: z.array(z.int()).min(1),
  jobs: z.record(z.string(), z.record(z.string(), z.unknown())),
  metric: z.string(),
  expected: z.array(
    z.union([
      z.strictObject({ job: z.string(), atLeast: z.number(), atMost: z.number().default(1) }),
      z.strictObject({ job: z.string(), above: z.string(), by: z.number() }),
    ]),
  ),
});
export type Recipe = z.infer<typeof Recipe>;

export async function readRecipe(path: URL): Promise<Recipe> {
  return Recipe.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** The job with every placeholder replaced. */
export function fillPlaceholders(job: unknown, known: Readonly<Record<string, string | number>>): unknown {
  if (Array.isArray(job)) return job.map((item) => fillPlaceholders(item, known));
  if (typeof job === 'object' && job !== null) {
    return Object.fromEntries(Object.entries(job).map(([key, value]) => [key, fillPlaceholders(value, known)]));
  }
  if (typeof job !== 'string' || !job.startsWith('$')) return job;
  const value = known[job];
  if (value === undefined) throw new Error(`The recipe names ${job}, which is not known yet`);
  return value;
}
