import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { becomeCommand, root } from './run-command.mjs';

const [name, ...args] = process.argv.slice(2);

await bootstrap();
const folder = join('test', 'dist', 'bench');
const script = join(folder, `${name}.js`);
if (name !== undefined && existsSync(join(root, script))) {
  await becomeCommand(process.execPath, ['--enable-source-maps', script, ...args]);
} else {
  const known = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).filter((file) => file.endsWith('.js')) : [];
  console.error(`Usage: node scripts/bench.mjs NAME, NAME being one of: ${known.map((file) => file.slice(0, -3)).join(', ')}`);
  process.exitCode = 2;
}
