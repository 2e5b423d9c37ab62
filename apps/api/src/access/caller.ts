import type { Quotas, Scope } from '@scion/jobs';
import { type ApiKey, defaultProject } from '@scion/schema';

/** Who sent a request. */
export type Caller = {
  /** Null where none came and none is needed: whoever uses this machine. */
  key: ApiKey | null;
  scope: Scope;
};

const unlimited: Quotas = { waitingJobs: null, storageBytes: null, waitingJobsInAll: null };

export function callerOf(key: ApiKey | null, quotas: Quotas): Caller {
  if (key === null) {
    const scope = { project: defaultProject, owner: null, quotas: { ...unlimited, waitingJobsInAll: quotas.waitingJobsInAll } };
    return { key, scope };
  }
  return { key, scope: { project: key.project, owner: key.id, quotas } };
}
