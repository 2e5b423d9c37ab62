import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isTerminal, type JobAction } from '@scion/schema';
import { checkRecords } from './consistency/record-checks.ts';
import type { JobCommand } from './jobs/job-actions.ts';
import { compareQueue } from './queue/compare-queue.ts';
import {
  checkpointReport,
  isRefusal,
  openSimulatedWorld,
  progressReport,
  type SimulatedAttempt,
  type SimulatedWorld,
  succeed,
} from './simulated-world.fixture.ts';
import { createTestServices, exampleSpec, type TestServices } from './testkit/index.ts';

const schedules = 25;
const events = 30;
const leaseMs = 10_000;

let scion: TestServices;
let world: SimulatedWorld;
let dataset: string;

before(async () => {
  scion = await createTestServices({ onError: () => {} });
  dataset = await scion.addReadyDataset();
  world = await openSimulatedWorld(scion.url);
});
after(async () => {
  await world.close();
  await scion.close();
});

/** Numbers from 0 up to `end`, the same for the same seed (mulberry32). */
function createDraw(seed: number): (end: number) => number {
  let state = seed | 0;
  return (end) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
}

type Run = { draw: (end: number) => number; jobs: string[]; attempts: SimulatedAttempt[]; cancelled: Set<string> };

async function submitAll(): Promise<string[]> {
  const ids: string[] = [];
  for (const priority of [0, 5, 0]) {
    const dependsOn = ids.length === 2 ? ids.slice(0, 1) : [];
    const { job } = await world.services.jobs.submit({ spec: exampleSpec(dataset, { priority, dependsOn, maxRestarts: 5 }) });
    ids.push(job.id);
  }
  return ids;
}

/** Those that are over go on as if they were not: what they say must be refused. */
async function stepOf(run: Run): Promise<void> {
  const { attempts, jobs, reconciler } = world.services;
  const { draw } = run;
  const attempt = run.attempts[draw(run.attempts.length)];
  const job = run.jobs[draw(run.jobs.length)] ?? '';
  const act = async (command: JobCommand) => {
    await jobs.act(job, command);
    if (command.action === 'cancel') run.cancelled.add(job);
    if (command.action === 'retry') run.cancelled.delete(job);
  };
  const simple: Exclude<JobAction, 'retry' | 'extend'>[] = ['pause', 'resume', 'stop', 'cancel'];
  switch (draw(14)) {
    case 0:
    case 1:
    case 2:
      return claim(run, `wkr_${draw(2)}`);
    case 3:
      return world.advance([200, 1500, 9000, 20_000][draw(4)] ?? 0);
    case 4:
      await reconciler.reconcile();
      return;
    case 5:
      return world.queue.remove('job', [job]);
    case 6:
      return act({ action: simple[draw(simple.length)] ?? 'pause' });
    case 7:
      return act(draw(2) === 0 ? { action: 'retry', from: 'start' } : { action: 'retry', from: 'checkpoint' });
  }
  if (!attempt) return;
  switch (draw(6)) {
    case 0:
      attempt.step++;
      await attempts.recordReport(attempt.ref, progressReport(attempt));
      return;
    case 1:
      await attempts.recordReport(attempt.ref, checkpointReport(attempt));
      return;
    case 2:
      await attempts.renewLeases([attempt.ref], leaseMs);
      return;
    case 3:
      await attempts.attemptDied(attempt.ref, { code: 'trainerCrashed', message: 'It died.', logTail: [] });
      return;
    case 4:
      await attempts.finish(attempt.ref, { type: 'stopped', reason: 'drain' }, []);
      return;
    default:
      await succeed(world.services, attempt);
  }
}

async function claim(run: Run, workerId: string): Promise<void> {
  const claimed = await world.services.attempts.claim({ workerId, leaseMs });
  if (claimed) run.attempts.push({ ...claimed, step: 0 });
}

/** One honest worker, and users who resume what is paused: then everything must end. */
async function settle(run: Run): Promise<void> {
  for (let round = 0; round < 100; round++) {
    await world.advance(leaseMs * 2);
    await world.services.reconciler.reconcile();
    const states = await Promise.all(run.jobs.map((id) => world.services.jobs.get(id)));
    if (states.every(({ state }) => isTerminal(state))) return;
    for (const { id, state } of states) if (state === 'paused') await world.services.jobs.act(id, { action: 'resume' });
    const claimed = await world.services.attempts.claim({ workerId: 'wkr_honest', leaseMs });
    if (claimed) await succeed(world.services, { ...claimed, step: 0 });
  }
  assert.fail('The jobs do not end');
}

test(`${schedules} schedules of workers, users, deaths and losses: every job ends once, and all records agree`, async () => {
  for (let seed = 1; seed <= schedules; seed++) {
    const run: Run = { draw: createDraw(seed), jobs: await submitAll(), attempts: [], cancelled: new Set() };
    for (let event = 0; event < events; event++) {
      await stepOf(run).catch((error: unknown) => {
        if (!isRefusal(error)) throw new Error(`Seed ${seed}, event ${event}`, { cause: error });
      });
    }
    await settle(run);
    for (const id of run.cancelled) {
      const { state } = await world.services.jobs.get(id);
      assert.equal(state, 'cancelled', `Seed ${seed}: ${id} was cancelled`);
    }
    assert.deepEqual(await checkRecords(world.database), [], `Seed ${seed}`);
    assert.deepEqual(await compareQueue(world.database, world.queue, 'job'), { missing: [], orphans: [] }, `Seed ${seed}`);
  }
});
