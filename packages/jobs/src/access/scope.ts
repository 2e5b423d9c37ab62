import { defaultProject } from '@scion/schema';
import { eq, type SQL } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';

/** Whose records a service finds and makes. */
export type Scope = {
  project: string;
  /** Id of the API key that asks; null for none. */
  owner: string | null;
  quotas: Quotas;
};

/** What a project may have; null for any number. */
export type Quotas = {
  /** Jobs that have not ended. */
  waitingJobs: number | null;
  /** Bytes of data sets, checkpoints and models. */
  storageBytes: number | null;
  /** Jobs that have not ended, of all projects together. */
  waitingJobsInAll: number | null;
};

/** Of services that see every project, as a worker's do; what they make belongs to the default one. */
export const everyProject = null;

/** Holds for the rows of the scope's project. */
export function inScope(table: { project: AnyPgColumn }, scope: Scope | null): SQL | undefined {
  return scope === everyProject ? undefined : eq(table.project, scope.project);
}

/** What a new record says of whom it belongs to. */
export function ownership(scope: Scope | null): { project: string; owner: string | null } {
  return { project: scope?.project ?? defaultProject, owner: scope?.owner ?? null };
}
