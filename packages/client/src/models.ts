import { Model, PredictResponse, pageOf } from '@scion/schema';
import type { CallOptions, Transport } from './transport.ts';

const ModelPage = pageOf(Model);

export type ModelFilter = { job?: string; limit?: number; after?: string };

export function createModelCalls(transport: Transport) {
  const pathOf = (id: string, rest = '') => `v1/models/${encodeURIComponent(id)}${rest}`;

  return {
    async get(id: string, options: CallOptions = {}): Promise<Model> {
      return await transport.getJson(Model, pathOf(id), options);
    },

    async list(filter: ModelFilter = {}, options: CallOptions = {}) {
      return await transport.getJson(ModelPage, 'v1/models', { ...options, query: filter });
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

export function createCheckpointCalls(transport: Transport) {
  return {
    /** The parameters as safetensors; their SHA-256 is the `sha256` of the checkpoint's record. */
    async download(id: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
      return await openBinary(transport, `v1/checkpoints/${encodeURIComponent(id)}`, options);
    },
  };
}

async function openBinary(transport: Transport, path: string, options: CallOptions): Promise<ReadableStream<Uint8Array>> {
  const response = await transport.send(path, { ...options, headers: { accept: '*/*' } });
  if (response.body === null) throw new TypeError(`The answer to ${path} has no body`);
  return response.body;
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
