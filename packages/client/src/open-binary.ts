import type { CallOptions, Transport } from './transport.ts';

/** The bytes that a path answers with, whatever they are. */
export async function openBinary(transport: Transport, path: string, options: CallOptions): Promise<ReadableStream<Uint8Array>> {
  const response = await transport.send(path, { ...options, headers: { accept: '*/*' } });
  if (response.body === null) throw new TypeError(`The answer to ${path} has no body`);
  return response.body;
}
