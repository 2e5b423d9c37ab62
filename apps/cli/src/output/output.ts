import type { WriteStream } from 'node:tty';

export type OutputStream = Pick<NodeJS.WritableStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

export type Output = ReturnType<typeof createOutput>;

/**
 * Where a command's words go. Under `json`, standard output carries nothing but the result as JSON, so that a script can read
 * it; lines meant for a person are dropped.
 */
export function createOutput({ stdout, stderr, json }: { stdout: OutputStream; stderr: OutputStream; json: boolean }) {
  return {
    json,
    /** Whether a person sees lines being rewritten: progress bars are for terminals only. */
    isTerminal: stdout.isTTY === true && !json,
    columns: () => stdout.columns ?? 120,
    /** The result of a command: `value` for scripts, `lines` for people. */
    result(value: unknown, lines: () => readonly string[] | string): void {
      if (json) {
        stdout.write(`${JSON.stringify(value, null, 2)}\n`);
        return;
      }
      const text = lines();
      stdout.write(`${typeof text === 'string' ? text : text.join('\n')}\n`);
    },
    /** One record of a stream of results: a line of JSON for scripts; people see it by other means. */
    record(value: unknown): void {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    /** A line for a person; nothing under `--json`. */
    line(text = ''): void {
      if (!json) stdout.write(`${text}\n`);
    },
    /** Characters as they are, for what rewrites the terminal; nothing under `--json`. */
    raw(text: string): void {
      if (!json) stdout.write(text);
    },
    /** A line beside the result, on standard error. */
    note(text: string): void {
      stderr.write(`${text}\n`);
    },
  };
}
