import type { ScionClient } from '@scion/client';
import type { Settings } from '@scion/schema';
import type { Output } from './output/output.ts';

/** What every command gets beside its own input. */
export type CliContext = {
  settings: Settings;
  output: Output;
  /** How the user calls this program (`scion`, or `npm run scion --`), for the commands that messages suggest. */
  commandName: string;
  /** The environment, for child processes only: what it sets is in `settings`. */
  env: NodeJS.ProcessEnv;
  /** A client of the server at `SCION_URL`. */
  client: ScionClient;
};
