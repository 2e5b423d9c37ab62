/**
 * The files of a packed form: those of a local folder, or of one into which they come when they are asked for. The `OpenedFolder` of an
 * artifact store is one.
 */
export type PackedFiles = {
  /** Folder in which a file stands once it was fetched. */
  readonly path: string;
  /** Bytes that may be kept there at a time; null where all files stand there anyway. */
  readonly keepBytes: number | null;
  fetch(name: string): Promise<void>;
  drop(name: string): Promise<void>;
};

export function filesOfFolder(path: string): PackedFiles {
  const nothing = async () => undefined;
  return { path, keepBytes: null, fetch: nothing, drop: nothing };
}
