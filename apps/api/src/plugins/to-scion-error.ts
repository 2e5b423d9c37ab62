import { type ErrorCode, ScionError } from '@scion/schema';

/** Fastify's own errors that a client causes, and what they are called in the catalogue. */
const frameworkErrors: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'bodyTooLarge',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupportedMediaType',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformedRequest',
  FST_ERR_BAD_URL: 'malformedRequest',
  FST_ERR_MAX_PARAM_LENGTH: 'notFound',
  FST_PARTS_LIMIT: 'uploadInvalid',
  FST_FILES_LIMIT: 'uploadInvalid',
  FST_FIELDS_LIMIT: 'uploadInvalid',
  FST_PROTO_VIOLATION: 'uploadInvalid',
  FST_INVALID_JSON_FIELD_ERROR: 'uploadInvalid',
  FST_MP_PREMATURE_CLOSE: 'uploadInvalid',
  FST_REQ_FILE_TOO_LARGE: 'bodyTooLarge',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'unsupportedMediaType',
  FST_ERR_REOPENED_CLOSE_SERVER: 'unavailable',
};

/** Errors of the operating system and of PostgreSQL (five characters) that mean: a part that we need is away, or full. */
const outageErrors: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  ETIMEDOUT: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
  ENOSPC: 'insufficientStorage',
  EDQUOT: 'insufficientStorage',
  '08006': 'unavailable', // connection failure
  '53300': 'unavailable', // too many connections
  '57P01': 'unavailable', // administrator shut it down
  '57P02': 'unavailable', // crash shutdown
  '57P03': 'unavailable', // cannot connect now: it is starting
  '53100': 'insufficientStorage', // disk full
};

const longestCauseChain = 8;

/** The catalogue's view of any error that a request ran into; `internal` for what nobody foresaw. */
export function toScionError(error: unknown): ScionError {
  let current = error;
  for (let depth = 0; depth < longestCauseChain && current instanceof Error; depth++) {
    if (current instanceof ScionError) return current;
    const code = 'code' in current && typeof current.code === 'string' ? current.code : '';
    const clientCode = frameworkErrors[code];
    if (clientCode !== undefined) return new ScionError(clientCode, current.message, { cause: error });
    const outage = outageErrors[code];
    if (outage === 'unavailable') {
      return new ScionError(outage, 'A part of the server is not reachable; try again in a moment', { cause: error });
    }
    if (outage !== undefined)
      return new ScionError(outage, 'The server has no room left; remove data sets or models', { cause: error });
    current = current.cause;
  }
  return new ScionError('internal', 'Unforeseen error', { cause: error });
}
