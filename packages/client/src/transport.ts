import { readApiError } from './scion-api-error.ts';

export type CallOptions = { signal?: AbortSignal | undefined };

export type QueryValue = string | number | boolean | undefined;

export type TransportRequest = CallOptions & {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  query?: Readonly<Record<string, QueryValue>> | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: RequestInit['body'];
};

/** What turns an answer's JSON into a checked value: any schema of `@scion/schema`. */
export type ResponseSchema<T> = { parse(value: unknown): T };

export type TransportOptions = {
  /** Where the server is, such as `http://127.0.0.1:8080`; a path prefix is kept. */
  url: string;
  /** Sent as a bearer token. */
  apiKey?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
};

export type Transport = ReturnType<typeof createTransport>;

/**
 * The one place that calls `fetch`: builds URLs and headers, and turns every refused request into a `ScionApiError`.
 *
 * @throws TypeError where `url` is not a URL.
 */
export function createTransport({ url, apiKey, fetch: customFetch }: TransportOptions) {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);

  /** Sends a request and gives the raw response. Does not throw for a status that says "refused". */
  async function fetchRaw(path: string, request: TransportRequest = {}): Promise<Response> {
    const target = new URL(path.replace(/^\//, ''), base);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers };
    if (apiKey !== undefined) headers.authorization = `Bearer ${apiKey}`;
    // Node's fetch wants to be told that a streamed body does not wait for the answer; the DOM's types do not know the field yet.
    const init: RequestInit & { duplex?: 'half' } = { method: request.method ?? 'GET', headers, signal: request.signal ?? null };
    if (request.body !== undefined && request.body !== null) {
      init.body = request.body;
      init.duplex = 'half';
    }
    return await (customFetch ?? globalThis.fetch)(target, init);
  }

  /** @throws ScionApiError where the server refused the request. */
  async function send(path: string, request: TransportRequest = {}): Promise<Response> {
    const response = await fetchRaw(path, request);
    if (!response.ok) throw await readApiError(response);
    return response;
  }

  async function getJson<T>(schema: ResponseSchema<T>, path: string, request: TransportRequest = {}): Promise<T> {
    const response = await send(path, request);
    return schema.parse(await response.json());
  }

  async function postJson<T>(
    schema: ResponseSchema<T>,
    path: string,
    { json, headers, ...request }: TransportRequest & { json: unknown },
  ): Promise<T> {
    return await getJson(schema, path, {
      ...request,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
  }

  return { fetchRaw, send, getJson, postJson };
}
