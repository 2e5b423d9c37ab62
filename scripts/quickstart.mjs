import { bootstrap } from './bootstrap.mjs';

await bootstrap();
process.argv.splice(2, 0, 'quickstart');
await import('../apps/cli/dist/main.js');
