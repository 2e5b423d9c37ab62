import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addDigits, pretrainJob, probeJob, readDigits, scratchJob } from '@scion/cli';
import { openBrowser, withoutBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { startScion } from '../support/scion-server.ts';

/** `npm run screenshots`: the pictures of the README and the docs, of a real run in a real browser. */
if (withoutBrowser) throw new Error(withoutBrowser);
const images = fileURLToPath(new URL('../../../docs/images', import.meta.url));
const dataDir = await mkdtemp(join(tmpdir(), 'scion-screenshots-'));
const cleanups: (() => unknown)[] = [() => rm(dataDir, { recursive: true, force: true })];
const context = { after: (cleanup: () => unknown) => void cleanups.unshift(cleanup) };
try {
  await mkdir(images, { recursive: true });
  const { client, url } = await startScion(context, { dataDir: join(dataDir, 'server') });
  const { many, few } = await readDigits({ cacheDir: dataDir, onNote: console.log });
  const [manyDataset, fewDataset] = await Promise.all([addDigits(many, client), addDigits(few, client)]);
  const pretrain = await client.jobs.create(pretrainJob({ dataset: manyDataset.id }));
  const probe = await client.jobs.create(probeJob({ dataset: fewDataset.id, pretrained: pretrain.id }));
  await client.jobs.waitFor(probe.id);
  const running = await client.jobs.create(pretrainJob({ dataset: manyDataset.id }));
  await client.jobs.create(scratchJob({ dataset: fewDataset.id }));
  const page = await (await openBrowser(context)).newPage({ viewport: { width: 1280, height: 820 } });
  await page.goto(`${url}/dashboard/`);
  await eventually('the second run is past its middle', async () =>
    (await client.jobs.get(running.id)).progress.fraction > 0.6 ? true : null,
  );
  await page.screenshot({ path: join(images, 'dashboard.png') });
} finally {
  for (const cleanup of cleanups) await cleanup();
}
