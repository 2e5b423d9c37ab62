import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of real data sets beside the checkout; it is not part of the project. */
export const sharedData = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** For a test's `skip`: why it cannot run, or false. */
export const withoutSharedData = existsSync(join(sharedData, 'INDEX.md'))
  ? false
  : 'skipped: no real data sets in ../shared/data';
