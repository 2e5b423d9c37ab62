import { createHash } from 'node:crypto';
import { artifactKeys, type CreateUpload, DatasetId, defaultProject, newId, ScionError, type Upload } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { z } from 'zod';

export const partBytes = 16 * 2 ** 20;
/** From the first request on; long enough for a slow line over a weekend. */
const keptForMs = 7 * 24 * 60 * 60 * 1000;
const mostMissingNamed = 10_000;

/** What the store keeps of an upload beside its parts. */
const UploadRecord = z.strictObject({
  fileName: z.string(),
  sizeBytes: z.int(),
  partBytes: z.int(),
  expiresAt: z.iso.datetime(),
  dataset: DatasetId.describe('What it becomes: told beforehand, so that requests to make it can be repeated'),
  isDone: z.boolean(),
  project: z.string().default(defaultProject),
});
type UploadRecord = z.infer<typeof UploadRecord>;

/**
 * Large files that come in parts. All that is known of them stands in the artifact store, so that any API process can take the next
 * part. Ids that do not exist, have expired or are of another project are a `notFound` error everywhere.
 */
export function createPartUploads(store: ArtifactStore, project: string) {
  const readRecord = async (id: string): Promise<UploadRecord> => {
    const bytes = await store.get(artifactKeys.uploadRecord(id));
    const record = bytes && UploadRecord.parse(JSON.parse(Buffer.from(bytes).toString()));
    if (!record || record.project !== project || Date.parse(record.expiresAt) < Date.now())
      throw new ScionError('notFound', `There is no upload ${id}`);
    return record;
  };
  const writeRecord = (id: string, record: UploadRecord) => store.put(artifactKeys.uploadRecord(id), JSON.stringify(record));

  return {
    async create({ fileName, sizeBytes }: CreateUpload): Promise<Upload> {
      const id = newId('upload');
      const expiresAt = new Date(Date.now() + keptForMs).toISOString();
      const record = { fileName, sizeBytes, partBytes, expiresAt, dataset: newId('dataset'), isDone: false, project };
      await writeRecord(id, record);
      return toUpload(id, record, new Set());
    },

    async get(id: string): Promise<Upload> {
      const record = await readRecord(id);
      const folder = artifactKeys.uploadParts(id);
      const received = record.isDone ? [] : await store.list(folder);
      return toUpload(id, record, new Set(received.map((key) => Number(key.slice(folder.length + 1)))));
    },

    /**
     * Takes in one part while it comes; of a part that breaks off nothing is kept. Throws `uploadInvalid` for one of another length
     * or, where the client told it, SHA-256.
     */
    async putPart(
      id: string,
      { part, sha256, bytes }: { part: number; sha256: Buffer | null; bytes: AsyncIterable<Uint8Array> },
    ) {
      const record = await readRecord(id);
      if (record.isDone) throw new ScionError('conflict', `The upload ${id} is the data set ${record.dataset} already`);
      const count = partCount(record);
      if (part >= count)
        throw new ScionError('uploadInvalid', `The upload has ${count} parts, numbered from 0; there is no part ${part}`);
      await store.put(artifactKeys.uploadPart(id, part), checked(bytes, { sizeBytes: sizeOfPart(record, part), sha256 }));
    },

    /** The file, part after part. Every part has to be there. */
    async *read(upload: Upload): AsyncGenerator<Uint8Array> {
      for (let part = 0; part < upload.parts; part++) {
        const bytes = await store.openRead(artifactKeys.uploadPart(upload.id, part));
        if (bytes === null) throw new ScionError('conflict', `The upload ${upload.id} was taken away while it was read`);
        yield* bytes as AsyncIterable<Uint8Array>;
      }
    },

    /** The id of the data set that the upload becomes, the same at every call. */
    async datasetOf(id: string): Promise<string> {
      return (await readRecord(id)).dataset;
    },

    /** The data set is there: its parts can go. */
    async finish(id: string): Promise<void> {
      await writeRecord(id, { ...(await readRecord(id)), isDone: true });
      await store.remove(artifactKeys.uploadParts(id));
    },

    async remove(id: string): Promise<void> {
      await readRecord(id);
      await store.remove(artifactKeys.upload(id));
    },
  };
}

/** Removes what expired before `nowMs`, of all projects, and parts that lost their record. */
export async function removeExpiredUploads(store: ArtifactStore, nowMs = Date.now()): Promise<void> {
  const ids = new Set((await store.list(artifactKeys.uploads)).map((key) => key.split('/')[1] ?? ''));
  for (const id of ids) {
    const bytes = await store.get(artifactKeys.uploadRecord(id));
    const record = bytes && UploadRecord.safeParse(JSON.parse(Buffer.from(bytes).toString()));
    if (!record?.data || Date.parse(record.data.expiresAt) < nowMs) await store.remove(artifactKeys.upload(id));
  }
}

function partCount({ sizeBytes, partBytes: bytes }: UploadRecord): number {
  return Math.ceil(sizeBytes / bytes);
}

function sizeOfPart(record: UploadRecord, part: number): number {
  return Math.min(record.partBytes, record.sizeBytes - part * record.partBytes);
}

function toUpload(id: string, record: UploadRecord, received: ReadonlySet<number>): Upload {
  const { dataset, isDone, project: _, ...shown } = record;
  const parts = partCount(record);
  const missing: number[] = [];
  let receivedBytes = 0;
  for (let part = 0; part < parts; part++) {
    if (isDone || received.has(part)) receivedBytes += sizeOfPart(record, part);
    else if (missing.length < mostMissingNamed) missing.push(part);
  }
  return { id, ...shown, parts, missing, receivedBytes, dataset: isDone ? dataset : null };
}

/** Passes a part on and, before its end, throws where it is not what was announced, so that it is not stored. */
async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  expected: { sizeBytes: number; sha256: Buffer | null },
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of unlessCut(bytes)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > expected.sizeBytes) throw wrongSize(expected.sizeBytes, 'more came');
    hash.update(chunk);
    yield chunk;
  }
  if (sizeBytes < expected.sizeBytes) throw wrongSize(expected.sizeBytes, `${sizeBytes} came`);
  if (expected.sha256 === null || hash.digest().equals(expected.sha256)) return;
  throw new ScionError('uploadInvalid', 'The part is not what its Content-Digest says: send it again');
}

/** What breaks a request's body is the client's connection, not a part of the server. */
async function* unlessCut(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw new ScionError('uploadInvalid', 'The part broke off: send it again', { cause: error });
  }
}

function wrongSize(sizeBytes: number, what: string): ScionError {
  return new ScionError('uploadInvalid', `This part has ${sizeBytes} bytes, but ${what}: send it again`);
}
