import { Dataset, DatasetPreview, type DatasetState, type FetchDatasetInput, pageOf } from '@scion/schema';
import { encodeMultipart, type FileStream } from './multipart.ts';
import { pollUntil, type WaitOptions } from './poll.ts';
import { tryAgain } from './transient-failure.ts';
import type { CallOptions, Transport } from './transport.ts';
import { largeFileBytes, type SendOptions, type UploadCalls } from './uploads.ts';

const DatasetPage = pageOf(Dataset);

/** How a data set is to be called and read: the fields of `POST /v1/datasets` beside what it is made of. */
export type DatasetFields = Omit<Extract<FetchDatasetInput, { upload: string }>, 'upload'> & {
  /** Name of the file, where the `Blob` has none of its own. */
  fileName?: string | undefined;
};

export type DatasetFilter = { state?: DatasetState; limit?: number; after?: string };

export function createDatasetCalls(transport: Transport, uploads: UploadCalls) {
  const pathOf = (id: string) => `v1/datasets/${encodeURIComponent(id)}`;

  return {
    /**
     * Uploads an archive. The data set comes back in state `validating`; `waitUntilReady` waits for the verdict. A large `Blob` (in
     * Node, `fs.openAsBlob` makes one of a file) is sent in parts: a connection that breaks costs one part, and a try that was given
     * up can be resumed.
     */
    async create(file: Blob | FileStream, fields: DatasetFields = {}, options: SendOptions = {}): Promise<Dataset> {
      const { signal } = options;
      if (file instanceof Blob && (file.size >= largeFileBytes || options.resume !== undefined)) {
        const { fileName, ...others } = fields;
        const { id } = await uploads.send(file, fileName ?? nameOf(file), options);
        return await tryAgain(() => this.fetch({ ...others, upload: id }, { signal }), { signal });
      }
      const { contentType, body } = encodeUpload(file, fields);
      const headers = contentType === null ? {} : { 'content-type': contentType };
      return await transport.getJson(Dataset, 'v1/datasets', { method: 'POST', headers, body, signal });
    },

    /** Lets the server fetch the data itself, from a `url`, of its `catalog` or from a `path` of its own; or takes an `upload` in parts. */
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

    /** A picture of examples, one row for each class, as PNG. */
    async contactSheet(id: string, options: CallOptions = {}): Promise<Blob> {
      const response = await transport.send(`${pathOf(id)}/preview`, { ...options, headers: { accept: 'image/png' } });
      return await response.blob();
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

function encodeUpload(file: Blob | FileStream, { fileName, ...given }: DatasetFields) {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) fields[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  if (!(file instanceof Blob)) return encodeMultipart({ fields, file });

  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', file, fileName ?? nameOf(file));
  return { contentType: null, body: form };
}

function nameOf(file: Blob): string {
  return 'name' in file && typeof file.name === 'string' ? file.name : 'upload';
}
