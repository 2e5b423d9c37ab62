import { createProgram, type ProgramFunction } from '@scion/engine';
import { openDevice, recordStep, stepProgramOptions } from '@scion/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { median, quantile } from './statistics.ts';
import { supervisedJob, syntheticTraining } from './synthetic-training.ts';

/** `npm run bench:overhead`: what a call into a recorded graph costs beside its ops, and how long recording ResNet-18 takes. */
const calls = 5000;
const warmUpCalls = 200;
const recordings = 3;
const atMost = { callUs: 1000, recordingMs: 5000, graphBytes: 1_000_000 };

const device = await openDevice({ threads: 2 });
if (!device.backend.startsWith('tensorflow')) throw new Error(`Programs run on TensorFlow; here it is ${device.description}`);
console.log(device.description);

const addOne: OneOp = { input: { dtype: 'float32', shape: [] }, op: (x) => tf.add(x, 1) };
/** What comes back is one number, so that the way of the batch into TensorFlow is what is measured. */
const firstPixel: OneOp = {
  input: { dtype: 'uint8', shape: [100, 32, 32, 3] },
  op: (x) => tf.slice(x, [0, 0, 0, 0], [1, 1, 1, 1]),
};
const verdicts = [
  judgeCalls('one op on a number', callTimes(addOne, Float32Array.of(1))),
  judgeCalls('one op on a batch of 100×32×32×3 bytes', callTimes(firstPixel, new Uint8Array(100 * 32 * 32 * 3).fill(7))),
  ...judgeRecordings(),
];
process.exitCode = verdicts.includes(false) ? 1 : 0;

type OneOp = { input: ProgramFunction['inputs'][string]; op: (x: tf.Tensor) => tf.Tensor };

/** Microseconds of each call of a program that is one op. */
function callTimes({ input: spec, op }: OneOp, values: Float32Array | Uint8Array): number[] {
  const program = createProgram({
    variables: [],
    functions: { run: { inputs: { x: spec }, build: ({ input }) => ({ y: op(input('x')) }) } },
  });
  const call = () => {
    const startedAt = performance.now();
    program.run('run', { x: values });
    return 1000 * (performance.now() - startedAt);
  };
  for (let warmUp = 0; warmUp < warmUpCalls; warmUp++) call();
  const us = Array.from({ length: calls }, call);
  program.dispose();
  return us;
}

function judgeCalls(what: string, us: readonly number[]): boolean {
  const at = (share: number) => quantile(us, share).toFixed(0);
  const spread = `${at(0.25)} to ${at(0.75)} in the middle half, 99 % under ${at(0.99)}, n = ${us.length}`;
  return judge(`a call, ${what}: ${median(us).toFixed(0)} µs (${spread})`, median(us), atMost.callUs);
}

/** Records the training step of ResNet-18 at 32×32, batch 64, a few times: the first is what a job waits for. */
function judgeRecordings(): boolean[] {
  const batchSize = 64;
  const { batch: _, ...training } = syntheticTraining(supervisedJob({ type: 'resnet18' }, batchSize), { side: 32, batchSize });
  const recorded = Array.from({ length: recordings }, () => {
    const startedAt = performance.now();
    const program = recordStep(stepProgramOptions(training));
    const ms = performance.now() - startedAt;
    program.dispose();
    return { ms, bytes: program.size.bytes };
  });
  training.network.dispose();
  const [{ ms, bytes } = { ms: Number.NaN, bytes: Number.NaN }, ...later] = recorded;
  const after = later.map((one) => (one.ms / 1000).toFixed(2)).join(', ');
  return [
    judge(`recording resnet18: ${(ms / 1000).toFixed(2)} s at first, then ${after} s`, ms, atMost.recordingMs),
    judge(`graph of resnet18's training step: ${bytes} bytes`, bytes, atMost.graphBytes),
  ];
}

function judge(what: string, value: number, wanted: number): boolean {
  const holds = value < wanted;
  console.log(`${holds ? 'holds ' : 'missed'}  ${what}, wanted less than ${wanted}`);
  return holds;
}
