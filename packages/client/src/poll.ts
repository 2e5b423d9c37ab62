import { readApiError } from './scion-api-error.ts';
import { backoffMs, isTransientFailure } from './transient-failure.ts';
import type { ResponseSchema, Transport } from './transport.ts';
import { wait } from './wait.ts';

export type WaitOptions<T> = {
  /** Called with the first answer and each that differs from the one before. */
  onUpdate?: ((value: T) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds between an answer and the next poll; 1000 if left out. */
  pollMs?: number | undefined;
};

type Answer = { etag: string | null; json: unknown };

/**
 * Polls one record until `isDone`, asking with the last `ETag` so that an unchanged record costs no body. A server that is away
 * or failing (a restart) is waited for without end: bound the wait with `signal`.
 *
 * @throws ScionApiError for an answer that trying again cannot change, such as 404.
 */
export async function pollUntil<T>({
  transport,
  path,
  schema,
  isDone,
  options,
}: {
  transport: Transport;
  path: string;
  schema: ResponseSchema<T>;
  isDone: (value: T) => boolean;
  options: WaitOptions<T>;
}): Promise<T> {
  let etag: string | null = null;
  let failures = 0;
  for (;;) {
    let answer: Answer | null = null;
    try {
      answer = await fetchIfChanged({ transport, path, etag, signal: options.signal });
      failures = 0;
    } catch (error) {
      if (!isTransientFailure(error)) throw error;
      failures += 1;
    }
    if (answer !== null) {
      const value = schema.parse(answer.json);
      etag = answer.etag;
      options.onUpdate?.(value);
      if (isDone(value)) return value;
    }
    await wait(failures > 0 ? backoffMs(failures) : (options.pollMs ?? 1000), options.signal);
  }
}

/** The record, or null if it is still the one that `etag` stands for. */
async function fetchIfChanged({
  transport,
  path,
  etag,
  signal,
}: {
  transport: Transport;
  path: string;
  etag: string | null;
  signal: AbortSignal | undefined;
}): Promise<Answer | null> {
  const response = await transport.fetchRaw(path, { signal, headers: etag === null ? {} : { 'if-none-match': etag } });
  if (response.status === 304) return null;
  if (!response.ok) throw await readApiError(response);
  return { etag: response.headers.get('etag'), json: await response.json() };
}
