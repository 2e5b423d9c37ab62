import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { ScionClient } from '@scion/client';
import { type JobArtifact, JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatBytes, formatNumber } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';

export const jobArtifacts = defineCommand({
  path: ['job', 'artifacts'],
  summary: 'List the maps and sheets that a job drew of its features, or download them',
  positional: ['id'],
  input: z.strictObject({
    id: JobId.describe('id of the job'),
    download: z.string().min(1).optional().describe('folder to put all of them in; it is made where there is none'),
  }),
  run: async ({ id, download }, { client, output }) => {
    const artifacts = await listAll(client, id);
    const files = download === undefined ? undefined : await downloadAll(client, artifacts, download);
    output.result({ artifacts, ...(files && { files }) }, () => {
      if (files) return files;
      if (artifacts.length === 0) return 'none yet';
      const rows = artifacts.map(({ name, kind, epoch, sizeBytes }) => [name, kind, formatNumber(epoch), formatBytes(sizeBytes)]);
      return renderTable(['name', 'kind', 'epoch', 'size'], rows);
    });
    return exitCodes.ok;
  },
});

async function listAll(client: ScionClient, id: string): Promise<JobArtifact[]> {
  const all: JobArtifact[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<ScionClient['jobs']['artifacts']>> = await client.jobs.artifacts(id, {
      limit: 500,
      ...(after !== null && { after }),
    });
    all.push(...page.data);
    after = page.nextAfter;
  } while (after !== null);
  return all;
}

/** The paths of the files. */
async function downloadAll(client: ScionClient, artifacts: readonly JobArtifact[], folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const { job, name } of artifacts) {
    const path = join(folder, name);
    const bytes = await client.jobs.downloadArtifact(job, name);
    await pipeline(Readable.fromWeb(bytes as ReadableStream<Uint8Array>), createWriteStream(path));
    paths.push(path);
  }
  return paths;
}
