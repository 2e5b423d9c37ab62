import type * as tf from '@tensorflow/tfjs-core';
import type { OpAttribute, TensorflowBackend } from '../backends/tensorflow.ts';
import { type ConstantValue, createNode, dtypeNumbers, type Edge, type GraphDtype, type GraphNode } from './graph.ts';
import { callerLine } from './source-line.ts';

/** A step that cannot be recorded: the message names the op and the line of the step that asked for it. */
export class RecordingRefused extends Error {}

/** A tensor made in JavaScript during the step is written into the graph; one larger than this must be an input or a variable. */
const largestConstantBytes = 256 * 1024;

const unseeded = new Set([
  'RandomUniform',
  'RandomUniformInt',
  'RandomStandardNormal',
  'TruncatedNormal',
  'Multinomial',
  'RandomShuffle',
]);
const shapeFromValues = new Set(['Where', 'Unique', 'NonMaxSuppressionV5', 'NonMaxSuppressionV3']);

/** Takes down every kernel that tfjs-node executes while it is on. */
export type Recorder = {
  /** Makes a tensor stand for an edge: a placeholder, a variable that was read. */
  bind(tensor: tf.TensorInfo, edge: Edge): void;
  /** The edge that computes a tensor. */
  edgeOf(tensor: tf.TensorInfo): Edge;
  node(node: Partial<GraphNode> & Pick<GraphNode, 'op'>): GraphNode;
  /** Runs `step` with recording on. Throws RecordingRefused for what a graph cannot repeat. */
  record<T>(step: () => T): T;
};

type Known = { edge: Edge; shape: readonly number[] };

export function createRecorder(backend: TensorflowBackend): Recorder {
  const { binding } = backend;
  const known = new Map<object, Known>();
  const typeAttribute = (name: string, dtype: GraphDtype): OpAttribute => ({
    name,
    type: binding.TF_ATTR_TYPE,
    value: dtypeNumbers[dtype],
  });

  const node: Recorder['node'] = createNode;

  function constantEdge(constant: ConstantValue): Edge {
    const { dtype, shape } = constant;
    return { node: node({ op: 'Const', constant, outputs: [{ dtype, shape }] }), output: 0 };
  }

  function constantOf(tensor: tf.TensorInfo): Known {
    if (tensor.dtype !== 'float32' && tensor.dtype !== 'int32' && tensor.dtype !== 'bool') {
      throw new RecordingRefused(`A tensor of dtype ${tensor.dtype} cannot stand in a compiled step (${callerLine()})`);
    }
    const values = originals.readSync(tensor.dataId) as ArrayLike<number>;
    const first = values[0] ?? 0;
    const isUniform = values.length > 1 && Array.prototype.every.call(values, (value: number) => Object.is(value, first));
    if (!isUniform && values.length * 4 > largestConstantBytes) {
      throw new RecordingRefused(
        `The step uses a tensor of ${values.length} values that it did not compute: pass it in as an input or a variable (${callerLine()})`,
      );
    }
    const { dtype, shape } = tensor;
    if (!isUniform) return { edge: constantEdge({ dtype, shape, values: Array.from(values) }), shape };
    const dims = constantEdge({ dtype: 'int32', shape: [shape.length], values: shape });
    const value = constantEdge({ dtype, shape: [], values: [first] });
    const attributes = [typeAttribute('T', dtype), typeAttribute('index_type', 'int32')];
    return {
      edge: { node: node({ op: 'Fill', attributes, inputs: [dims, value], outputs: [{ dtype, shape }] }), output: 0 },
      shape,
    };
  }

  function edgeOf(tensor: tf.TensorInfo): Edge {
    let entry = known.get(tensor.dataId);
    if (!entry) {
      entry = constantOf(tensor);
      known.set(tensor.dataId, entry);
    }
    if (String(entry.shape) === String(tensor.shape)) return entry.edge;
    // tfjs gives the same data another shape without running anything.
    const dtype = tensor.dtype as GraphDtype;
    const shape = constantEdge({ dtype: 'int32', shape: [tensor.shape.length], values: tensor.shape });
    const attributes = [typeAttribute('T', dtype), typeAttribute('Tshape', 'int32')];
    return {
      node: node({ op: 'Reshape', attributes, inputs: [entry.edge, shape], outputs: [{ dtype, shape: tensor.shape }] }),
      output: 0,
    };
  }

  const originals = {
    executeSingleOutput: backend.executeSingleOutput.bind(backend),
    executeMultipleOutputs: backend.executeMultipleOutputs.bind(backend),
    readSync: backend.readSync.bind(backend),
    read: backend.read.bind(backend),
  };

  function execute(op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[], outputCount: number): tf.Tensor[] {
    refuseUnrepeatable(op);
    const edges = inputs.map((input) => ('valueArray' in input ? constantEdge(int64Scalar(input)) : edgeOf(input)));
    const results = originals.executeMultipleOutputs(op, attributes, inputs, outputCount);
    const recorded = node({
      op,
      attributes: attributes.filter(({ value }) => value !== undefined && value !== null),
      inputs: edges,
      outputs: results.map(({ dtype, shape }) => ({ dtype: dtype as GraphDtype, shape })),
    });
    results.forEach((result, output) => {
      known.set(result.dataId, { edge: { node: recorded, output }, shape: result.shape });
    });
    return results;
  }

  return {
    bind: (tensor, edge) => void known.set(tensor.dataId, { edge, shape: tensor.shape }),
    edgeOf,
    node,
    record(step) {
      const random = Math.random;
      Object.assign(backend, {
        executeSingleOutput: (op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]) =>
          execute(op, attributes, inputs, 1)[0],
        executeMultipleOutputs: execute,
        readSync: refuseReading,
        read: refuseReading,
      });
      Math.random = refuseRandom;
      try {
        return step();
      } finally {
        Math.random = random;
        Object.assign(backend, originals);
      }
    },
  };
}

function int64Scalar(input: tf.TensorInfo): ConstantValue {
  const [low = 0] = (input as unknown as { valueArray: Int32Array }).valueArray;
  return { dtype: 'int64', shape: [], values: [low] };
}

function refuseUnrepeatable(op: string): void {
  if (unseeded.has(op)) {
    throw new RecordingRefused(
      `${op} draws numbers that nobody could draw again: use rng.uniform or rng.normal (${callerLine()})`,
    );
  }
  if (shapeFromValues.has(op)) {
    throw new RecordingRefused(
      `${op} gives a shape that depends on values, so it cannot stand in a compiled step (${callerLine()})`,
    );
  }
}

function refuseReading(): never {
  throw new RecordingRefused(
    `The step reads values back (dataSync, arraySync or data): return the tensor instead (${callerLine()})`,
  );
}

function refuseRandom(): never {
  throw new RecordingRefused(`The step draws random numbers in JavaScript: use rng.uniform or rng.normal (${callerLine()})`);
}
