import { z } from 'zod';

/** Every environment variable that Scion reads. Entry files parse it once; nothing else looks at the environment. */
export const Settings = z.object({
  SCION_URL: z.url().default('http://127.0.0.1:8080').describe('Server that the CLI talks to'),
  SCION_HOST: z.string().default('127.0.0.1').describe('Address that the API listens on'),
  SCION_PORT: z.coerce.number().int().min(0).max(65535).default(8080).describe('Port that the API listens on'),
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
