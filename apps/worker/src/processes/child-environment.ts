/** What a child may see of its supervisor's environment: no addresses or passwords of the database, the queue or the store. */
const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'XDG_CACHE_HOME',
  'LD_LIBRARY_PATH',
  'SystemRoot',
  'SCION_RUNTIME_DIR',
  'SCION_LOADER_MEMORY_BYTES',
] as const;

export function childEnvironment(own: NodeJS.ProcessEnv, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = inherited.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return { ...Object.fromEntries(kept), ...extra };
}
