import { z } from 'zod';
import type { ListedClasses } from './table.ts';

const Class = z.looseObject({ _type: z.literal('ClassLabel'), names: z.array(z.string()) });
/** A class, or a list of classes, as `Sequence(ClassLabel)` and `List(ClassLabel)` are written. */
const Classes = z.union([
  Class.transform(({ names }) => ({ names, areSets: false })),
  z.looseObject({ feature: Class }).transform(({ feature: { names } }) => ({ names, areSets: true })),
]);
const Media = z.looseObject({ _type: z.enum(['Image', 'Audio']) });
const Metadata = z.looseObject({ info: z.looseObject({ features: z.record(z.string(), z.unknown()) }) });

/** What the `huggingface` entry of a Parquet file's metadata says: the columns of images and of recordings, and classes by column. */
export type HuggingFaceFeatures = { images: string[]; recordings: string[]; classes: ReadonlyMap<string, ListedClasses> };

/** Reads the entry; what is missing or of another shape is taken as not said. */
export function parseHuggingFaceFeatures(text: string | null): HuggingFaceFeatures {
  const images: string[] = [];
  const recordings: string[] = [];
  const classes = new Map<string, ListedClasses>();
  for (const [column, value] of Object.entries(featuresOf(text))) {
    const { data: media } = Media.safeParse(value);
    if (media) (media._type === 'Image' ? images : recordings).push(column);
    const { data: listed } = Classes.safeParse(value);
    if (listed) classes.set(column, listed);
  }
  return { images, recordings, classes };
}

function featuresOf(text: string | null): Record<string, unknown> {
  try {
    return Metadata.parse(JSON.parse(text ?? '')).info.features;
  } catch {
    return {};
  }
}
