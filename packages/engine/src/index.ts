export * from './device.ts';
export * from './doctor.ts';
export { onDevice } from './graph/device-scope.ts';
export {
  type Build,
  createProgram,
  type Precision,
  type Program,
  type ProgramFunction,
  type VariableSpec,
} from './graph/program.ts';
export { RecordingRefused } from './graph/recording-refused.ts';
export { cpuEmulatesLowPrecision, measurePrecisions, type PrecisionTimes } from './measure-precisions.ts';
export * from './ops/index.ts';
export * from './runtime/install.ts';
export * from './runtime/locate.ts';
export * from './runtime/runtime-unavailable.ts';
export type { SelfTestResult } from './self-test.ts';
