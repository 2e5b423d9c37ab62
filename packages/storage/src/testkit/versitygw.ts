import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client } from '../s3/s3-client.ts';
import type { S3Access } from '../storage-options.ts';

/** An S3 server that keeps objects as files, written in Go and built from source once for each machine. */
const module = 'github.com/versity/versitygw/cmd/versitygw';
const version = 'v1.8.0';
const cacheHome = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const folder = join(cacheHome, 'scion', `versitygw-${version}`);
const program = join(folder, 'versitygw');
const startWithinMs = 30_000;

/** For the `skip` of a suite that needs an S3 server: false where there is one. The first call on a machine builds it, in minutes. */
export function whyNoS3Server(): string | false {
  if (existsSync(program)) return false;
  if (spawnSync('go', ['version']).status !== 0) return `skipped: no Go compiler to build ${module} with`;
  mkdirSync(folder, { recursive: true });
  // Elsewhere first: other test files may look for it, or build it, at the same time.
  const partial = mkdtempSync(join(folder, 'partial-'));
  const environment = { ...process.env, GOBIN: partial, CGO_ENABLED: '0', GOFLAGS: '-trimpath' };
  const build = spawnSync('go', ['install', `${module}@${version}`], { env: environment, encoding: 'utf8' });
  if (build.status === 0) renameSync(join(partial, 'versitygw'), program);
  rmSync(partial, { recursive: true });
  return build.status === 0 ? false : `skipped: ${module} could not be built: ${build.stderr.trim().split('\n').at(-1)}`;
}

export type S3Server = {
  port: number;
  /** The folder in which objects of the bucket are files. */
  bucketDir: string;
  bucket: string;
  accessVia(port?: number): S3Access;
  stop(): Promise<void>;
};

/** Starts a server of its own, with one empty bucket, in a temporary folder. */
export async function startS3Server(): Promise<S3Server> {
  const home = await mkdtemp(join(tmpdir(), 'scion-s3-'));
  const root = join(home, 'objects');
  const sidecar = join(home, 'attributes'); // Not every file system of a test machine has extended attributes
  for (const path of [root, sidecar]) mkdirSync(path);
  const port = await freePort();
  const credentials = { accessKeyId: 'scion-test', secretAccessKey: 'scion-test-secret' };
  const { accessKeyId: access, secretAccessKey: secret } = credentials;
  const own = ['--port', `127.0.0.1:${port}`, '--access', access, '--secret', secret, '--quiet'];
  const server = spawn(program, [...own, 'posix', '--sidecar', sidecar, root], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  server.stderr.on('data', (chunk) => {
    complaints += String(chunk);
  });
  const accessVia = (via = port): S3Access => ({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${via}`,
    pathStyle: true,
    credentials,
  });
  const bucket = 'scion-test';
  const client = createS3Client(accessVia(), { connectMs: 1000, silentMs: 5000, tries: 1 });
  for (const giveUpMs = performance.now() + startWithinMs; ; await wait(50)) {
    if (server.exitCode !== null) throw new Error(`versitygw ended: ${complaints}`);
    const error: unknown = await client.send(new CreateBucketCommand({ Bucket: bucket })).then(
      () => null,
      (caught: unknown) => caught,
    );
    if (error === null) break;
    if (performance.now() > giveUpMs) throw error;
  }
  return {
    port,
    bucket,
    bucketDir: join(root, bucket),
    accessVia,
    async stop() {
      server.kill('SIGKILL');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The probe has no port');
  return address.port;
}
