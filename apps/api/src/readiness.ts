import type { Readiness } from '@scion/schema';
import type { AppDependencies } from './app-dependencies.ts';

type Check = Readiness['checks'][string];

/** Asks each part that requests need whether it answers; one that is silent for `timeoutMs` does not. */
export async function checkReadiness(
  { database, queue, log }: Pick<AppDependencies, 'database' | 'queue' | 'log'>,
  timeoutMs = 2000,
): Promise<Readiness> {
  const check = async (part: string, ping: () => Promise<void>): Promise<Check> => {
    try {
      await withTimeout(ping(), timeoutMs);
      return { ok: true, message: 'answers' };
    } catch (error) {
      // The reason may name hosts and users, so it goes to the log only.
      log.warn({ err: error, part }, 'not ready');
      return { ok: false, message: 'does not answer, or is not set up yet' };
    }
  };
  const [databaseCheck, queueCheck] = await Promise.all([
    check('database', () => database.ping()),
    check('queue', () => queue.ping()),
  ]);
  const isReady = databaseCheck.ok && queueCheck.ok;
  return { status: isReady ? 'ready' : 'unready', checks: { database: databaseCheck, queue: queueCheck } };
}

async function withTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
