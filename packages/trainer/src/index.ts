export * from './catalog.ts';
export { createPredictor, PredictInputError, type Predictor } from './predictor.ts';
export { type TrainOptions, train } from './run/train.ts';
export { type TrainLocallyOptions, trainLocally } from './train-locally.ts';
