import { type ChildEnd, type ForkedChild, forkChild } from '../processes/forked-child.ts';

type Listener = { onMessage: (message: unknown) => void; onLine: (line: string) => void };

/** A trainer process that has no run yet. */
export type IdleTrainer = Pick<ForkedChild, 'pid' | 'send' | 'kill'> & {
  readonly ended: Promise<ChildEnd>;
  hasEnded(): boolean;
  /** Hears all that it says, from its start. */
  listen(listener: Listener): void;
};

/** Forks a trainer, which loads what it needs and then waits. */
export function forkTrainer({ path, environment }: { path: string; environment: NodeJS.ProcessEnv }): IdleTrainer {
  const said: ((listener: Listener) => void)[] = [];
  let listener: Listener | null = null;
  let hasEnded = false;

  const tell = (say: (to: Listener) => void) => {
    if (listener) say(listener);
    else said.push(say);
  };
  const child = forkChild({
    path,
    environment,
    onMessage: (message) => tell((to) => to.onMessage(message)),
    onLine: (line) => tell((to) => to.onLine(line)),
  });
  void child.ended.then(() => {
    hasEnded = true;
  });

  return {
    pid: child.pid,
    send: child.send,
    kill: child.kill,
    ended: child.ended,
    hasEnded: () => hasEnded,
    listen(next) {
      listener = next;
      for (const say of said.splice(0)) say(next);
    },
  };
}
