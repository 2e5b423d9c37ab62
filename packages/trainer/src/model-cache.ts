type Entry<Model> = { model: Promise<Model>; users: number };

export type ModelCache<Model> = {
  /** Runs `work` with the model of a key, loaded if need be, which stays whole until `work` is done. */
  use<Result>(key: string, work: (model: Model) => Promise<Result>): Promise<Result>;
};

/** Keeps the `keep` last used models. One that has to go is disposed of as soon as nobody uses it any more. */
export function createModelCache<Model extends { dispose(): void }>({
  load,
  keep,
}: {
  load: (key: string) => Promise<Model>;
  keep: number;
}): ModelCache<Model> {
  const entries = new Map<string, Entry<Model>>(); // in the order of their last use

  function enter(key: string): Entry<Model> {
    const entry = entries.get(key) ?? { model: load(key), users: 0 };
    entry.users += 1;
    entries.delete(key);
    entries.set(key, entry);
    for (const [oldest, old] of entries) {
      if (entries.size <= keep) break;
      entries.delete(oldest);
      if (old.users === 0) dispose(old);
    }
    return entry;
  }

  function leave(key: string, entry: Entry<Model>): void {
    entry.users -= 1;
    if (entry.users === 0 && entries.get(key) !== entry) dispose(entry);
  }

  return {
    async use(key, work) {
      const entry = enter(key);
      try {
        const model = await entry.model.catch((error: unknown) => {
          if (entries.get(key) === entry) entries.delete(key); // the next use tries again
          throw error;
        });
        return await work(model);
      } finally {
        leave(key, entry);
      }
    },
  };
}

function dispose<Model extends { dispose(): void }>({ model }: Entry<Model>): void {
  model.then(
    (loaded) => loaded.dispose(),
    () => undefined, // it was never there
  );
}
