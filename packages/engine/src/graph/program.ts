import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type OpAttribute, type TensorflowBackend, tensorflowBackendName } from '../backends/tensorflow.ts';
import { createNode, dtypeNumbers, type Edge, type GraphDtype, type GraphNode } from './graph.ts';
import { filterGradientAsConvolution } from './passes/filter-gradient.ts';
import { type LowPrecision, lowPrecision } from './passes/low-precision.ts';
import { plainMatmul } from './passes/plain-matmul.ts';
import type { Pass } from './passes/rewrite.ts';
import { shareCommon } from './passes/share-common.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { encodeSavedModel } from './saved-model.ts';

export type VariableSpec = { name: string; shape: readonly number[] };

export type InputSpec = { dtype: 'float32' | 'int32' | 'uint8'; shape: readonly number[] };

export type UpdateCall = {
  variables: readonly string[];
  operands: readonly tf.Tensor[];
  /** Attributes that say yes or no, such as `use_nesterov`. */
  flags?: Readonly<Record<string, boolean>>;
};

/** What a function of a program may do while it is recorded. */
export type Build = {
  /** A uint8 input comes as int32. */
  input(name: string): tf.Tensor;
  /** The value that a variable has before the function changes anything. */
  variable(name: string): tf.Tensor;
  /** The value that a variable has once the `assign`s and `update`s asked for so far are done. */
  updated(name: string): tf.Tensor;
  /** Gives a variable another value. Changes of one variable happen in the order in which they are asked for. */
  assign(name: string, value: tf.Tensor): void;
  /** One of TensorFlow's own update kernels: the variables first, by name, then the operands. */
  update(op: string, call: UpdateCall): void;
};

/** A function that is recorded once and from then on runs as one TensorFlow graph. */
export type ProgramFunction = { inputs: Readonly<Record<string, InputSpec>>; build(build: Build): Record<string, tf.Tensor> };

export type Values = Float32Array | Int32Array | Uint8Array;

/** Functions on shared variables, which live in the TensorFlow session. */
export type Program = {
  run(name: string, inputs: Readonly<Record<string, Values>>): Record<string, Values>;
  read(variable: string): Float32Array;
  write(variable: string, values: Float32Array): void;
  /** Many variables in one call: TensorFlow prepares each set of names at its first use, which takes as long for all as for one. */
  readAll(variables: readonly string[]): Map<string, Float32Array>;
  writeAll(values: ReadonlyMap<string, Float32Array>): void;
  /** Size of the graph, in bytes. */
  readonly size: { bytes: number };
  dispose(): void;
};

type ProgramOptions = {
  variables: readonly VariableSpec[];
  functions: Readonly<Record<string, ProgramFunction>>;
  /** What convolutions and matrix products compute in; variables, losses and statistics are float32 in any case. */
  precision?: Precision;
};

export type Precision = 'float32' | LowPrecision;

type RecordedFunction = {
  inputs: Readonly<Record<string, InputSpec & { placeholder: string }>>;
  outputs: Readonly<Record<string, string>>;
};

/** Records each function and loads them all into one session. A variable must be written before it is read. */
export function createProgram({ variables, functions, precision = 'float32' }: ProgramOptions): Program {
  if (tf.getBackend() !== tensorflowBackendName)
    throw new Error('A program runs on TensorFlow only; other backends run the step eagerly');
  const backend = tf.backend() as TensorflowBackend;
  const handles = new Map(variables.map((variable) => [variable.name, variableHandle(backend, variable)]));
  const accessors = variables.flatMap((variable) => variableAccessors(backend, variable, handleOf(handles, variable.name)));
  const recorded = Object.entries(functions).map(
    ([name, fn]) => [name, recordFunction({ backend, name, fn, variables, handles })] as const,
  );
  const functionResults = recorded.flatMap(([, { results }]) => results);
  const passes: Pass[] = [shareCommon, plainMatmul];
  if (!backend.isUsingGpuDevice) passes.push(filterGradientAsConvolution(backend.binding));
  if (precision !== 'float32') passes.push(lowPrecision(precision, backend.binding.TF_ATTR_TYPE));
  const results = passes.reduce<readonly GraphNode[]>((nodes, pass) => pass(nodes), [...accessors, ...functionResults]);
  const bytes = encodeSavedModel(results, backend.binding);
  const session = loadSession(backend, bytes);
  const byName = new Map<string, RecordedFunction>(recorded);
  return { ...sessionCalls({ backend, session, byName, variables }), size: { bytes: bytes.length } };
}

function handleOf(handles: ReadonlyMap<string, GraphNode>, name: string): GraphNode {
  const handle = handles.get(name);
  if (!handle) throw new Error(`The program has no variable "${name}"`);
  return handle;
}

/** Names that stand for a variable in the graph, where TensorFlow does not allow every character. */
const variableNames = (name: string) => {
  const safe = name.replaceAll(/[^A-Za-z0-9_.]/g, '_');
  return { handle: `var/${safe}`, set: `set/${safe}`, written: `written/${safe}`, read: `read/${safe}` };
};

function variableHandle({ binding }: TensorflowBackend, { name, shape }: VariableSpec): GraphNode {
  const { handle } = variableNames(name);
  return createNode({
    op: 'VarHandleOp',
    name: handle,
    attributes: [
      { name: 'dtype', type: binding.TF_ATTR_TYPE, value: dtypeNumbers.float32 },
      { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [...shape] },
      { name: 'shared_name', type: binding.TF_ATTR_STRING, value: handle },
    ],
    outputs: [{ dtype: 'resource', shape: [] }],
  });
}

/** Nodes that set the variable from outside and give its value. */
function variableAccessors({ binding }: TensorflowBackend, { name, shape }: VariableSpec, handle: GraphNode): GraphNode[] {
  const names = variableNames(name);
  const float = (attribute: string): OpAttribute => ({
    name: attribute,
    type: binding.TF_ATTR_TYPE,
    value: dtypeNumbers.float32,
  });
  const outputs = [{ dtype: 'float32' as const, shape }];
  const placeholder = createNode({
    op: 'Placeholder',
    name: names.set,
    outputs,
    attributes: [float('dtype'), { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [...shape] }],
  });
  const assign = createNode({
    op: 'AssignVariableOp',
    attributes: [float('dtype')],
    inputs: [
      { node: handle, output: 0 },
      { node: placeholder, output: 0 },
    ],
  });
  const one = createNode({
    op: 'Const',
    constant: { dtype: 'float32', shape: [], values: [1] },
    outputs: [{ dtype: 'float32', shape: [] }],
  });
  const written = createNode({
    op: 'Identity',
    name: names.written,
    attributes: [float('T')],
    inputs: [{ node: one, output: 0 }],
    after: [assign],
  });
  const read = createNode({
    op: 'ReadVariableOp',
    name: names.read,
    attributes: [float('dtype')],
    inputs: [{ node: handle, output: 0 }],
  });
  return [written, read];
}

type RecordOptions = {
  backend: TensorflowBackend;
  name: string;
  fn: ProgramFunction;
  variables: readonly VariableSpec[];
  handles: ReadonlyMap<string, GraphNode>;
};

function recordFunction(options: RecordOptions): RecordedFunction & { results: GraphNode[] } {
  const { backend, name, fn } = options;
  const recorder = createRecorder(backend);
  const stage = createBuild(options, recorder);
  const results: GraphNode[] = [];
  const outputNames: Record<string, string> = {};
  let inputs: RecordedFunction['inputs'] = {};
  // Nothing is given back by way of tidy, which would look through the whole graph for tensors.
  tf.tidy(() => {
    inputs = stage.bindInputs();
    const outputs = recorder.record(() => fn.build(stage.build));
    results.push(...stage.placeholders); // also of inputs that nothing reads: they are fed all the same
    for (const [key, tensor] of Object.entries(outputs)) {
      const edge = recorder.edgeOf(tensor);
      const resultName = `${name}/${key}`;
      const attributes: OpAttribute[] = [
        { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: dtypeNumbers[tensor.dtype as GraphDtype] },
      ];
      // Each result waits for every update, so that running the function for any of them runs it all.
      results.push(recorder.node({ op: 'Identity', name: resultName, attributes, inputs: [edge], after: stage.effects }));
      outputNames[key] = resultName;
    }
    tf.dispose(outputs); // a function may have kept them past its own scopes
    stage.release();
    recorder.refuseLeaks();
  });
  return { inputs, outputs: outputNames, results };
}

function createBuild({ backend, name, fn, variables, handles }: RecordOptions, recorder: Recorder) {
  const { binding } = backend;
  const effects: GraphNode[] = [];
  const placeholders: GraphNode[] = [];
  const bound = new Map<string, tf.Tensor>();
  const reads = new Map<string, { tensor: tf.Tensor; node: GraphNode }>();
  /** What a further change of a variable has to wait for. */
  const lastUses = new Map<string, readonly GraphNode[]>();
  const kept: tf.Tensor[] = [];
  const type = (attribute: string, dtype: GraphDtype): OpAttribute => ({
    name: attribute,
    type: binding.TF_ATTR_TYPE,
    value: dtypeNumbers[dtype],
  });

  function bindInputs(): RecordedFunction['inputs'] {
    const entries = Object.entries(fn.inputs).map(([key, { dtype, shape }]) => {
      const placeholder = `${name}/input/${key}`;
      const attributes = [type('dtype', dtype), { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [...shape] }];
      const fed = recorder.node({ op: 'Placeholder', name: placeholder, attributes, outputs: [{ dtype, shape }] });
      const tensor = tf.zeros([...shape], dtype === 'uint8' ? 'int32' : dtype);
      placeholders.push(fed);
      recorder.bind(tensor, { node: dtype === 'uint8' ? asInt32(fed, shape) : fed, output: 0 });
      bound.set(key, tensor);
      return [key, { dtype, shape, placeholder }] as const;
    });
    return Object.fromEntries(entries);
  }

  const asInt32 = (fed: GraphNode, shape: readonly number[]) =>
    recorder.node({
      op: 'Cast',
      attributes: [type('SrcT', 'uint8'), type('DstT', 'int32')],
      inputs: [{ node: fed, output: 0 }],
      outputs: [{ dtype: 'int32', shape }],
    });

  function read(variable: string, after: readonly GraphNode[]) {
    const spec = variables.find((candidate) => candidate.name === variable);
    const handle = handleOf(handles, variable);
    if (!spec) throw new Error(`The program has no variable "${variable}"`);
    const outputs = [{ dtype: 'float32' as const, shape: spec.shape }];
    const node = recorder.node({
      op: 'ReadVariableOp',
      attributes: [type('dtype', 'float32')],
      inputs: [{ node: handle, output: 0 }],
      after,
      outputs,
    });
    // A step may ask for a variable inside a scope of its own; the tensor must outlive that.
    const tensor = tf.keep(tf.zeros([...spec.shape]));
    kept.push(tensor);
    recorder.bind(tensor, { node, output: 0 });
    lastUses.set(variable, [...(lastUses.get(variable) ?? []), node]);
    return { tensor, node };
  }

  function firstRead(variable: string): tf.Tensor {
    const known = reads.get(variable);
    if (known) return known.tensor;
    if (lastUses.has(variable)) throw new Error(`The function "${name}" reads the variable "${variable}" after it changed it`);
    const first = read(variable, []);
    reads.set(variable, first);
    return first.tensor;
  }

  type Effect = { names: readonly string[]; operands: readonly Edge[]; attributes: readonly OpAttribute[] };

  function effect(op: string, { names, operands, attributes }: Effect) {
    const resources = names.map((variable) => ({ node: handleOf(handles, variable), output: 0 }));
    const after = names.flatMap((variable) => lastUses.get(variable) ?? []);
    const node = recorder.node({ op, attributes, inputs: [...resources, ...operands], after });
    for (const variable of names) lastUses.set(variable, [node]);
    effects.push(node);
  }

  const build: Build = {
    input(key) {
      const tensor = bound.get(key);
      if (!tensor) throw new Error(`The function "${name}" has no input "${key}"`);
      return tensor;
    },
    variable: firstRead,
    updated(variable) {
      const after = lastUses.get(variable);
      return after ? read(variable, after).tensor : firstRead(variable);
    },
    assign(variable, value) {
      effect('AssignVariableOp', {
        names: [variable],
        operands: [recorder.edgeOf(value)],
        attributes: [type('dtype', 'float32')],
      });
    },
    update(op, call) {
      const operands = call.operands.map((operand) => recorder.edgeOf(operand));
      const flags = Object.entries(call.flags ?? {}).map(
        ([flag, value]): OpAttribute => ({ name: flag, type: binding.TF_ATTR_BOOL, value }),
      );
      effect(op, { names: call.variables, operands, attributes: [type('T', 'float32'), ...flags] });
    },
  };
  const release = () => tf.dispose(kept);
  return { build, bindInputs, effects, placeholders, release };
}

const arrayKinds = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;

/** TensorFlow would take the bytes of another kind of array as they are, and of a longer one only the first. */
function checkValues(what: string, { dtype, shape }: InputSpec, values: Values): void {
  const size = shape.reduce((product, side) => product * side, 1);
  if (values instanceof arrayKinds[dtype] && values.length === size) return;
  throw new Error(
    `${what} was recorded as ${arrayKinds[dtype].name} of ${size} values ([${shape}]), but got ${values.constructor.name} of ${values.length}`,
  );
}

function loadSession(backend: TensorflowBackend, bytes: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'scion-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    return backend.binding.loadSavedModel(folder, 'serve');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type SessionOptions = {
  backend: TensorflowBackend;
  session: number;
  byName: ReadonlyMap<string, RecordedFunction>;
  variables: readonly VariableSpec[];
};

function sessionCalls({ backend, session, byName, variables }: SessionOptions): Omit<Program, 'size'> {
  const { binding } = backend;
  const shapes = new Map(variables.map(({ name, shape }) => [name, shape]));

  function call(feeds: readonly { name: string; spec: InputSpec; values: Values }[], outputs: readonly string[]): Values[] {
    const ids = feeds.map(({ spec, values }) => binding.createTensor(spec.shape, dtypeNumbers[spec.dtype], values));
    try {
      const results = binding.runSavedModel(session, ids, feeds.map(({ name }) => name).join(','), outputs.join(','));
      return results.map(({ id }) => {
        const values = binding.tensorDataSync(id);
        binding.deleteTensor(id);
        return values;
      });
    } finally {
      for (const id of ids) binding.deleteTensor(id);
    }
  }

  function readAll(names: readonly string[]): Map<string, Float32Array> {
    if (names.length === 0) return new Map();
    const values = call(
      [],
      names.map((name) => variableNames(name).read),
    );
    return new Map(names.map((name, index) => [name, values[index] as Float32Array]));
  }

  function writeAll(values: ReadonlyMap<string, Float32Array>): void {
    if (values.size === 0) return;
    const feeds = [...values].map(([name, content]) => {
      const shape = shapes.get(name);
      if (!shape) throw new Error(`The program has no variable "${name}"`);
      const spec = { dtype: 'float32' as const, shape };
      checkValues(`The variable "${name}"`, spec, content);
      return { name: variableNames(name).set, spec, values: content };
    });
    call(
      feeds,
      [...values.keys()].map((name) => variableNames(name).written),
    );
  }

  return {
    run(name, inputs) {
      const fn = byName.get(name);
      if (!fn) throw new Error(`The program has no function "${name}"`);
      const unknown = Object.keys(inputs).find((key) => !(key in fn.inputs));
      if (unknown) throw new Error(`The function "${name}" has no input "${unknown}"`);
      const feeds = Object.entries(fn.inputs).map(([key, spec]) => {
        const values = inputs[key];
        if (!values) throw new Error(`The function "${name}" needs the input "${key}"`);
        checkValues(`The input "${key}" of the function "${name}"`, spec, values);
        return { name: spec.placeholder, spec, values };
      });
      const keys = Object.keys(fn.outputs);
      const results = call(feeds, Object.values(fn.outputs));
      return Object.fromEntries(keys.map((key, index) => [key, results[index] ?? new Float32Array()]));
    },
    read: (name) => readAll([name]).get(name) ?? new Float32Array(),
    write: (name, values) => writeAll(new Map([[name, values]])),
    readAll,
    writeAll,
    dispose: () => binding.deleteSavedModel(session),
  };
}
