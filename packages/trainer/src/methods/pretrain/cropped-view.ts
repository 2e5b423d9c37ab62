import type { AugmentationConfig } from '../../augment/pipeline.ts';
import type { ImageShape } from '../../models/define-backbone.ts';

/**
 * The one view of methods that learn from what stands in an image, not from what changes of it leave: a crop and a flip, no colour (He et
 * al., Masked autoencoders are scalable vision learners, 2022, appendix A.1).
 */
export function croppedView([height, width]: ImageShape): AugmentationConfig[] {
  return [
    { type: 'random-resized-crop', size: [height, width], scale: [0.2, 1] },
    { type: 'random-horizontal-flip' },
    { type: 'normalize', mean: [0.5], std: [0.5] },
  ];
}
