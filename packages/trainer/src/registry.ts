import { z } from 'zod';

/** What every registered thing states about itself; its zod `config` has a literal `type` equal to `id`. */
export type RegistryEntry = {
  readonly id: string;
  readonly summary: string;
  readonly paper?: string;
  readonly config: z.ZodObject<{ type: z.ZodLiteral<string> }>;
};

type ConfigOf<Entries extends readonly RegistryEntry[]> = { [Index in keyof Entries]: Entries[Index]['config'] };

/**
 * The schema that parses the settings of any entry, told apart by `type`. A duplicate id fails at start.
 * The cast restores the tuple type that `map` loses.
 */
export function unionOf<const Entries extends readonly [RegistryEntry, ...RegistryEntry[]]>(entries: Entries) {
  const ids = entries.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice) throw new Error(`Two registry entries have the id "${twice}"`);
  const configs = entries.map(({ config }) => config) as unknown as ConfigOf<Entries>;
  return z.discriminatedUnion('type', configs as unknown as readonly [z.ZodObject, ...z.ZodObject[]]) as unknown as z.ZodType<
    z.output<ConfigOf<Entries>[number]>,
    z.input<ConfigOf<Entries>[number]>
  >;
}

/** The entry of a parsed config. */
export function entryOf<Entry extends RegistryEntry>(entries: readonly Entry[], type: string): Entry {
  const entry = entries.find(({ id }) => id === type);
  if (!entry) throw new Error(`"${type}" is not registered; there are ${entries.map(({ id }) => id).join(', ')}`);
  return entry;
}
