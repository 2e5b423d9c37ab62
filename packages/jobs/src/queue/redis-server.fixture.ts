import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../embedded-postgres/free-port.ts';

/** For the `skip` of a suite that needs Redis: false where there is one. */
export const whyNoRedis = spawnSync('redis-server', ['--version']).status === 0 ? false : 'skipped: no redis-server';

export type RedisServer = { url: string; flush(): Promise<void>; stop(): Promise<void> };

/** A real Redis of its own, in a temporary folder. */
export async function startRedisServer(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction'];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const client = new Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => {}); // Until it listens
  await client.ping();
  return {
    url,
    flush: async () => {
      await client.flushall();
    },
    stop: async () => {
      client.disconnect();
      server.kill('SIGKILL');
      await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
