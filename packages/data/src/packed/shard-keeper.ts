import type { PackedFiles } from './packed-files.ts';
import type { PackedFile } from './packed-manifest.ts';

/** Shards that are fetched ahead at a time. */
const fetchedAtOnce = 4;
/** Shards that are held when more are fetched ahead: those that a shuffled stretch of the data lies in, and as many of the next. */
const maxHeldAhead = 32;
/** Of what may be kept; the rest is for what is read besides, as an evaluation does. */
const shareAhead = 0.5;
/** Shards that are kept while nobody needs them: as many as a split has that is shuffled as a whole. */
const maxKept = 64;

/** A shard that is here or on its way. `holders` are those that need it, now or soon. */
type Kept = { file: PackedFile; holders: number; isHere: boolean; arrival: Promise<void> };

/** A shard that stays, once `arrival` has resolved, until it is released. */
export type HeldShard = { arrival: Promise<void>; release: () => void };

type KeeperOptions = { files: PackedFiles; keepBytes: number; onDropped: (name: string) => void };

/**
 * Sees to it that shards which come from afar are here while they are read. What nobody holds goes, longest unused first, when there
 * is more than may be kept; what is held stays in any case.
 */
export class ShardKeeper {
  readonly #files: PackedFiles;
  #keepBytes: number;
  readonly #onDropped: (name: string) => void;
  /** By name; those that were held last come last. */
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;
  #arriving = 0;
  readonly #onArrival = new Set<() => void>();
  /** A shard that is wanted again must not be dropped once more after it came, nor take room together with one that is on its way out. */
  #drops: Promise<unknown> = Promise.resolve();

  constructor({ files, keepBytes, onDropped }: KeeperOptions) {
    this.#files = files;
    this.#keepBytes = keepBytes;
    this.#onDropped = onDropped;
  }

  /** Takes account of a file that stays where the shards are. */
  reserve({ sizeBytes }: Pick<PackedFile, 'sizeBytes'>): void {
    this.#keepBytes -= sizeBytes;
  }

  hold(file: PackedFile): HeldShard {
    const kept = this.#kept.get(file.name) ?? this.#fetch(file);
    kept.holders++;
    this.#kept.delete(file.name);
    this.#kept.set(file.name, kept);
    const release = () => {
      kept.holders--;
      this.#makeRoom(0);
    };
    return { arrival: kept.arrival, release };
  }

  isKept({ name }: PackedFile): boolean {
    return this.#kept.has(name);
  }

  /** Whether a shard that is needed later can be fetched now, without there being too many that are held. */
  hasRoomFor({ sizeBytes }: PackedFile): boolean {
    const held = [...this.#kept.values()].filter(({ holders }) => holders > 0);
    const heldBytes = held.reduce((sum, { file }) => sum + file.sizeBytes, 0);
    const isLittle = held.length < maxHeldAhead && heldBytes + sizeBytes <= this.#keepBytes * shareAhead;
    return isLittle && this.#arriving < fetchedAtOnce;
  }

  /** Has `listener` called when a shard has come, or has failed to, until the function is called that this gives. */
  onArrival(listener: () => void): () => void {
    this.#onArrival.add(listener);
    return () => this.#onArrival.delete(listener);
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#kept.values()].map(({ arrival }) => arrival));
    await this.#drops;
  }

  #fetch(file: PackedFile): Kept {
    this.#makeRoom(file.sizeBytes);
    this.#keptBytes += file.sizeBytes;
    const kept: Kept = { file, holders: 0, isHere: false, arrival: this.#arrivalOf(file) };
    const settle = () => {
      for (const listener of this.#onArrival) listener();
    };
    kept.arrival
      .then(
        () => {
          kept.isHere = true;
        },
        () => this.#forget(file), // Those who hold it are told; whoever asks next tries anew
      )
      .finally(settle);
    return kept;
  }

  async #arrivalOf({ name }: PackedFile): Promise<void> {
    this.#arriving++;
    try {
      await this.#drops;
      await this.#files.fetch(name);
    } finally {
      this.#arriving--;
    }
  }

  #makeRoom(neededBytes: number): void {
    for (const { file, holders, isHere } of [...this.#kept.values()]) {
      if (this.#keptBytes + neededBytes <= this.#keepBytes && this.#kept.size <= maxKept) return;
      if (holders > 0 || !isHere) continue;
      this.#forget(file);
      this.#onDropped(file.name);
      const drop = this.#files.drop(file.name).catch(() => undefined); // It stays a while longer, then
      this.#drops = Promise.all([this.#drops, drop]);
    }
  }

  #forget({ name, sizeBytes }: PackedFile): void {
    if (this.#kept.delete(name)) this.#keptBytes -= sizeBytes;
  }
}
