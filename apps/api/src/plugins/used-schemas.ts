import type { SwaggerTransformObject } from '@fastify/swagger';

type Document = ReturnType<SwaggerTransformObject>;

/**
 * Takes the schemas that nothing refers to out of a document. Each zod schema with an id is described twice, as input and as output,
 * and most are used one way only.
 */
export function dropUnusedSchemas(document: Document): Document {
  if (!('components' in document) || document.components?.schemas === undefined) return document;
  const { schemas, ...otherComponents } = document.components;
  const used = new Set<string>();
  const open = namesIn({ ...document, components: otherComponents });
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    open.push(...namesIn(schemas[name] ?? {}));
  }
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name];
  return document;
}

function namesIn(part: object): string[] {
  return [...JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');
}
