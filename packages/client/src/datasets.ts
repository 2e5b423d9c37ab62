import { Dataset, type DatasetState, pageOf } from '@scion/schema';
import { encodeMultipart, type FileStream } from './multipart.ts';
import { pollUntil, type WaitOptions } from './poll.ts';
import type { CallOptions, Transport } from './transport.ts';

const DatasetPage = pageOf(Dataset);

export type DatasetFields = {
  name?: string | undefined;
  /** A format id, or `auto`. */
  format?: string | undefined;
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

    async get(id: string, options: CallOptions = {}): Promise<Dataset> {
      return await transport.getJson(Dataset, pathOf(id), options);
    },

    async list(filter: DatasetFilter = {}, options: CallOptions = {}) {
      return await transport.getJson(DatasetPage, 'v1/datasets', { ...options, query: filter });
    },

    async delete(id: string, options: CallOptions = {}): Promise<void> {
      await transport.send(pathOf(id), { ...options, method: 'DELETE' });
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

function encodeUpload(file: Blob | FileStream, { name, format, fileName }: DatasetFields) {
  const fields: Record<string, string> = {};
  if (name !== undefined) fields.name = name;
  if (format !== undefined) fields.format = format;
  if (!(file instanceof Blob)) return encodeMultipart({ fields, file });

  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  const ownName = 'name' in file && typeof file.name === 'string' ? file.name : undefined;
  form.append('file', file, fileName ?? ownName ?? 'upload');
  return { contentType: null, body: form };
}
