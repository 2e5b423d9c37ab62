import type { Settings } from '@scion/schema';
import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** JSON lines on standard output; coloured text where that is a terminal. */
export function createLog(level: Settings['SCION_LOG_LEVEL']): Logger {
  const options = { level, base: { name: 'api' } };
  return process.stdout.isTTY ? pino(options, PinoPretty({ sync: true })) : pino(options);
}
