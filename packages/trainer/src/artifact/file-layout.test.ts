import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { type Layout, type ParameterSpec, sizeOf } from '../parameters.ts';
import { fileShape, fromFile, toFile } from './file-layout.ts';

before(() => openDevice());

function parameter(shape: readonly number[], layout: Layout): ParameterSpec {
  return { name: 'p', shape, layout, role: 'weight', init: { type: 'constant', value: 0 } };
}

const plain = parameter([3], { type: 'plain' });
const convolution = parameter([2, 3, 4, 5], { type: 'convolution' });
const linear = parameter([3, 2], { type: 'linear' });
const flattened = parameter([2 * 3 * 4, 5], { type: 'flattened', map: [2, 3, 4] });

/** 0, 1, 2, … in tfjs's order. */
const counted = ({ shape }: ParameterSpec) => tf.reshape(tf.range(0, sizeOf(shape)), [...shape]);

/** Where the value at these coordinates of the file's shape came from, in tfjs's order. */
function valueAt(spec: ParameterSpec, coordinates: readonly number[]): number | undefined {
  const { data, shape } = toFile(spec, counted(spec));
  return data[coordinates.reduce((index, coordinate, axis) => index * (shape[axis] ?? 0) + coordinate, 0)];
}

describe('the layout of a file', () => {
  for (const spec of [plain, convolution, linear, flattened]) {
    it(`comes back as it was: ${spec.layout.type}`, () => {
      const stored = toFile(spec, counted(spec));
      assert.deepEqual(stored.shape, fileShape(spec));
      assert.deepEqual([...fromFile(spec, stored)], [...counted(spec).dataSync()]);
    });
  }

  it('is [out, in, height, width] for a convolution', () => {
    assert.deepEqual(fileShape(convolution), [5, 4, 2, 3]);
    const [row, column, input, output] = [1, 2, 3, 4];
    assert.equal(valueAt(convolution, [output, input, row, column]), ((row * 3 + column) * 4 + input) * 5 + output);
  });

  it('is [out, in] for a linear layer', () => {
    assert.deepEqual(fileShape(linear), [2, 3]);
    assert.deepEqual([...toFile(linear, counted(linear)).data], [0, 2, 4, 1, 3, 5]);
  });

  it('has the inputs of a linear layer after a feature map in the order channel, height, width', () => {
    assert.deepEqual(fileShape(flattened), [5, 24]);
    const [row, column, channel, output] = [1, 0, 3, 2];
    const inFile = (channel * 2 + row) * 3 + column;
    const inMemory = (row * 3 + column) * 4 + channel;
    assert.equal(valueAt(flattened, [output, inFile]), inMemory * 5 + output);
  });

  it('takes a layer of more values than a JavaScript Set can hold, as the widest of reference-net has', () => {
    const wide = parameter([4200, 4200], { type: 'linear' });
    const values = tf.fill([4200, 4200], 3);
    const stored = toFile(wide, values);
    values.dispose();
    assert.deepEqual([stored.data.length, stored.data.at(-1)], [4200 ** 2, 3]);
    assert.equal(fromFile(wide, stored).at(-1), 3);
  });

  it('holds a copy: what is trained later does not reach it', () => {
    for (const spec of [plain, linear]) {
      const variable = tf.variable(counted(spec));
      const stored = toFile(spec, variable);
      const first = [...stored.data];
      variable.assign(tf.zerosLike(variable));
      assert.deepEqual([...stored.data], first);
    }
  });

  it('needs as many values as the parameter has', () => {
    assert.throws(() => fromFile(linear, { name: 'p', shape: [2, 2], data: new Float32Array(4) }), /p needs 6 values, not 4/);
  });
});
