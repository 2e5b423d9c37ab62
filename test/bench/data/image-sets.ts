/** The sets of images that bench:data reads, and how they are augmented. `data_speed.py` does the same with torchvision. */
export const imageSets = {
  cifar: {
    batchSize: 100,
    augment: [
      { type: 'random-horizontal-flip' },
      { type: 'random-crop', size: 32, padding: 4 },
      { type: 'normalize', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    ],
  },
  photos: {
    batchSize: 32,
    augment: [
      { type: 'random-resized-crop', size: 224 },
      { type: 'random-horizontal-flip' },
      { type: 'normalize', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    ],
  },
} as const;

export type ImageSetName = keyof typeof imageSets;

export function isImageSetName(text: string): text is ImageSetName {
  return text in imageSets;
}
