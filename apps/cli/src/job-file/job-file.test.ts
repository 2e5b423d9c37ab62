import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { newId } from '@scion/schema';
import { CreateJob, finetuneMethods, pretrainMethods, Training } from '@scion/trainer/catalog';
import { differences } from './differences.ts';
import { jobTemplate } from './job-template.ts';
import { readJobFile } from './read-job-file.ts';

async function fileWith(t: { after(cleanup: () => unknown): void }, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-job-file-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'job.jsonc');
  await writeFile(file, text);
  return file;
}

test('the template of every method is a job, once its records are filled in', async (t) => {
  const methods = [
    ...pretrainMethods.map((method) => ({ kind: 'pretrain' as const, ...method })),
    ...finetuneMethods.map((method) => ({ kind: 'finetune' as const, ...method })),
  ];
  for (const method of methods) {
    const template = jobTemplate(method, Training);
    const text = template.replace('DATASET', newId('dataset')).replace('"MODEL"', `"${newId('model')}"`);
    const { data: job, error } = CreateJob.safeParse(await readJobFile(await fileWith(t, text)));
    assert.ok(job, `${method.id}: ${error?.message}`);
    assert.deepEqual([job.kind, job.method.type], [method.kind, method.id]);
    assert.ok(
      template.split('\n').every((line) => line.length < 120),
      method.id,
    );
    for (const name of Object.keys(job.method)) assert.match(template, new RegExp(`"${name}": `), `${method.id}: ${name}`);
  }
});

test('a file with a mistake is told with its line', async (t) => {
  const file = await fileWith(t, '{\n  // what\n  "kind": pretrain,\n}');
  await assert.rejects(readJobFile(file), /job\.jsonc does not hold a job: line 3: /);
  await assert.rejects(readJobFile(await fileWith(t, '[1]')), /it is not a JSON object/);
  await assert.rejects(readJobFile('nowhere.json'), /Cannot read nowhere\.json/);
});

test('two documents differ where a value does, or is there in one only', () => {
  const left = { kind: 'finetune', training: { epochs: 1, ema: null, rates: [1, 2] } };
  const right = { kind: 'finetune', training: { epochs: 2, ema: null, rates: [1] }, tags: [] };
  assert.deepEqual(differences(left, right), [
    { path: 'training.epochs', left: '1', right: '2' },
    { path: 'training.rates.1', left: '2', right: '—' },
    { path: 'tags', left: '—', right: '[]' },
  ]);
});
