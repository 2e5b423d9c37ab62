import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ScionApiError } from '@scion/client';
import { type FindingCode, findingKinds, type Services, type StoredFiles } from '@scion/jobs';
import { isTerminal } from '@scion/schema';
import { mirrorJobMetrics } from '@scion/storage';
import { eventually } from '../../support/eventually.ts';
import { createRandom } from '../../support/random.ts';
import { addShapes } from '../../support/shapes-server.ts';
import { type Stand, startStand } from '../stand/stand.ts';
import { faults } from './faults.ts';
import { assertResumedFromNewest, assertSameOutcome, type Outcome, readOutcome } from './outcome.ts';
import type { Storm } from './storm.ts';
import { type Work, works } from './work.ts';

export type ChaosOptions = {
  seed: number;
  /** How many faults are injected, */
  faults: number;
  /** or as many as there is time for. */
  minutes: number;
  withRedis: boolean;
  say: (line: string) => void;
};

export type ChaosReport = { injected: Record<string, number>; jobs: number; retried: number; found: string[] };

const leaseSeconds = 2;
const endsWithinMs = 240_000;
/** Left by a kill between the writing of files and the telling of them, or done by us: what `scion fsck --repair` is for. */
const mayBeLeft: readonly FindingCode[] = ['filesWithoutRecord', 'checkpointDamaged', 'metricsBehind', 'statusBehind'];

/** Trains jobs of every kind undisturbed, then the same under faults, and holds both against each other. Throws on any difference. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, withRedis, say } = options;
  const stand = await startStand({ workers: 2, withRedis, leaseSeconds });
  let isPassed = false;
  try {
    const dataset = await addShapes({ client: stand.client, dataDir: stand.folder });
    const parts = await stand.openParts();
    try {
      const quiet = await runQuietly(stand, dataset);
      say(`quiet run: ${[...quiet].map(([name, { sha256 }]) => `${name} ${sha256.slice(0, 8)}`).join(', ')}`);
      const round = createRounds({ stand, dataset, seed });
      const random = createRandom(seed);
      const damaged = new Set<string>();
      const storm: Storm = { stand, random, ...parts, leaseMs: leaseSeconds * 1000, damaged, ...round };
      const injected = await blow(storm, { ...options, nextRound: round.next });
      say('the faults are over');
      await settle(stand, parts.services, round);
      for (const { id, name } of round.accepted()) {
        assertSameOutcome(await readOutcome(stand.client, id), quiet.get(name) ?? assert.fail(name), `${name} ${id}`);
        await assertResumedFromNewest(stand.client, id, damaged);
      }
      const found = await checkAgreement(stand, parts.services);
      await eventually('the queue is empty', async () => ((await parts.queue.counts('job')).waiting === 0 ? true : null));
      isPassed = true;
      return { injected, jobs: round.accepted().length, retried: round.retried(), found };
    } finally {
      await parts.close();
    }
  } finally {
    const left = await stand.stop();
    if (isPassed) {
      await stand.removeFiles();
      assert.deepEqual(left, [], 'no process is left');
    } else say(`the logs are in ${stand.folder}; processes that are left: ${left.length}`);
  }
}

type Accepted = { id: string; name: string; key: string };

async function runQuietly({ client }: Stand, dataset: string): Promise<Map<string, Outcome>> {
  const ids = new Map<string, string>();
  for (const work of works) ids.set(work.name, (await client.jobs.create(requestOf(work, dataset, ids))).id);
  const outcomes = new Map<string, Outcome>();
  for (const [name, id] of ids) {
    await client.jobs.waitFor(id, { pollMs: 100, signal: AbortSignal.timeout(endsWithinMs) });
    outcomes.set(name, await readOutcome(client, id));
  }
  return outcomes;
}

function requestOf({ from, request }: Work, dataset: string, ids: ReadonlyMap<string, string>) {
  return { ...request(dataset), ...(from === undefined ? {} : { from: { job: ids.get(from) } }) };
}

/** Jobs of every kind, submitted by a client that repeats what got no answer. */
function createRounds({ stand, dataset, seed }: { stand: Stand; dataset: string; seed: number }) {
  const all: (Accepted & { work: Work; request: ReturnType<typeof requestOf> })[] = [];
  const open = new Set<string>();
  let rounds = 0;
  let retries = 0;

  const send = (key: string, request: ReturnType<typeof requestOf>) =>
    persist(() => stand.client.jobs.create(request, { idempotencyKey: key }));
  return {
    jobs: () => [...open],
    accepted: (): readonly Accepted[] => all,
    retried: () => retries,
    async next() {
      const ids = new Map<string, string>();
      for (const work of works) {
        const key = `chaos-${seed}-${rounds}-${work.name}`;
        const request = requestOf(work, dataset, ids);
        const { id } = await send(key, request);
        ids.set(work.name, id);
        all.push({ id, name: work.name, key, work, request });
        open.add(id);
      }
      rounds++;
    },
    async resubmit(jobId: string) {
      const job = all.find(({ id }) => id === jobId) ?? assert.fail(jobId);
      assert.equal((await send(job.key, job.request)).id, jobId, 'the same key gives the same job');
    },
    /** Looks what became of the jobs; resumes and retries as a user would. */
    async look({ jobs }: Services) {
      for (const id of open) {
        const job = await persist(() => jobs.get(id));
        if (job.state === 'paused') await jobs.act(id, { action: 'resume' }).catch(() => undefined);
        if (!isTerminal(job.state)) continue;
        if (job.state === 'succeeded') open.delete(id);
        else if (job.state === 'failed' && mayFail.includes(job.error?.code ?? '')) {
          const from = job.error?.code === 'checkpointCorrupt' ? 'start' : 'checkpoint';
          const again = await jobs.act(id, { action: 'retry', from }).catch(() => null); // Its dependency is retried first
          if (again) retries++;
        } else assert.fail(`${id} is ${job.state}: ${JSON.stringify(job.error)}`);
      }
    },
  };
}

/** True ends of a job whose trainer or whose worker was killed again and again, or whose checkpoints were all damaged. */
const mayFail: readonly string[] = [
  'crashLoop',
  'dependencyFailed',
  'checkpointCorrupt',
  'trainerCrashed',
  'leaseLost',
  'unavailable',
];

type Rounds = ReturnType<typeof createRounds>;

async function blow(
  storm: Storm,
  { faults: count, minutes, withRedis, say, nextRound }: ChaosOptions & { nextRound: () => Promise<void> },
): Promise<Record<string, number>> {
  const { random, services } = storm;
  const usable = faults.filter(({ needsRedis = false }) => withRedis || !needsRedis);
  const deadline = Date.now() + minutes * 60_000;
  const injected: Record<string, number> = {};
  const under = new Set<Promise<void>>();
  for (let n = 0; n < count && Date.now() < deadline; n++) {
    const fault = random.pick(usable);
    injected[fault.name] = (injected[fault.name] ?? 0) + 1;
    const running = fault.inject(storm).catch((error: unknown) => say(`${fault.name}: ${String(error)}`));
    under.add(running);
    void running.then(() => under.delete(running));
    await delay(random.below(1200));
    if (n % 10 === 0) await (storm as Storm & Rounds).look(services);
    if (storm.jobs().length < 4) await nextRound();
  }
  await Promise.all(under);
  return injected;
}

async function settle(stand: Stand, services: Services, rounds: Rounds): Promise<void> {
  const deadline = Date.now() + endsWithinMs;
  while (rounds.jobs().length > 0) {
    await rounds.look(services);
    assert.ok(Date.now() < deadline, `not ended: ${rounds.jobs().join(', ')}; the logs are in ${stand.folder}`);
    await delay(200);
  }
}

/** Repairs what faults may leave, and lets nothing else pass. */
async function checkAgreement({ store }: Stand, { consistency }: Services): Promise<string[]> {
  const files: StoredFiles = {
    list: (folder) => store.list(folder),
    get: (key) => store.get(key),
    openRead: (key) => store.openRead(key),
    sizeOf: (key) => store.sizeOf(key),
    remove: (key) => store.remove(key),
    appendMetrics: (jobId, points) => mirrorJobMetrics(store, jobId, points),
  };
  const options = { files, deep: true, orphanAgeMs: 0, secondLookMs: 3000 };
  const found = await consistency.find(options);
  const wrong = found.filter(({ code }) => !mayBeLeft.includes(code));
  assert.deepEqual(wrong, [], 'records, queue and files agree');
  await consistency.repair(found, options);
  const left = (await consistency.find(options)).filter(({ code }) => findingKinds[code].repair !== null);
  assert.deepEqual(left, [], 'what is repaired is gone');
  return found.map(({ code, subject, detail }) => `${code} ${subject} ${detail}`);
}

/** As a client does that wants its answer: again after whatever passes. */
async function persist<T>(call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + endsWithinMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isFinal = error instanceof ScionApiError && !error.isTransient;
      if (isFinal || Date.now() > deadline) throw error;
      await delay(200);
    }
  }
}
