import { createServer } from 'node:net';

/** A port of this machine that nothing listens on. Another process may take it before the caller does. */
export function freePort(): Promise<number> {
  return new Promise((found, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') found(address.port);
        else reject(new Error('No port was given'));
      });
    });
  });
}
