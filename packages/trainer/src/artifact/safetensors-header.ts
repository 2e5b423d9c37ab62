import { z } from 'zod';

/** Bytes of one element of each type that a header may name and that can be read. */
export const elementBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type ElementType = keyof typeof elementBytes;

/** Where the values of a tensor lie, counted in bytes from the end of the header. */
export type SafetensorsEntry = { name: string; dtype: ElementType; shape: readonly number[]; from: number; to: number };

const Place = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const Header = z.record(z.string(), z.union([Place, z.record(z.string(), z.string())])); // the second is __metadata__

/**
 * The entries of a safetensors header, each within the `dataBytes` that follow it, none over another. What is wrong is thrown as `refuse`
 * makes it.
 */
export function parseSafetensorsHeader(
  json: Uint8Array,
  { dataBytes, refuse }: { dataBytes: number; refuse: (why: string, cause?: unknown) => Error },
): SafetensorsEntry[] {
  const entries = Object.entries(parseJson(json, refuse))
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]): SafetensorsEntry => {
      if (!Array.isArray(entry['data_offsets'])) throw refuse(`says nothing of where ${name} lies`);
      const { dtype, shape, data_offsets: offsets } = Place.parse(entry);
      if (!isElementType(dtype))
        throw refuse(`holds ${name} as ${dtype}, which is not one of ${Object.keys(elementBytes).join(', ')}`);
      const [from, to] = offsets;
      const bytes = shape.reduce((product, side) => product * side, elementBytes[dtype]);
      if (to - from !== bytes || to > dataBytes) throw refuse(`does not hold all of ${name}`);
      return { name, dtype, shape, from, to };
    });
  refuseOverlaps(entries, refuse);
  return entries;
}

function refuseOverlaps(entries: readonly SafetensorsEntry[], refuse: (why: string) => Error): void {
  const inOrder = entries.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  for (const [index, entry] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before && entry.from < before.to) throw refuse(`has the values of ${entry.name} lie over those of ${before.name}`);
  }
}

function isElementType(dtype: string): dtype is ElementType {
  return Object.hasOwn(elementBytes, dtype);
}

function parseJson(bytes: Uint8Array, refuse: (why: string, cause: unknown) => Error): z.output<typeof Header> {
  try {
    return Header.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw refuse('has a header that is not as it should be', error);
  }
}
