import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScion } from '../support/scion-server.ts';
import { median } from './statistics.ts';

/** `npm run bench:startup`: seconds from starting `scion up` on a used folder until its API says that it is ready. */
const starts = 7;
const dataDir = await mkdtemp(join(tmpdir(), 'scion-bench-'));
try {
  const seconds: number[] = [];
  for (let start = 0; start <= starts; start++) {
    const server = await startScion({ after: () => undefined }, { dataDir });
    await server.stop();
    if (start > 0) seconds.push(server.startMs / 1000); // the first one makes the database
  }
  const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
  console.log(`ready after ${median(seconds).toFixed(2)} s (median, n = ${starts}, ${range})`);
  process.exitCode = median(seconds) < 3 ? 0 : 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
