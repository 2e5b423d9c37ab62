import { z } from 'zod';

const Feature = z.looseObject({ _type: z.string().optional(), names: z.array(z.string()).optional() });
const Metadata = z.looseObject({ info: z.looseObject({ features: z.record(z.string(), z.unknown()) }) });

/** What the `huggingface` entry of a Parquet file's metadata says: the columns of images, and class names by column. */
export type HuggingFaceFeatures = { images: string[]; classNames: ReadonlyMap<string, readonly string[]> };

/** Reads the entry; what is missing or of another shape is taken as not said. */
export function parseHuggingFaceFeatures(text: string | null): HuggingFaceFeatures {
  const images: string[] = [];
  const classNames = new Map<string, readonly string[]>();
  for (const [column, value] of Object.entries(featuresOf(text))) {
    const { data: feature } = Feature.safeParse(value);
    if (feature?._type === 'Image') images.push(column);
    if (feature?._type === 'ClassLabel' && feature.names) classNames.set(column, feature.names);
  }
  return { images, classNames };
}

function featuresOf(text: string | null): Record<string, unknown> {
  try {
    return Metadata.parse(JSON.parse(text ?? '')).info.features;
  } catch {
    return {};
  }
}
