import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packIdxArchive, readMnistDigits } from '@scion/cli';
import type { JobRequest, ScionClient } from '@scion/client';
import { busiestDescendant } from '../support/processes.ts';
import { startScion } from '../support/scion-server.ts';
import { median, quantile } from './statistics.ts';

/**
 * `npm run bench:trainer -- [--turns 12]`: images per second of the same training inside the server (HTTP, queue, supervisor, trainer
 * process) and called as a library. Both run at once and take turns of a few seconds, one stopped while the other trains: what else
 * the machine does meanwhile is then the same for both. An epoch is timed where it lies within a turn.
 */
const turnMs = 10_000;
const batchSize = 100;
const stepsPerEpoch = 10;
const warmUpEpochs = 4;
const wanted = 0.97;

const { values: options } = parseArgs({ options: { turns: { type: 'string', default: '12' } } });
const turns = Number(options.turns);

const spec = {
  kind: 'pretrain',
  backbone: { type: 'resnet18-small' },
  method: { type: 'supervised' },
  evaluate: null,
  training: { epochs: 10_000, batchSize, stepsPerEpoch, optimizer: { type: 'sgd', learningRate: 0.01 } },
  augment: [
    { type: 'random-crop', size: 28, padding: 2 },
    { type: 'normalize', mean: [0.5], std: [0.5] },
  ],
  checkpoint: { everyEpochs: null },
} as const;

const folder = await mkdtemp(join(tmpdir(), 'scion-bench-'));
const cleanups: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
try {
  const archive = join(folder, 'digits.tar');
  const bytes = await packIdxArchive(await readMnistDigits());
  await writeFile(archive, bytes);
  const lifetime = { after: (cleanup: () => unknown) => void cleanups.unshift(cleanup) };
  const { client, pid } = await startScion(lifetime, { dataDir: join(folder, 'server') });
  const { id } = await client.datasets.create(new Blob([new Uint8Array(bytes)]), { name: 'digits', fileName: 'digits.tar' });
  await client.datasets.waitUntilReady(id);

  const library = startLibrary(archive, join(folder, 'library'));
  cleanups.unshift(() => library.process.kill('SIGKILL'));
  await library.warm;
  library.process.kill('SIGSTOP');
  const job = await client.jobs.create({ ...spec, dataset: { id, split: 'train' } } as unknown as JobRequest);
  await hasTrained(client, job.id, warmUpEpochs);
  const { pid: trainer } = await busiestDescendant(pid, 'trainer/dist/process.js');

  const windows: Record<'server' | 'library', Window[]> = { server: [], library: [] };
  for (let turn = 0; turn < turns; turn++) {
    windows.server.push(await pause(turnMs));
    process.kill(trainer, 'SIGSTOP');
    library.process.kill('SIGCONT');
    windows.library.push(await pause(turnMs));
    library.process.kill('SIGSTOP');
    process.kill(trainer, 'SIGCONT');
  }
  await client.jobs.cancel(job.id);
  const rates = {
    server: ratesWithin(windows.server, await epochEnds(client, job.id)),
    library: ratesWithin(windows.library, library.epochEndsMs),
  };
  for (const [side, values] of Object.entries(rates)) {
    const quartiles = [0.25, 0.75].map((share) => quantile(values, share).toFixed(0)).join(' to ');
    console.log(
      `${side.padEnd(8)} ${median(values).toFixed(0)} images/s (median of ${values.length} epochs, quartiles ${quartiles})`,
    );
  }
  const ratio = median(rates.server) / median(rates.library);
  console.log(`${ratio >= wanted ? 'holds ' : 'missed'} server / library ${ratio.toFixed(3)}, wanted at least ${wanted}`);
  process.exitCode = ratio >= wanted ? 0 : 1;
} finally {
  for (const cleanup of cleanups) await cleanup();
}

type Window = { from: number; to: number };

async function pause(ms: number): Promise<Window> {
  const from = Date.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { from, to: Date.now() };
}

/** Images per second of each epoch that began and ended within one of the windows. */
function ratesWithin(windows: readonly Window[], epochEndsMs: readonly number[]): number[] {
  return windows.flatMap(({ from, to }) => {
    const ends = epochEndsMs.filter((end) => end >= from && end <= to);
    return ends.slice(1).map((end, index) => (1000 * stepsPerEpoch * batchSize) / (end - (ends[index] ?? Number.NaN)));
  });
}

async function hasTrained(client: ScionClient, id: string, epochs: number): Promise<void> {
  for (;;) {
    const { progress, state, error } = await client.jobs.get(id);
    if (state === 'failed') throw new Error(error?.message);
    if (progress.epoch >= epochs) return;
    await pause(250);
  }
}

/** When the job's epochs ended, as its events tell. */
async function epochEnds(client: ScionClient, id: string): Promise<number[]> {
  const times: number[] = [];
  for await (const event of client.jobs.events(id)) if (event.type === 'epoch.finished') times.push(Date.parse(event.at));
  return times;
}

/** The same in a process of its own that calls the library. */
function startLibrary(archive: string, outDir: string) {
  const script = fileURLToPath(new URL('./trainer-library.js', import.meta.url));
  const child = fork(script, [JSON.stringify(spec), archive, outDir]);
  const epochEndsMs: number[] = [];
  const warm = new Promise<void>((resolve, reject) => {
    child.on('message', (endMs: number) => {
      epochEndsMs.push(endMs);
      if (epochEndsMs.length === warmUpEpochs) resolve();
    });
    void once(child, 'exit').then(() => reject(new Error('The library ended before its time')));
  });
  return { process: child, epochEndsMs, warm };
}
