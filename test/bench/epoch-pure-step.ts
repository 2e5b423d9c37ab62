import { createTrainingStep, openDevice } from '@scion/trainer';
import { batchSize, epochJob, learningRate } from './epoch-job.ts';
import { answerWithStepTimes, precisionOf, syntheticTraining } from './synthetic-training.ts';

/**
 * Child of bench:epoch, the step alone: `epoch-pure-step PRECISION THREADS` answers {"variant", "steps"} lines with the milliseconds of
 * that many steps, augmentation and all, on one batch that is in memory.
 */
const [precision = 'float32', threads = '2'] = process.argv.slice(2);
await openDevice({ threads: Number(threads) });

const { batch, ...training } = syntheticTraining(epochJob({ precision }), { side: 32, batchSize });
const step = createTrainingStep({ ...training, compile: true });
step.begin(precisionOf(precision));
let count = 0;
await answerWithStepTimes(() => () => void step.run(batch, { step: count++, learningRate }));
