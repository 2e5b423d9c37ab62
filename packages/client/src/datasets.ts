import { Dataset, DatasetPreview, type DatasetState, type FetchDatasetInput, type MakeSplitsInput, pageOf } from '@scion/schema';
import { encodeMultipart, type FileStream } from './multipart.ts';
import { pollUntil, type WaitOptions } from './poll.ts';
import type { CallOptions, Transport } from './transport.ts';

const DatasetPage = pageOf(Dataset);

export type DatasetFields = {
  name?: string | undefined;
  /** A format id, or `auto`. */
  format?: string | undefined;
  /** At a record that cannot be used: leave it out, or refuse the data set. */
  policy?: 'skip' | 'fail' | undefined;
  /** Splits for the server to make of a data set that has one only. */
  split?: MakeSplitsInput | undefined;
  /** Name of the file, where the `Blob` has none of its own. */
  fileName?: string | undefined;
};

export type DatasetFilter = { state?: DatasetState; limit?: number; after?: string };

export function createDatasetCalls(transport: Transport) {
  const pathOf = (id: string) => `v1/datasets/${encodeURIComponent(id)}`;

  return {
    /** Uploads an archive. The data set comes back in state `validating`; `waitUntilReady` waits for the verdict. */
    async create(file: Blob | FileStream, fields: DatasetFields = {}, { signal }: CallOptions = {}): Promise<Dataset> {
      const { contentType, body } = encodeUpload(file, fields);
      const headers = contentType === null ? {} : { 'content-type': contentType };
      return await transport.getJson(Dataset, 'v1/datasets', { method: 'POST', headers, body, signal });
    },

    /** Lets the server fetch the data itself: from a `url`, of its `catalog`, or from a `path` of its own. */
    async fetch(source: FetchDatasetInput, options: CallOptions = {}): Promise<Dataset> {
      return await transport.postJson(Dataset, 'v1/datasets', { ...options, json: source });
    },

    async get(id: string, options: CallOptions = {}): Promise<Dataset> {
      return await transport.getJson(Dataset, pathOf(id), options);
    },

    async list(filter: DatasetFilter = {}, options: CallOptions = {}) {
      return await transport.getJson(DatasetPage, 'v1/datasets', { ...options, query: filter });
    },

    /** Refused while a job or model needs it, unless forced. */
    async delete(id: string, { force, ...options }: CallOptions & { force?: boolean } = {}): Promise<void> {
      await transport.send(pathOf(id), { ...options, query: { force }, method: 'DELETE' });
    },

    /** Small pictures of examples with their labels, and how many examples each class has. */
    async preview(id: string, { split, ...options }: CallOptions & { split?: string } = {}): Promise<DatasetPreview> {
      return await transport.getJson(DatasetPreview, `${pathOf(id)}/preview`, { ...options, query: { split } });
    },

    /** Waits until validation has ended: look at `state`, which is `ready` or `invalid`. */
    async waitUntilReady(id: string, options: WaitOptions<Dataset> = {}): Promise<Dataset> {
      return await pollUntil({
        transport,
        path: pathOf(id),
        schema: Dataset,
        isDone: (dataset) => dataset.state !== 'validating',
        options,
      });
    },
  };
}

function encodeUpload(file: Blob | FileStream, { name, format, policy, split, fileName }: DatasetFields) {
  const fields: Record<string, string> = {};
  if (name !== undefined) fields.name = name;
  if (format !== undefined) fields.format = format;
  if (policy !== undefined) fields.policy = policy;
  if (split !== undefined) fields.split = JSON.stringify(split);
  if (!(file instanceof Blob)) return encodeMultipart({ fields, file });

  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  const ownName = 'name' in file && typeof file.name === 'string' ? file.name : undefined;
  form.append('file', file, fileName ?? ownName ?? 'upload');
  return { contentType: null, body: form };
}
