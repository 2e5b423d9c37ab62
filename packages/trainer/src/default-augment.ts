import type { AugmentationConfig } from './augment/pipeline.ts';
import { methodEntry } from './methods/method-entry.ts';
import type { ImageShape } from './models/define-backbone.ts';
import { Augment, type CreateJob, type ResolvedSpec } from './spec.ts';

/** What decides on augmentation where a job does not. */
export type Seen = {
  /** Of the data set's images: [height, width, channel]; height and width are null where images differ in size. */
  shape: readonly (number | null)[];
  /** What the job starts from: the images that it was trained on, and how they were augmented, where that is known. */
  source: { inputShape: ImageShape; augment?: readonly AugmentationConfig[] } | null;
};

/**
 * What `augment` becomes where a job leaves it out. A pretrain takes its method's own, with the normalisation that the backbone knows; a
 * finetune shows the backbone what it was trained on.
 */
export function defaultAugment(job: CreateJob, { shape, source }: Seen): ResolvedSpec['augment'] {
  const own = methodEntry(job).defaultAugment?.(viewShape({ shape, source }));
  const augment = own && job.kind === 'pretrain' ? normalizedAs(own, source?.augment) : (source?.augment ?? own ?? []);
  return Augment.parse(augment);
}

/** The method's settings, with its own views where the job says nothing of augmentation. */
export function withDefaultViews(job: CreateJob, { shape, source }: Seen): { type: string; views?: unknown } {
  const { method } = job;
  const ownViews = methodEntry(job).defaultViews;
  if (!ownViews || job.augment || ('views' in method && method.views)) return method;
  return { ...method, views: ownViews(viewShape({ shape, source })).map((view) => normalizedAs(view, source?.augment)) };
}

/** The size of views: what the backbone was trained on, else the data set's, else that at which networks for photographs are usually trained. */
function viewShape({ shape: [height, width, channels], source }: Seen): ImageShape {
  const [trainedHeight, trainedWidth] = source?.inputShape ?? [];
  return [trainedHeight ?? height ?? 224, trainedWidth ?? width ?? 224, channels ?? 3];
}

/** The same augmentations, with normalisation as in those that a backbone was trained on. */
function normalizedAs(
  own: readonly AugmentationConfig[],
  trained: readonly AugmentationConfig[] | undefined,
): readonly AugmentationConfig[] {
  if (!trained) return own;
  const isNormalization = ({ type }: AugmentationConfig) => type === 'normalize';
  return [...own.filter((step) => !isNormalization(step)), ...trained.filter(isNormalization)];
}
