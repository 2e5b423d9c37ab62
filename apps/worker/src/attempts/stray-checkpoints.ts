import type { Services } from '@scion/jobs';
import { artifactKeys } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';

/** Removes checkpoints of an ended job that no record names: their trainer died after it had saved and before it could tell. */
export async function removeStrayCheckpoints({
  jobId,
  services,
  store,
}: {
  jobId: string;
  services: Services;
  store: ArtifactStore;
}): Promise<void> {
  const folder = artifactKeys.checkpoint(jobId, '').replace(/\/$/, '');
  const stored = new Set((await store.list(folder)).flatMap((key) => key.slice(folder.length + 1).split('/')[0] ?? []));
  if (stored.size === 0) return;
  for await (const id of knownCheckpoints(services, jobId)) stored.delete(id);
  for (const id of stored) await store.remove(artifactKeys.checkpoint(jobId, id));
}

async function* knownCheckpoints(services: Services, jobId: string): AsyncGenerator<string> {
  let after: string | undefined;
  do {
    const page = await services.checkpoints.listOfJob(jobId, { limit: 500, ...(after === undefined ? {} : { after }) });
    for (const { id } of page.data) yield id;
    after = page.nextAfter ?? undefined;
  } while (after !== undefined);
}
