import type { CatalogueEntry } from '@scion/schema';
import type * as trainerCatalogue from '@scion/trainer/catalog';
import { z } from 'zod';

/** What jobs can ask for, as the trainer states it. */
export type Catalogue = typeof trainerCatalogue;

/** An entry of the catalogue as clients see it, its settings described by a JSON Schema. */
export function describeEntry({ id, summary, paper, config }: trainerCatalogue.RegistryEntry): CatalogueEntry {
  const { $schema: _, ...schema } = z.toJSONSchema(config, { io: 'input' });
  return { id, summary, paper: paper ?? null, schema };
}
