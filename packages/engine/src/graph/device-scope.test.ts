import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { TensorflowBackend } from '../backends/tensorflow.ts';
import { openDevice } from '../device.ts';
import { onDevice, presentDevice } from './device-scope.ts';
import type { Edge } from './graph.ts';
import { shareCommon } from './passes/share-common.ts';
import { createRecorder } from './recorder.ts';
import { inOrder } from './saved-model.ts';

const one = '/device:GPU:1';
const two = '/device:GPU:2';

/** Every node of a step as `op @ device`, after the pass that lets equal nodes be one. */
function recordedNodes(step: () => tf.Tensor): string[] {
  const recorder = createRecorder(tf.backend() as TensorflowBackend);
  const edges: Edge[] = [];
  tf.tidy(() => void edges.push(recorder.edgeOf(recorder.record(step))));
  return inOrder(shareCommon(edges.map(({ node }) => node))).map(({ op, device }) => `${op} @ ${device ?? 'anywhere'}`);
}

describe('onDevice', () => {
  before(async () => {
    await openDevice({ choice: 'cpu' });
  });

  it('marks what is recorded inside, and nothing outside', () => {
    const nodes = recordedNodes(() => tf.exp(onDevice(one, () => tf.sin(tf.scalar(1)))));
    assert.deepEqual(nodes, [`Const @ ${one}`, `Sin @ ${one}`, 'Exp @ anywhere']);
  });

  it('marks the gradients that are taken inside', () => {
    const nodes = recordedNodes(() => onDevice(one, () => tf.grad((x) => tf.sum(tf.sin(x)))(tf.tensor1d([1, 2]))));
    assert.ok(nodes.includes(`Cos @ ${one}`), nodes.join('\n'));
    assert.ok(
      nodes.every((node) => node.endsWith(one) || node.startsWith('Const')),
      nodes.join('\n'),
    );
  });

  it('leaves integers to TensorFlow, which keeps them in the memory of the host', () => {
    const nodes = recordedNodes(() => onDevice(one, () => tf.add(tf.tensor1d([1, 2], 'int32'), tf.scalar(3, 'int32'))));
    assert.deepEqual([...new Set(nodes.map((node) => node.split(' @ ')[1]))], ['anywhere']);
  });

  it('keeps apart what two devices compute of the same', () => {
    const half = (device: string) => onDevice(device, () => tf.sin(tf.scalar(1)));
    const nodes = recordedNodes(() => tf.add(half(one), half(two)));
    assert.deepEqual(nodes.filter((node) => node.startsWith('Sin')).sort(), [`Sin @ ${one}`, `Sin @ ${two}`]);
  });

  it('nests, and ends where its function ends, also by an error', () => {
    onDevice(one, () => {
      onDevice(two, () => assert.equal(presentDevice(), two));
      assert.equal(presentDevice(), one);
    });
    assert.throws(
      () =>
        onDevice(one, () => {
          throw new Error('stop');
        }),
      /stop/,
    );
    assert.equal(presentDevice(), null);
  });
});
