/**
 * Every error that crosses a process border, with its HTTP status, its title and whether trying again may help.
 * A job's `error.code` and a problem document's `code` are keys of this table.
 */
export const errorCatalogue = {
  // Requests
  validationFailed: { status: 422, title: 'The request does not match its schema', retriable: false },
  malformedRequest: { status: 400, title: 'The request is not valid HTTP', retriable: false },
  unauthenticated: { status: 401, title: 'The request needs a valid API key', retriable: false },
  forbidden: { status: 403, title: 'The request is not allowed', retriable: false },
  malformedJson: { status: 400, title: 'The body is not valid JSON', retriable: false },
  requestTimeout: { status: 408, title: 'The request came too slowly', retriable: true },
  headersTooLarge: { status: 431, title: 'The headers are larger than the limit', retriable: false },
  bodyTooLarge: { status: 413, title: 'The body is larger than the limit', retriable: false },
  unsupportedMediaType: { status: 415, title: 'The content type is not one this route reads', retriable: false },
  uploadInvalid: { status: 422, title: 'The upload is incomplete or has no file field', retriable: false },
  routeNotFound: { status: 404, title: 'There is no such route', retriable: false },
  methodNotAllowed: { status: 405, title: 'The route does not answer this HTTP method', retriable: false },
  notFound: { status: 404, title: 'There is no such record', retriable: false },
  conflict: { status: 409, title: 'The record is not in a state that allows this', retriable: false },
  idempotencyKeyReused: { status: 422, title: 'The Idempotency-Key was used with another body', retriable: false },
  datasetNotReady: { status: 409, title: 'The data set is not ready', retriable: true },
  specInvalid: { status: 422, title: 'The job cannot run as specified', retriable: false },
  noClasses: { status: 409, title: 'The model knows no classes', retriable: false },
  inputInvalid: { status: 422, title: 'An input cannot be predicted', retriable: false },
  rateLimited: { status: 429, title: 'Too many requests', retriable: true },
  quotaExceeded: { status: 429, title: 'The project has as much as it may have', retriable: true },
  unavailable: { status: 503, title: 'A part that this request needs is not reachable', retriable: true },
  insufficientStorage: { status: 507, title: 'There is not enough storage left', retriable: true },
  artifactCorrupt: { status: 500, title: 'A stored file is not what was written', retriable: false },
  internal: { status: 500, title: 'Something went wrong on our side', retriable: true },
  // Data sets
  dataInvalid: { status: 422, title: 'The data set cannot be trained on', retriable: false },
  archiveUnsafe: { status: 422, title: 'The archive holds an entry that is not allowed', retriable: false },
  formatUnknown: { status: 422, title: 'The file is in no known data set format', retriable: false },
  sourceForbidden: { status: 403, title: 'The server does not take data from there', retriable: false },
  sourceUnavailable: { status: 502, title: 'The data could not be fetched', retriable: false },
  datasetInUse: { status: 409, title: 'Jobs or models need the data set', retriable: false },
  // Models
  weightsInvalid: { status: 422, title: 'The file of weights cannot be imported', retriable: false },
  recordInUse: { status: 409, title: 'Other records need it', retriable: false },
  // Jobs
  dependencyFailed: { status: 409, title: 'A job that this one depends on did not succeed', retriable: false },
  checkpointCorrupt: { status: 409, title: 'No checkpoint of the run is intact', retriable: false },
  shapeMismatch: { status: 422, title: 'Shapes do not fit together', retriable: false },
  diverged: { status: 422, title: 'The loss is no longer a finite number', retriable: false },
  collapsed: { status: 422, title: 'The features of all images became alike', retriable: false },
  outOfMemory: { status: 507, title: 'The trainer ran out of memory', retriable: false },
  crashLoop: { status: 500, title: 'The trainer died again and again without progress', retriable: false },
  stuck: { status: 500, title: 'The trainer made no step for too long', retriable: true },
  trainerCrashed: { status: 500, title: 'The trainer process died', retriable: true },
  leaseLost: { status: 409, title: 'The attempt lost its lease', retriable: true },
  deadlineExceeded: { status: 408, title: 'The job did not end before its deadline', retriable: false },
} as const satisfies Record<string, { status: number; title: string; retriable: boolean }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** One part of what is wrong: `path` is the field (`training.epochs`), file or row that it concerns. */
export type ErrorDetail = { path: string; message: string };

/** An error with a code of the catalogue. `message` says what is wrong and, where possible, what to do. */
export class ScionError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];

  constructor(code: ErrorCode, message: string, options: { details?: readonly ErrorDetail[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ScionError';
    this.code = code;
    this.details = options.details ?? [];
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }

  get retriable(): boolean {
    return errorCatalogue[this.code].retriable;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
