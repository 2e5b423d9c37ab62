/** What can be asked for: loads without a TensorFlow backend, so that an API process can parse and document jobs. */
export { augmentations } from './augment/index.ts';
export { constraints } from './constraints/index.ts';
export { ImportCommand, ImportMessage } from './import/import-protocol.ts';
export { ImportModel, ImportModelFields, ImportSettings, ImportSource } from './import/import-settings.ts';
export { toJobRequest } from './job-request.ts';
export { autoMethod } from './methods/auto-method.ts';
export { finetuneMethods } from './methods/finetune/index.ts';
export { pretrainMethods } from './methods/pretrain/index.ts';
export { backbones } from './models/index.ts';
export { optimizers } from './optimizers/index.ts';
export type { RegistryEntry } from './registry.ts';
export { regularizers } from './regularizers/index.ts';
export { type ImportedBackbone, parseResolved, resolveSpec, type SpecContext, type TeacherModel } from './resolve-spec.ts';
export { schedules } from './schedules/index.ts';
export { CreateFinetune, CreateJob, CreatePretrain, ResolvedSpec, Training } from './spec.ts';
export { tasks } from './tasks/index.ts';
