import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packIdxArchive, readMnistDigits } from '@scion/cli';
import type { JobRequest, ScionClient } from '@scion/client';
import { startScion } from '../support/scion-server.ts';
import { median } from './statistics.ts';

/**
 * `npm run bench:trainer`: images per second of the same training inside the server (HTTP, queue, supervisor, trainer process) and
 * called as a library, in turns. The first epoch warms up and is not counted.
 */
const rounds = 5;
const batchSize = 100;
const stepsPerEpoch = 25;
const epochs = 5;

const spec = {
  kind: 'pretrain',
  backbone: { type: 'resnet18-small' },
  method: { type: 'supervised' },
  evaluate: null,
  training: { epochs, batchSize, stepsPerEpoch, optimizer: { type: 'sgd', learningRate: 0.01 } },
  augment: [
    { type: 'random-crop', size: 28, padding: 2 },
    { type: 'normalize', mean: [0.5], std: [0.5] },
  ],
  checkpoint: { everyEpochs: 1, keep: 1 },
} as const;

const folder = await mkdtemp(join(tmpdir(), 'scion-bench-'));
const cleanups: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
try {
  const archive = join(folder, 'digits.tar');
  const bytes = await packIdxArchive(await readMnistDigits());
  await writeFile(archive, bytes);
  const { client } = await startScion(
    { after: (cleanup: () => unknown) => void cleanups.unshift(cleanup) },
    { dataDir: join(folder, 'server') },
  );
  const { id } = await client.datasets.create(new Blob([new Uint8Array(bytes)]), { name: 'digits', fileName: 'digits.tar' });
  await client.datasets.waitUntilReady(id);

  const server: number[] = [];
  const library: number[] = [];
  for (let round = 0; round < rounds; round++) {
    server.push(await inServer(client, { ...spec, dataset: { id, split: 'train' } } as unknown as JobRequest));
    library.push(await asLibrary(archive, join(folder, `library-${round}`)));
    console.log(
      `round ${round + 1}: server ${server.at(-1)?.toFixed(0)} images/s, library ${library.at(-1)?.toFixed(0)} images/s`,
    );
  }
  const ratios = server.map((rate, round) => rate / (library[round] ?? Number.NaN));
  const range = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`;
  console.log(
    `server / library: median ${median(ratios).toFixed(3)} (n = ${rounds}, ${range}); medians ${median(server).toFixed(0)} and ${median(library).toFixed(0)} images/s`,
  );
  process.exitCode = median(ratios) >= 0.97 ? 0 : 1;
} finally {
  for (const cleanup of cleanups) await cleanup();
}

/** Between the ends of the first and the last epoch, as the job's events tell. */
async function inServer(client: ScionClient, job: JobRequest): Promise<number> {
  const { id } = await client.jobs.create(job);
  const ended = await client.jobs.waitFor(id);
  if (ended.state !== 'succeeded') throw new Error(`${ended.state}: ${ended.error?.message}`);
  const times: number[] = [];
  for await (const event of client.jobs.events(id)) {
    if (event.type === 'epoch.finished') times.push(Date.parse(event.at));
  }
  return rateOf(times);
}

/** The same in a process of its own that calls the library. */
async function asLibrary(archive: string, outDir: string): Promise<number> {
  const script = fileURLToPath(new URL('./trainer-library.js', import.meta.url));
  const child = fork(script, [JSON.stringify(spec), archive, outDir]);
  const [times] = (await once(child, 'message')) as [number[]];
  await once(child, 'exit');
  return rateOf(times);
}

function rateOf(epochEndsMs: readonly number[]): number {
  const [first = Number.NaN] = epochEndsMs;
  const last = epochEndsMs.at(-1) ?? Number.NaN;
  return ((epochs - 1) * stepsPerEpoch * batchSize * 1000) / (last - first);
}
