import { Upload } from '@scion/schema';
import { ScionApiError } from './scion-api-error.ts';
import { isTransientFailure, tryAgain } from './transient-failure.ts';
import type { CallOptions, Transport } from './transport.ts';

/** Files from this size on are sent in parts. */
export const largeFileBytes = 64 * 2 ** 20;

const partsAtOnce = 3;

export type SendOptions = CallOptions & {
  /** The upload to go on with, of a try that broke off. */
  resume?: string | undefined;
  /** Hears the upload's id once it has begun: what `resume` takes. */
  onBegun?: ((uploadId: string) => void) | undefined;
  /** Hears how many bytes have arrived. */
  onProgress?: ((sentBytes: number) => void) | undefined;
};

export type UploadCalls = ReturnType<typeof createUploadCalls>;

export function createUploadCalls(transport: Transport) {
  const pathOf = (id: string) => `v1/uploads/${encodeURIComponent(id)}`;

  const sendPart = async (upload: Upload, part: number, { file, signal }: { file: Blob; signal: AbortSignal | undefined }) => {
    const start = part * upload.partBytes;
    const bytes = await file.slice(start, Math.min(start + upload.partBytes, upload.sizeBytes)).arrayBuffer();
    const headers = { 'content-type': 'application/octet-stream', ...(await digestHeader(bytes)) };
    const path = `${pathOf(upload.id)}/parts/${part}`;
    const send = () => transport.send(path, { method: 'PUT', headers, body: bytes, signal });
    await tryAgain(send, { signal, isWorthIt: isWorthAnotherTry });
    return bytes.byteLength;
  };

  return {
    async begin(file: { fileName: string; sizeBytes: number }, options: CallOptions = {}): Promise<Upload> {
      return await transport.postJson(Upload, 'v1/uploads', { ...options, json: file });
    },

    async get(id: string, options: CallOptions = {}): Promise<Upload> {
      return await transport.getJson(Upload, pathOf(id), options);
    },

    async delete(id: string, options: CallOptions = {}): Promise<void> {
      await transport.send(pathOf(id), { ...options, method: 'DELETE' });
    },

    /**
     * Sends a file in parts, several at once, and a part again where the connection breaks. Resolves when all of it has arrived.
     * Throws RangeError where the upload to resume is of a file of another size.
     */
    async send(file: Blob, fileName: string, { resume, onBegun, onProgress, signal }: SendOptions = {}): Promise<Upload> {
      const sizeBytes = file.size;
      const open = () => (resume === undefined ? this.begin({ fileName, sizeBytes }, { signal }) : this.get(resume, { signal }));
      const upload = await tryAgain(open, { signal });
      if (upload.sizeBytes !== sizeBytes) {
        throw new RangeError(`The upload ${upload.id} is of a file of ${upload.sizeBytes} bytes; this one has ${sizeBytes}`);
      }
      onBegun?.(upload.id);
      onProgress?.(upload.receivedBytes);
      const waiting = [...upload.missing];
      let sentBytes = upload.receivedBytes;
      const failed = new AbortController();
      const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
      const work = async () => {
        for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
          const bytes = await sendPart(upload, part, { file, signal: either });
          sentBytes += bytes;
          onProgress?.(sentBytes);
        }
      };
      try {
        await Promise.all(Array.from({ length: partsAtOnce }, work));
      } catch (error) {
        failed.abort(error); // The other parts need not go on
        throw error;
      }
      const arrived = await tryAgain(() => this.get(upload.id, { signal }), { signal });
      // The server names so many missing parts and no more.
      return arrived.missing.length === 0 ? arrived : await this.send(file, fileName, { resume: upload.id, onProgress, signal });
    },
  };
}

/** A part that arrived cut or altered is refused as invalid; all else that is refused stays so. */
function isWorthAnotherTry(error: unknown): boolean {
  return isTransientFailure(error) || (error instanceof ScionApiError && error.code === 'uploadInvalid');
}

/** Browsers have no SHA-256 for pages that came over plain HTTP from elsewhere. */
async function digestHeader(bytes: ArrayBuffer): Promise<Record<string, string>> {
  const { subtle }: Partial<typeof globalThis.crypto> = globalThis.crypto;
  if (subtle === undefined) return {};
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return { 'content-digest': `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
}
