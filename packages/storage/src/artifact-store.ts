import type { Readable } from 'node:stream';

export type StoredObject = { sizeBytes: number; sha256: string };

/** A stored folder of which those files are on this machine that are asked for. */
export type OpenedFolder = {
  /** The local folder in which a file stands, by its name, once it was fetched. */
  readonly path: string;
  /** Bytes of files that may be kept here at a time; null where the store is on this machine and all files stand there anyway. */
  readonly keepBytes: number | null;
  /** Resolves once the file is there; nothing happens for a name that the store has not. It stays until it is dropped. */
  fetch(name: string): Promise<void>;
  /** Says that a file is read no longer, until it is fetched again. */
  drop(name: string): Promise<void>;
  close(): Promise<void>;
};

export type ObjectBody = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Keeps bytes under slash-separated keys. Every write is atomic: a reader sees the old bytes or the new, never a mixture, also
 * after a power cut. Keys are built by `artifactKeys` from server-made ids, never from names that users chose. A key is written
 * by `put` or by `appendLine`, not by both.
 *
 * Stores that are away make every method throw ScionError `unavailable`, full ones `insufficientStorage`.
 */
export interface ArtifactStore {
  /** Stores `body` and returns its size and SHA-256. Durable when it resolves. A long body is never whole in memory. */
  put(key: string, body: ObjectBody): Promise<StoredObject>;
  /** The same where there is no such object yet, else null: of many writers at once one gets its bytes in. For short bodies. */
  putIfAbsent(key: string, body: Uint8Array | string): Promise<StoredObject | null>;
  /**
   * Adds one line (a newline is appended) to an object, creating it where there is none. Lines survive the death of the process;
   * a power cut may lose or tear the last ones, so readers skip a line that does not parse.
   */
  appendLine(key: string, line: string): Promise<void>;
  /** The bytes, or null where there is no such object. Throws ScionError `artifactCorrupt` where they are not what was stored. */
  get(key: string): Promise<Uint8Array | null>;
  /** Streams the bytes, `start` and `end` inclusive; null where there is no such object. */
  openRead(key: string, range?: { start: number; end: number }): Promise<Readable | null>;
  sizeOf(key: string): Promise<number | null>;
  /** Keys under a folder, sorted, recursively. */
  list(folder: string): Promise<string[]>;
  /** Removes an object or a whole folder; nothing happens where there is none. */
  remove(keyOrFolder: string): Promise<void>;
  /**
   * A local folder with the same files as the stored one (those that `put` wrote), for readers that need paths. The file system
   * store gives its own folder; others download into a cache, where the files stay until `releaseLocal` or the end of the process.
   */
  localFolder(folder: string): Promise<string>;
  /** The same, for readers that need some of the files at a time and may begin before the others are here. */
  openFolder(folder: string): Promise<OpenedFolder>;
  /** A local path of one object; null where there is no such object. */
  localFile(key: string): Promise<string | null>;
  /** Says that a path which `localFolder` or `localFile` gave is read no longer. */
  releaseLocal(path: string): Promise<void>;
  /**
   * A local path at which `folder` may be built, to be published then: the same at every call on this machine, so that a build
   * that was broken off can go on. Nothing need be there.
   */
  buildingPlace(folder: string): Promise<string>;
  /**
   * Puts a folder that was built on this machine in the place of `folder`, and takes its files away from `from`. The file `last`,
   * which says what the others are, comes last: a folder that has it is whole.
   */
  publishFolder(folder: string, built: { from: string; last: string }): Promise<void>;
  /** `file:///…` or `s3://…`, as `openArtifactStore` takes it. */
  readonly url: string;
}
