export { createProgram } from './program.ts';
export { addDigits, readDigits } from './quickstart/digit-datasets.ts';
export { packIdxArchive } from './quickstart/idx-archive.ts';
export { readMnistDigits } from './quickstart/mnist-digits.ts';
export { pretrainJob, probeJob, scratchJob } from './quickstart/recipe.ts';
export { runCli } from './run-cli.ts';
