import type { Dataset } from '@scion/schema';
import type { datasets } from '../database/tables.ts';

export type DatasetRow = typeof datasets.$inferSelect;

/** The data set as the API shows it. */
export function toDataset(row: DatasetRow): Dataset {
  const { report } = row;
  return {
    id: row.id,
    project: row.project,
    owner: row.owner,
    name: row.name,
    state: row.state,
    format: report?.format ?? row.format,
    modality: report?.modality ?? null,
    classNames: report?.classNames ?? [],
    splits: report?.splits ?? {},
    example: report?.example ?? null,
    ...(report?.labels && { labels: report.labels }),
    ...(report?.superclasses && { superclasses: report.superclasses }),
    ...(report?.maskClasses && { maskClasses: report.maskClasses }),
    statistics: report?.statistics ?? null,
    issues: row.issues,
    sha256: row.sha256 ?? report?.sha256 ?? null,
    sizeBytes: row.sizeBytes,
    source: row.source,
    split: row.split,
    options: row.options,
    fileName: row.fileName,
    error: row.error,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
