import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { artifactKeys, parameterFiles } from '@scion/schema';
import { Redis } from 'ioredis';
import { descendantsOf } from '../../support/processes.ts';
import type { KeptProcess } from '../stand/kept-process.ts';
import type { ProxyMode, TcpProxy } from '../stand/tcp-proxy.ts';
import type { Fault, Storm } from './storm.ts';

/** Every fault that a chaos run draws from. */
export const faults: readonly Fault[] = [
  {
    name: 'kill a trainer',
    inject: async ({ stand, random }) => signalAll(await trainersOf(random.pick(stand.workers)), 'SIGKILL'),
  },
  {
    name: 'freeze a trainer for a moment',
    async inject({ stand, random }) {
      const worker = random.pick(stand.workers);
      const frozen = await trainersOf(worker);
      signalAll(frozen, 'SIGSTOP');
      await delay(300);
      signalAll(frozen, 'SIGCONT'); // The same ones: their worker may have been killed meanwhile
    },
  },
  { name: 'kill a worker', inject: async ({ stand, random }) => random.pick(stand.workers).signal('SIGKILL') },
  { name: 'have a worker shut down', inject: async ({ stand, random }) => random.pick(stand.workers).signal('SIGTERM') },
  {
    name: 'freeze a worker beyond its lease',
    async inject({ stand, random, leaseMs }) {
      const worker = random.pick(stand.workers);
      worker.signal('SIGSTOP');
      await delay(leaseMs * 1.5);
      worker.signal('SIGCONT');
    },
  },
  { name: 'kill the API', inject: async ({ stand }) => stand.api.signal('SIGKILL') },
  { name: 'kill PostgreSQL', inject: async ({ stand }) => send(stand.postgres.pid, 'SIGKILL') },
  { name: 'cut the connections to PostgreSQL', inject: async ({ stand }) => stand.proxies.database.cut() },
  {
    name: 'lose the answers of PostgreSQL',
    inject: ({ stand, random }) => disturb(stand.proxies.database, 'mute', random.below(1500)),
  },
  { name: 'slow PostgreSQL down', inject: ({ stand, random }) => disturb(stand.proxies.database, 'slow', random.below(1500)) },
  {
    name: 'keep PostgreSQL out of reach',
    inject: ({ stand, random }) => disturb(stand.proxies.database, 'refusing', random.below(1500)),
  },
  { name: 'kill Redis', needsRedis: true, inject: async ({ stand }) => stand.redis?.signal('SIGKILL') },
  { name: 'empty Redis', needsRedis: true, inject: (storm) => onRedis(storm, async (redis) => void (await redis.flushall())) },
  {
    name: 'let Redis be full',
    needsRedis: true,
    inject: (storm) => withRedisSettings(storm, { maxmemory: '1', 'maxmemory-policy': 'noeviction' }),
  },
  {
    name: 'let Redis evict',
    needsRedis: true,
    inject: (storm) => withRedisSettings(storm, { maxmemory: '1', 'maxmemory-policy': 'allkeys-random' }),
  },
  { name: 'cut the connections to Redis', needsRedis: true, inject: async ({ stand }) => stand.proxies.queue?.cut() },
  {
    name: 'lose the answers of Redis',
    needsRedis: true,
    inject: async ({ stand, random }) => disturb(stand.proxies.queue, 'mute', random.below(1500)),
  },
  {
    name: 'deliver twice',
    inject: async ({ queue, jobs }) =>
      queue.add(
        'job',
        jobs().map((id) => ({ id, priority: 0 })),
      ),
  },
  { name: 'drop the entries of the queue', inject: async ({ queue, jobs }) => queue.remove('job', jobs()) },
  {
    name: 'send a request again',
    async inject({ jobs, random, resubmit }) {
      if (jobs().length > 0) await resubmit(random.pick(jobs()));
    },
  },
  {
    name: 'pause a job and resume it',
    async inject({ jobs, random, services }) {
      if (jobs().length === 0) return;
      const id = random.pick(jobs());
      await services.jobs.act(id, { action: 'pause' }).catch(() => undefined); // It may just have ended
      await delay(random.below(1000));
    },
  },
  { name: 'damage a checkpoint', inject: damageCheckpoint },
];

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended, or is being started again.
  }
}

/** Its spare too. */
async function trainersOf(worker: KeptProcess): Promise<number[]> {
  const pid = worker.pid();
  if (pid === null) return [];
  return (await descendantsOf(pid))
    .filter(({ command }) => command.includes('trainer/dist/process'))
    .map(({ pid: trainer }) => trainer);
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) send(pid, signal);
}

async function disturb(proxy: TcpProxy | null, mode: ProxyMode, ms: number): Promise<void> {
  if (mode === 'refusing') proxy?.cut();
  proxy?.setMode(mode);
  await delay(ms);
  proxy?.setMode('open');
}

async function onRedis({ stand }: Storm, act: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(stand.redisUrl ?? '', { maxRetriesPerRequest: 1, retryStrategy: () => 100 });
  redis.on('error', () => undefined);
  try {
    await act(redis).catch(() => undefined); // It may be down just now
  } finally {
    redis.disconnect();
  }
}

async function withRedisSettings(storm: Storm, settings: Readonly<Record<string, string>>): Promise<void> {
  const set = (values: Readonly<Record<string, string>>) =>
    onRedis(storm, async (redis) => {
      for (const [name, value] of Object.entries(values)) await redis.config('SET', name, value);
    });
  await set(settings);
  await delay(500);
  await set({ maxmemory: '0', 'maxmemory-policy': 'noeviction' });
}

/** Flips a bit of a file of the job's newest checkpoint, cuts it short, removes it, or swaps it with another; one intact one stays. */
async function damageCheckpoint({ stand, services, jobs, random, damaged }: Storm): Promise<void> {
  if (jobs().length === 0) return;
  const id = random.pick(jobs());
  const { data } = await services.checkpoints.listOfJob(id, { limit: 10 });
  const [newest, next] = data.filter((checkpoint) => !damaged.has(checkpoint.id));
  if (!newest || !next) return;
  damaged.add(newest.id);
  const keyOf = (name: string, checkpoint = newest.id) => `${artifactKeys.checkpoint(id, checkpoint)}/${name}`;
  const name = random.pick([parameterFiles.parameters, parameterFiles.optimizer, parameterFiles.manifest]);
  const bytes = Buffer.from((await stand.store.get(keyOf(name))) ?? randomBytes(8));
  switch (random.below(4)) {
    case 0:
      return stand.store.remove(keyOf(name));
    case 1:
      return void (await stand.store.put(keyOf(name), bytes.subarray(0, random.below(bytes.length))));
    case 2:
      return void (await stand.store.put(
        keyOf(parameterFiles.parameters),
        (await stand.store.get(keyOf(parameterFiles.parameters, next.id))) ?? '',
      ));
    default: {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return void (await stand.store.put(keyOf(name), bytes));
    }
  }
}
