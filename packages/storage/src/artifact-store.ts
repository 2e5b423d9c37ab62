import type { Readable } from 'node:stream';

export type StoredObject = { sizeBytes: number; sha256: string };

/**
 * Keeps bytes under slash-separated keys. Every write is atomic: a reader sees the old bytes or the new, never a mixture, also
 * after a power cut. Keys are built by `artifactKeys` from server-made ids, never from names that users chose.
 */
export interface ArtifactStore {
  /** Stores `body` and returns its size and SHA-256. Durable when it resolves. */
  put(key: string, body: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<StoredObject>;
  /**
   * Adds one line (a newline is appended) to an object, creating it where there is none. Lines survive the death of the process;
   * a power cut may lose or tear the last ones, so readers skip a line that does not parse.
   */
  appendLine(key: string, line: string): Promise<void>;
  /** The bytes, or null where there is no such object. */
  get(key: string): Promise<Uint8Array | null>;
  /** Streams the bytes, `start` and `end` inclusive; null where there is no such object. */
  openRead(key: string, range?: { start: number; end: number }): Promise<Readable | null>;
  sizeOf(key: string): Promise<number | null>;
  /** Keys under a folder, sorted, recursively. */
  list(folder: string): Promise<string[]>;
  /** Removes an object or a whole folder; nothing happens where there is none. */
  remove(keyOrFolder: string): Promise<void>;
  /**
   * A local folder with the same files as the stored one, for readers that need paths (memory mapping, archive readers). The file
   * system store gives its own folder; others download into a cache.
   */
  localFolder(folder: string): Promise<string>;
  /** `file:///…` or `s3://…`, as `openArtifactStore` takes it. */
  readonly url: string;
}
