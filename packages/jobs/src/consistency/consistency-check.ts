import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { compareQueue } from '../queue/compare-queue.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { Reconciler } from '../reconciler.ts';
import type { OrphanService } from '../trash/orphan-service.ts';
import type { Finding } from './finding.ts';
import { checkFolders, markDamaged } from './folder-checks.ts';
import { checkMirrors, repairMirrors } from './mirror-checks.ts';
import { checkRecords, repairRecords } from './record-checks.ts';
import type { StoredFiles } from './stored-files.ts';

export type { StoredFiles } from './stored-files.ts';

export type CheckOptions = {
  files: StoredFiles;
  /** Whether every byte of checkpoints, models and uploads is read. */
  deep: boolean;
  /** Files of no record count from this age on: younger ones may be about to get theirs. */
  orphanAgeMs: number;
  /** Between the two looks. */
  secondLookMs: number;
};

/** Tells whether records, queue and files agree, and makes them agree. Beside a live server, too. */
export type ConsistencyCheck = {
  /** What is wrong. Looked at twice: what only was under way is gone at the second look. */
  find(options: CheckOptions): Promise<Finding[]>;
  /** Repairs what can be; `find` tells what is left. */
  repair(findings: readonly Finding[], options: CheckOptions): Promise<void>;
};

export function createConsistencyCheck(parts: {
  database: Database;
  queue: WorkQueue;
  orphans: OrphanService;
  reconciler: Reconciler;
}): ConsistencyCheck {
  const { database, queue, orphans, reconciler } = parts;

  const look = async ({ files, deep, orphanAgeMs }: CheckOptions): Promise<Finding[]> => {
    const strays = await orphans.find({ list: (folder) => files.list(folder), olderThanMs: orphanAgeMs });
    return [
      ...(await checkRecords(database)),
      ...(await checkQueue(database, queue)),
      ...(await checkFolders(database, { files, deep })),
      ...(await checkMirrors(database, files)),
      ...strays.map((key): Finding => ({ code: 'filesWithoutRecord', subject: key, detail: '' })),
    ];
  };

  return {
    async find(options) {
      const first = await look(options);
      if (first.length === 0) return [];
      await delay(options.secondLookMs);
      const seen = new Set(first.map(nameOf));
      return (await look(options)).filter((finding) => seen.has(nameOf(finding)));
    },

    async repair(findings, { files }) {
      await repairRecords(database.orm, findings);
      await markDamaged(database, findings);
      await repairMirrors(database, files, findings);
      for (const { code, subject } of findings) if (code === 'filesWithoutRecord') await files.remove(subject);
      await reconciler.reconcile();
    },
  };
}

async function checkQueue(database: Database, queue: WorkQueue): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const kind of ['job', 'dataset'] as const) {
    const { missing, orphans } = await compareQueue(database, queue, kind);
    findings.push(...missing.map(({ id }): Finding => ({ code: 'entryMissing', subject: id, detail: kind })));
    findings.push(...orphans.map((id): Finding => ({ code: 'entryWithoutWork', subject: id, detail: kind })));
  }
  return findings;
}

function nameOf({ code, subject }: Finding): string {
  return `${code} ${subject}`;
}
