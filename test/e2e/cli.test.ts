import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runScion } from '../support/scion-server.ts';
import { writeShapeImage, writeShapesArchive } from '../support/shapes.ts';
import { endless, shapesJob, startServerWithShapes } from '../support/shapes-server.ts';

test('the command line against a running server', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const scion = async (...args: string[]) => await runScion(args, { server });
  const file = join(server.dataDir, 'job.json');
  const writeJob = async (name: string, epochs: number) =>
    await writeFile(file, JSON.stringify(shapesJob({ dataset, name, epochs })));

  await t.test('adds a data set and reports what is in it', async () => {
    const added = await scion('dataset', 'add', await writeShapesArchive(server.dataDir), '--name', 'more shapes');
    assert.equal(added.exitCode, 0, added.stderr);
    assert.match(added.stdout, /more shapes {2}ready/);
    assert.match(added.stdout, /train +200 +200 +50/);
    assert.match((await scion('dataset', 'ls')).stdout, /more shapes/);
  });

  await t.test('refuses a folder that holds nothing to train on, with exit code 1', async () => {
    const folder = join(server.dataDir, 'leftovers');
    await mkdir(folder);
    await writeFile(join(folder, 'word.log'), 'word');
    const added = await scion('dataset', 'add', folder);
    assert.equal(added.exitCode, 1);
    assert.match(added.stdout, /invalid/);
  });

  await t.test('submits, watches, lists and shows a job, and predicts with its model', async () => {
    await writeJob('from the command line', 3);
    const submitted = await scion('job', 'submit', file, '--watch');
    assert.equal(submitted.exitCode, 0, submitted.stderr);
    assert.match(submitted.stdout, /epoch 3\/3 {2}loss .* acc .* took/);
    const model = /Model (mdl_\w+)\./.exec(submitted.stdout)?.[1];
    assert.ok(model);
    const list = await scion('job', 'ls', '--json');
    assert.equal(JSON.parse(list.stdout).data[0].result.model, model);
    const shown = await scion('job', 'show', JSON.parse(list.stdout).data[0].id);
    assert.match(shown.stdout, /job\.succeeded/);
    const predicted = await scion('model', 'predict', model, await writeShapeImage(server.dataDir, 2), '--json');
    assert.equal(JSON.parse(predicted.stdout).predictions.length, 1, predicted.stderr);
    assert.match((await scion('model', 'ls')).stdout, new RegExp(model));
  });

  await t.test('tells a cancelled job by exit code 4', async () => {
    await writeJob('to be cancelled', endless);
    const { stdout } = await scion('job', 'submit', file, '--json');
    const { id } = JSON.parse(stdout);
    const [watched, cancelled] = await Promise.all([scion('job', 'watch', id), scion('job', 'cancel', id)]);
    assert.equal(cancelled.exitCode, 0, cancelled.stderr);
    assert.equal(watched.exitCode, 4);
  });

  await t.test('names the field of a job that does not fit', async () => {
    await writeFile(file, JSON.stringify({ ...shapesJob({ dataset, name: 'wrong', epochs: 1 }), epochs: 3 }));
    const { exitCode, stderr } = await scion('job', 'submit', file);
    assert.equal(exitCode, 1);
    assert.match(stderr, /epochs/);
  });

  await t.test('pauses, resumes, clones, bounds and cancels jobs, and takes deleted ones back', async () => {
    await writeJob('in the way', endless);
    const blocking = JSON.parse((await scion('job', 'submit', file, '--json')).stdout).id;
    await writeFile(file, JSON.stringify({ ...shapesJob({ dataset, name: 'waiting', epochs: 1 }), tags: ['batch'] }));
    const { id } = JSON.parse((await scion('job', 'submit', file, '--json')).stdout);
    const says = async (line: RegExp, ...args: string[]) => {
      const { exitCode, stdout, stderr } = await scion(...args);
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, line);
      return stdout;
    };
    await says(/is paused/, 'job', 'pause', id);
    await says(/is queued/, 'job', 'resume', id);
    await writeFile(file, JSON.stringify({ name: 'the same again' }));
    const clone = /job_\w+/.exec(await says(/Submitted job_/, 'job', 'clone', id, '--patch', file))?.[0] ?? '';
    await says(/name +"waiting" +"the same again"/, 'job', 'diff', id, clone);
    await says(/At most 0 jobs tagged batch/, 'limit', 'set', 'batch', '0');
    await says(/batch +0 +0/, 'limit', 'ls');
    await says(/no limit now/, 'limit', 'rm', 'batch');
    assert.equal((await scion('job', 'bulk', 'cancel')).exitCode, 2, 'all jobs are not meant by saying nothing');
    await says(/2 jobs/, 'job', 'bulk', 'cancel', '--tag', 'batch');
    await says(/ends within a step|is cancelled/, 'job', 'cancel', blocking);
    await says(/Deleted/, 'job', 'rm', clone);
    await says(new RegExp(`${clone} +job .*the same again`), 'trash', 'ls');
    await says(/Restored/, 'trash', 'restore', clone);
    await says(/the same again/, 'job', 'show', clone);
    await says(/is queued|is running/, 'job', 'retry', clone);
    const watched = await scion('job', 'watch', clone);
    assert.equal(watched.exitCode, 0, watched.stderr);
    await says(/is queued|is running/, 'job', 'extend', clone, '--epochs', '2');
    assert.equal((await scion('job', 'watch', clone)).exitCode, 0);
  });
});
