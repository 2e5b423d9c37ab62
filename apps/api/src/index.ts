export { createApp } from './app.ts';
export type { AppDependencies } from './app-dependencies.ts';
export type { App } from './app-instance.ts';
export { type ServerLimits, serverLimitsOf } from './limits/server-limits.ts';
export { createPredictor, type Predictor } from './prediction/predictor.ts';
