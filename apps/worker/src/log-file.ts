import type { ArtifactStore } from '@scion/storage';

/** Where the lines that a child writes go: to the artifact store, the last ones also kept at hand. */
export type LogFile = {
  write(line: string): void;
  tail(): string[];
  /** Resolves when all lines so far are stored, or could not be. */
  flush(): Promise<void>;
};

const tailLines = 50;
const maxLineLength = 4096;

export function createLogFile(store: ArtifactStore, key: string, onError: (error: unknown) => void): LogFile {
  const lastLines: string[] = [];
  let writing = Promise.resolve();
  return {
    write(line) {
      const short = line.length > maxLineLength ? `${line.slice(0, maxLineLength)} …` : line;
      lastLines.push(short);
      if (lastLines.length > tailLines) lastLines.shift();
      writing = writing.then(() => store.appendLine(key, short)).catch(onError);
    },
    tail: () => [...lastLines],
    flush: () => writing,
  };
}
