import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createApp, serverLimitsOf } from '../apps/api/dist/index.js';
import { Settings } from '../packages/schema/dist/index.js';
import * as catalogue from '../packages/trainer/dist/catalog.js';
import { root } from './run-command.mjs';

/** As the API depends on it; the root of the repository does not. */
const { pino } = createRequire(new URL('../apps/api/package.json', import.meta.url))('pino');

/** The API's description, from the app itself. Describing it touches nothing that a request would need. */
export async function renderOpenApi() {
  const { version } = JSON.parse(readFileSync(new URL(`file://${root}/package.json`), 'utf8'));
  const limits = serverLimitsOf(Settings.parse({}));
  const app = await createApp({ ...untouched(), catalogue, version, log: pino({ level: 'silent' }), maxUploadBytes: 1, limits });
  await app.ready();
  const description = app.swagger();
  await app.close();
  return `${JSON.stringify(description, null, 2)}\n`;
}

/** The parts that only requests use: touching one here is an error. */
function untouched() {
  const part = (name) =>
    new Proxy(
      {},
      {
        get(_, property) {
          throw new Error(`Describing the API must not touch ${name}.${String(property)}`);
        },
      },
    );
  return Object.fromEntries(['services', 'database', 'queue', 'store', 'predictor'].map((name) => [name, part(name)]));
}
