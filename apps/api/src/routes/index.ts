import { auditRoutes } from './audit.ts';
import { catalogueRoutes } from './catalogue.ts';
import { checkpointRoutes } from './checkpoints.ts';
import { datasetViewRoutes } from './dataset-views.ts';
import { datasetRoutes } from './datasets.ts';
import type { Routes } from './define-routes.ts';
import { healthRoutes } from './health.ts';
import { jobActionRoutes } from './job-actions.ts';
import { jobArtifactRoutes } from './job-artifacts.ts';
import { jobBulkRoutes } from './job-bulk.ts';
import { jobEventRoutes } from './job-events.ts';
import { jobLogRoutes } from './job-logs.ts';
import { jobMetricRoutes } from './job-metrics.ts';
import { jobRoutes } from './jobs.ts';
import { keyRoutes } from './keys.ts';
import { modelImportRoutes } from './model-import.ts';
import { modelRoutes } from './models.ts';
import { predictRoutes } from './predict.ts';
import { tagLimitRoutes } from './tag-limits.ts';
import { trashRoutes } from './trash.ts';
import { uploadRoutes } from './uploads.ts';
import { workerRoutes } from './workers.ts';

/** Every route that needs a key (where keys are needed), in the order of the documentation. */
export const routes = [
  datasetRoutes,
  uploadRoutes,
  datasetViewRoutes,
  jobRoutes,
  jobActionRoutes,
  jobBulkRoutes,
  jobEventRoutes,
  jobMetricRoutes,
  jobLogRoutes,
  jobArtifactRoutes,
  checkpointRoutes,
  modelImportRoutes,
  modelRoutes,
  predictRoutes,
  catalogueRoutes,
  trashRoutes,
  workerRoutes,
  tagLimitRoutes,
  keyRoutes,
  auditRoutes,
] as const satisfies readonly Routes[];

/** Those that answer anyone. */
export const publicRoutes = [healthRoutes] as const satisfies readonly Routes[];
