import { ScionError } from '@scion/schema';

const maxPathLength = 1024;

/**
 * An entry's name as a clean relative path with `/` between its parts. Throws `archiveUnsafe` where the name could lead out of a
 * folder it were unpacked in. (Entries are never written under their own name; a name like that still tells of a hostile archive.)
 */
export function safeEntryPath(name: string): string {
  const parts = name.split(/[\\/]/);
  if (name.startsWith('/') || name.startsWith('\\') || /^[a-z]:/i.test(name)) throw unsafeEntry(name, 'its path is absolute');
  if (parts.includes('..')) throw unsafeEntry(name, 'its path leads upwards (..)');
  if (name.includes('\0')) throw unsafeEntry(name, 'its path holds a NUL character');
  if (name.length > maxPathLength) throw unsafeEntry(name.slice(0, 80), `its path is longer than ${maxPathLength} characters`);
  const path = name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  if (path === '') throw unsafeEntry(name, 'it has no name');
  return path;
}

export function unsafeEntry(name: string, reason: string): ScionError {
  return new ScionError('archiveUnsafe', `The entry ${JSON.stringify(name)} is not allowed: ${reason}`, {
    details: [{ path: name, message: reason }],
  });
}

const leftByDesktops = new Set(['__macosx', 'thumbs.db', 'desktop.ini']);

/** True for what operating systems and tools leave in folders: dot files, `__MACOSX/`, `Thumbs.db`. */
export function isClutter(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || leftByDesktops.has(part.toLowerCase()));
}
