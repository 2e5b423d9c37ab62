import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Job } from '@scion/schema';
import { eventually } from '../support/eventually.ts';
import { endless, shapesJob, startServerWithShapes } from '../support/shapes-server.ts';

test('a running server', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const { client, dataDir } = server;

  await t.test('runs three jobs submitted at once one after another, and answers quickly all the while', async () => {
    const names = ['first', 'second', 'third'];
    const submitted: Job[] = [];
    for (const name of names) submitted.push(await client.jobs.create(shapesJob({ dataset, name, epochs: 3 })));
    const answersMs: number[] = [];
    const ended = await eventually('all three have ended', async () => {
      const startedMs = performance.now();
      const jobs = await Promise.all(submitted.map(({ id }) => client.jobs.get(id)));
      answersMs.push((performance.now() - startedMs) / jobs.length);
      assert.ok(jobs.filter(({ state }) => state === 'running').length <= 1, 'one slot runs one job');
      return jobs.every(({ state }) => state === 'succeeded') ? jobs : null;
    });
    for (const [before, after] of [ended.slice(0, 2), ended.slice(1, 3)]) {
      assert.ok(
        before?.finishedAt && after?.startedAt && before.finishedAt <= after.startedAt,
        'they run in the order submitted',
      );
    }
    const median = answersMs.sort((a, b) => a - b)[Math.floor(answersMs.length / 2)];
    // Milliseconds on a quiet machine; a trainer in the API's own process would hold answers up for whole epochs.
    t.diagnostic(`the median answer took ${median?.toFixed(1)} ms`);
    assert.ok(median !== undefined && median < 1000, `the median answer took ${median} ms`);
  });

  await t.test('learns the shapes, and keeps in the artifact folder what the API says', async () => {
    const { id } = await client.jobs.create(shapesJob({ dataset, name: 'shapes', epochs: 12 }));
    const job = await client.jobs.waitFor(id, { pollMs: 100 });
    assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
    assert.ok((job.result?.metrics['test/accuracy'] ?? 0) > 0.9, JSON.stringify(job.result));

    const folder = join(dataDir, 'artifacts', 'jobs', id);
    const status = await eventually('status.json tells the end', async () => {
      const found = Job.parse(JSON.parse(await readFile(join(folder, 'status.json'), 'utf8')));
      return found.state === 'succeeded' ? found : null;
    });
    const { queue: _, ...stored } = status;
    const { queue: __, ...answered } = await client.jobs.get(id);
    assert.deepEqual(stored, answered);

    const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { data } = await client.jobs.metrics(id);
    for (const [name, { step, value }] of Object.entries(data)) {
      const points = lines.filter(({ values }) => name in values);
      assert.deepEqual([points.map((point) => point.step), points.map(({ values }) => values[name])], [step, value], name);
    }

    const checkpoints = (await client.jobs.checkpoints(id)).data;
    assert.equal(checkpoints.length, 2, 'the two newest stay');
    assert.deepEqual((await readdir(join(folder, 'checkpoints'))).sort(), checkpoints.map((checkpoint) => checkpoint.id).sort());
  });

  await t.test('cancels a running job within a step and starts the next one', async () => {
    const running = await client.jobs.create(shapesJob({ dataset, name: 'to be cancelled', epochs: endless }));
    const next = await client.jobs.create(shapesJob({ dataset, name: 'next', epochs: 1 }));
    await eventually('it makes progress', async () => ((await client.jobs.get(running.id)).progress.step > 0 ? true : null));
    await client.jobs.cancel(running.id);
    const cancelled = await client.jobs.waitFor(running.id, { pollMs: 20 });
    assert.equal(cancelled.state, 'cancelled');
    assert.ok(cancelled.progress.fraction < 0.5, 'long before its end');
    assert.equal((await client.jobs.waitFor(next.id, { pollMs: 50 })).state, 'succeeded');
  });

  await t.test('cancels a waiting job at once', async () => {
    const running = await client.jobs.create(shapesJob({ dataset, name: 'in front', epochs: endless }));
    const waiting = await client.jobs.create(shapesJob({ dataset, name: 'waiting', epochs: 1 }));
    assert.equal((await client.jobs.cancel(waiting.id)).state, 'cancelled');
    await client.jobs.cancel(running.id);
    assert.equal((await client.jobs.waitFor(running.id, { pollMs: 20 })).state, 'cancelled');
  });
});
