import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];
const executablePath = places.find((path) => existsSync(path));

/** For a test's `skip`: why it cannot run, or false. */
export const withoutBrowser = executablePath === undefined ? 'skipped: no Chromium' : false;

/** A real browser that asks nothing of the network but the server under test. */
export async function openBrowser(t: Pick<TestContext, 'after'>): Promise<Browser> {
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
  ];
  const browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox', ...quiet] });
  t.after(async () => await browser.close());
  return browser;
}
