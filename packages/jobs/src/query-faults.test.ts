import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { StoredFiles } from './consistency/consistency-check.ts';
import type { Database } from './database/database.ts';
import { failQuery, type QueryFault, queryFaults } from './query-faults.fixture.ts';
import { createServices } from './services.ts';
import { createTestServices, eventually, exampleSpec, type TestServices } from './testkit/index.ts';

let scion: TestServices;
let dataset: string;

before(async () => {
  scion = await createTestServices({ onError: () => {} });
  dataset = await scion.addReadyDataset();
});
after(() => scion.close());

const nothingStored: StoredFiles = {
  list: async () => [],
  get: async () => null,
  openRead: async () => null,
  sizeOf: async () => null,
  remove: async () => {},
  appendMetrics: async () => {},
};

/** All that is said of records and the queue, after the reconciler has had its turn; there are no files in these tests. */
async function disagreements(): Promise<string[]> {
  await scion.services.reconciler.reconcile();
  const found = await scion.services.consistency.find({ files: nothingStored, deep: false, orphanAgeMs: 0, secondLookMs: 0 });
  return found.filter(({ code }) => code !== 'datasetDamaged').map(({ code, subject, detail }) => `${code} ${subject} ${detail}`);
}

const servicesOn = (database: Database) => createServices({ database, queue: scion.queue, onError: () => {} });

suite('every statement fails once, in each of four ways', () => {
  const submit = (database: Database, key: string) =>
    servicesOn(database).jobs.submit({
      spec: exampleSpec(dataset, { name: key, dependsOn: [] }),
      idempotency: { key, bodyHash: 'b'.repeat(64) },
    });

  for (const fault of queryFaults) {
    test(`of a submit: sent again, there is one job (${fault})`, async () => {
      const { url } = scion;
      const { statements } = await failQuery({ url, at: 0, fault }, (database) => submit(database, `${fault} 0`));
      assert.ok(statements > 5, `${statements} statements`);
      for (let at = 1; at <= statements; at++) {
        const key = `${fault} ${at}`;
        const { error } = await failQuery({ url, at, fault }, (database) => submit(database, key));
        const { job } = await submit(scion.database, key);
        const { rows } = await scion.database.pool.query('select id from jobs where name = $1', [key]);
        assert.deepEqual(rows, [{ id: job.id }], `statement ${at}, which ended with ${String(error)}`);
        await scion.services.jobs.act(job.id, { action: 'cancel' });
      }
      assert.deepEqual(await disagreements(), []);
    });

    test(`of a claim: the job runs once, or waits, and is run in the end (${fault})`, async () => {
      const claim = (database: Database, jobId: string) =>
        servicesOn(database).attempts.claim({ jobId, workerId: 'wkr_test', leaseMs: 1 });
      const { statements } = await onNewJob((id) => failed(fault, 0, (database) => claim(database, id)));
      assert.ok(statements > 5, `${statements} statements`);
      for (let at = 1; at <= statements; at++) {
        await onNewJob(async (id) => {
          const outcome = await failed(fault, at, (database) => claim(database, id));
          const claimed = await eventually(async () => {
            await scion.services.attempts.expireLeases();
            return scion.services.attempts.claim({ jobId: id, workerId: 'wkr_next', leaseMs: 60_000 });
          });
          const { rows } = await scion.database.pool.query(
            "select number from attempts where job_id = $1 and state = 'running'",
            [id],
          );
          assert.deepEqual(rows, [{ number: claimed.ref.attempt }], `statement ${at}`);
          await scion.services.jobs.act(id, { action: 'cancel' });
          await scion.services.attempts.finish(claimed.ref, { type: 'stopped', reason: 'cancel' }, []);
          return outcome;
        });
      }
      assert.deepEqual(await disagreements(), []);
    });
  }
});

const failed = (fault: QueryFault, at: number, operate: (database: Database) => Promise<unknown>) =>
  failQuery({ url: scion.url, at, fault }, operate);

async function onNewJob<T>(act: (jobId: string) => Promise<T>): Promise<T> {
  const { job } = await scion.services.jobs.submit({ spec: exampleSpec(dataset) });
  return act(job.id);
}
