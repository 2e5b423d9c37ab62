import { type ErrorCode, errorCatalogue, Problem } from '@scion/schema';

type ProblemResponse = { description: string; content: { 'application/problem+json': { schema: typeof Problem } } };

type StatusOf<Code extends ErrorCode> = (typeof errorCatalogue)[Code]['status'];

/** The error answers of a route, for its `response` schemas: one entry a status, described by the catalogue's titles. */
export function problemResponses<Code extends ErrorCode>(...codes: Code[]): { [Status in StatusOf<Code>]: ProblemResponse } {
  const responses: Record<number, ProblemResponse> = {};
  for (const code of codes) {
    const { status, title } = errorCatalogue[code];
    const before = responses[status];
    const line = `\`${code}\`: ${title}`;
    responses[status] = {
      description: before === undefined ? line : `${before.description}\n\n${line}`,
      content: { 'application/problem+json': { schema: Problem } },
    };
  }
  return responses as { [Status in StatusOf<Code>]: ProblemResponse };
}
