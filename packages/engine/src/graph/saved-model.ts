import { createRequire } from 'node:module';
import type { OpAttribute, TensorflowBackend } from '../backends/tensorflow.ts';
import { type ConstantValue, dtypeNumbers, type GraphNode } from './graph.ts';

/**
 * Writers of TensorFlow's protocol buffers, as google-protobuf generates them; the npm package ships them. Only what is used here.
 */
type Message = { serializeBinary(): Uint8Array };
type Proto = Record<string, new () => Message & Record<string, (...args: never[]) => unknown>>;

type AttributeTypes = Pick<
  TensorflowBackend['binding'],
  'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_ATTR_TYPE' | 'TF_ATTR_SHAPE'
>;

const graphVersion = 1882; // of the ops' behaviour; that of TensorFlow 2.13 and later

/** Nodes in an order in which each comes after those it needs. */
export function inOrder(results: readonly GraphNode[]): GraphNode[] {
  const ordered = new Set<GraphNode>();
  const entered = new Set<GraphNode>();
  const stack = [...results].reverse().map((node) => ({ node, isReady: false }));
  while (stack.length > 0) {
    const top = stack.pop();
    if (!top || ordered.has(top.node)) continue;
    if (top.isReady) {
      ordered.add(top.node);
      continue;
    }
    if (entered.has(top.node)) continue;
    entered.add(top.node);
    stack.push({ node: top.node, isReady: true });
    for (const node of [...top.node.inputs.map((edge) => edge.node), ...top.node.after].reverse()) {
      if (!ordered.has(node)) stack.push({ node, isReady: false });
    }
  }
  return [...ordered];
}

/** A SavedModel's bytes that hold the nodes that `results` need. The graph is run by node names, so it needs no signatures. */
export function encodeSavedModel(results: readonly GraphNode[], types: AttributeTypes): Uint8Array {
  const proto = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb') as Proto;
  const make = (name: string) => {
    const Constructor = proto[name];
    if (!Constructor) throw new Error(`The npm package has no writer for ${name}`);
    return new Constructor() as Message & Record<string, (...args: unknown[]) => never>;
  };
  const names = new Map<GraphNode, string>();
  const nodes = inOrder(results);
  const graph = make('GraphDef');
  graph['setNodeList']?.(
    nodes.map((node, index) => {
      const name = node.name ?? `${node.op}_${index}`;
      names.set(node, name);
      return encodeNode(node, name);
    }),
  );
  const versions = make('VersionDef');
  versions['setProducer']?.(graphVersion);
  graph['setVersions']?.(versions);
  const info = makeNested(proto, 'MetaGraphDef', 'MetaInfoDef');
  info['setTagsList']?.(['serve']);
  const metaGraph = make('MetaGraphDef');
  metaGraph['setMetaInfoDef']?.(info);
  metaGraph['setGraphDef']?.(graph);
  const model = make('SavedModel');
  model['setSavedModelSchemaVersion']?.(1);
  model['setMetaGraphsList']?.([metaGraph]);
  return model.serializeBinary();

  function encodeNode(node: GraphNode, name: string): Message {
    const encoded = make('NodeDef');
    encoded['setName']?.(name);
    encoded['setOp']?.(node.op);
    if (node.device) encoded['setDevice']?.(node.device);
    const data = node.inputs.map(({ node: source, output }) => {
      const sourceName = names.get(source) ?? '';
      return output === 0 ? sourceName : `${sourceName}:${output}`;
    });
    encoded['setInputList']?.([...data, ...node.after.map((source) => `^${names.get(source)}`)]);
    const attributes = encoded['getAttrMap']?.() as unknown as Map<string, Message>;
    for (const attribute of node.attributes) attributes.set(attribute.name, encodeAttribute(attribute));
    if (node.constant) {
      attributes.set(
        'dtype',
        encodeAttribute({ name: 'dtype', type: types.TF_ATTR_TYPE, value: dtypeNumbers[node.constant.dtype] }),
      );
      const value = make('AttrValue');
      value['setTensor']?.(encodeTensor(node.constant));
      attributes.set('value', value);
    }
    return encoded;
  }

  function encodeShape(shape: readonly number[]): Message {
    const encoded = make('TensorShape');
    encoded['setDimList']?.(
      shape.map((size) => {
        const dim = makeNested(proto, 'TensorShape', 'Dim');
        dim['setSize']?.(size);
        return dim;
      }),
    );
    return encoded;
  }

  function encodeTensor({ dtype, shape, values }: ConstantValue): Message {
    const tensor = make('Tensor');
    tensor['setDtype']?.(dtypeNumbers[dtype]);
    tensor['setTensorShape']?.(encodeShape(shape));
    const list = {
      float32: 'setFloatValList',
      int32: 'setIntValList',
      int64: 'setInt64ValList',
      bool: 'setBoolValList',
    } as const;
    if (!(dtype in list)) throw new Error(`A constant cannot be ${dtype}`);
    tensor[list[dtype as keyof typeof list]]?.(Array.from(values));
    return tensor;
  }

  function encodeAttribute({ name, type, value }: OpAttribute): Message {
    const encoded = make('AttrValue');
    const isShape = type === types.TF_ATTR_SHAPE;
    if (Array.isArray(value) && !isShape) {
      const list = makeNested(proto, 'AttrValue', 'ListValue');
      if (type === types.TF_ATTR_INT) list['setIList']?.(value);
      else if (type === types.TF_ATTR_FLOAT) list['setFList']?.(value);
      else if (type === types.TF_ATTR_TYPE) list['setTypeList']?.(value);
      else if (type === types.TF_ATTR_BOOL) list['setBList']?.(value);
      else if (type === types.TF_ATTR_STRING) list['setSList']?.(value.map((text: string) => Buffer.from(text)));
      else throw new Error(`The list attribute ${name} has the unknown type ${type}`);
      encoded['setList']?.(list);
    } else if (isShape) encoded['setShape']?.(encodeShape(value as number[]));
    else if (type === types.TF_ATTR_INT) encoded['setI']?.(value);
    else if (type === types.TF_ATTR_FLOAT) encoded['setF']?.(value);
    else if (type === types.TF_ATTR_BOOL) encoded['setB']?.(Boolean(value));
    else if (type === types.TF_ATTR_TYPE) encoded['setType']?.(value);
    else if (type === types.TF_ATTR_STRING) encoded['setS']?.(Buffer.from(String(value)));
    else throw new Error(`The attribute ${name} has the unknown type ${type}`);
    return encoded;
  }
}

function makeNested(proto: Proto, outer: string, inner: string) {
  const Constructor = (proto[outer] as unknown as Proto | undefined)?.[inner];
  if (!Constructor) throw new Error(`The npm package has no writer for ${outer}.${inner}`);
  return new Constructor() as Message & Record<string, (...args: unknown[]) => never>;
}
