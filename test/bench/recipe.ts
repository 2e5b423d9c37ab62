import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScion } from '../support/scion-server.ts';
import { withoutSharedData } from '../support/shared-data.ts';
import { readRecipe } from './recipe-file.ts';
import { judgeRecipe, runRecipe } from './run-recipe.ts';
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
  const scores = await runRecipe(client, recipe, console.log);
  for (const [job, values] of scores)
    console.log(`${job.padEnd(24)} ${formatPercent(summarize(values))}  ${values.map((v) => (100 * v).toFixed(1)).join(' ')}`);
  const verdicts = judgeRecipe(recipe, scores);
  for (const { holds, text } of verdicts) console.log(`${holds ? 'holds' : 'FAILS'}  ${text}`);
  process.exitCode = verdicts.every(({ holds }) => holds) ? 0 : 1;
} finally {
  for (const cleanup of cleanups) await cleanup();
}
