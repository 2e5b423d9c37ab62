import { hostname } from 'node:os';

/**
 * Exits with 0 when the container's role is up: `api` (the default) answers that it is ready, `worker` is one that the server at
 * `SCION_URL` has heard of within its lease.
 */
const checks = {
  api: async () => {
    await get(`http://127.0.0.1:${process.env.SCION_PORT}/readyz`);
    return true;
  },
  worker: async () => {
    const { data } = await get(`${process.env.SCION_URL}/v1/workers?limit=500`);
    return data.some((worker) => worker.host === hostname() && worker.alive);
  },
};

async function get(url) {
  const key = process.env.SCION_API_KEY;
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(4000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return await answer.json();
}

const role = process.argv[2] ?? 'api';
try {
  if (!(await checks[role]())) throw new Error('The server has not heard of this worker lately');
} catch (error) {
  process.stderr.write(`${role}: ${error.message}\n`);
  process.exitCode = 1;
}
