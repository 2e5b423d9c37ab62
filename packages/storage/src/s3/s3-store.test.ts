import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { ArtifactStore } from '../artifact-store.ts';
import { openArtifactStore } from '../open-artifact-store.ts';
import { describeArtifactStoreContract } from '../testkit/artifact-store-contract.ts';
import { type FlakyProxy, startFlakyProxy } from '../testkit/flaky-proxy.ts';
import { type S3Server, startS3Server, whyNoS3Server } from '../testkit/versitygw.ts';
import { createS3Client, defaultTimeouts, type S3Timeouts } from './s3-client.ts';
import { openS3Store } from './s3-store.ts';

describe('stores on S3', { skip: whyNoS3Server() }, () => {
  let server: S3Server;
  let scratch: string;
  let stores = 0;

  before(async () => {
    server = await startS3Server();
    scratch = await mkdtemp(join(tmpdir(), 'scion-s3-test-'));
  });
  after(async () => {
    await server?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  const newPrefix = () => `store-${stores++}`;
  const open = (options: { key?: string; port?: number; timeouts?: S3Timeouts } = {}): Promise<ArtifactStore> => {
    const { key = newPrefix(), port, timeouts = defaultTimeouts } = options;
    const cache = { dir: join(scratch, `cache-of-${key}`), maxBytes: 2 ** 30 };
    return openS3Store({ bucket: server.bucket, key }, { s3: server.accessVia(port), cache, timeouts });
  };
  /** Where the server keeps an object, to harm it. */
  const fileOf = (prefix: string, key: string) => join(server.bucketDir, prefix, key);

  describeArtifactStoreContract('A store on S3', () => open());

  describe('behind a network that loses, delays and cuts one request in six', () => {
    let proxy: FlakyProxy;
    const silentMs = 1000;

    before(async () => {
      const faults = { refused: 4, lost: 4, unanswered: 4, late: 1, cut: 4 };
      proxy = await startFlakyProxy({ upstreamPort: server.port, faults, lateMs: 2 * silentMs, seed: 7 });
    });
    after(() => proxy?.close());

    describeArtifactStoreContract('A store on S3', () =>
      open({ port: proxy.port, timeouts: { connectMs: 1000, silentMs, tries: 12 } }),
    );

    it('met every kind of fault', () => {
      for (const [fate, count] of Object.entries(proxy.met)) assert.ok(count > 0, `${fate}: ${count}`);
    });
  });

  it('lists more objects than one answer of the server holds, and removes them', async () => {
    const store = await open();
    const keys = Array.from({ length: 1010 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    const waiting = [...keys];
    const work = async () => {
      for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) await store.put(key, 'x');
    };
    await Promise.all(Array.from({ length: 8 }, work));
    assert.deepEqual(await store.list('many'), keys);
    await store.remove('many');
    assert.deepEqual(await store.list('many'), []);
  });

  it('leaves no parts of an upload that broke off', async () => {
    const prefix = newPrefix();
    const store = await open({ key: prefix });
    async function* breakingOff() {
      for (let i = 0; i < 3; i++) yield Buffer.alloc(16 * 2 ** 20, i);
      throw new Error('The upload broke off');
    }
    await assert.rejects(store.put('long', breakingOff()), /broke off/);
    const client = createS3Client(server.accessVia());
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: server.bucket, Prefix: prefix }));
    assert.deepEqual(Uploads, []);
    assert.deepEqual([await store.get('long'), await store.list('long')], [null, []]);
  });

  it('tells bytes that are not those which were stored, whatever way they are read', async () => {
    const prefix = newPrefix();
    const store = await open({ key: prefix });
    await store.put('f/short', 'abcdefgh');
    await store.put('f/long', Buffer.alloc(20 * 2 ** 20, 1));
    for (const key of ['f/short', 'f/long']) {
      const bytes = await readFile(fileOf(prefix, key));
      bytes[5] = 0xff;
      await writeFile(fileOf(prefix, key), bytes);
      await assert.rejects(store.get(key), { name: 'ScionError', code: 'artifactCorrupt' }, key);
      await assert.rejects(store.localFile(key), { name: 'ScionError', code: 'artifactCorrupt' }, key);
    }
    await assert.rejects(store.localFolder('f'), { code: 'artifactCorrupt' });
  });

  it('reads what other programs put into the bucket', async () => {
    const prefix = newPrefix();
    const store = await open({ key: prefix });
    await store.put('f/ours', 'ours');
    await writeFile(fileOf(prefix, 'f/theirs'), 'theirs');
    assert.equal(Buffer.from((await store.get('f/theirs')) ?? '').toString(), 'theirs');
    assert.deepEqual(await store.list('f'), ['f/ours', 'f/theirs']);
  });

  it('keeps the lines of several writers, also when they are many', async () => {
    const key = newPrefix();
    const writers = await Promise.all(Array.from({ length: 3 }, () => open({ key })));
    const line = (writer: number, n: number) => `${writer} ${String(n).padStart(4, '0')} ${'x'.repeat(1500)}`;
    const count = 400; // More than two segments of each writer
    await Promise.all(
      writers.map(async (store, writer) => {
        for (let n = 0; n < count; n += 20) {
          await Promise.all(Array.from({ length: 20 }, (_, i) => store.appendLine('log', line(writer, n + i))));
        }
      }),
    );
    const text = Buffer.from((await writers[0]!.get('log')) ?? '').toString();
    const lines = text.trimEnd().split('\n');
    for (const writer of writers.keys()) {
      const own = lines.filter((found) => found.startsWith(`${writer} `));
      assert.deepEqual(
        own,
        Array.from({ length: count }, (_, n) => line(writer, n)),
      );
    }
    assert.equal(await writers[1]!.sizeOf('log'), text.length);
    assert.deepEqual(await writers[2]!.list('lo'), []);
  });

  it('gives the files of a folder that it published without a download', async () => {
    const prefix = newPrefix();
    const store = await open({ key: prefix });
    const place = await store.buildingPlace('d');
    await mkdir(place);
    await writeFile(join(place, 'packed.json'), '{}');
    await store.publishFolder('d', { from: place, last: 'packed.json' });
    await writeFile(fileOf(prefix, 'd/packed.json'), '[]'); // A download would show it
    assert.equal(await readFile(join(await store.localFolder('d'), 'packed.json'), 'utf8'), '{}');
  });

  it('says why it cannot be opened', async () => {
    const cache = { dir: join(scratch, 'unused'), maxBytes: 0 };
    const s3 = server.accessVia();
    const [quick, key] = [{ connectMs: 1000, silentMs: 1000, tries: 2 }, ''];
    await assert.rejects(openS3Store({ bucket: 'not-there', key }, { s3, cache }), /There is no bucket not-there/);
    const wrong = { ...s3, credentials: { accessKeyId: 'scion-test', secretAccessKey: 'wrong' } };
    await assert.rejects(openS3Store({ bucket: server.bucket, key }, { s3: wrong, cache }), /credentials/);
    const nobody = { ...s3, endpoint: 'http://127.0.0.1:1' };
    await assert.rejects(openS3Store({ bucket: server.bucket, key }, { s3: nobody, cache, timeouts: quick }), {
      name: 'ScionError',
      code: 'unavailable',
    });
  });

  it('is opened by its URL', async () => {
    const cache = { dir: join(scratch, 'by-url'), maxBytes: 0 };
    const url = `s3://${server.bucket}/some/folder`;
    const store = await openArtifactStore(url, { s3: server.accessVia(), cache });
    assert.equal(store.url, url);
    await store.put('x', 'y');
    assert.equal(await readFile(fileOf('some/folder', 'x'), 'utf8'), 'y');
  });
});
