import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { createModelCache } from './model-cache.ts';

/** A cache of models that know their own fate, and the keys in the order in which they were loaded and disposed of. */
function createCache(keep: number) {
  const loads: string[] = [];
  const disposals: string[] = [];
  const load = async (key: string) => {
    loads.push(key);
    if (key === 'broken') throw new Error('broken');
    return { key, dispose: () => void disposals.push(key) };
  };
  return { ...createModelCache({ load, keep }), loads, disposals };
}

const name = async (model: { key: string }) => model.key;

/** Lets what is already settled run its course. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('createModelCache', () => {
  it('loads a model once while it is among the last used', async () => {
    const cache = createCache(2);
    for (const key of ['a', 'b', 'a', 'b']) assert.equal(await cache.use(key, name), key);
    assert.deepEqual(cache.loads, ['a', 'b']);
    assert.deepEqual(cache.disposals, []);
  });

  it('loads a model once for two that ask at the same time', async () => {
    const cache = createCache(2);
    assert.deepEqual(await Promise.all([cache.use('a', name), cache.use('a', name)]), ['a', 'a']);
    assert.deepEqual(cache.loads, ['a']);
  });

  it('drops the one that was not used for longest', async () => {
    const cache = createCache(2);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.use(key, name);
    await settled();
    assert.deepEqual(cache.loads, ['a', 'b', 'c', 'b']);
    assert.deepEqual(cache.disposals, ['b', 'c']);
  });

  it('leaves a dropped model whole for those who are at work with it', async () => {
    const cache = createCache(1);
    const work = new EventEmitter();
    const working = cache.use('a', async ({ key }) => {
      await once(work, 'done');
      return key;
    });
    await cache.use('b', name);
    await settled();
    assert.deepEqual(cache.disposals, []);
    work.emit('done');
    assert.equal(await working, 'a');
    await settled();
    assert.deepEqual(cache.disposals, ['a']);
  });

  it('tells each who asked that a model cannot be loaded, and tries again the next time', async () => {
    const cache = createCache(1);
    const both = await Promise.allSettled([cache.use('broken', name), cache.use('broken', name), cache.use('a', name)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled'],
    );
    await assert.rejects(cache.use('broken', name), /broken/);
    assert.deepEqual(cache.loads, ['broken', 'a', 'broken']);
  });

  it('keeps a model whose work failed', async () => {
    const cache = createCache(1);
    await assert.rejects(
      cache.use('a', () => Promise.reject(new Error('bad input'))),
      /bad input/,
    );
    assert.equal(await cache.use('a', name), 'a');
    assert.deepEqual(cache.loads, ['a']);
  });
});
