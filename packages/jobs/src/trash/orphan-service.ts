import { artifactKeys, timeOfId } from '@scion/schema';
import { inArray } from 'drizzle-orm';
import type { Database } from '../database/database.ts';
import { checkpoints, datasets, jobs, models } from '../database/tables.ts';

type StoredKind = 'job' | 'model' | 'dataset' | 'checkpoint';

/** Tells what in the artifact store belongs to nobody: the files of a process that died after it wrote them and before it told. */
export type OrphanService = {
  /**
   * Keys and folders of no record, of those that `list` gives. Records in the trash count: they may be restored. What is younger than
   * `olderThanMs` may be about to get its record, since files are written first.
   */
  find(options: { list: (folder: string) => Promise<string[]>; olderThanMs: number }): Promise<string[]>;
};

const tables = { job: jobs, model: models, dataset: datasets, checkpoint: checkpoints } as const;
const atOnce = 1000;

export function createOrphanService({ database: { orm } }: { database: Database }): OrphanService {
  const readKnown = async (kind: StoredKind, ids: string[]): Promise<string[]> => {
    const table = tables[kind];
    const rows = await orm.select({ id: table.id }).from(table).where(inArray(table.id, ids));
    if (kind !== 'dataset') return rows.map(({ id }) => id);
    // The upload of a deleted data set stays while another one shares it.
    const shared = await orm.select({ id: datasets.uploadOf }).from(datasets).where(inArray(datasets.uploadOf, ids));
    return [...rows, ...shared].flatMap(({ id }) => id ?? []);
  };

  const unknownIds = async (kind: StoredKind, ids: readonly string[]): Promise<Set<string>> => {
    const unknown = new Set(ids);
    for (let start = 0; start < ids.length; start += atOnce) {
      for (const id of await readKnown(kind, ids.slice(start, start + atOnce))) unknown.delete(id);
    }
    return unknown;
  };

  return {
    async find({ list, olderThanMs }) {
      const unknown = (kind: StoredKind, ids: readonly string[]) =>
        unknownIds(
          kind,
          [...new Set(ids)].filter((id) => isOlder(id, olderThanMs)),
        );
      const [jobKeys = [], modelKeys = [], datasetKeys = []] = await Promise.all(['jobs', 'models', 'datasets'].map(list));
      const unknownJobs = await unknown('job', partsAt(jobKeys, 1));
      const unknownModels = await unknown('model', partsAt(modelKeys, 1));
      const unknownDatasets = await unknown('dataset', partsAt(datasetKeys, 1));
      const checkpointFiles = jobKeys.filter((key) => key.split('/')[2] === 'checkpoints');
      const unknownCheckpoints = await unknown('checkpoint', partsAt(checkpointFiles, 3));
      const strayCheckpoints = checkpointFiles
        .filter((key) => unknownCheckpoints.has(key.split('/')[3] ?? '') && !unknownJobs.has(key.split('/')[1] ?? ''))
        .map((key) => key.split('/').slice(0, 4).join('/'));
      return [
        ...[...unknownJobs].map(artifactKeys.job),
        ...[...unknownModels].map(artifactKeys.model),
        ...[...unknownDatasets].map((id) => `datasets/${id}`),
        ...new Set(strayCheckpoints),
      ];
    },
  };
}

function isOlder(id: string, ageMs: number): boolean {
  const madeAt = timeOfId(id); // Null for what is not ours
  return madeAt !== null && Date.now() - madeAt > ageMs;
}

function partsAt(keys: readonly string[], depth: number): string[] {
  return keys.flatMap((key) => key.split('/')[depth] ?? []);
}
