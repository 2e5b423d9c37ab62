export { createProgram } from './program.ts';
export { packIdxArchive } from './quickstart/idx-archive.ts';
export { readMnistDigits } from './quickstart/mnist-digits.ts';
export { type CliSurroundings, runCli } from './run-cli.ts';
