import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '@scion/jobs/testkit';
import type { Dataset } from '@scion/schema';
import { type S3Server, startS3Server, whyNoS3Server } from '@scion/storage/testkit';
import { openWorkshop, type Workshop } from '../supervisor.fixture.ts';

const fileName = 'train-images-idx3-ubyte';
const twoImages = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);

describe('data sets from S3', { skip: whyNoS3Server() }, () => {
  let s3: S3Server;
  let shop: Workshop;

  before(async () => {
    s3 = await startS3Server();
    shop = await openWorkshop();
    await shop.start({ s3Imports: { places: [`${s3.bucket}/open`], access: s3.accessVia() } });
    for (const folder of ['open', 'closed']) {
      await mkdir(join(s3.bucketDir, folder, 'two images'), { recursive: true });
      await writeFile(join(s3.bucketDir, folder, 'two images', fileName), twoImages);
    }
  });
  after(async () => {
    await shop?.close();
    await s3?.stop();
  });

  const add = async (url: string): Promise<Dataset> => {
    const source = { type: 'url', url } as const;
    const { id } = await shop.services.datasets.create({ source, format: 'auto', fileName: 'upload', sizeBytes: 0 });
    return await eventually(async () => {
      const dataset = await shop.services.datasets.get(id);
      return dataset.state !== 'validating' && dataset;
    }, 60_000);
  };

  it('are fetched from the places that the operator allowed, with no keys in the process that reads them', async () => {
    const dataset = await add(`s3://${s3.bucket}/open/two%20images/${fileName}`);
    assert.equal(dataset.state, 'ready', JSON.stringify(dataset.error));
    assert.deepEqual([dataset.fileName, dataset.splits['train']?.examples], [fileName, 2]);
    assert.equal(dataset.source.type === 'url' && dataset.source.url, `s3://${s3.bucket}/open/two%20images/${fileName}`);
  });

  it('are not fetched from elsewhere', async () => {
    for (const url of [
      `s3://${s3.bucket}/closed/two%20images/${fileName}`,
      `s3://${s3.bucket}/open/..%2Fclosed/two%20images/${fileName}`,
      's3://other/x',
    ]) {
      const { state, error } = await add(url);
      assert.deepEqual([state, error?.code], ['invalid', 'sourceForbidden'], url);
    }
  });

  it('that are not there are told without what the address grants', async () => {
    const { state, error } = await add(`s3://${s3.bucket}/open/missing.csv`);
    assert.deepEqual([state, error?.code], ['invalid', 'sourceUnavailable']);
    assert.match(error?.message ?? '', /open\/missing\.csv could not be fetched: the server answered 404$/);
    assert.doesNotMatch(error?.message ?? '', /Signature|Credential/);
  });
});
