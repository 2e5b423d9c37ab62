import { z } from 'zod';
import { type ErrorCode, errorCatalogue, ScionError } from './error-catalogue.ts';

/** The body of every error answer: RFC 9457, `application/problem+json`. */
export const Problem = z
  .strictObject({
    type: z.string().describe('URI reference of the kind of problem'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong with this request, and what to do'),
    code: z.string().describe('Machine-readable code from the error catalogue'),
    errors: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .describe('One entry for each field, file or record that is wrong'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

export function toProblem(error: ScionError): Problem {
  const { status, title } = errorCatalogue[error.code];
  return {
    type: `/problems/${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code satisfies ErrorCode,
    errors: error.details.map(({ path, message }) => ({ path, message })),
  };
}

/** The error for input that a zod schema refused: one detail for each issue, its path in dots (`augment.0.size`). */
export function validationError(error: z.ZodError, where = 'body', code: ErrorCode = 'validationFailed'): ScionError {
  const details = flattenIssues(error.issues);
  const first = details[0];
  const summary = first ? `${first.path || where}: ${first.message}` : 'Invalid input';
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
  return new ScionError(code, summary + more, { details, cause: error });
}

/**
 * Unions report one list of issues for each branch. The branch that got furthest (the fewest issues, the deepest path) is the
 * one its writer meant, so its issues replace the union's own.
 */
function flattenIssues(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): { path: string; message: string }[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: `Unrecognized key: "${key}"` }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const depth = (branch: readonly z.core.$ZodIssue[]) => Math.max(...branch.map((i) => i.path.length));
      const best = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
      if (best && depth(best) > 0) return flattenIssues(best, path);
    }
    return [{ path: path.join('.'), message: issue.message }];
  });
}
