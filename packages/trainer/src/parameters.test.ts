import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Initializer, initialValues, type ParameterSpec, parameterCount } from './parameters.ts';

function parameter(name: string, init: Initializer, shape: readonly number[] = [100, 50]): ParameterSpec {
  return { name, shape, init, role: 'weight', layout: { type: 'plain' } };
}

function meanAndDeviation(values: Float32Array): [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

describe('initialValues', () => {
  it('are a function of the seed and the name alone', () => {
    const normal = (name: string) => parameter(name, { type: 'normal', std: 1 });
    assert.deepEqual(initialValues(normal('a'), 1), initialValues(normal('a'), 1));
    assert.notDeepEqual(initialValues(normal('a'), 1), initialValues(normal('a'), 2));
    assert.notDeepEqual(initialValues(normal('a'), 1), initialValues(normal('b'), 1));
  });

  it('are spread as their initializer says', () => {
    const [normalMean, normalDeviation] = meanAndDeviation(initialValues(parameter('n', { type: 'normal', std: 0.2 }), 3));
    assert.ok(Math.abs(normalMean) < 0.015 && Math.abs(normalDeviation - 0.2) < 0.01, `${normalMean}, ${normalDeviation}`);
    const uniform = initialValues(parameter('u', { type: 'uniform', bound: 0.3 }), 3);
    const [uniformMean, uniformDeviation] = meanAndDeviation(uniform);
    assert.ok(uniform.every((value) => Math.abs(value) <= 0.3));
    assert.ok(Math.abs(uniformMean) < 0.012 && Math.abs(uniformDeviation - 0.3 / Math.sqrt(3)) < 0.006);
    assert.deepEqual([...initialValues(parameter('c', { type: 'constant', value: 7 }, [2]), 3)], [7, 7]);
  });
});

describe('parameterCount', () => {
  it('leaves running averages out, as PyTorch does', () => {
    const weight = parameter('w', { type: 'constant', value: 0 }, [3, 4]);
    assert.equal(parameterCount([weight, { ...weight, role: 'statistic' }, { ...weight, role: 'norm', shape: [5] }]), 17);
  });
});
