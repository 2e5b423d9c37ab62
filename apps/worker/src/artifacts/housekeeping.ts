import type { Services, StoredKind } from '@scion/jobs';
import { artifactKeys, timeOfId } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';

/** What is younger may be about to get its record: files are written first. */
const orphanAgeMs = 24 * 3_600_000;

type Parts = { services: Services; store: ArtifactStore };

/** Removes what has been in the trash long enough, with its files. Gives the keys that are gone. */
export async function emptyTrash({ services, store }: Parts): Promise<string[]> {
  const purged = await services.trash.purge();
  for (const key of purged) await store.remove(key);
  return purged;
}

/**
 * Removes what the artifact store holds for no record: the files of a process that died after it wrote them and before it told. Safe
 * to run in every worker at once. Gives the keys that are gone.
 */
export async function removeOrphans({ services, store }: Parts): Promise<string[]> {
  const orphans = await findOrphans({ services, store });
  for (const key of orphans) await store.remove(key);
  return orphans;
}

async function findOrphans({ services, store }: Parts): Promise<string[]> {
  const unknown = async (kind: StoredKind, ids: readonly string[]) =>
    new Set(await services.orphans.unknownIds(kind, [...new Set(ids)].filter(isOld)));
  const [jobKeys = [], modelKeys = [], datasetKeys = []] = await Promise.all(
    ['jobs', 'models', 'datasets'].map((folder) => store.list(folder)),
  );
  const jobs = await unknown('job', partsAt(jobKeys, 1));
  const models = await unknown('model', partsAt(modelKeys, 1));
  const datasets = await unknown('dataset', partsAt(datasetKeys, 1));
  const checkpointFolders = jobKeys.filter((key) => key.split('/')[2] === 'checkpoints');
  const checkpoints = await unknown('checkpoint', partsAt(checkpointFolders, 3));
  const strayCheckpoints = checkpointFolders
    .filter((key) => checkpoints.has(key.split('/')[3] ?? '') && !jobs.has(key.split('/')[1] ?? ''))
    .map((key) => key.split('/').slice(0, 4).join('/'));
  return [
    ...[...jobs].map(artifactKeys.job),
    ...[...models].map(artifactKeys.model),
    ...[...datasets].map((id) => `datasets/${id}`),
    ...new Set(strayCheckpoints),
  ];
}

function isOld(id: string): boolean {
  const madeAt = timeOfId(id); // Null for what is not ours
  return madeAt !== null && Date.now() - madeAt > orphanAgeMs;
}

function partsAt(keys: readonly string[], depth: number): string[] {
  return keys.flatMap((key) => key.split('/')[depth] ?? []);
}
