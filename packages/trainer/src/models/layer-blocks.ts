import type { ParameterSpec } from '../parameters.ts';

/** What stands before the parts of a block: `layer1.0`, `blocks.3`, `features.2`, `stages.0.blocks.1`, `block2.layer.0`. */
const repeatedBlock = /^[^.]+(?:\.[^.\d][^.]*)?(?:\.\d+)+(?:\.blocks\.\d+)?(?=\.)/;

/**
 * The blocks of a network from its input to its output, each as the names of its parameters. A block is what a network repeats, or a layer
 * that stands alone; a normalisation belongs to what it follows, tokens and positions to what they precede.
 */
export function layerBlocks(parameters: readonly ParameterSpec[]): readonly (readonly string[])[] {
  const blocks: { names: string[]; hasLayer: boolean }[] = [];
  for (const group of groupsByKey(parameters)) {
    const last = blocks.at(-1);
    const isPart = last && (!group.hasLayer || !last.hasLayer);
    if (!isPart) blocks.push(group);
    else {
      last.names.push(...group.names);
      last.hasLayer ||= group.hasLayer;
    }
  }
  return blocks.map(({ names }) => names);
}

/** Neighbours that stand in the same block or layer. */
function groupsByKey(parameters: readonly ParameterSpec[]): { names: string[]; hasLayer: boolean }[] {
  const groups: { key: string; names: string[]; hasLayer: boolean }[] = [];
  for (const { name, role } of parameters) {
    const key = repeatedBlock.exec(name)?.[0] ?? name.split('.', 1)[0] ?? name;
    const isLayer = role === 'weight';
    const last = groups.at(-1);
    if (last?.key === key) {
      last.names.push(name);
      last.hasLayer ||= isLayer;
    } else groups.push({ key, names: [name], hasLayer: isLayer });
  }
  return groups;
}
