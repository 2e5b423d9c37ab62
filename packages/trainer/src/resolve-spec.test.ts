import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { JobSpec, newId, ScionError, type SplitSummary } from '@scion/schema';
import { toJobRequest } from './job-request.ts';
import { parseResolved, resolveSpec, type SpecContext, type TeacherModel } from './resolve-spec.ts';
import { CreateJob } from './spec.ts';

const dataset = { id: newId('dataset') };
const minimal = { kind: 'pretrain', dataset, backbone: { type: 'convnet-small' }, method: { type: 'supervised' } };
const fromScratch = {
  kind: 'finetune',
  dataset,
  from: { scratch: { backbone: { type: 'convnet-small' } } },
  method: { type: 'linear-probe' },
};

function split(classes: Record<string, number>): SplitSummary {
  const labelled = Object.values(classes).reduce((sum, count) => sum + count, 0);
  return { examples: labelled + 5, labelled, classes };
}

const cats: SpecContext['dataset'] = {
  splits: { train: split({ cat: 30, dog: 20 }), test: split({ cat: 5, dog: 5 }) },
  shape: [32, 32, 3],
  classNames: ['cat', 'dog'],
};

const resolve = (body: unknown, context: Partial<SpecContext['dataset']> = {}, source: JobSpec | null = null) =>
  resolveSpec(CreateJob.parse(body), { dataset: { ...cats, ...context }, source });

/** The details of the error that resolving ends with, whose code must be `code`. */
function problems(code: string, run: () => unknown): readonly { path: string; message: string }[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ScionError, String(error));
    assert.equal(error.code, code);
    for (const { path, message } of error.details) assert.ok(error.message.includes(`${path}: ${message}`), error.message);
    return error.details;
  }
  return assert.fail('nothing was refused');
}

describe('a pretrain that starts from another job', () => {
  const { backbone, ...headless } = minimal;
  const trainedOn = (augment: object[]) => JobSpec.parse(resolve({ ...minimal, augment }));
  const small = [
    { type: 'resize', size: [24, 24] },
    { type: 'normalize', mean: [0.3, 0.4, 0.5], std: [0.2, 0.2, 0.2] },
  ];
  const from = { job: newId('job') };

  it('takes its backbone, and the views of the method at its size and normalisation', () => {
    const { augment, ...spec } = resolve({ ...headless, from, method: { type: 'simclr' } }, {}, trainedOn(small));
    assert.deepEqual([spec.backbone, spec.inputShape], [backbone, [24, 24, 3]]);
    assert.deepEqual([augment[0]?.type, augment.at(-1)], ['random-resized-crop', small[1]]);
    assert.equal(augment.filter(({ type }) => type === 'normalize').length, 1);
    const { method } = resolve({ ...headless, from, method: { type: 'byol' } }, {}, trainedOn(small));
    for (const view of (method as { views: object[][] }).views) assert.deepEqual(view.at(-1), small[1]);
  });

  it('normalises nothing where that one did not, and takes its augmentation where the method has none of its own', () => {
    const flip = [{ type: 'random-horizontal-flip', probability: 0.5 }];
    const { augment } = resolve({ ...headless, from, method: { type: 'simclr' } }, {}, trainedOn(flip));
    assert.ok(!augment.some(({ type }) => type === 'normalize'));
    assert.deepEqual(resolve({ ...headless, from }, {}, trainedOn(flip)).augment, flip);
  });

  it('names no backbone of its own, and one that starts from nothing does', () => {
    const refused = (body: object, source: JobSpec | null) => problems('specInvalid', () => resolve(body, {}, source))[0]?.path;
    assert.equal(refused({ ...minimal, from }, trainedOn([])), 'backbone');
    assert.equal(refused(headless, null), 'backbone');
  });
});

describe('the method `auto`', () => {
  const auto = { ...minimal, method: { type: 'auto' } };
  const many = { splits: { train: split({ cat: 10_000, dog: 10_000 }) } };
  const chosen = (job: object, context: Partial<SpecContext['dataset']> = many) => resolve({ ...auto, ...job }, context);
  const typeOf = (...given: Parameters<typeof chosen>) => chosen(...given).method.type;

  it('goes by the backbone, the batch, the length of the run and its time', () => {
    const vit = { backbone: { type: 'vit-tiny' } };
    assert.equal(typeOf({ training: { epochs: 10, batchSize: 256 } }), 'simclr');
    assert.equal(typeOf({ training: { epochs: 200, batchSize: 256 } }), 'byol');
    assert.equal(typeOf({ training: { epochs: 200, batchSize: 256, maxMinutes: 10 } }), 'simclr');
    assert.equal(typeOf({ training: { epochs: 1, batchSize: 256, maxMinutes: 90 } }), 'byol');
    assert.equal(typeOf({ ...vit, training: { batchSize: 256 } }), 'moco-v3');
    assert.equal(typeOf({ ...vit, training: { batchSize: 64 } }), 'dino');
    const small = chosen({ training: { batchSize: 32 } }, { splits: { train: split({ cat: 200, dog: 200 }) } });
    assert.deepEqual(small.method, { ...small.method, type: 'moco-v2', queue: 128 });
  });

  it('says why, and leaves a spec that names the method, also in the request of the same job', () => {
    const spec = chosen({ training: { epochs: 10, batchSize: 256 } });
    assert.match(spec.methodReason ?? '', /^simclr: the run is short/);
    assert.deepEqual(chosen({ training: { epochs: 10, batchSize: 256 } }), spec);
    const again = resolve(toJobRequest(JobSpec.parse(spec)), many);
    assert.deepEqual({ ...again, methodReason: spec.methodReason }, spec);
    assert.ok(!('methodReason' in again) && spec.augment.length > 3, 'views are those of the method');
  });
});

describe('a teacher', () => {
  const model = newId('model');
  const distilled = { ...minimal, method: { type: 'distillation', teacher: { model } } };
  const made = (body: object = minimal) => ({ made: JobSpec.parse(resolve(body)), classNames: cats.classNames });
  const resolveWith = (body: object, teacher: TeacherModel | null) =>
    resolveSpec(CreateJob.parse(body), { dataset: cats, source: null, teacher });

  it('is kept in the spec, so that its network can be built again', () => {
    const { teacher } = resolveWith(distilled, made());
    assert.deepEqual(teacher, {
      backbone: minimal.backbone,
      inputShape: [32, 32, 3],
      augment: [],
      classNames: cats.classNames,
      trainedBy: { kind: 'pretrain', method: { type: 'supervised' } },
    });
    const imported = { made: { imported: { backbone: { type: 'resnet18' }, inputShape: [224, 224, 3] } }, classNames: [] };
    assert.equal(resolveWith(distilled, imported).teacher?.trainedBy, null);
  });

  it('must be there, fit the images, and know classes where these are matched', () => {
    const refused = (code: string, method: object, teacher: TeacherModel | null) =>
      problems(code, () => resolveWith({ ...distilled, method: { ...distilled.method, ...method } }, teacher))[0]?.path;
    const contrastive = made({ ...minimal, method: { type: 'simclr' } });
    const transformer = { made: { imported: { backbone: { type: 'vit-tiny' }, inputShape: [64, 64, 3] } }, classNames: [] };
    assert.equal(refused('specInvalid', {}, null), 'method.teacher');
    assert.equal(refused('specInvalid', { match: 'logits' }, contrastive), 'method.match');
    assert.equal(refused('shapeMismatch', {}, transformer), 'method.teacher');
    assert.equal(resolveWith(distilled, contrastive).teacher?.trainedBy, null);
  });
});

describe('resolveSpec', () => {
  it('fills in every default', () => {
    assert.deepEqual(resolve(minimal), {
      kind: 'pretrain',
      name: 'supervised convnet-small',
      dataset: { id: dataset.id, split: 'train' },
      backbone: { type: 'convnet-small' },
      method: { type: 'supervised' },
      training: {
        epochs: 10,
        batchSize: 100,
        stepsPerEpoch: null,
        seed: 0,
        precision: 'auto',
        optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: false, weightDecay: 0 },
        schedule: { type: 'constant', warmupEpochs: 0 },
        regularizers: [],
        constraints: [],
        parameterGroups: [],
        clipNorm: null,
        accumulate: 1,
        devices: 1,
        ema: null,
        maxMinutes: null,
        stopEarly: null,
        sampling: 'shuffle',
        sharpnessAware: null,
      },
      task: { type: 'single-label' },
      augment: [],
      inputShape: [32, 32, 3],
      evaluate: { split: 'test', everyEpochs: 1, artifactsEveryEpochs: null },
      checkpoint: { everyEpochs: 1, everySteps: null, keep: 3, keepBest: null, keepEveryEpochs: null },
      tags: [],
      priority: 0,
      dependsOn: [],
      maxRestarts: 3,
      onDivergence: { retries: 0, learningRateFactor: 0.5 },
      deadlineMinutes: null,
    });
  });

  it('gives a spec that resolves to itself after crossing a process', () => {
    for (const body of [minimal, fromScratch]) {
      const spec = resolve(body);
      assert.deepEqual(parseResolved(JobSpec.parse(JSON.parse(JSON.stringify(spec)))), spec);
    }
  });

  it('keeps what was asked for, where it was', () => {
    const asked = { ...minimal, name: 'mine', evaluate: null, training: { precision: 'float32', epochs: 3 } };
    const spec = resolve(asked);
    assert.deepEqual([spec.name, spec.evaluate, spec.training.epochs], ['mine', null, 3]);
  });

  it('evaluates on `test`, else on `val`, else nowhere', () => {
    const { train, test } = cats.splits as { train: SplitSummary; test: SplitSummary };
    assert.deepEqual(resolve(minimal, { splits: { train, val: test } }).evaluate, {
      split: 'val',
      everyEpochs: 1,
      artifactsEveryEpochs: null,
    });
    assert.deepEqual(resolve(minimal, { splits: { train, val: test, test } }).evaluate?.split, 'test');
    assert.equal(resolve(minimal, { splits: { train } }).evaluate, null);
  });

  it('feeds the backbone what the augmentations make of the images', () => {
    const augment = [
      { type: 'resize', size: [20, 24] },
      { type: 'random-crop', size: 16 },
    ];
    assert.deepEqual(resolve({ ...minimal, augment }).inputShape, [16, 16, 3]);
    assert.deepEqual(resolve({ ...minimal, augment }, { shape: [null, null, 3] }).inputShape, [16, 16, 3]);
  });

  describe('for a finetune', () => {
    const source = JobSpec.parse(resolve({ ...minimal, augment: [{ type: 'normalize', mean: [0.5], std: [0.5] }] }));
    const finetune = { kind: 'finetune', dataset, from: { job: newId('job') }, method: { type: 'full' } };

    it('takes the backbone and, where none are given, the augmentations of what it starts from', () => {
      const spec = resolve(finetune, {}, source);
      assert.deepEqual(spec.backbone, { type: 'convnet-small' });
      assert.deepEqual(spec.augment, [{ type: 'normalize', mean: [0.5], std: [0.5] }]);
      assert.equal(spec.name, 'full convnet-small');
      assert.deepEqual(resolve({ ...finetune, augment: [] }, {}, source).augment, []);
    });

    it('takes the backbone of `scratch` as it stands there', () => {
      assert.deepEqual(resolve(fromScratch).backbone, { type: 'convnet-small' });
    });

    it('fits a backbone that takes any size to another one', () => {
      assert.deepEqual(resolve(finetune, { shape: [16, 16, 3] }, source).inputShape, [16, 16, 3]);
    });

    it('says how to fit images whose size the backbone cannot take', () => {
      const sized = JobSpec.parse(resolve({ ...minimal, backbone: { type: 'reference-net' } }));
      const [problem] = problems('shapeMismatch', () => resolve(finetune, { shape: [28, 28, 3] }, sized));
      assert.equal(problem?.path, 'augment');
      const expected =
        'reference-net was trained on 32×32×3 images, but this job feeds 28×28×3, so fc1.weight does not fit: add { "type": "resize", "size": [32, 32] }';
      assert.equal(problem?.message, expected);
      const augment = [{ type: 'resize', size: [32, 32] }];
      assert.deepEqual(resolve({ ...finetune, augment }, { shape: [28, 28, 3] }, sized).inputShape, [32, 32, 3]);
    });

    it('says that another number of channels cannot be fitted', () => {
      const [problem] = problems('shapeMismatch', () => resolve(finetune, { shape: [32, 32, 1] }, source));
      assert.match(problem?.message ?? '', /conv1\.weight does not fit: use a data set with as many channels/);
    });

    it('needs a job to start from', () => {
      assert.deepEqual(
        problems('specInvalid', () => resolve(finetune)).map(({ path }) => path),
        ['from'],
      );
    });
  });

  it('names every problem with its path', () => {
    const asked = {
      ...minimal,
      dataset: { ...dataset, labels: { perClass: 25 } },
      evaluate: { split: 'validation' },
    };
    assert.deepEqual(
      problems('specInvalid', () => resolve(asked)),
      [
        { path: 'evaluate.split', message: 'The data set has no split "validation"; it has train, test' },
        { path: 'dataset.labels.perClass', message: 'The class "dog" has 20 examples, fewer than 25' },
      ],
    );
  });

  it('refuses a split that is not there, or has nothing to learn from', () => {
    const asked = (name: string) => ({ ...minimal, dataset: { ...dataset, split: name } });
    const paths = (run: () => unknown) => problems('specInvalid', run).map(({ path }) => path);
    assert.deepEqual(
      paths(() => resolve(asked('extra'))),
      ['dataset.split'],
    );
    assert.deepEqual(
      paths(() => resolve(asked('train'), { splits: { train: split({}) } })),
      ['dataset.split'],
    );
    assert.deepEqual(
      paths(() => resolve(asked('train'), { classNames: ['cat'] })),
      ['dataset.id'],
    );
    assert.deepEqual(
      paths(() => resolve({ ...minimal, dataset: { ...dataset, labels: { count: 51 } } })),
      ['dataset.labels.count'],
    );
  });

  it('refuses groups of parameters that decide nothing, by their place', () => {
    const groupsOf = (body: object, ...parameterGroups: object[]) =>
      problems('specInvalid', () => resolve({ ...body, training: { parameterGroups } }));
    const [typo, late] = groupsOf(minimal, { match: 'conv1.*' }, { match: 'covn2.*' }, { match: 'conv1.weight', frozen: true });
    assert.equal(typo?.path, 'training.parameterGroups.1.match');
    assert.match(
      typo?.message ?? '',
      /^"covn2\.\*" matches none of the trained parameters: conv1\.weight, .*head\.weight, head\.bias$/,
    );
    assert.deepEqual(late, {
      path: 'training.parameterGroups.2.match',
      message: 'Every parameter that "conv1.weight" matches is in a group before it',
    });
    const probe = { ...fromScratch, method: { type: 'linear-probe' } };
    const [unused] = groupsOf(probe, { match: 'conv1.*', learningRate: 0.1 });
    assert.equal(unused?.message, '"conv1.*" matches none of the trained parameters: head.weight, head.bias');
    assert.equal(groupsOf(minimal, { match: '*', frozen: true })[0]?.path, 'training.parameterGroups');
    assert.equal(
      resolve({ ...minimal, training: { parameterGroups: [{ match: '*.bias' }] } }).training.parameterGroups.length,
      1,
    );
  });

  for (const [page, kind, least] of [
    ['pretraining', 'pretrain', 4],
    ['finetuning', 'finetune', 2],
  ] as const) {
    it(`takes the jobs that docs/${page}.md shows`, async () => {
      const text = await readFile(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8');
      const shown = [...text.matchAll(/```json\n([^`]*)\n```/g)].map(([, job = '']) =>
        JSON.parse(job.replaceAll('ds_…', dataset.id).replaceAll('mdl_…', newId('model'))),
      );
      assert.ok(shown.length >= least);
      const source = JobSpec.parse(resolve(minimal));
      const teacher = { made: source, classNames: cats.classNames };
      for (const body of shown) {
        const job = CreateJob.parse(body);
        const startsFromModel = job.from && !('scratch' in job.from);
        assert.equal(resolveSpec(job, { dataset: cats, source: startsFromModel ? source : null, teacher }).kind, kind);
      }
    });
  }

  it('takes constraints of methods that predict classes only', () => {
    const training = { constraints: [{ type: 'equal-risk', mu: 1, groups: [['cat'], ['wolf']] }] };
    const path = 'training.constraints.0';
    assert.equal(problems('specInvalid', () => resolve({ ...minimal, training }))[0]?.path, path);
    const consistent = { training: { constraints: [{ type: 'consistency', mu: 1 }] } };
    assert.equal(resolve({ ...minimal, ...consistent }).training.constraints.length, 1);
    const simclr = { ...minimal, ...consistent, method: { type: 'simclr' } };
    assert.equal(problems('specInvalid', () => resolve(simclr))[0]?.path, path);
  });

  it('takes the constraints that docs/catalogue.md shows', async () => {
    const page = await readFile(new URL('../../../docs/catalogue.md', import.meta.url), 'utf8');
    const shown = /```json\n(\{[^`]*"constraints"[^`]*)\n```/.exec(page)?.[1] ?? assert.fail('the page shows no constraints');
    assert.equal(resolve({ ...minimal, ...JSON.parse(shown) }).training.constraints.length, 4);
  });

  it('takes the groups that docs/catalogue.md shows', async () => {
    const page = await readFile(new URL('../../../docs/catalogue.md', import.meta.url), 'utf8');
    const shown = /```json\n(\[[^`]*\])\n```/.exec(page)?.[1] ?? assert.fail('the page shows no groups');
    const { training } = resolve({ ...fromScratch, method: { type: 'full' }, training: { parameterGroups: JSON.parse(shown) } });
    assert.deepEqual(
      training.parameterGroups.map(({ match, frozen, learningRate }) => [match, frozen, learningRate]),
      [
        ['conv1.*', true, 1],
        ['head.*', false, 1],
        ['*', false, 0.1],
      ],
    );
  });

  describe('for a method with defaults of its own', () => {
    const byol = { ...minimal, method: { type: 'byol' } };

    it('takes its optimizer and schedule where the job leaves them out, and no others', () => {
      const { training } = resolve({ ...byol, training: { batchSize: 64, epochs: 20 } });
      assert.deepEqual([training.optimizer.type, training.optimizer.learningRate], ['adamw', 0.0005]);
      assert.deepEqual(training.schedule, { type: 'cosine', warmupEpochs: 2, final: 0 });
      const asked = resolve({ ...byol, training: { optimizer: { type: 'lars' } } }).training;
      assert.deepEqual([asked.optimizer.type, asked.schedule.type], ['lars', 'cosine']);
    });

    it("takes the paper's views where the job says nothing of augmentation, and no others", () => {
      const viewsOf = (body: object) => {
        const { method } = resolve({ ...byol, ...body });
        return 'views' in method ? method.views : undefined;
      };
      const [first, second] = viewsOf({}) ?? [];
      assert.ok(!first?.some(({ type }) => type === 'random-solarize'));
      assert.ok(second?.some(({ type }) => type === 'random-solarize'));
      assert.equal(viewsOf({ augment: [] }), null);
      const views = [[{ type: 'random-horizontal-flip' }], []];
      assert.deepEqual(
        viewsOf({ method: { type: 'byol', views } })?.map((view) => view.length),
        [1, 0],
      );
    });

    it('refuses views of another size than the images that are evaluated', () => {
      const method = { type: 'byol', views: [[{ type: 'random-crop', size: 16 }], []] };
      const found = problems('specInvalid', () => resolve({ ...minimal, augment: [], method }));
      assert.deepEqual(
        found.map(({ path }) => path),
        ['method.views.0'],
      );
    });

    it('refuses to divide a batch whose embeddings join a queue', () => {
      const training = { devices: 2 };
      const found = problems('specInvalid', () => resolve({ ...minimal, method: { type: 'moco-v2' }, training }));
      assert.deepEqual(
        found.map(({ path }) => path),
        ['training.devices'],
      );
      resolve({ ...minimal, method: { type: 'swav' }, training });
      problems('specInvalid', () => resolve({ ...minimal, method: { type: 'swav', queue: 100 }, training }));
    });

    it('refuses local views of a size that the backbone cannot take beside that of the others', () => {
      const method = { type: 'dino', localViews: 2, localSize: 16 };
      resolve({ ...minimal, method });
      const found = problems('specInvalid', () => resolve({ ...minimal, backbone: { type: 'vit-tiny' }, method }));
      assert.deepEqual(
        found.map(({ path }) => path),
        ['method.localSize'],
      );
    });
  });

  it('names the part that images do not fit', () => {
    const paths = (run: () => unknown) => problems('shapeMismatch', run).map(({ path }) => path);
    const crop = { type: 'random-crop', size: 33 };
    assert.deepEqual(
      paths(() => resolve({ ...minimal, augment: [{ type: 'resize', size: 32 }, crop] })),
      ['augment.1'],
    );
    assert.deepEqual(
      paths(() => resolve({ ...minimal, augment: [crop] }, { shape: [null, null, 3] })),
      ['augment'],
    );
    const backbone = { type: 'reference-net' };
    assert.deepEqual(
      paths(() => resolve({ ...minimal, backbone }, { shape: [1, 9, 3] })),
      ['backbone'],
    );
    assert.deepEqual(
      paths(() => resolve({ ...fromScratch, from: { scratch: { backbone } } }, { shape: [1, 9, 3] })),
      ['from.scratch.backbone'],
    );
  });
});

describe('parseResolved', () => {
  it('refuses a spec with a setting that the trainer does not know', () => {
    const spec = resolve(minimal);
    const unknown = { ...spec, training: { ...spec.training, precision: 'int4' } } as unknown as JobSpec;
    assert.throws(() => parseResolved(unknown), { code: 'specInvalid', message: /training\.precision/ });
  });
});
