import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

/** Writes `.env` beside docker-compose.yml with new random passwords, readable by its owner only. Never replaces one. */
const path = fileURLToPath(new URL('../.env', import.meta.url));
const names = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'];
const lines = names.map((name) => `${name}=${randomBytes(24).toString('hex')}\n`);
lines.push(`SCION_ADMIN_KEY=${makeKey()}\n`);

/** An API key of the form that the server takes: 30 random letters and the CRC-32 of them. It runs before anything is built. */
function makeKey() {
  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const random = Array.from({ length: 30 }, () => letters[randomInt(letters.length)]).join('');
  let rest = crc32(random);
  let checksum = '';
  for (let i = 0; i < 6; i++) {
    checksum = letters[rest % letters.length] + checksum;
    rest = Math.floor(rest / letters.length);
  }
  return `scion_${random}${checksum}`;
}

try {
  writeFileSync(path, lines.join(''), { mode: 0o600, flag: 'wx' });
  process.stdout.write(`Wrote ${path}\n`);
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  process.stderr.write(`${path} is there already and stays as it is; the databases were set up with its passwords.\n`);
  process.exitCode = 1;
}
