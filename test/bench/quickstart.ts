import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDigits, pretrainJob, probeJob, readDigits, scratchJob } from '@scion/cli';
import type { JobRequest } from '@scion/client';
import { startScion } from '../support/scion-server.ts';
import { formatPercent, summarize } from './statistics.ts';

/** `npm run bench:quickstart`: the jobs of the quickstart over five seeds and 10, 20 and 50 labels, over HTTP. */
const seeds = [0, 1, 2, 3, 4];
const labelsPerClass = [1, 2, 5];

const dataDir = await mkdtemp(join(tmpdir(), 'scion-bench-'));
const cleanups: (() => unknown)[] = [() => rm(dataDir, { recursive: true, force: true })];
try {
  const { client } = await startScion(
    { after: (cleanup: () => unknown) => void cleanups.unshift(cleanup) },
    { dataDir: join(dataDir, 'server') },
  );
  const { many, few } = await readDigits({ cacheDir: dataDir, onNote: console.log });
  const [manyDataset, fewDataset] = await Promise.all([addDigits(many, client), addDigits(few, client)]);
  const accuracyOf = async (request: JobRequest): Promise<number> => {
    const job = await client.jobs.waitFor((await client.jobs.create(request)).id);
    const accuracy = job.result?.metrics['test/accuracy'];
    if (accuracy === undefined) throw new Error(`${job.name} ${job.state}: ${job.error?.message}`);
    return accuracy;
  };
  const pretrained = await client.jobs.waitFor((await client.jobs.create(pretrainJob({ dataset: manyDataset.id }))).id);
  console.log(`pretraining: test accuracy ${((pretrained.result?.metrics['test/accuracy'] ?? Number.NaN) * 100).toFixed(1)} %`);
  for (const perClass of labelsPerClass) {
    const scores: { scratch: number[]; probe: number[] } = { scratch: [], probe: [] };
    for (const seed of seeds) {
      scores.scratch.push(await accuracyOf(scratchJob({ dataset: fewDataset.id, seed, perClass })));
      scores.probe.push(await accuracyOf(probeJob({ dataset: fewDataset.id, pretrained: pretrained.id, seed, perClass })));
    }
    const [scratch, probe] = [summarize(scores.scratch), summarize(scores.probe)];
    console.log(
      `${perClass * 10} labels: scratch ${formatPercent(scratch)}, linear probe ${formatPercent(probe)}, gap ${((probe.mean - scratch.mean) * 100).toFixed(1)} points`,
    );
  }
} finally {
  for (const cleanup of cleanups) await cleanup();
}
