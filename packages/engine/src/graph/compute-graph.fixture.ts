import * as tf from '@tensorflow/tfjs-core';
import { createProgram } from './program.ts';
import { gradientsOf, type RandomGraph, runGraph } from './random-graph.fixture.ts';

/** Of each output, and of the gradient by each input. */
export type Computed = { values: number[][]; gradients: number[][] };

const numbers = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => [...tensor.dataSync()].map(Number));

/** Op by op, on the backend that is active. */
export function computeEagerly(graph: RandomGraph): Computed {
  const scope = tf.engine();
  scope.startScope();
  const inputs = graph.inputs.map(({ values, shape }) => tf.tensor(values, [...shape]));
  const computed = { values: numbers(runGraph(graph, inputs)), gradients: numbers(gradientsOf(graph, inputs)) };
  scope.endScope();
  return computed;
}

/** As one TensorFlow graph. */
export function computeCompiled(graph: RandomGraph): Computed {
  const inputs = Object.fromEntries(graph.inputs.map(({ shape }, at) => [`x${at}`, { dtype: 'float32' as const, shape }]));
  const named = (tensors: readonly tf.Tensor[]) => Object.fromEntries(tensors.map((tensor, at) => [`y${at}`, tensor]));
  const keys = Object.keys(inputs);
  const program = createProgram({
    variables: [],
    functions: {
      values: { inputs, build: ({ input }) => named(runGraph(graph, keys.map(input))) },
      gradients: { inputs, build: ({ input }) => named(gradientsOf(graph, keys.map(input))) },
    },
  });
  const given = Object.fromEntries(graph.inputs.map(({ values }, at) => [`x${at}`, values]));
  const run = (name: string) => Object.values(program.run(name, given)).map((values) => [...values].map(Number));
  const computed = { values: run('values'), gradients: run('gradients') };
  program.dispose();
  return computed;
}
