import { type ErrorDetail, ScionError, terminalStates } from '@scion/schema';
import { and, asc, eq, notInArray } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { jobs, models } from '../database/tables.ts';

const namedInMessage = 5;

/** Throws `datasetInUse` while a job that has not ended, or a model, needs the data set; `details` lists them all by id. */
export async function refuseWhileNeeded(tx: Transaction, datasetId: string): Promise<void> {
  const waiting = await tx
    .select({ id: jobs.id, state: jobs.state })
    .from(jobs)
    .where(and(eq(jobs.datasetId, datasetId), notInArray(jobs.state, [...terminalStates])))
    .orderBy(asc(jobs.id));
  const trained = await tx
    .select({ id: models.id, name: models.name })
    .from(models)
    .where(eq(models.datasetId, datasetId))
    .orderBy(asc(models.id));
  const details: ErrorDetail[] = [
    ...waiting.map(({ id, state }) => ({ path: id, message: `The job is ${state}` })),
    ...trained.map(({ id, name }) => ({ path: id, message: `The model ${JSON.stringify(name)} was trained on it` })),
  ];
  if (details.length === 0) return;
  const named = details.slice(0, namedInMessage).map(({ path }) => path);
  const more = details.length > named.length ? ` and ${details.length - named.length} more` : '';
  throw new ScionError(
    'datasetInUse',
    `The data set ${datasetId} is needed by ${named.join(', ')}${more}. Delete it with force=true`,
    {
      details,
    },
  );
}
