import type { Readable } from 'node:stream';
import type { MetricPoint } from '@scion/schema';

/** What the check asks of the artifact store, and how it writes a job's metrics there. */
export type StoredFiles = {
  list(folder: string): Promise<string[]>;
  get(key: string): Promise<Uint8Array | null>;
  openRead(key: string): Promise<Readable | null>;
  sizeOf(key: string): Promise<number | null>;
  remove(keyOrFolder: string): Promise<void>;
  /** Adds lines to the job's `metrics.jsonl`. */
  appendMetrics(jobId: string, points: readonly MetricPoint[]): Promise<void>;
};
