import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { downloadFile } from './http-download.ts';

const root = await mkdtemp(join(tmpdir(), 'scion-download-'));
after(() => rm(root, { recursive: true, force: true }));

const anywhere = { maxBytes: 1000, allowPrivateAddresses: true };
const publicOnly = { maxBytes: 1000, allowPrivateAddresses: false };
const body = Buffer.from('the bytes of an archive');

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let files = 0;
const newPath = () => join(root, `${files++}`);

test('streams a file, hashes it, and names it after the address', async (t) => {
  const url = await serve(t, (_, response) => response.end(body));
  const path = newPath();
  const downloaded = await downloadFile(`${url}/sets/my%20digits.zip?token=1`, { path, rules: anywhere });
  assert.deepEqual(await readFile(path), body);
  assert.deepEqual(downloaded, {
    fileName: 'my digits.zip',
    sizeBytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  });
});

test('follows redirects, to the name at their end', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/a') response.writeHead(302, { location: '/b' }).end();
    else if (request.url === '/b') response.writeHead(307, { location: '/c.zip' }).end();
    else response.end(body);
  });
  assert.equal((await downloadFile(`${url}/a`, { path: newPath(), rules: anywhere })).fileName, 'c.zip');
});

test('tries again after a failure that may pass, and not after one that stays', async (t) => {
  const seen: string[] = [];
  const url = await serve(t, (request, response) => {
    seen.push(request.url ?? '');
    if (request.url?.startsWith('/gone')) response.writeHead(404).end();
    else if (seen.filter((path) => path === request.url).length === 1) response.writeHead(503).end();
    else response.end(body);
  });
  await downloadFile(`${url}/busy`, { path: newPath(), rules: anywhere, retryAfterMs: 1 });
  const path = newPath();
  await assert.rejects(downloadFile(`${url}/gone?token=secret`, { path, rules: anywhere, retryAfterMs: 1 }), {
    code: 'sourceUnavailable',
    message: `${url}/gone could not be fetched: the server answered 404`,
  });
  assert.deepEqual(seen, ['/busy', '/busy', '/gone?token=secret']);
  assert.equal(existsSync(path), false);
});

const broken: { what: string; listener: RequestListener; code: string }[] = [
  {
    what: 'a body that promises too much',
    listener: (_, response) => response.writeHead(200, { 'content-length': 2000 }).end(Buffer.alloc(2000)),
    code: 'bodyTooLarge',
  },
  {
    what: 'a body that grows too large without a promise',
    listener: (_, response) => {
      response.write(Buffer.alloc(900));
      response.end(Buffer.alloc(900));
    },
    code: 'bodyTooLarge',
  },
  {
    what: 'a body that is cut off',
    listener: (_, response) => {
      response.writeHead(200, { 'content-length': 500 });
      response.write(Buffer.alloc(100), () => response.destroy());
    },
    code: 'sourceUnavailable',
  },
  { what: 'an empty body', listener: (_, response) => response.end(), code: 'sourceUnavailable' },
  {
    what: 'redirects without end',
    listener: (request, response) => response.writeHead(302, { location: `${request.url}x` }).end(),
    code: 'sourceUnavailable',
  },
  {
    what: 'a redirect to another protocol',
    listener: (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    code: 'sourceForbidden',
  },
];
for (const { what, listener, code } of broken) {
  test(`refuses ${what} and leaves no file`, async (t) => {
    const path = newPath();
    const url = await serve(t, listener);
    await assert.rejects(downloadFile(`${url}/`, { path, rules: anywhere, retryAfterMs: 1 }), { code });
    assert.equal(existsSync(path), false);
  });
}

test('goes to public addresses only, however a private one is written', async (t) => {
  let visits = 0;
  const url = await serve(t, (_, response) => {
    visits++;
    response.end(body);
  });
  const { port } = new URL(url);
  const hosts = ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '169.254.169.254'];
  for (const host of hosts) {
    await assert.rejects(downloadFile(`http://${host}:${port}/`, { path: newPath(), rules: publicOnly }), {
      code: 'sourceForbidden',
      message: /SCION_ALLOW_PRIVATE_URLS/,
    });
  }
  assert.equal(visits, 0);
});

test('a redirect from a public address to a private one is not followed', async (t) => {
  const visited: string[] = [];
  const url = await serve(t, (request, response) => {
    visited.push(request.url ?? '');
    const { port } = new URL(`http://${request.headers.host}`);
    if (request.url === '/away') response.writeHead(302, { location: `http://127.0.0.2:${port}/secret` }).end();
    else response.end(body);
  });
  // To this download, 127.0.0.1 is somewhere on the internet, and the rest of the machine is the own network.
  const rules = { ...publicOnly, isPublic: (address: string) => address === '127.0.0.1' };
  assert.equal((await downloadFile(`${url}/data`, { path: newPath(), rules })).sizeBytes, body.length);
  const path = newPath();
  await assert.rejects(downloadFile(`${url}/away`, { path, rules }), { code: 'sourceForbidden', message: /^127\.0\.0\.2 / });
  assert.deepEqual(visited, ['/data', '/away']);
  assert.equal(existsSync(path), false);
});
