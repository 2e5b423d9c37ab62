import type { OpAttribute } from '../backends/tensorflow.ts';

/** Element types that appear in a recorded graph, by TensorFlow's number for them. */
export const dtypeNumbers = {
  float32: 1,
  uint8: 4,
  int32: 3,
  int64: 9,
  complex64: 8,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  resource: 20,
} as const;
export type GraphDtype = keyof typeof dtypeNumbers;

/** One output of a node. */
export type Edge = { node: GraphNode; output: number };

export type ConstantValue = { dtype: GraphDtype; shape: readonly number[]; values: ArrayLike<number> };

/** One TensorFlow op of a graph. `outputs` states what comes out, where it is known. */
export type GraphNode = {
  op: string;
  attributes: readonly OpAttribute[];
  inputs: readonly Edge[];
  /** Nodes that must have run before. */
  after: readonly GraphNode[];
  outputs: readonly { dtype: GraphDtype; shape: readonly number[] }[];
  /** Of a `Const` node. */
  constant?: ConstantValue;
  /** Set where others refer to the node by name: placeholders, variables, results. */
  name?: string;
  /** Where it must run, as `/device:GPU:1`; TensorFlow chooses where it is left out. */
  device?: string;
};

/** A node with what is not stated left empty. */
export function createNode(node: Partial<GraphNode> & Pick<GraphNode, 'op'>): GraphNode {
  return { attributes: [], inputs: [], after: [], outputs: [], ...node };
}
