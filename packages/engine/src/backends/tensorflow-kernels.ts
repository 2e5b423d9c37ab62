import * as tf from '@tensorflow/tfjs-core';
import { batchNormTrainGradKernel, batchNormTrainKernel } from '../ops/batch-norm.ts';
import { biasAddGradKernel, biasAddKernel, erfcKernel, relu6GradKernel, reluGradKernel } from '../ops/fused.ts';
import { statelessUniformKernel } from '../ops/random.ts';
import type { OpAttribute, TensorflowBackend } from './tensorflow.ts';

type KernelCall = { backend: TensorflowBackend; inputs: Record<string, tf.TensorInfo>; attrs: Record<string, unknown> };

/** TensorFlow ops that tfjs-node has no kernel for, or one that cannot be recorded. */
const kernels: Record<string, (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[]> = {
  [statelessUniformKernel]: statelessUniform,
  Transform: projectiveTransform,
  [batchNormTrainKernel]: batchNormTrain,
  [batchNormTrainGradKernel]: batchNormTrainGrad,
  [reluGradKernel]: (call) => floatOp('ReluGrad', call, ['dy', 'y']),
  [relu6GradKernel]: (call) => floatOp('Relu6Grad', call, ['dy', 'y']),
  [biasAddKernel]: (call) => floatOp('BiasAdd', call, ['x', 'bias']),
  [biasAddGradKernel]: (call) => floatOp('BiasAddGrad', call, ['dy']),
  [erfcKernel]: (call) => floatOp('Erfc', call, ['x']),
  [tf.GatherV2]: gather,
  [tf.ExpandDims]: expandDims,
};

export function registerTensorflowKernels(backendName: string): void {
  for (const [kernelName, run] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) =>
        run({
          backend: backend as TensorflowBackend,
          inputs: inputs as Record<string, tf.TensorInfo>,
          attrs: (attrs ?? {}) as Record<string, unknown>,
        }),
    });
  }
}

function statelessUniform({ backend, inputs, attrs }: KernelCall): tf.TensorInfo {
  const { binding } = backend;
  const shape = attrs['shape'] as number[];
  const type = (name: string, value: number): OpAttribute => ({ name, type: binding.TF_ATTR_TYPE, value });
  const attributes = [type('dtype', binding.TF_FLOAT), type('T', binding.TF_INT32), type('Tseed', binding.TF_INT32)];
  const shapeTensor = tf.tensor1d(shape, 'int32');
  const result = backend.executeSingleOutput('StatelessRandomUniform', attributes, [shapeTensor, input(inputs, 'key')]);
  shapeTensor.dispose();
  return result;
}

function projectiveTransform({ backend, inputs, attrs }: KernelCall): tf.TensorInfo {
  const { binding } = backend;
  const [height, width] = attrs['outputShape'] as [number, number];
  const attributes: OpAttribute[] = [
    { name: 'dtype', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'interpolation', type: binding.TF_ATTR_STRING, value: String(attrs['interpolation']).toUpperCase() },
    { name: 'fill_mode', type: binding.TF_ATTR_STRING, value: String(attrs['fillMode']).toUpperCase() },
  ];
  const outputShape = tf.tensor1d([height, width], 'int32');
  const fillValue = tf.scalar(attrs['fillValue'] as number);
  const operands = [input(inputs, 'image'), input(inputs, 'transforms'), outputShape, fillValue];
  const result = backend.executeSingleOutput('ImageProjectiveTransformV3', attributes, operands);
  outputShape.dispose();
  fillValue.dispose();
  return result;
}

/** tfjs-node's own reads the indices back to check their range, which TensorFlow checks too. */
function gather({ backend, inputs, attrs }: KernelCall): tf.TensorInfo {
  const x = input(inputs, 'x');
  const indices = input(inputs, 'indices');
  const { axis, batchDims } = attrs as unknown as tf.GatherV2Attrs;
  const attributes: OpAttribute[] = [
    { name: 'batch_dims', type: backend.binding.TF_ATTR_INT, value: batchDims },
    typeOf(backend, 'Tparams', x),
    typeOf(backend, 'Tindices', indices),
    { name: 'Taxis', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_INT32 },
  ];
  const axisTensor = tf.scalar(axis, 'int32');
  const result = backend.executeSingleOutput('GatherV2', attributes, [x, indices, axisTensor]);
  axisTensor.dispose();
  return result;
}

/** tfjs-node's own leaves the types for TensorFlow to find out, which a graph must state. */
function expandDims({ backend, inputs, attrs }: KernelCall): tf.TensorInfo {
  const x = input(inputs, 'input');
  const axis = tf.scalar((attrs as unknown as tf.ExpandDimsAttrs).dim, 'int32');
  const result = backend.executeSingleOutput('ExpandDims', [typeOf(backend, 'T', x), typeOf(backend, 'Tdim', axis)], [x, axis]);
  axis.dispose();
  return result;
}

function typeOf({ binding }: TensorflowBackend, name: string, { dtype }: tf.TensorInfo): OpAttribute {
  const types: Record<string, number> = { float32: binding.TF_FLOAT, int32: binding.TF_INT32, bool: binding.TF_BOOL };
  return { name, type: binding.TF_ATTR_TYPE, value: types[dtype] };
}

function floatOp(op: string, { backend, inputs }: KernelCall, operands: readonly string[]): tf.TensorInfo {
  const type: OpAttribute = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT };
  return backend.executeSingleOutput(
    op,
    [type],
    operands.map((name) => input(inputs, name)),
  );
}

function batchNormAttributes(backend: TensorflowBackend, epsilon: unknown): OpAttribute[] {
  const { binding } = backend;
  return [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
  ];
}

function batchNormTrain({ backend, inputs, attrs }: KernelCall): tf.TensorInfo[] {
  const empty = tf.tensor1d([]);
  const operands = [input(inputs, 'x'), input(inputs, 'scale'), input(inputs, 'offset'), empty, empty];
  const outputs = backend.executeMultipleOutputs('FusedBatchNormV3', batchNormAttributes(backend, attrs['epsilon']), operands, 6);
  empty.dispose();
  const [y, mean, variance, savedMean, savedInverse, reserved] = outputs;
  reserved?.dispose();
  if (!y || !mean || !variance || !savedMean || !savedInverse) throw new Error('FusedBatchNormV3 gave too few outputs');
  return [y, mean, variance, savedMean, savedInverse];
}

function batchNormTrainGrad({ backend, inputs, attrs }: KernelCall): tf.TensorInfo[] {
  const reserved = tf.tensor1d([]);
  const operands = [...['dy', 'x', 'scale', 'savedMean', 'savedInverse'].map((name) => input(inputs, name)), reserved];
  const attributes = batchNormAttributes(backend, attrs['epsilon']);
  const [dx, dscale, doffset, ...unused] = backend.executeMultipleOutputs('FusedBatchNormGradV3', attributes, operands, 5);
  for (const tensor of [reserved, ...unused]) tensor.dispose();
  if (!dx || !dscale || !doffset) throw new Error('FusedBatchNormGradV3 gave too few outputs');
  return [dx, dscale, doffset];
}

function input(inputs: Record<string, tf.TensorInfo>, name: string): tf.TensorInfo {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`The kernel needs the input "${name}"`);
  return tensor;
}
