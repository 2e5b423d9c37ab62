export * from './artifact-store-contract.ts';
export * from './file-faults.ts';
export * from './flaky-proxy.ts';
export * from './versitygw.ts';
