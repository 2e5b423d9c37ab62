/** The models of bench:engine: image side, batch, and the most that our time may be of PyTorch's best, in float32 and in any precision. */
export const engineModels = [
  {
    id: 'reference-net',
    backbone: { type: 'reference-net' },
    side: 32,
    batch: 100,
    atMost: { float32: 0.65, any: 0.7 },
  },
  { id: 'resnet18', backbone: { type: 'resnet18' }, side: 32, batch: 64, atMost: { float32: 0.85, any: 1 } },
  { id: 'vit-tiny', backbone: { type: 'vit-tiny', patch: 4 }, side: 32, batch: 64, atMost: { float32: 0.85, any: 0.9 } },
  { id: 'mobilenet-v2', backbone: { type: 'mobilenet-v2' }, side: 96, batch: 32, atMost: { float32: 1, any: 1 } },
] as const;
