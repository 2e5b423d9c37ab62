import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, withoutBrowser } from '../support/browser.ts';
import { startScion, temporaryDataDir } from '../support/scion-server.ts';
import { shapesJob, startServerWithShapes } from '../support/shapes-server.ts';

test('the dashboard asks once for a key where the server wants one', { skip: withoutBrowser }, async (t) => {
  const dataDir = await temporaryDataDir(t);
  const server = await startScion(t, { dataDir, env: { SCION_AUTH: 'on' } });
  const page = await (await openBrowser(t)).newPage();
  await page.goto(`${server.url}/`);
  await page.getByLabel('API key').fill(server.apiKey ?? '');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText(/slots? busy|No worker/).waitFor();
  await page.reload();
  await page.getByText(/slots? busy|No worker/).waitFor();
  assert.equal(await page.getByLabel('API key').count(), 0);
});

test('the dashboard lists jobs, and shows their progress without a reload', { skip: withoutBrowser }, async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const page = await (await openBrowser(t)).newPage();
  const complaints: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(error.message));
  await page.goto(`${server.url}/`);
  assert.equal(new URL(page.url()).pathname, '/dashboard/');

  const job = await server.client.jobs.create(shapesJob({ dataset, name: 'watched job', epochs: 4 }));
  await page.getByText('watched job').first().waitFor();
  await server.client.jobs.waitFor(job.id, { pollMs: 100 });
  await page
    .locator('#jobs')
    .getByText(/succeeded/i)
    .first()
    .waitFor();
  assert.deepEqual(complaints, []);
});
