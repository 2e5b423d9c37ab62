import assert from 'node:assert/strict';
import type { ScionClient } from '@scion/client';
import type { MetricColumns } from '@scion/schema';

/** What a job has come to: the hash of its final parameters, and all that was measured on the way. */
export type Outcome = { sha256: string; metrics: MetricColumns['data'] };

export async function readOutcome(client: ScionClient, jobId: string): Promise<Outcome> {
  const job = await client.jobs.get(jobId);
  assert.equal(job.state, 'succeeded', `${job.name}: ${JSON.stringify(job.error)}`);
  const { data: models } = await client.models.list({ job: jobId });
  assert.deepEqual(
    models.map(({ id }) => id),
    [job.result?.model],
    `${job.name} has one model, that of its result`,
  );
  const { data } = await client.jobs.metrics(jobId);
  return { sha256: models[0]?.sha256 ?? '', metrics: data };
}

/** Bit for bit the same parameters, and each step measured once, with the same numbers. */
export function assertSameOutcome(actual: Outcome, quiet: Outcome, name: string): void {
  assert.deepEqual(Object.keys(actual.metrics).sort(), Object.keys(quiet.metrics).sort(), `${name}: the metrics`);
  for (const [metric, { step, value }] of Object.entries(quiet.metrics)) {
    assert.deepEqual(actual.metrics[metric]?.step, step, `${name}: the steps of ${metric}`);
    assert.deepEqual(actual.metrics[metric]?.value, value, `${name}: the values of ${metric}`);
  }
  assert.equal(actual.sha256, quiet.sha256, `${name}: the final parameters`);
}

/** Each attempt that went on did so from the newest checkpoint that was not passed over as damaged. */
export async function assertResumedFromNewest(client: ScionClient, jobId: string, damaged: ReadonlySet<string>): Promise<void> {
  const saved = new Map<string, number>();
  let after: string | undefined;
  do {
    const page = await client.jobs.listEvents(jobId, { limit: 1000, ...(after === undefined ? {} : { after }) });
    for (const { type, data } of page.data) {
      const id = String(data['checkpoint']);
      if (type === 'checkpoint.saved') saved.set(id, Number(data['step']));
      if (type !== 'attempt.resumed') continue;
      const newest = Math.max(...[...saved].filter(([checkpoint]) => !damaged.has(checkpoint)).map(([, step]) => step));
      assert.ok(
        Number(data['step']) >= newest,
        `${jobId} went on from step ${data['step']}, with a checkpoint of step ${newest}`,
      );
    }
    after = page.nextAfter ?? undefined;
  } while (after !== undefined);
}
