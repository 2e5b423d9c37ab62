import {
  type DatasetStatistics,
  type ErrorDetail,
  type JobSpec,
  type LabelKind,
  ScionError,
  type SplitSummary,
  validationError,
} from '@scion/schema';
import { z } from 'zod';
import { ImportManifest } from './artifact/manifest.ts';
import { atPath } from './at-path.ts';
import { createPipeline, labelMixProblems } from './augment/pipeline.ts';
import { constraintProblems } from './constraints/constraint-terms.ts';
import { defaultAugment, withDefaultViews } from './default-augment.ts';
import { invalidSettings } from './invalid-settings.ts';
import { labelProblems } from './label-problems.ts';
import { withChosenMethod } from './methods/choose-method.ts';
import type { DefaultTraining, Method } from './methods/define-method.ts';
import { evaluatesWithoutLabels, methodEntry, unlabelledRows } from './methods/method-entry.ts';
import type { Backbone, ImageShape } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';
import { unlikeParameters } from './models/unlike-parameters.ts';
import { parameterGroupProblems } from './parameter-groups.ts';
import { entryOf } from './registry.ts';
import { Augment, type CreateJob, ResolvedSpec, type ResolvedTeacher } from './spec.ts';
import { createTask } from './tasks/index.ts';
import { resolveTask } from './tasks/resolve-task.ts';
import { createTeacherNetwork, teacherOf } from './teacher-network.ts';
import { unlabelledProblems } from './unlabelled-problems.ts';

/** What a job is resolved against. */
export type SpecContext = {
  dataset: {
    splits: Readonly<Record<string, SplitSummary>>;
    /** [height, width, channel]; height and width are null where images differ in size. */
    shape: readonly (number | null)[];
    classNames: readonly string[];
    /** What examples are labelled with; left out: with one class each, if at all. */
    labels?: readonly LabelKind[] | undefined;
    /** For each split, what is to be predicted where that is a number. */
    numbers?: DatasetStatistics['numbers'];
  };
  /**
   * The resolved spec of the job whose model or checkpoint the job starts from, or what an imported model says of itself; null where it
   * starts from neither.
   */
  source: JobSpec | ImportedBackbone | null;
  /** The model that `method.teacher` names. */
  teacher?: TeacherModel | null;
};

/** A model, by the resolved spec of the job that made it or what it says of itself, and its classes. */
export type TeacherModel = { made: JobSpec | ImportedBackbone; classNames: readonly string[] };

export type ImportedBackbone = { imported: { backbone: { type: string }; inputShape: readonly number[] } };

type Source = Pick<ResolvedSpec, 'backbone' | 'inputShape'> & Partial<Pick<ResolvedSpec, 'augment' | 'kind' | 'method' | 'task'>>;

/**
 * Fills every default and every `auto` of a job, and refuses what cannot run.
 *
 * @throws ScionError `specInvalid` with a path for each problem, `shapeMismatch` where shapes do not fit together
 */
export function resolveSpec(given: CreateJob, context: SpecContext): ResolvedSpec {
  const source = context.source && parseSource(context.source);
  const seen = { shape: context.dataset.shape, source };
  const backbone = backboneOf(given, source);
  const { job, ...chosen } = withChosenMethod(given, { backbone, splits: context.dataset.splits });
  const task = resolveTask(job, context.dataset);
  const details = [
    ...splitProblems(job, context),
    ...labelProblems({ ...job, task }, context.dataset),
    ...deviceProblems(job),
    ...unlabelledProblems({ ...job, task }, context.dataset.splits),
  ];
  if (details.length > 0) throw invalidSettings(...details);
  const augment = job.augment ?? defaultAugment(job, seen);
  const mixProblems = labelMixProblems(augment, methodEntry(job));
  if (mixProblems.length > 0) throw invalidSettings(...mixProblems);
  const inputShape = createPipeline(augment).outputShape(datasetShape(context.dataset.shape, augment));
  const backboneAt = (shape: ImageShape) => entryOf(backbones, backbone.type).create(backbone, shape);
  const created = atPath(backbonePath(job), () => backboneAt(inputShape));
  refuseWithoutPatches(job, created);
  const settings = withDefaultViews(job, seen);
  const teacher = context.teacher && resolveTeacher(context.teacher);
  const method = methodEntry(job).create(settings, {
    classNames: context.dataset.classNames,
    task: createTask(task, context.dataset),
    backbone: created,
    augment,
    inputShape,
    backboneAt,
    teacher: teacher ? createTeacherNetwork(teacher, { inputShape, augment }) : undefined,
  });
  const methodProblems = [
    ...parameterGroupProblems(job.training.parameterGroups, trainedNames(method, created)),
    ...constraintProblems(job.training.constraints, {
      method: { id: job.method.type, takesConstraints: takesConstraints(job, method, task) },
      classNames: context.dataset.classNames,
      augment,
    }),
    ...wholeBatchProblems(job, method),
    ...viewProblems(settings, { dataset: datasetShape(context.dataset.shape, augment), input: inputShape }),
  ];
  if (methodProblems.length > 0) throw invalidSettings(...methodProblems);
  refuseSharedCrop({ ...job, augment }, method, context);
  if (source) {
    const different = unlikeParameters(created, backboneAt(source.inputShape)).find(({ grid }) => !grid);
    if (different)
      throw sizeMismatch({ name: different.name, trained: source.inputShape, now: inputShape, backbone: backbone.type });
  }
  return ResolvedSpec.parse({
    ...job,
    ...chosen,
    ...(teacher ? { teacher } : {}),
    name: job.name ?? `${job.method.type} ${backbone.type}`,
    evaluate: job.evaluate === undefined ? defaultEvaluation(job, context) : job.evaluate,
    method: settings,
    task,
    training: { ...defaultTraining(job), ...job.training },
    augment,
    backbone,
    inputShape,
  });
}

const ImportedShape = ImportManifest.shape.imported.pick({ backbone: true, inputShape: true });

function parseSource(source: NonNullable<SpecContext['source']>): Source {
  if (!('imported' in source)) return parseResolved(source);
  const parsed = ImportedShape.safeParse(source.imported);
  if (!parsed.success) throw validationError(parsed.error, 'from', 'specInvalid');
  return parsed.data;
}

function resolveTeacher({ made, classNames }: TeacherModel): ResolvedTeacher {
  return { ...teacherOf({ augment: [], ...parseSource(made) }), classNames: [...classNames] };
}

/** The trainer's view of a spec that crossed a process. */
export function parseResolved(spec: JobSpec): ResolvedSpec {
  const parsed = ResolvedSpec.safeParse(spec);
  if (!parsed.success) throw validationError(parsed.error, 'spec', 'specInvalid');
  return parsed.data;
}

/** Names of the parameters that the method trains. */
function trainedNames(method: Method, backbone: Backbone): string[] {
  return [...backbone.parameters, ...method.parameters]
    .filter(({ name, role }) => role !== 'statistic' && method.isTrainable(name))
    .map(({ name }) => name);
}

/** The backbone that a job names, or that of what it starts from. */
function backboneOf(job: CreateJob, source: Source | null): Source['backbone'] {
  const named = job.kind === 'pretrain' ? job.backbone : 'scratch' in job.from ? job.from.scratch.backbone : undefined;
  if (named && job.kind === 'pretrain' && job.from)
    throw invalidSettings({ path: 'backbone', message: 'The job trains on the backbone that `from` gives: leave this out' });
  const backbone = named ?? source?.backbone;
  if (backbone) return backbone;
  if (!job.from) throw invalidSettings({ path: 'backbone', message: 'Name a backbone, or what to start `from`' });
  throw invalidSettings({ path: 'from', message: 'The job to start from has no backbone' });
}

function defaultTraining({ training: { batchSize, accumulate, epochs }, ...job }: CreateJob): DefaultTraining {
  const own = methodEntry(job).defaultTraining?.({ batchSize: batchSize * accumulate, epochs });
  return own ?? { optimizer: { type: 'sgd' }, schedule: { type: 'constant' } };
}

/** Views that a job gives must all make of an image what `augment` makes of it. */
function viewProblems({ views }: { views?: unknown }, shapes: { dataset: ImageShape; input: ImageShape }): ErrorDetail[] {
  return (Array.isArray(views) ? z.array(Augment).parse(views) : []).flatMap((view, index) => {
    const path = `method.views.${index}`;
    const shape = atPath(path, () => createPipeline(view).outputShape(shapes.dataset));
    const message = `This view is ${shape.join('×')}, but augment gives ${shapes.input.join('×')}`;
    return String(shape) === String(shapes.input) ? [] : [{ path, message }];
  });
}

/** Labels of images that count as unlabelled are nothing to go by. */
function takesConstraints(job: CreateJob, { head }: Method, { type }: ResolvedSpec['task']): boolean {
  return head !== undefined && type === 'single-label' && unlabelledRows(job) === 0;
}

function wholeBatchProblems({ training: { devices }, method: { type } }: CreateJob, { needsWholeBatch }: Method): ErrorDetail[] {
  if (devices === 1 || !needsWholeBatch) return [];
  return [{ path: 'training.devices', message: `A batch of ${type} cannot be divided among devices, since ${needsWholeBatch}` }];
}

/** The field that decides which images the backbone gets, or which backbone gets them. */
function backbonePath(job: CreateJob): string {
  if (!job.from) return 'backbone';
  return 'scratch' in job.from ? 'from.scratch.backbone' : 'augment';
}

function splitProblems(job: CreateJob, { dataset }: SpecContext): ErrorDetail[] {
  const known = Object.keys(dataset.splits);
  const asked = [
    { path: 'dataset.split', split: job.dataset.split },
    ...(job.evaluate ? [{ path: 'evaluate.split', split: job.evaluate.split }] : []),
  ];
  return asked
    .filter(({ split }) => !Object.hasOwn(dataset.splits, split))
    .map(({ path, split }) => ({ path, message: `The data set has no split "${split}"; it has ${known.join(', ')}` }));
}

function deviceProblems({ training: { batchSize, devices } }: CreateJob): ErrorDetail[] {
  if (batchSize % devices === 0) return [];
  const nearest = Math.max(Math.round(batchSize / devices), 1) * devices;
  const message = `${batchSize} examples cannot be divided equally among ${devices} devices: ${nearest} can`;
  return [{ path: 'training.batchSize', message }];
}

/** `test`, else `val`, if it has labels; a method that needs none takes one without, else what it trains on. */
function defaultEvaluation(job: CreateJob, { dataset: { splits } }: SpecContext) {
  const held = ['test', 'val'];
  const split = held.find((name) => (splits[name]?.labelled ?? 0) > 0);
  if (split) return { split };
  if (!evaluatesWithoutLabels(job)) return null;
  return { split: held.find((name) => Object.hasOwn(splits, name)) ?? job.dataset.split };
}

/** The shape of decoded images: images of different sizes are decoded straight to the size of the first augmentation. */
function datasetShape(shape: readonly (number | null)[], augment: readonly { type: string }[]): ImageShape {
  const [height, width, channels] = shape;
  if (channels === null || channels === undefined)
    throw new ScionError(
      'shapeMismatch',
      'dataset: its examples are no images, and there is no backbone for texts or recordings yet',
    );
  if (typeof height === 'number' && typeof width === 'number') return [height, width, channels];
  if (!createPipeline(augment).decoding) {
    const message =
      'Images of this data set differ in size: put { "type": "resize", "size": … } first, or { "type": "random-resized-crop", … }';
    throw new ScionError('shapeMismatch', `augment: ${message}`, { details: [{ path: 'augment', message }] });
  }
  return [1, 1, channels];
}

function refuseWithoutPatches(job: CreateJob, backbone: Backbone): void {
  if (methodEntry(job).needs !== 'tokens' || backbone.tokens) return;
  const message = `${job.method.type} shows some patches of an image to the backbone: it needs one that cuts images into patches, such as vit-tiny`;
  throw invalidSettings({ path: 'method.type', message });
}

/** What is cut out while an image is decoded is the same for all views of it. */
function refuseSharedCrop(
  job: CreateJob & { augment: ResolvedSpec['augment'] },
  { views }: Method,
  { dataset }: SpecContext,
): void {
  if (!dataset.shape.includes(null) || !createPipeline(job.augment).decoding?.trainBoxes) return;
  if (!views || views.length < 2) return;
  const message = `Images of this data set differ in size, and ${job.method.type} looks at each of them ${views.length} times: put { "type": "resize", "size": … } first`;
  throw new ScionError('shapeMismatch', `augment: ${message}`, { details: [{ path: 'augment', message }] });
}

function sizeMismatch(options: { name: string; trained: ImageShape; now: ImageShape; backbone: string }): ScionError {
  const { name, trained, now, backbone } = options;
  const remedy =
    trained[2] === now[2]
      ? `add { "type": "resize", "size": [${trained[0]}, ${trained[1]}] }`
      : 'use a data set with as many channels';
  const message = `${backbone} was trained on ${trained.join('×')} images, but this job feeds ${now.join('×')}, so ${name} does not fit: ${remedy}`;
  return new ScionError('shapeMismatch', `augment: ${message}`, { details: [{ path: 'augment', message }] });
}
