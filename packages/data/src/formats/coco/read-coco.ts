import { z } from 'zod';
import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { decodeUtf8 } from '../../text/decode-utf8.ts';
import { dataInvalid } from '../data-invalid.ts';
import { readStart } from '../tabular/text-file.ts';
import { decodeRuns } from './run-lengths.ts';

/** A file of annotations is read as a whole, which takes some ten times its size in memory. */
const maxCocoBytes = 128 * 2 ** 20;
/** Of so many .json files the content is looked at; of too large ones the start. */
const looked = 20;
const startBytes = 1 << 20;

const id = z.union([z.int(), z.string()]);
const size = z.int().min(1).max(100_000);
const CocoImage = z.looseObject({ id, file_name: z.string(), height: size, width: size });
const CocoCategory = z.looseObject({ id, name: z.string() });
const Polygons = z.array(z.array(z.number()).min(6));
const Runs = z
  .looseObject({ size: z.tuple([size, size]), counts: z.union([z.array(z.int().min(0)), z.string()]) })
  .transform(({ size: [height, width], counts }) => ({
    height,
    width,
    runs: typeof counts === 'string' ? decodeRuns(counts) : counts,
  }));
const CocoAnnotation = z.looseObject({
  image_id: id,
  category_id: id,
  area: z.number().optional(),
  segmentation: z.unknown().optional(),
});
const CocoFile = z.looseObject({
  images: z.array(z.unknown()),
  annotations: z.array(z.unknown()).default([]),
  categories: z.array(CocoCategory),
});

/** The shape of an annotation, in pixels of its image. */
export type CocoShape = { polygons: readonly (readonly number[])[] } | { runs: readonly number[]; height: number; width: number };
export type CocoObject = { category: string; area: number; shape: CocoShape | null };
export type CocoImageRecord = { fileName: string; height: number; width: number; objects: CocoObject[] };

/** What a file of annotations says; `faults` counts the records in it that cannot be read. */
export type CocoRecords = { categories: string[]; images: CocoImageRecord[]; faults: number };

/** The files that may hold annotations of COCO, by the names of their parts: among the largest few, where an archive has many. */
export async function findCocoFiles(archive: Archive): Promise<ArchiveEntry[]> {
  const json = archive.entries.filter(({ path }) => /\.json$/i.test(path));
  const largest = json.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, looked);
  const found: ArchiveEntry[] = [];
  for (const entry of largest) if (await looksLikeCoco(archive, entry)) found.push(entry);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function looksLikeCoco(archive: Archive, entry: ArchiveEntry): Promise<boolean> {
  if (entry.sizeBytes > maxCocoBytes) return (await readStart(archive, entry, startBytes)).includes('"images"');
  const bytes = Buffer.from(await archive.read(entry));
  return ['"images"', '"categories"', '"annotations"'].every((part) => bytes.includes(part));
}

/** Reads a file of annotations. Throws `dataInvalid` where it is none, or too large. */
export async function readCoco(archive: Archive, entry: ArchiveEntry): Promise<CocoRecords> {
  if (entry.sizeBytes > maxCocoBytes) {
    throw dataInvalid(entry.path, `It has more than ${maxCocoBytes} bytes: divide the annotations into several files`);
  }
  const parsed = CocoFile.safeParse(parseJson(await archive.read(entry)));
  if (!parsed.success) throw dataInvalid(entry.path, 'It does not hold images, annotations and categories as COCO has them');
  const { images, annotations, categories } = parsed.data;
  const names = new Map(categories.map((category) => [category.id, category.name]));
  const records = new Map<z.infer<typeof id>, CocoImageRecord>();
  let faults = 0;
  for (const value of images) {
    const image = CocoImage.safeParse(value);
    if (!image.success) faults++;
    else {
      const { file_name: fileName, height, width } = image.data;
      records.set(image.data.id, { fileName, height, width, objects: [] });
    }
  }
  for (const value of annotations) {
    const annotation = CocoAnnotation.safeParse(value);
    const record = annotation.success ? records.get(annotation.data.image_id) : undefined;
    const category = annotation.success ? names.get(annotation.data.category_id) : undefined;
    if (!annotation.success || !record || category === undefined) faults++;
    else record.objects.push({ category, area: annotation.data.area ?? 0, shape: readShape(annotation.data.segmentation) });
  }
  return { categories: [...new Set(categories.map(({ name }) => name))], images: [...records.values()], faults };
}

function readShape(value: unknown): CocoShape | null {
  const polygons = Polygons.safeParse(value);
  if (polygons.success) return polygons.data.length > 0 ? { polygons: polygons.data } : null;
  const { data } = Runs.safeParse(value);
  return data?.runs ? { runs: data.runs, height: data.height, width: data.width } : null;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes) ?? '');
  } catch {
    return null;
  }
}
