export * from './artifact-store.ts';
export * from './file-system-store.ts';
export * from './job-mirror.ts';
export * from './open-artifact-store.ts';
