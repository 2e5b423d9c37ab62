import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { ScionError } from '@scion/schema';
import { BufferedFileWriter, type WrittenFile } from '../buffered-file-writer.ts';
import { isPublicAddress, lookupAllowed, refuseHost } from './public-address.ts';

const maxRedirects = 5;
const maxTries = 3;
const silentMs = 60_000;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

type DownloadRules = {
  maxBytes: number;
  allowPrivateAddresses: boolean;
  /** What counts as public; the internet if left out. */
  isPublic?: (address: string) => boolean;
};
type Downloaded = WrittenFile & { fileName: string };

/** Raised where another try may help: a broken connection, an overloaded server. */
class PassingFailure extends Error {}

/**
 * Streams what an http(s) address serves into a file. Follows redirects, each checked like the first address; tries again after
 * failures that may pass.
 *
 * @throws ScionError `sourceForbidden`, `sourceUnavailable`, `bodyTooLarge`; nothing is left at `path` then
 */
export async function downloadFile(
  url: string,
  { path, rules, retryAfterMs = 1000 }: { path: string; rules: DownloadRules; retryAfterMs?: number },
): Promise<Downloaded> {
  for (let tries = 1; ; tries++) {
    try {
      const { response, finalUrl } = await openUrl(new URL(url), rules);
      return { ...(await saveBody(response, { path, url: finalUrl, maxBytes: rules.maxBytes })), fileName: fileNameOf(finalUrl) };
    } catch (error) {
      if (error instanceof ScionError) throw error;
      if (!(error instanceof PassingFailure)) throw error;
      if (tries === maxTries) throw unavailable(url, error.message, error);
      await wait(retryAfterMs * 2 ** (tries - 1));
    }
  }
}

async function openUrl(url: URL, rules: DownloadRules): Promise<{ response: IncomingMessage; finalUrl: URL }> {
  let current = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await request(current, rules);
    const status = response.statusCode ?? 0;
    if (status === 200) return { response, finalUrl: current };
    response.destroy();
    if (redirectStatuses.includes(status) && response.headers.location !== undefined) {
      current = resolveRedirect(response.headers.location, current);
      continue;
    }
    if (status === 429 || status >= 500) throw new PassingFailure(`the server answered ${status}`);
    throw unavailable(current.href, `the server answered ${status}`);
  }
  throw unavailable(url.href, `it redirects more than ${maxRedirects} times`);
}

function resolveRedirect(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw unavailable(from.href, 'it redirects to something that is no URL');
  return new URL(location, from);
}

function request(url: URL, { allowPrivateAddresses, isPublic = isPublicAddress }: DownloadRules): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ScionError('sourceForbidden', `Data is fetched by http and https only, not by ${url.protocol}`);
  }
  if (!allowPrivateAddresses) refuseHost(url, isPublic);
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? getHttps : getHttp;
    // A pooled connection would skip the look-up; and the bytes are wanted as they are stored.
    const sent = get(url, {
      agent: false,
      headers: { 'user-agent': 'scion', 'accept-encoding': 'identity' },
      timeout: silentMs,
      ...(allowPrivateAddresses ? {} : { lookup: lookupAllowed(isPublic) }),
    });
    sent.once('response', resolve);
    sent.once('timeout', () => sent.destroy(new Error(`nothing came for ${silentMs / 1000} s`)));
    sent.once('error', (error) => reject(error instanceof ScionError ? error : new PassingFailure(error.message)));
  });
}

async function saveBody(
  response: IncomingMessage,
  { path, url, maxBytes }: { path: string; url: URL; maxBytes: number },
): Promise<WrittenFile> {
  const promised = Number(response.headers['content-length'] ?? Number.NaN);
  const writer = await BufferedFileWriter.create(path);
  try {
    if (promised > maxBytes) throw tooLarge(maxBytes);
    for await (const chunk of chunksOf(response)) {
      if (writer.sizeBytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
      await writer.append(chunk);
    }
    const written = await writer.finish();
    if (written.sizeBytes === 0) throw unavailable(url.href, 'it is empty');
    return written;
  } catch (error) {
    response.destroy();
    await writer.remove();
    throw error;
  }
}

/** A body that ends before its promised length raises an error of its own in Node. */
async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw new PassingFailure(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function fileNameOf(url: URL): string {
  const last = url.pathname.split('/').filter(Boolean).at(-1) ?? 'download';
  try {
    return decodeURIComponent(last).slice(0, 255);
  } catch {
    return last.slice(0, 255);
  }
}

export function tooLarge(maxBytes: number): ScionError {
  return new ScionError('bodyTooLarge', `The data is larger than ${maxBytes} bytes, the most that is taken`);
}

function unavailable(url: string, reason: string, cause?: unknown): ScionError {
  return new ScionError('sourceUnavailable', `${withoutSecrets(url)} could not be fetched: ${reason}`, { cause });
}

/** What a query or a login grants is for nobody who reads the message. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
