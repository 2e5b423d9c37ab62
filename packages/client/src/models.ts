import { Model, PredictResponse, pageOf } from '@scion/schema';
import { encodeMultipart, type FileStream } from './multipart.ts';
import { openBinary } from './open-binary.ts';
import type { CallOptions, Transport } from './transport.ts';

const ModelPage = pageOf(Model);

export type ModelFilter = { job?: string; limit?: number; after?: string };

/** What weights become, and how they are read; the server's documentation has the defaults. */
export type ImportFields = {
  name?: string | undefined;
  /** The backbone that they are of, such as `{ type: 'resnet18', stem: 'imagenet' }`. */
  backbone: { type: string; [setting: string]: unknown };
  /** [height, width, channel] of the images that they were made for. */
  inputShape?: readonly number[] | undefined;
  /** Beginnings of names in the file, and what stands for each. */
  rename?: Readonly<Record<string, string>> | undefined;
  /** Entry of a PyTorch checkpoint that holds the tensors. */
  entry?: string | undefined;
  /** Whether a file that lacks a parameter is refused. */
  strict?: boolean | undefined;
};

export function createModelCalls(transport: Transport) {
  const pathOf = (id: string, rest = '') => `v1/models/${encodeURIComponent(id)}${rest}`;

  return {
    async get(id: string, options: CallOptions = {}): Promise<Model> {
      return await transport.getJson(Model, pathOf(id), options);
    },

    /** Moves a model to the trash. */
    async delete(id: string, options: CallOptions = {}): Promise<void> {
      await transport.send(pathOf(id), { ...options, method: 'DELETE' });
    },

    async list(filter: ModelFilter = {}, options: CallOptions = {}) {
      return await transport.getJson(ModelPage, 'v1/models', { ...options, query: filter });
    },

    /** Uploads a safetensors or PyTorch file, and makes its tensors a model to finetune from. */
    async import(file: FileStream, fields: ImportFields, { signal }: CallOptions = {}): Promise<Model> {
      const { contentType, body } = encodeMultipart({ fields: asText(fields), file });
      const headers = { 'content-type': contentType };
      return await transport.getJson(Model, 'v1/models', { method: 'POST', headers, body, signal });
    },

    /** The same with a file that the server fetches. */
    async importFrom(url: string, fields: ImportFields, { signal }: CallOptions = {}): Promise<Model> {
      return await transport.postJson(Model, 'v1/models', { json: { ...fields, url }, signal });
    },

    /** Classifies encoded images (JPEG, PNG, …), one prediction each, in order. */
    async predict(
      id: string,
      images: readonly Uint8Array[],
      { topK, signal }: CallOptions & { topK?: number | undefined } = {},
    ): Promise<PredictResponse> {
      const inputs = images.map((bytes) => ({ image: toBase64(bytes) }));
      const json = topK === undefined ? { inputs } : { inputs, topK };
      return await transport.postJson(PredictResponse, pathOf(id, '/predict'), { json, signal });
    },

    /** The parameters as safetensors. */
    async download(id: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
      return await openBinary(transport, pathOf(id, '/parameters'), options);
    },
  };
}

/** Fields of a form: text as it is, all else as JSON. */
function asText(fields: ImportFields): Record<string, string> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
}

export function createCheckpointCalls(transport: Transport) {
  return {
    /** The parameters as safetensors; their SHA-256 is the `sha256` of the checkpoint's record. */
    async download(id: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
      return await openBinary(transport, `v1/checkpoints/${encodeURIComponent(id)}`, options);
    },
  };
}

/** `btoa` takes characters, and `String.fromCharCode` takes only so many arguments at once. */
function toBase64(bytes: Uint8Array): string {
  const pieceLength = 0x8000;
  let binary = '';
  for (let start = 0; start < bytes.length; start += pieceLength) {
    binary += String.fromCharCode(...bytes.subarray(start, start + pieceLength));
  }
  return btoa(binary);
}
