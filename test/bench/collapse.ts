import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withoutSharedData } from '../support/shared-data.ts';
import { type CollapseCase, collapseCases, runCollapseCase, writeCollapseData } from './collapse-run.ts';

/**
 * `npm run bench:collapse -- [--seeds 20]`: whether runs that cannot but collapse end as `collapsed` within their first epochs, and
 * healthy ones never, on 5,000 images of CIFAR-10.
 */
const { values: options } = parseArgs({ options: { seeds: { type: 'string', default: '20' } } });
if (withoutSharedData) {
  console.log(withoutSharedData);
  process.exit(0);
}
const seeds = Number(options.seeds);
const folder = await mkdtemp(join(tmpdir(), 'scion-bench-'));
try {
  const dataPath = await writeCollapseData(folder);
  let wrong = 0;
  for (const name of Object.keys(collapseCases) as CollapseCase[]) {
    const runs: Awaited<ReturnType<typeof runCollapseCase>>[] = [];
    for (let seed = 0; seed < seeds; seed++) runs.push(await runCollapseCase(name, { seed, dataPath, folder }));
    const collapsed = runs.filter(({ ended }) => ended === 'collapsed');
    const wanted = collapseCases[name].collapses ? seeds : 0;
    wrong += Math.abs(collapsed.length - wanted);
    const rangeOf = (values: readonly number[]) =>
      `${Math.min(...values).toPrecision(3)} to ${Math.max(...values).toPrecision(3)}`;
    const detail =
      collapsed.length > 0
        ? `after ${rangeOf(collapsed.map(({ epochs }) => 15 * (epochs + 1)))} steps`
        : `lowest of what the alarm watches: ${rangeOf(runs.map(({ lowest }) => lowest))}`;
    console.log(
      `${collapsed.length === wanted ? 'holds' : 'FAILS'}  ${name.padEnd(32)} ${collapsed.length} of ${seeds} collapsed; ${detail}`,
    );
  }
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
