export { openDevice } from '@scion/engine';
export * from './catalog.ts';
export { createNetwork } from './network.ts';
export { createPredictor, PredictInputError, type Predictor } from './predictor.ts';
export { recordStep } from './run/record-step.ts';
export { stepProgramOptions } from './run/step-program.ts';
export { type TrainOptions, train } from './run/train.ts';
export { createTrainingStep, type TrainingStepOptions } from './run/training-step.ts';
export { type TrainLocallyOptions, trainLocally } from './train-locally.ts';
