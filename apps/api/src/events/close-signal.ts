import type { ServerResponse } from 'node:http';

/** Aborts when the connection of a response is gone, or the response has been sent. */
export function closeSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}
