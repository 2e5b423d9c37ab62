import { z } from 'zod';

/** The text of `--backbone`: the id of one whose settings are the defaults, or all its settings as JSON. */
export const backboneOption = z
  .string()
  .min(1)
  .transform((text, context): unknown => {
    if (!text.trimStart().startsWith('{')) return { type: text };
    try {
      return JSON.parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'This is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.looseObject({ type: z.string() }));

/** The text of `--input-shape`: `224,224,3`. */
export const shapeOption = z
  .string()
  .transform((text) => text.split(',').map(Number))
  .pipe(z.array(z.int().min(1)).length(3));

/** The text of `--rename`: `module.=,encoder.=backbone.`. */
export const renameOption = z
  .string()
  .regex(/^[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*$/, 'Expected OLD=NEW, and more of them after commas; NEW may be empty')
  .transform((text) =>
    Object.fromEntries(
      text.split(',').map((pair): [string, string] => {
        const [old = '', replacement = ''] = pair.split('=');
        return [old, replacement];
      }),
    ),
  );
