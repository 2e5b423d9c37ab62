/** Frames of tfjs (by its paths in node_modules and in its source maps), of the engine and of Node. */
const notTheCaller = [
  /@tensorflow[/\\]/,
  /tfjs-[a-z-]+[/\\]src[/\\]/,
  /engine[/\\](dist|src)[/\\](graph|backends|ops)[/\\](?!.*\.test\.)/,
  /\(?node:/,
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
