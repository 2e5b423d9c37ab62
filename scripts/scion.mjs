import { bootstrap } from './bootstrap.mjs';

/** Those that train by themselves. The others only talk to a server, and need no TensorFlow. */
const trainingCommands = ['quickstart', 'up', 'train', 'doctor'];

await bootstrap({ runtime: trainingCommands.includes(process.argv[2]) });
await import('../apps/cli/dist/main.js');
