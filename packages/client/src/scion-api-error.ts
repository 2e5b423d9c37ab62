import { Problem } from '@scion/schema';

export type FieldError = { path: string; message: string };

/** A request that the server refused, as its problem document tells it. `code` is a key of the error catalogue. */
export class ScionApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];

  constructor(problem: Problem) {
    super(`${problem.detail} (${problem.status} ${problem.code})`);
    this.name = 'ScionApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.errors = problem.errors;
  }

  /** Whether the same request may succeed later: the server was overloaded, starting, or failing. */
  get isTransient(): boolean {
    return this.status >= 500 || this.status === 429;
  }
}

/** Reads the error out of a refused response. Proxies answer with pages of their own, so the body need not be a problem. */
export async function readApiError(response: Response): Promise<ScionApiError> {
  const text = await response.text();
  const problem = Problem.safeParse(parseJson(text));
  if (problem.success) return new ScionApiError(problem.data);
  return new ScionApiError({
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: text.slice(0, 500) || `The server answered ${response.status}`,
    code: 'internal',
    errors: [],
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
