import type { GraphNode } from '../graph.ts';
import { type Pass, rewrite } from './rewrite.ts';

/** Ops whose every run counts, or that say more than their inputs do. */
const isUnique = (node: GraphNode) =>
  node.name !== undefined || node.after.length > 0 || /^(Resource|Assign|ReadVariable|VarHandle|Placeholder)/.test(node.op);

/** Lets nodes that compute the same from the same be one (common subexpressions), constants among them. */
export const shareCommon: Pass = (results) => {
  const seen = new Map<string, GraphNode>();
  const numbers = new Map<GraphNode, number>();
  const numberOf = (node: GraphNode) => {
    const number = numbers.get(node) ?? numbers.size;
    numbers.set(node, number);
    return number;
  };
  return rewrite(results, (node) => {
    if (isUnique(node)) return node;
    const inputs = node.inputs.map(({ node: source, output }) => `${numberOf(source)}:${output}`);
    const { dtype, shape, values } = node.constant ?? { dtype: '', shape: [], values: [] };
    const key = JSON.stringify([node.op, node.device, inputs, node.attributes, dtype, shape, Array.from(values)]);
    const first = seen.get(key);
    if (first) return first;
    seen.set(key, node);
    return node;
  });
};
