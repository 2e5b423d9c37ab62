import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findDescendant } from '../../support/processes.ts';
import { startScion, temporaryDataDir } from '../../support/scion-server.ts';

const atMostMib = 100;
const sampledEveryMs = 20;

/** Uploads a file of that size to a server, and says by how much the memory of its API grew meanwhile. */
export async function measureUpload({ folder, sizeMib }: { folder: string; sizeMib: number }): Promise<boolean> {
  const hooks: (() => Promise<void>)[] = [];
  const lifetime = { after: (hook: () => Promise<void>) => void hooks.unshift(hook) };
  const file = join(folder, 'upload.bin');
  await writeNoise(file, sizeMib);
  try {
    const server = await startScion(lifetime, { dataDir: await temporaryDataDir(lifetime) });
    const api = await findDescendant(server.pid, 'api');
    if (!api) throw new Error('The server has no API process');
    const watch = await watchMemory(api.pid);
    const startedAt = performance.now();
    const status = await upload(`${server.url}/v1/datasets`, file);
    const seconds = (performance.now() - startedAt) / 1000;
    const grownMib = (await watch.stop()) / 2 ** 20;
    if (status !== 201) throw new Error(`The upload was answered with ${status}`);
    const holds = grownMib <= atMostMib;
    console.log(`\nupload: ${sizeMib} MiB in ${seconds.toFixed(1)} s`);
    console.log(
      `${holds ? 'holds ' : 'missed'}  upload: the API grew by ${grownMib.toFixed(0)} MiB (n = 1), wanted at most ${atMostMib}`,
    );
    return holds;
  } finally {
    for (const hook of hooks) await hook();
  }
}

/** Bytes that are of no format, so that nothing is unpacked afterwards. */
async function writeNoise(path: string, sizeMib: number): Promise<void> {
  const handle = await open(path, 'w');
  const mib = Buffer.from(Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i * 131 + (i >> 8) * 17 + 5) % 251));
  for (let written = 0; written < sizeMib; written++) await handle.write(mib);
  await handle.close();
}

/** Posts the file as a form, from the disk on. */
async function upload(url: string, path: string): Promise<number> {
  const boundary = 'bench-data-boundary';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="upload.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const sending = request(url, { method: 'POST', headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } });
  const answered = new Promise<number>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  sending.write(head);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), sending, { end: false });
  sending.end(`\r\n--${boundary}--\r\n`);
  return await answered;
}

/** Looks at a process's resident memory again and again; `stop` gives the most that it grew by. */
async function watchMemory(pid: number): Promise<{ stop(): Promise<number> }> {
  const before = await residentBytes(pid);
  let most = before;
  const timer = setInterval(() => void residentBytes(pid).then((bytes) => (most = Math.max(most, bytes))), sampledEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      most = Math.max(most, await residentBytes(pid));
      return most - before;
    },
  };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
}
