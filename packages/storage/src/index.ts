export * from './artifact-store.ts';
export * from './file-system-store.ts';
export * from './job-mirror.ts';
export * from './open-artifact-store.ts';
export { isInPlaces } from './s3/import-places.ts';
export * from './s3/s3-location.ts';
export { s3SignedUrl } from './signed-s3-url.ts';
export * from './storage-options.ts';
