import type { OpAttribute, TensorflowBackend } from '../../backends/tensorflow.ts';
import { dtypeNumbers, type Edge, type GraphDtype, type GraphNode } from '../graph.ts';
import { inOrder } from '../saved-model.ts';
import type { Pass } from './rewrite.ts';

/** Where the time goes: run in low precision. */
const heavy = new Set([
  'Conv2D',
  'Conv2DBackpropInput',
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNative',
  'DepthwiseConv2dNativeBackpropInput',
  'DepthwiseConv2dNativeBackpropFilter',
  'MatMul',
  'BatchMatMulV2',
]);

/** Cheap, element by element: run in the precision of what comes in, to save casts and memory traffic. */
const follows = new Set([
  'Relu',
  'ReluGrad',
  'BiasAdd',
  'MaxPool',
  'MaxPoolGrad',
  'Reshape',
  'Transpose',
  'Pad',
  'PadV2',
  'AddV2',
  'Add',
  'Mul',
  'AddN',
]);

/** Of these, inputs and outputs at these places stay float32: statistics of a normalisation. */
const normalisation = new Set(['FusedBatchNormV3', 'FusedBatchNormGradV3']);

export type LowPrecision = 'bfloat16' | 'float16';

/**
 * Casts the heavy ops and what lies between them down. Everything else (losses, softmax, statistics, parameters, optimizer) stays
 * float32.
 */
export function lowPrecision(low: LowPrecision, { TF_ATTR_TYPE }: Pick<TensorflowBackend['binding'], 'TF_ATTR_TYPE'>): Pass {
  const type = (name: string, dtype: GraphDtype): OpAttribute => ({ name, type: TF_ATTR_TYPE, value: dtypeNumbers[dtype] });
  return (results) => {
    /** The rebuilt edges of each old node's outputs, by precision. */
    const edges = new Map<GraphNode, { full?: Edge; low?: Edge }[]>();
    const rebuilt = new Map<GraphNode, GraphNode>();

    const slotOf = ({ node, output }: Edge) => edges.get(node)?.[output] ?? {};
    const isFloat = ({ node, output }: Edge) => node.outputs[output]?.dtype === 'float32';
    const isLow = (edge: Edge) => isFloat(edge) && slotOf(edge).low !== undefined && slotOf(edge).full === undefined;

    function cast(edge: Edge, from: GraphDtype, to: GraphDtype): Edge {
      const shape = edge.node.outputs[edge.output]?.shape ?? [];
      const attributes = [type('SrcT', from), type('DstT', to)];
      return { node: { op: 'Cast', attributes, inputs: [edge], after: [], outputs: [{ dtype: to, shape }] }, output: 0 };
    }

    function take(edge: Edge, precision: 'full' | 'low'): Edge {
      const slot = slotOf(edge);
      const present = slot[precision];
      if (present) return present;
      const other = precision === 'full' ? slot.low : slot.full;
      if (!other) throw new Error(`The node ${edge.node.op} was not rebuilt before those that need it`);
      const made = isFloat(edge) ? (precision === 'full' ? cast(other, low, 'float32') : cast(other, 'float32', low)) : other;
      slot[precision] = made;
      return made;
    }

    for (const node of inOrder(results)) {
      const runsLow =
        node.name === undefined &&
        (heavy.has(node.op) || ((follows.has(node.op) || normalisation.has(node.op)) && node.inputs.some(isLow)));
      const lowAt = runsLow ? lowPlaces(node) : { inputs: new Set<number>(), outputs: new Set<number>() };
      const inputs = node.inputs.map((edge, place) => take(edge, lowAt.inputs.has(place) && isFloat(edge) ? 'low' : 'full'));
      const attributes = runsLow
        ? node.attributes.map((attribute) => (attribute.name === 'T' ? type('T', low) : attribute))
        : node.attributes;
      const outputs = node.outputs.map((output, place) =>
        lowAt.outputs.has(place) && output.dtype === 'float32' ? { ...output, dtype: low } : output,
      );
      const after = node.after.map((source) => rebuilt.get(source) ?? source);
      const made: GraphNode = { ...node, attributes, inputs, after, outputs };
      rebuilt.set(node, made);
      edges.set(
        node,
        node.outputs.map((_, place) => {
          const edge = { node: made, output: place };
          return outputs[place]?.dtype === low ? { low: edge } : { full: edge };
        }),
      );
    }
    return results.map((node) => rebuilt.get(node) ?? node);
  };
}

function lowPlaces(node: GraphNode): { inputs: Set<number>; outputs: Set<number> } {
  const all = (count: number) => new Set(Array.from({ length: count }, (_, place) => place));
  if (node.op === 'FusedBatchNormV3') return { inputs: new Set([0]), outputs: new Set([0]) };
  if (node.op === 'FusedBatchNormGradV3') return { inputs: new Set([0, 1]), outputs: new Set([0]) };
  return { inputs: all(node.inputs.length), outputs: all(node.outputs.length) };
}
