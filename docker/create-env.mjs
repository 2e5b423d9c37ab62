import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Writes `.env` beside docker-compose.yml with new random passwords, readable by its owner only. Never replaces one. */
const path = fileURLToPath(new URL('../.env', import.meta.url));
const names = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'];
const lines = names.map((name) => `${name}=${randomBytes(24).toString('hex')}\n`);
try {
  writeFileSync(path, lines.join(''), { mode: 0o600, flag: 'wx' });
  process.stdout.write(`Wrote ${path}\n`);
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  process.stderr.write(`${path} is there already and stays as it is; the databases were set up with its passwords.\n`);
  process.exitCode = 1;
}
