import { artifactKeys, type Dataset, type DatasetIssue, type DatasetReport, type ErrorCode, ScionError } from '@scion/schema';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { announceChange } from '../database/change-feed.ts';
import { type Database, inMs, type Orm } from '../database/database.ts';
import { datasets } from '../database/tables.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import { type DatasetRow, toDataset } from './dataset-record.ts';
import { findUploadOwner, uploadKeyOf } from './stored-upload.ts';

/** One try at validating a data set; its number is the fencing token of all that it writes. */
export type ValidationRef = { datasetId: string; attempt: number };

/** `uploadKey` is where the upload stands, or where it belongs once it is fetched. */
export type ClaimedValidation = { ref: ValidationRef; dataset: Dataset; uploadKey: string };

/** What a worker fetched for a data set that was not uploaded. */
export type FetchedUpload = { sha256: string; sizeBytes: number; fileName: string };

/** What workers do with data sets. A try that is over gets a `leaseLost` error from all but `claim`. */
export type ValidationService = {
  /** The right to validate the data set for `leaseMs`; null when it is not waiting for a worker. */
  claim(claim: { datasetId: string; workerId: string; leaseMs: number }): Promise<ClaimedValidation | null>;
  renewLease(ref: ValidationRef, leaseMs: number): Promise<void>;
  /**
   * Notes what was fetched and stored under the claim's `uploadKey`. Returns that key where the same bytes are stored already:
   * the copy is then the caller's to remove.
   */
  recordUpload(ref: ValidationRef, upload: FetchedUpload): Promise<string | null>;
  /** The data set is ready. */
  finish(ref: ValidationRef, report: DatasetReport): Promise<Dataset>;
  /** The data set is invalid, for good. */
  fail(ref: ValidationRef, failure: { code: ErrorCode; message: string; issues: readonly DatasetIssue[] }): Promise<Dataset>;
  /** The validating process died: another try follows, until it died too often. */
  died(ref: ValidationRef, message: string): Promise<Dataset>;
  /** The worker shuts down: another one goes on, and nothing is held against the data set. */
  handBack(ref: ValidationRef): Promise<Dataset>;
  /** Ends the tries of workers that are gone. Returns the data sets concerned. */
  expireLeases(): Promise<Dataset[]>;
};

/** A data set that kills its validator this often is invalid. */
const maxDeaths = 3;
const noLease = { workerId: null, leaseUntil: null };

export function createValidationService({
  database: { orm },
  dispatcher,
}: {
  database: Database;
  dispatcher: Dispatcher;
}): ValidationService {
  const afterDeath = async (ref: ValidationRef, message: string, guard?: SQL): Promise<Dataset | null> => {
    const dataset = await changeTry(orm, { ref, set: death(message), guard });
    if (dataset?.state === 'validating') await dispatcher.dispatchDatasets([dataset]);
    return dataset;
  };
  const change = async (ref: ValidationRef, set: DatasetChange, guard?: SQL) =>
    held(ref, await changeTry(orm, { ref, set, guard }));

  return {
    async claim({ datasetId, workerId, leaseMs }) {
      const [row] = await orm
        .update(datasets)
        .set({ attempt: sql`${datasets.attempt} + 1`, workerId, leaseUntil: inMs(leaseMs) })
        .where(
          and(
            eq(datasets.id, datasetId),
            eq(datasets.state, 'validating'),
            isNull(datasets.leaseUntil),
            isNull(datasets.deletedAt),
          ),
        )
        .returning();
      return row ? { ref: { datasetId, attempt: row.attempt }, dataset: toDataset(row), uploadKey: uploadKeyOf(row) } : null;
    },

    async renewLease(ref, leaseMs) {
      await change(ref, { leaseUntil: inMs(leaseMs) }, sql`${datasets.leaseUntil} is not null`);
    },

    async recordUpload(ref, upload) {
      const recorded = await orm.transaction(async (tx) => {
        const uploadOf = await findUploadOwner(tx, upload.sha256, ref.datasetId);
        const [row] = await tx
          .update(datasets)
          .set({ ...upload, uploadOf })
          .where(isCurrent(ref))
          .returning({ id: datasets.id, uploadOf: datasets.uploadOf });
        return row ?? null;
      });
      if (!recorded) throw tryIsOver(ref);
      return recorded.uploadOf === null ? null : artifactKeys.datasetUpload(recorded.id);
    },

    finish: (ref, report) => change(ref, { ...noLease, state: 'ready', report, issues: report.issues }),

    fail: (ref, { code, message, issues }) =>
      change(ref, { ...noLease, state: 'invalid', error: { code, message }, issues: [...issues] }),

    died: async (ref, message) => held(ref, await afterDeath(ref, message)),

    async handBack(ref) {
      const dataset = await change(ref, noLease);
      await dispatcher.dispatchDatasets([dataset]);
      return dataset;
    },

    async expireLeases() {
      const hasExpired = sql`${datasets.leaseUntil} < clock_timestamp()`;
      const expired = await orm
        .select({ datasetId: datasets.id, attempt: datasets.attempt })
        .from(datasets)
        .where(and(eq(datasets.state, 'validating'), hasExpired));
      const ended = await Promise.all(expired.map((ref) => afterDeath(ref, 'Its worker was lost.', hasExpired)));
      return ended.filter((dataset) => dataset !== null);
    },
  };
}

type DatasetChange = Partial<{ [Column in keyof DatasetRow]: DatasetRow[Column] | SQL }>;

/** Changes the data set if the try still has it; null, and nothing written, if not. */
async function changeTry(
  orm: Orm,
  { ref, set, guard }: { ref: ValidationRef; set: DatasetChange; guard: SQL | undefined },
): Promise<Dataset | null> {
  const row = await orm.transaction(async (tx) => {
    const [changed] = await tx
      .update(datasets)
      .set({ ...set, updatedAt: sql`clock_timestamp()` })
      .where(and(isCurrent(ref), guard))
      .returning();
    if (changed) await announceChange(tx, ref.datasetId);
    return changed;
  });
  return row ? toDataset(row) : null;
}

function isCurrent(ref: ValidationRef): SQL | undefined {
  return and(eq(datasets.id, ref.datasetId), eq(datasets.attempt, ref.attempt), eq(datasets.state, 'validating'));
}

/** One death more, and the last one makes the data set invalid. */
function death(message: string): DatasetChange {
  const isLast = sql`${datasets.deaths} + 1 >= ${maxDeaths}`;
  const error = JSON.stringify({
    code: 'dataInvalid',
    message: `Validation ended ${maxDeaths} times without a result. ${message}`,
  });
  return {
    ...noLease,
    deaths: sql`${datasets.deaths} + 1`,
    state: sql`case when ${isLast} then 'invalid' else 'validating' end`,
    error: sql`case when ${isLast} then ${error}::jsonb end`,
  };
}

function held(ref: ValidationRef, dataset: Dataset | null): Dataset {
  if (!dataset) throw tryIsOver(ref);
  return dataset;
}

function tryIsOver(ref: ValidationRef): ScionError {
  return new ScionError('leaseLost', `Try ${ref.attempt} at validating ${ref.datasetId} is over`);
}
