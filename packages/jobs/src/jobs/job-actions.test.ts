import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { actionsIn, type ErrorCode, type Job, JobAction, JobState, jobActions, newId, ScionError } from '@scion/schema';
import { createTestServices, exampleSpec, type TestServices } from '../testkit/index.ts';
import type { JobCommand } from './job-actions.ts';

let scion: TestServices;
let dataset: string;

before(async () => {
  scion = await createTestServices();
  dataset = await scion.addReadyDataset();
});
after(() => scion.close());

const hasCode = (code: ErrorCode) => (error: unknown) => error instanceof ScionError && error.code === code;

const submit = async (overrides: Parameters<typeof exampleSpec>[1] = {}): Promise<string> => {
  const spec = exampleSpec(dataset, { training: { epochs: 10, optimizer: { type: 'sgd', learningRate: 1 } }, ...overrides });
  return (await scion.services.jobs.submit({ spec })).job.id;
};
const get = (jobId: string) => scion.services.jobs.get(jobId);
const act = async (jobId: string, command: JobCommand) => (await scion.services.jobs.act(jobId, command)).job;
const eventTypesOf = async (jobId: string) =>
  (await scion.services.jobs.listEvents(jobId, { limit: 100 })).data.map(({ type }) => type);

async function claim(jobId: string) {
  const claimed = await scion.services.attempts.claim({ jobId, workerId: 'wkr_test', leaseMs: 60_000 });
  assert.ok(claimed, 'the job waits');
  return claimed;
}

type Ref = Awaited<ReturnType<typeof claim>>['ref'];

async function saveCheckpoint(ref: Ref, step = 10): Promise<string> {
  const id = newId('checkpoint');
  const key = `jobs/${ref.jobId}/checkpoints/${id}`;
  const file = { sizeBytes: 100, sha256: 'c'.repeat(64) };
  await scion.services.attempts.recordReport(ref, { type: 'checkpoint', id, key, epoch: step / 10, step, metrics: {}, ...file });
  return id;
}

async function succeed(ref: Ref, stoppedAt?: { step: number; epoch: number }): Promise<string> {
  const model = newId('model');
  await scion.services.attempts.recordReport(ref, {
    type: 'model',
    id: model,
    key: `models/${model}`,
    backbone: { type: 'reference-net' },
    inputShape: [8, 8, 3],
    classNames: [],
    parameterCount: 1,
    metrics: {},
    sizeBytes: 4,
    sha256: 'd'.repeat(64),
  });
  const outcome = { type: 'succeeded', model, metrics: {}, ...(stoppedAt ? { stoppedAt } : {}) } as const;
  await scion.services.attempts.finish(ref, outcome, []);
  return model;
}

/** A job in each state, with a checkpoint where one can have been saved. */
const inState: Record<JobState, () => Promise<string>> = {
  blocked: async () => submit({ dependsOn: [await submit()] }),
  queued: async () => {
    const jobId = await inState.paused();
    await act(jobId, { action: 'resume' });
    return jobId;
  },
  running: async () => (await startedJob()).jobId,
  retrying: async () => {
    const ref = await startedJob();
    await scion.services.attempts.finish(ref, { type: 'stopped', reason: 'drain' }, []);
    return ref.jobId;
  },
  paused: async () => {
    const ref = await startedJob();
    await act(ref.jobId, { action: 'pause' });
    await scion.services.attempts.finish(ref, { type: 'stopped', reason: 'pause' }, []);
    return ref.jobId;
  },
  succeeded: async () => {
    const ref = await startedJob();
    await succeed(ref);
    return ref.jobId;
  },
  failed: async () => {
    const ref = await startedJob();
    await scion.services.attempts.finish(ref, { type: 'failed', code: 'diverged', message: 'NaN.' }, []);
    return ref.jobId;
  },
  cancelled: async () => {
    const jobId = await submit();
    await act(jobId, { action: 'cancel' });
    return jobId;
  },
};

async function startedJob(): Promise<Ref> {
  const { ref } = await claim(await submit());
  await saveCheckpoint(ref);
  return ref;
}

const commandOf = (action: JobAction): JobCommand => {
  if (action === 'retry') return { action, from: 'checkpoint' };
  return action === 'extend' ? { action, epochs: 20 } : { action };
};

/** Takes the job to where the action leads: the part that its trainer has in it. */
async function letTrainerFollow(job: Job): Promise<void> {
  const { id: jobId, attempt, stopRequested } = job;
  if (stopRequested === null) return;
  const ref = job.state === 'running' ? { jobId, attempt } : (await claim(jobId)).ref;
  if (stopRequested === 'keep') await succeed(ref, { step: 10, epoch: 1 });
  else
    await scion.services.attempts.finish(ref, { type: 'stopped', reason: stopRequested === 'cancel' ? 'cancel' : 'pause' }, []);
}

suite('what each action does in each state', () => {
  for (const state of JobState.options) {
    for (const action of JobAction.options) {
      const next = (jobActions[action] as Partial<Record<JobState, JobState>>)[state];
      test(`${action} when ${state}: ${next ?? 'refused'}`, async () => {
        const jobId = await inState[state]();
        assert.equal((await get(jobId)).state, state);
        if (next !== undefined) {
          await letTrainerFollow(await act(jobId, commandOf(action)));
          const job = await get(jobId);
          assert.deepEqual([job.state, job.stopRequested], [next, null]);
          return;
        }
        const before = await get(jobId);
        await assert.rejects(act(jobId, commandOf(action)), (error) => {
          assert.ok(hasCode('conflict')(error) && error instanceof ScionError);
          assert.match(error.message, new RegExp(`is ${state}`));
          assert.equal(error.details[0]?.message, `${state}; possible: ${actionsIn(state).join(', ')}`);
          return true;
        });
        assert.deepEqual(await get(jobId), before);
      });
    }
  }
});

suite('pausing', () => {
  test('a job that would be tried again is paused instead, also where its trainer died', async () => {
    const ref = await startedJob();
    await act(ref.jobId, { action: 'pause' });
    await scion.services.attempts.attemptDied(ref, { code: 'trainerCrashed', message: 'It died.', logTail: [] });
    const { state, nextTryAt } = await get(ref.jobId);
    assert.deepEqual([state, nextTryAt], ['paused', null]);
    assert.deepEqual((await eventTypesOf(ref.jobId)).slice(-2), ['attempt.lost', 'job.paused']);
  });

  test('a job that ends before its trainer hears of it has ended', async () => {
    const ref = await startedJob();
    await act(ref.jobId, { action: 'pause' });
    await succeed(ref);
    assert.equal((await get(ref.jobId)).state, 'succeeded');
  });

  test('a paused job is not claimed; a resumed one goes on from its checkpoint', async () => {
    const { ref } = await claim(await submit());
    const checkpoint = await saveCheckpoint(ref);
    await act(ref.jobId, { action: 'pause' });
    await scion.services.attempts.finish(ref, { type: 'stopped', reason: 'pause' }, []);
    assert.equal(await scion.services.attempts.claim({ jobId: ref.jobId, workerId: 'wkr_test', leaseMs: 1 }), null);
    await act(ref.jobId, { action: 'resume' });
    assert.ok((await scion.queue.entryIds('job')).waiting.has(ref.jobId));
    assert.deepEqual(
      (await claim(ref.jobId)).run.resumeFrom.map(({ id }) => id),
      [checkpoint],
    );
  });

  test('a paused job that waited for another goes back to waiting for it', async () => {
    const first = await submit();
    const second = await submit({ dependsOn: [first] });
    await act(second, { action: 'pause' });
    assert.equal((await act(second, { action: 'resume' })).state, 'blocked');
    await act(second, { action: 'pause' });
    await succeed((await claim(first)).ref);
    assert.equal((await get(second)).state, 'paused');
    assert.equal((await act(second, { action: 'resume' })).state, 'queued');
  });
});

suite('stopping and keeping', () => {
  test('the result says where', async () => {
    const ref = await startedJob();
    assert.equal((await act(ref.jobId, { action: 'stop' })).stopRequested, 'keep');
    const model = await succeed(ref, { step: 12, epoch: 1.2 });
    assert.deepEqual((await get(ref.jobId)).result, { model, metrics: {}, stoppedAt: { step: 12, epoch: 1.2 } });
  });

  test('a wish that its trainer did not live to fulfil is left to the next one', async () => {
    const ref = await startedJob();
    await act(ref.jobId, { action: 'stop' });
    await scion.services.attempts.finish(ref, { type: 'stopped', reason: 'drain' }, []);
    const next = await claim(ref.jobId);
    assert.equal(next.stopRequested, 'keep');
    await succeed(next.ref, { step: 10, epoch: 1 });
    assert.equal((await get(ref.jobId)).state, 'succeeded');
  });

  test('there is nothing to keep of a job that has saved nothing', async () => {
    const jobId = await submit();
    await assert.rejects(act(jobId, { action: 'stop' }), hasCode('conflict'));
    assert.equal((await get(jobId)).state, 'queued');
  });
});

suite('one wish after another', () => {
  const wishes = ['pause', 'stop', 'cancel'] as const;

  for (const [first, earlier] of wishes.entries()) {
    for (const [second, later] of wishes.entries()) {
      test(`${later} after ${earlier}: ${second < first ? 'refused' : 'done'}`, async () => {
        const { jobId } = await startedJob();
        await act(jobId, { action: earlier });
        if (second < first) {
          await assert.rejects(act(jobId, { action: later }), hasCode('conflict'));
          return;
        }
        const { stopRequested } = await act(jobId, { action: later });
        assert.equal(stopRequested, later === 'stop' ? 'keep' : later);
        const events = (await eventTypesOf(jobId)).filter((type) => type === 'job.stopRequested');
        assert.equal(events.length, second === first ? 1 : 2);
      });
    }
  }
});

suite('retrying by hand', () => {
  test('goes on from the newest checkpoint, with nothing held against the job', async () => {
    const { ref } = await claim(await submit({ maxRestarts: 0, deadlineMinutes: 60 }));
    const checkpoint = await saveCheckpoint(ref);
    await scion.services.attempts.attemptDied(ref, { code: 'trainerCrashed', message: 'It died.', logTail: [] });
    const before = await get(ref.jobId);
    assert.deepEqual([before.state, before.error?.code], ['failed', 'trainerCrashed']);
    const job = await act(ref.jobId, { action: 'retry', from: 'checkpoint' });
    assert.deepEqual([job.state, job.error, job.finishedAt], ['queued', null, null]);
    const { run } = await claim(ref.jobId);
    assert.deepEqual([run.attempt, run.resumeFrom.map(({ id }) => id)], [2, [checkpoint]]);
  });

  test('or from the start, whatever was saved before', async () => {
    const jobId = await inState.failed();
    await act(jobId, { action: 'retry', from: 'start' });
    const { ref, run } = await claim(jobId);
    assert.deepEqual(run.resumeFrom, []);
    const saved = await saveCheckpoint(ref, 20);
    await scion.services.attempts.finish(ref, { type: 'stopped', reason: 'drain' }, []);
    assert.deepEqual(
      (await claim(jobId)).run.resumeFrom.map(({ id }) => id),
      [saved],
    );
  });

  test('is refused while a job that it depends on has failed, and names it', async () => {
    const first = await submit();
    const second = await submit({ dependsOn: [first] });
    await act(first, { action: 'cancel' });
    await assert.rejects(act(second, { action: 'retry', from: 'checkpoint' }), (error) => {
      return hasCode('dependencyFailed')(error) && error instanceof ScionError && error.details[0]?.path === first;
    });
    await act(first, { action: 'retry', from: 'checkpoint' });
    assert.equal((await act(second, { action: 'retry', from: 'checkpoint' })).state, 'blocked');
  });
});

suite('extending', () => {
  test('trains on from the newest checkpoint until the new length; the first model stays', async () => {
    const { ref } = await claim(await submit());
    const checkpoint = await saveCheckpoint(ref);
    const first = await succeed(ref);
    const job = await act(ref.jobId, { action: 'extend', epochs: 15 });
    assert.deepEqual([job.state, job.result], ['queued', null]);
    assert.deepEqual(job.spec['training'], { epochs: 15, optimizer: { type: 'sgd', learningRate: 1 } });
    const next = await claim(ref.jobId);
    assert.deepEqual(
      next.run.resumeFrom.map(({ id }) => id),
      [checkpoint],
    );
    const second = await succeed(next.ref);
    assert.equal((await get(ref.jobId)).result?.model, second);
    assert.equal((await scion.services.models.get(first)).model.job, ref.jobId);
  });

  test('to less than it has trained is refused', async () => {
    const { ref } = await claim(await submit());
    const progress = { epoch: 10, epochs: 10, step: 100, steps: 100, fraction: 1, etaSeconds: 0, imagesPerSecond: 1 };
    await scion.services.attempts.recordReport(ref, { type: 'progress', progress, metrics: [] });
    await succeed(ref);
    await assert.rejects(act(ref.jobId, { action: 'extend', epochs: 10 }), hasCode('validationFailed'));
  });
});

test('an action that is sent again with its Idempotency-Key is done once', async () => {
  const jobId = await inState.failed();
  const idempotency = { key: 'again', bodyHash: 'hash' };
  const answers = [];
  for (let i = 0; i < 2; i++) {
    answers.push(await scion.services.jobs.act(jobId, { action: 'retry', from: 'checkpoint' }, { idempotency }));
  }
  assert.deepEqual(
    answers.map(({ replayed, job }) => [replayed, job.state]),
    [
      [false, 'queued'],
      [true, 'queued'],
    ],
  );
  assert.equal((await eventTypesOf(jobId)).filter((type) => type === 'job.retried').length, 1);
});

test('of an action and the end of the job, whichever comes first counts, time after time', async () => {
  for (let round = 0; round < 10; round++) {
    const ref = await startedJob();
    const [cancelled] = await Promise.allSettled([act(ref.jobId, { action: 'cancel' }), succeed(ref)]);
    const { state } = await get(ref.jobId);
    assert.equal(state, cancelled.status === 'fulfilled' ? 'cancelled' : 'succeeded');
  }
});
