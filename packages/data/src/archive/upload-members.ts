import { createReadStream } from 'node:fs';
import type { ArchiveMember } from './archive-member.ts';
import { type ContainerKind, detectContainer } from './container-kind.ts';
import { isClutter } from './entry-path.ts';
import { folderMembers } from './folder-members.ts';
import { tarMembers } from './tar-members.ts';
import { zipMembers } from './zip-members.ts';

/** Walks the regular files of an upload: of a zip, a tar, a tar.gz or a folder; of anything else it is itself the one file. */
export async function openMembers(
  path: string,
  fileName: string,
): Promise<{ members: AsyncIterable<ArchiveMember>; isLoneFile: boolean }> {
  const kind = await detectContainer(path, fileName);
  return { members: membersOf(kind, { path, fileName }), isLoneFile: kind === 'file' };
}

function membersOf(kind: ContainerKind, { path, fileName }: { path: string; fileName: string }): AsyncIterable<ArchiveMember> {
  if (kind === 'folder') return folderMembers(path);
  if (kind === 'zip') return zipMembers(path);
  if (kind === 'file') return loneFile(path, fileName);
  return tarMembers(createReadStream(path), kind === 'tar.gz');
}

async function* loneFile(path: string, fileName: string): AsyncGenerator<ArchiveMember> {
  const name = fileName.split(/[\\/]/).at(-1)?.replaceAll('\0', '') ?? '';
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1 << 18 });
  yield { name: name === '' || isClutter(name) || name === '..' ? 'upload' : name, chunks };
}
