import { decodeImage, type Size } from '@scion/data';
import { computeValues, openDevice } from '@scion/engine';
import { type ParameterSource, type Prediction, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkDescription } from './artifact/manifest.ts';
import { readStartFolder } from './artifact/parameter-folder.ts';
import { createPipeline } from './augment/pipeline.ts';
import { createModelCache } from './model-cache.ts';
import { createNetwork, importParameters, modelParameters, type Network, predictRows } from './network.ts';

type LoadedModel = { network: Network; description: NetworkDescription; dispose(): void };

const predictionBatch = 64;

/** An image that cannot be predicted, by its place in the request. */
export class PredictInputError extends ScionError {
  readonly index: number;

  constructor(index: number, cause: ScionError) {
    super('inputInvalid', `Input ${index}: ${cause.message}`, {
      cause,
      details: [{ path: `inputs.${index}.image`, message: cause.message }],
    });
    this.index = index;
  }
}

export type Predictor = {
  /** Encoded images → one prediction each, in order. Throws PredictInputError for the first that cannot be decoded. */
  predict(model: ParameterSource, images: readonly Uint8Array[], topK: number): Promise<Prediction[]>;
};

/** Predicts with models and checkpoints of a store; the `keep` last used stay in memory. */
export async function createPredictor(store: ArtifactStore, { keep = 4 }: { keep?: number } = {}): Promise<Predictor> {
  await openDevice();
  const models = createModelCache({ keep, load: (key) => loadModel(store, key) });
  return {
    predict: ({ key }, images, topK) =>
      models.use(key, async ({ network, description }) => {
        const predictions: Prediction[] = [];
        for (let start = 0; start < images.length; start += predictionBatch) {
          const pixels = await decodeBatch(images.slice(start, start + predictionBatch), start, description);
          predictions.push(...predictBatch(network, pixels, topK));
        }
        return predictions;
      }),
  };
}

async function loadModel(store: ArtifactStore, key: string): Promise<LoadedModel> {
  const { manifest, parameters } = await readStartFolder(store, key);
  if ('imported' in manifest)
    throw new ScionError('noClasses', 'The model is an imported backbone, which knows no classes: finetune from it');
  const { network: description } = manifest;
  const network = createNetwork(description.spec, description.classNames, description);
  try {
    importParameters(network, modelParameters(network), parameters);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return { network, description, dispose: network.dispose };
}

async function decodeBatch(
  images: readonly Uint8Array[],
  start: number,
  { spec, decodedShape: [height, width, channels], decodesFirst }: NetworkDescription,
): Promise<tf.Tensor4D> {
  const part = decodesFirst ? createPipeline(spec.augment).decoding?.evaluateBox : undefined;
  const partOf = part && ((whole: Size) => part([whole.height, whole.width]));
  const decoded = await Promise.all(
    images.map((bytes, offset) =>
      decodeImage(bytes, { height, width, channels: channels === 1 ? 1 : 3, partOf }).catch((error: unknown) => {
        throw error instanceof ScionError ? new PredictInputError(start + offset, error) : error;
      }),
    ),
  );
  const pixels = new Uint8Array(decoded.length * height * width * channels);
  for (const [index, image] of decoded.entries()) pixels.set(image, index * height * width * channels);
  return tf.tensor4d(pixels, [decoded.length, height, width, channels], 'int32');
}

function predictBatch(network: Network, pixels: tf.Tensor4D, topK: number): Prediction[] {
  const { task } = network;
  const count = pixels.shape[0];
  const rows = computeValues(() => predictRows(network, pixels));
  pixels.dispose();
  return Array.from({ length: count }, (_, example) =>
    task.tell(rows.subarray(example * task.headWidth, (example + 1) * task.headWidth), topK),
  );
}
