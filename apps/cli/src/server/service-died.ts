import { CliError } from '../cli-error.ts';
import type { ServiceEnd } from './service-process.ts';

/** What the user is told about a service that has died by itself. */
export function serviceDied({ name, how, logPath, logTail }: ServiceEnd): CliError {
  return new CliError(`The ${name} process ${how}, so the server ends.\n${logTail.map((line) => `  ${line}`).join('\n')}`, {
    next: `Its whole log: ${logPath}`,
  });
}
