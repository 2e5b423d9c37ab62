import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScionClient } from '@scion/client';
import type { Job } from '@scion/schema';
import { startScion } from '../support/scion-server.ts';
import { withoutSharedData } from '../support/shared-data.ts';
import { readUpload } from '../support/upload-file.ts';
import { fillPlaceholders, type Recipe, readRecipe } from './recipe-file.ts';
import { formatPercent, summarize } from './statistics.ts';

/** `npm run bench:recipe NAME`: runs test/bench/recipes/NAME.json on a server of its own, over HTTP, and checks what it expects. */
const [name = ''] = process.argv.slice(2);
if (withoutSharedData) {
  console.log(withoutSharedData);
  process.exit(0);
}
const recipe = await readRecipe(new URL(`../../bench/recipes/${name}.json`, import.meta.url));
const dataDir = await mkdtemp(join(tmpdir(), 'scion-bench-'));
const cleanups: (() => unknown)[] = [() => rm(dataDir, { recursive: true, force: true })];
try {
  const { client } = await startScion({ after: (cleanup: () => unknown) => void cleanups.unshift(cleanup) }, { dataDir });
  console.log(recipe.summary);
  const scores = await runSeeds(client, recipe);
  for (const [job, values] of scores)
    console.log(`${job.padEnd(24)} ${formatPercent(summarize(values))}  ${values.map((v) => (100 * v).toFixed(1)).join(' ')}`);
  process.exitCode = judge(recipe, scores) ? 0 : 1;
} finally {
  for (const cleanup of cleanups) await cleanup();
}

async function runSeeds(client: ScionClient, { datasets, seeds, jobs, metric }: Recipe): Promise<Map<string, number[]>> {
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
      console.log(
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

function judge({ expected }: Recipe, scores: ReadonlyMap<string, number[]>): boolean {
  const meanOf = (job: string) => summarize(scores.get(job) ?? []).mean;
  const verdicts = expected.map((expectation) => {
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
  for (const { holds, text } of verdicts) console.log(`${holds ? 'holds' : 'FAILS'}  ${text}`);
  return verdicts.every(({ holds }) => holds);
}
