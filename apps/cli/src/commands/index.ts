import type { CliCommand } from '../command.ts';
import { audit } from './audit.ts';
import { datasetAdd } from './dataset-add.ts';
import { datasetLs } from './dataset-ls.ts';
import { datasetShow } from './dataset-show.ts';
import { doctor } from './doctor.ts';
import { fsck } from './fsck.ts';
import { init } from './init.ts';
import { jobCancel, jobExtend, jobPause, jobResume, jobRetry, jobStop } from './job-actions.ts';
import { jobArtifacts } from './job-artifacts.ts';
import { jobBulk } from './job-bulk.ts';
import { jobClone } from './job-clone.ts';
import { jobDiff } from './job-diff.ts';
import { jobLogs } from './job-logs.ts';
import { jobLs } from './job-ls.ts';
import { jobShow } from './job-show.ts';
import { jobSubmit } from './job-submit.ts';
import { jobWatch } from './job-watch.ts';
import { keyCreate, keyLs, keyRevoke, keyRotate } from './keys.ts';
import { limitLs, limitRm, limitSet } from './limits.ts';
import { modelImport } from './model-import.ts';
import { modelLs } from './model-ls.ts';
import { modelPredict } from './model-predict.ts';
import { quickstart } from './quickstart.ts';
import { train } from './train.ts';
import { jobRm, modelRm, trashLs, trashRestore } from './trash.ts';
import { up } from './up.ts';

/** Every command, in the order of the help. */
export const commands: readonly CliCommand[] = [
  quickstart,
  up,
  doctor,
  fsck,
  datasetAdd,
  datasetLs,
  datasetShow,
  init,
  jobSubmit,
  jobLs,
  jobShow,
  jobDiff,
  jobWatch,
  jobLogs,
  jobArtifacts,
  jobPause,
  jobResume,
  jobStop,
  jobCancel,
  jobRetry,
  jobExtend,
  jobClone,
  jobBulk,
  jobRm,
  limitLs,
  limitSet,
  limitRm,
  modelLs,
  modelPredict,
  modelImport,
  modelRm,
  trashLs,
  trashRestore,
  keyCreate,
  keyLs,
  keyRotate,
  keyRevoke,
  audit,
  train,
];
