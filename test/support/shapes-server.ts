import assert from 'node:assert/strict';
import { openAsBlob } from 'node:fs';
import type { TestContext } from 'node:test';
import type { JobRequest, ScionClient } from '@scion/client';
import { type ScionServer, startScion, temporaryDataDir } from './scion-server.ts';
import { writeShapesArchive } from './shapes.ts';

/** A real server in a new folder, with the shapes as a ready data set. */
export async function startServerWithShapes(t: TestContext): Promise<{ server: ScionServer; dataset: string }> {
  const server = await startScion(t, { dataDir: await temporaryDataDir(t) });
  return { server, dataset: await addShapes(server) };
}

/** Uploads the shapes and waits until they are ready. Gives the id. */
export async function addShapes({ client, dataDir }: Pick<ScionServer, 'client' | 'dataDir'>): Promise<string> {
  const archive = await openAsBlob(await writeShapesArchive(dataDir));
  const { id } = await client.datasets.create(archive, { name: 'shapes', fileName: 'shapes.tar' });
  const dataset = await client.datasets.waitUntilReady(id, { pollMs: 50 });
  assert.equal(dataset.state, 'ready', JSON.stringify(dataset.issues));
  return id;
}

/** A pretraining on the shapes: 4 steps an epoch, a checkpoint after each. */
export function shapesJob({ dataset, name, epochs }: { dataset: string; name: string; epochs: number }): JobRequest {
  return {
    kind: 'pretrain',
    name,
    dataset: { id: dataset, split: 'train' },
    evaluate: { split: 'test' },
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    training: { epochs, batchSize: 50, optimizer: { type: 'adam', learningRate: 0.003 } },
    augment: [{ type: 'normalize', mean: [0.5], std: [0.5] }],
    checkpoint: { everyEpochs: 1, keep: 2 },
  };
}

/** Enough epochs that a job does not end by itself while a test looks at it. */
export const endless = 100_000;

export async function eventTypesOf(client: ScionClient, job: string): Promise<string[]> {
  return (await client.jobs.listEvents(job, { limit: 1000 })).data.map(({ type }) => type);
}
