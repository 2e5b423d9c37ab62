export * from './batch-norm.ts';
export * from './classification-loss.ts';
export * from './compute-values.ts';
export * from './fused.ts';
export * from './image-transform.ts';
export * from './philox.ts';
export * from './random.ts';
