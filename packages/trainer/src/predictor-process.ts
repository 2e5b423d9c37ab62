import { PredictorRequest, type PredictorResponse, ScionError, Settings } from '@scion/schema';
import { openArtifactStore, storageOptionsOf } from '@scion/storage';
import { createPredictor, PredictInputError, type Predictor } from './predictor.ts';

/** The predictor process: forked by the API, which never loads an engine itself. Answers requests until its parent is gone. */
const predictors = new Map<string, Promise<Predictor>>();

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined); // the API decides when to end
process.on('message', (message: unknown) => void answer(PredictorRequest.parse(message)));
send({ type: 'ready' });

async function answer({ id, artifactsUrl, model, images, topK }: PredictorRequest): Promise<void> {
  try {
    const predictor = await predictorFor(artifactsUrl);
    const decoded = images.map((image) => Buffer.from(image, 'base64'));
    send({ type: 'predictions', id, predictions: await predictor.predict(model, decoded, topK) });
  } catch (error) {
    const index = error instanceof PredictInputError ? error.index : null;
    const code = error instanceof ScionError ? error.code : 'internal';
    send({ type: 'error', id, code, message: error instanceof Error ? error.message : String(error), index });
  }
}

function predictorFor(artifactsUrl: string): Promise<Predictor> {
  const predictor = predictors.get(artifactsUrl) ?? openPredictor(artifactsUrl);
  predictors.set(artifactsUrl, predictor);
  predictor.catch(() => predictors.delete(artifactsUrl));
  return predictor;
}

async function openPredictor(artifactsUrl: string): Promise<Predictor> {
  return createPredictor(await openArtifactStore(artifactsUrl, storageOptionsOf(Settings.parse(process.env))));
}

function send(message: PredictorResponse): void {
  process.send?.(message);
}
