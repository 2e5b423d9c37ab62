/** What the exit code of every command means; docs/cli.md has the same table. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  jobFailed: 3,
  jobCancelled: 4,
  serverUnreachable: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
