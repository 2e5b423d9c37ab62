import { artifactKeys, type EmbeddingMap, type JobArtifactKind, type TrainerReport, type TrainRun } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import * as tf from '@tensorflow/tfjs-core';
import type { LabelledFeatures } from '../evaluate/labelled-features.ts';
import { layOut, mapNeighbours } from '../evaluate/pictures/embedding-map.ts';
import { drawSheet, type Tile } from '../evaluate/pictures/image-sheet.ts';
import { chooseNeighbours, frameOf } from '../evaluate/pictures/neighbour-sheet.ts';
import { evenlySpaced } from '../evenly-spaced.ts';
import type { ImageShape } from '../models/define-backbone.ts';
import { drawImages, evaluateOutputs, type Network } from '../network.ts';
import type { ExampleSet, RunData } from './examples.ts';
import { breathe } from './stop-signal.ts';
import type { TrainingStep } from './training-step.ts';

type Options = {
  run: TrainRun;
  store: ArtifactStore;
  report: (report: TrainerReport) => void;
  signal: AbortSignal;
  data: RunData;
  network: Network;
  trainingStep: TrainingStep;
  progress: { goesOn(): void };
};

/** What is drawn, ready to be written. */
type File = { kind: JobArtifactKind; mediaType: string; extension: string; body: Uint8Array | string };
type Drawn = { network: Network; examples: ExampleSet; data: RunData; goOn: () => Promise<boolean> };

/** Examples of the evaluated split that are drawn, at most, and looked at in one go. */
const mostExamples = 1000;
const atOnce = 50;
const reconstructions = 8;

/**
 * Draws what there is to look at of the model as it is now: a map of the features of evaluated examples, the nearest neighbours of some,
 * and, of a method that draws, its drawings. It ends early, with less, once the run is to stop. A picture that cannot be drawn or
 * written is no reason to lose the run: that is said in a warning.
 */
export async function saveArtifacts(options: Options, at: { step: number; epoch: number }): Promise<void> {
  const { data, network, trainingStep, report, signal, progress } = options;
  if (!data.evaluate) return;
  const goOn = async () => {
    await breathe();
    progress.goesOn();
    return !signal.aborted;
  };
  trainingStep.pull();
  try {
    for await (const file of draw({ network, examples: data.evaluate, data, goOn })) await save(options, file, at);
  } catch (error) {
    const message = `Nothing is drawn of step ${at.step}: ${error instanceof Error ? error.message : String(error)}`;
    report({ type: 'event', event: 'run.warning', level: 'warn', message, data: { ...at } });
  }
}

async function save({ run, store, report }: Options, file: File, at: { step: number; epoch: number }): Promise<void> {
  const { kind, mediaType, extension, body } = file;
  const name = `${kind}-step-${at.step}.${extension}`;
  const stored = await store.put(artifactKeys.jobArtifact(run.job, name), body);
  report({ type: 'artifact', name, kind, mediaType, ...at, ...stored });
}

async function* draw(options: Drawn): AsyncGenerator<File> {
  const rows = await readFeatures(options);
  if (rows) {
    yield { kind: 'neighbour-sheet', mediaType: 'image/png', extension: 'png', body: await neighbourSheet(rows, options) };
    const map = await embeddingMap(rows, options);
    if (map) yield { kind: 'embedding-map', mediaType: 'application/json', extension: 'json', body: JSON.stringify(map) };
  }
  const sheet = await reconstructionSheet(options);
  if (sheet) yield { kind: 'reconstruction-sheet', mediaType: 'image/png', extension: 'png', body: sheet };
}

/** Features and labels of the examples that are drawn; null where the method's evaluator knows none, or once the run is to stop. */
async function readFeatures({ network, examples, data, goOn }: Drawn): Promise<LabelledFeatures | null> {
  const { features: wanted } = network.method.evaluator;
  if (!wanted) return null;
  const positions = evenlySpaced(examples.length, mostExamples);
  const { output, width } = wanted;
  const all = { features: new Float32Array(positions.length * width), labels: new Int32Array(positions.length), width };
  for (let start = 0; start < positions.length; start += atOnce) {
    if (!(await goOn())) return null;
    const { images, labels } = await examples.read(positions.subarray(start, start + atOnce));
    const outputs = tf.tidy(() => evaluateOutputs(network, tf.tensor4d(images, [labels.length, ...data.decodedShape], 'int32')));
    all.features.set(outputs[output]?.dataSync<'float32'>() ?? [], start * width);
    all.labels.set(labels, start);
    tf.dispose(outputs);
  }
  return all;
}

async function embeddingMap(rows: LabelledFeatures, { examples, data, goOn }: Drawn): Promise<EmbeddingMap | null> {
  const points = await layOut(rows, goOn);
  if (!points) return null;
  const positions = evenlySpaced(examples.length, mostExamples);
  const inSplit = points.map((point) => ({ ...point, row: examples.rows[positions[point.row] ?? 0] ?? 0 }));
  return { method: 'umap', neighbours: mapNeighbours, classNames: [...data.classNames], points: inSplit };
}

async function neighbourSheet(rows: LabelledFeatures, { examples, data }: Drawn): Promise<Buffer> {
  const positions = evenlySpaced(examples.length, mostExamples);
  const chosen = chooseNeighbours(rows);
  const { images } = await examples.read(chosen.flat().map((row) => positions[row] ?? 0));
  const tiles = tilesOf(images, data.decodedShape);
  return await drawSheet(
    chosen.map(([query = 0, ...others], sheetRow) => {
      const start = sheetRow * (others.length + 1);
      const framed = others.map((other, index) => ({
        ...tileAt(tiles, start + 1 + index),
        ...frameOf(rows.labels[query] ?? -1, rows.labels[other] ?? -1),
      }));
      return [tileAt(tiles, start), ...framed];
    }),
    data.decodedShape,
  );
}

/** An image, what the method is shown of it, and what it makes of that, row by row. */
async function reconstructionSheet({ network, examples, data, goOn }: Drawn): Promise<Buffer | null> {
  if (!network.method.draw || !(await goOn())) return null;
  const { images, labels } = await examples.read(evenlySpaced(examples.length, reconstructions));
  const drawing = tf.tidy(() => drawImages(network, tf.tensor4d(images, [labels.length, ...data.decodedShape], 'int32')));
  const [, ...shape] = drawing.given.shape;
  const columns = [drawing.given, drawing.shown, drawing.drawn].map((column) => {
    return tilesOf(
      Uint8Array.from(column.dataSync<'float32'>(), (value) => Math.round(255 * value)),
      shape,
    );
  });
  tf.dispose(drawing);
  const rows = Array.from(labels, (_, row) => columns.map((tiles) => tileAt(tiles, row)));
  return await drawSheet(rows, shape);
}

function tilesOf(images: Uint8Array, [height, width, channels]: ImageShape): Tile[] {
  const size = height * width * channels;
  return Array.from({ length: images.length / size }, (_, i) => ({ pixels: images.subarray(i * size, (i + 1) * size) }));
}

function tileAt(tiles: readonly Tile[], index: number): Tile {
  const tile = tiles[index];
  if (!tile) throw new Error(`A sheet asks for image ${index} of ${tiles.length}`);
  return tile;
}
