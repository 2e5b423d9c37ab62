import { type Prediction, ScionError } from '@scion/schema';
import { type PredictionInputs, type PredictorChildOptions, startPredictorChild } from './predictor-child.ts';

export type Predictor = {
  /**
   * Classifies images, one prediction each, in order. Any number of requests may be in flight.
   *
   * @throws ScionError `inputInvalid` with the path of the input that is no image; `unavailable` where the process cannot start or
   * died, or took too long. The next request starts a fresh one.
   */
  predict(inputs: PredictionInputs): Promise<Prediction[]>;
  /** Ends the process. What is in flight is refused. */
  close(): Promise<void>;
};

/** Runs models in a process of its own, started at the first request, so that the API never loads the engine and survives its death. */
export function createPredictor(options: PredictorChildOptions): Predictor {
  let child: ReturnType<typeof startPredictorChild> | null = null;
  let isClosed = false;

  return {
    async predict(inputs) {
      if (isClosed) throw new ScionError('unavailable', 'The server is shutting down');
      if (child === null || child.hasEnded()) child = startPredictorChild(options);
      return await child.predict(inputs);
    },

    async close() {
      isClosed = true;
      await child?.stop();
    },
  };
}
