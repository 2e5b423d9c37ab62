import { z } from 'zod';
import { isLoopback } from './loopback.ts';

/** A limit: at least 1. */
function count(fallback: number) {
  return z.coerce.number().int().min(1).default(fallback);
}

/** Every environment variable that Scion reads. Entry files parse it once; nothing else looks at the environment. */
export const Settings = z.object({
  SCION_URL: z.url().default('http://127.0.0.1:8080').describe('Server that the CLI talks to'),
  SCION_API_KEY: z.string().min(1).optional().describe('Key that the CLI shows to the server'),
  SCION_HOST: z.string().default('127.0.0.1').describe('Address that the API listens on'),
  SCION_PORT: z.coerce.number().int().min(0).max(65535).default(8080).describe('Port that the API listens on'),
  SCION_AUTH: z
    .enum(['auto', 'on'])
    .default('auto')
    .describe('Whether requests need an API key: `on`, or `auto`, which asks for none while only this machine can reach the API'),
  SCION_ADMIN_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('Key that the API takes in as an admin key where it has none that works; `scion up` makes one by itself'),
  SCION_READS_PER_MINUTE: count(600).describe('Reading requests that a key may make'),
  SCION_CHANGES_PER_MINUTE: count(60).describe('Changing requests that a key may make'),
  SCION_FAILED_LOGINS_PER_MINUTE: count(30).describe('Requests with a wrong key that an address may make before it is not heard'),
  SCION_STREAMS_PER_KEY: count(20).describe('Event streams that a key may have open'),
  SCION_UPLOADS_PER_KEY: count(4).describe('Uploads that a key may send at once'),
  SCION_MAX_WAITING_JOBS_PER_PROJECT: count(1000).describe(
    'Jobs that have not ended that a project may have, of those with keys',
  ),
  SCION_MAX_WAITING_JOBS: count(10_000).describe('Jobs that have not ended, in all'),
  SCION_MAX_STORAGE_BYTES_PER_PROJECT: count(2 ** 40).describe('Bytes of the data sets, checkpoints and models of a project'),
  SCION_MAX_BODY_BYTES: count(256 * 1024).describe('Largest JSON body'),
  SCION_MAX_HEADER_BYTES: count(16 * 1024).describe('All headers of a request together, its path included'),
  SCION_HEADERS_WITHIN_MS: count(15_000).describe('Time that the headers of a request may take to come'),
  SCION_SLOW_BODY_AFTER_MS: count(30_000).describe('Time after which a body has to have come at the speed that follows'),
  SCION_SLOWEST_BODY_BYTES_PER_SECOND: count(10 * 1024).describe('Speed of the slowest body that is waited for'),
  SCION_KEEP_ALIVE_MS: count(72_000).describe('Time that an idle connection stays open'),
  SCION_MAX_CONNECTIONS: count(4000).describe('Connections that the API takes at once'),
  SCION_MAX_CONNECTIONS_PER_ADDRESS: z.coerce
    .number()
    .int()
    .min(0)
    .default(50)
    .describe('Connections of one address, other than this machine; 0 for any number, as a proxy in front needs'),
  SCION_AUDIT_DAYS: z.coerce.number().min(1).default(365).describe('Days that the audit log goes back'),
  SCION_DATA_DIR: z.string().default('.scion').describe('Folder of the embedded parts and of file-system artifacts'),
  DATABASE_URL: z.string().optional().describe('PostgreSQL; left out, `scion up` runs its own'),
  REDIS_URL: z.string().optional().describe('Redis for the queue; left out, the queue lives in PostgreSQL'),
  ARTIFACTS_URL: z
    .string()
    .optional()
    .describe('`file:///folder`, or `s3://bucket/prefix` in an S3-compatible store; left out, `artifacts/` in the data folder'),
  SCION_S3_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Address of the S3-compatible store; left out, Amazon's own"),
  SCION_S3_REGION: z.string().min(1).default('us-east-1').describe('Region of the S3 store'),
  SCION_S3_PATH_STYLE: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('Whether S3 URLs have the bucket in their path, not in the host name; left out, `true` with `SCION_S3_ENDPOINT`'),
  AWS_ACCESS_KEY_ID: z
    .string()
    .min(1)
    .optional()
    .describe('Key of the S3 store; left out, what the AWS SDK finds (a profile, a role)'),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional().describe('Its secret'),
  AWS_SESSION_TOKEN: z.string().min(1).optional().describe('Its session, for keys that last a while only'),
  SCION_CACHE_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('Where files of an S3 store stand while they are read; left out, `cache/` in the data folder'),
  SCION_CACHE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(20 * 2 ** 30)
    .describe('Size that the cache is kept at: what was read longest ago goes, what is in use stays'),
  SCION_S3_IMPORTS: z
    .string()
    .optional()
    .describe('Buckets, or `bucket/prefix`, separated by commas, that data sets may be added from as `s3://…`; left out, none'),
  SCION_RUNTIME_DIR: z.string().optional().describe('Where the TensorFlow runtime is kept; default: the user cache folder'),
  SCION_SLOTS: z.coerce.number().int().min(1).optional().describe('Attempts at once; default: one for each visible GPU, or one'),
  SCION_LEASE_SECONDS: z.coerce
    .number()
    .min(1)
    .default(10)
    .describe('Silence of a worker after which its jobs go on elsewhere; it renews its leases five times in that time'),
  SCION_TRASH_DAYS: z.coerce
    .number()
    .min(0)
    .default(30)
    .describe('Days until deleted jobs, models and data sets are gone for good'),
  SCION_TRAINER_MEMORY_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Memory that a trainer may hold before it is ended as out of memory (Linux); left out, any'),
  SCION_MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(5 * 2 ** 30)
    .describe('Largest data set upload'),
  SCION_LOADER_MEMORY_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(2 ** 30)
    .describe('Images that a trainer keeps in memory, in bytes; of larger data sets the rest is read and decoded at each epoch'),
  SCION_CATALOG_MIRROR: z
    .string()
    .optional()
    .describe('Folder or URL that is tried first for data sets of the catalogue: it holds `NAME/FILE`'),
  SCION_DATASET_FOLDERS: z
    .string()
    .optional()
    .describe('Folders of the server that data sets may be added from by path, separated by `:`; left out, none'),
  SCION_ALLOW_PRIVATE_URLS: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Whether data sets may be fetched from addresses that are not public: `true` or `false`'),
  SCION_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type Settings = z.infer<typeof Settings>;

/** Whether the API that these settings describe asks for keys: unless it can be reached from this machine alone. */
export function requiresKey({ SCION_AUTH, SCION_HOST }: Pick<Settings, 'SCION_AUTH' | 'SCION_HOST'>): boolean {
  return SCION_AUTH === 'on' || !isLoopback(SCION_HOST);
}

/** The folders that `SCION_DATASET_FOLDERS` names. */
export function datasetFoldersOf({ SCION_DATASET_FOLDERS: text = '' }: Settings): string[] {
  return text.split(':').filter((folder) => folder !== '');
}

/** The buckets, and starts of keys in them, that `SCION_S3_IMPORTS` names. */
export function s3ImportsOf({ SCION_S3_IMPORTS: text = '' }: Settings): string[] {
  return text
    .split(',')
    .map((place) => place.trim().replace(/\/+$/, ''))
    .filter((place) => place !== '');
}
