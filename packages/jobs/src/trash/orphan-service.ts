import { inArray } from 'drizzle-orm';
import type { Database } from '../database/database.ts';
import { checkpoints, datasets, jobs, models } from '../database/tables.ts';

export type StoredKind = 'job' | 'model' | 'dataset' | 'checkpoint';

/** Tells what in the artifact store belongs to nobody. */
export type OrphanService = {
  /** Those of the ids that no record has. Records in the trash count: they may be restored. */
  unknownIds(kind: StoredKind, ids: readonly string[]): Promise<string[]>;
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

  return {
    async unknownIds(kind, ids) {
      const unknown: string[] = [];
      for (let start = 0; start < ids.length; start += atOnce) {
        const part = ids.slice(start, start + atOnce);
        const known = new Set(await readKnown(kind, part));
        unknown.push(...part.filter((id) => !known.has(id)));
      }
      return unknown;
    },
  };
}
