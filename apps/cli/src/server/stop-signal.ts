export type StopSignal = {
  /** To be answered by an orderly end. */
  first: Promise<'stop'>;
  /** To be answered by an immediate one. */
  second: Promise<'stop'>;
  wasAsked(): boolean;
};

/**
 * Listens for being asked to stop, by Ctrl-C, `kill` or a closed terminal. From the call on, these signals no longer end the
 * process by themselves.
 */
export function whenAskedToStop(): StopSignal {
  const resolvers: ((value: 'stop') => void)[] = [];
  const next = () => new Promise<'stop'>((resolve) => resolvers.push(resolve));
  const [first, second] = [next(), next()];
  const asksLeft = resolvers.length;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolvers.shift()?.('stop'));
  return { first, second, wasAsked: () => resolvers.length < asksLeft };
}
