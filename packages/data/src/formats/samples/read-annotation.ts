import type { Archive } from '../../archive/archive.ts';
import { decodeUtf8 } from '../../text/decode-utf8.ts';
import { firstUsual } from '../tabular/assign-roles.ts';
import type { Annotation } from './group-samples.ts';

const maxAnnotationBytes = 1 << 20;

/** What an annotation says: the label's name or null for none, the group where there is one; or why it cannot be read. */
export type ReadAnnotation = { label: string | null; group: string | null } | { fault: string };

/** `columns` names the fields of JSON annotations, where they should not be guessed. */
export async function readAnnotation(
  archive: Archive,
  { kind, entry }: Annotation,
  columns: { label?: string | undefined; group?: string | undefined },
): Promise<ReadAnnotation> {
  if (entry.sizeBytes > maxAnnotationBytes) return { fault: `It has more than ${maxAnnotationBytes} bytes` };
  const text = decodeUtf8(await archive.read(entry))?.trim();
  if (text === undefined) return { fault: 'It is not valid UTF-8' };
  if (kind !== 'json') return { label: text === '' ? null : text, group: null };
  const fields = parseObject(text);
  if (fields === null) return { fault: 'It is not a JSON object' };
  const label = columns.label ?? firstUsual('label', [...fields.keys()]);
  const group = columns.group ?? firstUsual('group', [...fields.keys()]);
  const value = label === null ? null : (fields.get(label) ?? null);
  if (typeof value === 'object' && value !== null)
    return { fault: `The value of ${JSON.stringify(label)} is a list or an object` };
  return { label: nameOf(value), group: nameOf(group === null ? null : fields.get(group)) };
}

function parseObject(text: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    // A label may also stand alone, as a number or a text in JSON.
    if (typeof value === 'number' || typeof value === 'string') return new Map([['label', value]]);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

function nameOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
