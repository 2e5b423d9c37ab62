import * as tf from '@tensorflow/tfjs-core';
import type { OpAttribute, TensorflowBackend } from '../backends/tensorflow.ts';
import { presentDevice } from './device-scope.ts';
import { type ConstantValue, createNode, dtypeNumbers, type Edge, type GraphDtype, type GraphNode } from './graph.ts';
import { problemOfOp, RecordingRefused, refusal } from './recording-refused.ts';
import { describeCaller } from './source-line.ts';
import { watchStep } from './step-watch.ts';

/** A tensor made in JavaScript during the step is written into the graph; one larger than this must be an input or a variable. */
const largestConstantBytes = 256 * 1024;

/** Takes down every kernel that tfjs-node executes while it is on. */
export type Recorder = {
  /** Makes a tensor stand for an edge: a placeholder, a variable that was read. */
  bind(tensor: tf.TensorInfo, edge: Edge): void;
  /** The edge that computes a tensor. */
  edgeOf(tensor: tf.TensorInfo): Edge;
  node(node: Partial<GraphNode> & Pick<GraphNode, 'op'>): GraphNode;
  /** Runs `step` with recording on. Throws RecordingRefused for what a graph cannot repeat. */
  record<T>(step: () => T): T;
  /** To be called when all that the step gave is disposed of: throws RecordingRefused for a tensor that it kept for itself. */
  refuseLeaks(): void;
};

type Known = { edge: Edge; shape: readonly number[] };

export function createRecorder(backend: TensorflowBackend): Recorder {
  const known = new Map<object, Known>();
  const watch = watchStep(backend);
  const typeAttribute = (name: string, dtype: GraphDtype): OpAttribute => ({
    name,
    type: backend.binding.TF_ATTR_TYPE,
    value: dtypeNumbers[dtype],
  });

  function constantOf(tensor: tf.TensorInfo): Known {
    if (tensor.dtype !== 'float32' && tensor.dtype !== 'int32' && tensor.dtype !== 'bool') {
      throw new RecordingRefused(`A tensor of dtype ${tensor.dtype} cannot stand in a compiled step (${describeCaller()})`);
    }
    const values = watch.valuesOf(tensor);
    const first = values[0] ?? 0;
    const isUniform = values.length > 1 && Array.prototype.every.call(values, (value: number) => Object.is(value, first));
    if (!isUniform && values.length * 4 > largestConstantBytes) {
      throw new RecordingRefused(
        `The step uses a tensor of ${values.length} values that it did not compute: pass it in as an input or a variable (${describeCaller()})`,
      );
    }
    const { dtype, shape } = tensor;
    if (!isUniform) return { edge: constantEdge({ dtype, shape, values: Array.from(values) }), shape };
    const dims = constantEdge({ dtype: 'int32', shape: [shape.length], values: shape });
    const value = constantEdge({ dtype, shape: [], values: [first] });
    const attributes = [typeAttribute('T', dtype), typeAttribute('index_type', 'int32')];
    return { edge: placedEdge({ op: 'Fill', attributes, inputs: [dims, value], outputs: [{ dtype, shape }] }), shape };
  }

  function edgeOf(tensor: tf.TensorInfo): Edge {
    let entry = known.get(tensor.dataId);
    if (!entry) {
      if (tensor instanceof tf.Variable) throw refusal('variable');
      entry = constantOf(tensor);
      known.set(tensor.dataId, entry);
    }
    if (String(entry.shape) === String(tensor.shape)) return entry.edge;
    // tfjs gives the same data another shape without running anything.
    const dtype = tensor.dtype as GraphDtype;
    const shape = constantEdge({ dtype: 'int32', shape: [tensor.shape.length], values: tensor.shape });
    const attributes = [typeAttribute('T', dtype), typeAttribute('Tshape', 'int32')];
    return placedEdge({ op: 'Reshape', attributes, inputs: [entry.edge, shape], outputs: [{ dtype, shape: tensor.shape }] });
  }

  function execute(op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[], outputCount: number): tf.Tensor[] {
    const problem = problemOfOp(op);
    if (problem) throw refusal(problem);
    const edges = inputs.map((input) => ('valueArray' in input ? constantEdge(int64Scalar(input)) : edgeOf(input)));
    const results = watch.execute(op, attributes, inputs, outputCount);
    const { node } = placedEdge({
      op,
      attributes: attributes.filter(({ value }) => value !== undefined && value !== null),
      inputs: edges,
      outputs: results.map(({ dtype, shape }) => ({ dtype: dtype as GraphDtype, shape })),
    });
    results.forEach((result, output) => {
      known.set(result.dataId, { edge: { node, output }, shape: result.shape });
    });
    return results;
  }

  return {
    bind: (tensor, edge) => void known.set(tensor.dataId, { edge, shape: tensor.shape }),
    edgeOf,
    node: createNode,
    record: (step) => watch.run(step, execute),
    refuseLeaks: watch.refuseLeaks,
  };
}

/**
 * The first output of a new node that runs on the device asked for. TensorFlow keeps integers in the host's memory on every device,
 * and has no kernel of some integer ops on a GPU: those are left for it to place.
 */
function placedEdge(node: Partial<GraphNode> & Pick<GraphNode, 'op' | 'outputs'>): Edge {
  const device = presentDevice();
  const isPlaced = device !== null && node.outputs.every(({ dtype }) => dtype !== 'int32');
  return { node: createNode(isPlaced ? { ...node, device } : node), output: 0 };
}

function constantEdge(constant: ConstantValue): Edge {
  const { dtype, shape } = constant;
  return placedEdge({ op: 'Const', constant, outputs: [{ dtype, shape }] });
}

function int64Scalar(input: tf.TensorInfo): ConstantValue {
  const [low = 0] = (input as unknown as { valueArray: Int32Array }).valueArray;
  return { dtype: 'int64', shape: [], values: [low] };
}
