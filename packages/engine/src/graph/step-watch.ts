import * as tf from '@tensorflow/tfjs-core';
import type { OpAttribute, TensorflowBackend } from '../backends/tensorflow.ts';
import { RecordingRefused, refusal } from './recording-refused.ts';
import { captureStack, describeCaller } from './source-line.ts';

export type ExecuteOp = (op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[], outputCount: number) => tf.Tensor[];

/** The engine's inner functions that a step reaches through `tf.keep` and `tf.variable`. */
type Engine = Record<'keep' | 'makeVariable', (...args: never[]) => unknown>;

/**
 * Stands between a step and what it runs on: every op of the step goes to a function of the caller's, and what a graph cannot repeat
 * is refused. A refusal ends the step even where the step catches it.
 */
export function watchStep(backend: TensorflowBackend) {
  const engine = tf.engine() as unknown as Engine;
  const originals = {
    executeSingleOutput: backend.executeSingleOutput.bind(backend),
    executeMultipleOutputs: backend.executeMultipleOutputs.bind(backend),
    readSync: backend.readSync.bind(backend),
    read: backend.read.bind(backend),
  };
  const kept = new Map<tf.Tensor, Error>();
  let refused: RecordingRefused | null = null;

  function refuse(problem: Parameters<typeof refusal>[0]): never {
    refused ??= refusal(problem);
    throw refused;
  }

  /** Lets a refusal by `execute` pass, and remembers it. */
  const remembering =
    (execute: ExecuteOp): ExecuteOp =>
    (...call) => {
      try {
        return execute(...call);
      } catch (error) {
        if (error instanceof RecordingRefused) refused ??= error;
        throw error;
      }
    };

  /** `tensor.data()` would wrap what is thrown in a promise that nobody may be waiting for; the step ends at its last line instead. */
  function refuseLater(): Promise<never> {
    refused ??= refusal('reads');
    return new Promise(() => undefined);
  }

  function patch(execute: ExecuteOp): () => void {
    const random = Math.random;
    const { keep, makeVariable } = engine;
    const { assign } = tf.Variable.prototype;
    Object.assign(backend, {
      executeSingleOutput: (op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]) =>
        execute(op, attributes, inputs, 1)[0],
      executeMultipleOutputs: execute,
      readSync: () => refuse('reads'),
      read: refuseLater,
    });
    Object.assign(engine, {
      keep(tensor: tf.Tensor) {
        kept.set(tensor, captureStack());
        return (keep as (tensor: tf.Tensor) => tf.Tensor).call(engine, tensor);
      },
      makeVariable: () => refuse('variable'),
    });
    tf.Variable.prototype.assign = () => refuse('variable');
    Math.random = () => refuse('random');
    return () => {
      Math.random = random;
      tf.Variable.prototype.assign = assign;
      Object.assign(engine, { keep, makeVariable });
      Object.assign(backend, originals);
    };
  }

  return {
    execute: originals.executeMultipleOutputs as ExecuteOp,
    valuesOf: (tensor: tf.TensorInfo) => originals.readSync(tensor.dataId) as ArrayLike<number>,

    run<T>(step: () => T, execute: ExecuteOp): T {
      const restore = patch(remembering(execute));
      try {
        const result = step();
        if (result instanceof Promise) refused ??= refusal('asynchronous');
        if (refused) throw refused;
        return result;
      } catch (error) {
        tf.dispose([...kept.keys()].filter(({ isDisposed }) => !isDisposed));
        throw error;
      } finally {
        restore();
      }
    },

    refuseLeaks(): void {
      const leaks = [...kept].filter(([tensor]) => !tensor.isDisposed);
      const [first] = leaks;
      if (!first) return;
      tf.dispose(leaks.map(([tensor]) => tensor));
      const [{ shape }, stack] = first;
      throw new RecordingRefused(
        `The step keeps ${leaks.length} tensor(s) that it neither returns nor disposes of, the first of shape [${shape}] (${describeCaller(stack)})`,
      );
    },
  };
}
