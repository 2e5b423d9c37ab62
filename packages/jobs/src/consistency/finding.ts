/**
 * What can be wrong with a server's records, queue and files, and what is done about it. `keeps` names the promise of
 * docs/reliability.md that it would break; `repair` says what a repair does, null where none can be made.
 */
export const findingKinds = {
  leaseExpired: { keeps: 'N1', says: 'The lease of a running job is long over', repair: 'The job is tried again' },
  attemptOpen: { keeps: 'N4', says: 'An attempt is open that does not run its job', repair: 'The attempt is closed as died' },
  attemptUncounted: { keeps: 'N4', says: 'A job has more or fewer attempts than it counts', repair: null },
  attemptOrder: { keeps: 'N4', says: 'An attempt told something after the next one had begun', repair: null },
  attemptUnknown: { keeps: 'N4', says: 'A metric or checkpoint names an attempt that never was', repair: null },
  metricBeyondProgress: { keeps: 'N5', says: 'A metric is of a step that the job has not reached', repair: null },
  blockedForNothing: { keeps: 'N1', says: 'A job waits for jobs that have ended', repair: 'The job is queued' },
  endTwice: { keeps: 'N6', says: 'Something happened to a job after its end', repair: null },
  endUntold: { keeps: 'N6', says: "A job's last event is not its end", repair: null },
  stopLeft: { keeps: 'N6', says: 'A job that has ended is asked to stop', repair: 'The request is dropped' },
  resultMissing: { keeps: 'N6', says: 'A job succeeded without a result', repair: null },
  modelWithoutSuccess: { keeps: 'N6', says: 'A model is of a run that made none', repair: 'The model is removed' },
  validationExpired: { keeps: 'N7', says: 'The lease of a validation is long over', repair: 'The data set is validated again' },
  reportMissing: { keeps: 'N7', says: 'A data set is ready without a report', repair: null },
  entryMissing: { keeps: 'N1', says: 'What waits is not in the queue', repair: 'It is announced again' },
  entryWithoutWork: { keeps: 'N8', says: 'The queue names what does not wait', repair: 'The entry is removed' },
  checkpointDamaged: { keeps: 'N2', says: 'The files of a checkpoint are not whole', repair: 'It is marked as damaged' },
  modelDamaged: { keeps: 'N2', says: 'The files of a model are not whole', repair: null },
  datasetDamaged: { keeps: 'N7', says: 'The files of a data set are not whole', repair: null },
  filesWithoutRecord: { keeps: 'N8', says: 'Files belong to no record', repair: 'They are removed' },
  statusBehind: { keeps: 'N5', says: "A job's status.json is not its record", repair: 'A worker writes it anew' },
  metricsBehind: { keeps: 'N5', says: "A job's metrics.jsonl is not what was measured", repair: 'It is written anew' },
} as const satisfies Record<string, { keeps: string; says: string; repair: string | null }>;

export type FindingCode = keyof typeof findingKinds;

/** One thing that is wrong. `subject` is the id of the record, or the key of the files. */
export type Finding = { code: FindingCode; subject: string; detail: string };
