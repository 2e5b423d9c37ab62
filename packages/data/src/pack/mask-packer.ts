import type { DatasetReport, DatasetStatistics } from '@scion/schema';
import type { Archive } from '../archive/archive.ts';
import type { MaskValue, RawExample } from '../formats/format.ts';
import { encodeMask, type Mask } from '../image/mask.ts';
import type { Size } from '../image/pixels.ts';
import type { IssueLog } from '../issue-log.ts';
import type { PackedBody, PackedPieces } from '../packed/packed-manifest.ts';
import { MaskCensus } from '../report/mask-census.ts';
import { checkMask } from './check-mask.ts';
import type { Checked } from './pack-work.ts';
import { PieceFile } from './piece-file.ts';

type PackedImages = Extract<PackedBody, { layout: 'raw' | 'encoded' }>;

/** Checks, counts and writes the masks of a data set of images. */
export class MaskPacker {
  readonly #archive: Archive;
  readonly #dir: string;
  readonly #checked = new Map<RawExample, Mask>();
  readonly #census = new MaskCensus();
  readonly #files = new Map<string, PieceFile>();

  constructor(archive: Archive, dir: string) {
    this.#archive = archive;
    this.#dir = dir;
  }

  /** What is wrong with the mask of an example whose image is of `size`; null for nothing. */
  async check(example: RawExample, size: Size): Promise<Extract<Checked<never>, { fault: unknown }> | null> {
    if (!example.mask) return null;
    const checked = await checkMask(this.#archive, example.mask, size);
    if ('fault' in checked) return checked;
    this.#checked.set(example, checked.content);
    return null;
  }

  /** Takes the mask of a checked example. Examples come in the order in which their images are written. */
  async take(example: RawExample): Promise<void> {
    const mask = this.#checked.get(example);
    this.#checked.delete(example);
    const file = this.#files.get(example.split) ?? (await this.#create(example.split));
    await file.append(mask ? await encodeMask(mask) : new Uint8Array(0));
    const path = example.mask && 'entry' in example.mask ? example.mask.entry.path : example.source.path;
    if (mask) this.#census.add({ split: example.split, path }, mask.data);
  }

  /** The files of each split. */
  async finish(): Promise<Map<string, PackedPieces>> {
    const finished = new Map<string, PackedPieces>();
    for (const [split, file] of this.#files) finished.set(split, await file.finish());
    return finished;
  }

  /** The classes of the masks, and how many pixels each has. */
  describe(
    known: readonly MaskValue[] | null,
    issues: IssueLog,
  ): { classes: NonNullable<DatasetReport['maskClasses']>; statistics: Pick<DatasetStatistics, 'masks'> } {
    const classes = this.#census.settleClasses(known, issues);
    return { classes, statistics: { masks: this.#census.maskStatistics(classes) } };
  }

  async discard(): Promise<void> {
    for (const file of this.#files.values()) await file.discard();
  }

  /** Splits are numbered in order of appearance, as they are for the images. */
  async #create(split: string): Promise<PieceFile> {
    const number = this.#files.size;
    const file = await PieceFile.create(this.#dir, { content: `${number}.masks.png`, offsets: `${number}.masks.f64` });
    this.#files.set(split, file);
    return file;
  }
}

/** The packed images with the masks beside them, if there are any. */
export async function addMasks(images: PackedImages, packer: MaskPacker | null): Promise<PackedImages> {
  if (!packer) return images;
  const files = await packer.finish();
  const masksOf = (name: string) => {
    const masks = files.get(name);
    return masks && { masks };
  };
  // Of each layout alone, since the type of a split depends on it.
  if (images.layout === 'raw') return { ...images, splits: images.splits.map((split) => ({ ...split, ...masksOf(split.name) })) };
  return { ...images, splits: images.splits.map((split) => ({ ...split, ...masksOf(split.name) })) };
}
