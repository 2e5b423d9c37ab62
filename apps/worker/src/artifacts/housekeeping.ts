import type { Services } from '@scion/jobs';
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
  const orphans = await services.orphans.find({ list: (folder) => store.list(folder), olderThanMs: orphanAgeMs });
  for (const key of orphans) await store.remove(key);
  return orphans;
}
