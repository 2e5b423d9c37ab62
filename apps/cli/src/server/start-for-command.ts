import type { CliContext } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import type { RunningServer } from './start-server.ts';
import { type StopSignal, whenAskedToStop } from './stop-signal.ts';

export type CommandServer = { server: RunningServer; stopSignal: StopSignal };

/**
 * Starts a server that ends with the command: at the first Ctrl-C the command is to stop it in order, at the second its services
 * are killed.
 */
export async function startForCommand(
  { settings, env }: Pick<CliContext, 'settings' | 'env'>,
  place: { host: string; port: number; dataDir: string },
): Promise<CommandServer> {
  const stopSignal = whenAskedToStop();
  const { startServer } = await import('./start-server.ts');
  const server = await startServer({ settings, env, ...place }).catch((error: unknown) => {
    // Ctrl-C reaches what is being set up, too; that it broke off is then no news.
    if (stopSignal.wasAsked()) throw new CliError('Stopped before it was up.', { cause: error });
    throw error;
  });
  void stopSignal.second.then(() => server.kill());
  return { server, stopSignal };
}
