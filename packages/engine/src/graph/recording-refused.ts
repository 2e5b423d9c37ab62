import { describeCaller } from './source-line.ts';

/** A step that cannot be recorded: the message names the op and the line of the step that asked for it. */
export class RecordingRefused extends Error {}

/** Draw from TensorFlow's own generator, which no key sets. */
const unseeded = new Set([
  'RandomUniform',
  'RandomUniformInt',
  'RandomStandardNormal',
  'TruncatedNormal',
  'Multinomial',
  'RandomShuffle',
]);

const shapeFromValues = new Set([
  'Where',
  'Unique',
  'UniqueV2',
  'ListDiff',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
]);

const remedies = {
  reads: 'The step reads values back, which a graph cannot: return the tensor instead',
  random: 'The step draws random numbers that nobody could draw again: use rng.uniform or rng.normal',
  shape: 'The step makes a tensor whose shape depends on values, which a graph cannot',
  variable: 'The step uses, changes or makes a tf.Variable, which no graph knows of: declare it, and ask for it by name',
  asynchronous: 'The step is asynchronous: it must return its results at once',
} as const;

/** The refusal, with the op and the line that are asking now. */
export function refusal(problem: keyof typeof remedies): RecordingRefused {
  return new RecordingRefused(`${remedies[problem]} (${describeCaller()})`);
}

/** Why a TensorFlow op cannot stand in a graph that is to give the same again; null where it can. */
export function problemOfOp(op: string): 'random' | 'shape' | null {
  if (unseeded.has(op)) return 'random';
  return shapeFromValues.has(op) ? 'shape' : null;
}
