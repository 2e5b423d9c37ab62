import type { DatasetReport } from '@scion/schema';
import { createQueue } from '../queue/bullmq-queue.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import { createServices, type Services } from '../services.ts';
import { exampleReport } from './example-records.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

export type TestServices = TestDatabase & {
  services: Services;
  queue: WorkQueue;
  /** Adds a data set and takes it through validation. Returns its id. */
  addReadyDataset(report?: Partial<DatasetReport>): Promise<string>;
};

/** The real services, on a database of their own and a queue in it (or on a Redis). What they would only log fails the test. */
export async function createTestServices({
  redisUrl,
  trashDays,
  onError = (error) => {
    throw error;
  },
}: {
  redisUrl?: string;
  trashDays?: number;
  onError?: (error: unknown) => void;
} = {}): Promise<TestServices> {
  const testDatabase = await createTestDatabase();
  const { database, url } = testDatabase;
  const queue = await createQueue({ redisUrl, databaseUrl: url, prefix: `test-${process.pid}-${Date.now()}` });
  const services = createServices({ database, queue, onError, ...(trashDays === undefined ? {} : { trashDays }) });
  return {
    ...testDatabase,
    services,
    queue,
    async addReadyDataset(report = {}) {
      const dataset = await services.datasets.create({ format: 'auto', fileName: 'example.zip', sizeBytes: 1000 });
      const claimed = await services.validations.claim({ datasetId: dataset.id, workerId: 'wkr_test', leaseMs: 10_000 });
      if (!claimed) throw new Error(`${dataset.id} could not be claimed`);
      await services.validations.finish(claimed.ref, exampleReport(report));
      return dataset.id;
    },
    async close() {
      await services.close();
      await queue.close();
      await testDatabase.close();
    },
  };
}
