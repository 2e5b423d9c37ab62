import { createReadStream } from 'node:fs';
import type { ArchiveMember } from './archive-member.ts';
import { type ContainerKind, detectContainer } from './container-kind.ts';
import { isClutter } from './entry-path.ts';
import { folderMembers } from './folder-members.ts';
import { tarMembers } from './tar-members.ts';
import { zipMembers } from './zip-members.ts';

type Upload = {
  path: string;
  fileName: string;
  /** Hears how many entries there will be, where an archive says so. */
  onCount: (entries: number) => void;
};

/** Walks the regular files of an upload: of a zip, a tar, a tar.gz or a folder; of anything else it is itself the one file. */
export async function openMembers(upload: Upload): Promise<{ members: AsyncIterable<ArchiveMember>; isLoneFile: boolean }> {
  const kind = await detectContainer(upload.path, upload.fileName);
  return { members: membersOf(kind, upload), isLoneFile: kind === 'file' };
}

function membersOf(kind: ContainerKind, { path, fileName, onCount }: Upload): AsyncIterable<ArchiveMember> {
  if (kind === 'folder') return folderMembers(path);
  if (kind === 'zip') return zipMembers(path, onCount);
  if (kind === 'file') return loneFile(path, fileName);
  return tarMembers(createReadStream(path), kind === 'tar.gz');
}

async function* loneFile(path: string, fileName: string): AsyncGenerator<ArchiveMember> {
  const name = fileName.split(/[\\/]/).at(-1)?.replaceAll('\0', '') ?? '';
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1 << 18 });
  yield { name: name === '' || isClutter(name) || name === '..' ? 'upload' : name, chunks };
}
