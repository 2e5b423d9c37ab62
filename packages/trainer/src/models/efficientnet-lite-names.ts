/** Parts of a block in the package efficientnet-lite-pytorch, and timm's names for them. */
const parts = new Map([
  ['_expand_conv', 'conv_pw'],
  ['_bn0', 'bn1'],
  ['_depthwise_conv', 'conv_dw'],
  ['_bn1', 'bn2'],
  ['_project_conv', 'conv_pwl'],
  ['_bn2', 'bn3'],
]);
/** The first block does not expand, and timm counts its parts from there. */
const firstBlockParts = new Map([
  ['_depthwise_conv', 'conv_dw'],
  ['_bn1', 'bn1'],
  ['_project_conv', 'conv_pw'],
  ['_bn2', 'bn2'],
]);
const outerParts = new Map([
  ['_conv_stem', 'conv_stem'],
  ['_bn0', 'bn1'],
  ['_conv_head', 'conv_head'],
  ['_bn1', 'bn2'],
]);
/** timm's place of each block, which efficientnet-lite-pytorch only numbers. */
const places = [1, 2, 2, 3, 3, 4, 1].flatMap((count, group) => Array.from({ length: count }, (_, index) => `${group}.${index}`));

/** timm's name of a tensor of EfficientNet-Lite0 that efficientnet-lite-pytorch calls `_blocks.3._bn0.weight`: `blocks.2.0.bn1.weight`. */
export function fromEfficientnetLitePytorch(name: string): string {
  const [, number, part = '', rest] = /^(?:_blocks\.(\d+)\.)?(_\w+)\.(\w+)$/.exec(name) ?? [];
  const known = number === undefined ? outerParts : number === '0' ? firstBlockParts : parts;
  const named = known.get(part);
  const place = number === undefined ? '' : places[Number(number)];
  if (named === undefined || place === undefined) return name;
  return number === undefined ? `${named}.${rest}` : `blocks.${place}.${named}.${rest}`;
}
