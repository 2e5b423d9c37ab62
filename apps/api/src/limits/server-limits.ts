import type { Quotas } from '@scion/jobs';
import { requiresKey, type Settings } from '@scion/schema';

/** What the API asks of those who send requests, and how much it takes from them. */
export type ServerLimits = {
  requiresKey: boolean;
  quotas: Quotas;
  perMinute: { reads: number; changes: number; failedLogins: number };
  /** At once, of one key. */
  atOnce: { streams: number; uploads: number };
  bodyBytes: number;
  headerBytes: number;
  headersWithinMs: number;
  slowBody: { afterMs: number; bytesPerSecond: number };
  keepAliveMs: number;
  /** `perAddress` is null for any number. */
  connections: { inAll: number; perAddress: number | null };
};

export function serverLimitsOf(settings: Settings): ServerLimits {
  return {
    requiresKey: requiresKey(settings),
    quotas: {
      waitingJobs: settings.SCION_MAX_WAITING_JOBS_PER_PROJECT,
      storageBytes: settings.SCION_MAX_STORAGE_BYTES_PER_PROJECT,
      waitingJobsInAll: settings.SCION_MAX_WAITING_JOBS,
    },
    perMinute: {
      reads: settings.SCION_READS_PER_MINUTE,
      changes: settings.SCION_CHANGES_PER_MINUTE,
      failedLogins: settings.SCION_FAILED_LOGINS_PER_MINUTE,
    },
    atOnce: { streams: settings.SCION_STREAMS_PER_KEY, uploads: settings.SCION_UPLOADS_PER_KEY },
    bodyBytes: settings.SCION_MAX_BODY_BYTES,
    headerBytes: settings.SCION_MAX_HEADER_BYTES,
    headersWithinMs: settings.SCION_HEADERS_WITHIN_MS,
    slowBody: {
      afterMs: settings.SCION_SLOW_BODY_AFTER_MS,
      bytesPerSecond: settings.SCION_SLOWEST_BODY_BYTES_PER_SECOND,
    },
    keepAliveMs: settings.SCION_KEEP_ALIVE_MS,
    connections: {
      inAll: settings.SCION_MAX_CONNECTIONS,
      perAddress: settings.SCION_MAX_CONNECTIONS_PER_ADDRESS || null,
    },
  };
}
