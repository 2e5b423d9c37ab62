import { z } from 'zod';
import { atPath } from '../../at-path.ts';
import type { AugmentationConfig } from '../../augment/pipeline.ts';
import { invalidSettings } from '../../invalid-settings.ts';
import { unlikeParameters } from '../../models/unlike-parameters.ts';
import type { MethodContext } from '../define-method.ts';

/** Further views that show small parts of an image (Caron et al., SwAV, 2020, section 3.3). */
export type LocalViews = { localViews: number; localArea: readonly [number, number]; localSize: number | null };

export const localViewSettings = {
  localViews: z
    .int()
    .min(0)
    .max(12)
    .default(0)
    .describe('Further views of small parts of an image; 6 in SwAV, 8 in DINO, for photographs'),
  localArea: z
    .tuple([z.number().gt(0).max(1), z.number().gt(0).max(1)])
    .refine(([least, most]) => least <= most, 'The first must not be larger than the second')
    .default([0.05, 0.4])
    .describe(
      "Share of an image's area that such a view shows, between these; DINO's for convolutional networks go from 0.05 to 0.14, those for transformers to 0.4",
    ),
  localSize: z
    .int()
    .min(4)
    .max(1024)
    .nullable()
    .default(null)
    .describe(
      'Side of such a view in pixels, 96 in the papers; smaller ones save time, but only convolutional backbones take them. null: that of the others',
    ),
};

/** The augmentations of each view: two of the job's, then the local ones, which are the job's with a smaller crop. */
export function multiCropViews(settings: LocalViews, context: MethodContext): readonly (readonly AugmentationConfig[])[] {
  const { augment } = context;
  const local = settings.localViews > 0 ? localView(settings, context) : [];
  return [augment, augment, ...Array.from({ length: settings.localViews }, () => local)];
}

function localView({ localArea, localSize }: LocalViews, context: MethodContext): readonly AugmentationConfig[] {
  const { augment, inputShape } = context;
  const [height, width, channels] = inputShape;
  const size = localSize === null ? [height, width] : [localSize, localSize];
  if (localSize !== null) refuseOtherSize(context, [localSize, localSize, channels]);
  const crop = { type: 'random-resized-crop', size, scale: localArea };
  const place = augment.findIndex(({ type }) => type === crop.type);
  return place < 0 ? [crop, ...augment] : augment.map((step, index) => (index === place ? { ...step, ...crop } : step));
}

/** A backbone takes images of another size where its parameters do not go by the size. */
function refuseOtherSize({ backbone, backboneAt }: MethodContext, shape: readonly [number, number, number]): void {
  const path = 'method.localSize';
  const other = atPath(path, () => backboneAt(shape));
  if (unlikeParameters(backbone, other).length === 0) return;
  const message = `The parameters of this backbone go by the size of its images, so that it cannot see views of ${shape[0]}×${shape[1]} as well: leave localSize out`;
  throw invalidSettings({ path, message });
}
