export * from './create-client.ts';
export type { DatasetFields, DatasetFilter } from './datasets.ts';
export type { FollowOptions } from './job-events.ts';
export type { JobFilter, JobRequest, PageOptions } from './jobs.ts';
export type { ModelFilter } from './models.ts';
export type { FileStream } from './multipart.ts';
export type { WaitOptions } from './poll.ts';
export { type FieldError, ScionApiError } from './scion-api-error.ts';
export type { CallOptions, TransportOptions } from './transport.ts';
