import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { becomeCommand } from './run-command.mjs';

await bootstrap();
await becomeCommand(process.execPath, [
  '--enable-source-maps',
  join('test', 'dist', 'faults', 'chaos.js'),
  ...process.argv.slice(2),
]);
