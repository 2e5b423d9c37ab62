import type { Edge, GraphNode } from '../graph.ts';
import { inOrder } from '../saved-model.ts';

/** A rewrite of the graph below `results`: gives the nodes that take their places, in the same order. */
export type Pass = (results: readonly GraphNode[]) => readonly GraphNode[];

/**
 * Rebuilds a graph from its sources up. `visit` gets each node with its inputs already rebuilt, and gives for each of the node's
 * outputs the edge that stands for it from now on.
 */
export function rewrite(
  results: readonly GraphNode[],
  visit: (rebuilt: GraphNode, original: GraphNode) => GraphNode,
): readonly GraphNode[] {
  const replaced = new Map<GraphNode, GraphNode>();
  const of = (node: GraphNode) => {
    const found = replaced.get(node);
    if (!found) throw new Error(`The node ${node.op} was not rebuilt before those that need it`);
    return found;
  };
  const edge = ({ node, output }: Edge): Edge => ({ node: of(node), output });
  for (const node of inOrder(results)) {
    replaced.set(node, visit({ ...node, inputs: node.inputs.map(edge), after: node.after.map(of) }, node));
  }
  return results.map(of);
}
