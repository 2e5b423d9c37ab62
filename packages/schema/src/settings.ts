import { z } from 'zod';

/** Every environment variable that Scion reads. Entry files parse it once; nothing else looks at the environment. */
export const Settings = z.object({
  SCION_URL: z.url().default('http://127.0.0.1:8080').describe('Server that the CLI talks to'),
  SCION_HOST: z.string().default('127.0.0.1').describe('Address that the API listens on'),
  SCION_PORT: z.coerce.number().int().min(0).max(65535).default(8080).describe('Port that the API listens on'),
  SCION_DATA_DIR: z.string().default('.scion').describe('Folder of the embedded parts and of file-system artifacts'),
  DATABASE_URL: z.string().optional().describe('PostgreSQL; left out, `scion up` runs its own'),
  REDIS_URL: z.string().optional().describe('Redis for the queue; left out, the queue lives in PostgreSQL'),
  ARTIFACTS_URL: z.string().optional().describe('`file:///folder`; left out, `artifacts/` in the data folder'),
  SCION_RUNTIME_DIR: z.string().optional().describe('Where the TensorFlow runtime is kept; default: the user cache folder'),
  SCION_SLOTS: z.coerce.number().int().min(1).optional().describe('Attempts at once; default: one for each visible GPU, or one'),
  SCION_MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(5 * 2 ** 30)
    .describe('Largest data set upload'),
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
