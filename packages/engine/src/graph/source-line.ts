/** Frames of tfjs (by its paths in node_modules and in its source maps), of the engine and of Node. */
const notTheCaller = [
  /@tensorflow[/\\]/,
  /tfjs-[a-z-]+[/\\]src[/\\]/,
  /node_modules[/\\]tslib[/\\]/,
  /engine[/\\](dist|src)[/\\](graph|backends|ops)[/\\](?!.*\.(test|fixture)\.)/,
  /\(?node:/,
  /<anonymous>\)?$/,
];
/** Frames that take part in recording, which are nothing that a step knows of. */
const recording = /engine[/\\](dist|src)[/\\](graph|backends)[/\\]/;
const deepestStack = 60;

/**
 * A stack to ask `describeCaller` about later: taking it is cheap, writing it out is not (with source maps, about a millisecond).
 */
export function captureStack(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = deepestStack;
  const stack = new Error('stack');
  Error.stackTraceLimit = limit;
  return stack;
}

/** What a step asked for and where: the innermost line that is neither tfjs's nor the engine's, and the function that it called. */
export function describeCaller(stack: Error = captureStack()): string {
  const frames = (stack.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const index = frames.findIndex((frame) => !notTheCaller.some((pattern) => pattern.test(frame)));
  const line = frames[index]?.trim();
  if (!line) return 'at an unknown line';
  const called = frames
    .slice(0, index)
    .map(functionName)
    .findLast((name) => name !== null);
  return called ? `${called} ${line}` : line;
}

/** tfjs's own name of a frame's function: it runs `dropout` as `dropout__op`, which calls `dropout_`. */
function functionName(frame: string): string | null {
  if (recording.test(frame)) return null;
  const name = /^\s+at (?:async )?(?:[\w$]+\.)*([A-Za-z$][\w$]*?)(?:__op|_)? \(/.exec(frame)?.[1];
  return name && !/^(step|next|anonymous|tf|engine)$/.test(name) ? name : null;
}
