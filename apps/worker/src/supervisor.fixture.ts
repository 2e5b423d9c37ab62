import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FetchRules } from '@scion/data/pack-protocol';
import { createTestServices, eventually, exampleSpec, type TestServices } from '@scion/jobs/testkit';
import { artifactKeys, isTerminal, type Job, type JobSpec, Settings } from '@scion/schema';
import { type ArtifactStore, openFileSystemStore, storageOptionsOf } from '@scion/storage';
import { pino } from 'pino';
import type { S3Imports } from './datasets/fetchable-source.ts';
import type { TrainerStep } from './scripted-trainer.fixture.ts';
import { type Supervisor, type SupervisorOptions, type SupervisorTimings, startSupervisor } from './supervisor.ts';

const scriptedTrainer = fileURLToPath(new URL('./scripted-trainer.fixture.js', import.meta.url));

const realPackPath = fileURLToPath(import.meta.resolve('@scion/data/pack-process'));
const strictRules: FetchRules = { maxBytes: 1_000_000_000, allowPrivateAddresses: false, catalogMirror: null, folders: [] };

const noImports: S3Imports = { places: [], access: storageOptionsOf(Settings.parse({})).s3 };

/** A real supervisor on real parts, but for trainers that follow a script. */
export type Workshop = TestServices & {
  store: ArtifactStore;
  start(options?: {
    timings?: Partial<SupervisorTimings>;
    slots?: number;
    packPath?: string;
    fetchRules?: Partial<FetchRules>;
    s3Imports?: S3Imports;
    limits?: SupervisorOptions['limits'];
  }): Promise<Supervisor>;
  /** Submits a job whose attempts do what the script says. */
  submit(script: TrainerStep[][], overrides?: Partial<JobSpec>): Promise<string>;
  ended(jobId: string): Promise<Job>;
  /** The lines that an attempt's trainer has written. */
  logOf(jobId: string, attempt: number): Promise<string[]>;
  eventTypes(jobId: string): Promise<string[]>;
};

export async function openWorkshop(): Promise<Workshop> {
  const test = await createTestServices({ onError: () => {} }); // Some tests cut the database's connections
  const folder = await mkdtemp(join(tmpdir(), 'scion-worker-'));
  const store = await openFileSystemStore(folder);
  const dataset = await test.addReadyDataset();
  const supervisors: Supervisor[] = [];
  const { services, queue } = test;
  return {
    ...test,
    store,
    async start({ timings = {}, slots = 1, packPath = realPackPath, fetchRules = {}, s3Imports = noImports, limits = {} } = {}) {
      const supervisor = await startSupervisor({
        services,
        queue,
        store,
        slots: Array.from({ length: slots }, () => ({ device: 'cpu', environment: { CUDA_VISIBLE_DEVICES: '' }, threads: 1 })),
        trainerPath: scriptedTrainer,
        packPath,
        environment: { ...process.env, DATABASE_URL: test.url },
        fetchRules: { ...strictRules, ...fetchRules },
        s3Imports,
        log: pino({ level: 'silent' }),
        limits,
        timings: { renewEvery: 200, mirrorEvery: 100, ...timings },
      });
      supervisors.push(supervisor);
      return supervisor;
    },
    async submit(script, overrides = {}) {
      const spec = exampleSpec(dataset, { method: { type: 'scripted', script }, ...overrides });
      return (await services.jobs.submit({ spec })).job.id;
    },
    ended: (jobId) =>
      eventually(async () => {
        const job = await services.jobs.get(jobId);
        return isTerminal(job.state) && job;
      }, 60_000),
    async logOf(jobId, attempt) {
      const bytes = await store.get(artifactKeys.jobLog(jobId, attempt));
      return bytes === null ? [] : new TextDecoder().decode(bytes).trimEnd().split('\n');
    },
    eventTypes: async (jobId) => (await services.jobs.listEvents(jobId, { limit: 1000 })).data.map(({ type }) => type),
    async close() {
      for (const supervisor of supervisors) await supervisor.close();
      await test.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
