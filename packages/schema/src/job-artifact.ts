import { z } from 'zod';
import { JobId } from './id.ts';

/** What there is to look at of a run, beside its numbers. */
export const JobArtifactKind = z.enum(['embedding-map', 'neighbour-sheet', 'reconstruction-sheet']);
export type JobArtifactKind = z.infer<typeof JobArtifactKind>;

/** Unique in its job: the kind, the step and what the file is, such as `embedding-map-step-400.json`. */
export const JobArtifactName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*\.[a-z]+$/);

export const JobArtifact = z
  .strictObject({
    name: JobArtifactName,
    kind: JobArtifactKind,
    job: JobId,
    epoch: z.number().describe('Epochs that were finished when it was made; a fraction in mid-epoch'),
    step: z.int(),
    mediaType: z.string(),
    sizeBytes: z.int(),
    sha256: z.string(),
    createdAt: z.iso.datetime(),
    url: z.string().describe('Path that serves the file'),
  })
  .meta({ id: 'JobArtifact' });
export type JobArtifact = z.infer<typeof JobArtifact>;

/** The content of an `embedding-map`. */
export const EmbeddingMap = z.strictObject({
  method: z.literal('umap'),
  neighbours: z.int().describe('How many nearest by cosine each point is kept near to'),
  classNames: z.array(z.string()),
  points: z.array(
    z.strictObject({
      row: z.int().describe('Position of the example in its split'),
      x: z.number(),
      y: z.number(),
      label: z.int().nullable().describe('Index into `classNames`; null where it has none'),
    }),
  ),
});
export type EmbeddingMap = z.infer<typeof EmbeddingMap>;
