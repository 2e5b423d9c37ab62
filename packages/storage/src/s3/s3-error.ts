import { ScionError } from '@scion/schema';

/** True for an answer that there is no such object (or upload). */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** True where a conditional request found that its condition does not hold. */
export function isConditionFailed(error: unknown): boolean {
  return statusOf(error) === 412;
}

/** True where a range starts behind the end of its object. */
export function isBehindEnd(error: unknown): boolean {
  return statusOf(error) === 416;
}

const fullNames = ['QuotaExceeded', 'XMinioStorageFull', 'XMinioStorageQuotaExceeded', 'InsufficientStorage'];
const refusedStatuses: readonly (number | undefined)[] = [401, 403];
const refusedNames = ['NoSuchBucket', 'InvalidBucketName'];

/** The catalogue's view of what the SDK throws once its own tries are used up; errors of other origin stay as they are. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof ScionError || !(error instanceof Error)) return error;
  const [status, name] = [statusOf(error), nameOf(error)];
  if (status === 507 || fullNames.includes(name)) {
    return new ScionError('insufficientStorage', 'The artifact store is full', { cause: error });
  }
  if (refusedStatuses.includes(status) || refusedNames.includes(name)) {
    return new Error(`The artifact store refuses the request (${name}): look at ARTIFACTS_URL and its credentials`, {
      cause: error,
    });
  }
  if (isPassing(error, status)) {
    return new ScionError('unavailable', 'The artifact store does not answer as it should; try again in a moment', {
      cause: error,
    });
  }
  return error;
}

const networkCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

function isPassing(error: Error, status: number | undefined): boolean {
  if (status !== undefined && (status >= 500 || status === 429)) return true;
  if (error.name === 'TimeoutError') return true;
  return 'code' in error && typeof error.code === 'string' && networkCodes.includes(error.code);
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
