/**
 * Listens for being asked to stop, by Ctrl-C, `kill` or a closed terminal. `first` is to be answered by an orderly end,
 * `second` by an immediate one. From the call on, these signals no longer end the process by themselves.
 */
export function whenAskedToStop(): { first: Promise<'stop'>; second: Promise<'stop'>; wasAsked: () => boolean } {
  const resolvers: ((value: 'stop') => void)[] = [];
  const next = () => new Promise<'stop'>((resolve) => resolvers.push(resolve));
  const [first, second] = [next(), next()];
  const signals = resolvers.length;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolvers.shift()?.('stop'));
  return { first, second, wasAsked: () => resolvers.length < signals };
}
