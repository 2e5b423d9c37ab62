const notTheCaller = [
  /node_modules[/\\]@tensorflow/,
  /engine[/\\](dist|src)[/\\](graph|backends|ops)[/\\]/,
  /\(node:/,
  /<anonymous>/,
];

/** The innermost line of the present stack that is neither tfjs's nor the engine's: where a step asked for something. */
export function callerLine(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const frame = lines.find((line) => !notTheCaller.some((pattern) => pattern.test(line)));
  return frame?.trim().replace(/^at /, 'at ') ?? 'at an unknown line';
}
