import type { ScionClient } from '@scion/client';
import type { Job } from '@scion/schema';
import { readUpload } from '../support/upload-file.ts';
import { fillPlaceholders, type Recipe } from './recipe-file.ts';
import { summarize } from './statistics.ts';

/** Runs the jobs of a recipe for each of its seeds: the scores of each job, in the order of the seeds. */
export async function runRecipe(
  client: ScionClient,
  { datasets, seeds, jobs, metric }: Recipe,
  say: (line: string) => void,
): Promise<Map<string, number[]>> {
  const known: Record<string, string | number> = {};
  for (const [key, source] of Object.entries(datasets)) {
    const { file, fileName } = await readUpload(source);
    const { id } = await client.datasets.create(file, { name: key, fileName });
    const dataset = await client.datasets.waitUntilReady(id);
    if (dataset.state !== 'ready') throw new Error(`${key}: ${dataset.error?.message}`);
    known[`$dataset:${key}`] = id;
  }
  const scores = new Map(Object.keys(jobs).map((key) => [key, [] as number[]]));
  for (const seed of seeds) {
    for (const [key, template] of Object.entries(jobs)) {
      const spec = fillPlaceholders(template, { ...known, $seed: seed });
      const startedAt = performance.now();
      const job = await runJob(client, spec as Parameters<ScionClient['jobs']['create']>[0]);
      known[`$job:${key}`] = job.id;
      const score = job.result?.metrics[metric];
      if (score === undefined) throw new Error(`${key} has no ${metric}`);
      scores.get(key)?.push(score);
      say(
        `seed ${seed}  ${key.padEnd(24)} ${metric} ${score.toFixed(4)}  ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
      );
    }
  }
  return scores;
}

async function runJob(client: ScionClient, spec: Parameters<ScionClient['jobs']['create']>[0]): Promise<Job> {
  const job = await client.jobs.waitFor((await client.jobs.create(spec)).id);
  if (job.state !== 'succeeded') throw new Error(`${job.name} ${job.state}: ${job.error?.message}`);
  return job;
}

/** What was expected, and whether it holds. */
export function judgeRecipe({ expected }: Recipe, scores: ReadonlyMap<string, number[]>): { holds: boolean; text: string }[] {
  const meanOf = (job: string) => summarize(scores.get(job) ?? []).mean;
  return expected.map((expectation) => {
    const mean = meanOf(expectation.job);
    if ('above' in expectation) {
      const gap = mean - meanOf(expectation.above);
      return {
        holds: gap >= expectation.by,
        text: `${expectation.job} - ${expectation.above} = ${(100 * gap).toFixed(1)} points, expected at least ${100 * expectation.by}`,
      };
    }
    const holds = mean >= expectation.atLeast && mean <= expectation.atMost;
    return {
      holds,
      text: `${expectation.job} = ${(100 * mean).toFixed(1)} %, expected ${100 * expectation.atLeast} to ${100 * expectation.atMost}`,
    };
  });
}
