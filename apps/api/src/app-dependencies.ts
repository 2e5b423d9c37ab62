import type { Database, Services, WorkQueue } from '@scion/jobs';
import type { ArtifactStore } from '@scion/storage';
import type { FastifyBaseLogger } from 'fastify';
import type { Catalogue } from './catalogue.ts';
import type { WeightsImporter } from './imports/weights-importer.ts';
import type { ServerLimits } from './limits/server-limits.ts';
import type { Predictor } from './prediction/predictor.ts';

/** All that the routes work with, opened and closed by whoever builds the app. */
export type AppDependencies = {
  services: Services;
  database: Pick<Database, 'ping'>;
  queue: Pick<WorkQueue, 'ping'>;
  store: ArtifactStore;
  catalogue: Catalogue;
  predictor: Predictor;
  importer: WeightsImporter;
  log: FastifyBaseLogger;
  version: string;
  maxUploadBytes: number;
  limits: ServerLimits;
  /** Folders of the server that data sets may be added from by path; none if left out. */
  datasetFolders?: readonly string[];
  /** Buckets, or `bucket/prefix`, that data sets may be added from as `s3://…`; none if left out. */
  s3Imports?: readonly string[];
  /** Folder of the built dashboard; left out, `/dashboard` is not served. */
  dashboardDir?: string | undefined;
  /** Milliseconds between the heartbeats of an event stream; 15,000 if left out. */
  heartbeatMs?: number | undefined;
};
