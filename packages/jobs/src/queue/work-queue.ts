/** What entries of the queue name: a job to run, or a data set to validate. */
export type WorkKind = 'job' | 'dataset';

export type QueueEntry = {
  id: string;
  /** Higher goes first; entries of one priority in the order in which they were added. */
  priority: number;
};

/** `again` puts the entry back, for another consumer, at once or after a time; after `done` it is gone. */
export type HandleResult = 'done' | 'again' | { againInMs: number };

export type Consumer = {
  /** Takes no further entry, and resolves when the handlers that run have ended. */
  close(): Promise<void>;
};

export type ConsumeOptions = { concurrency: number; handle: (id: string) => Promise<HandleResult> };

export type QueueCounts = { waiting: number; active: number };

/**
 * Announces work to workers. It promises nothing: an entry may be lost, or given to two consumers. Which worker runs what is
 * decided by a claim in PostgreSQL, and the reconciler adds what is missing here.
 */
export type WorkQueue = {
  readonly backend: 'redis' | 'postgres';
  /** Adds entries; one that is queued or being handled already stays as it is. Fails fast when the queue is out of reach. */
  add(kind: WorkKind, entries: readonly QueueEntry[]): Promise<void>;
  /** Removes entries that wait; nothing happens to those being handled. */
  remove(kind: WorkKind, ids: readonly string[]): Promise<void>;
  /** Ids of the entries that wait, and of those that a consumer handles (or handled when it died). */
  entryIds(kind: WorkKind): Promise<{ waiting: Set<string>; active: Set<string> }>;
  counts(kind: WorkKind): Promise<QueueCounts>;
  /** Calls `handle` for each entry, at most `concurrency` at once. An error thrown by `handle` removes the entry. */
  consume(kind: WorkKind, options: ConsumeOptions): Consumer;
  /** Rejects when the queue does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
};
