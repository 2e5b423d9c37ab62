import type { BitReader } from './bit-reader.ts';

/** Coefficients of the fixed predictors, by order: of the sample before, of the one before that, … */
const fixedCoefficients = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const;

type Predictor = { coefficients: readonly number[]; shift: number };
type Size = { blockSize: number; bits: number };

/** The samples of one channel of a frame (RFC 9639, section 9.2). */
export function readSubframe(reader: BitReader, { blockSize, bits: statedBits }: Size): Int32Array {
  if (reader.read(1) !== 0) throw new Error('a part of a frame is damaged');
  const type = reader.read(6);
  const wasted = reader.read(1) === 1 ? reader.countZeros() + 1 : 0;
  const bits = statedBits - wasted;
  if (bits < 1) throw new Error('a part of a frame is damaged');
  const samples = readSamples(reader, type, { blockSize, bits });
  return wasted === 0 ? samples : samples.map((sample) => sample << wasted);
}

function readSamples(reader: BitReader, type: number, { blockSize, bits }: Size): Int32Array {
  const samples = new Int32Array(blockSize);
  if (type === 0) return samples.fill(reader.readSigned(bits));
  if (type === 1) return samples.map(() => reader.readSigned(bits));
  const order = type >= 32 ? type - 31 : type - 8;
  const fixed = fixedCoefficients[order];
  const isKnown = type >= 32 || (type >= 8 && fixed !== undefined);
  if (!isKnown || order > blockSize) throw new Error('a part of a frame is damaged');
  for (let i = 0; i < order; i++) samples[i] = reader.readSigned(bits);
  const predictor = type >= 32 ? readPredictor(reader, order) : { coefficients: fixed ?? [], shift: 0 };
  readResiduals(reader, samples, order);
  predict(samples, predictor);
  return samples;
}

function readPredictor(reader: BitReader, order: number): Predictor {
  const precision = reader.read(4) + 1;
  const shift = reader.readSigned(5);
  if (precision === 16 || shift < 0) throw new Error('a predictor is damaged');
  return { coefficients: Array.from({ length: order }, () => reader.readSigned(precision)), shift };
}

/** Adds to each residual what the samples before it let expect. */
function predict(samples: Int32Array, { coefficients, shift }: Predictor): void {
  const order = coefficients.length;
  const scale = 2 ** shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    // Up to 32 products of 15 and 25 bits: exact in floating point.
    for (let k = 0; k < order; k++) sum += (coefficients[k] ?? 0) * (samples[i - 1 - k] ?? 0);
    samples[i] = (samples[i] ?? 0) + Math.floor(sum / scale);
  }
}

/** Fills `samples` from position `order` on with residuals: partitions of Rice codes, or of plain numbers. */
function readResiduals(reader: BitReader, samples: Int32Array, order: number): void {
  const method = reader.read(2);
  if (method > 1) throw new Error('the coding of a residual is unknown');
  const parameterBits = method === 0 ? 4 : 5;
  const partitions = 1 << reader.read(4);
  const partitionSize = samples.length / partitions;
  if (!Number.isInteger(partitionSize) || partitionSize < order) throw new Error('the partitions of a residual do not fit');
  for (let end = partitionSize, at = order; end <= samples.length; end += partitionSize) {
    const parameter = reader.read(parameterBits);
    const plainBits = parameter === 2 ** parameterBits - 1 ? reader.read(5) : null;
    for (; at < end; at++) samples[at] = plainBits === null ? readRice(reader, parameter) : reader.readSigned(plainBits);
  }
}

function readRice(reader: BitReader, parameter: number): number {
  const folded = reader.countZeros() * 2 ** parameter + reader.read(parameter);
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}
