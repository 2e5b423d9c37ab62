import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childEnvironment } from './child-environment.ts';
import { planSlots } from './slots.ts';

test('without a GPU there is one slot, which has all threads and sees no GPU', () => {
  const slots = planSlots({ gpus: [], count: undefined, cpuThreads: 8 });
  assert.deepEqual(slots, [{ device: 'cpu', environment: { CUDA_VISIBLE_DEVICES: '' }, threads: null }]);
});

test('several slots on the CPU divide its threads', () => {
  assert.deepEqual(
    planSlots({ gpus: [], count: 3, cpuThreads: 8 }).map(({ threads }) => threads),
    [2, 2, 2],
  );
  assert.deepEqual(
    planSlots({ gpus: [], count: 4, cpuThreads: 2 }).map(({ threads }) => threads),
    [1, 1, 1, 1],
  );
});

test('each GPU is a slot of its own; a count above that shares them in turn', () => {
  const devices = (count?: number) =>
    planSlots({ gpus: ['0', '2'], count, cpuThreads: 8 }).map(({ environment }) => environment['CUDA_VISIBLE_DEVICES']);
  assert.deepEqual(devices(), ['0', '2']);
  assert.deepEqual(devices(1), ['0']);
  assert.deepEqual(devices(3), ['0', '2', '0']);
});

test('a child sees nothing of the environment but what it needs', () => {
  const own = {
    PATH: '/bin',
    HOME: '/home/me',
    DATABASE_URL: 'postgres://secret',
    REDIS_URL: 'redis://secret',
    SCION_API_KEY: 'secret',
  };
  assert.deepEqual(childEnvironment(own, { CUDA_VISIBLE_DEVICES: '1' }), {
    PATH: '/bin',
    HOME: '/home/me',
    CUDA_VISIBLE_DEVICES: '1',
  });
});
