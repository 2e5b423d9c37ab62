import { resolve } from 'node:path';
import type { Settings } from '@scion/schema';

/** How to reach an S3-compatible store. */
export type S3Access = {
  region: string;
  /** Null for Amazon's own. */
  endpoint: string | null;
  /** Whether the bucket stands in the path of URLs rather than in the host name, as most stores but Amazon's want it. */
  pathStyle: boolean;
  /** Null for those that the AWS SDK finds by itself: a profile, or the role of the machine. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null;
};

export type StorageOptions = {
  s3: S3Access;
  /** Where files of a remote store stand while they are read, and for how long after that. */
  cache: { dir: string; maxBytes: number };
};

export function storageOptionsOf(settings: Settings): StorageOptions {
  const endpoint = settings.SCION_S3_ENDPOINT ?? null;
  return {
    s3: {
      region: settings.SCION_S3_REGION,
      endpoint,
      pathStyle: settings.SCION_S3_PATH_STYLE ?? endpoint !== null,
      credentials: credentialsOf(settings),
    },
    cache: {
      dir: resolve(settings.SCION_CACHE_DIR ?? resolve(settings.SCION_DATA_DIR, 'cache')),
      maxBytes: settings.SCION_CACHE_BYTES,
    },
  };
}

function credentialsOf(settings: Settings): S3Access['credentials'] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = settings;
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

const ownVariables = ['SCION_DATA_DIR', 'SCION_CACHE_DIR', 'SCION_CACHE_BYTES'];

/**
 * What a child process that opens the store at `artifactsUrl` needs of our environment: nothing for a file system, the addresses
 * and keys of an S3 store for that one.
 */
export function storeEnvironment(own: NodeJS.ProcessEnv, artifactsUrl: string): Record<string, string> {
  if (!artifactsUrl.startsWith('s3:')) return {};
  const isWanted = (name: string) => ownVariables.includes(name) || name.startsWith('SCION_S3_') || name.startsWith('AWS_');
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) => (value !== undefined && isWanted(name) ? [[name, value] as const] : [])),
  );
}
