export { createProgram } from './program.ts';
export { type CliSurroundings, runCli } from './run-cli.ts';
