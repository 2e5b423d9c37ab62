import type { OpAttribute } from '../../backends/tensorflow.ts';
import { createNode, dtypeNumbers, type Edge, type GraphDtype, type GraphNode } from '../graph.ts';
import { inOrder } from '../saved-model.ts';
import type { Pass } from './rewrite.ts';

/** Where the time goes: these run in low precision. */
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

/** Cheap, element by element: these run in the precision of what comes in, which saves casts and memory traffic. */
const following = new Set([
  'Relu',
  'ReluGrad',
  'Relu6',
  'Relu6Grad',
  'BiasAdd',
  'MaxPool',
  'MaxPoolGrad',
  'Reshape',
  'Transpose',
  'Pad',
  'PadV2',
  'Add',
  'AddV2',
  'AddN',
  'Mul',
]);

/** The images and gradients of a batch normalisation follow; its scale, offset and statistics stay float32. */
const normalisation: Readonly<Record<string, { inputs: readonly number[]; outputs: readonly number[] }>> = {
  FusedBatchNormV3: { inputs: [0], outputs: [0] },
  FusedBatchNormGradV3: { inputs: [0, 1], outputs: [0] },
};

export type LowPrecision = 'bfloat16' | 'float16';
type Precision = 'full' | 'low';
type Places = { inputs: ReadonlySet<number>; outputs: ReadonlySet<number> };

/**
 * Mixed precision (Micikevicius et al., 2018): casts the heavy ops and what lies between them down. Losses, softmax, statistics,
 * parameters and the optimizer stay float32.
 */
export function lowPrecision(low: LowPrecision, typeAttribute: number): Pass {
  const type = (name: string, dtype: GraphDtype): OpAttribute => ({ name, type: typeAttribute, value: dtypeNumbers[dtype] });

  return (results) => {
    /** Of each output of an old node: the edges that stand for it now. */
    const edges = new Map<GraphNode, Partial<Record<Precision, Edge>>[]>();
    const rebuilt = new Map<GraphNode, GraphNode>();
    const edgesOf = ({ node, output }: Edge) => edges.get(node)?.[output] ?? {};
    const isLow = (edge: Edge) => edgesOf(edge).low !== undefined && edgesOf(edge).full === undefined;

    function take(edge: Edge, precision: Precision): Edge {
      const known = edgesOf(edge);
      const present = known[precision] ?? (isFloat(edge) ? undefined : known.full);
      if (present) return present;
      const other = precision === 'full' ? known.low : known.full;
      if (!other) throw new Error(`The node ${edge.node.op} was not rebuilt before those that need it`);
      const [from, to]: [GraphDtype, GraphDtype] = precision === 'full' ? [low, 'float32'] : ['float32', low];
      const outputs = [{ dtype: to, shape: edge.node.outputs[edge.output]?.shape ?? [] }];
      const cast = createNode({ op: 'Cast', attributes: [type('SrcT', from), type('DstT', to)], inputs: [other], outputs });
      const made = { node: { ...cast, ...(edge.node.device === undefined ? {} : { device: edge.node.device }) }, output: 0 };
      known[precision] = made;
      return made;
    }

    for (const node of inOrder(results)) {
      const places = lowPlaces(node, isLow);
      const inputs = node.inputs.map((edge, place) => take(edge, places.inputs.has(place) ? 'low' : 'full'));
      const runsLow = places.inputs.size > 0;
      const attributes = node.attributes.map((given) => (runsLow && given.name === 'T' ? type('T', low) : given));
      const outputs = node.outputs.map((output, place) => (places.outputs.has(place) ? { ...output, dtype: low } : output));
      const after = node.after.map((source) => rebuilt.get(source) ?? source);
      const made: GraphNode = { ...node, attributes, inputs, after, outputs };
      rebuilt.set(node, made);
      const standIns = node.outputs.map((_, output) => {
        const edge = { node: made, output };
        return places.outputs.has(output) ? { low: edge } : { full: edge };
      });
      edges.set(node, standIns);
    }
    return results.map((node) => rebuilt.get(node) ?? node);
  };
}

const isFloat = ({ node, output }: Edge) => node.outputs[output]?.dtype === 'float32';
const sizeOf = ({ node, output }: Edge) => (node.outputs[output]?.shape ?? []).reduce((product, side) => product * side, 1);

/** Which inputs and outputs of a node are in low precision; none where it stays as it is. */
function lowPlaces(node: GraphNode, isLow: (edge: Edge) => boolean): Places {
  const floats = node.inputs.flatMap((edge, place) => (isFloat(edge) ? [place] : []));
  const none = { inputs: new Set<number>(), outputs: new Set<number>() };
  if (node.name !== undefined) return none;
  const parts = normalisation[node.op];
  if (parts) {
    const arrivesLow = parts.inputs.some((place) => isLowAt(node, place, isLow));
    return arrivesLow ? { inputs: new Set(parts.inputs), outputs: new Set(parts.outputs) } : none;
  }
  // A number or a bias that an op brings with it does not decide; two tensors of its size must both be low.
  const largest = Math.max(...floats.map((place) => sizeOf(node.inputs[place] as Edge)));
  const deciding = floats.filter((place) => sizeOf(node.inputs[place] as Edge) === largest);
  const follows = following.has(node.op) && deciding.length > 0 && deciding.every((place) => isLowAt(node, place, isLow));
  if (!heavy.has(node.op) && !follows) return none;
  const outputs = node.outputs.flatMap(({ dtype }, place) => (dtype === 'float32' ? [place] : []));
  return { inputs: new Set(floats), outputs: new Set(outputs) };
}

function isLowAt(node: GraphNode, place: number, isLow: (edge: Edge) => boolean): boolean {
  const edge = node.inputs[place];
  return edge !== undefined && isLow(edge);
}
