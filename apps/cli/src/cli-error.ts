import { ScionApiError } from '@scion/client';
import { ScionError } from '@scion/schema';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** A failure that is told to the user in a line, with what to try next and without a stack. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly next: string | null;

  constructor(message: string, { next = null, exitCode = exitCodes.failed, cause }: CliErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.next = next;
    this.exitCode = exitCode;
  }
}

type CliErrorOptions = { next?: string | null; exitCode?: ExitCode; cause?: unknown };

export type ErrorReport = {
  exitCode: ExitCode;
  code: string;
  message: string;
  details: readonly { path: string; message: string }[];
  /** What to try next. */
  next: string;
};

/** Turns whatever a command threw into what the user is told. */
export function reportError(error: unknown, { commandName, url }: { commandName: string; url: string }): ErrorReport {
  if (error instanceof CliError) {
    const { exitCode, message } = error;
    return { exitCode, code: 'commandFailed', message, details: [], next: error.next ?? `See: ${commandName} --help` };
  }
  if (error instanceof ScionApiError) {
    const { code, detail: message, errors: details } = error;
    return { exitCode: exitCodes.failed, code, message, details, next: nextStepFor(error, commandName) };
  }
  if (error instanceof ScionError) {
    const { code, message, details } = error;
    return { exitCode: exitCodes.failed, code, message, details, next: `See what runs here: ${commandName} doctor` };
  }
  if (isUnreachable(error)) {
    return {
      exitCode: exitCodes.serverUnreachable,
      code: 'serverUnreachable',
      message: `There is no Scion server at ${url} (${connectionProblem(error)}).`,
      details: [],
      next: `Start one: ${commandName} up, or point SCION_URL at one that runs.`,
    };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: exitCodes.failed,
    code: 'internal',
    message,
    details: [],
    next: `See what runs here: ${commandName} doctor`,
  };
}

function nextStepFor(error: ScionApiError, commandName: string): string {
  if (error.status === 404) return `List what there is: ${commandName} job ls, dataset ls or model ls`;
  if (error.status === 409) return 'Wait for it, or look at its state with "show".';
  if (error.status === 422 || error.status === 400) return 'Change the fields named above, and send it again.';
  if (error.isTransient) return 'Try again in a moment.';
  return `See: ${commandName} --help`;
}

/** `fetch` tells a connection that could not be made by a `TypeError` with the system's error as its cause. */
function isUnreachable(error: unknown): error is TypeError {
  return error instanceof TypeError && error.message === 'fetch failed';
}

function connectionProblem(error: TypeError): string {
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}
