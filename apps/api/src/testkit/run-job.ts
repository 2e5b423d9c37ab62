import { eventually } from '@scion/jobs/testkit';
import { artifactKeys, type JobEvent, newId, parameterFiles } from '@scion/schema';
import type { TestApp } from './test-app.ts';

/** Takes a queued job to its end the way a worker does, through the real services: some metrics, a checkpoint, a model. */
export async function runJob({ services, store }: TestApp, jobId: string) {
  const attempt = await startAttempt(services, jobId);
  await attempt.progress(1, { 'train/loss': 1.5, 'test/accuracy': 0.5 });
  await attempt.progress(2, { 'train/loss': 1.25, 'test/accuracy': 0.625 });
  const checkpoint = newId('checkpoint');
  const key = artifactKeys.checkpoint(jobId, checkpoint);
  const file = await store.put(`${key}/${parameterFiles.parameters}`, `parameters of ${checkpoint}`);
  await attempt.report({ type: 'checkpoint', id: checkpoint, key, epoch: 1, step: 2, metrics: {}, ...file });
  const model = newId('model');
  const modelKey = artifactKeys.model(model);
  const modelFile = await store.put(`${modelKey}/${parameterFiles.parameters}`, `parameters of ${model}`);
  await attempt.report({
    type: 'model',
    id: model,
    key: modelKey,
    backbone: { type: 'convnet-small' },
    inputShape: [8, 8, 3],
    classNames: ['cat', 'dog'],
    parameterCount: 93_000,
    metrics: { 'test/accuracy': 0.625 },
    ...modelFile,
  });
  await services.attempts.finish(attempt.ref, { type: 'succeeded', model, metrics: { 'test/accuracy': 0.625 } }, []);
  return { checkpoint, model };
}

/** Claims a job as soon as it may start, as a worker does, and gives what reports about the attempt. */
export async function startAttempt(services: TestApp['services'], jobId: string) {
  const { ref } = await eventually(() => services.attempts.claim({ jobId, workerId: newId('worker'), leaseMs: 60_000 }));
  type Report = Parameters<typeof services.attempts.recordReport>[1];
  const report = (sent: Report) => services.attempts.recordReport(ref, sent);
  return {
    ref,
    report,
    event: (event: JobEvent['type'], message: string) => report({ type: 'event', event, level: 'info', message, data: {} }),
    progress: (step: number, values: Record<string, number>) =>
      report({
        type: 'progress',
        progress: { epoch: step / 2, epochs: 1, step, steps: 2, fraction: step / 2, etaSeconds: 1, imagesPerSecond: 100 },
        metrics: Object.entries(values).map(([name, value]) => ({ step, name, value })),
      }),
  };
}
