import { createTrainingStep, openDevice } from '@scion/trainer';
import { engineModels } from './engine-models.ts';
import { answerWithStepTimes, precisionOf, supervisedJob, syntheticTraining } from './synthetic-training.ts';

/**
 * Child of bench:engine, our side: `engine-steps MODEL THREADS` reads {"variant": "float32", "steps": 5} lines, runs that many training steps
 * on the same made-up batch and answers {"ms": […]}, as test/parity/step_speed.py does.
 */
const [name = '', threads = '2'] = process.argv.slice(2);
const model = engineModels.find(({ id }) => id === name);
if (!model) throw new Error(`No such model: ${name}`);
const { backbone, side, batch: batchSize } = model;
await openDevice({ threads: Number(threads) });

function createStep(variant: string): () => void {
  const { batch, ...training } = syntheticTraining(supervisedJob(backbone, batchSize), { side, batchSize });
  const step = createTrainingStep({ ...training, compile: true });
  const startedAt = performance.now();
  step.begin(precisionOf(variant));
  console.error(`${name} ${variant}: recorded in ${((performance.now() - startedAt) / 1000).toFixed(2)} s`);
  let count = 0;
  return () => void step.run(batch, { step: count++, learningRate: 0.001 });
}

const steps = new Map<string, () => void>();
await answerWithStepTimes((variant) => {
  const step = steps.get(variant) ?? createStep(variant);
  steps.set(variant, step);
  return step;
});
